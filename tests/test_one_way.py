"""There is one way from a picture to its colors, whoever asks: the library, a draft in use, a draft used once."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import rechroma
from conftest import encoded, gray_jpeg, scene
from rechroma import color, hints, image, methods, refine
from rechroma.pipeline import Draft, colorize_to_bytes
from rechroma.tiling import work_shape
from rechroma.types import ColorizeOptions, Hints, Layer, Marks, Point, PredictOptions, Stroke

SIZE = (91, 121)
COLORFUL = encoded(np.dstack([scene(80, 60), scene(80, 60)[::-1], 255 - scene(80, 60)]), "PNG")


def _layer() -> bytes:
    painted = np.zeros((*SIZE, 4), np.uint8)
    painted[60:80, 20:50] = (30, 90, 200, 255)
    return encoded(painted, "PNG")


def _tiff() -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, scene(*SIZE).astype(np.uint16) * 257 + 13)
    return file.getvalue()


MARKS = Marks(
    points=(
        Point(x=0.5, y=0.7, color="#2e8b57", radius=0.05),
        Point(x=0.2, y=0.3, color="#8b2e57", radius=0.05, confidence=0.6),
    ),
    strokes=(Stroke(places=((0.1, 0.1), (0.9, 0.2)), color="#aa8844"),),
    layers=(Layer(png=_layer()),),
)
PICTURES: dict[str, tuple[bytes, Callable[[ColorizeOptions], ColorizeOptions]]] = {
    "lossless": (gray_jpeg(*SIZE), lambda options: options),
    "planes": (gray_jpeg(*SIZE), lambda options: replace(options, lossless_luma=False)),
    "JPEG of three components": (
        encoded(Image.fromarray(scene(*SIZE)).convert("RGB"), "JPEG"),
        lambda options: options,
    ),
    "general, of a JPEG": (gray_jpeg(*SIZE), lambda options: replace(options, format="png")),
    "general, PNG": (encoded(scene(*SIZE), "PNG"), lambda options: options),
    "general, TIFF of 16 bits": (_tiff(), lambda options: options),
}
ASKED: dict[str, dict[str, object]] = {
    "plain": {},
    "hints": {"hints": MARKS},
    "hints nearby": {"hints": MARKS, "reach": 0.3},
    "temperature": {"temperature": 0.4, "vividness": 0.7, "saturation": 1.3},
    "references": {"references": (COLORFUL,), "hints": MARKS},
    "warmth": {"warmth": 0.4, "reach": 0.9, "hints": MARKS},
    "refinement": {"refine": "crf", "hints": MARKS, "reach": 0.5},
    "scribble": {"method": "scribble", "hints": MARKS},
    "transfer": {"method": "transfer", "references": (COLORFUL,), "hints": MARKS},
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", PICTURES)
def test_whoever_asks_gets_the_same_bytes(
    kind: str, asked: str, options: ColorizeOptions, tmp_path: Path
) -> None:
    data, change = PICTURES[kind]
    wanted = change(replace(options, **ASKED[asked]))  # type: ignore[arg-type]
    result = rechroma.colorize(data, wanted)
    (tmp_path / "source").write_bytes(data)
    used = Draft(tmp_path / "source")
    used.preview(replace(wanted, saturation=0.5, reach=0.9), side=64)
    used.preview(wanted, side=64)
    assert used.result(wanted) == result, "a draft that has kept other predictions"
    assert used.result(wanted) == result, "nor what the last result left behind"
    assert Draft(data, most_bytes=0).result(wanted) == result, "a draft that keeps nothing"
    assert colorize_to_bytes(tmp_path / "source", wanted) == result


@pytest.mark.parametrize("asked", ["plain", "hints nearby", "temperature"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_steps_are_these_and_no_others(depth: type, asked: str, options: ColorizeOptions) -> None:
    given = scene(*SIZE).astype(depth) * (1 if depth is np.uint8 else 257)
    wanted = replace(options, **ASKED[asked])  # type: ignore[arg-type]
    assert np.array_equal(rechroma.colorize(given, wanted), _written_out(given, wanted))


def _written_out(given: NDArray[np.generic], options: ColorizeOptions) -> NDArray[np.generic]:
    """Color an array by a network, step by step, without references, warmth and refinement."""
    colorizer, picture = methods.load(options.method, threads=1), image.read(given)
    shape = work_shape(*picture.size, colorizer.info.work_size, colorizer.info.multiple_of)
    seen, size = image.small_lightness(picture, shape), picture.size
    marked = hints.rasterize(options.hints, shape, picture=size) if options.hints else None
    how = PredictOptions(vividness=options.vividness)

    def predicted(told: Hints | None) -> NDArray[np.float32]:
        prediction = colorizer.predict(seen, hints=told, options=how, with_logits=True)
        if options.temperature is None:
            return prediction.ab
        return color.annealed_mean(prediction.logits, temperature=options.temperature, bins=colorizer.bins)

    ab = predicted(marked)
    if options.reach < 1:
        without = refine.upsample_ab(predicted(None), seen)
        share = options.reach + (1 - options.reach) * hints.nearness(seen, marked.weight)
        ab = without + share[..., None] * (refine.upsample_ab(ab, seen) - without)
    ab = ab * np.float32(options.saturation)
    if marked is not None:
        ab = hints.correct(refine.upsample_ab(ab, seen), seen, marked)
    lightness = image.lightness(picture)
    large = refine.upsample_ab(ab, lightness)
    certain = replace(options.hints, points=options.hints.points[:1])
    drawn = hints.rasterize(certain, size)
    large += drawn.weight[..., None] * (drawn.ab - large)
    return color.merge(lightness, large, depth=8 if given.dtype == np.uint8 else 16)
