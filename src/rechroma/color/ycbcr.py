"""Y'CbCr of any encoding <-> its own R'G'B', and what CIELAB its planes show.

Equations: H.264 annex E (as in H.273 section 8.3) E-28 to E-30 with E-10 to E-12 or E-16 to E-18; for JPEG these are
JFIF 1.02's. Code values are float32: nothing is rounded and nothing is clipped, unless a docstring says so.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rechroma.color.encoding import JPEG, LUMA_WEIGHTS, Encoding
from rechroma.color.light import CURVES, rgb_to_xyz
from rechroma.color.spaces import (
    BLOCK,
    by_blocks,
    lightness_to_luminance,
    linear_to_lab,
    luminance_to_lightness,
)
from rechroma.errors import InputError
from rechroma.types import RGB, Array, Lab, Lightness

_F32 = np.float32


def rgb_to_ycbcr(rgb: RGB, encoding: Encoding = JPEG) -> Array:
    """Convert R'G'B' to Y'CbCr.  rgb (..., 3) 0 to 1 -> (..., 3) Y', Cb, Cr as code values of the encoding.

    The R'G'B' is the encoding's own: sRGB for JPEG, with other primaries and another transfer in film.
    """
    return by_blocks(lambda planes: _encode(planes, encoding), rgb, 3)


def ycbcr_to_rgb(ycbcr: Array, encoding: Encoding = JPEG) -> RGB:
    """Convert Y'CbCr to the encoding's own R'G'B'.  (..., 3) code values -> rgb (..., 3), unclipped."""
    return by_blocks(lambda planes: _decode(planes, encoding), ycbcr, 3)


def ycbcr_to_lab(ycbcr: Array, encoding: Encoding = JPEG) -> Lab:
    """Convert Y'CbCr to the CIELAB that it shows.  (..., 3) code values -> (..., 3) L* 0 to 100, a*b*.

    Nothing is clipped but signals below black in encodings of BT.1886, which has no light there.
    """
    curve, matrix = CURVES[encoding.transfer], rgb_to_xyz(encoding.primaries)
    return by_blocks(
        lambda planes: linear_to_lab(curve.to_linear(_decode(planes, encoding)), matrix), ycbcr, 3
    )


def lightness_of_luma(luma: NDArray[np.uint8] | NDArray[np.uint16], encoding: Encoding = JPEG) -> Lightness:
    """Give the lightness that gray footage of this luma shows, by table.

    Args:
        luma: (...) Y', uint8 or uint16 as the encoding has it.
        encoding: Its range and transfer count (see `rechroma.color.light`).

    Returns:
        (...) float32 L* 0 to 100; what is darker than black counts as black, brighter than white as white.

    Raises:
        InputError: Another dtype, or numbers that the encoding's bits do not hold.
    """
    check_luma(luma, encoding)
    lightness: Lightness = _lightness_table(encoding)[luma]
    return lightness


def luma_of_lightness(
    lightness: Lightness, encoding: Encoding = JPEG
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Give the luma of gray footage that shows this lightness, rounded.

    Args:
        lightness: (...) L*, held to 0 to 100.
        encoding: Its range, bits and transfer count.

    Returns:
        (...) Y' in the dtype of the encoding, from black to white.
    """
    flat = np.asarray(lightness, np.float32).reshape(-1)
    result = np.empty(flat.shape, encoding.dtype)
    for start in range(0, len(flat), 2 * BLOCK):
        part = slice(start, start + 2 * BLOCK)
        held = np.clip(flat[part], _F32(0), _F32(100))
        luma = CURVES[encoding.transfer].to_signal(lightness_to_luminance(held))
        luma *= _F32(encoding.luma_span)
        luma += _F32(encoding.black)
        result[part] = np.rint(luma, out=luma)
    return result.reshape(lightness.shape)


def check_luma(luma: NDArray[np.generic], encoding: Encoding) -> None:
    """Refuse luma of another dtype than the encoding's, or beyond its bits."""
    if luma.dtype != encoding.dtype:
        raise InputError(f"luma is {luma.dtype}; expected {encoding.dtype} for {encoding.bits} bits")
    if encoding.bits > 8 and luma.size and (largest := int(luma.max())) > encoding.top:
        raise InputError(
            f"luma reaches {largest}; accepted: 0 to {encoding.top} ({encoding.bits} bits, the low ones)"
        )


@lru_cache(maxsize=8)
def _lightness_table(encoding: Encoding) -> Array:
    signal = (np.arange(encoding.top + 1) - encoding.black) / encoding.luma_span
    table = luminance_to_lightness(
        CURVES[encoding.transfer].to_linear(np.clip(signal, 0, 1).astype(np.float32))
    )
    table[signal <= 0], table[signal >= 1] = 0, 100  # exactly
    table.flags.writeable = False
    return table


def _encode(rgb: Array, encoding: Encoding) -> Array:
    red, blue = LUMA_WEIGHTS[encoding.matrix]
    ycc = np.empty_like(rgb)
    luma, cb, cr = ycc
    np.multiply(rgb[0], _F32(red), out=luma)
    luma += rgb[1] * _F32(1 - red - blue)
    luma += rgb[2] * _F32(blue)
    np.subtract(rgb[2], luma, out=cb)
    np.subtract(rgb[0], luma, out=cr)
    cb *= _F32(0.5 / (1 - blue))
    cr *= _F32(0.5 / (1 - red))
    luma *= _F32(encoding.luma_span)
    luma += _F32(encoding.black)
    ycc[1:] *= _F32(encoding.chroma_span)
    ycc[1:] += _F32(encoding.neutral)
    return ycc


def _decode(ycc: Array, encoding: Encoding) -> Array:
    red, blue = LUMA_WEIGHTS[encoding.matrix]
    to_b, to_r, green = 2 * (1 - blue), 2 * (1 - red), 1 - red - blue
    luma = (ycc[0] - _F32(encoding.black)) * _F32(1 / encoding.luma_span)
    cb, cr = (ycc[1:] - _F32(encoding.neutral)) * _F32(1 / encoding.chroma_span)
    g = luma - cb * _F32(blue * to_b / green) - cr * _F32(red * to_r / green)
    return np.stack([luma + cr * _F32(to_r), g, luma + cb * _F32(to_b)])
