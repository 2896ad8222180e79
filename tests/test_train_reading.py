"""The workshop sees a picture as the library does: upright, and in the colors that its profile says."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from rechroma.image.profile import srgb_profile
from rechroma_train import prior
from rechroma_train.config import PackOptions
from rechroma_train.data import Corpus, pack
from rechroma_train.evaluate import pictures

EXCHANGED = srgb_profile().replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
"""A profile by which red is stored as green, and green as red."""
SEEN = np.asarray(Image.fromarray(data.coffee()).resize((60, 40)))
"""What everybody should see."""


@pytest.fixture(params=["jpg", "png", "webp"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with one picture, stored on its side and with red and green exchanged."""
    turned = Image.Exif()
    turned[274] = 6
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(SEEN)[..., [1, 0, 2]]))
    (tmp_path / "pictures").mkdir()
    how = {"quality": 98, "subsampling": 0} if request.param == "jpg" else {"lossless": True}
    path = tmp_path / "pictures" / f"a.{request.param}"
    stored.save(path, icc_profile=EXCHANGED, exif=turned, **how)
    return path.parent


def off(rgb: np.ndarray) -> float:
    assert rgb.shape == SEEN.shape
    return float(np.abs(rgb.astype(int) - SEEN).mean())


def test_packed_photographs_are_upright_and_of_the_profiles_colors(folder: Path, tmp_path: Path) -> None:
    pack(PackOptions(sources=[folder], out=tmp_path / "packed", short_side=40, jobs=1))
    corpus = Corpus.open(tmp_path / "packed")
    assert off(corpus.pixels.numpy().reshape(int(corpus.height[0]), int(corpus.width[0]), 3)) < 1.5


def test_photographs_that_are_scored_are_upright_and_of_the_profiles_colors(folder: Path) -> None:
    [path] = folder.iterdir()
    assert off(pictures.read(path).rgb) < 1.5
    assert pictures.read(path, longest=30).rgb.shape == (20, 30, 3)


def test_the_prior_counts_the_profiles_colors(folder: Path, tmp_path: Path) -> None:
    prior.main(prior.PriorOptions(pictures=[folder], out=tmp_path / "prior.json"))
    counted, expected = prior.load(tmp_path / "prior.json").counts, prior.fit([SEEN]).counts
    assert np.abs(counted - expected).sum() / 2 < 0.2 * expected.sum()


def test_one_damaged_picture_does_not_end_a_packing(folder: Path, tmp_path: Path) -> None:
    [path] = folder.iterdir()
    (folder / "b.png").write_bytes(path.read_bytes()[:60])
    (folder / "c.jpg").write_bytes(b"\xff\xd8 no picture")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pack(PackOptions(sources=[folder], out=tmp_path / "packed", short_side=40, jobs=1))
    assert len(Corpus.open(tmp_path / "packed")) == 1


def test_no_other_reader_of_files_is_left_in_the_workshop() -> None:
    source = Path(prior.__file__).parent
    assert not [path.name for path in source.rglob("*.py") if "Image.open(" in path.read_text("utf-8")]
