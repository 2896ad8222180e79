"""Colors lie where they belong, however a picture is stored and whatever its sides are."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded
from rechroma import color, hints, image
from rechroma.image.orientation import as_stored, upright
from rechroma.image.planes import resized
from rechroma.pipeline import Draft, compose
from rechroma.tiling import WHOLE, Area, reframe
from rechroma.types import (
    ColorizeOptions,
    Hints,
    Lab,
    Layer,
    Lightness,
    Marks,
    ModelInfo,
    Point,
    Prediction,
    PredictOptions,
    Stroke,
)

WAVES = 5
"""Of a* across the picture, and of b* down it."""
HEIGHT = 30.0
"""Of the waves, in a*b*."""


def waves(side: int) -> NDArray[np.float64]:
    """Give the waves' place (side,) in radians."""
    return 2 * np.pi * WAVES * (np.arange(side) + 0.5) / side


class Waves:
    """Colors that tell where they are."""

    info = ModelInfo(name="waves", sha256="", work_size=64, multiple_of=1, trained=False, takes=("hints",))
    bins = None

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        height, width = lightness.shape
        across, down = np.meshgrid(np.sin(waves(width)), np.sin(waves(height)))
        ab = (HEIGHT * np.dstack([across, down])).astype(np.float32)
        return Prediction(ab=ab)


