"""What a net is: one call, and what training, export and tables need to be told of it."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Self

from torch import Tensor, nn

AB_REACH = 110.0
"""a*b* units that a net which regresses has for 1."""


@dataclass(frozen=True, kw_only=True)
class NetOptions:
    """What a net is made of; a net's own options begin here."""

    name: str
    """A row of the table of nets."""

    @property
    def stride(self) -> int:
        """Lightness pixels per predicted pixel, each way."""
        raise NotImplementedError


class Net(nn.Module):
    """Lightness, and what else it takes, to what a task asks for.

    `forward(lightness, *taken, rows=None)` has lightness (N, 1, H, W) L* 0 to 100, sides multiples of `multiple_of`;
    then the inputs that `takes` names, as the graph contract has them; and `rows` of the predicted pixels, where
    not all are wanted. It gives (N, outputs, H / stride, W / stride): scores of the 313 ab bins, or two channels,
    a*b* / AB_REACH. `outputs` is what a net is built with beside its options.
    """

    multiple_of: int
    """Sides of the lightness are multiples of this."""
    takes: tuple[str, ...] = ()
    """Inputs of the graph contract that it takes after the lightness."""
    paper: str
    """Whose idea it is, as a row of weights.toml says it."""
    options: NetOptions
    """What it was built from."""

    @property
    def stride(self) -> int:
        """Lightness pixels per predicted pixel, each way."""
        return self.options.stride

    def begin(self, prior: Tensor) -> None:
        """Prepare a fresh net: take what others trained, and the prior of the bins (313,)."""

    def freeze(self) -> None:
        """Keep the weights that the options say are kept; after `begin` and earlier weights."""

    @property
    def pretrained(self) -> nn.Module | None:
        """The part that others trained, which learns slower."""
        return None

    def compile_parts(self) -> None:
        """Compile what training runs, in place (torch.compile), once for each size."""
        self.compile(fullgraph=True, dynamic=False)

    def folded(self) -> Self:
        """A copy for a graph: same results in evaluation mode, in fewer operations where that can be."""
        return deepcopy(self).eval()
