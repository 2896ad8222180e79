"""Anything that can be a picture to a Picture."""

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rechroma import jpeg, notes
from rechroma.errors import OptionError, TooLarge, UnreadableImage
from rechroma.image import exif, parts
from rechroma.image.conversion import UNUSABLE
from rechroma.image.decoding import Decoded, decode_file, decode_image, decode_jpeg
from rechroma.image.jpeg_samples import decode_12_bits, refusal
from rechroma.image.limits import MOST_BYTES, check_size
from rechroma.image.metadata import Metadata, joined_xmp
from rechroma.image.orientation import swaps_sides, upright
from rechroma.image.picture import Kind, Picture, Source
from rechroma.image.profile import Tone, is_srgb, tone_of

_PADDING = 1024
"""Bytes after the end of a JPEG that nobody will miss."""
_MOST_METADATA = 64_000_000
"""Bytes that a file may have beyond its samples."""
_PIECE = 1 << 26
"""Bytes read at once."""
_GLANCE = 65536
"""Bytes in the middle of a file by which it is told from others."""


def read(
    source: Path | str | bytes | BinaryIO | NDArray[Any] | Image.Image, *, max_megapixels: float = 400.0
) -> Picture:
    """Return a picture from a path, a file's bytes, a binary file, an array or a Pillow image.

    Arrays are (H, W), (H, W, 3) or (H, W, 4), uint8, uint16 or float32 in [0, 1], sRGB-encoded, RGB order; they
    are neither copied nor changed. Several pages or frames: the first, with a UserWarning.

    Raises:
        UnreadableImage: no such file, not a picture of a known kind, damaged or truncated.
        TooLarge: more than `max_megapixels`, or a file longer than any picture of so many; nothing has been decoded
            then, nor a file read whole.
        MissingExtra: a HEIC file without pillow-heif, a TIFF that needs imagecodecs.
        OptionError: `max_megapixels` is not above 0.
    """
    if not max_megapixels > 0:
        raise OptionError(f"max_megapixels is {max_megapixels}; accepted: any number above 0")
    if isinstance(source, np.ndarray):
        return _from_array(source, max_megapixels)
    if isinstance(source, Image.Image):
        check_size(source.height, source.width, max_megapixels)
        return _from_decoded(decode_image(source.copy(), kind="pil"), "pil")
    if isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as file:
                data = _file_bytes(file, max_megapixels, os.fstat(file.fileno()).st_size)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            if isinstance(error, TooLarge):
                raise
            raise _unreadable(source, error) from error
        return _from_bytes(data, "path", max_megapixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_bytes(bytes(source), "bytes", max_megapixels)
    return _from_bytes(_file_bytes(source, max_megapixels), "file", max_megapixels)


def glance_of(source: Path | bytes) -> str:
    """Return what tells a file from others without reading it whole: its length, and a hash of bytes in its middle."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(length - _GLANCE, 0) // 2)
        return f"{length} {hashlib.sha256(file.read(_GLANCE)).hexdigest()[:32]}"


def sha256_of(source: Path | str | bytes) -> str:
    """Return the SHA-256 of a file, given as a path or as its bytes, hexadecimal.

    Raises:
        UnreadableImage: the file cannot be read.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    try:
        with Path(source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path | str, error: OSError | ValueError) -> UnreadableImage:
    """Return the error of a file that cannot be read."""
    return UnreadableImage(f"cannot read {source}: {getattr(error, 'strerror', None) or error}")


def _file_bytes(file: BinaryIO, max_megapixels: float, length: int = 0) -> bytes:
    """Read a file whole, unless it is longer than any picture within the limit; `length` as far as it is known."""
    longest = _MOST_METADATA + max_megapixels * 1e6 * MOST_BYTES
    pieces: list[bytes] = []
    while length <= longest and (piece := file.read(_PIECE)):
        pieces.append(piece)
        length = max(length, sum(map(len, pieces)))
    if length > longest:
        raise TooLarge(
            f"this file is longer than {longest / 1e6:.0f} MB, which the limit of {max_megapixels:g} megapixels "
            "allows for; raise max_megapixels to read it"
        )
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _from_bytes(data: bytes, source: Source, max_megapixels: float) -> Picture:
    """Return a picture from a whole file."""
    if not data:
        raise UnreadableImage("the file is empty")
    if data[:2] == b"\xff\xd8":
        picture = _from_jpeg(data, source, max_megapixels)
    else:
        picture = _from_decoded(decode_file(data, max_megapixels), source)
        metadata = replace(picture.metadata, left_behind=parts.of_file(data))
        picture = replace(picture, metadata=metadata)
    return replace(picture, sha256=sha256_of(data), glance=glance_of(data))


def _from_jpeg(data: bytes, source: Source, max_megapixels: float) -> Picture:
    """Return a picture that keeps the JPEG's bytes, and is decoded already where it cannot be on demand."""
    info = jpeg.inspect(data)
    check_size(info.height, info.width, max_megapixels)
    why_not = refusal(info)
    if why_not is not None:
        raise UnreadableImage(f"this JPEG cannot be decoded here: {why_not}")
    _note_what_is_left_out(data, info)
    blocks = jpeg.read_payloads(data)
    metadata = Metadata(
        exif=blocks.exif or b"",
        xmp=joined_xmp(blocks),
        iptc=blocks.iptc or exif.iptc(blocks.exif or b""),
        photoshop=blocks.photoshop or b"",
        comments=blocks.comments or (),
        segments=blocks.others or (),
        dpi=blocks.dpi
        or exif.dots_per_inch(blocks.exif or b"")
        or jpeg.resources.dots_per_inch(blocks.photoshop or b""),
        left_behind=parts.of_jpeg(blocks),
    )
    icc = blocks.icc or b""
    channels = len(info.components)
    if channels == 4 or (channels == 3 and icc and tone_of(icc, 3) is None):
        whole = _from_decoded(decode_jpeg(jpeg.bare(data, info), icc, metadata.exif), source)
        return replace(whole, kind="jpeg", file=data, header=info, metadata=metadata)
    if icc and tone_of(icc, channels) is None:
        notes.note(UNUSABLE)
        icc = b""
    orientation = exif.orientation(metadata.exif)
    deep = decode_12_bits(data, info) if info.precision == 12 else None
    turned = swaps_sides(orientation)
    return Picture(
        kind="jpeg",
        source=source,
        size=(info.width, info.height) if turned else (info.height, info.width),
        bits=8 if deep is None else 16,
        samples=None if deep is None else np.ascontiguousarray(upright(deep, orientation)),
        file=data,
        header=info,
        orientation=orientation,
        tone=_tone(icc, channels),
        icc=icc,
        metadata=metadata,
    )


def _note_what_is_left_out(data: bytes, info: jpeg.JpegInfo) -> None:
    """Note what of a JPEG's bytes counts for nothing."""
    if info.stray:
        notes.note(f"this JPEG has {info.stray} stray bytes between its segments; they are passed over")
    if info.trailing and data.find(b"\xff\xd8\xff", info.end) >= 0:
        notes.note("this JPEG holds more than one picture; the first is taken")
    elif info.trailing > _PADDING:
        notes.note(f"{info.trailing} bytes after the end of this JPEG, which are no picture, are left out")


def _from_decoded(decoded: Decoded, source: Source) -> Picture:
    """Return a picture of a decoded file or image."""
    samples = decoded.samples
    return Picture(
        kind=cast("Kind", decoded.kind),
        source=source,
        size=(samples.shape[0], samples.shape[1]),
        bits=8 * samples.dtype.itemsize,
        samples=samples,
        alpha=decoded.alpha,
        orientation=decoded.orientation,
        tone=_tone(decoded.icc, 1 if samples.ndim == 2 else 3),
        icc=decoded.icc,
        metadata=decoded.metadata,
        lossless=decoded.lossless,
    )


def _tone(icc: bytes, channels: int) -> Tone | None:
    """Return the tone of samples, None where they are sRGB."""
    tone = tone_of(icc, channels) if icc else None
    return None if tone is None or is_srgb(tone) else tone


def _from_array(array: NDArray[Any], max_megapixels: float) -> Picture:
    """Return a picture of an array."""
    shape_ok = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {1, 3, 4})
    if not shape_ok or array.dtype not in (np.uint8, np.uint16, np.float32) or 0 in array.shape:
        raise UnreadableImage(
            f"an array of shape {array.shape} and dtype {array.dtype} was given; accepted: (H, W), "
            "(H, W, 3) or (H, W, 4) of uint8, uint16 or float32 in [0, 1]"
        )
    check_size(array.shape[0], array.shape[1], max_megapixels)
    if array.dtype == np.float32 and not (array.min() >= 0 and array.max() <= 1):
        raise UnreadableImage(
            f"a float array with values from {array.min():g} to {array.max():g} was given; accepted: 0 to 1"
        )
    channels = 1 if array.ndim == 2 else array.shape[2]
    return Picture(
        kind="array",
        source="array",
        size=(array.shape[0], array.shape[1]),
        bits=8 * array.dtype.itemsize,
        samples=array.reshape(array.shape[:2]) if channels == 1 else array[..., :3],
        alpha=array[..., 3] if channels == 4 else None,
    )
