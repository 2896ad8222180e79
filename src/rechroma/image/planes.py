"""JPEGs encoded from planes, luma as exactly as the tables allow."""

import io

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from rechroma import jpeg
from rechroma.image.enlarging import enlarged, whole_factor

_EXACT_FROM = 96
"""Quality from which on libjpeg-turbo's planes interface takes the accurate DCT; below, the fast one."""

_KEEP_FROM = 90
"""Quality from which on a JPEG's own luma table is kept, however fine it is."""


def encode_gray(plane: NDArray[np.uint8], quality: int, *, progressive: bool) -> bytes:
    """Return a one-component JPEG of a plane (h, w) uint8."""
    if not progressive:
        data: bytes = simplejpeg.encode_jpeg(
            plane[..., None], quality=quality, colorspace="GRAY", colorsubsampling="Gray"
        )
        return data
    out = io.BytesIO()
    Image.fromarray(plane).save(out, format="JPEG", quality=quality, progressive=True)
    return out.getvalue()


def encode_ycbcr(
    luma: NDArray[np.uint8],
    cb: NDArray[np.uint8],
    cr: NDArray[np.uint8],
    *,
    quality: int,
    own_table: list[int] | None = None,
) -> bytes:
    """Return a 4:2:0 JPEG of luma (H, W) and chroma (ceil(H/2), ceil(W/2)), uint8.

    `own_table` is that of a JPEG from which the luma was decoded as stored (see `luma_table`). It is taken where
    `quality` is 90 or more, or the table coarser than `quality` asks for: coefficients come out as they were, but
    for rounding.
    """
    tables = None if own_table is None else _tables(quality, own_table)
    if tables is None and quality >= _EXACT_FROM:
        return _encode_fast(luma, cb, cr, quality)
    height, width = luma.shape
    full = [Image.fromarray(_doubled(plane, height, width)) for plane in (cb, cr)]
    merged = Image.merge("YCbCr", [Image.fromarray(luma), *full])
    out = io.BytesIO()
    if tables is None:
        merged.save(out, format="JPEG", quality=quality, subsampling="4:2:0")
    else:
        merged.save(out, format="JPEG", qtables=tables, subsampling="4:2:0")
    return out.getvalue()


def resized(plane: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a plane of another shape, C-contiguous: bilinear, or averaged where whole cells become one.

    Where the factors are whole, the last cells may be cut off (see `enlarging.whole_factor`).
    """
    if plane.shape == shape:
        return np.ascontiguousarray(plane)
    larger = enlarged(plane, shape)
    if larger is not None:
        return larger
    down, across = whole_factor(shape[0], plane.shape[0]), whole_factor(shape[1], plane.shape[1])
    image = Image.fromarray(plane)
    if down is not None and across is not None:
        return np.ascontiguousarray(image.reduce((across, down)))
    return np.ascontiguousarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def on_white(
    luma: NDArray[np.uint8], cb: NDArray[np.uint8], cr: NDArray[np.uint8], alpha: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return Y', Cb, Cr laid over white by an alpha of the luma's shape."""
    small = resized(alpha, (cb.shape[0], cb.shape[1]))
    return _blend(luma, alpha, 255), _blend(cb, small, 128), _blend(cr, small, 128)


def _blend(plane: NDArray[np.uint8], weight: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """Return plane·weight + ground·(1 - weight), weights being 0 to 255."""
    amount = weight.astype(np.uint16)
    mixed = (plane * amount + (255 - amount) * np.uint16(ground) + 127) // 255
    return mixed.astype(np.uint8)


def luma_table(data: bytes, info: jpeg.JpegInfo) -> list[int] | None:
    """Return the quantization table of a JPEG's first component, as Pillow orders it; None where it has no 8 bits."""
    if info.precision != 8 or info.wide_tables:
        return None
    found = JpegImageFile(io.BytesIO(jpeg.bare(data, info))).quantization.get(info.components[0].table)
    return None if found is None else list(found)


def _tables(quality: int, own: list[int]) -> list[list[int]] | None:
    """Return quantization tables for luma and chroma that keep a luma; None to go by quality alone."""
    wanted, chroma = _quality_tables(quality)
    return [own, chroma] if quality >= _KEEP_FROM or sum(own) > sum(wanted) else None


def _quality_tables(quality: int) -> tuple[list[int], list[int]]:
    """Return the tables for luma and chroma that belong to a quality."""
    out = io.BytesIO()
    Image.new("YCbCr", (8, 8)).save(out, format="JPEG", quality=quality)
    tables = JpegImageFile(io.BytesIO(out.getvalue())).quantization
    return list(tables[0]), list(tables[1])


def _doubled(plane: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return each sample four times: what halving the result by averages gives back exactly."""
    return np.ascontiguousarray(np.repeat(np.repeat(plane, 2, axis=0), 2, axis=1)[:height, :width])


def _encode_fast(
    luma: NDArray[np.uint8], cb: NDArray[np.uint8], cr: NDArray[np.uint8], quality: int
) -> bytes:
    """Encode planes as they are; odd sides are made even first: simplejpeg reads past their end."""
    height, width = luma.shape
    even = np.ascontiguousarray(np.pad(luma, ((0, height % 2), (0, width % 2)), mode="edge"))
    data: bytes = simplejpeg.encode_jpeg_yuv_planes(even, cb, cr, quality=quality)
    return data if even.shape == luma.shape else jpeg.with_size(data, height, width)
