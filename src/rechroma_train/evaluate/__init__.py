"""Measure a colorizer on photographs whose colors are known: table, front, promises, contact sheets.

Each photograph is turned to gray by its L* and colored by the shipped code; the uint8 RGB that a user would get is
compared with the photograph as stored.
"""

import hashlib
import json
import logging
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import monotonic

import numpy as np
from rechroma import methods
from rechroma.types import RGB8, Colorizer, Prediction, PredictOptions

from rechroma_train import prior as priors
from rechroma_train import sheets
from rechroma_train.evaluate import front, pictures, scores, shipped, sizes, table, targets
from rechroma_train.evaluate.variants import Variant, random_hints, variants

_LOG = logging.getLogger(__name__)
LIBRARIES = ("rechroma", "numpy", "onnxruntime", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """Measure weights on a folder of color photographs."""

    weights: str = "hintnet"
    """Name of weights (a row of weights.toml), or the path of an .onnx file."""
    pictures: Path
    """Folder of color photographs, none of which was trained on."""
    out: Path = Path("evaluation")
    """Folder for table, front, manifest and contact sheets (which show the photographs: mind their licence)."""
    limit: int = 0
    """Use only the first so many pictures by name; 0 = all."""
    prior: Path = priors.DEFAULT_FILE
    """Color prior: the mean color by lightness and the weights of the balanced AuC."""
    seed: int = 0
    """Chooses the places of the hints and the pictures of the contact sheet."""
    threads: int = 1
    """Threads of the network."""
    sheet: int = 24
    """Pictures on each contact sheet; 0 = no sheets."""


@dataclass(slots=True)
class _Tally:
    """What grows while pictures are scored."""

    measured: dict[Variant, list[scores.Measured]]
    movement: list[list[float]]
    sha256: list[str]
    names: list[str]


def main(options: EvaluateOptions) -> str:
    """Measure, write everything to `options.out` and give the report in Markdown."""
    colorizer = methods.load(options.weights, device="cpu", threads=options.threads)
    prior = priors.load(options.prior)
    tally = _score_all(colorizer, prior, options)
    rows = _rows(tally)
    movement = sizes.mean_movement(tally.movement)
    found = targets.checks(rows, movement)
    report = _report(colorizer.info.name, len(tally.names), rows, found)
    options.out.mkdir(parents=True, exist_ok=True)
    files = {
        "evaluation.csv": table.to_csv(rows),
        "pictures.csv": _pictures_csv(tally),
        "evaluation.md": report,
        "front.svg": front.draw(rows),
        "evaluation.json": json.dumps(_manifest(colorizer, prior, tally, movement, options), indent=1) + "\n",
    }
    for name, text in files.items():
        (options.out / name).write_text(text, encoding="utf-8")
    if options.sheet:
        _draw_sheets(colorizer, tally, options)
    return report


def _score_all(colorizer: Colorizer, prior: priors.ColorPrior, options: EvaluateOptions) -> _Tally:
    tally = _Tally(measured={}, movement=[], sha256=[], names=[])
    balance = prior.balance()
    found = pictures.paths(options.pictures, options.limit)
    start = monotonic()
    for number, path in enumerate(found, start=1):
        truth = pictures.read(path)
        against = scores.reference(truth, balance)
        for variant, rgb, prediction in _results(colorizer, prior, truth, options.seed):
            logits = prediction.logits if prediction else None
            tally.measured.setdefault(variant, []).append(scores.measure(against, rgb, logits))
        tally.movement.append(sizes.movement(colorizer, truth, PredictOptions()))
        tally.sha256.append(truth.sha256)
        tally.names.append(truth.name)
        if number % 20 == 0:
            left = (monotonic() - start) / number * (len(found) - number)
            _LOG.info("%d of %d pictures, %.0f s left", number, len(found), left)
    return tally


def _results(
    colorizer: Colorizer, prior: priors.ColorPrior, truth: pictures.Truth, seed: int
) -> Iterator[tuple[Variant, RGB8, Prediction | None]]:
    lightness = truth.lightness
    yield Variant(method=table.TRUTH), truth.rgb, None
    yield Variant(method=table.GRAY), np.repeat(truth.gray[..., None], 3, axis=2), None
    mean = Prediction(ab=prior.mean_color(lightness))
    yield Variant(method=table.MEAN), shipped.finish(lightness, mean), None
    size = shipped.work_size(colorizer, lightness)
    for variant in variants(colorizer.info.name):
        hints = random_hints(truth, size, count=variant.hints, seed=seed)
        prediction = shipped.predict(colorizer, lightness, options=variant.options, hints=hints)
        yield variant, shipped.finish(lightness, prediction), prediction


def _rows(tally: _Tally) -> list[table.Row]:
    means = {variant: scores.mean(measured) for variant, measured in tally.measured.items()}
    true = means[Variant(method=table.TRUTH)].colorfulness
    return [
        table.Row(variant=variant, scores=mean, delta_colorfulness=abs(mean.colorfulness - true))
        for variant, mean in means.items()
    ]


def _report(name: str, count: int, rows: list[table.Row], found: list[targets.Check]) -> str:
    return f"{name} on {count} pictures\n\n{table.to_markdown(rows)}\n{targets.to_markdown(found)}"


def _manifest(
    colorizer: Colorizer,
    prior: priors.ColorPrior,
    tally: _Tally,
    movement: dict[int, float],
    options: EvaluateOptions,
) -> dict[str, object]:
    """Everything that a figure depends on."""
    listing = "".join(f"{digest}\n" for digest in tally.sha256)
    return {
        "weights": asdict(colorizer.info),
        "pictures": {
            "count": len(tally.names),
            "sha256": hashlib.sha256(listing.encode("ascii")).hexdigest(),
            "files": dict(zip(tally.names, tally.sha256, strict=True)),
        },
        "protocol": {
            "geometry": "pictures as stored: neither cropped nor resized",
            "input": "8-bit sRGB gray with the picture's L* (CIELAB, D65, 2 degrees)",
            "compared": "uint8 RGB: predicted a*b* with the input's L*, brought into sRGB by reducing chroma",
            "means": "of each picture's figure; balanced AuC over all pixels",
            "colorfulness": "Hasler and Suesstrunk 2003; absolute opponents, signed in its own column",
            "ssim": "Gaussian window 11, sigma 1.5, valid area, mean of R, G, B",
            "bins": "313 ab bins; truth averaged to the grid of the prediction",
            "hints": "random 6x6 patches at the work size, showing their mean a*b*",
        },
        "prior": {"pictures": prior.pictures, "source": prior.source},
        "seed": options.seed,
        "movement": {str(side): round(distance, 3) for side, distance in movement.items()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _pictures_csv(tally: _Tally) -> str:
    """Write every figure of every picture, a line a picture and variant."""
    heading = ["picture", "method", "vividness", "temperature", "hints"]
    lines = []
    for variant, measured in tally.measured.items():
        settings = [variant.options.vividness, variant.options.temperature]
        shown = [variant.method, *("" if v is None else f"{v:g}" for v in settings), str(variant.hints)]
        for name, one in zip(tally.names, measured, strict=True):
            figures = asdict(one.scores)
            lines.append([f'"{name}"', *shown, *(f"{v:.4f}" for v in figures.values())])
    names = list(asdict(next(iter(tally.measured.values()))[0].scores))
    return "\n".join(",".join(line) for line in [heading + names, *lines]) + "\n"


def _draw_sheets(colorizer: Colorizer, tally: _Tally, options: EvaluateOptions) -> None:
    default = tally.measured[variants(colorizer.info.name)[0]]
    by_error = np.argsort([-one.scores.ab_rmse for one in default], kind="stable")
    chosen = np.random.default_rng(options.seed).permutation(len(tally.names))
    for name, order in (("chosen", chosen), ("worst", by_error)):
        files = [options.pictures / tally.names[i] for i in order[: options.sheet]]
        sheets.draw(colorizer, files, sheets.Look()).save(options.out / f"{name}.png")
