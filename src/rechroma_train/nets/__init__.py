"""The nets, one file or package per paper, and the table by which they are chosen; `parts` is what several share."""

from collections.abc import Callable
from typing import NamedTuple

from rechroma_train.nets.hintnet import HintNet, HintNetOptions
from rechroma_train.nets.parts.net import Net, NetOptions
from rechroma_train.nets.zhang16 import Zhang16, Zhang16Options


class NetRow(NamedTuple):
    """A net that can be chosen by name."""

    build: Callable[..., Net]
    """Makes it of its options and a number of outputs."""
    options: type[NetOptions]
    """What it is made of; their docstrings are the help."""


NETS = {
    "hintnet": NetRow(HintNet, HintNetOptions),
    "zhang16": NetRow(Zhang16, Zhang16Options),
}
"""A new net is a row here."""


def build(options: NetOptions, *, outputs: int) -> Net:
    """Make the net that the options are of, with so many channels of results."""
    return NETS[options.name].build(options, outputs=outputs)
