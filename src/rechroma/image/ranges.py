"""Float and signed samples to 16 bits: what counts as black and as white."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rechroma import notes
from rechroma.errors import UnreadableImage

_USUAL = (1.0, 255.0, 65535.0)
"""The values that white usually has."""
_LEAST = 0.25
"""What share of white nearly the largest sample has to reach, unless white is the lowest of the usual."""
_OVERSHOOT = 1.05
"""How far above white nearly the largest sample may lie: resampling and sharpening overshoot at edges."""
_ALMOST = 1.0
"""Percent of the samples that do not count at either end."""
_LOOKED_AT = 1_000_000
"""Samples that the range is judged by, taken at even distances."""
_HOW_TO_TELL = (
    "state the value of white in the file (tiffset -s 341 VALUE FILE, which sets SMaxSampleValue; 340 is that of "
    "black), or scale the samples to 0-1"
)


def floats_to_16_bits(
    samples: NDArray[Any], *, stated: tuple[float, float] | None = None
) -> NDArray[np.uint16]:
    """Return float samples of any shape as uint16 over their range; notes tell of what is clipped.

    The range is the stated one (black, white); else 0 to 1, 255 or 65535, judged by nearly the largest sample.

    Raises:
        UnreadableImage: neither is the range stated nor do the samples tell it.
    """
    return _spread(samples, *(stated or (0.0, _white(samples, _USUAL))))


def signed_to_16_bits(
    samples: NDArray[Any], *, stated: tuple[float, float] | None = None
) -> NDArray[np.uint16]:
    """Return signed integers of any shape as uint16 over their range; notes tell of what is clipped.

    The range is the stated one (black, white); with negative samples that of the type, as TIFF 6.0 has it, unless
    neighbors are more alike as unsigned numbers, which some programs call signed; without negative ones 0 to 255,
    65535 or the largest of the type, judged by nearly the largest sample.

    Raises:
        UnreadableImage: neither is the range stated nor do the samples tell it.
    """
    whole = np.iinfo(samples.dtype)
    if stated is None and samples.min() < 0:
        unsigned = samples.view(f"u{samples.dtype.itemsize}")
        if _roughness(unsigned) < _roughness(samples):
            notes.note(
                "the samples are said to be signed but were taken as unsigned: so their neighbors are alike"
            )
            return _spread(unsigned, 0.0, float(np.iinfo(unsigned.dtype).max))
        stated = (float(whole.min), float(whole.max))
    whites = (*(white for white in _USUAL[1:] if white < whole.max), float(whole.max))
    return _spread(samples, *(stated or (0.0, _white(samples, whites))))


def _spread(samples: NDArray[Any], black: float, white: float) -> NDArray[np.uint16]:
    """Return samples between black and white as uint16; what lies beyond is clipped, with a note."""
    beyond = int(np.count_nonzero(samples > white)) + int(np.count_nonzero(samples < black))
    if beyond:
        notes.note(
            f"{beyond} of {samples.size} samples lie outside {black:g} to {white:g} and were clipped (smallest "
            f"{np.nanmin(samples):g}, largest {np.nanmax(samples):g}); if that is not the range, {_HOW_TO_TELL}"
        )
    lost = int(np.count_nonzero(np.isnan(samples)))
    if lost:
        notes.note(f"{lost} of {samples.size} samples are no numbers and became black")
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (samples.astype(np.float32) - np.float32(black)) * np.float32(65535 / (white - black))
        scaled = np.clip(np.nan_to_num(scaled, copy=False, nan=0.0), 0, 65535, out=scaled)
    return np.asarray(np.round(scaled, out=scaled), dtype=np.uint16)


def _roughness(samples: NDArray[Any]) -> float:
    """Return how far neighbors in a row lie apart, on average; of some rows of (H, W, ...)."""
    rows = samples[:: max(1, samples.size // _LOOKED_AT)].astype(np.float64)
    return float(np.abs(np.diff(rows, axis=1)).mean()) if rows.shape[1] > 1 else 0.0


def _white(samples: NDArray[Any], whites: tuple[float, ...]) -> float:
    """Return which of some values of white is meant, by nearly the largest sample."""
    some = samples.reshape(-1)[:: max(1, samples.size // _LOOKED_AT)].astype(np.float64)
    some = some[np.isfinite(some)]
    low, high = np.percentile(some, (_ALMOST, 100 - _ALMOST)) if some.size else (math.nan, math.nan)
    for white in whites:
        least = 0.0 if white == whites[0] else _LEAST * white
        if least <= high <= white * _OVERSHOOT and low >= white * (1 - _OVERSHOOT):
            return white
    raise UnreadableImage(
        f"the range of this picture's samples is not clear: nearly all lie between {low:g} and {high:g}; accepted "
        f"without more words: 0 to {', '.join(f'{white:g}' for white in whites)}; {_HOW_TO_TELL}"
    )
