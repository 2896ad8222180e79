"""Promises of rechroma.color: spaces, transfer functions, YCbCr."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from skimage import color as reference
from skimage import data

from rechroma import color
from rechroma.errors import InputError

PRIMARIES = {  # sRGB primaries and secondaries in CIELAB (D65), as printed by Lindbloom's calculator
    (1, 0, 0): (53.24, 80.09, 67.20),
    (0, 1, 0): (87.73, -86.18, 83.18),
    (0, 0, 1): (32.30, 79.19, -107.86),
    (1, 1, 0): (97.14, -21.55, 94.48),
    (0, 1, 1): (91.11, -48.09, -14.13),
    (1, 0, 1): (60.32, 98.23, -60.82),
    (1, 1, 1): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return data.astronaut().astype(np.float32) / 255


@pytest.fixture(scope="module")
def random_rgb() -> np.ndarray:
    return np.random.default_rng(0).random((50_000, 3), dtype=np.float32)


@pytest.mark.parametrize(("rgb", "lab"), PRIMARIES.items())
def test_primaries_have_their_printed_lab_values(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert color.rgb_to_lab(np.array(rgb, np.float32)) == pytest.approx(lab, abs=0.012)


def test_lab_agrees_with_scikit_image(picture: np.ndarray, random_rgb: np.ndarray) -> None:
    for rgb in (picture, random_rgb):
        lab = color.rgb_to_lab(rgb)
        assert np.abs(lab - reference.rgb2lab(rgb)).max() < 0.02  # its matrix and white have 5 and 6 digits
        assert np.abs(color.lab_to_rgb(lab) - reference.lab2rgb(reference.rgb2lab(rgb))).max() < 1e-4


def test_rgb_survives_the_way_to_lab_and_back(random_rgb: np.ndarray) -> None:
    assert np.abs(color.lab_to_rgb(color.rgb_to_lab(random_rgb)) - random_rgb).max() < 2e-5


def test_lab_survives_the_way_to_rgb_and_back_even_outside_the_gamut() -> None:
    lab = np.random.default_rng(1).uniform((1, -60, -60), (99, 60, 60), (20_000, 3)).astype(np.float32)
    assert np.abs(color.rgb_to_lab(color.lab_to_rgb(lab)) - lab).max() < 2e-2


def test_gray_is_neutral_at_every_level() -> None:
    gray = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None], 3, axis=1)
    assert np.abs(color.rgb_to_lab(gray)[:, 1:]).max() < 1e-4


def test_every_way_to_lightness_agrees(picture: np.ndarray) -> None:
    lightness = color.rgb_to_lab(picture)[..., 0]
    assert np.abs(color.rgb_to_lightness(picture) - lightness).max() < 1e-4
    gray = np.linspace(0, 1, 1000, dtype=np.float32)
    of_rgb = color.rgb_to_lightness(np.repeat(gray[:, None], 3, axis=1))
    assert np.abs(color.gray_to_lightness(gray) - of_rgb).max() < 1e-4


def test_lightness_and_gray_are_inverses() -> None:
    gray = np.linspace(0, 1, 65536, dtype=np.float32)
    assert np.abs(color.lightness_to_gray(color.gray_to_lightness(gray)) - gray).max() < 2e-6


def test_lightness_of_middle_gray_is_the_printed_value() -> None:
    assert color.gray_to_lightness(np.float32([119 / 255]))[0] == pytest.approx(50.03, abs=0.01)


def test_gray_tables_are_exact_at_the_ends_rising_and_read_only() -> None:
    for table, levels in ((color.gray8_lightness_table(), 256), (color.gray16_lightness_table(), 65536)):
        assert table.shape == (levels,)
        assert table.dtype == np.float32
        assert table[0] == pytest.approx(0, abs=1e-4)
        assert table[-1] == 100
        assert (np.diff(table) > 0).all()
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1


def test_transfer_functions_agree_with_the_standard() -> None:
    linear = np.linspace(0, 1, 10001, dtype=np.float32)
    standard = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear.astype(float) ** (1 / 2.4) - 0.055
    )
    encoded = color.linear_to_srgb(linear)
    assert np.abs(encoded - standard).max() < 1e-6
    assert np.abs(color.srgb_to_linear(encoded) - linear).max() < 1e-6


def test_jpeg_ycbcr_has_the_printed_coefficients_of_jfif() -> None:
    rgb = np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    printed = rgb @ matrix.T * 255 + [0, 128, 128]
    assert np.abs(color.rgb_to_ycbcr(rgb) - printed).max() < 0.02  # JFIF prints four digits


def test_jpeg_ycbcr_agrees_with_pillow(picture: np.ndarray) -> None:
    from PIL import Image

    theirs = np.asarray(Image.fromarray(data.astronaut()).convert("YCbCr"), np.float32)
    assert np.abs(color.rgb_to_ycbcr(picture) - theirs).max() < 1.01  # Pillow rounds, and halves down


def test_ycbcr_ways_are_inverses(random_rgb: np.ndarray) -> None:
    assert np.abs(color.ycbcr_to_rgb(color.rgb_to_ycbcr(random_rgb)) - random_rgb).max() < 2e-6


CONVERSIONS = [
    color.rgb_to_lab,
    color.lab_to_rgb,
    color.rgb_to_ycbcr,
    color.ycbcr_to_rgb,
    color.ycbcr_to_lab,
    color.fit_gamut,
]


@pytest.mark.parametrize("convert", CONVERSIONS)
@pytest.mark.parametrize("shape", [(3,), (1, 3), (0, 3), (5, 7, 3), (2, 3, 20_000, 3)])
def test_conversions_keep_shape_give_float32_and_leave_the_input_alone(
    convert: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]
) -> None:
    pixels = np.random.default_rng(2).random(shape, dtype=np.float32)
    kept = pixels.copy()
    result = convert(pixels)
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.array_equal(pixels, kept)


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_conversions_refuse_planes_first(convert: Callable[[np.ndarray], np.ndarray]) -> None:
    with pytest.raises(InputError, match="channels last"):
        convert(np.zeros((3, 8, 8), np.float32))


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_conversions_need_no_more_than_a_few_megabytes_beside_the_result(
    convert: Callable[[np.ndarray], np.ndarray],
) -> None:
    pixels = np.random.default_rng(3).random((1000, 1000, 3), dtype=np.float32) * 50
    convert(pixels[:4])
    tracemalloc.start()
    try:
        result = convert(pixels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - result.nbytes < 3e6
