"""The moving average of the weights: what a run's checkpoint and its graph hold."""

from collections.abc import Mapping
from pathlib import Path

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from safetensors.torch import save_file
from torch import Tensor, nn

from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch

_NET = "net."


class Averager:
    """Exponential averages of all floating-point weights and statistics of a net, moved in one call a step."""

    def __init__(
        self, net: nn.Module, *, decay: float, given: Mapping[str, Tensor] | None = None, count: int = 0
    ) -> None:
        """Begin.

        Args:
            net: on the device where it learns.
            decay: share of the old average in the new one.
            given: averages to go on from, by the net's names; those of nothing where not given.
            count: steps that they are the average of; the first step's weights are taken as they are.
        """
        state = net.state_dict(keep_vars=True)
        learning = {name: value.detach() for name, value in state.items() if value.is_floating_point()}
        self._learning = list(learning.values())
        source = learning if given is None else given
        self.averages = {
            name: torch.empty_like(value).copy_(source[name]) for name, value in learning.items()
        }
        self.decay = decay
        self.count = count

    def update(self) -> None:
        """Move the averages towards the weights."""
        weight = 1 - self.decay if self.count else 1.0
        with torch.no_grad():
            torch._foreach_lerp_(list(self.averages.values()), self._learning, weight)
        self.count += 1


class Averages(Callback):
    """Average the task's net and put the averages into its checkpoints.

    A checkpoint has the averages in `state_dict` and the weights that learn in `current_model_state`, as Lightning's
    own callback writes it, whose checkpoints are read too. Copies are kept where the options ask for them.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._given: dict[str, Tensor] | None = None
        self._count = 0
        self._averager: Averager | None = None
        self._moved = 0

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, object]
    ) -> None:
        """Take the averages, and give the task the weights that learn."""
        state, learning, other = (
            checkpoint[name] for name in ("state_dict", "current_model_state", "averaging_state")
        )
        assert isinstance(state, dict)
        assert isinstance(learning, dict)
        assert isinstance(other, dict)
        self._given = {k.removeprefix(_NET): v for k, v in state.items() if k.startswith(_NET)}
        self._count = int(other["n_averaged"])
        pl_module.load_state_dict(learning)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin where the net is, which by now is where it learns."""
        net = pl_module.net
        assert isinstance(net, nn.Module)
        self._averager = Averager(
            net, decay=self.schedule.options.optimizer.ema, given=self._given, count=self._count
        )
        self._given = None
        self._moved = trainer.global_step

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Move the averages where a step was made; keep a copy where the plan has one."""
        assert self._averager is not None
        if trainer.global_step == self._moved:
            return
        self._moved = trainer.global_step
        self._averager.update()
        place = self.schedule.place(self.schedule.batches + 1)
        for pictures in self.schedule.options.run.keep_at:
            path = self.schedule.options.run.out / kept(pictures)
            if place >= pictures and not path.exists():
                part = path.with_suffix(".part")
                whole = {k: v for k, v in pl_module.state_dict().items() if k.startswith(_NET)}
                save_file({k: v.cpu().contiguous() for k, v in {**whole, **self._named()}.items()}, part)
                part.replace(path)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, object]
    ) -> None:
        """Put the averages where the weights are looked for."""
        assert self._averager is not None
        learning = checkpoint["state_dict"]
        assert isinstance(learning, dict)
        checkpoint["current_model_state"] = learning
        checkpoint["state_dict"] = {**learning, **self._named()}
        checkpoint["averaging_state"] = {"n_averaged": torch.tensor(self._averager.count)}

    def _named(self) -> dict[str, Tensor]:
        assert self._averager is not None
        return {f"{_NET}{name}": value for name, value in self._averager.averages.items()}


def kept(pictures: int) -> Path:
    """Name the file of the averaged weights that were kept at this many pictures."""
    return Path(f"kept.{pictures}.safetensors")
