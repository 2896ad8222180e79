"""The same small scene stored as every kind of file that is read, beside the samples that it should give."""

import io
import zlib
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded, scene
from rechroma import color, image
from rechroma.image import png, profile

GRAY = scene(37, 53)
RGB = np.dstack([GRAY, np.roll(GRAY, 3, 1), 255 - GRAY])
DEEP = np.minimum(GRAY.astype(np.int64) * 257 + np.arange(53) * 3, 65535).astype(np.uint16)
DEEP_RGB = np.dstack([DEEP, np.roll(DEEP, 3, 1), 65535 - DEEP])
ALPHA = np.broadcast_to(np.linspace(0, 255, 53).astype(np.uint8), GRAY.shape).copy()
DEEP_ALPHA = ALPHA.astype(np.uint16) * 257


def tiff_of(samples: NDArray[Any], **how: Any) -> bytes:
    """Give a TIFF as tifffile writes it."""
    file = io.BytesIO()
    tifffile.imwrite(file, samples, metadata=None, **how)
    return file.getvalue()


def expected_lightness(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Give L* of sRGB samples of any depth."""
    scaled = samples.astype(np.float32) / (1 if samples.dtype.kind == "f" else np.iinfo(samples.dtype).max)
    return color.gray_to_lightness(scaled) if samples.ndim == 2 else color.rgb_to_lightness(scaled)


GRAYS: dict[str, tuple[bytes, NDArray[Any]]] = {
    "png": (encoded(GRAY, "PNG"), GRAY),
    "png not packed": (encoded(GRAY, "PNG", compress_level=0), GRAY),
    "bmp": (encoded(GRAY, "BMP"), GRAY),
    "pgm": (encoded(GRAY, "PPM"), GRAY),
    "webp lossless": (encoded(Image.fromarray(GRAY).convert("RGB"), "WEBP", lossless=True), GRAY),
    "tiff": (encoded(GRAY, "TIFF"), GRAY),
    "tiff lzw": (encoded(GRAY, "TIFF", compression="tiff_lzw"), GRAY),
    "tiff deflate": (encoded(GRAY, "TIFF", compression="tiff_adobe_deflate"), GRAY),
    "tiff tiles": (tiff_of(GRAY, photometric="minisblack", tile=(16, 16)), GRAY),
    "tiff white is zero": (tiff_of(255 - GRAY, photometric="miniswhite"), GRAY),
    "tiff big": (tiff_of(GRAY, photometric="minisblack", bigtiff=True), GRAY),
    "palette": (encoded(Image.fromarray(GRAY).convert("P"), "PNG"), GRAY),
    "one bit png": (
        encoded(Image.fromarray(GRAY > 128), "PNG"),
        np.where(GRAY > 128, 255, 0).astype(np.uint8),
    ),
    "one bit g4 tiff": (
        encoded(Image.fromarray(GRAY > 128), "TIFF", compression="group4"),
        np.where(GRAY > 128, 255, 0).astype(np.uint8),
    ),
    "pbm": (encoded(Image.fromarray(GRAY > 128), "PPM"), np.where(GRAY > 128, 255, 0).astype(np.uint8)),
    "png 16": (encoded(DEEP, "PNG"), DEEP),
    "pgm 16": (b"P5\n53 37\n65535\n" + DEEP.astype(">u2").tobytes(), DEEP),
    "tiff 16": (tiff_of(DEEP, photometric="minisblack"), DEEP),
    "tiff 16 big-endian": (tiff_of(DEEP, photometric="minisblack", byteorder=">"), DEEP),
    "tiff 16 tiles": (tiff_of(DEEP, photometric="minisblack", tile=(16, 16)), DEEP),
    "tiff 16 deflate predictor": (
        tiff_of(DEEP, photometric="minisblack", compression="zlib", predictor=True),
        DEEP,
    ),
    "tiff 16 white is zero": (tiff_of(65535 - DEEP, photometric="miniswhite"), DEEP),
    "tiff float": (tiff_of((DEEP / 65535).astype(np.float32), photometric="minisblack"), DEEP),
    "tiff float to 255": (tiff_of((DEEP / 257).astype(np.float32), photometric="minisblack"), DEEP),
    "tiff double": (tiff_of(DEEP / 65535, photometric="minisblack"), DEEP),
    "tiff 32": (tiff_of(DEEP.astype(np.uint32) << 16, photometric="minisblack"), DEEP),
}
COLORS: dict[str, tuple[bytes, NDArray[Any]]] = {
    "png": (encoded(RGB, "PNG"), RGB),
    "ppm": (encoded(RGB, "PPM"), RGB),
    "bmp": (encoded(RGB, "BMP"), RGB),
    "tiff": (encoded(RGB, "TIFF"), RGB),
    "tiff planes": (tiff_of(np.moveaxis(RGB, 2, 0), photometric="rgb", planarconfig="separate"), RGB),
    "tiff lzw": (encoded(RGB, "TIFF", compression="tiff_lzw"), RGB),
    "webp lossless": (encoded(RGB, "WEBP", lossless=True), RGB),
    "png 16": (png.encode(DEEP_RGB, image.Metadata(), profile.srgb_profile()), DEEP_RGB),
    "ppm 16": (b"P6 # a comment\n53 37\n65535\n" + DEEP_RGB.astype(">u2").tobytes(), DEEP_RGB),
    "tiff 16": (tiff_of(DEEP_RGB, photometric="rgb"), DEEP_RGB),
    "tiff 16 big-endian": (tiff_of(DEEP_RGB, photometric="rgb", byteorder=">"), DEEP_RGB),
    "tiff 16 planes": (
        tiff_of(np.moveaxis(DEEP_RGB, 2, 0), photometric="rgb", planarconfig="separate"),
        DEEP_RGB,
    ),
    "tiff 16 tiles": (tiff_of(DEEP_RGB, photometric="rgb", tile=(16, 32), compression="zlib"), DEEP_RGB),
    "tiff float": (tiff_of((DEEP_RGB / 65535).astype(np.float32), photometric="rgb"), DEEP_RGB),
}


def chunk(name: bytes, body: bytes) -> bytes:
    """Give a chunk of a PNG."""
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
