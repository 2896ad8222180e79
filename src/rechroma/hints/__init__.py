"""Everything that a person or another picture knows about the colors becomes hint pixels."""

from rechroma.hints.layers import Layers, open_layers
from rechroma.hints.marks import check_places, from_json, merge, parse_point, read, to_json
from rechroma.hints.propagation import propagate
from rechroma.hints.raster import ab_of, rasterize
from rechroma.hints.spread import correct, nearness

__all__ = [
    "Layers",
    "ab_of",
    "check_places",
    "correct",
    "from_json",
    "merge",
    "nearness",
    "open_layers",
    "parse_point",
    "propagate",
    "rasterize",
    "read",
    "to_json",
]
