"""EXIF blocks, which are TIFF structures: small edits in place, and the way to and from a TIFF file's own tags.

Edits never move what is there: offsets inside maker notes count from the start of the block, and moving it would
break them. New entries are added by writing the first directory anew at the end of the block.
"""

import struct
from dataclasses import dataclass
from types import MappingProxyType

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
XMP, IPTC, EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 700, 33723, 34665, 34853, 40965
PIXEL_X, PIXEL_Y = 40962, 40963

DESCRIPTIVE = frozenset(
    (269, 270, 271, 272, 274, 282, 283, 285, 286, 287, 296, 305, 306, 315, 316, 18246, 18249, 33432)
    + (33550, 33922, 34264, 34735, 34736, 34737, 40091, 40092, 40093, 40094, 40095)
    + (33434, 33437, 34850, 34855, 36867, 36868, 37377, 37378, 37386)
)
"""Tags of a TIFF's first directory that tell of the picture, not of how the file stores it (GeoTIFF included)."""
_WIDTHS = MappingProxyType({1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4})
"""Bytes of one value, by type number."""
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


def byte_order(block: bytes) -> str | None:
    """Return "<" or ">", or None where this is no TIFF structure."""
    return _ORDERS.get(block[:4])


def directory(block: bytes, at: int) -> dict[int, Entry]:
    """Return the entries of the directory at an offset; what does not lie within the block is left out."""
    order = byte_order(block)
    found: dict[int, Entry] = {}
    if order is None or not 8 <= at <= len(block) - 2:
        return found
    for i in range(struct.unpack_from(f"{order}H", block, at)[0]):
        row = at + 2 + 12 * i
        if row + 12 > len(block):
            break
        tag, type_, count = struct.unpack_from(f"{order}HHI", block, row)
        size = _WIDTHS.get(type_, 0) * count
        place = row + 8 if size <= 4 else struct.unpack_from(f"{order}I", block, row + 8)[0]
        if size and place + size <= len(block):
            found.setdefault(tag, Entry(tag, type_, count, block[place : place + size], place))
    return found


def parse(block: bytes) -> Directories:
    """Return all tags of a block; damaged parts are left out, a block that is none gives no tags."""
    order = byte_order(block)
    if order is None or len(block) < 8:
        return Directories(order="<", main={}, subs={})
    main = directory(block, struct.unpack_from(f"{order}I", block, 4)[0])
    subs: dict[int, dict[int, Entry]] = {}
    for tag, parent in ((EXIF_POINTER, main), (GPS_POINTER, main), (INTEROP_POINTER, subs)):
        holder = subs.get(EXIF_POINTER, {}) if parent is subs else main
        pointer = holder.pop(tag, None)
        if pointer is not None and len(pointer.value) == 4:
            subs[tag] = directory(block, struct.unpack(f"{order}I", pointer.value)[0])
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
    first = struct.unpack_from(f"{order}I", block, 4)[0]
    entries = directory(block, first) | {entry.tag: entry for entry in new}
    out = block + b"\x00" * (len(block) % 2)
    return out[:4] + struct.pack(f"{order}I", len(out)) + out[8:] + pack_directory(entries, len(out), order)


def orientation(block: bytes) -> int:
    """Return the orientation tag, 1 to 8; 1 where there is none or it makes no sense."""
    entry = parse(block).main.get(ORIENTATION)
    value = number(block, entry) if entry is not None else 1
    return value if 1 <= value <= 8 else 1


def number(block: bytes, entry: Entry) -> int:
    """Return the first value of an entry of a whole-number type, 0 for others."""
    letter = {1: "B", 3: "H", 4: "I"}.get(entry.type)
    return int(struct.unpack_from(f"{byte_order(block)}{letter}", entry.value)[0]) if letter else 0


def made_upright(block: bytes, *, turned: bool) -> bytes:
    """Return the block with orientation 1; the picture's sides, where told, change places when `turned`."""
    tags = parse(block)
    out = bytearray(block)
    entry = tags.main.get(ORIENTATION)
    if entry is not None and entry.type == 3:
        struct.pack_into(f"{tags.order}H", out, entry.at, 1)
    x, y = (tags.subs.get(EXIF_POINTER, {}).get(tag) for tag in (PIXEL_X, PIXEL_Y))
    if turned and x is not None and y is not None and x.type == y.type:
        out[x.at : x.at + len(x.value)], out[y.at : y.at + len(y.value)] = y.value, x.value
    return bytes(out)


def without_thumbnail(block: bytes) -> bytes:
    """Return the block without its link to the thumbnail: that is gray, and turned as the picture was stored."""
    order = byte_order(block)
    if order is None or len(block) < 8:
        return block
    first = struct.unpack_from(f"{order}I", block, 4)[0]
    if not 8 <= first <= len(block) - 2:
        return block
    link = first + 2 + 12 * struct.unpack_from(f"{order}H", block, first)[0]
    return block if link + 4 > len(block) else block[:link] + b"\x00" * 4 + block[link + 4 :]


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
    values = [_rational(block, row) for row in rows if row is not None]
    unit = main.get(RESOLUTION_UNIT)
    scale = {2: 1.0, 3: 2.54}.get(number(block, unit) if unit is not None else 2)
    return (values[0] * scale, values[1] * scale) if len(values) == 2 and all(values) and scale else None


def resolution_entries(dpi: tuple[float, float], order: str = "<") -> tuple[Entry, Entry, Entry]:
    """Return the three tags that give a resolution in dots per inch."""
    across, down = (struct.pack(f"{order}II", min(round(value * 1000), 2**32 - 1), 1000) for value in dpi)
    return (
        Entry(X_RESOLUTION, 5, 1, across),
        Entry(Y_RESOLUTION, 5, 1, down),
        Entry(RESOLUTION_UNIT, 3, 1, struct.pack(f"{order}H", 2)),
    )


def _rational(block: bytes, entry: Entry) -> float:
    """Return the first value of an entry of rational type, 0 for others and for division by zero."""
    if entry.type != 5:
        return 0.0
    over, under = struct.unpack_from(f"{byte_order(block)}II", entry.value)
    return over / under if under else 0.0


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
