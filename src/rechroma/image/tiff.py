"""TIFF: the page that is the picture, its samples in; color with all its tags out (TIFF 6.0, Adobe's supplements)."""

import importlib.util
import io
import struct
import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rechroma.errors import MissingExtra, UnreadableImage
from rechroma.image import exif, ranges, refusals, strips
from rechroma.image.conversion import Space
from rechroma.image.metadata import Metadata

_WHITE_IS_ZERO, _RGB, _PALETTE, _INKS = 0, 2, 3, 5
_SPACES: MappingProxyType[int, tuple[Space, int]] = MappingProxyType(
    {
        _WHITE_IS_ZERO: ("gray", 1),
        1: ("gray", 1),
        _RGB: ("rgb", 3),
        _PALETTE: ("gray", 1),
        _INKS: ("cmyk", 4),
        strips.YCBCR: ("ycbcr", 3),
        8: ("lab", 3),
        9: ("icclab", 3),
    }
)
"""What the channels mean and how many they are, by the tag PhotometricInterpretation."""
_RAW = frozenset({32803, 34892})
"""Values of that tag that only cameras' raw files have."""
_WHOLE_RANGE = (0, 255, 128, 255, 128, 255)
"""Of the tag ReferenceBlackWhite where it is missing."""
_KIND, _EXTRA, _DNG_VERSION, _LARGEST, _SMALLEST, _REFERENCES = 262, 338, 50706, 341, 340, 532
_BY_PILLOW = frozenset({2, 3, 4, 6, 7})
"""Fax and JPEG: values of the tag Compression that Pillow decodes, at 8 bits and less."""
_BY_IMAGECODECS = frozenset(
    {7, 22610, 33003, 33004, 33005, 33007, 34712, 34887, 34927, 34933, 34934, 48124, 50001, 50002, 52546}
)
"""JPEG beyond 8 bits, JPEG XR, JPEG 2000, LERC, WebP, PNG, Jetraw, JPEG XL."""
_MULTIPLIED, _STRAIGHT = 1, 2
_MOST_CHANNELS = 64
"""Photoshop writes up to 56."""
_PAGES_LOOKED_AT = 64
_STAND_INS = MappingProxyType(
    {exif.EXIF_POINTER: exif.EXIF_POINTER + 1, exif.GPS_POINTER: exif.GPS_POINTER + 1}
)
"""Unused tags that hold the place of the pointers while tifffile writes: it refuses the real ones."""
_LEVEL = 1
"""Of deflate."""
_DAMAGE = (
    tifffile.TiffFileError,
    ArithmeticError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What tifffile raises at damaged files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of a file that is the picture."""

    tags: tifffile.TiffPage
    """As tifffile reads it."""
    file: bytes
    """The whole file, with the page's directory as the first."""
    count: int
    """How many pages the file has, thumbnails and masks apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A page's samples, not yet upright."""

    samples: NDArray[Any]
    """(H, W) gray or (H, W, 3 or 4), uint8 or uint16."""
    alpha: NDArray[Any] | None
    """(H, W) of the same dtype."""
    space: Space
    """What the channels mean."""


def first_page(file: bytes) -> Page:
    """Return the first page that is no thumbnail, be it in the chain of pages or in a sub-directory of the first.

    Raises:
        UnreadableImage: damaged, or a camera's raw file.
    """
    try:
        opened = tifffile.TiffFile(io.BytesIO(file))
        first = opened.pages.first
        chain = _whole(opened.pages, start=1)
        pages = [first, *_whole(first.pages), *chain]
        main = next((page for page in pages if not _is_reduced(page)), first)
        sides = (int(main.imagelength), int(main.imagewidth))
        raw = _DNG_VERSION in first.tags or any(page.photometric in _RAW for page in pages)
        count = len(opened.pages) - sum(map(_is_reduced, (first, *chain)))
    except _DAMAGE as error:
        raise UnreadableImage(f"this TIFF is damaged: its directories cannot be read ({error!r})") from error
    if raw:
        raise UnreadableImage(refusals.RAW)
    if min(sides) < 1:
        raise UnreadableImage("this TIFF is damaged: its first page has no size")
    if main is not first:
        at, letter = (8, "Q") if opened.is_bigtiff else (4, "I")
        place = struct.pack(f"{opened.byteorder}{letter}", main.offset)
        file = file[:at] + place + file[at + len(place) :]
    return Page(tags=main, file=file, count=max(1, count))


def _whole(pages: tifffile.TiffPages | None, *, start: int = 0) -> list[tifffile.TiffPage]:
    """Return the first of some pages, up to one that is damaged."""
    found: list[tifffile.TiffPage] = []
    try:
        for number in range(start, min(len(pages or ()), _PAGES_LOOKED_AT)):
            page = pages[number] if pages is not None else None
            if isinstance(page, tifffile.TiffPage):
                found.append(page)
    except _DAMAGE:
        return found
    return found


def _is_reduced(page: tifffile.TiffPage) -> bool:
    """Say whether a page is a thumbnail or a mask of another."""
    return page.is_reduced or page.is_mask


def bytes_a_pixel(page: Page) -> float:
    """Return how many bytes of samples are decoded for each pixel of a page, what fills its tiles included.

    Raises:
        UnreadableImage: damaged, or more channels than any picture has.
    """
    tags = page.tags
    try:
        channels, bits = int(tags.samplesperpixel), tags.bitspersample
        deepest = max(bits) if isinstance(bits, tuple) else int(bits)
        tall, wide = strips.size(tags)
        stored = max(tall, tags.imagelength) * max(wide, tags.imagewidth)
    except UnreadableImage:
        raise
    except _DAMAGE as error:
        raise UnreadableImage(f"this TIFF is damaged: {error}") from error
    if not 1 <= channels <= _MOST_CHANNELS:
        raise UnreadableImage(f"this TIFF has {channels} channels; accepted: 1 to {_MOST_CHANNELS}")
    return channels * max(1, deepest / 8) * stored / (tags.imagelength * tags.imagewidth)


def read_samples(page: Page) -> Stored | None:
    """Return the samples of a page; None for what Pillow reads: fax and JPEG of 8 bits, and what is left.

    Raises:
        UnreadableImage: damaged, or of a kind that is no picture.
        MissingExtra: packed by a codec of imagecodecs.
    """
    tags = page.tags
    try:
        kind, codec, bits = _kind(tags), int(tags.compression), tags.bitspersample
        if codec in _BY_PILLOW and isinstance(bits, int) and bits <= 8:
            return None
        if codec in _BY_IMAGECODECS and kind == strips.YCBCR:
            kind = _RGB  # the codec turns it to RGB
        if kind not in _SPACES:
            raise UnreadableImage(f"this TIFF ({described(page)}) is of no kind that is read")
        values = strips.unpacked(tags, page.file) if codec in strips.CODECS else _by_imagecodecs(page)
        return _interpreted(values, kind, tags)
    except UnreadableImage:
        raise
    except _DAMAGE as error:
        raise UnreadableImage(f"this TIFF cannot be decoded: {error}") from error


def _interpreted(values: NDArray[Any], kind: int, page: tifffile.TiffPage) -> Stored:
    """Return what stored samples (H, W, channels) mean."""
    space, colors = _SPACES[kind]
    if values.shape[2] < colors:
        raise UnreadableImage(f"this TIFF has {values.shape[2]} channels where its kind has {colors}")
    if kind == _PALETTE:
        return Stored(samples=_of_palette(page, values[..., 0]), alpha=None, space="rgb")
    extra = tuple(int(each) for each in page.extrasamples)[:1]
    if (
        kind == _RGB and values.shape[2] == 4 and _EXTRA not in page.tags
    ):  # stitchers, whose alpha all readers know
        extra = (_STRAIGHT,)
    with_alpha = extra in {(_MULTIPLIED,), (_STRAIGHT,)} and values.shape[2] > colors
    values = _to_whole_depth(values[..., : colors + with_alpha], page, signed=space == "lab")
    samples = values[..., :colors] if colors > 1 else values[..., 0]
    alpha = values[..., colors] if with_alpha else None
    if space == "ycbcr":
        samples = _between_references(samples, page.tags.valueof(_REFERENCES))
    if kind == _WHITE_IS_ZERO:
        samples = ~samples
    if alpha is not None and extra == (_MULTIPLIED,):
        samples = _unmultiplied(samples, alpha)
    return Stored(samples=samples, alpha=alpha, space=space)


def _kind(page: tifffile.TiffPage) -> int:
    """Return the tag PhotometricInterpretation; where it is missing, what the number of channels suggests."""
    if _KIND in page.tags:
        return int(page.photometric)
    channels = int(page.samplesperpixel) - len(page.extrasamples)
    return {3: _RGB, 4: _INKS}.get(channels, 1)


def _between_references(values: NDArray[Any], references: object) -> NDArray[Any]:
    """Return YCbCr (H, W, 3) of 8 bits stretched so that black, white and full chroma, by the tag, are JPEG's."""
    ends = np.array(references or _WHOLE_RANGE, np.float64).reshape(3, 2, -1)
    black, white = np.moveaxis(ends[..., 0] / (ends[..., 1] if ends.shape[2] == 2 else 1), 1, 0)
    middle, span = np.array([0, 128, 128]), np.array([255, 127, 127])
    if values.dtype != np.uint8 or (np.stack([black, white - black], 1) == np.stack([middle, span], 1)).all():
        return values
    levels = np.arange(256)[:, None]
    table = np.round(np.clip((levels - black) * (span / (white - black)) + middle, 0, 255)).astype(np.uint8)
    return np.stack([table[values[..., channel], channel] for channel in range(3)], axis=-1)


def described(page: Page) -> str:
    """Return what kind of picture a page is, for a message."""
    kind = getattr(page.tags.photometric, "name", page.tags.photometric)
    return f"{kind}, {_codec_name(page.tags)}"


def _by_imagecodecs(whole: Page) -> NDArray[Any]:
    """Return a page's samples (H, W, channels) as stored, decoded by tifffile and imagecodecs."""
    page = whole.tags
    if int(page.compression) not in _BY_IMAGECODECS:
        raise UnreadableImage(f"this TIFF ({described(whole)}) is packed in a way that is not read")
    if importlib.util.find_spec("imagecodecs") is None:
        raise MissingExtra("imagecodecs", "tiff", f"reading a TIFF packed as {_codec_name(page)}")
    try:
        array = page.asarray()
    except Exception as error:  # imagecodecs has an error class for each codec
        raise UnreadableImage(
            f"this TIFF, packed as {_codec_name(page)}, cannot be decoded: {error}"
        ) from error
    array = np.moveaxis(array, 0, -1) if page.planarconfig == 2 and array.ndim == 3 else array
    if array.size == 0 or array.size % (page.imagelength * page.imagewidth):
        raise UnreadableImage(f"this TIFF is damaged: its samples have the shape {array.shape}")
    return np.asarray(array.reshape(page.imagelength, page.imagewidth, -1))


def _codec_name(page: tifffile.TiffPage) -> str:
    """Return the name of a page's compression, with its bits."""
    return f"{getattr(page.compression, 'name', page.compression)}, {page.bitspersample} bits"


def _of_palette(page: tifffile.TiffPage, indices: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the RGB colors (H, W, 3) of indices; palettes of 8-bit values, against the standard, are told by them."""
    colors = np.asarray(page.colormap)
    if colors.ndim != 2 or colors.shape[0] != 3 or indices.dtype.kind != "u":
        raise UnreadableImage("this TIFF is damaged: it has no palette")
    depth = 255 if colors.max() < 256 else 65535
    table = ((colors.astype(np.uint32) * 255 + depth // 2) // depth).astype(np.uint8).T
    return np.asarray(table[np.minimum(indices, len(table) - 1)])


def _to_whole_depth(array: NDArray[Any], page: tifffile.TiffPage, *, signed: bool) -> NDArray[Any]:
    """Return samples of any number type as uint8, or uint16 where they have more than 8 bits, over the whole range."""
    if array.dtype.kind == "f":
        return ranges.floats_to_16_bits(array, stated=_stated_range(page))
    if array.dtype.kind == "i" and signed:
        array = array.view(f"u{array.dtype.itemsize}")
    if array.dtype.kind == "i":
        deep = ranges.signed_to_16_bits(array, stated=_stated_range(page))
        return (deep >> 8).astype(np.uint8) if array.dtype.itemsize == 1 else deep
    bits = int(page.bitspersample)
    if bits in {8, 16}:
        return array.astype(f"u{bits // 8}", copy=False)
    if bits > 16:
        return np.asarray(array >> (bits - 16), dtype=np.uint16)
    whole = 8 if bits < 8 else 16
    table = np.round(np.arange(1 << bits) * (((1 << whole) - 1) / ((1 << bits) - 1))).astype(f"u{whole // 8}")
    return np.asarray(table[array])


def _stated_range(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Return the values of black and white that the tags state; None where they state no white."""
    values = [page.tags.valueof(tag) for tag in (_SMALLEST, _LARGEST)]
    ends = [
        pick(value) if isinstance(value, tuple) else value
        for value, pick in zip(values, (min, max), strict=True)
    ]
    black, white = (
        0.0 if ends[0] is None else float(ends[0]),
        float("nan") if ends[1] is None else float(ends[1]),
    )
    return (black, white) if np.isfinite((black, white)).all() and black < white else None


def _unmultiplied(samples: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Return samples that were multiplied with alpha, divided by it."""
    top = np.iinfo(samples.dtype).max
    factor = np.float32(top) / np.maximum(alpha, 1).astype(np.float32)
    factor = factor[..., None] if samples.ndim == 3 else factor
    return np.asarray(np.round(np.minimum(samples * factor, top)), samples.dtype)


def encode(pixels: NDArray[Any], blocks: Metadata, icc: bytes) -> bytes:
    """Return a TIFF of pixels (H, W, 3 or 4) uint8 or uint16, deflated, with metadata and profile."""
    tags = exif.parse(blocks.exif)
    left_out = {exif.ORIENTATION, exif.X_RESOLUTION, exif.Y_RESOLUTION, exif.RESOLUTION_UNIT}
    rows = [
        (entry.tag, entry.type, entry.count, entry.value, True)
        for entry in tags.main.values()
        if entry.tag in exif.DESCRIPTIVE - left_out
    ]
    rows += [(_STAND_INS[tag], 4, 1, bytes(4), True) for tag in tags.subs if tag in _STAND_INS]
    if blocks.xmp:
        rows.append((exif.XMP, 1, len(blocks.xmp), blocks.xmp, True))
    if blocks.iptc:
        rows.append((exif.IPTC, 7, len(blocks.iptc), blocks.iptc, True))
    if blocks.photoshop:
        rows.append((exif.PHOTOSHOP, 1, len(blocks.photoshop), blocks.photoshop, True))
    out = io.BytesIO()
    tifffile.imwrite(
        out,
        pixels,
        byteorder=">" if tags.order == ">" else "<",
        photometric="rgb",
        extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
        compression="zlib",
        compressionargs={"level": _LEVEL},
        predictor=True,
        rowsperstrip=max(1, (1 << 20) // (pixels.shape[1] * pixels.shape[2] * pixels.itemsize)),
        iccprofile=icc,
        resolution=blocks.dpi or (1, 1),  # the tags must be there
        resolutionunit="inch" if blocks.dpi else "none",
        software=False,
        metadata=None,
        extratags=rows,
    )
    return _with_subs(out.getvalue(), tags)


def _with_subs(file: bytes, tags: exif.Directories) -> bytes:
    """Return the file with the sub-directories appended and pointed to."""
    if not tags.subs:
        return file
    out, pointers = exif.append_subs(file, tags)
    changed = bytearray(out)
    for tag, entry in pointers.items():
        at = tifffile.TiffFile(io.BytesIO(file)).pages.first.tags[_STAND_INS[tag]].offset
        struct.pack_into(f"{tags.order}HHI4s", changed, at, tag, entry.type, entry.count, entry.value)
    return bytes(changed)
