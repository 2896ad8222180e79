"""Color queries (Kang et al. 2023, DDColor), as a change of the head's linear map for each picture.

DDColor multiplies refined queries with the features of every pixel and lets a 1x1 convolution fuse the products with
the pixel. Both steps are linear in the pixel's features, so here they become one matrix a picture: the work at the
pixels stays that of the plain head.
"""

import math

import torch
from torch import Tensor, nn

from rechroma_train import bins

WIDTH = 128
"""Channels of the queries."""
_HEADS = 4
_FREQUENCIES = (0.5, 1.0, 2.0)
"""Waves of the position over the picture's height and width."""


class Attention(nn.Module):
    """Attention in several heads; places to look at are normalized by the caller."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, seen: Tensor, place: Tensor | None = None) -> Tensor:
        """(N, K, width) asks (N, T, width), whose keys know their place (T, width) -> (N, K, width)."""
        asked = self.query(x).unflatten(2, (_HEADS, -1)).transpose(1, 2)
        keys = self.key(seen if place is None else seen + place).unflatten(2, (_HEADS, -1)).transpose(1, 2)
        values = self.value(seen).unflatten(2, (_HEADS, -1)).transpose(1, 2)
        share = torch.softmax(asked @ keys.transpose(2, 3) / math.sqrt(asked.shape[3]), dim=3)
        return self.out((share @ values).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class QueryLayer(nn.Module):
    """Queries look at the picture, then at one another, then think: cross before self attention, as in the paper."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.cross = Attention(width)
        self.among = Attention(width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, seen: Tensor, place: Tensor) -> Tensor:
        """(N, K, width) queries, (N, T, width) features, (T, width) their places -> (N, K, width)."""
        x = x + self.cross(self.norms[0](x), seen, place)
        y = self.norms[1](x)
        x = x + self.among(y, y)
        return x + self.think(self.norms[2](x))  # type: ignore[no-any-return]


class ColorQueries(nn.Module):
    """Learned queries, refined on the decoder's features at 1/16 and 1/8, to a change of the head's matrix."""

    def __init__(self, scales: tuple[int, int], pixel: int, *, count: int, layers: int) -> None:
        """Build.

        Args:
            scales: channels of the decoder at 1/16 and 1/8.
            pixel: channels of the features that the head scores.
            count: queries.
            layers: at 1/16, 1/8, 1/16 and so on.
        """
        super().__init__()
        self.start = nn.Parameter(torch.randn(count, WIDTH) * 0.5)
        self.project = nn.ModuleList(nn.Linear(channels, WIDTH) for channels in scales)
        self.scale_norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in scales)
        self.place = nn.Linear(4 * len(_FREQUENCIES), WIDTH)
        self.layers = nn.ModuleList(QueryLayer(WIDTH) for _ in range(layers))
        self.embed = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, pixel)
        )
        # Zero: a net that begins from weights with the plain head begins as that net.
        self.colors = nn.Parameter(torch.zeros(bins.COUNT, count))

    def forward(self, at16: Tensor, at8: Tensor) -> Tensor:
        """(N, C, h, w) and (N, D, 2h, 2w) features -> (N, 313, pixel), added to the head's matrix."""
        seen = [
            (norm(project(y.flatten(2).transpose(1, 2))), self.place(places(y)))
            for y, project, norm in zip((at16, at8), self.project, self.scale_norms, strict=True)
        ]
        x = self.start.expand(at16.shape[0], -1, -1)
        for i, layer in enumerate(self.layers):
            x = layer(x, *seen[i % len(seen)])
        return self.colors @ self.embed(x)  # type: ignore[no-any-return]


def places(y: Tensor) -> Tensor:
    """(N, C, h, w) -> (h w, 12) sines and cosines of each cell's place between the picture's edges."""
    height, width = y.shape[2:]
    down = (torch.arange(height, device=y.device) + 0.5) / height
    right = (torch.arange(width, device=y.device) + 0.5) / width
    down, right = down[:, None].expand(height, width), right[None].expand(height, width)
    angles = [2 * math.pi * f * along for f in _FREQUENCIES for along in (down, right)]
    return torch.stack([g(angle) for angle in angles for g in (torch.sin, torch.cos)], dim=2).flatten(0, 1)
