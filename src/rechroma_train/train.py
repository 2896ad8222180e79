"""The verb `train`: a run that is bounded in time and goes on, bit for bit, where it stopped."""

import csv
import json
import time
from dataclasses import asdict
from pathlib import Path

import lightning
import torch
import yaml
from lightning import Trainer
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging
from torch import Tensor
from torch.utils.data import DataLoader

from rechroma import color
from rechroma.errors import OptionError
from rechroma_train.checkpoints import take_matching
from rechroma_train.config import CONFIG, TrainOptions
from rechroma_train.data import Corpus
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.stream import Batch, BatchStream, count_bins, load_prior, size_at
from rechroma_train.tasks import HintNetTask

CHECKPOINT = "last.ckpt"
CURVE = "curve.csv"
PRIOR = "prior.json"
_COLUMNS = ("step", "pictures", "minutes", "size", "rate", "loss", "classification", "regression")


def main(options: TrainOptions) -> None:
    """Train until the pictures or the minutes are used up; start from `last.ckpt` in the folder where there is one."""
    if len(options.size_ends) != len(options.sizes) - 1:
        raise OptionError(
            f"{len(options.sizes)} sizes need {len(options.sizes) - 1} size_ends; given: {options.size_ends}"
        )
    torch.set_num_threads(options.threads)
    lightning.seed_everything(options.seed, verbose=False)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / CONFIG).write_text(yaml.safe_dump(json.loads(json.dumps(asdict(options), default=str))))
    corpora = [Corpus.open(folder) for folder in options.corpora]
    loss = ClassificationLoss(_rebalancing(corpora, options), regression=options.regression)
    task = HintNetTask(_net(options), loss, options)
    last = options.pictures // options.batch
    checkpoint = options.out / CHECKPOINT
    resumed = checkpoint.exists()
    first = int(torch.load(checkpoint, weights_only=False)["global_step"]) if resumed else 0
    if first >= last:
        return
    trainer = Trainer(
        accelerator="gpu" if options.device == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed",
        max_steps=last,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=1.0,
        callbacks=[EMAWeightAveraging(decay=options.ema), Clock(options)],
        default_root_dir=options.out,
    )
    trainer.fit(
        task,
        train_dataloaders=_loader(corpora, options, first, last),
        ckpt_path=str(checkpoint) if resumed else None,
        weights_only=False,
    )


def _net(options: TrainOptions) -> HintNet:
    net = HintNet(options.net)
    if net.memory is not None:
        prior = color.smooth_prior(load_prior(options.out / PRIOR))
        net.memory.start_at(torch.from_numpy(prior))
    if options.backbone is not None:
        net.encoder.load_pretrained(options.backbone)
    if options.start is not None and not (options.out / CHECKPOINT).exists():
        take_matching(net, options.start)
    net.encoder.freeze(options.frozen_blocks)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _rebalancing(corpora: list[Corpus], options: TrainOptions) -> Tensor:
    """(313,) rebalancing weights, from the prior that the run's folder keeps."""
    kept = options.out / PRIOR
    if not kept.exists():
        counts = load_prior(options.prior) if options.prior else count_bins(corpora, options)
        kept.write_text(json.dumps({"counts": [round(float(c), 3) for c in counts]}))
    prior = color.smooth_prior(load_prior(kept))
    return torch.from_numpy(color.rebalancing_weights(prior, uniform_share=options.uniform_share))


def _loader(corpora: list[Corpus], options: TrainOptions, first: int, last: int) -> DataLoader[Batch]:
    """Batches from one more process, or made on the accelerator itself."""
    if options.device == "cuda":
        corpora = [corpus.to(torch.device("cuda")) for corpus in corpora]
        return DataLoader(BatchStream(corpora, options, first, last), batch_size=None)
    return DataLoader(
        BatchStream(corpora, options, first, last), batch_size=None, num_workers=1, prefetch_factor=3
    )


class Clock(Callback):
    """Write the curve and the checkpoints, and stop the run when its minutes are over."""

    def __init__(self, options: TrainOptions) -> None:
        self.options = options
        self.started = self.saved = time.monotonic()
        self.minutes_before = 0.0
        self.sums: dict[str, float] = {}
        self.count = 0

    def state_dict(self) -> dict[str, object]:
        """Minutes trained so far, and the losses since the last line of the curve."""
        return {"minutes": self._minutes(), "sums": dict(self.sums), "count": self.count}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on counting."""
        self.minutes_before = float(state_dict["minutes"])  # type: ignore[arg-type]
        self.sums = dict(state_dict["sums"])  # type: ignore[call-overload]
        self.count = int(state_dict["count"])  # type: ignore[call-overload]

    def on_train_start(self, trainer: Trainer, pl_module: lightning.LightningModule) -> None:
        """Drop the lines of the curve that a kill left beyond the checkpoint."""
        self.started = self.saved = time.monotonic()
        path = self.options.out / CURVE
        rows: list[dict[str, str]] = []
        if path.exists() and trainer.global_step:
            with path.open(newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["step"]) <= trainer.global_step]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: lightning.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Add up the losses; now and then write a line, save, or stop."""
        assert isinstance(outputs, dict)
        for name in ("loss", "classification", "regression"):
            self.sums[name] = self.sums.get(name, 0.0) + float(outputs[name])
        self.count += 1
        if trainer.global_step % self.options.log_every == 0:
            self._write_line(trainer)
        over = self.options.max_minutes is not None and self._since(self.started) >= self.options.max_minutes
        done = trainer.global_step >= self.options.pictures // self.options.batch
        if over or done or self._since(self.saved) >= self.options.checkpoint_minutes:
            self._save(trainer)
        if over:
            trainer.should_stop = True

    def _write_line(self, trainer: Trainer) -> None:
        means = {name: f"{total / self.count:.4f}" for name, total in self.sums.items()}
        step = trainer.global_step
        row = {
            "step": step,
            "pictures": step * self.options.batch,
            "minutes": f"{self._minutes():.2f}",
            "size": size_at(self.options, step - 1),
            "rate": f"{trainer.optimizers[0].param_groups[0]['lr']:.3g}",
            **means,
        }
        with (self.options.out / CURVE).open("a", newline="") as file:
            csv.DictWriter(file, _COLUMNS, lineterminator="\n").writerow(row)
        self.sums, self.count = {}, 0

    def _save(self, trainer: Trainer) -> None:
        target: Path = self.options.out / CHECKPOINT
        part = target.with_suffix(".part")
        trainer.save_checkpoint(part)
        part.replace(target)
        self.saved = time.monotonic()

    def _minutes(self) -> float:
        return self.minutes_before + self._since(self.started)

    @staticmethod
    def _since(moment: float) -> float:
        return (time.monotonic() - moment) / 60
