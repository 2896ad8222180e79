"""PNGs made chunk by chunk, for tests of what stands beside the samples."""

import struct
import zlib
from typing import Any

from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(samples: NDArray[Any], *chunks: bytes) -> bytes:
    """Give a PNG of (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), uint8 or uint16, with more chunks before its samples."""
    kind = {2: {}, 3: {2: 4, 3: 2, 4: 6}}[samples.ndim].get(samples.shape[-1], 0)
    rows = samples.astype(f">u{samples.itemsize}").reshape(len(samples), -1)
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 8 * samples.itemsize, kind, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\x00" + row.tobytes() for row in rows), 1)
    return b"".join((SIGNATURE, chunk(b"IHDR", head), *chunks, chunk(b"IDAT", packed), chunk(b"IEND", b"")))


def gama(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


def chrm(*places: float) -> bytes:
    """Give the chunk of x and y of white, red, green and blue."""
    return chunk(b"cHRM", struct.pack(">8I", *(round(place * 100_000) for place in places)))


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def text(keyword: str, value: str) -> bytes:
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\x00" + value.encode("latin-1"))


def packed_text(keyword: str, value: bytes) -> bytes:
    return chunk(b"zTXt", keyword.encode("latin-1") + b"\x00\x00" + zlib.compress(value))


def wide_text(keyword: str, value: bytes, *, packed: bool = False) -> bytes:
    head = keyword.encode("latin-1") + (b"\x00\x01\x00\x00\x00" if packed else b"\x00\x00\x00\x00\x00")
    return chunk(b"iTXt", head + (zlib.compress(value) if packed else value))


def raw_profile(kind: str, data: bytes) -> bytes:
    """Give metadata as ImageMagick hides them in a text."""
    lines = "\n".join(data.hex()[at : at + 72] for at in range(0, 2 * len(data), 72))
    return packed_text(f"Raw profile type {kind}", f"\n{kind}\n{len(data):8}\n{lines}\n".encode())
