"""Promises of solve_chroma_for_luma: the wanted a*b* at a fixed Y', inside sRGB."""

import numpy as np
import pytest
from skimage import data

from rechroma import color
from rechroma.errors import InputError


def decoded(luma: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    return color.ycbcr_to_rgb(np.stack([luma.astype(np.float32), cb, cr], axis=-1))


def test_the_chroma_of_real_colors_is_found_again() -> None:
    rgb = data.astronaut().astype(np.float32) / 255
    truth = color.rgb_to_ycbcr(rgb)
    cb, cr = color.solve_chroma_for_luma(truth[..., 0], color.rgb_to_lab(rgb)[..., 1:])
    wrong = np.hypot(cb - truth[..., 1], cr - truth[..., 2])
    assert wrong.mean() < 0.05
    assert np.percentile(wrong, 99) < 0.5


def test_decoded_colors_have_the_wanted_ab_where_it_fits() -> None:
    rgb = np.random.default_rng(0).uniform(0.1, 0.9, (50_000, 3)).astype(np.float32)
    ab, luma = color.rgb_to_lab(rgb)[:, 1:], color.rgb_to_ycbcr(rgb)[:, 0]
    back = color.rgb_to_lab(decoded(luma, *color.solve_chroma_for_luma(luma, ab)))
    wrong = np.hypot(*(back[:, 1:] - ab).T)
    assert wrong.mean() < 0.01
    assert np.percentile(wrong, 99) < 0.1


def test_no_wish_leads_outside_srgb_and_luma_stays() -> None:
    rng = np.random.default_rng(1)
    luma = rng.integers(0, 256, 100_000).astype(np.uint8)
    ab = rng.uniform(-120, 120, (100_000, 2)).astype(np.float32)
    rgb = decoded(luma, *color.solve_chroma_for_luma(luma, ab))
    assert rgb.min() > -1e-5
    assert rgb.max() < 1 + 1e-5
    assert np.abs(color.rgb_to_ycbcr(rgb)[:, 0] - luma).max() < 1e-3


def test_hue_stays_where_chroma_gives_way() -> None:
    rng = np.random.default_rng(2)
    luma = rng.uniform(10, 245, 50_000).astype(np.float32)
    ab = rng.uniform(-120, 120, (50_000, 2)).astype(np.float32)
    back = color.rgb_to_lab(decoded(luma, *color.solve_chroma_for_luma(luma, ab)))[:, 1:]
    turned = np.arctan2(ab[:, 0] * back[:, 1] - ab[:, 1] * back[:, 0], (ab * back).sum(axis=1))
    colored = np.hypot(*back.T) > 5
    assert np.degrees(np.percentile(np.abs(turned[colored]), 99.9)) < 1


def test_neutral_wishes_and_black_and_white_are_neutral() -> None:
    luma = np.arange(256, dtype=np.uint8)
    for plane in color.solve_chroma_for_luma(luma, np.zeros((256, 2), np.float32)):
        assert np.abs(plane - 128).max() < 0.01
    for plane in color.solve_chroma_for_luma(luma[[0, 255]], np.float32([[50, 50], [-50, 20]])):
        assert np.abs(plane - 128).max() < 0.01


def test_held_chroma_is_inside_rgb_and_only_ever_smaller() -> None:
    rng = np.random.default_rng(3)
    luma = rng.integers(0, 256, (4, 50_000)).astype(np.int16)
    chroma = rng.integers(-127, 128, (2, 4, 50_000)).astype(np.int16)
    held = chroma.copy()
    color.hold_chroma(luma, held)
    rgb = decoded(luma, *(held.astype(np.float32) + 128)) * 255
    assert rgb.min() > -1.5
    assert rgb.max() < 256.5
    assert (np.abs(held) <= np.abs(chroma)).all()
    assert (held * chroma >= 0).all()


def test_chroma_inside_rgb_is_held_as_it_is() -> None:
    rgb = np.random.default_rng(4).integers(6, 250, (50_000, 3)).astype(np.float32) / 255
    ycbcr = np.rint(color.rgb_to_ycbcr(rgb)).astype(np.int16)
    chroma = np.ascontiguousarray(ycbcr[:, 1:].T) - np.int16(128)
    held = chroma.copy()
    color.hold_chroma(np.ascontiguousarray(ycbcr[:, 0]), held)
    assert np.array_equal(held, chroma)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="luma has shape"):
        color.solve_chroma_for_luma(np.zeros((4, 4), np.uint8), np.zeros((2, 2, 2), np.float32))
