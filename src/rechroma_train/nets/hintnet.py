"""hintnet, the default colorizer: MobileNetV2 (Sandler et al. 2018) encoder, light U-Net decoder, hints everywhere.

Color is predicted as a distribution over the ab bins of Zhang et al. 2016 at 1/4 of the lightness's size.
Hints enter twice: at full size beside the lightness, and pooled at each scale of the decoder.
"""

from copy import deepcopy
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma_train import bins
from rechroma_train.nets.blocks import ContextBlock, InvertedResidual, SameConv, global_mean, upsample2

STRIDE = 4
"""Lightness pixels per predicted pixel, each way."""
MULTIPLE_OF = 32
"""Sides of the lightness are multiples of this."""
AB_SCALE = 1 / 110
"""a*b* units to about [-1, 1] inside the net."""

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""MobileNetV2: expansion, channels, blocks, stride of the first (Sandler et al. 2018, table 2)."""


SCALES = (2, 5, 12)
"""Blocks of the encoder whose results, at 1/4, 1/8 and 1/16, the decoder sees."""


class Encoder(nn.Module):
    """MobileNetV2 without its classifier; lightness in place of RGB, and hint planes beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(4, 32, 3, stride=2)
        blocks: list[nn.Module] = []
        channels = 32
        for expand, width, count, stride in _STAGES:
            for i in range(count):
                blocks.append(
                    InvertedResidual(channels, width, stride=stride if i == 0 else 1, expand=expand)
                )
                channels = width
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Conv2d(channels, 1280, 1)
        with torch.no_grad():
            self.stem.weight[:, 1:] = 0

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, 4, H, W) -> features at 1/4 (24), 1/8 (32), 1/16 (96) and 1/32 (1280 channels)."""
        x = F.relu6(self.stem(x))
        scales: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in SCALES:
                scales.append(x)
        return scales[0], scales[1], scales[2], F.relu6(self.head(x))

    def load_pretrained(self, path: Path) -> None:
        """Take the weights of a MobileNetV2 classifier (torchvision's names, batch norm folded, RGB in [-1, 1])."""
        given = load_file(path)
        with torch.no_grad():
            # Gray is the same value in R, G and B: the three input channels collapse to their sum.
            self.stem.weight[:, :1] = given["features.0.0.weight"].sum(1, keepdim=True)
            self.stem.bias.copy_(given["features.0.0.bias"])  # type: ignore[union-attr]
            self.head.load_state_dict(
                {"weight": given["features.18.0.weight"], "bias": given["features.18.0.bias"]}
            )
            for i, block in enumerate(self.blocks, start=1):
                names = ["depthwise", "project"] if i == 1 else ["expand", "depthwise", "project"]
                last = len(names) - 1
                block.load_state_dict(
                    {
                        f"{name}.{kind}": given[f"features.{i}.conv.{j}{'' if j == last else '.0'}.{kind}"]
                        for j, name in enumerate(names)
                        for kind in ("weight", "bias")
                    }
                )


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


class HintNet(nn.Module):
    """Lightness and hints to a distribution over the ab bins."""

    def __init__(self, widths: tuple[int, int, int, int] = (224, 160, 128, 128)) -> None:
        super().__init__()
        w32, w16, w8, w4 = widths
        self.encoder = Encoder()
        self.deep = nn.Conv2d(1280 + 3, w32, 1, bias=False)
        self.deep_norm = nn.BatchNorm2d(w32)
        self.token = nn.Sequential(nn.Linear(1280 + 3, w32), nn.ReLU(), nn.Linear(w32, w32 + w4))
        self.stage32 = nn.Sequential(ContextBlock(w32), ContextBlock(w32))
        self.merge16 = Merge(w32, 96, w16)
        self.stage16 = nn.Sequential(ContextBlock(w16, kernel=7), ContextBlock(w16, kernel=7))
        self.merge8 = Merge(w16, 32, w8)
        self.stage8 = nn.Sequential(ContextBlock(w8), ContextBlock(w8, kernel=3))
        self.merge4 = Merge(w8, 24, w4)
        self.stage4 = nn.Sequential(ContextBlock(w4, kernel=3), ContextBlock(w4, kernel=3))
        self.head = nn.Conv2d(w4, bins.COUNT, 1)
        self.split = (w32, w4)

    def forward(self, lightness: Tensor, hint_ab: Tensor, hint_weight: Tensor) -> Tensor:
        """Score the bins: arguments as in `features`; (N, 313, H/4, W/4) logits, rebalanced as trained."""
        return self.head(self.features(lightness, hint_ab, hint_weight))  # type: ignore[no-any-return]

    def features(self, lightness: Tensor, hint_ab: Tensor, hint_weight: Tensor) -> Tensor:
        """Compute what the head scores.

        Args:
            lightness: (N, 1, H, W) L* 0 to 100; sides multiples of 32.
            hint_ab: (N, 2, H, W) a*b* where hinted.
            hint_weight: (N, 1, H, W) confidence 0 to 1.

        Returns:
            (N, C, H/4, W/4) features.
        """
        hints = torch.cat((hint_ab * (hint_weight * AB_SCALE), hint_weight), dim=1)
        x = torch.cat((lightness * 0.02 - 1, hints), dim=1)
        f4, f8, f16, f32 = self.encoder(x)
        h4 = _pool_hints(hints, 4)
        h8, h16, h32 = _pool_hints(h4, 2), _pool_hints(h4, 4), _pool_hints(h4, 8)
        deep = torch.cat((f32, h32), dim=1)
        token = self.token(global_mean(deep).flatten(1))
        at32, at4 = token.split(self.split, dim=1)
        y = F.relu(self.deep_norm(self.deep(deep)) + at32[:, :, None, None])
        y = self.stage32(y)
        y = self.stage16(self.merge16(y, f16, h16))
        y = self.stage8(self.merge8(y, f8, h8))
        y = self.merge4(y, f4, h4) + at4[:, :, None, None]
        return self.stage4(y)  # type: ignore[no-any-return]


def _pool_hints(hints: Tensor, by: int) -> Tensor:
    """(N, 3, H, W) weighted ab and weight -> (N, 3, H / by, W / by) means; an empty cell stays 0."""
    return F.avg_pool2d(hints, by)


def folded(net: HintNet) -> HintNet:
    """A copy with every batch norm folded into the convolution before it; same results in evaluation mode."""
    copy = deepcopy(net).eval()
    with torch.no_grad():
        copy.deep = _fold(copy.deep, copy.deep_norm)
        copy.deep_norm = nn.Identity()  # type: ignore[assignment]
        for module in copy.modules():
            if isinstance(module, ContextBlock):
                module.depthwise = _fold(module.depthwise, module.norm)  # type: ignore[assignment]
                module.norm = nn.Identity()  # type: ignore[assignment]
            elif isinstance(module, Merge):
                scale = _scale(module.norm)
                module.below.weight *= scale[:, None, None, None]
                module.skip = _fold(module.skip, module.norm)
                module.norm = nn.Identity()  # type: ignore[assignment]
    return copy


def _scale(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_var is not None
    return norm.weight / torch.sqrt(norm.running_var + norm.eps)


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    assert norm.running_mean is not None
    scale = _scale(norm)
    result = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        padding=conv.padding,  # type: ignore[arg-type]
        dilation=conv.dilation,  # type: ignore[arg-type]
        groups=conv.groups,
    )
    result.weight.copy_(conv.weight * scale[:, None, None, None])
    assert result.bias is not None
    result.bias.copy_(norm.bias - norm.running_mean * scale)
    return result
