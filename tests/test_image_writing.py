"""Results keep the lightness or the luma, the alpha, the depth and the kind of what came in."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from rechroma import color, image, jpeg
from rechroma.errors import OptionError

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "camera")


def photograph(name: str) -> NDArray[np.uint8]:
    """Give a real photograph in gray, (H, W) uint8."""
    return np.asarray(Image.fromarray(getattr(skimage.data, name)()).convert("L"))


def strong_ab(height: int, width: int) -> NDArray[np.float32]:
    """Give a*b* (height, width, 2) of up to 100 in all hues, smooth with a few edges."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    a = 100 * np.sin(x / 37 + np.where(y > height / 2, 2, 0))
    b = 100 * np.cos(y / 29 + np.where(x > width / 3, 1, 0))
    return np.dstack([a, b]).astype(np.float32)


def painted(picture: image.Picture, depth: Any) -> NDArray[Any]:
    return color.merge(image.lightness(picture), strong_ab(*picture.size), depth=depth)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_8_bit_results_keep_lightness_under_strong_colors(name: str, kind: Any) -> None:
    picture = image.read(photograph(name))
    data = image.encode_rgb(picture, painted(picture, 8), kind, quality=100)
    moved = np.abs(image.lightness(image.read(data)) - image.lightness(picture))
    assert moved.max() <= 0.6
    assert moved.mean() <= 0.15


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_16_bit_results_keep_lightness_under_strong_colors(name: str, kind: Any) -> None:
    deep = photograph(name).astype(np.uint16) * 257
    deep[1:-1, 1:-1] += np.arange(deep.shape[1] - 2, dtype=np.uint16) % 200
    picture = image.read(np.minimum(deep, 65535))
    again = image.read(image.encode_rgb(picture, painted(picture, 16), kind))
    assert again.bits == 16
    assert np.abs(image.lightness(again) - image.lightness(picture)).max() <= 0.02


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_lossless_results_keep_every_luma_sample(name: str, how: dict[str, Any]) -> None:
    gray = encoded(photograph(name), "JPEG", quality=88, **how)
    picture = image.read(gray)
    ab = strong_ab(*(-(-side // 4) for side in picture.size))
    cb, cr = color.solve_chroma_for_luma(image.luma(picture, shrink=4), ab)
    planes = [np.round(plane).clip(0, 255).astype(np.uint8) for plane in (cb, cr)]
    data = image.encode_lossless_jpeg(picture, *planes)
    assert np.array_equal(image.luma(image.read(data)), image.luma(picture))
    gray_again = Image.open(io.BytesIO(data))
    gray_again.draft("L", gray_again.size)
    assert np.array_equal(np.asarray(gray_again.convert("L")), photograph_decoded(gray))


def photograph_decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("size", [(64, 96), (63, 95), (1, 1), (2, 1), (1, 3), (17, 33)])
@pytest.mark.parametrize("quality", [60, 92, 97])
def test_planes_of_any_size_make_a_jpeg_of_that_size(size: tuple[int, int], quality: int) -> None:
    picture = image.read(scene(*size))
    shape = image.chroma_shape(picture, lossless=False)
    assert shape == (-(-size[0] // 2), -(-size[1] // 2))
    cb, cr = np.full(shape, 100, np.uint8), np.full((3, 5), 160, np.uint8)
    data = image.encode_planes_jpeg(picture, cb, cr, quality=quality)
    again = image.read(data)
    assert again.size == size
    opened = Image.open(io.BytesIO(data))
    opened.draft("YCbCr", opened.size)
    assert np.abs(np.asarray(opened)[..., 1].astype(int) - 100).max() <= 2
    assert np.abs(np.asarray(opened)[..., 2].astype(int) - 160).max() <= 2
    assert np.abs(image.luma(again).astype(int) - image.luma(picture)).mean() < (6 if quality == 60 else 2.5)


@pytest.mark.parametrize("quality", [75, 85, 92, 98])
def test_the_planes_way_gives_back_the_luma_of_gray_stored_as_color(quality: int) -> None:
    stored = encoded(Image.fromarray(photograph("coffee")).convert("RGB"), "JPEG", quality=quality)
    picture = image.read(stored)
    chroma = np.full(image.chroma_shape(picture, lossless=False), 140, np.uint8)
    again = image.read(image.encode_planes_jpeg(picture, chroma, chroma, quality=92))
    moved = np.abs(image.luma(again).astype(int) - image.luma(picture))
    assert moved.max() <= 8
    assert (moved == 0).mean() > 0.93


def test_a_low_quality_is_not_raised_by_a_finer_original() -> None:
    stored = encoded(Image.fromarray(photograph("coffee")).convert("RGB"), "JPEG", quality=98)
    picture = image.read(stored)
    chroma = np.full(image.chroma_shape(picture, lossless=False), 140, np.uint8)
    small = image.encode_planes_jpeg(picture, chroma, chroma, quality=60)
    assert len(small) < len(image.encode_planes_jpeg(picture, chroma, chroma, quality=90)) / 3


def test_luma_is_encoded_as_exactly_as_a_gray_file_would_be() -> None:
    gray = photograph("astronaut")
    picture = image.read(gray)
    chroma = np.full(image.chroma_shape(picture, lossless=False), 140, np.uint8)
    for quality in (70, 92, 96):
        again = image.luma(image.read(image.encode_planes_jpeg(picture, chroma, chroma, quality=quality)))
        assert np.array_equal(again, photograph_decoded(encoded(gray, "JPEG", quality=quality)))


def test_chroma_planes_come_out_as_they_went_in() -> None:
    picture = image.read(scene(200, 300))
    y, x = np.mgrid[0:100, 0:150]
    cb, cr = (100 + x / 3).astype(np.uint8), (90 + y / 2).astype(np.uint8)
    for quality in (92, 97):
        opened = Image.open(io.BytesIO(image.encode_planes_jpeg(picture, cb, cr, quality=quality)))
        opened.draft("YCbCr", opened.size)
        halves = np.asarray(opened).reshape(100, 2, 150, 2, 3).mean((1, 3))
        assert np.abs(halves[..., 1] - cb).mean() < 1
        assert np.abs(halves[..., 2] - cr).mean() < 1


def test_alpha_gives_way_to_white_in_a_jpeg() -> None:
    rgba = np.dstack([np.full((32, 32, 3), 60, np.uint8), np.full((32, 32), 255, np.uint8)])
    rgba[:, 16:, 3] = 0
    picture = image.read(rgba)
    chroma = np.full((16, 16), 180, np.uint8)
    with pytest.warns(UserWarning, match="transparent parts lie on white"):
        data = image.encode_planes_jpeg(picture, chroma, chroma)
    seen = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(seen[4:28, 20:30] - 255).max() <= 4
    assert seen[4:28, 2:12, 1].max() < 80
    image.encode_planes_jpeg(
        replace(picture, alpha=np.full((32, 32), 255, np.uint8)), chroma, chroma
    )  # no note


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_alpha_comes_out_untouched(kind: Any, depth: Any) -> None:
    values = np.random.default_rng(2).integers(0, np.iinfo(depth).max, (20, 30, 4), dtype=depth)
    picture = image.read(values)
    again = image.read(image.encode_rgb(picture, values[..., :3], kind, quality=100))
    if kind == "webp" and depth is np.uint16:
        values = np.round(values / 257).astype(np.uint8)
    assert np.array_equal(again.alpha, values[..., 3])
    assert np.array_equal(again.samples, values[..., :3])


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_depth_of_samples_and_of_alpha_may_differ(kind: Any) -> None:
    values = np.random.default_rng(2).integers(0, 255, (20, 30, 4), dtype=np.uint8)
    picture = image.read(values)
    again = image.read(image.encode_rgb(picture, values[..., :3].astype(np.uint16) * 257, kind))
    assert np.array_equal(again.alpha, values[..., 3].astype(np.uint16) * 257)


def test_floats_are_written_in_16_bits() -> None:
    rgb = np.random.default_rng(2).random((20, 30, 3)).astype(np.float32)
    for kind in ("png", "tiff"):
        again = image.read(image.encode_rgb(image.read(rgb), rgb, kind))  # type: ignore[arg-type]
        assert np.array_equal(again.samples, np.round(rgb * 65535).astype(np.uint16))


def test_other_decoders_read_16_bit_png_and_tiff_alike() -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    rgb = np.random.default_rng(4).integers(0, 65536, (33, 47, 3), dtype=np.uint16)
    smooth = np.dstack([np.outer(np.arange(300), np.arange(200)).astype(np.uint16)] * 3)
    for values in (rgb, smooth, rgb[:1, :1], rgb[:, :1], rgb[:1]):
        for kind in ("png", "tiff"):
            data = image.encode_rgb(image.read(values), values, kind)  # type: ignore[arg-type]
            found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            assert np.array_equal(found[..., ::-1], values)


def test_a_webp_stays_without_loss_where_it_was() -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    kept = image.read(encoded(rgb, "WEBP", lossless=True))
    assert np.array_equal(image.read(image.encode_rgb(kept, rgb, "webp", quality=50)).samples, rgb)
    lossy = image.read(encoded(rgb, "WEBP", quality=90))
    assert not np.array_equal(image.read(image.encode_rgb(lossy, rgb, "webp", quality=50)).samples, rgb)


def test_every_result_has_an_rgb_profile() -> None:
    picture = image.read(gray_jpeg())
    plane = image.luma(picture)
    rgb = np.dstack([plane] * 3)
    files = [
        image.encode_lossless_jpeg(picture, plane, plane),
        image.encode_planes_jpeg(picture, plane, plane),
    ]
    files += [image.encode_rgb(picture, rgb, kind) for kind in ("png", "tiff", "webp")]  # type: ignore[arg-type]
    files += [image.encode_rgb(picture, rgb.astype(np.uint16), kind) for kind in ("png", "tiff")]  # type: ignore[arg-type]
    for data in files:
        profile = Image.open(io.BytesIO(data)).info["icc_profile"]
        assert profile[16:20] == b"RGB "
        assert image.luma_profile(image.read(data)) == profile


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("jpeg", "jpeg"), ("png", "png"), ("tiff", "tiff"), ("webp", "webp"), ("bmp", "png"), ("pnm", "png"),
     ("avif", "jpeg"), ("heic", "jpeg"), ("array", "png"), ("pil", "png")],
)  # fmt: skip
def test_the_format_stays_where_it_can_hold_color(kind: Any, wanted: str) -> None:
    picture = replace(image.read(scene(4, 4)), kind=kind)
    assert image.output_format(picture, "same") == wanted
    assert image.output_format(picture, "tiff") == "tiff"
    if kind in {"avif", "heic"}:
        assert image.output_format(replace(picture, alpha=scene(4, 4)), "same") == "png"


def test_a_side_too_long_for_a_format_names_those_that_hold_it() -> None:
    long = image.read(np.zeros((1, 70000), np.uint8))
    with pytest.raises(OptionError, match="png, tiff"):
        image.encode_planes_jpeg(long, np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8))
    with pytest.raises(OptionError, match="webp"):
        image.encode_rgb(
            image.read(np.zeros((17000, 1), np.uint8)), np.zeros((17000, 1, 3), np.uint8), "webp"
        )


def test_the_lossless_way_is_refused_by_name_where_it_does_not_apply() -> None:
    plane = scene(4, 4)
    for source, reason in ((scene(30, 30), "not as a JPEG"), (gray_jpeg() + b"tail", "4 bytes follow")):
        with pytest.raises(OptionError, match=reason):
            image.encode_lossless_jpeg(image.read(source), plane, plane)


def test_chroma_planes_have_their_shapes_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6
    assert image.chroma_shape(image.read(gray_jpeg(91, 121)), lossless=True) == (91, 61)
    assert image.chroma_shape(image.read(gray_jpeg(91, 121, exif=exif)), lossless=True) == (61, 91)
    assert image.chroma_shape(image.read(gray_jpeg(91, 121, restart_marker_rows=1)), lossless=True) == (
        91,
        121,
    )
    assert image.chroma_shape(image.read(gray_jpeg(91, 121, exif=exif)), lossless=False) == (61, 46)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (9, 7, 4)])
