"""Packing, cropping and the stream of batches."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rechroma_train import degrade, hints
from rechroma_train.config import DegradeOptions, HintOptions, PackOptions, TrainOptions
from rechroma_train.data import Corpus, View, pack
from rechroma_train.schedule import Schedule
from rechroma_train.stream import count_bins, make_batch


def _picture(seed: int, size: tuple[int, int]) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(5):
        _picture(i, (120 + 10 * i, 100)).save(folder / f"{i}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    with tarfile.open(tmp_path / "more.tar", "w") as tar:
        data = io.BytesIO()
        _picture(9, (300, 200)).save(data, "WEBP", lossless=True)
        member = tarfile.TarInfo("more.webp")
        member.size = data.tell()
        data.seek(0)
        tar.addfile(member, data)
    out = tmp_path / "packed"
    pack(PackOptions(sources=[folder, tmp_path / "more.tar"], out=out, short_side=100, jobs=1))
    return out


@pytest.fixture
def options(packed: Path, tmp_path: Path) -> TrainOptions:
    return TrainOptions(
        corpora=[packed], out=tmp_path / "run", sizes=[32, 64], size_ends=[16], batch=8, prior_pictures=64
    )


def _whole(side: int) -> View:
    half = torch.tensor([0.5])
    return View(y=half, x=half, step=torch.tensor([100 / side]), mirror=torch.ones(1))


def test_packing_keeps_pictures_and_shrinks_large_ones(packed):
    corpus = Corpus.open(packed)
    assert len(corpus) == 6
    assert corpus.width[:5].tolist() == [120, 130, 140, 150, 160]
    assert (int(corpus.height[5]), int(corpus.width[5])) == (100, 150)
    assert not list(packed.glob("*.part"))


def test_a_window_at_full_scale_is_the_picture_itself(packed):
    corpus = Corpus.open(packed)
    window = corpus.crop(torch.tensor([2]), _whole(100), 100)[0].permute(1, 2, 0)
    expected = np.asarray(_picture(2, (140, 100)))[:, 20:120] / 255
    np.testing.assert_allclose(window.numpy(), expected, atol=1e-5)


def test_a_smaller_window_is_an_average_and_not_an_alias(packed):
    corpus = Corpus.open(packed)
    corpus.pixels = (torch.arange(corpus.pixels.shape[0]) % 2 * 255).to(torch.uint8)[:, None].repeat(1, 3)
    window = corpus.crop(torch.tensor([0]), _whole(50), 50)
    assert float(window.std()) < 0.02
    assert float(window.mean()) == pytest.approx(0.5, abs=0.02)


def test_mirroring_mirrors(packed):
    corpus = Corpus.open(packed)
    view = _whole(100)
    mirrored = View(y=view.y, x=view.x, step=view.step, mirror=-view.mirror)
    which = torch.tensor([0])
    torch.testing.assert_close(corpus.crop(which, view, 100).flip(3), corpus.crop(which, mirrored, 100))


def test_a_batch_depends_on_the_step_alone(options):
    corpora = [Corpus.open(folder) for folder in options.corpora]
    later = make_batch(corpora, options, 3)
    make_batch(corpora, options, 0)
    for one, two in zip(later, make_batch(corpora, options, 3), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)
    assert not torch.equal(later.ab, make_batch(corpora, options, 4).ab)


def test_the_windows_grow_after_the_given_number_of_pictures(options):
    assert [Schedule(options).size(step) for step in (0, 1, 2, 3)] == [32, 32, 64, 64]
    corpora = [Corpus.open(folder) for folder in options.corpora]
    assert make_batch(corpora, options, 2).ab.shape == (8, 2, 16, 16)


def test_counts_cover_every_pixel(options):
    corpora = [Corpus.open(folder) for folder in options.corpora]
    assert count_bins(corpora, options).sum() == pytest.approx(64 * 32 * 32, rel=1e-6)


@pytest.fixture
def ab() -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    small = torch.randn(16, 2, 4, 4, generator=rng) * 30
    return torch.nn.functional.interpolate(small, size=(64, 64), mode="nearest")


@pytest.mark.parametrize("kind", ["none", "points", "strokes", "dense"])
def test_hints_have_colors_only_where_they_have_weight(ab, kind):
    shares = dict.fromkeys(("none", "points", "strokes", "dense"), 0.0) | {kind: 1.0}
    hint, weight = hints.simulate(ab, HintOptions(**shares), np.random.default_rng(0))
    assert hint.shape == ab.shape
    assert weight.shape == (16, 1, 64, 64)
    assert float(weight.min()) >= 0
    assert float(weight.max()) <= 1
    assert not hint[(weight == 0).expand_as(hint)].any()
    assert bool(weight.any()) == (kind != "none")


def test_strokes_carry_the_true_color(ab):
    options = HintOptions(none=0, points=0, strokes=1, dense=0)
    hint, weight = hints.simulate(ab, options, np.random.default_rng(0))
    error = ((hint - ab) * weight).norm(dim=1)[weight[:, 0] > 0]
    assert float(error.median()) < 5


def test_degrading_keeps_shape_and_range_and_leaves_the_rest_alone():
    lightness = torch.rand(64, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 100
    options = DegradeOptions(aged_share=0.5, effect_share=0.7)
    aged = degrade.age(lightness, options, np.random.default_rng(0))
    changed = (aged != lightness).flatten(1).any(1).float().mean()
    assert aged.shape == lightness.shape
    assert 0 <= float(aged.min()) <= float(aged.max()) <= 100
    assert 0.3 < float(changed) < 0.7


def test_true_lightness_where_no_old_emulsion_is_drawn():
    from rechroma_train.color import linear_to_lab

    linear = torch.rand(4, 3, 8, 8)
    recorded = degrade.record(linear, DegradeOptions(emulsion_share=0), np.random.default_rng(0))
    torch.testing.assert_close(recorded, linear_to_lab(linear)[:, :1], atol=1e-3, rtol=0)


def test_an_orthochromatic_film_sees_red_darker_than_blue():
    red = torch.tensor([1.0, 0, 0])[None, :, None, None].expand(64, 3, 8, 8)
    blue = red.flip(1)
    options = DegradeOptions(emulsion_share=1)
    as_red = degrade.record(red, options, np.random.default_rng(0)).mean()
    assert float(as_red) < float(degrade.record(blue, options, np.random.default_rng(0)).mean())
