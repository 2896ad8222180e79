"""LightningModules: loss and optimiser only; the net is handed in."""

from functools import partial
from itertools import chain

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim import Optimizer

from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch
from rechroma_train.terms import Terms

_LARGEST_GRADIENT = 1.0
"""Norm to which all gradients together are clipped."""
_FUSED_ON = frozenset({"cuda"})
"""Devices on which one kernel makes the optimiser's step."""


class HintNetTask(LightningModule):
    """Train hintnet to classify the colors of every second row of pixels; rows alternate between steps.

    Terms that look at pictures need all rows.
    """

    def __init__(
        self, net: HintNet, loss: ClassificationLoss, schedule: Schedule, terms: Terms | None = None
    ) -> None:
        super().__init__()
        self.net = net
        self.loss = loss
        self.schedule = schedule
        self.terms = terms
        if schedule.options.compile:
            net.compile_parts()

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Score half of the pixels, or all where a term looks at pictures, and compare."""
        lightness, hint_ab, hint_weight, ab = (
            t.contiguous(memory_format=torch.channels_last) for t in batch[:4]
        )
        whole = self.terms is not None and self.terms.sees_pictures
        rows = slice(None) if whole else slice(self.global_step % 2, None, 2)
        score = partial(self.net, hint_ab=hint_ab, hint_weight=hint_weight, rows=None if whole else rows)
        logits = score(lightness)
        again = None
        if batch.again is not None:
            again = score(batch.again.contiguous(memory_format=torch.channels_last))
        with torch.autocast(self.device.type, enabled=False):
            found: dict[str, Tensor] = self.loss(logits, ab[:, :, rows])
            if self.terms is not None:
                found |= self.terms(
                    found["loss"], logits, again, batch, self.schedule.share(self.global_step)
                )
        return found

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; the pretrained encoder learns slower; constant rate after a warm-up, then a cosine to zero."""
        o = self.schedule.options
        encoder = list(self.net.encoder.parameters())
        known = {id(p) for p in encoder}
        decoder = [p for p in self.net.parameters() if id(p) not in known]
        optimizer = torch.optim.AdamW(
            [
                {"params": decoder, "lr": o.learning_rate},
                {"params": encoder, "lr": o.learning_rate * o.encoder_rate},
            ],
            weight_decay=o.weight_decay,
            betas=(0.9, 0.99),
            fused=True if self.device.type in _FUSED_ON else None,
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self.schedule.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of all gradients; Lightning's own way refuses fused optimisers."""
        weights = chain.from_iterable(group["params"] for group in optimizer.param_groups)
        torch.nn.utils.clip_grad_norm_(list(weights), _LARGEST_GRADIENT)
