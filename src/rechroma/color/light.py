"""From an encoding's signal R'G'B' to light and to CIE XYZ: transfer curves and primaries.

Which curve film has: BT.601, BT.709 and BT.2020 print a camera's, but in practice it is "adjusted so that the final
picture has the desired look, as viewed on a reference monitor having the reference decoding function of BT.1886"
(BT.709-6 item 1.2 and BT.2020-2 table 4, in notes). So what is seen is V**2.4 (BT.1886 annex 1, a black of no light),
and libplacebo, which mpv shows with, takes the tags BT.709, BT.601 and BT.2020 for it. Programs that take frames for
sRGB pictures show the shadows lighter: a signal of 0.1 has L* 9 in sRGB and 3.6 here, 0.5 has 53 and 51. A stream
tagged sRGB (H.273: 13) is sRGB here too. PQ and HLG have no place here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rechroma.color import spaces
from rechroma.color.encoding import Primaries, Transfer
from rechroma.types import Array

_F32 = np.float32
_GAMMA = 2.4
_DIM = _F32(1e-4)
"""Light below which the tangent of the power curve stays the same, a signal of 0.02: steeper it would hold Newton's
steps up, and flatter it would be wrong in more of the shadows."""

_CHROMATICITIES: Final[dict[Primaries, list[tuple[float, float]]]] = {
    "bt601-525": [(0.630, 0.340), (0.310, 0.595), (0.155, 0.070)],
    "bt601-625": [(0.640, 0.330), (0.290, 0.600), (0.150, 0.060)],
    "bt2020": [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)],
}
"""x, y of red, green and blue (BT.601-7 section 2.1, BT.2020-2 table 3); bt709 is sRGB's, in `spaces`."""
_WHITE = np.array([0.3127, 0.3290])
"""x, y of D65, of all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A transfer function, for blocks of any shape."""

    to_linear: Callable[[Array], Array]
    """Signal 0 to 1 -> light 0 to 1."""
    to_signal: Callable[[Array], Array]
    """Light -> signal."""
    tangent: Callable[[Array], tuple[Array, Array]]
    """Light -> signal, and its growth per light; next to black and below a straight line, for Newton's method."""


def _power_to_linear(signal: Array) -> Array:
    return np.power(np.maximum(signal, _F32(0)), _F32(_GAMMA))


def _power_to_signal(linear: Array) -> Array:
    return np.power(np.maximum(linear, _F32(0)), _F32(1 / _GAMMA))


def _power_tangent(linear: Array) -> tuple[Array, Array]:
    lit = np.maximum(linear, _DIM)
    signal: Array = np.power(lit, _F32(1 / _GAMMA))
    slope: Array = np.divide(signal, lit, dtype=np.float32)
    slope *= _F32(1 / _GAMMA)
    signal += np.minimum(linear - _DIM, _F32(0)) * slope
    return signal, slope


CURVES: Final[dict[Transfer, Curve]] = {
    "srgb": Curve(to_linear=spaces.decode, to_signal=spaces.encode, tangent=spaces.encode_with_slope),
    "bt1886": Curve(to_linear=_power_to_linear, to_signal=_power_to_signal, tangent=_power_tangent),
}


@lru_cache(maxsize=4)
def rgb_to_xyz(primaries: Primaries) -> NDArray[np.float64]:
    """Give the matrix (3, 3) from linear RGB to X/Xn, Y/Yn, Z/Zn (SMPTE RP 177: the primaries sum to the white)."""
    if primaries == "bt709":
        return spaces.RGB_TO_XYZ
    columns = _xyz(np.array(_CHROMATICITIES[primaries])).T
    white = _xyz(_WHITE)
    return np.asarray(columns * np.linalg.solve(columns, white) / white[:, None], np.float64)


@lru_cache(maxsize=4)
def xyz_to_rgb(primaries: Primaries) -> NDArray[np.float64]:
    """Invert rgb_to_xyz."""
    return np.asarray(np.linalg.inv(rgb_to_xyz(primaries)), np.float64)


def _xyz(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give X, Y, Z with Y = 1.  (..., 2) x, y -> (..., 3)."""
    x, y = xy[..., 0], xy[..., 1]
    return np.stack([x / y, np.ones_like(x), (1 - x - y) / y], axis=-1)
