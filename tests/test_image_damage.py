"""Too large, truncated, damaged, unknown: a named error before harm is done, never anything else."""

import contextlib
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import encoded, gray_jpeg
from graphs import save
from rechroma import ColorizeOptions, colorize, image, notes
from rechroma.errors import OptionError, RechromaError, TooLarge, UnreadableImage
from rechroma.image import decoding, opening
from stored import COLORS, DEEP_RGB, GRAY, RGB, chunk, tiff_of


def test_the_limit_is_held_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", refuse)
    monkeypatch.setattr(decoding, "decode_image", refuse)
    for data in (BROKEN["jpeg"], encoded_before["png"], encoded_before["tiff"], encoded_before["webp"]):
        with pytest.raises(TooLarge, match="max_megapixels"):
            image.read(data, max_megapixels=0.001)
    with pytest.raises(TooLarge):
        image.read(np.zeros((100, 100), np.uint8), max_megapixels=0.001)


encoded_before = {
    "png": encoded(GRAY, "PNG"),
    "tiff": tiff_of(DEEP_RGB, photometric="rgb"),
    "webp": encoded(RGB, "WEBP"),
}


def test_a_decompression_bomb_is_too_large() -> None:
    head = (30000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(TooLarge, match="900.0 megapixels"):
        image.read(data)


@pytest.mark.parametrize(
    "how", [{}, {"lossless": True}, {"exif": Image.Exif().tobytes()}], ids=["VP8 ", "VP8L", "VP8X"]
)
def test_a_webp_is_measured_by_its_header(how: dict[str, Any]) -> None:
    data = encoded(RGB, "WEBP", **how)
    assert opening.webp_size(data) == RGB.shape[:2]
    assert opening.webp_size(data[:29]) is None


BROKEN = {
    "jpeg": gray_jpeg(60, 60),
    "progressive": gray_jpeg(60, 60, progressive=True),
    "png": encoded(RGB, "PNG"),
    "png 16": COLORS["png 16"][0],
    "tiff": encoded(RGB, "TIFF", compression="tiff_lzw"),
    "tiff 16": encoded_before["tiff"],
    "webp": encoded(RGB, "WEBP"),
    "bmp": encoded(RGB, "BMP"),
    "ppm": encoded(RGB, "PPM"),
    "ppm 16": COLORS["ppm 16"][0],
    "avif": encoded(RGB, "AVIF"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BROKEN)
def test_truncated_files_get_a_named_error(name: str) -> None:
    data = BROKEN[name]
    for length in (*range(0, 40), *np.linspace(40, len(data) * 0.9, 40).astype(int)):
        with pytest.raises(UnreadableImage):
            image.lightness(image.read(data[:length]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BROKEN)
def test_random_damage_gives_a_picture_or_a_named_error(name: str) -> None:
    rng = np.random.default_rng(3)
    data = np.frombuffer(BROKEN[name], np.uint8)
    for _ in range(60):
        damaged = data.copy()
        at = rng.integers(0, min(len(data), 600), 4)
        damaged[at] = rng.integers(0, 256, 4)
        with contextlib.suppress(RechromaError):
            image.lightness(image.read(damaged.tobytes(), max_megapixels=1))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7", "pdftoppm"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "darktable"),
        (b"\x00\x00\x00\x18ftypcrx ", "darktable"),
        (b"FUJIFILMCCD-RAW 0201", "darktable"),
        (tiff_of(GRAY, photometric="cfa"), "darktable"),
        (tiff_of(RGB, photometric="rgb", extratags=[(50706, 1, 4, b"\x01\x04\x00\x00", True)]), "darktable"),
        (b"8BPS\x00\x01", "TIFF"),
        (b"\xff\x0a" + bytes(20), "djxl"),
    ],
)
def test_files_of_other_kinds_are_refused_with_advice(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableImage, match=words):
        image.read(data + bytes(64))


def test_jpeg_2000_counts_the_32_bits_that_its_decoder_takes_a_channel() -> None:
    data = encoded(RGB, "JPEG2000")
    with pytest.raises(TooLarge, match="12 bytes"):
        image.read(data, max_megapixels=RGB[..., 0].size / 1e6)
    assert image.read(data, max_megapixels=2 * RGB[..., 0].size / 1e6).size == GRAY.shape


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(OptionError, match="max_megapixels"):
        image.read(encoded_before["png"], max_megapixels=limit)


def test_files_longer_than_the_limit_are_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.tif"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # takes no room
    with pytest.raises(TooLarge, match="longer than 144 MB"):
        image.read(path, max_megapixels=10)
    asked = []

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size)
            return bytes(size or 0)

    with pytest.raises(TooLarge, match="longer than 144 MB"):
        image.read(Endless(), max_megapixels=10)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", b"GIF89a" + bytes(50), b"%!PS-Adobe", bytes(1000)]
)
def test_what_is_no_picture_of_ours_gets_a_named_error(data: bytes) -> None:
    with pytest.raises(UnreadableImage):
        image.read(data)


