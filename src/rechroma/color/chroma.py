"""Chroma for a given luma: the Cb and Cr with which a JPEG pixel of fixed Y' shows a wanted a*b*.

Luma Y' (a weighted mean of encoded R, G, B) is not lightness L*: at a given Y' the L* of a color depends on a*b*.
So L* is solved for first, then Cb and Cr follow. Where no color of this Y' has the wanted a*b*, chroma is
reduced at constant hue and Y'.

`solve_chroma_for_luma` does so pixel by pixel, `hold_chroma` brings back into RGB what was interpolated between
solved colors. Solved colors of one Y' lie in a convex polygon: their weighted means are inside RGB too.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rechroma.color.gamut import between_nodes
from rechroma.color.spaces import BLOCK, XYZ_TO_RGB, encode, gray_to_lightness, mix, rgb_to_lab
from rechroma.color.ycbcr import CB_TO_B, CB_TO_G, CR_TO_G, CR_TO_R
from rechroma.errors import InputError
from rechroma.types import AB, Array

_F32, _I16 = np.float32, np.int16
_WEIGHTS = (_F32(0.299), _F32(0.587), _F32(0.114))
_NEWTON_STEPS = 6
_LONGEST_STEP = _F32(15)
_MARGIN = _F32(0.995)
_HUES = 180
_LEVELS = 64


def solve_chroma_for_luma(luma: Array | NDArray[np.uint8], ab: AB) -> tuple[Array, Array]:
    """Solve the Cb and Cr that show a*b* at a fixed Y', pixel by pixel (0.3 microseconds each).

    Args:
        luma: (...) Y' 0 to 255, uint8 or float.
        ab: (..., 2) wanted a*b*.

    Returns:
        cb, cr: (...) float32, 0 to 255 around 128. Decoded with Y' they give the wanted a*b* within 0.1, or
        the largest chroma of that hue inside sRGB (to 1 % typically); never a color outside sRGB.
    """
    if ab.shape != (*luma.shape, 2):
        raise InputError(f"luma has shape {luma.shape} and ab {ab.shape}; expected (...) and (..., 2)")
    flat_luma, flat_ab = luma.reshape(-1), ab.reshape(-1, 2)
    chroma = np.empty((2, len(flat_luma)), np.float32)
    for start in range(0, len(flat_luma), BLOCK):
        part = slice(start, start + BLOCK)
        y = np.clip(flat_luma[part].astype(np.float32) * _F32(1 / 255), _F32(0), _F32(1))
        chroma[:, part] = _solve(y, flat_ab[part].T.astype(np.float32))
    chroma += _F32(128)
    return chroma[0].reshape(luma.shape), chroma[1].reshape(luma.shape)


def hold_chroma(
    luma: NDArray[np.int16], chroma: NDArray[np.int16], *, spare: NDArray[np.int16] | None = None
) -> None:
    """Reduce whole-number chroma, in place, where it leads outside RGB with its luma.

    Args:
        luma: (...) 0 to 255.
        chroma: (2, ...) contiguous, Cb - 128 and Cr - 128, -127 to 127. Reduced values are rounded towards 0; up
            to 1.4 of 255 beyond RGB may go unnoticed.
        spare: (4, ...) to work in, so that nothing has to be allocated; its contents are lost.
    """
    cb, cr = chroma
    red, green, blue, other = np.empty((4, *luma.shape), np.int16) if spare is None else spare
    np.multiply(cr, _I16(179), out=red)  # 128ths: 1.402, 1.772, 0.344 and 0.714
    np.multiply(cb, _I16(227), out=blue)
    np.multiply(cb, _I16(-44), out=green)
    np.multiply(cr, _I16(91), out=other)
    green -= other
    above = np.maximum(np.maximum(red, green, out=other), blue, out=other)
    below = np.minimum(np.minimum(red, green, out=red), blue, out=red)
    above >>= 7
    below >>= 7
    above += luma
    below += luma
    outside = np.flatnonzero((above > _I16(255)) | (below < _I16(0)))
    if outside.size:
        flat = chroma.reshape(2, -1)
        part = flat[:, outside].astype(np.float32)
        part *= _room(luma.reshape(-1)[outside].astype(np.float32), part)
        flat[:, outside] = part  # towards 0


def _solve(luma: Array, ab: Array) -> Array:
    """Solve planes.  luma (n,) 0 to 1, ab (2, n), which is overwritten -> (2, n) Cb - 128 and Cr - 128."""
    hue, wanted = np.arctan2(ab[1], ab[0]), np.hypot(ab[0], ab[1])
    ab *= np.minimum(_largest_chroma(luma, hue) / np.maximum(wanted, _F32(1e-6)), _F32(1))
    chroma = _chroma_of(_rgb_at_luma(luma, ab))
    chroma *= _room(luma * _F32(255), chroma)
    return chroma


def _rgb_at_luma(luma: Array, ab: Array) -> Array:
    """Find the sRGB color with this Y' (0 to 1) and a*b*, by Newton's method on L*.  -> (3, n) encoded."""
    lightness = gray_to_lightness(luma)
    f = np.empty((3, len(luma)), np.float32)
    for step in range(_NEWTON_STEPS + 1):
        f[1] = (lightness + _F32(16)) * _F32(1 / 116)
        f[0] = f[1] + ab[0] * _F32(1 / 500)
        f[2] = f[1] - ab[1] * _F32(1 / 200)
        upper = np.clip(f, _F32(6 / 29), _F32(np.inf))
        square = upper * upper
        linear = mix(XYZ_TO_RGB, square * (_F32(3) * f - _F32(2) * upper))
        rgb = encode(linear)
        if step == _NEWTON_STEPS:
            break
        slope = (np.clip(rgb, _F32(0.04045), _F32(np.inf)) + _F32(0.055)) / (
            _F32(2.4) * np.clip(linear, _F32(0.0031308), _F32(np.inf))
        )
        slope *= mix(XYZ_TO_RGB, square * _F32(3 / 116))
        move = (luma - _luma_of(rgb)) / np.maximum(_luma_of(slope), _F32(2e-3))
        lightness += np.clip(move, -_LONGEST_STEP, _LONGEST_STEP)
    return rgb


def _chroma_of(rgb: Array) -> Array:
    luma = _luma_of(rgb)
    return np.stack([(rgb[2] - luma) * _F32(255 / CB_TO_B), (rgb[0] - luma) * _F32(255 / CR_TO_R)])


def _luma_of(rgb: Array) -> Array:
    luma: Array = rgb[0] * _WEIGHTS[0]
    luma += rgb[1] * _WEIGHTS[1]
    luma += rgb[2] * _WEIGHTS[2]
    return luma


def _room(luma: Array, chroma: Array) -> Array:
    """Give the share of Cb - 128, Cr - 128 that stays inside RGB.  luma (n,) 0 to 255 -> (n,) 0 to 1."""
    cb, cr = chroma
    red, blue = cr * _F32(CR_TO_R), cb * _F32(CB_TO_B)
    green = cb * _F32(-CB_TO_G) - cr * _F32(CR_TO_G)
    above = np.maximum(np.maximum(np.maximum(red, green), blue), _F32(1e-6))
    below = np.maximum(-np.minimum(np.minimum(red, green), blue), _F32(1e-6))
    share: Array = np.minimum((_F32(255) - luma) / above, luma / below)
    return np.clip(share, _F32(0), _F32(1))


@lru_cache(maxsize=1)
def _reach_table() -> Array:
    """Give the largest Lab chroma at constant Y': (65, 181) by Y' 0 to 1 and hue -180 to 180 degrees.

    Walks along the edge of each polygon of constant Y', so that nothing has to be searched.
    """
    hues = np.linspace(-np.pi, np.pi, _HUES + 1)
    turn = np.linspace(-np.pi, np.pi, 4 * _HUES, endpoint=False)
    direction = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32) * _F32(400)
    table = np.zeros((_LEVELS + 1, _HUES + 1), np.float32)
    for level in range(1, _LEVELS):
        y = np.full(len(turn), level * 255 / _LEVELS, np.float32)
        cb, cr = direction * _room(y, direction)
        edge = np.stack([y + CR_TO_R * cr, y - CB_TO_G * cb - CR_TO_G * cr, y + CB_TO_B * cb], axis=-1)
        lab = rgb_to_lab(edge * _F32(1 / 255)).astype(np.float64)
        hue = np.arctan2(lab[:, 2], lab[:, 1])
        table[level] = np.interp(
            hues, hue[order := np.argsort(hue)], np.hypot(lab[:, 1], lab[:, 2])[order], period=2 * np.pi
        )
    return table


def _largest_chroma(luma: Array, hue: Array) -> Array:
    """Look the largest chroma up, linear between nodes.  luma (n,) 0 to 1, hue (n,) radians -> (n,)."""
    y = luma * _F32(_LEVELS)
    turn = (hue + _F32(np.pi)) * _F32(_HUES / (2 * np.pi))
    row = np.minimum(y.astype(np.int32), _LEVELS - 1)
    column = np.minimum(turn.astype(np.int32), _HUES - 1)
    down, right = y - row.astype(np.float32), turn - column.astype(np.float32)
    return between_nodes(_reach_table(), row, column, down, right) * _MARGIN
