"""Every kind of picture is read with its depth, alpha, orientation and lightness; what is none gets a named error."""

import contextlib
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from rechroma import color, image
from rechroma.errors import MissingExtra, RechromaError, TooLarge, UnreadableImage
from rechroma.image import decoding, png, tiff

GRAY = scene(37, 53)
RGB = np.dstack([GRAY, np.roll(GRAY, 3, 1), 255 - GRAY])
DEEP = np.minimum(GRAY.astype(np.int64) * 257 + np.arange(53) * 3, 65535).astype(np.uint16)
DEEP_RGB = np.dstack([DEEP, np.roll(DEEP, 3, 1), 65535 - DEEP])
ALPHA = np.broadcast_to(np.linspace(0, 255, 53).astype(np.uint8), GRAY.shape).copy()
DEEP_ALPHA = ALPHA.astype(np.uint16) * 257


def tiff_of(samples: NDArray[Any], **how: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, metadata=None, **how)
    return file.getvalue()


def expected_lightness(samples: NDArray[Any]) -> NDArray[np.float32]:
    scaled = samples.astype(np.float32) / (1 if samples.dtype.kind == "f" else np.iinfo(samples.dtype).max)
    return color.gray_to_lightness(scaled) if samples.ndim == 2 else color.rgb_to_lightness(scaled)


GRAYS: dict[str, tuple[bytes, NDArray[Any]]] = {
    "png": (encoded(GRAY, "PNG"), GRAY),
    "png interlaced rows": (encoded(GRAY, "PNG", compress_level=0), GRAY),
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
    "png 16": (png.encode(DEEP_RGB, image.Metadata(), b"x" * 200), DEEP_RGB),
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


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", GRAYS)
def test_gray_files_of_every_kind_have_the_lightness_that_was_stored(name: str) -> None:
    data, truth = GRAYS[name]
    picture = image.read(data)
    assert picture.size == truth.shape
    assert picture.bits == 8 * truth.dtype.itemsize
    assert picture.alpha is None
    assert np.abs(image.lightness(picture) - expected_lightness(truth)).max() < 0.005


@pytest.mark.parametrize("name", COLORS)
def test_color_files_of_every_kind_are_taken_by_their_lightness(name: str) -> None:
    data, truth = COLORS[name]
    picture = image.read(data)
    assert picture.bits == 8 * truth.dtype.itemsize
    assert np.array_equal(picture.samples, truth)
    assert np.abs(image.lightness(picture) - expected_lightness(truth)).max() < 0.005
    band = image.lightness(picture, rows=slice(5, 9))
    assert np.array_equal(band, image.lightness(picture)[5:9])


@pytest.mark.parametrize(
    ("data", "samples", "alpha"),
    [
        (encoded(Image.fromarray(np.dstack([GRAY, ALPHA])), "PNG"), GRAY, ALPHA),
        (encoded(np.dstack([RGB, ALPHA]), "PNG"), RGB, ALPHA),
        (encoded(np.dstack([RGB, ALPHA]), "WEBP", lossless=True, exact=True), RGB, ALPHA),
        (encoded(np.dstack([RGB, ALPHA]), "TIFF"), RGB, ALPHA),
        (png.encode(np.dstack([DEEP_RGB, DEEP_ALPHA]), image.Metadata(), b"x" * 200), DEEP_RGB, DEEP_ALPHA),
        (
            tiff_of(np.dstack([DEEP_RGB, DEEP_ALPHA]), photometric="rgb", extrasamples=[2]),
            DEEP_RGB,
            DEEP_ALPHA,
        ),
        (
            tiff_of(np.dstack([DEEP, DEEP_ALPHA]), photometric="minisblack", extrasamples=[2]),
            DEEP,
            DEEP_ALPHA,
        ),
    ],
    ids=["png la", "png rgba", "webp", "tiff", "png 16", "tiff 16", "tiff 16 la"],
)
def test_alpha_is_read_untouched(data: bytes, samples: NDArray[Any], alpha: NDArray[Any]) -> None:
    picture = image.read(data)
    assert np.array_equal(picture.samples, samples)
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, alpha)


