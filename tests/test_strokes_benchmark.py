"""The simulated person of the strokes benchmark draws as one would."""

import numpy as np

from benchmarks.strokes import SAME, WIDTH, drawn, enlarged, most_wrong
from rechroma.types import Hints


def halves() -> np.ndarray:
    """Two halves of one color each: a*b* (40, 60, 2)."""
    ab = np.zeros((40, 60, 2), np.float32)
    ab[:, :30], ab[:, 30:] = (40, 10), (-20, 30)
    return ab


def empty() -> Hints:
    return Hints(ab=np.zeros((40, 60, 2), np.float32), weight=np.zeros((40, 60), np.float32))


def test_a_stroke_has_one_color_and_stays_where_it_is_true() -> None:
    hints = drawn(empty(), halves(), (20, 28))
    assert (hints.weight[:, 30:] == 0).all()
    assert (hints.ab[hints.weight > 0] == (40, 10)).all()
    assert hints.weight.sum() >= 10 * WIDTH


def test_a_later_stroke_leaves_the_others_as_they_are() -> None:
    first = drawn(empty(), halves(), (20, 10))
    second = drawn(first, halves(), (20, 50))
    assert (second.ab[first.weight > 0] == (40, 10)).all()
    assert second.weight.sum() > first.weight.sum()
    assert not second.weight.max() > 1


def test_a_person_looks_where_most_is_wrong_and_nothing_is_drawn_yet() -> None:
    gray = np.full((40, 60, 3), 128, np.uint8)
    y, x = most_wrong(gray, halves(), empty().weight)
    assert x < 30  # (40, 10) is further from gray than (-20, 30)
    hinted = np.zeros((40, 60), np.float32)
    hinted[:, :30] = 1
    assert most_wrong(gray, halves(), hinted)[1] >= 30
    assert np.linalg.norm(halves()[y, x]) > SAME


def test_hints_on_a_finer_grid_are_the_same_squares() -> None:
    hints = empty()
    hints.ab[10:20, 30:45], hints.weight[10:20, 30:45] = (5, 6), 1
    finer = enlarged(hints, (80, 120))
    assert (finer.weight[20:40, 60:90] == 1).all()
    assert finer.weight.sum() == 4 * hints.weight.sum()
    assert (finer.ab[finer.weight == 1] == (5, 6)).all()
