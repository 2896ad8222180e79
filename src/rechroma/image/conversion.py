"""Samples of any color space to sRGB: by LittleCMS where they have a profile made of tables, else by formula.

LittleCMS is reached through Pillow, which hands it 8 bits a channel. For 16 bits the profile is therefore evaluated at
a grid of colors, its lightness in 16 bits, and what lies between is interpolated.
"""

import io
from functools import lru_cache
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from rechroma import color, notes
from rechroma.image.profile import srgb_gray_profile, srgb_profile, tone_of
from rechroma.types import Array

Space: TypeAlias = Literal["gray", "rgb", "cmyk", "lab", "icclab", "ycbcr"]
"""What channels mean; the two of CIELAB store a* and b* as signed numbers and with an offset."""

UNUSABLE = "the ICC profile is unusable for this picture and was left out"
_MODES = {b"GRAY": ("L", 1), b"RGB ": ("RGB", 3), b"CMYK": ("CMYK", 4)}
"""Pillow's mode and the channels of each color space of a profile."""
_STEPS = (*range(0, 16), *range(16, 32, 2), *range(32, 64, 4), *range(64, 255, 8), 255)
"""Levels of 8 bits at which RGB profiles are evaluated: closest near black, where lightness is steepest."""
_GRIDS = {1: tuple(range(256)), 3: _STEPS, 4: (*range(0, 255, 15), 255)}
"""Levels of each channel, by number of channels."""
_BAND = 1 << 18
"""Pixels converted at once."""


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Return an image, 8 bits a channel, converted to sRGB; without a profile of its kind by Pillow's formula."""
    if image.mode == "LAB":
        source: Any = ImageCms.createProfile("LAB")
    elif icc[16:20] in _MODES and (icc[16:20] == b"CMYK") == (image.mode == "CMYK"):
        mode = _MODES[icc[16:20]][0]
        if mode == "L" and image.mode != "L":  # a gray profile tells nothing of colors
            notes.note(UNUSABLE)
            return image.convert("RGB")
        image = image.convert(mode)
        source = icc
    else:
        if icc:
            notes.note(UNUSABLE)
        return image.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(source)) if isinstance(source, bytes) else source,
            ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.HIGHRESPRECALC,
        )
    except (ImageCms.PyCMSError, OSError) as error:
        notes.note(f"{UNUSABLE}: {error}")
        return image.convert("RGB")
    return image.convert("RGB") if converted is None else converted


def in_srgb(samples: NDArray[Any], space: Space, icc: bytes) -> tuple[NDArray[Any], bytes]:
    """Return gray or RGB samples, and the profile that they still need; empty where they are sRGB.

    samples (H, W) gray or (H, W, 3 or 4), uint8 or uint16; the result has the same depth.
    """
    if space in {"lab", "icclab"}:
        return _by_bands(samples, lambda band: _lab_to_rgb(band, signed=space == "lab")), b""
    if space == "ycbcr":
        samples = _by_bands(samples, _ycbcr_to_rgb)
    if space != "cmyk" and (not icc or tone_of(icc, 1 if samples.ndim == 2 else 3) is not None):
        return samples, icc
    if samples.dtype == np.uint8:
        image = Image.fromarray(samples) if space != "cmyk" else _cmyk_image(samples)
        return np.asarray(to_srgb(image, icc)), b""
    _, channels = _MODES.get(icc[16:20], ("", 0))
    given = 1 if samples.ndim == 2 else samples.shape[2]
    if channels == 3 and given == 1:
        samples, given = np.repeat(samples[..., None], 3, axis=2), 3
    if icc and channels != given:
        notes.note(UNUSABLE)
    try:
        table = _table(icc) if channels == given else None
    except (ImageCms.PyCMSError, OSError) as error:
        notes.note(f"{UNUSABLE}: {error}")
        table = None
    if table is not None:
        deep = samples[..., None] if samples.ndim == 2 else samples
        return _by_bands(deep, lambda band: _interpolated(band, table)), b""
    return (_by_bands(samples, _cmyk_to_rgb) if space == "cmyk" else samples), b""


