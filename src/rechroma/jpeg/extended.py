"""XMP packets too long for one segment of a JPEG, in pieces (XMP specification, part 3, section 1.1.3.1).

Every piece begins with the digest of the whole, by which the main packet names it, its length, and the piece's place.
"""

import hashlib
import struct
from collections.abc import Iterable

_HEAD = struct.Struct(">32sII")
ROOM = 65_400
"""Bytes of a piece that fit a segment with all heads."""


def digest(whole: bytes) -> str:
    """Return the name of a long packet: its MD5 in capital hexadecimal digits."""
    return hashlib.md5(whole, usedforsecurity=False).hexdigest().upper()


def pieces(whole: bytes) -> list[bytes]:
    """Return a long packet in pieces."""
    name = digest(whole).encode("ascii")
    return [_HEAD.pack(name, len(whole), at) + whole[at : at + ROOM] for at in range(0, len(whole), ROOM)]


def joined(parts: Iterable[bytes], name: str) -> bytes | None:
    """Return the packet of this name, in whatever order its pieces come; None where some are missing or damaged."""
    found = {}
    whole = 0
    for part in parts:
        if len(part) >= _HEAD.size and part[:32] == name.encode("ascii", "replace"):
            _, whole, at = _HEAD.unpack_from(part)
            found[at] = part[_HEAD.size :]
    packet = b"".join(found[at] for at in sorted(found))
    return packet if packet and len(packet) == whole and digest(packet) == name.upper() else None
