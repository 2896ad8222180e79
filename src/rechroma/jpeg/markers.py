"""The marker segments of a JPEG and what its headers say (ITU-T T.81, annex B); decodes nothing."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rechroma.errors import UnreadableImage

Process: TypeAlias = Literal["baseline", "extended", "progressive", "lossless", "hierarchical", "arithmetic"]

EOI, SOS, DQT, DNL, DRI, DHT, DAC = 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xC4, 0xCC
APP0, APP1, APP2, APP11, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE

FRAMES: dict[int, Process] = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    **dict.fromkeys((0xC5, 0xC6, 0xC7), "hierarchical"),
    **dict.fromkeys((0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF), "arithmetic"),
}
JFIF, ADOBE = b"JFIF\x00", b"Adobe"

TABLES = frozenset({DQT, DHT, DAC, DRI})
"""Segments without which scans cannot be decoded."""
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""A marker that begins a segment, or EOI: neither a stuffed byte, nor a fill byte, nor a marker that stands alone."""
_MOST_SEGMENTS = 20_000
"""With 64 KB each they hold more than any file that is read; as empty ones they only cost time."""
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker that ends entropy-coded data: not a restart marker either."""
_RESTARTED_SCAN_END = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""The same where restart markers come in between: decoders pass over markers that the standard reserves, and go on at
the next restart."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment; a scan's entropy-coded data belongs to its SOS segment."""

    marker: int
    """The byte after 0xFF."""
    start: int
    """Offset of the 0xFF, after stray and fill bytes."""
    payload: int
    """Offset of the first byte after the length field."""
    end: int
    """Offset past the segment."""
    body_end: int
    """Offset past the payload: where entropy-coded data starts in an SOS segment, else `end`."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component of the frame header."""

    id: int
    """Identifier by which scans refer to it."""
    across: int
    """Horizontal sampling factor."""
    down: int
    """Vertical sampling factor."""
    table: int
    """Number of its quantization table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JpegInfo:
    """What a JPEG's headers say."""

    process: Process
    """Coding process of the first frame."""
    precision: int
    """Bits a sample."""
    height: int
    """Rows as stored, before any EXIF orientation; 0 where nothing tells it."""
    width: int
    """Columns as stored."""
    components: tuple[Component, ...]
    """In the order of the frame header."""
    restart_interval: int
    """MCUs between restart markers, the most where scans differ; 0 = none."""
    frames: int
    """Number of frame headers: more than one in hierarchical files."""
    late_tables: bool
    """A quantization table stands after the first scan."""
    wide_tables: bool
    """A quantization table has 16-bit entries."""
    defined_height: bool
    """The height is in the frame header and in no DNL segment."""
    adobe_transform: int | None
    """Color transform of the Adobe marker (0 none, 1 YCbCr, 2 YCCK), None without one."""
    scans: int
    """Passes over the picture in which its samples are stored."""
    huffman: bool
    """Huffman tables stand before the first scan."""
    joint_scans: bool
    """A scan names more than one component, or none."""
    stray: int
    """Bytes between the segments that belong to none, fill bytes not counted."""
    end: int
    """Offset past the end marker."""
    trailing: int
    """Bytes after the end marker, padding of zeros not counted."""


def segments(data: bytes, *, header_only: bool = False) -> Iterator[Segment]:
    """Yield every marker segment after SOI, through EOI; what stands between them is passed over, as decoders do.

    `header_only`: through the first SOS segment, whose entropy-coded data are not looked for then.

    Raises:
        UnreadableImage: not a JPEG, or it ends before its EOI marker.
    """
    if data[:2] != b"\xff\xd8":
        raise UnreadableImage("this is no JPEG: it does not begin with the bytes FF D8")
    at, scan_end = 2, _SCAN_END
    for _ in range(_MOST_SEGMENTS):
        segment = _segment(data, at, None if header_only else scan_end)
        at = segment.end
        if segment.marker == DRI:
            scan_end = _RESTARTED_SCAN_END if any(data[segment.payload : at]) else _SCAN_END
        yield segment
        if segment.marker == EOI or (header_only and segment.marker == SOS):
            return
    raise UnreadableImage(f"this JPEG is damaged: it has more than {_MOST_SEGMENTS} segments")


