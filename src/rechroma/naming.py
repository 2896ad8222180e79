"""Names of result files, and the formats that their suffixes mean; pure."""

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
BECOME_PNG = frozenset({".bmp", ".pbm", ".pgm", ".pnm", ".ppm"})
"""Pictures in formats that are read and not written: their results become PNGs."""


def format_of(name: str) -> Format | None:
    """Give the format that a file name's suffix means; None for a suffix that means none of ours."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def target_name(name: str, format: Format = "same") -> str:  # noqa: A002 - the option's name
    """Name the result of a picture: portrait.jpg -> portrait.color.jpg; the suffix follows the format."""
    path = PurePath(name)
    if format == "same":
        format = "jpeg" if path.suffix.lower() in BECOME_JPEG else format_of(name) or "png"  # noqa: A001
    keeps = format_of(name) == format
    suffix = path.suffix if keeps else next(suffix for suffix, known in SUFFIXES.items() if known == format)
    return f"{path.stem}{MARK}{suffix}"
