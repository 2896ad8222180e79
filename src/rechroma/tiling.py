"""Sizes and resampling: the network's work size, padding, a resampler for float planes, the sites of chroma samples.

The resampler is separable; each axis is a product with a banded matrix, done in blocks of rows, so that
no temporary is larger than one block and one intermediate picture.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import OptionError
from rechroma.types import Array

Kernel: TypeAlias = Literal["area", "bilinear", "bicubic"]
"""area: the exact mean over each new pixel's footprint; bilinear, bicubic: widened when shrinking."""
Plane: TypeAlias = NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W) or (H, W, C) of numbers in any unit."""
Size: TypeAlias = tuple[int, int]
"""Height, width in pixels."""
Span: TypeAlias = tuple[float, float]
"""Where a stretch of an axis begins and ends, in shares of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What a grid covers of a picture, in shares of its height and width from the top left.

    Whole cells reach beyond a picture whose sides are no multiples of theirs: below 0 where it was mirrored, else
    above 1.
    """

    top: float = 0.0
    left: float = 0.0
    bottom: float = 1.0
    right: float = 1.0

    def inner(self, area: "Area") -> "Area":
        """Return what an area of what this covers is of the whole picture."""
        height, width = self.bottom - self.top, self.right - self.left
        return Area(
            top=self.top + area.top * height,
            left=self.left + area.left * width,
            bottom=self.top + area.bottom * height,
            right=self.left + area.right * width,
        )


WHOLE = Area()
"""Of a grid that covers a picture exactly."""

Siting: TypeAlias = Literal["center", "left", "topleft", "top", "bottomleft", "bottom"]
SITINGS: dict[Siting, tuple[float, float]] = {
    "center": (0.5, 0.5),
    "left": (0.5, 0.0),
    "topleft": (0.0, 0.0),
    "top": (0.0, 0.5),
    "bottomleft": (1.0, 0.0),
    "bottom": (1.0, 0.5),
}
"""Where a chroma sample is among the luma samples that share it, downwards and to the right: 0 = the first one's place,
1 = the last one's. center: JPEG (JFIF 1.02) and MPEG-1; left: MPEG-2, H.264 and H.265 where nothing is said, and all
4:2:2 of BT.601 and BT.709; topleft: BT.2020-2 (table 5). H.273 numbers them 1, 0, 2, 3, 4, 5 (Chroma420SampleLocType).
"""

SUPPORT: dict[Kernel, float] = {"area": 0.5, "bilinear": 1.0, "bicubic": 2.0}
"""Half width of each kernel in pixels of the coarser grid."""
CUBIC_A = -0.5
"""Slope parameter of the cubic kernel (Keys 1981): third-order exact, the sharpness that Pillow has too."""

ONE_THREAD_PRODUCT = 1 << 18
"""Largest m * n * k of one matrix product: OpenBLAS starts threads above it, which cost more than they bring
here (six times the time on a busy machine), and parts of this size stay in the second-level cache."""


def resize(array: Plane, size: Size, *, kernel: Kernel = "bicubic", area: Area = WHOLE) -> Array:
    """Resample an array to a new height and width, antialiased when shrinking.

    Args:
        array: (H, W) or (H, W, C), float32, uint8 or uint16; not modified. Must be finite.
        size: New height and width, both at least 1.
        kernel: How neighbours are weighted.
        area: What of the array the result covers; beyond the array its edge goes on.

    Returns:
        (h, w) or (h, w, C) float32 in the unit of `array`; bicubic may overshoot its range.
    """
    height, width = size
    if array.ndim not in {2, 3} or 0 in array.shape:
        raise OptionError(
            f"array to resize has shape {array.shape}; accepted: (H, W) or (H, W, C), none of them 0"
        )
    if height < 1 or width < 1:
        raise OptionError(f"size is {size}; accepted: height and width of at least 1")
    if kernel not in SUPPORT:
        raise OptionError(f"kernel is {kernel!r}; accepted: {', '.join(SUPPORT)}")
    rows_first = height * array.shape[1] <= array.shape[0] * width
    down, right = (area.top, area.bottom), (area.left, area.right)
    if rows_first:
        return _resize_columns(_resize_rows(array, height, kernel, down), width, kernel, right)
    return _resize_rows(_resize_columns(array, width, kernel, right), height, kernel, down)


def chroma_grid(size: Size, shrink: Size, *, siting: Siting = "center") -> tuple[Size, Area]:
    """Give the size of the chroma planes of a picture, and what of it they cover, for `resize` and `reframe`.

    Args:
        size: Height and width of the picture.
        shrink: Luma samples that share a chroma sample, downwards and across: (2, 2) is 4:2:0, (1, 2) 4:2:2,
            (1, 1) 4:4:4.
        siting: Where among them it is, in directions in which there are several.
    """
    if siting not in SITINGS:
        raise OptionError(f"siting is {siting!r}; accepted: {', '.join(SITINGS)}")
    if min(*size, *shrink) < 1:
        raise OptionError(f"chroma asked for a picture of {size}, shrunk by {shrink}; accepted: at least 1")
    cells = (-(-size[0] // shrink[0]), -(-size[1] // shrink[1]))
    top, left = (
        (by - 1) * (place - 0.5) / side for by, place, side in zip(shrink, SITINGS[siting], size, strict=True)
    )
    bottom, right = (count * by / side for count, by, side in zip(cells, shrink, size, strict=True))
    return cells, Area(top=top, left=left, bottom=top + bottom, right=left + right)


def reframe(array: Array, area: Area) -> Array:
    """Return what covers a picture, (h, w, C) float32, as a grid of the same shape that covers an area of it.

    Bilinear; beyond the picture its edge goes on.
    """
    if area == WHOLE:
        return array
    height, width = array.shape[:2]
    rows = _between(array, height * np.linspace(area.top, area.bottom, 2 * height + 1)[1::2])
    columns = _between(
        np.moveaxis(rows, 1, 0), width * np.linspace(area.left, area.right, 2 * width + 1)[1::2]
    )
    return np.ascontiguousarray(np.moveaxis(columns, 0, 1))


def _between(array: Array, places: NDArray[np.float64]) -> Array:
    """Interpolate along the first axis; a cell's own place is its number and a half."""
    inside = np.clip(places - 0.5, 0, len(array) - 1)
    first = np.minimum(inside.astype(np.intp), max(len(array) - 2, 0))
    share = (inside - first).astype(np.float32).reshape(-1, *(1,) * (array.ndim - 1))
    after = array[np.minimum(first + 1, len(array) - 1)]
    return np.asarray(array[first] * (1 - share) + after * share, np.float32)


