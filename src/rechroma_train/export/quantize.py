"""The verb `quantize`: a graph whose convolutions compute in 8 bits, calibrated on training pictures.

Static quantization in the QDQ form: scales are fixed here, once, from what each tensor holds on windows of the
training pictures, with simulated hints and without. The scores, their softmax and the decoding stay in float32; so
does everything that is not named. The contract of the graph and its metadata are those of the float graph.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from rechroma.errors import OptionError
from rechroma.types import Array
from rechroma_train.config import DataOptions, RunOptions, TrainOptions
from rechroma_train.data import Corpus
from rechroma_train.export.graphs import run_by_library, store_as_float16, write
from rechroma_train.stream import make_batch

_CODING = ("QuantizeLinear", "DequantizeLinear")
_SCORERS = ("net.head.*", "net.queries.*", "net.memory.*")
"""Weights that score the bins: they and what comes after them stay float32, since 8 bits there move every color."""
_BOUNDS = ("Relu", "Clip")
_SAMPLES = 1024
"""Values of each tensor that a window leaves for the choice of its range."""
_TRIED = 8192
"""Values on which `mse` measures the error."""
_BATCH = 4
"""Windows that are run at once."""
_LEVELS = 255
"""Steps of 8 bits."""
_SHARES = np.linspace(0.3, 1, 15)
"""Ranges that `mse` tries, as shares of the whole one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOptions:
    """Make the 8-bit twin of a graph."""

    weights: Path
    """The .onnx file to start from."""
    corpora: list[Path]
    """Packed folders (see `pack`) whose pictures calibrate."""
    out: Path
    """The .onnx file to write."""
    windows: int = 256
    """Training windows to calibrate on, at the work size of the graph."""
    seed: int = 0
    """Chooses the windows, their hints and their age."""
    operators: list[str] = field(default_factory=lambda: ["Conv", "Relu", "Clip", "Add"])
    """Operators that compute in 8 bits; Relu and Clip are dissolved into what comes before them."""
    keep: list[str] = field(default_factory=lambda: ["net.encoder.stem.*", "net.encoder.blocks.0.*"])
    """Nodes that stay float32, by patterns of the names of their weights or of the nodes themselves; the scores of
    the bins always stay. The stem and the first block of the encoder have channels of very different strength: with
    them in 8 bits 7 dB are lost."""
    ranges: Literal["minmax", "percentile", "mse"] = "minmax"
    """How the range of a tensor is chosen: all that was seen; all but the rarest values; whatever range has the
    smallest squared error. What hints do is rare and far out: ranges that leave it out cost 0.15 dB with ten hints."""
    percentile: float = 99.99
    """Per cent of the values that lie in the range, for `percentile`."""
    seven_bits: bool = False
    """Weights of 7 bits: sums of products cannot overflow on processors without VNNI."""


def main(options: QuantizeOptions) -> str:
    """Write the 8-bit graph; gives a line to show.

    Raises:
        OptionError: Nothing is left to quantize, or there is nothing to calibrate on.
        ContractMismatch: The library does not run the graph, or not what becomes of it.
    """
    if options.windows < 1 or not options.corpora:
        raise OptionError(
            f"windows is {options.windows}, corpora {len(options.corpora)}; accepted: at least 1 of each"
        )
    model = with_float32_weights(onnx.load(options.weights))
    graph = run_by_library(model, task="colorize")
    chosen = chosen_nodes(model, options)
    names = _tensors(model, chosen)
    ranges = calibrate(model, names, windows(options, graph.contract.work_size), options)
    stored = quantized(model, chosen, ranges, options)
    run_by_library(stored, task="colorize")
    sha256, length = write(stored, options.out)
    return (
        f"{options.out}: {len(chosen)} nodes in 8 bits, {length / 1e6:.2f} MB "
        f"({length / options.weights.stat().st_size:.2f} of the float graph), sha256 {sha256}"
    )


def with_float32_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn weights that are stored as float16 and cast before use back into float32 ones."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    stored = {each.name: each for each in result.graph.initializer}
    casts = [node for node in result.graph.node if node.op_type == "Cast" and node.input[0] in stored]
    for cast in casts:
        weight = stored[cast.input[0]]
        value = numpy_helper.to_array(weight).astype(np.float32)
        weight.CopyFrom(numpy_helper.from_array(value, cast.output[0]))
        result.graph.node.remove(cast)
    return result


def chosen_nodes(model: onnx.ModelProto, options: QuantizeOptions) -> list[str]:
    """Name the nodes that are to compute in 8 bits.

    Raises:
        OptionError: There is none.
    """
    chosen: list[str] = []
    made: set[str] = set()
    scores: set[str] = set()
    for node in model.graph.node:
        if _named(node, _SCORERS) or scores.intersection(node.input):
            scores.update(node.output)
        elif node.op_type in options.operators and not _named(node, options.keep):
            # What only bounds a result is dissolved into the node that gives it: alone it is better left as it is.
            if node.op_type in _BOUNDS and node.input[0] not in made:
                continue
            chosen.append(node.name)
            made.update(node.output)
    if not chosen:
        raise OptionError(f"operators are {options.operators}, keep is {options.keep}; nothing is left")
    return chosen


