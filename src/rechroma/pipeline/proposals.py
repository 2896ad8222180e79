"""What else the colors could be: likely colors of a place, and other colorings of the whole picture.

All is read from the predicted distribution over the ab bins. Other colorings vary whole regions, never single
pixels: regions are found in what was predicted, those that are predicted alike belong to one thing, and a thing
takes another peak of its own distribution. A proposal says so in hint points; the method then colors with these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rechroma import color
from rechroma.clusters import k_means
from rechroma.tiling import resize
from rechroma.types import AB, Array, Lightness, Logits, Marks, Point

Labels = NDArray[np.intp]
"""(h, w) number of each cell's region or thing."""

_SMOOTHING = 8.0
"""Standard deviation, in a*b*, over which the distribution is smoothed before its peaks are sought."""
_PEAK = 20.0
"""a*b* around a peak that belongs to it."""
_LEAST_SHARE = 0.04
"""Share of the distribution below which a peak is none."""
_SEEDS = 5
"""Regions are grown from so many seeds in each direction."""
_ROUNDS = 8
_ALIKE = 0.9
"""Bhattacharyya coefficient of two regions' distributions from which on they are one thing ..."""
_NEAR = 12.0
"""... where their predicted a*b* differ by less than this too."""
_VISIBLE = 0.8
"""a*b* by which a proposal changes the picture on average, at least."""
_DIFFERENT = 18.0
"""a*b* between two colors of one thing that count as two proposals."""
_CONFIDENCE = 0.9
_POINTS = 120
"""Hint points for a thing that fills the picture; a smaller one has its share, from 5 to 40."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A color that the method thinks likely at a place."""

    color: str
    """#rrggbb at the place's own lightness."""
    share: float
    """How likely, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of a picture."""

    lightness: float
    """Its L*, 0 to 100."""
    color: str
    """What is shown there, #rrggbb."""
    suggestions: tuple[Suggestion, ...]
    """Likely colors, the likeliest first; none where the method predicts no distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plausible coloring, which `replace(options, hints=proposal.hints)` gives."""

    hints: Marks
    """The marks that were given, and those that make this coloring."""
    likelihood: float
    """Natural logarithm of how likely it is against the first, averaged over the picture; 0 for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A likely color of a place."""

    ab: Array
    """(2,) a*b*."""
    share: float
    """Of the distribution, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another coloring: some things of the picture take another color."""

    marks: Marks
    """Hint points that say so."""
    likelihood: float
    """Natural logarithm of how likely it is against the prediction, averaged over the picture; below 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One thing takes another color."""

    thing: int
    ab: Array
    likelihood: float


def likely_colors(mass: Array, bins: AB, *, count: int) -> list[Likely]:
    """List the peaks of a distribution, the most likely first.

    Args:
        mass: (Q,) of the distribution, sums to 1.
        bins: (Q, 2) a*b*.
        count: At most so many.
    """
    left = mass.astype(np.float32)
    peaks: list[Likely] = []
    while len(peaks) < count:
        top = bins[(_smoothing(bins.tobytes(), len(bins)) @ left).argmax()]
        near = ((bins - top) ** 2).sum(axis=1) <= _PEAK**2
        share = float(left[near].sum())
        if share < (_LEAST_SHARE if peaks else 1e-6):
            break
        peaks.append(Likely(ab=left[near] @ bins[near] / np.float32(share), share=share))
        left[near] = 0
    return sorted(peaks, key=lambda peak: -peak.share)


def changes(logits: Logits, bins: AB, lightness: Lightness, *, count: int) -> list[Change]:
    """Find other colorings, the most likely first.

    Args:
        logits: (h, w, Q) scores.
        bins: (Q, 2) a*b*.
        lightness: (H, W) L* of the whole picture, of any size.
        count: At most so many; fewer where little of the picture is uncertain.
    """
    mass = color.softmax(logits)
    light = resize(lightness, (mass.shape[0], mass.shape[1]), kernel="area")
    things = _things(mass, bins, light)
    turns = _turns(mass, bins, things)
    chosen: list[tuple[_Turn, ...]] = []
    for turn in turns:
        if all(turn.thing != t.thing or _apart(turn.ab, t.ab) >= _DIFFERENT for (t,) in chosen):
            chosen.append((turn,))
        if len(chosen) == count:
            break
    pairs = [(one, two) for (one,), (two,) in combinations(chosen, 2) if one.thing != two.thing]
    chosen += pairs[: count - len(chosen)]
    found = [
        Change(
            marks=Marks(points=tuple(p for turn in each for p in _points(turn, things, light))),
            likelihood=sum(turn.likelihood for turn in each),
        )
        for each in chosen
    ]
    return sorted(found, key=lambda change: -change.likelihood)


