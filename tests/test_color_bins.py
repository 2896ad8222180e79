"""Promises of the ab bins: which there are, soft encoding, priors, rebalancing, annealed mean."""

import numpy as np
import pytest

from rechroma import color
from rechroma.errors import InputError, OptionError

ROWS = {  # a*: first and last b*, in steps of 10 (Zhang et al. 2016, as released)
    -90: (50, 90), -80: (20, 90), -70: (0, 90), -60: (-20, 90), -50: (-30, 100), -40: (-40, 100),
    -30: (-50, 100), -20: (-50, 100), -10: (-60, 100), 0: (-70, 100), 10: (-80, 90), 20: (-80, 90),
    30: (-90, 90), 40: (-100, 90), 50: (-100, 80), 60: (-110, 80), 70: (-110, 80), 80: (-110, 70),
    90: (-110, 70), 100: (-90, 0),
}  # fmt: skip


def reference_encoding(ab: np.ndarray, sigma: float = 5.0) -> np.ndarray:
    """The definition, as a dense distribution over all bins."""
    square = ((ab[:, None].astype(float) - color.ab_bins()[None]) ** 2).sum(axis=-1)
    order = np.argsort(square, axis=1, kind="stable")[:, :5]
    weight = np.exp(-np.take_along_axis(square, order, axis=1) / (2 * sigma**2))
    dense = np.zeros(square.shape)
    np.put_along_axis(dense, order, weight / weight.sum(axis=1, keepdims=True), axis=1)
    return dense


