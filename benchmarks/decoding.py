"""Ways to condense the predicted distribution to one color a place, compared at equal colorfulness.

    python benchmarks/decoding.py FOLDER [--pictures N] [--seed S] [--method M] [--out DIR] [--ways NAME ...]

FOLDER has color photographs. Needs the train extra. Every way decodes the same scores of the same graph over the
vividness 0 ... 1, which draws a curve of PSNR over colorfulness. More colorful ways lose PSNR for that alone, so
each curve is read at the same levels of colorfulness: the gain over gray there, and how far that is from what ships
(mean over pictures and its standard error). Bleeding is `metrics.chroma_bleeding` at vividness 0.5. Milliseconds are
processor time of one thread: network passes and decoding, all ways in turn; their ratio to one pass holds best.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from measure import RESULTS, keep_table, machine
from numpy.typing import NDArray

from rechroma import color, methods, metrics, proposals, refine
from rechroma.tiling import Size, resize, work_shape
from rechroma.types import AB, Array, Colorizer, Lightness, Logits, PredictOptions
from rechroma_train import prior
from rechroma_train.evaluate import pictures

VIVIDNESS = (0.0, 0.25, 0.5, 0.75, 1.0)
LEVELS = (18, 21, 25)
"""Colorfulness at which the curves are read; 21 is about DeOldify's published one."""
TODAY = "each place, T 0.6"
"""What ships: the annealed mean of each place, at the default temperature."""
LARGER = 1.4
"""Side of the second look of two scales, as a share of the first's."""
SURE, UNSURE = 0.3, 0.7
"""Entropies (shares of the largest) at which a place counts as sure and as unsure."""
CLOSE, WIDE = 10.0, 35.0
"""The same for the spread of the likely colors, in a*b*."""
REPEATS = 5
PLAIN, FLIP, SCALES = ("plain",), ("plain", "flipped"), ("plain", "larger")
ALL = ("plain", "flipped", "larger")

Values = NDArray[np.float64]
"""(n,) one for each picture."""
Row = dict[str, str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores (h, w, Q) of one pass, at both ends of vividness."""

    faithful: Logits
    """At 0."""
    bold: Logits
    """At 1."""

    def at(self, vividness: float | Array) -> Logits:
        """Give those between: vividness adds a share of the same logarithms."""
        return self.faithful + np.float32(vividness) * (self.bold - self.faithful)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What all ways decode."""

    light: Lightness
    """(h, w) L* on the grid of the scores."""
    passes: Mapping[str, Scores]
    """plain, flipped and larger, all on that grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to decode."""

    decode: Callable[[Seen, float], AB]
    """What was seen and a vividness -> (h, w, 2) a*b*."""
    passes: tuple[str, ...] = PLAIN
    """Which passes it looks at."""


@dataclass(slots=True, kw_only=True)
class Curve:
    """One way over vividness: for each of them a list with one value a picture."""

    psnr: dict[float, list[float]] = field(default_factory=dict)
    colorfulness: dict[float, list[float]] = field(default_factory=dict)
    auc: dict[float, list[float]] = field(default_factory=dict)
    """Class-balanced, per cent."""
    bleeding: list[float] = field(default_factory=list)
    """At vividness 0.5, 0 to 1."""

    def at(self, level: float) -> tuple[Values, Values] | None:
        """Give PSNR and balanced AuC of each picture where the mean colorfulness is `level`; None if it never is."""
        means = [(v, float(np.mean(values))) for v, values in sorted(self.colorfulness.items())]
        for (v0, x0), (v1, x1) in zip(means, means[1:], strict=False):
            if x0 <= level <= x1:
                share = 0.0 if x0 == x1 else (level - x0) / (x1 - x0)
                psnr, auc = (
                    (1 - share) * np.array(of[v0]) + share * np.array(of[v1]) for of in (self.psnr, self.auc)
                )
                return psnr, auc
        return None


def annealed(scores: Logits, temperature: float | Array) -> AB:
    """The annealed mean; one temperature, or (h, w) of them."""
    return proposals.probabilities(scores / np.asarray(temperature, np.float32)[..., None]) @ color.ab_bins()


def together(seen: Seen, vividness: float, *, names: Sequence[str] = PLAIN) -> Logits:
    """The mean scores of some passes."""
    return np.mean([seen.passes[name].at(vividness) for name in names], axis=0, dtype=np.float32)


def plainly(seen: Seen, vividness: float, *, temperature: float, names: Sequence[str] = PLAIN) -> AB:
    """Each place by itself; with one pass, as it ships."""
    return annealed(together(seen, vividness, names=names), temperature)


def doubtful(seen: Seen, vividness: float, *, sure: float, unsure: float, by: str) -> AB:
    """A temperature between two, by the entropy of the place or by how far its likely colors lie apart."""
    scores = seen.passes["plain"].at(vividness)
    if by == "entropy":
        share = (proposals.doubt(scores) - SURE) / (UNSURE - SURE)
    else:
        mass, bins = proposals.probabilities(scores), color.ab_bins()
        variance = mass @ (bins**2).sum(axis=1) - ((mass @ bins) ** 2).sum(axis=-1)
        share = (np.sqrt(np.maximum(variance, 0)) - CLOSE) / (WIDE - CLOSE)
    return annealed(scores, sure + np.clip(share, 0, 1) * (unsure - sure))


def bold_where_sure(seen: Seen, vividness: float, *, temperature: float) -> AB:
    """Vividness itself by the entropy of the place."""
    scores = seen.passes["plain"]
    doubt = np.clip((proposals.doubt(scores.faithful) - SURE) / (UNSURE - SURE), 0, 1)
    return annealed(scores.at(vividness * (1 - doubt)[..., None]), temperature)


def saturated(seen: Seen, vividness: float, *, most: float) -> AB:
    """The faithful mean with its chroma multiplied: no other colors, only stronger ones."""
    return annealed(seen.passes["plain"].faithful, 1.0) * np.float32(1 + vividness * (most - 1))


def faded(seen: Seen, vividness: float, *, power: float) -> AB:
    """The mean, paler (or, power below 0, stronger) where the likely colors have different hues (Larsson 2016)."""
    mass, bins = proposals.probabilities(seen.passes["plain"].at(vividness)), color.ab_bins()
    mean = mass @ bins
    alike = np.hypot(*np.moveaxis(mean, -1, 0)) / np.maximum(mass @ np.hypot(*bins.T), 1)
    return mean * (np.clip(alike, 0.05, 1) ** np.float32(power))[..., None]


def blurred(planes: Array, light: Lightness, *, sigma: float) -> Array:  # noqa: ARG001 - as `along`
    """Smooth (h, w, C) by a Gaussian of `sigma` cells, edges of the picture repeated."""
    reach = int(np.ceil(2.5 * sigma))
    window = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2)).astype(np.float32)
    for axis in (0, 1):
        rows = np.moveaxis(planes, axis, 0)
        padded = np.pad(rows, ((reach, reach), (0, 0), (0, 0)), mode="edge")
        summed = np.zeros_like(rows)
        for start, weight in enumerate(window / window.sum()):
            summed += weight * padded[start : start + len(rows)]
        planes = np.moveaxis(summed, 0, axis)
    return planes


