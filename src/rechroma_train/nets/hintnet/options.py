"""What hintnet is made of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rechroma.errors import OptionError
from rechroma_train.nets.parts.net import NetOptions


@dataclass(frozen=True, kw_only=True)
class HintNetOptions(NetOptions):
    """What hintnet is made of; the parts that are not asked for are not in it."""

    name: Literal["hintnet"] = "hintnet"
    """The net."""
    backbone: Path | None = None
    """MobileNetV2 weights (safetensors) to start the encoder from."""
    frozen_blocks: int = 0
    """The stem and this many blocks of the encoder keep the weights they start with; 0: everything learns,
    17: all but the last layer keep theirs, 18: the whole encoder does."""
    widths: tuple[int, ...] = (224, 160, 128, 128)
    """Channels of the decoder at 1/32, 1/16, 1/8 and, where the decoder goes so far, 1/4."""
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    """Context blocks of each of these stages."""
    expand: int = 2
    """How many times wider than its stage the perceptron of a context block is."""
    head: Literal["plain", "query", "memory"] = "plain"
    """plain: one linear map for all pictures; query: learned color queries look at the picture and change that map
    for it; memory: colors that pictures like it had shift the scores and the decoder's features."""
    queries: int = 64
    """Color queries (head: query)."""
    query_layers: int = 3
    """Transformer layers that refine them, in turn at 1/16 and 1/8 (head: query)."""
    slots: int = 256
    """Key and value pairs (head: memory)."""
    hints: Literal["mean", "carried"] = "mean"
    """mean: hints as means over each cell of a scale, weak where little of the cell is hinted; carried: the mean color
    of what is hinted in a cell at the full confidence, and attention carries it to the cells that look like it."""
    fine: bool = False
    """One light stage more, which brings the prediction to twice the decoder's last size along the lightness."""

    def __post_init__(self) -> None:
        if len(self.widths) not in (3, 4) or len(self.blocks) != len(self.widths):
            raise OptionError(
                f"widths {list(self.widths)} and blocks {list(self.blocks)}; accepted: a number for each of 3 stages"
                " (to 1/8) or 4 (to 1/4), as many in one as in the other"
            )

    @property
    def stride(self) -> int:
        """Lightness pixels per predicted pixel, each way."""
        coarse = 32 >> (len(self.widths) - 1)
        return coarse // 2 if self.fine else coarse
