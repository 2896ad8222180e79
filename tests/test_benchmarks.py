"""The parts of the speed benchmark tell the truth."""

import statistics

import numpy as np
import pytest
import torch

from benchmarks.ddcolor_sized import DDColorSized
from benchmarks.measure import markdown, peak_memory, rows, side_by_side
from benchmarks.photographs import gray, photograph
from benchmarks.refinement import markdown as markdown_of_refinements
from benchmarks.refinement import table
from rechroma.types import REFINEMENTS


def test_ratios_are_medians_over_the_median_of_the_base() -> None:
    base, other = rows({"base": [2.0, 1.0, 9.0], "other": [4.0, 3.0, 5.0]}, unit="ms", to="base", scale=10)
    assert (base.value, base.lowest, base.ratio) == (20, 10, 1)
    assert (other.value, other.lowest, other.ratio) == (40, 30, 2)
    assert "| other | 40 ms | 30 ms | 2.00 | 3 |" in markdown([base, other])


def test_cases_run_in_turn() -> None:
    order: list[str] = []
    cases = {name: (lambda name=name: order.append(name)) for name in "ab"}
    seconds = side_by_side(cases, repeats=2, warm_up=0)
    assert order == ["a", "b", "a", "b"]
    assert all(len(times) == 2 and statistics.median(times) > 0 for times in seconds.values())


def test_peak_memory_is_that_of_the_fresh_process_alone() -> None:
    ballast = np.ones(60_000_000, np.uint8)
    small = peak_memory("x = 1")
    assert ballast.nbytes / 1e6 > small
    assert peak_memory("x = b'1' * 80_000_000") > small + 75


def test_the_comparison_graph_has_the_size_of_ddcolor_tiny() -> None:
    net = DDColorSized().eval()
    assert sum(weights.numel() for weights in net.parameters()) / 1e6 == pytest.approx(55.0, abs=0.5)
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 32, 32)).shape == (1, 2, 32, 32)


def test_made_photographs_are_repeatable_and_colorful() -> None:
    picture = photograph(60, 81, seed=3)
    assert picture.shape == (60, 81, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, photograph(60, 81, seed=3))
    assert not np.array_equal(picture, photograph(60, 81, seed=4))
    assert gray(picture).shape == (60, 81)
    assert np.ptp(picture.astype(int), axis=2).mean() > 10


def test_the_table_of_refinements_compares_each_with_none() -> None:
    one = {"truth": (np.inf, 40.0, 0.2)} | dict.fromkeys(REFINEMENTS, (20.0, 10.0, 0.5))
    other = one | {"crf": (21.0, 12.0, 0.3)}
    times = {"network": 10.0} | dict.fromkeys(REFINEMENTS[1:], 20.0)
    scored = {row.refinement: row for row in table(None, [one, other], [times])}
    assert (scored["crf"].psnr_gain, scored["crf"].psnr_gain_error) == (0.5, 0.5)
    assert (scored["crf"].bleeding, scored["crf"].ms, scored["crf"].of_network) == (40, 20, 2)
    assert scored["none"].psnr_gain == 0
    drawn = markdown_of_refinements(list(scored.values()))
    assert "| `crf` | random field | 20.50 dB | +0.50 ± 0.50 dB | 11.0 | 40.0 % | 20 ms | 2.0 × |" in drawn
    assert "|  | the photograph itself |  |  | 40.0 | 20.0 % | | |" in drawn
