"""Every variant on every picture."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np

from rechroma.color import gray_to_lightness, merge
from rechroma.types import RGB8, Colorizer, Logits
from rechroma_train.evaluate import pictures, scores, shipped, sizes, table
from rechroma_train.evaluate.variants import Variant, random_hints, variants
from rechroma_train.prior import ColorPrior

_LOG = logging.getLogger(__name__)
SIZED = 100
"""About how many pictures are colored at several sizes too, evenly chosen."""
REPORT_EVERY = 20
"""Pictures between two lines about progress."""


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

    def rows(self) -> list[table.Row]:
        """Average over the pictures."""
        means = {variant: scores.mean(measured) for variant, measured in self.measured.items()}
        true = means[Variant(method=table.TRUTH)].colorfulness
        return [
            table.Row(variant=variant, scores=mean, delta_colorfulness=abs(mean.colorfulness - true))
            for variant, mean in means.items()
        ]


def tally(colorizer: Colorizer, prior: ColorPrior, files: Sequence[Path], *, seed: int) -> Tally:
    """Score every variant on every picture."""
    found = Tally()
    balance = prior.balance()
    every = max(len(files) // SIZED, 1)
    start = monotonic()
    for number, path in enumerate(files, start=1):
        truth = pictures.read(path)
        against = scores.reference(truth, balance)
        for variant, rgb, logits in _results(colorizer, prior, truth, seed):
            found.measured.setdefault(variant, []).append(scores.measure(against, rgb, logits))
        if number % every == 0:
            found.movement.append(sizes.movement(colorizer, truth))
        found.names.append(truth.name)
        found.sha256.append(truth.sha256)
        if number % REPORT_EVERY == 0:
            left = (monotonic() - start) / number * (len(files) - number)
            _LOG.info("%d of %d pictures, %.0f s left", number, len(files), left)
    return found


def _results(
    colorizer: Colorizer, prior: ColorPrior, truth: pictures.Truth, seed: int
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
