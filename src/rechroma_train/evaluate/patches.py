"""How much each further hint helps: PSNR over the number of random patches, and where the patches take effect.

The protocol of Zhang et al. 2017 as their own sweep has it, as far as possible: pictures stretched to 256x256, patches
of 6x6 pixels that show their mean color, around the middle (normal, a quarter of the side). Ours are painted layers,
which go the way of `rechroma.colorize`, and the first n patches are the same for every number above n.

The second table has the error (a*b*) inside the patches, in the ring around them where the true color is about the
patch's, in the ring where it is another, and beyond.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rechroma import methods, metrics, pipeline
from rechroma.color import merge, rgb_to_lab
from rechroma.types import AB, RGB8, ColorizeOptions, Colorizer, Layer, Marks
from rechroma_train.evaluate import pictures
from rechroma_train.evaluate.svg import drawing, line, text

_LOG = logging.getLogger(__name__)
SIDE = 256
"""Pixels: pictures are stretched to it."""
PATCH = 6
"""Pixels of a patch, each way."""
COUNTS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
PUBLISHED = {0: 24.43, 1: 25.37, 2: 26.20, 5: 27.39, 10: 28.42, 20: 29.34, 50: 30.42, 100: 31.13, 200: 31.70}
"""dB of Zhang et al. 2017, means over 1,000 pictures of the ImageNet validation set: the curve that the authors keep
beside their code, whose sweep drew Figure 6 of the paper (github.com/richzhang/colorization-pytorch,
resources/psnrs_siggraph.npy). What gray has on their pictures is not in it."""
ZHANG = "Zhang et al. 2017, as published, other pictures"
NEAR = 16
"""Pixels around a patch that are its ring."""
SAME = 12.0
"""a*b* up to which a place has the patch's color ..."""
OTHER = 25.0
"""... and from which on it has another."""

WHERE_COUNTS = (1, 10, 100)
"""Numbers of patches in the second table."""
WHERES = ("inside the patches", "ring, same color", "ring, another color", "beyond")

Row = dict[str, str | float]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One hint."""

    top: int
    """First row."""
    left: int
    """First column."""
    color: tuple[float, float]
    """Mean true a*b*."""


def stretched(path: Path) -> pictures.Truth:
    """Read a photograph at SIDE x SIDE, its proportions lost."""
    truth = pictures.read(path)
    rgb = np.asarray(Image.fromarray(truth.rgb).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return pictures.truth_of(rgb, name=truth.name, sha256=truth.sha256)


def patches(truth: pictures.Truth, count: int, seed: int) -> list[Patch]:
    """Draw places around the middle; the first n are those of every smaller number."""
    free = np.array(truth.gray.shape) - PATCH
    spots = truth.random(seed).normal(0.5, 0.25, (max(COUNTS), 2))[:count]
    corners = np.clip(spots * (free + 1), 0, free).astype(int)
    return [
        Patch(
            top=top,
            left=left,
            color=tuple(truth.lab[top : top + PATCH, left : left + PATCH, 1:].mean(axis=(0, 1)).tolist()),
        )
        for top, left in corners.tolist()
    ]


def layer(truth: pictures.Truth, given: Sequence[Patch]) -> Marks:
    """Paint patches as a person's layer: each pixel at its own lightness in the patch's color."""
    rgba = np.zeros((*truth.gray.shape, 4), np.uint8)
    for patch in given:
        here = np.s_[patch.top : patch.top + PATCH, patch.left : patch.left + PATCH]
        light = np.full((PATCH, PATCH), truth.lab[here][..., 0].mean(), np.float32)
        rgba[here][..., :3] = merge(
            light, np.broadcast_to(np.array(patch.color, np.float32), (PATCH, PATCH, 2))
        )
        rgba[here][..., 3] = 255
    file = BytesIO()
    Image.fromarray(rgba).save(file, "PNG", compress_level=1)
    return Marks(layers=(Layer(png=file.getvalue()),)) if given else Marks()


def colored(colorizer: Colorizer, truth: pictures.Truth, given: Sequence[Patch]) -> RGB8:
    """Color as a user's picture is; without hints the equations leave it gray."""
    if not given and "hints" in colorizer.info.needs:
        return np.repeat(truth.gray[..., None], 3, axis=2)
    options = ColorizeOptions(hints=layer(truth, given))
    return np.asarray(pipeline.colorize_array(truth.gray, colorizer, options))


def places(truth: pictures.Truth, given: Sequence[Patch]) -> dict[str, Mask]:
    """Say which pixels are inside patches, in their rings, and beyond."""
    shape = truth.gray.shape
    inside, same, other, near = (np.zeros(shape, bool) for _ in range(4))
    for patch in given:
        inside[patch.top : patch.top + PATCH, patch.left : patch.left + PATCH] = True
        ring = np.s_[
            max(patch.top - NEAR, 0) : patch.top + PATCH + NEAR,
            max(patch.left - NEAR, 0) : patch.left + PATCH + NEAR,
        ]
        apart = np.linalg.norm(truth.lab[ring][..., 1:] - np.array(patch.color, np.float32), axis=2)
        near[ring] = True
        same[ring] |= apart < SAME
        other[ring] |= apart > OTHER
    masks = (inside, same & ~inside, other & ~same & ~inside, ~near)
    return dict(zip(WHERES, masks, strict=True))


