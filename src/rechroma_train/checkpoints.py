"""From a run's checkpoint to a net: all of it, or what fits into another net."""

import logging
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from rechroma.errors import WeightsError
from rechroma_train import nets, parsing, tasks
from rechroma_train.config import CONFIG, DataOptions, RunOptions, TrainOptions
from rechroma_train.nets.parts.net import Net

_log = logging.getLogger(__name__)


def options_of(checkpoint: Path) -> TrainOptions:
    """Read the options of the run that a checkpoint lies in; the default ones where it lies alone."""
    path = checkpoint.with_name(CONFIG)
    if path.exists():
        return parsing.read(path)
    return TrainOptions(run=RunOptions(out=checkpoint.parent), data=DataOptions(corpora=[]))


def load_net(checkpoint: Path, options: TrainOptions | None = None) -> Net:
    """Load the averaged weights of a run, ready to predict.

    Args:
        checkpoint: of `train`, or averaged weights that it kept (.safetensors).
        options: of the run; where not given, those of config.yaml beside the checkpoint.

    Raises:
        WeightsError: the weights are those of another net.
    """
    options = options or options_of(checkpoint)
    net = nets.build(options.net, outputs=tasks.outputs(options.task))
    try:
        net.load_state_dict(_weights(checkpoint))
    except RuntimeError as error:
        raise WeightsError(
            f"{checkpoint.name} holds the weights of another net than {options.net}"
        ) from error
    return net.eval()


def take_matching(net: Net, checkpoint: Path) -> tuple[int, int]:
    """Copy the weights of the same name and shape into a net; gives how many tensors were taken and left as they are.

    Raises:
        WeightsError: no tensor matches.
    """
    taken = take(net, _weights(checkpoint), checkpoint.name)
    return len(taken), len(net.state_dict()) - len(taken)


def take(net: Net, given: Mapping[str, Tensor], source: str) -> frozenset[str]:
    """Copy those of the given tensors that have the name and the shape of one in the net; gives their names.

    Raises:
        WeightsError: no tensor matches.
    """
    own = net.state_dict()
    taken = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    if not taken:
        raise WeightsError(f"no tensor in {source} has the name and the shape of one in the net")
    net.load_state_dict({**own, **taken})
    _log.info("%s: %d tensors taken, %d start fresh", source, len(taken), len(own) - len(taken))
    return frozenset(taken)


def read(checkpoint: Path) -> dict[str, Any]:
    """Read a run's checkpoint: tensors, numbers and text; whatever else a file holds is not run.

    Raises:
        WeightsError: the file is no checkpoint, or holds something else.
    """
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise WeightsError(
            f"{checkpoint} is no checkpoint that can be read, or holds more than tensors, numbers and text; accepted: "
            f"last.ckpt of `train`: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from error
    if not isinstance(state, dict) or "state_dict" not in state:
        raise WeightsError(f"{checkpoint} has no state_dict; accepted: last.ckpt of `train`")
    return state


def _weights(checkpoint: Path) -> dict[str, Tensor]:
    state = load_file(checkpoint) if checkpoint.suffix == ".safetensors" else read(checkpoint)["state_dict"]
    return {k.removeprefix("net."): v for k, v in state.items() if k.startswith("net.")}
