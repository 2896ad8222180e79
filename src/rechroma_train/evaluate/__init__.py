"""Measure a colorizer on photographs whose colors are known: table, front, promises, contact sheets.

Each photograph is turned to gray by its L* and colored by the shipped code; the uint8 RGB that a user would get is
compared with the photograph as stored.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rechroma import methods
from rechroma.types import Colorizer
from rechroma_train import prior as priors
from rechroma_train.evaluate import front, pictures, protocols, sheets, sizes, table, targets
from rechroma_train.evaluate.manifest import Given, describe
from rechroma_train.evaluate.protocols import Protocol
from rechroma_train.evaluate.tally import Tally, Task, score_all
from rechroma_train.evaluate.variants import variants


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """Measure weights on a folder of color photographs."""

    weights: str = "hintnet"
    """Name of weights (a row of weights.toml), or the path of an .onnx file."""
    pictures: Path
    """Folder of color photographs, none of which was trained on."""
    protocol: Protocol = "decodings"
    """What is asked: "decodings", the table and the front over vividness, temperature and a few hints; "patches", up to
    200 hints, and where they take effect; "damage", pictures made to look old; "content", photographs named
    SOURCE-NUMBER by their source and by hue. All but the first run in one process and draw no sheets."""
    out: Path = Path("evaluation")
    """Folder for table, front, manifest and contact sheets (which show the photographs: mind their license)."""
    limit: int = 0
    """Use only so many pictures; 0 = all. The first by name; "patches" draws them by the seed, "damage" and "content"
    take them evenly by name."""
    prior: Path = priors.DEFAULT_FILE
    """Color prior: the mean color by lightness and the weights of the balanced AuC."""
    seed: int = 0
    """Chooses the places of the hints, the pictures of the contact sheet and of "patches", and the damage."""
    threads: int = 1
    """Threads of the network."""
    jobs: int = 1
    """Processes that score pictures side by side."""
    features: Path | None = None
    """MobileNetV2's weights (.safetensors) for the Fréchet distance of pool features, which is not FID; without
    them the table has no such column."""
    chosen: int = 100
    """Pictures, chosen by the seed, on contact sheets; 0 = none."""
    worst: int = 20
    """Pictures with the largest ab-RMSE on contact sheets; 0 = none."""


def main(options: EvaluateOptions) -> str:
    """Measure, write everything to `options.out` and give the report in Markdown."""
    colorizer = methods.load(options.weights, device="cpu", threads=options.threads)
    prior = priors.load(options.prior)
    if options.protocol != "decodings":
        asked = protocols.Asked(
            colorizer=colorizer,
            prior=prior,
            pictures=options.pictures,
            limit=options.limit,
            seed=options.seed,
        )
        return protocols.run(options.protocol, asked, options.out)
    given = Given(colorizer=colorizer, prior=prior, features=_features(options.features), seed=options.seed)
    task = Task(
        weights=options.weights,
        prior=options.prior,
        seed=options.seed,
        threads=options.threads,
        features=options.features,
    )
    found = score_all(task, pictures.paths(options.pictures, options.limit), jobs=options.jobs)
    rows = found.rows()
    movement = sizes.mean_movement(found.movement)
    facts = describe(given, found, movement)
    report = (
        f"{colorizer.info.name} on {len(found.names)} pictures\n\n"
        f"{table.to_markdown(rows)}\n{table.about_frechet(rows, len(found.names))}\n"
        f"{targets.to_markdown(targets.checks(rows, movement))}"
    )
    options.out.mkdir(parents=True, exist_ok=True)
    files = {
        "evaluation.csv": table.to_csv(rows),
        "evaluation.md": report,
        "evaluation.json": json.dumps(facts, indent=1, ensure_ascii=False) + "\n",
        "pictures.csv": table.by_picture(found.names, found.measured),
        "front.svg": front.draw(rows),
    }
    for name, text in files.items():
        (options.out / name).write_text(text, encoding="utf-8")
    _draw_sheets(colorizer, found, options)
    return report


def _features(path: Path | None) -> dict[str, object] | None:
    if path is None:
        return None
    from rechroma_train.evaluate import pooled

    return pooled.describe(path)


def _draw_sheets(colorizer: Colorizer, found: Tally, options: EvaluateOptions) -> None:
    default = found.measured[variants(colorizer.info.name)[0]]
    worst = np.argsort([-one.scores.ab_rmse for one in default], kind="stable")
    chosen = np.random.default_rng(options.seed).permutation(len(found.names))
    for name, order in (("chosen", chosen[: options.chosen]), ("worst", worst[: options.worst])):
        files = [options.pictures / found.names[i] for i in order]
        sheets.draw_pages(colorizer, files, sheets.Look(), options.out / name)
