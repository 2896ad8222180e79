"""Finished pictures to files: three encoders, each with metadata, an RGB profile and provenance."""

import io
from typing import Any, Literal, TypeAlias

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from rechroma import jpeg
from rechroma.errors import OptionError
from rechroma.image.orientation import as_stored
from rechroma.image.picture import Picture, Plane8, chroma_shape, lossless_obstacle
from rechroma.image.picture import luma as luma_of
from rechroma.image.provenance import Provenance
from rechroma.types import Format

FileFormat: TypeAlias = Literal["jpeg", "png", "tiff", "webp"]


def output_format(picture: Picture, format: Format) -> FileFormat:  # noqa: A002 - the option's name
    """Return the file format to write: as asked; for "same", the picture's where it can hold color."""
    if format != "same":
        return format
    if picture.kind in {"avif", "heic"} and picture.alpha is None:
        return "jpeg"
    kept: dict[str, FileFormat] = {"jpeg": "jpeg", "tiff": "tiff", "webp": "webp"}
    return kept.get(picture.kind, "png")


def encode_lossless_jpeg(
    picture: Picture, cb: Plane8, cr: Plane8, *, quality: int = 92, provenance: Provenance | None = None
) -> bytes:
    """Return the picture's one-component JPEG in color: luma scan byte for byte, orientation tag kept.

    cb, cr (h, w) uint8, upright, of any size: resized bilinearly to `chroma_shape(picture, lossless=True)`.
    """
    obstacle = lossless_obstacle(picture)
    if obstacle is not None or picture.header is None:
        raise OptionError(f"the luma scan cannot be kept byte for byte: {obstacle}")
    shape = chroma_shape(picture, lossless=True)
    progressive = picture.header.process == "progressive"
    planes = []
    for plane in (cb, cr):
        stored = as_stored(resized(plane, shape), picture.orientation)
        planes.append(_encode_plane(np.ascontiguousarray(stored), quality, progressive=progressive))
    return jpeg.splice(picture.file, *planes)


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
    luma (H, W) uint8 where the caller has it already.
    """
    plane = luma_of(picture) if luma is None else luma
    height, width = plane.shape
    shape = chroma_shape(picture, lossless=False)
    even = np.ascontiguousarray(np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge"))
    data: bytes = simplejpeg.encode_jpeg_yuv_planes(
        even, resized(cb, shape), resized(cr, shape), quality=quality, fastdct=False
    )
    return data if even.shape == plane.shape else jpeg.with_size(data, height, width)


def encode_rgb(
    picture: Picture,
    rgb: NDArray[Any],
    format: FileFormat,  # noqa: A002 - the option's name
    *,
    quality: int = 92,
    provenance: Provenance | None = None,
) -> bytes:
    """Return a file of rgb (H, W, 3) uint8 or uint16, upright, with the picture's alpha."""
    out = io.BytesIO()
    pixels = rgb if picture.alpha is None else np.dstack([rgb, picture.alpha])
    options = {"quality": quality} if format in {"jpeg", "webp"} else {}
    Image.fromarray(pixels).save(out, format=format.upper(), **options)
    return out.getvalue()


def give_back(picture: Picture, rgb: NDArray[Any]) -> NDArray[Any] | Image.Image:
    """Return rgb (H, W, 3) with the picture's alpha as an array, or as the Pillow image that was given."""
    pixels = rgb if picture.alpha is None else np.dstack([rgb, picture.alpha])
    return Image.fromarray(pixels) if picture.source == "pil" else pixels


def resized(plane: Plane8, shape: tuple[int, int]) -> Plane8:
    """Return a plane of another shape, bilinear with antialiasing; C-contiguous."""
    if plane.shape == shape:
        return np.ascontiguousarray(plane)
    image = Image.fromarray(plane).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(image)


def _encode_plane(plane: Plane8, quality: int, *, progressive: bool) -> bytes:
    """Return a one-component JPEG of a plane."""
    if not progressive:
        data: bytes = simplejpeg.encode_jpeg(
            plane[..., None], quality=quality, colorspace="GRAY", colorsubsampling="Gray"
        )
        return data
    out = io.BytesIO()
    Image.fromarray(plane).save(out, format="JPEG", quality=quality, progressive=True)
    return out.getvalue()
