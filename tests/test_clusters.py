"""k-means finds clouds that lie apart, and leaves nothing behind that has no points."""

import numpy as np

from rechroma.clusters import k_means

CLOUDS = np.array([(0, 0, 0), (40, 0, 5), (0, 60, -5)], np.float32)


def points() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([cloud + rng.normal(0, 1, (50, 3)) for cloud in CLOUDS]).astype(np.float32)


def test_clouds_that_lie_apart_are_found_from_seeds_among_them() -> None:
    labels, centers = k_means(points(), points()[[3, 60, 120]], rounds=5)
    assert labels.tolist() == [0] * 50 + [1] * 50 + [2] * 50
    np.testing.assert_allclose(centers, CLOUDS, atol=0.6)
    assert centers.dtype == np.float32


def test_a_heavy_point_draws_its_center_to_itself() -> None:
    weight = np.ones(150, np.float32)
    weight[:50] = 0
    weight[7] = 2
    _, centers = k_means(points(), points()[[3, 60, 120]], rounds=5, weight=weight)
    np.testing.assert_allclose(centers[0], points()[7], atol=1e-4)


def test_a_cluster_without_points_or_weight_is_left_out() -> None:
    seeds = np.concatenate([points()[[3, 60, 120]], [[999, 999, 999]]]).astype(np.float32)
    assert len(k_means(points(), seeds, rounds=3)[1]) == 3
    weightless = np.repeat([0.0, 1.0, 1.0], 50)
    labels, centers = k_means(points(), points()[[3, 60, 120]], rounds=3, weight=weightless)
    assert len(centers) == 2
    assert set(labels) == {0, 1}
