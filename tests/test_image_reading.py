"""Every kind of picture is read with its depth, alpha, orientation and lightness."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded, gray_jpeg
from rechroma import image
from rechroma.errors import MissingExtra, UnreadableImage
from rechroma.image import png, profile
from stored import (
    ALPHA,
    COLORS,
    DEEP,
    DEEP_ALPHA,
    DEEP_RGB,
    GRAY,
    GRAYS,
    RGB,
    chunk,
    expected_lightness,
    tiff_of,
)


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
        (
            png.encode(np.dstack([DEEP_RGB, DEEP_ALPHA]), image.Metadata(), profile.srgb_profile()),
            DEEP_RGB,
            DEEP_ALPHA,
        ),
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


def test_one_color_of_16_bits_can_stand_for_transparent() -> None:
    colors = np.dstack([DEEP, DEEP[::-1], DEEP[:, ::-1]])
    clear = colors[4, 4]
    rows = b"".join(b"\x00" + row.tobytes() for row in colors.astype(">u2"))
    head = (53).to_bytes(4, "big") + (37).to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"tRNS", clear.astype(">u2").tobytes())
    picture = image.read(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert np.array_equal(picture.samples, colors)
    assert np.array_equal(picture.alpha, np.where((colors == clear).all(2), 0, 65535))


def test_a_fourth_channel_of_a_tiff_that_no_tag_explains_is_alpha() -> None:
    stored = np.dstack([RGB, GRAY])
    file = tiff_of(stored, photometric="rgb", extrasamples=[0])
    tag = tifffile.TiffFile(io.BytesIO(file)).pages.first.tags[338]
    picture = image.read(file[: tag.offset] + struct.pack("<H", 337) + file[tag.offset + 2 :])
    assert np.array_equal(picture.samples, stored[..., :3])
    assert np.array_equal(picture.alpha, GRAY)


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


def test_of_a_gif_the_first_frame_is_taken() -> None:
    moving = encoded(GRAY, "GIF", save_all=True, append_images=[Image.fromarray(255 - GRAY)])
    with pytest.warns(UserWarning, match="gif has 2 pages or frames; the first is taken"):
        picture = image.read(moving)
    assert (picture.kind, picture.size) == ("gif", GRAY.shape)
    assert np.abs(image.lightness(picture) - expected_lightness(GRAY)).max() < 0.005
    later = Image.open(io.BytesIO(moving))
    later.seek(1)
    cut = moving[: later.tile[0].offset - 5]  # in the middle of the second frame's header
    assert np.array_equal(image.read(cut).samples, picture.samples)
    see_through = image.read(encoded(GRAY, "GIF", transparency=int(GRAY[0, 0])))
    assert np.array_equal(see_through.alpha == 0, GRAY[0, 0] == GRAY)


def test_jpeg_2000_is_read_and_tells_of_bits_that_are_lost() -> None:
    for samples in (GRAY, RGB, DEEP):
        picture = image.read(encoded(Image.fromarray(samples), "JPEG2000"))
        assert (picture.kind, picture.bits) == ("jp2", 8 * samples.dtype.itemsize)
        assert np.array_equal(picture.samples, samples)
    codestream = encoded(RGB, "JPEG2000", no_jp2=True)
    assert np.array_equal(image.read(codestream).samples, RGB)
    imagecodecs = pytest.importorskip(
        "imagecodecs", reason="imagecodecs, which writes the file, is not installed"
    )
    with pytest.warns(UserWarning, match="16 bits a channel 8 are kept"):
        image.read(imagecodecs.jpeg2k_encode(DEEP_RGB, level=0))


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
