"""What a JPEG carries beside the picture: EXIF, ICC profile, XMP, IPTC, density, comments; as bytes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rechroma.jpeg.markers import APP0, APP1, APP2, APP13, COM, segments

_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_ICC = b"ICC_PROFILE\x00"
_PHOTOSHOP = b"Photoshop 3.0\x00"
_IPTC_RESOURCE = 0x0404
_ROOM = 65533
"""Longest payload of a segment in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payloads:
    """Metadata blocks of a JPEG; None where there is none."""

    exif: bytes | None = None
    """A TIFF structure, from its byte-order mark on."""
    icc: bytes | None = None
    """An ICC profile."""
    xmp: bytes | None = None
    """An XMP packet: RDF/XML."""
    iptc: bytes | None = None
    """IPTC-IIM records."""
    dpi: tuple[float, float] | None = None
    """Dots per inch, across and down, as the JFIF header gives them."""
    comment: bytes | None = None
    """The first comment."""


def read_payloads(data: bytes) -> Payloads:
    """Return the metadata blocks of a JPEG.

    Raises:
        UnreadableImage: not a JPEG, or truncated before its first scan.
    """
    found: dict[str, bytes] = {}
    icc: dict[int, bytes] = {}
    dpi: tuple[float, float] | None = None
    for seg in segments(data, header_only=True):
        body = data[seg.payload : seg.end]
        kind = _kind(seg.marker, body)
        if kind == "icc":
            icc[body[12]] = body[14:]
        elif kind == "jfif":
            dpi = _density(body)
        elif kind == "photoshop":
            records = _iptc_of(body[len(_PHOTOSHOP) :])
            if records:
                found.setdefault("iptc", records)
        elif kind is not None:
            prefix = {"exif": _EXIF, "xmp": _XMP}.get(kind, b"")
            found.setdefault(kind, body[len(prefix) :])
    profile = b"".join(icc[number] for number in sorted(icc)) or None
    return Payloads(
        exif=found.get("exif"),
        icc=profile,
        xmp=found.get("xmp"),
        iptc=found.get("iptc"),
        dpi=dpi,
        comment=found.get("comment"),
    )


def with_payloads(data: bytes, payloads: Payloads) -> bytes:
    """Return a JPEG with these metadata blocks in place of its own; a block that is None stays as it was.

    Raises:
        ValueError: a block is too long for its segment (EXIF 65,527 bytes, XMP 65,504, IPTC about 65,500).
    """
    fresh = dict(_fresh(payloads))
    head, rest = [b"\xff\xd8"], 2
    jfif = b""
    for seg in segments(data, header_only=True):
        rest = seg.end
        raw = data[seg.start : seg.end]
        kind = _kind(seg.marker, data[seg.payload : seg.end])
        if kind == "jfif" and not jfif:
            jfif = _with_density(raw, payloads.dpi)
        elif kind not in fresh:
            head.append(raw)
    head[1:1] = [jfif, *fresh.values()]
    return b"".join(head) + data[rest:]


def with_size(data: bytes, height: int, width: int) -> bytes:
    """Return a JPEG whose frame header says another size: crops rows and columns within the last MCU."""
    for seg in segments(data):
        if seg.marker in {0xC0, 0xC1, 0xC2}:
            at = seg.payload + 1
            return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
    raise ValueError("this JPEG has no frame header")


def _kind(marker: int, body: bytes) -> str | None:
    """Name the metadata that a segment holds."""
    names = {
        APP0: ((b"JFIF\x00", "jfif"),),
        APP1: ((_EXIF, "exif"), (_XMP, "xmp")),
        APP2: ((_ICC, "icc"),),
        APP13: ((_PHOTOSHOP, "photoshop"),),
        COM: ((b"", "comment"),),
    }
    return next((kind for prefix, kind in names.get(marker, ()) if body.startswith(prefix)), None)


def _fresh(payloads: Payloads) -> Iterator[tuple[str, bytes]]:
    """Yield kind and segments of every block that is given; an empty block yields no segment."""
    if payloads.exif is not None:
        yield "exif", _packed(APP1, _EXIF, payloads.exif)
    if payloads.xmp is not None:
        yield "xmp", _packed(APP1, _XMP, payloads.xmp)
    if payloads.icc is not None:
        yield "icc", _icc_segments(payloads.icc)
    if payloads.iptc is not None:
        size = len(payloads.iptc)
        resource = (
            struct.pack(">4sHHI", b"8BIM", _IPTC_RESOURCE, 0, size) + payloads.iptc + b"\x00" * (size % 2)
        )
        yield "photoshop", _packed(APP13, _PHOTOSHOP, resource if size else b"")
    if payloads.comment is not None:
        yield "comment", _packed(COM, b"", payloads.comment)


def _packed(marker: int, prefix: bytes, block: bytes) -> bytes:
    """Return one segment, or nothing for an empty block."""
    if not block:
        return b""
    if len(prefix) + len(block) > _ROOM:
        raise ValueError(f"a metadata block of {len(block)} bytes does not fit a JPEG segment")
    return struct.pack(">BBH", 0xFF, marker, len(prefix) + len(block) + 2) + prefix + block


def _icc_segments(profile: bytes) -> bytes:
    """Return the numbered segments of an ICC profile."""
    step = _ROOM - len(_ICC) - 2
    parts = [profile[at : at + step] for at in range(0, len(profile), step)]
    numbered = ((bytes([i, len(parts)]), part) for i, part in enumerate(parts, start=1))
    return b"".join(_packed(APP2, _ICC + number, part) for number, part in numbered)


def _density(body: bytes) -> tuple[float, float] | None:
    """Return dots per inch of a JFIF header, None where it gives only an aspect ratio."""
    if len(body) < 12:
        return None
    unit, across, down = struct.unpack_from(">BHH", body, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return (across * scale, down * scale) if scale and across and down else None


def _with_density(raw: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Return a JFIF segment (from its 0xFF on) that gives these dots per inch."""
    if dpi is None or not all(0.5 <= value < 65535.5 for value in dpi):
        return raw
    return raw[:11] + struct.pack(">BHH", 1, round(dpi[0]), round(dpi[1])) + raw[16:]


def _iptc_of(resources: bytes) -> bytes:
    """Return the IPTC records among Photoshop's image resources."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        number = struct.unpack_from(">H", resources, at + 4)[0]
        name = resources[at + 6] + 1
        at += 6 + name + name % 2
        size = struct.unpack_from(">I", resources.ljust(at + 4, b"\x00"), at)[0]
        at += 4
        if number == _IPTC_RESOURCE:
            return resources[at : at + size]
        at += size + size % 2
    return b""
