"""Promises of the metrics: the published definitions, checked by hand and against scikit-image."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from skimage import data
from skimage import metrics as reference

from rechroma import color, metrics
from rechroma.errors import InputError, OptionError


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A photograph and the same with noise and less color."""
    truth = data.astronaut()[100:260, 150:330]
    noise = np.random.default_rng(0).normal(0, 12, truth.shape)
    gray = truth.mean(axis=2, keepdims=True)
    return np.clip(0.7 * truth + 0.3 * gray + noise, 0, 255).astype(np.uint8), truth


def test_psnr_agrees_with_scikit_image(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert metrics.psnr(*pair) == pytest.approx(reference.peak_signal_noise_ratio(pair[1], pair[0]), abs=1e-9)


def test_psnr_does_not_wrap_around_in_8_bits() -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    assert metrics.psnr(black, white) == metrics.psnr(white, black) == 0


def test_psnr_of_equal_pictures_is_infinite(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert metrics.psnr(pair[0], pair[0]) == float("inf")


def test_ssim_agrees_with_scikit_image_on_the_valid_area(pair: tuple[np.ndarray, np.ndarray]) -> None:
    _, full = reference.structural_similarity(
        *pair, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, full=True,
        use_sample_covariance=False,
    )  # fmt: skip
    assert metrics.ssim(*pair) == pytest.approx(full[5:-5, 5:-5].mean(), abs=1e-6)
    assert metrics.ssim(pair[0], pair[0]) == pytest.approx(1)


def test_ssim_refuses_pictures_smaller_than_its_window() -> None:
    small = np.zeros((10, 40, 3), np.uint8)
    with pytest.raises(InputError, match="11 x 11"):
        metrics.ssim(small, small)


def test_colorfulness_of_two_colors_is_the_hand_computed_value() -> None:
    picture = np.uint8([[[255, 0, 0], [0, 0, 255]]])
    # rg: 255, 0; yb: 127.5, -255. Standard deviations 127.5 and 191.25; means 127.5 and -63.75.
    signed = np.hypot(127.5, 191.25) + 0.3 * np.hypot(127.5, 63.75)
    # Magnitudes: rg 255, 0; yb 127.5, 255. Standard deviations 127.5 and 63.75; means 127.5 and 191.25.
    magnitudes = np.hypot(127.5, 63.75) + 0.3 * np.hypot(127.5, 191.25)
    assert metrics.colorfulness(picture, variant="signed") == pytest.approx(signed)
    assert metrics.colorfulness(picture) == pytest.approx(magnitudes)


def test_gray_has_no_colorfulness(pair: tuple[np.ndarray, np.ndarray]) -> None:
    gray = np.repeat(pair[1][..., :1], 3, axis=2)
    assert metrics.colorfulness(gray) == metrics.colorfulness(gray, variant="signed") == 0
    with pytest.raises(OptionError, match="variant"):
        metrics.colorfulness(gray, variant="relative")  # type: ignore[arg-type]


def test_ab_rmse_is_the_root_mean_square_of_the_distance() -> None:
    ab, truth = np.float32([[3, 4], [0, 0]]), np.zeros((2, 2), np.float32)
    assert metrics.ab_rmse(ab, truth) == pytest.approx(np.sqrt(12.5))


def test_auc_of_known_distances_is_the_hand_computed_area() -> None:
    truth = np.zeros((1, 2), np.float32)
    assert metrics.auc(truth, truth) == 1
    assert metrics.auc(np.float32([[200, 0]]), truth) == 0
    # At distance 75 the curve is 0 up to 74, then 1: trapezoids give 150 - 74.5.
    assert metrics.auc(np.float32([[75, 0]]), truth) == pytest.approx(75.5 / 150)
    # A pixel that is right and one that is wrong by more than 150.
    assert metrics.auc(np.float32([[0, 0], [0, 151]]), np.zeros((2, 2), np.float32)) == pytest.approx(0.5)


def test_balanced_auc_weighs_pixels_by_the_bin_of_their_true_color() -> None:
    truth = np.float32([[0, 0]] * 9 + [[60, 60]])
    gray = np.zeros_like(truth)
    index, _ = color.soft_encode(truth)
    weights = np.ones(313, np.float32)
    weights[index[0, 0]] = 1 / 9
    right, wrong = 1.0, metrics.auc(gray[9:], truth[9:])
    assert metrics.auc(gray, truth) == pytest.approx(0.9 * right + 0.1 * wrong)
    assert metrics.auc(gray, truth, weights=weights) == pytest.approx(0.5 * right + 0.5 * wrong)


def test_delta_e_is_the_mean_of_ciede2000(pair: tuple[np.ndarray, np.ndarray]) -> None:
    one, two = (color.rgb_to_lab(picture.astype(np.float32) / 255) for picture in pair)
    assert metrics.delta_e(*pair) == pytest.approx(float(color.delta_e_2000(one, two).mean()), rel=1e-5)
    assert metrics.delta_e(pair[0], pair[0]) == 0


def test_bin_accuracy_counts_the_nearest_bin_of_the_truth() -> None:
    bins = color.ab_bins()
    truth = (bins[[5, 50, 200, 300]] + np.float32([2, -3])).reshape(2, 2, 2)
    logits = np.zeros((4, 313), np.float32)
    logits[0, 5] = 1  # best
    logits[1, [50, 60, 61, 62, 63]] = [1, 2, 3, 4, 5]  # fifth
    logits[2, [200, 60, 61, 62, 63, 64]] = [1, 2, 3, 4, 5, 6]  # sixth
    accuracy = metrics.bin_accuracy(logits.reshape(2, 2, 313), truth)
    assert accuracy == metrics.BinAccuracy(top1=0.25, top5=0.5)


def test_a_constant_score_earns_no_accuracy() -> None:
    accuracy = metrics.bin_accuracy(np.zeros((3, 313), np.float32), np.zeros((3, 2), np.float32))
    assert accuracy == metrics.BinAccuracy(top1=0.0, top5=0.0)


def test_pictures_that_are_no_pair_are_refused(pair: tuple[np.ndarray, np.ndarray]) -> None:
    for measure in (metrics.psnr, metrics.ssim, metrics.delta_e):
        with pytest.raises(InputError, match="differ in size"):
            measure(pair[0], pair[1][1:])
        with pytest.raises(InputError, match="expected uint8"):
            measure(pair[0].astype(np.float32), pair[1])
    with pytest.raises(InputError, match="equal"):
        metrics.ab_rmse(np.zeros((2, 2), np.float32), np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match="logits have shape"):
        metrics.bin_accuracy(np.zeros((2, 313), np.float32), np.zeros((3, 2), np.float32))


def bleeding_pair(blur: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc whose color ran over its edge by so many pixels, and the disc as it is."""
    y, x = np.mgrid[:128, :128]
    lab = np.where((np.hypot(y - 64, x - 64) < 40)[..., None], [65, 30, 40], [40, -20, -15]).astype(
        np.float32
    )
    ab = lab[..., 1:]
    for _ in range(blur):  # a blur of 1 2 1 in both directions
        padded = np.pad(ab, ((1, 1), (1, 1), (0, 0)), mode="edge")
        rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
        ab = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
    return color.merge(lab[..., 0], ab), color.merge(lab[..., 0], lab[..., 1:])


def test_bleeding_rises_the_farther_color_runs_over_an_edge() -> None:
    values = [metrics.chroma_bleeding(*bleeding_pair(blur)) for blur in (0, 4, 12, 30)]
    assert values[0] < 0.02
    assert 0.05 < values[1] < values[2] < values[3] < 1


def test_bleeding_asks_where_colors_change_not_which_they_are() -> None:
    bled, truth = bleeding_pair(12)
    swapped = np.ascontiguousarray(truth[..., ::-1])
    gray = np.repeat(truth[..., :1], 3, axis=2)
    assert metrics.chroma_bleeding(swapped, truth) < 0.02 < metrics.chroma_bleeding(bled, truth)
    assert metrics.chroma_bleeding(gray, truth) == 0
    flat = np.full((9, 9, 3), 128, np.uint8)
    assert metrics.chroma_bleeding(bled[:9, :9], flat) == 0  # no edge to run over
    assert metrics.chroma_bleeding(truth[:1, :1], truth[:1, :1]) == 0


def _frechet_by_roots(one: np.ndarray, two: np.ndarray) -> float:
    c1, c2 = np.cov(one.T), np.cov(two.T)
    step = one.mean(axis=0) - two.mean(axis=0)
    return float(step @ step + np.trace(c1 + c2 - 2 * np.real(sqrtm(c1 @ c2))))


def test_the_frechet_distance_is_that_of_matrix_roots_for_many_vectors_and_for_few() -> None:
    random = np.random.default_rng(0)
    for count, other, length in ((200, 150, 6), (40, 7, 12), (5, 6, 30)):
        one = random.normal(size=(count, length)) @ random.normal(size=(length, length))
        two = random.normal(size=(other, length)) + 2
        slack = 1e-3 if count < length else 1e-7  # roots of singular matrices are not exact
        assert metrics.frechet_distance(one, two) == pytest.approx(_frechet_by_roots(one, two), rel=slack)
        assert metrics.frechet_distance(two, one) == pytest.approx(metrics.frechet_distance(one, two))


def test_the_frechet_distance_of_known_gaussians_has_its_closed_form() -> None:
    cross = np.sqrt(1.5) * np.concatenate((np.eye(2), -np.eye(2)))  # covariance: the identity
    assert np.cov(cross.T) == pytest.approx(np.eye(2))
    wide = cross * np.array([2.0, 5.0]) + np.array([3.0, -4.0])
    assert metrics.frechet_distance(wide, cross) == pytest.approx(25 + (2 - 1) ** 2 + (5 - 1) ** 2)


def test_the_frechet_distance_of_a_set_to_itself_is_nothing_even_where_vectors_are_longer_than_sets() -> None:
    features = np.random.default_rng(1).random((30, 1280)).astype(np.float32) * 6
    assert metrics.frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    assert metrics.frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-9)
    assert metrics.frechet_distance(features + 1, features) == pytest.approx(1280, rel=1e-5)


def test_the_frechet_distance_names_sets_that_have_none() -> None:
    good = np.zeros((3, 4), np.float32)
    for bad in (good[:1], good[:, :3], good[0]):
        with pytest.raises(InputError, match="two vectors"):
            metrics.frechet_distance(good, bad)
    with pytest.raises(InputError, match="finite"):
        metrics.frechet_distance(good, good * np.float32(np.nan))