def _segment(data: bytes, at: int, scan_end: re.Pattern[bytes] | None) -> Segment:
    """Return the first segment at or after a byte offset, entropy-coded data up to `scan_end` included."""
    found = _MARKER.search(data, at)
    if found is None:
        raise UnreadableImage(
            f"this JPEG is truncated: it ends after {len(data)} bytes without an end marker"
        )
    start, marker = found.start(), data[found.start() + 1]
    if marker == EOI:
        return Segment(marker, start, start + 2, start + 2, start + 2)
    if len(data) < start + 4:
        raise UnreadableImage(f"this JPEG is truncated: it ends after {len(data)} bytes within a segment")
    body_end = end = start + 2 + max(2, struct.unpack_from(">H", data, start + 2)[0])
    if marker == SOS and scan_end is not None:
        ends = scan_end.search(data, end)
        if ends is None:
            raise UnreadableImage(f"this JPEG is truncated: it ends after {len(data)} bytes within a scan")
        end = ends.start()
    return Segment(marker, start, start + 4, end, body_end)


def inspect(data: bytes) -> JpegInfo:
    """Read the headers of a JPEG, all of it, decoding nothing.

    Raises:
        UnreadableImage: not a JPEG, truncated, or without a frame header.
    """
    frame: tuple[Process, int, int, int, tuple[Component, ...]] | None = None
    frames = restart = scans = lines = stray = 0
    end = 2
    late = wide = huffman = joint = False
    adobe: int | None = None
    for seg in segments(data):
        body = data[seg.payload : seg.body_end] if seg.marker != SOS else b""
        stray += len(data[end : seg.start].strip(b"\xff"))
        end = seg.end
        if seg.marker in FRAMES:
            frames += 1
            frame = frame or _frame(seg.marker, body)
        elif seg.marker == SOS:
            scans += 1
            joint |= data[seg.payload : seg.payload + 1] != b"\x01"
        elif seg.marker == DQT:
            late |= scans > 0
            wide |= _has_wide_table(body)
        elif seg.marker == DRI:
            restart = max(restart, int.from_bytes(body[:2], "big"))
        elif seg.marker == DHT:
            huffman |= scans == 0
        elif seg.marker == DNL:
            lines = int.from_bytes(body[:2], "big")
        elif seg.marker == APP14 and body[:5] == ADOBE and len(body) >= 12:
            adobe = body[11]
    if frame is None or not scans:
        raise UnreadableImage("this JPEG holds no picture: it has no frame header or no scan")
    process, precision, height, width, components = frame
    return JpegInfo(
        process=process,
        precision=precision,
        height=height or lines,
        width=width,
        components=components,
        restart_interval=restart,
        frames=frames,
        late_tables=late,
        wide_tables=wide,
        defined_height=height > 0 and not lines,
        adobe_transform=adobe,
        scans=scans,
        huffman=huffman,
        joint_scans=joint,
        stray=stray,
        end=end,
        trailing=len(data[end:].rstrip(b"\x00")),
    )


def _frame(marker: int, body: bytes) -> tuple[Process, int, int, int, tuple[Component, ...]]:
    """Return process, precision, height, width and components of a frame header."""
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise UnreadableImage("this JPEG is damaged: its frame header is too short")
    precision, height, width, count = struct.unpack_from(">BHHB", body)
    rows = (body[6 + 3 * i : 9 + 3 * i] for i in range(count))
    parts = tuple(Component(row[0], row[1] >> 4, row[1] & 15, row[2]) for row in rows)
    if width == 0 or not parts:
        raise UnreadableImage("this JPEG is damaged: its frame header has no width or no components")
    return FRAMES[marker], precision, height, width, parts


def _has_wide_table(body: bytes) -> bool:
    """Say whether a DQT payload holds a table with 16-bit entries."""
    at = 0
    while at < len(body):
        if body[at] >> 4:
            return True
        at += 65
    return False
