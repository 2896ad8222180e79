"""EXIF blocks, which are TIFF structures: what their tags say, and the way to and from a TIFF file's own tags.

Values never move: offsets inside maker notes count from the start of the block. New entries are added by writing the
first directory anew at the end of the block; `exif_edits` changes what is there in place.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Block: TypeAlias = bytes | bytearray
"""A TIFF structure, from its byte-order mark on."""

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
XMP, IPTC, PHOTOSHOP = 700, 33723, 34377
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 34665, 34853, 40965
PIXEL_X, PIXEL_Y = 40962, 40963

DESCRIPTIVE = frozenset(
    (269, 270, 271, 272, 274, 282, 283, 285, 286, 287, 296, 305, 306, 315, 316, 18246, 18249, 33432)
    + (33550, 33922, 34264, 34735, 34736, 34737, 40091, 40092, 40093, 40094, 40095)
    + (33434, 33437, 34850, 34855, 36867, 36868, 37377, 37378, 37386)
)
"""Tags of a TIFF's first directory that tell of the picture, not of how the file stores it (GeoTIFF included)."""
_WIDTHS = MappingProxyType({1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4})
"""Bytes of one value, by type number."""
_NUMBERS = MappingProxyType(
    {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
)
"""How the first value is packed, by type number; two letters are a fraction."""
_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag with its value."""

    tag: int
    """Its number."""
    type: int
    """Number of the TIFF type: 2 text, 3 and 4 unsigned integers, 5 rational, 7 bytes …"""
    count: int
    """How many values."""
    value: bytes
    """The values in the byte order of the block."""
    at: int = 0
    """Offset of the values in the block that this was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """The tags of a block, sub-directories apart."""

    order: str
    """"<" little-endian or ">" big-endian."""
    main: dict[int, Entry]
    """The first directory, without the pointers to the others."""
    subs: dict[int, dict[int, Entry]]
    """EXIF, GPS and interoperability directories, by the tag that points to them."""


def byte_order(block: Block) -> str | None:
    """Return "<" or ">", or None where this is no TIFF structure."""
    return _ORDERS.get(bytes(block[:4]))


def rows(block: Block, at: int) -> Iterator[int]:
    """Yield the offset of every 12-byte row of the directory at an offset, as far as they lie within the block."""
    order = byte_order(block)
    if order is not None and 8 <= at <= len(block) - 2:
        count = struct.unpack_from(f"{order}H", block, at)[0]
        yield from range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12)


def first(block: Block) -> int:
    """Return the offset of the first directory, 0 where this is no TIFF structure."""
    order = byte_order(block)
    return 0 if order is None or len(block) < 8 else int(struct.unpack_from(f"{order}I", block, 4)[0])


def directory(block: Block, at: int) -> dict[int, Entry]:
    """Return the entries of the directory at an offset; what does not lie within the block is left out."""
    order = byte_order(block)
    found: dict[int, Entry] = {}
    for row in rows(block, at):
        tag, type_, count = struct.unpack_from(f"{order}HHI", block, row)
        size = _WIDTHS.get(type_, 0) * count
        place = row + 8 if size <= 4 else struct.unpack_from(f"{order}I", block, row + 8)[0]
        if size and place + size <= len(block):
            found.setdefault(tag, Entry(tag, type_, count, bytes(block[place : place + size]), place))
    return found


def parse(block: bytes) -> Directories:
    """Return all tags of a block; damaged parts are left out, a block that is none gives no tags."""
    order = byte_order(block)
    if order is None or len(block) < 8:
        return Directories(order="<", main={}, subs={})
    main = directory(block, first(block))
    subs: dict[int, dict[int, Entry]] = {}
    for tag, parent in ((EXIF_POINTER, main), (GPS_POINTER, main), (INTEROP_POINTER, subs)):
        holder = subs.get(EXIF_POINTER, {}) if parent is subs else main
        pointer = holder.pop(tag, None)
        if pointer is not None:
            subs[tag] = directory(block, number(block, pointer))
    return Directories(order=order, main=main, subs={tag: sub for tag, sub in subs.items() if sub})


def build(tags: Directories) -> bytes:
    """Return a block with these tags."""
    out = struct.pack(f"{tags.order}2sHI", b"II" if tags.order == "<" else b"MM", 42, 0)
    out, pointers = append_subs(out, tags)
    main = {**tags.main, **pointers}
    return (
        out[:4]
        + struct.pack(f"{tags.order}I", len(out))
        + out[8:]
        + pack_directory(main, len(out), tags.order)
    )


def append_subs(out: bytes, tags: Directories, *, base: int = 0) -> tuple[bytes, dict[int, Entry]]:
    """Append the sub-directories to bytes that begin at offset `base`, and return the entries pointing to them."""
    pointers: dict[int, Entry] = {}
    for tag in (INTEROP_POINTER, EXIF_POINTER, GPS_POINTER):
        entries = dict(tags.subs.get(tag, {}))
        if tag == EXIF_POINTER and INTEROP_POINTER in pointers:
            entries[INTEROP_POINTER] = pointers.pop(INTEROP_POINTER)
        if entries:
            out += b"\x00" * (len(out) % 2)
            place = base + len(out)
            pointers[tag] = Entry(tag, 4, 1, struct.pack(f"{tags.order}I", place))
            out += pack_directory(entries, place, tags.order)
    return out, pointers


