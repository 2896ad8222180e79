"""EXIF made true of a result, in place: orientation, sides and color space set, previews and storage tags taken out.

What is taken out is overwritten with zeros; at the end of the block it is cut off. Nothing else moves.
"""

import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from rechroma.image import exif
from rechroma.image.orientation import swaps_sides, upright_place

_SRGB, _UNCALIBRATED = 1, 65535
_COLOR_SPACE, _COMPONENTS, _INTEROP_INDEX = 40961, 37121, 1
_STORAGE = frozenset(
    (
        254,
        255,
        256,
        257,
        258,
        259,
        262,
        266,
        273,
        277,
        278,
        279,
        284,
        301,
        317,
        318,
        319,
        320,
        322,
        323,
        324,
        325,
    )
    + (330, 338, 339, 347, 513, 514, 529, 530, 532)
)
"""Tags of how the original was stored: offsets, bits, compression, color."""
_COPIES = frozenset({exif.XMP, exif.PHOTOSHOP, 20507, 34675, 37724, 52545})
"""Tags that hold what a result carries elsewhere, made anew, or not at all: XMP packet, preview, Photoshop's resources
and layers, ICC profile, Content Credentials."""
_PLACES = frozenset({37396, 41492})
"""Tags of the EXIF directory: subject's area (a middle, perhaps with a diameter or two sides) and location."""
_OF_ENCODING = frozenset({37122, 42240})
"""Tags of the EXIF directory: compressed bits a pixel, gamma."""
_MOST_PREVIEWS = 8
"""Directories after the first that are looked at; EXIF has one."""
_OFFSETS = ((513, 514), (273, 279), (324, 325))
"""Tags that give the places and the lengths of a preview's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How a result is stored."""

    orientation: int
    """1 to 8: what turns it upright."""
    size: tuple[int, int]
    """(H, W) of its rows and columns as stored."""
    srgb: bool
    """Its profile is that of sRGB."""
    turned_from: int = 1
    """Orientation of its picture, where the pixels were turned upright."""


def true_of(block: bytes, stored: Stored) -> bytes:
    """Return a block that is true of a result; one that is no TIFF structure comes back as it was."""
    order, first = exif.byte_order(block), exif.first(block)
    if order is None or not 8 <= first <= len(block) - 2:
        return block
    out = bytearray(block)
    gone = [*_unlink_previews(out, order), *_take_out(out, first, _STORAGE | _COPIES)]
    sub = _pointed_to(out, first, exif.EXIF_POINTER)
    gone += _take_out(out, sub, _OF_ENCODING)
    _set(out, first, exif.ORIENTATION, 3, stored.orientation)
    if swaps_sides(stored.turned_from):
        _swap(out, first, exif.X_RESOLUTION, exif.Y_RESOLUTION)
    _set(out, sub, exif.PIXEL_X, 4, stored.size[1])
    _set(out, sub, exif.PIXEL_Y, 4, stored.size[0])
    _set(out, sub, _COLOR_SPACE, 3, _SRGB if stored.srgb else _UNCALIBRATED)
    _turn_places(out, sub, stored)
    for row in _rows_of(out, sub, _COMPONENTS):
        out[row : row + 12] = struct.pack(f"{order}HHI4s", _COMPONENTS, 7, 4, bytes((1, 2, 3, 0)))
    for row in _rows_of(out, _pointed_to(out, sub, exif.INTEROP_POINTER), _INTEROP_INDEX):
        if stored.srgb and out[row + 8 : row + 11] == b"R03":  # Adobe RGB
            out[row + 8 : row + 11] = b"R98"
    return _overwritten(out, gone)


def upright(block: bytes) -> bytes:
    """Return a block, or a TIFF file, with orientation 1 where it has any."""
    out = bytearray(block)
    if exif.byte_order(block) is not None:
        _set(out, exif.first(block), exif.ORIENTATION, 3, 1)
    return bytes(out)


def _turn_places(block: bytearray, sub: int, stored: Stored) -> None:
    """Turn the places that EXIF marks on a picture, in pixels, as it was turned upright."""
    turned = swaps_sides(stored.turned_from)
    height, width = stored.size[::-1] if turned else stored.size
    for tag, entry in exif.directory(block, sub).items():
        if stored.turned_from == 1 or tag not in _PLACES or entry.type not in {3, 4} or entry.count < 2:
            continue
        x, y, *sides = _numbers(block, entry)
        x_share, y_share = upright_place(x / max(width - 1, 1), y / max(height - 1, 1), stored.turned_from)
        place = (x_share * (stored.size[1] - 1), y_share * (stored.size[0] - 1))
        letter, most = ("H", 0xFFFF) if entry.type == 3 else ("I", 0xFFFFFFFF)
        values = [min(max(round(value), 0), most) for value in place] + (sides[::-1] if turned else sides)
        struct.pack_into(f"{exif.byte_order(block)}{entry.count}{letter}", block, entry.at, *values)


def _rows_of(block: bytearray, at: int, tag: int) -> Iterator[int]:
    """Yield the offset of every row of a directory that has this tag: there may be several."""
    found = struct.pack(f"{exif.byte_order(block)}H", tag)
    return (row for row in exif.rows(block, at) if block[row : row + 2] == found)


