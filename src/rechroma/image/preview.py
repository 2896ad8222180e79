"""Copies of pictures to be looked at: small JPEGs for a page, and gray JPEGs of color photographs for the demo."""

import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rechroma import notes
from rechroma.image import png, provenance
from rechroma.image.metadata import Metadata
from rechroma.image.picture import luma, screen_pixels
from rechroma.image.planes import encode_gray
from rechroma.image.profile import srgb_profile
from rechroma.image.provenance import Provenance
from rechroma.image.reading import read
from rechroma.image.xmp import Packet

QUALITY = 85


@dataclass(frozen=True, slots=True)
class Preview:
    """A small JPEG."""

    size: tuple[int, int]
    """Height and width in pixels."""
    jpeg: bytes
    """The file."""


def preview_of(path: Path, long_side: int) -> Preview:
    """Make a preview whose sides are at most `long_side` pixels; EXIF orientation is applied, alpha is dropped.

    Raises:
        UnreadableImage: no picture that can be read.
    """
    with notes.collected():  # told already when the picture was read to be colored
        picture = read(path, max_megapixels=math.inf)
        pixels = screen_pixels(picture, long_side)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, optimize=True)
    return Preview((pixels.shape[0], pixels.shape[1]), file.getvalue())


def screen_png(pixels: NDArray[np.uint8]) -> bytes:
    """Give the PNG file of pixels (h, w, 4) uint8, sRGB with alpha."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def labelled_png(file: bytes, made: Provenance) -> bytes:
    """Give a PNG, such as `screen_png` gives, that says how it was made."""
    packet = Packet()
    provenance.add(made, packet)
    return png.with_metadata(file, Metadata(xmp=packet.encoded()), srgb_profile())


def gray_jpeg(path: Path, *, quality: int) -> bytes:
    """Give a picture without its colors as a one-component JPEG, upright, without metadata.

    Raises:
        UnreadableImage, TooLarge: no picture that can be read.
    """
    return encode_gray(luma(read(path)), quality, progressive=False)
