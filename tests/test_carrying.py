"""The film benchmark moves as it says, and its remedies stop a cast that feeds on itself."""

from types import SimpleNamespace

import numpy as np

from benchmarks.carrying import Step, alone, carried, film, last_word, sampled, smoothed
from rechroma.types import Hints, Prediction


class Biased:
    """Repeats its hints with a cast of one unit, at a quarter of the size."""

    info = SimpleNamespace(name="biased", work_size=64, multiple_of=1)

    def predict(self, lightness: np.ndarray, *, hints: Hints) -> Prediction:
        height, width = lightness.shape
        small = hints.ab.reshape(height // 4, 4, width // 4, 4, 2).mean(axis=(1, 3))
        return Prediction(ab=small + np.float32((1, 0)))


def after(step: Step, steps: int = 30) -> np.ndarray:
    light = np.full((64, 64), 50, np.float32)
    ab = np.full((64, 64, 2), 20, np.float32)
    for _ in range(steps):
        ab = step(Biased(), light, Hints(ab=ab, weight=np.ones((64, 64), np.float32)))  # type: ignore[arg-type]
    return ab - 20


def test_a_still_carries_everything_as_it_is() -> None:
    ab = np.random.default_rng(0).normal(0, 20, (32, 40, 2)).astype(np.float32)
    frames = film(moving=False)
    moved, known = carried(ab, frames[0], frames[1])
    assert np.allclose(moved, ab, atol=1e-3)
    assert known.all()


def test_carried_colors_are_those_of_the_next_frame() -> None:
    y, x = np.mgrid[0:200, 0:200].astype(np.float32)
    photograph = np.stack([np.sin(x / 20) * 30, np.cos(y / 25) * 30], axis=2)
    frames = film(moving=True)
    assert all(f.left >= 0 and f.left + f.side <= 1 and f.top + f.side <= 1 for f in frames)
    before, now = (sampled(photograph, *frame.grid((96, 96))) for frame in (frames[4], frames[5]))
    moved, known = carried(before, frames[4], frames[5])
    assert known.mean() > 0.95
    assert np.abs(moved - now)[known > 0].max() < 0.6
    assert np.abs(before - now).max() > 1


def test_a_cast_grows_alone_and_not_where_the_smooth_miss_is_made_good() -> None:
    assert after(alone).mean() > 10
    assert np.abs(after(smoothed)).max() < 0.1
    assert np.abs(after(last_word)).max() < 0.1
