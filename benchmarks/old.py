"""What old photographs cost: pictures made to look old, their colors against the truth; and what fails by content.

    python -m benchmarks old damage FOLDER [--weights W]... [--pictures 60] [--seed 0]
    python -m benchmarks old content FOLDER [--weights W] [--pictures 0]

FOLDER has color photographs, best of about 180 to 260 pixels: grain and blur have the sizes that training gives them
there. Needs the train extra.

`damage`: each photograph is recorded by an emulsion, or aged by one effect, or both at random ("mixed"), as
`rechroma_train.degrade` does it in training. The damage follows from the file's name, so that it is the same for all
weights and in every run. The old picture is colored by the shipped code; the a*b* that comes out is laid on the true
lightness, and that is compared with the photograph: the colors are measured, not the damage that they were laid on.
"gain" is over the gray picture with the true lightness, "±" the standard error of what is lost. Several weights are
compared on the same damage.

`content`: photographs whose names are SOURCE-NUMBER, by source; and the pixels of all of them by the hue that they
truly have: how much of the true chroma the prediction has in the true direction ("kept", 1 = all, 0 = gray, below 0 =
the opposite color), and how far its hue is off where it has any.
"""

import statistics
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from benchmarks.measure import command, keep, machine
from rechroma import methods, metrics
from rechroma.color import lightness_to_gray, merge, rgb_to_lab, soft_encode
from rechroma.types import AB, RGB8, Array, Colorizer
from rechroma_train import degrade
from rechroma_train import prior as priors
from rechroma_train.color import srgb_to_linear
from rechroma_train.config import DegradeOptions
from rechroma_train.evaluate import shipped
from rechroma_train.evaluate.pictures import Truth, read, spread

