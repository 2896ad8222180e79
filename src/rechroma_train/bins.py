"""The ab bins in torch: soft-encoding by table, rebalancing, decoding; the twin of the bins in rechroma.color."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from rechroma import color

COUNT = 313
"""Bins of the ab plane (Zhang et al. 2016)."""
TABLE_LIMIT = 115
"""The table of soft encodings covers a* and b* from -115 to 115, one unit a step."""


@cache
def centers() -> Tensor:
    """(313, 2) float32 a*b* of the bins, in the order of rechroma.color.ab_bins."""
    return torch.from_numpy(np.array(color.ab_bins(), np.float32))


@cache
def _table() -> tuple[Tensor, Tensor]:
    index, weight = color.soft_encoding_table()
    return torch.from_numpy(index.reshape(-1, 5).astype(np.int64)), torch.from_numpy(
        weight.reshape(-1, 5).copy()
    )


class SoftEncoder(torch.nn.Module):
    """Look up the five nearest bins and their Gaussian weights (sigma 5) for each pixel."""

    index: Tensor
    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        index, weight = _table()
        self.register_buffer("index", index, persistent=False)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """(..., 2) a*b* -> (..., 5) int64 bins, (..., 5) float32 weights that sum to 1."""
        cell = (ab + TABLE_LIMIT).round().long().clamp_(0, 2 * TABLE_LIMIT)
        flat = cell[..., 0] * (2 * TABLE_LIMIT + 1) + cell[..., 1]
        return self.index[flat], self.weight[flat]


def annealed_mean(scores: Tensor, temperature: Tensor | float, colors: Tensor) -> Tensor:
    """Decode scores to a*b* (Zhang et al. 2016, equation 5).

    Args:
        scores: (..., 313), bins last: a softmax over neighbors in memory takes a quarter off a whole graph's time.
        temperature: 1 = mean of the distribution, towards 0 = its mode.
        colors: (313, 2) `centers()`, on the device of the scores.

    Returns:
        (..., 2) a*b*.
    """
    return torch.softmax(scores / temperature, dim=-1) @ colors
