"""The verb `export`: a trained net to a graph that keeps the contract, checked against the net at several sizes."""

import json
from dataclasses import asdict
from pathlib import Path

import onnx
import torch
import yaml

from rechroma import color
from rechroma.errors import OptionError
from rechroma.types import Array, PredictOptions
from rechroma.weights import Row, to_toml
from rechroma_train import bins, checkpoints
from rechroma_train.checkpoints import load_net
from rechroma_train.config import ClassifyOptions, ExportOptions, TrainOptions
from rechroma_train.export import features
from rechroma_train.export.graphs import (
    check_difference,
    largest_and_mean,
    run_by_library,
    store_as_float16,
    to_onnx,
    write,
)
from rechroma_train.export.wrappers import Classified, Regressed, example
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.nets.parts.net import Net
from rechroma_train.stream import load_prior
from rechroma_train.train import CHECKPOINT, PRIOR

_CHECKED_SIZES = ((32, 32), (64, 96), (192, 160), (32, 224))
_TOLERANCE = 0.1
"""Largest accepted difference in a*b* between net and graph, both in float32."""
_STORED_TOLERANCE = 0.25
"""Largest accepted mean difference in a*b* that storing the weights as float16 makes, on noise, the worst case."""


def main(options: ExportOptions) -> str:
    """Write the graph; give the row of weights.toml that describes it.

    Raises:
        WeightsError: the graph and the net disagree.
        OptionError: features are asked for without pictures, or blend_share is no share.
    """
    if options.task == "features":
        net = _net(options)
        if not isinstance(net, HintNet):
            raise OptionError(f"features are those of hintnet's encoder; {options.run} has another net")
        return features.export(options, net.encoder)
    prior = load_prior(options.run / PRIOR)
    run = checkpoints.options_of(options.run / CHECKPOINT)
    net = _net(options)
    module = _wrapped(net, run, prior)
    model = to_onnx(
        module,
        example(module, 64, 96, seed=0),
        inputs=module.inputs,
        outputs=module.outputs,
        multiple_of=net.multiple_of,
    )
    onnx.helper.set_model_props(model, _metadata(options, module, prior, _public(run)))
    stored = store_as_float16(model)
    check_difference("graph", differences(module, model)[0], accepted=_TOLERANCE, of="a*b*")
    check_difference("stored graph", differences(module, stored)[1], accepted=_STORED_TOLERANCE, of="a*b*")
    return _row(options, module, *write(stored, options.out))


def _wrapped(net: Net, run: TrainOptions, prior: Array) -> Classified | Regressed:
    """The net as the graph contract has it, by the task that it learned."""
    if not isinstance(run.task, ClassifyOptions):
        return Regressed(net.folded()).eval()
    weights = color.rebalancing_weights(prior, uniform_share=run.task.uniform_share)
    return Classified(net.folded(), torch.from_numpy(weights)).eval()


def _net(options: ExportOptions) -> Net:
    """Load the run's weights, and average the earlier ones in where they are named."""
    run = checkpoints.options_of(options.run / CHECKPOINT)
    net = load_net(options.run / CHECKPOINT, run)
    if options.blend is None:
        return net
    if not 0 <= options.blend_share <= 1:
        raise OptionError(f"blend_share is {options.blend_share}; accepted: 0 to 1")
    paths = [options.blend] if isinstance(options.blend, Path) else options.blend
    earlier = [load_net(path, run).state_dict() for path in paths]
    blended = net.state_dict()
    for name, value in blended.items():
        if earlier and value.is_floating_point():
            mean = torch.stack([weights[name] for weights in earlier]).mean(0)
            blended[name] = torch.lerp(value, mean, options.blend_share)
    net.load_state_dict(blended)
    return net


def differences(module: Classified | Regressed, model: onnx.ModelProto) -> tuple[float, float]:
    """Largest and mean |difference| in a*b* between net and graph over several sizes, hints and settings.

    Raises:
        ContractMismatch: the library does not take the graph.
    """
    graph = run_by_library(model, task="colorize")
    found = []
    for number, (height, width) in enumerate(_CHECKED_SIZES):
        for temperature, vividness in ((0.38, 1.0), (1.0, 0.0)):
            settings = {"temperature": torch.tensor(temperature), "vividness": torch.tensor(vividness)}
            given = dict(zip(module.inputs, example(module, height, width, seed=number), strict=True))
            given |= {name: value for name, value in settings.items() if name in given}
            with torch.no_grad():
                expected = module(*given.values())[0].numpy()
            feeds = {name: value.numpy() for name, value in given.items()}
            found.append(graph.run(feeds, ["ab"])[0] - expected)
    return largest_and_mean(found)


def _public(run: TrainOptions) -> str:
    """The run's options as YAML, with the names of files and folders but not where they lay."""
    shown = asdict(run)
    del shown["run"]["out"]
    named = json.dumps(shown, default=lambda path: Path(path).name)
    return str(yaml.safe_dump(json.loads(named)))


def _metadata(
    options: ExportOptions, module: Classified | Regressed, prior: Array, config: str
) -> dict[str, str]:
    always = {
        "rechroma_contract": "1",
        "task": "colorize",
        "name": options.name,
        "work_size": str(options.work_size),
        "multiple_of": str(module.net.multiple_of),
        "stride": str(module.net.stride),
        "licence": options.license,
        "config": config,
    }
    if isinstance(module, Regressed):
        return always
    return always | {
        "bins": json.dumps(bins.centers().int().tolist()),
        "prior": json.dumps([float(f"{p:.4g}") for p in prior]),
        "default_vividness": str(options.vividness),
        "default_temperature": str(options.temperature),
    }


def _row(options: ExportOptions, module: Classified | Regressed, sha256: str, length: int) -> str:
    return to_toml(
        Row(
            name=options.name,
            file=options.out.name,
            sha256=sha256,
            bytes=length,
            task="colorize",
            work_size=options.work_size,
            multiple_of=module.net.multiple_of,
            tiling="never",
            license=options.license,
            paper=module.net.paper,
            card=f"model_cards/{options.name}.md",
            config=f"configs/{options.name}.yaml",
            defaults=PredictOptions(vividness=options.vividness, temperature=options.temperature)
            if isinstance(module, Classified)
            else PredictOptions(),
        )
    )
