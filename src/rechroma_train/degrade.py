"""The "old photograph" model: what emulsions, time and scanners do to the lightness a network is given.

Everything works on batches, on any device, and touches a random share of the pictures.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from rechroma.color.spaces import RGB_TO_XYZ
from rechroma_train.color import luminance_to_lightness
from rechroma_train.config import DegradeOptions
from rechroma_train.transfer import send

EMULSIONS = {
    "blue-sensitive": (0.01, 0.09, 0.90),  # wet plates and early dry plates, to about 1900
    "orthochromatic": (0.04, 0.46, 0.50),  # blind to red, to about 1930
    "early panchromatic": (0.30, 0.40, 0.30),
    "yellow filter": (0.40, 0.50, 0.10),  # panchromatic behind it
}
"""Shares of linear red, green and blue in what the emulsion records; our approximations of published curves."""


def record(linear: Tensor, options: DegradeOptions, rng: np.random.Generator) -> Tensor:
    """Lightness as a film would have recorded the scene.

    Args:
        linear: (N, 3, H, W) linear RGB, 0 to 1.
        options: the share of pictures on an old emulsion.
        rng: source of the choices.

    Returns:
        (N, 1, H, W) L* 0 to 100; the true lightness where no emulsion was drawn.
    """
    n = linear.shape[0]
    weights = np.tile(RGB_TO_XYZ[1], (n, 1))
    old = rng.random(n) < options.emulsion_share
    kind = rng.integers(len(EMULSIONS), size=n)
    varied = np.array(list(EMULSIONS.values()))[kind] * np.exp(rng.normal(0, 0.25, (n, 3)))
    weights[old] = (varied / varied.sum(1, keepdims=True))[old]
    return expose(linear, weights)


def expose(linear: Tensor, shares: NDArray[np.float64]) -> Tensor:
    """Lightness of a scene whose colors count by given shares.

    linear (N, 3, H, W) 0 to 1, shares (N, 3) -> (N, 1, H, W) L* 0 to 100.
    """
    mix = send(shares.astype(np.float32), linear.device)
    return luminance_to_lightness(torch.einsum("nc,nchw->nhw", mix, linear)).unsqueeze(1)


def age(lightness: Tensor, options: DegradeOptions, rng: np.random.Generator) -> Tensor:
    """Fade, bend, blur, grain, vignette and recompress a random share of the pictures.

    Args:
        lightness: (N, 1, H, W) L* 0 to 100.
        options: how often each happens.
        rng: source of the choices.

    Returns:
        (N, 1, H, W) L* 0 to 100.
    """
    aged = np.flatnonzero(rng.random(lightness.shape[0]) < options.aged_share)
    if aged.size == 0:
        return lightness
    index = send(aged, lightness.device)
    x = lightness[index] / 100
    for effect in EFFECTS.values():
        chosen = np.flatnonzero(rng.random(aged.size) < options.effect_share)
        if chosen.size:
            at = send(chosen, x.device)
            x = x.index_copy(0, at, effect(x[at], rng).clamp(0, 1))
    return lightness.index_copy(0, index, x * 100)


def _column(values: NDArray[np.float64], like: Tensor) -> Tensor:
    return send(values.astype(np.float32), like.device)[:, None, None, None]


def _tone(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Gamma, contrast about the mean, and fading: blacks rise, whites sink."""
    n = x.shape[0]
    gamma = _column(np.exp(rng.normal(0, 0.25, n)), x)
    contrast = _column(np.exp(rng.normal(0, 0.2, n)), x)
    black = _column(rng.uniform(0, 0.2, n), x)
    white = _column(rng.uniform(0.8, 1, n), x)
    x = x.clamp_min(1e-4) ** gamma
    mean = x.mean(dim=(2, 3), keepdim=True)
    return black + (white - black) * (mean + (x - mean) * contrast).clamp(0, 1)


