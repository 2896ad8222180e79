"""Colors that do not fit sRGB: chroma goes down at constant lightness and hue; nothing is clipped."""

import numpy as np

from rechroma.color.spaces import by_blocks, lab_to_linear_planes
from rechroma.types import Array, Lab

_TOLERANCE = np.float32(2e-6)
"""Linear light beyond 0 or 1 that still counts as inside: below 1/100 of a 16-bit step."""
_HALVINGS = 18


def fit_gamut(lab: Lab) -> Lab:
    """Bring colors into sRGB by reducing chroma at constant L* and hue.

    lab (..., 3) CIELAB -> (..., 3) float32. L* is returned as given, held to 0 to 100; colors inside the gamut come back
    unchanged to the bit; others get the largest chroma of their hue that fits.
    """
    return by_blocks(_fit_planes, lab, 3)


def _fit_planes(lab: Array) -> Array:
    np.clip(lab[0], 0, 100, out=lab[0])
    outside = np.flatnonzero(_excess(lab) > _TOLERANCE)
    if outside.size:
        part = lab[:, outside]
        low, high = np.zeros(outside.size, np.float32), np.ones(outside.size, np.float32)
        trial = part.copy()
        for _ in range(_HALVINGS):
            middle = (low + high) * np.float32(0.5)
            np.multiply(part[1:], middle, out=trial[1:])
            inside = _excess(trial) <= _TOLERANCE
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        lab[1:, outside] = part[1:] * low
    return lab


def _excess(lab: Array) -> Array:
    """Give how far linear light leaves 0 to 1, negative inside."""
    linear = lab_to_linear_planes(lab)
    return np.maximum(linear.max(axis=0) - np.float32(1), -linear.min(axis=0))
