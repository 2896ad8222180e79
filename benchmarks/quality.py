"""Keep an evaluation: its tables, manifest and drawings go to results/; no photograph does.

python -m rechroma_train evaluate --pictures FOLDER --features MOBILENET.safetensors --out evaluation
python -m rechroma_train evaluate --pictures FOLDER --protocol patches --limit 40 --out evaluation
python -m benchmarks quality evaluation --first-weights hintnet.first.onnx

Beside it one table of the first version and this one. The first version's rows are kept in results/ too: --first
FOLDER, what `evaluate` left for it, replaces them. Milliseconds are measured here, the versions in turn.
"""

import csv
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import command, machine, side_by_side
from rechroma import methods, weights
from rechroma.types import Colorizer
from rechroma_train import tables
from rechroma_train.evaluate import table

FRONT = "quality_front.svg"
FIRST, THIS = "first version", "this version"
PROTOCOLS = ("hints_curve", "hints_where", "old", "old_content", "old_colors")
"""Tables of the protocols beside the first."""
KEPT = "quality_first"
"""Files of the first version in results/."""
REPEATS = 40
COLUMNS = {
    name: table.COLUMNS[name]
    for name in (
        "psnr",
        "ssim",
        "ab_rmse",
        "auc",
        "auc_balanced",
        "colorfulness",
        "delta_colorfulness",
        "delta_e",
        "frechet",
    )
} | {"delta_colorfulness": ("ΔCF", 2)}
"""Column of evaluation.csv: heading, decimals."""
BASELINES = (table.GRAY, table.MEAN)
SAME: dict[str, Callable[[dict[str, Any]], object]] = {
    "pictures": lambda facts: facts.get("pictures"),
    "features": lambda facts: facts.get("features"),
    "ways to read pictures": lambda facts: facts.get("protocol", {}).get("pixels"),
}
"""What versions must share to stand in one table: name, and where the manifest has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What `evaluate` measured."""

    rows: list[dict[str, str]]
    """Lines of its table that were colored without hints, by column."""
    facts: dict[str, Any]
    """Its manifest, without the pictures' names."""


def keep(evaluation: Path, *, results: Path) -> None:
    """Copy what `evaluate` left in a folder; of the pictures only their number and the digest of their list."""
    report = (evaluation / "evaluation.md").read_text(encoding="utf-8")
    drawing = f"![PSNR over colorfulness: the front of the network, with gray and the mean color]({FRONT})"
    files = {
        results / "quality.csv": (evaluation / "evaluation.csv").read_text(encoding="utf-8"),
        results / "quality.json": _told(read(evaluation).facts),
        results / "quality.md": f"{report.rstrip()}\n\n{drawing}\n",
        results / FRONT: (evaluation / "front.svg").read_text(encoding="utf-8"),
    }
    results.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


def keep_protocols(evaluation: Path, *, results: Path) -> list[str]:
    """Copy tables and drawings of the other protocols, as far as they are there; gives their names."""
    found = [name for name in PROTOCOLS if (evaluation / f"{name}.json").is_file()]
    results.mkdir(parents=True, exist_ok=True)
    for name in found:
        (results / f"{name}.json").write_text(_told(_facts(evaluation, name)), encoding="utf-8")
        for file in evaluation.glob(f"{name}.*"):
            if file.suffix in {".csv", ".md", ".svg"}:
                (results / file.name).write_bytes(file.read_bytes())
    return found


def keep_first(evaluation: Path, *, results: Path) -> None:
    """Keep the rows and the manifest of the first version, to be compared with later ones."""
    first = read(evaluation)
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{KEPT}.csv").write_text(tables.to_csv(first.rows), encoding="utf-8")
    (results / f"{KEPT}.json").write_text(_told(first.facts), encoding="utf-8")


def _told(facts: dict[str, Any]) -> str:
    """Write a manifest with the machine it was made on, as JSON."""
    own = machine()
    together = {**own, **facts, "versions": {**own["versions"], **facts["versions"]}}  # type: ignore[dict-item]
    return json.dumps(together, indent=2, ensure_ascii=False) + "\n"


def read(folder: Path, name: str = "evaluation") -> Evaluation:
    """Read the table and the manifest of an evaluation, fresh or kept."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row.get("hints") or 0) == 0]
    return Evaluation(rows=rows, facts=_facts(folder, name))


def _facts(folder: Path, name: str) -> dict[str, Any]:
    """Read a manifest, without the pictures' names."""
    facts: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    facts["pictures"].pop("files", None)
    return facts


