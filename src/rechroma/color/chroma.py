"""Chroma for a given luma: the Cb and Cr with which a pixel of fixed Y' shows a wanted a*b*, in JPEG or in film.

Luma Y' (a weighted mean of encoded R, G, B) is not lightness L*: at a given Y' the L* of a color depends on a*b*.
So L* is solved for first, then Cb and Cr follow. Where no color of this Y' has the wanted a*b*, chroma is
reduced at constant hue and Y'. RGB is the encoding's own here: its primaries bound what fits.

`solve_chroma_for_luma` does so pixel by pixel, `hold_chroma` brings back into RGB what was interpolated between
solved colors. Solved colors of one Y' lie in a convex polygon: their weighted means are inside RGB too.
"""

from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.color.encoding import JPEG, LUMA_WEIGHTS, Bits, Encoding, Matrix, Primaries, Transfer
from rechroma.color.gamut import between_nodes
from rechroma.color.light import CURVES, rgb_to_xyz, xyz_to_rgb
from rechroma.color.spaces import BLOCK, linear_to_lab, luminance_to_lightness, mix
from rechroma.errors import InputError
from rechroma.types import AB, Array

Whole: TypeAlias = NDArray[np.int16] | NDArray[np.int32]

_F32 = np.float32
_FRACTION_BITS: Final[dict[Bits, int]] = {8: 7, 10: 16}
"""Of the gains in whole-number arithmetic: as many as int16 and int32 have room for, or as are of use."""
_NEWTON_STEPS = 6
_LONGEST_STEP = _F32(15)
_MARGIN = _F32(0.995)
_HUES = 180
_LEVELS = 64


class _Gains(NamedTuple):
    """How much of Y' one step of Cb - neutral and Cr - neutral is, in each of R', G' and B'."""

    cb_to_b: float
    cr_to_r: float
    cb_to_g: float
    cr_to_g: float

    @classmethod
    def of(cls, encoding: Encoding) -> "_Gains":
        """In JPEG 1.772, 1.402, -0.344 and -0.714."""
        red, blue = LUMA_WEIGHTS[encoding.matrix]
        steps = encoding.luma_span / encoding.chroma_span
        to_b, to_r, green = 2 * (1 - blue) * steps, 2 * (1 - red) * steps, 1 - red - blue
        return cls(to_b, to_r, -blue * to_b / green, -red * to_r / green)


def solve_chroma_for_luma(
    luma: Array | NDArray[np.uint8] | NDArray[np.uint16], ab: AB, encoding: Encoding = JPEG
) -> tuple[Array, Array]:
    """Solve the Cb and Cr that show a*b* at a fixed Y', pixel by pixel (0.3 microseconds each).

    Args:
        luma: (...) Y' as code values of the encoding (0 to 255 for JPEG), whole or float; what is darker than black
            or brighter than white counts as that.
        ab: (..., 2) wanted a*b*.
        encoding: What Y', Cb and Cr stand for.

    Returns:
        cb, cr: (...) float32 code values (0 to 255 around 128 for JPEG). Decoded with Y' they give the wanted a*b*
        within 0.1, or the largest chroma of that hue inside the encoding's RGB (to 1 % typically, less where a dark
        color is next to a primary); never a color outside it.
    """
    if ab.shape != (*luma.shape, 2):
        raise InputError(f"luma has shape {luma.shape} and ab {ab.shape}; expected (...) and (..., 2)")
    flat_luma, flat_ab = luma.reshape(-1), ab.reshape(-1, 2)
    chroma = np.empty((2, len(flat_luma)), np.float32)
    for start in range(0, len(flat_luma), BLOCK):
        part = slice(start, start + BLOCK)
        y = flat_luma[part].astype(np.float32) - _F32(encoding.black)
        y = np.clip(y * _F32(1 / encoding.luma_span), _F32(0), _F32(1))
        chroma[:, part] = _solve(y, flat_ab[part].T.astype(np.float32), encoding)
    chroma += _F32(encoding.neutral)
    return chroma[0].reshape(luma.shape), chroma[1].reshape(luma.shape)


