"""The endless stream of training batches: batch k is the same whoever makes it and whenever."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import IterableDataset

from rechroma_train import degrade, hints
from rechroma_train.bins import COUNT, SoftEncoder
from rechroma_train.color import linear_to_lab, srgb_to_linear
from rechroma_train.config import TrainOptions
from rechroma_train.data import Corpus, random_view


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


def size_at(options: TrainOptions, step: int) -> int:
    """Side of the windows of this step."""
    stage = sum(step * options.batch >= end for end in options.size_ends)
    return options.sizes[stage]


def make_batch(corpora: list[Corpus], options: TrainOptions, step: int) -> Batch:
    """Make the batch of one step; it depends on the options and the step alone.

    Pictures are drawn without repetition until all of them were seen, then in a new order.
    """
    rng = np.random.default_rng((options.seed, step))
    size = size_at(options, step)
    linear = srgb_to_linear(_windows(corpora, options, step, size, rng))
    ab = linear_to_lab(linear)[:, 1:]
    hint_ab, hint_weight = hints.simulate(ab, options.hints, rng)
    lightness = degrade.age(degrade.record(linear, options.degrade, rng), options.degrade, rng)
    return Batch(lightness, hint_ab, hint_weight, F.avg_pool2d(ab, options.net.stride))


def _windows(
    corpora: list[Corpus], options: TrainOptions, step: int, size: int, rng: np.random.Generator
) -> Tensor:
    """Draw the pictures of a step and cut a window out of each: (batch, 3, size, size) sRGB, 0 to 1."""
    zoom = (options.zoom_smallest, options.zoom_largest)
    windows: list[Tensor] = []
    for number, which in _choose(corpora, options, step):
        corpus = corpora[number]
        height, width = corpus.sides[:, which]
        windows.append(
            corpus.crop(torch.from_numpy(which), random_view(height, width, size, zoom, rng), size)
        )
    return torch.cat(windows)


def _choose(
    corpora: list[Corpus], options: TrainOptions, step: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield (corpus, pictures in it): the step's share of a shuffle of all pictures of all corpora."""
    lengths = np.array([len(c) for c in corpora])
    ends = np.cumsum(lengths)
    places = np.arange(step * options.batch, (step + 1) * options.batch)
    picked = _shuffled(places, int(ends[-1]), options.seed)
    owner = np.searchsorted(ends, picked, side="right")
    for number in np.unique(owner):
        yield int(number), picked[owner == number] - (ends[number] - lengths[number])


def _shuffled(places: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """The pictures at places of an endless sequence of shuffles."""
    epochs, within = np.divmod(places, count)
    picked = np.empty_like(places)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        picked[here] = _order(int(epoch), count, seed)[within[here]]
    return picked


@lru_cache(maxsize=16)
def _order(epoch: int, count: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch, count)).permutation(count)


class BatchStream(IterableDataset[Batch]):
    """Batches from one step to another."""

    def __init__(self, corpora: list[Corpus], options: TrainOptions, first: int, last: int) -> None:
        super().__init__()
        self.corpora, self.options, self.first, self.last = corpora, options, first, last

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        for step in range(self.first, self.last):
            yield make_batch(self.corpora, self.options, step)


def count_bins(corpora: list[Corpus], options: TrainOptions) -> NDArray[np.float64]:
    """Count how often each bin occurs in the pictures: (313,) soft counts at 1/4 of 128-pixel windows."""
    total = torch.zeros(COUNT, dtype=torch.float64)
    encode = SoftEncoder()
    plain = TrainOptions(
        corpora=[], out=Path(), sizes=[128], size_ends=[], batch=64, seed=options.seed, zoom_smallest=0.9
    )
    for step in range(options.prior_pictures // plain.batch):
        rng = np.random.default_rng((options.seed, step))
        rgb = _windows(corpora, plain, step, plain.sizes[0], rng).cpu()
        ab = F.avg_pool2d(linear_to_lab(srgb_to_linear(rgb))[:, 1:], 4)
        index, share = encode(ab.permute(0, 2, 3, 1).reshape(-1, 2))
        total.scatter_add_(0, index.flatten(), share.flatten().double())
    return total.numpy()


def load_prior(path: Path) -> NDArray[np.float64]:
    """Read (313,) bin counts from a JSON file {"counts": [...]}."""
    return np.array(json.loads(path.read_text())["counts"], np.float64)
