"""How much the places of two pictures look alike, and how far a match is to be believed.

Cells of both pictures are described by vectors (see `features`) and each cell of the picture finds its most similar
one in the reference, upright and mirrored, at two scales. How far a match is believed is a probability, fitted on
pairs of photographs with known colors: it grows with the similarity of the surroundings, with the agreement of the
next best matches on one color, with neighbors that match neighbors, with a match that leads back, and falls where the
lightness differs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rechroma.hints.features import WORK_SIZE, Kind, describe
from rechroma.tiling import resize
from rechroma.types import AB, Array, Lab, Lightness

SCALES = (1.0, 0.625)
"""Sizes at which a reference is looked at, as shares of the picture's: objects come nearer and go away."""
BELIEVED: dict[Kind, float] = {"network": 0.75, "daisy": 0.85}
"""Probability from which a match becomes a hint; by DAISY, unrelated pictures look alike more often."""
LEAST_SHARE = 0.03
"""Share of the cells that have to be believed, else none is: single matches are chance."""
LEAST_COLOR = 1.5
"""Root mean square of what a* and b* have beyond their course over lightness; a picture with less has no color."""

_LEVELS = 50
"""Levels of lightness, each with a mean color."""
_NEXT = 8
"""Matches that are asked for their color."""
_SHARPNESS = 0.05
"""Similarity by which a match loses a factor e of its say in the color."""
_REGION = 4
"""Cells to each side over which similarity is averaged."""
_REACH = 1.5
"""Cells by which a neighbor's match may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A reference as it is looked at once: n cells."""

    vectors: Array
    """(n, C), each of length 1."""
    lab: Lab
    """(n, 3) mean color of the cell."""
    place: Array
    """(n, 2) row and column of the cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What a reference says about each cell (h, w) of a picture."""

    ab: AB
    """(h, w, 2) a*b* of the matched places."""
    evidence: Array
    """(h, w, E): what speaks for the match, see EVIDENCE."""


EVIDENCE = ("similarity", "spread", "coherence", "return", "lightness")
"""similarity: of the best matches, mean over the 9x9 cells around: a place is like another where what surrounds it is;
spread: of the best eight matches' a*b*, in 10 units; coherence: share of the neighbors that match neighbors; return: 1
where the match leads back, less by a factor e for two cells beside it; lightness: difference in 10 L* after both
pictures are brought to one mean and deviation."""

_FITTED: dict[Kind, tuple[float, ...]] = {
    "network": (-1.48, 3.62, -0.78, 0.53, 0.09, -0.08),
    "daisy": (-3.49, 6.1, -1.02, 0.57, 0.35, -0.29),
}
"""Logistic regression on the evidence, intercept first, by `python -m benchmarks references` on training pictures."""


def has_color(lab: Lab) -> bool:
    """Tell whether a picture (..., 3) has colors of its own: neither gray nor toned, as sepia is.

    Where a* and b* follow from the lightness, the picture is a gray one that was toned.
    """
    flat = lab.reshape(-1, 3)
    level = np.clip(flat[:, 0] * (_LEVELS / 100), 0, _LEVELS - 1).astype(np.intp)
    count = np.maximum(np.bincount(level, minlength=_LEVELS), 1)
    beyond = [
        channel - (np.bincount(level, channel, minlength=_LEVELS) / count)[level]
        for channel in (flat[:, 1], flat[:, 2])
    ]
    return float(np.sqrt(np.square(beyond).sum(axis=0).mean())) >= LEAST_COLOR


def confidence(matches: Matches, features: Kind = "network") -> Array:
    """Give the probability (h, w) that a match has about the right color; 0 where it is not believed."""
    intercept, *slopes = _FITTED[features]
    probability = 1 / (1 + np.exp(-(intercept + matches.evidence @ np.array(slopes, np.float32))))
    believed = probability >= BELIEVED[features]
    if believed.mean() < LEAST_SHARE:
        return np.zeros_like(probability)
    return np.where(believed, probability, 0).astype(np.float32)


def match(
    cells: Array, lightness: Lightness, reference: Lab, *, features: Kind = "network", threads: int = 0
) -> Matches:
    """Find for each cell of a picture the place of a reference that looks most like it, and what speaks for it.

    Args:
        cells: (h, w, C), the picture as `describe` gives it.
        lightness: (H, W), the same picture.
        reference: (height, width, 3), any size.
        features: What described the cells.
        threads: Threads of the network.
    """
    shape = cells.shape[:2]
    query = cells.reshape(-1, cells.shape[2])
    seen = resize(lightness, shape, kernel="area")
    views = list(_views(reference, features, threads))
    similarity = [query @ view.vectors.T for view in views]
    return _judged(similarity, views, shape, seen, reference)


