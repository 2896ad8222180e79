"""What a result's file says of how it was made; reads headers only, decodes no pixels."""

import contextlib
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from rechroma import jpeg, notes
from rechroma.errors import UnreadableImage
from rechroma.image import exif, png_chunks, provenance
from rechroma.image.provenance import Provenance

_JPEG_HEAD = 8 << 20
"""Bytes of a JPEG in which its metadata are looked for; a packet has 64 KB at most and stands near the beginning."""


def read_provenance(source: Path | str | bytes) -> Provenance | None:
    """Return how a result was made, by its file's own words: a path or the bytes of a JPEG, PNG, TIFF or WebP.

    None for what says nothing of it: another program's file, one without provenance, a damaged or a missing one.
    Results of older versions have no `settings`.
    """
    if isinstance(source, bytes):
        return _of(source)
    try:
        with Path(source).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return _of(cast("bytes", whole))  # it is read like bytes, but only where it is looked at
    except (OSError, ValueError):  # an empty file cannot be mapped
        return None


def _of(file: bytes) -> Provenance | None:
    """Return the provenance in a file."""
    with contextlib.suppress(UnreadableImage, struct.error, IndexError, ValueError):
        return provenance.read(packet_of(file))
    return None


def packet_of(file: bytes) -> bytes:
    """Return the XMP packet of a JPEG, PNG, TIFF or WebP; empty where there is none.

    Raises:
        UnreadableImage: a damaged JPEG.
    """
    if file[:2] == b"\xff\xd8":
        with notes.collected():  # what is wrong with it otherwise does not matter here
            return jpeg.read_payloads(file[:_JPEG_HEAD]).xmp or b""
    if file[:8] == png_chunks.SIGNATURE:
        return png_chunks.xmp_of(file)
    if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
        return next((body for name, body in webp_chunks(file) if name == b"XMP "), b"")
    tags = exif.parse(file).main
    return tags[exif.XMP].value if exif.XMP in tags else b""


def webp_chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of the chunks of a WebP other than its samples."""
    at = 12
    while at + 8 <= len(file):
        name, size = file[at : at + 4], struct.unpack_from("<I", file, at + 4)[0]
        if name not in {b"VP8 ", b"VP8L", b"ALPH", b"ANMF"}:
            yield name, file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
