"""What is scored: the decodings of one network, and the hints that it is given."""

from dataclasses import dataclass

import numpy as np

from rechroma.tiling import resize
from rechroma.types import AB, Hints, PredictOptions
from rechroma_train.evaluate.pictures import Truth

VIVIDNESS = (0.0, 0.25, 0.5, 0.75, 1.0)
TEMPERATURES = (0.38, 1.0)
HINT_COUNTS = (1, 10, 100)
PATCH = 6
"""Side of a hint's patch in pixels of the work size (the sweep of Zhang et al. 2017)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One line of the table."""

    method: str
    """"gray", "mean by lightness" or the name of weights."""
    options: PredictOptions = PredictOptions()
    """How the network decodes; None = its default."""
    hints: int = 0
    """How many random patches of the truth it is shown."""

    @property
    def is_default(self) -> bool:
        """Whether this is what a user gets who asks for nothing."""
        return self.hints == 0 and self.options == PredictOptions()


def variants(name: str) -> list[Variant]:
    """List the decodings of the network called `name`: its default, the grid, and with hints."""
    faithful = PredictOptions(vividness=0.0, temperature=1.0)
    grid = [PredictOptions(vividness=v, temperature=t) for t in TEMPERATURES for v in VIVIDNESS]
    return [
        Variant(method=name),
        *(Variant(method=name, options=options) for options in grid),
        *(Variant(method=name, hints=count) for count in HINT_COUNTS),
        *(Variant(method=name, options=faithful, hints=count) for count in HINT_COUNTS),
    ]


def random_hints(truth: Truth, size: tuple[int, int], *, count: int, seed: int) -> Hints | None:
    """Reveal the mean color of random patches, at places that 10 hints share with 1, and 100 with 10.

    Args:
        truth: the photograph.
        size: height and width of the hints, the work size.
        count: how many patches; 0 gives None.
        seed: with the picture's own digest it fixes the places.
    """
    if count == 0:
        return None
    colors: AB = resize(truth.lab[..., 1:], size, kernel="area")
    height, width = size
    spots = truth.random(seed).random((count, 2))
    ab = np.zeros((height, width, 2), np.float32)
    weight = np.zeros((height, width), np.float32)
    for y, x in spots:
        top, left = int(y * max(height - PATCH + 1, 1)), int(x * max(width - PATCH + 1, 1))
        patch = np.s_[top : top + PATCH, left : left + PATCH]
        ab[patch] = colors[patch].mean(axis=(0, 1))
        weight[patch] = 1
    return Hints(ab=ab, weight=weight)
