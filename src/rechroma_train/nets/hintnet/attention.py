"""Cross-attention that carries the colors of hints to places that look like them."""

import torch
from torch import Tensor, nn

_HEADS, _KEY = 2, 16
"""Heads, and channels of a head's keys."""


class HintAttention(nn.Module):
    """The colors of hinted cells, carried to the cells whose features are like theirs; cross-attention with a null.

    Every cell asks all hinted cells. What they answer goes on as a change of the cell's features, at first none.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, _HEADS * _KEY, 1)
        self.key = nn.Conv2d(channels, _HEADS * _KEY, 1)
        self.null = nn.Parameter(torch.zeros(_HEADS, 1, 1))
        """Score of the answer that no hint tells anything of a cell."""
        self.distance = nn.Parameter(torch.linspace(0.5, 4.0, _HEADS)[:, None, None])
        """What a hint's score loses for each side of the picture that it is away."""
        self.answer = nn.Conv2d(3 * _HEADS, channels, 1)
        nn.init.zeros_(self.answer.weight)
        if self.answer.bias is not None:
            nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor, hints: Tensor) -> Tensor:
        """(N, C, h, w) features, (N, 3, h, w) hints of `pools.kept` -> (N, C, h, w) change of the features."""
        n, _, h, w = x.shape
        query = self.query(x).view(n, _HEADS, _KEY, h * w)
        key = self.key(x).view(n, _HEADS, _KEY, h * w)
        flat = hints.flatten(2)
        weight = flat[:, 2:]
        scores = query.transpose(2, 3) @ key * _KEY**-0.5
        scores = scores - self.distance * _distances(h, w, x.device) + torch.log(weight + 1e-6)[:, None]
        null = self.null.expand(n, _HEADS, h * w, 1).to(scores.dtype)
        share = torch.softmax(torch.cat((scores, null), dim=3), dim=3)[..., :-1]
        told = torch.cat((flat[:, :2] / weight.clamp_min(1e-6), torch.ones_like(weight)), dim=1)
        carried = share @ told[:, None].transpose(2, 3).to(share.dtype)
        change: Tensor = self.answer(carried.permute(0, 1, 3, 2).reshape(n, 3 * _HEADS, h, w))
        return change


def _distances(h: int, w: int, device: torch.device) -> Tensor:
    """(h * w, h * w) distances between the cells of a map, in sides of a square of its area."""
    y = torch.arange(h, device=device, dtype=torch.float32)[:, None].expand(h, w).reshape(-1)
    x = torch.arange(w, device=device, dtype=torch.float32)[None].expand(h, w).reshape(-1)
    square = (y[:, None] - y).square() + (x[:, None] - x).square()
    return torch.sqrt(square / (h * w))
