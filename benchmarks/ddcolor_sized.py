"""A graph of the size and shape of DDColor-T (Kang et al. 2023), with random weights: for its speed only.

ConvNeXt-T (Liu et al. 2022) encoder, pixel decoder of three shuffle blocks, color decoder of 100 queries in
nine layers over three scales; written from the papers' descriptions.
"""

import math
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DIMS, DEPTHS = (96, 192, 384, 768), (3, 3, 9, 3)
QUERIES, WIDTH, HEADS, HIDDEN = 100, 256, 8, 2048


class _ChannelNorm(nn.LayerNorm):
    def forward(self, input: Tensor) -> Tensor:
        normed: Tensor = super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return normed


class _ConvNextBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.rest = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.rest(self.depthwise(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return x + change


class _ConvNext(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([nn.Sequential(nn.Conv2d(3, DIMS[0], 4, 4), _ChannelNorm(DIMS[0]))])
        self.down.extend(
            nn.Sequential(_ChannelNorm(before), nn.Conv2d(before, after, 2, 2))
            for before, after in zip(DIMS, DIMS[1:], strict=False)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(*(_ConvNextBlock(width) for _ in range(depth)))
            for width, depth in zip(DIMS, DEPTHS, strict=True)
        )
        self.norms = nn.ModuleList(_ChannelNorm(width) for width in DIMS)

    def forward(self, x: Tensor) -> list[Tensor]:
        scales = []
        for down, stage, norm in zip(self.down, self.stages, self.norms, strict=True):
            x = stage(down(x))
            scales.append(norm(x))
        return scales


class _ShuffleUp(nn.Module):
    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.grow = nn.Conv2d(inputs, 4 * outputs, 1)
        self.norm = nn.BatchNorm2d(skip)
        self.join = nn.Conv2d(outputs + skip, outputs, 3, padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        up = F.relu(F.pixel_shuffle(self.grow(x), 2))
        return F.relu(self.join(F.relu(torch.cat([up, self.norm(skip)], 1))))


class _Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        q, k, v = (
            linear(t).unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            for linear, t in ((self.query, x), (self.key, memory), (self.value, memory))
        )
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(WIDTH // HEADS), dim=-1)
        found: Tensor = self.out((weights @ v).transpose(1, 2).flatten(2))
        return found


class _ColorLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cross, self.own = _Attention(), _Attention()
        self.perceptron = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        x = self.norms[0](x + self.cross(x, memory))
        x = self.norms[1](x + self.own(x, x))
        last: Tensor = self.norms[2](x + self.perceptron(x))
        return last


class DDColorSized(nn.Module):
    """Gray as RGB (N, 3, H, W) in [0, 1], sides multiples of 32, to ab (N, 2, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _ConvNext()
        self.up = nn.ModuleList(
            [_ShuffleUp(768, 384, 512), _ShuffleUp(512, 192, 512), _ShuffleUp(512, 96, 256)]
        )
        self.last = nn.Conv2d(256, 16 * WIDTH, 1)
        self.project = nn.ModuleList(nn.Conv2d(width, WIDTH, 1) for width in (512, 512, 256))
        self.queries = nn.Parameter(torch.randn(QUERIES, WIDTH))
        self.layers = nn.ModuleList(_ColorLayer() for _ in range(9))
        self.embed = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH),
            nn.ReLU(), nn.Linear(WIDTH, WIDTH),
        )  # fmt: skip
        self.refine = nn.Conv2d(QUERIES + 3, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Predict ab; random weights, so only the time it takes means something."""
        *skips, x = self.encoder(image)
        memories = []
        for up, skip, project in zip(self.up, reversed(skips), self.project, strict=True):
            x = up(x, skip)
            memories.append(project(x).flatten(2).transpose(1, 2))
        pixels = F.relu(F.pixel_shuffle(self.last(x), 4))
        queries = self.queries.expand(image.shape[0], -1, -1)
        for i, layer in enumerate(self.layers):
            queries = layer(queries, memories[i % 3])
        colors = self.embed(queries) @ pixels.flatten(2)
        maps = colors.unflatten(2, image.shape[2:])
        ab: Tensor = self.refine(torch.cat([maps, image], 1))
        return ab


def export(path: Path, size: int) -> float:
    """Write the ONNX graph for one picture of size x size and return its parameters in millions."""
    torch.manual_seed(0)
    net = DDColorSized().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net, (torch.rand(1, 3, size, size),), path, input_names=["image"], dynamo=True, verbose=False,
            external_data=False,
        )  # fmt: skip
    return sum(weights.numel() for weights in net.parameters()) / 1e6