def _judged(
    similarity: list[Array], views: list[_View], shape: tuple[int, ...], seen: Lightness, reference: Lab
) -> Matches:
    """Weigh the matches: similarity (m, n) of the picture's m cells with the cells of each view."""
    m = shape[0] * shape[1]
    every = np.concatenate(similarity, axis=1)
    lab = np.concatenate([view.lab for view in views])
    place = np.concatenate([view.place for view in views])
    of = np.repeat(np.arange(len(views)), [len(view.lab) for view in views])
    count = min(_NEXT, every.shape[1])
    top = np.argpartition(-every, count - 1, axis=1)[:, :count]
    value = np.take_along_axis(every, top, axis=1)
    first = top[np.arange(m), value.argmax(axis=1)]
    most = value.max(axis=1)
    say = np.exp((value - most[:, None]) / _SHARPNESS)
    say /= say.sum(axis=1, keepdims=True)
    ab = np.einsum("mk,mkc->mc", say, lab[top, 1:])
    spread = np.sqrt(np.einsum("mk,mk->m", say, ((lab[top, 1:] - ab[:, None]) ** 2).sum(2)))
    back = every.argmax(axis=0)[first]
    here = np.stack(np.divmod(np.arange(m), shape[1]), axis=1).astype(np.float32)
    returns = np.exp(-np.abs(here[back] - here).max(axis=1) / 2)
    remapped = _remapped(lab[:, 0], reference[..., 0], seen)
    darker = np.abs(remapped[first] - seen.ravel()) / 10
    coherence = _coherence(place[first].reshape(*shape, 2), of[first].reshape(shape)).ravel()
    region = _around(most.reshape(shape[0], shape[1])).ravel()
    evidence = np.stack([region, spread / 10, coherence, returns, darker], axis=1)
    return Matches(
        ab=ab.reshape(*shape, 2).astype(np.float32),
        evidence=evidence.reshape(*shape, len(EVIDENCE)).astype(np.float32),
    )


def _views(reference: Lab, features: Kind, threads: int) -> Iterator[_View]:
    """Look at a reference at each scale, as it is and mirrored."""
    for scale in SCALES:
        for lab in (reference, reference[:, ::-1]):
            cells = describe(
                np.ascontiguousarray(lab[..., 0]),
                kind=features,
                work_size=round(WORK_SIZE * scale),
                threads=threads,
            )
            h, w = cells.shape[:2]
            yield _View(
                vectors=cells.reshape(h * w, -1),
                lab=resize(lab, (h, w), kernel="area").reshape(-1, 3),
                place=np.stack(np.divmod(np.arange(h * w), w), axis=1).astype(np.float32),
            )


def _around(values: Array) -> Array:
    """Average (h, w) over the cells around, those beyond the edge being like the edge."""
    side = 2 * _REGION + 1
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (_REGION, _REGION)
        values = sliding_window_view(np.pad(values, padding, mode="edge"), side, axis=axis).mean(axis=-1)
    return values


def _remapped(lightness: Array, reference: Array, seen: Lightness) -> Array:
    """Bring a reference's lightness to the mean and deviation of the picture's (Welsh et al. 2002, section 2)."""
    gain = np.clip(seen.std() / max(float(reference.std()), 1.0), 0.5, 2.0)
    remapped: Array = (lightness - reference.mean()) * gain + seen.mean()
    return remapped


def _coherence(place: Array, view: NDArray[np.intp]) -> Array:
    """Tell which share of a cell's eight neighbors match where the cell's own match expects them, (h, w)."""
    h, w = view.shape
    agreeing = np.zeros((h, w), np.float32)
    there = np.zeros((h, w), np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if dy == dx == 0:
                continue
            own = slice(max(-dy, 0), h - max(dy, 0)), slice(max(-dx, 0), w - max(dx, 0))
            other = slice(max(dy, 0), h - max(-dy, 0)), slice(max(dx, 0), w - max(-dx, 0))
            expected = place[own] + np.array([dy, dx], np.float32)
            off = np.abs(place[other] - expected).max(axis=2)
            agreeing[own] += (off <= _REACH) & (view[own] == view[other])
            there[own] += 1
    return (agreeing / np.maximum(there, 1)).astype(np.float32)
