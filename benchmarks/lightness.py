"""How far the lightness moves: each way from gray to color, on the sample photographs and on made strong colors.

    python -m benchmarks lightness [--method M]

Needs the bench extra. The comparison is scikit-image's CIELAB, not our own.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import simplejpeg
import skimage.color
import tifffile
from numpy.typing import NDArray
from PIL import Image
from skimage import data

import rechroma
from benchmarks.measure import command, keep, machine

NAMES = ("astronaut", "chelsea", "coffee", "rocket", "camera")
"""Photographs of scikit-image."""
SATURATION = 2.0
"""A second round with chroma doubled: stronger colors than any network gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one way did to one photograph."""

    way: str
    """Way and depth."""
    colors: str
    """Vividness and saturation."""
    photograph: str
    """Its name in scikit-image."""
    mean: float
    """Mean of |change of L*|."""
    p99: float
    """Its 99th percentile."""
    largest: float
    """Its maximum."""
    luma_mean: float
    """Mean of |change of Y'| after decoding to luma (JPEG) or converting to gray, in 8-bit steps."""
    luma_largest: float
    """Its maximum."""


def lightness(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """L* of (H, W, 3) in [0, 1]."""
    lab: NDArray[np.float64] = skimage.color.rgb2lab(rgb)
    return lab[..., 0]


def gray_lightness(gray: NDArray[np.float64]) -> NDArray[np.float64]:
    """L* of (H, W) in [0, 1]."""
    return lightness(np.repeat(gray[..., None], 3, 2))


def encoded(gray: NDArray[np.uint8], way: str) -> tuple[bytes, NDArray[np.float64]]:
    """Write the gray picture as the way's input; its bytes, and its pixels in [0, 1]."""
    if "JPEG" in way:
        file: bytes = simplejpeg.encode_jpeg(gray[..., None], quality=92, colorspace="GRAY")
        return file, simplejpeg.decode_jpeg(file, colorspace="GRAY")[..., 0] / 255
    out = io.BytesIO()
    if "16" in way:
        grain = np.random.default_rng(0).integers(0, 257, gray.shape)
        deep = np.clip(gray.astype(np.int64) * 257 + grain - 128, 0, 65535).astype(np.uint16)
        tifffile.imwrite(out, deep)
        return out.getvalue(), deep / 65535
    Image.fromarray(gray).save(out, "PNG")
    return out.getvalue(), gray / 255


def decoded(file: bytes, way: str) -> NDArray[np.float64]:
    """Pixels (H, W, 3) of a result in [0, 1]."""
    if "16" in way:
        return np.asarray(tifffile.imread(io.BytesIO(file)) / 65535)
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) / 255


WAYS = {
    "gray JPEG, lossless luma": rechroma.ColorizeOptions(),
    "gray JPEG, from planes": rechroma.ColorizeOptions(lossless_luma=False),
    "PNG, 8 bits": rechroma.ColorizeOptions(),
    "TIFF, 16 bits": rechroma.ColorizeOptions(),
}


def measure(name: str, way: str, method: str, vividness: float | None, saturation: float) -> Moved:
    """Color one photograph one way and compare."""
    gray = np.asarray(Image.fromarray(getattr(data, name)()).convert("L"))
    file, before = encoded(gray, way)
    options = rechroma.ColorizeOptions(
        method=method,
        vividness=vividness,
        saturation=saturation,
        lossless_luma=WAYS[way].lossless_luma,
    )
    result = rechroma.colorize(file, options)
    after = decoded(result, way)
    change = np.abs(lightness(after) - gray_lightness(before))
    if "JPEG" in way:
        luma = simplejpeg.decode_jpeg(result, colorspace="GRAY")[..., 0].astype(float)
    else:
        luma = after @ [0.299, 0.587, 0.114] * 255
    steps = np.abs(luma - before * 255)
    return Moved(
        way=way,
        colors=f"vividness {'default' if vividness is None else vividness:}, saturation {saturation:g}",
        photograph=name,
        mean=round(float(change.mean()), 4),
        p99=round(float(np.percentile(change, 99)), 3),
        largest=round(float(change.max()), 3),
        luma_mean=round(float(steps.mean()), 4),
        luma_largest=round(float(steps.max()), 3),
    )


def markdown(table: list[Moved]) -> str:
    """Draw means over the photographs (maxima for the largest) as a Markdown table."""
    lines = [
        "| way | colors | mean ΔL\\* | 99 % below | largest | mean ΔY′ | largest |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for way, colors in dict.fromkeys((row.way, row.colors) for row in table):
        rows = [row for row in table if (row.way, row.colors) == (way, colors)]
        lines.append(
            f"| {way} | {colors} | {np.mean([r.mean for r in rows]):.3f} | {max(r.p99 for r in rows):.2f} | "
            f"{max(r.largest for r in rows):.2f} | {np.mean([r.luma_mean for r in rows]):.3f} | "
            f"{max(r.luma_largest for r in rows):.2f} |"
        )
    return "\n".join(lines) + "\n"


def main(given: Sequence[str]) -> None:
    """Measure every way on every photograph, print the table and keep it."""
    parser = command("lightness", __doc__)
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    arguments = parser.parse_args(given)
    facts = machine()
    table = [
        measure(name, way, arguments.method, vividness, saturation)
        for way in WAYS
        for vividness, saturation in ((None, 1.0), (1.0, 1.0), (1.0, SATURATION))
        for name in NAMES
    ]
    info = rechroma.load(arguments.method).info
    facts |= {"weights": {info.name: info.sha256}}
    keep("lightness", [asdict(row) for row in table], arguments.out, facts=facts, drawn=markdown(table))
