"""hintnet, the default colorizer: MobileNetV2 (Sandler et al. 2018) encoder, light U-Net decoder, hints everywhere.

Color is predicted as a distribution over the ab bins of Zhang et al. 2016, at 1/8 of the lightness's size or at 1/4;
a fine stage brings it to twice that size.
Hints enter twice: at full size beside the lightness, and pooled at each scale of the decoder.
Whatever HintNetOptions adds to the default net starts without effect: from trained weights of the default, a net with
more in it begins as that net.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from rechroma.errors import OptionError
from rechroma_train import bins
from rechroma_train.nets.hintnet import pools
from rechroma_train.nets.hintnet.attention import HintAttention
from rechroma_train.nets.hintnet.encoder import Encoder
from rechroma_train.nets.hintnet.folding import fold
from rechroma_train.nets.hintnet.memory import ColorMemory
from rechroma_train.nets.hintnet.options import HintNetOptions
from rechroma_train.nets.hintnet.queries import ColorQueries
from rechroma_train.nets.hintnet.stages import Fine, Merge
from rechroma_train.nets.parts.blocks import ContextBlock, global_mean
from rechroma_train.nets.parts.mobilenet import CHANNELS, STEM
from rechroma_train.nets.parts.net import AB_REACH, Net

_KERNELS = ((5, 5), (7, 7), (5, 3), (3, 3))
"""Kernels of the decoder's context blocks at 1/32, 1/16, 1/8 and 1/4: of the first, and of those after it."""
_SKIPS = (96, 32, 24, STEM)
"""Channels that the encoder saw at 1/16, 1/8, 1/4 and 1/2."""
_PAPERS = {"plain": "", "query": "; Kang et al. 2023", "memory": "; Yoo et al. 2019"}


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


class HintNet(Net):
    """Lightness and hints to a distribution over the ab bins."""

    multiple_of = 32
    takes = ("hint_ab", "hint_weight")
    options: HintNetOptions

    def __init__(self, options: HintNetOptions | None = None, *, outputs: int = bins.COUNT) -> None:
        """Build it.

        Raises:
            OptionError: the head scores bins, and another number of channels is asked for.
        """
        super().__init__()
        o = options or HintNetOptions()
        if outputs != bins.COUNT and o.head != "plain":
            raise OptionError(
                f"net.head is {o.head}, which scores bins; accepted where a task regresses: plain"
            )
        self.options = o
        self.paper = "Zhang, Isola & Efros 2016; Zhang et al. 2017; Sandler et al. 2018" + _PAPERS[o.head]
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
        self.head = nn.Conv2d(last, outputs, 1)
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
        """Score the bins, or regress a*b*.

        Args:
            lightness: (N, 1, H, W) L* 0 to 100; sides multiples of 32.
            hint_ab: (N, 2, H, W) a*b* where hinted.
            hint_weight: (N, 1, H, W) confidence 0 to 1.
            rows: of the predicted pixels, those wanted; all where not given.

        Returns:
            (N, outputs, H / stride, W / stride) logits, rebalanced as trained, or a*b* / AB_REACH.
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
        hints = torch.cat((hint_ab * (hint_weight * (1 / AB_REACH)), hint_weight), dim=1)
        x = torch.cat((lightness * 0.02 - 1, hints), dim=1)
        f2, f4, f8, f16, f32 = self.encoder(x)
        pool = pools.mean if self.attention is None else pools.kept
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

    def begin(self, prior: Tensor) -> None:
        """Tell the memory the prior, and fill the encoder with a classifier's weights."""
        if self.memory is not None:
            self.memory.start_at(prior)
        if self.options.backbone is not None:
            self.encoder.load_pretrained(self.options.backbone)

    def freeze(self) -> None:
        """Keep the first blocks of the encoder.

        Raises:
            OptionError: there are fewer blocks.
        """
        self.encoder.freeze(self.options.frozen_blocks)

    @property
    def pretrained(self) -> nn.Module:
        """The encoder."""
        return self.encoder

    def compile_parts(self) -> None:
        """Compile what comes before the head, whose rows change between steps."""
        compiled = torch.compile(self.features, fullgraph=True, dynamic=False)
        self.features = compiled  # type: ignore[method-assign]

    def folded(self) -> Self:
        """A copy with every batch norm folded into the convolution before it."""
        copy = super().folded()
        copy.deep = fuse_conv_bn_eval(copy.deep, copy.deep_norm)
        copy.deep_norm = nn.Identity()  # type: ignore[assignment]
        fold(copy)
        return copy


def _stage(options: HintNetOptions, number: int) -> nn.Sequential:
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