def _named(node: onnx.NodeProto, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in (node.name, *node.input) for pattern in patterns)


def windows(options: QuantizeOptions, size: int) -> Iterator[dict[str, Array]]:
    """Give training windows as what the graph takes, with hints and age as in training."""
    corpora = [Corpus.open(folder) for folder in options.corpora]
    drawn = TrainOptions(
        run=RunOptions(out=Path(), seed=options.seed),
        data=DataOptions(corpora=options.corpora, sizes=[size], size_ends=[], batch=_BATCH),
    )
    for step in range(-(-options.windows // _BATCH)):
        batch = make_batch(corpora, drawn, step)
        yield {
            "lightness": batch.lightness.numpy(),
            "hint_ab": batch.hint_ab.numpy(),
            "hint_weight": batch.hint_weight.numpy(),
            "temperature": np.array(1, np.float32),
            "vividness": np.array(1, np.float32),
        }


def calibrate(
    model: onnx.ModelProto,
    names: Sequence[str],
    batches: Iterator[dict[str, Array]],
    options: QuantizeOptions,
) -> dict[str, tuple[float, float]]:
    """Run the float graph and choose the range of each named tensor: {name: (lowest, highest)}, 0 within."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    session = ort.InferenceSession(watched.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    taken = {each.name for each in session.get_inputs()}
    rng = np.random.default_rng(options.seed)
    seen: dict[str, list[Array]] = {name: [] for name in names}
    for feeds in batches:
        results = session.run(list(names), {k: v for k, v in feeds.items() if k in taken})
        for name, result in zip(names, results, strict=True):
            flat = result.ravel()
            few = rng.integers(flat.size, size=_SAMPLES * _BATCH)
            seen[name].append(np.concatenate([flat[few], [flat.min(), flat.max()]]))
    return {name: value_range(np.concatenate(values), options) for name, values in seen.items()}


def value_range(values: Array, options: QuantizeOptions) -> tuple[float, float]:
    """Choose the range (lowest, highest) that 8 bits of a tensor span, from a sample of its values (n,); 0 within."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    if options.ranges == "minmax" or low == high:
        return low, high
    if options.ranges == "percentile":
        outside = (100 - options.percentile) / 2
        low, high = np.percentile(values, [outside if low < 0 else 0, 100 - outside])
        return min(float(low), 0.0), max(float(high), 0.0)
    few = values[:: -(-values.size // _TRIED)]
    for _ in range(2):
        low = min(_SHARES * low, key=lambda each: _error(few, each, high))
        high = min(_SHARES * high, key=lambda each: _error(few, low, each))
    return float(low), float(high)


def _error(values: Array, low: float, high: float) -> float:
    """Sum the squares of what 8 bits between `low` and `high` lose."""
    step = (high - low) / _LEVELS
    if step <= 0:
        return float("inf")
    coded = np.rint(values.clip(low, high) / step) * step
    return float(np.square(coded - values).sum(dtype=np.float64))


def quantized(
    model: onnx.ModelProto,
    nodes: Sequence[str],
    ranges: dict[str, tuple[float, float]],
    options: QuantizeOptions,
) -> onnx.ModelProto:
    """Build the 8-bit graph; what stays float is stored as float16 where it is large, as in the float graph."""
    known: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {
        name: (np.array(low, np.float32), np.array(high, np.float32)) for name, (low, high) in ranges.items()
    }
    builder = QDQQuantizer(
        _with_shapes(model),
        per_channel=True,
        reduce_range=options.seven_bits,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, known),
        nodes_to_quantize=list(nodes),
        nodes_to_exclude=[],
        op_types_to_quantize=list(options.operators),
        extra_options={},
    )
    builder.quantize_model()
    builder.model.topological_sort()
    result: onnx.ModelProto = builder.model.model
    del result.metadata_props[:]
    result.metadata_props.extend(model.metadata_props)
    result.producer_name = model.producer_name
    scales = {name for node in result.graph.node if node.op_type in _CODING for name in node.input}
    return store_as_float16(result, keep=scales)


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The quantizer asks for the types of all tensors."""
    return onnx.shape_inference.infer_shapes(model)


def _tensors(model: onnx.ModelProto, nodes: Sequence[str]) -> list[str]:
    """Name what goes in and out of the chosen nodes, without weights and biases."""
    fixed = {each.name for each in model.graph.initializer} | {""}
    chosen = set(nodes)
    names = (
        name
        for node in model.graph.node
        if node.name in chosen
        for name in (*node.input, *node.output)
        if name not in fixed
    )
    return list(dict.fromkeys(names))
