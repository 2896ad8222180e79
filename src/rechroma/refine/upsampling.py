"""Small a*b* to large a*b*, along the edges of the untouched lightness.

Detail transfer: where a*b* and lightness go together in a small neighborhood, their slope carries the fine
structure of the lightness into the color; elsewhere the result is plain bicubic. The slope is shrunk by the
squared correlation, so that grain and texture do not color anything.

Two ways up: `upsample_ab` gives a*b* for a lightness, `chroma_planes` gives the Cb and Cr planes of a JPEG, or of a
frame of film, for its luma. The second one solves the colors on the small grid, for two luma levels each, takes Cb
and Cr as linear in Y' between and beyond them, and brings back into RGB what leaves it. Against solving each pixel
this misses a*b* by 1.0 (root mean square, photographs); 12 megapixels with chroma at half size take 30 ms on one
core, not 800.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rechroma.color import JPEG, Encoding, hold_chroma, solve_chroma_for_luma
from rechroma.color.chroma import Whole
from rechroma.color.encoding import Codes
from rechroma.color.ycbcr import check_luma
from rechroma.errors import InputError
from rechroma.tiling import ONE_THREAD_PRODUCT, resize
from rechroma.types import AB, Array, Lightness

_NOISE = 10.0
"""Variance of L* that counts as noise, in L* squared."""
_TINY = 1.0
"""Variance of a*b* that counts as none."""
_BAND = 64
"""Rows of output that are worked on at once."""

_TILE = 512
"""Columns that are worked on at once: a band's planes then stay in the second-level cache."""
_FARTHEST = 40.0
"""Y', in 255ths of its span, from a cell's own to the levels it is solved at: at most this, where its neighbors differ
so much ..."""
_NEAREST = 3.0
"""... and on average at least this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """Color as a local linear function of lightness: ab + slope (L - lightness), held to +- reach."""

    ab: AB
    """(h, w, 2) a*b*."""
    slope: AB
    """(h, w, 2) a*b* per L*."""
    lightness: Array
    """(h, w) mean L* under each small pixel."""
    reach: AB
    """(h, w, 2) largest change of a*b* that the slope may make: the range found nearby."""


def upsample_ab(ab: AB, lightness: Lightness, size: tuple[int, int] | None = None) -> AB:
    """Bring small a*b* to the size of the picture, along its edges.

    Args:
        ab: (h, w, 2) a*b*.
        lightness: (H, W) L* 0 to 100 of the picture.
        size: Height and width of the result; the lightness is averaged to it. (H, W) when not given.

    Returns:
        (H', W', 2) float32 a*b*, not yet fitted to the gamut.
    """
    guide = lightness if size is None else resize(lightness, size, kernel="area")
    result = np.empty((*guide.shape, 2), np.float32)
    for rows, band in upsampled_bands(ab, guide):
        result[rows] = band
    return result


def upsampled_bands(ab: AB, lightness: Lightness) -> Iterator[tuple[slice, AB]]:
    """Do what upsample_ab does, band by band from top to bottom, so that no full-size a*b* is ever held.

    ab (h, w, 2), lightness (H, W) L* 0 to 100 -> rows and their (n, W, 2) float32 a*b*.
    """
    check_ab(ab, lightness)
    height, width = lightness.shape
    if ab.shape[0] >= height or ab.shape[1] >= width:
        yield slice(0, height), resize(ab, (height, width))
        return
    model = _fit(ab, resize(lightness, (ab.shape[0], ab.shape[1]), kernel="area"))
    planes = np.concatenate([model.ab, model.slope, model.reach, model.lightness[..., None]], axis=-1)
    up = _Lift.of(np.moveaxis(planes, -1, 0), (height, width))
    for start in range(0, height, _BAND):
        rows = slice(start, min(start + _BAND, height))
        large = up.rows(np.arange(rows.start, rows.stop))
        step = lightness[rows] - large[:, 6]
        band = np.empty((rows.stop - start, width, 2), np.float32)
        for channel in range(2):
            change = large[:, 2 + channel] * step
            reach = np.maximum(large[:, 4 + channel], np.float32(0))
            band[..., channel] = large[:, channel] + np.clip(change, -reach, reach)
        yield rows, band


def chroma_planes(ab: AB, luma: Codes, encoding: Encoding = JPEG) -> tuple[Codes, Codes]:
    """Give the chroma planes for a luma plane: small a*b* upsampled, solved for Y' and inside the encoding's RGB.

    Args:
        ab: (h, w, 2) a*b*.
        luma: (H, W) Y' at the size that the chroma planes shall have (usually half of the picture's), uint8 or uint16
            as the encoding has it.
        encoding: What Y', Cb and Cr stand for.

    Returns:
        cb, cr: (H, W) in the dtype of the luma, 128 (512 in 10 bits) = neutral. Black and white stay neutral.
    """
    check_ab(ab, luma)
    check_luma(luma, encoding)
    height, width = luma.shape
    cells = (min(ab.shape[0], height), min(ab.shape[1], width))
    small = resize(ab, cells, kernel="area")
    small_luma = resize(luma, cells, kernel="area")
    lightness = (small_luma - np.float32(encoding.black)) * np.float32(100 / encoding.luma_span)
    up = _Lift.of(_luma_lines(_fit(small, lightness), small_luma, encoding), (height, width))
    phases = 8
    while phases > 1 and phases * 2 * cells[0] > height:
        phases //= 2
    cb, cr = np.empty_like(luma), np.empty_like(luma)
    for start in range(0, height, _BAND):
        rows = slice(start, min(start + _BAND, height))
        count = -(-(rows.stop - start) // phases)
        keys = up.rows(np.minimum(start + phases * np.arange(count + 1), height - 1))
        spare = _Spare.of(count * phases * min(width, _TILE), encoding)
        for left in range(0, width, _TILE):
            columns = slice(left, left + _TILE)
            chroma = _draw_lines(keys[..., columns], luma[rows, columns], phases, spare, encoding)
            cb[rows, columns], cr[rows, columns] = chroma
    return cb, cr


def _fit(ab: AB, lightness: Array) -> _Model:
    """Fit the local linear function by weighted least squares in a 3 x 3 window (weights 1 2 1)."""
    light = lightness[..., None]
    mean_l, mean_ab = _window(light), _window(ab)
    variance = np.maximum(_window(light * light) - mean_l**2, 0)
    covariance = _window(ab * light) - mean_ab * mean_l
    spread = np.maximum(_window(ab * ab) - mean_ab**2, 0).sum(axis=-1, keepdims=True)
    correlation = (covariance**2).sum(axis=-1, keepdims=True) / ((variance + 1e-3) * (spread + _TINY))
    slope = covariance * np.minimum(correlation, 1) ** 2 / (variance + _NOISE)
    near = _neighbors(ab)
    reach = np.max(near, axis=0) - np.min(near, axis=0)
    return _Model(ab=ab, slope=slope.astype(np.float32), lightness=lightness, reach=reach)


def _luma_lines(model: _Model, luma: Array, encoding: Encoding) -> Array:
    """Solve the model's colors at the darkest and the brightest luma nearby, and lay a line through them.

    luma (h, w) Y' -> (4, h, w) Cb and Cr less neutral at Y' = 0, then their slopes per Y'.
    """
    unit, black = encoding.luma_span / 255, encoding.black
    near = _neighbors(luma[..., None])[..., 0]
    dark = np.maximum(near.min(axis=0), luma - np.float32(_FARTHEST * unit))
    bright = np.minimum(near.max(axis=0), luma + np.float32(_FARTHEST * unit))
    wider = np.maximum(np.float32(_NEAREST * unit) - (bright - dark) / 2, np.float32(0))
    dark = np.clip(dark - wider, np.float32(black + 4 * unit), np.float32(black + 249 * unit))
    bright = np.clip(bright + wider, dark + np.float32(2 * unit), np.float32(black + 251 * unit))
    levels = np.stack([dark, bright])
    change = model.slope * ((levels - luma) * np.float32(100 / encoding.luma_span))[..., None]
    wanted = model.ab + np.clip(change, -model.reach, model.reach)
    solved = np.stack(solve_chroma_for_luma(levels, wanted, encoding)) - np.float32(encoding.neutral)
    at_dark, at_bright = np.moveaxis(solved, 1, 0)
    slope = (at_bright - at_dark) / (bright - dark)
    return np.concatenate([at_dark - slope * dark, slope])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spare:
    """Memory to work in: allocated for each tile anew, its page faults would cost more than the work."""

    floats: Array
    """(3, n)."""
    whole: Whole
    """(7, n)."""

    @classmethod
    def of(cls, pixels: int, encoding: Encoding) -> "_Spare":
        """Allocate for tiles of up to so many pixels."""
        return cls(floats=np.empty((3, pixels), np.float32), whole=np.empty((7, pixels), encoding.signed))


def _draw_lines(
    keys: Array,
    luma: NDArray[np.uint8] | NDArray[np.uint16],
    phases: int,
    spare: _Spare,
    encoding: Encoding,
) -> Whole:
    """Give each pixel the chroma that its place's line has at its luma.

    Args:
        keys: (n + 1, 4, W) lines, as _luma_lines has them, at every phases-th row; linear between these rows.
        luma: (rows, W) Y', rows at most n * phases.
        phases: rows from one key row to the next.
        spare: memory to work in.
        encoding: what Y', Cb and Cr stand for.

    Returns:
        (2, rows, W) Cb and Cr, 1 to 255 in JPEG, in the spare memory.
    """
    shape = (len(keys) - 1, phases, luma.shape[1])
    pixels = shape[0] * shape[1] * shape[2]
    light, plane, step = spare.floats[:, :pixels].reshape(3, *shape)
    whole = spare.whole.reshape(-1)[: 7 * pixels].reshape(7, *shape)
    y, chroma = whole[0], whole[1:3]
    y.reshape(-1, shape[2])[: len(luma)] = luma
    y.reshape(-1, shape[2])[len(luma) :] = 0
    light[...] = y
    most = np.float32(encoding.chroma_span // 2)
    lower = (np.arange(phases, dtype=np.float32) / np.float32(phases))[:, np.newaxis]
    for channel in range(2):
        start, slope = keys[:, channel, np.newaxis], keys[:, 2 + channel, np.newaxis]
        np.multiply(light, slope[1:] - slope[:-1], out=step)
        step += start[1:] - start[:-1]
        step *= lower
        np.multiply(light, slope[:-1], out=plane)
        plane += start[:-1]
        plane += step
        np.clip(plane, -most, most, out=plane)
        chroma[channel] = np.rint(plane, out=plane)
    hold_chroma(y, chroma, encoding, spare=whole[3:])
    chroma += encoding.signed.type(encoding.neutral)
    return chroma.reshape(2, -1, shape[2])[:, : len(luma)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lift:
    """Small planes, widened; their rows at full size are made on demand."""

    wide: Array
    """(h, C, W)."""
    weights: Array
    """(H, h) of the vertical resampling."""

    @classmethod
    def of(cls, planes: Array, size: tuple[int, int]) -> "_Lift":
        """Widen planes (C, h, w) for a result of this height and width."""
        channels, height, width = planes.shape
        wide = resize(planes.reshape(channels * height, width), (channels * height, size[1]))
        rows_first = np.ascontiguousarray(np.moveaxis(wide.reshape(channels, height, size[1]), 0, 1))
        weights = resize(np.eye(height, dtype=np.float32), (size[0], height))
        return cls(wide=rows_first, weights=weights)

    def rows(self, index: NDArray[np.int_]) -> Array:
        """Give full-size rows.  (n,) row numbers, ascending -> (n, C, W)."""
        weights = self.weights[index]
        used = np.flatnonzero(weights.any(axis=0))
        part = slice(used[0], used[-1] + 1)
        source = self.wide[part].reshape(part.stop - part.start, -1)
        result = np.empty((len(index), source.shape[1]), np.float32)
        weights = np.ascontiguousarray(weights[:, part])
        step = max(ONE_THREAD_PRODUCT // weights.size, 16)
        for start in range(0, source.shape[1], step):
            columns = slice(start, start + step)
            np.matmul(weights, source[:, columns], out=result[:, columns])
        return result.reshape(len(index), *self.wide.shape[1:])


def _window(planes: Array) -> Array:
    """Blur by 1 2 1 in both directions, edges repeated.  (h, w, C) -> (h, w, C) float32."""
    padded = np.pad(planes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    blurred: Array = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16)
    return blurred


def _neighbors(planes: Array) -> Array:
    """Stack each pixel's 3 x 3 neighborhood, edges repeated.  (h, w, C) -> (9, h, w, C)."""
    padded = np.pad(planes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = planes.shape[:2]
    return np.stack([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)])


def check_ab(ab: AB, guide: NDArray[np.generic]) -> None:
    """Refuse anything but ab (h, w, 2) and a guide (H, W).

    Raises:
        InputError: An array has another shape, or a side of 0.
    """
    if ab.ndim != 3 or ab.shape[2] != 2 or guide.ndim != 2 or 0 in ab.shape or 0 in guide.shape:
        raise InputError(f"ab has shape {ab.shape}, the picture {guide.shape}; expected (h, w, 2) and (H, W)")
