"""How close colors come to the truth with few hints: strokes spread by equations, and strokes told to a network.

    python -m benchmarks strokes FOLDER [--pictures N] [--seed S] [--method M]
    python -m benchmarks strokes --sheet FILE [--method M]

FOLDER has color photographs. Needs the train and the methods extras. Everything goes the way of
`rechroma.colorize`; PSNR is of whole pictures in RGB, averaged over them. Two kinds of hints:

- points: random 6x6 patches of the network's work size that show their mean color, as
  `python -m rechroma_train evaluate` and the sweep of Zhang et al. 2017 have them; points of 10 hints are those of
  5 and five more;
- strokes: what a person does. Each goes where the colors are most wrong at the moment, for each method its own
  way, as far as the true color stays about the same, and has one color, the mean under it.

The sheet shows sample photographs with strokes, colored by them in both ways, and as they truly are.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from benchmarks.measure import command, keep, known, machine
from rechroma import methods, metrics, pipeline, refine
from rechroma.color import merge, rgb_to_lab
from rechroma.hints import propagate
from rechroma.methods import scribble
from rechroma.tiling import Size, resize
from rechroma.types import (
    AB,
    RGB8,
    Array,
    Colorizer,
    Hints,
    Input,
    Lab,
    Lightness,
    ModelInfo,
    Prediction,
    PredictOptions,
)
from rechroma_train.evaluate import pictures, shipped
from rechroma_train.evaluate.variants import random_hints

POINTS = (1, 2, 5, 10, 20, 50, 100)
STROKES = 10
SAME = 12.0
"""A stroke ends where the true a*b* is further than this from where it began: as in training."""
LONGEST = 0.25
"""Length of a stroke at most, as a share of the longer side."""
WIDTH = 3
"""Width of a stroke in pixels of the network's work size."""
LOOK = 9
"""A person sees what is wrong in patches of so many pixels, not in single ones."""
SIDES = (64, 96, 128, 160, 192, 224, 256, 288, 316)
"""Sides of square pictures whose time is taken; the last has 0.1 megapixels."""
REPEATS = 7
SAMPLES = ("coffee", "astronaut", "chelsea")
"""Photographs of scikit-image on the sheet, cut to 3:2 from the top."""
HEIGHT = 220
"""Pixels of a picture on the sheet."""

Row = dict[str, object]


class Deaf:
    """A network as if it took no hints: the pipeline applies them on top of what it predicts."""

    def __init__(self, inner: Colorizer, takes: tuple[Input, ...] = ()) -> None:
        self.inner = inner
        self.info: ModelInfo = replace(inner.info, takes=takes)
        self.bins: AB | None = inner.bins

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,  # noqa: ARG002 - of the protocol
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict without hints."""
        return self.inner.predict(lightness, references=references, options=options, with_logits=with_logits)


class Followed(Deaf):
    """A network that is told the hints, and what it misses at them is spread by the equations."""

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict with hints and correct."""
        predicted = self.inner.predict(
            lightness, hints=hints, references=references, options=options, with_logits=with_logits
        )
        if hints is None:
            return predicted
        return Prediction(ab=propagate(lightness, refine.upsample_ab(predicted.ab, lightness), hints))


def enlarged(hints: Hints, size: Size) -> Hints:
    """The same hints on another grid, nearest pixels."""
    y, x = (
        ((np.arange(n) + 0.5) * old / n).astype(int) for n, old in zip(size, hints.weight.shape, strict=True)
    )
    return Hints(ab=hints.ab[y][:, x], weight=hints.weight[y][:, x])


def result(colorizer: Colorizer, truth: pictures.Truth, hints: Hints | None) -> RGB8:
    """Color the gray picture by hints on any grid; without hints, where it lives from them, as gray as it is."""
    if hints is None:
        if "hints" in colorizer.info.needs:
            return np.repeat(truth.gray[..., None], 3, axis=2)
        return np.asarray(pipeline.colorize_array(truth.gray, colorizer))
    size = shipped.work_size(colorizer, truth.gray.shape)
    return np.asarray(pipeline.colorize_array(truth.gray, colorizer, hints=enlarged(hints, size)))