def _blur(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Gaussian blur of 0.4 to 1.5 pixels."""
    n = x.shape[0]
    sigma = rng.uniform(0.4, 1.5, n)
    taps = np.exp(-(np.arange(-4, 5)[None] ** 2) / (2 * sigma[:, None] ** 2))
    kernel = send((taps / taps.sum(1, keepdims=True)).astype(np.float32), x.device)
    planes = F.pad(x.transpose(0, 1), (4, 4, 4, 4), mode="replicate")
    planes = F.conv2d(planes, kernel[:, None, :, None], groups=n)
    return F.conv2d(planes, kernel[:, None, None, :], groups=n).transpose(0, 1)


def _grain(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Gaussian grain, white or two pixels coarse, strongest in the middle tones."""
    n, _, h, w = x.shape
    seed = int(rng.integers(2**62))
    generator = torch.Generator(x.device).manual_seed(seed)
    noise = torch.randn(x.shape, generator=generator, device=x.device)
    coarse = F.avg_pool2d(F.pad(noise, (0, 1, 0, 1), mode="replicate"), 2, stride=1) * 2
    noise = torch.where(_column((rng.random(n) < 0.5).astype(np.float64), x) > 0, coarse, noise)
    strength = _column(rng.uniform(0.01, 0.08, n), x)
    return x + noise[:, :, :h, :w] * strength * (0.4 + 2.4 * x * (1 - x))


def _vignette(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Darken towards the corners, about a centre that need not be the picture's."""
    n, _, h, w = x.shape
    grid_y = torch.linspace(-1, 1, h, device=x.device)[None, None, :, None]
    grid_x = torch.linspace(-1, 1, w, device=x.device)[None, None, None, :]
    cy, cx = _column(rng.normal(0, 0.2, n), x), _column(rng.normal(0, 0.2, n), x)
    radius = ((grid_y - cy) ** 2 + (grid_x - cx) ** 2) / 2
    return x * (1 - _column(rng.uniform(0.1, 0.5, n), x) * radius.clamp(0, 1.5))


def _jpeg(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Quantise 8x8 DCT blocks as JPEG does at qualities 20 to 85."""
    n, _, h, w = x.shape
    quality = rng.uniform(20, 85, n)
    scale = np.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    dct, table = _jpeg_tables(x.device)
    steps = (table[None] * _column(scale, x)[:, 0]).clamp_min(1)[:, None, None]
    blocks = (x * 255 - 128).reshape(n, h // 8, 8, w // 8, 8).transpose(2, 3)
    coefficients = torch.round(dct @ blocks @ dct.T / steps) * steps
    blocks = dct.T @ coefficients @ dct
    return (blocks.transpose(2, 3).reshape(n, 1, h, w) + 128) / 255


@cache
def _jpeg_tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """The orthonormal 8-point DCT matrix, and the luminance table of ITU T.81, annex K."""
    k = np.arange(8)
    dct = np.sqrt(2 / 8) * np.cos(math.pi * (2 * k[None] + 1) * k[:, None] / 16)
    dct[0] /= math.sqrt(2)
    table = np.array(
        [
            [16, 11, 10, 16, 24, 40, 51, 61],
            [12, 12, 14, 19, 26, 58, 60, 55],
            [14, 13, 16, 24, 40, 57, 69, 56],
            [14, 17, 22, 29, 51, 87, 80, 62],
            [18, 22, 37, 56, 68, 109, 103, 77],
            [24, 35, 55, 64, 81, 104, 113, 92],
            [49, 64, 78, 87, 103, 121, 120, 101],
            [72, 92, 95, 98, 112, 100, 103, 99],
        ]
    )
    return send(dct.astype(np.float32), device), send(table.astype(np.float32), device)


EFFECTS: dict[str, Callable[[Tensor, np.random.Generator], Tensor]] = {
    "blur": _blur,
    "tone": _tone,
    "vignette": _vignette,
    "grain": _grain,
    "jpeg": _jpeg,
}
"""What age does, in this order: (N, 1, H, W) L* / 100 -> the same, not clipped. JPEG wants blocks of 8 pixels."""
