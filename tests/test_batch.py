"""A run: every picture once, what is there is skipped, and what dies costs one picture."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from conftest import gray_jpeg, opened
from rechroma import batch
from rechroma.batch import Found, Job, Outcome, pool
from rechroma.errors import WorkerDied
from rechroma.types import ColorizeOptions


def _jobs(folder: Path, count: int, size: tuple[int, int] = (48, 64)) -> list[Job]:
    data = gray_jpeg(*size)
    for number in range(count):
        (folder / f"{number:02}.jpg").write_bytes(data)
    return list(batch.plan([Found(path) for path in sorted(folder.glob("*.jpg"))], out=folder / "out").jobs)


def _results(folder: Path) -> list[str]:
    """Name every file in the folder of the results, hidden ones too."""
    return sorted(path.name for path in (folder / "out").iterdir())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_picture_is_colored_once(workers: int, tmp_path: Path, options: ColorizeOptions) -> None:
    jobs = _jobs(tmp_path, 5)
    outcomes = list(batch.run(jobs, options, workers=workers))
    assert sorted(outcome.job.source for outcome in outcomes) == [job.source for job in jobs]
    assert {outcome.status for outcome in outcomes} == {"done"}
    assert _results(tmp_path) == [f"{number:02}.color.jpg" for number in range(5)]
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_picture_costs_itself_only(workers: int, tmp_path: Path, options: ColorizeOptions) -> None:
    jobs = _jobs(tmp_path, 4)
    jobs[1].source.write_bytes(b"no picture")
    jobs[2].source.unlink()
    outcomes = {outcome.job.source.name: outcome for outcome in batch.run(jobs, options, workers=workers)}
    assert [outcomes[f"0{number}.jpg"].status for number in range(4)] == ["done", "failed", "failed", "done"]
    assert outcomes["01.jpg"].error == outcomes["02.jpg"].error == "UnreadableImage"
    assert _results(tmp_path) == ["00.color.jpg", "03.color.jpg"]


@pytest.mark.parametrize("error", [KeyError("oh"), MemoryError("oh")])
def test_an_error_that_nobody_foresaw_costs_one_picture_and_is_logged(
    error: Exception,
    tmp_path: Path,
    options: ColorizeOptions,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs = _jobs(tmp_path, 3)
    colorize_file = sys.modules["rechroma.batch.job"].colorize_file

    def fails_once(source: Path, *rest: object, **how: object) -> object:
        if source == jobs[1].source:
            raise error
        return colorize_file(source, *rest, **how)

    monkeypatch.setattr("rechroma.batch.job.colorize_file", fails_once)
    outcomes = list(batch.run(jobs, options))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert outcomes[1].error == type(error).__name__
    assert outcomes[1].message.startswith(
        "memory ran out" if isinstance(error, MemoryError) else "an error of Rechroma, KeyError: 'oh'"
    )
    assert f"{jobs[1].source}\nTraceback" in caplog.text
    assert "fails_once" in caplog.text
    assert "Traceback" not in json.dumps(outcomes[1].as_dict())


class Unfit:
    """Travels to a worker as options that no code can use."""

    threads = 1


def test_an_error_that_nobody_foresaw_costs_one_picture_in_worker_processes_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = _jobs(tmp_path, 2)
    outcomes = list(batch.run(jobs, Unfit(), workers=2))  # type: ignore[arg-type]
    assert [outcome.error for outcome in outcomes] == ["AttributeError", "AttributeError"]
    assert caplog.text.count("Traceback") == 2


def test_ctrl_c_is_no_failure_of_a_picture(
    tmp_path: Path, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **how: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rechroma.batch.job.colorize_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(batch.run(_jobs(tmp_path, 2), options))


def test_a_full_disk_ends_the_run_and_leaves_the_rest(
    tmp_path: Path, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = _jobs(tmp_path, 4)

    def full(_: int) -> None:
        if len(_results(tmp_path)) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcomes = list(batch.run(jobs, options))
    assert [outcome.status for outcome in outcomes] == ["done", "failed"]
    assert outcomes[1].error == "DiskFull"
    assert "No space left" in outcomes[1].message
    assert _results(tmp_path) == ["00.color.jpg"]
    monkeypatch.undo()
    assert [outcome.status for outcome in batch.run(jobs, options)] == ["skipped", "done", "done", "done"]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, options: ColorizeOptions) -> None:
    jobs = _jobs(tmp_path, 4)
    first = batch.run(jobs, options)
    next(first)
    next(first)
    first.close()  # type: ignore[attr-defined]
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in _results(tmp_path)}
    assert len(times) == 2
    again = list(batch.run(jobs, options))
    assert [outcome.status for outcome in again] == ["skipped", "skipped", "done", "done"]
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in times} == times


def test_a_killed_worker_costs_one_picture(
    tmp_path: Path, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = _jobs(tmp_path, 8, (1500, 2000))
    outcomes: list[Outcome] = []
    busy: list[int | None] = []
    give = pool._give

    def watched(worker: pool._Worker, waiting: deque[Job]) -> None:
        give(worker, waiting)
        busy.append(worker.process.pid)

    monkeypatch.setattr(pool, "_give", watched)
    for outcome in batch.run(jobs, options, workers=2):
        outcomes.append(outcome)
        if len(outcomes) == 2:
            os.kill(busy[-1] or 0, signal.SIGKILL)  # the one that was given a picture this moment
            for job in jobs:  # as if it had been killed in the middle of writing
                (tmp_path / "out" / f".{job.target.name}.abcd_123.part").write_bytes(b"half")
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    assert len(outcomes) == len(jobs)
    assert [outcome.error for outcome in failed] == ["WorkerDied"]
    assert "signal 9" in failed[0].message
    names = _results(tmp_path)
    assert len([name for name in names if name.endswith(".color.jpg")]) == len(jobs) - 1
    assert f".{failed[0].job.target.name}.abcd_123.part" not in names
    assert {outcome.status for outcome in batch.run(jobs, options)} == {"skipped", "done"}


def test_stopping_a_run_early_leaves_no_half_files_and_no_processes(
    tmp_path: Path, options: ColorizeOptions
) -> None:
    jobs = _jobs(tmp_path, 8, (600, 800))
    running = batch.run(jobs, options, workers=2)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []
    assert _results(tmp_path)
    for name in _results(tmp_path):
        assert opened(tmp_path / "out" / name).mode == "RGB"


def test_workers_that_cannot_start_end_the_run_with_the_reason(
    tmp_path: Path, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_work", _leave_at_once)
    with pytest.raises(WorkerDied, match="exit status 3"):
        list(batch.run(_jobs(tmp_path, 4), options, workers=2))
    assert multiprocessing.active_children() == []


def _leave_at_once(*args: object) -> None:
    raise SystemExit(3)


INTERRUPTED = """
import os, signal, sys
from multiprocessing import Pipe
from rechroma.batch import pool

