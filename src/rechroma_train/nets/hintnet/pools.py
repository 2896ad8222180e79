"""Hints at the scales of the decoder."""

import torch
from torch import Tensor
from torch.nn import functional as F


def mean(hints: Tensor, by: int) -> Tensor:
    """(N, 3, H, W) weighted ab and weight -> (N, 3, H / by, W / by) means; an empty cell stays 0."""
    return F.avg_pool2d(hints, by)


def kept(hints: Tensor, by: int) -> Tensor:
    """(N, 3, H, W) weighted ab and weight -> (N, 3, H / by, W / by): mean color of what is hinted, largest weight."""
    pooled = F.avg_pool2d(hints, by)
    weight = F.max_pool2d(hints[:, 2:], by)
    ab = pooled[:, :2] / pooled[:, 2:].clamp_min(1e-6)
    return torch.cat((ab * weight, weight), dim=1)
