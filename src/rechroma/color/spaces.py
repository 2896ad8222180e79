"""sRGB <-> linear light <-> CIELAB (D65, 2 degrees), and lightness alone.

Sources: IEC 61966-2-1:1999 (transfer function, primaries), CIE 15:2004 (CIELAB, exact rational constants). The
matrix is derived from the primaries and the white x = 0.3127, y = 0.3290, and each row is divided by the white
point: gray (R = G = B) then has a* = b* = 0 up to rounding, at every lightness.

Arrays in and out are float32. Below 0 the linear pieces of the curves go on, so that every function here has
an inverse outside the gamut too. Work goes block by block: beside input and output it needs about 1 MB.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import InputError
from rechroma.types import RGB, Array, Lab

BLOCK = 1 << 13
"""Pixels that are worked on at once: the planes of a block stay in the second-level cache."""

_PRIMARIES = np.array(
    [
        [0.41239080, 0.35758434, 0.18048079],
        [0.21263901, 0.71516868, 0.07219232],
        [0.01933082, 0.11919478, 0.95053215],
    ]
)
RGB_TO_XYZ = np.array([row / row.sum() for row in _PRIMARIES])
"""(3, 3) linear sRGB to X/Xn, Y/Yn, Z/Zn."""
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ)
"""(3, 3) X/Xn, Y/Yn, Z/Zn to linear sRGB."""

_F32 = np.float32
_INFINITY = _F32(np.inf)
_DELTA = 6 / 29
_EPSILON = _DELTA**3
_SLOPE = 3 * _DELTA**2
_LINEAR_END = 0.0031308
_ENCODED_END = 0.04045


def srgb_to_linear(encoded: Array) -> Array:
    """Undo the sRGB transfer function.  any shape, 0 to 1 -> linear light 0 to 1, same shape."""
    return _by_runs(decode, encoded)


def linear_to_srgb(linear: Array) -> Array:
    """Apply the sRGB transfer function.  any shape, 0 to 1 -> encoded 0 to 1, same shape."""
    return _by_runs(encode, linear)


def rgb_to_lab(rgb: RGB) -> Lab:
    """Convert sRGB to CIELAB.  rgb (..., 3) 0 to 1 -> (..., 3) L* 0 to 100, a*b* about -110 to 110."""
    return by_blocks(_rgb_to_lab_planes, rgb, 3)


def lab_to_rgb(lab: Lab) -> RGB:
    """Convert CIELAB to sRGB without clipping.  lab (..., 3) -> (..., 3), outside 0 to 1 if out of gamut."""
    return by_blocks(_lab_to_rgb_planes, lab, 3)


def rgb_to_lightness(rgb: RGB) -> Array:
    """Give the lightness of sRGB.  rgb (..., 3) 0 to 1 -> (...) L* 0 to 100."""
    return by_blocks(_rgb_to_lightness_planes, rgb, 1)[..., 0]


def gray_to_lightness(gray: Array) -> Array:
    """Give the lightness of sRGB-encoded gray.  any shape, 0 to 1 -> L* 0 to 100, same shape."""
    return _by_runs(_gray_to_lightness, gray)


def lightness_to_gray(lightness: Array) -> Array:
    """Give the sRGB-encoded gray of a lightness.  any shape, L* 0 to 100 -> 0 to 1, same shape."""
    return _by_runs(_lightness_to_gray, lightness)


@lru_cache(maxsize=1)
def gray8_lightness_table() -> Array:
    """Give L* of the 256 gray levels of an 8-bit sRGB picture: (256,), read-only."""
    return _gray_table(256)


@lru_cache(maxsize=1)
def gray16_lightness_table() -> Array:
    """Give L* of the 65536 gray levels of a 16-bit sRGB picture: (65536,), read-only."""
    return _gray_table(65536)


def by_blocks(of_planes: Callable[[Array], Array], pixels: Array, channels: int) -> Array:
    """Apply a function of planes to pixels, block by block.

    Args:
        of_planes: (3, n) contiguous float32, n up to BLOCK, which it may overwrite -> (channels, n).
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
    for start in range(0, len(flat), BLOCK):
        planes = of_planes(flat[start : start + BLOCK].T.astype(np.float32, order="C"))
        for channel, plane in enumerate(planes):  # four times as fast as assigning the transpose
            result[start : start + BLOCK, channel] = plane
    return result.reshape(*given.shape[:-1], channels)


def lab_to_linear(lab: Array, matrix: NDArray[np.float64] = XYZ_TO_RGB) -> Array:
    """Convert CIELAB planes to linear RGB planes, sRGB or another's.  (3, n) float32 -> (3, n), unclipped."""
    f = np.empty_like(lab)
    np.multiply(lab[0] + _F32(16), _F32(1 / 116), out=f[1])
    np.add(f[1], lab[1] * _F32(1 / 500), out=f[0])
    np.subtract(f[1], lab[2] * _F32(1 / 200), out=f[2])
    return mix(matrix, _from_f(f))


