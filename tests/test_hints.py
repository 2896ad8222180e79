"""Marks: as text, as pixels, and with the last word over a prediction."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import encoded
from rechroma import color, hints
from rechroma.errors import InputError, OptionError
from rechroma.types import Hints, Layer, Marks, Point, Stroke

RED, BLUE = "#a33b2e", "#2040c0"
EVERYTHING = Marks(
    points=(Point(x=0.25, y=0.5, color=RED), Point(x=1, y=0, color=None, radius=0.2, confidence=0.5)),
    strokes=(Stroke(places=((0.1, 0.2), (0.3, 0.4), (0.3, 0.9)), color=BLUE, width=0.05),),
    layers=(Layer(png=b"\x89PNG..."),),
    palette=(RED, BLUE),
)


def _layer(pixels: np.ndarray) -> Layer:
    return Layer(png=encoded(pixels, "PNG"))


# ── text ──


def test_a_hints_file_gives_back_what_was_saved() -> None:
    assert hints.from_json(hints.to_json(EVERYTHING)) == EVERYTHING


share = st.floats(0, 1, allow_subnormal=False)
some_color = st.none() | st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@settings(deadline=None)
@given(
    st.builds(
        Marks,
        points=st.lists(st.builds(Point, x=share, y=share, color=some_color)).map(tuple),
        strokes=st.lists(
            st.builds(
                Stroke,
                places=st.lists(st.tuples(share, share), min_size=1).map(tuple),
                color=some_color,
                width=st.floats(0.001, 1),
            )
        ).map(tuple),
        layers=st.lists(st.builds(Layer, png=st.binary())).map(tuple),
    )
)
def test_any_marks_survive_the_file(marks: Marks) -> None:
    assert hints.from_json(hints.to_json(marks)) == marks


def test_what_a_hints_file_leaves_out_has_its_default() -> None:
    text = '{"rechroma_hints": 1, "points": [{"x": 0.5, "y": 0.5, "color": null}]}'
    assert hints.from_json(text) == Marks(points=(Point(x=0.5, y=0.5, color=None),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON from character 1 on"),
        ("[" * 100_000, "no JSON"),
        ('{"rechroma_hints": "' + "x" * 10_000 + '"}', "xxx...; this Rechroma"),
        ('{"rechroma_hints": 1, "points": "' + "x" * 10_000 + '"}', "xxx...; accepted: a list"),
        (
            json.dumps({"rechroma_hints": 1, "points": [0] * 200_001}),
            "200001 places; accepted: 200000 at most",
        ),
        (
            json.dumps({"rechroma_hints": 1, "strokes": [{"places": [[0, 0]] * 150_000}] * 2}),
            "300000 places; accepted: 200000 at most",
        ),
        ("[]", "not a hints file"),
        ('{"rechroma_hints": 2}', "version 2"),
        ('{"rechroma_hints": true}', "version True"),
        ('{"rechroma_hints": 1, "dots": []}', "unknown entries 'dots'; accepted: points"),
        ('{"rechroma_hints": 1, "points": {}}', "points is {}"),
        ('{"rechroma_hints": 1, "points": [{"x": 0.5, "y": 0.5}]}', "a point is"),
        (
            '{"rechroma_hints": 1, "points": [{"x": "a", "y": 0.5, "color": null}]}',
            "x is 'a'; accepted: a number",
        ),
        ('{"rechroma_hints": 1, "points": [{"x": 0.5, "y": 0.5, "color": 3}]}', "a color is 3"),
        ('{"rechroma_hints": 1, "strokes": [{"places": [[1]], "color": null}]}', "the places of a stroke"),
        ('{"rechroma_hints": 1, "layers": ["?"]}', "base64"),
    ],
)
def test_a_wrong_hints_file_is_refused_with_what_is_accepted(text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        hints.from_json(text)
    assert words in str(error.value)


def test_a_file_that_is_longer_than_any_hints_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rechroma.hints.marks.MOST_BYTES", 100)
    (tmp_path / "a.png").write_bytes(bytes(101))
    with pytest.raises(InputError, match="more than 0.0001 MB"):
        hints.read(tmp_path / "a.png")


def test_values_out_of_range_are_refused_with_the_range() -> None:
    for make, words in (
        (lambda: Point(x=1.5, y=0, color=RED), "0 to 1"),
        (lambda: Point(x=math.nan, y=0, color=RED), "0 to 1"),
        (lambda: Point(x=0, y=0, color="red"), "#rrggbb"),
        (lambda: Point(x=0, y=0, color=RED, radius=0), "radius"),
        (lambda: Point(x=0, y=0, color=RED, confidence=2), "confidence"),
        (lambda: Stroke(places=(), color=RED), "no places"),
        (lambda: Stroke(places=((0, 0),), color=RED, width=7), "width"),
        (lambda: Marks(palette=("blue",)), "#rrggbb"),
    ):
        with pytest.raises(OptionError, match=words):
            make()


def test_a_place_on_the_command_line_is_a_point() -> None:
    assert hints.parse_point("0.31, 0.42, #a33b2e") == Point(x=0.31, y=0.42, color="#a33b2e")
    assert hints.parse_point("1,0,gray,0.1") == Point(x=1, y=0, color=None, radius=0.1)
    for wrong in ("0.3,0.4", "a,b,#a33b2e", "0.3,0.4,#a33b2e,x", "0.3,0.4,red"):
        with pytest.raises(OptionError):
            hints.parse_point(wrong)


def test_hints_are_read_from_a_file_or_a_painted_layer(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(hints.to_json(EVERYTHING))
    (tmp_path / "b.png").write_bytes(b"png")
    assert hints.read(tmp_path / "a.json") == EVERYTHING
    assert hints.read(tmp_path / "b.png") == Marks(layers=(Layer(png=b"png"),))
    (tmp_path / "c.json").write_text(json.dumps({"points": []}))
    for name in ("c.json", "none.json"):
        with pytest.raises(InputError, match=name):
            hints.read(tmp_path / name)


def test_merged_marks_keep_their_order() -> None:
    one, two = Marks(points=EVERYTHING.points[:1]), Marks(points=EVERYTHING.points[1:], palette=(RED,))
    assert hints.merge(one, two, one).points == (*EVERYTHING.points, EVERYTHING.points[0])
    assert hints.merge(two, two).palette == (RED,)
    assert not hints.merge()
    assert not Marks(palette=(RED,))


# ── pixels ──


def test_a_point_is_a_disc_of_its_color() -> None:
    drawn = hints.rasterize(Marks(points=(Point(x=0.5, y=0.25, color=RED, radius=0.1),)), (100, 200))
    y, x = np.mgrid[0:100, 0:200] + 0.5
    inside = np.hypot(x - 100, y - 25) < 20 - 1
    outside = np.hypot(x - 100, y - 25) > 20 + 1
    assert (drawn.weight[inside] == 1).all()
    assert (drawn.weight[outside] == 0).all()
    assert (drawn.ab[outside] == 0).all()
    expected = color.rgb_to_lab(np.array([0xA3, 0x3B, 0x2E], np.float32) / 255)[1:]
    np.testing.assert_allclose(drawn.ab[inside], np.broadcast_to(expected, drawn.ab[inside].shape), atol=1e-4)


def test_a_stroke_covers_all_between_its_places() -> None:
    marks = Marks(strokes=(Stroke(places=((0.1, 0.5), (0.9, 0.5)), color=None, width=0.1),))
    drawn = hints.rasterize(marks, (80, 80))
    assert (drawn.weight[38:42, 8:72] == 1).all()
    assert (drawn.ab == 0).all()
    assert drawn.weight[:30].max() == drawn.weight[50:].max() == 0


def test_bands_put_together_are_the_whole() -> None:
    painted = np.zeros((50, 70, 4), np.uint8)
    painted[20:30, 10:40] = (200, 30, 30, 255)
    marks = replace(EVERYTHING, layers=(_layer(painted),))
    whole = hints.rasterize(marks, (50, 70))
    bands = [hints.rasterize(marks, (50, 70), rows=slice(start, start + 7)) for start in range(0, 50, 7)]
    np.testing.assert_array_equal(np.concatenate([band.weight for band in bands]), whole.weight)
    np.testing.assert_array_equal(np.concatenate([band.ab for band in bands]), whole.ab)


@pytest.mark.parametrize("shape", [(64, 96), (512, 768), (8, 12), (1, 1)])
def test_marks_lie_at_the_same_place_at_any_size(shape: tuple[int, int]) -> None:
    drawn = hints.rasterize(Marks(points=(Point(x=0.75, y=0.5, color=RED, radius=0.004),)), shape)
    rows, columns = np.nonzero(drawn.weight)
    assert len(rows) >= 1
    assert (rows.mean() + 0.5) / shape[0] == pytest.approx(0.5, abs=0.6 / shape[0])
    assert (columns.mean() + 0.5) / shape[1] == pytest.approx(0.75, abs=0.6 / shape[1])


def test_a_disc_stays_round_on_a_grid_of_other_proportions() -> None:
    drawn = hints.rasterize(
        Marks(points=(Point(x=0.5, y=0.5, color=RED, radius=0.25),)), (100, 100), picture=(100, 200)
    )
    assert drawn.weight[50].sum() == pytest.approx(50, abs=2)
    assert drawn.weight[:, 50].sum() == pytest.approx(100, abs=2)


def test_what_comes_later_lies_on_top() -> None:
    below, above = Point(x=0.5, y=0.5, color=RED, radius=0.4), Point(x=0.5, y=0.5, color=None, radius=0.1)
    drawn = hints.rasterize(Marks(points=(below, above)), (50, 50))
    assert (drawn.ab[25, 25] == 0).all()
    assert drawn.ab[25, 10, 0] > 20


def test_advice_weighs_less_than_a_certain_color() -> None:
    drawn = hints.rasterize(
        Marks(points=(Point(x=0.5, y=0.5, color=RED, radius=0.3, confidence=0.5),)), (20, 20)
    )
    assert drawn.weight.max() == 0.5
    np.testing.assert_allclose(drawn.ab[10, 10], hints.ab_of(RED), atol=1e-4)


@pytest.mark.parametrize("shape", [(60, 90), (20, 30), (120, 180)])
def test_a_painted_layer_hints_where_it_is_opaque(shape: tuple[int, int]) -> None:
    pixels = np.zeros((60, 90, 4), np.uint8)
    pixels[:, :45] = (0xA3, 0x3B, 0x2E, 255)
    pixels[:, 45:] = (0, 255, 0, 0)
    drawn = hints.rasterize(Marks(layers=(_layer(pixels),)), shape)
    half = shape[1] // 2
    assert (drawn.weight[:, :half] == 1).all()
    assert (drawn.weight[:, half:] == 0).all()
    np.testing.assert_allclose(drawn.ab[0, 0], hints.ab_of(RED), atol=0.01)


def test_a_thin_painted_line_is_still_seen_when_the_layer_shrinks() -> None:
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[200:203, :] = (0xA3, 0x3B, 0x2E, 255)
    drawn = hints.rasterize(Marks(layers=(_layer(pixels),)), (40, 40))
    assert drawn.weight[20].min() == 1
    np.testing.assert_allclose(drawn.ab[20, 5], hints.ab_of(RED), atol=0.1)


def test_a_layer_of_other_proportions_or_without_alpha_is_refused() -> None:
    with pytest.raises(InputError, match="100x50"):
        hints.rasterize(Marks(layers=(_layer(np.zeros((50, 100, 4), np.uint8)),)), (60, 60))
    with pytest.raises(InputError, match="without alpha"):
        hints.rasterize(Marks(layers=(_layer(np.zeros((60, 60, 3), np.uint8)),)), (60, 60))


# ── the last word ──


def _two_halves(height: int = 40, width: int = 60) -> np.ndarray:
    lightness = np.full((height, width), 30, np.float32)
    lightness[:, width // 2 :] = 75
    return lightness


def test_the_hinted_color_is_there_and_follows_on_even_ground_but_not_over_an_edge() -> None:
    lightness = _two_halves()
    ab = np.full((40, 60, 2), 5, np.float32)
    weight = np.zeros((40, 60), np.float32)
    weight[18:22, 20:24] = 1
    asked = np.where(weight[..., None] > 0, np.array([60, -30], np.float32), np.float32(0))
    done = hints.correct(ab, lightness, Hints(ab=asked, weight=weight))
    np.testing.assert_allclose(done[weight > 0], asked[weight > 0], atol=1e-3)
    assert done[20, 26, 0] > 30
    assert np.abs(done[:, 30:] - 5).max() < 1
    assert (np.diff(done[20, 24:30, 0]) < 0).all()


def test_a_prediction_that_agrees_with_its_hints_stays() -> None:
    ab = np.random.default_rng(0).normal(0, 20, (24, 32, 2)).astype(np.float32)
    weight = np.zeros((24, 32), np.float32)
    weight[::5, ::5] = 1
    done = hints.correct(ab, _two_halves(24, 32), Hints(ab=ab * weight[..., None], weight=weight))
    np.testing.assert_allclose(done, ab, atol=1e-4)


def test_without_hints_nothing_changes_and_inputs_never_do() -> None:
    ab, lightness = np.ones((10, 12, 2), np.float32), _two_halves(10, 12)
    nothing = Hints(ab=np.zeros((10, 12, 2), np.float32), weight=np.zeros((10, 12), np.float32))
    assert hints.correct(ab, lightness, nothing) is ab
    one = Hints(ab=nothing.ab.copy(), weight=nothing.weight.copy())
    one.weight[3, 3] = 1
    before = [each.copy() for each in (ab, lightness, one.ab, one.weight)]
    hints.correct(ab, lightness, one)
    for was, now in zip(before, (ab, lightness, one.ab, one.weight), strict=True):
        np.testing.assert_array_equal(was, now)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_the_smallest_pictures_take_hints(size: tuple[int, int]) -> None:
    drawn = hints.rasterize(Marks(points=(Point(x=0.5, y=0.5, color=RED, radius=1),)), size)
    done = hints.correct(np.zeros((*size, 2), np.float32), np.full(size, 50, np.float32), drawn)
    np.testing.assert_allclose(done, np.broadcast_to(hints.ab_of(RED), done.shape), atol=1e-3)
