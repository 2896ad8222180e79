"""How close colors come to the truth, and how colorful they are.

Pictures are sRGB (H, W, 3) uint8: the measure is taken on what a viewer gets, after rounding. Means over a set of
pictures are means of the pictures' values. Sums are taken in float64.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.color import delta_e_2000, rgb_to_lab, soft_encode
from rechroma.errors import InputError, OptionError
from rechroma.types import AB, RGB8, Array

Variant: TypeAlias = Literal["abs", "signed"]

_SSIM_SIGMA = 1.5
_SSIM_RADIUS = 5
_AUC_END = 150

EDGE = 20.0
"""Difference in CIELAB (1976) between the two neighbors of a pixel, from which on it lies on an edge."""
EDGE_WIDTH = 1
"""Pixels on each side that still belong to an edge: cameras and JPEG blur that much."""
EDGE_REACH = 8
"""Pixels on each side that count as beside an edge: two cells of a prediction at a quarter of 256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinAccuracy:
    """How often the true ab bin is the best, or among the five best."""

    top1: float
    """Share of pixels, 0 to 1."""
    top5: float
    """Share of pixels, 0 to 1."""


def psnr(picture: RGB8, truth: RGB8) -> float:
    """Give the peak signal-to-noise ratio over all channels, in dB; infinite for equal pictures."""
    _check_pair(picture, truth)
    mean_square = float(np.mean((picture.astype(np.float64) - truth) ** 2))
    return float("inf") if mean_square == 0 else float(10 * np.log10(255**2 / mean_square))


def ssim(picture: RGB8, truth: RGB8) -> float:
    """Give the structural similarity (Wang et al. 2004): mean over channels, 1 = equal.

    Gaussian window 11 x 11, sigma 1.5; only where the window lies inside the picture (5 pixels of border are left
    out); K1 = 0.01, K2 = 0.03, population moments: the variant of BasicSR and of most colorization papers.

    Raises:
        InputError: for pictures below 11 x 11.
    """
    _check_pair(picture, truth)
    if min(picture.shape[:2]) <= 2 * _SSIM_RADIUS:
        raise InputError(f"pictures have shape {picture.shape}; SSIM needs at least 11 x 11 pixels")
    one, two = picture.astype(np.float64), truth.astype(np.float64)
    mean_one, mean_two = _blur(one), _blur(two)
    variance_one = _blur(one * one) - mean_one**2
    variance_two = _blur(two * two) - mean_two**2
    covariance = _blur(one * two) - mean_one * mean_two
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_one * mean_two + c1) / (mean_one**2 + mean_two**2 + c1)
    structure = (2 * covariance + c2) / (variance_one + variance_two + c2)
    return float(np.mean(luminance * structure))


