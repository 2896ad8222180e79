"""What nets learn, one file per task, and the table by which a task is chosen."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from rechroma_train.config import AdversarialOptions, ClassifyOptions, RegressOptions, TaskOptions
from rechroma_train.nets.parts.net import Net
from rechroma_train.schedule import Schedule
from rechroma_train.tasks.adversarial import Adversarial
from rechroma_train.tasks.classify import Classify
from rechroma_train.tasks.learning import Learning
from rechroma_train.tasks.regress import Regress


class TaskRow(NamedTuple):
    """A task that can be chosen by name."""

    build: Callable[..., Learning]
    """Makes it of a net, the plan, its options and the rebalancing weights of the bins (313,)."""
    options: type[TaskOptions]
    """Their docstrings are the help."""
    outputs: int
    """Channels that a net has for it."""


TASKS = {
    "classify": TaskRow(Classify, ClassifyOptions, Classify.outputs),
    "regress": TaskRow(Regress, RegressOptions, Regress.outputs),
    "adversarial": TaskRow(Adversarial, AdversarialOptions, Adversarial.outputs),
}
"""A new task is a row here."""


def build(net: Net, schedule: Schedule, rebalancing: Tensor) -> Learning:
    """Make the task of a run."""
    options = schedule.options.task
    return TASKS[options.name].build(net, schedule, options, rebalancing)


def outputs(options: TaskOptions) -> int:
    """Channels of results that a net has for a task."""
    return TASKS[options.name].outputs
