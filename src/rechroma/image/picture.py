"""A picture as it came in, and what eyes and merges need of it: lightness and luma, upright."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rechroma import color, jpeg
from rechroma.image.conversion import to_srgb
from rechroma.image.jpeg_samples import decode
from rechroma.image.luma_scan import luma_scan, luma_scan_obstacle
from rechroma.image.metadata import Metadata
from rechroma.image.orientation import MIRRORED, UPSIDE_DOWN, swaps_sides, upright
from rechroma.image.profile import Tone, rgb_profile_of, srgb_profile, tone_lightness
from rechroma.tiling import WHOLE, Area
from rechroma.types import RGB, Lightness

Kind: TypeAlias = Literal[
    "jpeg", "png", "tiff", "webp", "bmp", "pnm", "gif", "jp2", "avif", "heic", "array", "pil"
]
Source: TypeAlias = Literal["path", "bytes", "file", "array", "pil"]
Samples: TypeAlias = NDArray[Any]
"""uint8, uint16 or float32 in [0, 1]; (H, W) gray or (H, W, 3) RGB."""
Plane8: TypeAlias = NDArray[np.uint8]
"""(H, W) uint8."""

_SHRINKS = (1, 2, 4, 8)
_NEUTRAL = 2
"""Levels between red, green and blue that are no color."""


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
    """8, 16, or 32 for an array of floats."""
    samples: Samples | None = None
    """Upright; None for a JPEG that has not been decoded."""
    alpha: Samples | None = None
    """(H, W), upright, of the same dtype as the samples."""
    file: bytes = b""
    """The whole file, for a JPEG; else empty."""
    sha256: str = ""
    """SHA-256 of the file it came from, hexadecimal; empty for arrays and Pillow images."""
    glance: str = ""
    """What tells that file from others at a glance (see `glance_of`); empty as well."""
    header: jpeg.JpegInfo | None = None
    """What a JPEG's headers say."""
    orientation: int = 1
    """EXIF orientation as stored, 1 to 8; already applied to samples and alpha."""
    tone: Tone | None = None
    """How the samples become lightness, by their ICC profile; None: they are sRGB."""
    icc: bytes = b""
    """The ICC profile of the samples; empty without one."""
    metadata: Metadata = field(default_factory=Metadata)
    """EXIF, XMP, IPTC, DPI."""
    lossless: bool = False
    """A WebP without loss."""
    damage: list[str] = field(default_factory=list)
    """What is wrong with the scans of a JPEG, in the decoder's words; known once it was decoded at any size."""


def lossless_obstacle(picture: Picture) -> str | None:
    """Say why the picture's luma cannot be kept as it is coded; None when it can."""
    if picture.header is None:
        return f"it came as {picture.kind}, not as a JPEG"
    if len(picture.header.components) == 1 or picture.samples is not None or not _has_luma(picture):
        return jpeg.splice_obstacle(picture.header)
    return luma_scan_obstacle(picture.header)


def luma_alone(picture: Picture) -> Picture:
    """Return a picture that has no `lossless_obstacle` with a file of its luma alone: the scan that is kept.

    Raises:
        UnreadableImage: damaged.
    """
    if picture.header is None or len(picture.header.components) == 1:
        return picture
    scan = luma_scan(picture.file, picture.header)
    return replace(picture, file=scan, header=jpeg.inspect(scan))


def is_neutral(picture: Picture) -> bool:
    """Say whether a JPEG is gray, however many components it has: within what rounding makes of it."""
    if picture.header is not None and len(picture.header.components) == 1:
        return True
    small = _decode_jpeg(picture, 8)
    return bool(np.ptp(small, axis=-1).max() <= _NEUTRAL)