def errors(shown: RGB8, truth: pictures.Truth) -> NDArray[np.float32]:
    """Distance (H, W) in a*b*."""
    ab: AB = rgb_to_lab(shown.astype(np.float32) / np.float32(255))[..., 1:]
    apart: NDArray[np.float32] = np.linalg.norm(ab - truth.lab[..., 1:], axis=2)
    return apart


def measure(files: Sequence[Path], network: Colorizer, seed: int) -> tuple[list[Row], list[Row]]:
    """Make both tables."""
    ways: dict[str, Colorizer] = {network.info.name: network, "scribble": methods.load("scribble")}
    psnr: dict[tuple[str, int], list[float]] = {}
    error: dict[tuple[int, str, str], list[float]] = {}
    for number, path in enumerate(files, start=1):
        truth = stretched(path)
        before = errors(colored(network, truth, []), truth)
        gray = np.repeat(truth.gray[..., None], 3, axis=2)
        psnr.setdefault(("gray", 0), []).append(metrics.psnr(gray, truth.rgb))
        for name, colorizer in ways.items():
            for count in COUNTS:
                given = patches(truth, count, seed)
                shown = colored(colorizer, truth, given)
                psnr.setdefault((name, count), []).append(metrics.psnr(shown, truth.rgb))
                after = errors(shown, truth)
                for where, mask in places(truth, given).items() if given else ():
                    if mask.any():
                        error.setdefault((count, where, name), []).append(float(after[mask].mean()))
                        if colorizer is network:
                            error.setdefault((count, where, ""), []).append(float(before[mask].mean()))
        if number % 10 == 0:
            _LOG.info("%d of %d pictures", number, len(files))
    return list(_curve(psnr, ways)), list(_where(error, ways))


def _curve(psnr: dict[tuple[str, int], list[float]], names: dict[str, Colorizer]) -> Iterator[Row]:
    gray = float(np.mean(psnr["gray", 0]))
    yield {"hints": "gray"} | dict.fromkeys(names, round(gray, 2)) | {ZHANG: "–"}
    for count in COUNTS:
        ours = {name: round(float(np.mean(psnr[name, count])), 2) for name in names}
        row: Row = {"hints": count, **ours, ZHANG: PUBLISHED[count]}
        yield row


def _where(error: dict[tuple[int, str, str], list[float]], names: dict[str, Colorizer]) -> Iterator[Row]:
    found = {(count, where) for count, where, _ in error}
    for count, where in [(c, w) for c in WHERE_COUNTS for w in WHERES if (c, w) in found]:
        row: Row = {"patches": count, "where": where}
        for name in ("", *names):
            row[name or "without hints"] = round(float(np.mean(error[count, where, name])), 2)
        yield row


WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 28, 52
COLORS = ("#c2410c", "#1d4ed8", "#777777")


def draw(table: Sequence[Row]) -> str:
    """Draw the curves on a logarithmic scale."""
    gray, *rows = table
    names = [name for name in gray if name != "hints"]
    curves = {name: [float(row[name]) for row in rows] for name in names}
    low, high = min(min(c) for c in curves.values()), max(max(c) for c in curves.values())

    def x(count: float) -> float:
        share = math.log(max(count, 0.4) / 0.4) / math.log(max(COUNTS) / 0.4)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(psnr: float) -> float:
        return HEIGHT - BOTTOM - (psnr - low + 0.3) / (high - low + 0.6) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in range(math.ceil(low), math.floor(high) + 1):
        parts += [
            f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#e5e5e5"/>',
            text(LEFT - 8, y(tick) + 4, f"{tick:g}", anchor="end"),
        ]
    for count in COUNTS:
        parts.append(text(x(count), HEIGHT - BOTTOM + 18, str(count), anchor="middle"))
    for number, ((name, values), ink) in enumerate(zip(curves.items(), COLORS, strict=False)):
        spots = [(x(float(row["hints"])), y(psnr)) for row, psnr in zip(rows, values, strict=True)]
        parts.append(line(spots, ink))
        parts += [f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="3.5" fill="{ink}"/>' for cx, cy in spots]
        parts.append(text(LEFT + 14, TOP + 16 + 18 * number, name, color=ink))
    parts += [
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>',
        text(LEFT, TOP - 10, "PSNR, dB", anchor="middle"),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "random patches of the truth", anchor="middle"),
    ]
    return drawing(parts, WIDTH, HEIGHT)
