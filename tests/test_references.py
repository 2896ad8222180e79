"""Hints from reference pictures: right where they match, absent where they do not."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from rechroma import color, weights
from rechroma.errors import InputError, MissingExtra, OptionError
from rechroma.hints import library, matching, references
from rechroma.hints.features import describe
from rechroma.tiling import resize
from rechroma.types import Lab, Lightness

SIZE = (128, 160)


def lab_of(name: str, size: tuple[int, int] = SIZE) -> Lab:
    rgb = resize(getattr(data, name)()[..., :3], size, kernel="area") / np.float32(255)
    return color.rgb_to_lab(np.clip(rgb, 0, 1))


def lightness_of(lab: Lab) -> Lightness:
    return np.ascontiguousarray(lab[..., 0])


@pytest.fixture(scope="module")
def cat() -> Lab:
    return lab_of("chelsea")


def off(hints, truth: Lab) -> float:
    hinted = hints.weight > 0
    return float(np.linalg.norm(hints.ab - truth[..., 1:], axis=2)[hinted].mean())


# features


@pytest.mark.parametrize("kind", ["network", "daisy"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (33, 7), (128, 160)])
def test_features_have_length_one_at_any_size(kind, shape):
    lightness = np.random.default_rng(0).uniform(0, 100, shape).astype(np.float32)
    before = lightness.copy()
    found = describe(lightness, kind=kind, work_size=64)
    assert found.dtype == np.float32
    assert found.ndim == 3
    length = np.linalg.norm(found, axis=2)
    assert np.all((np.abs(length - 1) < 1e-3) | ((length < 1e-3) & (kind == "daisy")))
    np.testing.assert_array_equal(lightness, before)
    np.testing.assert_array_equal(found, describe(lightness, kind=kind, work_size=64))


def test_the_features_graph_is_one_and_says_its_task():
    row = weights.find("hintnet_features")
    assert row.task == "features"
    assert row.bytes <= 2_000_000


def test_unknown_features_are_refused():
    with pytest.raises(OptionError, match="features are 'sift'; accepted: network, daisy"):
        describe(np.zeros((8, 8), np.float32), kind="sift")


def test_daisy_without_scikit_image_is_told_and_not_replaced(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skimage.feature", None)
    with pytest.raises(MissingExtra, match=r"rechroma\[methods\]"):
        describe(np.zeros((8, 8), np.float32), kind="daisy")


@pytest.mark.parametrize("shape", [(0, 4), (4, 4, 3)])
def test_features_of_what_is_no_lightness_are_refused(shape):
    with pytest.raises(InputError, match=r"accepted: \(H, W\)"):
        describe(np.zeros(shape, np.float32))


# hints


def test_the_picture_itself_as_reference_gives_its_colors_almost_everywhere(cat):
    hints = references.reference_hints(lightness_of(cat), [cat])
    assert (hints.weight > 0).mean() > 0.7
    assert off(hints, cat) < 5


def test_no_hint_is_as_strong_as_a_persons_stroke(cat):
    hints = references.reference_hints(lightness_of(cat), [cat])
    assert 0 < hints.weight.max() <= references.STRONGEST < 1


def test_a_mirrored_enlarged_and_faded_part_still_matches(cat):
    part = cat[16:112, 32:136, :][:, ::-1].copy()
    part[..., 0] = 20 + 0.7 * part[..., 0]
    hints = references.reference_hints(lightness_of(cat), [part])
    assert (hints.weight > 0).mean() > 0.2
    assert off(hints, cat) < 6


@pytest.mark.parametrize("other", ["coffee", "rocket", "astronaut"])
def test_an_unrelated_reference_gives_few_hints(cat, other):
    hints = references.reference_hints(lightness_of(cat), [lab_of(other)])
    assert (hints.weight > 0).mean() < 0.05


def test_where_nothing_matches_there_is_no_hint_and_no_color():
    noise = np.random.default_rng(0).uniform(0, 100, (96, 96)).astype(np.float32)
    hints = references.reference_hints(noise, [lab_of("coffee")])
    assert not hints.weight.any()
    assert not hints.ab.any()


def test_no_reference_gives_no_hint(cat):
    assert not references.reference_hints(lightness_of(cat), []).weight.any()


def test_the_reference_that_matches_wins_over_one_that_does_not(cat):
    alone = references.reference_hints(lightness_of(cat), [cat])
    among = references.reference_hints(lightness_of(cat), [lab_of("rocket"), cat])
    assert np.mean(np.abs(alone.ab - among.ab)) < 1
    assert off(among, cat) < 5


def test_hints_are_the_same_every_time_and_nothing_is_changed(cat):
    lightness, reference = lightness_of(cat), cat.copy()
    first = references.reference_hints(lightness, [reference])
    second = references.reference_hints(lightness, [reference])
    np.testing.assert_array_equal(first.ab, second.ab)
    np.testing.assert_array_equal(first.weight, second.weight)
    np.testing.assert_array_equal(reference, cat)
    np.testing.assert_array_equal(lightness, cat[..., 0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 64), (5, 3), (200, 16)])
def test_pictures_of_any_size_get_hints_of_their_size(cat, shape):
    lightness = np.full(shape, 50, np.float32)
    hints = references.reference_hints(lightness, [cat])
    assert hints.weight.shape == shape
    assert hints.ab.shape == (*shape, 2)
    assert np.isfinite(hints.ab).all()


def test_hints_lie_only_where_there_is_weight(cat):
    hints = references.reference_hints(lightness_of(cat), [cat[:64].copy()])
    assert not hints.ab[hints.weight == 0].any()
    assert hints.ab.dtype == hints.weight.dtype == np.float32


def test_a_gray_reference_is_refused(cat):
    gray = cat * np.array([1, 0, 0], np.float32)
    with pytest.raises(InputError, match="the reference has no color"):
        references.reference_hints(lightness_of(cat), [gray])


def test_a_toned_reference_is_refused_by_its_number(cat):
    gray = np.clip(color.lab_to_rgb(cat * np.array([1, 0, 0], np.float32)), 0, 1)
    sepia = color.rgb_to_lab(gray ** np.array([0.8, 1, 1.4], np.float32))
    assert np.abs(sepia[..., 2]).mean() > 5
    with pytest.raises(InputError, match="reference 2 has no color"):
        references.reference_hints(lightness_of(cat), [cat, sepia])


def test_a_reference_that_is_no_color_picture_is_refused(cat):
    with pytest.raises(InputError, match=r"accepted: \(h, w, 3\)"):
        references.reference_hints(lightness_of(cat), [lightness_of(cat)])


def test_daisy_finds_the_picture_in_itself(cat):
    hints = references.reference_hints(lightness_of(cat), [cat], features="daisy")
    assert (hints.weight > 0).mean() > 0.3
    assert off(hints, cat) < 6


def test_evidence_is_what_it_is_called(cat):
    found = matching.match(describe(lightness_of(cat)), lightness_of(cat), cat)
    evidence = dict(zip(matching.EVIDENCE, np.moveaxis(found.evidence, 2, 0), strict=True))
    assert np.median(evidence["similarity"]) > 0.99
    assert np.median(evidence["return"]) == 1
    assert np.median(evidence["coherence"]) > 0.8
    assert np.median(evidence["lightness"]) < 0.2


# the library


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("library")
    (root / "deeper").mkdir()
    for name in ("coffee", "rocket", "astronaut"):
        Image.fromarray(getattr(data, name)()[..., :3]).resize((320, 240)).save(root / f"{name}.jpg")
    cat = Image.fromarray(data.chelsea())
    cat.save(root / "deeper" / "kitten.png")
    cat.save(root / ".hidden.png")
    (root / "notes.txt").write_text("not a picture")
    return root


@pytest.mark.parametrize(("name", "file"), [("chelsea", "kitten.png"), ("coffee", "coffee.jpg")])
def test_the_library_picks_the_same_picture_first(folder, name, file):
    found = references.similar(lightness_of(lab_of(name)), folder)
    assert found[0].name == file
    assert len(found) == len(set(found)) == 3


def test_the_library_gives_what_it_has_and_always_the_same(folder, cat):
    every = references.similar(lightness_of(cat), folder, 10)
    assert sorted(path.name for path in every) == ["astronaut.jpg", "coffee.jpg", "kitten.png", "rocket.jpg"]
    library._look.cache_clear()
    assert references.similar(lightness_of(cat), folder, 10) == every


def test_gray_and_unreadable_files_are_skipped_and_counted(folder, tmp_path, cat):
    (tmp_path / "color.jpg").write_bytes((folder / "coffee.jpg").read_bytes())
    Image.fromarray(data.chelsea()).convert("L").save(tmp_path / "gray.jpg")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="1 pictures without color and 1 unreadable files were skipped"):
        found = references.similar(lightness_of(cat), tmp_path)
    assert [path.name for path in found] == ["color.jpg"]


def test_a_library_without_a_color_picture_is_told(tmp_path, cat):
    with pytest.raises(InputError, match="no color picture"):
        references.similar(lightness_of(cat), tmp_path)
    Image.fromarray(data.chelsea()).convert("L").save(tmp_path / "gray.jpg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="no color picture"):
            references.similar(lightness_of(cat), tmp_path)


def test_a_library_that_is_no_folder_is_told(folder, cat):
    with pytest.raises(InputError, match="is no folder"):
        references.similar(lightness_of(cat), folder / "coffee.jpg")


def test_a_picture_is_looked_at_once_until_it_changes(folder, tmp_path, cat):
    path = tmp_path / "a.jpg"
    path.write_bytes((folder / "coffee.jpg").read_bytes())
    library._look.cache_clear()
    references.similar(lightness_of(cat), tmp_path)
    references.similar(lightness_of(cat), tmp_path)
    assert library._look.cache_info().misses == 1
    path.write_bytes((folder / "rocket.jpg").read_bytes())
    references.similar(lightness_of(cat), tmp_path)
    assert library._look.cache_info().misses == 2