def dense(index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    result = np.zeros((len(index), 313))
    np.put_along_axis(result, index.astype(int), weight, axis=1)
    return result


def test_there_are_313_bins_in_the_agreed_order() -> None:
    bins = color.ab_bins()
    assert bins.shape == (313, 2)
    assert bins.dtype == np.float32
    expected = [(a, b) for a, (first, last) in ROWS.items() for b in range(first, last + 1, 10)]
    assert np.array_equal(bins, expected)
    with pytest.raises(ValueError, match="read-only"):
        bins[0] = 0


def test_309_bins_are_the_corners_of_the_10_x_10_cells_that_srgb_touches_and_4_lie_just_outside() -> None:
    level = np.linspace(0, 1, 256, dtype=np.float32)
    u, v = np.meshgrid(level, level, indexing="ij")
    cells: set[tuple[float, ...]] = set()
    for end in (0, 1):  # the surface of the RGB cube: the solid covers the same cells
        for turn in range(3):
            face = np.roll(np.stack([u, v, np.full_like(u, end)], -1).reshape(-1, 3), turn, axis=1)
            cells |= {tuple(cell) for cell in np.unique(np.floor(color.rgb_to_lab(face)[:, 1:] / 10), axis=0)}
    corners = {(10 * (a + i), 10 * (b + j)) for a, b in cells for i in (0, 1) for j in (0, 1)}
    bins = {tuple(bin_) for bin_ in color.ab_bins().tolist()}
    assert len(corners) == 309
    assert bins - corners == {(40, 90), (100, -90), (100, -10), (100, 0)}
    assert corners < bins


def test_soft_encoding_is_the_definition_at_integer_colors() -> None:
    ab = np.random.default_rng(0).integers(-110, 111, (2000, 2)).astype(np.float32)
    assert np.abs(dense(*color.soft_encode(ab)) - reference_encoding(ab)).max() < 1e-6


def test_soft_encoding_rounds_to_integers_and_holds_far_colors_to_the_table() -> None:
    ab = np.float32([[10.4, -3.6], [200, -300]])
    index, weight = color.soft_encode(ab)
    expected = color.soft_encode(np.float32([[10, -4], [115, -115]]))
    assert np.array_equal(index, expected[0])
    assert np.array_equal(weight, expected[1])


def test_soft_encoding_keeps_shape_and_sums_to_one() -> None:
    ab = np.random.default_rng(1).uniform(-100, 100, (3, 4, 2)).astype(np.float32)
    index, weight = color.soft_encode(ab)
    assert index.shape == weight.shape == (3, 4, 5)
    assert weight.dtype == np.float32
    assert np.abs(weight.sum(axis=-1) - 1).max() < 1e-6
    assert (np.diff(weight, axis=-1) <= 1e-7).all()  # the nearest comes first
    assert index.min() >= 0
    assert index.max() < 313


def test_a_bin_center_is_encoded_mostly_as_itself() -> None:
    index, weight = color.soft_encode(color.ab_bins())
    assert np.array_equal(index[:, 0], np.arange(313))
    assert weight[:, 0].min() > 0.5


def test_smooth_prior_loses_no_mass_and_fills_neighbors() -> None:
    counts = np.zeros(313)
    counts[100] = 7
    prior = color.smooth_prior(counts)
    assert prior.dtype == np.float32
    assert prior.sum() == pytest.approx(1, abs=1e-6)
    assert prior.argmax() == 100
    assert np.count_nonzero(prior > 0.01) > 4


def test_rebalancing_weights_are_the_formula_with_expectation_one() -> None:
    prior = color.smooth_prior(np.random.default_rng(2).random(313) ** 8)
    weights = color.rebalancing_weights(prior)
    raw = 1 / (0.5 * prior.astype(float) + 0.5 / 313)
    assert weights == pytest.approx(raw / (prior * raw).sum(), rel=1e-5)
    assert (prior * weights).sum() == pytest.approx(1, abs=1e-5)
    assert color.rebalancing_weights(prior, uniform_share=1) == pytest.approx(1, abs=1e-5)


def test_annealed_mean_goes_from_the_mean_to_the_mode() -> None:
    logits = np.random.default_rng(3).normal(0, 3, (4, 5, 313)).astype(np.float32)
    share = np.exp(logits.astype(float))
    share /= share.sum(axis=-1, keepdims=True)
    bins = color.ab_bins()
    assert np.abs(color.annealed_mean(logits, temperature=1) - share @ bins).max() < 1e-3
    mode = bins[logits.argmax(axis=-1)]
    assert np.array_equal(color.annealed_mean(logits, temperature=0), mode)
    assert np.abs(color.annealed_mean(logits, temperature=1e-4) - mode).max() < 1e-3


def test_annealed_mean_is_the_formula_at_the_default_temperature() -> None:
    logits = np.random.default_rng(4).normal(0, 1, (50, 313)).astype(np.float32)
    sharp = np.exp(
        np.log(np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(1, keepdims=True)) / 0.38
    )
    expected = sharp @ color.ab_bins() / sharp.sum(axis=1, keepdims=True)
    assert np.abs(color.annealed_mean(logits) - expected).max() < 1e-3


def test_annealed_mean_is_finite_for_extreme_scores_and_leaves_them_alone() -> None:
    logits = np.float32([[1e4] + [-1e4] * 312, [0.0] * 313])
    kept = logits.copy()
    ab = color.annealed_mean(logits, temperature=0.01)
    assert np.array_equal(ab[0], color.ab_bins()[0])
    assert np.abs(ab[1] - color.ab_bins().mean(axis=0)).max() < 1e-3
    assert np.array_equal(logits, kept)


def test_decoding_the_soft_encoding_gives_the_color_back() -> None:
    ab = np.random.default_rng(5).uniform(-25, 25, (500, 2)).astype(np.float32)
    index, weight = color.soft_encode(ab)
    logits = np.full((500, 313), -1e3, np.float32)
    np.put_along_axis(logits, index.astype(int), np.log(weight), axis=1)
    assert np.abs(color.annealed_mean(logits, temperature=1) - ab).max() < 3


def test_wrong_options_and_shapes_are_refused_by_name() -> None:
    with pytest.raises(OptionError, match="temperature"):
        color.annealed_mean(np.zeros((1, 313), np.float32), temperature=1.5)
    with pytest.raises(InputError, match="bins last"):
        color.annealed_mean(np.zeros((313, 4), np.float32))
    with pytest.raises(OptionError, match="uniform_share"):
        color.rebalancing_weights(np.full(313, 1 / 313, np.float32), uniform_share=2)
    with pytest.raises(InputError, match="empty bins"):
        color.rebalancing_weights(np.eye(313, dtype=np.float32)[0], uniform_share=0)
    with pytest.raises(InputError, match="counts"):
        color.smooth_prior(np.zeros(313))
    with pytest.raises(InputError, match="ab has shape"):
        color.soft_encode(np.zeros((2, 3), np.float32))
    with pytest.raises(OptionError, match="sigma"):
        color.soft_encode(np.zeros((2, 2), np.float32), sigma=0)
