"""LightningModules: loss and optimiser only; the net is handed in."""

import math

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor

from rechroma_train.config import TrainOptions
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.stream import Batch


class HintNetTask(LightningModule):
    """Train hintnet to classify the colors of every second row of pixels; rows alternate between steps."""

    def __init__(self, net: HintNet, loss: ClassificationLoss, options: TrainOptions) -> None:
        super().__init__()
        self.net = net
        self.loss = loss
        self.options = options

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Score half of the pixels and compare."""
        lightness, hint_ab, hint_weight, ab = (t.contiguous(memory_format=torch.channels_last) for t in batch)
        rows = slice(self.global_step % 2, None, 2)
        logits = self.net(lightness, hint_ab, hint_weight, rows=rows)
        with torch.autocast(self.device.type, enabled=False):
            return self.loss(logits, ab[:, :, rows])  # type: ignore[no-any-return]

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; the pretrained encoder learns slower; constant rate after a warm-up, then a cosine to zero."""
        o = self.options
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
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(o, step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def rate_at(options: TrainOptions, step: int) -> float:
    """Share of the largest learning rate at a step: 0 to 1."""
    seen = step * options.batch
    start = options.pictures * (1 - options.decay)
    warm = min(1.0, (seen + options.batch) / max(1, options.warmup))
    if seen <= start:
        return warm
    done = min(1.0, (seen - start) / (options.pictures - start))
    return warm * 0.5 * (1 + math.cos(math.pi * done))
