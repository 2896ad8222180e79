"""sRGB and CIELAB in torch: the twin of rechroma.color, on batches and on any device."""

from functools import cache

import torch
from torch import Tensor

from rechroma.color.spaces import RGB_TO_XYZ, XYZ_TO_RGB

_EPSILON = 216 / 24389
_KAPPA = 24389 / 27


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """Undo the sRGB transfer curve; any shape, 0 to 1."""
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Apply the sRGB transfer curve; any shape, 0 to 1."""
    return torch.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    )


def luminance_to_lightness(luminance: Tensor) -> Tensor:
    """CIE L*, 0 to 100, from relative luminance Y, 0 to 1 (CIE 15:2004, equation 8.2)."""
    return 116 * _lab_curve(luminance) - 16


def linear_to_lab(linear: Tensor) -> Tensor:
    """(N, 3, ...) linear RGB 0 to 1 -> (N, 3, ...) L* 0 to 100, a*, b*."""
    xyz = torch.einsum("ij,nj...->ni...", _to_xyz(linear.device, linear.dtype), linear)
    fx, fy, fz = _lab_curve(xyz).unbind(1)
    return torch.stack((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)), dim=1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """(N, 3, ...) sRGB 0 to 1 -> (N, 3, ...) L* 0 to 100, a* and b* about -110 to 110."""
    return linear_to_lab(srgb_to_linear(rgb))


def lab_to_rgb(lab: Tensor) -> Tensor:
    """(N, 3, ...) L*, a*, b* -> (N, 3, ...) sRGB, not clipped: colors outside the gamut leave 0 to 1."""
    lightness, a, b = lab.unbind(1)
    fy = (lightness + 16) / 116
    f = torch.stack((fy + a / 500, fy, fy - b / 200), dim=1)
    xyz = torch.where(f**3 > _EPSILON, f**3, (116 * f - 16) / _KAPPA)
    return linear_to_srgb(torch.einsum("ij,nj...->ni...", _from_xyz(lab.device, lab.dtype), xyz))


def _lab_curve(t: Tensor) -> Tensor:
    return torch.where(t > _EPSILON, t.clamp_min(_EPSILON) ** (1 / 3), (_KAPPA * t + 16) / 116)


@cache
def _to_xyz(device: torch.device, dtype: torch.dtype) -> Tensor:
    with torch.inference_mode(mode=False):
        return torch.from_numpy(RGB_TO_XYZ).to(device, dtype)


@cache
def _from_xyz(device: torch.device, dtype: torch.dtype) -> Tensor:
    with torch.inference_mode(mode=False):
        return torch.from_numpy(XYZ_TO_RGB).to(device, dtype)
