"""ICC profiles for files that tell of their colors by other means: gamma and chromaticities, or code points.

PNG's chunks gAMA, cHRM and cICP (PNG, third edition, 2025, section 11.3.2); the code points are those of ITU-T H.273,
which AVIF and HEIC use too.
"""

import struct
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rechroma import notes
from rechroma.image.profile import SRGB_COLUMNS, rgb_profile

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x, y of white, red, green and blue."""

_D65, _DCI = (0.3127, 0.329), (0.314, 0.351)
_PRIMARIES: MappingProxyType[int, Chromaticities] = MappingProxyType(
    {
        1: (*_D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06),
        4: (0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
        5: (*_D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
        6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
        7: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
        9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
        11: (*_DCI, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
        12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    }
)
"""By H.273's code point."""
_GAMMAS = MappingProxyType({4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6})
_OF_709 = frozenset({1, 6, 14, 15})
_HDR = MappingProxyType({16: "PQ", 18: "HLG"})
_LEAST_GAMMA, _MOST_GAMMA = 0.1, 10.0
"""Exponents that make sense; others count as not given."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])
_LEVELS = 1024


def of_gamma(gamma: float | None, chromaticities: Chromaticities | None) -> bytes:
    """Return a profile whose tone is a power (2.2 where only the primaries are told); empty where neither makes sense.

    gamma is the exponent from samples to light; without chromaticities the primaries are those of sRGB.
    """
    columns = _columns(chromaticities) if chromaticities is not None else None
    if gamma is not None and not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        gamma = None
    if gamma is None and columns is None:
        return b""
    curve = struct.pack(">4sIIH", b"curv", 0, 1, round((gamma or 2.2) * 256))
    return rgb_profile("gamma and primaries of a PNG", SRGB_COLUMNS if columns is None else columns, curve)


def of_code_points(primaries: int, transfer: int) -> bytes:
    """Return a profile of H.273's code points; empty for those of sRGB, and for unknown ones.

    The transfer functions of HDR are taken for sRGB's, with a note.
    """
    if transfer in _HDR:
        notes.note(
            f"this picture is in HDR ({_HDR[transfer]}), which is not read: its tones are taken for sRGB"
        )
        return b""
    x = np.linspace(0, 1, _LEVELS)
    if transfer in _GAMMAS:
        light = x ** _GAMMAS[transfer]
    elif transfer in _OF_709:
        light = np.where(x < 0.081243, x / 4.5, ((x + 0.099297) / 1.099297) ** (1 / 0.45))
    else:
        light = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    known = _PRIMARIES.get(primaries, _PRIMARIES[1])
    if known is _PRIMARIES[1] and transfer not in _GAMMAS.keys() | _OF_709:
        return b""
    curve = struct.pack(">4sII", b"curv", 0, _LEVELS) + np.round(light * 65535).astype(">u2").tobytes()
    return rgb_profile("color code points of a picture", _columns(known) or SRGB_COLUMNS, curve)


def of_boxes(file: bytes) -> bytes:
    """Return a profile of the color box (nclx) of an AVIF or HEIC; empty without one, and for sRGB."""
    at = file.find(b"colrnclx", 0, 1 << 20)
    if at < 0 or at + 12 > len(file):
        return b""
    return of_code_points(*struct.unpack_from(">HH", file, at + 8))


def _columns(chromaticities: Chromaticities) -> dict[bytes, tuple[float, float, float]] | None:
    """Return the XYZ of the primaries, adapted to D50; None where they span no space."""
    places = np.array(chromaticities, np.float64).reshape(4, 2)
    if not (np.abs(places) < 8).all() or (places[:, 1] <= 0).any():
        return None
    white, *rgb = (_xyz(x, y) for x, y in places)
    matrix = np.stack(rgb, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-3:
        return None
    scaled = matrix * np.linalg.solve(matrix, white)
    adapted = np.linalg.solve(
        _BRADFORD, ((_BRADFORD @ _D50) / (_BRADFORD @ white))[:, None] * (_BRADFORD @ scaled)
    )
    if not (np.isfinite(adapted).all() and (np.abs(adapted) < 8).all() and (adapted[1] > 0).all()):
        return None
    rows = [tuple(float(value) for value in column) for column in adapted.T]
    return {name: (row[0], row[1], row[2]) for name, row in zip(SRGB_COLUMNS, rows, strict=True)}


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    """Return XYZ of a chromaticity at Y = 1."""
    return np.array([x / y, 1.0, (1 - x - y) / y])
