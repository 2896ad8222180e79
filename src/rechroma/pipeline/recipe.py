"""All that a result's pixels depend on, as one line of JSON: it stands in the result's provenance.

Two results of one target with the same line were asked for in the same way; see `rechroma.image.read_provenance`.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from rechroma import hints, image
from rechroma.hints import library
from rechroma.types import ColorizeOptions, Layer, Marks

NOT_IN_THE_PIXELS = frozenset({"format", "provenance", "max_megapixels", "device", "threads"})
"""Options that stay out: the format shows in the result itself, the others change no color."""


def recipe(
    options: ColorizeOptions,
    *,
    method: str,
    weights: str,
    source: str,
    noted: Mapping[str, object] | None = None,
) -> str:
    """Return the line for a picture.

    Args:
        options: As given.
        method: Full name of what `options.method` stands for (see `methods.identify`).
        weights: SHA-256 of its weights, hexadecimal; empty where it has none.
        source: SHA-256 of the picture's file, hexadecimal.
        noted: What else the line has, or has instead.

    Raises:
        UnreadableImage: a reference cannot be read.
    """
    return json.dumps(
        {
            "source": source,
            "method": method,
            "weights": weights,
            "vividness": _number(options.vividness),
            "temperature": _number(options.temperature),
            "saturation": float(options.saturation),
            "warmth": float(options.warmth),
            "hints": _marks(options.hints),
            "reach": float(options.reach),
            "references": [image.sha256_of(each) for each in options.references],
            "reference_library": _folder(options.reference_library),
            "refine": options.refine,
            "quality": options.quality,
            "lossless_luma": options.lossless_luma,
            **(noted or {}),
        },
        separators=(",", ":"),
    )


def _number(value: float | None) -> float | None:
    """Return a number under which 1 and 1.0 are the same."""
    return None if value is None else float(value)


def _marks(marks: Marks) -> str:
    """Return what stands for marks: a hash, empty where nothing is marked. The palette marks nothing."""
    if not marks:
        return ""
    layers = tuple(Layer(png=hashlib.sha256(layer.png).digest()) for layer in marks.layers)
    bare = Marks(points=marks.points, strokes=marks.strokes, layers=layers)
    return hashlib.sha256(hints.to_json(bare).encode()).hexdigest()


def _folder(folder: Path | None) -> str:
    """Return what stands for a folder of pictures: a hash of their names and lengths."""
    if folder is None:
        return ""
    listed = [
        f"{path.relative_to(folder).as_posix()} {path.stat().st_size}" for path in library.files(folder)
    ]
    return hashlib.sha256("\n".join(listed).encode(errors="surrogateescape")).hexdigest()
