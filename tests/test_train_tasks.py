"""Tasks: each learns, is stopped and goes on, and becomes a graph; steps come in the ratio that was asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from packed import packed
from rechroma.errors import OptionError
from rechroma_train import checkpoints, nets, tasks, train
from rechroma_train.config import (
    AdversarialOptions,
    ClassifyOptions,
    ExportOptions,
    RegressOptions,
    TaskOptions,
    TrainOptions,
)
from rechroma_train.data import Corpus
from rechroma_train.export import colorizer
from rechroma_train.nets.hintnet import HintNetOptions
from rechroma_train.schedule import Schedule
from rechroma_train.stream import make_batch
from runs import changed, run_options

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)
SMALL = HintNetOptions(widths=(32, 24, 16, 16), blocks=(1, 1, 1, 1))
TASKS = {
    "classify": ClassifyOptions(),
    "regress": RegressOptions(distance="huber"),
    "adversarial": AdversarialOptions(
        discriminator_steps=2,
        discriminator_width=4,
        discriminator_layers=1,
        soft_label=0.9,
        swapped_labels=0.2,
    ),
}


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> TrainOptions:
    folder = tmp_path_factory.mktemp("tasks")
    return run_options(
        corpora=[packed(folder, count=6)],
        out=folder / "run",
        net=SMALL,
        sizes=[64],
        size_ends=[],
        batch=4,
        pictures=32,
        learning_rate=1e-3,
        warmup=1,
        prior_pictures=64,
        log_every=1,
    )


def losses(folder: Path) -> list[float]:
    lines = (folder / train.CURVE).read_text().splitlines()
    return [float(dict(zip(lines[0].split(","), line.split(","), strict=True))["loss"]) for line in lines[1:]]


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_task_learns_and_goes_on_where_it_was_stopped(
    options: TrainOptions, task: TaskOptions, accumulate: int, tmp_path: Path
) -> None:
    whole = changed(options, task=task, out=tmp_path / "whole", accumulate=accumulate)
    stopped = changed(whole, out=tmp_path / "stopped", max_minutes=0.0)
    train.main(whole)
    for _ in range(2):
        train.main(stopped)
    assert len(losses(stopped.run.out)) == 2 * accumulate
    train.main(changed(stopped, max_minutes=None))
    np.testing.assert_allclose(losses(stopped.run.out), losses(whole.run.out), rtol=5e-3)
    assert len(losses(whole.run.out)) == 8
    one, two = (checkpoints.load_net(each.run.out / train.CHECKPOINT) for each in (whole, stopped))
    for name, value in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[name], value, rtol=1e-2, atol=1e-3)


def test_two_batches_added_up_are_the_step_of_one_of_twice_the_size(options: TrainOptions) -> None:
    """Norms apart, which see each batch by itself: the gradients of a regression are those of the whole."""
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
    given = changed(options, task=RegressOptions())
    net = nets.build(SMALL, outputs=2).eval()
    task = tasks.build(net, Schedule(given), torch.ones(313))
    batches = [make_batch(corpora, given, step) for step in (0, 1)]
    for batch in batches:
        (task.training_step(batch, 0)["loss"] / 2).backward()
    added = net.head.weight.grad.clone()
    net.zero_grad()
    both = [torch.cat(pair) for pair in zip(*(batch[:4] for batch in batches), strict=True)]
    task.training_step(type(batches[0])(*both), 0)["loss"].backward()
    torch.testing.assert_close(net.head.weight.grad, added, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("generator", "discriminator"), [(1, 1), (1, 2), (3, 1)])
def test_the_discriminator_and_the_generator_step_as_often_as_was_asked(
    options: TrainOptions, tmp_path: Path, generator: int, discriminator: int
) -> None:
    task = replace(TASKS["adversarial"], generator_steps=generator, discriminator_steps=discriminator)
    run = changed(options, task=task, out=tmp_path, pictures=8)
    train.main(run)
    states = torch.load(tmp_path / train.CHECKPOINT, weights_only=True)["optimizer_states"]
    steps = [{int(each["step"]) for each in state["state"].values()} for state in states]
    assert steps == [{2 * generator}, {2 * discriminator}]


def test_labels_are_softened_and_swapped(options: TrainOptions) -> None:
    torch.manual_seed(0)
    truth, made = torch.rand(2, 8, 3, 32, 32) * 50
    found = {}
    for name, changes in {
        "hard": {},
        "soft": {"soft_label": 0.5},
        "swapped": {"swapped_labels": 0.4},
    }.items():
        plain = AdversarialOptions(discriminator_width=4, discriminator_layers=1, **changes)
        task = tasks.build(
            nets.build(SMALL, outputs=2), Schedule(changed(options, task=plain)), torch.ones(313)
        )
        task.discriminator.body[-1].bias.data.fill_(5.0)
        task.discriminator.body[-1].weight.data.zero_()
        found[name] = float(task._told_apart(truth, made))
    # Scores of 5 everywhere: the true half costs ln(1 + e^-5), the made half 5 more.
    assert found["hard"] == pytest.approx(0.00672 + 2.5, abs=1e-3)
    assert found["soft"] == pytest.approx(found["hard"] + 1.25, abs=1e-3)
    assert found["swapped"] == pytest.approx(found["hard"], abs=1e-3)


def test_a_net_that_regresses_becomes_a_graph_without_scores(options: TrainOptions, tmp_path: Path) -> None:
    import rechroma
    from rechroma import runtime

    run = changed(options, task=RegressOptions(), out=tmp_path / "run", pictures=4)
    train.main(run)
    path = tmp_path / "regressed.onnx"
    row = colorizer.main(ExportOptions(run=run.run.out, out=path, name="regressed.test", work_size=64))
    assert "vividness" not in row
    contract = runtime.load(path, device="cpu", threads=1, task="colorize").contract
    assert contract.inputs == {"lightness", "hint_ab", "hint_weight"}
    assert not contract.has_logits
    picture = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    assert rechroma.colorize(picture, rechroma.ColorizeOptions(method=str(path))).shape == (50, 70, 3)


def test_what_a_task_cannot_do_is_refused(options: TrainOptions) -> None:
    with pytest.raises(OptionError, match="discriminator_steps 0"):
        AdversarialOptions(discriminator_steps=0)
    with pytest.raises(OptionError, match="soft_label 2"):
        AdversarialOptions(soft_label=2)
    with pytest.raises(OptionError, match=r"net\.head is query"):
        nets.build(replace(SMALL, head="query"), outputs=2)
    with pytest.raises(OptionError, match="accumulate is 0"):
        changed(options, accumulate=0)