def do(job, options, *, overwrite):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit as told:
        if sys.argv[1] == "breaks":
            raise ImportError("initialization failed") from told

ours, theirs = Pipe()
pool.do = do
for _ in range(2):
    ours.send("a job")
pool._work(theirs, None, False)
"""


@pytest.mark.parametrize("import_under_way", ["breaks", "goes on"])
def test_a_worker_told_to_leave_in_the_middle_of_an_import_leaves_quietly(import_under_way: str) -> None:
    worker = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, import_under_way],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert worker.stderr == ""
    assert worker.returncode == (143 if import_under_way == "breaks" else 0)


@pytest.fixture
def ctrl_c_heard() -> Iterator[None]:
    """A shell starts what it puts in the background deaf to Ctrl-C, and a child inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_heard")
def test_ctrl_c_ends_the_command_and_its_workers_at_once(tmp_path: Path, graph: Path) -> None:
    _jobs(tmp_path, 40, (900, 1200))
    command = [sys.executable, "-m", "rechroma", "colorize", str(tmp_path), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        [*command, "--method", str(graph), "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["status"] == "done"
        os.killpg(process.pid, signal.SIGINT)
        start = time.monotonic()
        _, errors = process.communicate(timeout=60)
        assert time.monotonic() - start < 30
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert len(_results(tmp_path)) < 40
    for name in _results(tmp_path):
        assert opened(tmp_path / "out" / name).mode == "RGB"
    _wait_for_the_end_of_group(process.pid)


def _wait_for_the_end_of_group(group: int) -> None:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("a process of the run is still there after 10 seconds")


@pytest.mark.skipif(sys.platform == "win32", reason="no signal masks")
def test_no_worker_hears_ctrl_c_while_it_starts_the_first_one_neither() -> None:
    code = (
        "import signal; from multiprocessing import resource_tracker; from rechroma.batch import pool\n"
        "with pool._interrupts_blocked():\n"
        "    resource_tracker.ensure_running()  # as starting a process does\n"
        "    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_sigterm_ends_the_command_like_ctrl_c(tmp_path: Path, graph: Path) -> None:
    _jobs(tmp_path, 40, (900, 1200))
    command = [sys.executable, "-m", "rechroma", "colorize", str(tmp_path), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        [*command, "--method", str(graph), "--workers", "1", "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert all(opened(tmp_path / "out" / name).mode == "RGB" for name in _results(tmp_path))


def test_the_number_of_workers_follows_cores_and_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["rechroma.batch.run"], "cores", lambda: 4)
    assert batch.share_workers(3, 0) == 1
    assert batch.share_workers(24, 0) == 3
    assert batch.share_workers(1000, 0) == 4
    assert batch.share_workers(100, 3) == 3
    assert batch.share_workers(2, 8) == 2
    assert batch.share_workers(0, 0) == 1


def test_an_outcome_is_plain_data(tmp_path: Path, options: ColorizeOptions) -> None:
    [outcome] = batch.run(_jobs(tmp_path, 1), options)
    facts = json.loads(json.dumps(outcome.as_dict()))
    assert facts["status"] == "done"
    assert facts["way"] == "lossless"
    assert facts["size"] == [48, 64]
    assert facts["model"]["name"] == "test.onnx"


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_reader_warns_of_is_part_of_the_outcome(
    workers: int, tmp_path: Path, options: ColorizeOptions
) -> None:
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(tmp_path / name, np.zeros((3, 40, 50), np.uint8), photometric="minisblack")
    jobs = batch.plan([Found(tmp_path / "a.tif"), Found(tmp_path / "b.tif")]).jobs
    for outcome in batch.run(jobs, options, workers=workers):
        assert outcome.status == "done"
        assert "first" in outcome.warnings[0]
        assert outcome.as_dict()["warnings"] == list(outcome.warnings)


def test_a_contact_sheet_shows_what_a_run_made(tmp_path: Path, options: ColorizeOptions) -> None:
    jobs = _jobs(tmp_path, 3)
    jobs[0].source.write_bytes(b"no picture")
    outcomes = [*batch.run(jobs, options), *batch.run(jobs[1:2], options)]
    batch.write_sheet(outcomes, tmp_path / "sheets" / "look.html")
    page = (tmp_path / "sheets" / "look.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 3
    assert "00.jpg" not in page and "02.jpg" in page
    assert "from an earlier run" in page


def test_options_reach_the_workers(tmp_path: Path, options: ColorizeOptions) -> None:
    jobs = _jobs(tmp_path, 3)
    list(batch.run(jobs, replace(options, saturation=0), workers=2))
    low, high = opened(jobs[0].target).convert("YCbCr").getchannel(1).getextrema()
    assert 127 <= low <= high <= 129
