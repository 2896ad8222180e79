"""Photoshop's image resources: numbered blocks, one after another (Adobe Photoshop File Formats Specification)."""

import struct
from collections.abc import Iterator

IPTC = 0x0404
RESOLUTION = 0x03ED
_TRUE_OF_ANY_PIXELS = frozenset({0x03F0, 0x040A, 0x040B, 0x041E, 0x0425, 0x0428})
"""Caption, copyright flag, address, list of addresses, digest of the IPTC records, aspect of a pixel."""
_PATHS = range(0x07D0, 0x0BB7)
"""Outlines, in shares of the picture's sides."""
_KINDS = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")


def resources(block: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, body and the whole of every resource; what is cut short is left out."""
    at = 0
    while block[at : at + 4] in _KINDS and at + 12 <= len(block):
        start, number = at, int.from_bytes(block[at + 4 : at + 6], "big")
        name = block[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(block[at : at + 4], "big")
        body = block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
        if len(body) == size:
            yield number, body, block[start:at].ljust(at - start, b"\x00")


def resource(number: int, body: bytes) -> bytes:
    """Return a resource without a name."""
    return struct.pack(">4sHHI", b"8BIM", number, 0, len(body)) + body + b"\x00" * (len(body) % 2)


def first(block: bytes, number: int) -> bytes:
    """Return the body of the first resource with a number; empty without one."""
    return next((body for found, body, _ in resources(block) if found == number and body), b"")


def without_iptc(block: bytes) -> bytes:
    """Return the resources without the IPTC records."""
    return b"".join(whole for number, _, whole in resources(block) if number != IPTC)


def kept(block: bytes, *, turned: bool) -> bytes:
    """Return the resources, IPTC apart, that are true of a picture with other pixels, and perhaps turned."""
    return b"".join(
        whole
        for number, _, whole in resources(block)
        if number in _TRUE_OF_ANY_PIXELS or (not turned and (number == RESOLUTION or number in _PATHS))
    )


def dots_per_inch(block: bytes) -> tuple[float, float] | None:
    """Return the resolution that the resources tell; None where they tell none."""
    body = first(block, RESOLUTION)
    if len(body) < 12:
        return None
    across, down = (int.from_bytes(body[at : at + 4], "big") / 65536 for at in (0, 8))
    return (across, down) if across and down else None
