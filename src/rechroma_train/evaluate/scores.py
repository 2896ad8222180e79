"""The figures of one result, and their mean over pictures.

Definitions: REFERENCE is the photograph as stored; the result is the uint8 RGB that a user gets. Everything but the
bin accuracies is computed from those two.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from rechroma import metrics
from rechroma.color import ab_bins, delta_e_2000, rgb_to_lab, soft_encode
from rechroma.tiling import resize
from rechroma.types import RGB8, Array, Logits

from rechroma_train.evaluate.pictures import Truth


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
    weight: Array
    """(H, W) float32: inverse prior of each pixel's true bin."""
    colorfulness: float
    """Of the photograph, absolute opponents."""


def reference(truth: Truth, balance: Array) -> Reference:
    """Prepare a photograph; balance (313,) is the weight of each bin."""
    nearest = soft_encode(truth.lab[..., 1:])[0][..., 0]
    return Reference(
        truth=truth, weight=balance[nearest], colorfulness=metrics.colorfulness(truth.rgb, variant="abs")
    )


def measure(against: Reference, rgb: RGB8, logits: Logits | None = None) -> Measured:
    """Compare a result (H, W, 3) uint8 with its photograph; logits (h, w, 313) where the method has them."""
    truth = against.truth
    lab = rgb_to_lab(rgb.astype(np.float32) / np.float32(255))
    ab, true_ab = lab[..., 1:], truth.lab[..., 1:]
    colorfulness = metrics.colorfulness(rgb, variant="abs")
    scored = logits is not None and logits.shape[-1] == len(ab_bins())
    top1, top5 = _bin_accuracy(logits if logits is not None and scored else ab, truth)
    return Measured(
        scores=Scores(
            psnr=metrics.psnr(rgb, truth.rgb),
            ssim=metrics.ssim(rgb, truth.rgb),
            ab_rmse=metrics.ab_rmse(ab, true_ab),
            auc=100 * metrics.auc(ab, true_ab),
            auc_balanced=100 * metrics.auc(ab, true_ab, weights=against.weight),
            delta_e=float(delta_e_2000(lab, truth.lab).mean()),
            colorfulness=colorfulness,
            colorfulness_signed=metrics.colorfulness(rgb, variant="signed"),
            delta_colorfulness_each=abs(colorfulness - against.colorfulness),
            top1=100 * top1,
            top5=100 * top5,
        ),
        balance=float(against.weight.sum()),
    )


def mean(measured: Sequence[Measured]) -> Scores:
    """Average over pictures; the balanced AuC over all their pixels, as the prior is one of pixels."""
    table = np.array([list(asdict(m.scores).values()) for m in measured], np.float64)
    average = dict(zip((f.name for f in fields(Scores)), table.mean(axis=0).tolist(), strict=True))
    weights = np.array([m.balance for m in measured])
    balanced = np.array([m.scores.auc_balanced for m in measured])
    return Scores(**{**average, "auc_balanced": float(weights @ balanced / weights.sum())})


def _bin_accuracy(predicted: NDArray[np.float32], truth: Truth) -> tuple[float, float]:
    """Compare bins on a quarter of the picture's grid; predicted is (h, w, 313) scores or (H, W, 2) a*b*."""
    height, width = truth.gray.shape
    scored = predicted.shape[-1] != 2
    grid = predicted.shape[:2] if scored else (-(-height // 4), -(-width // 4))
    true_bin = soft_encode(resize(truth.lab[..., 1:], grid, kernel="area"))[0][..., 0]
    if scored:
        own = np.take_along_axis(predicted, true_bin[..., None].astype(np.intp), axis=-1)
        rank = (predicted > own).sum(axis=-1)
    else:
        nearest = soft_encode(resize(predicted, grid, kernel="area"))[0]
        hit = nearest == true_bin[..., None]
        rank = np.where(hit.any(axis=-1), hit.argmax(axis=-1), hit.shape[-1])
    return float((rank == 0).mean()), float((rank < 5).mean())
