"""The verb `export`: a trained net to a graph that keeps the contract, checked against the net at several sizes."""

import json
from pathlib import Path

import onnx
import torch
import yaml
from torch import Tensor, nn

from rechroma import color
from rechroma.errors import OptionError
from rechroma.types import Array, PredictOptions
from rechroma.weights import Row, to_toml
from rechroma_train import bins, features
from rechroma_train.checkpoints import load_net
from rechroma_train.config import CONFIG, ExportOptions, NetOptions
from rechroma_train.graphs import (
    check_difference,
    largest_and_mean,
    run_by_library,
    store_as_float16,
    to_onnx,
    write,
)
from rechroma_train.nets import hintnet
from rechroma_train.stream import load_prior
from rechroma_train.train import CHECKPOINT, PRIOR

INPUTS = ["lightness", "hint_ab", "hint_weight", "temperature", "vividness"]
"""Of a colorizer graph, in the order of `Contract.forward`."""
_CHECKED_SIZES = ((32, 32), (64, 96), (192, 160), (32, 224))
_TOLERANCE = 0.1
"""Largest accepted difference in a*b* between net and graph, both in float32."""
_STORED_TOLERANCE = 0.25
"""Largest accepted mean difference in a*b* that storing the weights as float16 makes, on noise, the worst case."""

_PAPERS = {"plain": "", "query": "; Kang et al. 2023", "memory": "; Yoo et al. 2019"}


