"""What more in the net costs: parameters, megabytes of its graph, time to color and time to learn, by its options.

    python -m benchmarks capacity [default query ...] [--repeats 15] [--out benchmarks/results]

All nets are made here with weights that nobody trained: they cost what trained ones do. The cases run in turn on
one thread, so their ratios hold better than their milliseconds. What the parts bring is in the log of experiments.
"""

import logging
import statistics
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from benchmarks.measure import command, keep, machine, side_by_side
from rechroma_train import bins
from rechroma_train.export.graphs import store_as_float16, to_onnx, write
from rechroma_train.export.wrappers import Classified, example
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet, HintNetOptions

WORK, WINDOW, PICTURES = 160, 128, 8
VARIANTS = {
    "default": HintNetOptions(),
    "narrow": HintNetOptions(widths=(160, 112, 96, 96)),
    "wide": HintNetOptions(widths=(288, 208, 160, 160)),
    "wider": HintNetOptions(widths=(384, 288, 224, 192)),
    "three blocks": HintNetOptions(blocks=(3, 3, 3, 3)),
    "four deep blocks": HintNetOptions(blocks=(4, 4, 2, 2)),
    "query": HintNetOptions(head="query"),
    "memory": HintNetOptions(head="memory"),
    "output at 1/2": HintNetOptions(fine=True),
    "query, output at 1/2": HintNetOptions(head="query", fine=True),
}


def main(given: Sequence[str]) -> None:
    """Export and time the variants in turn, and keep the table."""
    parser = command("capacity", __doc__)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS), metavar="variant", help="all if none")
    parser.add_argument("--repeats", type=int, default=15, help="rounds of each measurement")
    arguments = parser.parse_args(given)
    facts = machine()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    names = list(dict.fromkeys(["default", *arguments.variants]))
    nets = {name: HintNet(VARIANTS[name]).eval() for name in names}
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, f"{i}.onnx") for i, name in enumerate(names)}
        bytes_ = {name: save(nets[name], path) for name, path in paths.items()}
        color = side_by_side(
            {name: colorer(path) for name, path in paths.items()}, repeats=arguments.repeats, warm_up=3
        )
    learn = side_by_side(
        {name: learner(net) for name, net in nets.items()}, repeats=-(-arguments.repeats // 3)
    )
    coloring, learning = (
        medians(samples, scale) for samples, scale in ((color, 1e3), (learn, 1e3 / PICTURES))
    )
    table = [
        {
            "net": name,
            "parameters, millions": round(sum(p.numel() for p in net.parameters()) / 1e6, 2),
            "graph, MB": round(bytes_[name] / 1e6, 2),
            f"coloring {WORK} px, ms": round(coloring[name], 1),
            "to the default": round(coloring[name] / coloring["default"], 2),
            f"learning {WINDOW} px, ms a picture": round(learning[name], 1),
            "to the default's": round(learning[name] / learning["default"], 2),
        }
        for name, net in nets.items()
    ]
    keep("capacity", table, arguments.out, facts=facts)


def medians(samples: dict[str, list[float]], scale: float) -> dict[str, float]:
    """Median of each case, scaled."""
    return {name: statistics.median(times) * scale for name, times in samples.items()}


def save(net: HintNet, path: Path) -> int:
    """Export a net as `export` does; gives the bytes of its graph."""
    module = Classified(net.folded(), torch.ones(bins.COUNT)).eval()
    model = to_onnx(
        module,
        example(module, 64, 96, seed=0),
        inputs=module.inputs,
        outputs=module.outputs,
        multiple_of=net.multiple_of,
    )
    return write(store_as_float16(model), path)[1]


def colorer(path: Path) -> Callable[[], object]:
    """Color one picture by a graph on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    feeds = {
        "lightness": rng.uniform(0, 100, (1, 1, WORK, WORK)).astype(np.float32),
        "hint_ab": np.zeros((1, 2, WORK, WORK), np.float32),
        "hint_weight": np.zeros((1, 1, WORK, WORK), np.float32),
        "temperature": np.float32(0.7),
        "vividness": np.float32(0.5),
    }
    feeds = {name: np.asarray(value) for name, value in feeds.items()}
    return lambda: session.run(["ab"], feeds)


def learner(net: HintNet) -> Callable[[], object]:
    """Make one step of training without the loader: forward, every second row scored, backward, update."""
    net = net.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    loss = ClassificationLoss(torch.ones(bins.COUNT), regression=0.5)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-4)
    generator = torch.Generator().manual_seed(0)
    lightness, weight = torch.rand(2, PICTURES, 1, WINDOW, WINDOW, generator=generator)
    side = WINDOW // net.options.stride
    hint, ab = (torch.rand(PICTURES, 2, s, s, generator=generator) * 80 - 40 for s in (WINDOW, side))
    rows = slice(0, None, 2)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(lightness * 100, hint, (weight > 0.99).float(), rows=rows)
        loss(logits, ab[:, :, rows])["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()

    return step
