"""What every task has: a net, the plan, the optimiser."""

from collections.abc import Iterable
from itertools import chain

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import nn
from torch.optim import Optimizer

from rechroma_train.nets.parts.net import Net
from rechroma_train.schedule import Schedule

_LARGEST_GRADIENT = 1.0
"""Norm to which all gradients together are clipped."""
_FUSED_ON = frozenset({"cuda"})
"""Devices on which one kernel makes the optimiser's step."""


class Learning(LightningModule):
    """A net that learns by the plan of a run. A task adds what a step lessens."""

    losses: tuple[str, ...]
    """Names among the results of a step, as the curve has them; the first is `loss`."""

    def __init__(self, net: Net, schedule: Schedule) -> None:
        super().__init__()
        self.net = net
        self.schedule = schedule
        if schedule.options.run.compile:
            net.compile_parts()

    def adamw(self) -> torch.optim.AdamW:
        """AdamW on the net; what others trained learns slower."""
        o, pretrained = self.schedule.options.optimizer, self.net.pretrained
        slow = [] if pretrained is None else list(pretrained.parameters())
        known = {id(p) for p in slow}
        groups = [{"params": [p for p in self.net.parameters() if id(p) not in known], "lr": o.learning_rate}]
        if slow:
            groups.append({"params": slow, "lr": o.learning_rate * o.encoder_rate})
        return torch.optim.AdamW(
            groups,
            weight_decay=o.weight_decay,
            betas=(0.9, 0.99),
            fused=True if self.device.type in _FUSED_ON else None,
        )

    def rates(self, optimizer: Optimizer) -> torch.optim.lr_scheduler.LambdaLR:
        """Constant rate after a warm-up, then a cosine to zero; counted in steps of the optimiser."""
        batches = self.schedule.options.optimizer.accumulate
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.schedule.rate(step * batches))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """One optimiser, which Lightning steps."""
        optimizer = self.adamw()
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.rates(optimizer), "interval": "step"},
        }

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of all gradients; Lightning's own way refuses fused optimisers."""
        clip(chain.from_iterable(group["params"] for group in optimizer.param_groups))


def clip(weights: Iterable[nn.Parameter]) -> None:
    """Clip the norm of all gradients together."""
    torch.nn.utils.clip_grad_norm_(list(weights), _LARGEST_GRADIENT)
