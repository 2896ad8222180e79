"""A graph and its twin are compared picture by picture."""

import numpy as np

from benchmarks.shipping import DEFAULT, FAITHFUL, HINTED, Colored, quality


def colored(psnr: float, shift: float) -> dict[str, Colored]:
    ab = np.full((2, 3, 2), shift, np.float32)
    return {way: Colored(psnr=psnr, colorfulness=20, ab=ab) for way in (FAITHFUL, DEFAULT, HINTED)}


def test_losses_and_distances_are_of_the_same_pictures() -> None:
    rows = quality(
        {"float32": [colored(20, 0), colored(30, 0)], "twin": [colored(19.5, 3), colored(30.1, 4)]}
    )
    assert [(row["way"], row["graph"]) for row in rows[:2]] == [(FAITHFUL, "float32"), (FAITHFUL, "twin")]
    base, twin = rows[:2]
    assert (base["lost, dB"], base["a\\*b\\* moved"]) == (0, 0)
    assert (twin["lost, dB"], twin["worst picture, dB"]) == (0.2, 0.5)
    assert twin["a\\*b\\* moved"] == round(3.5 * 2**0.5, 2)
