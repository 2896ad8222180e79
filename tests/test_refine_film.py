"""Promises of refine.chroma_planes for the encodings of film: the colors of the picture, inside RGB, luma untouched."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from rechroma import color, refine
from rechroma.color import BT601_625, BT709, BT2020, JPEG, Encoding
from rechroma.color.light import CURVES, xyz_to_rgb
from rechroma.color.spaces import lab_to_linear
from rechroma.errors import InputError
from rechroma.tiling import resize

FILM = {
    "pal": BT601_625,
    "hd": BT709,
    "hd 10 bits": replace(BT709, bits=10),
    "hd full": replace(BT709, range="full"),
    "uhd": BT2020,
}
film = pytest.mark.parametrize("encoding", FILM.values(), ids=FILM)


def frame(encoding: Encoding, gain: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photograph's luma and a*b* as a film of this encoding has them, and the small a*b*."""
    lab = color.rgb_to_lab(data.astronaut().astype(np.float32) / 255)
    light = lab_to_linear(lab.reshape(-1, 3).T.copy(), xyz_to_rgb(encoding.primaries))
    rgb = CURVES[encoding.transfer].to_signal(light).T.reshape(lab.shape)
    ycbcr = color.rgb_to_ycbcr(rgb, encoding)
    truth = lab[..., 1:] * np.float32(gain)
    small = resize(np.ascontiguousarray(truth), (64, 64), kernel="area")
    return np.rint(ycbcr[..., 0]).astype(encoding.dtype), truth, small


def stacked(luma: np.ndarray, *chroma: np.ndarray) -> np.ndarray:
    return np.stack([luma, *chroma], axis=-1).astype(np.float32)


def rmse(ab: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(((ab - truth) ** 2).sum(axis=-1).mean()))


@film
def test_planes_show_the_predicted_colors_as_well_as_solving_each_pixel(encoding: Encoding) -> None:
    luma, truth, small = frame(encoding)
    kept = luma.copy()
    planes = refine.chroma_planes(small, luma, encoding)
    assert np.array_equal(luma, kept)
    assert all(plane.dtype == encoding.dtype for plane in planes)
    upsampled = refine.upsample_ab(small, color.lightness_of_luma(luma, encoding))
    solved = color.solve_chroma_for_luma(luma, upsampled, encoding)
    shown, best = (
        color.ycbcr_to_lab(stacked(luma, *chroma), encoding)[..., 1:] for chroma in (planes, solved)
    )
    assert rmse(shown, best) < 1.9
    assert rmse(shown, truth) < 1.05 * rmse(best, truth)


@film
def test_planes_lead_nowhere_outside_rgb(encoding: Encoding) -> None:
    luma, _, small = frame(encoding, gain=3)
    rgb = color.ycbcr_to_rgb(stacked(luma, *refine.chroma_planes(small, luma, encoding)), encoding)
    assert rgb.min() > -1.7 / 255  # rounding of Cb and Cr to whole numbers
    assert rgb.max() < 1 + 1.7 / 255


@film
def test_black_white_and_what_is_beyond_them_stay_neutral(encoding: Encoding) -> None:
    white = encoding.black + encoding.luma_span
    levels = np.array([0, encoding.black, white, encoding.top, (encoding.black + white) // 2])
    luma = np.tile(levels.astype(encoding.dtype), (64, 16))
    cb, cr = refine.chroma_planes(np.full((8, 8, 2), 40, np.float32), luma, encoding)
    beyond = (luma <= encoding.black) | (luma >= white)
    assert (cb[beyond] == encoding.neutral).all()
    assert (cr[beyond] == encoding.neutral).all()
    assert cr[0, 4] > encoding.neutral * 1.1


def test_ten_bits_are_four_times_eight() -> None:
    luma, _, small = frame(BT709)
    deep = replace(BT709, bits=10)
    for shallow, fine in zip(
        refine.chroma_planes(small, luma, BT709),
        refine.chroma_planes(small, luma.astype(np.uint16) * 4, deep),
        strict=True,
    ):
        difference = np.abs(shallow * 4.0 - fine)
        assert np.percentile(difference, 99) <= 4
        assert difference.mean() < 1.5


def test_gray_stays_gray_and_the_default_is_jpeg() -> None:
    luma, _, small = frame(BT2020)
    for plane in refine.chroma_planes(np.zeros_like(small), luma, BT2020):
        assert (plane == 512).all()
    luma, _, small = frame(JPEG)
    for default, jpeg in zip(
        refine.chroma_planes(small, luma), refine.chroma_planes(small, luma, JPEG), strict=True
    ):
        assert np.array_equal(default, jpeg)


def test_planes_of_ten_bits_need_a_few_megabytes_beside_the_result() -> None:
    rng = np.random.default_rng(3)
    ab = rng.uniform(-40, 40, (48, 64, 2)).astype(np.float32)
    luma = rng.integers(64, 941, (1500, 2000)).astype(np.uint16)
    refine.chroma_planes(ab, luma[:100], BT2020)
    tracemalloc.start()
    try:
        cb, cr = refine.chroma_planes(ab, luma, BT2020)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - cb.nbytes - cr.nbytes < 13e6


def test_luma_of_another_depth_is_refused() -> None:
    with pytest.raises(InputError, match="luma is uint8; expected uint16 for 10 bits"):
        refine.chroma_planes(np.zeros((4, 4, 2), np.float32), np.zeros((8, 8), np.uint8), BT2020)
