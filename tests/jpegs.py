"""JPEGs put together by hand: segments added, taken out and damaged."""

import struct
from collections.abc import Callable

from rechroma import jpeg

Change = Callable[[bytes], bytes]


def segment(marker: int, body: bytes) -> bytes:
    """Give a marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def after_soi(*new: bytes) -> Change:
    """Put bytes after the start marker."""
    return lambda data: data[:2] + b"".join(new) + data[2:]


def before_scan(*new: bytes) -> Change:
    """Put bytes before the first scan."""

    def change(data: bytes) -> bytes:
        at = next(seg.start for seg in jpeg.segments(data) if seg.marker == 0xDA)
        return data[:at] + b"".join(new) + data[at:]

    return change


def with_each(marker: int, remake: Callable[[bytes], bytes]) -> Change:
    """Put something else in place of each segment (from its 0xFF on) of a kind."""

    def change(data: bytes) -> bytes:
        parts = [
            remake(data[seg.start : seg.end]) if seg.marker == marker else data[seg.start : seg.end]
            for seg in jpeg.segments(data)
        ]
        return b"".join((data[:2], *parts))

    return change


def without(marker: int) -> Change:
    """Leave out the segments of a kind."""
    return with_each(marker, lambda _: b"")
