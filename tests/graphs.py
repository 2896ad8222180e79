"""Small ONNX graphs for tests: a colorizer that keeps graph contract v1, and ways to break it.

The colorizer averages each 4x4 cell, scores five bins by lightness, and lays hints over the result.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDE = 4
MULTIPLE_OF = 8
BINS = np.array([[0, 0], [40, 30], [-40, 20], [10, -50], [60, 60]], np.float32)
OPTIONAL = frozenset({"hint_ab", "hint_weight", "temperature", "vividness"})


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """What to build; each field but the first two breaks the contract in one way."""

    optional: frozenset[str] = OPTIONAL
    logits: bool = True
    metadata: dict[str, str | None] = field(default_factory=dict)
    """Entries to change; None removes one."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Inputs and outputs to rename."""
    extra_input: str = ""
    double: str = ""
    """An input declared float64."""
    shapes: dict[str, list[int | str]] = field(default_factory=dict)
    """Declared shapes to change."""
    baked: bool = False
    """The size 8x8 is baked into the graph where no shape inference sees it, as some exporters do."""
    operation: str = "Conv"
    """The operation that scores the bins."""
    nan: bool = False
    """The graph gives no numbers."""


def save(path: Path, sketch: Sketch | None = None) -> Path:
    """Write a graph to `path` and give the path."""
    onnx.save(build(sketch or Sketch()), path)
    return path


