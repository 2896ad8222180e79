"""Classify the colors of pixels (Zhang et al. 2016)."""

import torch
from torch import Tensor

from rechroma_train import bins
from rechroma_train.config import ClassifyOptions
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.parts.net import Net
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch
from rechroma_train.tasks.learning import Learning
from rechroma_train.terms import Terms


class Classify(Learning):
    """Classify the colors of every second row of pixels; rows alternate between steps.

    Terms that look at pictures need all rows.
    """

    outputs = bins.COUNT

    def __init__(self, net: Net, schedule: Schedule, options: ClassifyOptions, rebalancing: Tensor) -> None:
        """Prepare: rebalancing (313,) are the weights of the bins."""
        super().__init__(net, schedule)
        self.loss = ClassificationLoss(rebalancing, regression=options.regression, focal=options.losses.focal)
        terms = Terms(options.losses, rebalancing)
        self.terms = terms if terms.names else None
        self.losses = ("loss", "classification", "regression", *terms.names)

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Score half of the pixels, or all where a term looks at pictures, and compare."""
        lightness, *taken = (
            t.contiguous(memory_format=torch.channels_last) for t in batch.seen(self.net.takes)
        )
        ab = batch.ab.contiguous(memory_format=torch.channels_last)
        whole = self.terms is not None and self.terms.sees_pictures
        rows = slice(None) if whole else slice(self.schedule.batches % 2, None, 2)
        wanted = None if whole else rows
        logits = self.net(lightness, *taken, rows=wanted)
        again = None
        if batch.again is not None:
            other = batch.again.contiguous(memory_format=torch.channels_last)
            again = self.net(other, *taken, rows=wanted)
        with torch.autocast(self.device.type, enabled=False):
            found: dict[str, Tensor] = self.loss(logits, ab[:, :, rows])
            if self.terms is not None:
                share = self.schedule.share(self.schedule.batches)
                found |= self.terms(found["loss"], logits, again, batch, share)
        return found
