"""Hints from other pictures: where a place of a reference looks like a place of the picture, its color is taken.

Cells of both pictures are described by vectors (see `features`) and each cell of the picture finds its most similar
one in the reference, upright and mirrored, at two scales. How far a match is believed is a probability, fitted on
pairs of photographs with known colors: it grows with the similarity, with the agreement of the next best matches on
one color, with neighbors that match neighbors, with a match that leads back, and falls where the lightness differs.
What is not believed gives no hint, so that the network decides by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import InputError
from rechroma.hints.features import WORK_SIZE, Kind, describe
from rechroma.tiling import resize
from rechroma.types import AB, Array, Hints, Lab, Lightness

SCALES = (1.0, 0.625)
"""Sizes at which a reference is looked at, as shares of the picture's: objects come nearer and go away."""
STRONGEST = 0.8
"""Weight of the surest hint: a person's stroke has 1."""
BELIEVED = 0.6
"""Probability from which a match becomes a hint."""
LEAST_SHARE = 0.02
"""Share of the cells that have to be believed, else none is: single matches are chance."""
LEAST_COLOR = 3.0
"""Root mean square deviation of a*b* below which a picture has no color: gray, or of one tint."""

_NEXT = 8
"""Matches that are asked for their color."""
_SHARPNESS = 0.05
"""Similarity by which a match loses a factor e of its say in the color."""
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


EVIDENCE = ("similarity", "spread", "coherence", "return", "lightness", "picture")
"""similarity: of the best match; spread: of the best matches' a*b*, in 10 units; coherence: share of the
neighbors that match neighbors; return: 1 where the match leads back; lightness: difference in 10 L* after both are
brought to one mean and deviation; picture: similarity of all cells, their mean."""

_FITTED: dict[Kind, tuple[float, ...]] = {
    "network": (-2.94, 3.07, -1.18, -0.09, 0.16, -0.05, 5.53),
    "daisy": (-6.0, 6.0, -1.0, 2.0, 0.5, -0.5, 3.0),
}
"""Logistic regression on the evidence, intercept first, by benchmarks/references.py on training pictures."""


def reference_hints(
    lightness: Lightness, references: Sequence[Lab], *, features: Kind = "network", threads: int = 0
) -> Hints:
    """Give as hints what references tell about a picture's colors; several compete cell by cell.

    Args:
        lightness: (H, W) L* 0 to 100 at work size, any size from 1x1; not modified.
        references: Color pictures (h, w, 3), any sizes; some 256 pixels a side are enough. None modified.
        features: What describes the places.
        threads: Threads of the network; 0 = RECHROMA_THREADS, or one per core.

    Returns:
        Hints of the lightness's size; weight 0 where nothing matches, at most STRONGEST elsewhere.

    Raises:
        InputError: A reference has no color, or is not (h, w, 3).
        MissingExtra, WeightsError: see `describe`.
    """
    _check(references)
    cells = describe(lightness, kind=features, threads=threads)
    ab = np.zeros((*cells.shape[:2], 2), np.float32)
    belief = np.zeros(cells.shape[:2], np.float32)
    for reference in references:
        matches = match(lightness, reference, features=features, threads=threads)
        sure = confidence(matches, features)
        better = sure > belief
        ab[better], belief[better] = matches.ab[better], sure[better]
    weight = np.where(belief > 0, STRONGEST * belief, 0).astype(np.float32)
    return _spread(ab, weight, lightness.shape)


def has_color(lab: Lab) -> bool:
    """Tell whether a picture (..., 3) has colors of its own: neither gray nor of one tint."""
    ab = lab[..., 1:].reshape(-1, 2)
    return float(np.sqrt(ab.var(axis=0).sum())) >= LEAST_COLOR


def confidence(matches: Matches, features: Kind = "network") -> Array:
    """Give the probability (h, w) that a match has about the right color; 0 where it is not believed."""
    intercept, *slopes = _FITTED[features]
    probability = 1 / (1 + np.exp(-(intercept + matches.evidence @ np.array(slopes, np.float32))))
    believed = probability >= BELIEVED
    if believed.mean() < LEAST_SHARE:
        return np.zeros_like(probability)
    return np.where(believed, probability, 0).astype(np.float32)


def match(lightness: Lightness, reference: Lab, *, features: Kind = "network", threads: int = 0) -> Matches:
    """Find for each cell of a picture the place of a reference that looks most like it, and what speaks for it."""
    cells = describe(lightness, kind=features, threads=threads)
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
    returns = (np.abs(here[back] - here).max(axis=1) <= 2).astype(np.float32)
    remapped = _remapped(lab[:, 0], reference[..., 0], seen)
    darker = np.abs(remapped[first] - seen.ravel()) / 10
    coherence = _coherence(place[first].reshape(*shape, 2), of[first].reshape(shape)).ravel()
    whole = np.full(m, most.mean(), np.float32)
    evidence = np.stack([most, spread / 10, coherence, returns, darker, whole], axis=1)
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


def _remapped(lightness: Array, reference: Array, seen: Lightness) -> Array:
    """Bring a reference's lightness to the mean and deviation of the picture's (Welsh et al. 2002, section 2)."""
    gain = np.clip(seen.std() / max(float(reference.std()), 1.0), 0.5, 2.0)
    remapped: Array = (lightness - reference.mean()) * gain + seen.mean()
    return remapped


def _coherence(place: Array, view: NDArray[np.intp]) -> Array:
    """Tell which share of a cell's eight neighbors match where the cell's own match expects them, (h, w)."""
    h, w = view.shape
    agreeing: Array = np.zeros((h, w), np.float32)
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
    return agreeing / np.maximum(there, np.float32(1))


def _spread(ab: AB, weight: Array, shape: tuple[int, ...]) -> Hints:
    """Bring hints of cells to the size of the lightness: colors fade into one another, weights keep to their cells."""
    height, width = shape
    size = (height, width)
    weighted = resize(ab * weight[..., None], size, kernel="bilinear")
    smooth = resize(weight, size, kernel="bilinear")
    rows = np.minimum(np.arange(height) * weight.shape[0] // height, weight.shape[0] - 1)
    columns = np.minimum(np.arange(width) * weight.shape[1] // width, weight.shape[1] - 1)
    kept = weight[np.ix_(rows, columns)]
    kept = np.where(smooth > 1e-3, kept, 0).astype(np.float32)
    colors = np.where(kept[..., None] > 0, weighted / np.maximum(smooth, 1e-3)[..., None], 0)
    return Hints(ab=np.ascontiguousarray(colors, np.float32), weight=kept)


def _check(references: Sequence[Lab]) -> None:
    for number, reference in enumerate(references, start=1):
        which = f"reference {number}" if len(references) > 1 else "the reference"
        if reference.ndim != 3 or reference.shape[2] != 3 or reference.size == 0:
            raise InputError(f"{which} has shape {reference.shape}; accepted: (h, w, 3), L*a*b*")
        if not has_color(reference):
            raise InputError(
                f"{which} has no color: it is gray or of one tint; give a color picture of something similar"
            )
