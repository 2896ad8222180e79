"""Anything that can be a picture to a Picture; sizes are checked before anything is decoded."""

import io
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rechroma import jpeg
from rechroma.errors import TooLarge, UnreadableImage
from rechroma.image.orientation import swaps_sides
from rechroma.image.picture import Kind, Metadata, Picture, Source

_KINDS: dict[str, Kind] = {
    "PNG": "png",
    "TIFF": "tiff",
    "WEBP": "webp",
    "BMP": "bmp",
    "PPM": "pnm",
    "AVIF": "avif",
}


def read(
    source: Path | str | bytes | BinaryIO | NDArray[Any] | Image.Image, *, max_megapixels: float = 400.0
) -> Picture:
    """Return a picture from a path, a file's bytes, a binary file, an array or a Pillow image.

    Arrays are (H, W), (H, W, 3) or (H, W, 4), uint8, uint16 or float32 in [0, 1], sRGB-encoded, RGB order.

    Raises:
        UnreadableImage: not a picture of a known kind, damaged or truncated.
        TooLarge: more than `max_megapixels`.
        MissingExtra: a HEIC file without pillow-heif.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_megapixels)
    if isinstance(source, Image.Image):
        return _from_pillow(source, "pil", "pil", max_megapixels)
    if isinstance(source, str | Path):
        return _from_bytes(_file_bytes(Path(source)), "path", max_megapixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_bytes(bytes(source), "bytes", max_megapixels)
    return _from_bytes(source.read(), "file", max_megapixels)


def _file_bytes(path: Path) -> bytes:
    """Read a file whole."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"cannot read {path}: {error.strerror or error}") from error


def check_size(height: int, width: int, max_megapixels: float) -> None:
    """Refuse a picture with too many pixels.

    Raises:
        TooLarge: more than `max_megapixels`.
    """
    if height * width > max_megapixels * 1e6:
        raise TooLarge(
            f"this picture has {width}x{height} = {height * width / 1e6:.1f} megapixels; "
            f"the limit is {max_megapixels:g}; raise max_megapixels to read it"
        )


def _from_bytes(data: bytes, source: Source, max_megapixels: float) -> Picture:
    """Return a picture from a whole file; what it is shows in its first bytes, never in its name."""
    if data[:2] == b"\xff\xd8":
        return _from_jpeg(data, source, max_megapixels)
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(_KINDS))
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"this is no picture of a known kind: {error}") from error
    return _from_pillow(image, _KINDS[image.format or "PNG"], source, max_megapixels)


def _from_jpeg(data: bytes, source: Source, max_megapixels: float) -> Picture:
    """Return a picture that keeps the JPEG's bytes."""
    info = jpeg.inspect(data)
    check_size(info.height, info.width, max_megapixels)
    blocks = jpeg.read_payloads(data)
    exif = Image.Exif()
    if blocks.exif:
        exif.load(b"Exif\x00\x00" + blocks.exif)
    orientation = exif.get(0x0112, 1)
    turned = swaps_sides(orientation)
    return Picture(
        kind="jpeg",
        source=source,
        size=(info.width, info.height) if turned else (info.height, info.width),
        bits=8,
        file=data,
        header=info,
        orientation=orientation,
        metadata=Metadata(
            exif=blocks.exif or b"",
            xmp=blocks.xmp or b"",
            iptc=blocks.iptc or b"",
            comment=blocks.comment or b"",
            dpi=blocks.dpi,
        ),
    )


def _from_pillow(image: Image.Image, kind: Kind, source: Source, max_megapixels: float) -> Picture:
    """Return a picture from an image that Pillow reads."""
    check_size(image.height, image.width, max_megapixels)
    try:
        image = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"this picture cannot be decoded: {error}") from error
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
    if image.mode in {"I;16", "I;16B", "I;16L"}:
        samples = np.asarray(image).astype(np.uint16)
    else:
        samples = np.asarray(image.convert("L" if image.mode in {"1", "L"} else "RGB"))
    bits = 16 if samples.dtype == np.uint16 else 8
    return Picture(
        kind=kind,
        source=source,
        size=(samples.shape[0], samples.shape[1]),
        bits=bits,
        samples=samples,
        alpha=alpha,
    )


def _from_array(array: NDArray[Any], max_megapixels: float) -> Picture:
    """Return a picture from an array."""
    shape_ok = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})
    if not shape_ok or array.dtype not in (np.uint8, np.uint16, np.float32) or 0 in array.shape:
        raise UnreadableImage(
            f"an array of shape {array.shape} and dtype {array.dtype} was given; accepted: (H, W), "
            "(H, W, 3) or (H, W, 4) of uint8, uint16 or float32 in [0, 1]"
        )
    check_size(array.shape[0], array.shape[1], max_megapixels)
    with_alpha = array.ndim == 3 and array.shape[2] == 4
    return Picture(
        kind="array",
        source="array",
        size=(array.shape[0], array.shape[1]),
        bits=8 * array.dtype.itemsize,
        samples=array[..., :3] if with_alpha else array,
        alpha=array[..., 3] if with_alpha else None,
    )