def _set(block: bytearray, at: int, tag: int, type_: int, value: int) -> None:
    """Set a tag, wherever it stands in a directory and of whatever type it was, to one whole number."""
    order = exif.byte_order(block)
    packed = struct.pack(f"{order}{'H2x' if type_ == 3 else 'I'}", value)
    for row in _rows_of(block, at, tag):
        block[row : row + 12] = struct.pack(f"{order}HHI4s", tag, type_, 1, packed)


def _swap(block: bytearray, at: int, *tags: int) -> None:
    """Exchange the values of two tags."""
    one, other = (next(_rows_of(block, at, tag), None) for tag in tags)
    if one is not None and other is not None:
        values = block[one + 2 : one + 12]
        block[one + 2 : one + 12] = block[other + 2 : other + 12]
        block[other + 2 : other + 12] = values


def _pointed_to(block: bytearray, at: int, tag: int) -> int:
    """Return the offset of the directory that a tag points to, 0 without one."""
    entry = exif.directory(block, at).get(tag)
    return 0 if entry is None else exif.number(block, entry)


def _take_out(block: bytearray, at: int, tags: Collection[int]) -> list[range]:
    """Take rows out of a directory; returns where their values are that lie elsewhere."""
    order, rows = exif.byte_order(block), list(exif.rows(block, at))
    tag_of = {row: struct.unpack_from(f"{order}H", block, row)[0] for row in rows}
    kept = [row for row in rows if tag_of[row] not in tags]
    if len(kept) == len(rows):
        return []
    gone = [_place(entry) for tag, entry in exif.directory(block, at).items() if tag in tags]
    end = rows[-1] + 12
    moved = b"".join(block[row : row + 12] for row in kept) + block[end : end + 4]
    struct.pack_into(f"{order}H", block, at, len(kept))
    moved = moved.ljust(end - at - 2, b"\x00")
    block[at + 2 : at + 2 + len(moved)] = (
        moved  # the old link stays: without one, values follow the rows at once
    )
    return [place for place in gone if len(place) > 4]


def _unlink_previews(block: bytearray, order: str) -> list[range]:
    """Cut the chain of directories after the first; returns where these are, and the previews that they tell of."""
    gone: list[range] = []
    link = _link(block, exif.first(block))
    at = _follow(block, link, order)
    if link + 4 <= len(block):
        block[link : link + 4] = bytes(4)
    for _ in range(_MOST_PREVIEWS):  # a damaged chain may lead in circles
        entries = exif.directory(block, at)
        if not entries:
            break
        gone.append(range(at, _link(block, at) + 4))
        gone += [_place(entry) for entry in entries.values() if len(entry.value) > 4]
        for places, lengths in _OFFSETS:
            if places in entries and lengths in entries:
                starts, sizes = (_numbers(block, entries[tag]) for tag in (places, lengths))
                gone += [range(start, start + size) for start, size in zip(starts, sizes, strict=False)]
        at = _follow(block, _link(block, at), order)
    return gone


def _link(block: bytearray, at: int) -> int:
    """Return where a directory tells of the next one."""
    if not 8 <= at <= len(block) - 2:
        return len(block)
    return at + 2 + 12 * int(struct.unpack_from(f"{exif.byte_order(block)}H", block, at)[0])


def _follow(block: bytearray, link: int, order: str) -> int:
    """Return the offset of the next directory, 0 where there is none."""
    return int(struct.unpack_from(f"{order}I", block, link)[0]) if link + 4 <= len(block) else 0


def _numbers(block: bytearray, entry: exif.Entry) -> tuple[int, ...]:
    """Return all values of an entry of whole numbers."""
    letter = {3: "H", 4: "I", 13: "I"}.get(entry.type)
    return struct.unpack(f"{exif.byte_order(block)}{entry.count}{letter}", entry.value) if letter else ()


def _place(entry: exif.Entry) -> range:
    """Return where an entry's values are."""
    return range(entry.at, entry.at + len(entry.value))


def _overwritten(block: bytearray, gone: list[range]) -> bytes:
    """Return the block with zeros in place of what is gone, cut off at its end; what the rest uses too stays."""
    kept = _merged(_in_use(block))
    parts = _merged(range(part.start, min(part.stop, len(block))) for part in gone)
    saved = [block[use.start : use.stop] for use in kept]
    for part in parts:
        block[part.start : part.stop] = bytes(len(part))
    for use, inside in zip(kept, saved, strict=True):
        block[use.start : use.stop] = inside
    end = len(block)
    if parts and end - parts[-1].stop <= 1:  # values begin at even offsets
        end = max(parts[-1].start, kept[-1].stop)
    return bytes(block[:end])


def _merged(parts: Iterable[range]) -> list[range]:
    """Return the same places in order, those that touch joined."""
    joined: list[range] = []
    for part in sorted(filter(None, parts), key=lambda part: part.start):
        if joined and part.start <= joined[-1].stop:
            joined[-1] = range(joined[-1].start, max(part.stop, joined[-1].stop))
        else:
            joined.append(part)
    return joined


def _in_use(block: bytearray) -> Iterator[range]:
    """Yield where the directories are that are still linked, and their values."""
    yield range(8)
    first = exif.first(block)
    sub = _pointed_to(block, first, exif.EXIF_POINTER)
    others = (_pointed_to(block, first, exif.GPS_POINTER), _pointed_to(block, sub, exif.INTEROP_POINTER))
    for at in (first, sub, *others):
        entries = exif.directory(block, at)
        if entries:
            yield range(at, min(_link(block, at) + 4, len(block)))
        yield from (_place(entry) for entry in entries.values())