def test_premultiplied_alpha_is_divided_out() -> None:
    whole = np.maximum(DEEP_ALPHA, 6000)
    multiplied = np.round(DEEP_RGB * (whole[..., None] / 65535)).astype(np.uint16)
    picture = image.read(tiff_of(np.dstack([multiplied, whole]), photometric="rgb", extrasamples=[1]))
    assert np.abs(picture.samples.astype(int) - DEEP_RGB).max() <= 12
    assert np.array_equal(picture.alpha, whole)


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def test_16_bit_gray_with_alpha_in_png_keeps_all_its_bits() -> None:
    rows = b"".join(b"\x00" + row.tobytes() for row in np.dstack([DEEP, DEEP_ALPHA]).astype(">u2"))
    head = (53).to_bytes(4, "big") + (37).to_bytes(4, "big") + bytes([16, 4, 0, 0, 0])
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    picture = image.read(data)
    assert np.array_equal(picture.samples, DEEP)
    assert np.array_equal(picture.alpha, DEEP_ALPHA)


def test_one_value_can_stand_for_transparent() -> None:
    assert np.array_equal(
        image.read(encoded(GRAY, "PNG", transparency=90)).alpha, np.where(GRAY == 90, 0, 255)
    )
    deep = image.read(encoded(DEEP, "PNG", transparency=int(DEEP[4, 4])))
    assert np.array_equal(deep.alpha, np.where(deep.samples == DEEP[4, 4], 0, 65535))
    palette = image.read(encoded(Image.fromarray(GRAY).convert("P"), "PNG", transparency=90))
    assert palette.alpha is not None


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", None])
def test_deep_tiffs_are_read_without_tifffiles_optional_codecs(compression: str | None) -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs, which writes the test file, is not installed")
    for samples in (DEEP_RGB, DEEP):
        kind = "rgb" if samples.ndim == 3 else "minisblack"
        data = tiff_of(samples, photometric=kind, compression=compression, extratags=[(274, 3, 1, 6, True)])
        assert np.array_equal(tiff.read_by_halves(data), samples)
        assert np.array_equal(image.read(data).samples, np.rot90(samples, -1))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    turned = {
        1: GRAY, 2: GRAY[:, ::-1], 3: GRAY[::-1, ::-1], 4: GRAY[::-1], 5: GRAY.T, 6: np.rot90(GRAY, -1),
        7: GRAY[::-1, ::-1].T, 8: np.rot90(GRAY),
    }[orientation]  # fmt: skip
    how = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(kind, {})
    stored = Image.fromarray(GRAY).convert("RGB") if kind == "WEBP" else GRAY
    picture = image.read(encoded(stored, kind, exif=exif, **how))
    assert picture.size == turned.shape
    assert picture.orientation == orientation
    found = image.lightness(picture)
    assert np.abs(found - expected_lightness(turned)).max() < (2 if kind == "JPEG" else 0.005)
    small = image.small_lightness(picture, turned.shape)
    assert np.abs(small - found).max() < 0.01


def test_deep_tiff_orientation_is_applied() -> None:
    for orientation, turned in ((6, np.rot90(DEEP_RGB, -1)), (3, DEEP_RGB[::-1, ::-1])):
        data = tiff_of(DEEP_RGB, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
        assert np.array_equal(image.read(data).samples, turned)


def test_cmyk_is_read_as_a_color_picture() -> None:
    gray = Image.fromarray(GRAY)
    for kind in ("JPEG", "TIFF"):
        picture = image.read(encoded(gray.convert("RGB").convert("CMYK"), kind))
        assert picture.samples is not None
        assert np.abs(image.lightness(picture) - expected_lightness(GRAY)).mean() < 2
        assert image.lossless_obstacle(picture) is not None


def test_cielab_tiff_is_read_by_its_lightness() -> None:
    lab = np.zeros((*GRAY.shape, 3), np.uint8)
    lab[..., 0] = GRAY
    picture = image.read(tiff_of(lab, photometric="cielab"))
    assert np.abs(image.lightness(picture) - GRAY / 2.55).max() < 1


def test_avif_is_read() -> None:
    picture = image.read(encoded(RGB, "AVIF", quality=90))
    assert (picture.kind, picture.size) == ("avif", GRAY.shape)
    assert np.abs(image.lightness(picture) - expected_lightness(RGB)).mean() < 2


def test_heic_is_read_where_its_extra_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif (the extra 'heic') is not installed")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(RGB)).save(file, quality=90)
    picture = image.read(file.getvalue())
    assert (picture.kind, picture.size) == ("heic", GRAY.shape)
    assert np.abs(image.lightness(picture) - expected_lightness(RGB)).mean() < 2


def test_heic_without_its_extra_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(MissingExtra, match=r"rechroma\[heic\]"):
        image.read(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64))


