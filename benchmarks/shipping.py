"""A graph and its 8-bit twin side by side: how close their colors are, how fast they run, how large they are.

    python -m rechroma_train quantize --weights X.onnx --corpora '[PACKED]' --out X.int8.onnx
    python -m benchmarks shipping FOLDER --twin X.int8.onnx [--twin Y.int8.onnx]... [--weights hintnet]
                                  [--pictures 100] [--repeats 40]

FOLDER has color photographs. Each is turned to gray and colored by the shipped code, by every graph: faithful
(vividness 0, temperature 1), at the default, and at the default with ten random patches of the truth as hints, the
same for all. "a*b* moved" is the mean distance between what a twin predicts and what the float graph does. Times are
of the graph alone, one thread, the graphs in turn, so that their ratios hold on a busy machine too; 8 bits are fast
only where the processor multiplies them (AVX-512 VNNI, AVX-VNNI, ARM's dot product), and results differ a little
from one kind of processor to another.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measure import command, keep, machine, side_by_side
from rechroma import methods, metrics, runtime, weights
from rechroma.types import AB, Array, Colorizer, PredictOptions
from rechroma_train.evaluate import shipped
from rechroma_train.evaluate.pictures import Truth, read, spread
from rechroma_train.evaluate.variants import random_hints

HINTS = 10
FAITHFUL, DEFAULT, HINTED = "faithful", "default", f"{HINTS} hints"
SIZES = ((160, 160), (256, 256))
"""Height and width at which the graphs are timed; the first is the size at which the default works."""
SEED = 0

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colored:
    """One picture, colored by one graph in one way."""

    psnr: float
    """dB against the truth."""
    colorfulness: float
    """Absolute opponents."""
    ab: AB
    """(h, w, 2) as predicted."""


def color(colorizer: Colorizer, truth: Truth) -> dict[str, Colored]:
    """Color a photograph in the three ways."""
    hints = random_hints(truth, shipped.work_size(colorizer, truth.gray.shape), count=HINTS, seed=SEED)
    ways = {
        FAITHFUL: (PredictOptions(vividness=0.0, temperature=1.0), None),
        DEFAULT: (PredictOptions(), None),
        HINTED: (PredictOptions(), hints),
    }
    found = {}
    for name, (options, given) in ways.items():
        rgb, said = shipped.color(colorizer, truth.gray, options=options, hints=given)
        found[name] = Colored(
            psnr=metrics.psnr(rgb, truth.rgb), colorfulness=metrics.colorfulness(rgb), ab=said.ab
        )
    return found


def quality(colored: Mapping[str, Sequence[dict[str, Colored]]]) -> list[Row]:
    """Compare graphs, the first of which is the float one: a row for each way and graph."""
    base = next(iter(colored))
    rows: list[Row] = []
    for way in (FAITHFUL, DEFAULT, HINTED):
        for graph, each in colored.items():
            lost = [one[way].psnr - other[way].psnr for one, other in zip(colored[base], each, strict=True)]
            moved = [
                _moved(one[way].ab, other[way].ab) for one, other in zip(colored[base], each, strict=True)
            ]
            rows.append(
                {
                    "way": way,
                    "graph": graph,
                    "PSNR": round(statistics.fmean(one[way].psnr for one in each), 2),
                    "lost, dB": round(statistics.fmean(lost), 3),
                    "worst picture, dB": round(max(lost), 2),
                    "CF": round(statistics.fmean(one[way].colorfulness for one in each), 2),
                    "a\\*b\\* moved": round(statistics.fmean(moved), 2),
                }
            )
    return rows


def speed(graphs: Mapping[str, Path], repeats: int) -> list[Row]:
    """Time graphs in turn, the first of which is the float one, and weigh their files."""
    opened = {name: runtime.load(path, device="cpu", threads=1) for name, path in graphs.items()}
    rows: list[Row] = []
    for height, width in SIZES:
        feeds = _feeds(height, width)
        cases = {
            name: partial(graph.run, {k: feeds[k] for k in graph.contract.inputs}, ["ab"])
            for name, graph in opened.items()
        }
        seconds = side_by_side(cases, repeats=repeats)
        base = next(iter(seconds))
        for name, each in seconds.items():
            # Rounds are pairs: the ratio of a round does not feel what disturbed both.
            ratio = statistics.median(b / a for a, b in zip(seconds[base], each, strict=True))
            rows.append(
                {
                    "at": f"{height} × {width}",
                    "graph": name,
                    "ms": round(1e3 * statistics.median(each), 1),
                    "lowest ms": round(1e3 * min(each), 1),
                    "of the float graph": round(ratio, 2),
                    "MB": round(graphs[name].stat().st_size / 1e6, 2),
                }
            )
    return rows


def _feeds(height: int, width: int) -> dict[str, Array]:
    rng = np.random.default_rng(SEED)
    return {
        "lightness": rng.uniform(0, 100, (1, 1, height, width)).astype(np.float32),
        "hint_ab": np.zeros((1, 2, height, width), np.float32),
        "hint_weight": np.zeros((1, 1, height, width), np.float32),
        "vividness": np.array(0.5, np.float32),
        "temperature": np.array(0.6, np.float32),
    }


def _moved(one: AB, other: AB) -> float:
    return float(np.hypot(*np.moveaxis(one - other, -1, 0)).mean())


def main(given: Sequence[str]) -> None:
    """Measure, print and keep both tables."""
    parser = command("shipping", __doc__)
    parser.add_argument("folder", type=Path, help="color photographs")
    parser.add_argument("--twin", type=Path, action="append", required=True, help="8-bit graph; repeatable")
    parser.add_argument("--weights", default="hintnet", help="the float graph: a name or an .onnx file")
    parser.add_argument("--pictures", type=int, default=100, help="how many, evenly chosen by name; 0 = all")
    parser.add_argument("--repeats", type=int, default=40, help="rounds of the timing")
    asked = parser.parse_args(given)
    facts = machine()
    base = (
        Path(asked.weights)
        if asked.weights.endswith(".onnx")
        else weights.path_of(weights.find(asked.weights))
    )
    graphs = {"float32": base} | {twin.stem: twin for twin in asked.twin}
    truths = [read(path) for path in spread(asked.folder, asked.pictures)]
    loaded = {name: methods.load(str(path), device="cpu", threads=1) for name, path in graphs.items()}
    colored = {name: [color(each, truth) for truth in truths] for name, each in loaded.items()}
    facts |= {
        "pictures": len(truths),
        "weights": {name: weights.digest(path) for name, path in graphs.items()},
    }
    keep("shipping", quality(colored), asked.out, facts=facts)
    keep("shipping_speed", speed(graphs, asked.repeats), asked.out, facts=facts)
