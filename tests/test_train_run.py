"""A training run end to end: train, stop, go on, export, predict."""

import csv
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from packed import packed
from rechroma.errors import OptionError, WeightsError
from rechroma_train import checkpoints, train
from rechroma_train.averaging import kept
from rechroma_train.config import ExportOptions, LossOptions, TrainOptions
from rechroma_train.export import colorizer as export
from rechroma_train.nets import hintnet
from rechroma_train.schedule import Schedule
from rechroma_train.tasks import learning
from runs import changed, run_options

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(scope="module")
def options(tmp_path_factory) -> TrainOptions:
    folder = tmp_path_factory.mktemp("train")
    return run_options(
        corpora=[packed(folder, count=6)],
        out=folder / "run",
        sizes=[64],
        size_ends=[],
        batch=8,
        pictures=48,
        learning_rate=1e-4,
        warmup=8,
        prior_pictures=64,
        log_every=2,
    )


@pytest.fixture(scope="module")
def run(options: TrainOptions) -> Path:
    train.main(options)
    return options.run.out


def _curve(folder: Path) -> list[dict[str, str]]:
    with (folder / train.CURVE).open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "minutes"} for row in csv.DictReader(file)]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(options, run, tmp_path):
    stopped = changed(options, out=tmp_path / "run", max_minutes=0.0)
    stopped.run.out.mkdir()
    (stopped.run.out / train.PRIOR).write_text((run / train.PRIOR).read_text())
    for _ in range(3):
        train.main(stopped)
    assert len(_curve(stopped.run.out)) == 1
    train.main(changed(stopped, max_minutes=None))
    for one, two in zip(_curve(run), _curve(stopped.run.out), strict=True):
        assert one.keys() == two.keys()
        for name, value in one.items():
            # Matrix products round differently from one place in memory to another, hence the tolerance.
            assert float(two[name]) == pytest.approx(float(value), rel=2e-3), name


