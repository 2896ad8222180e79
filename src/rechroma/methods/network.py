"""Any trained colorizer: lightness, and perhaps hints, to a*b*, by a graph that keeps the contract."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rechroma import runtime, weights
from rechroma.checks import check_hints, check_lightness
from rechroma.errors import ContractMismatch, OptionError
from rechroma.tiling import pad_to_multiple
from rechroma.types import (
    AB,
    Array,
    Device,
    Hints,
    Input,
    Lab,
    Lightness,
    Logits,
    ModelInfo,
    Prediction,
    PredictOptions,
)


def from_row(row: weights.Row, *, device: Device = "auto", threads: int = 0) -> "NetworkColorizer":
    """Load the network of a row of weights.toml, downloading its file where needed.

    Raises:
        ContractMismatch: The graph and the row contradict one another.
    """
    path = weights.path_of(row)
    graph = runtime.load(path, device=device, threads=threads)
    for key in ("task", "work_size", "multiple_of"):
        said, found = getattr(row, key), getattr(graph.contract, key)
        if said != found:
            raise ContractMismatch(f"weights {row.name}: the row says {key} {said}, the graph {found}")
    return NetworkColorizer(graph, name=row.name, sha256=row.sha256, defaults=row.defaults)


def from_file(path: Path, *, device: Device = "auto", threads: int = 0) -> "NetworkColorizer":
    """Load a graph of the user's own; it is called by its file's name."""
    graph = runtime.load(path, device=device, threads=threads)
    return NetworkColorizer(graph, name=path.name, sha256=weights.digest(path), defaults=PredictOptions())


class NetworkColorizer:
    """A Colorizer that runs a graph. Holds no state between calls; safe to use from several threads."""

    def __init__(self, graph: runtime.Graph, *, name: str, sha256: str, defaults: PredictOptions) -> None:
        """Take a graph; `defaults` go before the graph's own."""
        self._graph = graph
        self._defaults = defaults
        self._info = ModelInfo(
            name=name,
            sha256=sha256,
            work_size=graph.contract.work_size,
            multiple_of=graph.contract.multiple_of,
            trained=True,
            takes=_taken(graph.contract.inputs),
        )

    @property
    def info(self) -> ModelInfo:
        """Which weights these are, what sizes they want and what they take."""
        return self._info

    @property
    def device(self) -> Device:
        """Where the graph runs: never "auto"."""
        return self._graph.device

    @property
    def bins(self) -> AB | None:
        """(Q, 2) a*b* that the logits score, where the graph has logits."""
        return self._graph.contract.bins

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict a*b* for lightness (H, W), any size from 1x1; hints, where given, have the same size.

        Sides that are not multiples of `info.multiple_of` are filled up by repeating the edge, without hints.

        Returns:
            ab (h, w, 2) and, where asked for, logits (h, w, Q), with h = H / stride rounded up.

        Raises:
            InputError: Lightness is not (H, W), or hints have another size.
            OptionError: The graph has no input, or no output, for something that was asked for; or there are
                references, which networks take as hints only.
        """
        contract = self._graph.contract
        check_lightness(lightness)
        if references:
            raise OptionError(
                f"{self._info.name} looks at no references itself; give it the hints that they make"
            )
        if with_logits and not contract.has_logits:
            raise OptionError(f"{self._info.name} gives no logits; its graph has no such output")
        feeds = {"lightness": _nchw(pad_to_multiple(lightness, contract.multiple_of))}
        feeds |= self._hint_feeds(hints, lightness)
        for field in ("vividness", "temperature"):
            feeds |= self._scalar_feed(field, options)
        results = self._graph.run(feeds, ["ab", "logits"] if with_logits else ["ab"])
        h, w = (-(-side // contract.stride) for side in lightness.shape)
        ab, *logits = [np.ascontiguousarray(np.moveaxis(result[0, :, :h, :w], 0, 2)) for result in results]
        return Prediction(ab=ab, logits=logits[0] if logits else None)

    def _hint_feeds(self, hints: Hints | None, lightness: Lightness) -> dict[str, Array]:
        shape = lightness.shape
        if "hints" not in self._info.takes:
            if hints is not None:
                raise OptionError(
                    f"{self._info.name} takes no hints; its graph has no inputs hint_ab and hint_weight"
                )
            return {}
        if hints is None:
            hints = Hints(ab=np.zeros((*shape, 2), np.float32), weight=np.zeros(shape, np.float32))
        check_hints(hints, lightness)
        missing = [(0, -side % self._info.multiple_of) for side in shape]
        return {
            "hint_ab": _nchw(np.pad(hints.ab, [*missing, (0, 0)])),
            "hint_weight": _nchw(np.pad(hints.weight, missing)),
        }

    def _scalar_feed(self, field: str, options: PredictOptions) -> dict[str, Array]:
        given = getattr(options, field)
        if field not in self._graph.contract.inputs:
            if given is not None:
                raise OptionError(
                    f"{field} is {given}; {self._info.name} takes none: its graph has no such input"
                )
            return {}
        chain = (given, getattr(self._defaults, field), getattr(self._graph.contract.defaults, field))
        return {field: np.array(next(value for value in chain if value is not None), np.float32)}


def _taken(inputs: frozenset[str]) -> tuple[Input, ...]:
    """Return what a graph with these inputs takes beside the lightness."""
    given: dict[str, Input] = {"hint_ab": "hints", "vividness": "vividness", "temperature": "temperature"}
    return tuple(name for tensor, name in given.items() if tensor in inputs)


def _nchw(array: Array | Logits) -> Array:
    """(H, W) or (H, W, C) -> (1, C, H, W), contiguous float32."""
    planes = array[None] if array.ndim == 2 else np.moveaxis(array, 2, 0)
    return np.ascontiguousarray(planes[None], np.float32)
