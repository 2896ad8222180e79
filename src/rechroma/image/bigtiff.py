"""The tags of a BigTIFF, whose offsets have 64 bits, as those of an ordinary TIFF."""

import struct

from rechroma.image import exif

_ORDERS = {b"II+\x00": "<", b"MM\x00+": ">"}
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
"""Bytes of one value, by type number."""
_OFFSETS = frozenset({4, 13, 16, 18})
"""Types in which pointers to directories are stored."""
_LONG8 = frozenset({16, 18})
"""Types that an ordinary TIFF lacks."""


def as_classic(file: bytes) -> bytes:
    """Return a file whose tags `exif` reads: a BigTIFF's tags in an ordinary structure, any other file as it is."""
    order = _ORDERS.get(file[:4])
    if order is None or len(file) < 16:
        return file
    main = _directory(file, struct.unpack_from(f"{order}Q", file, 8)[0], order)
    subs: dict[int, dict[int, exif.Entry]] = {}
    for tag in (exif.EXIF_POINTER, exif.GPS_POINTER, exif.INTEROP_POINTER):
        holder = subs.get(exif.EXIF_POINTER, {}) if tag == exif.INTEROP_POINTER else main
        pointer = holder.pop(tag, None)
        if pointer is not None and pointer.type in _OFFSETS:
            at = int.from_bytes(pointer.value, "little" if order == "<" else "big")
            subs[tag] = _directory(file, at, order)
    kept = {tag: entry for tag, entry in main.items() if entry.type not in _LONG8}
    return exif.build(exif.Directories(order=order, main=kept, subs=subs))


def _directory(file: bytes, at: int, order: str) -> dict[int, exif.Entry]:
    """Return the entries of the directory at an offset; what does not lie within the file is left out."""
    found: dict[int, exif.Entry] = {}
    if not 16 <= at <= len(file) - 8:
        return found
    count = struct.unpack_from(f"{order}Q", file, at)[0]
    for row in range(at + 8, min(at + 8 + 20 * count, len(file) - 19), 20):
        tag, type_, values = struct.unpack_from(f"{order}HHQ", file, row)
        size = _WIDTHS.get(type_, 0) * values
        place = row + 12 if size <= 8 else struct.unpack_from(f"{order}Q", file, row + 12)[0]
        if size and place + size <= len(file):
            found.setdefault(tag, exif.Entry(tag, type_, values, file[place : place + size]))
    return found
