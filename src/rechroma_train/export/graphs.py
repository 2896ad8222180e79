"""From a trained net to an ONNX file: exported with free sizes, large weights stored as float16."""

import hashlib
import inspect
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from rechroma import runtime
from rechroma.errors import WeightsError

_OPSET = 18


def to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    multiple_of: int,
) -> onnx.ModelProto:
    """Export with N, H and W of every picture-like input free, its sides multiples of `multiple_of`."""
    batch, rows, columns = (torch.export.Dim(n, min=1, max=512) for n in ("N", "rows", "columns"))
    size = {0: batch, 2: multiple_of * rows, 3: multiple_of * columns}
    program = torch.onnx.export(
        module,
        example,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes=_as_declared(module, tuple(size if v.ndim == 4 else None for v in example)),
        opset_version=_OPSET,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise WeightsError("the exporter gave no graph")
    return program.model_proto


def _as_declared(module: nn.Module, shapes: tuple[object, ...]) -> tuple[object, ...]:
    """The exporter wants the shapes of `*given` as one tuple."""
    (first, *_) = inspect.signature(module.forward).parameters.values()
    return (shapes,) if first.kind is first.VAR_POSITIONAL else shapes


def run_by_library(model: onnx.ModelProto, *, task: str) -> runtime.Graph:
    """Open a graph as the library does, which holds it against the contract.

    Raises:
        ContractMismatch: The library does not take it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        onnx.save(model, path)
        return runtime.load(path, device="cpu", threads=1, task=task)


def largest_and_mean(found: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    """Summarize differences, arrays of any shapes, by the size of the largest and the mean size."""
    every = np.abs(np.concatenate([each.ravel() for each in found]))
    return float(every.max()), float(every.mean())


def check_difference(what: str, found: float, *, accepted: float, of: str) -> None:
    """Refuse a graph that differs from its net by more than is accepted, in `of`.

    Raises:
        WeightsError: It does.
    """
    if found > accepted:
        raise WeightsError(f"{what} and net differ by {found:.4f} in {of}; accepted: up to {accepted}")


def store_as_float16(model: onnx.ModelProto, *, keep: Collection[str] = ()) -> onnx.ModelProto:
    """Keep every large weight as float16 with a cast to float32 before its use: half the file, float32 arithmetic.

    Weights named in `keep` stay as they are.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    casts = []
    for weight in result.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < 256 or weight.name in keep:
            continue
        name = weight.name
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{name}.half")
        weight.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        result.graph.node.insert(0, cast)
    del result.graph.value_info[:]
    _strip_traces(result.graph)
    onnx.checker.check_model(result)
    return result


def _strip_traces(graph: onnx.GraphProto) -> None:
    """Drop the source lines that the exporter notes at every node: they name folders of the machine it ran on."""
    for item in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""


def write(model: onnx.ModelProto, path: Path) -> tuple[str, int]:
    """Write a graph under its name once it is complete; give its SHA-256 and its length."""
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, part)
    part.replace(path)
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), len(data)
