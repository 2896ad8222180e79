"""Graph contract v1: what a graph takes, gives and declares about itself. Pure: knows no runtime.

A colorizer, task "colorize".

All tensors are float32, NCHW, with dynamic N, H and W (multiples of `multiple_of`):

    in   lightness    (N, 1, H, W)  L*, 0 to 100
    in   hint_ab      (N, 2, H, W)  optional; a*b* where hinted, 0 elsewhere
    in   hint_weight  (N, 1, H, W)  optional, with hint_ab; confidence 0 to 1, 0 = no hint
    in   temperature  ()            optional; annealed mean: 1 = mean, towards 0 = mode
    in   vividness    ()            optional; 1 = class rebalancing as trained, 0 = undone
    out  ab           (N, 2, h, w)  a*b*; h = H / stride, w = W / stride
    out  logits       (N, Q, h, w)  optional; scores over the Q ab bins

and the metadata `rechroma_contract` = "1", `task` = "colorize", `name`, `work_size`, `multiple_of`, `stride`;
`bins` (JSON, Q pairs) where there are logits; `default_vividness` and `default_temperature` where there are
such inputs; `licence`, where known.

A describer of places, task "features", by which pictures are compared: lightness in, as above, and

    out  features     (N, C, h, w)  of length 1 over C; their dot product says how alike two places look

and the same metadata without bins and defaults.

A restorer, task "restore":

    in   image        (N, C, H, W)  sRGB, 0 to 1
    in   sigma        (N,)          optional; standard deviation of the noise, 0 to 1
    out  clean        (N, C, h, w)  the same without damage

and the same metadata without bins and defaults. `tasks` has all of it as a table.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from rechroma.errors import ContractMismatch
from rechroma.runtime.tasks import ANY, DYNAMIC, TASKS, Given, Result, Shape
from rechroma.types import Array, PredictOptions

VERSION = "1"
FLOAT32 = "tensor(float)"
"""How ONNX Runtime spells the type of a float32 tensor."""
SIZE_KEYS = ("work_size", "multiple_of", "stride")
REQUIRED_KEYS = ("rechroma_contract", "task", "name", *SIZE_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """An input or output as the graph declares it."""

    dtype: str
    """ONNX type, such as "tensor(float)"."""
    shape: tuple[int | str | None, ...]
    """A number where the size is fixed, else a name or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a graph that keeps the contract declares about itself."""

    name: str
    """`architecture.tag`, or what its maker calls it."""
    task: str
    """One of TASKS."""
    work_size: int
    """Root of the area, in pixels, at which the graph sees a picture."""
    multiple_of: int
    """Both sides given to the graph are multiples of this."""
    stride: int
    """Pixels of the input to one of the output."""
    inputs: frozenset[str]
    """Names of the inputs that there are."""
    channels: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Channels of those inputs that have some; 1 where the graph takes any number."""
    has_logits: bool
    """Whether there is an output `logits`."""
    bins: Array | None = field(default=None, compare=False)
    """(Q, 2) float32 a*b* of each bin, where there are logits."""
    defaults: PredictOptions = PredictOptions()
    """Vividness and temperature where the user gives none, as far as there are such inputs."""
    license: str = ""
    """SPDX identifier, where known."""


def check(
    inputs: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    *,
    source: str,
    task: str = "colorize",
) -> Contract:
    """Hold a graph's declarations against the contract.

    Args:
        inputs: Declared inputs by name.
        outputs: Declared outputs by name.
        metadata: The file's metadata_props.
        source: What to call the graph in an error.
        task: What the graph is wanted for, one of TASKS.

    Raises:
        ContractMismatch: Everything that differs, and what it should be.
    """
    row = TASKS[task]
    complaints = [
        *_about_metadata(metadata, task),
        *_about_tensors("input", inputs, row.inputs),
        *_about_tensors("output", outputs, row.outputs),
        *_about_hints(inputs),
        *_about_defaults(metadata, inputs),
        *_about_bins(metadata, outputs),
    ]
    if complaints:
        raise ContractMismatch(f"{source} does not keep graph contract v{VERSION}: {'; '.join(complaints)}")
    return Contract(
        name=metadata["name"],
        task=metadata["task"],
        work_size=int(metadata["work_size"]),
        multiple_of=int(metadata["multiple_of"]),
        stride=int(metadata["stride"]),
        inputs=frozenset(inputs),
        channels={name: _channels(tensor) for name, tensor in inputs.items() if len(tensor.shape) == 4},
        has_logits="logits" in outputs,
        bins=_bins(metadata) if "logits" in outputs else None,
        defaults=PredictOptions(
            vividness=float(metadata["default_vividness"]) if "vividness" in inputs else None,
            temperature=float(metadata["default_temperature"]) if "temperature" in inputs else None,
        ),
        license=metadata.get("licence", ""),
    )


