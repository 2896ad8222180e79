"""hintnet, the default colorizer: MobileNetV2 (Sandler et al. 2018) encoder, light U-Net decoder, hints everywhere.

Color is predicted as a distribution over the ab bins of Zhang et al. 2016, at 1/8 of the lightness's size or at 1/4;
a fine stage brings it to twice that size.
Hints enter twice: at full size beside the lightness, and pooled at each scale of the decoder.
Whatever NetOptions adds to the default net starts without effect: from trained weights of the default, a net with
more in it begins as that net.
"""

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma_train import bins
from rechroma_train.config import NetOptions
from rechroma_train.nets.blocks import ContextBlock, global_mean, upsample2
from rechroma_train.nets.encoder import Encoder
from rechroma_train.nets.memory import ColorMemory
from rechroma_train.nets.mobilenet import CHANNELS, STEM
from rechroma_train.nets.queries import ColorQueries

MULTIPLE_OF = 32
"""Sides of the lightness are multiples of this."""
AB_SCALE = 1 / 110
"""a*b* units to about [-1, 1] inside the net."""

_KERNELS = ((5, 5), (7, 7), (5, 3), (3, 3))
"""Kernels of the decoder's context blocks at 1/32, 1/16, 1/8 and 1/4: of the first, and of those after it."""
_SKIPS = (96, 32, 24, STEM)
"""Channels that the encoder saw at 1/16, 1/8, 1/4 and 1/2."""
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


class Decoded(NamedTuple):
    """What the head needs."""

    pixels: Tensor
    """(N, C, H / stride, W / stride) features."""
    at16: Tensor
    """(N, C, H/16, W/16) features."""
    at8: Tensor
    """(N, C, H/8, W/8) features."""
    bias: Tensor | None
    """(N, 313), added to every pixel's scores."""


class HintNet(nn.Module):
    """Lightness and hints to a distribution over the ab bins."""

    def __init__(self, options: NetOptions | None = None) -> None:
        super().__init__()
        o = options or NetOptions()
        self.options = o
        w32, w16, w8, *finer = o.widths
        last = o.widths[-1]
        self.encoder = Encoder()
        self.deep = nn.Conv2d(CHANNELS + 3, w32, 1, bias=False)
        self.deep_norm = nn.BatchNorm2d(w32)
        self.token = nn.Sequential(nn.Linear(CHANNELS + 3, w32), nn.ReLU(), nn.Linear(w32, w32 + last))
        self.stage32 = _stage(o, 0)
        self.merge16 = Merge(w32, 96, w16)
        self.stage16 = _stage(o, 1)
        self.merge8 = Merge(w16, 32, w8)
        self.stage8 = _stage(o, 2)
        self.merge4 = Merge(w8, 24, last) if finer else None
        self.stage4 = _stage(o, 3) if finer else None
        self.fine = Fine(last, _SKIPS[len(o.widths) - 1]) if o.fine else None
        self.head = nn.Conv2d(last, bins.COUNT, 1)
        self.queries = (
            ColorQueries((w16, w8), last, count=o.queries, layers=o.query_layers)
            if o.head == "query"
            else None
        )
        self.memory = ColorMemory(CHANNELS, o.widths[1:], slots=o.slots) if o.head == "memory" else None
        self.split = (w32, last)

    def forward(
        self, lightness: Tensor, hint_ab: Tensor, hint_weight: Tensor, *, rows: slice | None = None
    ) -> Tensor:
        """Score the bins.

        Args:
            lightness: (N, 1, H, W) L* 0 to 100; sides multiples of 32.
            hint_ab: (N, 2, H, W) a*b* where hinted.
            hint_weight: (N, 1, H, W) confidence 0 to 1.
            rows: of the predicted pixels, those wanted; all where not given.

        Returns:
            (N, 313, H / stride, W / stride) logits, rebalanced as trained.
        """
        decoded = self.features(lightness, hint_ab, hint_weight)
        pixels = decoded.pixels
        if rows is not None:
            pixels = pixels[:, :, rows].contiguous(memory_format=torch.channels_last)
        scores: Tensor
        if self.queries is None:
            scores = self.head(pixels)
        else:
            matrix = self.head.weight.flatten(1) + self.queries(decoded.at16, decoded.at8)
            flat = pixels.permute(0, 2, 3, 1).flatten(1, 2) @ matrix.transpose(1, 2) + self.head.bias
            scores = flat.unflatten(1, pixels.shape[2:]).permute(0, 3, 1, 2)
        return scores if decoded.bias is None else scores + decoded.bias[:, :, None, None]

    def features(self, lightness: Tensor, hint_ab: Tensor, hint_weight: Tensor) -> Decoded:
        """Compute what the head scores; arguments as in `forward`."""
        hints = torch.cat((hint_ab * (hint_weight * AB_SCALE), hint_weight), dim=1)
        x = torch.cat((lightness * 0.02 - 1, hints), dim=1)
        f2, f4, f8, f16, f32 = self.encoder(x)
        h4 = _pool_hints(hints, 4)
        h8, h16, h32 = _pool_hints(h4, 2), _pool_hints(h4, 4), _pool_hints(h4, 8)
        deep = torch.cat((f32, h32), dim=1)
        pooled = global_mean(deep).flatten(1)
        at32, at_last = self.token(pooled).split(self.split, dim=1)
        bias, toning = self.memory(pooled[:, :CHANNELS]) if self.memory is not None else (None, None)
        y = F.relu(self.deep_norm(self.deep(deep)) + at32[:, :, None, None])
        y = self.stage32(y)
        y16 = self.stage16(_toned(self.merge16(y, f16, h16), toning, 0))
        y8 = _toned(self.merge8(y16, f8, h8), toning, 1)
        finer, hints_finer = f4, h4
        if self.merge4 is None or self.stage4 is None:
            y = y8 = self.stage8(y8 + at_last[:, :, None, None])
        else:
            y8 = self.stage8(y8)
            y = self.stage4(_toned(self.merge4(y8, f4, h4), toning, 2) + at_last[:, :, None, None])
            finer, hints_finer = f2, _pool_hints(hints, 2)
        if self.fine is not None:
            y = self.fine(y, finer, hints_finer)
        return Decoded(y, y16, y8, bias)


def _stage(options: NetOptions, number: int) -> nn.Sequential:
    width, (first, later) = options.widths[number], _KERNELS[number]
    return nn.Sequential(
        *(
            ContextBlock(width, kernel=later if i else first, expand=options.expand)
            for i in range(options.blocks[number])
        )
    )


def _toned(y: Tensor, toning: tuple[Tensor, ...] | None, stage: int) -> Tensor:
    """Scale and shift a stage's features by what the memory said, (scale, shift) of each stage in turn."""
    if toning is None:
        return y
    scale, shift = toning[2 * stage : 2 * stage + 2]
    return y * (1 + scale) + shift


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
