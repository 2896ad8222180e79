"""hintnet's encoder: MobileNetV2 (Sandler et al. 2018) on lightness and hints, begun from a classifier of colors."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma.errors import OptionError
from rechroma_train.nets.parts import mobilenet
from rechroma_train.nets.parts.blocks import SameConv

SCALES = (2, 5, 12)
"""Blocks whose results, at 1/4, 1/8 and 1/16, the decoder sees."""


class Encoder(nn.Module):
    """MobileNetV2 without its classifier; lightness in place of RGB, and hint planes beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(4, mobilenet.STEM, 3, stride=2)
        self.blocks = mobilenet.bottlenecks()
        self.head = mobilenet.last_layer()
        with torch.no_grad():
            self.stem.weight[:, 1:] = 0

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """(N, 4, H, W) -> features at 1/2 (32), 1/4 (24), 1/8 (32), 1/16 (96) and 1/32 (1280 channels)."""
        x = F.relu6(self.stem(x))
        scales = [x]
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in SCALES:
                scales.append(x)
        return scales[0], scales[1], scales[2], scales[3], F.relu6(self.head(x))

    def freeze(self, count: int) -> None:
        """Keep the stem and the first `count` blocks as they are, the last layer counted as one; 0 freezes nothing.

        Raises:
            OptionError: there are fewer blocks.
        """
        layers = (*self.blocks, self.head)
        if not 0 <= count <= len(layers):
            raise OptionError(f"frozen_blocks is {count}; accepted: 0 to {len(layers)}")
        if count:
            for module in (self.stem, *layers[:count]):
                module.requires_grad_(False)

    def load_pretrained(self, path: Path) -> None:
        """Take the weights of a MobileNetV2 classifier (torchvision's names, batch norm folded, RGB in [-1, 1]).

        Raises:
            ContractMismatch: the file has not MobileNetV2 1.0's layers with batch norm folded.
        """
        given = mobilenet.load(path)
        # Gray is the same value in R, G and B: the three input channels collapse to their sum.
        weight = torch.zeros_like(self.stem.weight)
        weight[:, :1] = given.stem.weight.sum(1, keepdim=True)
        self.stem.load_state_dict({"weight": weight, "bias": given.stem.bias})
        self.blocks.load_state_dict(given.blocks.state_dict())
        self.head.load_state_dict(given.head.state_dict())
