"""The color mathematics at 12 megapixels, and how well small colors come up to the size of a picture.

    python -m benchmarks colors

Needs the bench extra. Times are of one thread; memory is what a call holds at most beside its input and result.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from skimage import data

from benchmarks.measure import command, keep, machine
from benchmarks.photographs import gray, photograph
from rechroma import color, refine
from rechroma.tiling import resize
from rechroma.types import AB, Array

HEIGHT, WIDTH = 3000, 4000
REPEATS = 5
SMALL = (48, 64)
STRONG = 2
NAMES = ("astronaut", "chelsea", "coffee", "rocket")

Row = dict[str, object]


def seconds(call: Callable[[], object]) -> float:
    """Median processor time of one thread over the repeats: other programs on the machine count less."""
    times = []
    for _ in range(REPEATS):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return statistics.median(times)


def peak(call: Callable[[], object]) -> float:
    """Most memory held beside the result, in MB."""
    tracemalloc.start()
    try:
        result = call()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    parts = result if isinstance(result, tuple) else (result,)
    return (most - sum(part.nbytes for part in parts if isinstance(part, np.ndarray))) / 1e6


def work() -> dict[str, Callable[[], object]]:
    """Name the calls that are measured: each does a picture of 12 megapixels."""
    rgb = photograph(HEIGHT, WIDTH)
    lab = color.rgb_to_lab(rgb.astype(np.float32) / np.float32(255))
    strong = lab * np.array([1, STRONG, STRONG], np.float32)
    lightness, ab = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
    doubled = np.ascontiguousarray(strong[..., 1:])
    small = resize(ab, SMALL, kernel="area")
    half = resize(gray(rgb), (HEIGHT // 2, WIDTH // 2), kernel="area").round().astype(np.uint8)
    return {
        "sRGB to CIELAB": lambda: color.rgb_to_lab(lab),
        "CIELAB to sRGB": lambda: color.lab_to_rgb(lab),
        "gamut fit": lambda: color.fit_gamut(lab),
        "gamut fit, chroma doubled": lambda: color.fit_gamut(strong),
        "gamut fit, CIELAB to 8-bit sRGB": lambda: color.merge(lightness, ab),
        "gamut fit, CIELAB to 8-bit sRGB, chroma doubled": lambda: color.merge(lightness, doubled),
        "small a\\*b\\* to full size": lambda: refine.upsample_ab(small, lightness),
        "small a\\*b\\* to the chroma planes of a JPEG, half size": lambda: refine.chroma_planes(small, half),
    }


def cost() -> list[Row]:
    """Measure time and memory of every call."""
    return [
        {"call": name, "ms": round(seconds(call) * 1e3, 1), "peak MB beside": round(peak(call), 1)}
        for name, call in work().items()
    ]


def wrong(ab: AB, truth: AB) -> float:
    """Root mean square of the a*b* distance."""
    return float(np.sqrt(np.mean(np.sum((ab - truth) ** 2, axis=-1))))


def shown(luma: NDArray[np.uint8], cb: Array, cr: Array) -> AB:
    """The a*b* that a JPEG of these planes shows."""
    rgb = color.ycbcr_to_rgb(np.stack([luma, cb, cr], axis=-1).astype(np.float32))
    return color.rgb_to_lab(np.clip(rgb, 0, 1))[..., 1:]


def quality() -> list[Row]:
    """Shrink true colors, bring them up again in several ways, and compare."""
    table: list[Row] = []
    for name in NAMES:
        picture = getattr(data, name)()[..., :3]
        picture = picture[: picture.shape[0] // 16 * 16, : picture.shape[1] // 16 * 16]
        rgb = picture.astype(np.float32) / np.float32(255)
        lab, luma = color.rgb_to_lab(rgb), np.rint(color.rgb_to_ycbcr(rgb)[..., 0]).astype(np.uint8)
        lightness, truth = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
        for factor in (8, 16):
            small = resize(truth, (luma.shape[0] // factor, luma.shape[1] // factor), kernel="area")
            along = refine.upsample_ab(small, lightness)
            cb, cr = (plane.astype(np.float32) for plane in refine.chroma_planes(small, luma))
            row: Row = {
                "photograph": name,
                "shrunk by": factor,
                "bilinear": round(wrong(resize(small, luma.shape, kernel="bilinear"), truth), 2),
                "bicubic": round(wrong(resize(small, luma.shape), truth), 2),
                "detail transfer": round(wrong(along, truth), 2),
                "solved for luma, pixel by pixel": round(
                    wrong(shown(luma, *color.solve_chroma_for_luma(luma, along)), truth), 2
                ),
                "chroma planes": round(wrong(shown(luma, cb, cr), truth), 2),
            }
            table.append(row)
    return table


def main(given: Sequence[str]) -> None:
    """Measure, print and keep both tables."""
    folder = command("colors", __doc__).parse_args(given).out
    facts = machine()
    keep("colors", cost(), folder, facts=facts)
    keep("upsampling", quality(), folder, facts=facts)
