"""The features graph: what the encoder sees at 1/4, 1/8 and 1/16, whitened, as one vector of length 1 for each cell.

Whitening (its mean removed, its principal directions brought to one variance) is what makes raw activations tell
places apart: without it most of every vector is what all places have in common.
"""

from copy import deepcopy
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma.errors import OptionError
from rechroma.weights import Row, to_toml
from rechroma_train import color
from rechroma_train.config import ExportOptions
from rechroma_train.data import Corpus, random_view
from rechroma_train.export.graphs import (
    check_difference,
    largest_and_mean,
    run_by_library,
    store_as_float16,
    to_onnx,
    write,
)
from rechroma_train.nets.hintnet.encoder import SCALES, Encoder
from rechroma_train.nets.parts.blocks import upsample2

STRIDE = 8
"""Lightness pixels per cell, each way."""
MULTIPLE_OF = 16
"""Sides of the lightness are multiples of this."""
CHANNELS = 96
"""Principal directions kept."""
PICTURES = 384
"""Pictures that the whitening is measured on."""
_RIDGE = 0.01
"""Added to every variance, as a share of their mean: directions that hardly vary are not blown up."""
_CHECKED_SIZES = ((16, 16), (64, 96), (48, 160))
_TOLERANCE = 1e-3
"""Largest accepted difference between net and graph, both in float32."""
_STORED_TOLERANCE = 1.5e-2
"""Largest accepted mean difference that storing the weights as float16 makes, on noise, the worst case."""


class Features(nn.Module):
    """The shallow part of hintnet's encoder, seeing lightness only."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.stem = deepcopy(encoder.stem)
        self.stem.weight = nn.Parameter(encoder.stem.weight[:, :1].detach().clone())
        self.blocks = nn.ModuleList(deepcopy(list(encoder.blocks)[: max(SCALES) + 1]))
        self.whiten = nn.Conv2d(24 + 32 + 96, CHANNELS, 1)

    def raw(self, lightness: Tensor) -> Tensor:
        """(N, 1, H, W) L* -> (N, 152, H/8, W/8) activations of the three scales."""
        x = F.relu6(self.stem(lightness * 0.02 - 1))
        scales: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in SCALES:
                scales.append(x)
        quarter, eighth, sixteenth = scales
        return torch.cat((F.avg_pool2d(quarter, 2), eighth, upsample2(sixteenth)), dim=1)

    def forward(self, lightness: Tensor) -> Tensor:
        """(N, 1, H, W) L* 0 to 100, sides multiples of 16 -> (N, CHANNELS, H/8, W/8) of length 1 over the channels."""
        return F.normalize(self.whiten(self.raw(lightness)), dim=1)

    def learn_whitening(self, raw: NDArray[np.float32]) -> None:
        """Take the whitening of raw activations (n, 152)."""
        mean = raw.mean(0, dtype=np.float64)
        variance, directions = np.linalg.eigh(np.cov((raw - mean).T))
        scaled = directions / np.sqrt(variance + _RIDGE * variance.mean())
        matrix = torch.from_numpy(scaled[:, ::-1][:, :CHANNELS].T.copy())
        with torch.no_grad():
            self.whiten.weight.copy_(matrix[:, :, None, None])
            self.whiten.bias.copy_(-(matrix @ torch.from_numpy(mean)))  # type: ignore[union-attr]


def export(options: ExportOptions, encoder: Encoder) -> str:
    """Write the graph; give the row of weights.toml that describes it.

    Raises:
        OptionError: No pictures are given to measure the whitening on.
        WeightsError: The graph and the net disagree.
    """
    if not options.corpora:
        raise OptionError("corpora is empty; features need packed pictures: --corpora '[packed/train]'")
    module = Features(encoder).eval()
    module.learn_whitening(_activations(module, options.corpora, options.work_size))
    example = (torch.linspace(0, 100, 2 * 64 * 96).reshape(2, 1, 64, 96),)
    model = to_onnx(module, example, inputs=["lightness"], outputs=["features"], multiple_of=MULTIPLE_OF)
    onnx.helper.set_model_props(model, _metadata(options))
    stored = store_as_float16(model)
    check_difference("graph", differences(module, model)[0], accepted=_TOLERANCE, of="features")
    check_difference(
        "stored graph", differences(module, stored)[1], accepted=_STORED_TOLERANCE, of="features"
    )
    return _row(options, *write(stored, options.out))


def differences(module: nn.Module, model: onnx.ModelProto) -> tuple[float, float]:
    """Largest and mean |difference| between the features of net and graph, over several sizes.

    Raises:
        ContractMismatch: The library does not take the graph.
    """
    graph = run_by_library(model, task="features")
    generator = torch.Generator().manual_seed(0)
    found = []
    for height, width in _CHECKED_SIZES:
        lightness = torch.rand(2, 1, height, width, generator=generator) * 100
        with torch.no_grad():
            expected = module(lightness).numpy()
        given = graph.run({"lightness": lightness.numpy()}, ["features"])[0]
        found.append(given - expected)
    return largest_and_mean(found)


def _activations(module: Features, corpora: list[Path], size: int) -> NDArray[np.float32]:
    """Gather raw activations (n, 152) of pictures drawn evenly over the corpora, from one cell in eight."""
    rng = np.random.default_rng(0)
    found = []
    for corpus in map(Corpus.open, corpora):
        which = torch.from_numpy(
            rng.choice(len(corpus), min(len(corpus), PICTURES // len(corpora)), replace=False)
        )
        for part in torch.split(which, 16):
            shape = corpus.height[part].numpy(), corpus.width[part].numpy()
            view = random_view(*shape, size, (0.7, 1.0), rng)
            lightness = color.rgb_to_lab(corpus.crop(part, view, size))[:, :1]
            with torch.no_grad():
                raw = module.raw(lightness).permute(0, 2, 3, 1).reshape(-1, 152)
            found.append(raw[int(rng.integers(8)) :: 8].numpy())
    return np.concatenate(found)


def _metadata(options: ExportOptions) -> dict[str, str]:
    return {
        "rechroma_contract": "1",
        "task": "features",
        "name": options.name,
        "work_size": str(options.work_size),
        "multiple_of": str(MULTIPLE_OF),
        "stride": str(STRIDE),
        "licence": options.license,
    }


def _row(options: ExportOptions, sha256: str, length: int) -> str:
    return to_toml(
        Row(
            name=options.name,
            file=options.out.name,
            sha256=sha256,
            bytes=length,
            task="features",
            work_size=options.work_size,
            multiple_of=MULTIPLE_OF,
            tiling="never",
            license=options.license,
            paper="Sandler et al. 2018; Zhang et al. 2017",
            card=f"model_cards/{options.name}.md",
            config=f"configs/{options.name}.yaml",
        )
    )
