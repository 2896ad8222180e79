"""Graphs opened on a device, checked against the contract, tried out once, and run."""

import io
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rechroma import settings
from rechroma.errors import ContractMismatch, InputError, OptionError, WeightsError, WeightsNotFound
from rechroma.runtime.contract import Contract, Tensor, check
from rechroma.runtime.tasks import TASKS
from rechroma.types import DEVICES, Array, Device

with settings.telemetry_forbidden():
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

PROVIDERS: dict[Device, str] = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""ONNX Runtime's name of each device."""
AUTO: tuple[Device, ...] = ("cuda", "directml", "coreml", "cpu")
"""What `auto` tries, in this order. OpenVINO is no accelerator but another way to use the CPU: it takes seconds
to load a graph, which only long runs win back, so it is for those who ask for it."""
KEPT_SESSIONS = 8
"""Sessions kept in a process; each holds its weights in memory."""
MAX_AUTO_THREADS = 8
"""Threads at most where nobody says how many: the graphs are small, more would wait for one another."""
ORT_ERRORS: tuple[type[Exception], ...] = (
    *(e for e in vars(ort_errors).values() if isinstance(e, type) and issubclass(e, Exception)),
    ValueError,
    RuntimeError,
)
"""What ONNX Runtime raises: siblings without a common base of their own, and two built-in ones."""
UNREADABLE = (ort_errors.NoSuchFile, ort_errors.InvalidProtobuf, ort_errors.InvalidGraph, ort_errors.NoModel)
"""What it raises for a file that is no graph."""

_LOADING = threading.Lock()


class Graph:
    """A graph that keeps the contract, ready to run. Safe to use from several threads."""

    def __init__(self, session: ort.InferenceSession, contract: Contract, device: Device) -> None:
        self._session = session
        # DirectML may not run one session from two threads; only the CPU gains from it anyway.
        self._turn: AbstractContextManager[Any] = nullcontext() if device == "cpu" else threading.Lock()
        self.contract = contract
        self.device = device

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Compute the named outputs.

        Args:
            feeds: Every input of the contract that the graph has, as the contract shapes it.
            outputs: Names of the outputs wanted; the others are not computed.

        Raises:
            InputError: A side of the picture is no multiple of what the contract says.
            WeightsError: The runtime failed, for want of memory for example.
        """
        sized = TASKS[self.contract.task].sized
        height, width = feeds[sized].shape[-2:]
        if height % self.contract.multiple_of or width % self.contract.multiple_of:
            # Some graphs would fail with a riddle, and some leave out rows without a word.
            raise InputError(
                f"{sized} given to graph {self.contract.name} is {height}x{width}; accepted: sides that are "
                f"multiples of {self.contract.multiple_of} (tiling.pad_to_multiple fills them up)"
            )
        try:
            with self._turn:
                results: list[Array] = self._session.run(list(outputs), dict(feeds))
        except ORT_ERRORS as error:
            raise WeightsError(f"graph {self.contract.name} failed on {self.device}: {error}") from error
        return results


def load(path: Path, *, device: Device = "auto", threads: int = 0, task: str = "colorize") -> Graph:
    """Open a graph, hold it against the contract and try it once; a graph opened before is given again.

    Args:
        path: An .onnx file.
        device: Where it runs; "auto" takes the first of AUTO that works, and `Graph.device` says which.
        threads: Threads of the CPU; 0 = RECHROMA_THREADS, or one per core (at most MAX_AUTO_THREADS).
        task: What it is wanted for, one of tasks.TASKS.

    Raises:
        WeightsNotFound: There is no such file.
        ContractMismatch: It is no ONNX graph, or one that does not keep the contract.
        OptionError: The device is not available here.
    """
    if device not in DEVICES:
        raise OptionError(f"device is {device!r}; accepted: {', '.join(DEVICES)}")
    if device != "auto" and device not in devices():
        raise OptionError(
            f"device is {device!r}; accepted by the ONNX Runtime installed here: "
            f"{', '.join(('auto', *devices()))}"
        )
    if threads < 0:
        raise OptionError(f"threads is {threads}; accepted: 0 (all cores) or a number of threads")
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise WeightsNotFound(f"there is no graph {path}") from error
    with _LOADING:  # two threads that ask for one graph get one session
        return _load(path.resolve(), stat.st_mtime_ns, stat.st_size, device, _thread_count(threads), task)


def devices() -> tuple[Device, ...]:
    """Name the devices that the installed ONNX Runtime is built for."""
    built = ort.get_available_providers()
    return tuple(device for device, provider in PROVIDERS.items() if provider in built)


@lru_cache(maxsize=KEPT_SESSIONS)
def _load(path: Path, _mtime_ns: int, _size: int, device: Device, threads: int, task: str) -> Graph:
    if device != "auto":
        return _checked(_session(path, device, threads), device, path, task)
    for candidate in AUTO[:-1]:
        if candidate in devices():
            with suppress(OptionError):
                return _checked(_session(path, candidate, threads), candidate, path, task)
    return _checked(_session(path, AUTO[-1], threads), AUTO[-1], path, task)


def _session(path: Path, device: Device, threads: int) -> ort.InferenceSession:
    """Open a session on this device; left to itself ONNX Runtime would take the CPU where it does not start."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what matters is raised; the library writes to no stream
    # Sizes vary from picture to picture: patterns would only hold more memory, and DirectML forbids them.
    # The arena stays: without it the C library's allocator holds a quarter more, and runs are slower.
    options.enable_mem_pattern = False
    # Threads that wait sleep: a busy machine loses half its speed to threads that spin.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wishes = {"num_of_threads": str(threads)} if device == "openvino" else {}
    if device == "cuda" and hasattr(ort, "preload_dlls"):
        with redirect_stdout(io.StringIO()):  # it prints what it does not find
            ort.preload_dlls()
    try:
        session = ort.InferenceSession(
            str(path), options, providers=[(PROVIDERS[device], wishes)], enable_fallback=0
        )
    except UNREADABLE as error:
        raise ContractMismatch(f"{path} is not an ONNX graph that can be read: {error}") from error
    except ORT_ERRORS as error:
        if device == "cpu":
            raise ContractMismatch(f"{path} cannot be run: {error}") from error
        raise OptionError(f"device is {device!r}; it does not start on this machine: {error}") from error
    if PROVIDERS[device] not in session.get_providers():
        raise OptionError(
            f"device is {device!r}; it does not start on this machine: are its drivers installed?"
        )
    return session


