"""Ways to predict color, side by side: algorithms in METHODS, trained networks as rows of weights.toml.

Methods are imported only when they are loaded, so that naming them costs nothing.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rechroma import weights
from rechroma.errors import UnknownMethod, WeightsNotFound
from rechroma.types import Colorizer, Device, Input

Load: TypeAlias = Callable[[Device, int], Colorizer]
"""Gives a colorizer for a device and a number of threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to predict color."""

    task: str
    """What it does: "colorize"."""
    needs: tuple[Input, ...]
    """What must be given beside the picture, as its `info` says too."""
    paper: str
    """What it comes from: authors, title, year."""
    load: Load
    """Gives it ready to run."""


def _load_scribble(device: Device, threads: int) -> Colorizer:
    from rechroma.methods import scribble

    return scribble.load(device, threads)


def _load_transfer(device: Device, threads: int) -> Colorizer:
    from rechroma.methods import transfer

    return transfer.load(device, threads)


METHODS: dict[str, Method] = {
    "scribble": Method(
        task="colorize",
        needs=("hints",),
        paper="Levin, Lischinski & Weiss, Colorization using optimization, 2004",
        load=_load_scribble,
    ),
    "transfer": Method(
        task="colorize",
        needs=("references",),
        paper="Welsh, Ashikhmin & Mueller, Transferring color to greyscale images, 2002",
        load=_load_transfer,
    ),
}
"""The algorithms that need no weights, by name."""


def available() -> dict[str, Method]:
    """Give every method by name: the algorithms, and a network for each row of weights.toml that colors."""
    networks = {
        row.name: Method(task=row.task, needs=(), paper=row.paper, load=partial(_load_row, row))
        for row in weights.rows()
        if row.task == "colorize"
    }
    return METHODS | networks


def load(name: str | Path, *, device: Device = "auto", threads: int = 0) -> Colorizer:
    """Make a method ready to run.

    Args:
        name: A name of available(), the bare name of an architecture ("hintnet"), or an .onnx file that keeps
            the graph contract.
        device: Where a network runs; "auto" prefers an accelerator.
        threads: Threads of a network; 0 = RECHROMA_THREADS, or one per core.

    Raises:
        UnknownMethod: Nothing has this name; the message has the nearest names.
        WeightsError: The weights are missing, damaged, or do not keep the graph contract.
        OptionError: The device is not available here.
    """
    if isinstance(name, Path) or name.endswith(".onnx"):
        from rechroma.methods import network

        return network.from_file(Path(name), device=device, threads=threads)
    return available()[_full_name(name)].load(device, threads)


def identify(name: str | Path) -> tuple[str, str]:
    """Return the full name, and the SHA-256 of the weights, of what `load` would load; loads nothing.

    The hash is empty for an algorithm without weights.

    Raises:
        UnknownMethod: Nothing has this name; the message has the nearest names.
        WeightsNotFound: There is no such .onnx file.
    """
    if isinstance(name, Path) or name.endswith(".onnx"):
        if not Path(name).is_file():
            raise WeightsNotFound(f"there is no graph {name}")
        return Path(name).name, weights.digest(Path(name))
    full = _full_name(name)
    return full, "" if full in METHODS else weights.find(full).sha256


def _full_name(name: str) -> str:
    """Return the name of available() that a name, or the bare name of an architecture, stands for."""
    known = available()
    # Rows come in order, so that the bare name of an architecture finds its first.
    full = name if name in known else next((n for n in known if n.partition(".")[0] == name), None)
    if full is None:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)
        raise UnknownMethod(
            f"no method is called {name!r}; nearest: {', '.join(near) or 'none is installed'}. "
            "A graph of your own is given as the path of its .onnx file."
        )
    return full


def _load_row(row: weights.Row, device: Device, threads: int) -> Colorizer:
    from rechroma.methods import network

    return network.from_row(row, device=device, threads=threads)
