"""PNG's texts and JPEG's comments, for results of other formats: as XMP properties where these are not told yet."""

import re
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from rechroma import notes
from rechroma.image import png_chunks
from rechroma.image.metadata import Metadata
from rechroma.image.xmp import XMP, Form, Packet

_DC = "http://purl.org/dc/elements/1.1/"
_USER_COMMENT = "{http://ns.adobe.com/exif/1.0/}UserComment"
_PROPERTIES: MappingProxyType[str, tuple[str, Form]] = MappingProxyType(
    {
        "title": (f"{{{_DC}}}title", "Alt"),
        "author": (f"{{{_DC}}}creator", "Seq"),
        "description": (f"{{{_DC}}}description", "Alt"),
        "copyright": (f"{{{_DC}}}rights", "Alt"),
        "source": (f"{{{_DC}}}source", "Text"),
        "software": (f"{{{XMP}}}CreatorTool", "Text"),
        "creation time": ("{http://ns.adobe.com/photoshop/1.0/}DateCreated", "Text"),
        "comment": (_USER_COMMENT, "Alt"),
    }
)
"""Where PNG's own keywords (third edition, table 21) belong, in small letters: programs write them as they like."""
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d.*)?)?)?")


def as_properties(blocks: Metadata, file_format: str) -> Metadata:
    """Return what a picture carries with its texts where a result of this format, no PNG, has a place for them.

    Comments stay comments in a JPEG. Texts under keywords of other programs are left out, with a note.
    """
    found = png_chunks.texts(blocks.chunks)
    comments = blocks.comments
    if file_format == "jpeg":
        comments += tuple(value.encode() for keyword, value in found if keyword.lower() == "comment")
        found = [(keyword, value) for keyword, value in found if keyword.lower() != "comment"]
    else:
        found += [("Comment", _decoded(comment)) for comment in comments]
        comments = ()
    time = png_chunks.time_of(blocks.chunks)
    left = sorted({keyword for keyword, value in found if not _has_place(keyword, value)})
    if left:
        notes.note(
            f"the texts {', '.join(left)} of this PNG have no place in a {file_format} and were left out"
        )
    placed = [(keyword, value) for keyword, value in found if keyword not in left]
    return replace(blocks, xmp=_with(blocks.xmp, placed, time), comments=comments, chunks=())


def _has_place(keyword: str, value: str) -> bool:
    """Say whether XMP has a property for a text."""
    name = keyword.lower()
    return name in _PROPERTIES and (name != "creation time" or _DATE.fullmatch(value) is not None)


def _with(packet: bytes, placed: Iterable[tuple[str, str]], time: str) -> bytes:
    """Return a packet with properties that it does not have yet."""
    values: dict[tuple[str, Form], str] = {(f"{{{XMP}}}ModifyDate", "Text"): time} if time else {}
    for keyword, value in placed:
        place = _PROPERTIES[keyword.lower()]
        before = values.get(place)
        values[place] = value if before is None else f"{before}\n{value}"
    if not values:
        return packet
    try:
        read = Packet(packet)
    except ValueError:  # of which the result's own XMP will tell
        return packet
    for (name, form), value in values.items():
        if not read.has(name):
            read.set_as(name, form, _printable(value))
    return read.encoded() if read.changed else packet


def _decoded(comment: bytes) -> str:
    """Return a comment as text; what is no UTF-8 counts as Latin-1."""
    try:
        return comment.rstrip(b"\x00").decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("latin-1")


def _printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe") or c > "\uffff"
    )