def _checked(session: ort.InferenceSession, device: Device, path: Path, task: str) -> Graph:
    contract = check(
        {node.name: Tensor(dtype=node.type, shape=tuple(node.shape)) for node in session.get_inputs()},
        {node.name: Tensor(dtype=node.type, shape=tuple(node.shape)) for node in session.get_outputs()},
        session.get_modelmeta().custom_metadata_map,
        source=str(path),
        task=task,
    )
    graph = Graph(session, contract, device)
    _try_out(graph, path)
    return graph


def _try_out(graph: Graph, path: Path) -> None:
    """Run the smallest picture that is not square, since a graph may declare what it does not do."""
    contract = graph.contract
    task = TASKS[contract.task]
    height, width = contract.multiple_of, 2 * contract.multiple_of
    sizes = {0: 1, 2: height, 3: width}
    feeds: dict[str, Array] = {}
    for name in contract.inputs:
        shape = [
            contract.channels[name] if axis == 1 else sizes[axis]
            for axis in range(len(task.inputs[name].shape))
        ]
        value = getattr(contract.defaults, name, None) or task.inputs[name].trial
        feeds[name] = np.full(shape, value, np.float32)
    names = [name for name in task.outputs if name != "logits" or contract.has_logits]
    try:
        results = graph.run(feeds, names)
    except WeightsError as error:
        raise ContractMismatch(f"{path} does not run on a {height}x{width} picture: {error}") from error
    for name, result in zip(names, results, strict=True):
        expected = (1, _channels(contract, name), height // contract.stride, width // contract.stride)
        if result.ndim != 4 or result.shape != (1, expected[1] or result.shape[1], *expected[2:]):
            raise ContractMismatch(
                f"{path} does not keep graph contract v1: output {name} has shape {result.shape} for a "
                f"{height}x{width} picture; with stride {contract.stride} it is {expected}"
            )
        if not np.isfinite(result).all():
            raise ContractMismatch(f"{path}: output {name} is not finite for a plain gray picture")


def _channels(contract: Contract, output: str) -> int | None:
    """Return how many channels an output has; None where the contract leaves it open."""
    row = TASKS[contract.task].outputs[output]
    if row.channels_of:
        return contract.channels[row.channels_of]
    if output == "logits" and contract.bins is not None:
        return len(contract.bins)
    return row.shape[1] if row.shape[1] > 0 else None


def _thread_count(asked: int) -> int:
    return asked or settings.current().threads or min(settings.cores(), MAX_AUTO_THREADS)
