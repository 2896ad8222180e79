"""Joint bilateral filtering on a bilateral grid: each pixel's color becomes that of its neighbors of like lightness.

Papers: Eisemann & Durand 2004 and Petschnigg et al. 2004 (the joint, or cross, bilateral filter); Paris & Durand 2006
and Chen, Paris & Durand 2007 (the grid: values are spread over a coarse volume of position and lightness, blurred
there by a small kernel, and read off again, so that the time does not depend on the reach).
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array

from rechroma.types import AB, Array, Lightness

SIGMA_SPACE = 0.03
"""Reach in position, as a share of the root of the picture's area."""
SIGMA_LIGHTNESS = 6.0
"""Reach in L*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilateralGrid:
    """Gaussian weights over position and lightness: the same for any values that lie on the same picture."""

    corners: csr_array
    """(H * W, cells): each pixel's share in the eight cells around it."""
    shape: tuple[int, int, int]
    """Cells along rows, columns and lightness."""

    @classmethod
    def of(cls, lightness: Lightness, *, space: float, tone: float) -> "BilateralGrid":
        """Lay the grid, one cell per standard deviation: `space` in pixels, `tone` in L*."""
        height, width = lightness.shape
        rows, columns = np.mgrid[:height, :width]
        above = lightness - lightness.min()
        places = np.stack([rows / space, columns / space, above / tone]).reshape(3, -1)
        shape = tuple(int(axis.max()) + 2 for axis in places)
        base = np.floor(places).astype(np.int64)
        part = places - base
        index, weight = [], []
        for corner in np.ndindex(2, 2, 2):
            step = np.array(corner)[:, np.newaxis]
            index.append(np.ravel_multi_index(tuple(base + step), shape))
            weight.append(np.where(step, part, 1 - part).prod(axis=0))
        pixels = lightness.size
        corners = csr_array(
            (
                np.stack(weight, axis=1).ravel().astype(np.float32),
                np.stack(index, axis=1).ravel(),
                np.arange(pixels + 1) * 8,
            ),
            shape=(pixels, int(np.prod(shape))),
        )
        return cls(corners=corners, shape=(shape[0], shape[1], shape[2]))

    def total(self) -> Array:
        """Sum of each pixel's weights: (H * W, 1)."""
        return self.gather(np.ones((self.corners.shape[0], 1), np.float32))

    def gather(self, values: Array) -> Array:
        """Sum the values of all pixels by their weight, unnormalized.  (H * W, C) float32 -> (H * W, C)."""
        cells = (self.corners.T @ values).reshape(*self.shape, -1)
        blurred = gaussian_filter(cells, sigma=1.0, axes=(0, 1, 2), mode="constant", truncate=3.0)
        gathered: Array = self.corners @ blurred.reshape(-1, values.shape[1])
        return gathered


def reach(share: float, lightness: Lightness) -> float:
    """Give a length in pixels, at least 1, for a share of the root of the picture's area."""
    return max(share * float(np.sqrt(lightness.size)), 1.0)


def joint_bilateral(ab: AB, lightness: Lightness) -> AB:
    """Average colors over neighbors of like lightness.  ab (H, W, 2), L* (H, W) -> (H, W, 2) float32.

    Defaults: standard deviations of 3 % of the picture's side in position and of 6 in L*, chosen on photographs
    of the training set (docs/refinement.md). No color leaves the range of those found nearby.
    """
    grid = BilateralGrid.of(lightness, space=reach(SIGMA_SPACE, lightness), tone=SIGMA_LIGHTNESS)
    return (grid.gather(ab.reshape(-1, 2)) / grid.total()).reshape(ab.shape)
