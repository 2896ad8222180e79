"""sRGB <-> linear light <-> CIELAB (D65, 2 degrees), and lightness alone.

Sources: IEC 61966-2-1:1999 (transfer function, primaries), CIE 15:2004 (CIELAB, with the exact rational
constants). The matrix is derived from the primaries and the white x = 0.3127, y = 0.3290, each row divided by the
white point: gray (R = G = B) then has a* = b* = 0 up to rounding, at every lightness.

All functions take and return float32, work block by block and so need, beside input and output, about 1 MB.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import InputError
from rechroma.types import RGB, Array, Lab

_BLOCK = 1 << 14
"""Pixels that are worked on at once: the planes of a block stay in the second-level cache."""

_PRIMARIES = np.array(
    [
        [0.41239080, 0.35758434, 0.18048079],
        [0.21263901, 0.71516868, 0.07219232],
        [0.01933082, 0.11919478, 0.95053215],
    ]
)
RGB_TO_XYZ: NDArray[np.float64] = _PRIMARIES / _PRIMARIES.sum(axis=1, keepdims=True)
"""(3, 3) linear sRGB to X/Xn, Y/Yn, Z/Zn."""
XYZ_TO_RGB: NDArray[np.float64] = np.linalg.inv(RGB_TO_XYZ)
"""(3, 3) X/Xn, Y/Yn, Z/Zn to linear sRGB."""

_DELTA = 6 / 29
_SLOPE = 3 * _DELTA**2
_EPSILON = _DELTA**3


def srgb_to_linear(encoded: Array) -> Array:
    """Undo the sRGB transfer function.  any shape, float32, 0 to 1 (negative values mirror) -> linear light."""
    magnitude = np.abs(encoded)
    linear = np.power((magnitude + np.float32(0.055)) * np.float32(1 / 1.055), np.float32(2.4))
    small = magnitude <= np.float32(0.04045)
    linear = np.where(small, magnitude * np.float32(1 / 12.92), linear)
    return np.copysign(linear, encoded).astype(np.float32, copy=False)


def linear_to_srgb(linear: Array) -> Array:
    """Apply the sRGB transfer function.  any shape, float32, 0 to 1 (negative values mirror) -> encoded."""
    magnitude = np.abs(linear)
    encoded = np.power(magnitude, np.float32(1 / 2.4)) * np.float32(1.055) - np.float32(0.055)
    small = magnitude <= np.float32(0.0031308)
    encoded = np.where(small, magnitude * np.float32(12.92), encoded)
    return np.copysign(encoded, linear).astype(np.float32, copy=False)


def rgb_to_lab(rgb: RGB) -> Lab:
    """Convert sRGB to CIELAB (D65, 2 degrees).  rgb (..., 3) 0 to 1 -> L* 0 to 100, a*b* about -110 to 110."""
    return by_blocks(_rgb_to_lab_planes, rgb, 3)


def lab_to_rgb(lab: Lab) -> RGB:
    """Convert CIELAB to sRGB without clipping.  lab (..., 3) -> rgb (..., 3), outside 0 to 1 if out of gamut."""
    return by_blocks(_lab_to_rgb_planes, lab, 3)


def rgb_to_lightness(rgb: RGB) -> Array:
    """Give the lightness of sRGB.  rgb (..., 3) 0 to 1 -> L* (...) 0 to 100."""
    return by_blocks(_rgb_to_lightness_planes, rgb, 1)[..., 0]


def gray_to_lightness(gray: Array) -> Array:
    """Give the lightness of sRGB-encoded gray.  any shape, float32, 0 to 1 -> L* 0 to 100."""
    encoded = np.asarray(gray, np.float32)
    return np.float32(116) * _to_f(srgb_to_linear(encoded)) - np.float32(16)


def lightness_to_gray(lightness: Array) -> Array:
    """Give the sRGB-encoded gray of a lightness.  any shape, float32, L* 0 to 100 -> 0 to 1."""
    f = (np.asarray(lightness, np.float32) + np.float32(16)) * np.float32(1 / 116)
    return linear_to_srgb(from_f(f))


@lru_cache(maxsize=1)
def gray8_lightness_table() -> Array:
    """Give L* of the 256 gray levels of an 8-bit sRGB picture: (256,) float32, read-only."""
    return _frozen(gray_to_lightness(np.arange(256, dtype=np.float32) / np.float32(255)))


@lru_cache(maxsize=1)
def gray16_lightness_table() -> Array:
    """Give L* of the 65536 gray levels of a 16-bit sRGB picture: (65536,) float32, read-only."""
    return _frozen(gray_to_lightness(np.arange(65536, dtype=np.float32) / np.float32(65535)))


def by_blocks(planes_function: Callable[[Array], Array], pixels: Array, channels: int) -> Array:
    """Apply a function of planes to pixels.

    Args:
        planes_function: (3, n) contiguous float32, n up to 16384, which it may overwrite -> (channels, n) float32.
        pixels: (..., 3), any real dtype.
        channels: of the result.

    Returns:
        (..., channels) float32.
    """
    given = np.asarray(pixels)
    if given.ndim == 0 or given.shape[-1] != 3:
        raise InputError(f"colors have shape {given.shape}; expected (..., 3), channels last")
    flat = given.reshape(-1, 3)
    result = np.empty((len(flat), channels), np.float32)
    for start in range(0, len(flat), _BLOCK):
        planes = flat[start : start + _BLOCK].T.astype(np.float32, order="C")
        result[start : start + _BLOCK] = planes_function(planes).T
    return result.reshape(*given.shape[:-1], channels)


def lab_to_linear_planes(lab: Array) -> Array:
    """Convert CIELAB planes to linear sRGB planes.  (3, n) float32 -> (3, n) float32, unclipped."""
    f = np.empty_like(lab)
    np.multiply(lab[0] + np.float32(16), np.float32(1 / 116), out=f[1])
    np.add(f[1], lab[1] * np.float32(1 / 500), out=f[0])
    np.subtract(f[1], lab[2] * np.float32(1 / 200), out=f[2])
    return _mix(XYZ_TO_RGB, from_f(f))


def from_f(f: Array) -> Array:
    """Invert the CIELAB compression.  any shape, float32, 4/29 at black to 1 at white -> X/Xn (or Y, Z)."""
    cube = f * f * f
    return np.where(f > np.float32(_DELTA), cube, (f - np.float32(4 / 29)) * np.float32(_SLOPE))


def _to_f(t: Array) -> Array:
    """Apply the CIELAB compression of CIE 15, with its linear piece near black."""
    root = np.cbrt(t)
    return np.where(t > np.float32(_EPSILON), root, t * np.float32(1 / _SLOPE) + np.float32(4 / 29))


def _mix(matrix: NDArray[np.float64], planes: Array) -> Array:
    """Multiply a 3 x 3 matrix with planes (3, n); a BLAS call rounds differently on each machine, this does not."""
    mixed = np.empty_like(planes)
    for row, out in zip(matrix.astype(np.float32), mixed, strict=True):
        np.multiply(planes[0], row[0], out=out)
        out += planes[1] * row[1]
        out += planes[2] * row[2]
    return mixed


def _rgb_to_lab_planes(rgb: Array) -> Array:
    f = _to_f(_mix(RGB_TO_XYZ, srgb_to_linear(rgb)))
    lab = np.empty_like(f)
    np.subtract(f[1] * np.float32(116), np.float32(16), out=lab[0])
    np.multiply(f[0] - f[1], np.float32(500), out=lab[1])
    np.multiply(f[1] - f[2], np.float32(200), out=lab[2])
    return lab


def _lab_to_rgb_planes(lab: Array) -> Array:
    return linear_to_srgb(lab_to_linear_planes(lab))


def _rgb_to_lightness_planes(rgb: Array) -> Array:
    linear = srgb_to_linear(rgb)
    weights = RGB_TO_XYZ[1].astype(np.float32)
    luminance = linear[0] * weights[0] + linear[1] * weights[1] + linear[2] * weights[2]
    return (np.float32(116) * _to_f(luminance) - np.float32(16))[np.newaxis]


def _frozen(table: Array) -> Array:
    table.flags.writeable = False
    return table
