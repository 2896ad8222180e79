"""Where a method is unsure of the colors that it predicts."""

import numpy as np

from rechroma import color, image
from rechroma.tiling import Size, resize
from rechroma.types import Array, Logits

_UNSURE = (255, 140, 0)
"""sRGB of the overlay where the method is unsure."""
_CALM, _LOST = 50, 98
"""Percentiles of a picture's entropy at which the overlay begins and is strongest: it shows where to look first ..."""
_SPAN = 0.15
"""... and entropies (shares of the largest) that differ by less are not told apart."""


def entropy_of(logits: Logits) -> Array:
    """Compute the entropy of each place's distribution, as a share of the largest there can be.

    (h, w, Q) scores -> (h, w) float32: 0 = one bin is certain, 1 = all are equally likely (Shannon 1948).
    """
    mass = color.softmax(logits)
    bits: Array = -(mass * np.log(np.maximum(mass, np.float32(1e-12)))).sum(axis=-1)
    share: Array = bits / np.float32(np.log(logits.shape[-1]))
    return share


def overlay(entropy: Array, shape: Size) -> bytes:
    """Draw an entropy (h, w) as a PNG file of this height and width: orange where unsure, clear where sure."""
    calm, lost = np.percentile(entropy, (_CALM, _LOST))
    share = np.clip((resize(entropy, shape) - calm) / max(lost - calm, _SPAN), 0, 1)
    drawn = np.empty((*shape, 4), np.uint8)
    drawn[..., :3] = _UNSURE
    drawn[..., 3] = np.rint(share * 200)
    return image.screen_png(drawn)
