"""The protocol of patches gives those that it says, and looks where it says."""

from xml.etree import ElementTree

import numpy as np

from rechroma import methods
from rechroma_train.evaluate import pictures
from rechroma_train.evaluate.patches import (
    COUNTS,
    PATCH,
    PUBLISHED,
    SIDE,
    ZHANG,
    colored,
    draw,
    errors,
    patches,
    places,
)


def photograph() -> pictures.Truth:
    """Bands of soft colors, SIDE x SIDE."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    rgb = np.stack([120 + 60 * (x > 128), 90 + y // 4, 150 - 50 * (y > 100)], axis=2).astype(np.uint8)
    return pictures.truth_of(rgb, name="bands", sha256="abcdef0123")


def test_fewer_patches_are_the_first_of_more_and_lie_inside() -> None:
    many = patches(photograph(), 200, seed=0)
    assert patches(photograph(), 5, seed=0) == many[:5]
    assert min(min(p.top, p.left) for p in many) >= 0
    assert max(max(p.top, p.left) for p in many) <= SIDE - PATCH


def test_a_patch_has_its_color_in_the_result() -> None:
    truth, network = photograph(), methods.load("hintnet", device="cpu", threads=1)
    given = patches(truth, 3, seed=0)
    inside = places(truth, given)["inside the patches"]
    assert inside.sum() <= 3 * PATCH**2
    assert errors(colored(network, truth, given), truth)[inside].mean() < 3


def test_places_do_not_overlap() -> None:
    truth = photograph()
    masks = list(places(truth, patches(truth, 20, seed=1)).values())
    assert np.sum(masks, axis=0).max() == 1


def test_the_drawing_has_a_curve_for_each_column() -> None:
    rows = [{"hints": "gray", "ours": 22.0, ZHANG: "–"}]
    rows += [{"hints": count, "ours": 22.0 + count / 50, ZHANG: PUBLISHED[count]} for count in COUNTS]
    root = ElementTree.fromstring(draw(rows))
    assert len([part for part in root if part.tag.endswith("polyline")]) == 2
