"""The clock of a run: its curve, its checkpoints, and when it stops."""

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch

_COLUMNS = ("step", "pictures", "minutes", "size", "rate")


class Clock(Callback):
    """Write the curve and the checkpoints, and stop the run when its minutes are over."""

    def __init__(
        self, schedule: Schedule, *, curve: Path, checkpoint: Path, losses: Sequence[str], began: float
    ) -> None:
        """Wind the clock up.

        Args:
            schedule: the plan; the clock tells it the time.
            curve: the .csv file to write.
            checkpoint: the file to write.
            losses: names among the outputs of a step that the curve has.
            began: time.monotonic() when the command began, from which `max_minutes` counts.
        """
        self.schedule = schedule
        self.options = schedule.options.run
        self.curve = curve
        self.checkpoint = checkpoint
        self.losses = tuple(losses)
        self.began = began
        self.started = self.saved = began
        self.minutes_before = 0.0
        self.sums: dict[str, Tensor] = {}
        self.count = 0

    def state_dict(self) -> dict[str, object]:
        """Minutes and batches trained so far, and the losses since the last line of the curve."""
        sums = {name: float(total) for name, total in self.sums.items()}
        return {
            "minutes": self._minutes(),
            "batches": self.schedule.batches,
            "sums": sums,
            "count": self.count,
        }

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on counting."""
        self.minutes_before = self.schedule.spent = float(state_dict["minutes"])  # type: ignore[arg-type]
        sums: dict[str, float] = dict(state_dict["sums"])  # type: ignore[call-overload]
        self.sums = {name: torch.tensor(total, dtype=torch.float64) for name, total in sums.items()}
        self.count = int(state_dict["count"])  # type: ignore[call-overload]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Drop the lines of the curve that a kill left beyond the checkpoint."""
        self.started = self.saved = time.monotonic()
        self.sums = {name: total.to(pl_module.device) for name, total in self.sums.items()}
        rows: list[dict[str, str]] = []
        if self.curve.exists() and self.schedule.batches:
            with self.curve.open(newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["step"]) <= self.schedule.batches]
        with self.curve.open("w", newline="") as file:
            writer = csv.DictWriter(
                file, (*_COLUMNS, *self.losses), lineterminator="\n", extrasaction="ignore"
            )
            writer.writeheader()
            writer.writerows(rows)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Add up the losses where they are; now and then write a line, save, or stop."""
        assert isinstance(outputs, dict)
        for name in self.losses:
            value = outputs[name].detach().double()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.count += 1
        self.schedule.batches += 1
        step = self.schedule.batches
        self.schedule.spent = self._minutes()
        over = self.options.max_minutes is not None and _since(self.began) >= self.options.max_minutes
        done = self.schedule.over(step)
        if step % self.options.log_every == 0 or (done and self.options.minutes is not None):
            self._write_line(trainer)
        whole = step % self.schedule.options.optimizer.accumulate == 0
        due = over or _since(self.saved) >= self.options.checkpoint_minutes
        if done or (whole and due):
            self._save(trainer)
        if done or (whole and over):
            trainer.should_stop = True

    def _write_line(self, trainer: Trainer) -> None:
        step = self.schedule.batches
        row = {
            "step": step,
            "pictures": step * self.schedule.options.data.batch,
            "minutes": f"{self._minutes():.2f}",
            "size": self.schedule.size(step - 1),
            "rate": f"{trainer.optimizers[0].param_groups[0]['lr']:.3g}",
            **{name: f"{float(total) / self.count:.4f}" for name, total in self.sums.items()},
        }
        with self.curve.open("a", newline="") as file:
            csv.DictWriter(file, (*_COLUMNS, *self.losses), lineterminator="\n").writerow(row)
        self.sums, self.count = {}, 0

    def _save(self, trainer: Trainer) -> None:
        part = self.checkpoint.with_suffix(".part")
        trainer.save_checkpoint(part)
        part.replace(self.checkpoint)
        self.saved = time.monotonic()

    def _minutes(self) -> float:
        return self.minutes_before + _since(self.started)


def _since(moment: float) -> float:
    return (time.monotonic() - moment) / 60
