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
    from rechroma.pipeline import Report, colorize, colorize_file
    from rechroma.types import ColorizeOptions, Hints, ModelInfo, PredictOptions

__all__ = [
    "ColorizeOptions",
    "Hints",
    "ModelInfo",
    "PredictOptions",
    "RechromaError",
    "Report",
    "__version__",
    "available",
    "colorize",
    "colorize_file",
    "load",
]

_HOMES = {
    "ColorizeOptions": "rechroma.types",
    "Hints": "rechroma.types",
    "ModelInfo": "rechroma.types",
    "PredictOptions": "rechroma.types",
    "RechromaError": "rechroma.errors",
    "Report": "rechroma.pipeline",
    "available": "rechroma.methods",
    "colorize": "rechroma.pipeline",
    "colorize_file": "rechroma.pipeline",
    "load": "rechroma.methods",
}
"""The module that each public name lives in."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
