"""What hintnet can be made of: each variant learns, predicts, exports, and begins from weights of another."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from packed import packed
from rechroma.errors import OptionError, WeightsError
from rechroma_train import train
from rechroma_train.checkpoints import load_net, take_matching
from rechroma_train.config import CONFIG, ExportOptions, TrainOptions
from rechroma_train.data import Corpus
from rechroma_train.export import colorizer as export
from rechroma_train.nets.hintnet import HintNet, HintNetOptions, pools
from rechroma_train.nets.hintnet.attention import HintAttention
from rechroma_train.nets.hintnet.memory import ColorMemory
from rechroma_train.stream import make_batch
from runs import changed, run_options

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Nets this small gain nothing from more, and a busy machine makes two wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


SMALL = HintNetOptions(widths=(32, 24, 16, 16), blocks=(1, 1, 1, 1))
VARIANTS = {
    "wide": HintNetOptions(widths=(256, 192, 160, 144), blocks=(3, 2, 1, 4), expand=3),
    "query": HintNetOptions(head="query"),
    "memory": HintNetOptions(head="memory"),
    "fine": HintNetOptions(fine=True),
    "to 1/8": HintNetOptions(widths=(224, 160, 128), blocks=(2, 2, 2)),
    "small, query, to 1/8, fine": replace(
        SMALL, widths=(32, 24, 16), blocks=(1, 1, 1), head="query", queries=8, query_layers=2, fine=True
    ),
    "carried": HintNetOptions(widths=(224, 160, 128), blocks=(2, 2, 2), hints="carried"),
    "small, carried, fine": replace(SMALL, hints="carried", fine=True),
    "small, memory, to 1/8": replace(SMALL, widths=(32, 24, 16), blocks=(1, 1, 1), head="memory", slots=8),
    "small, query, fine": replace(SMALL, head="query", queries=8, query_layers=2, fine=True),
    "small, memory, fine": replace(SMALL, head="memory", slots=8, fine=True),
}


def inputs(height: int = 64, width: int = 96) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    lightness, weight = torch.rand(2, 2, 1, height, width, generator=generator)
    hint = torch.rand(2, 2, height, width, generator=generator) * 80 - 40
    return lightness * 100, hint, (weight > 0.9).float()


def stirred(net: HintNet) -> HintNet:
    """Give every weight that starts at zero, and every norm, a value, so that all parts have an effect."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in net.named_parameters():
            if not value.any() and "stem" not in name:
                value.normal_(0, 0.05, generator=generator)
        for norm in (m for m in net.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)):
            norm.running_mean.normal_(0, 0.1, generator=generator)
            norm.running_var.uniform_(0.5, 2, generator=generator)
    return net


