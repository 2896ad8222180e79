"""Finished pictures to files: three encoders, each with metadata, an RGB profile and provenance."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rechroma import jpeg, notes
from rechroma.errors import OptionError
from rechroma.image import png, tiff
from rechroma.image.exif_edits import Stored
from rechroma.image.metadata import Metadata, carried, within_exif, within_segments
from rechroma.image.orientation import as_stored, swaps_sides
from rechroma.image.picture import (
    Picture,
    Plane8,
    chroma_shape,
    lossless_obstacle,
    luma_alone,
    luma_profile,
    to_8_bits,
)
from rechroma.image.picture import luma as luma_of
from rechroma.image.planes import encode_gray, encode_ycbcr, luma_table, on_white, resized
from rechroma.image.profile import srgb_profile
from rechroma.image.provenance import Provenance
from rechroma.image.texts import as_properties
from rechroma.types import Format

RGBFormat: TypeAlias = Literal["png", "tiff", "webp"]
"""Formats that hold RGB; a JPEG is encoded from planes."""
FileFormat: TypeAlias = Literal["jpeg", RGBFormat]

_LONGEST = {"jpeg": 65500, "webp": 16383}
"""Pixels a side that a format holds at most."""
_PNG_LEVEL = 4
"""Of deflate; Pillow's own 6 takes longer for a percent."""


def output_format(picture: Picture, format: Format) -> FileFormat:  # noqa: A002 - the option's name
    """Return the file format to write: as asked; for "same", the picture's where it can hold color.

    BMP, GIF, PNM and JPEG 2000 become PNG; AVIF and HEIC become JPEG, or PNG where they have alpha.
    """
    if format != "same":
        return format
    if picture.kind in {"avif", "heic"} and picture.alpha is None:
        return "jpeg"
    kept: dict[str, FileFormat] = {"jpeg": "jpeg", "tiff": "tiff", "webp": "webp"}
    return kept.get(picture.kind, "png")


def encode_lossless_jpeg(
    picture: Picture, cb: Plane8, cr: Plane8, *, quality: int = 92, provenance: Provenance | None = None
) -> bytes:
    """Return the picture's JPEG in color: a one-component luma scan byte for byte, orientation tag kept.

    Of three components the luma keeps its coefficients (see `luma_alone`).

    cb, cr (h, w) uint8, upright, of any size: resized bilinearly to `chroma_shape(picture, lossless=True)`, cells of
    whole pixels (see `cells_area`) to cells of whole pixels.

    Raises:
        OptionError: the picture's luma cannot be kept (see `lossless_obstacle`).
        UnreadableImage: of three components, damaged.
    """
    obstacle = lossless_obstacle(picture)
    if obstacle is not None:
        raise OptionError(f"the luma cannot be kept as it is coded: {obstacle}")
    picture = luma_alone(picture)
    if picture.header is None:
        raise OptionError("only the luma of a JPEG can be kept as it is coded")
    shape = jpeg.chroma_shape(picture.header)
    progressive = picture.header.process == "progressive"

    def encoded(plane: Plane8) -> bytes:
        stored = np.ascontiguousarray(as_stored(plane, picture.orientation))
        return encode_gray(resized(stored, shape), quality, progressive=progressive)

    with ThreadPoolExecutor(max_workers=2) as both:  # the codecs release the interpreter's lock
        planes = list(both.map(encoded, (cb, cr)))
    blocks = carried(picture.metadata, provenance, _as_it_was(picture))
    data = jpeg.splice(picture.file, *planes, info=picture.header)
    payloads = within_segments(blocks, luma_profile(picture))
    # comments, density and what else there is stay in the file as they are
    return jpeg.with_payloads(data, replace(payloads, comments=None, dpi=None))


def encode_planes_jpeg(
    picture: Picture,
    cb: Plane8,
    cr: Plane8,
    *,
    quality: int = 92,
    provenance: Provenance | None = None,
    luma: Plane8 | None = None,
) -> bytes:
    """Return a JPEG of the picture's luma plane and half-size chroma planes, upright.

    cb, cr (h, w) uint8 of any size: resized bilinearly to `chroma_shape(picture, lossless=False)`.
    luma (H, W) uint8 where the caller has it already. Alpha, which a JPEG lacks, gives way to white.
    """
    plane = luma_of(picture) if luma is None else luma
    _check_sides(plane.shape, "jpeg")
    shape = chroma_shape(picture, lossless=False)
    planes = (plane, resized(cb, shape), resized(cr, shape))
    if picture.alpha is not None:
        if picture.alpha.min() < (
            1 if picture.alpha.dtype == np.float32 else np.iinfo(picture.alpha.dtype).max
        ):
            notes.note(
                "a JPEG holds no transparency: transparent parts lie on white; PNG, TIFF and WebP keep them"
            )
        planes = on_white(*planes, to_8_bits(picture.alpha))
    own = None
    if picture.header is not None and picture.orientation == 1 and picture.samples is None:
        own = luma_table(picture.file, picture.header)
    data = encode_ycbcr(*planes, quality=quality, own_table=own)
    blocks = carried(
        as_properties(picture.metadata, "jpeg"), provenance, _made_upright(picture, luma_profile(picture))
    )
    return jpeg.with_payloads(data, within_segments(blocks, luma_profile(picture)))