def pad_to_multiple(array: Array, multiple_of: int) -> Array:
    """Repeat the last row and column until both sides are multiples.

    array (H, W) or (H, W, C) float32 -> (H', W'[, C]); the same array where nothing is missing.
    """
    missing = [-side % multiple_of for side in array.shape[:2]]
    if not any(missing):
        return array
    return np.pad(array, [(0, m) for m in missing] + [(0, 0)] * (array.ndim - 2), mode="edge")


def work_shape(height: int, width: int, work_size: int, multiple_of: int) -> Size:
    """Choose the size at which a network sees a picture: about `work_size`² pixels in its proportions.

    Area rather than long side, so that a panorama and a portrait are seen at one scale. Small pictures grow
    to it too: colors must not depend on resolution. Both sides are multiples of `multiple_of`, at least
    one; a picture too narrow for that is squeezed.
    """
    if min(height, width, work_size, multiple_of) < 1:
        raise OptionError(
            f"work shape asked for a {height}x{width} picture, work size {work_size}, "
            f"multiple of {multiple_of}; accepted: numbers of at least 1"
        )
    area = max(work_size, multiple_of) ** 2
    ideal_height = min(max(math.sqrt(area * height / width), multiple_of), area / multiple_of)
    ideal_width = area / ideal_height

    def misfit(shape: Size) -> float:
        proportion = math.log(shape[1] / shape[0] * ideal_height / ideal_width)
        return 2 * abs(proportion) + abs(math.log(shape[0] * shape[1] / area))

    candidates = [
        (h, w)
        for h in _multiples_around(ideal_height, multiple_of)
        for w in _multiples_around(ideal_width, multiple_of)
    ]
    return min(candidates, key=misfit)


