"""Notes reach whoever collects them, and nobody else."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from rechroma.notes import collected, note


def test_a_note_that_nobody_collects_is_a_warning():
    with pytest.warns(UserWarning, match="only the first page"):
        note("only the first page is read")


def test_notes_are_collected_once_each_in_their_order_and_are_no_warnings():
    with collected() as notes:
        for message in ("b", "a", "b"):
            note(message)
    assert notes == ["b", "a"]


def test_threads_collect_only_their_own_notes():
    together = Barrier(2, timeout=10)

    def work(name: str) -> list[str]:
        with collected() as notes:
            together.wait()
            note(name)
            together.wait()
        return notes

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, ("first", "second"))) == [["first"], ["second"]]


def test_collecting_leaves_the_warnings_of_the_process_as_they_are():
    shown, filters = warnings.showwarning, list(warnings.filters)
    with collected():
        note("a note")
        assert warnings.showwarning is shown
        assert warnings.filters == filters
