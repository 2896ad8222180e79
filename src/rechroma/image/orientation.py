"""The eight EXIF orientations (EXIF 2.32, tag 0x0112): to upright and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

UPSIDE_DOWN = frozenset({3, 4, 7, 8})
"""What was stored at the bottom, or at the right, is upright at the top."""
MIRRORED = frozenset({2, 3, 6, 7})
"""What was stored at the right, or at the bottom, is upright at the left."""


def swaps_sides(orientation: int) -> bool:
    """Say whether rows become columns."""
    return orientation >= 5


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a view of stored pixels (H, W, ...) turned upright."""
    if swaps_sides(orientation):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in UPSIDE_DOWN:
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in MIRRORED else pixels


def as_stored(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a view of upright pixels (H, W, ...) turned as they are stored: undoes `upright`."""
    if orientation in MIRRORED:
        pixels = pixels[:, ::-1]
    if orientation in UPSIDE_DOWN:
        pixels = pixels[::-1]
    return np.swapaxes(pixels, 0, 1) if swaps_sides(orientation) else pixels


def upright_place(x: float, y: float, orientation: int) -> tuple[float, float]:
    """Return where a place of the stored picture is once it is upright; both as shares of the sides."""
    if swaps_sides(orientation):
        x, y = y, x
    return 1 - x if orientation in {2, 3, 6, 7} else x, 1 - y if orientation in {3, 4, 7, 8} else y
