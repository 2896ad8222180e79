"""A picture as it came in, and what eyes and merges need of it: lightness and luma, upright."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from rechroma import color, jpeg
from rechroma.errors import UnreadableImage
from rechroma.image.orientation import swaps_sides, upright
from rechroma.types import Lightness

Kind: TypeAlias = Literal["jpeg", "png", "tiff", "webp", "bmp", "pnm", "avif", "heic", "array", "pil"]
Source: TypeAlias = Literal["path", "bytes", "file", "array", "pil"]
Samples: TypeAlias = NDArray[Any]
"""uint8, uint16 or float32 in [0, 1]; (H, W) gray or (H, W, 3) RGB."""
Plane8: TypeAlias = NDArray[np.uint8]
"""(H, W) uint8."""

_SHRINKS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a picture carries beside its samples; empty bytes where there is none."""

    exif: bytes = b""
    """A TIFF structure, from its byte-order mark on, orientation as stored."""
    xmp: bytes = b""
    """An XMP packet."""
    iptc: bytes = b""
    """IPTC-IIM records."""
    comment: bytes = b""
    """A JPEG's comment."""
    dpi: tuple[float, float] | None = None
    """Dots per inch, across and down, as stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with its metadata. A JPEG keeps its bytes and is decoded on demand, as small as will do."""

    kind: Kind
    """Of what file format it came, or "array" or "pil"."""
    source: Source
    """As what it was given."""
    size: tuple[int, int]
    """(H, W), upright."""
    bits: int
    """8, 16, or 32 for float."""
    samples: Samples | None = None
    """Upright; None for a JPEG that has not been decoded."""
    alpha: Samples | None = None
    """(H, W), upright, of the same dtype as the samples."""
    file: bytes = b""
    """The whole file, for a JPEG; else empty."""
    header: jpeg.JpegInfo | None = None
    """What a JPEG's headers say."""
    orientation: int = 1
    """EXIF orientation as stored, 1 to 8; already applied to samples and alpha."""
    metadata: Metadata = field(default_factory=Metadata)
    """EXIF, XMP, IPTC, DPI."""
    lossless: bool = False
    """A WebP without loss."""


def lossless_obstacle(picture: Picture) -> str | None:
    """Say why the picture's luma scan cannot be kept byte for byte; None when it can."""
    if picture.header is None:
        return f"it came as {picture.kind}, not as a JPEG"
    return jpeg.splice_obstacle(picture.header)


