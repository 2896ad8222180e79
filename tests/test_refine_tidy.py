"""Promises of the refinements: colors keep to the lines, and nothing is invented."""

import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data

from rechroma import color, metrics, refine
from rechroma.errors import InputError, MissingExtra, OptionError
from rechroma.refine.bilateral import BilateralGrid
from rechroma.refine.crf import mean_field
from rechroma.refine.guided import guided_filter
from rechroma.refine.segments import color_by_segment
from rechroma.refine.variation import least_variation
from rechroma.tiling import resize
from rechroma.types import REFINEMENTS, Refinement

REMEDIES = tuple(kind for kind in REFINEMENTS if kind != "none")
BINS = color.ab_bins()
WARM, COOL = np.float32([30, 40]), np.float32([-20, -30])
SHAPE = (160, 128)


def two_tones() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L*, true a*b*, and a*b* at a quarter of the size that ran over the edge."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    inside = np.hypot(y - 80, x - 62) < 40
    lightness = np.where(inside, 65, 40).astype(np.float32)
    lightness += np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    truth = np.where(inside[..., None], WARM, COOL)
    bled = gaussian_filter(truth, 5, axes=(0, 1))
    return lightness, truth, resize(bled, (SHAPE[0] // 4, SHAPE[1] // 4), kernel="area")


def scores(ab: np.ndarray, noise: float = 1e-5) -> np.ndarray:
    """Logits of a distribution around each color."""
    index, weight = color.soft_encode(ab)
    shares = np.full((*ab.shape[:2], len(BINS)), noise, np.float32)
    np.put_along_axis(shares, index.astype(np.intp), weight + noise, axis=-1)
    return np.log(shares)


def painted(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    return color.merge(lightness, ab, depth=8)


@pytest.mark.parametrize("kind", REMEDIES)
def test_what_ran_over_an_edge_is_brought_back(kind: Refinement) -> None:
    lightness, truth, bled = two_tones()
    plain = refine.upsample_ab(bled, lightness)
    tidied = refine.tidy(kind, bled, lightness, scores(bled), BINS)
    right = painted(lightness, truth)
    before, after = (metrics.chroma_bleeding(painted(lightness, ab), right) for ab in (plain, tidied))
    assert after < 0.85 * before
    assert metrics.ab_rmse(tidied, truth) < metrics.ab_rmse(plain, truth)


@pytest.mark.parametrize("kind", REMEDIES)
def test_one_color_stays_that_color(kind: Refinement) -> None:
    lightness = two_tones()[0]
    chosen = BINS[150]
    ab = np.broadcast_to(chosen, (40, 32, 2)).astype(np.float32)
    logits = np.full((40, 32, len(BINS)), -30, np.float32)
    logits[..., 150] = 0
    tidied = refine.tidy(kind, ab, lightness, logits, BINS)
    np.testing.assert_allclose(tidied, np.broadcast_to(chosen, tidied.shape), atol=0.02)


@pytest.mark.parametrize("kind", REMEDIES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 2), (33, 17), (64, 100)])
def test_any_size_is_mended_and_has_the_size_of_the_lightness(
    kind: Refinement, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    lightness = rng.uniform(0, 100, shape).astype(np.float32)
    ab = rng.uniform(-40, 40, (-(-shape[0] // 4), -(-shape[1] // 4), 2)).astype(np.float32)
    tidied = refine.tidy(kind, ab, lightness, scores(ab), BINS)
    assert tidied.shape == (*shape, 2)
    assert tidied.dtype == np.float32
    assert tidied.flags.c_contiguous
    assert np.isfinite(tidied).all()


@pytest.mark.parametrize("kind", REMEDIES)
@pytest.mark.parametrize("level", [0, 50, 100])
def test_flat_lightness_is_no_trouble(kind: Refinement, level: int) -> None:
    ab = two_tones()[2]
    tidied = refine.tidy(kind, ab, np.full(SHAPE, level, np.float32), scores(ab), BINS)
    assert np.isfinite(tidied).all()
    assert np.abs(tidied.mean(axis=(0, 1)) - ab.mean(axis=(0, 1))).max() < 3


@pytest.mark.parametrize("kind", REFINEMENTS)
def test_nothing_given_is_changed_and_the_result_repeats(kind: Refinement) -> None:
    lightness, _, bled = two_tones()
    logits, bins = scores(bled), BINS.copy()
    given = [array.copy() for array in (bled, lightness, logits, bins)]
    first = refine.tidy(kind, bled, lightness, logits, bins)
    again = refine.tidy(kind, bled, lightness, logits, bins)
    assert np.array_equal(first, again)
    for array, before in zip((bled, lightness, logits, bins), given, strict=True):
        assert np.array_equal(array, before)


@pytest.mark.parametrize("kind", ["bilateral", "guided", "tv", "segments"])
def test_no_color_leaves_the_range_of_those_that_came(kind: Refinement) -> None:
    lab = color.rgb_to_lab(data.coffee()[::4, ::4].astype(np.float32) / 255)
    lightness, ab = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
    tidied = refine.tidy(kind, ab, lightness, None, None)
    low, high = ab.min(axis=(0, 1)), ab.max(axis=(0, 1))
    assert (tidied >= low - 1e-3).all()
    assert (tidied <= high + 1e-3).all()


def test_none_gives_back_what_came() -> None:
    lightness, _, bled = two_tones()
    assert refine.tidy("none", bled, lightness, None, None) is bled


def test_the_grid_weighs_as_the_joint_bilateral_filter_does() -> None:
    rng = np.random.default_rng(2)
    lightness = gaussian_filter(rng.uniform(0, 100, (24, 30)), 3).astype(np.float32)
    lightness = (lightness - lightness.min()) * np.float32(5)
    ab = gaussian_filter(rng.normal(0, 200, (24, 30, 2)), 1, axes=(0, 1)).astype(np.float32)
    y, x = np.mgrid[:24, :30].reshape(2, -1)
    flat = lightness.ravel()
    # Spreading and reading off each widen the kernel a little: by 1/6 of a cell squared.
    wide = 1 + 2 / 6
    square = ((y[:, None] - y) ** 2 + (x[:, None] - x) ** 2) / 4**2 + (flat[:, None] - flat) ** 2 / 8**2
    weight = np.exp(-square / (2 * wide))
    expected = weight @ ab.reshape(-1, 2) / weight.sum(axis=1, keepdims=True)
    grid = BilateralGrid.of(lightness, space=4, tone=8)
    found = grid.gather(ab.reshape(-1, 2)) / grid.total()
    assert np.sqrt(((found - expected) ** 2).mean()) < 0.05 * ab.std()


def test_the_guided_filter_keeps_colors_that_are_linear_in_lightness() -> None:
    lightness = two_tones()[0]
    ab = np.stack([0.5 * lightness - 20, 10 - 0.8 * lightness], axis=-1).astype(np.float32)
    inside = np.abs(guided_filter(ab, lightness) - ab)[lightness > 60]
    assert inside.mean() < 1.0  # grain, whose variance is below epsilon, is smoothed; the step is not
    step = guided_filter(ab, lightness)
    gap = step[lightness > 60].mean(axis=0) - step[lightness < 45].mean(axis=0)
    np.testing.assert_allclose(gap, [12.5, -20], rtol=0.05)


def test_total_variation_falls_and_noise_goes() -> None:
    lightness, truth, _ = two_tones()
    noisy = truth + np.random.default_rng(3).normal(0, 8, truth.shape).astype(np.float32)
    calm = least_variation(noisy, lightness)

    def variation(ab: np.ndarray) -> float:
        return float(np.abs(np.diff(ab, axis=0)).sum() + np.abs(np.diff(ab, axis=1)).sum())

    assert variation(calm) < 0.25 * variation(noisy)
    assert metrics.ab_rmse(calm, truth) < 0.4 * metrics.ab_rmse(noisy, truth)


def test_a_segment_has_one_color() -> None:
    lightness, _, bled = two_tones()
    colors = color_by_segment(refine.upsample_ab(bled, lightness), lightness)
    assert len(np.unique(colors.reshape(-1, 2), axis=0)) <= 400
    assert np.unique(colors.reshape(-1, 2), axis=0, return_counts=True)[1].min() > 1


def test_the_random_field_picks_a_clear_mode() -> None:
    lightness = np.full((32, 32), 50, np.float32)
    logits = np.zeros((8, 8, len(BINS)), np.float32)
    logits[..., 40] = 20
    np.testing.assert_allclose(
        mean_field(logits, BINS, lightness), np.broadcast_to(BINS[40], (32, 32, 2)), atol=0.1
    )


def test_the_random_field_lets_a_doubtful_place_follow_those_of_like_lightness() -> None:
    y, x = np.mgrid[:64, :64]
    lightness = np.where(x < 32, 35, 65).astype(np.float32)
    left, right = int(((BINS - WARM) ** 2).sum(1).argmin()), int(((BINS - COOL) ** 2).sum(1).argmin())
    logits = np.full((16, 16, len(BINS)), -12, np.float32)
    logits[:, :8, left] = logits[:, 8:, right] = 0
    logits[6:9, 3:5] = -12
    logits[6:9, 3:5, [left, right]] = [-0.2, 0]  # a little more like the other side's
    decided = mean_field(logits, BINS, lightness)
    assert np.abs(decided[28, 16] - BINS[left]).max() < 8
    assert np.abs(decided[28, 48] - BINS[right]).max() < 2


def test_the_random_field_asks_for_a_distribution() -> None:
    lightness, _, bled = two_tones()
    with pytest.raises(OptionError, match="logits"):
        refine.tidy("crf", bled, lightness, None, BINS)
    with pytest.raises(InputError, match="bins"):
        refine.tidy("crf", bled, lightness, scores(bled)[..., :9], BINS)


def test_unknown_kinds_and_shapes_are_refused() -> None:
    lightness, _, bled = two_tones()
    with pytest.raises(OptionError, match="bilateral"):
        refine.tidy("magic", bled, lightness, None, None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected"):
        refine.tidy("tv", bled[..., :1], lightness, None, None)


@pytest.mark.parametrize(
    ("kind", "module", "library"),
    [
        ("bilateral", "scipy.ndimage", "SciPy"),
        ("guided", "scipy.ndimage", "SciPy"),
        ("segments", "skimage.segmentation", "scikit-image"),
        ("crf", "scipy.sparse", "SciPy"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    kind: Refinement, module: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lightness, _, bled = two_tones()
    for name in [name for name in sys.modules if name.startswith("rechroma.refine.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"{library}.*rechroma\[methods\]"):
        refine.tidy(kind, bled, lightness, scores(bled), BINS)


def test_total_variation_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    lightness, _, bled = two_tones()
    for name in ("scipy", "scipy.ndimage", "scipy.sparse", "skimage", "skimage.segmentation"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in [name for name in sys.modules if name.startswith("rechroma.refine.")]:
        monkeypatch.delitem(sys.modules, name)
    assert refine.tidy("tv", bled, lightness, None, None).shape == (*SHAPE, 2)
