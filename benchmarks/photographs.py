"""The photographs that the benchmarks color: stock pictures of scikit-image, enlarged and given grain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

GRAIN = 6.0
"""Standard deviation of the grain, in 8-bit steps: about that of a scanned 35 mm negative."""


def photograph(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Make a color photograph (height, width, 3) uint8 RGB: a grid of four, in an order set by the seed."""
    rng = np.random.default_rng(seed)
    pictures = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    tops, lefts = (0, height // 2, height), (0, width // 2, width)
    canvas = np.empty((height, width, 3), np.uint8)
    for place, choice in enumerate(rng.permutation(4)):
        rows = slice(tops[place // 2], tops[place // 2 + 1])
        columns = slice(lefts[place % 2], lefts[place % 2 + 1])
        size = (columns.stop - columns.start, rows.stop - rows.start)
        picture = Image.fromarray(pictures[choice])
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        canvas[rows, columns] = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    grain = rng.normal(0, GRAIN, (height, width, 1)).astype(np.float32)
    grained: NDArray[np.uint8] = np.clip(canvas + grain, 0, 255).astype(np.uint8)
    return grained


def gray(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma (H, W) uint8 of RGB (H, W, 3) uint8."""
    return np.asarray(Image.fromarray(rgb).convert("L"))