def chroma_shape(picture: Picture, *, lossless: bool) -> tuple[int, int]:
    """Return (h, w), upright, of the chroma planes that a JPEG encoder writes for this picture."""
    if lossless and picture.header is not None:
        rows, columns = jpeg.chroma_shape(picture.header)
        return (columns, rows) if swaps_sides(picture.orientation) else (rows, columns)
    return -(-picture.size[0] // 2), -(-picture.size[1] // 2)


def cells_area(picture: Picture, shrink: int) -> Area:
    """Return what the cells of `luma(picture, shrink=shrink)` cover of the picture."""
    below, right = (
        -side % shrink / side for side in picture.size
    )  # in shares; as many cells as begin within it
    turned = picture.orientation if picture.samples is None else 1  # JPEGs are divided as they are stored
    above = below if turned in UPSIDE_DOWN else 0.0
    left = right if turned in MIRRORED else 0.0
    return Area(top=-above, left=-left, bottom=1 + below - above, right=1 + right - left)


def rgb_dtype(picture: Picture) -> np.dtype[Any]:
    """Return the dtype in which a colored copy of this picture keeps its precision; Pillow images hold 8 bits."""
    if picture.samples is None or picture.source == "pil":
        return np.dtype(np.uint8)
    return picture.samples.dtype


def decoded(picture: Picture) -> Picture:
    """Return the picture with its samples in memory."""
    if picture.samples is not None:
        return picture
    return replace(picture, samples=_decode_jpeg(picture, 1))


def part(picture: Picture, rows: slice, columns: slice) -> Picture:
    """Return a part of the picture as one of its own: decoded, without metadata and alpha."""
    samples = np.ascontiguousarray(_samples(picture)[rows, columns])
    return replace(
        picture,
        size=(samples.shape[0], samples.shape[1]),
        samples=samples,
        alpha=None,
        file=b"",
        header=None,
        metadata=Metadata(),
    )


def lightness(picture: Picture, *, rows: slice = slice(None)) -> Lightness:
    """Return L* of some rows, (h, W) float32. Call `decoded` once before asking for several bands."""
    return _samples_lightness(_samples(picture)[rows], picture.tone)


def small_lightness(picture: Picture, size: tuple[int, int], *, area: Area = WHOLE) -> Lightness:
    """Return L* resized to (h, w), float32: what the network sees.

    The whole of the picture; where it covers an `area` of another picture, the whole of that.
    """
    height, width = size
    shrink = 1
    while shrink < 8 and picture.size[0] >= 2 * shrink * height and picture.size[1] >= 2 * shrink * width:
        shrink *= 2
    if picture.samples is None:
        values = _samples_lightness(_decode_jpeg(picture, shrink), picture.tone)
    else:
        values = _reduced_lightness(picture.samples, picture.tone, shrink)
    cells = cells_area(picture, shrink)
    top, bottom = _within(area.top, area.bottom, cells.top, cells.bottom, values.shape[0])
    left, right = _within(area.left, area.right, cells.left, cells.right, values.shape[1])
    image = Image.fromarray(values).resize(
        (width, height), Image.Resampling.BICUBIC, box=(left, top, right, bottom), reducing_gap=3.0
    )
    return np.clip(np.asarray(image, dtype=np.float32), 0, 100)


def _within(first: float, last: float, begin: float, end: float, cells: int) -> tuple[float, float]:
    """Return where 0 and 1 of a scale lie among cells that cover begin to end of what covers first to last of it."""
    places = (((place - first) / (last - first) - begin) / (end - begin) * cells for place in (0.0, 1.0))
    low, high = (min(max(place, 0.0), float(cells)) for place in places)
    return low, high


def screen_pixels(picture: Picture, long_side: int) -> NDArray[np.uint8]:
    """Return the picture as a screen shows it, sRGB (h, w, 3) uint8, its sides at most `long_side`; without alpha."""
    shrink = next((by for by in _SHRINKS[::-1] if max(picture.size) >= 2 * by * long_side), 1)
    samples = _decode_jpeg(picture, shrink) if picture.samples is None else picture.samples
    image = Image.fromarray(to_8_bits(samples))
    if picture.tone is not None and samples.ndim == 3:
        image = to_srgb(image, picture.icc)
    image = image.convert("RGB") if image.mode == "L" else image
    image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(image)


def srgb_pixels(picture: Picture) -> NDArray[np.uint8]:
    """Return the picture in its own colors, sRGB (H, W, 3) uint8, upright, without alpha."""
    return screen_pixels(picture, max(picture.size))


def small_rgb(picture: Picture, size: tuple[int, int]) -> RGB:
    """Return the whole picture's colors as a screen shows them, resized to (h, w): (h, w, 3) float32 sRGB."""
    image = Image.fromarray(screen_pixels(picture, 2 * max(size)))
    resized = image.resize((size[1], size[0]), Image.Resampling.BOX)
    return np.asarray(resized, np.float32) / np.float32(255)


def luma(picture: Picture, *, shrink: int = 1) -> Plane8:
    """Return Y' (ceil(H/shrink), ceil(W/shrink)) uint8, upright; shrink is 1, 2, 4 or 8 (see `cells_area`).

    Gray samples are their own luma, whatever their profile (see `luma_profile`); RGB of another profile than sRGB
    is converted first.
    """
    if shrink not in _SHRINKS:
        raise ValueError(f"shrink is {shrink}; accepted: 1, 2, 4, 8")
    if picture.samples is None and _has_luma(picture):
        return _decode_jpeg(picture, shrink, luma_only=True)
    samples = _decode_jpeg(picture, shrink) if picture.samples is None else picture.samples
    image = Image.fromarray(to_8_bits(samples))
    if picture.tone is not None and samples.ndim == 3:
        image = to_srgb(image, picture.icc)
    plane = image.convert("L")
    return np.asarray(plane if shrink == 1 or picture.samples is None else plane.reduce(shrink))


def luma_profile(picture: Picture) -> bytes:
    """Return the RGB profile by which a result with this picture's luma looks as light as the picture."""
    gray = picture.tone is not None and len(picture.tone.curves) == 1
    return rgb_profile_of(picture.tone) if gray and picture.tone is not None else srgb_profile()


def _samples(picture: Picture) -> Samples:
    """Return the samples, decoded if need be."""
    if picture.samples is not None:
        return picture.samples
    return _decode_jpeg(picture, 1)


def _samples_lightness(samples: Samples, tone: Tone | None) -> Lightness:
    """Return L* of samples (h, W) or (h, W, 3): float32 (h, W)."""
    if tone is not None:
        return tone_lightness(tone, samples)
    if samples.ndim == 3:
        scale = np.float32(1 if samples.dtype == np.float32 else 1 / np.iinfo(samples.dtype).max)
        return color.rgb_to_lightness(samples.astype(np.float32) * scale)
    if samples.dtype == np.uint8:
        return np.asarray(color.gray8_lightness_table()[samples])
    if samples.dtype == np.uint16:
        return np.asarray(color.gray16_lightness_table()[samples])
    return color.gray_to_lightness(samples)


def to_8_bits(samples: Samples) -> NDArray[np.uint8]:
    """Return samples of any depth and shape rounded to 8 bits."""
    if samples.dtype == np.uint16:
        return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if samples.dtype == np.float32:
        return (samples * 255 + np.float32(0.5)).astype(np.uint8)
    return samples


def _has_luma(picture: Picture) -> bool:
    """Say whether a JPEG's first component is its luma, in sRGB encoding or gray."""
    info = picture.header
    if info is None or len(info.components) == 1:
        return info is not None
    named_rgb = bytes(component.id for component in info.components) == b"RGB"
    return picture.tone is None and info.adobe_transform != 0 and not named_rgb


def _decode_jpeg(picture: Picture, shrink: int, *, luma_only: bool = False) -> Samples:
    """Decode a JPEG, divided by 1, 2, 4 or 8 in the DCT: (h, w) or (h, w, 3) uint8, upright."""
    if picture.header is None:
        raise ValueError("this picture has no samples, and is no JPEG that has them on demand")
    mode: Literal["L", "RGB"] = "L" if luma_only or len(picture.header.components) == 1 else "RGB"
    stored = decode(picture.file, picture.header, mode, shrink, damage=picture.damage)
    return np.ascontiguousarray(upright(stored, picture.orientation))


def _reduced_lightness(samples: Samples, tone: Tone | None, shrink: int) -> Lightness:
    """Return L* averaged over squares of shrink x shrink samples, in bands that keep temporaries small."""
    height = samples.shape[0]
    band = max(shrink, 256 // shrink * shrink)
    parts = []
    for top in range(0, height, band):
        image = Image.fromarray(_samples_lightness(samples[top : top + band], tone))
        parts.append(np.asarray(image if shrink == 1 else image.reduce(shrink)))
    return np.concatenate(parts)
