"""MobileNetV2 on colors (Sandler et al. 2018): what a classifier sees in a picture, as one vector."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma.errors import ContractMismatch
from rechroma_train.nets.parts.blocks import InvertedResidual, SameConv, global_mean

SIDE = 224
"""Pixels each way that the classifier was trained on."""
CHANNELS = 1280
"""Of the last feature map, and so of the vector."""
STEM = 32
"""Channels of the first feature map."""

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks, stride of the first (Sandler et al. 2018, table 2)."""


def bottlenecks() -> nn.ModuleList:
    """Build the inverted residuals between the first layer and the last, in order."""
    blocks: list[nn.Module] = []
    channels = STEM
    for expand, width, count, stride in _STAGES:
        for i in range(count):
            blocks.append(InvertedResidual(channels, width, stride=stride if i == 0 else 1, expand=expand))
            channels = width
    return nn.ModuleList(blocks)


def last_layer() -> nn.Conv2d:
    """Build the 1x1 convolution after them."""
    return nn.Conv2d(_STAGES[-1][1], CHANNELS, 1)


class MobileNet(nn.Module):
    """The classifier without its last layer: RGB to the global mean of the last feature map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM, 3, stride=2)
        self.blocks = bottlenecks()
        self.head = last_layer()

    def forward(self, rgb: Tensor) -> Tensor:
        """(N, 3, H, W) sRGB-encoded, -1 to 1, sides multiples of 32 -> (N, 1280), 0 to 6."""
        x: Tensor = F.relu6(self.stem(rgb))
        for block in self.blocks:
            x = block(x)
        return global_mean(F.relu6(self.head(x))).flatten(1)


def load(path: Path) -> MobileNet:
    """Load the weights of a classifier: a .safetensors file, torchvision's names, batch norm folded into the biases.

    Raises:
        ContractMismatch: The file's layers are not those of MobileNetV2 1.0 with batch norm folded.
    """
    net = MobileNet()
    try:
        given = load_file(path)
    except SafetensorError as error:
        raise ContractMismatch(f"{path.name} is no safetensors file: {error}") from error
    names = _names(net)
    wrong = [
        theirs
        for ours, theirs in names.items()
        if theirs not in given or given[theirs].shape != net.state_dict()[ours].shape
    ]
    if wrong or any(".running_mean" in name for name in given):
        raise ContractMismatch(
            f"{path.name} is not MobileNetV2 1.0 in torchvision's names with batch norm folded: "
            f"{', '.join(wrong[:3]) or 'it has batch norms'}"
        )
    net.load_state_dict({ours: given[theirs] for ours, theirs in names.items()})
    return net.eval().requires_grad_(requires_grad=False)


def _names(net: MobileNet) -> dict[str, str]:
    """Give torchvision's name of each of our weights; its batch norms are where our biases are."""
    layers = {"stem": "features.0.0", "head": f"features.{len(net.blocks) + 1}.0"}
    for i, block in enumerate(net.blocks, start=1):
        parts = [name for name, layer in block.named_children() if not isinstance(layer, nn.Identity)]
        for j, part in enumerate(parts):
            activated = j < len(parts) - 1
            layers[f"blocks.{i - 1}.{part}"] = f"features.{i}.conv.{j}{'.0' if activated else ''}"
    return {f"{ours}.{k}": f"{theirs}.{k}" for ours, theirs in layers.items() for k in ("weight", "bias")}
