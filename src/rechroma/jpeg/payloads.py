"""What a JPEG carries beside the picture: EXIF, ICC profile, XMP, IPTC, density, comments; as bytes."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rechroma import notes
from rechroma.jpeg import resources
from rechroma.jpeg.markers import APP0, APP1, APP2, APP11, APP13, COM, JFIF, Segment, segments

_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\x00"
_ICC = b"ICC_PROFILE\x00"
_PHOTOSHOP = b"Photoshop 3.0\x00"
_KINDS = (
    (APP0, JFIF, "jfif"),
    (APP0, JFIF[:4], "false"),  # cut short: some decoders stop there
    (APP0, b"JFXX", "false"),  # a thumbnail of another picture
    (APP1, _EXIF, "exif"),
    (APP1, _XMP, "xmp"),
    (APP1, _EXTENDED, "extended"),
    (APP2, _ICC, "icc"),
    (APP2, b"urn:iso:std:iso:ts:21496", "gain map"),
    (APP2, b"MPF\x00", "false"),  # offsets of further pictures
    (APP2, b"FPXR\x00", "false"),  # FlashPix, with a picture for small screens
    (APP11, b"JP", "boxes"),
    (APP11, b"HDR_RI", "gain map"),
    (APP13, _PHOTOSHOP, "photoshop"),
    (COM, b"", "comment"),
    *((0xE0 + number, b"\xff\xd8\xff", "false") for number in range(3, 16)),  # previews
    *((0xE0 + number, b"", "other") for number in range(1, 16) if number != 14),
)
_FALSE = frozenset({"false", "gain map", "boxes"})
"""Kinds of segments that are not true of a picture with other pixels: previews, gain map, boxes such as C2PA's."""
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
    extended: tuple[bytes, ...] | None = None
    """Pieces of long packets (see `extended`)."""
    iptc: bytes | None = None
    """IPTC-IIM records, which stand among Photoshop's image resources."""
    photoshop: bytes | None = None
    """Photoshop's other image resources (see `resources`)."""
    dpi: tuple[float, float] | None = None
    """Dots per inch, across and down, as the JFIF header gives them."""
    comments: tuple[bytes, ...] | None = None
    """In their order."""
    others: tuple[bytes, ...] | None = None
    """Whole segments that programs and cameras add, in their order."""
    gain_map: bool = False
    """It tells of an HDR gain map; read, never written."""
    credentials: bool = False
    """It has Content Credentials (C2PA); read, never written."""


def read_payloads(data: bytes) -> Payloads:
    """Return the metadata blocks of a JPEG; of several of a kind that stands alone, the first that says anything.

    A profile whose numbered pieces do not make a whole is left out, with a note.

    Raises:
        UnreadableImage: not a JPEG, or truncated before its first scan.
    """
    found: dict[str, list[bytes]] = {}
    others: list[bytes] = []
    for seg in segments(data, header_only=True):
        kind, prefix = _kind(seg, data)
        if kind == "other":
            others.append(data[seg.start : seg.end])
            continue
        found.setdefault(kind, []).append(data[seg.payload + len(prefix) : seg.end])

    photoshop = b"".join(found.get("photoshop", ()))

    def first(kind: str) -> bytes | None:
        return next((body for body in found.get(kind, ()) if body), None)

    return Payloads(
        exif=first("exif"),
        icc=_profile(found.get("icc", [])),
        xmp=first("xmp"),
        extended=tuple(found.get("extended", ())) or None,
        iptc=resources.first(photoshop, resources.IPTC) or None,
        photoshop=resources.without_iptc(photoshop) or None,
        dpi=next((dpi for body in found.get("jfif", ()) if (dpi := _density(body)) is not None), None),
        comments=tuple(body for body in found.get("comment", ()) if body) or None,
        others=tuple(others) or None,
        gain_map="gain map" in found,
        credentials=any(b"c2pa" in body for body in found.get("boxes", ())),
    )


def with_payloads(data: bytes, payloads: Payloads) -> bytes:
    """Return a JPEG with these metadata blocks in place of its own; a block that is None stays as it was.

    The JFIF header comes first and tells a density only: thumbnails, which are another picture's, go, and so do gain
    map, boxes and what else would not be true of other pixels.

    Raises:
        ValueError: a block is too long for its segment (EXIF 65,527 bytes, XMP 65,504).
    """
    fresh = dict(_fresh(payloads))
    kept: list[bytes] = []
    jfif = b""
    *head, scan = segments(data, header_only=True)
    for seg in head:
        kind, prefix = _kind(seg, data)
        if kind == "jfif":
            jfif = jfif or jfif_segment(data[seg.payload + len(prefix) : seg.end], payloads.dpi)
        elif kind not in _FALSE and kind not in fresh:
            kept.append(data[seg.start : seg.end])
    return b"".join((b"\xff\xd8", jfif, *fresh.values(), *kept, data[scan.start :]))


