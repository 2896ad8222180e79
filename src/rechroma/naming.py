"""Names of result files, and the formats that their suffixes mean; pure."""

import re
import unicodedata
from pathlib import PurePath

from rechroma.types import Format

MARK = ".color"
"""Between stem and suffix of every result."""
SUFFIXES: dict[str, Format] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".jfif": "jpeg",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
}
"""Lower-case suffixes of the formats that results are written in; the first of a format is its own."""
BECOME_JPEG = frozenset({".avif", ".heic", ".heif"})
"""Photographs in formats that are read and not written: their results become JPEGs."""
BECOME_PNG = frozenset(
    {".bmp", ".gif", ".j2c", ".j2k", ".jp2", ".jpf", ".jpx", ".pbm", ".pgm", ".pnm", ".ppm"}
)
"""Pictures in formats that are read and not written: their results become PNGs."""


def format_of(name: str) -> Format | None:
    """Give the format that a file name's suffix means; None for a suffix that means none of ours."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def safe_name(name: str | None, *, otherwise: str = "picture") -> str:
    """Give the last part of a name that somebody else chose, fit to be a file's name on any system.

    Folders, control characters and those that some system forbids go; 120 characters are kept, the suffix among them.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name or ""))[-1]
    kept = "".join("_" if c in '<>:"|?*' else c for c in last if c.isprintable()).strip(". ")
    path = PurePath(kept or otherwise)
    suffix = path.suffix[:12]
    return path.stem[: 120 - len(suffix)] + suffix


def target_name(name: str, format: Format = "same") -> str:  # noqa: A002 - the option's name
    """Name the result of a picture: portrait.jpg -> portrait.color.jpg; the suffix follows the format."""
    path = PurePath(name)
    if format == "same":
        format = "jpeg" if path.suffix.lower() in BECOME_JPEG else format_of(name) or "png"  # noqa: A001
    keeps = format_of(name) == format
    suffix = path.suffix if keeps else next(suffix for suffix, known in SUFFIXES.items() if known == format)
    return f"{path.stem}{MARK}{suffix}"
