"""Hints have the last word: what a prediction misses at them is made good there, and around as far as edges allow."""

import numpy as np

from rechroma.types import AB, Array, Hints, Lightness

_PASSES = 2
"""Rounds over the picture; a path may turn that often around a corner."""
_NEAR_REACH, _NEAR_EDGE = 0.6, 30.0
"""What `reach` and `edge` are for `correct`, where hints shall count nearby only."""


def correct(ab: AB, lightness: Lightness, hints: Hints, *, reach: float = 0.15, edge: float = 8.0) -> AB:
    """Give a prediction that has the hinted colors where there are hints, and follows them nearby.

    What the prediction misses at the hints is carried on along the picture: fading over `reach`, and faster where
    the lightness changes. It is an average of the missing colors weighted as the domain transform's recursive
    filter does (Gastal & Oliveira 2011, section 5), times exp(-d) for the way d to the nearest hint.

    Args:
        ab: (H, W, 2) a*b* as predicted.
        lightness: (H, W) L*.
        hints: of the same size.
        reach: at which a correction has faded to 1 / e on even ground, as a share of the root of the area.
        edge: change of L* that counts as much as the whole reach.

    Returns:
        (H, W, 2) float32.
    """
    if not hints.weight.any():
        return ab
    steps = _steps(lightness, reach=reach, edge=edge)
    near = hints.weight.copy()
    # The third plane is the weight itself: what was summed there divides the other two.
    sums = np.stack([(hints.ab[..., 0] - ab[..., 0]) * near, (hints.ab[..., 1] - ab[..., 1]) * near, near])
    for _ in range(_PASSES):
        sums = _carry_sums(sums, steps[0])
        near = _carry_nearest(near, steps[0])
        sums = _carry_sums(sums.swapaxes(1, 2), steps[1].T).swapaxes(1, 2)
        near = _carry_nearest(near.T, steps[1].T).T
    average = near * sums[:2] / np.maximum(sums[2], np.float32(1e-12))
    corrected: AB = ab + np.moveaxis(average, 0, 2)
    corrected += hints.weight[..., None] * (hints.ab - corrected)
    return corrected


def nearness(lightness: Lightness, weight: Array) -> Array:
    """Say how near each pixel is to a hint, along ways that cross no edge.

    Args:
        lightness: (H, W) L*.
        weight: (H, W) of the hints.

    Returns:
        (H, W) float32, 0 to 1: the weight times exp(-d) of the nearest, or 0 where there is none.
    """
    calm = np.pad(lightness, 2, mode="edge")
    for _ in range(2):  # texture is no edge
        calm = (calm[:-2] + 2 * calm[1:-1] + calm[2:]) / np.float32(4)
        calm = (calm[:, :-2] + 2 * calm[:, 1:-1] + calm[:, 2:]) / np.float32(4)
    near = weight.copy()
    down, right = _steps(calm, reach=_NEAR_REACH, edge=_NEAR_EDGE)
    for _ in range(_PASSES):
        near = _carry_nearest(near, down)
        near = _carry_nearest(near.T, right.T).T
    return np.ascontiguousarray(near)


def _steps(lightness: Lightness, *, reach: float, edge: float) -> tuple[Array, Array]:
    """Give what is left after each step down (H - 1, W) and to the right (H, W - 1), 0 to 1."""
    span = np.float32(reach * np.sqrt(lightness.size))
    down, right = (
        np.exp(-(1 / span + np.abs(np.diff(lightness, axis=axis)) / np.float32(edge))) for axis in (0, 1)
    )
    return down, right


def _carry_nearest(near: Array, decay: Array) -> Array:
    """Let each row have its neighbor's value times the decay, where that is more; down and up.  (H, W) -> (H, W)."""
    near = near.copy()
    for i in range(1, len(near)):
        np.maximum(near[i], near[i - 1] * decay[i - 1], out=near[i])
    for i in range(len(near) - 2, -1, -1):
        np.maximum(near[i], near[i + 1] * decay[i], out=near[i])
    return near


def _carry_sums(planes: Array, decay: Array) -> Array:
    """Add to each row all others, each times the decay on the way.  (C, H, W) -> (C, H, W)."""
    rows = np.ascontiguousarray(np.moveaxis(planes, 1, 0))  # (H, C, W)
    down, up = rows.copy(), rows.copy()
    for i in range(1, len(rows)):
        down[i] += down[i - 1] * decay[i - 1]
        j = len(rows) - 1 - i
        up[j] += up[j + 1] * decay[j]
    return np.moveaxis(down + up - rows, 0, 1)