def _multiples_around(value: float, multiple_of: int) -> tuple[int, int]:
    below = max(int(value // multiple_of), 1) * multiple_of
    return below, below + multiple_of


def _resize_rows(array: Plane, height: int, kernel: Kernel, covered: Span) -> Array:
    if array.shape[0] == height and covered == (0, 1):
        return array.astype(np.float32, copy=False)
    flat = array.reshape(array.shape[0], -1)
    result = np.empty((height, flat.shape[1]), np.float32)
    for out, source, matrix in _blocks(array.shape[0], height, kernel, covered):
        columns = max(ONE_THREAD_PRODUCT // matrix.size, 16)
        for start in range(0, flat.shape[1], columns):
            part = slice(start, start + columns)
            np.matmul(matrix, flat[source, part].astype(np.float32, copy=False), out=result[out, part])
    return result.reshape(height, *array.shape[1:])


def _resize_columns(array: Plane, width: int, kernel: Kernel, covered: Span) -> Array:
    if array.shape[1] == width and covered == (0, 1):
        return array.astype(np.float32, copy=False)
    columns_first = np.moveaxis(array, 1, 0).astype(np.float32, order="C")
    return np.ascontiguousarray(np.moveaxis(_resize_rows(columns_first, width, kernel, covered), 0, 1))


@lru_cache(maxsize=64)
def _blocks(old: int, new: int, kernel: Kernel, covered: Span) -> list[tuple[slice, slice, Array]]:
    """Cut the (new, old) resampling matrix into dense blocks along its band: rows out, rows in, (out, in)."""
    first, weights = _band(old, new, kernel, covered)
    taps = weights.shape[1]
    step = max(8, math.ceil(taps * new / old))
    blocks = []
    for start in range(0, new, step):
        stop = min(start + step, new)
        low, high = int(first[start]), min(int(first[stop - 1]) + taps, old)
        matrix = np.zeros((stop - start, high - low + taps), np.float32)
        columns = first[start:stop, None] - low + np.arange(taps)
        np.put_along_axis(matrix, columns, weights[start:stop], axis=1)
        matrix = np.ascontiguousarray(matrix[:, : high - low])
        blocks.append((slice(start, stop), slice(low, high), matrix))
    return blocks


def _band(old: int, new: int, kernel: Kernel, covered: Span) -> tuple[NDArray[np.int64], Array]:
    """Give each new sample its first old sample (new,) and the weights from there on (new, taps)."""
    begin, end = covered
    scale = old * (end - begin) / new
    reach = SUPPORT[kernel] * (scale if kernel == "area" else max(scale, 1.0))
    center = np.clip(begin * old + (np.arange(new) + 0.5) * scale, 0, old)
    first = np.maximum(np.floor(center - reach + 1e-9), 0).astype(np.int64)
    taps = min(math.ceil(2 * reach) + 1, old)
    position = first[:, None] + np.arange(taps)
    if kernel == "area":
        weights = np.minimum(position + 1, center[:, None] + reach) - np.maximum(
            position, center[:, None] - reach
        )
    else:
        distance = np.abs(position + 0.5 - center[:, None]) / max(scale, 1.0)
        weights = _triangle(distance) if kernel == "bilinear" else _cubic(distance)
    weights = np.where(position < old, weights, 0)
    if kernel == "area":
        weights = np.maximum(weights, 0)
    return first, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _triangle(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1 - distance, 0)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution (IEEE ASSP 29, 1981, eq. 15)."""
    near = ((CUBIC_A + 2) * distance - (CUBIC_A + 3)) * distance**2 + 1
    far = CUBIC_A * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))
