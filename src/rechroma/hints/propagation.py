"""Hints spread along the edges: neighbors of like lightness have like colors (Levin, Lischinski & Weiss 2004).

Each pixel's color is the weighted mean of its eight neighbors' colors, weights falling with the difference of
lightness against what is usual in the pixel's own window; what is hinted is given. Two neighbors each have a weight
for the other; we take the smaller of the two. That makes the equations symmetric and positive definite: they are
the minimum of

    sum over neighbors r, s of w_rs (U_r - U_s)^2  +  sum over hints of c_r (U_r - u_r)^2

which is solved directly, with one factorization for a* and b*. On photographs the smaller weight comes within 0.1 dB of
the authors' own unsymmetric equations, in a fifth of their time (docs/methods.md).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.checks import check_hints, check_lightness
from rechroma.errors import InputError, MissingExtra
from rechroma.types import AB, Hints, Lightness

Plane: TypeAlias = NDArray[np.float64]
"""(H, W) float64: factorization wants double precision."""

SPREAD = 0.3
"""Width of the weight function, 2 sigma^2 of the paper, as a share of the variance of L* in the window."""
REACH = 1.0
"""Way on which a correction fades to 1 / e on even ground, as a share of the root of the picture's area."""

_NOISE = 1.0
"""2 sigma^2 is at least this, in L* squared: less is grain and rounding."""
_LEAST_WEIGHT = 0.01
"""The neighbor of the nearest lightness has at least this weight before they are made to add up to 1 ..."""
_LEAST_TIE = 1e-6
"""... and no two neighbors have less than this in the end, so that a speck takes the color around it."""
_DOUBT = 1e-4
"""A hint of confidence c counts c / (1 - c + this) times a pixel's neighbors: half as much as they, or 10,000 times."""
_HALF = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Steps (down, right) to four of the eight neighbors; the others are those who step here."""
_LEAF = 12
"""Pixels of a block that the ordering does not divide any more."""


def propagate(lightness: Lightness, ab: AB, hints: Hints, *, reach: float = REACH) -> AB:
    """Correct a prediction by hints: they win where they are, and the same object's rest follows.

    What the prediction misses at the hints is spread as colors are, and drawn back weakly to nothing, so that it
    fades beyond the object and with the distance.

    Args:
        lightness: (H, W) L*; time and memory are those of the method `scribble`.
        ab: (H, W, 2) a*b* as predicted.
        hints: of the same size; without any weight the prediction stays as it is.
        reach: how far a correction goes on even ground, as a share of the root of the area; an edge stops it sooner.

    Returns:
        (H, W, 2) float32.

    Raises:
        InputError: The sizes differ.
        MissingExtra: SciPy is not installed.
    """
    check_lightness(lightness)
    check_hints(hints, lightness)
    if ab.shape != (*lightness.shape, 2):
        raise InputError(f"a prediction has shape {ab.shape}; expected {(*lightness.shape, 2)}")
    if not hints.weight.any():
        return ab.astype(np.float32)
    # Eight equal ties of 1/8 act as 3/8 of the second derivative: exp(-x / length) solves it for this pull.
    pull = 3 / 8 / (reach**2 * lightness.size)
    corrected: AB = ab + solve(lightness, hints.ab - ab, hints, pull=pull)
    return corrected


def solve(lightness: Lightness, hinted: AB, hints: Hints, *, pull: float) -> AB:
    """Solve for the a*b* that is `hinted` at the hints and follows the lightness elsewhere.

    Args:
        lightness: (H, W) L*.
        hinted: (H, W, 2) a*b*, which counts where the hints have a weight.
        hints: of the same size; their weight alone counts.
        pull: Weight with which each pixel is drawn to 0, against its neighbors' 1 together; 0 or more.

    Returns:
        (H, W, 2) float32.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    need_scipy()
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    confidence = np.clip(hints.weight.astype(np.float64), 0, 1)
    force = confidence / (1 - confidence + _DOUBT)
    order = _order(*lightness.shape)
    matrix = coo_array(_equations(lightness, force + pull, order)).tocsc()
    right = (force[..., None] * hinted).reshape(-1, 2)[order]
    # The diagonal outweighs the rest of its row: pivots are good as they come, and symmetry halves the work.
    factors = splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    result: AB = np.empty((lightness.size, 2), np.float32)
    result[order] = factors.solve(right)
    return result.reshape(hinted.shape)


