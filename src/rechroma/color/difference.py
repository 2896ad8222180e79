"""Color difference: CIEDE2000."""

import numpy as np
from numpy.typing import NDArray

from rechroma.types import Array, Lab

_BLOCK = 1 << 14


def delta_e_2000(first: Lab, second: Lab) -> Array:
    """Give the CIEDE2000 difference, k_L = k_C = k_H = 1 (Sharma, Wu, Dalal 2005, equations 2 to 22).

    first, second (..., 3) CIELAB, broadcast against one another -> (...) float32, 0 = equal; about 1 is just
    visible. Computed in float64, block by block.
    """
    one, two = np.broadcast_arrays(first, second)
    flat_one, flat_two = one.reshape(-1, 3), two.reshape(-1, 3)
    result = np.empty(len(flat_one), np.float32)
    for start in range(0, len(result), _BLOCK):
        part = slice(start, start + _BLOCK)
        result[part] = _delta_e(flat_one[part].T.astype(np.float64), flat_two[part].T.astype(np.float64))
    return result.reshape(one.shape[:-1])


def _delta_e(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    mean_chroma = (np.hypot(one[1], one[2]) + np.hypot(two[1], two[2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    a1, a2 = one[1] * stretch, two[1] * stretch
    c1, c2 = np.hypot(a1, one[2]), np.hypot(a2, two[2])
    h1 = np.degrees(np.arctan2(one[2], a1)) % 360
    h2 = np.degrees(np.arctan2(two[2], a2)) % 360
    gray = c1 * c2 == 0

    hue_step = (h2 - h1 + 180) % 360 - 180
    # The published definition keeps +180 where the modulo gives -180.
    hue_step = np.where((hue_step == -180) & (h2 > h1), 180.0, hue_step)
    hue_step = np.where(gray, 0.0, hue_step)
    to_l, to_c = two[0] - one[0], c2 - c1
    to_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(hue_step) / 2)

    lightness, chroma = (one[0] + two[0]) / 2, (c1 + c2) / 2
    apart = np.abs(h1 - h2) > 180
    mean_hue = np.where(apart, (h1 + h2 + np.where(h1 + h2 < 360, 360, -360)) / 2, (h1 + h2) / 2)
    mean_hue = np.where(gray, h1 + h2, mean_hue)

    swing = (
        1
        - 0.17 * np.cos(np.radians(mean_hue - 30))
        + 0.24 * np.cos(np.radians(2 * mean_hue))
        + 0.32 * np.cos(np.radians(3 * mean_hue + 6))
        - 0.20 * np.cos(np.radians(4 * mean_hue - 63))
    )
    from_50 = (lightness - 50) ** 2
    part_l = to_l / (1 + 0.015 * from_50 / np.sqrt(20 + from_50))
    part_c = to_c / (1 + 0.045 * chroma)
    part_h = to_h / (1 + 0.015 * chroma * swing)
    turn = np.radians(60 * np.exp(-(((mean_hue - 275) / 25) ** 2)))
    rotation = -np.sin(turn) * 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    total: NDArray[np.float64] = part_l**2 + part_c**2 + part_h**2 + rotation * part_c * part_h
    return np.sqrt(np.maximum(total, 0))