def linear_to_lab(linear: Array, matrix: NDArray[np.float64] = RGB_TO_XYZ) -> Array:
    """Convert linear RGB planes, sRGB or another's, to CIELAB, in place.  (3, n) float32 -> the same (3, n)."""
    f = _to_f(mix(matrix, linear))
    np.subtract(f[1] * _F32(116), _F32(16), out=linear[0])
    np.multiply(f[0] - f[1], _F32(500), out=linear[1])
    np.multiply(f[1] - f[2], _F32(200), out=linear[2])
    return linear


def luminance_to_lightness(luminance: Array) -> Array:
    """Give L* (0 to 100) of a block of Y/Yn (0 to 1).  any shape -> same shape."""
    lightness = _to_f(luminance)
    lightness *= _F32(116)
    lightness -= _F32(16)
    return lightness


def lightness_to_luminance(lightness: Array) -> Array:
    """Invert luminance_to_lightness."""
    return _from_f((lightness + _F32(16)) * _F32(1 / 116))


def encode(linear: Array) -> Array:
    """Apply the sRGB transfer function to a block: as linear_to_srgb, one block at a time."""
    # The power above the joint plus the line below it, each still where the other one runs: no branch.
    encoded = np.power(np.clip(linear, _F32(_LINEAR_END), _INFINITY), _F32(1 / 2.4))
    encoded *= _F32(1.055)
    encoded += _F32(-0.055 - 12.92 * _LINEAR_END)
    encoded += np.minimum(linear, _F32(_LINEAR_END)) * _F32(12.92)
    return encoded


def decode(encoded: Array) -> Array:
    """Undo the sRGB transfer function of a block: as srgb_to_linear, one block at a time."""
    linear = np.clip(encoded, _F32(_ENCODED_END), _INFINITY)
    linear += _F32(0.055)
    linear *= _F32(1 / 1.055)
    np.power(linear, _F32(2.4), out=linear)
    linear += (np.minimum(encoded, _F32(_ENCODED_END)) - _F32(_ENCODED_END)) * _F32(1 / 12.92)
    return linear


def encode_with_slope(linear: Array) -> tuple[Array, Array]:
    """Apply `encode`, and give by how much it grows per linear light."""
    encoded = encode(linear)
    return encoded, (np.clip(encoded, _F32(_ENCODED_END), _INFINITY) + _F32(0.055)) / (
        _F32(2.4) * np.clip(linear, _F32(_LINEAR_END), _INFINITY)
    )


def _from_f(f: Array) -> Array:
    """Undo the compression of CIELAB: the cube, below 6/29 its tangent."""
    upper = np.clip(f, _F32(_DELTA), _INFINITY)
    cube = upper * upper
    cube *= upper
    np.subtract(f, upper, out=upper)
    upper *= _F32(_SLOPE)
    cube += upper
    return cube


def _to_f(t: Array) -> Array:
    """Apply the compression of CIELAB: the cube root, below (6/29)**3 its tangent."""
    upper = np.clip(t, _F32(_EPSILON), _INFINITY)
    root: Array = np.cbrt(upper)
    np.subtract(t, upper, out=upper)
    upper *= _F32(1 / _SLOPE)
    root += upper
    return root


def mix(matrix: NDArray[np.float64], planes: Array) -> Array:
    """Multiply a 3 x 3 matrix with planes (3, n). Not by BLAS, which rounds differently on each machine."""
    mixed = np.empty_like(planes)
    for row, plane in zip(matrix.astype(np.float32), mixed, strict=True):
        np.multiply(planes[0], row[0], out=plane)
        np.add(plane, planes[1] * row[1], out=plane)
        np.add(plane, planes[2] * row[2], out=plane)
    return mixed


def _rgb_to_lab_planes(rgb: Array) -> Array:
    return linear_to_lab(decode(rgb))


def _lab_to_rgb_planes(lab: Array) -> Array:
    return encode(lab_to_linear(lab))


def _rgb_to_lightness_planes(rgb: Array) -> Array:
    linear = decode(rgb)
    weights = RGB_TO_XYZ[1].astype(np.float32)
    luminance = linear[0] * weights[0] + linear[1] * weights[1] + linear[2] * weights[2]
    return np.atleast_2d(luminance_to_lightness(luminance))


def _gray_to_lightness(gray: Array) -> Array:
    return luminance_to_lightness(decode(gray))


def _lightness_to_gray(lightness: Array) -> Array:
    return encode(lightness_to_luminance(lightness))


def _by_runs(function: Callable[[Array], Array], values: Array) -> Array:
    """Apply an elementwise function to an array of any shape, block by block."""
    given = np.asarray(values)
    flat = given.reshape(-1)
    result = np.empty(flat.shape, np.float32)
    for start in range(0, len(flat), 2 * BLOCK):
        run = slice(start, start + 2 * BLOCK)
        result[run] = function(flat[run].astype(np.float32, copy=False))
    return result.reshape(given.shape)


def _gray_table(levels: int) -> Array:
    table = gray_to_lightness(np.linspace(0, 1, levels, dtype=np.float32))
    table[-1] = 100  # white, exactly
    table.flags.writeable = False
    return table
