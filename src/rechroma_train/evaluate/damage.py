"""What age costs: pictures made to look old, and their colors against the truth.

Each photograph is recorded by an emulsion, or aged by one effect, or both at random ("mixed"), as
`rechroma_train.degrade` does it in training: best of about 180 to 260 pixels, since grain and blur have the sizes that
training gives them there. The damage follows from the file's name, so that it is the same for all weights and in every
run. The old picture is colored by the shipped code; the a*b* that comes out is laid on the true lightness, and that is
compared with the photograph: the colors are measured, not the damage that they were laid on. "gain" is over the gray
picture with the true lightness, "±" the standard error of what is lost.
"""

import statistics
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from rechroma import metrics
from rechroma.color import lightness_to_gray, merge, rgb_to_lab
from rechroma.types import AB, Array, Colorizer
from rechroma_train import degrade
from rechroma_train.color import srgb_to_linear
from rechroma_train.config import DegradeOptions
from rechroma_train.evaluate import scores, shipped
from rechroma_train.evaluate.pictures import Truth

MIXED = DegradeOptions(emulsion_share=0.75, aged_share=1.0, effect_share=0.5)
"""An album: three of four on an old emulsion, each with half of the effects."""
KINDS = ("clean", *degrade.EMULSIONS, *degrade.EFFECTS, "mixed")
VARIED = 0.25
"""Spread of an emulsion's shares from picture to picture, as in training."""
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One picture's colors on the true lightness."""

    gain: float
    """PSNR over that of the gray picture, dB."""
    measured: scores.Measured
    """All figures."""


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
    """Compare a*b* (H, W, 2) with a photograph, on its own lightness; balance (313,) is the weight of each bin."""
    shown = merge(truth.lab[..., 0], ab).astype(np.uint8, copy=False)
    measured = scores.measure(scores.reference(truth, balance), shown)
    gray = np.repeat(truth.gray[..., None], 3, axis=2)
    return Scored(gain=measured.scores.psnr - metrics.psnr(gray, truth.rgb), measured=measured)


def summary(scored: Sequence[Scored]) -> Row:
    """Average over pictures; the balanced AuC over their pixels."""
    mean = scores.mean([each.measured for each in scored])
    return {
        "gain, dB": round(statistics.fmean(each.gain for each in scored), 2),
        "ab-RMSE": round(mean.ab_rmse, 2),
        "AuC bal.": round(mean.auc_balanced, 2),
        "CF": round(mean.colorfulness, 1),
    }


def measure(truths: Sequence[Truth], colorizer: Colorizer, balance: Array, seed: int) -> list[Row]:
    """Score every kind of damage: a row for each kind."""
    rows: list[Row] = []
    clean: list[Scored] = []
    for kind in KINDS:
        found = [score(truth, colors(colorizer, aged(truth, kind, seed)), balance) for truth in truths]
        clean = clean or found
        lost = np.array([before.gain - after.gain for before, after in zip(clean, found, strict=True)])
        error = lost.std(ddof=min(1, lost.size - 1)) / np.sqrt(lost.size)
        last = {"lost to it, dB": round(float(lost.mean()), 2), "±": round(float(error), 2)}
        rows.append({"made to look": kind} | summary(found) | last)
    return rows
