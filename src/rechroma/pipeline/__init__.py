"""Picture in, picture out: the only place where the steps of coloring are written.

A draft (`draft`) is a picture opened; `colorize` (`files`) is a draft used once. The method sees a small copy of the
lightness under conditions: what a person marked, what references tell (`conditions`). What it predicts is decoded
(`prediction`), carried up along the picture's own edges and put together with its lightness in one of three ways
(`compose`). `steps` keeps what was made on the way; `proposals` and `entropy` read what else was predicted.
"""

from rechroma.pipeline.draft import Draft, propose, uncertainty
from rechroma.pipeline.files import (
    Report,
    check_folder,
    colorize,
    colorize_array,
    colorize_file,
    colorize_to_bytes,
    is_same_file,
    make_folder,
)
from rechroma.pipeline.possible_colors import color_plane
from rechroma.pipeline.prediction import load
from rechroma.pipeline.proposals import Place, Proposal, Suggestion

__all__ = [
    "Draft",
    "Place",
    "Proposal",
    "Report",
    "Suggestion",
    "check_folder",
    "color_plane",
    "colorize",
    "colorize_array",
    "colorize_file",
    "colorize_to_bytes",
    "is_same_file",
    "load",
    "make_folder",
    "propose",
    "uncertainty",
]