def with_points(
    colorizer: Colorizer, truth: pictures.Truth, grid: Size, seed: int
) -> Iterator[tuple[int, float]]:
    """PSNR by number of random points."""
    for count in (0, *POINTS):
        hints = random_hints(truth, grid, count=count, seed=seed)
        yield count, metrics.psnr(result(colorizer, truth, hints), truth.rgb)


def with_strokes(colorizer: Colorizer, truth: pictures.Truth, grid: Size) -> Iterator[tuple[int, float]]:
    """PSNR by number of strokes, each where the result so far is most wrong."""
    true: AB = resize(truth.lab[..., 1:], grid, kernel="area")
    hints = Hints(ab=np.zeros((*grid, 2), np.float32), weight=np.zeros(grid, np.float32))
    shown = result(colorizer, truth, None)
    for count in range(STROKES + 1):
        if count:
            hints = drawn(hints, true, most_wrong(shown, true, hints.weight))
            shown = result(colorizer, truth, hints)
        yield count, metrics.psnr(shown, truth.rgb)


def most_wrong(shown: RGB8, true: AB, hinted: Array) -> tuple[int, int]:
    """The place, not hinted yet, around which a*b* are most wrong."""
    lab = rgb_to_lab(shown.astype(np.float32) / np.float32(255))
    wrong = np.linalg.norm(resize(lab[..., 1:], true.shape[:2], kernel="area") - true, axis=2)
    padded = np.pad(wrong, LOOK // 2, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, (LOOK, LOOK)).mean(axis=(2, 3))
    y, x = np.unravel_index(np.argmax(np.where(hinted > 0, -1, around)), wrong.shape)
    return int(y), int(x)


def drawn(hints: Hints, true: AB, place: tuple[int, int]) -> Hints:
    """Hints and one stroke more through a place, in the direction in which it gets longest."""
    longest = round(LONGEST / 2 * max(true.shape))
    ways = [
        [*_reach(true, place, (-dy, -dx), longest)[::-1], place, *_reach(true, place, (dy, dx), longest)]
        for dy, dx in ((0, 1), (1, 1), (1, 0), (1, -1))
    ]
    under = np.zeros(hints.weight.shape, bool)
    for y, x in max(ways, key=len):
        under[max(y - WIDTH // 2, 0) : y + WIDTH // 2 + 1, max(x - WIDTH // 2, 0) : x + WIDTH // 2 + 1] = True
    same = under & (np.linalg.norm(true - true[place], axis=2) < SAME)
    return Hints(
        ab=np.where(same[..., None], true[same].mean(axis=0), hints.ab),
        weight=np.where(same, np.float32(1), hints.weight),
    )


def _reach(true: AB, place: tuple[int, int], step: tuple[int, int], longest: int) -> list[tuple[int, int]]:
    """The places from one on, in one direction, that have about its color."""
    found = []
    for far in range(1, longest + 1):
        y, x = place[0] + far * step[0], place[1] + far * step[1]
        inside = 0 <= y < true.shape[0] and 0 <= x < true.shape[1]
        if not inside or np.linalg.norm(true[y, x] - true[place]) >= SAME:
            break
        found.append((y, x))
    return found


def curves(files: Sequence[Path], network: Colorizer, seed: int) -> list[Row]:
    """Mean PSNR of each method by kind and number of hints."""
    ways: dict[str, Colorizer] = {
        "scribble": methods.load("scribble"),
        network.info.name: network,
        f"{network.info.name}, then scribble": Followed(network, network.info.takes),
        f"{network.info.name} without hints, then scribble": Deaf(network),
    }
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    for number, path in enumerate(files, start=1):
        truth = pictures.read(path, longest=1024)
        grid = shipped.work_size(network, truth.gray.shape)
        for name, colorizer in ways.items():
            for kind, scored in (
                ("points", with_points(colorizer, truth, grid, seed)),
                ("strokes", with_strokes(colorizer, truth, grid)),
            ):
                for count, psnr in scored:
                    found.setdefault((kind, count), {}).setdefault(name, []).append(psnr)
        print(f"{number} of {len(files)}", flush=True)
    return [
        Row({"hints": kind, "number": count})
        | {name: round(float(np.mean(values)), 2) for name, values in by_method.items()}
        for (kind, count), by_method in sorted(found.items())
    ]


def times(files: Sequence[Path]) -> list[Row]:
    """Processor time of one thread for squares of photographs: the equations alone, both channels."""
    table: list[Row] = []
    samples: dict[int, list[float]] = {side: [] for side in SIDES}
    for path in files[:REPEATS]:
        truth = pictures.read(path)
        for side in SIDES:
            lightness = np.ascontiguousarray(resize(truth.lab[..., 0], (side, side)))
            hints = random_hints(truth, (side, side), count=10, seed=0)
            assert hints is not None
            scribble.Scribble().predict(lightness, hints=hints)  # the order of its pixels is kept
            start = time.thread_time()
            scribble.Scribble().predict(lightness, hints=hints)
            samples[side].append(time.thread_time() - start)
    for side, seconds in samples.items():
        table.append(
            {
                "side": side,
                "megapixels": round(side**2 / 1e6, 4),
                "ms": round(statistics.median(seconds) * 1e3),
                "lowest ms": round(min(seconds) * 1e3),
            }
        )
    return table


def sheet(method: str) -> Image.Image:
    """Draw samples: strokes on gray, scribble, the network told the same strokes, and the truth."""
    network, equations = methods.load(method, device="cpu", threads=1), methods.load("scribble")
    strips = []
    for name in SAMPLES:
        whole = getattr(data, name)()
        rgb = np.ascontiguousarray(whole[: whole.shape[1] * 2 // 3, :, :3])
        truth = pictures.truth_of(rgb, name=name, sha256="0")
        grid = shipped.work_size(network, truth.gray.shape)
        true: AB = resize(truth.lab[..., 1:], grid, kernel="area")
        hints = Hints(ab=np.zeros((*grid, 2), np.float32), weight=np.zeros(grid, np.float32))
        shown = gray = result(equations, truth, None)
        for _ in range(STROKES):
            hints = drawn(hints, true, most_wrong(shown, true, hints.weight))
            shown = result(equations, truth, hints)
        full = enlarged(hints, truth.gray.shape)
        marks = merge(np.full(truth.gray.shape, 60, np.float32), full.ab).astype(np.uint8)
        marked = np.where(full.weight[..., None] > 0, marks, gray)
        size = (HEIGHT * 3 // 2, HEIGHT)
        cells = [
            np.asarray(Image.fromarray(cell).resize(size, Image.Resampling.LANCZOS))
            for cell in (marked, shown, result(network, truth, hints), rgb)
        ]
        strips.append(np.concatenate(cells, axis=1))
    return Image.fromarray(np.concatenate(strips))


def main(given: Sequence[str]) -> None:
    """Measure, print and keep both tables."""
    parser = command("strokes", __doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="color photographs")
    parser.add_argument("--pictures", type=int, default=30, help="how many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=0, help="of the choice and of the points")
    parser.add_argument(
        "--method", default="hintnet", help="weights by name, or an .onnx file, that take hints"
    )
    parser.add_argument(
        "--sheet", type=Path, help="draw sample photographs into this file, and measure nothing"
    )
    arguments = parser.parse_args(given)
    if arguments.sheet:
        info = methods.load(arguments.method, device="cpu", threads=1).info
        drawn = sheet(arguments.method)
        made_by = f"{info.name} {info.sha256}"
        drawn.save(arguments.sheet, quality=86, optimize=True, progressive=True, comment=made_by)
        return
    if arguments.folder is None:
        parser.error("give a folder of color photographs, or --sheet FILE")
    files = pictures.chosen(arguments.folder, arguments.pictures, arguments.seed)
    network = methods.load(arguments.method, device="cpu", threads=1)
    facts = machine() | known(network, len(files), arguments.seed)
    keep("strokes_time", times(files), arguments.out, facts=facts)
    keep("strokes", curves(files, network, arguments.seed), arguments.out, facts=facts)
