"""Hints from other pictures: where a place of a reference looks like a place of the picture, its color is taken.

What is not believed (see `matching`) gives no hint, so that the network decides by itself.
"""

from collections.abc import Sequence

import numpy as np

from rechroma.checks import check_references
from rechroma.errors import InputError
from rechroma.hints.features import Kind, describe
from rechroma.hints.library import similar
from rechroma.hints.matching import confidence, has_color, match
from rechroma.tiling import resize
from rechroma.types import AB, Array, Hints, Lab, Lightness

__all__ = ["has_color", "reference_hints", "similar"]

STRONGEST = 0.8
"""Weight of the surest hint: a person's stroke has 1."""


def reference_hints(
    lightness: Lightness, references: Sequence[Lab], *, features: Kind = "network", threads: int = 0
) -> Hints:
    """Give as hints what references tell about a picture's colors; several compete cell by cell.

    Args:
        lightness: (H, W) L* 0 to 100 at work size, any size from 1x1; not modified.
        references: Color pictures (h, w, 3), any sizes; some 256 pixels a side are enough. None modified.
        features: What describes the places.
        threads: Threads of the network; 0 = RECHROMA_THREADS, or one per core.

    Returns:
        Hints of the lightness's size; weight 0 where nothing matches, at most STRONGEST elsewhere.

    Raises:
        InputError: A reference has no color, or is not (h, w, 3).
        MissingExtra, WeightsError: see `describe`.
    """
    _check(references)
    cells = describe(lightness, kind=features, threads=threads)
    ab = np.zeros((*cells.shape[:2], 2), np.float32)
    belief = np.zeros(cells.shape[:2], np.float32)
    for reference in references:
        matches = match(cells, lightness, reference, features=features, threads=threads)
        sure = confidence(matches, features)
        better = sure > belief
        ab[better], belief[better] = matches.ab[better], sure[better]
    weight = np.where(belief > 0, STRONGEST * belief, 0).astype(np.float32)
    return _spread(ab, weight, lightness.shape)


def _spread(ab: AB, weight: Array, shape: tuple[int, ...]) -> Hints:
    """Bring hints of cells to the size of the lightness: colors fade into one another, weights keep to their cells."""
    height, width = shape
    size = (height, width)
    weighted = resize(ab * weight[..., None], size, kernel="bilinear")
    smooth = resize(weight, size, kernel="bilinear")
    rows = np.minimum(np.arange(height) * weight.shape[0] // height, weight.shape[0] - 1)
    columns = np.minimum(np.arange(width) * weight.shape[1] // width, weight.shape[1] - 1)
    kept = weight[np.ix_(rows, columns)]
    kept = np.where(smooth > 1e-3, kept, 0).astype(np.float32)
    colors = np.where(kept[..., None] > 0, weighted / np.maximum(smooth, 1e-3)[..., None], 0)
    return Hints(ab=np.ascontiguousarray(colors, np.float32), weight=kept)


def _check(references: Sequence[Lab]) -> None:
    check_references(references)
    for number, reference in enumerate(references, start=1):
        which = f"reference {number}" if len(references) > 1 else "the reference"
        if not has_color(reference):
            raise InputError(
                f"{which} has no color: it is gray or toned, as sepia is; give a color picture of something similar"
            )
