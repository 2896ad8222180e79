"""Write into the pages what belongs to other files: tables of measurements, examples, drawings.

python scripts/pages.py      between <!-- from FILE --> and <!-- end --> in every page; a test holds them together
"""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"
PART = re.compile(r"(<!-- from (?P<file>\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """List every page that is read by people."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def filled(page: str) -> str:
    """Return a page with each of its parts as the file has it now.

    Raises:
        FileNotFoundError: A page names a file that is not there, or a table without facts.
    """
    return PART.sub(lambda part: f"{part[1]}\n{_part(ROOT / part['file'])}\n{part[3]}", page)


def drawings() -> dict[Path, Path]:
    """Pair the copy of each drawing that the pages show with the drawing itself."""
    return {DOCS / drawing.name: drawing for drawing in sorted(RESULTS.glob("*.svg"))}


def _part(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return f"```python\n{text}```\n" if file.suffix == ".py" else text + _age(file)


def _age(table: Path) -> str:
    """Say under a table that it was measured with other weights than those that ship."""
    if table.parent != RESULTS:
        return ""
    used = set(re.findall(r"\b[0-9a-f]{64}\b", json.dumps(facts_of(table).get("weights", {}))))
    return (
        "\n*Measured with earlier weights than those that ship.*\n" if used and not used & shipped() else ""
    )


def facts_of(table: Path) -> dict[str, Any]:
    """Read what the figures of a table depend on."""
    facts: dict[str, Any] = json.loads(table.with_suffix(".json").read_text(encoding="utf-8"))
    return facts


@cache
def shipped() -> frozenset[str]:
    """List the digests of the weights that ship."""
    rows = tomllib.loads((ROOT / "src" / "rechroma" / "weights.toml").read_text(encoding="utf-8"))["weights"]
    return frozenset(row["sha256"] for row in rows)


def main() -> None:
    """Fill every page and copy every drawing."""
    for page in pages():
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    for shown, drawing in drawings().items():
        shown.write_bytes(drawing.read_bytes())


if __name__ == "__main__":
    main()
