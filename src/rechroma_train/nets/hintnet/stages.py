"""The decoder's stages: what merges scales, and the finer one at its end."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma_train.nets.parts.blocks import ContextBlock, upsample2

_FINE = 32
"""Channels of the fine stage, where there is one."""


class Merge(nn.Module):
    """What comes up, what the encoder saw and the hints at this scale, to the width of the decoder's stage."""

    def __init__(self, below: int, skip: int, width: int) -> None:
        super().__init__()
        self.below = nn.Conv2d(below, width, 1, bias=False)
        self.skip = nn.Conv2d(skip + 3, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, below: Tensor, skip: Tensor, hints: Tensor) -> Tensor:
        """(N, C, h, w) below, (N, S, 2h, 2w) skip, (N, 3, 2h, 2w) hints -> (N, width, 2h, 2w)."""
        merged = upsample2(self.below(below)) + self.skip(torch.cat((skip, hints), dim=1))
        return F.relu(self.norm(merged))


class Fine(nn.Module):
    """What the encoder saw at twice the size, as a change of the decoder's last features brought up to it."""

    def __init__(self, width: int, skip: int) -> None:
        super().__init__()
        self.merge = Merge(width, skip, _FINE)
        self.stage = ContextBlock(_FINE, kernel=3)
        self.widen = nn.Conv2d(_FINE, width, 1, bias=False)
        nn.init.zeros_(self.widen.weight)

    def forward(self, below: Tensor, skip: Tensor, hints: Tensor) -> Tensor:
        """(N, C, h, w) below, (N, S, 2h, 2w) skip, (N, 3, 2h, 2w) hints -> (N, C, 2h, 2w)."""
        change: Tensor = self.widen(self.stage(self.merge(below, skip, hints)))
        return upsample2(below) + change
