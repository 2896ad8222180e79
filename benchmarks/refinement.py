"""What each refinement does to a folder of color photographs: PSNR, colorfulness, chroma bleeding, and its time.

    python benchmarks/refinement.py FOLDER [--pictures 100] [--seed 0] [--method M] [--out DIR]

Needs the extras bench and methods. Each photograph is made gray, colored by the pipeline with each refinement in
turn, and compared with itself. No photograph is kept. Times are of one thread.
"""

import argparse
import csv
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from measure import RESULTS, machine

import rechroma
from rechroma import metrics, refine
from rechroma.pipeline import colorize_array
from rechroma.tiling import resize, work_shape
from rechroma.types import REFINEMENTS, RGB8, Colorizer
from rechroma_train.evaluate.pictures import Truth, paths, read

VIVIDNESS = (None, 1.0)
"""The method's own default, and as colorful as it can be: more color, more to bleed."""
NAMES = {
    "truth": "the photograph itself",
    "none": "none",
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
    """Value of the option; "truth" for the photographs themselves."""
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


def measure(
    truth: Truth, colorizer: Colorizer, vividness: float | None
) -> dict[str, tuple[float, float, float, float]]:
    """Give PSNR, colorfulness, bleeding and milliseconds of each refinement; of "network" only the time."""
    shape = work_shape(*truth.gray.shape, colorizer.info.work_size, colorizer.info.multiple_of)
    seen = resize(np.ascontiguousarray(truth.lab[..., 0]), shape, kernel="area")
    said = colorizer.predict(seen, options=rechroma.PredictOptions(vividness=vividness), with_logits=True)
    logits, bins = said.logits, colorizer.bins
    result = {
        "network": (0.0, 0.0, 0.0, timed(lambda: colorizer.predict(seen))),
        "truth": (*_compare(truth.rgb, truth.rgb), 0.0),
    }
    for kind in REFINEMENTS:
        options = rechroma.ColorizeOptions(refine=kind, vividness=vividness)
        picture = colorize_array(truth.gray, colorizer, options)
        ms = (
            0.0 if kind == "none" else timed(lambda kind=kind: refine.tidy(kind, said.ab, seen, logits, bins))
        )
        result[kind] = (*_compare(picture, truth.rgb), ms)
    return result


def _compare(picture: RGB8, truth: RGB8) -> tuple[float, float, float]:
    return (
        metrics.psnr(picture, truth),
        metrics.colorfulness(picture),
        metrics.chroma_bleeding(picture, truth),
    )


def table(
    vividness: float | None, measured: Sequence[dict[str, tuple[float, float, float, float]]]
) -> list[Scored]:
    """Take means over the photographs."""
    network = statistics.median(each["network"][3] for each in measured)
    rows = []
    for kind in ("truth", *REFINEMENTS):
        psnr, colorful, bleeding, ms = np.array([each[kind] for each in measured]).T
        gain = psnr - [each["none"][0] for each in measured]
        same = kind in {"truth", "none"}
        rows.append(
            Scored(
                vividness="default" if vividness is None else f"{vividness:g}",
                refinement=kind,
                psnr=round(float(psnr.mean()), 3),
                psnr_gain=0.0 if same else round(float(gain.mean()), 3),
                psnr_gain_error=0.0
                if same
                else round(float(gain.std(ddof=min(1, len(gain) - 1)) / np.sqrt(len(gain))), 3),
                colorfulness=round(float(colorful.mean()), 2),
                bleeding=round(100 * float(bleeding.mean()), 2),
                ms=round(float(np.median(ms)), 1),
                of_network=round(float(np.median(ms)) / network, 2),
            )
        )
    return rows


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
        gain = f"{row.psnr_gain:+.2f} ± {row.psnr_gain_error:.2f} dB" if known and row.ms else ""
        spent = f"{row.ms:.0f} ms | {row.of_network:.1f} ×" if row.ms else "|"
        lines.append(
            f"| {f'`{row.refinement}`' if known else ''} | {NAMES[row.refinement]} | "
            f"{f'{row.psnr:.2f} dB' if known else ''} | {gain} | {row.colorfulness:.1f} | "
            f"{row.bleeding:.1f} % | {spent} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print the table and keep it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="color photographs")
    parser.add_argument("--pictures", type=int, default=100, help="how many of them")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    arguments = parser.parse_args()
    facts = machine()
    colorizer = rechroma.load(arguments.method, threads=1)
    truths = choose(arguments.folder, arguments.pictures, arguments.seed)
    measure(truths[0], colorizer, None)  # warm up
    measured = {value: [measure(truth, colorizer, value) for truth in truths] for value in VIVIDNESS}
    rows = [row for value in VIVIDNESS for row in table(value, measured[value])]
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (arguments.out / "refinement.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Scored)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    facts |= {
        "model": colorizer.info.name,
        "sha256": colorizer.info.sha256,
        "pictures": len(truths),
        "seed": arguments.seed,
        "network_ms": round(statistics.median(each["network"][3] for each in measured[None]), 1),
    }
    (arguments.out / "refinement.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (arguments.out / "refinement.md").write_text(markdown(rows), encoding="utf-8")
    print(markdown(rows))


if __name__ == "__main__":
    main()
