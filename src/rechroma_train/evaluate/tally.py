"""Every variant on every picture."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import numpy as np

from rechroma import methods, metrics
from rechroma.color import gray_to_lightness, merge
from rechroma.types import RGB8, Array, Colorizer, Logits
from rechroma_train import prior as priors
from rechroma_train.evaluate import pictures, scores, shipped, sizes, table
from rechroma_train.evaluate.variants import Variant, random_hints, variants

_LOG = logging.getLogger(__name__)
SIZED = 100
"""About how many pictures are colored at several sizes too, evenly chosen."""
REPORT_EVERY = 20
"""Pictures between two lines about progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is done to each picture."""

    weights: str
    """What is measured: a name, or the path of an .onnx file."""
    prior: Path
    """File of the color prior."""
    seed: int
    """Chooses the places of the hints."""
    threads: int
    """Threads of the network."""
    features: Path | None = None
    """Weights of the classifier whose features are compared; None = no Fréchet distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """One picture, scored."""

    name: str
    sha256: str
    measured: dict[Variant, scores.Measured]
    movement: list[float] | None
    features: Array | None
    """(variants, 1280) float32, in the order of `measured`."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was measured, in the order of the pictures."""

    names: list[str] = field(default_factory=list)
    """File names."""
    sha256: list[str] = field(default_factory=list)
    """Digests of the files."""
    measured: dict[Variant, list[scores.Measured]] = field(default_factory=dict)
    """Figures by variant, one for each picture."""
    movement: list[list[float]] = field(default_factory=list)
    """For about SIZED of the pictures, how far their colors move at each of sizes.SIZES."""
    features: list[Array] = field(default_factory=list)
    """For each picture (variants, 1280) float32, in the order of `measured`; empty = not asked for."""

    def rows(self) -> list[table.Row]:
        """Average over the pictures."""
        means = {variant: scores.mean(measured) for variant, measured in self.measured.items()}
        true = means[Variant(method=table.TRUTH)].colorfulness
        distances = self._distances()
        return [
            table.Row(
                variant=variant,
                scores=mean,
                delta_colorfulness=abs(mean.colorfulness - true),
                frechet=distances.get(variant),
            )
            for variant, mean in means.items()
        ]

    def _distances(self) -> dict[Variant, float]:
        """Give each variant's Fréchet distance to the photographs; none without features."""
        if not self.features:
            return {}
        seen = dict(zip(self.measured, np.stack(self.features, axis=1), strict=True))
        true = seen[Variant(method=table.TRUTH)]
        return {variant: metrics.frechet_distance(own, true) for variant, own in seen.items()}


def score_all(task: Task, files: Sequence[Path], *, jobs: int = 1) -> Tally:
    """Score every variant on every picture, in this process or in `jobs` of them; the figures are the same."""
    every = max(len(files) // SIZED, 1)
    todo = [(path, number % every == 0) for number, path in enumerate(files, start=1)]
    if jobs == 1:
        return _gather(map(partial(_score, task), todo), len(files))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return _gather(pool.map(partial(_score, task), todo), len(files))


def _gather(scored: Iterator[_Scored], count: int) -> Tally:
    found = Tally()
    start = monotonic()
    for number, one in enumerate(scored, start=1):
        found.names.append(one.name)
        found.sha256.append(one.sha256)
        for variant, measured in one.measured.items():
            found.measured.setdefault(variant, []).append(measured)
        if one.movement is not None:
            found.movement.append(one.movement)
        if one.features is not None:
            found.features.append(one.features)
        if number % REPORT_EVERY == 0:
            left = (monotonic() - start) / number * (count - number)
            _LOG.info("%d of %d pictures, %.0f s left", number, count, left)
    return found


def _score(task: Task, todo: tuple[Path, bool]) -> _Scored:
    """Score one picture, at several sizes too where the second of `todo` says so. Loads only the first time."""
    path, with_sizes = todo
    colorizer = methods.load(task.weights, device="cpu", threads=task.threads)
    prior = priors.load(task.prior)
    truth = pictures.read(path)
    against = scores.reference(truth, prior.balance())
    measured: dict[Variant, scores.Measured] = {}
    seen: list[RGB8] = []
    for variant, rgb, logits in _results(colorizer, prior, truth, task.seed):
        measured[variant] = scores.measure(against, rgb, logits)
        seen.append(rgb)
    return _Scored(
        name=truth.name,
        sha256=truth.sha256,
        measured=measured,
        movement=sizes.movement(colorizer, truth) if with_sizes else None,
        features=_features(task.features, seen, threads=task.threads) if task.features else None,
    )


def _features(weights: Path, seen: Sequence[RGB8], *, threads: int) -> Array:
    """See one picture's results as the classifier does -> (variants, 1280); torch is imported only here."""
    from rechroma_train.evaluate import pooled

    return pooled.pool(weights, seen, threads=threads)


def _results(
    colorizer: Colorizer, prior: priors.ColorPrior, truth: pictures.Truth, seed: int
) -> Iterator[tuple[Variant, RGB8, Logits | None]]:
    yield Variant(method=table.TRUTH), truth.rgb, None
    yield Variant(method=table.GRAY), np.repeat(truth.gray[..., None], 3, axis=2), None
    lightness = gray_to_lightness(truth.gray.astype(np.float32) / np.float32(255))
    mean = merge(lightness, prior.mean_color(lightness)).astype(np.uint8, copy=False)
    yield Variant(method=table.MEAN), mean, None
    size = shipped.work_size(colorizer, truth.gray.shape)
    for variant in variants(colorizer.info.name):
        hints = random_hints(truth, size, count=variant.hints, seed=seed)
        rgb, prediction = shipped.color(
            colorizer, truth.gray, options=variant.options, hints=hints, with_logits=True
        )
        yield variant, rgb, prediction.logits
