"""Answers that are files: their type and the name under which a browser saves them."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse

from rechroma.naming import safe_name, target_name
from rechroma.server.statuses import Responses
from rechroma.types import Format

MEDIA_TYPES: dict[Format, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webp": "image/webp",
}
NOTES = "Rechroma-Notes"
"""Header with what to know of a picture, percent-encoded where it is not plain ASCII."""
_BEGINNINGS: dict[bytes, Format] = {
    b"\xff\xd8": "jpeg",
    b"\x89PNG": "png",
    b"II": "tiff",
    b"MM": "tiff",
    b"RIFF": "webp",
}
RESULT: Responses = {
    200: {
        "description": "The colored picture's file",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
        },
    }
}
"""How the documentation describes a route that answers with a result."""


def format_of_result(data: bytes) -> Format:
    """Tell the format of a file that we wrote, by its first bytes."""
    return next(name for beginning, name in _BEGINNINGS.items() if data.startswith(beginning))


def result(data: bytes, name: str | None, *, notes: Sequence[str] = ()) -> Response:
    """Answer with a result; `name` is the picture's, as the client gave it."""
    kind = format_of_result(data)
    headers = {"Content-Disposition": attachment(target_name(safe_name(name), kind))}
    if notes:
        headers[NOTES] = quote("; ".join(notes), safe=" ,;:.()/'")
    return Response(data, media_type=MEDIA_TYPES[kind], headers=headers)


def stored_result(path: Path, name: str | None, kind: Format) -> Response:
    """Answer with a result that lies in a file, piece by piece."""
    headers = {"Content-Disposition": attachment(target_name(safe_name(name), kind))}
    return FileResponse(path, media_type=MEDIA_TYPES[kind], headers=headers)


def attachment(name: str) -> str:
    """Write a Content-Disposition (RFC 6266, with RFC 8187 for what is not ASCII)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
