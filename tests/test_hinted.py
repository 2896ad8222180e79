"""A person's word on a picture's way: what is marked gets its color in every way, and what is alike follows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage import data

import rechroma
from conftest import encoded, opened
from rechroma import color, hints, image
from rechroma.errors import InputError
from rechroma.types import AB, RGB8, ColorizeOptions, Layer, Marks, Point, Stroke

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee")
DEFAULT = ColorizeOptions(threads=1, provenance=False)


@pytest.fixture(params=PHOTOGRAPHS)
def photograph(request: pytest.FixtureRequest) -> RGB8:
    """A color photograph (H, W, 3)."""
    return np.ascontiguousarray(getattr(data, request.param)())


def _lab(rgb: np.ndarray) -> np.ndarray:
    return color.rgb_to_lab(rgb.astype(np.float32) / np.float32(255))


def _gray(rgb: RGB8) -> np.ndarray:
    return np.rint(color.lightness_to_gray(_lab(rgb)[..., 0]) * 255).astype(np.uint8)


def _possible(lightness: np.ndarray, ab: np.ndarray) -> AB:
    """Give the nearest a*b* to what was asked, of its hue, that sRGB has at each lightness."""
    lab = np.concatenate([lightness[..., None], np.broadcast_to(ab, (*lightness.shape, 2))], axis=-1)
    return color.fit_gamut(lab.astype(np.float32))[..., 1:]


def _as(gray: np.ndarray, way: str) -> bytes:
    return {
        "lossless": lambda: encoded(gray, "JPEG", quality=95),
        "planes": lambda: encoded(np.repeat(gray[..., None], 3, axis=2), "JPEG", quality=95, subsampling=0),
        "general": lambda: encoded(gray, "PNG"),
        "16 bits": lambda: encoded(gray.astype(np.uint16) * 257, "PNG"),
    }[way]()


def _colored(file: bytes, marks: Marks, *, reach: float = 1.0) -> np.ndarray:
    """Color a file by the default model and give the Lab that a reader sees."""
    samples = image.decoded(
        image.read(rechroma.colorize(file, replace(DEFAULT, hints=marks, reach=reach)))
    ).samples
    assert samples is not None
    return color.rgb_to_lab(samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max))


STROKES = (
    ("#a33b2e", ((0.2, 0.3), (0.35, 0.36))),
    ("#3a62b0", ((0.6, 0.7), (0.8, 0.72))),
    ("#3d8a3a", ((0.5, 0.15), (0.52, 0.3))),
    (None, ((0.75, 0.3), (0.85, 0.3))),
)


@pytest.mark.parametrize("way", ["lossless", "planes", "general", "16 bits"])
def test_a_stroke_has_the_asked_color_within_3(photograph: RGB8, way: str) -> None:
    gray = _gray(photograph)
    marks = Marks(strokes=tuple(Stroke(places=places, color=c, width=0.05) for c, places in STROKES))
    colored = _colored(_as(gray, way), marks)
    for stroke in marks.strokes:
        inner = replace(stroke, width=stroke.width * 0.6)
        inside = hints.rasterize(Marks(strokes=(inner,)), gray.shape).weight == 1
        lightness = colored[inside, 0]
        sound = (lightness > 8) & (lightness < 95)
        asked = _possible(lightness, hints.ab_of(stroke.color))[sound]
        missed = np.hypot(*(colored[inside, 1:][sound] - asked).T)
        if way in {"general", "16 bits"}:
            assert np.percentile(missed, 99) < 3
        else:  # a JPEG has one chroma for several pixels of different luma
            assert np.median(missed) < 3
            assert missed.mean() < 4


def test_a_hint_changes_what_is_around_it_and_with_no_reach_not_what_is_far(photograph: RGB8) -> None:
    gray = _gray(photograph)
    truth = _lab(photograph)
    spot = (0.55, 0.75)
    row, column = int(spot[1] * gray.shape[0]), int(spot[0] * gray.shape[1])
    before = _colored(_as(gray, "general"), Marks())
    marks = Marks(points=(Point(x=spot[0], y=spot[1], color="#30a060", radius=0.01),))
    after = _colored(_as(gray, "general"), marks, reach=0.0)
    moved = np.hypot(*(after - before)[..., 1:].transpose(2, 0, 1))
    y, x = np.mgrid[: gray.shape[0], : gray.shape[1]]
    distance = np.hypot(y - row, x - column) / max(gray.shape)
    alike = np.hypot(*(truth[..., 1:] - truth[row, column, 1:]).transpose(2, 0, 1)) < 8
    ring = (distance > 0.02) & (distance < 0.05) & alike & (truth[..., 0] > 15)
    assert moved[ring].mean() > 8
    assert moved[distance > 0.45].mean() < moved[ring].mean() / 3


@pytest.mark.parametrize("way", ["lossless", "planes", "general"])
def test_keep_gray_keeps_gray(photograph: RGB8, way: str) -> None:
    marks = Marks(points=(Point(x=0.45, y=0.3, color=None, radius=0.12),))
    gray = _gray(photograph)
    colored = _colored(_as(gray, way), marks)
    inside = hints.rasterize(Marks(points=(replace(marks.points[0], radius=0.1),)), gray.shape).weight == 1
    assert np.hypot(colored[inside, 1], colored[inside, 2]).mean() < 1


def test_hints_take_the_same_effect_at_any_size(photograph: RGB8) -> None:
    marks = Marks(points=(Point(x=0.4, y=0.5, color="#30a060", radius=0.03),))
    gray = _gray(photograph)
    small = opened(encoded(gray, "PNG")).resize((gray.shape[1] // 2, gray.shape[0] // 2))
    large = _colored(_as(gray, "general"), marks)[::2, ::2][: small.height, : small.width]
    other = _colored(encoded(np.asarray(small), "PNG"), marks)
    assert np.abs(large[..., 1:] - other[..., 1:]).mean() < 2


def test_hints_from_points_strokes_and_a_layer_agree(tmp_path: Path) -> None:
    gray = _gray(np.ascontiguousarray(data.coffee()))
    drawn = hints.rasterize(
        Marks(points=(Point(x=0.5, y=0.5, color="#3a62b0", radius=0.1),)), gray.shape
    ).weight
    pixels = np.zeros((*gray.shape, 4), np.uint8)
    pixels[..., :3] = (0x3A, 0x62, 0xB0)
    pixels[..., 3] = np.rint(drawn * 255)
    as_layer = _colored(_as(gray, "general"), Marks(layers=(Layer(png=encoded(pixels, "PNG")),)))
    as_point = _colored(
        _as(gray, "general"), Marks(points=(Point(x=0.5, y=0.5, color="#3a62b0", radius=0.1),))
    )
    as_stroke = _colored(
        _as(gray, "general"), Marks(strokes=(Stroke(places=((0.5, 0.5),), color="#3a62b0", width=0.2),))
    )
    np.testing.assert_array_equal(as_point, as_stroke)
    assert np.abs(as_point - as_layer).mean() < 1


def test_a_method_without_hint_inputs_takes_hints_too(options: ColorizeOptions) -> None:
    gray = _gray(np.ascontiguousarray(data.chelsea()))
    marks = Marks(points=(Point(x=0.5, y=0.5, color="#30a060", radius=0.05),))
    rgb = rechroma.colorize(gray, replace(options, hints=marks))
    inside = hints.rasterize(marks, gray.shape).weight == 1
    lab = _lab(rgb)
    asked = _possible(lab[inside, 0], hints.ab_of("#30a060"))
    assert np.abs(lab[inside, 1:] - asked).mean() < 3
    assert np.abs(rgb.astype(int) - rechroma.colorize(gray, options)).mean() > 1


def test_warmth_and_saturation_do_not_move_what_is_marked() -> None:
    gray = _gray(np.ascontiguousarray(data.chelsea()))
    marks = Marks(points=(Point(x=0.5, y=0.5, color="#30a060", radius=0.1),))
    inside = hints.rasterize(marks, gray.shape).weight == 1
    plain, turned = (
        _lab(rechroma.colorize(gray, replace(DEFAULT, hints=marks, warmth=warmth, saturation=saturation)))
        for warmth, saturation in ((0, 1), (1, 2))
    )
    assert np.abs(plain - turned)[inside].max() < 2
    assert turned[..., 2].mean() > plain[..., 2].mean() + 4


def test_warmth_leaves_black_and_white_and_lightness() -> None:
    gray = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))
    cool, warm = (_lab(rechroma.colorize(gray, replace(DEFAULT, warmth=w))) for w in (-1, 1))
    assert (warm[..., 2] - cool[..., 2]).mean() > 8
    assert np.abs(warm - cool)[:, [0, -1]].max() < 1
    assert np.abs(warm - cool)[..., 0].max() < 1


def test_a_layer_of_the_wrong_proportions_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(np.zeros((40, 60), np.uint8), "PNG"))
    layer = Layer(png=encoded(np.zeros((60, 40, 4), np.uint8), "PNG"))
    with pytest.raises(InputError, match="40x60"):
        rechroma.colorize(tmp_path / "a.png", replace(DEFAULT, hints=Marks(layers=(layer,))))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