class Contract(nn.Module):
    """hintnet as the graph contract has it: lightness and hints in, a*b* and scores out."""

    log_weights: Tensor
    centers: Tensor

    def __init__(self, net: hintnet.HintNet, rebalancing: Tensor) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("log_weights", rebalancing.log())
        self.register_buffer("centers", bins.centers().clone())

    def forward(
        self, lightness: Tensor, hint_ab: Tensor, hint_weight: Tensor, temperature: Tensor, vividness: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Predict.

        Args:
            lightness: (N, 1, H, W) L* 0 to 100; sides multiples of 32.
            hint_ab: (N, 2, H, W) a*b* where hinted.
            hint_weight: (N, 1, H, W) confidence 0 to 1.
            temperature: () annealed-mean temperature.
            vividness: () 1 = rebalanced as trained, 0 = rebalancing undone.

        Returns:
            (N, 2, H/stride, W/stride) a*b*; (N, 313, H/stride, W/stride) scores at this vividness.
        """
        scores = self.net(lightness, hint_ab, hint_weight).permute(0, 2, 3, 1)
        scores = scores - (1 - vividness) * self.log_weights
        ab = bins.annealed_mean(scores, temperature, self.centers)
        return ab.permute(0, 3, 1, 2), scores.permute(0, 3, 1, 2)


def main(options: ExportOptions) -> str:
    """Write the graph; give the row of weights.toml that describes it.

    Raises:
        WeightsError: the graph and the net disagree.
        OptionError: features are asked for without pictures, or blend_share is no share.
    """
    if options.task == "features":
        return features.export(options, _net(options).encoder)
    prior = load_prior(options.run / PRIOR)
    config = yaml.safe_load((options.run / CONFIG).read_text())
    share = float(config["uniform_share"])
    weights = torch.from_numpy(color.rebalancing_weights(prior, uniform_share=share))
    net = _net(options)
    module = Contract(hintnet.folded(net), weights).eval()
    picture = torch.full((2, 1, 64, 96), 50.0)
    example = (
        picture,
        torch.zeros(2, 2, 64, 96),
        torch.zeros_like(picture),
        torch.tensor(1.0),
        torch.tensor(1.0),
    )
    model = to_onnx(module, example, inputs=INPUTS, outputs=["ab", "logits"], multiple_of=hintnet.MULTIPLE_OF)
    onnx.helper.set_model_props(model, _metadata(options, net.options, prior, _public(config)))
    stored = store_as_float16(model)
    check_difference("graph", differences(module, model)[0], accepted=_TOLERANCE, of="a*b*")
    check_difference("stored graph", differences(module, stored)[1], accepted=_STORED_TOLERANCE, of="a*b*")
    return _row(options, net.options, *write(stored, options.out))


def _net(options: ExportOptions) -> hintnet.HintNet:
    """Load the run's weights, and average the earlier ones in where they are named."""
    net = load_net(options.run / CHECKPOINT)
    if options.blend is None:
        return net
    if not 0 <= options.blend_share <= 1:
        raise OptionError(f"blend_share is {options.blend_share}; accepted: 0 to 1")
    paths = [options.blend] if isinstance(options.blend, Path) else options.blend
    earlier = [load_net(path, net.options).state_dict() for path in paths]
    blended = net.state_dict()
    for name, value in blended.items():
        if earlier and value.is_floating_point():
            mean = torch.stack([weights[name] for weights in earlier]).mean(0)
            blended[name] = torch.lerp(value, mean, options.blend_share)
    net.load_state_dict(blended)
    return net


def differences(module: nn.Module, model: onnx.ModelProto) -> tuple[float, float]:
    """Largest and mean |difference| in a*b* between net and graph over several sizes, hints and settings.

    Raises:
        ContractMismatch: the library does not take the graph.
    """
    graph = run_by_library(model, task="colorize")
    generator = torch.Generator().manual_seed(0)
    found = []
    for height, width in _CHECKED_SIZES:
        lightness = torch.rand(2, 1, height, width, generator=generator) * 100
        weight = (torch.rand(2, 1, height, width, generator=generator) > 0.9).float()
        hint = (torch.rand(2, 2, height, width, generator=generator) * 80 - 40) * weight
        for temperature, vividness in ((0.38, 1.0), (1.0, 0.0)):
            inputs = (lightness, hint, weight, torch.tensor(temperature), torch.tensor(vividness))
            with torch.no_grad():
                expected = module(*inputs)[0].numpy()
            feeds = dict(zip(INPUTS, (t.numpy() for t in inputs), strict=True))
            given = graph.run(feeds, ["ab"])[0]
            found.append(given - expected)
    return largest_and_mean(found)


def _public(config: dict[str, object]) -> str:
    """The run's options as YAML, with the names of files and folders but not where they lay."""
    shown = dict(config)
    shown.pop("out", None)
    for name in ("backbone", "prior", "start"):
        shown[name] = Path(str(shown[name])).name if shown.get(name) else None
    losses = dict(shown.get("losses") or {})  # type: ignore[call-overload]
    if losses.get("vgg"):
        shown["losses"] = {**losses, "vgg": Path(losses["vgg"]).name}
    shown["corpora"] = [Path(str(folder)).name for folder in list(config["corpora"])]  # type: ignore[call-overload]
    return str(yaml.safe_dump(shown))


def _metadata(options: ExportOptions, net: NetOptions, prior: Array, config: str) -> dict[str, str]:
    return {
        "rechroma_contract": "1",
        "task": "colorize",
        "name": options.name,
        "work_size": str(options.work_size),
        "multiple_of": str(hintnet.MULTIPLE_OF),
        "stride": str(net.stride),
        "bins": json.dumps(bins.centers().int().tolist()),
        "prior": json.dumps([float(f"{p:.4g}") for p in prior]),
        "default_vividness": str(options.vividness),
        "default_temperature": str(options.temperature),
        "licence": options.license,
        "config": config,
    }


def _row(options: ExportOptions, net: NetOptions, sha256: str, length: int) -> str:
    return to_toml(
        Row(
            name=options.name,
            file=options.out.name,
            sha256=sha256,
            bytes=length,
            task="colorize",
            work_size=options.work_size,
            multiple_of=hintnet.MULTIPLE_OF,
            tiling="never",
            license=options.license,
            paper="Zhang, Isola & Efros 2016; Zhang et al. 2017; Sandler et al. 2018" + _PAPERS[net.head],
            card=f"model_cards/{options.name}.md",
            config=f"configs/{options.name}.yaml",
            defaults=PredictOptions(vividness=options.vividness, temperature=options.temperature),
        )
    )
