"""Image files that Pillow opens, decoded to samples that keep their depth; sizes are checked first."""

import io
import re
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from rechroma import notes
from rechroma.errors import MissingExtra, TooLarge, UnreadableImage
from rechroma.image import exif, png, tiff
from rechroma.image.metadata import Metadata
from rechroma.image.opening import open_file, webp_size
from rechroma.image.orientation import upright
from rechroma.image.profile import srgb_profile, tone_of

KINDS = {
    "PNG": "png",
    "TIFF": "tiff",
    "WEBP": "webp",
    "BMP": "bmp",
    "PPM": "pnm",
    "AVIF": "avif",
    "JPEG": "jpeg",
}
"""Our name of each file format, by Pillow's."""
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)
"""What Pillow raises at damaged files."""
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_DEEP_PNM = re.compile(rb"P6(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A decoded file, upright."""

    kind: str
    """Its format, one of the values of KINDS, or "heic"."""
    samples: NDArray[Any]
    """(H, W) or (H, W, 3) uint8 or uint16."""
    alpha: NDArray[Any] | None
    """(H, W) of the same dtype."""
    icc: bytes
    """The profile of the samples; empty: sRGB."""
    orientation: int
    """As it was stored; already applied."""
    metadata: Metadata
    """As stored."""
    lossless: bool
    """A WebP without loss."""


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


def decode_file(data: bytes, max_megapixels: float) -> Decoded:
    """Decode a whole file; what it is shows in its first bytes, never in its name.

    Raises:
        UnreadableImage: not a picture of a known kind, damaged or truncated.
        TooLarge: more than `max_megapixels`.
        MissingExtra: a HEIC file without pillow-heif.
    """
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and b"avif" not in data[8:64]:
        return _decode_heic(data, max_megapixels)
    deep = _DEEP_PNM.match(data)
    if deep is not None and int(deep[3]) > 255:
        return _decode_deep_pnm(data, deep, max_megapixels)
    if exif.byte_order(data) is not None or data[:4] in {b"II+\x00", b"MM\x00+"}:
        check_size(*tiff.shape(data), max_megapixels)
        found = tiff.read_deep(data)
        if found is not None:
            return _decode_deep_tiff(data, found)
    size = webp_size(data)
    if size is not None:  # opening it takes the memory already
        check_size(*size, max_megapixels)
    image = _open(data)
    check_size(image.height, image.width, max_megapixels)
    return _decode_pillow(data, image)


def decode_image(image: Image.Image, *, kind: str) -> Decoded:
    """Return an image that Pillow holds or has opened, decoded and upright.

    Raises:
        UnreadableImage: damaged or of a mode that is no picture.
    """
    try:
        stored = _exif_of(image)
        icc = image.info.get("icc_profile") or b""
        xmp = image.info.get("xmp") or b""
        dpi = image.info.get("dpi")
        image.load()
        samples, alpha = _split(image, icc)
    except DAMAGE as error:
        raise UnreadableImage(f"this picture cannot be decoded: {error}") from error
    turn = 1 if kind == "tiff" else exif.orientation(stored)
    return Decoded(
        kind=kind,
        samples=np.ascontiguousarray(upright(samples, turn)),
        alpha=None if alpha is None else np.ascontiguousarray(upright(alpha, turn)),
        icc=icc if tone_of(icc, 1 if samples.ndim == 2 else 3) is not None and image.mode != "CMYK" else b"",
        orientation=turn,
        metadata=Metadata(
            exif=stored,
            xmp=xmp if isinstance(xmp, bytes) else str(xmp).encode("utf-8"),
            iptc=exif.iptc(stored),
            dpi=(round(float(dpi[0]), 2), round(float(dpi[1]), 2))
            if dpi and all(dpi)
            else exif.dots_per_inch(stored),
        ),
        lossless=False,
    )


def decode_unusual_jpeg(data: bytes, mode: str, shrink: int) -> NDArray[np.uint8]:
    """Decode a JPEG by Pillow to "L" or "RGB", divided by 1, 2, 4 or 8 in the DCT: (h, w, channels) uint8, as stored.

    Raises:
        UnreadableImage: damaged.
    """
    image = _open(data)
    size = (-(-image.width // shrink), -(-image.height // shrink))
    try:
        image.draft(mode, (max(1, image.width // shrink), max(1, image.height // shrink)))
        small = image.convert(mode)
        pixels = np.asarray(small if small.size == size else small.resize(size, Image.Resampling.BOX))
    except DAMAGE as error:
        raise UnreadableImage(f"this JPEG cannot be decoded: {error}") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _open(data: bytes) -> ImageFile:
    """Open a file by its content."""
    try:
        return open_file(data)
    except UnidentifiedImageError as error:
        raise UnreadableImage(
            f"this is no picture of a known kind (its first bytes are {data[:8].hex(' ')}); accepted: JPEG, PNG, TIFF, "
            "WebP, BMP, PNM, AVIF, HEIC"
        ) from error
    except DAMAGE as error:
        raise UnreadableImage(f"this picture is damaged: {error}") from error


def _decode_pillow(data: bytes, image: ImageFile) -> Decoded:
    """Decode a file that Pillow has opened."""
    kind = KINDS[image.format or "PNG"]
    try:
        frames = getattr(image, "n_frames", 1)
    except DAMAGE as error:  # Pillow looks at the pages only now
        raise UnreadableImage(f"this {kind} is damaged: {error}") from error
    if frames > 1:
        notes.note(f"this {kind} has {frames} pages or frames; the first is taken")
    deep = png.has_16_bit_colors(image)
    first = decode_image(image, kind=kind)
    if deep:
        first = _with_deep_png(data, first)
    if kind == "tiff":
        return _with_tiff_tags(data, first)
    return replace(first, lossless=kind == "webp" and b"VP8L" in data[12:4096])


def _with_deep_png(data: bytes, shallow: Decoded) -> Decoded:
    """Return a decoded 16-bit PNG with all of its bits."""
    try:
        pixels = upright(png.read_16_bit_colors(_open(data), _open(data)), shallow.orientation)
    except DAMAGE as error:
        raise UnreadableImage(f"this PNG cannot be decoded: {error}") from error
    channels = pixels.shape[2]
    samples = pixels[..., 0] if channels == 2 else pixels[..., :3]
    alpha = pixels[..., -1] if channels in {2, 4} else None
    return replace(
        shallow,
        samples=np.ascontiguousarray(samples),
        alpha=None if alpha is None else np.ascontiguousarray(alpha),
    )


def _with_tiff_tags(data: bytes, decoded: Decoded) -> Decoded:
    """Return a decoded TIFF with the metadata of its own tags."""
    tags = exif.parse(data).main
    block = exif.of_tiff(data)
    return replace(
        decoded,
        orientation=exif.orientation(block),
        metadata=Metadata(
            exif=block,
            xmp=tags[exif.XMP].value if exif.XMP in tags else decoded.metadata.xmp,
            iptc=exif.iptc(data),
            dpi=exif.dots_per_inch(block) or decoded.metadata.dpi,
        ),
    )


def _decode_deep_tiff(data: bytes, deep: tiff.Deep) -> Decoded:
    """Return a TIFF of more than 8 bits."""
    tag = exif.parse(data).main.get(34675)
    frames = tiff.pages(data)
    if frames > 1:
        notes.note(f"this tiff has {frames} pages or frames; the first is taken")
    bare = Decoded(
        kind="tiff",
        samples=deep.samples,
        alpha=deep.alpha,
        icc=b"" if tag is None else tag.value,
        orientation=1,
        metadata=Metadata(),
        lossless=False,
    )
    return _with_tiff_tags(data, bare)


def _decode_deep_pnm(data: bytes, head: re.Match[bytes], max_megapixels: float) -> Decoded:
    """Return a PPM of 16 bits a channel."""
    width, height, top = (int(text) for text in head.groups())
    check_size(height, width, max_megapixels)
    count = height * width * 3
    if len(data) < head.end() + 2 * count or top > 65535 or count == 0:
        raise UnreadableImage(
            "this PPM is truncated or damaged: its header tells of more samples than it has"
        )
    values = np.frombuffer(data, dtype=">u2", count=count, offset=head.end()).reshape(height, width, 3)
    samples = np.minimum(values.astype(np.uint32) * 65535 // top, 65535).astype(np.uint16)
    return Decoded(
        kind="pnm", samples=samples, alpha=None, icc=b"", orientation=1, metadata=Metadata(), lossless=False
    )


def _decode_heic(data: bytes, max_megapixels: float) -> Decoded:
    """Return a HEIC file, 8 bits a channel."""
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingExtra("pillow-heif", "heic", "reading HEIC") from error
    try:
        opened = pillow_heif.open_heif(io.BytesIO(data))
        check_size(opened.size[1], opened.size[0], max_megapixels)
        image = opened.to_pillow()
    except DAMAGE as error:
        if isinstance(error, TooLarge):
            raise
        raise UnreadableImage(f"this HEIC cannot be decoded: {error}") from error
    return decode_image(image, kind="heic")


def _exif_of(image: Image.Image) -> bytes:
    """Return the EXIF block of an opened image, without the name before it."""
    block = image.info.get("exif")
    if not isinstance(block, bytes):
        if isinstance(image, ImageFile) and image.format == "TIFF":
            return b""
        tags = image.getexif()
        block = tags.tobytes() if len(tags) else b""
    return block.removeprefix(b"Exif\x00\x00")


def _split(image: Image.Image, icc: bytes) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return samples and alpha of a loaded image, as stored."""
    mode = image.mode
    if mode.startswith("I;16") or mode == "I":
        return _split_16_bits(image)
    if mode == "F":
        return tiff.float_to_16_bits(np.asarray(image)), None
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if mode in {"1", "L", "LA", "La"} else "RGBA")
        alpha = np.asarray(image.getchannel("A"))
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode in {"1", "L"}:
        return np.asarray(image.convert("L")), alpha
    if image.mode in {"CMYK", "LAB"} or (icc and tone_of(icc, 3) is None):
        return np.asarray(to_srgb(image, icc)), alpha
    return np.asarray(image.convert("RGB")), alpha


def _split_16_bits(image: Image.Image) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Return samples of 16-bit gray, and alpha where one value stands for transparent."""
    samples = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    clear = image.info.get("transparency")
    alpha = np.where(samples == clear, 0, 65535).astype(np.uint16) if isinstance(clear, int) else None
    return samples, alpha


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Return an image, 8 bits a channel, converted to sRGB; without a profile of its kind by Pillow's formula."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    spaces = {"CMYK": b"CMYK", "L": b"GRAY", "LAB": b"Lab "}
    if image.mode == "LAB":
        source: Any = ImageCms.createProfile("LAB")
    elif icc[16:20] == spaces.get(image.mode, b"RGB "):
        image = image if image.mode in spaces else image.convert("RGB")
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    else:
        return image.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(
            image, source, target, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
    except ImageCms.PyCMSError as error:
        notes.note(f"the ICC profile is unusable and was left out: {error}")
        return image.convert("RGB")
    return image.convert("RGB") if converted is None else converted