def compare(
    versions: Mapping[str, Evaluation], costs: Mapping[str, Mapping[str, object]]
) -> list[dict[str, object]]:
    """Lay versions out in one table: gray, then each along its front, with milliseconds and megabytes.

    Raises:
        ValueError: They were measured on other pictures or with other features.
    """
    for what, fact in SAME.items():
        if len({json.dumps(fact(one.facts), sort_keys=True) for one in versions.values()}) > 1:
            raise ValueError(
                f"the versions' {what} differ; evaluate both anew, on the same pictures with the same --features"
            )
    last = list(versions.values())[-1]
    lines: list[tuple[str, dict[str, str], Mapping[str, object]]]
    lines = [(row["method"], row, {}) for row in last.rows if row["method"] in BASELINES]
    for name, one in versions.items():
        for row in one.rows:
            if row["method"] not in {*BASELINES, "truth"}:
                label = name if row["vividness"] else f"**{name}**, default"
                lines.append((label, row, costs.get(name, {})))
    return [
        {
            "version": label,
            "v": row["vividness"] or "–",
            "T": row["temperature"] or "–",
            **{heading: _rounded(row.get(key), n) for key, (heading, n) in COLUMNS.items()},
            "ms": cost.get("ms", "–"),
            "MB": cost.get("MB", "–"),
        }
        for label, row, cost in lines
    ]


def cost(files: Mapping[str, tuple[str, str]], *, repeats: int = REPEATS) -> dict[str, dict[str, object]]:
    """Measure {version: (weights, their expected SHA-256)}, in turn: one picture at the work size, one thread.

    Raises:
        ValueError: Weights are not those that were evaluated.
    """
    colorizers: dict[str, Colorizer] = {}
    for name, (given, sha256) in files.items():
        colorizers[name] = methods.load(given, device="cpu", threads=1)
        if colorizers[name].info.sha256 != sha256:
            raise ValueError(
                f"{name}: the evaluation is of other weights than {Path(given).name}; name the right ones"
            )
    random = np.random.default_rng(0)
    cases = {
        name: partial(one.predict, random.random((one.info.work_size,) * 2, np.float32) * 100)
        for name, one in colorizers.items()
    }
    seconds = side_by_side(cases, repeats=repeats, warm_up=3)
    own = machine()
    return {
        name: {
            "version": name,
            "picture": f"{colorizers[name].info.work_size} × {colorizers[name].info.work_size}",
            "threads": 1,
            "ms": f"{statistics.median(seconds[name]) * 1e3:.1f}",
            "lowest ms": f"{min(seconds[name]) * 1e3:.1f}",
            "repeats": repeats,
            "MB": f"{_bytes(given) / 1e6:.2f}",
            "machine": f"{own['cpu']}, {own['cores']} cores, load {own['load_at_start']}",
        }
        for name, (given, _) in files.items()
    }


def _rounded(figure: str | None, decimals: int) -> str:
    return "–" if not figure else f"{float(figure):.{decimals}f}"


def _bytes(given: str) -> int:
    path = Path(given)
    return (path if path.suffix == ".onnx" else weights.local_path(weights.find(given))).stat().st_size


def _keep_versions(evaluation: Path, given: str, first_weights: str, *, results: Path) -> None:
    versions = {FIRST: read(results, KEPT)} if (results / f"{KEPT}.csv").exists() else {}
    versions[THIS] = read(evaluation)
    chosen = {FIRST: first_weights, THIS: given}
    files = {
        name: (chosen[name], one.facts["weights"]["sha256"]) for name, one in versions.items() if chosen[name]
    }
    costs = cost(files, repeats=REPEATS)
    facts = machine() | {"weights": {name: one.facts["weights"]["sha256"] for name, one in versions.items()}}
    tables.keep("quality_cost", list(costs.values()), results, facts=facts)
    print(tables.keep("quality_versions", compare(versions, costs), results, facts=facts))


def main(given: Sequence[str]) -> None:
    """Keep the evaluation in the folder that is named."""
    parser = command("quality", __doc__)
    parser.add_argument("evaluation", type=Path, help="folder that `evaluate` wrote")
    parser.add_argument("--weights", default="hintnet", help="what was evaluated: a name, or an .onnx file")
    parser.add_argument("--first", type=Path, help="folder that `evaluate` wrote for the first version")
    parser.add_argument("--first-weights", default="", help="its .onnx file, to be timed beside")
    asked = parser.parse_args(given)
    kept = keep_protocols(asked.evaluation, results=asked.out)
    if not (asked.evaluation / "evaluation.csv").is_file():
        if not kept:
            parser.error(f"{asked.evaluation} has nothing that `python -m rechroma_train evaluate` writes")
        return
    keep(asked.evaluation, results=asked.out)
    if asked.first:
        keep_first(asked.first, results=asked.out)
    _keep_versions(asked.evaluation, asked.weights, asked.first_weights, results=asked.out)
