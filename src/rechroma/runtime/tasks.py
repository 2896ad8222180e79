"""What graphs of each task take and give: a row per task. Shapes are NCHW, all float32."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
DYNAMIC, ANY = -1, -2
"""In a shape: a size that varies, which the graph may not fix; a size that it may fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An input."""

    shape: Shape
    optional: bool = True
    """Whether a graph may be without it."""
    trial: float = 0.0
    """What it is filled with when a graph is tried out, unless the graph has a default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An output."""

    shape: Shape
    optional: bool = False
    """Whether a graph may be without it."""
    channels_of: str = ""
    """The input that has as many channels; empty where the shape says how many, or says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked of the graphs of a task."""

    inputs: Mapping[str, Given]
    outputs: Mapping[str, Result]
    sized: str
    """The input whose H and W are those of the picture: multiples of the graph's `multiple_of`."""


_LIGHTNESS = Given(shape=(DYNAMIC, 1, DYNAMIC, DYNAMIC), optional=False, trial=50.0)

TASKS: dict[str, Task] = {
    "colorize": Task(
        inputs={
            "lightness": _LIGHTNESS,
            "hint_ab": Given(shape=(DYNAMIC, 2, DYNAMIC, DYNAMIC)),
            "hint_weight": Given(shape=(DYNAMIC, 1, DYNAMIC, DYNAMIC)),
            "temperature": Given(shape=(), trial=1.0),
            "vividness": Given(shape=()),
        },
        outputs={
            "ab": Result(shape=(DYNAMIC, 2, DYNAMIC, DYNAMIC)),
            "logits": Result(shape=(DYNAMIC, ANY, DYNAMIC, DYNAMIC), optional=True),
        },
        sized="lightness",
    ),
    "restore": Task(
        inputs={
            "image": Given(shape=(DYNAMIC, ANY, DYNAMIC, DYNAMIC), optional=False, trial=0.5),
            "sigma": Given(shape=(DYNAMIC,), trial=0.1),
        },
        outputs={"clean": Result(shape=(DYNAMIC, ANY, DYNAMIC, DYNAMIC), channels_of="image")},
        sized="image",
    ),
    "features": Task(
        inputs={"lightness": _LIGHTNESS},
        outputs={"features": Result(shape=(DYNAMIC, ANY, DYNAMIC, DYNAMIC))},
        sized="lightness",
    ),
}
"""By the `task` of a graph's metadata."""
