"""ICC profiles: what lightness samples have by their profile, and the RGB profiles that results carry (ICC.1:2022).

Gray profiles (a tone curve) and RGB profiles of matrix and curves are evaluated here, at full precision for 8 and
16 bits alike. Profiles made of tables (most CMYK ones) go through Pillow's color management to sRGB.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rechroma import color
from rechroma.types import Array, Lightness

_D50_TO_D65 = np.array(
    [
        [0.9555766, -0.0230393, 0.0631636],
        [-0.0282895, 1.0099416, 0.0210077],
        [0.0122982, -0.0204830, 1.3299098],
    ]
)
"""Bradford adaptation of XYZ (inverse of the one in ICC.1:2022, annex E)."""
SRGB_COLUMNS = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
"""The sRGB primaries in XYZ, adapted to D50."""
_SRGB_SHARE = (0.2126, 0.7152, 0.0722)
_CURVES = (b"rTRC", b"gTRC", b"bTRC")
_LEVELS = 1024
"""Entries of the tone curves that we write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """From encoded samples to lightness, by an ICC profile."""

    curves: tuple[bytes, ...]
    """The profile's tone curve tags: one for gray, three for RGB."""
    shares: tuple[float, ...]
    """Of luminance, by channel; their sum is 1."""
    of_lightness: bool = False
    """The curve gives L*/100 and not luminance."""


def tone_of(profile: bytes, channels: int) -> Tone | None:
    """Return how samples of 1 or 3 channels become lightness; None where the profile has no curves for that.

    A gray picture with an RGB profile is taken as R = G = B.
    """
    tags = _tags(profile)
    space, connection = profile[16:20], profile[20:24]
    if space == b"GRAY" and channels == 1 and _is_curve(tags.get(b"kTRC", b"")):
        return Tone(curves=(tags[b"kTRC"],), shares=(1.0,), of_lightness=connection == b"Lab ")
    curves = tuple(tags.get(name, b"") for name in _CURVES)
    columns = [_xyz(tags.get(name, b"")) for name in SRGB_COLUMNS]
    if space != b"RGB " or not all(map(_is_curve, curves)) or None in columns or b"A2B0" in tags:
        return None
    if channels == 1:
        return Tone(curves=curves[1:2], shares=(1.0,))
    luminance = _D50_TO_D65[1] @ np.array(columns, dtype=np.float64).T
    total = float(luminance.sum())
    return (
        Tone(curves=curves, shares=tuple(float(value) / total for value in luminance)) if total > 0 else None
    )


def is_srgb(tone: Tone) -> bool:
    """Say whether a tone is that of sRGB, as near as 8 bits can tell."""
    x = np.linspace(0, 1, 52)
    srgb = color.srgb_to_linear(x.astype(np.float32))
    near = all(np.abs(_evaluate(curve, x) - srgb).max() < 0.002 for curve in tone.curves)
    shares = _SRGB_SHARE if len(tone.shares) == 3 else (1.0,)
    return near and not tone.of_lightness and np.allclose(tone.shares, shares, atol=0.004)


def tone_lightness(tone: Tone, samples: NDArray[Any]) -> Lightness:
    """Return L* of samples (h, W) or (h, W, 3), uint8, uint16 or float32 in [0, 1]: (h, W) float32."""
    if samples.dtype == np.float32:
        samples = np.round(np.clip(samples, 0, 1) * 65535).astype(np.uint16)
    table = _table(tone, 256 if samples.dtype == np.uint8 else 65536)
    if len(table) == 1:
        gray: Lightness = table[0][samples]
        return gray
    luminance = table[0][samples[..., 0]]
    for channel in (1, 2):
        luminance += table[channel][samples[..., channel]]
    return _to_lightness(luminance)


@lru_cache(maxsize=8)
def _table(tone: Tone, levels: int) -> Array:
    """Return L* (1, levels) for gray, the share of luminance (3, levels) for RGB; float32."""
    x = np.linspace(0, 1, levels)
    values = np.stack(
        [share * _evaluate(curve, x) for curve, share in zip(tone.curves, tone.shares, strict=True)]
    )
    if len(values) == 3:
        return values.astype(np.float32)
    return (
        (values * 100).astype(np.float32) if tone.of_lightness else _to_lightness(values.astype(np.float32))
    )


