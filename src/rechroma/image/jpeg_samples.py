"""The samples of a JPEG, as stored: 8 bits as small as will do, 12 bits of gray whole."""

import io
import struct
from typing import Literal

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from rechroma import jpeg, notes
from rechroma.errors import UnreadableImage
from rechroma.image import exif
from rechroma.image.decoding import DAMAGE
from rechroma.image.opening import open_file

MOST_SCANS = 32
"""Scans a component: encoders make up to 10 for three components, their exhaustive searches about 25, and every one
walks over the whole picture, however short it is."""


def refusal(info: jpeg.JpegInfo) -> str | None:
    """Say why no decoder at hand reads a JPEG, and what to do about it; None where one should."""
    colors = len(info.components)
    rules = (
        (info.process == "hierarchical", "its coding is hierarchical"),
        (info.height == 0, "nothing in it tells its height"),
        (colors not in {1, 3, 4}, f"it has {colors} components; accepted: 1, 3 or 4"),
        (
            info.precision != 8 and (info.precision, colors) != (12, 1),
            f"it has {info.precision} bits a sample and {colors} components; accepted: 8 bits, or 12 bits of gray",
        ),
        (
            info.scans > MOST_SCANS * colors,
            f"it has {info.scans} scans; accepted: {MOST_SCANS} a component, as every scan costs as much as a picture",
        ),
    )
    return next(
        (f"{why}; save it anew, as PNG or TIFF for all its bits" for wrong, why in rules if wrong), None
    )


def decode(
    data: bytes, info: jpeg.JpegInfo, mode: Literal["L", "RGB"], shrink: int, *, damage: list[str]
) -> NDArray[np.uint8]:
    """Decode a JPEG, divided by 1, 2, 4 or 8 in the DCT: (h, w) uint8 for "L", else (h, w, 3).

    Damage that a decoder can pass over is noted, and added to `damage`.

    Raises:
        UnreadableImage: damaged beyond that.
    """
    plain = jpeg.bare(data, info)
    if info.process == "lossless":
        return _decode_lossless(plain, info, mode, shrink)
    try:
        pixels = _decode_fast(plain, info, mode, shrink, damage)
    except ValueError as error:  # unusual sampling factors, which only Pillow passes on to the same decoder
        pixels = _decode_by_pillow(plain, mode, shrink, error)
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def decode_12_bits(data: bytes, info: jpeg.JpegInfo) -> NDArray[np.uint16]:
    """Decode a gray JPEG of 12 bits a sample: (H, W) uint16 over its whole range.

    The one decoder at hand that reads it is that of TIFF files, which may hold such a JPEG as it is.

    Raises:
        UnreadableImage: damaged.
    """
    plain = jpeg.bare(data, info)
    plain += b"\x00" * (len(plain) % 2)
    values = {256: info.width, 257: info.height, 258: 12, 259: 7, 262: 1, 273: 8, 277: 1, 278: info.height}
    values[279] = len(plain)
    rows = {tag: exif.Entry(tag, 4, 1, struct.pack("<I", value)) for tag, value in values.items()}
    at = 8 + len(plain)
    file = b"II*\x00" + struct.pack("<I", at) + plain + exif.pack_directory(rows, at, "<")
    try:
        samples: NDArray[np.uint16] = np.asarray(open_file(file)).astype(np.uint16)
    except DAMAGE as error:
        raise UnreadableImage(f"this JPEG of 12 bits a sample cannot be decoded: {error}") from error
    return samples << np.uint16(4) | samples >> np.uint16(8)


def _decode_fast(
    plain: bytes, info: jpeg.JpegInfo, mode: str, shrink: int, damage: list[str]
) -> NDArray[np.uint8]:
    """Decode a JPEG as small as it goes above a size: (h, w, 1 or 3) uint8."""
    least = (0, 0) if shrink == 1 else (-(-info.height // shrink), -(-info.width // shrink))
    space = "GRAY" if mode == "L" else mode
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            plain, space, min_height=least[0], min_width=least[1]
        )
    except ValueError as error:
        pixels = simplejpeg.decode_jpeg(plain, space, min_height=least[0], min_width=least[1], strict=False)
        damage.append(str(error))
        notes.note(f"this JPEG is damaged in places: {error}")
    return pixels


def _decode_by_pillow(plain: bytes, mode: str, shrink: int, failure: ValueError) -> NDArray[np.uint8]:
    """Decode a JPEG at which the usual decoder failed: (h, w) or (h, w, 3) uint8."""
    try:
        image = JpegImageFile(io.BytesIO(plain))
        size = (-(-image.width // shrink), -(-image.height // shrink))
        image.draft(mode, (max(1, image.width // shrink), max(1, image.height // shrink)))
        small = image.convert(mode)
        return np.asarray(small if small.size == size else small.resize(size, Image.Resampling.BOX))
    except DAMAGE as error:
        raise UnreadableImage(f"this JPEG cannot be decoded: {failure}") from error


def _decode_lossless(plain: bytes, info: jpeg.JpegInfo, mode: str, shrink: int) -> NDArray[np.uint8]:
    """Decode a JPEG without DCT whole, and reduce it: simplejpeg writes past its end where it is asked to divide."""
    space = "GRAY" if len(info.components) == 1 else "RGB"
    try:
        pixels = simplejpeg.decode_jpeg(plain, space, strict=False)
    except ValueError as error:
        raise UnreadableImage(f"this JPEG cannot be decoded: {error}") from error
    image = Image.fromarray(pixels[..., 0] if space == "GRAY" else pixels).convert(mode)
    return np.asarray(image if shrink == 1 else image.reduce(shrink))
