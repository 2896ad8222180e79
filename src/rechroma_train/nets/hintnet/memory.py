"""A color memory (after Yoo et al. 2019, MemoPainter): which colors did pictures like this one have?

There, a key is the feature of a training picture and its value that picture's color histogram, written and replaced
by nearest-neighbor rules under a triplet loss. Here keys and values are parameters that learn by gradient alone, and
a read is a soft one over all of them: nothing in the memory is, or ever was, a training picture. Every value starts
at the prior of the bins, so that a fresh memory says nothing, and weight decay draws it back there.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma_train import bins

KEY = 64
"""Length of a key."""
_HIDDEN = 64
_SHARPNESS = 16.0
"""How strongly a read prefers the most similar key, to begin with; learned."""


class ColorMemory(nn.Module):
    """Keys in the space of picture features, values as histograms over the ab bins."""

    prior: Tensor

    def __init__(self, inputs: int, widths: tuple[int, ...], *, slots: int) -> None:
        """Build an empty memory.

        Args:
            inputs: length of the picture's features.
            widths: channels of the stages that the read colors scale and shift.
            slots: keys and values.
        """
        super().__init__()
        self.look = nn.Linear(inputs, KEY, bias=False)
        # Without it all pictures look alike: most of a pooled feature is what all have in common.
        self.look_norm = nn.BatchNorm1d(KEY, affine=False)
        self.keys = nn.Parameter(torch.randn(slots, KEY))
        self.values = nn.Parameter(torch.zeros(slots, bins.COUNT))
        self.sharpness = nn.Parameter(torch.tensor(_SHARPNESS).log())
        self.widths = [width for width in widths for _ in range(2)]
        self.spread = nn.Sequential(
            nn.Linear(bins.COUNT, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, sum(self.widths))
        )
        last = self.spread[2]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        self.register_buffer("prior", torch.full((bins.COUNT,), 1 / bins.COUNT))

    def start_at(self, prior: Tensor) -> None:
        """Let every value begin at a prior of the bins: (313,) positive, sums to 1."""
        self.prior.copy_(prior)

    def histograms(self) -> Tensor:
        """(slots, 313) values: each positive, sums to 1."""
        return torch.softmax(self.prior.log() + self.values.float(), dim=1)

    def read(self, pooled: Tensor) -> Tensor:
        """(N, inputs) picture features -> (N, 313) colors to expect, each row positive, sums to 1."""
        asked = F.normalize(self.look_norm(self.look(pooled).float()), dim=1)
        similar = asked @ F.normalize(self.keys, dim=1).t()
        share = torch.softmax(self.sharpness.exp() * similar.float(), dim=1)
        return share @ self.histograms()

    def forward(self, pooled: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Read, and say what follows from it.

        Args:
            pooled: (N, inputs) picture features.

        Returns:
            (N, 313), added to the scores of every pixel: how much likelier than the prior each bin is in this
            picture; and for each stage a scale and a shift, (N, C, 1, 1), as one flat sequence.
        """
        bias = self.read(pooled).float().clamp_min(1e-9).log() - self.prior.log()
        return bias, self.spread(bias)[:, :, None, None].split(self.widths, dim=1)