def hold_chroma(luma: Whole, chroma: Whole, encoding: Encoding = JPEG, *, spare: Whole | None = None) -> None:
    """Reduce whole-number chroma, in place, where it leads outside RGB with its luma.

    Args:
        luma: (...) Y', int16 for encodings of 8 bits, int32 for 10.
        chroma: (2, ...) contiguous, the same dtype: Cb and Cr less neutral, at most half the encoding's chroma span
            either way (-127 to 127 for JPEG). Reduced values are rounded towards 0; up to 1.4 of 255 beyond RGB may
            go unnoticed.
        encoding: What Y', Cb and Cr stand for.
        spare: (4, ...) to work in, so that nothing has to be allocated; its contents are lost.
    """
    whole, bits = encoding.signed.type, _FRACTION_BITS[encoding.bits]
    gains = [
        whole(round(gain * (1 << bits))) for gain in _Gains.of(encoding)
    ]  # whole numbers of small fractions
    cb, cr = chroma
    red, green, blue, other = np.empty((4, *luma.shape), whole) if spare is None else spare
    np.multiply(cb, gains[0], out=blue)
    np.multiply(cr, gains[1], out=red)
    np.multiply(cb, gains[2], out=green)
    np.multiply(cr, gains[3], out=other)
    green += other
    above = np.maximum(np.maximum(red, green, out=other), blue, out=other)
    below = np.minimum(np.minimum(red, green, out=red), blue, out=red)
    above >>= bits
    below >>= bits
    above += luma
    below += luma
    black, white = whole(encoding.black), whole(encoding.black + encoding.luma_span)
    outside = np.flatnonzero((above > white) | (below < black))
    if outside.size:
        flat = chroma.reshape(2, -1)
        part = flat[:, outside].astype(np.float32)
        light = luma.reshape(-1)[outside].astype(np.float32) - _F32(encoding.black)
        part *= _room(light, part, encoding)
        flat[:, outside] = part  # towards 0


def _solve(luma: Array, ab: Array, encoding: Encoding) -> Array:
    """Solve planes.  luma (n,) 0 to 1, ab (2, n), which is overwritten -> (2, n) Cb and Cr less neutral."""
    hue, wanted = np.arctan2(ab[1], ab[0]), np.hypot(ab[0], ab[1])
    ab *= np.minimum(_largest_chroma(luma, hue, encoding) / np.maximum(wanted, _F32(1e-6)), _F32(1))
    rgb = _rgb_at_luma(luma, ab, encoding)
    gains, shown = _Gains.of(encoding), _luma_of(rgb, encoding)
    chroma = np.stack(
        [
            (rgb[2] - shown) * _F32(encoding.luma_span / gains.cb_to_b),
            (rgb[0] - shown) * _F32(encoding.luma_span / gains.cr_to_r),
        ]
    )
    chroma *= _room(luma * _F32(encoding.luma_span), chroma, encoding)
    return chroma


def _rgb_at_luma(luma: Array, ab: Array, encoding: Encoding) -> Array:
    """Find the R'G'B' with this Y' (0 to 1) and a*b*, by Newton's method on L*.  -> (3, n) 0 to 1."""
    curve, matrix = CURVES[encoding.transfer], xyz_to_rgb(encoding.primaries)
    lightness = luminance_to_lightness(curve.to_linear(luma))
    f = np.empty((3, len(luma)), np.float32)
    for step in range(_NEWTON_STEPS + 1):
        f[1] = (lightness + _F32(16)) * _F32(1 / 116)
        f[0] = f[1] + ab[0] * _F32(1 / 500)
        f[2] = f[1] - ab[1] * _F32(1 / 200)
        upper = np.clip(f, _F32(6 / 29), _F32(np.inf))
        square = upper * upper
        linear = mix(matrix, square * (_F32(3) * f - _F32(2) * upper))
        if step == _NEWTON_STEPS:
            break
        rgb, slope = curve.tangent(linear)
        slope *= mix(matrix, square * _F32(3 / 116))
        move = (luma - _luma_of(rgb, encoding)) / np.maximum(_luma_of(slope, encoding), _F32(2e-3))
        lightness += np.clip(move, -_LONGEST_STEP, _LONGEST_STEP)
    return curve.to_signal(linear)


