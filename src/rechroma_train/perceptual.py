"""Perceptual loss: distance of pictures in the features of VGG-19 (Johnson et al. 2016; Simonyan & Zisserman 2015)."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma.errors import OptionError

_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16)
"""Places of conv1_1 to conv3_4 in torchvision's list of layers."""
_POOLED_BEFORE = frozenset({5, 10})
"""Convolutions whose input is pooled by two."""
_COMPARED = {2: 1 / 16, 7: 1 / 8, 16: 1 / 4}
"""Layer (conv1_2, conv2_2, conv3_4) to its weight: deeper layers count more, as in DDColor (Kang et al. 2023)."""
_MEAN_BGR = (103.939, 116.779, 123.68)


class PerceptualLoss(nn.Module):
    """Mean absolute difference of features before their ReLU, weighted by layer, computed in bfloat16."""

    def __init__(self, weights: Path) -> None:
        """Read the weights; they are no part of a checkpoint.

        Raises:
            OptionError: the file lacks a layer.
        """
        super().__init__()
        given = load_file(weights)
        for layer in _CONVOLUTIONS:
            for kind in ("weight", "bias"):
                name = f"features.{layer}.{kind}"
                if name not in given:
                    raise OptionError(f"{weights.name} has no {name}; losses.vgg is VGG-19 up to conv3_4")
                self.register_buffer(f"{kind}{layer}", given[name], persistent=False)
        mean = torch.tensor(_MEAN_BGR)[None, :, None, None]
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, rgb: Tensor, truth: Tensor) -> Tensor:
        """Compare two batches of pictures: both (N, 3, h, w) sRGB 0 to 1, sides of 4 at least; gives ()."""
        with torch.autocast(rgb.device.type, torch.bfloat16):
            found = self._features(rgb)
            with torch.no_grad():
                expected = self._features(truth)
        losses = [
            weight * F.l1_loss(one.float(), other.float())
            for weight, one, other in zip(_COMPARED.values(), found, expected, strict=True)
        ]
        return torch.stack(losses).sum()

    def _features(self, rgb: Tensor) -> list[Tensor]:
        x = rgb.flip(1) * 255 - self.get_buffer("mean")
        x = x.contiguous(memory_format=torch.channels_last)
        found = []
        for layer in _CONVOLUTIONS:
            if layer in _POOLED_BEFORE:
                x = F.max_pool2d(x, 2)
            x = F.conv2d(x, self.get_buffer(f"weight{layer}"), self.get_buffer(f"bias{layer}"), padding=1)
            if layer in _COMPARED:
                found.append(x)
            x = F.relu(x)
        return found
