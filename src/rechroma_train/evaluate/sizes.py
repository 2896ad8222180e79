"""The same picture at other sizes: how far its colors move."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from rechroma.color import rgb_to_lab
from rechroma.types import AB, Colorizer
from rechroma_train.evaluate import shipped
from rechroma_train.evaluate.pictures import Truth

SIZES = (128, 256, 512, 2048)
"""Long side in pixels."""
AGAINST = 256
"""The size that the others are compared with."""
COMPARED_AT = 128
"""Long side in pixels to which results are averaged before they are compared."""


def movement(colorizer: Colorizer, truth: Truth) -> list[float]:
    """Give, for each of SIZES, the mean distance in a*b* from the colors of the same picture at 256 pixels."""
    seen = [_colors(colorizer, truth, side) for side in SIZES]
    base = seen[SIZES.index(AGAINST)]
    return [float(np.hypot(*np.moveaxis(ab - base, -1, 0)).mean()) for ab in seen]


def mean_movement(measured: Sequence[Sequence[float]]) -> dict[int, float]:
    """Average over pictures: {long side: a*b* distance}."""
    average = np.mean(np.array(measured, np.float64), axis=0)
    return dict(zip(SIZES, average.tolist(), strict=True))


def _colors(colorizer: Colorizer, truth: Truth, side: int) -> AB:
    """Color the picture resized to this long side -> a*b* of the result, (h, w, 2) at the common size."""
    stored = Image.fromarray(truth.rgb)
    given = stored.resize(_shape(stored.size, side), Image.Resampling.BICUBIC)
    result = Image.fromarray(shipped.color(colorizer, np.asarray(given))[0])
    common = result.resize(_shape(stored.size, COMPARED_AT), Image.Resampling.BOX)
    return rgb_to_lab(np.asarray(common, np.float32) / np.float32(255))[..., 1:]


def _shape(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Give (width, height) with this long side."""
    scale = side / max(size)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