class Planted:
    """What a file from somebody else may hold: a call that is made when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_checkpoint_is_read_and_never_run(options, run, tmp_path):
    state = torch.load(run / train.CHECKPOINT, weights_only=True)
    state["callbacks"]["Clock"]["extra"] = Planted(tmp_path / "planted")
    other = changed(options, out=tmp_path / "other")
    other.run.out.mkdir()
    torch.save(state, other.run.out / train.CHECKPOINT)
    for read in (checkpoints.load_net, checkpoints.read):
        with pytest.raises(WeightsError, match=r"tensors, numbers and text; accepted: last\.ckpt"):
            read(other.run.out / train.CHECKPOINT)
    with pytest.raises(WeightsError):
        train.main(other)
    for content in (b"", b"no checkpoint", (run / train.CHECKPOINT).read_bytes()[:5000]):
        (tmp_path / "torn.ckpt").write_bytes(content)
        with pytest.raises(WeightsError, match="torn"):
            checkpoints.read(tmp_path / "torn.ckpt")
    torch.save([1], tmp_path / "torn.ckpt")
    with pytest.raises(WeightsError, match="no state_dict"):
        checkpoints.read(tmp_path / "torn.ckpt")
    assert not (tmp_path / "planted").exists()


def test_nothing_in_the_workshop_unpickles_what_it_is_given():
    for path in Path(train.__file__).parent.rglob("*.py"):
        assert "weights_only=False" not in path.read_text(), path.name


def test_a_finished_run_is_left_alone(options, run):
    before = (run / train.CHECKPOINT).stat().st_mtime_ns
    train.main(options)
    assert (run / train.CHECKPOINT).stat().st_mtime_ns == before


def test_sizes_and_their_ends_must_fit(options):
    with pytest.raises(OptionError, match="2 sizes need 1"):
        train.main(changed(options, sizes=[32, 64], size_ends=[]))


def test_learning_rate_rises_stays_and_falls_to_zero(options):
    plan = Schedule(changed(options, pictures=1000, warmup=100, decay=0.5, batch=10))
    assert plan.rate(0) == pytest.approx(0.1)
    assert plan.rate(20) == plan.rate(49) == 1
    assert 0 < plan.rate(75) < 1
    assert plan.rate(100) == pytest.approx(0)


def test_an_exported_run_keeps_the_contract_and_the_library_runs_it(run, tmp_path):
    import rechroma

    path = tmp_path / "tiny.onnx"
    row = export.main(ExportOptions(run=run, out=path, name="tiny.test", work_size=64))
    assert 'name = "tiny.test"' in row
    picture = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    result = rechroma.colorize(picture, rechroma.ColorizeOptions(method=str(path)))
    assert result.shape == (50, 70, 3)


def test_a_graph_that_differs_from_its_net_is_not_written(run, tmp_path, monkeypatch):
    differences = export.differences
    monkeypatch.setattr(export, "differences", lambda *given: tuple(v + 1 for v in differences(*given)))
    with pytest.raises(WeightsError, match="graph and net differ by 1"):
        export.main(ExportOptions(run=run, out=tmp_path / "bad.onnx"))
    assert not list(tmp_path.iterdir())


def test_earlier_weights_are_averaged_in(run, tmp_path):
    late = torch.load(run / train.CHECKPOINT, weights_only=True)
    earlier = {k: v + 1 if v.is_floating_point() else v for k, v in late["state_dict"].items()}
    torch.save({"state_dict": earlier}, tmp_path / "earlier.ckpt")
    options = ExportOptions(
        run=run, out=tmp_path / "a.onnx", blend=tmp_path / "earlier.ckpt", blend_share=0.25
    )
    was, now = export.load_net(run / train.CHECKPOINT).state_dict(), export._net(options).state_dict()
    for name, value in was.items():
        torch.testing.assert_close(now[name], value + 0.25 if value.is_floating_point() else value)
    with pytest.raises(OptionError, match="0 to 1"):
        export.main(replace(options, blend_share=2))
    assert not options.out.exists()


def test_folding_changes_nothing(run):
    net = export.load_net(run / train.CHECKPOINT)
    for norm in (m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.5, 2)
        norm.weight.data.uniform_(0.5, 2)
    inputs = (torch.rand(1, 1, 64, 32) * 100, torch.rand(1, 2, 64, 32), torch.rand(1, 1, 64, 32))
    with torch.no_grad():
        torch.testing.assert_close(net.folded()(*inputs), net(*inputs), atol=2e-3, rtol=1e-3)


def test_hints_do_not_change_an_untrained_encoder():
    net = hintnet.HintNet().eval()
    lightness = torch.rand(1, 1, 64, 64) * 100
    none = torch.zeros(1, 3, 64, 64)
    x = torch.cat((lightness * 0.02 - 1, none), 1)
    hinted = torch.cat((lightness * 0.02 - 1, torch.rand(1, 3, 64, 64)), 1)
    for one, two in zip(net.encoder(x), net.encoder(hinted), strict=True):
        torch.testing.assert_close(one, two)


def test_pretrained_weights_fill_the_whole_encoder(tmp_path):
    from safetensors.torch import save_file

    net = hintnet.HintNet()
    blocks = net.encoder.blocks
    weights = {
        "features.0.0.weight": torch.ones(32, 3, 3, 3),
        "features.0.0.bias": torch.ones(32),
        "features.18.0.weight": torch.ones(1280, 320, 1, 1),
        "features.18.0.bias": torch.ones(1280),
    }
    for i, block in enumerate(blocks, start=1):
        names = ["depthwise", "project"] if i == 1 else ["expand", "depthwise", "project"]
        for j, name in enumerate(names):
            infix = "" if j == len(names) - 1 else ".0"
            for kind, value in getattr(block, name).named_parameters():
                weights[f"features.{i}.conv.{j}{infix}.{kind}"] = torch.ones_like(value)
    save_file(weights, tmp_path / "backbone.safetensors")
    net.encoder.load_pretrained(tmp_path / "backbone.safetensors")
    assert all(bool((p == 1).all()) for n, p in net.encoder.named_parameters() if not n.startswith("stem"))
    assert bool((net.encoder.stem.weight[:, :1] == 3).all())
    assert not net.encoder.stem.weight[:, 1:].any()


def test_the_prior_of_a_run_is_kept_beside_it(run):
    counts = json.loads((run / train.PRIOR).read_text())["counts"]
    assert len(counts) == 313


def test_a_run_in_its_own_process_with_every_term_goes_on_with_its_critic(
    options, run, tmp_path, monkeypatch
):
    """The way of an accelerator, on a CPU: resident corpus, fused optimiser, compiled features, a plan by minutes."""
    monkeypatch.setattr(learning, "_FUSED_ON", frozenset({"cpu"}))
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    timed = changed(
        options,
        out=tmp_path / "timed",
        sizes=[32],
        batch=4,
        minutes=1e6,
        max_minutes=0.0,
        resident=True,
        compile=True,
        prior=run / train.PRIOR,
        keep_at=[0],
        log_every=1,
        corpus_shares=[[1.0]],
        losses=LossOptions(consistency=0.1, colorfulness=0.01, adversarial=0.01, adversarial_from=0.0),
    )
    train.main(timed)
    train.main(changed(timed, minutes=1e-9))
    assert len(_curve(timed.run.out)) == 1, "the budget is spent, so nothing is left to do"
    train.main(changed(timed, losses=replace(timed.task.losses, critic_head_start=0.0)))
    rows = _curve(timed.run.out)
    assert [row["step"] for row in rows] == ["1", "2"]
    assert all(float(row["critic"]) > 0 and float(row["consistency"]) >= 0 for row in rows)
    assert float(rows[0]["adversarial"]) == 0 != float(rows[1]["adversarial"])
    state = torch.load(timed.run.out / train.CHECKPOINT, weights_only=True)
    critic = state["state_dict"]["terms.critic._extra_state"]["optimizer"]["state"]
    assert float(critic[0]["step"]) == 2
    assert not any("vgg" in name or "_orig_mod" in name for name in state["state_dict"])
    early = export.load_net(timed.run.out / kept(0))
    blended = export._net(
        ExportOptions(run=timed.run.out, out=tmp_path / "x", blend=[timed.run.out / kept(0)] * 2)
    )
    assert early.state_dict().keys() == blended.state_dict().keys()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"corpus_shares": [[1.0], [1.0]]}, "1 sizes need as many corpus_shares"),
        ({"corpus_shares": [[0.0]]}, "a share, 0 or more, for each of 1 corpora"),
        ({"minutes": 1.0}, "add resident"),
        ({"device": "tpu"}, "accepted: cpu, cuda"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options, wrong, says):
    with pytest.raises(OptionError, match=says):
        train.main(changed(options, **wrong))
