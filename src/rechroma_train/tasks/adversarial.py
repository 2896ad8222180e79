"""A generator against a discriminator (Goodfellow et al. 2014; conditional: Isola et al. 2017), stepped by hand."""

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Optimizer

from rechroma_train.config import AdversarialOptions
from rechroma_train.nets.parts.net import Net
from rechroma_train.nets.parts.patchgan import PatchGan
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch
from rechroma_train.tasks.learning import Learning, clip
from rechroma_train.tasks.regress import distance, predicted


class Adversarial(Learning):
    """Colors close to the truth's that a discriminator of patches takes for true.

    On every batch the discriminator and the generator make the steps that the options give each, on the batch's
    gradients or on those of `accumulate` batches.
    """

    outputs = 2
    losses = ("loss", "distance", "fooled", "discriminator")

    def __init__(
        self, net: Net, schedule: Schedule, options: AdversarialOptions, rebalancing: Tensor
    ) -> None:
        """Prepare; the rebalancing weights are those of bins, which are not asked for."""
        super().__init__(net, schedule)
        self.automatic_optimization = False
        self.options = options
        self.discriminator = PatchGan(width=options.discriminator_width, layers=options.discriminator_layers)

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Step the discriminator, then the generator."""
        o = self.options
        assert batch.clean is not None
        generator, discriminator = self.optimizers()  # type: ignore[attr-defined]
        truth = torch.cat((batch.clean, batch.ab), dim=1)
        found: dict[str, Tensor] = {}
        for _ in range(o.discriminator_steps):
            with torch.no_grad():
                made = self._painted(batch)
            found["discriminator"] = self._told_apart(truth, made)
            self._step(discriminator, found["discriminator"])
        for _ in range(o.generator_steps):
            made = self._painted(batch)
            self.discriminator.requires_grad_(requires_grad=False)
            fooled = _cross_entropy(self.discriminator(made), torch.ones((), device=made.device))
            self.discriminator.requires_grad_(requires_grad=True)
            away = distance(made[:, 1:], batch.ab, o.distance)
            found |= {"fooled": fooled, "distance": away, "loss": fooled + o.distance_weight * away}
            self._step(generator, found["loss"])
        if self._due:
            for scheduler in self.lr_schedulers():  # type: ignore[union-attr]
                scheduler.step()
        return {name: value.detach() for name, value in found.items()}

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The generator's optimiser, and Adam for the discriminator, both by the plan of the run."""
        o = self.options
        generator = self.adamw()
        discriminator = torch.optim.Adam(
            self.discriminator.parameters(), o.discriminator_rate, betas=(0.5, 0.999)
        )
        optimizers = [generator, discriminator]
        return optimizers, [self.rates(each) for each in optimizers]

    @property
    def _due(self) -> bool:
        """Whether gradients were added up for long enough."""
        return (self.schedule.batches + 1) % self.schedule.options.optimizer.accumulate == 0

    def _painted(self, batch: Batch) -> Tensor:
        """(N, 3, h, w) true lightness with the generator's a*b*."""
        assert batch.clean is not None
        return torch.cat((batch.clean, predicted(self.net, batch)), dim=1)

    def _told_apart(self, truth: Tensor, made: Tensor) -> Tensor:
        """The discriminator's loss, its labels softened and some of them swapped, picture by picture."""
        o, count = self.options, len(truth)
        true_label = torch.full((count, 1, 1, 1), o.soft_label, device=truth.device)
        made_label = torch.zeros_like(true_label)
        if o.swapped_labels:
            chance = torch.Generator().manual_seed(self.schedule.options.run.seed + self.schedule.batches)
            swapped = (torch.rand(count, 1, 1, 1, generator=chance) < o.swapped_labels).to(truth.device)
            true_label, made_label = (
                torch.where(swapped, made_label, true_label),
                torch.where(swapped, true_label, made_label),
            )
        losses = (
            _cross_entropy(self.discriminator(lab), label)
            for lab, label in ((truth, true_label), (made, made_label))
        )
        return (next(losses) + next(losses)) / 2

    def _step(self, optimizer: Optimizer | LightningOptimizer, loss: Tensor) -> None:
        self.manual_backward(loss / self.schedule.options.optimizer.accumulate)
        if self._due:
            clip(p for group in optimizer.param_groups for p in group["params"])
            optimizer.step()
            optimizer.zero_grad()


def _cross_entropy(scores: Tensor, label: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores.float(), label.expand_as(scores).float())
