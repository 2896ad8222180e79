"""Image files that Pillow opens, decoded to samples that keep their depth; sizes are checked first."""

import io
import math
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from rechroma import notes
from rechroma.errors import MissingExtra, TooLarge, UnreadableImage
from rechroma.image import bigtiff, color_tags, exif, exif_edits, png, png_chunks, pnm, ranges, refusals, tiff
from rechroma.image.conversion import in_srgb, to_srgb
from rechroma.image.limits import check_size
from rechroma.image.metadata import Metadata
from rechroma.image.opening import gif_size, open_file, webp_size
from rechroma.image.orientation import upright
from rechroma.image.profile import tone_of

KINDS = {
    "PNG": "png",
    "TIFF": "tiff",
    "WEBP": "webp",
    "BMP": "bmp",
    "PPM": "pnm",
    "AVIF": "avif",
    "GIF": "gif",
    "JPEG2000": "jp2",
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
_TIFF = frozenset({b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"})
_ICC = 34675
"""The tag of a TIFF's profile."""


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


def decode_file(data: bytes, max_megapixels: float) -> Decoded:
    """Decode a whole file; what it is shows in its first bytes, never in its name.

    Raises:
        UnreadableImage: not a picture of a known kind, damaged or truncated.
        TooLarge: more than `max_megapixels`.
        MissingExtra: a HEIC file without pillow-heif, a TIFF that needs imagecodecs.
    """
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and b"avif" not in data[8:64]:
        return _decode_heic(data, max_megapixels)
    samples = pnm.read(data, max_megapixels)
    if samples is not None:
        return Decoded(
            kind="pnm",
            samples=samples,
            alpha=None,
            icc=b"",
            orientation=1,
            metadata=Metadata(),
            lossless=False,
        )
    told = refusals.advice(data)
    if told is not None:
        raise UnreadableImage(told)
    if data[:4] in _TIFF:
        return _decode_tiff(data, max_megapixels)
    if data.startswith(png_chunks.SIGNATURE):
        return _decode_png(data, max_megapixels)
    size = webp_size(data) or gif_size(data)
    if size is not None:  # opening it takes the memory already
        check_size(*size, max_megapixels)
    image = _open(data)
    held = 4 * len(image.getbands()) if image.format == "JPEG2000" else 4  # OpenJPEG counts in 32 bits
    check_size(image.height, image.width, max_megapixels, bytes_a_pixel=held)
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
        comment = image.info.get("comment")
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
            comments=(comment,) if isinstance(comment, bytes) and comment else (),
            dpi=_resolution(image) or exif.dots_per_inch(stored),
        ),
        lossless=False,
    )


def decode_jpeg(plain: bytes, icc: bytes, exif_block: bytes) -> Decoded:
    """Decode a JPEG that has lost its metadata (`jpeg.bare`) by its profile, upright by its EXIF block.

    Raises:
        UnreadableImage: damaged.
    """
    try:
        image = JpegImageFile(io.BytesIO(plain))
    except DAMAGE as error:
        raise UnreadableImage(f"this JPEG is damaged: {error}") from error
    image.info.update(icc_profile=icc, exif=exif_block)
    return decode_image(image, kind="jpeg")


def _open(data: bytes) -> ImageFile:
    """Open a file by its content."""
    try:
        return open_file(data)
    except Image.DecompressionBombError as error:
        raise TooLarge(f"this picture is larger than Pillow opens in this program: {error}") from error
    except UnidentifiedImageError as error:
        raise UnreadableImage(
            "this is no picture of a known kind; accepted: JPEG, PNG, TIFF, WebP, BMP, GIF, PNM, JPEG 2000, AVIF, HEIC"
        ) from error
    except DAMAGE as error:
        raise UnreadableImage(f"this picture is damaged, or of a kind that is not read: {error}") from error


def _decode_pillow(data: bytes, image: ImageFile) -> Decoded:
    """Decode a file that Pillow has opened."""
    kind = KINDS[image.format or ""]
    try:
        frames = getattr(image, "n_frames", 1)
    except DAMAGE:  # Pillow looks at the frames only now; the first may be whole
        frames, image = 1, _open(data)
    _note_frames(kind, frames)
    if kind == "jp2":
        _note_lost_bits(data, image)
    if kind == "avif" and not image.info.get("icc_profile"):
        image.info["icc_profile"] = color_tags.of_boxes(data)
    first = decode_image(image, kind=kind)
    return replace(first, lossless=kind == "webp" and b"VP8L" in data[12:4096])


def _decode_png(data: bytes, max_megapixels: float) -> Decoded:
    """Decode a PNG; Pillow sees nothing but its samples."""
    told, plain = png_chunks.read(data), png_chunks.bare(data)
    image = _open(plain)
    check_size(image.height, image.width, max_megapixels)
    _note_frames("png", told.frames)
    image.info |= {"icc_profile": told.icc, "exif": told.metadata.exif}
    deep = png.has_16_bit_colors(image)
    first = replace(decode_image(image, kind="png"), metadata=told.metadata)
    return _with_deep_png(plain, first, told.icc) if deep else first


def _note_frames(kind: str, frames: int) -> None:
    """Tell of pages that are not colored."""
    if frames > 1:
        notes.note(f"this {kind} has {frames} pages or frames; the first is taken")


def _note_lost_bits(data: bytes, image: ImageFile) -> None:
    """Tell where Pillow keeps 8 bits of a JPEG 2000 that has more: of all but plain gray."""
    sizes = data.find(b"\xff\x4f\xff\x51")  # start of the codestream and its SIZ marker
    depth = (data[sizes + 42] & 0x7F) + 1 if 0 <= sizes < len(data) - 42 else 8
    if depth > 8 and not image.mode.startswith("I"):
        notes.note(
            f"of this JPEG 2000's {depth} bits a channel 8 are kept; convert it to TIFF to keep them all"
        )


def _with_deep_png(data: bytes, shallow: Decoded, icc: bytes) -> Decoded:
    """Return a decoded 16-bit PNG with all of its bits; `icc` is its profile."""
    try:
        opened = _open(data)
        pixels = upright(png.read_16_bit_colors(opened, _open(data)), shallow.orientation)
    except DAMAGE as error:
        raise UnreadableImage(f"this PNG cannot be decoded: {error}") from error
    channels = pixels.shape[2]
    alpha = pixels[..., -1] if channels in {2, 4} else None
    if channels == 3 and isinstance(clear := opened.info.get("transparency"), tuple):
        alpha = np.where((pixels == clear).all(axis=2), 0, 65535).astype(np.uint16)
    samples, icc = in_srgb(*((pixels[..., 0], "gray") if channels == 2 else (pixels[..., :3], "rgb")), icc)
    return replace(
        shallow,
        icc=icc,
        samples=np.ascontiguousarray(samples),
        alpha=None if alpha is None else np.ascontiguousarray(alpha),
    )


def _decode_tiff(data: bytes, max_megapixels: float) -> Decoded:
    """Decode the first page of a TIFF."""
    page = tiff.first_page(data)
    size = (int(page.tags.imagelength), int(page.tags.imagewidth))
    check_size(*size, max_megapixels, bytes_a_pixel=tiff.bytes_a_pixel(page))
    _note_frames("tiff", page.count)
    first, main = (bigtiff.as_classic(file) for file in (data, page.file))
    tags = exif.parse(first).main | exif.parse(main).main
    block = exif.of_tiff(first, main)
    turn = exif.orientation(block)
    metadata = Metadata(
        exif=block,
        xmp=tags[exif.XMP].value if exif.XMP in tags else b"",
        iptc=exif.iptc(main) or exif.iptc(first),
        photoshop=tags[exif.PHOTOSHOP].value if exif.PHOTOSHOP in tags else b"",
        dpi=exif.dots_per_inch(block),
    )
    stored = tiff.read_samples(page)
    if stored is None:
        try:
            decoded = decode_image(_open(exif_edits.upright(page.file)), kind="tiff")
        except UnreadableImage as error:
            raise UnreadableImage(f"this TIFF ({tiff.described(page)}) is not read: {error}") from error
        if exif.byte_order(page.file) is None:  # a BigTIFF, which Pillow has turned by itself
            return replace(decoded, orientation=turn, metadata=metadata)
        return replace(
            decoded,
            samples=np.ascontiguousarray(upright(decoded.samples, turn)),
            alpha=None if decoded.alpha is None else np.ascontiguousarray(upright(decoded.alpha, turn)),
            orientation=turn,
            metadata=metadata,
        )
    profile = tags[_ICC].value if _ICC in tags else b""
    samples, icc = in_srgb(stored.samples, stored.space, profile)
    return Decoded(
        kind="tiff",
        samples=np.ascontiguousarray(upright(samples, turn)),
        alpha=None if stored.alpha is None else np.ascontiguousarray(upright(stored.alpha, turn)),
        icc=icc,
        orientation=turn,
        metadata=metadata,
        lossless=False,
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
        if len(opened) > 1:
            notes.note(f"this heic has {len(opened)} pictures; the first is taken")
        image = opened.to_pillow()
        if not image.info.get("icc_profile"):
            image.info["icc_profile"] = color_tags.of_boxes(data)
    except DAMAGE as error:
        if isinstance(error, TooLarge):
            raise
        raise UnreadableImage(f"this HEIC cannot be decoded: {error}") from error
    decoded = decode_image(image, kind="heic")
    if any(box in data.partition(b"mdat")[0] for box in (b"irot", b"imir")):  # what EXIF says has been done
        decoded = replace(decoded, orientation=int(image.info.get("original_orientation") or 1))
    return decoded


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
        return _split_16_bits(image, icc)
    if mode == "F":
        return ranges.floats_to_16_bits(np.asarray(image)), None
    if mode in {"P", "PA"} and image.palette is None:
        raise UnreadableImage("this picture has numbers of colors, and no palette that says which they are")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if mode in {"1", "L", "LA", "La"} else "RGBA")
        alpha = np.asarray(image.getchannel("A"))
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode in {"CMYK", "LAB"}:
        return np.asarray(to_srgb(image, icc)), alpha
    if image.mode in {"1", "L"}:
        return in_srgb(np.asarray(image.convert("L")), "gray", icc)[0], alpha
    return in_srgb(np.asarray(image.convert("RGB")), "rgb", icc)[0], alpha


def _split_16_bits(image: Image.Image, icc: bytes) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Return samples of 16-bit gray, and alpha where one value stands for transparent."""
    samples = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    clear = image.info.get("transparency")
    alpha = np.where(samples == clear, 0, 65535).astype(np.uint16) if isinstance(clear, int) else None
    return in_srgb(samples, "gray", icc)[0], alpha


def _resolution(image: Image.Image) -> tuple[float, float] | None:
    """Return the dots per inch that Pillow found; None where there are none or they are no lengths."""
    try:
        across, down = (round(float(value), 2) for value in image.info.get("dpi", ()))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if 0 < across < math.inf and 0 < down < math.inf else None