def displacement(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """Give by how many pixels (down, to the right) the waves are off where they are most off."""
    ab = color.rgb_to_lab(rgb.astype(np.float32) / np.float32(255))[..., 1:]
    return tuple(_off(ab[..., 1 - axis].mean(axis=1 - axis)) for axis in (0, 1))  # type: ignore[return-value]


def _off(line: NDArray[Any]) -> float:
    """Give by how many pixels a line is off in its worst wave."""
    place = waves(len(line))
    phases = []
    for wave in range(WAVES):
        inside = (place >= 2 * np.pi * wave) & (place < 2 * np.pi * (wave + 1))
        found = np.sum(line[inside] * np.exp(-1j * place[inside]))
        phases.append(np.angle(found * 1j))
    return float(np.abs(phases).max() * len(line) / (2 * np.pi * WAVES))


def stored(gray: NDArray[np.uint8], kind: str, orientation: int) -> bytes:
    """Give a JPEG that is this gray picture once it is upright."""
    turned = np.ascontiguousarray(as_stored(gray, orientation))
    exif = Image.Exif()
    exif[274] = orientation
    if kind == "three components":
        return encoded(Image.fromarray(turned).convert("RGB"), "JPEG", quality=95, exif=exif)
    how = {"restart_marker_rows": 1} if kind == "restarts" else {}
    return encoded(turned, "JPEG", quality=95, exif=exif, **how)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(130, 150, (height, width)).astype(np.uint8)


def colored(file: bytes, kind: str) -> NDArray[np.uint8]:
    """Color a picture by the waves, and give it as it is shown."""
    options = ColorizeOptions(quality=98, provenance=False, lossless_luma=kind != "gray by planes")
    made = Draft(file).encoded("png" if kind == "png" else "jpeg", Waves(), options)
    assert made.way == {"gray": "lossless", "restarts": "lossless", "png": "general"}.get(kind, "planes")
    return image.srgb_pixels(image.read(made.data))


KINDS = ["gray", "restarts", "three components", "gray by planes", "png"]
ODD = ((401, 505), (407, 399))


@pytest.mark.parametrize("shrink", [2, 8])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_colors_are_where_they_were_predicted(
    kind: str, orientation: int, shrink: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "CHROMA_PIXELS", 1 if shrink == 8 else 10**9)
    for sides in ODD:
        file = stored(noise(*sides), kind, orientation)
        assert Draft(file).size == sides
        assert max(displacement(colored(file, kind))) < (0.25 if shrink == 2 else 0.5)


@pytest.mark.parametrize("shrink", [2, 8])
@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_marks_are_painted_where_they_were_made(kind: str, orientation: int, shrink: int) -> None:
    height, width = ODD[0]
    picture = image.read(stored(noise(height, width), kind, orientation))
    layer = np.zeros((height, width, 4), np.uint8)
    layer[360:392, 10:42] = (255, 0, 0, 255)
    corner = Point(x=470 / width, y=30 / height, color="#00a000", radius=24 / width)
    marks = Marks(points=(corner,), layers=(Layer(png=encoded(layer, "PNG")),))
    lossless = kind in {"gray", "restarts"}
    light = picture if lossless else compose.gray(image.luma(picture))
    luma, area = image.luma(light, shrink=shrink), image.cells_area(light, shrink)
    planes = compose.chroma(np.zeros((8, 8, 2), np.float32), luma, marks, picture.size, area=area)
    encode = image.encode_lossless_jpeg if lossless else image.encode_planes_jpeg
    shown = image.srgb_pixels(image.read(encode(picture, *planes, quality=98)))
    a = color.rgb_to_lab(shown.astype(np.float32) / np.float32(255))[..., 1]
    for strong, place, near in ((a, (376, 26), shrink / 2), (-a, (30, 470), 0.6)):  # layers fill whole cells
        weight = np.where(strong > 10, strong, 0)
        found = [
            float((np.arange(len(line)) + 0.5) @ line / line.sum()) for line in (weight.sum(1), weight.sum(0))
        ]
        assert np.abs(np.subtract(found, place)).max() < near


@pytest.mark.parametrize("kind", ["gray", "restarts"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_chroma_that_follows_the_luma_stays_on_it(kind: str, orientation: int) -> None:
    for height, width in ODD:
        across, down = np.meshgrid(np.sin(waves(width)), np.sin(waves(height)))
        picture = image.read(stored((128 + 40 * across + 40 * down).astype(np.uint8), kind, orientation))
        for shrink in (2, 4, 8):
            plane = image.luma(picture, shrink=shrink)
            data = image.encode_lossless_jpeg(picture, plane, plane, quality=98)
            opened = Image.open(io.BytesIO(data))
            opened.draft("YCbCr", opened.size)
            chroma = np.asarray(upright(np.asarray(opened)[..., 1], orientation)).astype(float)
            for line in (chroma.mean(axis=0), chroma.mean(axis=1)):
                assert _off(line - 128) < 0.3


@pytest.mark.parametrize(
    "area", [WHOLE, Area(top=-7 / 40, right=1 + 5 / 60), Area(left=-1 / 60, bottom=1 + 3 / 40)]
)
def test_a_grid_beyond_the_picture_is_drawn_as_one_on_it(area: Area) -> None:
    height, width = 40, 60
    above, below = round(-area.top * height), round((area.bottom - 1) * height)
    left, right = round(-area.left * width), round((area.right - 1) * width)
    layer = np.zeros((height, width, 4), np.uint8)
    layer[10:20, 15:40] = (200, 40, 40, 255)
    marks = Marks(
        points=(Point(x=0.9, y=0.1, color="#3080f0", radius=0.08),),
        strokes=(Stroke(places=((0.1, 0.8), (0.5, 0.6)), color="#30f030", width=0.05),),
        layers=(Layer(png=encoded(layer, "PNG")),),
    )
    inside = hints.rasterize(marks, (height, width))
    grid = (height + above + below, width + left + right)
    around = hints.rasterize(marks, grid, picture=(height, width), area=area)
    there = np.s_[above : above + height, left : left + width]
    assert np.allclose(around.weight[there], inside.weight, atol=1e-4)
    assert np.allclose(around.ab[there], inside.ab, atol=1e-2)
    rows = hints.rasterize(marks, grid, picture=(height, width), area=area, rows=slice(11, 30))
    assert np.allclose(rows.weight, around.weight[11:30])


def test_an_area_beyond_a_prediction_goes_on_as_its_edge_does() -> None:
    ab = np.dstack(np.meshgrid(np.arange(6), np.arange(4))).astype(np.float32)
    assert reframe(ab, WHOLE) is ab
    wider = reframe(ab, Area(left=-1.0, bottom=2.0))
    assert wider.shape == ab.shape
    assert np.allclose(wider[0, :, 0], [0, 0, 0, 0.5, 2.5, 4.5])
    assert np.allclose(wider[:, 0, 1], [0.5, 2.5, 3, 3])
    one = np.full((1, 1, 2), 5, np.float32)
    assert np.allclose(reframe(one, Area(top=-0.5)), 5)


def test_planes_are_halved_by_whole_cells() -> None:
    plane = np.arange(7, dtype=np.uint8)[None].repeat(5, 0) * 10
    assert resized(plane, (3, 4))[0].tolist() == [5, 25, 45, 60]
    assert resized(plane, (5, 4))[4].tolist() == [5, 25, 45, 60]
