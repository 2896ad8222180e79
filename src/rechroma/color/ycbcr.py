"""sRGB <-> YCbCr: BT.601 full range as in JPEG (JFIF 1.02), BT.709 limited range as in film (ITU-R BT.709-6).

All in 8-bit code values as float32: nothing is rounded and nothing is clipped here.
"""

from typing import Final

import numpy as np

from rechroma.color.spaces import by_blocks
from rechroma.types import RGB, Array

CB_TO_B: Final = 1.772
"""B' = Y' + 1.772 (Cb - 128) in JPEG."""
CR_TO_R: Final = 1.402
"""R' = Y' + 1.402 (Cr - 128) in JPEG."""
CB_TO_G: Final = 0.114 * 1.772 / 0.587
"""G' = Y' - 0.344 (Cb - 128) - 0.714 (Cr - 128) in JPEG."""
CR_TO_G: Final = 0.299 * 1.402 / 0.587
"""See CB_TO_G."""


def rgb_to_ycbcr(rgb: RGB) -> Array:
    """Convert to JPEG's YCbCr.  rgb (..., 3) 0 to 1 -> (..., 3) Y' 0 to 255, Cb, Cr around 128."""
    return by_blocks(_rgb_to_601, rgb, 3)


def ycbcr_to_rgb(ycbcr: Array) -> RGB:
    """Convert from JPEG's YCbCr.  (..., 3) code values 0 to 255 -> rgb (..., 3), unclipped."""
    return by_blocks(_601_to_rgb, ycbcr, 3)


def rgb_to_ycbcr709(rgb: RGB) -> Array:
    """Convert to film's YCbCr.  rgb (..., 3) 0 to 1 -> (..., 3) Y' 16 to 235, Cb, Cr 16 to 240."""
    return by_blocks(_rgb_to_709, rgb, 3)


def ycbcr709_to_rgb(ycbcr: Array) -> RGB:
    """Convert from film's YCbCr.  (..., 3) code values 16 to 235 or 240 -> rgb (..., 3), unclipped."""
    return by_blocks(_709_to_rgb, ycbcr, 3)


def _encode(rgb: Array, red: float, blue: float) -> Array:
    """Give Y' (0 to 1), Cb and Cr (-0.5 to 0.5) for these luma weights of red and blue."""
    luma = rgb[0] * np.float32(red) + rgb[1] * np.float32(1 - red - blue) + rgb[2] * np.float32(blue)
    cb = (rgb[2] - luma) * np.float32(0.5 / (1 - blue))
    cr = (rgb[0] - luma) * np.float32(0.5 / (1 - red))
    return np.stack([luma, cb, cr])


def _decode(ycc: Array, red: float, blue: float) -> Array:
    """Invert _encode."""
    luma, cb, cr = ycc
    to_b, to_r = 2 * (1 - blue), 2 * (1 - red)
    green = 1 - red - blue
    g = luma - cb * np.float32(blue * to_b / green) - cr * np.float32(red * to_r / green)
    return np.stack([luma + cr * np.float32(to_r), g, luma + cb * np.float32(to_b)])


def _rgb_to_601(rgb: Array) -> Array:
    ycc = _encode(rgb, 0.299, 0.114) * np.float32(255)
    ycc[1:] += np.float32(128)
    return ycc


def _601_to_rgb(ycc: Array) -> Array:
    ycc[1:] -= np.float32(128)
    return _decode(ycc * np.float32(1 / 255), 0.299, 0.114)


def _rgb_to_709(rgb: Array) -> Array:
    ycc = _encode(rgb, 0.2126, 0.0722)
    ycc[0] = ycc[0] * np.float32(219) + np.float32(16)
    ycc[1:] = ycc[1:] * np.float32(224) + np.float32(128)
    return ycc


def _709_to_rgb(ycc: Array) -> Array:
    ycc[0] = (ycc[0] - np.float32(16)) * np.float32(1 / 219)
    ycc[1:] = (ycc[1:] - np.float32(128)) * np.float32(1 / 224)
    return _decode(ycc, 0.2126, 0.0722)
