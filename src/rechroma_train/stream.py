"""The endless stream of training batches: batch k is the same whoever makes it and whenever."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import IterableDataset, get_worker_info

from rechroma.color import smooth_prior
from rechroma.types import Array
from rechroma_train import degrade, hints
from rechroma_train.bins import COUNT, SoftEncoder
from rechroma_train.color import linear_to_lab, srgb_to_linear
from rechroma_train.config import DataOptions, RunOptions, TrainOptions
from rechroma_train.data import Corpus, random_view
from rechroma_train.schedule import Schedule, quotas


class Batch(NamedTuple):
    """What one step learns from."""

    lightness: Tensor
    """(N, 1, S, S) L*, as an old photograph would have it."""
    hint_ab: Tensor
    """(N, 2, S, S) a*b* where hinted."""
    hint_weight: Tensor
    """(N, 1, S, S) 0 to 1."""
    ab: Tensor
    """(N, 2, S / stride, S / stride) true a*b*, at the net's stride."""
    again: Tensor | None = None
    """(N, 1, S, S) L* of the same windows, degraded anew, where consistency is learned."""
    clean: Tensor | None = None
    """(N, 1, S / stride, S / stride) true L*, where a loss looks at pictures."""

    def seen(self, takes: Sequence[str]) -> tuple[Tensor, ...]:
        """What a net is called with that takes these inputs beside the lightness."""
        return (self.lightness, *(getattr(self, name) for name in takes))


def make_batch(corpora: list[Corpus], options: TrainOptions, step: int, *, stage: int | None = None) -> Batch:
    """Make the batch of one step; it depends on the options, the step and the stage alone.

    Pictures are drawn without repetition until all of them were seen, then in a new order. With `corpus_shares` that
    holds for each corpus within a stage.

    Args:
        corpora: packed photographs, all on one device; the batch is made there.
        options: of the run.
        step: number of the step.
        stage: number of the size; that of the plan by pictures where not given.
    """
    rng = np.random.default_rng((options.run.seed, step))
    if stage is None:
        stage = Schedule(options).stage(step)
    drawn = _choose(corpora, options, step, stage)
    linear = srgb_to_linear(_windows(corpora, options, drawn, options.data.sizes[stage], rng))
    ab = linear_to_lab(linear)[:, 1:]
    hint_ab, hint_weight = hints.simulate(ab, options.data.hints, rng)
    lightness = degrade.age(degrade.record(linear, options.data.degrade, rng), options.data.degrade, rng)
    batch = Batch(lightness, hint_ab, hint_weight, F.avg_pool2d(ab, options.net.stride))
    if options.task.repeats:
        other = np.random.default_rng((options.run.seed, step, 1))
        again = degrade.age(degrade.record(linear, options.data.degrade, other), options.data.degrade, other)
        batch = batch._replace(again=again)
    if options.task.sees_pictures:
        clean = F.avg_pool2d(linear_to_lab(linear)[:, :1], options.net.stride)
        batch = batch._replace(clean=clean)
    return batch


def _windows(
    corpora: list[Corpus],
    options: TrainOptions,
    drawn: Iterable[tuple[int, NDArray[np.int64]]],
    size: int,
    rng: np.random.Generator,
) -> Tensor:
    """Cut a window out of each picture drawn: (batch, 3, size, size) sRGB, 0 to 1."""
    zoom = (options.data.zoom_smallest, options.data.zoom_largest)
    windows: list[Tensor] = []
    for number, which in drawn:
        corpus = corpora[number]
        height, width = corpus.sides[:, which]
        windows.append(
            corpus.crop(torch.from_numpy(which), random_view(height, width, size, zoom, rng), size)
        )
    return torch.cat(windows)


def _choose(
    corpora: list[Corpus], options: TrainOptions, step: int, stage: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield (corpus, pictures in it): the step's share of a shuffle of all pictures of all corpora, or of each."""
    if options.data.corpus_shares:
        counts = quotas(options.data.corpus_shares[stage], options.data.batch)
        for number in np.flatnonzero(counts):
            places = np.arange(step * counts[number], (step + 1) * counts[number])
            yield int(number), _shuffled(places, len(corpora[number]), options.run.seed)
        return
    lengths = np.array([len(c) for c in corpora])
    ends = np.cumsum(lengths)
    places = np.arange(step * options.data.batch, (step + 1) * options.data.batch)
    picked = _shuffled(places, int(ends[-1]), options.run.seed)
    owner = np.searchsorted(ends, picked, side="right")
    for number in np.unique(owner):
        yield int(number), picked[owner == number] - (ends[number] - lengths[number])


def _shuffled(places: NDArray[np.int64], length: int, seed: int) -> NDArray[np.int64]:
    """The pictures at places of an endless sequence of shuffles."""
    epochs, within = np.divmod(places, length)
    picked = np.empty_like(places)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        picked[here] = _order(int(epoch), length, seed)[within[here]]
    return picked


@lru_cache(maxsize=16)
def _order(epoch: int, length: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch, length)).permutation(length)


class BatchStream(IterableDataset[Batch]):
    """Batches from a step to the end of a plan by pictures; without end where the plan goes by minutes."""

    def __init__(self, corpora: list[Corpus], schedule: Schedule, first: int) -> None:
        super().__init__()
        self.corpora, self.schedule, self.first = corpora, schedule, first

    def __iter__(self) -> Iterator[Batch]:
        if get_worker_info() is not None:
            torch.set_num_threads(1)
        options = self.schedule.options
        for step in count(self.first):
            if options.run.minutes is None and self.schedule.over(step):
                return
            yield make_batch(self.corpora, options, step, stage=self.schedule.stage(step))


def count_bins(corpora: list[Corpus], options: TrainOptions) -> NDArray[np.float64]:
    """Count how often each bin occurs in the pictures: (313,) soft counts at 1/4 of 128-pixel windows."""
    total = torch.zeros(COUNT, dtype=torch.float64)
    encode = SoftEncoder()
    plain = TrainOptions(
        run=RunOptions(out=Path(), seed=options.run.seed),
        data=DataOptions(corpora=[], sizes=[128], size_ends=[], batch=64, zoom_smallest=0.9),
    )
    for step in range(options.data.prior_pictures // plain.data.batch):
        rng = np.random.default_rng((options.run.seed, step))
        rgb = _windows(corpora, plain, _choose(corpora, plain, step, 0), plain.data.sizes[0], rng).cpu()
        ab = F.avg_pool2d(linear_to_lab(srgb_to_linear(rgb))[:, 1:], 4)
        index, share = encode(ab.permute(0, 2, 3, 1).reshape(-1, 2))
        total.scatter_add_(0, index.flatten(), share.flatten().double())
    return total.numpy()


def load_prior(path: Path) -> Array:
    """Read the prior of the bins, (313,), sums to 1, from a JSON file.

    The file is {"prior": [...]}, or {"counts": [...]} of which the prior is smoothed.
    """
    table = json.loads(path.read_text())
    if "prior" in table:
        return np.array(table["prior"], np.float32)
    return smooth_prior(np.array(table["counts"], np.float64))
