"""The 313 ab bins, a grid of 10, of Zhang, Isola, Efros 2016 (Colorful Image Colorization, section 2).

A distribution over these bins is what the default network predicts. Here are the bins, the annealed mean
(inference), and for training the soft encoding of colors, priors and rebalancing weights.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import InputError, OptionError
from rechroma.types import AB, Array

_ROWS: Final[dict[int, tuple[int, int]]] = {
    -90: (50, 90),
    -80: (20, 90),
    -70: (0, 90),
    -60: (-20, 90),
    -50: (-30, 100),
    -40: (-40, 100),
    -30: (-50, 100),
    -20: (-50, 100),
    -10: (-60, 100),
    0: (-70, 100),
    10: (-80, 90),
    20: (-80, 90),
    30: (-90, 90),
    40: (-100, 90),
    50: (-100, 80),
    60: (-110, 80),
    70: (-110, 80),
    80: (-110, 70),
    90: (-110, 70),
    100: (-90, 0),
}
"""For each a* the first and the last b*."""
_GRID: Final = 10
_REACH: Final = 115
"""The soft-encoding table covers a* and b* from -115 to 115 in steps of 1."""
_NEIGHBORS: Final = 5
_ANNEAL_BLOCK: Final = 1 << 13


@lru_cache(maxsize=1)
def ab_bins() -> AB:
    """Give the bin centers: (313, 2) float32 a*b*, a* ascending, then b* ascending; read-only."""
    rows = [(a, b) for a, (first, last) in _ROWS.items() for b in range(first, last + 1, _GRID)]
    bins = np.array(rows, np.float32)
    bins.flags.writeable = False
    return bins


@lru_cache(maxsize=2)
def soft_encoding_table(sigma: float = 5.0) -> tuple[NDArray[np.int16], Array]:
    """Give the soft encoding of every integer color, in 0.2 s once.

    Returns:
        index (231, 231, 5) int16 and weight (231, 231, 5) float32, read-only, at [a* + 115, b* + 115]: the 5
        nearest bins, nearest first, a tie going to the lower index, and Gaussian weights that sum to 1.
    """
    if sigma <= 0:
        raise OptionError(f"sigma is {sigma}; accepted: any number above 0 (a*b* units)")
    bins = ab_bins().astype(np.int32)
    axis = np.arange(-_REACH, _REACH + 1, dtype=np.int32)
    index = np.empty((len(axis), len(axis), _NEIGHBORS), np.int16)
    square = np.empty((len(axis), len(axis), _NEIGHBORS), np.float32)
    to_b = (axis[:, None] - bins[:, 1]) ** 2
    for row, a in enumerate(axis):
        # Distance and index in one integer: a partition then finds the nearest and settles ties by the index.
        key = (to_b + (a - bins[:, 0]) ** 2) * 512 + np.arange(len(bins), dtype=np.int32)
        nearest = np.sort(np.partition(key, _NEIGHBORS, axis=1)[:, :_NEIGHBORS], axis=1)
        index[row] = nearest % 512
        square[row] = nearest // 512
    weight = np.exp((square[..., :1] - square) * np.float32(0.5 / sigma**2))
    weight /= weight.sum(axis=-1, keepdims=True)
    index.flags.writeable = weight.flags.writeable = False
    return index, weight


def soft_encode(ab: AB, *, sigma: float = 5.0) -> tuple[NDArray[np.int16], Array]:
    """Encode colors as distributions over their 5 nearest bins (Zhang 2016, section 2.2), by table.

    Args:
        ab: (..., 2) a*b*; rounded to integers, held to -115 to 115.
        sigma: width of the Gaussian in a*b* units.

    Returns:
        index (..., 5) int16 and weight (..., 5) float32 summing to 1, nearest bin first.
    """
    index, weight = soft_encoding_table(sigma)
    if ab.shape[-1] != 2:
        raise InputError(f"ab has shape {ab.shape}; expected (..., 2), channels last")
    cell = np.clip(np.rint(ab), -_REACH, _REACH).astype(np.intp) + _REACH
    flat = cell[..., 0] * (2 * _REACH + 1) + cell[..., 1]
    return index.reshape(-1, _NEIGHBORS)[flat], weight.reshape(-1, _NEIGHBORS)[flat]


def smooth_prior(counts: NDArray[np.generic], *, sigma: float = 5.0) -> Array:
    """Turn bin counts into a prior smoothed over neighboring bins (Zhang 2016, section 2.2).

    Args:
        counts: (313,) how often each bin was seen, any real dtype, 0 or more, not all 0.
        sigma: width of the Gaussian in a*b* units.

    Returns:
        (313,) float32, sums to 1. The mass of each bin is spread over the bins that exist, so none is lost.
    """
    bins = ab_bins().astype(np.float64)
    seen = np.asarray(counts, np.float64)
    if seen.shape != (len(bins),) or seen.min() < 0 or seen.sum() <= 0:
        raise InputError(f"counts have shape {seen.shape}; expected ({len(bins)},), 0 or more, not all 0")
    square = ((bins[:, None] - bins[None]) ** 2).sum(axis=-1)
    spread = np.exp(-square / (2 * sigma**2))
    spread /= spread.sum(axis=0)
    prior: NDArray[np.float64] = spread @ (seen / seen.sum())
    return prior.astype(np.float32)


def rebalancing_weights(prior: Array, *, uniform_share: float = 0.5) -> Array:
    """Give the weights that make rare colors count more (Zhang 2016, equation 4).

    Args:
        prior: (Q,) sums to 1.
        uniform_share: lambda, the share of the uniform distribution mixed into the prior; 0 to 1 (1 = no
            rebalancing).

    Returns:
        (Q,) float32, proportional to 1 / ((1 - lambda) prior + lambda / Q), expectation 1 under the prior.
    """
    if not 0 <= uniform_share <= 1:
        raise OptionError(f"uniform_share is {uniform_share}; accepted: 0 to 1")
    p = np.asarray(prior, np.float64)
    mixed = (1 - uniform_share) * p + uniform_share / len(p)
    if mixed.min() <= 0:
        raise InputError("the prior has empty bins; smooth it, or give a uniform_share above 0")
    weights: NDArray[np.float64] = 1 / mixed
    weights /= (p * weights).sum()
    return weights.astype(np.float32)


def softmax(scores: Array) -> Array:
    """Turn scores into distributions.  (..., Q) -> (..., Q) float32, summing to 1 over Q."""
    mass: Array = scores - scores.max(axis=-1, keepdims=True)
    np.exp(mass, out=mass)
    mass /= mass.sum(axis=-1, keepdims=True)
    return mass


def annealed_mean(logits: Array, *, temperature: float = 0.38, bins: AB | None = None) -> AB:
    """Decode distributions to colors: the mean after sharpening by a temperature (Zhang 2016, equation 5).

    Args:
        logits: (..., Q) scores; softmax of them is the distribution.
        temperature: 1 = mean, towards 0 = mode; 0 itself gives the mode (the first one among equals).
        bins: (Q, 2) colors of the bins; ab_bins() when not given.

    Returns:
        (..., 2) float32 a*b*.
    """
    if not 0 <= temperature <= 1:
        raise OptionError(f"temperature is {temperature}; accepted: 0 (mode) to 1 (mean)")
    centers = ab_bins() if bins is None else bins
    if logits.shape[-1] != len(centers):
        raise InputError(f"logits have shape {logits.shape}; expected (..., {len(centers)}), bins last")
    flat = logits.reshape(-1, len(centers))
    ab = np.empty((len(flat), 2), np.float32)
    for start in range(0, len(flat), _ANNEAL_BLOCK):
        block = flat[start : start + _ANNEAL_BLOCK]
        if temperature == 0:
            ab[start : start + _ANNEAL_BLOCK] = centers[block.argmax(axis=1)]
            continue
        # The largest score goes first, in float32, so that no temperature overflows.
        mass = (block - block.max(axis=1, keepdims=True)).astype(np.float32, copy=False)
        np.exp(mass * np.float32(1 / temperature), out=mass)
        ab[start : start + _ANNEAL_BLOCK] = (mass @ centers) / mass.sum(axis=1, keepdims=True)
    return ab.reshape(*logits.shape[:-1], 2)
