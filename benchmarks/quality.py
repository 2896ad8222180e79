"""Keep an evaluation: its table, manifest and front go to results/ and to the documentation; no photograph does.

python -m rechroma_train evaluate --pictures FOLDER --out evaluation
python benchmarks/quality.py evaluation
"""

import argparse
import json
from pathlib import Path

from measure import RESULTS, machine

DOCS = Path(__file__).parents[1] / "docs"
FRONT = "quality_front.svg"


def keep(evaluation: Path, *, results: Path = RESULTS, docs: Path = DOCS) -> None:
    """Copy what `evaluate` left in a folder; of the pictures only their number and the digest of their list."""
    facts = json.loads((evaluation / "evaluation.json").read_text(encoding="utf-8"))
    del facts["pictures"]["files"]
    own = machine()
    facts = {**own, **facts, "versions": {**own["versions"], **facts["versions"]}}  # type: ignore[dict-item]
    report = (evaluation / "evaluation.md").read_text(encoding="utf-8")
    drawing = f"![PSNR over colorfulness: the front of the network, with gray and the mean color]({FRONT})"
    files = {
        results / "quality.csv": (evaluation / "evaluation.csv").read_text(encoding="utf-8"),
        results / "quality.json": json.dumps(facts, indent=2, ensure_ascii=False) + "\n",
        results / "quality.md": f"{report.rstrip()}\n\n{drawing}\n",
        docs / FRONT: (evaluation / "front.svg").read_text(encoding="utf-8"),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> None:
    """Keep the evaluation in the folder that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("evaluation", type=Path, help="folder that `evaluate` wrote")
    keep(parser.parse_args().evaluation)


if __name__ == "__main__":
    main()
