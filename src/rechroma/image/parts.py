"""Parts of a file, beside its first picture and its metadata, that a result does not have."""

import struct
from collections.abc import Iterator

from rechroma.image import claims, exif, png_chunks
from rechroma.image.recorded import webp_chunks
from rechroma.jpeg import Payloads

_HEAD = 1 << 20
"""Bytes of an AVIF or HEIC in which its boxes are looked for."""
_MOST_BOXES = 100
_IN_BOXES = (
    (b"uuid\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81", claims.CREDENTIALS),
    (b"tmap", claims.GAIN_MAP),
    (b"aux:hdrgainmap", claims.GAIN_MAP),
    (b"urn:mpeg:hevc:2015:auxid:2\x00", claims.OTHER_PARTS),
    (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", claims.OTHER_PARTS),
)
"""What names a part among the boxes of an AVIF or HEIC."""
_LAYERS = "the layers of this Photoshop file were left out: they hold the picture without colors"
_IN_TAGS = ((37724, _LAYERS), (52545, claims.CREDENTIALS))


def of_jpeg(payloads: Payloads) -> tuple[str, ...]:
    """Return a note for every part of a JPEG that a result of it does not have."""
    found = ((payloads.gain_map, claims.GAIN_MAP), (payloads.credentials, claims.CREDENTIALS))
    return tuple(note for there, note in found if there)


def of_file(file: bytes) -> tuple[str, ...]:
    """Return a note for every part of a PNG, WebP, TIFF, AVIF or HEIC that a result of it does not have."""
    return tuple(dict.fromkeys(_notes(file)))


def _notes(file: bytes) -> Iterator[str]:
    if file.startswith(png_chunks.SIGNATURE):
        yield from (claims.CREDENTIALS for name, _, _ in png_chunks.chunks(file) if name == b"caBX")
    elif file[:4] == b"RIFF":
        yield from (claims.CREDENTIALS for name, _ in webp_chunks(file) if name == b"C2PA")
    elif file[4:8] == b"ftyp":
        head = file[:_HEAD].partition(b"mdat")[0]
        yield from (note for name, note in _IN_BOXES if name in head)
        if _last_box(file) == b"mpvd":
            yield claims.VIDEO
    else:
        tags = exif.parse(file).main
        yield from (note for tag, note in _IN_TAGS if tag in tags)


def _last_box(file: bytes) -> bytes:
    """Return the name of the last box of an AVIF or HEIC."""
    at, name = 0, b""
    for _ in range(_MOST_BOXES):
        if at + 8 > len(file):
            break
        name = file[at + 4 : at + 8]
        size = struct.unpack_from(">I", file, at)[0]
        if size < 8:  # it runs to the end of the file, or its length has 64 bits
            break
        at += size
    return name
