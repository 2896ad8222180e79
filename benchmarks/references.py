"""What references bring: PSNR with and without one, for related, similar and unrelated references.

    python -m benchmarks references PICTURES [--library DIR] [--count N] [--features network|daisy]
    python -m benchmarks references PICTURES --library DIR --fit       the constants of rechroma.hints.matching

Each color photograph of PICTURES loses its colors and is colored by the default model without a reference and with one:
a part of itself (a crop of 55 to 90 % a side, mirrored half the time, gamma, contrast and brightness changed), its
left half beside half of another photograph, the photographs of DIR that `similar` chooses, and a photograph drawn by
chance.
"""

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import command, keep, known, machine
from rechroma import color, image, methods, metrics, refine
from rechroma.errors import RechromaError
from rechroma.hints import matching, references
from rechroma.hints.features import Kind, describe
from rechroma.tiling import resize, work_shape
from rechroma.types import AB, Hints, Lab

RIGHT = 10.0
"""Distance in a*b* up to which the color of a match counts as right, when constants are fitted."""
CASES = (
    "part of the same photograph",
    "left half beside another photograph",
    "3 similar of a library",
    "1 by chance",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One photograph with one reference."""

    without: float
    """PSNR in dB."""
    given: float
    """PSNR in dB."""
    share: float
    """Share of the pixels that have a hint."""
    change: float
    """Mean |change| of a*b*."""
    off: float
    """Mean distance of the hints' a*b* from the truth; nan without hints."""
    seconds: float
    """To make the hints."""


def load(path: Path, work_size: int) -> Lab:
    """Read a picture as L*a*b* of about work_size squared pixels."""
    picture = image.read(path)
    lab: Lab = color.rgb_to_lab(image.small_rgb(picture, work_shape(*picture.size, work_size, 32)))
    return lab


def part(lab: Lab, rng: np.random.Generator) -> Lab:
    """Cut a part out, mirror it half the time, and change gamma, contrast and brightness."""
    height, width = lab.shape[:2]
    share = rng.uniform(0.55, 0.9)
    h, w = round(height * share), round(width * share)
    y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    cut = lab[y : y + h, x : x + w].copy()
    if rng.random() < 0.5:
        cut = cut[:, ::-1].copy()
    tone = np.clip(cut[..., 0] / 100, 0, 1) ** np.exp(rng.uniform(-0.4, 0.4))
    tone = (tone - 0.5) * rng.uniform(0.75, 1.1) + 0.5 + rng.uniform(-0.08, 0.08)
    cut[..., 0] = np.clip(tone, 0, 1) * 100
    return cut


def psnr(lab: Lab, ab: AB) -> float:
    """Compare a prediction, brought up to the size of the truth, with it."""
    lightness = np.ascontiguousarray(lab[..., 0])
    shown, truth = (
        color.merge(lightness, each).astype(np.uint8, copy=False)
        for each in (refine.upsample_ab(ab, lightness), np.ascontiguousarray(lab[..., 1:]))
    )
    return float(metrics.psnr(shown, truth))


def usable(folder: Path, count: int, *, seed: int) -> list[Path]:
    """Draw color pictures of a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    drawn = [paths[i] for i in np.random.default_rng(seed).permutation(len(paths))]
    found: list[Path] = []
    for path in drawn:
        if len(found) == count:
            break
        try:
            if references.has_color(load(path, 64)):
                found.append(path)
        except RechromaError:
            continue
    return found


def given_references(paths: list[Path], at: int, library: Path | None) -> Iterator[tuple[str, list[Lab]]]:
    """Give the references of one photograph, case by case."""
    rng = np.random.default_rng(at)
    lab = load(paths[at], 160)
    chance = load(paths[(at + 1) % len(paths)], 160)
    yield CASES[0], [part(lab, rng)]
    halves = lab[:, : lab.shape[1] // 2], chance[:, : chance.shape[1] // 2]
    yield CASES[1], [np.concatenate([resize(half, (160, 96), kernel="area") for half in halves], axis=1)]
    if library is not None:
        chosen = references.similar(np.ascontiguousarray(lab[..., 0]), library, 4)
        yield CASES[2], [load(path, 160) for path in chosen if path.name != paths[at].name][:3]
    yield CASES[3], [chance]


def measure(paths: list[Path], library: Path | None, kind: Kind) -> dict[str, list[Result]]:
    """Color every photograph in every case."""
    colorizer = methods.load("hintnet")
    table: dict[str, list[Result]] = {}
    for at, path in enumerate(paths):
        lab = load(path, 160)
        lightness = np.ascontiguousarray(lab[..., 0])
        plain = colorizer.predict(lightness).ab
        for case, labs in given_references(paths, at, library):
            start = time.thread_time()
            hints = references.reference_hints(lightness, labs, features=kind, threads=1)
            seconds = time.thread_time() - start
            ab = colorizer.predict(lightness, hints=hints).ab
            table.setdefault(case, []).append(
                Result(
                    without=psnr(lab, plain),
                    given=psnr(lab, ab),
                    share=float((hints.weight > 0).mean()),
                    change=float(np.abs(ab - plain).mean()),
                    off=wrong(hints, lab),
                    seconds=seconds,
                )
            )
    return table


def wrong(hints: Hints, lab: Lab) -> float:
    """Mean distance in a*b* of the hints from the truth."""
    distance = np.linalg.norm(hints.ab - lab[..., 1:], axis=2)[hints.weight > 0]
    return float(distance.mean()) if distance.size else float("nan")


def summary(table: dict[str, list[Result]]) -> list[dict[str, str | float]]:
    """Draw the results of each case together."""
    rows: list[dict[str, str | float]] = []
    for case, results in table.items():
        gain = np.array([r.given - r.without for r in results])
        off = [r.off for r in results if r.share > 0]
        rows.append(
            {
                "reference": case,
                "photographs": len(results),
                "PSNR without": round(float(np.mean([r.without for r in results])), 2),
                "PSNR with": round(float(np.mean([r.given for r in results])), 2),
                "gain": round(float(gain.mean()), 2),
                "gain, worst tenth": round(float(np.quantile(gain, 0.1)), 2),
                "gain, best tenth": round(float(np.quantile(gain, 0.9)), 2),
                "photographs with hints": sum(r.share > 0 for r in results),
                "pixels hinted": round(float(np.mean([r.share for r in results])), 3),
                "hints off by": round(float(np.mean(off)), 1) if off else "",
                "change of a\\*b\\*": round(float(np.mean([r.change for r in results])), 2),
                "ms a picture": round(1e3 * float(np.mean([r.seconds for r in results]))),
            }
        )
    return rows


def fit(paths: list[Path], library: Path | None, kind: Kind) -> None:
    """Print the logistic regression of "the color is right" on the evidence, over matches of all cases."""
    from scipy.optimize import minimize

    evidence, off, case_of = [], [], []
    for at, path in enumerate(paths):
        lab = load(path, 160)
        lightness = np.ascontiguousarray(lab[..., 0])
        cells = describe(lightness, kind=kind, threads=1)
        for case, labs in given_references(paths, at, library):
            for reference in labs:
                if not references.has_color(reference):
                    continue
                found = matching.match(cells, lightness, reference, features=kind, threads=1)
                truth = resize(np.ascontiguousarray(lab[..., 1:]), found.ab.shape[:2], kernel="area")
                evidence.append(found.evidence.reshape(-1, len(matching.EVIDENCE))[at % 4 :: 4])
                off.append(np.linalg.norm(found.ab - truth, axis=2).ravel()[at % 4 :: 4])
                case_of.append([case] * len(off[-1]))
    x, distance, cases = np.concatenate(evidence), np.concatenate(off), np.concatenate(case_of)
    x = np.column_stack([np.ones(len(x)), x])
    right = (distance < RIGHT).astype(float)

    def loss(slopes: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ slopes
        gradient = x.T @ (1 / (1 + np.exp(-z)) - right) / len(x)
        ridge = np.concatenate([[0], 2e-4 * slopes[1:]])
        return float(np.mean(np.logaddexp(0, z) - right * z) + slopes @ ridge / 2), gradient + ridge

    slopes = minimize(loss, np.zeros(x.shape[1]), jac=True).x
    print(("intercept", *matching.EVIDENCE))
    print(tuple(round(float(value), 2) for value in slopes))
    sure = 1 / (1 + np.exp(-x @ slopes))
    for least in (0.5, 0.6, 0.7, 0.8, 0.9):
        told = []
        for case in dict.fromkeys(cases):
            kept = (cases == case) & (sure > least)
            mean = distance[kept].mean() if kept.any() else float("nan")
            told.append(f"{case}: {kept.sum() / (cases == case).sum():.3f} off by {mean:.1f}")
        print(f"believed from {least}: {'; '.join(told)}")


def main(given: Sequence[str]) -> None:
    """Measure, print and keep the table; or fit."""
    parser = command("references", __doc__)
    parser.add_argument("pictures", type=Path, help="folder of color photographs")
    parser.add_argument("--library", type=Path, help="folder in which similar photographs are looked for")
    parser.add_argument("--count", type=int, default=60, help="photographs")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing of the photographs")
    parser.add_argument("--features", choices=("network", "daisy"), default="network")
    parser.add_argument("--fit", action="store_true", help="print constants instead")
    asked = parser.parse_args(given)
    warnings.simplefilter("ignore", UserWarning)
    paths = usable(asked.pictures, asked.count, seed=asked.seed)
    if asked.fit:
        fit(paths, asked.library, asked.features)
        return
    facts = machine() | known(methods.load("hintnet"), len(paths), asked.seed)
    name = "references" if asked.features == "network" else f"references_{asked.features}"
    keep(name, summary(measure(paths, asked.library, asked.features)), asked.out, facts=facts)