def _to_lightness(luminance: Array) -> Lightness:
    """Return L* of luminance 0 to 1."""
    return color.gray_to_lightness(color.linear_to_srgb(np.clip(luminance, 0, 1)))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the tags of a profile, each from its type signature on; damaged ones are left out."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return {}
    count = struct.unpack_from(">I", profile, 128)[0]
    rows = (profile[132 + 12 * i : 144 + 12 * i] for i in range(min(count, (len(profile) - 132) // 12)))
    places = ((row[:4], *struct.unpack(">II", row[4:])) for row in rows)
    return {name: profile[at : at + size] for name, at, size in places if at + size <= len(profile)}


def _xyz(tag: bytes) -> tuple[float, float, float] | None:
    """Return the first triple of an XYZ tag."""
    if tag[:4] != b"XYZ " or len(tag) < 20:
        return None
    x, y, z = struct.unpack_from(">iii", tag, 8)
    return x / 65536, y / 65536, z / 65536


def _is_curve(tag: bytes) -> bool:
    """Say whether a tag is a tone curve that we evaluate."""
    if len(tag) < 12:
        return False
    if tag[:4] == b"curv":
        return len(tag) >= 12 + 2 * int(struct.unpack_from(">I", tag, 8)[0])
    kind = struct.unpack_from(">H", tag, 8)[0]
    return tag[:4] == b"para" and kind <= 4 and len(tag) >= 12 + 4 * (1, 3, 4, 5, 7)[kind]


def _evaluate(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a tone curve at x in [0, 1]: float64 in [0, 1]."""
    if tag[:4] == b"para":
        with np.errstate(all="ignore"):  # damaged ones overflow
            return np.clip(np.nan_to_num(_parametric(tag, x)), 0, 1)
    count = struct.unpack_from(">I", tag, 8)[0]
    if count == 0:
        return x
    values = np.frombuffer(tag, dtype=">u2", count=count, offset=12)
    if count == 1:
        return np.asarray(x ** (float(values[0]) / 256))
    return np.asarray(np.interp(x, np.linspace(0, 1, count), values / 65535))


def _parametric(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a parametric curve (ICC.1:2022, table 68) at x."""
    kind = struct.unpack_from(">H", tag, 8)[0]
    given = [value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    g, a, b, c, d, e, f = (given + [0.0] * 7)[:7]
    a = a or 1.0
    if kind == 0:
        return np.asarray(x**g)
    if kind == 1:
        c, d, e, f = 0.0, -b / a, 0.0, 0.0
    elif kind == 2:
        c, d, e, f = 0.0, -b / a, c, c
    return np.asarray(np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f))


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an sRGB profile."""
    x = np.linspace(0, 1, _LEVELS, dtype=np.float32)
    return _build("sRGB", _sampled(color.srgb_to_linear(x)))


@lru_cache(maxsize=1)
def srgb_gray_profile() -> bytes:
    """Return a profile of gray with the tone of sRGB."""
    x = np.linspace(0, 1, _LEVELS, dtype=np.float32)
    return _assemble("sRGB gray", b"GRAY", {b"kTRC": _sampled(color.srgb_to_linear(x))})


@lru_cache(maxsize=8)
def rgb_profile_of(tone: Tone) -> bytes:
    """Return an RGB profile with the sRGB primaries and the tone curve of a gray one: gray looks as it did."""
    if tone.curves[0][:4] == b"curv" and not tone.of_lightness:
        return _build("sRGB primaries, tone of the gray original", tone.curves[0])
    values = _evaluate(tone.curves[0], np.linspace(0, 1, _LEVELS)).astype(np.float32)
    if tone.of_lightness:
        values = color.srgb_to_linear(color.lightness_to_gray(values * 100))
    return _build("sRGB primaries, tone of the gray original", _sampled(values))


def _sampled(linear: Array) -> bytes:
    """Return a curve tag of values 0 to 1."""
    values = np.round(np.clip(linear, 0, 1) * 65535).astype(">u2")
    return struct.pack(">4sII", b"curv", 0, len(values)) + values.tobytes()


def _build(name: str, curve: bytes) -> bytes:
    """Return a display profile with the sRGB primaries and one tone curve for all three channels."""
    return rgb_profile(name, SRGB_COLUMNS, curve)


def rgb_profile(name: str, columns: Mapping[bytes, tuple[float, float, float]], curve: bytes) -> bytes:
    """Return a display profile of primaries, as XYZ adapted to D50 by tag name, and a curve tag for all channels."""
    tags = {tag: _xyz_tag(values) for tag, values in columns.items()}
    return _assemble(name, b"RGB ", {**tags, b"rTRC": curve})


def _assemble(name: str, space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a version 2 display profile; what stands under rTRC is the curve of all three channels."""
    text = name.encode("ascii") + b"\x00"
    blocks: dict[bytes, bytes] = {
        b"desc": struct.pack(">4sII", b"desc", 0, len(text)) + text + b"\x00" * 78,
        b"cprt": b"text\x00\x00\x00\x00CC0\x00",
        b"wtpt": _xyz_tag((0.9642, 1.0, 0.8249)),
        **tags,
    }
    names = {tag: _CURVES if tag == b"rTRC" else (tag,) for tag in blocks}
    count = sum(map(len, names.values()))
    at = 132 + 12 * count
    rows, body = b"", b""
    for tag, block in blocks.items():
        row = struct.pack(">II", at + len(body), len(block))
        rows += b"".join(alias + row for alias in names[tag])
        body += block + b"\x00" * (-len(block) % 4)
    head = struct.pack(">I4xI4s4s4s", at + len(body), 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp")
    head += b"\x00" * 28 + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\x00") + struct.pack(">I", count) + rows + body


def _xyz_tag(values: tuple[float, float, float]) -> bytes:
    """Return an XYZ tag."""
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in values))