def colorfulness(picture: RGB8, *, variant: Variant = "abs") -> float:
    """Give the colorfulness of Hasler and Süsstrunk 2003 (their M3): 0 gray, 33 moderate, 59 quite colorful.

    "signed" is the published definition; "abs" takes magnitudes of the opponent channels first, as the scripts
    behind most published tables of colorization do, and gives lower values. Compare only like with like.
    """
    if variant not in ("abs", "signed"):
        raise OptionError(
            f'variant is {variant!r}; accepted: "abs" (as in most tables), "signed" (as published)'
        )
    red, green, blue = np.moveaxis(picture.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    if variant == "abs":
        rg, yb = np.abs(rg), np.abs(yb)
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def ab_rmse(ab: AB, truth: AB) -> float:
    """Give the root mean square of the ab distance.  (..., 2) each -> a*b* units, sqrt(mean(da^2 + db^2))."""
    return float(np.sqrt(np.mean(_distance(ab, truth) ** 2)))


def auc(ab: AB, truth: AB, *, weights: Array | None = None) -> float:
    """Give the area under the curve of pixels within an ab distance (Zhang et al. 2016, section 3.1), 0 to 1.

    The curve is the share of pixels whose ab distance is at most t, for t = 0, 1 ... 150; its area is taken by
    trapezoids and divided by 150.

    Args:
        ab: (..., 2) predicted a*b*.
        truth: (..., 2) true a*b*.
        weights: (Q,) weight of each ab bin for the class-balanced variant: pixels count by the bin nearest to
            their true color (rebalancing_weights of the training prior with uniform_share 0).
    """
    distance = _distance(ab, truth).reshape(-1)
    balance = np.ones(1) if weights is None else weights.astype(np.float64)[_nearest_bin(truth)]
    share = np.broadcast_to(balance.reshape(-1), distance.shape)
    # A pixel at distance d counts from the first integer t >= d on.
    first = np.minimum(np.ceil(distance), _AUC_END + 1).astype(np.intp)
    mass = np.bincount(first, share, minlength=_AUC_END + 2)[: _AUC_END + 1]
    curve = np.cumsum(mass) / share.sum()
    return float((curve.sum() - (curve[0] + curve[-1]) / 2) / _AUC_END)


def delta_e(picture: RGB8, truth: RGB8) -> float:
    """Give the mean CIEDE2000 difference of two pictures; 0 = equal, about 1 is just visible."""
    _check_pair(picture, truth)
    scale = np.float32(1 / 255)
    difference = delta_e_2000(rgb_to_lab(picture * scale), rgb_to_lab(truth * scale))
    return float(difference.mean(dtype=np.float64))


def chroma_bleeding(picture: RGB8, truth: RGB8) -> float:
    """Give the share of the color change near edges that lies beside them instead of on them; 0 = none, 1 = all.

    An edge is where the true picture steps, in lightness or color. Near it the color of `picture` may change as it
    likes, and by as much as it likes, but on the edge: what changes up to EDGE_REACH pixels beside it has run over
    the line. Right and wrong colors count alike, as do pale and strong ones. Our own definition: published ones ask
    for segmentations, or compare colors with the true ones and so measure whether they are right. The truth itself
    is not at 0 (shading, texture below EDGE), so compare with `chroma_bleeding(truth, truth)`. For pictures of
    about 256 pixels a side, since its lengths are in pixels.
    """
    _check_pair(picture, truth)
    scale = np.float32(1 / 255)
    edge = _steps(rgb_to_lab(truth * scale)) >= EDGE
    change = _steps(rgb_to_lab(picture * scale)[..., 1:])
    on, near = _widened(edge, EDGE_WIDTH), _widened(edge, EDGE_REACH)
    total = float(change[near].sum(dtype=np.float64))
    return 0.0 if total == 0 else float(change[near & ~on].sum(dtype=np.float64)) / total


def frechet_distance(features: Array, truth: Array) -> float:
    """Give the Fréchet distance between two sets of vectors, each taken for a Gaussian (Dowson & Landau 1982, eq. 4).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the formula of FID, with covariances divided by N - 1. A set smaller
    than its vectors are long has a singular covariance, so no root of a matrix is taken: with the centered sets
    X, Y the eigenvalues of C1 C2 are the squared singular values of X Y^T / (N - 1). Estimates from few vectors
    are biased, so compare only sets of the same sizes.

    Args:
        features: (N, D), any real dtype; computed in float64.
        truth: (M, D).

    Raises:
        InputError: The vectors differ in length, are not finite, or a set has fewer than two.
    """
    sets = [np.asarray(given, np.float64) for given in (features, truth)]
    if any(s.ndim != 2 or len(s) < 2 for s in sets) or sets[0].shape[1] != sets[1].shape[1]:
        raise InputError(
            f"features have shape {features.shape}, truth {truth.shape}; expected (N, D) and (M, D), "
            "at least two vectors each"
        )
    if not all(np.isfinite(s).all() for s in sets):
        raise InputError("features are not all finite numbers; the Fréchet distance needs finite ones")
    step = sets[0].mean(axis=0) - sets[1].mean(axis=0)
    one, two = (_spread(s) for s in sets)
    shared = float(np.linalg.svd(one @ two.T, compute_uv=False).sum())
    # Rounding may end below zero for equal sets.
    return max(float(step @ step + (one * one).sum() + (two * two).sum()) - 2 * shared, 0.0)


def bin_accuracy(logits: Array, truth: AB) -> BinAccuracy:
    """Say how often the bin nearest to the true color has the best score, or one of the five best.

    logits (..., Q) scores over the ab bins, truth (..., 2) a*b*. Among equal scores the truth comes last, so that
    a constant score earns nothing.
    """
    if logits.shape[:-1] != truth.shape[:-1]:
        raise InputError(
            f"logits have shape {logits.shape}, truth {truth.shape}; expected (..., Q) and (..., 2)"
        )
    true_bin = _nearest_bin(truth)[..., None]
    better = (logits >= np.take_along_axis(logits, true_bin, axis=-1)).sum(axis=-1) - 1
    return BinAccuracy(top1=float(np.mean(better < 1)), top5=float(np.mean(better < 5)))


def _check_pair(picture: RGB8, truth: RGB8) -> None:
    for image in (picture, truth):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(f"a picture is {image.dtype} {image.shape}; expected uint8 (H, W, 3)")
    if picture.shape != truth.shape:
        raise InputError(
            f"pictures differ in size: {picture.shape} and {truth.shape}; resize one of them first"
        )


def _spread(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, D) -> S, at most D rows, with S^T S the covariance."""
    centered: NDArray[np.float64] = (vectors - vectors.mean(axis=0)) / np.sqrt(len(vectors) - 1)
    return np.linalg.qr(centered).R if centered.shape[0] > centered.shape[1] else centered


def _steps(planes: Array) -> Array:
    """Measure the step from neighbor to neighbor, along rows and columns.  (H, W, C) -> (H, W)."""
    padded = np.pad(planes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    down, right = padded[2:, 1:-1] - padded[:-2, 1:-1], padded[1:-1, 2:] - padded[1:-1, :-2]
    steps: Array = np.sqrt((down * down + right * right).sum(axis=-1))
    return steps


def _widened(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Widen a mask by so many pixels in all directions: a square."""
    for axis in (0, 1):
        wider = mask.copy()
        for step in range(1, min(pixels, mask.shape[axis] - 1) + 1):
            ahead, behind = np.moveaxis(wider, axis, 0), np.moveaxis(mask, axis, 0)
            ahead[step:] |= behind[:-step]
            ahead[:-step] |= behind[step:]
        mask = wider
    return mask


def _distance(ab: AB, truth: AB) -> NDArray[np.float64]:
    if ab.shape != truth.shape or ab.shape[-1] != 2:
        raise InputError(f"ab has shape {ab.shape}, truth {truth.shape}; expected both (..., 2) and equal")
    step = ab.astype(np.float64) - truth
    distance: NDArray[np.float64] = np.hypot(step[..., 0], step[..., 1])
    return distance


def _nearest_bin(ab: AB) -> NDArray[np.intp]:
    return soft_encode(ab)[0][..., 0].astype(np.intp)


def _blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur by the SSIM window, valid area only.  (H, W, C) -> (H - 10, W - 10, C)."""
    reach = np.arange(-_SSIM_RADIUS, _SSIM_RADIUS + 1)
    window = np.exp(-(reach**2) / (2 * _SSIM_SIGMA**2))
    window /= window.sum()
    height, width = image.shape[0] - 2 * _SSIM_RADIUS, image.shape[1] - 2 * _SSIM_RADIUS
    rows: NDArray[np.float64] = np.zeros((height, *image.shape[1:]))
    for offset, weight in enumerate(window):
        rows += weight * image[offset : offset + height]
    blurred: NDArray[np.float64] = np.zeros((height, width, image.shape[2]))
    for offset, weight in enumerate(window):
        blurred += weight * rows[:, offset : offset + width]
    return blurred
