"""A fully connected conditional random field over a few colors of the picture, solved by mean field.

Paper: Krähenbühl & Koltun 2011 (Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials, NIPS):
every two pixels that are near and alike in lightness want the same color (the appearance kernel), and so do
neighbors (the smoothness kernel). Its messages are Gaussian filters; here on the bilateral grid instead of the
permutohedral lattice, which in three dimensions brings nothing.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from rechroma.refine.bilateral import BilateralGrid
from rechroma.tiling import resize
from rechroma.types import AB, Array, Lightness, Logits

COLORS = 16
"""Labels: colors that represent the picture's distribution."""
TEMPERATURE = 0.6
"""The predicted distribution is sharpened by it first, as in the annealed mean."""
APPEARANCE = 3.0
"""Weight of the appearance kernel."""
SMOOTHNESS = 1.0
"""Weight of the smoothness kernel."""
APPEARANCE_SPACE = 0.12
"""Standard deviation in position, as a share of the root of the picture's area."""
APPEARANCE_LIGHTNESS = 5.0
"""Standard deviation in L*."""
SMOOTHNESS_SPACE = 0.01
"""Standard deviation in position of the smoothness kernel, as a share of the root of the picture's area."""
STEPS = 5
"""Of the mean field; the paper has up to 10, and most of the change is made by the first few."""

_ALIKE = 20.0
"""Two labels as far apart as this, in a*b*, exclude one another by 63 %; far ones by all."""
_LEAST = 1e-4
"""Smallest probability of a color."""


def mean_field(logits: Logits, bins: AB, lightness: Lightness) -> AB:
    """Decide on colors together.  logits (h, w, Q), bins (Q, 2), L* (H, W) -> (H, W, 2) float32 expected a*b*."""
    shares = _shares(logits)
    labels, colors = _representatives(shares.reshape(-1, len(bins)).mean(axis=0), bins)
    few = np.zeros((*logits.shape[:2], len(colors)), np.float32)
    for label in range(len(colors)):
        few[..., label] = shares[..., labels == label].sum(axis=-1)
    start = np.maximum(resize(few, (lightness.shape[0], lightness.shape[1]), kernel="bilinear"), _LEAST)
    unary = np.log(start).reshape(-1, len(colors))

    side = float(np.sqrt(lightness.size))
    grid = BilateralGrid.of(lightness, space=max(APPEARANCE_SPACE * side, 1.0), tone=APPEARANCE_LIGHTNESS)
    scale = 1 / np.sqrt(grid.gather(np.ones((lightness.size, 1), np.float32)))
    distance = ((colors[:, None] - colors[None]) ** 2).sum(axis=-1)
    penalty = 1 - np.exp(-distance / np.float32(_ALIKE**2))

    belief = _normalized(unary)
    for _ in range(STEPS):
        appearance = scale * grid.gather(scale * belief)
        planes = belief.reshape(*lightness.shape, -1)
        smooth = gaussian_filter(planes, SMOOTHNESS_SPACE * side, axes=(0, 1), mode="nearest")
        message = APPEARANCE * appearance + SMOOTHNESS * smooth.reshape(belief.shape)
        belief = _normalized(unary - message @ penalty)
    return (belief @ colors).reshape(*lightness.shape, 2)


def _shares(logits: Logits) -> Array:
    """Softmax after sharpening."""
    shares = (logits - logits.max(axis=-1, keepdims=True)) * np.float32(1 / TEMPERATURE)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


def _representatives(mass: Array, bins: AB) -> tuple[np.ndarray, AB]:
    """Choose colors that stand for all bins with mass, by weighted k-means from a greedy start.

    mass (Q,), bins (Q, 2) -> the label of each bin (Q,), and colors (K, 2) float32.
    """
    weight = mass.astype(np.float64)
    points = bins.astype(np.float64)
    chosen = [int(weight.argmax())]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=-1)
    while len(chosen) < min(COLORS, len(points)) and (nearest * weight).max() > 0:
        chosen.append(int((nearest * weight).argmax()))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=-1))
    centers = points[chosen]
    for _ in range(10):
        labels = ((points[:, None] - centers[None]) ** 2).sum(axis=-1).argmin(axis=1)
        total = np.bincount(labels, weight, minlength=len(centers))
        for axis in range(2):
            sums = np.bincount(labels, weight * points[:, axis], minlength=len(centers))
            centers[:, axis] = np.where(total > 0, sums / np.maximum(total, 1e-300), centers[:, axis])
    labels = ((points[:, None] - centers[None]) ** 2).sum(axis=-1).argmin(axis=1)
    return labels, centers.astype(np.float32)


def _normalized(scores: Array) -> Array:
    belief = np.exp(scores - scores.max(axis=1, keepdims=True))
    belief /= belief.sum(axis=1, keepdims=True)
    return belief
