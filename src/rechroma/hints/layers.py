"""Painted layers: pictures with alpha, opened one after the other within a limit, and brought to a grid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rechroma import color, image
from rechroma.errors import InputError, TooLarge
from rechroma.tiling import WHOLE, Area, Size, resize
from rechroma.types import AB, Array, Layer, Marks

MEGAPIXELS = 25.0
"""So many megapixels may the layers of a picture have together, or as many as the picture: of each pixel 20 bytes are
spent while its layer is opened, and 6 at most are held as long as it is drawn."""
_MISFIT = 0.02
"""By how much a layer's proportions may differ from the picture's, beside a pixel of rounding."""
_ENOUGH = 4.0
"""On a grid smaller than the layer, a pixel that is covered by a quarter counts in full."""
_BAND = 64
"""Rows of a layer that are turned to a*b* at once."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A layer in its own size, at most twice as fine as the grid."""

    samples: NDArray[np.uint8]
    """(h, w) or (h, w, 3)."""
    alpha: NDArray[np.uint8]
    """(h, w)."""


@dataclass(frozen=True, slots=True)
class _Shrunk:
    """A layer in the size of the grid."""

    ab: AB
    """(H, W, 2), the mean of what is opaque."""
    cover: Array
    """(H, W)."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of marks on a grid, the lowest first; row by row they cost little."""

    shape: Size
    """Height and width of the grid."""
    area: Area
    """What the grid covers of the picture."""
    found: tuple[_Opened | _Shrunk, ...]

    def rows(self, rows: slice) -> Iterator[tuple[AB, Array]]:
        """Return of each layer a*b* (n, W, 2) and cover (n, W) on some rows of the grid."""
        area = self.area
        for each in self.found:
            if isinstance(each, _Shrunk):
                yield each.ab[rows], each.cover[rows]
                continue
            height, width = each.alpha.shape
            y = _places(np.arange(rows.start, rows.stop), self.shape[0], height, area.top, area.bottom)
            x = _places(np.arange(self.shape[1]), self.shape[1], width, area.left, area.right)
            alpha = each.alpha[y[:, None], x]
            yield _painted_ab(each.samples[y[:, None], x], alpha), alpha.astype(np.float32) / np.float32(255)


def open_layers(marks: Marks, shape: Size, *, picture: Size, area: Area = WHOLE) -> Layers:
    """Open the layers of marks for a grid.

    Args:
        marks: Of which only the layers count.
        shape: Height and width of the grid.
        picture: Height and width of the picture.
        area: What the grid covers of the picture.

    Raises:
        InputError: A layer is no picture with alpha, or has not the picture's proportions.
        TooLarge: Together they have more pixels than the limit; what is beyond it is not decoded.
    """
    limit = left = max(MEGAPIXELS, picture[0] * picture[1] / 1e6)
    coarse = 2 * shape[0] * shape[1] / ((area.bottom - area.top) * (area.right - area.left))
    found: list[_Opened | _Shrunk] = []
    for layer in marks.layers:
        opened = _open(layer, left, limit)
        left -= opened.alpha.size / 1e6
        _check_proportions(opened.alpha.shape, picture)
        found.append(_shrunk(opened, shape, area) if coarse < opened.alpha.size else opened)
        del opened  # the next needs the memory
    return Layers(shape, area, tuple(found))


def _places(
    numbers: NDArray[np.intp], cells: int, samples: int, begin: float, end: float
) -> NDArray[np.intp]:
    """Return the samples, of so many that cover a picture, in which the centers of a grid's cells lie."""
    place = (begin + (numbers + 0.5) * ((end - begin) / cells)) * samples
    return np.asarray(np.clip(np.floor(place), 0, samples - 1), np.intp)


def _open(layer: Layer, left: float, limit: float) -> _Opened:
    """Decode a layer, where there are so many megapixels left of the limit."""
    try:
        picture = image.decoded(image.read(layer.png, max_megapixels=left))
    except TooLarge as error:
        raise TooLarge(
            f"the painted layers have more than {limit:g} megapixels together, which is all that is decoded for this "
            "picture; paint them smaller, or on fewer layers"
        ) from error
    samples, alpha = picture.samples, picture.alpha
    if samples is None or alpha is None or samples.dtype != np.uint8:
        raise InputError(
            f"a layer of hints is a {picture.kind} without alpha or of {picture.bits} bits; accepted: 8 bits, "
            "opaque where it hints and transparent elsewhere"
        )
    return _Opened(samples, alpha)


def _shrunk(layer: _Opened, shape: Size, area: Area) -> _Shrunk:
    """Bring a layer to a coarser grid, a band of rows at a time; beyond its edges it is transparent."""
    height, width = layer.alpha.shape
    top, bottom = round(area.top * height), round(area.bottom * height)
    left, right = round(area.left * width), round(area.right * width)
    columns = slice(max(left, 0), min(right, width))
    sums = np.zeros((bottom - top, shape[1], 3), np.float32)
    for start in range(max(top, 0), min(bottom, height), _BAND):
        rows = slice(start, min(start + _BAND, bottom, height))
        alpha = layer.alpha[rows, columns]
        weight = alpha.astype(np.float32) / np.float32(255)
        band = np.zeros((len(alpha), right - left, 3), np.float32)
        inside = band[:, columns.start - left : columns.stop - left]
        inside[..., :2] = _painted_ab(layer.samples[rows, columns], alpha) * weight[..., None]
        inside[..., 2] = weight
        sums[rows.start - top : rows.stop - top] = resize(band, (len(alpha), shape[1]), kernel="area")
    sums = resize(sums, shape, kernel="area")
    cover = np.clip(sums[..., 2], 0, 1)
    there = cover > 1e-4
    ab = np.divide(sums[..., :2], cover[..., None], out=np.zeros_like(sums[..., :2]), where=there[..., None])
    return _Shrunk(ab, np.where(there, np.minimum(cover * np.float32(_ENOUGH), np.float32(1)), np.float32(0)))


def _painted_ab(samples: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> AB:
    """Return the a*b* (H, W, 2) of samples (H, W) or (H, W, 3) where they are not transparent, 0 elsewhere."""
    ab = np.zeros((*alpha.shape, 2), np.float32)
    seen = alpha > 0
    if samples.ndim == 3:  # gray has neither a* nor b*
        ab[seen] = color.rgb_to_lab(samples[seen].astype(np.float32) / np.float32(255))[:, 1:]
    return ab


def _check_proportions(layer: Size, picture: Size) -> None:
    wanted = layer[0] * picture[1] / picture[0]
    if abs(wanted - layer[1]) > 1 + _MISFIT * wanted:
        raise InputError(
            f"a layer of hints is {layer[1]}x{layer[0]} (width x height), the picture {picture[1]}x{picture[0]}; "
            "accepted: the same proportions"
        )
