"""The same picture at other sizes: how far its colors move."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from rechroma.tiling import resize
from rechroma.types import AB, Colorizer, PredictOptions
from rechroma_train.evaluate import shipped
from rechroma_train.evaluate.pictures import Truth

SIZES = (128, 256, 512, 2048)
"""Long side in pixels."""
AGAINST = 256
"""The size that the others are compared with."""
COMPARED_AT = 64
"""Long side in cells at which a*b* are compared: the resolution that networks predict at."""


def movement(colorizer: Colorizer, truth: Truth, options: PredictOptions) -> list[float]:
    """Give, for each of SIZES, the mean distance in a*b* from the colors of the same picture at 256 pixels."""
    seen = [_colors(colorizer, truth, side, options) for side in SIZES]
    base = seen[SIZES.index(AGAINST)]
    return [float(np.hypot(*np.moveaxis(ab - base, -1, 0)).mean()) for ab in seen]


def mean_movement(measured: Sequence[Sequence[float]]) -> dict[int, float]:
    """Average over pictures: {long side: a*b* distance}."""
    average = np.mean(np.array(measured, np.float64), axis=0)
    return dict(zip(SIZES, average.tolist(), strict=True))


def _colors(colorizer: Colorizer, truth: Truth, side: int, options: PredictOptions) -> AB:
    """Color the picture resized to this long side -> (h, w, 2) at the common size."""
    given = Image.fromarray(truth.rgb)
    resized = given.resize(_shape(given.size, side), Image.Resampling.BICUBIC)
    width, height = _shape(given.size, COMPARED_AT)
    ab = shipped.predict(colorizer, np.asarray(resized), options=options).ab
    return resize(ab, (height, width), kernel="area")


def _shape(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
