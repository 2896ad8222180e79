"""Color for a one-component JPEG with its luma scan untouched.

The frame header is rewritten for three components, the entropy-coded luma scan is copied byte for byte,
and the scans of two small gray JPEGs are appended as Cb and Cr. Two rules beyond the standard keep every
known decoder right: all quantization tables stand before the first scan (zune-jpeg refuses later ones), and
chroma is halved in width only, or not at all where the gray scan has restart markers (zune-jpeg turns 4:2:0
in separate scans to wrong colors; Go loses the restart markers of subsampled scans).
"""

import struct
from collections.abc import Iterator

from rechroma.jpeg.markers import (
    APP0,
    APP2,
    APP14,
    COM,
    DHT,
    DQT,
    FRAMES,
    JFIF,
    SOS,
    TABLES,
    JpegInfo,
    Segment,
    inspect,
    segments,
)
from rechroma.jpeg.payloads import jfif_segment


def splice_obstacle(info: JpegInfo) -> str | None:
    """Say why chroma cannot be appended to this JPEG with its luma scan untouched; None when it can."""
    only = info.components[0]
    rules = (
        (len(info.components) != 1, f"it has {len(info.components)} components, not one"),
        (
            info.process not in {"baseline", "extended", "progressive"},
            f"its coding process is {info.process}",
        ),
        (info.precision != 8, f"it has {info.precision} bits a sample, not 8"),
        (info.frames != 1, f"it has {info.frames} frames, not one"),
        (not info.defined_height, "its height is not in the frame header"),
        ((only.across, only.down) != (1, 1), f"its gray is sampled {only.across}x{only.down}, not 1x1"),
        (only.table > 3, f"its quantization table has the number {only.table}, above 3"),
        (info.late_tables, "a quantization table stands after its first scan"),
        (info.wide_tables, "a quantization table has 16-bit entries"),
        (info.process != "arithmetic" and not info.huffman, "no Huffman table stands before its first scan"),
        (info.joint_scans, "a scan names other components than it has"),
        (info.trailing > 0, f"{info.trailing} bytes follow its end"),
    )
    return next((reason for broken, reason in rules if broken), None)


def chroma_sampling(info: JpegInfo) -> tuple[int, int]:
    """Say by how much chroma is divided (across, down): (2, 1), or (1, 1) where there are restart markers."""
    return (1, 1) if info.restart_interval else (2, 1)


