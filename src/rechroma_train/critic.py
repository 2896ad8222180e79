"""A patch critic that learns to tell predicted from true colors, for the end of a run."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

_WIDTHS = (64, 128, 256)
_SLOPE = 0.2


class Critic(nn.Module):
    """Score patches of 22 pixels (Isola et al. 2017, section 3.2.2) with a hinge loss and spectral norm.

    Spectral norm is Miyato et al. 2018. It is made to enter late, at a low weight, after a head start of its own:
    the manner of NoGAN (Antic 2019, DeOldify). It has its own optimiser, whose state travels with its weights, so the
    task's optimisation is the plain one. Everything is in float32: pictures here are small.
    """

    def __init__(self, rate: float) -> None:
        """Build it.

        Args:
            rate: its learning rate.
        """
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for number, width in enumerate(_WIDTHS):
            stride = 2 if number < 2 else 1
            layers.append(spectral_norm(nn.Conv2d(inputs, width, 4 if stride == 2 else 3, stride, 1)))
            layers.append(nn.LeakyReLU(_SLOPE))
            inputs = width
        layers.append(spectral_norm(nn.Conv2d(inputs, 1, 3, 1, 1)))
        self.net = nn.Sequential(*layers)
        self.rate = rate
        self._optimizer: torch.optim.Optimizer | None = None
        self._given: Mapping[str, Any] | None = None

    def learn(self, truth: Tensor, lab: Tensor) -> Tensor:
        """Make one step towards telling true from predicted: both (N, 3, h, w) L*a*b*; gives its loss, ()."""
        self.requires_grad_(requires_grad=True)
        real, fake = self.net(_scaled(torch.cat((truth, lab)))).chunk(2)
        loss: Tensor = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        optimizer = self._optimizer_here()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    def judge(self, lab: Tensor) -> Tensor:
        """Give what the net is to lessen, (): (N, 3, h, w) L*a*b* that the critic should take for true."""
        self.requires_grad_(requires_grad=False)
        return -self.net(_scaled(lab)).mean()  # type: ignore[no-any-return]

    def get_extra_state(self) -> dict[str, Any]:
        """The optimiser's state, for a checkpoint."""
        if self._optimizer is not None:
            return {"optimizer": self._optimizer.state_dict()}
        return {"optimizer": self._given}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Keep the optimiser's state until the weights are on their device."""
        self._given, self._optimizer = state["optimizer"], None

    def _optimizer_here(self) -> torch.optim.Optimizer:
        if self._optimizer is None:
            self._optimizer = torch.optim.Adam(self.parameters(), self.rate, betas=(0.0, 0.99))
            if self._given is not None:
                self._optimizer.load_state_dict(dict(self._given))
        return self._optimizer


def _scaled(lab: Tensor) -> Tensor:
    """L*a*b* to about -1 to 1."""
    lightness, ab = lab[:, :1], lab[:, 1:]
    return torch.cat((lightness / 50 - 1, ab / 110), dim=1)