def _luma_of(rgb: Array, encoding: Encoding) -> Array:
    red, blue = LUMA_WEIGHTS[encoding.matrix]
    luma: Array = rgb[0] * _F32(red)
    luma += rgb[1] * _F32(1 - red - blue)
    luma += rgb[2] * _F32(blue)
    return luma


def _room(luma: Array, chroma: Array, encoding: Encoding) -> Array:
    """Give the share of chroma that stays inside RGB.

    luma (n,) Y' less that of black, chroma (2, n) Cb and Cr less neutral -> (n,) 0 to 1.
    """
    cb, cr = chroma
    gains = _Gains.of(encoding)
    red, blue = cr * _F32(gains.cr_to_r), cb * _F32(gains.cb_to_b)
    green = cb * _F32(gains.cb_to_g) + cr * _F32(gains.cr_to_g)
    above = np.maximum(np.maximum(np.maximum(red, green), blue), _F32(1e-6))
    below = np.maximum(-np.minimum(np.minimum(red, green), blue), _F32(1e-6))
    share: Array = np.minimum((_F32(encoding.luma_span) - luma) / above, luma / below)
    return np.clip(share, _F32(0), _F32(1))


@lru_cache(maxsize=8)
def _reach_table(matrix: Matrix, primaries: Primaries, transfer: Transfer) -> Array:
    """Give the largest Lab chroma at constant Y': (65, 181) by Y' 0 to 1 and hue -180 to 180 degrees.

    Walks along the edge of each polygon of constant Y', so that nothing has to be searched.
    """
    encoding = Encoding(matrix=matrix, range="full", bits=8, primaries=primaries, transfer=transfer)
    curve, (blue, red, green_cb, green_cr) = CURVES[transfer], _Gains.of(encoding)
    hues = np.linspace(-np.pi, np.pi, _HUES + 1)
    turn = np.linspace(-np.pi, np.pi, 4 * _HUES, endpoint=False)
    direction = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32) * _F32(400)
    table = np.zeros((_LEVELS + 1, _HUES + 1), np.float32)
    for level in range(1, _LEVELS):
        y = np.full(len(turn), level * 255 / _LEVELS, np.float32)
        cb, cr = direction * _room(y, direction, encoding)
        edge = np.stack([y + red * cr, y + green_cb * cb + green_cr * cr, y + blue * cb]) * _F32(1 / 255)
        _, a, b = linear_to_lab(curve.to_linear(edge), rgb_to_xyz(primaries)).astype(np.float64)
        hue = np.arctan2(b, a)
        table[level] = np.interp(hues, hue[order := np.argsort(hue)], np.hypot(a, b)[order], period=2 * np.pi)
    return table


def _largest_chroma(luma: Array, hue: Array, encoding: Encoding) -> Array:
    """Look the largest chroma up, linear between nodes.  luma (n,) 0 to 1, hue (n,) radians -> (n,)."""
    y = luma * _F32(_LEVELS)
    turn = (hue + _F32(np.pi)) * _F32(_HUES / (2 * np.pi))
    row = np.minimum(y.astype(np.int32), _LEVELS - 1)
    column = np.minimum(turn.astype(np.int32), _HUES - 1)
    down, right = y - row.astype(np.float32), turn - column.astype(np.float32)
    table = _reach_table(encoding.matrix, encoding.primaries, encoding.transfer)
    return between_nodes(table, row, column, down, right) * _MARGIN