def chroma_shape(info: JpegInfo) -> tuple[int, int]:
    """Return (rows, columns) of the chroma planes to append, as stored, before any EXIF orientation."""
    across, down = chroma_sampling(info)
    return -(-info.height // down), -(-info.width // across)


def splice(gray: bytes, cb: bytes, cr: bytes, *, info: JpegInfo | None = None) -> bytes:
    """Return a three-component JPEG: the luma scan of `gray` byte for byte, then the scans of `cb` and `cr`.

    All three are one-component JPEGs; `cb` and `cr` have `chroma_shape(inspect(gray))`, are progressive
    exactly when `gray` is, and have one quantization table, the same in both. A gray ICC profile and an Adobe
    marker are left out, all else before the scans stays; padding after the end is dropped. `info` is
    `inspect(gray)` where the caller has it already.

    Raises:
        ValueError: the three do not fit together (see `splice_obstacle` for `gray`).
    """
    info = info or inspect(gray)
    obstacle = splice_obstacle(info)
    if obstacle is not None:
        raise ValueError(f"no chroma can be appended to this JPEG: {obstacle}")
    for plane in (cb, cr):
        _check_plane(info, inspect(plane))
    luma_table = info.components[0].table
    chroma_table = 3 if luma_table != 3 else 2
    table = _renumbered_table(cb, chroma_table)
    if _renumbered_table(cr, chroma_table) != table:
        raise ValueError("the two chroma planes have different quantization tables")
    frame = _color_frame(info, luma_table, chroma_table)
    parts = [b"\xff\xd8", *_luma_segments(gray, frame, table)]
    if info.restart_interval:
        parts.append(b"\xff\xdd\x00\x04\x00\x00")  # none in the chroma scans
    parts += [*_chroma_segments(cb, 2), *_chroma_segments(cr, 3), b"\xff\xd9"]
    return b"".join(parts)


def _luma_segments(gray: bytes, frame: bytes, chroma_table: bytes) -> Iterator[bytes]:
    """Yield the gray JPEG's segments with a new frame header; the chroma's table before the first scan."""
    headers = (
        gray[seg.payload + len(JFIF) : seg.end]
        for seg in segments(gray, header_only=True)
        if seg.marker == APP0 and gray.startswith(JFIF, seg.payload)
    )
    yield jfif_segment(next(headers, b""))
    scanned = False
    for seg in segments(gray):
        if seg.marker in FRAMES:
            yield frame[:1] + bytes([seg.marker]) + frame[2:]
        elif seg.marker == SOS:
            if not scanned:
                yield chroma_table
            scanned = True
            yield _scan(gray, seg, 1)
        elif _stays(seg.marker, gray[seg.payload : seg.end]):
            yield gray[seg.start : seg.end]


def _chroma_segments(plane: bytes, component: int) -> Iterator[bytes]:
    """Yield the Huffman tables, which may be defined anew between scans, and the scans of a chroma plane."""
    for seg in segments(plane):
        if seg.marker == DHT:
            yield plane[seg.start : seg.end]
        elif seg.marker == SOS:
            yield _scan(plane, seg, component)


def _check_plane(gray: JpegInfo, plane: JpegInfo) -> None:
    """Refuse a chroma plane that does not fit the gray JPEG."""
    if (plane.height, plane.width) != chroma_shape(gray):
        raise ValueError(f"a chroma plane is {plane.height}x{plane.width}; expected {chroma_shape(gray)}")
    if (plane.process == "progressive") != (gray.process == "progressive") or plane.precision != 8:
        raise ValueError(
            f"a chroma plane is {plane.process}, {plane.precision} bits; the gray one {gray.process}"
        )
    if plane.restart_interval or splice_obstacle(plane) is not None:
        raise ValueError(f"a chroma plane has restart markers or is unusual: {splice_obstacle(plane)}")


def _renumbered_table(plane: bytes, number: int) -> bytes:
    """Return the DQT segment of a one-table JPEG with the table's number changed."""
    found = [plane[seg.start : seg.end] for seg in segments(plane) if seg.marker == DQT]
    if len(found) != 1 or len(found[0]) != 69:
        raise ValueError("a chroma plane has not exactly one quantization table")
    return found[0][:4] + bytes([number]) + found[0][5:]


def _stays(marker: int, body: bytes) -> bool:
    """Say whether a segment is true of the color file too.

    A gray profile, gray thumbnails, "no transform" and the offsets of further pictures are not; nor are markers that
    the standard reserves, at which decoders stop.
    """
    false = {APP0: (JFIF[:4], b"JFXX"), APP2: (b"ICC_PROFILE\x00", b"MPF\x00"), APP14: (b"Adobe",)}
    known = marker in TABLES or marker == COM or APP0 <= marker <= 0xEF
    return known and not body.startswith(false.get(marker, ()))


def _color_frame(info: JpegInfo, luma_table: int, chroma_table: int) -> bytes:
    """Return the frame header with three components."""
    across, down = chroma_sampling(info)
    head = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, info.height, info.width, 3)
    return head + bytes([1, across << 4 | down, luma_table, 2, 0x11, chroma_table, 3, 0x11, chroma_table])


def _scan(data: bytes, seg: Segment, component: int) -> bytes:
    """Return a one-component scan, tables and coefficients as they are, under another component number."""
    if data[seg.payload] != 1:
        raise ValueError("a scan of a one-component JPEG names more than one component")
    return data[seg.start : seg.payload + 1] + bytes([component]) + data[seg.payload + 2 : seg.end]
