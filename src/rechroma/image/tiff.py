"""TIFF beyond Pillow: deep samples in, color with all its tags out (TIFF 6.0, Adobe's supplements)."""

import io
import struct
import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rechroma.errors import UnreadableImage
from rechroma.image import exif
from rechroma.image.metadata import Metadata
from rechroma.image.opening import open_file
from rechroma.image.orientation import upright

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED, _STRAIGHT = 1, 2
_LOW_BYTES = {"RGB;16N": "RGB;16B", "RGBA;16N": "RGBA;16B", "RGB;16L": "RGB;16B", "RGB;16B": "RGB;16L"}
"""Pillow's unpackers that keep the other byte of two (on little-endian machines, as all its wheels are)."""
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
class Deep:
    """Samples of more than 8 bits, upright."""

    samples: NDArray[np.uint16]
    """(H, W) or (H, W, 3) uint16."""
    alpha: NDArray[np.uint16] | None
    """(H, W) uint16."""


def shape(file: bytes) -> tuple[int, int]:
    """Return (H, W) of the first page as stored.

    Raises:
        UnreadableImage: damaged.
    """
    page = _first_page(file)
    return int(page.imagelength), int(page.imagewidth)


def pages(file: bytes) -> int:
    """Return how many pages a file has."""
    return len(tifffile.TiffFile(io.BytesIO(file)).pages)


def read_deep(file: bytes) -> Deep | None:
    """Return the first page where it is gray or RGB of more than 8 bits; None for what Pillow reads whole.

    Float samples are in [0, 1], or in [0, 255] or [0, 65535] where they exceed that, judged by the largest.

    Raises:
        UnreadableImage: damaged, or packed in a way that no installed codec undoes.
    """
    page = _first_page(file)
    bits: object = page.bitspersample  # of damaged files not always a number
    if (
        page.photometric not in {_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB}
        or not isinstance(bits, int)
        or bits <= 8
    ):
        return None
    array = _array(page, file)
    array = np.moveaxis(array, 0, -1) if page.planarconfig == 2 and array.ndim == 3 else array
    if array.size == 0 or array.size % (page.imagelength * page.imagewidth):
        raise UnreadableImage(f"this TIFF is damaged: its samples have the shape {array.shape}")
    array = array.reshape(page.imagelength, page.imagewidth, -1)
    values = _to_16_bits(array, bits)
    colors = 3 if page.photometric == _RGB else 1
    if values.shape[2] < colors:
        raise UnreadableImage(f"this TIFF has {values.shape[2]} channels where its kind has {colors}")
    samples = values[..., :colors] if colors == 3 else values[..., 0]
    if page.photometric == _WHITE_IS_ZERO:
        samples = 65535 - samples
    extra = tuple(int(kind) for kind in page.extrasamples)[:1]
    alpha = values[..., colors] if extra in {(_PREMULTIPLIED,), (_STRAIGHT,)} else None
    if alpha is not None and extra == (_PREMULTIPLIED,):
        samples = _unmultiplied(samples, alpha)
    tag = page.tags.get(exif.ORIENTATION)
    turn = int(tag.value) if tag is not None else 1
    return Deep(
        samples=np.ascontiguousarray(upright(samples, turn)),
        alpha=None if alpha is None else np.ascontiguousarray(upright(alpha, turn)),
    )


def _first_page(file: bytes) -> tifffile.TiffPage:
    """Return the first page of a file."""
    try:
        page = tifffile.TiffFile(io.BytesIO(file)).pages.first
        sides = (int(page.imagelength), int(page.imagewidth))
    except _DAMAGE as error:
        raise UnreadableImage(f"this TIFF is damaged: {error}") from error
    if not isinstance(page, tifffile.TiffPage) or min(sides) < 1:
        raise UnreadableImage("this TIFF is damaged: its first page has no size")
    return page


def _array(page: tifffile.TiffPage, file: bytes) -> NDArray[Any]:
    """Return a page's samples as stored, by tifffile, or by Pillow where tifffile lacks the codec."""
    try:
        return page.asarray()
    except KeyError:
        packed = True
    except ValueError as error:
        packed = "imagecodecs" in str(error)
        if not packed:
            raise UnreadableImage(f"this TIFF cannot be decoded: {error}") from error
    except _DAMAGE as error:
        raise UnreadableImage(f"this TIFF cannot be decoded: {error}") from error
    return read_by_halves(file)


def read_by_halves(file: bytes) -> NDArray[np.uint16]:
    """Return the samples of a 16-bit page, (H, W) or (H, W, C), that Pillow can unpack but not hold.

    Pillow keeps one byte of two of RGB samples; the file is decoded twice, for one and for the other.
    """
    as_stored = exif.made_upright(file, turned=False)  # or Pillow would turn it
    try:
        first, again = (open_file(as_stored) for _ in range(2))
        if first.mode.startswith("I;16"):
            gray: NDArray[np.uint16] = np.asarray(first).astype(np.uint16)
            return gray
        again.tile = [_with_low_bytes(tile) for tile in again.tile]
        high, low = np.asarray(first), np.asarray(again)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError) as error:
        raise UnreadableImage(
            f"this TIFF's compression needs a codec that is not installed (pip install imagecodecs): {error}"
        ) from error
    samples: NDArray[np.uint16] = high.astype(np.uint16) << 8 | low
    return samples


def _with_low_bytes(tile: Any) -> Any:  # noqa: ANN401 - Pillow's own named tuple
    """Return one of Pillow's tiles with the unpacker that keeps the other byte."""
    arguments = tile[3]
    return tile._replace(args=(_LOW_BYTES[arguments[0]], *arguments[1:]))


def _to_16_bits(array: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Return samples of any number type as uint16 over its whole range."""
    if array.dtype.kind == "f":
        return float_to_16_bits(array)
    if array.dtype.kind != "u":
        raise UnreadableImage(
            f"this TIFF has samples of type {array.dtype}; accepted: unsigned integers and floats"
        )
    if bits == 16:
        return array.astype(np.uint16, copy=False)
    if bits > 16:
        return np.asarray(array >> (bits - 16), dtype=np.uint16)
    scaled = array.astype(np.float32) * np.float32(65535 / ((1 << bits) - 1))
    return np.asarray(np.round(scaled), dtype=np.uint16)


def float_to_16_bits(array: NDArray[Any]) -> NDArray[np.uint16]:
    """Return float samples as uint16; their range is judged by the largest."""
    largest = float(array.max())
    top = next((limit for limit in (1.0, 255.0, 65535.0) if largest <= limit), None)
    if top is None or not np.isfinite(array).all():
        raise UnreadableImage(
            f"this TIFF has float samples up to {largest:g}; accepted: 0 to 1, 255 or 65535"
        )
    scaled = np.clip(array.astype(np.float32) * np.float32(65535 / top), 0, 65535)
    return np.asarray(np.round(scaled, out=scaled), dtype=np.uint16)


def _unmultiplied(samples: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return samples that were multiplied with alpha, divided by it."""
    factor = np.float32(65535) / np.maximum(alpha, 1).astype(np.float32)
    factor = factor[..., None] if samples.ndim == 3 else factor
    return np.round(np.minimum(samples * factor, 65535)).astype(np.uint16)


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
        resolution=blocks.dpi or (72.0, 72.0),
        resolutionunit="inch",
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
