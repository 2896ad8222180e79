"""The verb `train`: a run that is bounded in time and goes on, bit for bit, where it stopped."""

import json
import math
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
from rechroma_train import checkpoints, starting
from rechroma_train.averaging import Averages
from rechroma_train.clock import Clock
from rechroma_train.config import CONFIG, TrainOptions
from rechroma_train.data import Corpus
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch, BatchStream, count_bins, load_prior, make_batch
from rechroma_train.tasks import HintNetTask
from rechroma_train.terms import Terms

CHECKPOINT = "last.ckpt"
CURVE = "curve.csv"
PRIOR = "prior.json"
_LOSSES = ("loss", "classification", "regression")


def main(options: TrainOptions) -> None:
    """Train until the pictures or the minutes are used up; start from `last.ckpt` in the folder where there is one."""
    began = time.monotonic()
    _check(options)
    torch.set_num_threads(options.threads)
    lightning.seed_everything(options.seed, verbose=False)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / CONFIG).write_text(yaml.safe_dump(json.loads(json.dumps(asdict(options), default=str))))
    schedule = Schedule(options)
    checkpoint = options.out / CHECKPOINT
    first = _first_step(schedule, checkpoint)
    if schedule.over(first):
        return
    corpora = [Corpus.open(folder) for folder in options.corpora]
    start = starting.resolve(options.start) if options.start is not None and not first else None
    rebalancing = _rebalancing(corpora, options, start)
    net = _net(options, start, (make_batch(corpora, options, step) for step in count()))
    task = _task(net, schedule, rebalancing)
    on_gpu = options.device == "cuda"
    trainer = Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=1,
        precision="bf16-mixed",
        max_steps=-1 if options.minutes is not None else options.pictures // options.batch,
        max_epochs=-1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        benchmark=on_gpu,
        callbacks=[
            Averages(schedule),
            Clock(
                schedule,
                curve=options.out / CURVE,
                checkpoint=checkpoint,
                losses=(*_LOSSES, *(task.terms.names if task.terms is not None else ())),
                began=began,
            ),
        ],
        default_root_dir=options.out,
    )
    trainer.fit(
        task,
        train_dataloaders=_loader(corpora, schedule, first),
        ckpt_path=str(checkpoint) if first else None,
        weights_only=True,
    )


def _check(options: TrainOptions) -> None:
    """Refuse what does not fit together, before anything is read."""
    if len(options.size_ends) != len(options.sizes) - 1:
        raise OptionError(
            f"{len(options.sizes)} sizes need {len(options.sizes) - 1} size_ends; given: {options.size_ends}"
        )
    shares = options.corpus_shares
    if shares and len(shares) != len(options.sizes):
        raise OptionError(f"{len(options.sizes)} sizes need as many corpus_shares; given: {len(shares)}")
    for row in shares:
        if len(row) != len(options.corpora) or min(row) < 0 or not 0 < sum(row) < math.inf:
            raise OptionError(
                f"a list of corpus_shares has a share, 0 or more, for each of {len(options.corpora)} corpora;"
                f" given: {row}"
            )
    if options.minutes is not None and not (options.resident or options.device == "cuda"):
        raise OptionError("a run planned in minutes makes its batches in its own process: add resident")
    if options.device not in ("cpu", "cuda"):
        raise OptionError(f"device is {options.device}; accepted: cpu, cuda")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise OptionError("device is cuda, and PyTorch finds none here; accepted: cpu")


def _first_step(schedule: Schedule, checkpoint: Path) -> int:
    """The step to go on from; tells the schedule the time spent."""
    if not checkpoint.exists():
        return 0
    state = checkpoints.read(checkpoint)
    schedule.spent = float(state["callbacks"][Clock.__name__]["minutes"])
    return int(state["global_step"])


def _task(net: HintNet, schedule: Schedule, rebalancing: Tensor) -> HintNetTask:
    options = schedule.options
    loss = ClassificationLoss(rebalancing, regression=options.regression, focal=options.losses.focal)
    terms = Terms(options.losses, rebalancing)
    return HintNetTask(net, loss, schedule, terms if terms.names else None)


def _net(options: TrainOptions, start: Path | None, batches: Iterable[Batch]) -> HintNet:
    net = HintNet(options.net)
    if net.memory is not None:
        net.memory.start_at(torch.from_numpy(load_prior(options.out / PRIOR)))
    if options.backbone is not None:
        net.encoder.load_pretrained(options.backbone)
    if start is not None:
        starting.begin(net, start, batches)
    net.encoder.freeze(options.frozen_blocks)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _rebalancing(corpora: list[Corpus], options: TrainOptions, start: Path | None) -> Tensor:
    """(313,) rebalancing weights, from the prior that the run's folder keeps.

    A new run's is the one that it is given, that of the graph it begins from, or that of its pictures.
    """
    kept = options.out / PRIOR
    if not kept.exists():
        if options.prior is not None:
            kept.write_text(options.prior.read_text())
        elif start is not None and start.suffix == starting.GRAPH:
            kept.write_text(json.dumps({"prior": starting.prior_of(start).tolist()}))
        else:
            counts = [round(float(c), 3) for c in count_bins(corpora, options)]
            kept.write_text(json.dumps({"counts": counts}))
    prior = load_prior(kept)
    return torch.from_numpy(color.rebalancing_weights(prior, uniform_share=options.uniform_share))


def _loader(corpora: list[Corpus], schedule: Schedule, first: int) -> DataLoader[Batch]:
    """Batches from one more process, or made in this one where the net learns."""
    options = schedule.options
    if options.resident or options.device == "cuda":
        corpora = [corpus.to(torch.device(options.device)) for corpus in corpora]
        return DataLoader(BatchStream(corpora, schedule, first), batch_size=None)
    return DataLoader(
        BatchStream(corpora, schedule, first), batch_size=None, num_workers=1, prefetch_factor=3
    )
