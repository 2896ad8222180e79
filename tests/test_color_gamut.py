"""Promises of rechroma.color.fit_gamut and merge: lightness and hue stay, chroma gives way, nothing is clipped."""

import numpy as np
import pytest
from skimage import data

from rechroma import color
from rechroma.errors import InputError, OptionError

STRENGTHS = (1.0, 1.5, 3.0, 8.0)


def strong(name: str, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """A real picture's lightness with its colors amplified."""
    lab = color.rgb_to_lab(getattr(data, name)().astype(np.float32) / 255)
    return np.clip(lab[..., 0], 0, 100), lab[..., 1:] * np.float32(strength)


def joined(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    return np.concatenate([lightness[..., None], ab], axis=-1)


def random_lab(count: int = 100_000) -> np.ndarray:
    return np.random.default_rng(0).uniform((0, -120, -120), (100, 120, 120), (count, 3)).astype(np.float32)


def test_fitted_colors_are_inside_srgb() -> None:
    rgb = color.lab_to_rgb(color.fit_gamut(random_lab()))
    assert rgb.min() > -5e-5
    assert rgb.max() < 1 + 5e-6


def test_fitting_keeps_lightness_to_the_bit() -> None:
    lab = random_lab()
    assert np.array_equal(color.fit_gamut(lab)[:, 0], lab[:, 0])


def test_fitting_keeps_hue_and_never_adds_chroma() -> None:
    lab = random_lab()
    fitted = color.fit_gamut(lab)
    before, after = np.hypot(lab[:, 1], lab[:, 2]), np.hypot(fitted[:, 1], fitted[:, 2])
    assert (after <= before * (1 + 1e-6)).all()
    cross = lab[:, 1] * fitted[:, 2] - lab[:, 2] * fitted[:, 1]
    assert np.abs(cross).max() < 1e-5 * (before * before).max()
    assert (lab[:, 1] * fitted[:, 1] + lab[:, 2] * fitted[:, 2] >= 0).all()


def test_colors_inside_the_gamut_come_back_to_the_bit() -> None:
    lab = color.rgb_to_lab(np.random.default_rng(1).random((100_000, 3), dtype=np.float32))
    lab[:, 0] = np.clip(lab[:, 0], 0, 100)
    assert np.array_equal(color.fit_gamut(lab), lab)


def test_fitting_takes_little_more_chroma_than_it_must() -> None:
    lab = random_lab(20_000)
    fitted = color.fit_gamut(lab)
    taken = np.hypot(lab[:, 1], lab[:, 2]) > np.hypot(fitted[:, 1], fitted[:, 2]) + 0.01
    for factor, most in ((1.01, 0.15), (1.03, 0.03)):
        more = fitted[taken] * np.float32([1, factor, factor])
        rgb = color.lab_to_rgb(more)
        still_inside = ((rgb >= 0) & (rgb <= 1)).all(axis=1)
        assert still_inside.mean() < most


def test_fitting_twice_changes_next_to_nothing() -> None:
    once = color.fit_gamut(random_lab(20_000))
    assert np.abs(color.fit_gamut(once) - once).max() < 1e-3


def test_black_and_white_have_no_color_and_lightness_beyond_them_is_held() -> None:
    lab = np.float32([[0, 50, 50], [100, 50, 50], [-3, 10, 0], [104, 0, 10]])
    fitted = color.fit_gamut(lab)
    assert np.abs(fitted[:, 1:]).max() < 0.02
    assert list(fitted[:, 0]) == [0, 100, 0, 100]


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_lightness_of_8_bit_results_moves_by_no_more_than_promised(name: str, strength: float) -> None:
    lightness, ab = strong(name, strength)
    rgb = color.merge(lightness, ab, depth=8)
    moved = np.abs(color.rgb_to_lightness(rgb.astype(np.float32) / 255) - lightness)
    assert rgb.dtype == np.uint8
    assert moved.max() <= 0.6
    assert moved.mean() <= 0.15


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_lightness_of_16_bit_results_moves_by_no_more_than_promised(name: str, strength: float) -> None:
    lightness, ab = strong(name, strength)
    rgb = color.merge(lightness, ab, depth=16)
    moved = np.abs(color.rgb_to_lightness(rgb.astype(np.float32) / 65535) - lightness)
    assert rgb.dtype == np.uint16
    assert moved.max() <= 0.02


def test_the_promise_on_lightness_holds_for_any_color() -> None:
    lab = random_lab(300_000)
    for depth, largest in ((8, 0.6), (16, 0.02)):
        rgb = color.merge(lab[:, 0], lab[:, 1:], depth=depth)
        moved = np.abs(color.rgb_to_lightness(rgb.astype(np.float32) / (2**depth - 1)) - lab[:, 0])
        assert moved.max() <= largest


def test_merging_without_color_gives_the_gray_levels_back() -> None:
    for depth, levels in ((8, 256), (16, 65536)):
        gray = np.linspace(0, 1, levels, dtype=np.float32)
        rgb = color.merge(color.gray_to_lightness(gray), np.zeros((levels, 2), np.float32), depth=depth)
        assert np.abs(rgb.astype(int) - np.arange(levels)[:, None]).max() <= (0 if depth == 8 else 1)


def test_merging_is_fitting_converting_and_rounding() -> None:
    lightness, ab = strong("chelsea", 2)
    rgb = color.lab_to_rgb(color.fit_gamut(joined(lightness, ab)))
    assert np.abs(color.merge(lightness, ab).astype(int) - np.rint(rgb * 255)).max() <= 1
    assert (color.merge(lightness, ab) != np.rint(rgb * 255)).mean() < 1e-3


def test_clipping_instead_of_fitting_would_break_the_promise() -> None:
    lightness, ab = strong("astronaut", 3)
    clipped = np.clip(color.lab_to_rgb(joined(lightness, ab)), 0, 1)
    assert np.abs(color.rgb_to_lightness(clipped) - lightness).max() > 5


def test_merge_refuses_other_depths_and_shapes_that_differ() -> None:
    with pytest.raises(OptionError, match="8 or 16"):
        color.merge(np.zeros((2, 2), np.float32), np.zeros((2, 2, 2), np.float32), depth=12)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected"):
        color.merge(np.zeros((2, 2), np.float32), np.zeros((2, 3, 2), np.float32))
