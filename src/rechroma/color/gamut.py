"""Colors that do not fit sRGB: chroma goes down at constant lightness and hue; nothing is clipped."""

from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.color.spaces import BLOCK, by_blocks, encode, lab_to_linear
from rechroma.errors import InputError, OptionError
from rechroma.types import AB, Array, Lab

Depth: TypeAlias = Literal[8, 16]

_TOLERANCE = np.float32(2e-6)
"""Linear light beyond 0 or 1 that still counts as inside: below a hundredth of a 16-bit step near white."""
_HUES = 360
_CHROMA_END = 200.0
_MARGIN = 0.997
"""Share of the tabled chroma that is tried first: the table, exact at its nodes, rarely errs by more."""
_SHRINK = (0.98, 0.96, 0.92, 0.85, 0.7, 0.5, 0.0)
"""Factors taken one after the other where a color is still outside; the last one leaves gray."""


def fit_gamut(lab: Lab) -> Lab:
    """Bring colors into sRGB by reducing chroma at constant L* and hue.

    lab (..., 3) CIELAB -> (..., 3). L* comes back as given (held to 0 to 100), colors inside the gamut
    unchanged to the bit, others with the largest chroma that fits (to 1 % typically, by table).
    """
    return by_blocks(lambda planes: _fit(planes)[0], lab, 3)


def merge(lightness: Array, ab: AB, *, depth: Depth = 8) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Put lightness and color together into integer sRGB: gamut fit, conversion and rounding in one pass.

    Args:
        lightness: (...) L* 0 to 100.
        ab: (..., 2) a*b*.
        depth: bits per channel, 8 or 16.

    Returns:
        (..., 3) uint8 or uint16 sRGB. Beside input and output about 1 MB is needed.
    """
    if depth not in (8, 16):
        raise OptionError(f"depth is {depth}; accepted: 8 or 16 bits")
    if ab.shape != (*lightness.shape, 2):
        raise InputError(f"lightness has shape {lightness.shape}, ab {ab.shape}; expected (...) and (..., 2)")
    top = np.float32(2**depth - 1)
    flat_l, flat_ab = lightness.reshape(-1), ab.reshape(-1, 2)
    rgb = np.empty((len(flat_l), 3), np.uint8 if depth == 8 else np.uint16)
    for start in range(0, len(flat_l), BLOCK):
        part = slice(start, start + BLOCK)
        lab = np.empty((3, len(flat_l[part])), np.float32)
        lab[0], lab[1], lab[2] = flat_l[part], flat_ab[part, 0], flat_ab[part, 1]
        codes = encode(_fit(lab)[1])
        codes *= top
        codes += np.float32(0.5)
        # All is inside the gamut already; this only keeps its tolerance from wrapping around.
        np.clip(codes, np.float32(0), top, out=codes)
        for channel, plane in enumerate(codes):
            rgb[part, channel] = plane
    return rgb.reshape(*lightness.shape, 3)


@lru_cache(maxsize=1)
def _chroma_table() -> Array:
    """Give the largest chroma inside sRGB: (101, 361) by L* 0 to 100, hue -180 to 180 degrees; 10 ms, once."""
    lightness, hue = np.meshgrid(np.arange(101.0), np.linspace(-np.pi, np.pi, _HUES + 1), indexing="ij")
    direction = np.stack([np.cos(hue).ravel(), np.sin(hue).ravel()])
    low, high = np.zeros(hue.size), np.full(hue.size, _CHROMA_END)
    for _ in range(16):
        middle = (low + high) / 2
        lab = np.stack([lightness.ravel(), *(direction * middle)]).astype(np.float32)
        inside = _excess(lab_to_linear(lab)) <= _TOLERANCE
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low.reshape(hue.shape).astype(np.float32)


def _largest_chroma(lightness: Array, hue: Array) -> Array:
    """Look the largest chroma up, linear between nodes.  (n,) L* 0 to 100, (n,) radians -pi to pi -> (n,)."""
    row = np.minimum(lightness, np.float32(99.99)).astype(np.int32)
    turn = (hue + np.float32(np.pi)) * np.float32(_HUES / (2 * np.pi))
    column = np.minimum(turn.astype(np.int32), _HUES - 1)
    down, right = lightness - row.astype(np.float32), turn - column.astype(np.float32)
    return between_nodes(_chroma_table(), row, column, down, right)


def between_nodes(
    table: Array, row: NDArray[np.int32], column: NDArray[np.int32], down: Array, right: Array
) -> Array:
    """Read a table between its nodes, bilinearly.

    Args:
        table: (R, C) values at the nodes.
        row: (n,) node above, 0 to R - 2.
        column: (n,) node to the left, 0 to C - 2.
        down: (n,) share of the way to the next row.
        right: (n,) share of the way to the next column.

    Returns:
        (n,) values.
    """
    flat, width = table.reshape(-1), table.shape[1]
    node = (row * width + column).astype(np.intp)
    upper: Array = flat[node]
    lower: Array = flat[node + width]
    upper += right * (flat[node + 1] - upper)
    lower += right * (flat[node + (width + 1)] - lower)
    upper += down * (lower - upper)
    return upper


def _fit(lab: Array) -> tuple[Array, Array]:
    """Fit CIELAB planes in place.  (3, n) -> the same planes (3, n), and their linear sRGB (3, n)."""
    np.clip(lab[0], np.float32(0), np.float32(100), out=lab[0])
    linear = lab_to_linear(lab)
    outside = np.flatnonzero(_excess(linear) > _TOLERANCE)
    if outside.size:
        part = lab[:, outside]
        reach = _largest_chroma(part[0], np.arctan2(part[2], part[1]))
        part[1:] *= np.minimum(reach * np.float32(_MARGIN) / np.hypot(part[1], part[2]), np.float32(1))
        part, linear[:, outside] = _shrink_until_inside(part)
        lab[1:, outside] = part[1:]
    return lab, linear


def _shrink_until_inside(lab: Array) -> tuple[Array, Array]:
    """Take chroma away, in growing steps, where CIELAB planes are outside; gives them and linear sRGB."""
    linear = lab_to_linear(lab)
    for factor in _SHRINK:
        left = np.flatnonzero(_excess(linear) > _TOLERANCE)
        if not left.size:
            break
        part = lab[:, left]
        part[1:] *= np.float32(factor)
        lab[1:, left], linear[:, left] = part[1:], lab_to_linear(part)
    return lab, linear


def _excess(linear: Array) -> Array:
    """Give how far linear sRGB leaves 0 to 1, negative inside.  (3, n) -> (n,)."""
    above: Array = np.maximum(np.maximum(linear[0], linear[1]), linear[2])
    below = np.minimum(np.minimum(linear[0], linear[1]), linear[2])
    above -= np.float32(1)
    np.maximum(above, np.negative(below), out=above)
    return above