@lru_cache(maxsize=4)
def _smoothing(bins: bytes, count: int) -> Array:
    """Give the (Q, Q) matrix that smooths a distribution over bins, which come as the bytes of (Q, 2) float32."""
    centers = np.frombuffer(bins, np.float32).reshape(count, 2)
    square = ((centers[:, None] - centers[None]) ** 2).sum(axis=-1)
    matrix: Array = np.exp(square * np.float32(-0.5 / _SMOOTHING**2))
    return matrix


def _things(mass: Array, bins: AB, light: Lightness) -> Labels:
    """Find what belongs together: regions by k-means, then those that are predicted alike as one."""
    regions = _regions(mass @ bins, light)
    count = int(regions.max()) + 1
    share = np.bincount(regions.ravel(), minlength=count)
    means = np.stack([mass[regions == number].mean(axis=0) for number in range(count)])
    alike = np.sqrt(means) @ np.sqrt(means).T > _ALIKE
    shown = means @ bins
    parent = np.arange(count)
    for one, two in sorted(combinations(range(count), 2), key=lambda pair: -share[pair[0]] - share[pair[1]]):
        if alike[one, two] and _apart(shown[one], shown[two]) < _NEAR:
            parent[parent == parent[two]] = parent[one]
    return np.unique(parent, return_inverse=True)[1][regions]


def _regions(ab: AB, light: Lightness) -> Labels:
    """Cut a prediction into regions of one color, lightness and place: k-means from a grid of seeds."""
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    scale = 6 / max(height, width)
    features = np.dstack([light / 12, ab / 10, y * scale, x * scale]).reshape(-1, 5)
    rows, columns = (
        ((np.arange(min(_SEEDS, side)) + 0.5) * side / min(_SEEDS, side)).astype(int)
        for side in (height, width)
    )
    seeds = features[(rows[:, None] * width + columns[None]).ravel()]
    labels, _ = k_means(features, seeds, rounds=_ROUNDS)
    return np.unique(labels, return_inverse=True)[1].reshape(height, width)


def _turns(mass: Array, bins: AB, things: Labels) -> list[_Turn]:
    """List every visible change of one thing, the most likely first."""
    turns: list[_Turn] = []
    for thing in range(int(things.max()) + 1):
        inside = things == thing
        area = float(inside.mean())
        mean = mass[inside].mean(axis=0)
        peaks = likely_colors(mean, bins, count=4)
        shown = mean @ bins
        for peak in peaks:
            visible = area * _apart(peak.ab, shown)
            if visible >= _VISIBLE and _apart(peak.ab, shown) >= _DIFFERENT:
                likelihood = area * float(np.log(min(peak.share / peaks[0].share, 0.999)))
                turns.append(_Turn(thing=thing, ab=peak.ab, likelihood=likelihood))
    return sorted(turns, key=lambda turn: -turn.likelihood)


def _points(turn: _Turn, things: Labels, light: Lightness) -> Sequence[Point]:
    """Say by hint points, spread over a thing, that it takes a color."""
    height, width = things.shape
    cells = np.argwhere(things == turn.thing)
    spread = _spread(cells, count=int(np.clip(round(_POINTS * len(cells) / things.size), 5, 40)))
    return [
        Point(
            x=float((column + 0.5) / width),
            y=float((row + 0.5) / height),
            color=to_hex(light[row, column], turn.ab),
            radius=0.6 / max(height, width),
            confidence=_CONFIDENCE,
        )
        for row, column in spread
    ]


def _spread(cells: NDArray[np.intp], *, count: int) -> NDArray[np.intp]:
    """Choose cells (n, 2) far from one another, from the middle outwards (Gonzalez 1985)."""
    first = ((cells - cells.mean(axis=0)) ** 2).sum(axis=1).argmin()
    chosen = [first]
    distance = ((cells - cells[first]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(cells)):
        chosen.append(distance.argmax())
        distance = np.minimum(distance, ((cells - cells[chosen[-1]]) ** 2).sum(axis=1))
    return cells[chosen]


def to_hex(lightness: float, ab: Array) -> str:
    """Write a color as #rrggbb, its chroma reduced where sRGB ends.  L* and (2,) a*b*."""
    red, green, blue = color.merge(np.array([lightness], np.float32), ab[None].astype(np.float32))[0]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _apart(one: Array, two: Array) -> float:
    return float(np.hypot(*(one - two)))