def _about_metadata(metadata: Mapping[str, str], wanted: str) -> Iterator[str]:
    if missing := [key for key in REQUIRED_KEYS if not metadata.get(key)]:
        yield f"metadata {', '.join(missing)} is missing"
    if (version := metadata.get("rechroma_contract")) not in {None, VERSION}:
        yield f"metadata rechroma_contract is {version!r}; this version of rechroma reads {VERSION!r}"
    if (task := metadata.get("task")) not in {None, wanted}:
        yield f"metadata task is {task!r}; accepted: {wanted!r}"
    sizes = {key: metadata[key] for key in SIZE_KEYS if metadata.get(key)}
    wrong = {key: text for key, text in sizes.items() if not re.fullmatch(r"[1-9][0-9]{0,5}", text)}
    for key, text in wrong.items():
        yield f"metadata {key} is {text!r}; it is a whole number of at least 1"
    if not wrong and len(sizes) == len(SIZE_KEYS) and int(sizes["multiple_of"]) % int(sizes["stride"]):
        yield f"metadata multiple_of is {sizes['multiple_of']}; it is a multiple of stride {sizes['stride']}"


def _channels(tensor: Tensor) -> int:
    declared = tensor.shape[1]
    return declared if isinstance(declared, int) else 1


def _about_tensors(
    kind: str, found: Mapping[str, Tensor], accepted: Mapping[str, Given] | Mapping[str, Result]
) -> Iterator[str]:
    for name, row in accepted.items():
        if name not in found and not row.optional:
            yield f"{kind} {name} is missing"
    for name, tensor in found.items():
        if name not in accepted:
            yield f"{kind} {name} is not in the contract; accepted: {', '.join(accepted)}"
        else:
            yield from _about_tensor(f"{kind} {name}", tensor, accepted[name].shape)


def _about_tensor(what: str, tensor: Tensor, shape: Shape) -> Iterator[str]:
    if tensor.dtype != FLOAT32:
        yield f"{what} is {tensor.dtype}; it is {FLOAT32}"
    if len(tensor.shape) != len(shape):
        yield f"{what} has rank {len(tensor.shape)}; it has rank {len(shape)}"
        return
    for axis, (found, wanted) in enumerate(zip(tensor.shape, shape, strict=True)):
        if wanted == ANY or not isinstance(found, int):
            continue
        if wanted == DYNAMIC:
            yield f"{what} has axis {'NCHW'[axis]} fixed at {found}; it is dynamic"
        elif found != wanted:
            yield f"{what} has {found} channels; it has {wanted}"


def _about_hints(inputs: Mapping[str, Tensor]) -> Iterator[str]:
    present = [name for name in ("hint_ab", "hint_weight") if name in inputs]
    if len(present) == 1:
        yield f"input {present[0]} is alone; hint_ab and hint_weight come together"


def _about_defaults(metadata: Mapping[str, str], inputs: Mapping[str, Tensor]) -> Iterator[str]:
    for name in ("vividness", "temperature"):
        text = metadata.get(f"default_{name}")
        if name not in inputs:
            continue
        if text is None:
            yield f"metadata default_{name} is missing, and there is an input {name}"
            continue
        try:
            value = float(text)
            _ = PredictOptions(vividness=value) if name == "vividness" else PredictOptions(temperature=value)
        except ValueError as error:
            yield f"metadata default_{name} is {text!r}: {error}"


def _about_bins(metadata: Mapping[str, str], outputs: Mapping[str, Tensor]) -> Iterator[str]:
    if "logits" not in outputs:
        return
    if "bins" not in metadata:
        yield "metadata bins is missing, and there is an output logits"
        return
    try:
        bins = _bins(metadata)
    except (ValueError, TypeError):
        yield "metadata bins is not a JSON list of pairs of numbers"
        return
    shape = outputs["logits"].shape
    if bins.ndim != 2 or bins.shape[1] != 2:
        yield f"metadata bins has shape {bins.shape}; it is a list of pairs"
    elif len(shape) == 4 and isinstance(shape[1], int) and shape[1] != len(bins):
        yield f"output logits has {shape[1]} channels and metadata bins names {len(bins)}"


def _bins(metadata: Mapping[str, str]) -> Array:
    return np.array(json.loads(metadata["bins"]), np.float32)
