"""What arrives in a folder is taken when it is whole, once, and again when it changes."""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conftest import gray_jpeg, opened
from rechroma import batch, cli, hints
from rechroma.batch import Arrivals, arrivals, scan
from rechroma.types import Marks, Point


class Script:
    """A clock that stands still but for sleeping, in which something happens to the folder; then Ctrl-C."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.now = 0.0
        self.steps = list(steps)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds == 0:
            return
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()

    def watch(self, look: Callable[[], Any]) -> Iterator[Arrivals]:
        return arrivals(look, rest=3, every=1, clock=self.clock, sleep=self.sleep)


def _watched(folder: Path, *steps: Callable[[], object]) -> tuple[list[tuple[str, float]], list[Arrivals]]:
    """Give which pictures are new (or changed, with a star) at what time, and all that was yielded."""
    script = Script(*steps)
    seen: list[tuple[str, float]] = []
    everything: list[Arrivals] = []
    try:
        for arrived in script.watch(lambda: scan([str(folder)], recursive=True)):
            everything.append(arrived)
            seen += [(found.path.name, script.now) for found in arrived.new]
            seen += [(f"{found.path.name}*", script.now) for found in arrived.changed]
    except KeyboardInterrupt:
        pass
    return seen, everything


def _wait() -> None:
    """Let a second pass."""


def _write(path: Path, data: bytes, time: float = 1e9) -> Callable[[], object]:
    def write() -> None:
        path.write_bytes(data)
        os.utime(path, (time, time))

    return write


def test_a_file_is_finished_when_size_and_time_have_been_at_rest(tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    steps = [_write(picture, b"x" * n, 1e9 + n) for n in (1, 2, 2, 3)]
    seen, _ = _watched(tmp_path, *steps, *[_wait] * 6)
    assert seen == [("a.jpg", 7.0)]  # written last at 4
    _write(picture, b"x")()
    seen, _ = _watched(tmp_path, _wait, _write(picture, b"y", 2e9), *[_wait] * 6)
    assert seen == [("a.jpg", 5.0)]


def test_an_empty_file_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert _watched(tmp_path, *[_wait] * 9)[0] == []


def test_what_changes_later_or_gets_hints_is_given_again_as_changed(tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    _write(picture, b"x")()
    steps = [*[_wait] * 4, _write(picture, b"xy"), *[_wait] * 4, _write(tmp_path / "a.hints.json", b"{}")]
    seen, _ = _watched(tmp_path, *steps, *[_wait] * 5)
    assert seen == [("a.jpg", 3.0), ("a.jpg*", 8.0), ("a.jpg*", 13.0)]


def test_a_change_before_the_first_rest_is_no_second_picture(tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    _write(picture, b"x")()
    seen, _ = _watched(tmp_path, _wait, picture.unlink, _write(picture, b"xyz"), *[_wait] * 5)
    assert seen == [("a.jpg", 6.0)]


def test_what_is_left_out_and_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes.txt").touch()
    away = tmp_path / "away"

    def back() -> None:
        away.rename(folder)

    _, everything = _watched(folder, _wait, lambda: folder.rename(away), _wait, _wait, back, _wait)
    told = [(len(each.left_out), [item.reason for item in each.unread]) for each in everything]
    assert told[0] == (1, [])
    assert [reasons for count, reasons in told if reasons] == [["it is not there"]]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    def play(*steps: Callable[[], object]) -> Script:
        script = Script(*steps)
        quick = partial(arrivals, rest=3, every=1, clock=script.clock, sleep=script.sleep)
        monkeypatch.setattr(batch, "arrivals", quick)
        return script

    return play


def test_watch_colors_what_arrives_and_after_a_restart_what_is_missing(
    tmp_path: Path, graph: Path, played: Callable[..., Script], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    _write(folder / "a.jpg", gray_jpeg())()
    command = ["watch", str(folder), "-o", str(out), "--method", str(graph), "--json"]
    wait = [_wait] * 5
    played(*wait, _write(folder / "b.jpg", gray_jpeg(60, 80)), _write(folder / "c.jpg", b"no picture"), *wait)
    assert cli.main(command) == 3
    said = capsys.readouterr()
    assert [json.loads(line)["status"] for line in said.out.splitlines()] == ["done", "done", "failed"]
    assert f"{folder / 'b.jpg'} -> {out / 'b.color.jpg'}" in said.err
    assert said.err.count("c.jpg: ") == 1
    assert "2 colored, 1 failed" in said.err
    (folder / "c.jpg").unlink()
    _write(folder / "d.jpg", gray_jpeg())()
    first = (out / "a.color.jpg").stat().st_mtime_ns
    played(*wait)
    assert cli.main(command) == 0
    said = capsys.readouterr()
    assert "1 colored, 2 skipped (already made with these settings)" in said.err
    assert sorted(path.name for path in out.iterdir()) == ["a.color.jpg", "b.color.jpg", "d.color.jpg"]
    assert (out / "a.color.jpg").stat().st_mtime_ns == first


def test_watch_follows_a_picture_that_changes_and_its_hints(
    tmp_path: Path, graph: Path, played: Callable[..., Script]
) -> None:
    picture, result = tmp_path / "a.jpg", tmp_path / "a.color.jpg"
    sizes: list[tuple[int, int]] = []
    marks = Marks(points=(Point(x=0.5, y=0.5, color="#a33b2e", radius=0.2),))
    _write(picture, gray_jpeg())()
    wait = [_wait] * 5
    files: list[bytes] = []
    played(
        *wait,
        lambda: sizes.append(opened(result).size),
        _write(picture, gray_jpeg(60, 80)),
        *wait,
        lambda: files.append(result.read_bytes()),
        _write(tmp_path / "a.hints.json", hints.to_json(marks).encode()),
        *wait,
    )
    assert cli.main(["watch", str(tmp_path), "--method", str(graph)]) == 0
    assert sizes == [(120, 90)]
    assert opened(result).size == (80, 60)
    assert result.read_bytes() != files[0]


def test_watch_takes_folders_and_no_hints_of_one_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["watch", str(tmp_path / "none")]) == 3
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["watch", str(tmp_path), "--hint", "0.5,0.5,#a33b2e"]) == 2
    assert "NAME.hints.json" in capsys.readouterr().err
    assert cli.main(["watch", str(tmp_path), "-o", str(tmp_path / "x.jpg")]) == 2
    assert cli.main(["watch", "-"]) == 2
