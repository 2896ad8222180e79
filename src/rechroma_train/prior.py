"""What colors photographs have: the mean color of each lightness and how often each ab bin occurs.

Fitted once on training pictures and stored as a small file, so that measuring needs no training data: the first is
the baseline every model has to beat, the second the prior that balances rare colors against common ones.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rechroma import image
from rechroma.color import ab_bins, rebalancing_weights, rgb_to_lab, smooth_prior, soft_encode
from rechroma.errors import InputError
from rechroma.types import AB, RGB8, Array, Lightness
from rechroma_train.stored import stored

_LOG = logging.getLogger(__name__)

LEVELS = 101
"""L* 0, 1, … 100."""
DEFAULT_FILE = Path(__file__).parent / "prior.json"
"""The prior that figures are measured with, fitted on 25,785 of the photographs that the default model has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorPrior:
    """Color statistics of a set of photographs."""

    mean_ab: AB
    """(101, 2) float32: mean a*b* at each integer L*."""
    counts: NDArray[np.int64]
    """(313,) pixels whose nearest ab bin this is."""
    pictures: int
    """How many pictures were counted."""
    source: str
    """What pictures they were, in words."""

    def mean_color(self, lightness: Lightness) -> AB:
        """Give the mean color of each lightness.  (...) L* -> (..., 2) a*b*, linear between integer L*."""
        levels = np.arange(LEVELS, dtype=np.float32)
        channels = [np.interp(lightness, levels, self.mean_ab[:, c]) for c in range(2)]
        return np.stack(channels, axis=-1).astype(np.float32)

    def balance(self) -> Array:
        """Give each bin's weight, (313,) float32: the inverse of its smoothed prior, expectation 1 (Zhang 2016)."""
        return rebalancing_weights(smooth_prior(self.counts + 1), uniform_share=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorOptions:
    """Fit the color prior on training pictures."""

    pictures: list[Path]
    """Folders (searched to the bottom) or tar files with color pictures."""
    out: Path = DEFAULT_FILE
    """The JSON file to write."""
    source: str = ""
    """What pictures these are, in words: stored in the file."""
    limit: int = 0
    """Use only so many pictures; 0 = all."""


@dataclass(slots=True)
class PriorFit:
    """Counts colors, picture by picture."""

    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros((LEVELS, 2)))
    """(101, 2) sum of a*b* at each L*."""
    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(LEVELS, np.int64))
    """(101,) pixels at each L*."""
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ab_bins()), np.int64))
    """(313,) pixels in each bin."""
    pictures: int = 0
    """Pictures counted."""

    def add(self, rgb: RGB8) -> None:
        """Count one picture.  rgb (H, W, 3) uint8."""
        lab = rgb_to_lab(rgb.astype(np.float32) / np.float32(255)).reshape(-1, 3)
        level = np.clip(np.rint(lab[:, 0]), 0, LEVELS - 1).astype(np.intp)
        self.pixels += np.bincount(level, minlength=LEVELS)
        for channel in range(2):
            self.sums[:, channel] += np.bincount(level, weights=lab[:, 1 + channel], minlength=LEVELS)
        nearest = soft_encode(lab[:, 1:])[0][:, 0]
        self.counts += np.bincount(nearest, minlength=len(self.counts))
        self.pictures += 1

    def finish(self, *, source: str = "") -> ColorPrior:
        """Give the prior.

        Raises:
            InputError: No picture was counted.
        """
        if self.pictures == 0:
            raise InputError("no pictures to fit the color prior on; give a folder or a tar file of pictures")
        seen = np.flatnonzero(self.pixels)
        levels = np.arange(LEVELS)
        means = self.sums[seen] / self.pixels[seen, None]
        mean_ab = np.stack([np.interp(levels, seen, means[:, c]) for c in range(2)], axis=-1)
        return ColorPrior(
            mean_ab=mean_ab.astype(np.float32), counts=self.counts, pictures=self.pictures, source=source
        )


def fit(pictures: Iterable[RGB8], *, source: str = "") -> ColorPrior:
    """Count the colors of pictures, each (H, W, 3) uint8."""
    counting = PriorFit()
    for rgb in pictures:
        counting.add(rgb)
        if counting.pictures % 5000 == 0:
            _LOG.info("%d pictures counted", counting.pictures)
    return counting.finish(source=source)


def save(prior: ColorPrior, path: Path) -> None:
    """Write the prior as JSON."""
    table = {
        "source": prior.source,
        "pictures": prior.pictures,
        "mean_ab": [[round(float(v), 3) for v in row] for row in prior.mean_ab],
        "counts": prior.counts.tolist(),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def load(path: Path = DEFAULT_FILE) -> ColorPrior:
    """Read a prior.

    Raises:
        InputError: There is no such file, or it is no color prior.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        mean_ab = np.array(table["mean_ab"], np.float32)
        counts = np.array(table["counts"], np.int64)
        pictures, source = int(table["pictures"]), str(table["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is no color prior ({type(error).__name__}: {error}); "
            "fit one with: python -m rechroma_train prior --pictures FOLDER --out FILE"
        ) from error
    if mean_ab.shape != (LEVELS, 2) or counts.shape != (len(ab_bins()),):
        raise InputError(
            f"{path} has mean_ab {mean_ab.shape} and counts {counts.shape}; "
            f"expected ({LEVELS}, 2) and ({len(ab_bins())},)"
        )
    return ColorPrior(mean_ab=mean_ab, counts=counts, pictures=pictures, source=source)


def main(options: PriorOptions) -> str:
    """Fit a prior and write it; gives a line to show."""
    prior = fit(_decoded(options), source=options.source)
    save(prior, options.out)
    return f"{options.out}: {prior.pictures} pictures, {int((prior.counts > 0).sum())} of {len(prior.counts)} bins seen"


def _decoded(options: PriorOptions) -> Iterator[RGB8]:
    for number, (_, data) in enumerate(stored(options.pictures)):
        if options.limit and number >= options.limit:
            return
        yield image.srgb_pixels(image.read(data))
