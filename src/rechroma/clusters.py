"""Points that lie together: k-means (Lloyd 1982, Least squares quantization in PCM)."""

import numpy as np
from numpy.typing import NDArray

from rechroma.types import Array


def k_means(
    points: Array, seeds: Array, *, rounds: int, weight: Array | None = None
) -> tuple[NDArray[np.intp], Array]:
    """Find clusters of points from the places where they begin.

    Args:
        points: (n, d), any units.
        seeds: (k, d) first centers.
        rounds: of the algorithm.
        weight: (n,) of each point, 0 or more and not all 0; all alike when not given.

    Returns:
        labels (n,), the cluster of each point, and centers (c, d) float32. A cluster that loses all of its points,
        or whose points have no weight, is left out: c may be less than k.
    """
    places = points.astype(np.float64)
    share = np.ones(len(points)) if weight is None else weight.astype(np.float64)
    centers = seeds.astype(np.float64)
    for _ in range(rounds):
        labels = _nearest(places, centers)
        total = np.bincount(labels, share, minlength=len(centers))
        sums = [np.bincount(labels, share * axis, minlength=len(centers)) for axis in places.T]
        kept = total > 0
        centers = np.stack(sums, axis=1)[kept] / total[kept, None]
    return _nearest(places, centers), centers.astype(np.float32)


def _nearest(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.intp]:
    labels: NDArray[np.intp] = ((points[:, None] - centers[None]) ** 2).sum(axis=-1).argmin(axis=1)
    return labels
