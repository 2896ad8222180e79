"""The color prior: counted on pictures, kept in a small file."""

import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rechroma.color import ab_bins, smooth_prior
from rechroma.errors import InputError
from rechroma_train import prior

SIDES = (44, 60)


def photograph(seed: int) -> np.ndarray:
    """Draw a smooth colored picture."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize(SIDES[::-1], Image.Resampling.BICUBIC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for seed in range(3):
        Image.fromarray(photograph(seed)).save(place / f"{seed}.png")
    (place / "notes.txt").write_text("no picture")
    return place


def test_the_shipped_prior_is_of_many_pictures_and_centered_near_gray() -> None:
    shipped_prior = prior.load()
    assert shipped_prior.pictures > 10_000
    assert shipped_prior.source
    assert np.abs(shipped_prior.mean_ab).max() < 40
    assert ab_bins()[shipped_prior.counts.argmax()].tolist() == [0, 0]


def test_the_mean_color_is_linear_between_whole_lightnesses_and_held_at_the_ends() -> None:
    steps = np.stack([np.arange(101), -np.arange(101)], axis=1).astype(np.float32)
    made = replace(prior.load(), mean_ab=steps)
    ab = made.mean_color(np.array([[0, 2.5, 100.2]], np.float32))
    assert ab.dtype == np.float32
    np.testing.assert_allclose(ab, [[[0, 0], [2.5, -2.5], [100, -100]]])


def test_balancing_weights_have_expectation_one_under_the_smoothed_prior() -> None:
    balance = prior.load().balance()
    counts = prior.load().counts + 1
    assert balance.shape == (313,)
    assert balance.min() > 0
    assert float((smooth_prior(counts) * balance).sum()) == pytest.approx(1, rel=1e-5)


def test_one_color_is_its_own_mean_and_fills_one_bin() -> None:
    found = prior.fit([np.full((5, 4, 3), (200, 60, 60), np.uint8)])
    assert found.counts.sum() == found.counts.max() == 20
    np.testing.assert_allclose(found.mean_ab, np.broadcast_to(found.mean_ab[0], (101, 2)))
    assert found.mean_ab[0, 0] > 40


def test_a_prior_reads_folders_and_tars_and_comes_back_from_its_file(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "shard.tar"
    with tarfile.open(packed, "w") as tar:
        for path in (folder / "0.png", folder / "notes.txt"):
            tar.add(path, path.name)
    out = tmp_path / "prior.json"
    told = prior.main(prior.PriorOptions(pictures=[folder, packed], out=out, source="made"))
    found = prior.load(out)
    assert "4 pictures" in told
    assert (found.pictures, found.source) == (4, "made")
    assert found.counts.sum() == 4 * SIDES[0] * SIDES[1]
    expected = prior.fit(photograph(seed) for seed in (0, 1, 2, 0))
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_allclose(found.mean_ab, expected.mean_ab, atol=6e-4)


def test_the_limit_of_a_prior_counts_pictures(folder: Path, tmp_path: Path) -> None:
    options = prior.PriorOptions(pictures=[folder], out=tmp_path / "prior.json", limit=2)
    assert "2 pictures" in prior.main(options)


@pytest.mark.parametrize(
    "text", [None, "{", "{}", '{"mean_ab": [], "counts": [], "pictures": 0, "source": ""}']
)
def test_a_file_that_is_no_prior_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "prior.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"prior\.json"):
        prior.load(path)


def test_no_pictures_give_no_prior() -> None:
    with pytest.raises(InputError, match="no pictures"):
        prior.fit([])
