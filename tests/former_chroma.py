"""Chroma for a JPEG's luma as it was written for JPEG alone: what the encodings must give for JPEG, bit by bit."""

import numpy as np

from rechroma.color import gray_to_lightness, rgb_to_lab
from rechroma.color.gamut import between_nodes
from rechroma.color.spaces import XYZ_TO_RGB, encode, mix

F32 = np.float32


def rgb_to_ycbcr(rgb: np.ndarray) -> np.ndarray:
    r, g, b = rgb.T
    luma = r * F32(0.299) + g * F32(1 - 0.299 - 0.114) + b * F32(0.114)
    cb, cr = (b - luma) * F32(0.5 / (1 - 0.114)), (r - luma) * F32(0.5 / (1 - 0.299))
    return np.stack([luma * F32(255), cb * F32(255) + F32(128), cr * F32(255) + F32(128)], axis=-1)


def solve_chroma_for_luma(luma: np.ndarray, ab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, ab = np.clip(luma.astype(np.float32) * F32(1 / 255), F32(0), F32(1)), np.ascontiguousarray(ab.T)
    hue, wanted = np.arctan2(ab[1], ab[0]), np.hypot(ab[0], ab[1])
    ab *= np.minimum(largest_chroma(y, hue) / np.maximum(wanted, F32(1e-6)), F32(1))
    rgb = rgb_at_luma(y, ab)
    shown = luma_of(rgb)
    chroma = np.stack([(rgb[2] - shown) * F32(255 / 1.772), (rgb[0] - shown) * F32(255 / 1.402)])
    chroma *= room(y * F32(255), chroma)
    return chroma[0] + F32(128), chroma[1] + F32(128)


def rgb_at_luma(luma: np.ndarray, ab: np.ndarray) -> np.ndarray:
    lightness = gray_to_lightness(luma)
    f = np.empty((3, len(luma)), np.float32)
    for step in range(7):
        f[1] = (lightness + F32(16)) * F32(1 / 116)
        f[0] = f[1] + ab[0] * F32(1 / 500)
        f[2] = f[1] - ab[1] * F32(1 / 200)
        upper = np.clip(f, F32(6 / 29), F32(np.inf))
        square = upper * upper
        linear = mix(XYZ_TO_RGB, square * (F32(3) * f - F32(2) * upper))
        rgb = encode(linear)
        if step == 6:
            break
        slope = (np.clip(rgb, F32(0.04045), F32(np.inf)) + F32(0.055)) / (
            F32(2.4) * np.clip(linear, F32(0.0031308), F32(np.inf))
        )
        slope *= mix(XYZ_TO_RGB, square * F32(3 / 116))
        move = (luma - luma_of(rgb)) / np.maximum(luma_of(slope), F32(2e-3))
        lightness += np.clip(move, -F32(15), F32(15))
    return rgb


def luma_of(rgb: np.ndarray) -> np.ndarray:
    return rgb[0] * F32(0.299) + rgb[1] * F32(0.587) + rgb[2] * F32(0.114)


def room(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    cb, cr = chroma
    red, blue = cr * F32(1.402), cb * F32(1.772)
    green = cb * F32(-0.114 * 1.772 / 0.587) - cr * F32(0.299 * 1.402 / 0.587)
    above = np.maximum(np.maximum(np.maximum(red, green), blue), F32(1e-6))
    below = np.maximum(-np.minimum(np.minimum(red, green), blue), F32(1e-6))
    return np.clip(np.minimum((F32(255) - luma) / above, luma / below), F32(0), F32(1))


def reach_table() -> np.ndarray:
    hues = np.linspace(-np.pi, np.pi, 181)
    turn = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    direction = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32) * F32(400)
    table = np.zeros((65, 181), np.float32)
    for level in range(1, 64):
        y = np.full(len(turn), level * 255 / 64, np.float32)
        cb, cr = direction * room(y, direction)
        green = y - 0.114 * 1.772 / 0.587 * cb - 0.299 * 1.402 / 0.587 * cr
        lab = rgb_to_lab(np.stack([y + 1.402 * cr, green, y + 1.772 * cb], axis=-1) * F32(1 / 255))
        _, a, b = lab.astype(np.float64).T
        hue = np.arctan2(b, a)
        order = np.argsort(hue)
        table[level] = np.interp(hues, hue[order], np.hypot(a, b)[order], period=2 * np.pi)
    return table


def largest_chroma(luma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    y, turn = luma * F32(64), (hue + F32(np.pi)) * F32(180 / (2 * np.pi))
    row, column = np.minimum(y.astype(np.int32), 63), np.minimum(turn.astype(np.int32), 179)
    down, right = y - row.astype(np.float32), turn - column.astype(np.float32)
    return between_nodes(reach_table(), row, column, down, right) * F32(0.995)


def hold_chroma(luma: np.ndarray, chroma: np.ndarray) -> None:
    cb, cr = chroma
    red, blue, green = np.int16(179) * cr, np.int16(227) * cb, np.int16(-44) * cb - np.int16(91) * cr
    above = (np.maximum(np.maximum(red, green), blue) >> 7) + luma
    below = (np.minimum(np.minimum(red, green), blue) >> 7) + luma
    outside = np.flatnonzero((above > 255) | (below < 0))
    part = chroma[:, outside].astype(np.float32)
    part *= room(luma[outside].astype(np.float32), part)
    chroma[:, outside] = part
