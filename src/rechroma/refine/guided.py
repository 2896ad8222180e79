"""The guided filter: in each window, color is a linear function of lightness.

Paper: He, Sun & Tang 2013 (Guided Image Filtering, IEEE PAMI 35, equations 5 to 8; first ECCV 2010).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from rechroma.types import AB, Lightness

RADIUS = 0.04
"""Of the window, as a share of the root of the picture's area."""
EPSILON = 4.0
"""Variance of L*, in L* squared, below which a window counts as flat: its color is then the mean."""


def guided_filter(ab: AB, lightness: Lightness) -> AB:
    """Fit colors to lightness in windows and average the fits.  ab (H, W, 2), L* (H, W) -> (H, W, 2) float32.

    Defaults: see the constants, chosen on photographs of the training set (docs/refinement.md); the paper has
    windows of radius 2 to 16 and epsilon of (0.1 to 0.4 of the range of the guide) squared. The result is held to
    the range of `ab`: a linear fit may leave it.
    """
    radius = max(round(RADIUS * float(np.sqrt(lightness.size))), 1)

    def mean(planes: NDArray[np.float64]) -> NDArray[np.float64]:
        blurred: NDArray[np.float64] = uniform_filter(
            planes, size=2 * radius + 1, axes=(0, 1), mode="nearest"
        )
        return blurred

    light = lightness[..., np.newaxis].astype(np.float64)  # differences of squares: float32 would lose them
    colors = ab.astype(np.float64)
    mean_light, mean_ab = mean(light), mean(colors)
    variance = np.maximum(mean(light * light) - mean_light**2, 0)
    slope = (mean(colors * light) - mean_ab * mean_light) / (variance + EPSILON)
    fitted = mean(slope) * light + mean(mean_ab - slope * mean_light)
    return np.clip(fitted, ab.min(axis=(0, 1)), ab.max(axis=(0, 1))).astype(np.float32)
