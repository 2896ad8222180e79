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
READ = frozenset(SUFFIXES) | BECOME_JPEG | BECOME_PNG
"""What is taken for a picture in a folder; a file that is named outright is tried whatever its suffix."""
NEVER_WRITTEN = (
    BECOME_JPEG
    | BECOME_PNG
    | {".ico", ".jxl", ".pdf", ".psd", ".svg", ".tga"}
    | {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".raw", ".rw2"}
)
"""Suffixes that mean a picture, of formats in which no result is written."""
HINTS = ".hints.json"
"""After the stem of a picture: what a person marked on it."""
_NAME_BYTES = 255
"""That file systems hold of a name."""
_RESULT = re.compile(rf"(.+){re.escape(MARK)}(?:\.\d+|\.uncertainty|\.doubt)?")
"""The last is what uncertainty was once called."""
_ENDS = re.compile(r"(?<=[^/\\. ])[. ]+(?=[/\\]|$)")
"""What Windows, and Linux on a disk of its, drops from the end of a name."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever the suffix."""


def format_of(name: str) -> Format | None:
    """Give the format that a file name's suffix means; None for a suffix that means none of ours."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def safe_name(name: str | None, *, otherwise: str = "picture") -> str:
    """Give the last part of a name that somebody else chose, fit to be a file's name on any system.

    Folders, control characters and those that some system forbids go; 120 characters are kept, the suffix among them.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name or ""))[-1]
    kept = "".join("_" if c in '<>:"|?*' else c for c in last if c.isprintable()).strip(". ")
    path = PurePath(f"_{kept}" if _RESERVED.fullmatch(kept) else kept or otherwise)
    suffix = path.suffix[:12]
    return path.stem[: 120 - len(suffix)] + suffix


def target_name(name: str, format: Format = "same") -> str:  # noqa: A002 - the option's name
    """Name the result of a picture: portrait.jpg -> portrait.color.jpg; the suffix follows the format.

    A stem that leaves no room for the mark is cut.
    """
    path = PurePath(name)
    if format == "same":
        format = "jpeg" if path.suffix.lower() in BECOME_JPEG else format_of(name) or "png"  # noqa: A001
    keeps = format_of(name) == format
    suffix = path.suffix if keeps else next(suffix for suffix, known in SUFFIXES.items() if known == format)
    return _fitted(path.stem, f"{MARK}{suffix}")


def beside_name(target: str, ending: str) -> str:
    """Name what lies beside a result: portrait.color.jpg and uncertainty.png -> portrait.color.uncertainty.png."""
    stem = PurePath(target).stem
    mark = MARK if stem.endswith(MARK) else ""
    return _fitted(stem.removesuffix(mark), f"{mark}.{ending}")


def hints_name(name: str) -> str:
    """Name the hints file that lies beside a picture: portrait.jpg -> portrait.hints.json."""
    return f"{PurePath(name).stem}{HINTS}"


def colored_stem(stem: str) -> str | None:
    """Give the stem of the picture that a result, or what lies beside one, was named after: portrait.color.2.

    None for the stem of anything else.
    """
    match = _RESULT.fullmatch(stem)
    return match[1] if match else None


def folded(path: str) -> str:
    """Give what paths have in common that some disks take for one: case, forms of accents, dots and spaces at ends."""
    same = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    same = _ENDS.sub("", same)
    return path if same == path else same  # one string for both takes half of the memory


def _fitted(stem: str, ending: str) -> str:
    """Join stem and ending; where no file system holds the name, the stem is cut."""
    kept = stem.encode("utf-8", "surrogateescape")
    room = _NAME_BYTES - len(ending.encode())
    return (stem if len(kept) <= room else kept[:room].decode("utf-8", "ignore")) + ending