MIXED = DegradeOptions(emulsion_share=0.75, aged_share=1.0, effect_share=0.5)
"""An album: three of four on an old emulsion, each with half of the effects."""
KINDS = ("clean", *degrade.EMULSIONS, *degrade.EFFECTS, "mixed")
VARIED = 0.25
"""Spread of an emulsion's shares from picture to picture, as in training."""
HUES = {"red, skin": 30.0, "orange, wood": 65.0, "yellow": 95.0, "green": 135.0, "cyan": 205.0, "blue": 270.0}
"""Hue angles in the a*b* plane, degrees; a pixel belongs to the nearest one, purple being what is left."""
PURPLE = 330.0
COLORED = 12.0
"""From this true chroma on a pixel has a hue; the others are "gray"."""
SURE = 4.0
"""From this chroma on a prediction has one."""

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One colored picture against the truth."""

    gain: float
    """PSNR on the true lightness over that of gray, dB."""
    ab_rmse: float
    """Root mean square of the a*b* distance."""
    auc: float
    """Per cent, balanced."""
    balance: float
    """Weight of the picture in the mean of `auc`."""
    colorfulness: float
    """On the true lightness, absolute opponents."""


def aged(truth: Truth, kind: str, seed: int) -> Array:
    """Make a photograph old: one of KINDS -> L* (H, W) float32, 0 to 100."""
    if kind == "clean":
        return np.ascontiguousarray(truth.lab[..., 0])
    rng = np.random.default_rng([seed, zlib.crc32(truth.name.encode()), zlib.crc32(kind.encode())])
    height, width = truth.gray.shape
    rgb = torch.from_numpy(truth.rgb.astype(np.float32) / 255).permute(2, 0, 1)[None]
    linear = srgb_to_linear(F.pad(rgb, (0, -width % 8, 0, -height % 8), mode="replicate"))
    if kind == "mixed":
        old = degrade.age(degrade.record(linear, MIXED, rng), MIXED, rng)
    elif kind in degrade.EMULSIONS:
        shares = np.array([degrade.EMULSIONS[kind]]) * np.exp(rng.normal(0, VARIED, (1, 3)))
        old = degrade.expose(linear, shares / shares.sum())
    else:
        plain = degrade.record(linear, DegradeOptions(emulsion_share=0), rng) / 100
        old = degrade.EFFECTS[kind](plain, rng).clamp(0, 1) * 100
    return np.ascontiguousarray(old[0, 0, :height, :width].numpy())


def colors(colorizer: Colorizer, lightness: Array) -> AB:
    """Color an old picture L* (H, W) as a user would -> the a*b* (H, W, 2) that is seen."""
    gray = np.rint(np.clip(lightness_to_gray(lightness), 0, 1) * np.float32(255)).astype(np.uint8)
    rgb = shipped.color(colorizer, gray)[0]
    return rgb_to_lab(rgb.astype(np.float32) / np.float32(255))[..., 1:]


def score(truth: Truth, ab: AB, balance: Array) -> Scored:
    """Compare a*b* (H, W, 2) with a photograph, on its own lightness."""
    shown: RGB8 = merge(truth.lab[..., 0], ab).astype(np.uint8)
    seen = rgb_to_lab(shown.astype(np.float32) / np.float32(255))[..., 1:]
    true = truth.lab[..., 1:]
    gray = np.repeat(truth.gray[..., None], 3, axis=2)
    return Scored(
        gain=metrics.psnr(shown, truth.rgb) - metrics.psnr(gray, truth.rgb),
        ab_rmse=metrics.ab_rmse(seen, true),
        auc=100 * metrics.auc(seen, true, weights=balance),
        balance=float(balance[_bins(true)].sum()),
        colorfulness=metrics.colorfulness(shown),
    )


def summary(scored: Sequence[Scored]) -> Row:
    """Average over pictures; the balanced AuC over their pixels."""
    weights = np.array([each.balance for each in scored])
    return {
        "gain, dB": round(statistics.fmean(each.gain for each in scored), 2),
        "ab-RMSE": round(statistics.fmean(each.ab_rmse for each in scored), 2),
        "AuC bal.": round(float(weights @ [each.auc for each in scored] / weights.sum()), 2),
        "CF": round(statistics.fmean(each.colorfulness for each in scored), 1),
    }


def damage(truths: Sequence[Truth], colorizers: Sequence[Colorizer], seed: int) -> list[Row]:
    """Score every kind of damage: a row for each kind and each of the weights."""
    balance = priors.load(priors.DEFAULT_FILE).balance()
    rows: list[Row] = []
    clean: list[list[Scored]] = []
    for kind in KINDS:
        old = [aged(truth, kind, seed) for truth in truths]
        found = [
            [score(truth, colors(colorizer, each), balance) for truth, each in zip(truths, old, strict=True)]
            for colorizer in colorizers
        ]
        clean = clean or found
        for colorizer, before, after in zip(colorizers, clean, found, strict=True):
            lost = np.array([b.gain - a.gain for b, a in zip(before, after, strict=True)])
            rows.append(
                {"made to look": kind, "weights": colorizer.info.name}
                | summary(after)
                | {
                    "lost to it, dB": round(float(lost.mean()), 2),
                    "±": round(float(lost.std(ddof=min(1, lost.size - 1)) / np.sqrt(lost.size)), 2),
                }
            )
    return rows


def by_source(truths: Sequence[Truth], seen: Sequence[AB]) -> list[Row]:
    """Score photographs by the part of their names before the number; all of them in the last row."""
    balance = priors.load(priors.DEFAULT_FILE).balance()
    scored = [score(truth, ab, balance) for truth, ab in zip(truths, seen, strict=True)]
    sources = [truth.name.rsplit("-", 1)[0] for truth in truths]
    true = [metrics.colorfulness(truth.rgb) for truth in truths]
    off = [hue_error(ab, truth.lab[..., 1:]) for truth, ab in zip(truths, seen, strict=True)]
    rows: list[Row] = []
    for name, chosen in _groups(sources):
        means = summary([scored[i] for i in chosen])
        pale = float(str(means["CF"])) / max(statistics.fmean(true[i] for i in chosen), 1e-6)
        hues = [each for i in chosen if (each := off[i]) is not None]
        rows.append(
            {"source": name, "pictures": len(chosen)}
            | means
            | {
                "CF of the true": round(pale, 2),
                "hue off": round(statistics.fmean(hues)) if hues else "–",
                "worse than gray": f"{100 * statistics.fmean(scored[i].gain < 0 for i in chosen):.0f} %",
            }
        )
    return rows


def by_hue(truths: Sequence[Truth], seen: Sequence[AB]) -> list[Row]:
    """Score the pixels of all photographs by their true hue."""
    true = np.concatenate([truth.lab[..., 1:].reshape(-1, 2) for truth in truths]).astype(np.float64)
    ab = np.concatenate([each.reshape(-1, 2) for each in seen]).astype(np.float64)
    chroma = np.hypot(*true.T)
    named = _hue_names(true)
    rows: list[Row] = []
    for name in (*HUES, "purple", "gray"):
        here = named == name
        if not here.any():
            continue
        t, p, c = true[here], ab[here], chroma[here]
        own = np.hypot(*p.T)
        kept = float((t * p).sum() / (t * t).sum()) if name != "gray" else float("nan")
        turned = hue_error(p, t)
        rows.append(
            {
                "true color": name,
                "pixels": f"{100 * here.mean():.0f} %",
                "true chroma": round(float(c.mean()), 1),
                "predicted chroma": round(float(own.mean()), 1),
                "kept": "–" if name == "gray" else round(kept, 2),
                "hue off": "–" if name == "gray" or turned is None else round(turned),
                "ab-RMSE": round(float(np.sqrt(((t - p) ** 2).sum(axis=1).mean())), 1),
            }
        )
    return rows


def hue_error(ab: NDArray[np.floating], true: NDArray[np.floating]) -> float | None:
    """Give the mean angle between predicted and true hue in degrees, where both have one; None where none has."""
    both = (np.hypot(ab[..., 0], ab[..., 1]) >= SURE) & (np.hypot(true[..., 0], true[..., 1]) >= COLORED)
    if not both.any():
        return None
    turn = np.abs(_angle(ab[both]) - _angle(true[both]))
    return float(np.minimum(turn, 360 - turn).mean())


def _hue_names(ab: NDArray[np.floating]) -> NDArray[np.str_]:
    """(n, 2) -> (n,) names."""
    names = np.array([*HUES, "purple"])
    centers = np.array([*HUES.values(), PURPLE])
    turn = np.abs(_angle(ab)[:, None] - centers)
    nearest = names[np.minimum(turn, 360 - turn).argmin(axis=1)]
    return np.where(np.hypot(*ab.T) >= COLORED, nearest, "gray")


def _angle(ab: NDArray[np.floating]) -> NDArray[np.floating]:
    degrees: NDArray[np.floating] = np.degrees(np.arctan2(ab[..., 1], ab[..., 0])) % 360
    return degrees


def _groups(sources: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    for name in sorted(set(sources)):
        yield name, [i for i, each in enumerate(sources) if each == name]
    yield "all", list(range(len(sources)))


def _bins(ab: AB) -> NDArray[np.int16]:
    return soft_encode(ab)[0][..., 0]


def main(given: Sequence[str]) -> None:
    """Measure, print and keep the tables."""
    parser = command("old", __doc__)
    parser.add_argument("what", choices=("damage", "content"))
    parser.add_argument("folder", type=Path, help="color photographs with true colors")
    parser.add_argument("--weights", action="append", help="weights by name, or an .onnx file; repeatable")
    parser.add_argument("--pictures", type=int, default=60, help="how many, evenly chosen by name; 0 = all")
    parser.add_argument("--seed", type=int, default=0, help="chooses the damage")
    asked = parser.parse_args(given)
    torch.set_num_threads(1)
    facts = machine()
    truths = [read(path) for path in spread(asked.folder, asked.pictures)]
    loaded = [methods.load(name, device="cpu", threads=1) for name in asked.weights or ["hintnet"]]
    facts |= {
        "pictures": len(truths),
        "seed": asked.seed,
        "weights": {each.info.name: each.info.sha256 for each in loaded},
    }
    if asked.what == "damage":
        keep("old", damage(truths, loaded, asked.seed), asked.out, facts=facts)
    else:
        seen = [colors(loaded[0], truth.lab[..., 0]) for truth in truths]
        keep("old_content", by_source(truths, seen), asked.out, facts=facts)
        keep("old_colors", by_hue(truths, seen), asked.out, facts=facts)
