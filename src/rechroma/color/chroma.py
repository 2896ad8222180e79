"""Chroma for a given luma: the Cb and Cr of JPEG with which a pixel of fixed Y' shows a wanted a*b*."""

import numpy as np
from numpy.typing import NDArray

from rechroma.color.spaces import gray_to_lightness, lab_to_rgb
from rechroma.color.ycbcr import CB_TO_B, CB_TO_G, CR_TO_G, CR_TO_R
from rechroma.errors import InputError
from rechroma.types import AB, Array


def solve_chroma_for_luma(luma: Array | NDArray[np.uint8], ab: AB) -> tuple[Array, Array]:
    """Solve Cb and Cr for a fixed Y' (provisional: plain fixed point).

    Args:
        luma: (h, w) Y' 0 to 255, uint8 or float.
        ab: (h, w, 2) wanted a*b*.

    Returns:
        cb, cr: (h, w) float32, 0 to 255 around 128; with Y' they decode to colors inside sRGB.
    """
    if luma.shape != ab.shape[:-1] or ab.shape[-1] != 2:
        raise InputError(f"luma has shape {luma.shape} and ab {ab.shape}; expected (h, w) and (h, w, 2)")
    y = np.asarray(luma, np.float32)
    lab = np.concatenate([gray_to_lightness(y / np.float32(255))[..., None], ab], axis=-1)
    weights = np.array([0.299, 0.587, 0.114], np.float32) * np.float32(255)
    for _ in range(3):
        rgb = lab_to_rgb(lab)
        lab[..., 0] += (y - rgb @ weights) * np.float32(0.4)
    rgb = lab_to_rgb(lab) * np.float32(255)
    own = rgb @ (weights / np.float32(255))
    cb, cr = (rgb[..., 2] - own) / np.float32(CB_TO_B), (rgb[..., 0] - own) / np.float32(CR_TO_R)
    return limit_chroma(y, cb, cr)


def limit_chroma(luma: Array, cb: Array, cr: Array) -> tuple[Array, Array]:
    """Scale (Cb - 128, Cr - 128) down where Y' + chroma leaves RGB; returns planes around 128."""
    offsets = np.stack([CR_TO_R * cr, -CB_TO_G * cb - CR_TO_G * cr, CB_TO_B * cb])
    above, below = offsets.max(axis=0), -offsets.min(axis=0)
    tiny = np.float32(1e-6)
    room = np.minimum((255 - luma) / np.maximum(above, tiny), luma / np.maximum(below, tiny))
    factor = np.minimum(room, 1).astype(np.float32)
    return cb * factor + np.float32(128), cr * factor + np.float32(128)