def along(planes: Array, light: Lightness, *, reach: float, edge: float) -> Array:
    """Smooth (h, w, C) within edges of the lightness: recursive domain transform (Gastal & Oliveira 2011), 2 rounds.

    `reach` is in cells, `edge` the change of L* that counts as much as the whole reach.
    """
    planes = planes.copy()
    for sigma in (reach * np.sqrt(12 / 15), reach * np.sqrt(3 / 15)):
        base = np.float32(np.exp(-np.sqrt(2) / sigma))
        for axis in (0, 1):
            rows = np.moveaxis(planes, axis, 0)
            steps = np.abs(np.diff(np.moveaxis(light, axis, 0), axis=0))
            decay = (base ** (1 + np.float32(reach / edge) * steps))[..., None]
            for i in range(1, len(rows)):
                rows[i] += decay[i - 1] * (rows[i - 1] - rows[i])
            for i in range(len(rows) - 2, -1, -1):
                rows[i] += decay[i] * (rows[i + 1] - rows[i])
    return planes


def smoothed(
    seen: Seen,
    vividness: float,
    *,
    smooth: Callable[[Array, Lightness], Array],
    of: str,
    temperature: float = 0.6,
) -> AB:
    """Scores, or probabilities, smoothed before they are condensed."""
    scores = seen.passes["plain"].at(vividness)
    if of == "scores":
        return annealed(smooth(scores, seen.light), temperature)
    mass = smooth(proposals.probabilities(scores), seen.light)
    return annealed(np.log(np.maximum(mass, np.float32(1e-8))), temperature)


def one_mode(
    seen: Seen, vividness: float, *, weight: float, temperature: float = 0.8, names: Sequence[str] = PLAIN
) -> AB:
    """Mean field: neighbors within edges lend weight to the bins that they believe in, so that one mode wins."""
    bins = color.ab_bins()
    alike = np.exp(-((bins[:, None] - bins[None]) ** 2).sum(axis=-1) / np.float32(2 * 15.0**2))
    scores = together(seen, vividness, names=names) / np.float32(temperature)
    belief = proposals.probabilities(scores)
    for _ in range(3):
        around = along(belief, seen.light, reach=4.0, edge=8.0)
        belief = proposals.probabilities(scores + np.float32(weight) * (around @ alike))
    return belief @ bins