def build(sketch: Sketch) -> onnx.ModelProto:
    """Build a colorizer graph."""
    nodes = [
        helper.make_node("AveragePool", ["lightness_"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node(sketch.operation, ["small", "slope", "offset"], ["scores"]),
        *_vividness("vividness" in sketch.optional),
        *_temperature("temperature" in sketch.optional),
        helper.make_node("Softmax", ["sharpened"], ["share"], axis=1),
        helper.make_node("Conv", ["share", "bins"], ["free"]),
        *_hints("hint_ab" in sketch.optional or "hint_weight" in sketch.optional),
    ]
    inputs = ["lightness", *sorted(sketch.optional)]
    if sketch.extra_input:
        inputs.append(sketch.extra_input)
    inner = [name for name in inputs if name != sketch.extra_input]
    nodes = [*_baked(sketch.baked), *(_entry(sketch, name) for name in inner), *nodes]
    for absent in {"hint_ab", "hint_weight"} - sketch.optional:
        nodes.insert(
            len(_baked(sketch.baked)) + 1, helper.make_node("Mul", ["lightness_", "zero"], [f"{absent}_"])
        )
    outputs = ["ab", "logits"] if sketch.logits else ["ab"]
    graph = helper.make_graph(
        nodes,
        "nettest",
        [_declare(sketch, name) for name in inputs],
        [_declare(sketch, name) for name in outputs],
        initializer=[numpy_helper.from_array(value, name) for name, value in _weights(sketch).items()],
    )
    for node in graph.node:
        node.input[:] = [sketch.renamed.get(name, name) for name in node.input]
        node.output[:] = [sketch.renamed.get(name, name) for name in node.output]
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = _metadata() | sketch.metadata
    helper.set_model_props(model, {key: value for key, value in metadata.items() if value is not None})
    return model


def _metadata() -> dict[str, str]:
    return {
        "rechroma_contract": "1",
        "task": "colorize",
        "name": "nettest.small",
        "work_size": "64",
        "multiple_of": str(MULTIPLE_OF),
        "stride": str(STRIDE),
        "bins": json.dumps(BINS.tolist()),
        "default_vividness": "0.5",
        "default_temperature": "0.4",
        "licence": "Apache-2.0",
    }


def _weights(sketch: Sketch) -> dict[str, np.ndarray]:
    slope = np.array([0.0, 0.1, -0.1, 0.05, 0.02], np.float32)
    return {
        "slope": slope.reshape(5, 1, 1, 1),
        "offset": np.full(5, np.nan, np.float32) if sketch.nan else -50 * slope,
        "bins": np.ascontiguousarray(BINS.T).reshape(2, 5, 1, 1),
        "rebalancing": np.array([0, 1, 1, 2, 3], np.float32).reshape(1, 5, 1, 1),
        "one": np.array(1, np.float32),
        "zero": np.array(0, np.float32),
        "eight": np.array([1, 1, 8, 8], np.int64),
    }


def _baked(wanted: bool) -> list[onnx.NodeProto]:
    if not wanted:
        return []
    return [
        helper.make_node("Shape", ["lightness"], ["shape"]),
        helper.make_node("Sub", ["shape", "shape"], ["nothing"]),
        helper.make_node("Add", ["nothing", "eight"], ["fixed"]),
    ]


def _entry(sketch: Sketch, name: str) -> onnx.NodeProto:
    if sketch.double == name:
        return helper.make_node("Cast", [name], [f"{name}_"], to=TensorProto.FLOAT)
    if sketch.baked and name == "lightness":
        return helper.make_node("Reshape", [name, "fixed"], [f"{name}_"])
    return helper.make_node("Identity", [name], [f"{name}_"])


def _vividness(present: bool) -> list[onnx.NodeProto]:
    if not present:
        return [helper.make_node("Identity", ["scores"], ["logits"])]
    return [
        helper.make_node("Sub", ["one", "vividness_"], ["dull"]),
        helper.make_node("Mul", ["rebalancing", "dull"], ["undone"]),
        helper.make_node("Sub", ["scores", "undone"], ["logits"]),
    ]


def _temperature(present: bool) -> list[onnx.NodeProto]:
    if not present:
        return [helper.make_node("Identity", ["logits"], ["sharpened"])]
    return [helper.make_node("Div", ["logits", "temperature_"], ["sharpened"])]


def _hints(present: bool) -> list[onnx.NodeProto]:
    if not present:
        return [helper.make_node("Identity", ["free"], ["ab"])]
    return [
        helper.make_node("Mul", ["hint_ab_", "hint_weight_"], ["weighted"]),
        helper.make_node("MaxPool", ["hint_weight_"], ["held"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("AveragePool", ["weighted"], ["laid"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Sub", ["one", "held"], ["left"]),
        helper.make_node("Mul", ["free", "left"], ["kept"]),
        helper.make_node("Add", ["kept", "laid"], ["ab"]),
    ]


def _declare(sketch: Sketch, name: str) -> onnx.ValueInfoProto:
    shapes: dict[str, list[int | str]] = {
        "lightness": ["n", 1, "H", "W"],
        "hint_ab": ["n", 2, "H", "W"],
        "hint_weight": ["n", 1, "H", "W"],
        "temperature": [],
        "vividness": [],
        "ab": ["n", 2, "h", "w"],
        "logits": ["n", len(BINS), "h", "w"],
    }
    kind = TensorProto.DOUBLE if sketch.double == name else TensorProto.FLOAT
    shape = sketch.shapes.get(name, shapes.get(name, []))
    return helper.make_tensor_value_info(sketch.renamed.get(name, name), kind, shape)


def restorer(path: Path, *, channels: int = 3, given_back: int = 3, sigma: bool = True) -> Path:
    """Write a graph of the task "restore" that gives some of its channels back, and give the path."""
    nodes = [helper.make_node("Slice", ["image", "first", "end", "axis"], ["kept"])]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", channels, "H", "W"])]
    if sigma:
        inputs.append(helper.make_tensor_value_info("sigma", TensorProto.FLOAT, ["N"]))
        nodes += [
            helper.make_node("Mul", ["sigma", "nothing"], ["nothing_"]),
            helper.make_node("Add", ["kept", "nothing_"], ["clean"]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["kept"], ["clean"]))
    values = {"first": [0], "end": [given_back], "axis": [1]}
    constants = [numpy_helper.from_array(np.array(value), name) for name, value in values.items()]
    constants.append(numpy_helper.from_array(np.zeros(1, np.float32), "nothing"))
    outputs = [helper.make_tensor_value_info("clean", TensorProto.FLOAT, ["N", "C", "H", "W"])]
    graph = helper.make_graph(nodes, "restorer", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    facts = {"rechroma_contract": "1", "task": "restore", "name": "restorer.test"}
    helper.set_model_props(model, facts | {"work_size": "64", "multiple_of": "4", "stride": "1"})
    onnx.save(model, path)
    return path