def encode_rgb(
    picture: Picture,
    rgb: NDArray[Any],
    format: RGBFormat,  # noqa: A002 - the option's name
    *,
    quality: int = 92,
    provenance: Provenance | None = None,
) -> bytes:
    """Return a file of rgb (H, W, 3), sRGB, upright, with the picture's alpha.

    uint8, or uint16 and float32 in [0, 1], which PNG and TIFF keep in 16 bits, WebP in 8. WebP is without
    loss where the picture came as such or quality is 100.

    Raises:
        OptionError: a side is longer than the format allows.
    """
    _check_sides(rgb.shape[:2], format)
    metadata = picture.metadata if format == "png" else as_properties(picture.metadata, format)
    blocks = carried(metadata, provenance, _made_upright(picture, srgb_profile()))
    icc = srgb_profile()
    if rgb.dtype == np.float32:
        rgb = np.round(np.clip(rgb, 0, 1) * 65535).astype(np.uint16)
    pixels = _with_alpha(picture, to_8_bits(rgb) if format == "webp" else rgb)
    blocks_in_exif = replace(blocks, exif=within_exif(blocks))
    if format == "tiff":
        return tiff.encode(pixels, blocks, icc)
    if format == "webp":
        return _encode_webp(
            pixels, blocks_in_exif, icc, lossless=picture.lossless or quality == 100, quality=quality
        )
    if pixels.dtype == np.uint16:
        return png.encode(pixels, blocks_in_exif, icc)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG", compress_level=_PNG_LEVEL)
    return png.with_metadata(out.getvalue(), blocks_in_exif, icc)


def give_back(picture: Picture, rgb: NDArray[Any]) -> NDArray[Any] | Image.Image:
    """Return rgb (H, W, 3) with the picture's alpha as an array, or as a Pillow image where that was given."""
    if picture.source != "pil":
        return _with_alpha(picture, rgb)
    image = Image.fromarray(_with_alpha(picture, to_8_bits(rgb)))
    blocks = carried(picture.metadata, None, _made_upright(picture, srgb_profile()))
    given = {"icc_profile": srgb_profile(), "exif": blocks.exif, "xmp": blocks.xmp, "dpi": blocks.dpi}
    image.info.update({name: value for name, value in given.items() if value})
    return image


def _as_it_was(picture: Picture) -> Stored:
    """Return how a result is stored whose rows and columns are those of the picture's file."""
    size = picture.size[::-1] if swaps_sides(picture.orientation) else picture.size
    srgb = luma_profile(picture) == srgb_profile()
    return Stored(orientation=picture.orientation, size=size, srgb=srgb)


def _made_upright(picture: Picture, icc: bytes) -> Stored:
    """Return how a result is stored that was turned upright, and has this profile."""
    return Stored(
        orientation=1, size=picture.size, srgb=icc == srgb_profile(), turned_from=picture.orientation
    )


def _with_alpha(picture: Picture, rgb: NDArray[Any]) -> NDArray[Any]:
    """Return rgb with the picture's alpha in the same depth, where it has one."""
    if picture.alpha is None:
        return rgb
    alpha = picture.alpha
    if rgb.dtype == np.uint8:
        alpha = to_8_bits(alpha)
    elif rgb.dtype == np.uint16 and alpha.dtype != np.uint16:
        whole = alpha.astype(np.float32) * np.float32(65535 if alpha.dtype == np.float32 else 257)
        alpha = np.round(whole).astype(np.uint16)
    return np.dstack([rgb, alpha])


def _check_sides(shape: tuple[int, ...], format: FileFormat) -> None:  # noqa: A002 - the option's name
    """Refuse a side that a format cannot hold."""
    limit = _LONGEST.get(format)
    if limit is not None and max(shape) > limit:
        raise OptionError(
            f"format is {format} for a picture of {shape[1]}x{shape[0]}; it holds {limit} pixels a side; "
            "accepted for this picture: png, tiff"
        )


def _encode_webp(
    pixels: NDArray[np.uint8], blocks: Metadata, icc: bytes, *, lossless: bool, quality: int
) -> bytes:
    """Return a WebP with metadata and profile."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(
        out,
        format="WEBP",
        lossless=lossless,
        quality=50 if lossless else quality,  # without loss it is the effort
        exact=True,
        icc_profile=icc,
        exif=blocks.exif,
        xmp=blocks.xmp,
    )
    return out.getvalue()