def with_size(data: bytes, height: int, width: int) -> bytes:
    """Return a JPEG whose frame header says another size: crops rows and columns within the last MCU."""
    for seg in segments(data):
        if seg.marker in {0xC0, 0xC1, 0xC2}:
            at = seg.payload + 1
            return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
    raise ValueError("this JPEG has no frame header")


def jfif_segment(like: bytes = b"", dpi: tuple[float, float] | None = None) -> bytes:
    """Return a JFIF header (ITU-T T.871) without a thumbnail.

    Its density is in dots per inch where they are given, else that of another header's payload (`like`, without its
    name), else 1:1.
    """
    unit, across, down = struct.unpack_from(">BHH", like, 2) if len(like) >= 7 else (0, 1, 1)
    if dpi is not None and all(0.5 <= value < 65535.5 for value in dpi):
        unit, across, down = 1, round(dpi[0]), round(dpi[1])
    if unit > 2 or not across or not down:
        unit, across, down = 0, 1, 1
    return struct.pack(">BBH5s3B2H2B", 0xFF, APP0, 16, JFIF, 1, 1, unit, across, down, 0, 0)


def _kind(seg: Segment, data: bytes) -> tuple[str, bytes]:
    """Name the metadata that a segment holds, empty for others, and the bytes that say so."""
    return next(
        (
            (kind, prefix)
            for marker, prefix, kind in _KINDS
            if seg.marker == marker and data.startswith(prefix, seg.payload, seg.end)
        ),
        ("", b""),
    )


def _fresh(payloads: Payloads) -> Iterator[tuple[str, bytes]]:
    """Yield kind and segments of every block that is given; an empty block yields no segment."""
    if payloads.exif is not None:
        yield "exif", _packed(APP1, _EXIF, payloads.exif)
    if payloads.xmp is not None:
        yield "xmp", _packed(APP1, _XMP, payloads.xmp)
    if payloads.icc is not None:
        yield "icc", _icc_segments(payloads.icc)
    if payloads.extended is not None:
        yield "extended", b"".join(_packed(APP1, _EXTENDED, piece) for piece in payloads.extended)
    if payloads.photoshop is not None or payloads.iptc is not None:
        block = payloads.photoshop or b""
        block += resources.resource(resources.IPTC, payloads.iptc) if payloads.iptc else b""
        yield "photoshop", b"".join(_photoshop_segments(block))
    if payloads.others is not None:
        yield "other", b"".join(payloads.others)
    if payloads.comments is not None:
        yield "comment", b"".join(_packed(COM, b"", comment) for comment in payloads.comments)


def _packed(marker: int, prefix: bytes, block: bytes) -> bytes:
    """Return one segment, or nothing for an empty block."""
    if not block:
        return b""
    if len(prefix) + len(block) > _ROOM:
        raise ValueError(f"a metadata block of {len(block)} bytes does not fit a JPEG segment")
    return struct.pack(">BBH", 0xFF, marker, len(prefix) + len(block) + 2) + prefix + block


def _photoshop_segments(block: bytes) -> Iterator[bytes]:
    """Yield the segments of Photoshop's resources; long ones run on from one segment to the next."""
    step = _ROOM - len(_PHOTOSHOP)
    return (_packed(APP13, _PHOTOSHOP, block[at : at + step]) for at in range(0, len(block), step))


def _icc_segments(profile: bytes) -> bytes:
    """Return the numbered segments of an ICC profile."""
    step = _ROOM - len(_ICC) - 2
    parts = [profile[at : at + step] for at in range(0, len(profile), step)]
    numbered = ((bytes([i, len(parts)]), part) for i, part in enumerate(parts, start=1))
    return b"".join(_packed(APP2, _ICC + number, part) for number, part in numbered)


def _profile(pieces: Sequence[bytes]) -> bytes | None:
    """Return the ICC profile whose pieces (number, count, bytes) these are, in any order (ICC.1:2022, annex B.4)."""
    parts = sorted(dict.fromkeys(pieces))
    if not parts:
        return None
    heads = [tuple(part[:2]) for part in parts]
    whole = b"".join(part[2:] for part in parts)
    if heads != [(number, len(parts)) for number in range(1, len(parts) + 1)] or not whole:
        notes.note("the ICC profile is in pieces that do not make a whole, and was left out")
        return None
    return whole


def _density(body: bytes) -> tuple[float, float] | None:
    """Return dots per inch of a JFIF header (without its name), None where it gives only an aspect ratio."""
    if len(body) < 7:
        return None
    unit, across, down = struct.unpack_from(">BHH", body, 2)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return (across * scale, down * scale) if scale and across and down else None
