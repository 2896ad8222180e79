"""EXIF, XMP, IPTC and resolution: from any file, made ready for any file."""

from dataclasses import dataclass, replace

from rechroma import notes
from rechroma.image import claims, exif, exif_edits, provenance
from rechroma.image.exif_edits import Stored
from rechroma.image.orientation import swaps_sides
from rechroma.image.provenance import Provenance
from rechroma.image.xmp import TIFF, Packet

SEGMENT_ROOM = 65_480
"""Bytes of a metadata block that surely fit a JPEG segment beside the block's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a picture carries beside its samples; empty bytes where there is none."""

    exif: bytes = b""
    """A TIFF structure, from its byte-order mark on."""
    xmp: bytes = b""
    """An XMP packet."""
    iptc: bytes = b""
    """IPTC-IIM records."""
    comments: tuple[bytes, ...] = ()
    """A JPEG's comments."""
    dpi: tuple[float, float] | None = None
    """Dots per inch, across and down."""
    chunks: tuple[bytes, ...] = ()
    """A PNG's chunks of text, time and scale, whole, as another PNG carries them."""


def carried(blocks: Metadata, made: Provenance | None, stored: Stored) -> Metadata:
    """Return the blocks of a result: what is still true of its picture's, and how it was made."""
    packet = blocks.xmp or exif.xmp(blocks.exif)
    dpi = blocks.dpi
    return replace(
        blocks,
        exif=exif_edits.true_of(blocks.exif, stored),
        xmp=xmp_of_result(packet, made, upright=stored.turned_from != 1),
        dpi=(dpi[1], dpi[0]) if dpi is not None and swaps_sides(stored.turned_from) else dpi,
    )


def xmp_of_result(packet: bytes, made: Provenance | None, *, upright: bool) -> bytes:
    """Return a result's XMP: what its picture's packet says and is still true, and how it was made.

    The orientation is 1 where the picture was made `upright`. A packet to which there is nothing to do comes back as
    it was; one that is no XMP is left out, with a note.
    """
    if not packet and made is None:
        return b""
    try:
        read = Packet(packet)
    except ValueError as error:
        notes.note(f"the XMP packet was left out: {error}")
        read, packet = Packet(), b""
    claims.drop(read)
    if upright and read.text(f"{{{TIFF}}}Orientation") is not None:
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


def within_segments(blocks: Metadata, made: Provenance | None) -> Metadata:
    """Return the blocks without those that are too long for a JPEG's segments, with a warning for each.

    Of too long an XMP packet the provenance alone is left.
    """
    instead = xmp_of_result(b"", made, upright=False)
    return Metadata(
        exif=_fitting("EXIF", blocks.exif),
        xmp=_fitting("XMP", blocks.xmp, instead),
        iptc=_fitting("IPTC", blocks.iptc),
        comments=blocks.comments,  # a segment holds more than came out of one
        dpi=blocks.dpi,
    )


def _fitting(name: str, block: bytes, instead: bytes = b"") -> bytes:
    """Return a block that fits a segment, or what stands instead."""
    if len(block) <= SEGMENT_ROOM:
        return block
    notes.note(f"the {name} block of {len(block)} bytes was left out: a JPEG holds {SEGMENT_ROOM}")
    return instead
