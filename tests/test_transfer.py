"""Colors from another picture: what is copied, from where, and how lightness is made comparable."""

import numpy as np
import pytest

from rechroma.errors import InputError, MissingHints, OptionError
from rechroma.methods import load, transfer
from rechroma.methods.transfer import Box, Swatch
from rechroma.types import Hints, PredictOptions

LEVELS = {15: (20, -30), 35: (-25, 20), 55: (40, 10), 75: (5, 45), 95: (-10, -20)}
"""A color for each lightness."""


def striped(height: int = 60, width: int = 80, *, seed: int = 0) -> np.ndarray:
    """Draw plain stripes, one for each of LEVELS, in an order set by the seed: L*a*b* (height, width, 3)."""
    order = np.random.default_rng(seed).permutation(list(LEVELS))
    lightness = order[np.arange(width) * len(order) // width]
    row = np.array([(level, *LEVELS[int(level)]) for level in lightness], np.float32)
    return np.tile(row, (height, 1, 1))


def color(lightness: np.ndarray, *references: np.ndarray) -> np.ndarray:
    return load("transfer").predict(lightness, references=references).ab


def test_a_picture_that_refers_to_itself_has_its_own_colors():
    picture = striped()
    np.testing.assert_array_equal(color(picture[..., 0], picture), picture[..., 1:])


def test_the_places_of_the_reference_do_not_matter():
    picture, other = striped(), striped(90, 50, seed=4)
    np.testing.assert_array_equal(color(picture[..., 0], other), picture[..., 1:])


def test_a_darker_reference_of_less_contrast_gives_the_same_colors():
    picture = striped()
    dull = picture * np.float32([0.4, 1, 1]) + np.float32([3, 0, 0])
    np.testing.assert_array_equal(color(picture[..., 0], dull), picture[..., 1:])


def test_remapped_lightness_has_the_mean_and_deviation_of_the_picture():
    rng = np.random.default_rng(1)
    lightness = rng.normal(60, 12, (40, 50)).astype(np.float32)
    reference = rng.uniform(0, 80, (30, 20, 3)).astype(np.float32)
    remapped = transfer._remapped(reference, lightness)
    assert remapped[..., 0].mean() == pytest.approx(lightness.mean(), abs=1e-3)
    assert remapped[..., 0].std() == pytest.approx(lightness.std(), abs=1e-3)
    np.testing.assert_array_equal(remapped[..., 1:], reference[..., 1:])


def test_texture_tells_apart_what_is_equally_light():
    rng = np.random.default_rng(2)
    rough, lightness = np.arange(80) >= 40, np.full((60, 80), 50, np.float32)
    lightness[:, 40:] += rng.choice([-12, 12], (60, 40)).astype(np.float32)
    reference = np.dstack([lightness, np.where(rough, 30, -30) * np.ones((60, 1)), np.zeros((60, 80))])
    mirrored = np.ascontiguousarray(lightness[:, ::-1])
    a = color(mirrored, reference.astype(np.float32))[..., 0]
    assert (a[:, 4:36] == 30).mean() > 0.95
    assert (a[:, 44:76] == -30).mean() > 0.95


def test_colors_are_copied_and_never_mixed():
    rng = np.random.default_rng(3)
    reference = rng.uniform(0, 60, (25, 25, 3)).astype(np.float32)
    ab = color(rng.uniform(0, 100, (30, 30)).astype(np.float32), reference).reshape(-1, 2)
    assert {tuple(each) for each in ab} <= {tuple(each) for each in reference[..., 1:].reshape(-1, 2)}


def test_several_references_are_all_sampled():
    picture = striped()
    lighter = picture[..., 0] > 50
    parts = [np.ascontiguousarray(picture[:, lighter[0]]), np.ascontiguousarray(picture[:, ~lighter[0]])]
    used = {tuple(each) for each in color(picture[..., 0], *parts).reshape(-1, 2)}
    assert used & {tuple(map(float, LEVELS[level])) for level in (15, 35)}
    assert used & {tuple(map(float, LEVELS[level])) for level in (75, 95)}


def test_samples_are_spread_over_the_whole_picture_one_in_each_cell():
    y, x = transfer._jittered((100, 200, 3), 200)
    assert len(set(zip(y // 10, x // 10, strict=True))) == len(y) == 200
    assert len(set(y % 10)) == len(set(x % 10)) == 10
    assert len(transfer._jittered((1, 1), 200)[0]) == 1


# swatches


def test_a_swatch_takes_its_colors_from_its_partner_alone():
    reference = striped()
    left, right = Box(right=0.2), Box(left=0.8)
    picture = np.ascontiguousarray(reference[..., 0])
    ab = transfer.transfer(picture, reference, swatches=[Swatch(picture=left, reference=right)])
    np.testing.assert_array_equal(ab, np.broadcast_to(reference[0, -1, 1:], ab.shape))


def test_the_rest_follows_the_swatches_by_likeness():
    reference = striped()
    bands = [Box(top=0.0, bottom=0.3, left=i / 5, right=(i + 1) / 5) for i in range(5)]
    swatches = [Swatch(picture=band, reference=band) for band in bands]
    ab = transfer.transfer(np.ascontiguousarray(reference[..., 0]), reference, swatches=swatches)
    wrong = np.linalg.norm(ab - reference[..., 1:], axis=2)
    assert wrong[:18].max() == 0
    assert (wrong[18:] > 0).mean() < 0.1


def test_without_swatches_the_function_is_the_method():
    picture, other = striped(), striped(seed=4)
    np.testing.assert_array_equal(transfer.transfer(picture[..., 0], other), color(picture[..., 0], other))


def test_the_smallest_box_is_one_pixel():
    assert Box(left=0.99, top=0.99).within((3, 4)) == (slice(2, 3), slice(3, 4))
    assert Box(left=0.3, right=0.31, top=0.1, bottom=0.11).within((2, 2)) == (slice(0, 1), slice(1, 2))


@pytest.mark.parametrize("sides", [{"left": 0.5, "right": 0.5}, {"top": -0.1}, {"bottom": 1.1}])
def test_a_box_that_is_none_is_refused(sides):
    with pytest.raises(OptionError, match="a box is"):
        Box(**sides)


# edges of the range, and what is refused


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (4, 4)])
@pytest.mark.parametrize("reference", [(1, 1, 3), (1, 7, 3), (40, 30, 3)])
def test_pictures_and_references_may_have_any_size_and_be_plain(shape, reference):
    plain = np.full(reference, 30, np.float32)
    np.testing.assert_array_equal(color(np.full(shape, 50, np.float32), plain), np.full((*shape, 2), 30))


def test_without_references_it_says_what_it_needs():
    with pytest.raises(MissingHints, match="transfer takes its colors from references and got none; give"):
        load("transfer").predict(striped()[..., 0])


def test_what_it_cannot_use_is_refused():
    picture = striped()
    method, hints = load("transfer"), Hints(ab=picture[..., 1:], weight=picture[..., 0])
    with pytest.raises(OptionError, match="transfer takes no hints"):
        method.predict(picture[..., 0], hints=hints, references=[picture])
    with pytest.raises(OptionError, match="no logits"):
        method.predict(picture[..., 0], references=[picture], with_logits=True)
    with pytest.raises(OptionError, match=r"temperature is 0\.5"):
        method.predict(picture[..., 0], references=[picture], options=PredictOptions(temperature=0.5))
    with pytest.raises(InputError, match=r"the reference has shape \(60, 80\)"):
        method.predict(picture[..., 0], references=[picture[..., 0]])
    with pytest.raises(InputError, match="lightness has shape"):
        transfer.transfer(picture, picture)
    assert method.bins is None
