"""A JPEG as decoders like it: nothing but what the samples are made of."""

import struct

from rechroma.jpeg.markers import (
    ADOBE,
    APP0,
    APP14,
    EOI,
    FRAMES,
    JFIF,
    SOS,
    TABLES,
    JpegInfo,
    Segment,
    segments,
)
from rechroma.jpeg.payloads import jfif_segment


def bare(data: bytes, info: JpegInfo) -> bytes:
    """Return a JPEG without metadata, stray bytes and thumbnails, and with its height in the frame header.

    Decoders refuse, or trip over, metadata that says nothing of the samples: a damaged profile, a short JFIF header.
    The entropy-coded data and all tables stay byte for byte; `info` is `inspect(data)`.
    """
    *head, scan = segments(data, header_only=True)
    parts = [_needed(data, seg, info) for seg in head]
    if any(_is_jfif(data, seg) for seg in head):
        parts.insert(0, jfif_segment())  # by which decoders know YCbCr
    if not info.stray:
        return b"".join((b"\xff\xd8", *parts, data[scan.start : info.end]))
    kept = TABLES | {SOS, EOI}
    rest = (seg for seg in segments(data) if seg.start >= scan.start and seg.marker in kept)
    return b"".join((b"\xff\xd8", *parts, *(data[seg.start : seg.end] for seg in rest)))


def _is_jfif(data: bytes, seg: Segment) -> bool:
    """Say whether decoders take a segment for a JFIF header."""
    return seg.marker == APP0 and seg.end - seg.payload >= 14 and data.startswith(JFIF, seg.payload)


def _needed(data: bytes, seg: Segment, info: JpegInfo) -> bytes:
    """Return what a decoder needs of a segment."""
    if seg.marker in FRAMES:
        size = struct.pack(">H", info.height)
        return data[seg.start : seg.payload + 1] + size + data[seg.payload + 3 : seg.end]
    if seg.marker == APP14 and data.startswith(ADOBE, seg.payload) and seg.end - seg.payload >= 12:
        colors = len(info.components) // 2  # 1 stands for YCbCr, 2 for YCCK
        transform = colors if info.adobe_transform else 0
        return struct.pack(">BBH5s3HB", 0xFF, APP14, 14, ADOBE, 100, 0, 0, transform)
    return data[seg.start : seg.end] if seg.marker in TABLES else b""
