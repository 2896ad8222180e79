"""Whether colors survive being carried from frame to frame: a network hinted by its own last result, 30 times over.

    python -m benchmarks carrying FOLDER [--pictures N] [--seed S] [--method M]

FOLDER has color photographs. Needs the train and the methods extras. Each photograph is a still, and a slow pan with
a slow zoom, the way a camera moves; the motion is known, so that the last result is brought to the next frame as a
film's optical flow would, without its errors. What came from outside the frame has no hint. Frames begin with true
colors, or with the network's own; each next frame is colored by the lightness and the last colors as dense hints.

Colorfulness is a share of that of the colors at the beginning, carried along by the motion without any network;
drift is the mean distance to them in a*b*. A second table has what the network makes of true dense hints, and of a
cast in them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.ndimage import map_coordinates

from benchmarks.measure import command, keep, known, machine
from rechroma import hints, methods, metrics, refine
from rechroma.color import merge
from rechroma.tiling import resize
from rechroma.types import AB, Array, Colorizer, Hints, Lightness
from rechroma_train.evaluate import pictures, shipped

CAST = 10.0
"""a*b* by which all hints are wrong, to see what the network answers."""
SHOWN = (1, 5, 10, 30)
"""Steps after which is measured."""
PAN = 0.006
"""Way of a step, as a share of the side of the frame: 1 pixel of 160."""
ZOOM = 0.997
"""Side of the frame after a step, as a share of the side before."""
COARSE = 16
"""Pixels to a cell, each way, at which a miss counts as smooth."""
FRAME = 0.7
"""Side of the first frame, as a share of the photograph's."""

Step: TypeAlias = Callable[[Colorizer, Lightness, Hints], AB]
"""Lightness (H, W) and the last colors -> the next (H, W, 2)."""
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a camera sees of a photograph: a rectangle, in shares of its sides."""

    top: float
    left: float
    side: float

    def grid(self, shape: tuple[int, int]) -> tuple[Array, Array]:
        """Give the places (H, W) of its pixels in the photograph, down and across, 0 to 1."""
        y, x = (
            start + self.side * (np.arange(n, dtype=np.float32) + np.float32(0.5)) / n
            for n, start in zip(shape, (self.top, self.left), strict=True)
        )
        down, across = np.meshgrid(y, x, indexing="ij")
        return down.astype(np.float32), across.astype(np.float32)


def film(*, moving: bool) -> list[Frame]:
    """List the frames, the first one before any step."""
    start = Frame(top=0.1, left=0.05, side=FRAME) if moving else Frame(top=0, left=0, side=1)
    frames = [start]
    for _ in range(max(SHOWN)):
        last = frames[-1]
        side = last.side * (ZOOM if moving else 1)
        way = PAN * last.side if moving else 0.0
        frames.append(Frame(top=last.top + way / 4, left=last.left + way, side=side))
    return frames


def sampled(planes: Array, down: Array, across: Array, *, order: int = 1) -> Array:
    """Read (h, w, C) planes at places given in shares of their sides; (H, W, C)."""
    places = [down * planes.shape[0] - 0.5, across * planes.shape[1] - 0.5]
    return np.stack(
        [
            map_coordinates(planes[..., c], places, order=order, mode="nearest")
            for c in range(planes.shape[2])
        ],
        axis=-1,
    ).astype(np.float32)


def carried(ab: AB, before: Frame, now: Frame) -> tuple[AB, Array]:
    """Bring the colors of one frame to the next: a*b* (H, W, 2), and where they are known (H, W)."""
    down, across = now.grid((ab.shape[0], ab.shape[1]))
    down, across = (down - before.top) / before.side, (across - before.left) / before.side
    known = (down >= 0) & (down <= 1) & (across >= 0) & (across <= 1)
    return sampled(ab, down, across), known.astype(np.float32)


def alone(colorizer: Colorizer, lightness: Lightness, given: Hints) -> AB:
    """The network's own word."""
    return refine.upsample_ab(colorizer.predict(lightness, hints=given).ab, lightness)


def last_word(colorizer: Colorizer, lightness: Lightness, given: Hints) -> AB:
    """The hints' last word after it, as in `rechroma.colorize`."""
    return hints.correct(alone(colorizer, lightness, given), lightness, given)


def regained(colorizer: Colorizer, lightness: Lightness, given: Hints) -> AB:
    """The network's own word, its chroma multiplied so that it has the hints' mean chroma where they are."""
    ab = alone(colorizer, lightness, given)
    weight = given.weight
    asked, said = (float((weight * np.hypot(*np.moveaxis(of, -1, 0))).sum()) for of in (given.ab, ab))
    return ab * np.float32(np.clip(asked / max(said, 1e-6), 0.8, 1.25))