def agreed(seen: Seen, vividness: float, *, names: Sequence[str], apart: float) -> AB:
    """The mean color of several passes, paler where they disagree: half as strong at a distance of `apart`."""
    each = np.stack([annealed(seen.passes[name].at(vividness), 0.6) for name in names])
    mean = each.mean(axis=0)
    disagreement = ((each - mean) ** 2).sum(axis=-1).mean(axis=0)
    return mean / (1 + disagreement / np.float32(apart**2))[..., None]


def _one(function: Callable[..., AB], **given: object) -> Way:
    names = given.get("names", PLAIN)
    return Way(decode=partial(function, **given), passes=names)  # type: ignore[arg-type]


_EDGES = partial(along, reach=4.0, edge=10.0)
WAYS: dict[str, Way] = {
    TODAY: _one(plainly, temperature=0.6),
    "each place, T 0.38": _one(plainly, temperature=0.38),
    "each place, T 0.8": _one(plainly, temperature=0.8),
    "each place, T 1": _one(plainly, temperature=1.0),
    "mean of v = 0, chroma multiplied": _one(saturated, most=2.4),
    "T by entropy, 0.38 where sure to 1": _one(doubtful, sure=0.38, unsure=1.0, by="entropy"),
    "T by entropy, 1 where sure to 0.38": _one(doubtful, sure=1.0, unsure=0.38, by="entropy"),
    "T by spread, 0.38 where close to 1": _one(doubtful, sure=0.38, unsure=1.0, by="spread"),
    "T by spread, 1 where close to 0.38": _one(doubtful, sure=1.0, unsure=0.38, by="spread"),
    "bold where sure": _one(bold_where_sure, temperature=0.6),
    "faded where hues differ": _one(faded, power=0.5),
    "scores blurred": _one(smoothed, smooth=partial(blurred, sigma=1.0), of="scores"),
    "scores smoothed within edges": _one(smoothed, smooth=_EDGES, of="scores"),
    "probabilities smoothed within edges": _one(smoothed, smooth=_EDGES, of="probabilities"),
    "one mode, weight 2": _one(one_mode, weight=2.0),
    "one mode, weight 6": _one(one_mode, weight=6.0),
    "two flips": _one(plainly, temperature=0.6, names=FLIP),
    "two scales": _one(plainly, temperature=0.6, names=SCALES),
    "two flips and a scale": _one(plainly, temperature=0.6, names=ALL),
    "the same, paler where they disagree": _one(agreed, names=ALL, apart=10.0),
    "two flips, one mode, weight 2": _one(one_mode, weight=2.0, names=FLIP),
}


def look(
    colorizer: Colorizer, lightness: Lightness, names: Iterable[str], ends: Sequence[float] = (0.0, 1.0)
) -> Seen:
    """Ask the network for passes, all brought to the grid of the first; at two ends of vividness, or only one."""
    info = colorizer.info
    plain, larger = (
        np.clip(
            resize(lightness, work_shape(*lightness.shape, size, info.multiple_of), kernel="area"), 0, 100
        )
        for size in (info.work_size, round(LARGER * info.work_size))
    )
    grid: Size | None = None
    passes: dict[str, Scores] = {}
    for name in names:
        given = {"plain": plain, "flipped": plain[:, ::-1], "larger": larger}[name]
        said = []
        for vividness in ends:
            options = PredictOptions(vividness=vividness)
            logits = colorizer.predict(np.ascontiguousarray(given), options=options, with_logits=True).logits
            if logits is None:
                raise SystemExit(f"{info.name} gives no scores; this needs a graph with an output logits")
            grid = grid or (logits.shape[0], logits.shape[1])
            said.append(resize(logits[:, ::-1] if name == "flipped" else logits, grid, kernel="area"))
        passes[name] = Scores(faithful=said[0], bold=said[-1])
    if grid is None:
        raise SystemExit("no pass is asked for")
    return Seen(light=resize(plain, grid, kernel="area"), passes=passes)


