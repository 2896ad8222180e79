"""What the eyes and the merges see of a picture: small lightness, luma, all of it decoded."""

import io

import numpy as np
import pytest
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from rechroma import image
from stored import GRAY, RGB


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
