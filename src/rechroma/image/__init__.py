"""Pictures in and out: bytes, paths, arrays and Pillow images to planes and back; the only door to codecs.

In::

    read(source, *, max_megapixels=400.0) -> Picture
        source: path | str | bytes | binary file | PIL image | ndarray (H, W), (H, W, 3) or (H, W, 4),
        uint8 | uint16 | float32 in [0, 1]
    picture.size -> (H, W)     upright: EXIF orientation applied
    picture.kind               "jpeg" "png" "tiff" "webp" "bmp" "pnm" "gif" "jp2" "avif" "heic" "array" "pil"
    picture.source             "path" "bytes" "file" "array" "pil"
    picture.bits               8 | 16 | 32 (float)

Which way (the pipeline decides from these)::

    output_format(picture, format) -> "jpeg" | "png" | "tiff" | "webp"
    lossless_obstacle(picture) -> str | None       None: encode_lossless_jpeg applies; else why not
    luma_alone(picture) -> Picture                 what it takes, where that is None
    is_neutral(picture) -> bool                    a JPEG without colors

What the eyes and the merges need, all upright::

    small_lightness(picture, (h, w)) -> L* (h, w) float32          cheapest route, scaled DCT decode for JPEG
    small_rgb(picture, (h, w)) -> sRGB (h, w, 3) float32           its own colors, of a reference
    srgb_pixels(picture) -> sRGB (H, W, 3) uint8                   the same at full size, for training and measuring
    screen_pixels(picture, long_side) -> sRGB (h, w, 3) uint8      and with sides of at most so many pixels
    luma(picture, *, shrink=1 | 2 | 4 | 8) -> Y' (ceil(H/shrink), ceil(W/shrink)) uint8
    cells_area(picture, shrink) -> Area                            what these cover: more than the picture at one edge
    lightness(picture, rows=slice(a, b)) -> L* (b - a, W) float32  call decoded(picture) once before
    decoded(picture) -> Picture                                    a JPEG's samples decoded and kept
    part(picture, rows, columns) -> Picture                        some rows and columns of it, decoded
    chroma_shape(picture, lossless=True | False) -> (h, w)         size of cb and cr in the JPEG encoders

Out (each carries the metadata over, writes an RGB profile, adds provenance where given)::

    encode_lossless_jpeg(picture, cb, cr, *, quality=92, provenance=None) -> bytes
    encode_planes_jpeg(picture, cb, cr, *, quality=92, provenance=None, luma=None) -> bytes
        cb, cr (h, w) uint8, upright, any size (resized bilinearly to chroma_shape)
    encode_rgb(picture, rgb, "png" | "tiff" | "webp", *, quality=92, provenance=None) -> bytes
        rgb (H, W, 3) of rgb_dtype(picture), upright; the picture's alpha is added
    give_back(picture, rgb) -> ndarray | PIL image    same kind as came in, for "array" and "pil" sources
    screen_png(pixels (h, w, 4) uint8) -> bytes       an overlay or a palette for a page
    preview_of(path, long_side) -> Preview            a small JPEG of a file, for a sheet
    gray_jpeg(path, *, quality) -> bytes              a gray copy of a file, for the demo
    labelled_png(file, provenance) -> bytes           the same, saying how it was made
    rgb_dtype(picture) -> dtype                       what rgb should be for encode_rgb and give_back
    Provenance(version=, model=, sha256=, settings=, source_type=, tool="Rechroma")
    read_provenance(path | bytes) -> Provenance | None    of a result of ours, by its headers alone
    sha256_of(path | bytes) -> str                        as in `Picture.sha256`
    glance_of(path | bytes) -> str                        as in `Picture.glance`
    save_atomically(data, target, *, overwrite=False) -> None    OutputError; nothing left behind
"""

from rechroma.image.metadata import Metadata
from rechroma.image.picture import (
    Kind,
    Picture,
    Plane8,
    Source,
    cells_area,
    chroma_shape,
    decoded,
    is_neutral,
    lightness,
    lossless_obstacle,
    luma,
    luma_alone,
    luma_profile,
    part,
    rgb_dtype,
    screen_pixels,
    small_lightness,
    small_rgb,
    srgb_pixels,
)
from rechroma.image.preview import gray_jpeg, labelled_png, preview_of, screen_png
from rechroma.image.provenance import Provenance, SourceType
from rechroma.image.reading import glance_of, read, sha256_of
from rechroma.image.recorded import read_provenance
from rechroma.image.saving import remove_leftovers, save_atomically
from rechroma.image.writing import (
    FileFormat,
    encode_lossless_jpeg,
    encode_planes_jpeg,
    encode_rgb,
    give_back,
    output_format,
)

__all__ = [
    "FileFormat",
    "Kind",
    "Metadata",
    "Picture",
    "Plane8",
    "Provenance",
    "Source",
    "SourceType",
    "cells_area",
    "chroma_shape",
    "decoded",
    "encode_lossless_jpeg",
    "encode_planes_jpeg",
    "encode_rgb",
    "give_back",
    "glance_of",
    "gray_jpeg",
    "is_neutral",
    "labelled_png",
    "lightness",
    "lossless_obstacle",
    "luma",
    "luma_alone",
    "luma_profile",
    "output_format",
    "part",
    "preview_of",
    "read",
    "read_provenance",
    "rgb_dtype",
    "remove_leftovers",
    "save_atomically",
    "screen_pixels",
    "screen_png",
    "sha256_of",
    "small_lightness",
    "small_rgb",
    "srgb_pixels",
]
