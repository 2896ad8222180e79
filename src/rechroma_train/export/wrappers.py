"""Nets as the graph contract has them: one wrapper for heads that classify, one for heads that regress."""

import torch
from torch import Tensor, nn

from rechroma_train import bins
from rechroma_train.nets.parts.net import AB_REACH, Net


class Classified(nn.Module):
    """A net that scores the bins: rebalancing undone as far as is asked, and decoded by the annealed mean."""

    log_weights: Tensor
    centers: Tensor
    outputs = ("ab", "logits")

    def __init__(self, net: Net, rebalancing: Tensor) -> None:
        """Wrap a net; rebalancing (313,) are the weights of the bins that it was trained with."""
        super().__init__()
        self.net = net
        self.inputs = ("lightness", *net.takes, "temperature", "vividness")
        self.register_buffer("log_weights", rebalancing.log())
        self.register_buffer("centers", bins.centers().clone())

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Predict.

        Args:
            given: what `inputs` names, as the graph contract has it.

        Returns:
            (N, 2, H/stride, W/stride) a*b*; (N, 313, H/stride, W/stride) scores at this vividness.
        """
        *pictures, temperature, vividness = given
        scores = self.net(*pictures).permute(0, 2, 3, 1)
        scores = scores - (1 - vividness) * self.log_weights
        ab = bins.annealed_mean(scores, temperature, self.centers)
        return ab.permute(0, 3, 1, 2), scores.permute(0, 3, 1, 2)


class Regressed(nn.Module):
    """A net that gives the color itself."""

    outputs = ("ab",)

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        self.inputs = ("lightness", *net.takes)

    def forward(self, *given: Tensor) -> tuple[Tensor]:
        """Predict: what `inputs` names -> (N, 2, H/stride, W/stride) a*b*."""
        return (self.net(*given) * AB_REACH,)


def example(wrapped: Classified | Regressed, height: int, width: int, *, seed: int) -> tuple[Tensor, ...]:
    """Two made pictures with hints, for what a wrapper takes; settings are as trained: 1."""
    generator = torch.Generator().manual_seed(seed)
    lightness = torch.rand(2, 1, height, width, generator=generator) * 100
    weight = (torch.rand(2, 1, height, width, generator=generator) > 0.9).float()
    hint = (torch.rand(2, 2, height, width, generator=generator) * 80 - 40) * weight
    every = {"lightness": lightness, "hint_ab": hint, "hint_weight": weight}
    return tuple(every.get(name, torch.tensor(1.0)) for name in wrapped.inputs)
