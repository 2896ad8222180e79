"""Damaged files of every container come out in color or are refused in our own words; nothing else ever happens."""

import os
import time
from collections import Counter

import pytest

from benchmarks import damage, fuzz
from graphs import save
from rechroma import image, notes

# Pillow warns of damaged EXIF in its own words, beside ours.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

INPUTS = 500


@pytest.fixture(scope="module")
def method(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network that costs nothing: the files are what is tried."""
    return str(save(tmp_path_factory.mktemp("fuzz") / "flat.onnx"))


def test_five_hundred_damaged_files_are_colored_or_refused_by_name(method: str) -> None:
    found = [fuzz.attempt(number, method) for number in range(INPUTS)]
    assert [outcome for outcome in found if outcome.wrong] == []
    assert max(outcome.seconds for outcome in found) < fuzz.PATIENCE
    # Both happen in every container: damage that nothing survives, or that nobody notices, tries nothing.
    kinds = Counter((o.seed.partition(" ")[0], o.verdict == "colored") for o in found)
    assert all(
        kinds[name, colored] >= 5
        for name in ("JPEG", "PNG", "TIFF", "WEBP", "OTHER")
        for colored in (True, False)
    )


def test_the_same_number_is_the_same_file_and_seeds_are_sound() -> None:
    assert damage.make(7) == damage.make(7)
    assert len({damage.make(number)[1] for number in range(50)}) > 45
    for name, data in damage.seeds().items():
        with notes.collected() as told:
            image.small_lightness(image.read(data), (8, 8))
        assert told == (
            ["this JPEG holds more than one picture; the first is taken"] if "two" in name else []
        )
        assert name.partition(" ")[0] in {"JPEG", "PNG", "TIFF", "WEBP", "OTHER"}


def ends_or_hangs(number: int, method: str) -> fuzz.Outcome:
    if number == 1:
        os._exit(3)
    if number == 2:
        time.sleep(60)
    return fuzz.Outcome(number, "PNG gray", "colored")


def test_an_input_that_hangs_or_ends_the_process_is_named_and_the_others_go_on() -> None:
    found = list(fuzz.outcomes(range(5), attempt=ends_or_hangs, patience=2.0))
    assert [outcome.number for outcome in found] == [0, 1, 2, 3, 4]
    assert [outcome.wrong for outcome in found] == [False, True, True, False, False]
    assert "exit code 3" in found[1].verdict
    assert "still at it" in found[2].verdict


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_damaged_files(method: str) -> None:
    """Run by `scripts/test -m slow`; `python -m benchmarks fuzz` prints the figures."""
    found = list(fuzz.outcomes(range(10_000), method=method))
    assert [outcome for outcome in found if outcome.wrong] == []
    assert max(outcome.memory for outcome in found) < fuzz.BOUND