def _equations(
    lightness: Lightness, diagonal: Plane, order: NDArray[np.intp]
) -> tuple[Plane, tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Give the entries of the system's matrix, each place once, with their rows and columns in the given order.

    It is the Laplacian of the ties, and the diagonal (H, W) added.
    """
    grid = np.empty(lightness.shape, np.int32)
    grid.reshape(-1)[order] = np.arange(order.size, dtype=np.int32)
    total = diagonal.copy()
    rows, columns, values = [], [], []
    for ours, theirs, tie in affinities(lightness):
        total[ours] += tie
        total[theirs] += tie
        one, two, value = grid[ours].ravel(), grid[theirs].ravel(), -tie.ravel()
        rows += [one, two]
        columns += [two, one]
        values += [value, value]
    everywhere = grid.ravel()
    return np.concatenate([*values, total.ravel()]), (
        np.concatenate([*rows, everywhere]),
        np.concatenate([*columns, everywhere]),
    )


def affinities(lightness: Lightness) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice], Plane]]:
    """Give the ties between neighbors, each pair once: two views of the picture, and the ties between them.

    The weight of a neighbor s for r is exp(-(L_r - L_s)^2 / 2 sigma_r^2), sigma_r^2 in proportion to the variance
    of the 3x3 window around r (eq. 2), the weights of a pixel adding up to 1; the tie is the smaller of w_rs and w_sr.
    """
    plane = lightness.astype(np.float64)
    pairs = [(*_views(*step), step) for step in _HALF]
    squares = [(plane[ours] - plane[theirs]) ** 2 for ours, theirs, _ in pairs]
    width = _widths(plane, pairs, squares)
    total = np.zeros_like(plane)
    weights = []
    for (ours, theirs, _), square in zip(pairs, squares, strict=True):
        out, back = np.exp(-square / width[ours]), np.exp(-square / width[theirs])
        total[ours] += out
        total[theirs] += back
        weights.append((out, back))
    for (ours, theirs, _), (out, back) in zip(pairs, weights, strict=True):
        tie = np.minimum(out / total[ours], back / total[theirs])
        yield ours, theirs, np.maximum(tie, _LEAST_TIE)


def _widths(
    plane: Plane,
    pairs: list[tuple[tuple[slice, slice], tuple[slice, slice], tuple[int, int]]],
    squares: list[Plane],
) -> Plane:
    """Give each pixel's 2 sigma^2: from the variance of its window, and so that one neighbor at least is near."""
    count, first, second = np.ones_like(plane), plane.copy(), plane**2
    nearest = np.full_like(plane, np.inf)
    for (ours, theirs, _), square in zip(pairs, squares, strict=True):
        for here, there in ((ours, theirs), (theirs, ours)):
            count[here] += 1
            first[here] += plane[there]
            second[here] += plane[there] ** 2
            nearest[here] = np.minimum(nearest[here], square)
    variance = np.maximum(second / count - (first / count) ** 2, 0)
    nearest[~np.isfinite(nearest)] = 0  # a picture of one pixel
    width: Plane = np.maximum(np.maximum(SPREAD * variance, nearest / -np.log(_LEAST_WEIGHT)), _NOISE)
    return width


def _views(down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Give the part of a picture that has a neighbor at a step, and the part that these neighbors are."""
    rows, columns = slice(None, -down or None), slice(max(-right, 0), -right if right > 0 else None)
    return (rows, columns), (slice(down, None), slice(max(right, 0), right if right < 0 else None))


@lru_cache(maxsize=8)
def _order(height: int, width: int) -> NDArray[np.intp]:
    """Order pixels by nested dissection (George 1973): both halves of the picture first, the line between them last.

    SciPy's orderings know nothing of the picture; with this one factors are smaller and come in about half the time.

    Returns:
        (H W,) places in the picture, rows first; read-only.
    """
    parts: list[NDArray[np.intp]] = []

    def divide(grid: NDArray[np.intp]) -> None:
        longer = grid if grid.shape[0] >= grid.shape[1] else grid.T
        if grid.size <= _LEAF or len(longer) < 3:
            parts.append(grid.ravel())
            return
        middle = len(longer) // 2
        divide(longer[:middle])
        divide(longer[middle + 1 :])
        parts.append(longer[middle])

    divide(np.arange(height * width, dtype=np.intp).reshape(height, width))
    order = np.concatenate(parts)
    order.flags.writeable = False
    return order


def need_scipy() -> None:
    """Refuse to go on without SciPy.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    try:
        import scipy.sparse.linalg  # noqa: F401
    except ImportError as error:
        raise MissingExtra("SciPy", "methods", "spreading hints along the edges") from error
