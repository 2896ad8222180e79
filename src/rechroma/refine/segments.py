"""Segment homogeneity: one color for each small region of like lightness.

Paper: Achanta et al. 2012 (SLIC superpixels, IEEE PAMI 34), by scikit-image.
"""

import numpy as np
from scipy.ndimage import median
from skimage.segmentation import slic

from rechroma.types import AB, Lightness

SEGMENTS = 300
"""About how many."""
COMPACTNESS = 0.15
"""How much nearness counts against likeness of lightness, which goes from 0 to 1 here."""


def color_by_segment(ab: AB, lightness: Lightness) -> AB:
    """Give each segment its median color.  ab (H, W, 2), L* (H, W) -> (H, W, 2) float32.

    Defaults: see the constants, chosen on photographs of the training set (docs/refinement.md). The median, since what
    ran over an edge is the smaller part of a segment.
    """
    labels = slic(
        lightness / np.float32(100),
        n_segments=SEGMENTS,
        compactness=COMPACTNESS,
        channel_axis=None,
        start_label=0,
    )
    present = np.arange(int(labels.max()) + 1)
    colors = [median(ab[..., channel], labels, present) for channel in range(2)]
    result: AB = np.stack(colors, axis=-1).astype(np.float32)[labels]
    return result