def chroma_shape(picture: Picture, *, lossless: bool) -> tuple[int, int]:
    """Return (h, w), upright, of the chroma planes that a JPEG encoder writes for this picture."""
    if lossless and picture.header is not None:
        rows, columns = jpeg.chroma_shape(picture.header)
        return (columns, rows) if swaps_sides(picture.orientation) else (rows, columns)
    return -(-picture.size[0] // 2), -(-picture.size[1] // 2)


def rgb_dtype(picture: Picture) -> np.dtype[Any]:
    """Return the dtype in which a colored copy of this picture keeps its precision."""
    if picture.samples is None:
        return np.dtype(np.uint8)
    if picture.bits == 32 and picture.source != "array":
        return np.dtype(np.uint16)
    return picture.samples.dtype


def decoded(picture: Picture) -> Picture:
    """Return the picture with its samples in memory."""
    if picture.samples is not None:
        return picture
    return replace(picture, samples=upright(_decode_jpeg(picture, 1), picture.orientation))


def lightness(picture: Picture, *, rows: slice = slice(None)) -> Lightness:
    """Return L* of some rows, (h, W) float32. Call `decoded` once before asking for several bands."""
    samples = decoded(picture).samples
    assert samples is not None
    return samples_lightness(samples[rows])


def small_lightness(picture: Picture, size: tuple[int, int]) -> Lightness:
    """Return L* of the whole picture resized to (h, w), float32: what the network sees."""
    height, width = size
    shrink = 1
    while shrink < 8 and picture.size[0] >= 2 * shrink * height and picture.size[1] >= 2 * shrink * width:
        shrink *= 2
    if picture.samples is None:
        small = upright(_decode_jpeg(picture, shrink), picture.orientation)
        values = samples_lightness(small)
    else:
        values = _reduced_lightness(picture.samples, shrink)
    image = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.clip(np.asarray(image, dtype=np.float32), 0, 100)


def luma(picture: Picture, *, shrink: int = 1) -> Plane8:
    """Return Y' (ceil(H/shrink), ceil(W/shrink)) uint8, sRGB-encoded, upright; shrink is 1, 2, 4 or 8."""
    if shrink not in _SHRINKS:
        raise ValueError(f"shrink is {shrink}; accepted: 1, 2, 4, 8")
    if picture.samples is None and _has_luma(picture):
        plane = decode_gray(picture.file, shrink)
        return np.ascontiguousarray(upright(plane, picture.orientation))
    samples = decoded(picture).samples
    assert samples is not None
    plane = samples_luma(samples)
    return plane if shrink == 1 else np.asarray(Image.fromarray(plane).reduce(shrink))


def samples_lightness(samples: Samples) -> Lightness:
    """Return L* of samples (h, W) or (h, W, 3): float32 (h, W)."""
    if samples.ndim == 3:
        scale = np.float32(1 if samples.dtype == np.float32 else 1 / np.iinfo(samples.dtype).max)
        return color.rgb_to_lightness(samples.astype(np.float32) * scale)
    if samples.dtype == np.uint8:
        return color.gray8_lightness_table()[samples]
    if samples.dtype == np.uint16:
        return color.gray16_lightness_table()[samples]
    return color.gray_to_lightness(samples)


def samples_luma(samples: Samples) -> Plane8:
    """Return Y' of samples (h, W) or (h, W, 3): uint8 (h, W)."""
    if samples.dtype == np.uint16:
        samples = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif samples.dtype == np.float32:
        samples = (samples * 255 + 0.5).astype(np.uint8)
    return np.asarray(Image.fromarray(samples).convert("L"))


def decode_gray(data: bytes, shrink: int = 1) -> Plane8:
    """Decode the luma of a JPEG, divided by 1, 2, 4 or 8 in the DCT: (h, w) uint8, as stored."""
    return _decode(data, "GRAY", shrink)[..., 0]


def _has_luma(picture: Picture) -> bool:
    """Say whether a JPEG's first component is its luma."""
    info = picture.header
    if info is None or len(info.components) not in {1, 3}:
        return False
    return len(info.components) == 1 or info.adobe_transform != 0


def _decode_jpeg(picture: Picture, shrink: int) -> Plane8:
    """Decode a JPEG as stored, divided by 1, 2, 4 or 8 in the DCT: (h, w) or (h, w, 3) uint8."""
    if picture.header is not None and len(picture.header.components) == 1:
        return decode_gray(picture.file, shrink)
    return _decode(picture.file, "RGB", shrink)


def _decode(data: bytes, colorspace: str, shrink: int) -> Plane8:
    """Decode a JPEG, divided by 1, 2, 4 or 8 in the DCT: (h, w, channels) uint8."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        smallest = (
            {} if shrink == 1 else {"min_height": -(-height // shrink), "min_width": -(-width // shrink)}
        )
        pixels: Plane8 = simplejpeg.decode_jpeg(data, colorspace, **smallest)
    except ValueError as error:
        raise UnreadableImage(f"this JPEG cannot be decoded: {error}") from error
    return pixels


def _reduced_lightness(samples: Samples, shrink: int) -> Lightness:
    """Return L* averaged over squares of shrink x shrink samples, in bands that keep temporaries small."""
    height = samples.shape[0]
    band = max(shrink, 256 // shrink * shrink)
    parts = []
    for top in range(0, height, band):
        image = Image.fromarray(samples_lightness(samples[top : top + band]))
        parts.append(np.asarray(image if shrink == 1 else image.reduce(shrink)))
    return np.concatenate(parts)
