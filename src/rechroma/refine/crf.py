"""A fully connected conditional random field over a few colors of the picture, solved by mean field.

Paper: Krähenbühl & Koltun 2011 (Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials, NIPS):
every two pixels that are near and alike in lightness want the same color (the appearance kernel), and so do
neighbors (the smoothness kernel). Its messages are Gaussian filters; here on the bilateral grid instead of the
permutohedral lattice, which pays off in more dimensions than these three.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from rechroma.clusters import k_means
from rechroma.color import softmax
from rechroma.refine.bilateral import SIGMA_LIGHTNESS, SIGMA_SPACE, BilateralGrid, reach
from rechroma.tiling import resize
from rechroma.types import AB, Array, Lightness, Logits

COLORS = 16
"""Labels: colors that stand for the picture's distribution. 24 were no better, and slower."""
APPEARANCE = 3.0
"""Weight of the appearance kernel: 5 brings less bleeding and paler colors."""
APPEARANCE_SPACE = 0.12
"""Standard deviation in position, as a share of the root of the picture's area."""
APPEARANCE_LIGHTNESS = 5.0
"""Standard deviation in L*."""
SMOOTHNESS = 0.3
"""Weight of the smoothness kernel."""
SMOOTHNESS_SPACE = 0.01
"""Standard deviation in position of the smoothness kernel, as a share of the root of the picture's area."""
STEPS = 3
"""Of the mean field: 5 changed the measures by less than 1 %. The paper has up to 10, from a colder start."""

_ALIKE = 40.0
"""Labels this far apart in a*b* pay 63 % of the full price for disagreement; a Potts model would make neighbors of
one shade and the next pay as much as red and green do."""
_LEAST = 1e-4
"""Smallest probability of a color: nothing is beyond persuasion."""
_ROUNDS = 10
"""Of k-means."""


def mean_field(logits: Logits, bins: AB, lightness: Lightness) -> AB:
    """Decide on all pixels' colors together, from the distribution predicted for each.

    The labels are colors that stand for the picture's distribution; the unary potential is the predicted share of
    each, brought up along the edges of the lightness; labels disagree by their distance in a*b*. The paper's kernels
    and symmetric normalization; its weights and deviations were searched on a validation set, and so are ours, on
    photographs of the training set (docs/refinement.md).

    Args:
        logits: (h, w, Q) scores over the bins. They are taken as they are, at temperature 1.
        bins: (Q, 2) a*b*.
        lightness: (H, W) L* 0 to 100.

    Returns:
        (H, W, 2) float32 a*b*: the expected color.
    """
    shares = softmax(logits)
    labels, colors = _representatives(shares.reshape(-1, len(bins)).mean(axis=0), bins)
    few = np.zeros((*logits.shape[:2], len(colors)), np.float32)
    for label in range(len(colors)):
        few[..., label] = shares[..., labels == label].sum(axis=-1)
    unary = np.log(np.maximum(_brought_up(few, lightness), _LEAST))
    grid = BilateralGrid.of(lightness, space=reach(APPEARANCE_SPACE, lightness), tone=APPEARANCE_LIGHTNESS)
    scale: Array = np.reciprocal(np.sqrt(grid.total()))
    distance = ((colors[:, None] - colors[None]) ** 2).sum(axis=-1)
    penalty = 1 - np.exp(-distance / np.float32(_ALIKE**2))

    belief = softmax(unary)
    for _ in range(STEPS):
        appearance = scale * grid.gather(scale * belief)
        planes = belief.reshape(*lightness.shape, -1)
        smooth = gaussian_filter(
            planes, reach(SMOOTHNESS_SPACE, lightness), axes=(0, 1), mode="nearest", truncate=2.0
        )
        message = APPEARANCE * appearance + SMOOTHNESS * smooth.reshape(belief.shape)
        belief = softmax(unary - message @ penalty)
    expected: AB = (belief @ colors).reshape(*lightness.shape, 2)
    return expected


def _brought_up(shares: Array, lightness: Lightness) -> Array:
    """Bring shares to the size of the lightness along its edges, by the joint bilateral filter.

    shares (h, w, K), L* (H, W) -> (H * W, K).
    """
    large = resize(shares, (lightness.shape[0], lightness.shape[1]), kernel="bilinear")
    grid = BilateralGrid.of(lightness, space=reach(SIGMA_SPACE, lightness), tone=SIGMA_LIGHTNESS)
    up: Array = grid.gather(large.reshape(lightness.size, -1)) / grid.total()
    return up


def _representatives(mass: Array, bins: AB) -> tuple[NDArray[np.intp], AB]:
    """Choose colors that stand for all bins with mass, by weighted k-means from a greedy start.

    mass (Q,), bins (Q, 2) -> the label of each bin (Q,), and colors (K, 2) float32.
    """
    chosen = [int(mass.argmax())]
    nearest = ((bins - bins[chosen[0]]) ** 2).sum(axis=-1)
    while len(chosen) < min(COLORS, len(bins)) and (nearest * mass).max() > 0:
        chosen.append(int((nearest * mass).argmax()))
        nearest = np.minimum(nearest, ((bins - bins[chosen[-1]]) ** 2).sum(axis=-1))
    return k_means(bins, bins[chosen], rounds=_ROUNDS, weight=mass)
