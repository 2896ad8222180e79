"""Marks to pixels: what a person drew, as a*b* and weight on a grid of any size."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rechroma import color, image
from rechroma.errors import InputError
from rechroma.tiling import WHOLE, Area, Size, resize
from rechroma.types import AB, Array, Hints, Layer, Marks

_LEAST = 0.75
"""Pixels of the grid: no disc or line has a smaller radius there, so that none falls between the pixels."""
_MISFIT = 0.02
"""By how much a layer's proportions may differ from the picture's, beside a pixel of rounding."""
_LAYER_MEGAPIXELS = 25.0
"""A layer may always have so many megapixels; beyond them, four times as many as the picture."""
_ENOUGH = 4.0
"""On a grid smaller than the layer, a pixel that is covered by a quarter counts in full."""


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
) -> Hints:
    """Draw marks on a grid.

    Args:
        marks: What is drawn.
        shape: Height and width of the grid.
        picture: Height and width of the picture, where its proportions are not the grid's.
        rows: Which rows of the grid are wanted.
        area: What the grid covers of the picture.

    Returns:
        Hints of (rows, W). A weight between 0 and 1 is the share of a pixel that is covered.

    Raises:
        InputError: A layer is no picture with alpha, or has not the picture's proportions.
    """
    first, last, _ = rows.indices(shape[0])
    ab = np.zeros((last - first, shape[1], 2), np.float32)
    weight = np.zeros(ab.shape[:2], np.float32)
    proportions = picture or shape
    grid = _Grid(shape, proportions, first, area)
    for layer in marks.layers:
        _lay(ab, weight, *_layer_rows(layer, grid, slice(first, last)))
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


def _layer_rows(layer: Layer, grid: _Grid, rows: slice) -> tuple[AB, Array]:
    """Give a layer's a*b* (n, W, 2) and cover (n, W) on some rows of the grid."""
    shape, picture, area = grid.shape, grid.picture, grid.area
    most = max(_LAYER_MEGAPIXELS, 4e-6 * picture[0] * picture[1])
    samples = _layer_samples(layer.png, most)
    height, width = samples.shape[:2]
    _check_proportions((height, width), picture)
    if shape[0] * shape[1] * 2 < height * width:
        ab, cover = _shrunk_layer(layer.png, shape, area, most)
        return ab[rows], cover[rows]
    y = _places(np.arange(rows.start, rows.stop), shape[0], height, area.top, area.bottom)
    x = _places(np.arange(shape[1]), shape[1], width, area.left, area.right)
    part = samples[y[:, None], x]
    return _painted_ab(part), part[..., 3].astype(np.float32) / np.float32(255)


def _places(
    numbers: NDArray[np.intp], cells: int, samples: int, begin: float, end: float
) -> NDArray[np.intp]:
    """Give the samples, of so many that cover a picture, in which the centers of a grid's cells lie."""
    place = (begin + (numbers + 0.5) * ((end - begin) / cells)) * samples
    return np.asarray(np.clip(np.floor(place), 0, samples - 1), np.intp)


@lru_cache(maxsize=4)
def _shrunk_layer(png: bytes, shape: Size, area: Area, max_megapixels: float) -> tuple[AB, Array]:
    """Give a layer's a*b* (H, W, 2), the mean of what is opaque, and cover (H, W) on a smaller grid."""
    samples = _layer_samples(png, max_megapixels)
    height, width = samples.shape[:2]
    down = round(-area.top * height), round((area.bottom - 1) * height)
    across = round(-area.left * width), round((area.right - 1) * width)
    if area != WHOLE:
        samples = np.pad(samples, (down, across, (0, 0)))  # transparent
    alpha = samples[..., 3].astype(np.float32) / np.float32(255)
    sums = resize(np.dstack([_painted_ab(samples) * alpha[..., None], alpha]), shape, kernel="area")
    cover = np.clip(sums[..., 2], 0, 1)
    ab = np.divide(
        sums[..., :2], cover[..., None], out=np.zeros_like(sums[..., :2]), where=cover[..., None] > 1e-4
    )
    return ab, np.where(cover > 1e-4, np.minimum(cover * np.float32(_ENOUGH), np.float32(1)), np.float32(0))


@lru_cache(maxsize=4)
def _layer_samples(png: bytes, max_megapixels: float) -> NDArray[np.uint8]:
    """Decode a layer: (H, W, 4) uint8."""
    picture = image.decoded(image.read(png, max_megapixels=max_megapixels))
    samples, alpha = picture.samples, picture.alpha
    if samples is None or alpha is None or samples.dtype != np.uint8:
        raise InputError(
            f"a layer of hints is a {picture.kind} without alpha or of {picture.bits} bits; accepted: 8 bits, "
            "opaque where it hints and transparent elsewhere"
        )
    rgb = samples if samples.ndim == 3 else np.repeat(samples[..., None], 3, axis=2)
    return np.dstack([rgb, alpha])


def _painted_ab(samples: NDArray[np.uint8]) -> AB:
    """Give the a*b* (H, W, 2) of RGBA samples where they are not transparent, 0 elsewhere."""
    ab = np.zeros((*samples.shape[:2], 2), np.float32)
    seen = samples[..., 3] > 0
    ab[seen] = color.rgb_to_lab(samples[seen][:, :3].astype(np.float32) / np.float32(255))[:, 1:]
    return ab


def _check_proportions(layer: Size, picture: Size) -> None:
    wanted = layer[0] * picture[1] / picture[0]
    if abs(wanted - layer[1]) > 1 + _MISFIT * wanted:
        raise InputError(
            f"a layer of hints is {layer[1]}x{layer[0]} (width x height), the picture {picture[1]}x{picture[0]}; "
            "accepted: the same proportions"
        )
