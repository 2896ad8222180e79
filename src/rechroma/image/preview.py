"""Copies of pictures to be looked at: small JPEGs for a page, and gray JPEGs of color photographs for the demo."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from rechroma.errors import UnreadableImage

QUALITY = 85


@dataclass(frozen=True, slots=True)
class Preview:
    """A small JPEG."""

    size: tuple[int, int]
    """Height and width in pixels."""
    jpeg: bytes
    """The file."""


def preview(path: Path, long_side: int) -> Preview:
    """Make a preview whose sides are at most `long_side` pixels; EXIF orientation is applied, alpha is dropped.

    Raises:
        UnreadableImage: no picture that can be read.
    """
    try:
        with Image.open(path) as opened:
            opened.draft("RGB" if opened.mode in {"RGB", "YCbCr"} else "L", (long_side, long_side))
            screen = _eight_bit(opened)
            screen.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=2)
            upright = ImageOps.exif_transpose(screen)
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"{path} cannot be shown: {error}") from error
    file = BytesIO()
    upright.convert("RGB").save(file, "JPEG", quality=QUALITY, optimize=True)
    return Preview((upright.height, upright.width), file.getvalue())


def gray_jpeg(path: Path, *, quality: int) -> bytes:
    """Give a picture without its colors as a one-component JPEG, without metadata.

    Raises:
        UnreadableImage: no picture that can be read.
    """
    file = BytesIO()
    try:
        with Image.open(path) as opened:
            opened.convert("L").save(file, "JPEG", quality=quality, exif=b"")
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"{path} cannot be read: {error}") from error
    return file.getvalue()


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Bring 16-bit gray and palettes to a mode that can be resized."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.convert("I").point(lambda value: value / 257).convert("L")
    if picture.mode in {"1", "P", "PA", "F"}:
        return picture.convert("L" if picture.mode == "1" else "RGB")
    picture.load()
    return picture
