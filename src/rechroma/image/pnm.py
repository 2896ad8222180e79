"""PNM, binary and plain: bitmaps, graymaps and pixmaps up to 16 bits (the man pages pbm, pgm and ppm of Netpbm).

Read here for their depth, and because no header or comment may take long: everything is looked at once.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import UnreadableImage
from rechroma.image.limits import check_size

_NUMBER = rb"(?:\s|#[^\r\n]*+[\r\n])++(\d{1,9}+)"
_SIGNATURE = re.compile(rb"P[1-6][\s#]")
_BITMAP = re.compile(rb"P[14]" + 2 * _NUMBER + rb"()\s")
_MAP = re.compile(rb"P[2356]" + 3 * _NUMBER + rb"\s")
_COMMENT = re.compile(rb"#[^\r\n]*+")
_LONGEST = 5
"""Digits of 65535."""


def read(data: bytes, max_megapixels: float) -> NDArray[Any] | None:
    """Return the samples of a PNM, (H, W) or (H, W, 3), uint8 or, above 255, uint16; None where this is none.

    Raises:
        UnreadableImage: truncated or damaged.
        TooLarge: more than `max_megapixels`.
    """
    if _SIGNATURE.match(data) is None:
        return None
    head = _BITMAP.match(data) or _MAP.match(data)
    if head is None:
        raise UnreadableImage("this PNM is damaged: its header does not tell width, height and largest value")
    kind, width, height, top = data[1] - ord("0"), int(head[1]), int(head[2]), int(head[3] or 1)
    check_size(height, width, max_megapixels, bytes_a_pixel=6)
    if min(width, height) < 1 or not 1 <= top <= 65535:
        raise UnreadableImage(f"this PNM is damaged: it tells of {width}x{height} pixels up to {top}")
    shape = (height, width, 3) if kind in {3, 6} else (height, width)
    if kind == 4:
        values = _packed_bits(data, head.end(), height, width)
    elif kind in {5, 6}:
        values = _binary(data, head.end(), int(np.prod(shape)), top)
    else:
        values = _plain(_COMMENT.sub(b"", data[head.end() :]), int(np.prod(shape)), bits=kind == 1)
    values = values.reshape(shape)
    if kind in {1, 4}:
        return (1 - values) * np.uint8(255)
    whole = 255 if top < 256 else 65535
    table = (np.minimum(np.arange(65536 if top > 255 else 256), top) * whole + top // 2) // top
    return np.asarray(table.astype(np.uint8 if top < 256 else np.uint16)[values])


def _packed_bits(data: bytes, at: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return (H, W) of rows that are packed eight to a byte."""
    row = (width + 7) // 8
    packed = _binary(data, at, height * row, 255).reshape(height, row)
    return np.unpackbits(packed, axis=1, count=width)


def _binary(data: bytes, at: int, count: int, top: int) -> NDArray[Any]:
    """Return values of one byte, or of two above 255."""
    dtype = np.dtype(">u2" if top > 255 else "u1")
    if len(data) - at < count * dtype.itemsize:
        raise _too_short()
    return np.frombuffer(data, dtype, count, at)


def _plain(text: bytes, count: int, *, bits: bool) -> NDArray[Any]:
    """Return values that are written as decimal numbers; bits need no space between them."""
    digits = np.frombuffer(text, np.uint8) - np.uint8(ord("0"))
    is_digit = digits < 10
    if bits:
        found = digits[is_digit][:count]
        if len(found) < count or found.max(initial=0) > 1:
            raise _too_short()
        return found
    edges = np.diff(is_digit.view(np.int8), prepend=0, append=0)
    starts, ends = (np.flatnonzero(edges == step)[:count] for step in (1, -1))
    lengths = ends - starts
    if len(starts) < count or lengths.max(initial=0) > _LONGEST:
        raise _too_short()
    values = np.zeros(count, np.uint32)
    for place in range(_LONGEST):
        there = place < lengths
        values[there] = values[there] * 10 + digits[starts[there] + place]
    return np.minimum(values, 65535).astype(np.uint16)


def _too_short() -> UnreadableImage:
    return UnreadableImage("this PNM is truncated or damaged: its header tells of more samples than it has")