def test_arrays_come_back_as_arrays_of_their_dtype(dtype: Any, shape: tuple[int, ...]) -> None:
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    given = (np.random.default_rng(1).random(shape) * top).astype(dtype)
    picture = image.read(given)
    rgb = np.zeros((9, 7, 3), image.rgb_dtype(picture))
    back = image.give_back(picture, rgb)
    assert isinstance(back, np.ndarray)
    assert back.dtype == dtype
    assert back.shape == ((9, 7, 4) if shape[-1] == 4 else (9, 7, 3))
    if shape[-1] == 4:
        assert np.array_equal(back[..., 3], given[..., 3])


@pytest.mark.parametrize(
    ("mode", "wanted"), [("L", "RGB"), ("LA", "RGBA"), ("RGBA", "RGBA"), ("I;16", "RGB"), ("1", "RGB")]
)
def test_pillow_images_come_back_as_pillow_images(mode: str, wanted: str) -> None:
    gray = scene(20, 30)
    given = (
        Image.fromarray(gray.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(gray).convert(mode)
    )
    picture = image.read(given)
    back = image.give_back(picture, np.zeros((20, 30, 3), image.rgb_dtype(picture)))
    assert isinstance(back, Image.Image)
    assert (back.mode, back.size) == (wanted, (30, 20))


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture = image.read(gray_jpeg())
    plane = image.luma(picture)
    rgb = np.dstack([plane] * 3)
    made_by = image.Provenance(version="1", model="m", source_type="humanEdits")
    for _ in range(2):
        assert image.encode_lossless_jpeg(
            picture, plane, plane, provenance=made_by
        ) == image.encode_lossless_jpeg(picture, plane, plane, provenance=made_by)
        for kind in ("png", "tiff", "webp"):
            first, second = (image.encode_rgb(picture, rgb, kind, provenance=made_by) for _ in range(2))  # type: ignore[arg-type]
            assert first == second


def test_planes_are_not_read_past_their_end() -> None:
    for size in ((63, 95), (64, 95), (63, 96)):
        picture = image.read(scene(*size))
        chroma = np.full(image.chroma_shape(picture, lossless=False), 128, np.uint8)
        data = image.encode_planes_jpeg(picture, chroma, chroma, quality=97)
        info = jpeg.inspect(data)
        assert (info.height, info.width) == size
        assert data == image.encode_planes_jpeg(picture, chroma, chroma, quality=97)