def curves(colorizer: Colorizer, files: Sequence[Path], ways: Mapping[str, Way]) -> dict[str, Curve]:
    """Decode every picture in every way; "gray" is a curve of one point."""
    balance = prior.load(prior.DEFAULT_FILE).balance()
    found = {name: Curve() for name in ("gray", *ways)}
    passes = dict.fromkeys(name for way in ways.values() for name in way.passes)
    for number, path in enumerate(files, start=1):
        truth = pictures.read(path, longest=256)
        lightness = color.gray_to_lightness(truth.gray.astype(np.float32) / np.float32(255))
        seen = look(colorizer, lightness, passes)
        found["gray"].psnr.setdefault(0.0, []).append(
            metrics.psnr(np.repeat(truth.gray[..., None], 3, axis=2), truth.rgb)
        )
        for name, way in ways.items():
            curve = found[name]
            for vividness in VIVIDNESS:
                large = refine.upsample_ab(way.decode(seen, vividness), lightness)
                rgb = color.merge(lightness, large).astype(np.uint8, copy=False)
                shown = color.rgb_to_lab(rgb.astype(np.float32) / np.float32(255))[..., 1:]
                area = metrics.auc(shown, truth.lab[..., 1:], weights=balance)
                curve.psnr.setdefault(vividness, []).append(metrics.psnr(rgb, truth.rgb))
                curve.colorfulness.setdefault(vividness, []).append(metrics.colorfulness(rgb))
                curve.auc.setdefault(vividness, []).append(100 * area)
                if vividness == 0.5:
                    curve.bleeding.append(metrics.chroma_bleeding(rgb, truth.rgb))
        if number % 20 == 0:
            print(f"{number} of {len(files)}", flush=True)
    return found


def times(colorizer: Colorizer, file: Path, ways: Mapping[str, Way]) -> dict[str, float]:
    """Median milliseconds of processor time of a picture in each way; the first, "one pass", lets the graph decode."""
    gray = pictures.read(file, longest=256).gray
    lightness = color.gray_to_lightness(gray.astype(np.float32) / np.float32(255))
    shape = work_shape(*gray.shape, colorizer.info.work_size, colorizer.info.multiple_of)

    def run(way: Way) -> AB:
        return way.decode(look(colorizer, lightness, way.passes, ends=(0.5,)), 0.5)

    cases: dict[str, Callable[[], object]] = {
        "one pass": lambda: colorizer.predict(np.clip(resize(lightness, shape, kernel="area"), 0, 100))
    }
    cases |= {name: partial(run, way) for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(REPEATS + 1):
        for name, call in cases.items():
            start = time.thread_time()
            call()
            if number:  # the first round warms up
                seconds[name].append(time.thread_time() - start)
    return {name: 1e3 * statistics.median(each) for name, each in seconds.items()}


def table(found: Mapping[str, Curve], milliseconds: Mapping[str, float]) -> Iterator[Row]:
    """Read the curves."""
    gray, today = np.array(found["gray"].psnr[0.0]), found[TODAY]
    for name, curve in found.items():
        if name == "gray":
            continue
        row: Row = {
            "way": name,
            "CF at v = 0": round(float(np.mean(curve.colorfulness[0.0])), 1),
            "gain at v = 0": f"{np.mean(np.array(curve.psnr[0.0]) - gray):+.2f}",
        }
        for level in LEVELS:
            here, base = curve.at(level), today.at(level)
            row[f"gain at CF {level}"] = "-" if here is None else f"{np.mean(here[0] - gray):+.2f}"
            more = None if here is None or base is None else here[0] - base[0]
            row[f"more than today, {level}"] = (
                "-" if more is None else f"{more.mean():+.3f} ± {more.std() / np.sqrt(len(more)):.3f}"
            )
        at_21 = curve.at(21)
        row["AuC bal. at CF 21"] = "-" if at_21 is None else f"{at_21[1].mean():.2f}"
        row["bleeding"] = round(float(np.mean(curve.bleeding)), 3)
        row["ms"] = round(milliseconds[name])
        row["passes"] = round(milliseconds[name] / milliseconds["one pass"], 2)
        yield row


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="color photographs")
    parser.add_argument("--pictures", type=int, default=150, help="how many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument(
        "--method", default="hintnet", help="weights by name, or an .onnx file, that give scores"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the table")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="only these")
    arguments = parser.parse_args()
    ways = {name: WAYS[name] for name in dict.fromkeys([TODAY, *arguments.ways])}
    files = pictures.chosen(arguments.folder, arguments.pictures, arguments.seed)
    facts = machine() | {"pictures": len(files), "seed": arguments.seed}
    colorizer = methods.load(arguments.method, device="cpu", threads=1)
    found = curves(colorizer, files, ways)
    keep_table("decoding", list(table(found, times(colorizer, files[0], ways))), arguments.out, facts=facts)


if __name__ == "__main__":
    main()
