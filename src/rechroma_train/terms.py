"""Terms beside the classification, none of them on by default: what they add to the loss, with their weights."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma.errors import OptionError
from rechroma_train import bins
from rechroma_train.color import lab_to_rgb
from rechroma_train.config import LossOptions
from rechroma_train.critic import Critic
from rechroma_train.perceptual import PerceptualLoss
from rechroma_train.stream import Batch


class Terms(nn.Module):
    """The terms whose weight is not 0, on what the net scored."""

    log_weights: Tensor
    centers: Tensor

    def __init__(self, options: LossOptions, rebalancing: Tensor) -> None:
        """Prepare what the wanted terms need.

        Args:
            options: weights of the terms.
            rebalancing: (313,) weights of the bins.

        Raises:
            OptionError: the perceptual term has no weights of VGG-19.
        """
        super().__init__()
        if options.perceptual and options.vgg is None:
            raise OptionError(
                "losses.perceptual needs losses.vgg: the file of VGG-19's weights up to conv3_4"
            )
        self.options = options
        self.register_buffer("log_weights", rebalancing.float().log(), persistent=False)
        self.register_buffer("centers", bins.centers().clone(), persistent=False)
        self.perceptual = PerceptualLoss(options.vgg) if options.perceptual and options.vgg else None
        self.critic = Critic(options.critic_rate) if options.adversarial else None
        self.sees_pictures = bool(options.colorfulness or options.perceptual or options.adversarial)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what `forward` gives beside `loss`."""
        o = self.options
        wanted = {
            "consistency": o.consistency,
            "colorfulness": o.colorfulness,
            "perceptual": o.perceptual,
            "adversarial": o.adversarial,
            "critic": o.adversarial,
        }
        return tuple(name for name, weight in wanted.items() if weight)

    def forward(
        self, loss: Tensor, logits: Tensor, again: Tensor | None, batch: Batch, share: float
    ) -> dict[str, Tensor]:
        """Add the terms to the loss.

        Args:
            loss: () what there is so far.
            logits: (N, 313, h, w) scores, of all rows where a term looks at pictures.
            again: the same for the second degradation of the windows.
            batch: what the net saw, and the truth.
            share: of the run that lies behind, 0 to 1.

        Returns:
            `loss`, and each term before its weight.
        """
        o = self.options
        found: dict[str, Tensor] = {}
        if o.consistency and again is not None:
            found["consistency"] = consistency(logits, again)
        if self.sees_pictures and batch.clean is not None:
            lab = torch.cat((batch.clean, self._decoded(logits)), dim=1)
            truth = torch.cat((batch.clean, batch.ab), dim=1)
            if o.colorfulness:
                found["colorfulness"] = 1 - colorfulness(lab_to_rgb(lab)).mean() / 100
            if self.perceptual is not None:
                found["perceptual"] = self.perceptual(lab_to_rgb(lab), lab_to_rgb(truth))
            if self.critic is not None:
                found |= self._criticized(self.critic, lab, truth, share)
        weights = {
            "consistency": o.consistency,
            "colorfulness": o.colorfulness,
            "perceptual": o.perceptual,
            "adversarial": o.adversarial,
        }
        for name, weight in weights.items():
            if name in found:
                loss = loss + weight * found[name]
        return {"loss": loss, **{name: value.detach() for name, value in found.items()}}

    def _criticized(self, critic: Critic, lab: Tensor, truth: Tensor, share: float) -> dict[str, Tensor]:
        nothing = lab.new_zeros(())
        found = {"adversarial": nothing, "critic": nothing}
        if share >= self.options.adversarial_from:
            found["critic"] = critic.learn(truth, lab.detach())
            if share >= self.options.adversarial_from + self.options.critic_head_start:
                found["adversarial"] = critic.judge(lab)
        return found

    def _decoded(self, logits: Tensor) -> Tensor:
        """(N, 313, h, w) scores -> (N, 2, h, w) a*b* as a user would see them."""
        o = self.options
        scores = logits.permute(0, 2, 3, 1).float() - (1 - o.vividness) * self.log_weights
        return bins.annealed_mean(scores, o.temperature, self.centers).permute(0, 3, 1, 2)


def consistency(one: Tensor, other: Tensor) -> Tensor:
    """Jensen-Shannon divergence in nats between two predictions (Hendrycks et al. 2020, AugMix, section 3).

    Args:
        one: (N, 313, h, w) scores.
        other: the same for another degradation of the same windows.

    Returns:
        () mean over the pixels, 0 to ln 2.
    """
    p, q = (F.log_softmax(scores.float(), dim=1) for scores in (one, other))
    middle = torch.logaddexp(p, q) - math.log(2)
    divergences = ((side.exp() * (side - middle)).sum(1) for side in (p, q))
    return (next(divergences) + next(divergences)).mean() / 2


def colorfulness(rgb: Tensor) -> Tensor:
    """Colorfulness of Hasler & Suesstrunk 2003 as published; DDColor's loss is 1 - it / 100 (Kang et al. 2023).

    Args:
        rgb: (N, 3, h, w) sRGB, 0 to 1.

    Returns:
        (N,) about 0 to 110.
    """
    red, green, blue = (255 * rgb).flatten(2).unbind(1)
    first, second = red - green, (red + green) / 2 - blue
    spread = (first.var(1) + second.var(1) + 1e-3).sqrt()
    mean = (first.mean(1) ** 2 + second.mean(1) ** 2 + 1e-3).sqrt()
    return spread + 0.3 * mean
