"""Regress the colors of pixels: the controlled comparison with classification (Zhang et al. 2016, section 3.1)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from rechroma_train.config import RegressOptions
from rechroma_train.nets.parts.net import AB_REACH, Net
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch
from rechroma_train.tasks.learning import Learning


class Regress(Learning):
    """Bring a*b* close to the truth's."""

    outputs = 2
    losses = ("loss",)

    def __init__(self, net: Net, schedule: Schedule, options: RegressOptions, rebalancing: Tensor) -> None:
        """Prepare; the rebalancing weights are those of bins, which are not asked for."""
        super().__init__(net, schedule)
        self.options = options

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Predict and compare."""
        ab = predicted(self.net, batch)
        with torch.autocast(self.device.type, enabled=False):
            return {"loss": distance(ab, batch.ab, self.options.distance)}


def predicted(net: Net, batch: Batch) -> Tensor:
    """(N, 2, h, w) float32 a*b* that a net which regresses has for a batch."""
    given = (t.contiguous(memory_format=torch.channels_last) for t in batch.seen(net.takes))
    return net(*given).float() * AB_REACH  # type: ignore[no-any-return]


def distance(ab: Tensor, truth: Tensor, kind: str) -> Tensor:
    """Mean distance of two (N, 2, h, w) a*b*, in parts of AB_REACH: "l2" half the square, "l1", or "huber" (1.0)."""
    losses = {"l2": F.mse_loss, "l1": F.l1_loss, "huber": F.smooth_l1_loss}
    return losses[kind](ab / AB_REACH, truth / AB_REACH)