def saved(net: HintNet, folder: Path, **config: object) -> Path:
    """Lay a net where a run would leave it."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(
        {"state_dict": {f"net.{k}": v for k, v in net.state_dict().items()}}, folder / train.CHECKPOINT
    )
    kept = json.loads(json.dumps(asdict(run_options(corpora=[], out=folder, net=net.options)), default=str))
    (folder / CONFIG).write_text(yaml.safe_dump(kept | {"run": kept["run"] | config}))
    (folder / train.PRIOR).write_text(json.dumps({"counts": [1.0] * 313}))
    return folder / train.CHECKPOINT


def test_the_default_net_is_the_one_that_the_shipped_weights_were_trained_in():
    state = HintNet().state_dict()
    assert sum(p.numel() for p in HintNet().parameters()) == 3_907_737
    lines = "\n".join(f"{name} {tuple(value.shape)}" for name, value in state.items())
    assert (
        hashlib.sha256(lines.encode()).hexdigest()
        == "d2898171acb215903d468ccd73ed430da63dded28e605984d1d0617b20839629"
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_scores_and_learns_in_all_of_its_parts(name):
    options = VARIANTS[name]
    net = stirred(HintNet(options))
    scores = net(*inputs())
    assert scores.shape == (2, 313, 64 // options.stride, 96 // options.stride)
    scores.logsumexp(1).mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("name", VARIANTS)
def test_rows_are_those_of_the_whole_and_folding_changes_nothing(name):
    net = stirred(HintNet(VARIANTS[name])).eval()
    with torch.no_grad():
        whole = net(*inputs())
        torch.testing.assert_close(
            net(*inputs(), rows=slice(1, None, 2)), whole[:, :, 1::2], atol=1e-4, rtol=0
        )
        torch.testing.assert_close(net.folded()(*inputs()), whole, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("head", ["query", "memory"])
def test_a_net_with_another_head_begins_as_the_plain_one(head, tmp_path):
    plain = stirred(HintNet(SMALL)).eval()
    path = saved(plain, tmp_path)
    other = HintNet(replace(SMALL, head=head)).eval()
    taken, left = take_matching(other, path)
    assert taken == len(plain.state_dict()) and left == len(other.state_dict()) - taken > 0
    with torch.no_grad():
        torch.testing.assert_close(other(*inputs()), plain(*inputs()), atol=1e-4, rtol=1e-4)


def test_more_blocks_and_the_finer_output_begin_as_the_net_without_them(tmp_path):
    plain = stirred(HintNet(SMALL)).eval()
    more = HintNet(replace(SMALL, blocks=(2, 1, 3, 2))).eval()
    fine = HintNet(replace(SMALL, fine=True)).eval()
    for net in (more, fine):
        take_matching(net, saved(plain, tmp_path))
    with torch.no_grad():
        coarse = plain(*inputs())
        torch.testing.assert_close(more(*inputs()), coarse, atol=1e-4, rtol=1e-4)
        up = torch.nn.functional.interpolate(coarse, scale_factor=2.0, mode="bilinear")
        torch.testing.assert_close(fine(*inputs()), up, atol=1e-4, rtol=1e-4)


def test_tensors_of_another_shape_are_left_and_without_any_match_there_is_an_error(tmp_path, caplog):
    wide = HintNet(replace(SMALL, widths=(32, 24, 16, 20)))
    before = wide.head.weight.detach().clone()
    given = HintNet(SMALL)
    with caplog.at_level("INFO"):
        take_matching(wide, saved(given, tmp_path))
    assert "tensors taken" in caplog.text
    assert torch.equal(wide.head.weight, before)
    assert torch.equal(wide.encoder.head.weight, given.encoder.head.weight)
    torch.save({"state_dict": {"net.other": torch.ones(1)}}, tmp_path / "strange.ckpt")
    with pytest.raises(WeightsError, match=r"strange\.ckpt"):
        take_matching(wide, tmp_path / "strange.ckpt")


def test_a_run_is_loaded_as_the_net_that_its_options_say(tmp_path):
    net = HintNet(VARIANTS["small, query, fine"])
    assert load_net(saved(net, tmp_path)).options == net.options
    with pytest.raises(WeightsError, match="another net"):
        load_net(tmp_path / train.CHECKPOINT, run_options(corpora=[], out=tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in VARIANTS if "small" in name])
def test_a_variant_is_exported_and_the_library_runs_it(name, tmp_path):
    import rechroma

    net = stirred(HintNet(VARIANTS[name]))
    saved(net, tmp_path / "run", start="/somewhere/else/earlier.ckpt")
    path = tmp_path / "variant.onnx"
    row = export.main(ExportOptions(run=tmp_path / "run", out=path, name="variant.test", work_size=64))
    assert ("Kang" in row, "Yoo" in row) == (net.options.head == "query", net.options.head == "memory")
    assert b"somewhere" not in path.read_bytes()
    picture = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    assert rechroma.colorize(picture, rechroma.ColorizeOptions(method=str(path))).shape == (50, 70, 3)


def test_a_read_of_the_memory_is_a_distribution_and_a_fresh_one_is_the_prior():
    memory = ColorMemory(20, (4, 6), slots=5).eval()
    prior = torch.rand(313) + 0.1
    memory.start_at(prior / prior.sum())
    pooled = torch.rand(3, 20)
    torch.testing.assert_close(memory.read(pooled), memory.prior.expand(3, -1))
    bias, toning = memory(pooled)
    assert bias.abs().max() < 1e-4
    assert [tuple(t.shape) for t in toning] == [(3, c, 1, 1) for c in (4, 4, 6, 6)]
    assert not any(t.any() for t in toning)
    with torch.no_grad():
        memory.values.normal_(0, 3)
    read = memory.read(pooled)
    assert read.min() > 0
    torch.testing.assert_close(read.sum(1), torch.ones(3))
    assert not torch.allclose(read[0], read[1])


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> TrainOptions:
    folder = tmp_path_factory.mktemp("nets")
    return run_options(
        corpora=[packed(folder, count=4)],
        out=folder / "run",
        sizes=[64],
        size_ends=[],
        batch=4,
        pictures=8,
        warmup=4,
        prior_pictures=64,
        log_every=1,
    )


def test_a_run_trains_the_net_it_was_asked_for_from_earlier_weights_with_frozen_blocks(options, tmp_path):
    earlier = stirred(HintNet(SMALL))
    start = saved(earlier, tmp_path / "earlier")
    net = replace(SMALL, head="memory", slots=8, fine=True, frozen_blocks=5)
    run = changed(options, out=tmp_path / "run", net=net, start=start)
    train.main(run)
    trained = load_net(run.run.out / train.CHECKPOINT)
    assert trained.options == net
    was, now = earlier.encoder.state_dict(), trained.encoder.state_dict()
    frozen = {k for k in was if k.startswith("stem") or k.split(".")[1] in {"0", "1", "2", "3", "4"}}
    frozen -= {k for k in was if k.startswith("head")}
    assert {k for k, v in was.items() if torch.equal(v, now[k])} == frozen
    assert trained.memory is not None and trained.memory.values.any()
    assert trained.memory.prior.max() > 1.5 / 313
    with pytest.raises(OptionError, match="frozen_blocks is 19"):
        train.main(changed(run, out=tmp_path / "wrong", net=replace(net, frozen_blocks=19)))


def test_a_hint_that_is_carried_counts_as_much_however_little_of_its_cell_it_covers():
    hints = torch.zeros(1, 3, 64, 64)
    hints[0, :, 5, 9] = torch.tensor([0.3, -0.2, 1.0])
    for by in (4, 8, 32):
        kept = pools.kept(hints, by)
        torch.testing.assert_close(kept[0, :, 5 // by, 9 // by], torch.tensor([0.3, -0.2, 1.0]))
        assert kept.abs().sum() == pytest.approx(1.5, abs=1e-5)


def test_attention_carries_a_hint_to_the_cells_that_look_like_it_and_not_to_others():
    attention = HintAttention(4)
    x = torch.zeros(1, 4, 4, 8)
    x[:, 0, :, :4] = x[:, 1, :, 4:] = 1  # two halves that look different
    with torch.no_grad():
        for layer in (attention.query, attention.key):
            layer.weight.zero_()
            layer.bias.zero_()
            layer.weight[::16, 0] = layer.weight[1::16, 1] = 6
        attention.distance.zero_()
        attention.answer.weight[0, 0] = 1
        hints = torch.zeros(1, 3, 4, 8)
        hints[0, :, 0, 0] = torch.tensor([0.5, 0.0, 1.0])
        carried = attention(x, hints)[0, 0]
    assert carried[:, :4].min() > 0.4
    assert carried[:, 4:].max() < 0.3
    with torch.no_grad():
        assert attention(x, torch.zeros(1, 3, 4, 8)).abs().max() < 1e-3


def test_a_batch_has_the_truth_at_the_stride_of_the_net(options):
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
    fine = make_batch(corpora, changed(options, net=replace(SMALL, fine=True)), 0)
    coarse = make_batch(corpora, options, 0)
    assert fine.ab.shape == (4, 2, 32, 32)
    torch.testing.assert_close(torch.nn.functional.avg_pool2d(fine.ab, 2), coarse.ab, atol=1e-4, rtol=1e-4)
