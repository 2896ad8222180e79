"""Batch norms folded into the convolutions before them: what a graph needs, and no more."""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from rechroma_train.nets.hintnet.stages import Merge
from rechroma_train.nets.parts.blocks import ContextBlock


def fold(net: nn.Module) -> None:
    """Fold the norms of all context blocks and merges of a net in evaluation mode."""
    for module in net.modules():
        if isinstance(module, ContextBlock):
            module.depthwise = fuse_conv_bn_eval(module.depthwise, module.norm)
            module.norm = nn.Identity()  # type: ignore[assignment]
        elif isinstance(module, Merge):
            # Two convolutions are added up before the norm: the scale belongs to both, the shift to one.
            with torch.no_grad():
                module.below.weight *= _scale(module.norm)[:, None, None, None]
            module.skip = fuse_conv_bn_eval(module.skip, module.norm)
            module.norm = nn.Identity()  # type: ignore[assignment]


def _scale(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_var is not None
    return norm.weight / torch.sqrt(norm.running_var + norm.eps)
