"""Strokes: each colors its own region, wins where it is, and the equations solved are the ones that are written."""

import sys

import numpy as np
import pytest
import scipy.sparse.linalg

from rechroma.errors import InputError, MissingExtra, MissingHints, OptionError
from rechroma.hints import propagation
from rechroma.methods import load
from rechroma.types import Hints, PredictOptions

RED, BLUE = np.float32([50, 35]), np.float32([10, -45])


def spread(lightness: np.ndarray, hints: Hints) -> np.ndarray:
    return load("scribble").predict(lightness, hints=hints).ab


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).uniform(0, 100, (height, width)).astype(np.float32)


def hints_at(shape: tuple[int, int], known: dict[tuple[int, int], object], weight: float = 1.0) -> Hints:
    hints = Hints(ab=np.zeros((*shape, 2), np.float32), weight=np.zeros(shape, np.float32))
    for place, ab in known.items():
        hints.ab[place], hints.weight[place] = ab, weight
    return hints


def disc(side: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Draw L* (side, side) of a bright disc on a dark ground, both with grain, and where the disc is."""
    y, x = np.mgrid[:side, :side]
    inside = np.hypot(y - side / 2, x - side / 2) < side / 4
    grain = np.random.default_rng(0).normal(0, 1, (side, side))
    return (np.where(inside, 70, 35) + grain).astype(np.float32), inside


# a stroke and its region


def test_each_region_takes_its_strokes_color_up_to_the_edge():
    lightness, inside = disc()
    hints = hints_at(lightness.shape, {(30, column): RED for column in range(26, 34)})
    hints.ab[5, 10:50], hints.weight[5, 10:50] = BLUE, 1
    ab = spread(lightness, hints)
    wrong = np.linalg.norm(ab - np.where(inside[..., None], RED, BLUE), axis=2)
    assert wrong.max() < 8
    assert wrong.mean() < 2


def test_without_an_edge_the_color_goes_over_smoothly_from_one_stroke_to_the_other():
    plain = np.full((9, 41), 50, np.float32)
    hints = hints_at(plain.shape, {})
    hints.ab[:, 0], hints.ab[:, -1] = RED, BLUE
    hints.weight[:, [0, -1]] = 1
    steps = spread(plain, hints)[4, 1:-1, 0]
    np.testing.assert_allclose(np.diff(steps, n=2), 0, atol=0.01)
    assert (np.diff(steps) < 0).all()


@pytest.mark.parametrize("lightness", [noise(30, 40), disc(40)[0], np.full((30, 40), 50, np.float32)])
def test_a_stroke_wins_where_it_is(lightness):
    rng = np.random.default_rng(1)
    hints = hints_at(lightness.shape, {})
    hints.weight[rng.random(lightness.shape) < 0.1] = 1
    hints.ab[...] = rng.uniform(-80, 80, hints.ab.shape) * hints.weight[..., None]
    wrong = np.linalg.norm(spread(lightness, hints) - hints.ab, axis=2)[hints.weight == 1]
    assert wrong.max() < 0.2


def test_hints_everywhere_are_the_result():
    everywhere = noise(20, 30)[..., None] - np.float32([50, 20])
    hints = Hints(ab=everywhere, weight=np.ones((20, 30), np.float32))
    np.testing.assert_allclose(spread(noise(20, 30), hints), hints.ab, atol=0.2)


def test_no_color_is_stronger_than_the_hints():
    hints = hints_at((40, 50), {(3, 4): RED, (30, 40): BLUE, (20, 10): (0, 0)})
    ab = spread(noise(40, 50), hints)
    assert ab[..., 0].min() >= -1e-3 and ab[..., 0].max() <= 50 + 1e-3
    assert ab[..., 1].min() >= -45 - 1e-3 and ab[..., 1].max() <= 35 + 1e-3


def test_a_gray_stroke_keeps_its_region_gray():
    lightness, inside = disc()
    ab = spread(lightness, hints_at(lightness.shape, {(30, 30): (0, 0), (3, 3): RED}))
    assert np.abs(ab[inside]).mean() < 3
    assert np.abs(ab[~inside] - RED).mean() < 3


def test_less_confidence_gives_way_to_what_is_sure():
    plain = np.full((1, 21), 50, np.float32)
    sure = hints_at(plain.shape, {(0, 0): BLUE, (0, 20): BLUE})
    middle = []
    for weight in (0.05, 0.5, 0.95, 1.0):
        sure.ab[0, 10], sure.weight[0, 10] = RED, weight
        middle.append(spread(plain, sure)[0, 10, 1])
    assert -45 < middle[0] < middle[1] < middle[2] < middle[3]
    assert middle[3] == pytest.approx(35, abs=0.1)


def test_a_speck_takes_the_color_around_it():
    lightness = np.full((15, 15), 40, np.float32)
    lightness[7, 7] = 100
    np.testing.assert_allclose(
        spread(lightness, hints_at((15, 15), {(0, 0): RED}))[7, 7], RED, rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 2), (17, 23)])
@pytest.mark.parametrize("plain", [True, False])
def test_one_hint_colors_a_picture_of_any_size_whole(shape, plain):
    lightness = np.full(shape, 50, np.float32) if plain else noise(*shape)
    ab = spread(lightness, hints_at(shape, {(0, 0): RED}))
    np.testing.assert_allclose(ab, np.broadcast_to(RED, (*shape, 2)), rtol=1e-3)


# the equations


def dense(lightness: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Give the paper's weights (n, n), rows adding up to 1, pixel by pixel from the definition; and the windows."""
    height, width = lightness.shape
    weights = np.zeros((lightness.size, lightness.size))
    for y in range(height):
        for x in range(width):
            window = [
                (j, i)
                for j in range(max(y - 1, 0), min(y + 2, height))
                for i in range(max(x - 1, 0), min(x + 2, width))
            ]
            values = np.array([float(lightness[place]) for place in window])
            squares = (values - float(lightness[y, x])) ** 2
            others = np.array([place != (y, x) for place in window])
            wide = max(propagation.SPREAD * values.var(), squares[others].min() / np.log(100), 1.0)
            share = np.exp(-squares / wide) * others
            for place, value in zip(window, share / share.sum(), strict=True):
                weights[y * width + x, np.ravel_multi_index(place, lightness.shape)] = value
    return weights


def test_the_result_is_the_least_squares_solution_of_the_written_sum():
    lightness = np.random.default_rng(2).normal(50, 8, (7, 9)).astype(np.float32)
    hints = hints_at(lightness.shape, {(1, 1): RED, (5, 7): BLUE}, weight=0.6)
    weights = dense(lightness)
    ties = np.minimum(weights, weights.T)
    rows, right = [], []
    for r, s in zip(*np.nonzero(np.triu(ties)), strict=True):
        row = np.zeros(lightness.size)
        row[r], row[s] = np.sqrt(max(ties[r, s], 1e-6)) * np.array([1, -1])
        rows.append(row)
        right.append((0, 0))
    for place in zip(*np.nonzero(hints.weight), strict=True):
        row = np.zeros(lightness.size)
        row[np.ravel_multi_index(place, lightness.shape)] = np.sqrt(0.6 / (0.4 + 1e-4))
        rows.append(row)
        right.append(row.max() * hints.ab[place])
    expected = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    np.testing.assert_allclose(spread(lightness, hints).reshape(-1, 2), expected, atol=1e-3)


def test_the_ties_are_those_of_the_paper_made_symmetric():
    lightness = np.random.default_rng(3).normal(50, 8, (6, 5)).astype(np.float32)
    place = np.arange(lightness.size).reshape(lightness.shape)
    found = np.zeros((lightness.size, lightness.size))
    for ours, theirs, tie in propagation.affinities(lightness):
        found[place[ours], place[theirs]] = tie
    weights = dense(lightness)
    expected = np.minimum(weights, weights.T)
    expected[weights > 0] = np.maximum(expected[weights > 0], 1e-6)
    np.testing.assert_allclose(found + found.T, expected, atol=1e-12)


def test_it_differs_little_from_the_authors_unsymmetric_equations():
    lightness, _ = disc(24)
    known = {(12, 12): RED, (2, 2): BLUE}
    system, right = np.eye(lightness.size) - dense(lightness), np.zeros((lightness.size, 2))
    for place, ab in known.items():
        at = np.ravel_multi_index(place, lightness.shape)
        system[at], right[at] = np.eye(lightness.size)[at], ab
    expected = np.linalg.solve(system, right).reshape(24, 24, 2)
    difference = np.linalg.norm(spread(lightness, hints_at((24, 24), known)) - expected, axis=2)
    assert difference.mean() < 3


def test_both_channels_take_one_factorization_of_a_positive_definite_symmetric_matrix(monkeypatch):
    seen = []
    splu = scipy.sparse.linalg.splu

    def watched(matrix, **how):
        seen.append(matrix.toarray())
        return splu(matrix, **how)

    monkeypatch.setattr(scipy.sparse.linalg, "splu", watched)
    spread(noise(11, 13), hints_at((11, 13), {(4, 4): RED}))
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], seen[0].T)
    assert np.linalg.eigvalsh(seen[0]).min() > 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (8, 5), (33, 20)])
