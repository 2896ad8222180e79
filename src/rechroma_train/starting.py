"""What a new run begins from: an earlier run's weights, or those of a graph that `export` wrote.

A graph has its batch norms folded into the convolutions before them. Taken back, each norm first passes values on as
they are; then it is told what it would have measured on the training's pictures, so that the net predicts what the
graph predicts, and learns from there as if it had never been folded.
"""

import json
from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from rechroma import weights
from rechroma.errors import WeightsError
from rechroma_train.checkpoints import take, take_matching
from rechroma_train.nets.parts.net import Net
from rechroma_train.stream import Batch

GRAPH = ".onnx"
_MEASURED = 16
"""Batches over which the norms of a folded net are measured."""


def resolve(start: Path) -> Path:
    """The file that is meant: a path, or the name of weights in weights.toml.

    Raises:
        WeightsNotFound: there is neither such a file nor such a name.
    """
    if start.exists() or len(start.parts) > 1 or start.suffix in {GRAPH, ".ckpt", ".safetensors"}:
        if not start.is_file():
            raise WeightsError(
                f"start is {start}, and there is no such file; accepted: a file or a name of weights"
            )
        return start
    return weights.path_of(weights.find(str(start)))


def begin(net: Net, start: Path, batches: Iterable[Batch]) -> None:
    """Copy weights of the same name and shape into a net; the rest of it stays fresh.

    Args:
        net: to begin with.
        start: a checkpoint, kept weights (.safetensors), or a graph (.onnx).
        batches: of the run; only a graph's norms look at them.

    Raises:
        WeightsError: no weights of the file fit the net.
    """
    if start.suffix != GRAPH:
        take_matching(net, start)
        return
    folded = {
        weight.name.removesuffix(".half").removeprefix("net."): torch.from_numpy(
            numpy_helper.to_array(weight).astype(np.float32)
        )
        for weight in onnx.load(start).graph.initializer
        if weight.name.startswith("net.")
    }
    taken = take(net, unfolded(net, folded), start.name)
    norms = [
        module
        for name, module in net.named_modules()
        if isinstance(module, nn.BatchNorm2d) and f"{name}.bias" in taken
    ]
    measure(net, norms, islice(batches, _MEASURED))


def prior_of(graph: Path) -> NDArray[np.float64]:
    """Read the prior of the bins, (313,), sums to 1, by which a graph's training was rebalanced."""
    properties = {p.key: p.value for p in onnx.load(graph, load_external_data=False).metadata_props}
    if "prior" not in properties:
        raise WeightsError(f"{graph.name} has no prior of the bins: it is no graph that `export` wrote")
    return np.array(json.loads(properties["prior"]), np.float64)


def unfolded(net: Net, folded: dict[str, Tensor]) -> dict[str, Tensor]:
    """Name folded weights as the net does: a bias that its convolution has not is that of the norm after it.

    Args:
        net: whose names count.
        folded: weights by name, as `Net.folded` leaves them.
    """
    own = net.state_dict()
    state: dict[str, Tensor] = {}
    for name, value in folded.items():
        layer, _, kind = name.rpartition(".")
        norm = next(
            (n for n in (f"{layer}_norm", f"{layer.rpartition('.')[0]}.norm") if f"{n}.bias" in own), None
        )
        if name in own or kind != "bias" or norm is None:
            state[name] = value
            continue
        state[f"{norm}.bias"] = value
        state[f"{norm}.weight"] = torch.ones_like(value)
        state[f"{norm}.running_mean"] = torch.zeros_like(value)
        state[f"{norm}.running_var"] = torch.ones_like(value)
    return state


def measure(net: Net, norms: list[nn.BatchNorm2d], batches: Iterable[Batch]) -> None:
    """Let norms take the mean and variance of what reaches them for their own; the net's results stay the same."""
    inputs: dict[nn.BatchNorm2d, list[Tensor]] = {norm: [] for norm in norms}

    def keep(norm: nn.BatchNorm2d, _: nn.Module, given: tuple[Tensor]) -> None:
        x = given[0].double()
        inputs[norm].append(torch.stack((x.mean((0, 2, 3)), x.square().mean((0, 2, 3)))))

    handles = [norm.register_forward_pre_hook(partial(keep, norm)) for norm in norms]
    net.eval()
    with torch.no_grad():
        for batch in batches:
            net(*batch.seen(net.takes))
        for norm, kept in inputs.items():
            _tell(norm, torch.stack(kept).mean(0).float())
    for handle in handles:
        handle.remove()
    net.train()


def _tell(norm: nn.BatchNorm2d, moments: Tensor) -> None:
    """Set the mean and the variance of a norm, and its scale and shift so that it maps as before."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean, variance = moments[0], (moments[1] - moments[0].square()).clamp_min(0)
    slope = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    norm.bias.add_(slope * (mean - norm.running_mean))
    norm.weight.copy_(slope * torch.sqrt(variance + norm.eps))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
