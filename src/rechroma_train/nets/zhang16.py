"""zhang16: Zhang, Isola, Efros 2016, Colorful Image Colorization: eight blocks after VGG, without pooling.

Blocks 1 to 3 halve the picture by their last convolution, blocks 5 and 6 are dilated by 2, block 8 doubles it again:
scores at 1/4 of the lightness's size. Each of the first seven blocks ends with a batch norm. The paper leaves open how
the lightness is scaled; as in its authors' later code it is centered at 50 and divided by 100.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from rechroma_train import bins
from rechroma_train.nets.parts.net import Net, NetOptions


@dataclass(frozen=True, kw_only=True)
class Zhang16Options(NetOptions):
    """What zhang16 is made of."""

    name: Literal["zhang16"] = "zhang16"
    """The net."""
    width: int = 64
    """Channels of the first block, by which all others grow; the paper's net has 64, and 32 million weights."""

    @property
    def stride(self) -> int:
        """Lightness pixels per predicted pixel, each way."""
        return 4


class Zhang16(Net):
    """Lightness to a distribution over the ab bins, or to a*b*."""

    multiple_of = 8
    paper = "Zhang, Isola & Efros 2016"

    def __init__(self, options: Zhang16Options | None = None, *, outputs: int = bins.COUNT) -> None:
        super().__init__()
        self.options = options or Zhang16Options()
        w = self.options.width
        self.blocks = nn.Sequential(
            _block(1, w, count=2, stride=2),
            _block(w, 2 * w, count=2, stride=2),
            _block(2 * w, 4 * w, count=3, stride=2),
            _block(4 * w, 8 * w, count=3),
            _block(8 * w, 8 * w, count=3, dilation=2),
            _block(8 * w, 8 * w, count=3, dilation=2),
            _block(8 * w, 8 * w, count=3),
            nn.ConvTranspose2d(8 * w, 4 * w, 4, stride=2, padding=1),
            nn.ReLU(),
            *_convolutions(4 * w, 4 * w, count=2),
        )
        self.head = nn.Conv2d(4 * w, outputs, 1)

    def forward(self, lightness: Tensor, *, rows: slice | None = None) -> Tensor:
        """Score the bins, or regress.

        Args:
            lightness: (N, 1, H, W) L* 0 to 100; sides multiples of 8.
            rows: of the predicted pixels, those wanted; all where not given.

        Returns:
            (N, outputs, H / 4, W / 4).
        """
        x: Tensor = self.blocks((lightness - 50) / 100)
        scores: Tensor = self.head(x if rows is None else x[:, :, rows])
        return scores


def _block(inputs: int, outputs: int, *, count: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    layers = _convolutions(inputs, outputs, count=count, stride=stride, dilation=dilation)
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs))


def _convolutions(
    inputs: int, outputs: int, *, count: int, stride: int = 1, dilation: int = 1
) -> list[nn.Module]:
    """Convolutions of 3x3 with a ReLU each, the last of them at the stride."""
    layers: list[nn.Module] = []
    for number in range(count):
        by = stride if number == count - 1 else 1
        layer = nn.Conv2d(inputs if number == 0 else outputs, outputs, 3, by, dilation, dilation)
        layers += [layer, nn.ReLU()]
    return layers