def test_the_order_has_each_pixel_once(shape):
    order = propagation._order(*shape)
    assert sorted(order) == list(range(shape[0] * shape[1]))
    assert not order.flags.writeable


# correcting a prediction


def test_a_correction_wins_where_it_is_and_stays_in_its_object():
    lightness, inside = disc()
    predicted = np.broadcast_to(np.float32([5, 10]), (*lightness.shape, 2))
    hints = hints_at(lightness.shape, {(30, column): RED for column in range(22, 38)})
    ab = propagation.propagate(lightness, predicted, hints)
    assert np.linalg.norm(ab - RED, axis=2)[hints.weight == 1].max() < 0.2
    assert np.linalg.norm(ab - RED, axis=2)[inside].mean() < 12
    assert np.linalg.norm(ab - predicted, axis=2)[~inside].mean() < 3


@pytest.mark.parametrize("side", [40, 80])
def test_a_correction_fades_with_the_distance_by_a_share_of_the_picture(side):
    plain = np.full((side, 3 * side), 50, np.float32)
    hints = hints_at(plain.shape, {(row, 0): RED for row in range(side)})
    ab = propagation.propagate(plain, np.zeros((*plain.shape, 2), np.float32), hints, reach=0.25)
    row = ab[side // 2, :, 0]
    away = np.arange(row.size) / (0.25 * np.sqrt(plain.size))
    np.testing.assert_allclose(row, 50 * np.exp(-away), atol=1.5)


def test_the_prediction_shows_through_a_correction():
    plain = np.full((20, 20), 50, np.float32)
    predicted = np.random.default_rng(5).normal(0, 20, (20, 20, 2)).astype(np.float32)
    hints = hints_at((20, 20), {(10, 10): predicted[10, 10]})
    np.testing.assert_allclose(propagation.propagate(plain, predicted, hints), predicted, atol=1e-3)


def test_hints_without_weight_correct_nothing():
    predicted = np.random.default_rng(5).normal(0, 20, (6, 7, 2)).astype(np.float32)
    ab = propagation.propagate(noise(6, 7), predicted, hints_at((6, 7), {}))
    np.testing.assert_array_equal(ab, predicted)
    assert ab is not predicted


def test_a_prediction_and_its_hints_are_left_as_they_were():
    predicted, hints = np.zeros((6, 7, 2), np.float32), hints_at((6, 7), {(1, 1): RED})
    for array in (predicted, hints.ab, hints.weight):
        array.flags.writeable = False
    assert propagation.propagate(noise(6, 7), predicted, hints).dtype == np.float32


# what is refused


@pytest.mark.parametrize("hints", [None, hints_at((5, 6), {})])
def test_without_hints_it_says_what_it_needs(hints):
    with pytest.raises(MissingHints, match=r"scribble colors from hints alone and got none; mark"):
        load("scribble").predict(noise(5, 6), hints=hints)


def test_what_it_cannot_use_is_refused():
    method, hints = load("scribble"), hints_at((5, 6), {(0, 0): RED})
    with pytest.raises(OptionError, match="no references"):
        method.predict(noise(5, 6), hints=hints, references=[np.zeros((4, 4, 3), np.float32)])
    with pytest.raises(OptionError, match="no logits"):
        method.predict(noise(5, 6), hints=hints, with_logits=True)
    with pytest.raises(OptionError, match="vividness is 1"):
        method.predict(noise(5, 6), hints=hints, options=PredictOptions(vividness=1))
    assert method.bins is None


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"hints have size \(5, 6\); the lightness has \(5, 7\)"):
        propagation.propagate(noise(5, 7), np.zeros((5, 7, 2), np.float32), hints_at((5, 6), {}))
    with pytest.raises(InputError, match=r"a prediction has shape \(4, 4, 2\); expected \(5, 6, 2\)"):
        propagation.propagate(noise(5, 6), np.zeros((4, 4, 2), np.float32), hints_at((5, 6), {}))


def test_without_scipy_it_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'rechroma\[methods\]'"):
        load("scribble")
