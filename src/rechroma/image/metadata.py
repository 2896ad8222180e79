"""EXIF, XMP, IPTC and resolution: from any file, made ready for any file."""

from dataclasses import dataclass, replace

from rechroma import notes
from rechroma.image import claims, exif, exif_edits, provenance, regions
from rechroma.image.exif_edits import Stored
from rechroma.image.orientation import swaps_sides
from rechroma.image.provenance import Provenance
from rechroma.image.xmp import NOTE, TIFF, Packet
from rechroma.jpeg import Payloads, extended, resources

SEGMENT_ROOM = 65_480
"""Bytes of a metadata block that surely fit a JPEG segment beside the block's name."""

_EXIF_ROOM = 65_527
"""Bytes of an EXIF block that fit a JPEG segment."""
_ROOM_FOR_NAME = 200
"""Bytes in which a packet names its extension."""
_EXTENDED = f"{{{NOTE}}}HasExtendedXMP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a picture carries beside its samples; empty bytes where there is none."""

    exif: bytes = b""
    """A TIFF structure, from its byte-order mark on."""
    xmp: bytes = b""
    """An XMP packet."""
    iptc: bytes = b""
    """IPTC-IIM records."""
    photoshop: bytes = b""
    """Photoshop's image resources."""
    comments: tuple[bytes, ...] = ()
    """A JPEG's comments."""
    dpi: tuple[float, float] | None = None
    """Dots per inch, across and down."""
    segments: tuple[bytes, ...] = ()
    """Segments of a JPEG that programs and cameras add, whole, as another JPEG carries them."""
    chunks: tuple[bytes, ...] = ()
    """A PNG's chunks of text, time and scale, whole, as another PNG carries them."""
    left_behind: tuple[str, ...] = ()
    """Notes on parts of its file that a result does not have."""


def carried(blocks: Metadata, made: Provenance | None, stored: Stored) -> Metadata:
    """Return the blocks of a result: what is still true of its picture's, and how it was made."""
    for note in blocks.left_behind:
        notes.note(note)
    packet = blocks.xmp or exif.xmp(blocks.exif)
    dpi = blocks.dpi
    turned = stored.turned_from != 1
    return replace(
        blocks,
        exif=exif_edits.true_of(blocks.exif, stored),
        xmp=xmp_of_result(packet, made, turned_from=stored.turned_from),
        photoshop=resources.kept(blocks.photoshop, turned=turned),
        dpi=(dpi[1], dpi[0]) if dpi is not None and swaps_sides(stored.turned_from) else dpi,
    )


def xmp_of_result(packet: bytes, made: Provenance | None, *, turned_from: int = 1) -> bytes:
    """Return a result's XMP: what its picture's packet says and is still true, and how it was made.

    Of a picture that was turned upright the orientation is 1, and regions are turned too. A packet to which there is
    nothing to do comes back as it was; one that is no XMP is left out, with a note.
    """
    if not packet and made is None:
        return b""
    try:
        read = Packet(packet)
    except ValueError as error:
        notes.note(f"the XMP packet was left out: {error}")
        read, packet = Packet(), b""
    claims.drop(read)
    if turned_from != 1:
        regions.turn(read, turned_from)
        if read.text(f"{{{TIFF}}}Orientation") is not None:
            read.set(f"{{{TIFF}}}Orientation", "1")
    if made is not None:
        provenance.add(made, read)
    return read.encoded() if read.changed else packet


def within_exif(blocks: Metadata) -> bytes:
    """Return the EXIF block with IPTC and resolution inside, for formats that have no other place for them."""
    new = []
    if blocks.iptc:
        new.append(exif.Entry(exif.IPTC, 7, len(blocks.iptc), blocks.iptc))
    if blocks.dpi is not None and exif.dots_per_inch(blocks.exif) is None:
        new += exif.resolution_entries(blocks.dpi, exif.byte_order(blocks.exif) or "<")
    return exif.with_entries(blocks.exif, *new) if new else blocks.exif


def within_segments(blocks: Metadata, icc: bytes) -> Payloads:
    """Return the blocks as a JPEG holds them, with a profile; too long an EXIF block is left out, with a note."""
    block = blocks.exif
    if len(block) > _EXIF_ROOM:
        notes.note(f"the EXIF block of {len(block)} bytes was left out: a JPEG holds {_EXIF_ROOM}")
        block = b""
    packet, rest = _split(blocks.xmp)
    return Payloads(
        exif=block,
        icc=icc,
        xmp=packet,
        extended=tuple(extended.pieces(rest)),
        iptc=blocks.iptc,
        photoshop=blocks.photoshop,
        others=blocks.segments,
        dpi=blocks.dpi,
        comments=blocks.comments,  # a segment holds more than came out of one
    )


def joined_xmp(payloads: Payloads) -> bytes:
    """Return the XMP packet of a JPEG, that which did not fit its segment included; empty without one."""
    packet = payloads.xmp or b""
    if not payloads.extended or _EXTENDED.partition("}")[2].encode() not in packet:
        return packet
    try:
        main = Packet(packet)
        rest = extended.joined(payloads.extended, main.text(_EXTENDED) or "")
        if rest is None:
            raise ValueError("it is not whole")
        main.absorb(Packet(rest))
    except ValueError as error:
        notes.note(f"the part of the XMP packet that did not fit its segment was left out: {error}")
        return packet
    main.remove([_EXTENDED])
    return main.encoded()


def _split(packet: bytes) -> tuple[bytes, bytes]:
    """Return a packet, or what of it fits a segment and the rest."""
    if len(packet) <= SEGMENT_ROOM:
        return packet, b""
    main = Packet(packet)
    rest = main.split(SEGMENT_ROOM - _ROOM_FOR_NAME).encoded()
    main.set(_EXTENDED, extended.digest(rest))
    return main.encoded(), rest