def smoothed(colorizer: Colorizer, lightness: Lightness, given: Hints) -> AB:
    """The network's own word, and what it misses at the hints made good as far as that is smooth: no cast can grow."""
    ab = alone(colorizer, lightness, given)
    height, width = (max(side // COARSE, 1) for side in lightness.shape)
    weight = given.weight[..., None]
    sums = resize(np.concatenate([weight * (given.ab - ab), weight], axis=2), (height, width), kernel="area")
    missed = (sums[..., :2] / np.maximum(sums[..., 2:], 1e-3)).astype(np.float32)
    smooth: Array = resize(missed, (lightness.shape[0], lightness.shape[1]))
    return ab + smooth


def leaking(colorizer: Colorizer, lightness: Lightness, given: Hints) -> AB:
    """The hints' last word, and a tenth of what the network says without any: it forgets, and cannot run away."""
    ab = last_word(colorizer, lightness, given)
    fresh = refine.upsample_ab(colorizer.predict(lightness).ab, lightness)
    return ab + np.float32(0.1) * (fresh - ab)


WAYS: Mapping[str, tuple[Step, float]] = {
    "network, weight 0.5": (alone, 0.5),
    "network, weight 1": (alone, 1.0),
    "chroma held, weight 1": (regained, 1.0),
    "smooth miss made good, weight 0.5": (smoothed, 0.5),
    "smooth miss made good, weight 1": (smoothed, 1.0),
    "last word, weight 0.5": (last_word, 0.5),
    "last word, weight 1": (last_word, 1.0),
    "last word, weight 1, a tenth fresh": (leaking, 1.0),
}


def watch(
    colorizer: Colorizer, truth: pictures.Truth, *, moving: bool, own: bool
) -> Iterator[tuple[str, int, float, float]]:
    """Carry one photograph's colors through a film: way, step, share of colorfulness, drift."""
    shape = shipped.work_size(colorizer, truth.gray.shape)
    frames = film(moving=moving)
    seen = [sampled(truth.lab, *frame.grid(shape)) for frame in frames]
    if not moving:
        seen = [resize(truth.lab, shape, kernel="area")] * len(frames)
    light = [np.ascontiguousarray(lab[..., 0]) for lab in seen]
    start = seen[0][..., 1:]
    if own:
        start = refine.upsample_ab(colorizer.predict(light[0]).ab, light[0])
    for name, (step, weight) in WAYS.items():
        shown = start
        for number in range(1, len(frames)):
            ab, known = carried(shown, frames[number - 1], frames[number])
            given = Hints(ab=ab * (known > 0)[..., None], weight=known * np.float32(weight))
            shown = step(colorizer, light[number], given)
            if number in SHOWN:
                fair, there = carried(start, frames[0], frames[number])
                was = metrics.colorfulness(merge(light[number], fair).astype(np.uint8, copy=False))
                now = metrics.colorfulness(merge(light[number], shown).astype(np.uint8, copy=False))
                drift = np.linalg.norm(shown - fair, axis=2)[there > 0].mean()
                yield name, number, now / max(was, 1e-3), float(drift)


def table(colorizer: Colorizer, files: Sequence[Path]) -> list[Row]:
    """Average over the photographs: medians of the shares, as a gray one has any; means of the drift."""
    found: dict[tuple[str, str, str], dict[int, list[tuple[float, float]]]] = {}
    for number, path in enumerate(files, start=1):
        truth = pictures.read(path, longest=512)
        for moving in (False, True):
            for own in (False, True):
                kind = ("pan and zoom" if moving else "still", "own" if own else "true")
                for name, step, share, drift in watch(colorizer, truth, moving=moving, own=own):
                    found.setdefault((*kind, name), {}).setdefault(step, []).append((share, drift))
        print(f"{number} of {len(files)}", flush=True)
    rows = []
    for (motion, start, name), steps in found.items():
        row: Row = {"picture": motion, "begins with": start, "hints": name}
        for step, pairs in steps.items():
            row[f"colorfulness, {step}"] = round(float(np.median([share for share, _ in pairs])), 3)
        for step, pairs in steps.items():
            row[f"drift, {step}"] = round(float(np.mean([drift for _, drift in pairs])), 2)
        rows.append(row)
    return rows


def answers(colorizer: Colorizer, files: Sequence[Path]) -> list[Row]:
    """Say what a network makes of true dense hints, and of a cast of CAST in them: medians of the photographs."""
    found: dict[float, list[tuple[float, ...]]] = {}
    for path in files:
        truth = pictures.read(path, longest=512)
        shape = shipped.work_size(colorizer, truth.gray.shape)
        lab = resize(truth.lab, shape, kernel="area")
        light, true = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
        for level in (0.5, 1.0):
            weight = np.full(shape, level, np.float32)
            plain = alone(colorizer, light, Hints(ab=true, weight=weight))
            back = []
            for cast in np.float32(CAST) * np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.float32):
                said = alone(colorizer, light, Hints(ab=true + cast, weight=weight))
                back.append(float((said - plain).mean(axis=(0, 1)) @ cast) / CAST)
            miss = plain - true
            found.setdefault(level, []).append(
                (
                    float(np.linalg.norm(miss, axis=2).mean()),
                    float(np.linalg.norm(miss.mean(axis=(0, 1)))),
                    *back,
                )
            )
    names = ("mean error", "cast of its own", *(f"{way} comes back" for way in ("+a*", "-a*", "+b*", "-b*")))
    return [
        Row({"weight": level})
        | {name: round(float(v), 2) for name, v in zip(names, np.median(each, axis=0), strict=True)}
        for level, each in found.items()
    ]


def main(given: Sequence[str]) -> None:
    """Measure, print and keep both tables."""
    parser = command("carrying", __doc__)
    parser.add_argument("folder", type=Path, help="color photographs")
    parser.add_argument("--pictures", type=int, default=6, help="how many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument(
        "--method", default="hintnet", help="weights by name, or an .onnx file, that take hints"
    )
    arguments = parser.parse_args(given)
    files = pictures.chosen(arguments.folder, arguments.pictures, arguments.seed)
    colorizer = methods.load(arguments.method, device="cpu", threads=1)
    facts = machine() | known(colorizer, len(files), arguments.seed)
    keep("carrying_answers", answers(colorizer, files), arguments.out, facts=facts)
    keep("carrying", table(colorizer, files), arguments.out, facts=facts)
