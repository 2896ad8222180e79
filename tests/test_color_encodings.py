"""Promises of encodings: printed code values, JPEG as it was, chroma for the luma of every kind of film."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

import former_chroma
from rechroma import color
from rechroma.color import BT601_525, BT601_625, BT709, BT2020, JPEG, Encoding
from rechroma.color.light import CURVES, rgb_to_xyz, xyz_to_rgb
from rechroma.errors import InputError, OptionError

EVERY = {
    "jpeg": JPEG,
    "ntsc": BT601_525,
    "pal": BT601_625,
    "hd": BT709,
    "hd 10 bits": replace(BT709, bits=10),
    "hd full 10 bits": replace(BT709, bits=10, range="full"),
    "hd as srgb": replace(BT709, transfer="srgb"),
    "uhd": BT2020,
    "uhd full 8 bits": replace(BT2020, bits=8, range="full"),
}
every = pytest.mark.parametrize("encoding", EVERY.values(), ids=EVERY)


def planes_of(luma: np.ndarray, chroma: Iterable[np.ndarray]) -> np.ndarray:
    return np.stack([luma.astype(np.float32), *chroma], axis=-1)


def colors(low: float, high: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (30_000, 3)).astype(np.float32)


def test_jpeg_is_what_it_was_before_there_were_encodings_bit_by_bit() -> None:
    rng = np.random.default_rng(5)
    rgb, luma = colors(0, 1), rng.integers(0, 256, 8000).astype(np.uint8)
    ab = rng.uniform(-120, 120, (8000, 2)).astype(np.float32)
    assert np.array_equal(color.rgb_to_ycbcr(rgb), former_chroma.rgb_to_ycbcr(rgb))
    for ours, former in zip(
        color.solve_chroma_for_luma(luma, ab), former_chroma.solve_chroma_for_luma(luma, ab), strict=True
    ):
        assert np.array_equal(ours, former)
    chroma = rng.integers(-127, 128, (2, 8000)).astype(np.int16)
    former_held = chroma.copy()
    color.hold_chroma(luma.astype(np.int16), chroma)
    former_chroma.hold_chroma(luma.astype(np.int16), former_held)
    assert np.array_equal(chroma, former_held)
    assert np.array_equal(color.lightness_of_luma(luma), color.gray8_lightness_table()[luma])


@pytest.mark.parametrize(
    ("bits", "reach", "luma", "chroma"),
    [  # black and white, smallest, neutral and largest: BT.709-6 items 3.4 and 3.5, BT.2020-2 table 5, H.264 E-16 to 18
        (8, "limited", (16, 235), (16, 128, 240)),
        (10, "limited", (64, 940), (64, 512, 960)),
        (8, "full", (0, 255), (0.5, 128, 255.5)),
        (10, "full", (0, 1023), (0.5, 512, 1023.5)),
    ],
)
@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
def test_black_white_and_primaries_have_their_printed_code_values(matrix, bits, reach, luma, chroma) -> None:
    encoding = replace(JPEG, matrix=matrix, bits=bits, range=reach)
    rgb = np.float32([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 1, 0]])
    black, white, red, cyan, blue, yellow = color.rgb_to_ycbcr(rgb, encoding)
    assert black == pytest.approx([luma[0], chroma[1], chroma[1]], abs=1e-3)
    assert white == pytest.approx([luma[1], chroma[1], chroma[1]], abs=1e-3)
    assert (cyan[2], red[2]) == pytest.approx((chroma[0], chroma[2]), abs=1e-3)
    assert (yellow[1], blue[1]) == pytest.approx((chroma[0], chroma[2]), abs=1e-3)
    weights = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}[matrix]
    shares = [(code[0] - luma[0]) / (luma[1] - luma[0]) for code in (red, blue)]
    assert shares == pytest.approx(weights, abs=1e-5)


@pytest.mark.parametrize(
    ("primaries", "luminance"),
    [  # RP 177 (rounded in BT.709-6 and BT.2020-2; of SMPTE C in SMPTE 240M; of EBU by Lindbloom)
        ("bt709", (0.2126, 0.7152, 0.0722)),
        ("bt2020", (0.2627, 0.6780, 0.0593)),
        ("bt601-525", (0.212, 0.701, 0.087)),
        ("bt601-625", (0.2220, 0.7067, 0.0713)),
    ],
)
def test_primaries_have_their_printed_luminance_and_add_up_to_white(primaries, luminance) -> None:
    matrix = rgb_to_xyz(primaries)
    assert matrix[1] == pytest.approx(luminance, abs=5e-4)
    assert matrix.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-12)
    assert np.abs(matrix @ xyz_to_rgb(primaries) - np.eye(3)).max() < 1e-12


def test_the_curve_of_film_is_that_of_bt_1886() -> None:
    curve = CURVES["bt1886"]
    signal = np.linspace(0, 1, 1001, dtype=np.float32)
    assert np.abs(curve.to_linear(signal) - signal.astype(np.float64) ** 2.4).max() < 1e-6
    assert np.abs(curve.to_signal(curve.to_linear(signal)) - signal).max() < 1e-6


@every
def test_ways_of_an_encoding_are_inverses_and_leave_their_input_alone(encoding: Encoding) -> None:
    rgb = colors(0, 1)
    kept = rgb.copy()
    ycbcr = color.rgb_to_ycbcr(rgb, encoding)
    assert np.array_equal(rgb, kept)
    kept = ycbcr.copy()
    assert np.abs(color.ycbcr_to_rgb(ycbcr, encoding) - rgb).max() < 3e-6
    assert np.array_equal(ycbcr, kept)


def test_one_color_has_one_lab_in_every_encoding() -> None:
    lab = np.random.default_rng(6).uniform((45, -15, -15), (80, 15, 15), (5_000, 3)).astype(np.float32)
    for encoding in EVERY.values():
        linear = color.spaces.lab_to_linear(np.ascontiguousarray(lab.T), xyz_to_rgb(encoding.primaries))
        rgb = CURVES[encoding.transfer].to_signal(linear).T
        assert np.abs(color.ycbcr_to_lab(color.rgb_to_ycbcr(rgb, encoding), encoding) - lab).max() < 2e-3


@every
def test_solved_chroma_shows_the_wanted_ab_where_it_fits(encoding: Encoding) -> None:
    for low, high, mean, most in ((0.1, 0.9, 0.01, 0.1), (0.0, 0.1, 0.1, 1.1), (0.9, 1.0, 0.05, 0.5)):
        truth = color.rgb_to_ycbcr(colors(low, high), encoding)
        ab = color.ycbcr_to_lab(truth, encoding)[:, 1:]
        solved = planes_of(truth[:, 0], color.solve_chroma_for_luma(truth[:, 0], ab, encoding))
        wrong = np.hypot(*(color.ycbcr_to_lab(solved, encoding)[:, 1:] - ab).T)
        assert wrong.mean() < mean, (low, high)
        assert np.percentile(wrong, 99) < most, (low, high)


@every
def test_no_wish_leads_outside_rgb_and_the_hue_stays(encoding: Encoding) -> None:
    rng = np.random.default_rng(1)
    white = encoding.black + encoding.luma_span
    luma = rng.integers(encoding.black, white + 1, 50_000).astype(encoding.dtype)
    ab = rng.uniform(-120, 120, (50_000, 2)).astype(np.float32)
    solved = planes_of(luma, color.solve_chroma_for_luma(luma, ab, encoding))
    rgb, back = color.ycbcr_to_rgb(solved, encoding), color.ycbcr_to_lab(solved, encoding)[:, 1:]
    assert rgb.min() > -1e-5
    assert rgb.max() < 1 + 1e-5
    turned = np.arctan2(ab[:, 0] * back[:, 1] - ab[:, 1] * back[:, 0], (ab * back).sum(axis=1))
    turned = np.degrees(np.abs(turned[np.hypot(*back.T) > 5]))
    assert np.percentile(turned, 99) < 1
    assert turned.max() < 12  # dark colors next to a primary


@every
def test_gray_wishes_and_what_is_beyond_black_and_white_are_neutral(encoding: Encoding) -> None:
    luma = np.arange(encoding.top + 1).astype(encoding.dtype)
    for plane in color.solve_chroma_for_luma(luma, np.zeros((len(luma), 2), np.float32), encoding):
        assert np.abs(plane - encoding.neutral).max() < 0.02 * encoding.top / 255
    beyond = (luma <= encoding.black) | (luma >= encoding.black + encoding.luma_span)
    for plane in color.solve_chroma_for_luma(luma, np.full((len(luma), 2), 50, np.float32), encoding):
        assert np.abs(plane - encoding.neutral)[beyond].max() < 0.02


@every
def test_held_chroma_is_inside_rgb_and_only_ever_smaller(encoding: Encoding) -> None:
    rng, half = np.random.default_rng(3), encoding.chroma_span // 2
    luma = rng.integers(0, encoding.top + 1, 50_000).astype(encoding.signed)
    chroma = rng.integers(-half, half + 1, (2, 50_000)).astype(encoding.signed)
    held = chroma.copy()
    color.hold_chroma(luma, held, encoding)
    rgb = color.ycbcr_to_rgb(planes_of(luma, held.astype(np.float32) + encoding.neutral), encoding)
    inside = (luma >= encoding.black) & (luma <= encoding.black + encoding.luma_span)
    assert rgb[inside].min() > -1.5 / 255
    assert rgb[inside].max() < 1 + 1.5 / 255
    assert (held[:, ~inside] == 0).all()
    assert (np.abs(held) <= np.abs(chroma)).all()
    assert (held * chroma >= 0).all()


@every
def test_chroma_inside_rgb_is_held_as_it_is(encoding: Encoding) -> None:
    ycbcr = np.rint(color.rgb_to_ycbcr(colors(0.025, 0.975), encoding)).astype(encoding.signed)
    chroma = np.ascontiguousarray(ycbcr[:, 1:].T) - encoding.signed.type(encoding.neutral)
    held = chroma.copy()
    color.hold_chroma(np.ascontiguousarray(ycbcr[:, 0]), held, encoding)
    assert np.array_equal(held, chroma)


@every
def test_lightness_of_gray_footage_is_that_of_its_planes_and_goes_back(encoding: Encoding) -> None:
    luma = np.arange(encoding.top + 1).astype(encoding.dtype)
    held = np.clip(luma, encoding.black, encoding.black + encoding.luma_span)
    lightness = color.lightness_of_luma(luma, encoding)
    gray = np.full(luma.shape, encoding.neutral, np.float32)
    assert np.abs(lightness - color.ycbcr_to_lab(planes_of(held, (gray, gray)), encoding)[:, 0]).max() < 1e-3
    assert lightness.dtype == np.float32
    assert (lightness[0], lightness[-1]) == (0, 100)
    back = color.luma_of_lightness(lightness, encoding)
    assert back.dtype == encoding.dtype
    assert np.array_equal(back, held)
    assert np.array_equal(
        color.luma_of_lightness(np.float32([-5, 105]), encoding), np.float32([held[0], held[-1]])
    )


def test_shadows_of_film_are_darker_than_those_of_srgb() -> None:
    tenth = np.uint8([16 + 22, 16 + 110])  # signals of 0.1 and 0.5
    assert color.lightness_of_luma(tenth, BT709) == pytest.approx([3.6, 50.8], abs=0.1)
    assert color.lightness_of_luma(tenth, replace(BT709, transfer="srgb")) == pytest.approx(
        [9.1, 53.6], abs=0.1
    )


def test_luma_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="expected uint16 for 10 bits"):
        color.lightness_of_luma(np.zeros((2, 2), np.uint8), BT2020)
    with pytest.raises(InputError, match="luma reaches 1024; accepted: 0 to 1023"):
        color.lightness_of_luma(np.uint16([1024]), BT2020)


@pytest.mark.parametrize(
    ("field", "wrong"), [("matrix", "bt470"), ("range", "tv"), ("bits", 12), ("transfer", "pq")]
)
def test_what_is_no_encoding_is_refused_with_what_is(field: str, wrong: object) -> None:
    with pytest.raises(OptionError, match=f"{field} of an encoding is {wrong!r}; accepted: "):
        replace(JPEG, **{field: wrong})