def _by_bands(samples: NDArray[Any], convert: Any) -> NDArray[Any]:  # noqa: ANN401 - samples to floats
    """Return samples (H, W, channels) converted by a function that gives floats in [0, 1], in bands of rows."""
    top = np.iinfo(samples.dtype).max
    rows = max(1, _BAND // samples.shape[1])
    bands = (convert(samples[at : at + rows]) for at in range(0, len(samples), rows))
    return np.concatenate([np.round(np.clip(band, 0, 1) * top).astype(samples.dtype) for band in bands])


def _cmyk_image(samples: NDArray[np.uint8]) -> Image.Image:
    """Return (H, W, 4) as Pillow's CMYK."""
    return Image.frombuffer("CMYK", samples.shape[1::-1], np.ascontiguousarray(samples), "raw", "CMYK", 0, 1)


def _cmyk_to_rgb(samples: NDArray[np.uint16]) -> Array:
    """Return RGB floats in [0, 1] of inks, as if they were pure."""
    light = np.float32(1) - samples.astype(np.float32) * np.float32(1 / 65535)
    return np.asarray(light[..., :3] * light[..., 3:])


def _ycbcr_to_rgb(samples: NDArray[Any]) -> Array:
    """Return RGB floats of YCbCr as in JPEG."""
    return color.ycbcr_to_rgb(samples.astype(np.float32) * np.float32(255 / np.iinfo(samples.dtype).max))


def _lab_to_rgb(samples: NDArray[Any], *, signed: bool) -> Array:
    """Return RGB floats of CIELAB samples (TIFF 6.0, section 23; Adobe's TIFF note on ICC L*a*b*)."""
    bits = 8 * samples.dtype.itemsize
    unit = 1 << (bits - 8)  # of a* and b*
    white = (1 << bits) - 1 if signed or bits == 8 else 0xFF00
    lightness = samples[..., :1].astype(np.float32) * np.float32(100 / white)
    ab = (
        samples[..., 1:3].view(f"i{samples.dtype.itemsize}")
        if signed
        else samples[..., 1:3].astype(np.float32) - 128 * unit
    )
    lab = np.concatenate([lightness, ab.astype(np.float32) / np.float32(unit)], axis=-1)
    return color.lab_to_rgb(color.fit_gamut(lab))


@lru_cache(maxsize=2)
def _table(icc: bytes) -> Array:
    """Return the sRGB colors of a profile's grid: (n, ..., n, 3) float32 in [0, 1]."""
    mode, channels = _MODES[icc[16:20]]
    levels = np.array(_GRIDS[channels], np.uint8)
    grid = np.stack(np.meshgrid(*[levels] * channels, indexing="ij"), axis=-1)
    flat = grid.reshape(len(levels), -1)
    image = Image.frombytes(mode, (flat.shape[1] // channels, len(levels)), flat.tobytes())
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    gray = ImageCms.ImageCmsProfile(io.BytesIO(srgb_gray_profile()))
    deep = np.asarray(_transformed(image, source, gray, "I;16")).astype(np.float32) * np.float32(1 / 65535)
    ab = np.asarray(_transformed(image, source, ImageCms.createProfile("LAB"), "LAB"))[..., 1:].view(np.int8)
    lab = np.concatenate([color.gray_to_lightness(deep)[..., None], ab.astype(np.float32)], axis=-1)
    return np.clip(color.lab_to_rgb(color.fit_gamut(lab)), 0, 1).reshape(*grid.shape[:-1], 3)


def _transformed(image: Image.Image, source: Any, target: Any, mode: str) -> Image.Image:  # noqa: ANN401 - profiles
    """Return an image in another profile's space; every pixel is evaluated, none looked up in a coarse table."""
    transform = ImageCms.buildTransform(
        source,
        target,
        image.mode,
        mode,
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.NOOPTIMIZE,
    )
    converted = ImageCms.applyTransform(image, transform)
    return image if converted is None else converted


def _interpolated(samples: NDArray[np.uint16], table: Array) -> Array:
    """Return the colors (h, W, 3) of samples (h, W, channels) between the nodes of a table."""
    channels, nodes = samples.shape[-1], table.shape[0]
    place = np.interp(np.arange(65536) / 257, _GRIDS[channels], np.arange(nodes)).astype(np.float32)
    cell = np.minimum(place.astype(np.intp), nodes - 2)
    share = place - cell
    strides = [nodes ** (channels - 1 - channel) for channel in range(channels)]
    first = sum(cell[samples[..., channel]] * stride for channel, stride in enumerate(strides))
    shares = [share[samples[..., channel]] for channel in range(channels)]
    colors = table.reshape(-1, 3)
    out = np.zeros((*samples.shape[:-1], 3), np.float32)
    for corner in product((0, 1), repeat=channels):
        weight = np.float32(1)
        for side, part in zip(corner, shares, strict=True):
            weight = weight * (part if side else 1 - part)
        out += np.asarray(weight)[..., None] * colors[first + int(np.dot(corner, strides))]
    return out
