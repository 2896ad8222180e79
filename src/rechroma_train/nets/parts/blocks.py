"""Layers that several nets share."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DepthwiseConv(nn.Conv2d):
    """A depthwise convolution in float32 on a CPU where bfloat16's backward pass is two to eight times slower."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W'), in the input's dtype."""
        slow = self.kernel_size[0] > 3 or self.stride[0] > 1
        if slow and input.device.type == "cpu" and input.dtype == torch.bfloat16:
            with torch.autocast("cpu", enabled=False):
                return super().forward(input.float()).to(input.dtype)
        return super().forward(input)


class SameConv(DepthwiseConv):
    """A convolution with TensorFlow's "SAME" padding at stride 2: none left and top, one right and bottom.

    Input sides must be even at stride 2; at stride 1 the padding is the symmetric one.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            inputs,
            outputs,
            kernel,
            stride=stride,
            groups=groups,
            padding=kernel // 2 if stride == 1 else 0,
        )
        self._pad_after = kernel - 2 if stride == 2 else 0

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        if self._pad_after:
            input = F.pad(input, (0, self._pad_after, 0, self._pad_after))
        return super().forward(input)


class InvertedResidual(nn.Module):
    """Expand by 1x1, depthwise 3x3, project by 1x1 (Sandler et al. 2018, figure 3b); batch norm in the biases."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inputs * expand
        self.residual = stride == 1 and inputs == outputs
        self.expand = nn.Conv2d(inputs, hidden, 1) if expand != 1 else nn.Identity()
        self.depthwise = SameConv(hidden, hidden, 3, stride=stride, groups=hidden)
        self.project = nn.Conv2d(hidden, outputs, 1)
        self._expands = expand != 1

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        y: Tensor = F.relu6(self.expand(x)) if self._expands else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class ContextBlock(nn.Module):
    """Residual block: large depthwise kernel, batch norm, then a two-layer 1x1 perceptron, wider between its layers."""

    def __init__(self, channels: int, *, kernel: int = 5, dilation: int = 1, expand: int = 2) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.depthwise = DepthwiseConv(
            channels, channels, kernel, padding=padding, dilation=dilation, groups=channels, bias=False
        )
        self.norm = nn.BatchNorm2d(channels)
        self.widen = nn.Conv2d(channels, expand * channels, 1)
        self.narrow = nn.Conv2d(expand * channels, channels, 1)
        nn.init.zeros_(self.narrow.weight)
        if self.narrow.bias is not None:
            nn.init.zeros_(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        change: Tensor = self.narrow(F.relu(self.widen(self.norm(self.depthwise(x)))))
        return x + change


def upsample2(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 2H, 2W), bilinear."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def global_mean(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 1, 1) mean over the picture."""
    return torch.mean(x, dim=(2, 3), keepdim=True)
