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


_HEADS, _KEY = 2, 16
"""Heads of the attention that carries hints, and channels of a head's keys."""


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
        """(N, C, h, w) features, (N, 3, h, w) hints of `_kept_hints` -> (N, C, h, w) change of the features."""
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
        self.attention = HintAttention(w8) if o.hints == "carried" else None
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
        pool = _pool_hints if self.attention is None else _kept_hints
        h4, h8, h16, h32 = (pool(hints, by) for by in (4, 8, 16, 32))
        deep = torch.cat((f32, h32), dim=1)
        pooled = global_mean(deep).flatten(1)
        at32, at_last = self.token(pooled).split(self.split, dim=1)
        bias, toning = self.memory(pooled[:, :CHANNELS]) if self.memory is not None else (None, None)
        y = F.relu(self.deep_norm(self.deep(deep)) + at32[:, :, None, None])
        y = self.stage32(y)
        y16 = self.stage16(_toned(self.merge16(y, f16, h16), toning, 0))
        y8 = _toned(self.merge8(y16, f8, h8), toning, 1)
        if self.attention is not None:
            y8 = y8 + self.attention(y8, h8)
        finer, hints_finer = f4, h4
        if self.merge4 is None or self.stage4 is None:
            y = y8 = self.stage8(y8 + at_last[:, :, None, None])
        else:
            y8 = self.stage8(y8)
            y = self.stage4(_toned(self.merge4(y8, f4, h4), toning, 2) + at_last[:, :, None, None])
            finer, hints_finer = f2, pool(hints, 2)
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


def _kept_hints(hints: Tensor, by: int) -> Tensor:
    """(N, 3, H, W) weighted ab and weight -> (N, 3, H / by, W / by): mean color of what is hinted, largest weight."""
    mean = F.avg_pool2d(hints, by)
    weight = F.max_pool2d(hints[:, 2:], by)
    ab = mean[:, :2] / mean[:, 2:].clamp_min(1e-6)
    return torch.cat((ab * weight, weight), dim=1)


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
