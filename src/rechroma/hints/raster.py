"""Marks to pixels: what a person drew, as a*b* and weight on a grid of any size."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rechroma import color
from rechroma.hints.layers import Layers, open_layers
from rechroma.tiling import WHOLE, Area, Size
from rechroma.types import AB, Array, Hints, Marks

_LEAST = 0.75
"""Pixels of the grid: no disc or line has a smaller radius there, so that none falls between the pixels."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with round ends, or a disc where its ends are one; lengths in shares of the longer side."""

    places: Array
    """(n, 2) x, y."""
    radius: float
    ab: Array
    """(2,) a*b*."""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class _Grid:
    """Rows of a grid that lies on a picture."""

    shape: Size
    picture: Size
    first: int
    """The first of the rows."""
    area: Area

    @property
    def scale(self) -> Array:
        """(2,) columns and rows in the length of the picture's longer side."""
        longer, area = max(self.picture), self.area
        across, down = area.right - area.left, area.bottom - area.top
        return np.array(
            [
                self.shape[1] * longer / (self.picture[1] * across),
                self.shape[0] * longer / (self.picture[0] * down),
            ],
            np.float32,
        )

    @property
    def start(self) -> Array:
        """(2,) x, y at which the grid begins, in the length of the picture's longer side."""
        begin = np.array([self.area.left * self.picture[1], self.area.top * self.picture[0]], np.float32)
        return begin / np.float32(max(self.picture))


def rasterize(
    marks: Marks,
    shape: Size,
    *,
    picture: Size | None = None,
    rows: slice = slice(None),
    area: Area = WHOLE,
    layers: Layers | None = None,
) -> Hints:
    """Draw marks on a grid.

    Args:
        marks: What is drawn.
        shape: Height and width of the grid.
        picture: Height and width of the picture, where its proportions are not the grid's.
        rows: Which rows of the grid are wanted.
        area: What the grid covers of the picture.
        layers: The marks' layers, opened for this grid: for who draws them again and again, such as row by row.

    Returns:
        Hints of (rows, W). A weight between 0 and 1 is the share of a pixel that is covered.

    Raises:
        InputError: see `open_layers`.
    """
    first, last, _ = rows.indices(shape[0])
    ab = np.zeros((last - first, shape[1], 2), np.float32)
    weight = np.zeros(ab.shape[:2], np.float32)
    proportions = picture or shape
    grid = _Grid(shape, proportions, first, area)
    if layers is None:
        layers = open_layers(marks, shape, picture=proportions, area=area)
    for top, cover in layers.rows(slice(first, last)):
        _lay(ab, weight, top, cover)
    for line in _lines(marks, proportions):
        _draw(ab, weight, line, grid)
    return Hints(ab=ab, weight=weight)


def _lines(marks: Marks, picture: Size) -> Iterator[_Line]:
    """Give the strokes, then the points, as lines in shares of the longer side."""
    unit = np.array([picture[1], picture[0]], np.float32) / np.float32(max(picture))
    for stroke in marks.strokes:
        yield _Line(np.array(stroke.places, np.float32) * unit, stroke.width / 2, ab_of(stroke.color))
    for point in marks.points:
        place = np.array([(point.x, point.y)], np.float32) * unit
        yield _Line(place, point.radius, ab_of(point.color), point.confidence)


def ab_of(asked: str | None) -> Array:
    """Give the a*b* (2,) of #rrggbb; of None, gray: zeros."""
    if asked is None:
        return np.zeros(2, np.float32)
    rgb = np.frombuffer(bytes.fromhex(asked[1:]), np.uint8).astype(np.float32) / np.float32(255)
    lab: Array = color.rgb_to_lab(rgb)
    return lab[1:]


def _draw(ab: AB, weight: Array, line: _Line, grid: _Grid) -> None:
    """Draw one line over what is there already; the arrays hold the grid's rows."""
    scale = grid.scale
    pixel = np.float32(1 / scale.max())
    radius = np.float32(max(line.radius, _LEAST * float(pixel)))
    reach = (radius + pixel) * scale
    places = line.places - grid.start
    starts, ends = (places[:-1], places[1:]) if len(places) > 1 else (places, places)
    low = np.floor(np.minimum(starts, ends) * scale - reach).astype(int)
    high = np.ceil(np.maximum(starts, ends) * scale + reach).astype(int)
    low = np.maximum(low - (0, grid.first), 0)
    high = np.minimum(high - (0, grid.first), (ab.shape[1], ab.shape[0]))
    inside = np.flatnonzero((low < high).all(axis=1))
    if not len(inside):
        return
    left, top = low[inside].min(axis=0)
    right, bottom = high[inside].max(axis=0)
    cover = np.zeros((bottom - top, right - left), np.float32)
    for number in inside:
        (x0, y0), (x1, y1) = low[number], high[number]
        x = (np.arange(x0, x1, dtype=np.float32) + np.float32(0.5)) / scale[0]
        y = (np.arange(y0, y1, dtype=np.float32) + np.float32(grid.first + 0.5)) / scale[1]
        distance = _distance(x[None], y[:, None], starts[number], ends[number])
        part = cover[y0 - top : y1 - top, x0 - left : x1 - left]
        np.maximum(part, np.clip((radius - distance) / pixel + np.float32(0.5), 0, 1), out=part)
    cover *= np.float32(line.confidence)
    box = slice(top, bottom), slice(left, right)
    _lay(ab[box], weight[box], np.broadcast_to(line.ab, (*cover.shape, 2)), cover)


def _distance(x: Array, y: Array, start: Array, end: Array) -> Array:
    """Give the distance of points from the line between two places."""
    along = end - start
    length = float(along @ along)
    x, y = x - start[0], y - start[1]
    share = np.clip((x * along[0] + y * along[1]) / np.float32(length), 0, 1) if length else np.float32(0)
    distance: Array = np.hypot(x - share * along[0], y - share * along[1])
    return distance


def _lay(ab: AB, weight: Array, top: AB, cover: Array) -> None:
    """Lay a*b* over a*b*, in place, as far as it covers (Porter & Duff 1984, "over")."""
    under = weight * (1 - cover)
    weight[...] = under + cover
    share = np.divide(cover, weight, out=np.zeros_like(cover), where=weight > 0)[..., None]
    ab += share * (top - ab)
