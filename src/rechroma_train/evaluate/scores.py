"""The figures of one result, and their mean over pictures.

Definitions: REFERENCE is the photograph as stored; the result is the uint8 RGB that a user gets. Everything but the
bin accuracies is computed from those two.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from rechroma import metrics
from rechroma.color import ab_bins, delta_e_2000, rgb_to_lab, soft_encode
from rechroma.tiling import resize
from rechroma.types import AB, RGB8, Array, Logits
from rechroma_train.evaluate.pictures import Truth

GRID = 4
"""Pixels to a cell where methods without scores are asked for bins, each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Figures of one result; as a mean over pictures the same fields."""

    psnr: float
    """dB, on uint8 RGB."""
    ssim: float
    """Mean over R, G, B of SSIM, Gaussian window 11, sigma 1.5, valid area."""
    ab_rmse: float
    """Root mean square of the distance in the a*b* plane."""
    auc: float
    """Per cent: share of pixels with an a*b* error within t, averaged over t = 0 … 150."""
    auc_balanced: float
    """The same, each pixel weighted by the inverse prior of its true bin."""
    delta_e: float
    """Mean CIEDE2000."""
    colorfulness: float
    """Hasler and Suesstrunk 2003 in the variant of the colorization papers: absolute opponents."""
    colorfulness_signed: float
    """The same as published, signed opponents."""
    delta_colorfulness_each: float
    """Mean over pictures of the absolute difference of colorfulness to the truth."""
    top1: float
    """Per cent of the prediction's cells whose likeliest bin is the true one."""
    top5: float
    """Per cent of the prediction's cells whose five likeliest bins have the true one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Scores of one picture and its weight in the balanced mean."""

    scores: Scores
    """The figures."""
    balance: float
    """Sum of the weights of its pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is computed once of a photograph, however many results are compared with it."""

    truth: Truth
    """The photograph."""
    balance: Array
    """(313,) float32 weight of each bin."""
    weight: float
    """Sum of the weights of its pixels."""
    colorfulness: float
    """Of the photograph, absolute opponents."""


def reference(truth: Truth, balance: Array) -> Reference:
    """Prepare a photograph; balance (313,) is the weight of each bin."""
    nearest = soft_encode(truth.lab[..., 1:])[0][..., 0]
    return Reference(
        truth=truth,
        balance=balance,
        weight=float(balance[nearest].sum(dtype=np.float64)),
        colorfulness=metrics.colorfulness(truth.rgb, variant="abs"),
    )


def measure(against: Reference, rgb: RGB8, logits: Logits | None = None) -> Measured:
    """Compare a result (H, W, 3) uint8 with its photograph; logits (h, w, 313) where the method has them."""
    truth = against.truth
    lab = rgb_to_lab(rgb.astype(np.float32) / np.float32(255))
    ab, true_ab = lab[..., 1:], truth.lab[..., 1:]
    colorfulness = metrics.colorfulness(rgb, variant="abs")
    scored = logits is not None and logits.shape[-1] == len(ab_bins())
    hits = _bin_accuracy(logits if logits is not None and scored else _closeness(ab), true_ab)
    return Measured(
        scores=Scores(
            psnr=metrics.psnr(rgb, truth.rgb),
            ssim=metrics.ssim(rgb, truth.rgb),
            ab_rmse=metrics.ab_rmse(ab, true_ab),
            auc=100 * metrics.auc(ab, true_ab),
            auc_balanced=100 * metrics.auc(ab, true_ab, weights=against.balance),
            delta_e=float(delta_e_2000(lab, truth.lab).mean(dtype=np.float64)),
            colorfulness=colorfulness,
            colorfulness_signed=metrics.colorfulness(rgb, variant="signed"),
            delta_colorfulness_each=abs(colorfulness - against.colorfulness),
            top1=100 * hits.top1,
            top5=100 * hits.top5,
        ),
        balance=against.weight,
    )


def mean(measured: Sequence[Measured]) -> Scores:
    """Average over pictures; the balanced AuC over all their pixels, as the prior is one of pixels."""
    table = np.array([list(asdict(m.scores).values()) for m in measured], np.float64)
    average = dict(zip((f.name for f in fields(Scores)), table.mean(axis=0).tolist(), strict=True))
    weights = np.array([m.balance for m in measured])
    balanced = np.array([m.scores.auc_balanced for m in measured])
    return Scores(**{**average, "auc_balanced": float(weights @ balanced / weights.sum())})


def _bin_accuracy(logits: Logits, true_ab: AB) -> metrics.BinAccuracy:
    """Compare scores (h, w, 313) with the truth (H, W, 2) averaged to their grid."""
    return metrics.bin_accuracy(logits, resize(true_ab, (logits.shape[0], logits.shape[1]), kernel="area"))


def _closeness(ab: AB) -> Logits:
    """Score the bins for a method without scores: the nearer the better, on a quarter of the picture's grid."""
    small = resize(ab, (-(-ab.shape[0] // GRID), -(-ab.shape[1] // GRID)), kernel="area")
    bins = ab_bins()
    # As soft_encode sees it: whole numbers, of equally near bins the first.
    first = np.arange(len(bins), dtype=np.float32) / 1000
    scores: Logits = 2 * (np.rint(small) @ bins.T) - (bins**2).sum(axis=1) - first
    return scores
