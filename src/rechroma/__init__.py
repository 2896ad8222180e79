"""Believable color for black-and-white photographs.

    import rechroma
    rechroma.colorize("portrait.jpg")  # writes portrait.color.jpg beside it

Names are loaded when they are first used, so that the import itself is light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rechroma._version import __version__

if TYPE_CHECKING:
    from rechroma.errors import RechromaError
    from rechroma.methods import available, load
    from rechroma.pipeline import (
        Draft,
        Place,
        Proposal,
        Report,
        Suggestion,
        colorize,
        colorize_file,
        propose,
        uncertainty,
    )
    from rechroma.types import (
        ColorizeOptions,
        Hints,
        Layer,
        Marks,
        ModelInfo,
        Point,
        PredictOptions,
        Stroke,
    )

__all__ = [
    "ColorizeOptions",
    "Draft",
    "Hints",
    "Layer",
    "Marks",
    "ModelInfo",
    "Place",
    "Point",
    "PredictOptions",
    "Proposal",
    "RechromaError",
    "Report",
    "Stroke",
    "Suggestion",
    "__version__",
    "available",
    "colorize",
    "colorize_file",
    "load",
    "propose",
    "uncertainty",
]

_HOMES = {
    "ColorizeOptions": "rechroma.types",
    "Draft": "rechroma.pipeline",
    "Hints": "rechroma.types",
    "Layer": "rechroma.types",
    "Marks": "rechroma.types",
    "ModelInfo": "rechroma.types",
    "Place": "rechroma.pipeline",
    "Point": "rechroma.types",
    "PredictOptions": "rechroma.types",
    "Proposal": "rechroma.pipeline",
    "RechromaError": "rechroma.errors",
    "Report": "rechroma.pipeline",
    "Stroke": "rechroma.types",
    "Suggestion": "rechroma.pipeline",
    "available": "rechroma.methods",
    "colorize": "rechroma.pipeline",
    "colorize_file": "rechroma.pipeline",
    "load": "rechroma.methods",
    "propose": "rechroma.pipeline",
    "uncertainty": "rechroma.pipeline",
}
"""The module that each public name lives in."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