def test_missing_files_and_folders_get_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="cannot read"):
        image.read(tmp_path / "none.png")
    with pytest.raises(UnreadableImage, match="cannot read"):
        image.read(tmp_path)


def test_a_jpeg_with_damage_in_its_scan_is_decoded_with_a_warning() -> None:
    data = bytearray(gray_jpeg(200, 200, restart_marker_rows=1))
    at = data.index(b"\xff\xd3") + 10
    data[at : at + 6] = b"\x12\x34\x56\x78\x9a\xbc"
    with pytest.warns(UserWarning, match="damaged in places"):
        assert image.lightness(image.read(bytes(data))).shape == (200, 200)


def test_a_gif_is_measured_by_its_header_and_a_huge_one_is_too_large() -> None:
    data = bytearray(encoded(GRAY, "GIF"))
    assert opening.gif_size(bytes(data)) == GRAY.shape
    assert opening.gif_size(data[:12]) is None
    at = data.index(b",", 13 + 3 * 256)
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # the frame is larger than the screen
    assert opening.gif_size(bytes(data)) == (65535, 65535)
    with pytest.raises(TooLarge, match="65535x65535"):
        image.read(bytes(data))


def test_a_palette_png_without_its_palette_is_unreadable() -> None:
    out = io.BytesIO()
    Image.fromarray(RGB).quantize(8).save(out, "PNG")
    data = out.getvalue()
    start = data.index(b"PLTE") - 4
    length = int.from_bytes(data[start : start + 4], "big") + 12
    with pytest.raises(UnreadableImage, match="palette"):
        image.read(data[:start] + data[start + length :])


def test_a_jpeg_with_a_damaged_scan_comes_out_sound(tmp_path: Path) -> None:
    data = bytearray(gray_jpeg())
    at = data.index(b"\xff\xda") + 40
    data[at : at + 6] = bytes(6)
    with notes.collected() as told:
        result = colorize(bytes(data), ColorizeOptions(method=str(save(tmp_path / "flat.onnx"))))
    assert any("damaged in places" in note for note in told)
    with Image.open(io.BytesIO(result)) as opened:
        opened.load()
    with notes.collected() as told:
        image.small_lightness(image.read(result), (8, 8))
    assert told == []


def test_a_damaged_text_of_a_png_is_left_out_with_a_note(tmp_path: Path) -> None:
    data = encoded(GRAY, "PNG")
    bad = chunk(b"zTXt", b"Comment\x00\x2a" + zlib.compress(b"an unknown compression"))
    with notes.collected() as told:
        result = colorize(
            data[:33] + bad + data[33:], ColorizeOptions(method=str(save(tmp_path / "flat.onnx")))
        )
    assert any("damaged text" in note for note in told)
    with Image.open(io.BytesIO(result)) as opened:
        opened.load()
