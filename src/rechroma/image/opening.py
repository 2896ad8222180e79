"""Files opened by Pillow's plugins one by one: Image.open asks a pixel limit that is one for the whole process.

That limit has another value than ours and belongs to the program that we are part of, so it is neither asked nor
changed: whoever opens a file here checks its size (`limits.check_size`) before anything is decoded.
"""

import io
from importlib import import_module

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

PLUGINS = {
    "PNG": "Png",
    "TIFF": "Tiff",
    "WEBP": "WebP",
    "BMP": "Bmp",
    "PPM": "Ppm",
    "AVIF": "Avif",
    "GIF": "Gif",
    "JPEG2000": "Jpeg2K",
}
"""How Pillow's plugin of a format begins its names, by Pillow's name of the format."""
_HEAD = 16
"""Bytes by which a plugin knows its files."""


class _Tiff(TiffImageFile):
    """A TIFF whose samples get their memory without a look at Pillow's limit."""

    def load_prepare(self) -> None:
        """Make room for the samples."""
        if self._im is None:
            self.im = Image.new(self.mode, self._tile_size).im
        ImageFile.load_prepare(self)


class _ShortRead(io.BytesIO):
    """A file that ends its first read after the signature, before the size that Pillow would hold to its limit."""

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, all that are left without it; no more than the signature where it begins."""
        return super().read(_HEAD if size and size > _HEAD and self.tell() == 0 else size)


def open_file(data: bytes) -> ImageFile:
    """Open a file by the plugin that knows its first bytes.

    Raises:
        UnidentifiedImageError: no plugin knows it.
        OSError, SyntaxError, ValueError and others (`decoding.DAMAGE`): it is damaged.
    """
    for kind, name in PLUGINS.items():
        plugin = import_module(f"PIL.{name}ImagePlugin")  # which enters itself in Image.OPEN
        accepts = Image.OPEN[kind][1]
        if accepts is None or accepts(data[:_HEAD]) is not True:
            continue
        if kind == "TIFF":
            return _Tiff(io.BytesIO(data))
        opened: ImageFile = getattr(plugin, f"{name}ImageFile")(
            _ShortRead(data) if kind == "WEBP" else io.BytesIO(data)
        )
        return opened
    raise UnidentifiedImageError


def gif_size(data: bytes) -> tuple[int, int] | None:
    """Return (H, W) that Pillow makes of a GIF, screen and first frame together; None where this is none."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        return None
    screen = (int.from_bytes(data[8:10], "little"), int.from_bytes(data[6:8], "little"))
    at = 13 + (3 * 2 << (data[10] & 7) if data[10] & 0x80 else 0)
    while data[at : at + 1] == b"!":  # an extension: blocks up to an empty one
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    if data[at : at + 1] != b"," or len(data) < at + 9:
        return screen
    left, top, width, height = (int.from_bytes(data[i : i + 2], "little") for i in range(at + 1, at + 9, 2))
    return max(screen[0], top + height), max(screen[1], left + width)


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return (H, W) as a WebP's header tells it; None where this is no WebP, or a damaged one."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    elif data[12:16] == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    else:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return height, width
