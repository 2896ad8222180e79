"""The verb `train`: a run that is bounded in time and goes on, bit for bit, where it stopped."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from itertools import count
from pathlib import Path

import lightning
import torch
import yaml
from lightning import Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from rechroma import color
from rechroma.errors import OptionError
from rechroma_train import checkpoints, nets, starting, tasks
from rechroma_train.averaging import Averages
from rechroma_train.clock import Clock
from rechroma_train.config import CONFIG, ClassifyOptions, TrainOptions
from rechroma_train.data import Corpus
from rechroma_train.nets.parts.net import Net
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch, BatchStream, count_bins, load_prior, make_batch

CHECKPOINT = "last.ckpt"
CURVE = "curve.csv"
PRIOR = "prior.json"


def main(options: TrainOptions) -> None:
    """Train until the pictures or the minutes are used up; start from `last.ckpt` in the folder where there is one."""
    began = time.monotonic()
    run = options.run
    if run.device == "cuda" and not torch.cuda.is_available():
        raise OptionError("device is cuda, and PyTorch finds none here; accepted: cpu")
    torch.set_num_threads(run.threads)
    lightning.seed_everything(run.seed, verbose=False)
    run.out.mkdir(parents=True, exist_ok=True)
    (run.out / CONFIG).write_text(yaml.safe_dump(json.loads(json.dumps(asdict(options), default=str))))
    schedule = Schedule(options)
    checkpoint = run.out / CHECKPOINT
    first = _first_step(schedule, checkpoint)
    if schedule.over(first):
        return
    corpora = [Corpus.open(folder) for folder in options.data.corpora]
    start = starting.resolve(run.start) if run.start is not None and not first else None
    rebalancing = _rebalancing(corpora, options, start)
    net = _net(options, start, (make_batch(corpora, options, step) for step in count()))
    task = tasks.build(net, schedule, rebalancing)
    on_gpu = run.device == "cuda"
    trainer = Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=1,
        precision="bf16-mixed",
        max_steps=-1,
        max_epochs=-1,
        accumulate_grad_batches=options.optimizer.accumulate if task.automatic_optimization else 1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        benchmark=on_gpu,
        callbacks=[
            Averages(schedule),
            Clock(
                schedule,
                curve=run.out / CURVE,
                checkpoint=checkpoint,
                losses=task.losses,
                began=began,
            ),
        ],
        default_root_dir=run.out,
    )
    trainer.fit(
        task,
        train_dataloaders=_loader(corpora, schedule, first),
        ckpt_path=str(checkpoint) if first else None,
        weights_only=True,
    )


def _first_step(schedule: Schedule, checkpoint: Path) -> int:
    """The batch to go on from; tells the schedule what was trained."""
    if not checkpoint.exists():
        return 0
    state = checkpoints.read(checkpoint)
    clock = state["callbacks"][Clock.__name__]
    schedule.spent = float(clock["minutes"])
    # Runs of before a step could have several batches counted steps.
    schedule.batches = int(clock.get("batches", state["global_step"]))
    return schedule.batches


def _net(options: TrainOptions, start: Path | None, batches: Iterable[Batch]) -> Net:
    net = nets.build(options.net, outputs=tasks.outputs(options.task))
    net.begin(torch.from_numpy(load_prior(options.run.out / PRIOR)))
    if start is not None:
        starting.begin(net, start, batches)
    net.freeze()
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _rebalancing(corpora: list[Corpus], options: TrainOptions, start: Path | None) -> Tensor:
    """(313,) rebalancing weights, from the prior that the run's folder keeps.

    A new run's is the one that it is given, that of the graph it begins from, or that of its pictures.
    """
    kept = options.run.out / PRIOR
    if not kept.exists():
        if options.data.prior is not None:
            kept.write_text(options.data.prior.read_text())
        elif start is not None and start.suffix == starting.GRAPH:
            kept.write_text(json.dumps({"prior": starting.prior_of(start).tolist()}))
        else:
            counts = [round(float(c), 3) for c in count_bins(corpora, options)]
            kept.write_text(json.dumps({"counts": counts}))
    prior = load_prior(kept)
    uniform_share = options.task.uniform_share if isinstance(options.task, ClassifyOptions) else 1.0
    return torch.from_numpy(color.rebalancing_weights(prior, uniform_share=uniform_share))


def _loader(corpora: list[Corpus], schedule: Schedule, first: int) -> DataLoader[Batch]:
    """Batches from one more process, or made in this one where the net learns."""
    options = schedule.options
    if options.run.makes_batches:
        corpora = [corpus.to(torch.device(options.run.device)) for corpus in corpora]
        return DataLoader(BatchStream(corpora, schedule, first), batch_size=None)
    return DataLoader(
        BatchStream(corpora, schedule, first), batch_size=None, num_workers=1, prefetch_factor=3
    )
