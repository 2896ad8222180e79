"""Painted layers: how many are opened, in how much memory, and that band by band they are the same."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from conftest import encoded
from rechroma import hints
from rechroma.errors import TooLarge
from rechroma.hints import layers
from rechroma.tiling import Area
from rechroma.types import Layer, Marks, Point, Stroke

DRAWN = Marks(
    points=(Point(x=0.25, y=0.5, color="#a33b2e"), Point(x=1, y=0, color=None, radius=0.2, confidence=0.5)),
    strokes=(Stroke(places=((0.1, 0.2), (0.3, 0.4), (0.3, 0.9)), color="#2040c0", width=0.05),),
)


def _layer(pixels: np.ndarray) -> Layer:
    return Layer(png=encoded(pixels, "PNG"))


def test_layers_are_limited_together_before_what_is_too_much_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layers, "MEGAPIXELS", 0.01)
    decoded: list[object] = []
    decode = layers.image.decoded
    monkeypatch.setattr(layers.image, "decoded", lambda picture: decoded.append(1) or decode(picture))
    layer = _layer(np.full((60, 60, 4), 200, np.uint8))
    two, three = Marks(layers=(layer,) * 2), Marks(layers=(layer,) * 3)
    assert hints.rasterize(two, (30, 30)).weight.all()
    decoded.clear()
    with pytest.raises(TooLarge, match=r"more than 0\.01 megapixels together.*fewer layers"):
        hints.rasterize(three, (30, 30))
    assert len(decoded) == 2
    assert hints.rasterize(three, (30, 30), picture=(200, 200)).weight.all(), "as many as the picture has"


def test_layers_opened_once_are_drawn_band_by_band_as_at_once() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (90, 60, 4), np.uint8)
    marks = replace(
        DRAWN, layers=(_layer(pixels), _layer(np.dstack([pixels[..., 0]] * 3 + [pixels[..., 3]])))
    )
    for shape in ((90, 60), (30, 20), (180, 120)):
        opened = hints.open_layers(marks, shape, picture=(90, 60))
        whole = hints.rasterize(marks, shape, picture=(90, 60))
        for start in range(0, shape[0], 7):
            rows = slice(start, min(start + 7, shape[0]))
            band = hints.rasterize(marks, shape, picture=(90, 60), rows=rows, layers=opened)
            np.testing.assert_allclose(band.ab, whole.ab[rows], atol=1e-3)
            np.testing.assert_allclose(band.weight, whole.weight[rows], atol=1e-6)


def test_nothing_of_a_layer_stays_in_the_process() -> None:
    pixels = np.zeros((750, 1000, 4), np.uint8)
    pixels[:350] = (0xA3, 0x3B, 0x2E, 255)
    marks = Marks(layers=(_layer(pixels), _layer(pixels[:, ::-1])))
    hints.rasterize(marks, (64, 64), picture=(750, 1000))
    gc.collect()
    tracemalloc.start()
    try:
        hints.rasterize(marks, (64, 64), picture=(750, 1000))
        gc.collect()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 500_000, held
    assert peak < 12 * pixels[..., 0].size, "bytes for a pixel of one layer, beside Pillow's 8"


@pytest.mark.parametrize("shape", [(90, 60), (30, 20), (180, 120)])
def test_a_part_of_a_layer_is_what_the_whole_has_there_and_beyond_the_edge_there_is_nothing(
    shape: tuple[int, int],
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60, 4), np.uint8)
    marks = Marks(layers=(_layer(pixels),))
    whole = hints.rasterize(marks, shape, picture=(90, 60))
    half = (shape[0] // 2, shape[1] // 2)
    part = hints.rasterize(marks, half, picture=(90, 60), area=Area(top=0.5, left=0.5, bottom=1.0, right=1.0))
    np.testing.assert_allclose(part.weight, whole.weight[half[0] :, half[1] :], atol=1e-5)
    np.testing.assert_allclose(part.ab, whole.ab[half[0] :, half[1] :], atol=0.02)
    wider = hints.rasterize(marks, (30, 30), picture=(90, 60), area=Area(right=1.5))
    coarse = hints.rasterize(marks, (30, 20), picture=(90, 60))
    np.testing.assert_allclose(wider.weight[:, :20], coarse.weight, atol=1e-5)
    assert not wider.weight[:, 20:].any()
