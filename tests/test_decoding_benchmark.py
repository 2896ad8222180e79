"""The decoding benchmark decodes as the graph does, and reads its curves at equal colorfulness."""

import numpy as np
import pytest
from decoding import TODAY, WAYS, Curve, Scores, Seen, along, look, one_mode, plainly

from rechroma import color, methods
from rechroma.tiling import resize, work_shape
from rechroma.types import PredictOptions


def ramp() -> np.ndarray:
    """A lightness with a shape in it: (48, 64)."""
    y, x = np.mgrid[0:48, 0:64].astype(np.float32)
    return 30 + y + 20 * ((x - 32) ** 2 + (y - 24) ** 2 < 200)


def seen_of(scores: np.ndarray) -> Seen:
    return Seen(
        light=np.full(scores.shape[:2], 50, np.float32),
        passes={name: Scores(faithful=scores, bold=scores) for name in ("plain", "flipped", "larger")},
    )


def test_today_is_what_the_graph_says() -> None:
    network = methods.load("hintnet", device="cpu", threads=1)
    seen = look(network, ramp(), ("plain",))
    shape = work_shape(48, 64, network.info.work_size, network.info.multiple_of)
    small = np.clip(resize(ramp(), shape, kernel="area"), 0, 100)
    said = network.predict(small, options=PredictOptions(vividness=0.25, temperature=0.6)).ab
    assert np.abs(WAYS[TODAY].decode(seen, 0.25) - said).max() < 0.02


@pytest.mark.parametrize("name", WAYS)
def test_every_way_gives_the_color_that_is_certain_everywhere(name: str) -> None:
    scores = np.zeros((5, 6, 313), np.float32)
    scores[..., 100] = 80
    ab = WAYS[name].decode(seen_of(scores), 0.0)
    assert np.abs(ab - color.ab_bins()[100]).max() < 0.5


def test_a_curve_is_read_between_its_points_and_nowhere_else() -> None:
    curve = Curve(
        psnr={0.0: [24.0, 22.0], 1.0: [20.0, 20.0]},
        colorfulness={0.0: [8.0, 12.0], 1.0: [18.0, 22.0]},
        auc={0.0: [60.0, 60.0], 1.0: [70.0, 70.0]},
    )
    read = curve.at(15)
    assert read is not None
    assert np.allclose(read[0], [22, 21])
    assert np.allclose(read[1], 65)
    assert curve.at(9) is None
    assert curve.at(21) is None


def test_smoothing_within_edges_stops_at_an_edge() -> None:
    light = np.full((8, 20), 20, np.float32)
    light[:, 10:] = 90
    planes = np.zeros((8, 20, 1), np.float32)
    planes[:, 10:] = 1
    planes[4, 3] = 0.5
    smooth = along(planes, light, reach=4, edge=8)
    assert smooth[:, :9].max() < 0.2
    assert smooth[:, 11:].min() > 0.99
    assert np.allclose(along(np.ones_like(planes), light, reach=4, edge=8), 1)


def test_one_mode_wins_where_neighbors_disagree_without_reason() -> None:
    rng = np.random.default_rng(0)
    scores = np.full((12, 12, 313), -9, np.float32)
    scores[..., 20] = rng.normal(1.0, 1, (12, 12))
    scores[..., 280] = rng.normal(0.0, 1, (12, 12))
    each = plainly(seen_of(scores), 0.0, temperature=0.8)
    mode = one_mode(seen_of(scores), 0.0, weight=6.0)
    assert mode.std(axis=(0, 1)).max() < 0.1 * each.std(axis=(0, 1)).max()
    assert np.median(np.abs(mode - color.ab_bins()[20])) < 1
