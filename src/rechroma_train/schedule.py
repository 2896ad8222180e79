"""Where in its plan a run is, and what the plan says there: size of the windows, learning rate, shares of corpora."""

import math

import numpy as np
from numpy.typing import NDArray

from rechroma_train.config import TrainOptions


class Schedule:
    """The plan of a run, in pictures; where the options give minutes, it is walked by the time spent instead."""

    def __init__(self, options: TrainOptions) -> None:
        self.options = options
        self.batches = 0
        """Batches trained so far, over all commands."""
        self.spent = 0.0
        """Minutes trained so far, over all commands; whoever trains keeps it up to date."""

    def place(self, step: int) -> float:
        """Pictures of the plan that lie behind at a step."""
        o = self.options
        if o.run.minutes is None:
            return step * o.data.batch
        return o.run.pictures * min(1.0, self.spent / o.run.minutes)

    def share(self, step: int) -> float:
        """Share of the plan that lies behind at a step: 0 to 1."""
        return self.place(step) / self.options.run.pictures

    def over(self, step: int) -> bool:
        """Tell whether the run ends at this step: the one after its last."""
        run = self.options.run
        if run.minutes is not None:
            return self.spent >= run.minutes
        return step >= run.pictures // self.options.data.batch

    def stage(self, step: int) -> int:
        """Number of the size that windows have at a step, from 0."""
        place = self.place(step)
        return sum(place >= end for end in self.options.data.size_ends)

    def size(self, step: int) -> int:
        """Side of the windows of a step."""
        return self.options.data.sizes[self.stage(step)]

    def rate(self, step: int) -> float:
        """Share of the largest learning rate at a step, 0 to 1: up over the warm-up, level, then a cosine to zero."""
        o, place = self.options, self.place(step)
        whole = o.run.pictures
        start = whole * (1 - o.optimizer.decay)
        warm = min(1.0, (step + 1) * o.data.batch / max(1, o.optimizer.warmup))
        if place <= start:
            return warm
        done = min(1.0, (place - start) / (whole - start))
        return warm * 0.5 * (1 + math.cos(math.pi * done))


def quotas(shares: list[float], batch: int) -> NDArray[np.int64]:
    """Round shares of a batch to whole pictures that add up to it: (corpora,) int64, by largest remainders."""
    exact = np.array(shares, np.float64) / sum(shares) * batch
    counts = np.floor(exact).astype(np.int64)
    largest_first = np.argsort(counts - exact, kind="stable")
    counts[largest_first[: batch - counts.sum()]] += 1
    return counts
