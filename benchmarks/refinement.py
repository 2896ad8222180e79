"""What each refinement does to a folder of color photographs: PSNR, colorfulness, chroma bleeding, and its time.

    python -m benchmarks refinement FOLDER [--pictures 100] [--seed 0] [--method M]

Needs the extras bench and methods. Each photograph is made gray, colored by the pipeline with each refinement in
turn, and compared with itself. No photograph is kept. Times are of one thread. Paler colors alone raise PSNR, so
there are two rows with no refinement and less saturation.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

import rechroma
from benchmarks.measure import command, keep, known, machine
from rechroma import metrics, refine
from rechroma.pipeline import colorize_array
from rechroma.tiling import resize
from rechroma.types import REFINEMENTS, RGB8, Colorizer
from rechroma_train.evaluate import shipped
from rechroma_train.evaluate.pictures import Truth, paths, read

VIVIDNESS = (None, 1.0)
"""The method's own default, and as colorful as it can be: more color, more to bleed."""
Compared: TypeAlias = tuple[float, float, float]
"""PSNR, colorfulness, bleeding."""
PALER = (0.95, 0.9)
TIMED = 30
"""Photographs on which the time is taken too."""
NAMES = {
    "truth": "the photograph itself",
    "none": "none",
    "none, saturation 0.95": "none, but paler: saturation 0.95",
    "none, saturation 0.9": "none, but paler: saturation 0.9",
    "bilateral": "joint bilateral filter",
    "guided": "guided filter",
    "tv": "total variation",
    "segments": "segments",
    "crf": "random field",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One refinement over all photographs: means, and the median time."""

    vividness: str
    """Of the method: "default", or 1."""
    refinement: str
    """Value of the option, and the saturation where it is turned down; "truth" for the photographs themselves."""
    psnr: float
    """dB; infinite for the truth."""
    psnr_gain: float
    """Mean gain over no refinement, dB."""
    psnr_gain_error: float
    """Standard error of that mean: below two of them, a gain is no gain."""
    colorfulness: float
    """See metrics.colorfulness."""
    bleeding: float
    """See metrics.chroma_bleeding, in percent."""
    ms: float
    """Median time of the refinement at the size at which the network sees a picture; 0 where nothing is done."""
    of_network: float
    """That time over the network's own."""


def choose(folder: Path, count: int, seed: int) -> list[Truth]:
    """Draw photographs by a seed."""
    found = paths(folder)
    return [read(path) for path in random.Random(seed).sample(found, min(count, len(found)))]


def timed(call: Callable[[], object]) -> float:
    """Give the milliseconds of one call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def measure(truth: Truth, colorizer: Colorizer, vividness: float | None) -> dict[str, Compared]:
    """Give PSNR, colorfulness and bleeding of the photograph itself and of what each variant makes of its gray."""
    variants: dict[str, rechroma.ColorizeOptions] = {
        kind: rechroma.ColorizeOptions(refine=kind, vividness=vividness) for kind in REFINEMENTS
    }
    for saturation in PALER:
        options = rechroma.ColorizeOptions(vividness=vividness, saturation=saturation)
        variants[f"none, saturation {saturation:g}"] = options
    result = {"truth": _compare(truth.rgb, truth.rgb)}
    for name, options in variants.items():
        result[name] = _compare(colorize_array(truth.gray, colorizer, options), truth.rgb)
    return result


def clock(truth: Truth, colorizer: Colorizer) -> dict[str, float]:
    """Give the milliseconds of each refinement, and of the "network", one after the other."""
    shape = shipped.work_size(colorizer, truth.gray.shape)
    seen = resize(np.ascontiguousarray(truth.lab[..., 0]), shape, kernel="area")
    said = colorizer.predict(seen, with_logits=True)
    result = {"network": timed(lambda: colorizer.predict(seen))}
    for kind in REFINEMENTS[1:]:
        result[kind] = timed(partial(refine.tidy, kind, said.ab, seen, said.logits, colorizer.bins))
    return result


def _compare(picture: RGB8, truth: RGB8) -> Compared:
    return (
        metrics.psnr(picture, truth),
        metrics.colorfulness(picture),
        metrics.chroma_bleeding(picture, truth),
    )


def table(
    vividness: float | None, measured: Sequence[dict[str, Compared]], clocked: Sequence[dict[str, float]]
) -> list[Scored]:
    """Take means over the photographs, and medians of the times."""
    ms = {name: statistics.median(each[name] for each in clocked) for name in clocked[0]}
    rows = []
    for name in measured[0]:
        psnr, colorful, bleeding = np.array([each[name] for each in measured]).T
        gain = psnr - [each["none"][0] for each in measured]
        same = name in {"truth", "none"}
        rows.append(
            Scored(
                vividness="default" if vividness is None else f"{vividness:g}",
                refinement=name,
                psnr=round(float(psnr.mean()), 3),
                psnr_gain=0.0 if same else round(float(gain.mean()), 3),
                psnr_gain_error=0.0
                if same
                else round(float(gain.std(ddof=min(1, len(gain) - 1)) / np.sqrt(len(gain))), 3),
                colorfulness=round(float(colorful.mean()), 2),
                bleeding=round(100 * float(bleeding.mean()), 2),
                ms=round(ms.get(name, 0.0), 1),
                of_network=round(ms.get(name, 0.0) / ms["network"], 2),
            )
        )
    return sorted(rows, key=lambda row: list(NAMES).index(row.refinement))


def markdown(rows: Sequence[Scored]) -> str:
    """Draw the table that the documentation includes: a part for each vividness."""
    parts = dict.fromkeys(row.vividness for row in rows)
    return "\n".join(
        f"Vividness {part}:\n\n{_part([row for row in rows if row.vividness == part])}" for part in parts
    )


def _part(rows: Sequence[Scored]) -> str:
    lines = [
        "| `refine` | | PSNR | gain | colorfulness | bleeding | time | of the network's |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        known = row.refinement != "truth"
        other = row.refinement not in {"truth", "none"}
        gain = f"{row.psnr_gain:+.2f} ± {row.psnr_gain_error:.2f} dB" if other else ""
        spent = f"{row.ms:.0f} ms | {row.of_network:.1f} ×" if row.ms else "|"
        lines.append(
            f"| {f'`{row.refinement}`' if row.refinement in REFINEMENTS else ''} | {NAMES[row.refinement]} | "
            f"{f'{row.psnr:.2f} dB' if known else ''} | {gain} | {row.colorfulness:.1f} | "
            f"{row.bleeding:.1f} % | {spent} |"
        )
    return "\n".join(lines) + "\n"


def main(given: Sequence[str]) -> None:
    """Measure, print the table and keep it."""
    parser = command("refinement", __doc__)
    parser.add_argument("folder", type=Path, help="color photographs")
    parser.add_argument("--pictures", type=int, default=100, help="how many of them")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    arguments = parser.parse_args(given)
    facts = machine()
    colorizer = rechroma.load(arguments.method, threads=1)
    truths = choose(arguments.folder, arguments.pictures, arguments.seed)
    clock(truths[0], colorizer)  # warm up
    clocked = [clock(truth, colorizer) for truth in truths[:TIMED]]
    measured = {value: [measure(truth, colorizer, value) for truth in truths] for value in VIVIDNESS}
    rows = [row for value in VIVIDNESS for row in table(value, measured[value], clocked)]
    facts |= known(colorizer, len(truths), arguments.seed)
    facts["network_ms"] = round(statistics.median(each["network"] for each in clocked), 1)
    keep("refinement", [asdict(row) for row in rows], arguments.out, facts=facts, drawn=markdown(rows))