def test_of_several_pages_the_first_is_taken_with_a_warning() -> None:
    pages = [Image.fromarray(GRAY), Image.fromarray(255 - GRAY)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    with pytest.warns(UserWarning, match="2 pages"):
        picture = image.read(file.getvalue())
    assert np.array_equal(picture.samples, GRAY)
    with pytest.warns(UserWarning, match="2 pages"):
        deep = image.read(tiff_of(np.stack([DEEP, 65535 - DEEP]), photometric="minisblack"))
    assert np.array_equal(deep.samples, DEEP)


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    wrong = tmp_path / "really-a-png.jpg"
    wrong.write_bytes(encoded(GRAY, "PNG"))
    picture = image.read(wrong)
    assert (picture.kind, picture.source) == ("png", "path")
    assert np.array_equal(picture.samples, GRAY)


def test_paths_bytes_and_binary_files_are_the_same_picture(tmp_path: Path) -> None:
    data = gray_jpeg()
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with path.open("rb") as file:
        pictures = [image.read(source) for source in (path, str(path), data, memoryview(data), file)]
    assert [picture.source for picture in pictures] == ["path", "path", "bytes", "bytes", "file"]
    assert all(picture.file == data for picture in pictures)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3), (9, 7, 4)])
def test_arrays_are_read_as_they_are(dtype: Any, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).random(shape)
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    array = (values * top).astype(dtype)
    before = array.copy()
    picture = image.read(array)
    assert (picture.kind, picture.source, picture.size) == ("array", "array", (9, 7))
    assert image.rgb_dtype(picture) == dtype
    assert (picture.alpha is None) == (shape[-1] != 4)
    colors = array[..., :3] if len(shape) == 3 and shape[2] > 1 else array.reshape(9, 7)
    assert np.abs(image.lightness(picture) - expected_lightness(colors)).max() < 0.005
    assert np.array_equal(array, before)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.int64),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.full((4, 4), 1.5, np.float32),
        np.full((4, 4), np.nan, np.float32),
    ],
)
def test_other_arrays_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(UnreadableImage, match="accepted"):
        image.read(array)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F", "HSV", "PA"]
)
def test_pillow_images_of_every_mode_are_read(mode: str) -> None:
    if mode == "I;16":
        given = Image.fromarray(DEEP)
    elif mode in {"I", "F"}:
        given = (
            Image.fromarray(GRAY).convert(mode).point(lambda value: value * 257 if mode == "I" else value * 1)
        )
    else:
        given = Image.fromarray(RGB).convert("P" if mode == "PA" else mode).convert(mode)
    picture = image.read(given)
    assert (picture.kind, picture.source, picture.size) == ("pil", "pil", GRAY.shape)
    truth = np.asarray(given.convert("RGB")) if mode not in {"I;16", "I", "F"} else GRAY
    assert np.abs(image.lightness(picture) - expected_lightness(truth)).mean() < 1


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


