"""Packing, cropping and the stream of batches."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rechroma_train import degrade, hints
from rechroma_train.config import DegradeOptions, HintOptions, LossOptions, PackOptions, TrainOptions
from rechroma_train.data import Corpus, View, pack
from rechroma_train.schedule import Schedule, quotas
from rechroma_train.stream import BatchStream, _choose, count_bins, make_batch
from runs import changed, run_options


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
    return run_options(
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
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
    later = make_batch(corpora, options, 3)
    make_batch(corpora, options, 0)
    for one, two in zip(later, make_batch(corpora, options, 3), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)
    assert not torch.equal(later.ab, make_batch(corpora, options, 4).ab)


def test_the_windows_grow_after_the_given_number_of_pictures(options):
    assert [Schedule(options).size(step) for step in (0, 1, 2, 3)] == [32, 32, 64, 64]
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
    assert make_batch(corpora, options, 2).ab.shape == (8, 2, 16, 16)


def test_counts_cover_every_pixel(options):
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
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


def _made(seed: int, shapes: list[tuple[int, int]]) -> Corpus:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (sum(h * w for h, w in shapes), 3), np.uint8)
    height, width = (torch.tensor(side) for side in zip(*shapes, strict=True))
    offset = torch.cat((torch.zeros(1, dtype=torch.int64), (height * width).cumsum(0)[:-1]))
    return Corpus(torch.from_numpy(pixels), offset, height, width)


@pytest.fixture
def corpora() -> list[Corpus]:
    return [_made(1, [(64, 80), (70, 64), (90, 66)]), _made(2, [(64, 64)] * 4)]


@pytest.fixture
def plan(tmp_path: Path) -> TrainOptions:
    return run_options(
        corpora=[tmp_path] * 2,
        out=tmp_path,
        sizes=[32, 64],
        size_ends=[32],
        batch=16,
        pictures=1000,
        zoom_smallest=0.6,
    )


def _drawn(corpora: list[Corpus], options: TrainOptions, step: int) -> list[list[int]]:
    stage = Schedule(options).stage(step)
    found = dict.fromkeys(range(len(corpora)), ())
    found |= dict(_choose(corpora, options, step, stage))
    return [list(map(int, which)) for which in found.values()]


def test_runs_that_were_begun_before_get_the_batches_they_would_have_got(corpora, plan):
    assert _drawn(corpora, plan, 0) == [[1, 0, 2, 1, 0, 2], [0, 3, 1, 2, 0, 2, 1, 3, 1, 0]]
    assert _drawn(corpora, plan, 5) == [[2, 1, 2, 0, 1, 0, 1], [3, 0, 0, 3, 1, 2, 1, 2, 3]]
    digest = {
        0: [(53.0015, 12.239), (0.9677, 3.8866), (0.2927, 0.3954), (1.9864, 7.5628)],
        5: [(55.0366, 14.1892), (0.5396, 3.8289), (0.1134, 0.2867), (2.752, 14.0927)],
    }
    for step, expected in digest.items():
        made = make_batch(corpora, plan, step)
        for tensor, figures in zip(made[:4], expected, strict=True):
            found = float(tensor.double().mean()), float(tensor.double().std())
            assert found == pytest.approx(figures, abs=2e-3)
        assert made.again is None
        assert made.clean is None


def test_corpora_take_part_and_drop_out_by_the_shares_of_the_stage(corpora, plan):
    options = changed(plan, corpus_shares=[[1, 3], [1, 0]])
    counts = [[len(which) for which in _drawn(corpora, options, step)] for step in range(4)]
    assert counts == [[4, 12], [4, 12], [16, 0], [16, 0]]
    first = [_drawn(corpora, options, step)[1] for step in (0, 1)]
    assert sorted(first[0]) == sorted([0, 1, 2, 3] * 3)
    one, two = (make_batch(corpora, options, 3) for _ in range(2))
    assert torch.equal(one.lightness, two.lightness)


def test_shares_are_rounded_to_a_whole_batch():
    assert quotas([1, 1, 1], 16).sum() == 16
    assert quotas([0.999, 0.001], 16).tolist() == [16, 0]
    assert quotas([0, 5], 8).tolist() == [0, 8]


def test_a_second_degradation_and_the_clean_lightness_leave_the_batch_as_it_is(corpora, plan):
    options = changed(plan, losses=LossOptions(consistency=1.0, colorfulness=1.0))
    plain, more = make_batch(corpora, plan, 1), make_batch(corpora, options, 1)
    for one, two in zip(plain[:4], more[:4], strict=True):
        assert torch.equal(one, two)
    assert more.again.shape == plain.lightness.shape
    assert not torch.equal(more.again, plain.lightness)
    assert more.clean.shape == (16, 1, 8, 8)


def test_a_plan_by_minutes_is_the_plan_by_pictures_stretched(plan, corpora):
    timed = Schedule(changed(plan, minutes=10.0, resident=True, warmup=16))
    stream = iter(BatchStream(corpora, timed, 10**6))
    assert [timed.size(7), timed.rate(7), timed.over(7)] == [32, 1, False]
    assert next(stream).ab.shape[2] == 8
    timed.spent = 0.4
    assert timed.size(7) == 64
    assert next(stream).ab.shape[2] == 16
    timed.spent = 8
    assert timed.rate(7) == pytest.approx(0.5)
    timed.spent = 11
    assert timed.rate(7) == pytest.approx(0)
    assert timed.over(7)
    assert timed.share(7) == 1


def test_pixels_beyond_two_gigabytes_are_found(tmp_path):
    far = 3 * 2**30
    with (tmp_path / "pixels").open("wb") as file:
        file.seek(far)
        file.write(bytes(range(48)) * 256)
    pixels = torch.from_file(str(tmp_path / "pixels"), size=far + 48 * 256, dtype=torch.uint8).view(-1, 3)
    corpus = Corpus(pixels, *(torch.tensor([v]) for v in (far // 3, 64, 64)))
    view = View(y=torch.ones(1) / 2, x=torch.ones(1) / 2, step=torch.ones(1), mirror=torch.ones(1))
    window = corpus.crop(torch.tensor([0]), view, 64)
    expected = torch.arange(48, dtype=torch.float32).repeat(256).view(64, 64, 3).permute(2, 0, 1) / 255
    torch.testing.assert_close(window[0], expected)


class _NoGenerator:
    """Stands in for a generator of an accelerator that is not there."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def manual_seed(self, seed: int) -> None:
        """Give what torch.randn takes for its own generator."""


def test_nothing_waits_for_an_accelerator_while_a_batch_is_made(corpora, plan, monkeypatch):
    """On a device whose tensors have no values: whatever reads one, on its way to the host, is an error."""
    options = changed(plan, batch=64, losses=LossOptions(consistency=1.0, colorfulness=1.0))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self)
    monkeypatch.setattr(torch, "Generator", _NoGenerator)
    away = [corpus.to(torch.device("meta")) for corpus in corpora]
    for step in (0, 5):
        made = make_batch(away, options, step)
        assert {tensor.device.type for tensor in made} == {"meta"}
