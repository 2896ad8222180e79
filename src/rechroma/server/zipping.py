"""A ZIP archive of files on disk, piece by piece: stored as they are, so that its length is known before it is sent.

APPNOTE.TXT 6.3.10 of PKWARE: a local header stands before each file, the central directory after all of them. Each
local header has the file's size and CRC, so that readers which do not seek can unpack while the archive comes.
"""

import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import localtime, struct_time
from typing import Final

PIECE: Final = 1 << 18
"""Bytes of a file that are read at once."""
LONGEST_NAME: Final = 200
"""Bytes of a name in UTF-8 at most; file systems take 255, and people add to names."""
LIMIT: Final = 0xFFFFFFFF
"""From here on a size or an offset stands in a Zip64 field (4.5.3)."""
MANY: Final = 0xFFFF
"""So many files need the Zip64 end of the directory."""
_PLAIN, _ZIP64 = 20, 45
"""Versions needed to unpack: 2.0, and 4.5 for Zip64."""
_UTF8 = 1 << 11
"""Flag: the name is UTF-8."""
_UNIX_FILE = 0o100644 << 16
"""External attributes, made by Unix: a file that its owner may write and everybody read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of an archive."""

    name: str
    """As it is unpacked: no folders, unique (see `unique_name`)."""
    path: Path
    """Where it lies; not changed while it is sent."""
    bytes: int
    crc: int
    """CRC-32 of its bytes."""
    time: int
    """When it was made, as MS-DOS has date and time, to two seconds."""


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: Entry
    offset: int
    """Of its local header."""


def entry_of(path: Path, name: str) -> Entry:
    """Take in a file.

    Raises:
        OSError: It cannot be read.
    """
    crc = size = 0
    for piece in _pieces(path):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
    return Entry(name=name, path=path, bytes=size, crc=crc, time=_dos_time(localtime(path.stat().st_mtime)))


def length(entries: Sequence[Entry]) -> int:
    """Count the bytes that `pieces` gives."""
    placed, directory = _place(entries)
    return directory + sum(len(_central_header(each)) for each in placed) + len(_end(placed, directory))


def pieces(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Give the archive's bytes; no more than one piece is held.

    Raises:
        OSError: A file is gone, or is not as long as it was.
    """
    placed, directory = _place(entries)
    for each in placed:
        yield _local_header(each.entry)
        left = each.entry.bytes
        for piece in _pieces(each.entry.path):
            left -= len(piece)
            yield piece
        if left:
            raise OSError(f"{each.entry.path} is not as long as it was")
    yield from map(_central_header, placed)
    yield _end(placed, directory)


def unique_name(stem: str, endings: Sequence[str], taken: Iterable[str]) -> str:
    """Shorten and number a stem so that no stem + ending is taken, on systems that fold case and accents too.

    Args:
        stem: Such as "portrait"; must have passed `naming.safe_name`.
        endings: Such as [".color.jpg", ".hints.json"].
        taken: Names that there are.
    """
    folded = {_folded(name) for name in taken}
    room = LONGEST_NAME - max(len(ending.encode()) for ending in endings)
    number = 1
    while True:
        mark = f" ({number})" if number > 1 else ""
        kept = stem.encode()[: room - len(mark)].decode(errors="ignore").rstrip(". ") or "picture"
        if not any(_folded(kept + mark + ending) in folded for ending in endings):
            return kept + mark
        number += 1


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(PIECE):
            yield piece


def _place(entries: Sequence[Entry]) -> tuple[list[_Placed], int]:
    """Tell where each file begins, and where the directory does."""
    placed, offset = [], 0
    for entry in entries:
        placed.append(_Placed(entry, offset))
        offset += len(_local_header(entry)) + entry.bytes
    return placed, offset


def _local_header(entry: Entry) -> bytes:
    """Section 4.3.7."""
    name, size = entry.name.encode(), min(entry.bytes, LIMIT)
    extra = struct.pack("<HHQQ", 1, 16, entry.bytes, entry.bytes) if size == LIMIT else b""
    version = _ZIP64 if extra else _PLAIN
    fixed = struct.pack(
        "<IHHHIIIIHH", 0x04034B50, version, _UTF8, 0, entry.time, entry.crc, size, size, len(name), len(extra)
    )
    return fixed + name + extra


def _central_header(placed: _Placed) -> bytes:
    """Section 4.3.12; only what does not fit stands in the Zip64 field."""
    entry = placed.entry
    name, size, offset = entry.name.encode(), min(entry.bytes, LIMIT), min(placed.offset, LIMIT)
    long = struct.pack("<QQ", entry.bytes, entry.bytes) if size == LIMIT else b""
    long += struct.pack("<Q", placed.offset) if offset == LIMIT else b""
    extra = struct.pack("<HH", 1, len(long)) + long if long else b""
    version = _ZIP64 if extra else _PLAIN
    fixed = struct.pack(
        "<IHHHHIIIIHHHHHII",
        0x02014B50,
        3 << 8 | version,
        version,
        _UTF8,
        0,
        entry.time,
        entry.crc,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        _UNIX_FILE,
        offset,
    )
    return fixed + name + extra


def _end(placed: Sequence[_Placed], directory: int) -> bytes:
    """Sections 4.3.14 to 4.3.16: the end of the directory, and that of Zip64 before it where it is needed."""
    count, size = len(placed), sum(len(_central_header(each)) for each in placed)
    long = b""
    if count >= MANY or size >= LIMIT or directory >= LIMIT:
        long = struct.pack(
            "<IQHHIIQQQQ", 0x06064B50, 44, 3 << 8 | _ZIP64, _ZIP64, 0, 0, count, count, size, directory
        ) + struct.pack("<IIQI", 0x07064B50, 0, directory + size, 1)
    few = min(count, MANY)
    return long + struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, few, few, min(size, LIMIT), min(directory, LIMIT), 0
    )


def _dos_time(when: struct_time) -> int:
    year, month, day, hour, minute, second, *_ = when
    return max(year - 1980, 0) << 25 | month << 21 | day << 16 | hour << 11 | minute << 5 | second // 2
