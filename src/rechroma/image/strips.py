"""The strips and tiles of a TIFF page to its samples: any depth, packed by any codec that works on bytes (TIFF 6.0).

The codecs are zlib's and, for LZW, PackBits, Zstandard and LZMA, those of the libtiff inside Pillow: each strip is
handed to it as a gray picture of its own, a byte a pixel.
"""

import math
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rechroma.errors import UnreadableImage
from rechroma.image import exif
from rechroma.image.opening import open_file

_STORED = 1
_DEFLATE = frozenset({8, 32946, 50013})
_BY_LIBTIFF = frozenset({5, 32773, 34925, 50000})
"""LZW, PackBits, LZMA, Zstandard."""
CODECS = _DEFLATE | _BY_LIBTIFF | {_STORED}
"""Values of the tag Compression that are unpacked here."""
YCBCR = 6
"""Value of the tag PhotometricInterpretation."""
_SUBSAMPLING = 530
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
"""Each byte with its bits in the opposite order."""
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
"""NumPy's letter of each value of the tag SampleFormat."""


def unpacked(page: tifffile.TiffPage, file: bytes) -> NDArray[Any]:
    """Return a page's samples as stored, (H, W, channels): unsigned or signed integers or floats.

    Samples of other sizes than 8, 16, 32 and 64 bits keep their values in the next larger type.

    Raises:
        UnreadableImage: truncated, or of a kind of samples that no picture has.
    """
    height, width, channels = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    cell = size(page)
    strips = math.ceil(height / cell[0]) * math.ceil(width / cell[1])
    planes = channels if page.planarconfig == 2 else 1
    if len(page.dataoffsets) < strips * planes:
        raise UnreadableImage("this TIFF is truncated: strips or tiles are missing")
    samples = np.zeros((height, width, channels), _dtype(page))
    by = _subsampling(page)
    if planes == 1:
        _fill(samples, page, file, cell=cell, by=by)
        return samples
    _fill(samples[..., :1], page, file, cell=cell)
    for plane in range(1, planes):
        part = np.zeros((-(-height // by[0]), -(-width // by[1]), 1), samples.dtype)
        _fill(part, page, file, cell=(-(-cell[0] // by[0]), -(-cell[1] // by[1])), first=plane * strips)
        samples[..., plane : plane + 1] = part.repeat(by[0], 0).repeat(by[1], 1)[:height, :width]
    return samples


def _fill(
    into: NDArray[Any],
    page: tifffile.TiffPage,
    file: bytes,
    *,
    cell: tuple[int, int],
    by: tuple[int, int] = (1, 1),
    first: int = 0,
) -> None:
    """Fill (H, W, channels) with the strips or tiles from number `first` on; `by`: see `_subsampling`."""
    height, width, channels = into.shape
    across = math.ceil(width / cell[1])
    for number in range(across * math.ceil(height / cell[0])):
        top, left = number // across * cell[0], number % across * cell[1]
        rows = cell[0] if page.is_tiled else min(cell[0], height - top)
        if by == (1, 1):
            strip = _strip(page, file, first + number, (rows, cell[1], channels))
        else:
            area = by[0] * by[1]
            units = _strip(page, file, number, (-(-rows // by[0]), -(-cell[1] // by[1]), area + 2))
            luma = units[..., :area].reshape(*units.shape[:2], *by).transpose(0, 2, 1, 3)
            luma = luma.reshape(luma.shape[0] * by[0], -1, 1)
            strip = np.concatenate([luma, units[..., area:].repeat(by[0], 0).repeat(by[1], 1)], axis=2)
        place = into[top : top + rows, left : left + cell[1]]
        place[...] = strip[: place.shape[0], : place.shape[1]]


def _subsampling(page: tifffile.TiffPage) -> tuple[int, int]:
    """Return how many rows and columns of luma share one sample of chroma, in YCbCr that no JPEG codec has packed."""
    if page.photometric != YCBCR:
        return 1, 1
    across, down = page.tags.valueof(_SUBSAMPLING, (2, 2))
    mixed = page.planarconfig != 2 and (across, down) != (1, 1)
    if (
        not {across, down} <= {1, 2, 4}
        or page.samplesperpixel != 3
        or (mixed and (page.predictor != 1 or page.bitspersample != 8))
    ):
        raise UnreadableImage(
            f"this TIFF has YCbCr of {page.samplesperpixel} channels, subsampled by {across}x{down}, predictor "
            f"{page.predictor}; accepted: 3 channels, 1, 2 or 4, no predictor for subsampled ones"
        )
    return int(down), int(across)


def size(page: tifffile.TiffPage) -> tuple[int, int]:
    """Return rows and columns of a page's tiles, or of its strips.

    Raises:
        UnreadableImage: they have none.
    """
    tall = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    wide = page.tilewidth if page.is_tiled else page.imagewidth
    if min(tall, wide) < 1:
        raise UnreadableImage(f"this TIFF is damaged: its strips or tiles have {wide}x{tall} pixels")
    return int(tall), int(wide)


def _dtype(page: tifffile.TiffPage) -> np.dtype[Any]:
    """Return the type of a page's samples."""
    bits: object = page.bitspersample  # of damaged files not always a number
    kind = _KINDS.get(int(page.sampleformat) if isinstance(page.sampleformat, int) else 0)
    sizes = (16, 32, 64) if kind == "f" else (8, 16, 32, 64)
    size = next((size for size in sizes if isinstance(bits, int) and 1 <= bits <= size), 0)
    if kind is None or not size or (kind != "u" and size != bits):
        raise UnreadableImage(
            f"this TIFF has samples of {bits} bits and format {page.sampleformat}; accepted: whole numbers of "
            "1 to 64 bits and floats of 16, 32 and 64 bits, the same in all channels"
        )
    return np.dtype(f"{kind}{size // 8}")


def _strip(page: tifffile.TiffPage, file: bytes, number: int, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Return the samples (rows, width, channels) of one strip or tile; zeros for one that is left out."""
    rows, width, channels = shape
    bits, dtype = int(page.bitspersample), _dtype(page)
    offset, count = int(page.dataoffsets[number]), int(page.databytecounts[number])
    if not offset or not count:
        return np.zeros(shape, dtype)
    row_bytes = (width * channels * bits + 7) // 8
    if int(page.compression) == _STORED:  # some writers give wrong counts, and libtiff passes over them
        count = max(count, rows * row_bytes)
    data = file[offset : offset + count]
    if page.fillorder == 2:
        data = data.translate(_REVERSED)
    data = _inflated(data, int(page.compression), (rows, row_bytes))
    if len(data) < rows * row_bytes:
        raise UnreadableImage(f"this TIFF is truncated or damaged: strip or tile {number} is too short")
    packed = np.frombuffer(data, np.uint8, rows * row_bytes).reshape(rows, row_bytes)
    if page.predictor == 3 and dtype.kind == "f":
        return _undo_float_differences(packed, dtype, shape)
    stored = dtype.newbyteorder("<" if page.parent.byteorder == "<" else ">")
    values = _numbers(packed, bits, stored, (rows, width * channels)).reshape(shape)
    if page.predictor == 2:
        whole = values.astype(dtype, copy=False).view(f"u{dtype.itemsize}")
        return np.cumsum(whole, axis=1, dtype=whole.dtype).view(dtype)
    if page.predictor != 1:
        raise UnreadableImage(f"this TIFF has the predictor {page.predictor} for samples of {dtype}")
    return values


def _inflated(data: bytes, codec: int, shape: tuple[int, int]) -> bytes:
    """Return the bytes of a strip, unpacked; shape is its rows and the bytes of a row."""
    if codec == _STORED:
        return data
    try:
        if codec in _DEFLATE:
            return zlib.decompressobj().decompress(data, shape[0] * shape[1])
        return open_file(_as_gray_tiff(data, codec, shape)).tobytes()
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise UnreadableImage(f"this TIFF is damaged: a strip or tile cannot be unpacked: {error}") from error


def _as_gray_tiff(data: bytes, codec: int, shape: tuple[int, int]) -> bytes:
    """Return a TIFF whose one strip is `data`."""
    tags = {
        256: shape[1],
        257: shape[0],
        258: 8,
        259: codec,
        262: 1,
        273: 8,
        277: 1,
        278: shape[0],
        279: len(data),
    }
    entries = {tag: exif.Entry(tag, 4, 1, struct.pack("<I", value)) for tag, value in tags.items()}
    at = 8 + len(data)
    return struct.pack("<2sHI", b"II", 42, at) + data + exif.pack_directory(entries, at, "<")


def _numbers(
    packed: NDArray[np.uint8], bits: int, dtype: np.dtype[Any], shape: tuple[int, int]
) -> NDArray[Any]:
    """Return the samples (rows, a row's samples) of packed rows."""
    if bits == 8 * dtype.itemsize:
        return packed.view(dtype)
    rows, count = shape
    size = 8 * dtype.itemsize
    values = np.empty(shape, dtype.newbyteorder(">"))
    band = max(1, (1 << 20) // packed.shape[1])
    for top in range(0, rows, band):
        part = packed[top : top + band]
        if bits == 24 and dtype.byteorder != ">":
            part = part.reshape(len(part), count, 3)[..., ::-1].reshape(len(part), -1)
        each = np.unpackbits(part, axis=1, count=count * bits).reshape(len(part), count, bits)
        whole = np.zeros((len(part), count, size), np.uint8)
        whole[..., size - bits :] = each
        values[top : top + band] = np.packbits(whole, axis=2).view(values.dtype)[..., 0]
    return values


def _undo_float_differences(
    packed: NDArray[np.uint8], dtype: np.dtype[Any], shape: tuple[int, int, int]
) -> NDArray[Any]:
    """Return the floats of rows that hold differences of bytes, highest bytes first (Adobe's TIFF note 3)."""
    rows, width, channels = shape
    sums = np.cumsum(packed.reshape(rows, -1, channels), axis=1, dtype=np.uint8)
    by_byte = sums.reshape(rows, dtype.itemsize, width * channels)
    return np.ascontiguousarray(by_byte.transpose(0, 2, 1)).view(dtype.newbyteorder(">")).reshape(shape)