def test_pillows_own_limit_neither_stops_nor_warns_and_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for data in (encoded_before["png"], encoded(GRAY, "TIFF", compression="tiff_lzw")):
        assert np.array_equal(image.read(data).samples, GRAY)
    assert Image.MAX_IMAGE_PIXELS == 100


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


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64), (100, 75), (256, 192)])
def test_small_lightness_has_the_size_asked_for_and_the_same_mean(shape: tuple[int, int]) -> None:
    for source in (gray_jpeg(600, 450, quality=95), scene(600, 450), np.dstack([scene(600, 450)] * 3)):
        picture = image.read(source)
        small = image.small_lightness(picture, shape)
        assert small.shape == shape
        assert small.dtype == np.float32
        assert 0 <= small.min() <= small.max() <= 100
        assert abs(small.mean() - image.lightness(picture).mean()) < 1


def test_small_lightness_of_a_jpeg_is_that_of_its_pixels() -> None:
    data = gray_jpeg(1200, 1600, quality=97)
    by_dct = image.small_lightness(image.read(data), (150, 200))
    by_pixels = image.small_lightness(image.read(scene(1200, 1600)), (150, 200))
    assert np.abs(by_dct - by_pixels).mean() < 0.2


@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
def test_luma_shrinks_to_the_size_rounded_up(shrink: int) -> None:
    for source in (gray_jpeg(91, 123), scene(91, 123), encoded(RGB, "PNG")):
        picture = image.read(source)
        height, width = picture.size
        plane = image.luma(picture, shrink=shrink)
        assert plane.shape == (-(-height // shrink), -(-width // shrink))
        assert plane.dtype == np.uint8
    with pytest.raises(ValueError, match="accepted"):
        image.luma(picture, shrink=3)


def test_luma_of_color_jpegs_is_their_first_component() -> None:
    data = encoded(RGB, "JPEG", quality=95, subsampling=0)
    opened = Image.open(io.BytesIO(data))
    opened.draft("YCbCr", opened.size)
    assert np.array_equal(image.luma(image.read(data)), np.asarray(opened)[..., 0])


def test_luma_of_jpegs_stored_as_rgb_is_their_luma_not_their_red() -> None:
    data = encoded(RGB, "JPEG", quality=100, keep_rgb=True, subsampling=0)
    truth = np.asarray(Image.fromarray(RGB).convert("L")).astype(int)
    assert np.abs(image.luma(image.read(data)) - truth).mean() < 1.5


def test_luma_of_deep_and_float_samples_is_rounded() -> None:
    assert np.array_equal(image.luma(image.read(GRAY.astype(np.uint16) * 257)), GRAY)
    assert np.array_equal(image.luma(image.read((GRAY / 255).astype(np.float32))), GRAY)
    assert np.array_equal(image.luma(image.read(GRAY)), GRAY)


def test_a_jpeg_with_damage_in_its_scan_is_decoded_with_a_warning() -> None:
    data = bytearray(gray_jpeg(200, 200, restart_marker_rows=1))
    at = data.index(b"\xff\xd3") + 10
    data[at : at + 6] = b"\x12\x34\x56\x78\x9a\xbc"
    with pytest.warns(UserWarning, match="damaged in places"):
        assert image.lightness(image.read(bytes(data))).shape == (200, 200)


def test_a_decoded_jpeg_is_the_same_picture() -> None:
    picture = image.read(gray_jpeg())
    whole = image.decoded(picture)
    assert np.array_equal(image.lightness(picture), image.lightness(whole))
    assert np.array_equal(image.luma(picture), image.luma(whole))
    assert image.decoded(whole) is whole


@pytest.mark.parametrize("size", [(90, 120), (91, 121), (7, 3), (1, 40)])
def test_gray_stored_with_unusual_sampling_is_read_as_any(size: tuple[int, int]) -> None:
    plain = gray_jpeg(*size)
    at = plain.index(b"\xff\xc0") + 11
    unusual = plain[:at] + b"\x22" + plain[at + 1 :]
    for shrink in (1, 2, 4, 8):
        found = image.luma(image.read(unusual), shrink=shrink)
        truth = image.luma(image.read(plain), shrink=shrink)
        assert found.shape == truth.shape
        assert np.abs(found.astype(int) - truth).mean() < 12
    assert np.array_equal(image.luma(image.read(unusual)), image.luma(image.read(plain)))
