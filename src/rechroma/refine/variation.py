"""Total-variation minimization: the flattest colors near the predicted ones, whose edges are those of the lightness.

Papers: Pierre, Aujol, Bugeau, Papadakis & Ta 2015 (Luminance-Chrominance Model for Image Colorization, SIAM J. Imaging
Sci. 8: the coupled total variation), solved by the primal-dual algorithm of Chambolle & Pock 2011. SciPy and
scikit-image have total variation for one channel at a time only, which would not see the lightness.
"""

import numpy as np

from rechroma.types import AB, Array, Lightness

FIDELITY = 0.01
"""Lambda: how strongly the result keeps to the prediction, per a*b* unit."""
COUPLING = 10.0
"""Gamma: how much a step of L* weighs against an equal step of a*b*."""
STEPS = 50
"""Of the algorithm."""

_RATIO = 5.0
"""Of the step of the colors to that of the dual variable, which is of length 1 where colors differ by tens."""
_STEP = 1 / np.sqrt(8)
"""Root of the product of both steps: times the norm of the gradient it may not exceed 1."""


def least_variation(ab: AB, lightness: Lightness) -> AB:
    """Minimize the variation coupled with the lightness.  ab (H, W, 2), L* (H, W) -> (H, W, 2) float32.

    The sum over pixels of sqrt(gamma |grad L|^2 + |grad a|^2 + |grad b|^2) + lambda / 2 |ab - given ab|^2 becomes
    least: where lightness steps, a step of color costs next to nothing. Defaults: see the constants, chosen on
    photographs of the training set (docs/refinement.md). The result stays in the range of `ab`, as the exact
    minimum does.
    """
    given = np.ascontiguousarray(np.moveaxis(ab, -1, 0), np.float32)
    low, high = (bound(axis=(1, 2), keepdims=True) for bound in (given.min, given.max))
    step, rise = np.float32(_STEP * _RATIO), np.float32(_STEP / _RATIO)
    pull = np.float32(step * FIDELITY)
    guide = _gradient(lightness[np.newaxis] * np.float32(np.sqrt(COUPLING))) * rise
    # The dual variable of the lightness has a constant gradient to follow; those of the colors follow the colors.
    dual = np.zeros((2, 3, *lightness.shape), np.float32)
    colors, ahead = given, given
    for _ in range(STEPS):
        dual[:, :1] += guide
        dual[:, 1:] += rise * _gradient(ahead)
        dual /= np.sqrt(np.maximum(np.einsum("dchw,dchw->hw", dual, dual), np.float32(1)))
        moved = colors + step * _divergence(dual[:, 1:])
        moved += pull * given
        moved /= 1 + pull
        np.clip(moved, low, high, out=moved)
        ahead = 2 * moved - colors
        colors = moved
    return np.ascontiguousarray(np.moveaxis(colors, 0, -1))


def _gradient(planes: Array) -> Array:
    """Give the differences to the next pixel, 0 at the end.  (C, H, W) -> (2, C, H, W)."""
    steps = np.zeros((2, *planes.shape), np.float32)
    np.subtract(planes[:, 1:], planes[:, :-1], out=steps[0, :, :-1])
    np.subtract(planes[:, :, 1:], planes[:, :, :-1], out=steps[1, :, :, :-1])
    return steps


def _divergence(steps: Array) -> Array:
    """Apply the negative adjoint of the gradient.  (2, C, H, W), 0 at the ends -> (C, H, W)."""
    total: Array = steps[0] + steps[1]
    total[:, 1:] -= steps[0, :, :-1]
    total[:, :, 1:] -= steps[1, :, :, :-1]
    return total
