"""Promises of refine: colors follow the picture's edges, without halos, blocks or colors outside sRGB."""

import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from skimage import data

from rechroma import color, refine
from rechroma.errors import InputError
from rechroma.tiling import resize

SIZE = 512
RED = np.float32([55, 35])


def made_object(shape: str) -> np.ndarray:
    """Where the object is: (512, 512) bool."""
    y, x = np.mgrid[:SIZE, :SIZE]
    return {
        "square": (abs(y - 254) < 104) & (abs(x - 252) < 120),
        "disk": np.hypot(y - 250.2, x - 262.7) < 110.3,
        "slope": 0.6 * x + y > 420,
    }[shape]


def far_from_edge(inside: np.ndarray, pixels: float) -> np.ndarray:
    """Where the edge of the object is more than so many pixels away."""
    return np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) - 0.5 > pixels


def photograph(name: str, gain: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L*, a*b* and luma of a real picture, cut to a multiple of 8."""
    rgb = getattr(data, name)()[..., :3]
    height, width = (side // 8 * 8 for side in rgb.shape[:2])
    rgb = rgb[:height, :width].astype(np.float32) / 255
    lab = color.rgb_to_lab(rgb)
    luma = np.rint(color.rgb_to_ycbcr(rgb)[..., 0]).astype(np.uint8)
    return np.ascontiguousarray(lab[..., 0]), lab[..., 1:] * np.float32(gain), luma


def small(ab: np.ndarray, factor: int) -> np.ndarray:
    return resize(np.ascontiguousarray(ab), (ab.shape[0] // factor, ab.shape[1] // factor), kernel="area")


def rmse(ab: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(((ab - truth) ** 2).sum(axis=-1).mean()))


def decoded(luma: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    return color.ycbcr_to_rgb(np.stack([luma, cb, cr], axis=-1).astype(np.float32))


@pytest.mark.parametrize("factor", [8, 16])
@pytest.mark.parametrize("shape", ["square", "disk", "slope"])
@pytest.mark.parametrize(("object_l", "around_l"), [(60, 40), (50, 80)])
def test_no_halo_wider_than_two_pixels_at_the_edge_of_a_saturated_object(
    shape: str, factor: int, object_l: int, around_l: int
) -> None:
    inside = made_object(shape)
    lightness = np.where(inside, object_l, around_l).astype(np.float32)
    truth = inside[..., None] * RED
    far = far_from_edge(inside, 2)
    wrong = np.hypot(*np.moveaxis(refine.upsample_ab(small(truth, factor), lightness) - truth, -1, 0))
    bicubic = np.hypot(*np.moveaxis(resize(small(truth, factor), (SIZE, SIZE)) - truth, -1, 0))
    saturation = np.hypot(*RED)
    assert wrong[far].max() < 0.12 * saturation  # the ringing of bicubic alone would leave 0.07
    assert (wrong[far] > 0.1 * saturation).mean() < 1e-4
    assert bicubic[far].max() > 0.3 * saturation  # what the detail transfer took away


@pytest.mark.parametrize("shape", ["square", "disk", "slope"])
def test_jpeg_chroma_has_no_halo_either(shape: str) -> None:
    inside = made_object(shape)
    luma = np.where(inside, 145, 94).astype(np.uint8)
    truth = inside[..., None] * RED
    ab = color.rgb_to_lab(decoded(luma, *refine.chroma_planes(small(truth, 16), luma)))[..., 1:]
    wrong = np.hypot(*np.moveaxis(ab - truth, -1, 0))[far_from_edge(inside, 2)]
    assert wrong.max() < 0.13 * np.hypot(*RED)
    assert np.percentile(wrong, 99) < 0.06 * np.hypot(*RED)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_detail_transfer_beats_bicubic_on_real_pictures(name: str) -> None:
    lightness, truth, _ = photograph(name)
    for factor in (8, 16):
        ab = small(truth, factor)
        assert rmse(refine.upsample_ab(ab, lightness), truth) < 0.99 * rmse(
            resize(ab, lightness.shape), truth
        )


def test_smooth_color_over_texture_stays_smooth() -> None:
    rng = np.random.default_rng(0)
    lightness = (50 + rng.normal(0, 8, (256, 256))).astype(np.float32)
    ramp = np.linspace(0, 40, 32, dtype=np.float32)
    ab = np.stack(np.meshgrid(ramp, ramp, indexing="ij"), axis=-1)
    assert np.abs(refine.upsample_ab(ab, lightness) - resize(ab, (256, 256))).max() < 2


def test_no_blocks_appear_on_flat_lightness() -> None:
    ab = np.random.default_rng(1).uniform(-30, 30, (8, 8, 2)).astype(np.float32)
    up = refine.upsample_ab(ab, np.full((256, 256), 50, np.float32))
    for axis in (0, 1):
        step = np.abs(np.diff(up, axis=axis))
        at_seams = np.take(step, np.arange(31, 255, 32), axis=axis).mean()
        assert at_seams < 1.6 * step.mean()  # a cell's border is no harder than its inside
        assert step.max() < 6  # cells differ by up to 60, over 32 pixels


def test_a_constant_color_stays_constant() -> None:
    lightness, _, luma = photograph("chelsea")
    ab = np.broadcast_to(np.float32([12, -7]), (16, 24, 2))
    assert np.abs(refine.upsample_ab(ab, lightness) - ab[0, 0]).max() < 1e-3
    cb, cr = refine.chroma_planes(np.zeros((16, 24, 2), np.float32), luma)
    assert (cb == 128).all()
    assert (cr == 128).all()


def test_bands_put_together_are_the_whole() -> None:
    lightness, truth, _ = photograph("coffee")
    ab = small(truth, 16)
    bands = list(refine.upsampled_bands(ab, lightness))
    assert [rows.start for rows, _ in bands[1:]] == [rows.stop for rows, _ in bands[:-1]]
    assert np.array_equal(np.concatenate([band for _, band in bands]), refine.upsample_ab(ab, lightness))


def test_a_smaller_result_can_be_asked_for() -> None:
    lightness, truth, _ = photograph("chelsea")
    half = (lightness.shape[0] // 2, lightness.shape[1] // 2)
    up = refine.upsample_ab(small(truth, 16), lightness, half)
    assert up.shape == (*half, 2)
    assert rmse(up, resize(np.ascontiguousarray(truth), half, kernel="area")) < 6


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5), (17, 33), (64, 64), (65, 130), (300, 7)])
@pytest.mark.parametrize("cells", [(1, 1), (4, 6), (64, 64)])
def test_every_size_works_with_every_size_of_colors(size: tuple[int, int], cells: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    ab = rng.uniform(-40, 40, (*cells, 2)).astype(np.float32)
    luma = rng.integers(0, 256, size).astype(np.uint8)
    up = refine.upsample_ab(ab, luma.astype(np.float32) * np.float32(100 / 255))
    assert up.shape == (*size, 2)
    assert up.dtype == np.float32
    assert np.isfinite(up).all()
    for plane in refine.chroma_planes(ab, luma):
        assert plane.shape == size
        assert plane.dtype == np.uint8


@pytest.mark.parametrize("gain", [1.0, 3.0])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_jpeg_chroma_leads_nowhere_outside_srgb(name: str, gain: float) -> None:
    _, truth, luma = photograph(name, gain)
    rgb = decoded(luma, *refine.chroma_planes(small(truth, 8), luma)) * 255
    assert rgb.min() > -1.5  # rounding of Cb and Cr to integers
    assert rgb.max() < 256.5


def test_jpeg_chroma_shows_the_predicted_colors() -> None:
    lightness, truth, luma = photograph("astronaut")
    ab = small(truth, 8)
    shown = color.rgb_to_lab(np.clip(decoded(luma, *refine.chroma_planes(ab, luma)), 0, 1))[..., 1:]
    solved = color.solve_chroma_for_luma(luma, refine.upsample_ab(ab, lightness))
    best = color.rgb_to_lab(np.clip(decoded(luma, *solved), 0, 1))[..., 1:]
    assert rmse(shown, best) < 2
    assert rmse(shown, truth) < 1.06 * rmse(best, truth)


def test_black_and_white_stay_neutral_in_jpeg_chroma() -> None:
    luma = np.tile(np.uint8([0, 255, 120, 250]), (64, 16))
    planes = refine.chroma_planes(np.full((8, 8, 2), 60, np.float32), luma)
    for plane in planes:
        assert (plane[luma == 0] == 128).all()
        assert (plane[luma == 255] == 128).all()
    assert abs(int(planes[1][0, 2]) - 128) > 10


def test_inputs_are_left_alone() -> None:
    lightness, truth, luma = photograph("chelsea")
    ab = small(truth, 8)
    kept = ab.copy(), lightness.copy(), luma.copy()
    refine.upsample_ab(ab, lightness)
    refine.chroma_planes(ab, luma)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (ab, lightness, luma), strict=True))


def test_jpeg_chroma_needs_a_few_megabytes_beside_the_result() -> None:
    rng = np.random.default_rng(3)
    ab = rng.uniform(-40, 40, (48, 64, 2)).astype(np.float32)
    luma = rng.integers(0, 256, (1500, 2000)).astype(np.uint8)
    refine.chroma_planes(ab, luma[:100])
    tracemalloc.start()
    try:
        cb, cr = refine.chroma_planes(ab, luma)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - cb.nbytes - cr.nbytes < 12e6


def test_wrong_shapes_and_kinds_are_refused() -> None:
    ab = np.zeros((4, 4, 2), np.float32)
    with pytest.raises(InputError, match="expected"):
        refine.upsample_ab(ab[..., 0], np.zeros((8, 8), np.float32))
    with pytest.raises(InputError, match="expected"):
        refine.upsample_ab(ab, np.zeros((8, 8, 3), np.float32))
    with pytest.raises(InputError, match="expected"):
        refine.upsample_ab(ab[:0], np.zeros((8, 8), np.float32))
    with pytest.raises(InputError, match="expected uint8"):
        refine.chroma_planes(ab, np.zeros((8, 8), np.float32))  # type: ignore[arg-type]