def pack_directory(entries: dict[int, Entry], at: int, order: str) -> bytes:
    """Return a directory, followed by its long values, to be put at an offset; it points to no next one."""
    rows, values = b"", b""
    place = at + 2 + 12 * len(entries) + 4
    for tag in sorted(entries):
        entry = entries[tag]
        head = struct.pack(f"{order}HHI", tag, entry.type, entry.count)
        if len(entry.value) <= 4:
            rows += head + entry.value.ljust(4, b"\x00")
        else:
            rows += head + struct.pack(f"{order}I", place + len(values))
            values += entry.value + b"\x00" * (len(entry.value) % 2)
    return struct.pack(f"{order}H", len(entries)) + rows + b"\x00" * 4 + values


def with_entries(block: bytes, *new: Entry) -> bytes:
    """Return the block with more entries in its first directory; all that was there stays where it was.

    The entries' values are in the byte order of the block, or little-endian for an empty block.
    """
    order = byte_order(block)
    if order is None or len(block) < 8:
        return build(Directories(order="<", main={entry.tag: entry for entry in new}, subs={}))
    entries = directory(block, first(block)) | {entry.tag: entry for entry in new}
    out = block + b"\x00" * (len(block) % 2)
    return out[:4] + struct.pack(f"{order}I", len(out)) + out[8:] + pack_directory(entries, len(out), order)


def orientation(block: bytes) -> int:
    """Return the orientation tag, 1 to 8; 1 where there is none or it makes no sense."""
    entry = parse(block).main.get(ORIENTATION)
    value = number(block, entry) if entry is not None else 1
    return value if 1 <= value <= 8 else 1


def number(block: Block, entry: Entry) -> int:
    """Return the first value of an entry of any numeric type as a whole number, 0 where it is none."""
    value = _real(block, entry)
    return int(value) if value == value // 1 else 0


def xmp(block: bytes) -> bytes:
    """Return the XMP packet that the tags hold; empty where there is none."""
    entry = parse(block).main.get(XMP)
    return b"" if entry is None else entry.value


def iptc(block: bytes) -> bytes:
    """Return the IPTC records that the tags hold; empty where there are none."""
    entry = parse(block).main.get(IPTC)
    if entry is None:
        return b""
    if entry.type != 4 or entry.value[:1] == b"\x1c":
        return entry.value
    return struct.pack(
        f">{entry.count}I", *struct.unpack(f"<{entry.count}I", entry.value)
    )  # bytes stored as integers


def dots_per_inch(block: bytes) -> tuple[float, float] | None:
    """Return the resolution that the tags give, across and down; None where they give none."""
    main = parse(block).main
    rows = [main.get(tag) for tag in (X_RESOLUTION, Y_RESOLUTION)]
    values = [_real(block, row) for row in rows if row is not None]
    unit = main.get(RESOLUTION_UNIT)
    scale = {2: 1.0, 3: 2.54}.get(number(block, unit) if unit is not None else 2)
    return (values[0] * scale, values[1] * scale) if len(values) == 2 and min(values) > 0 and scale else None


def resolution_entries(dpi: tuple[float, float], order: str = "<") -> tuple[Entry, Entry, Entry]:
    """Return the three tags that give a resolution in dots per inch."""
    across, down = (struct.pack(f"{order}II", min(round(value * 1000), 2**32 - 1), 1000) for value in dpi)
    return (
        Entry(X_RESOLUTION, 5, 1, across),
        Entry(Y_RESOLUTION, 5, 1, down),
        Entry(RESOLUTION_UNIT, 3, 1, struct.pack(f"{order}H", 2)),
    )


def _real(block: Block, entry: Entry) -> float:
    """Return the first value of an entry of any numeric type; 0 for others, division by zero and infinity."""
    letter = _NUMBERS.get(entry.type)
    if letter is None:
        return 0.0
    over, *under = struct.unpack_from(f"{byte_order(block)}{letter}", entry.value)
    value = over / under[0] if under and under[0] else 0.0 if under else float(over)
    return value if math.isfinite(value) else 0.0


def of_tiff(*files: bytes) -> bytes:
    """Return an EXIF block with the descriptive tags, EXIF and GPS of a TIFF file; empty where it has none.

    Of several, which have the same byte order, a later one's tags stand above those of the one before.
    """
    all_tags = [parse(file) for file in files]
    kept = {tag: entry for tags in all_tags for tag, entry in tags.main.items() if tag in DESCRIPTIVE}
    subs = {tag: entries for tags in all_tags for tag, entries in tags.subs.items()}
    if not kept and not subs:
        return b""
    return build(Directories(order=all_tags[0].order, main=kept, subs=subs))
