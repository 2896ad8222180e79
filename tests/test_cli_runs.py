"""Runs that do what was asked, and say so: stopped, refused, left out, full, watched by nobody."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import encoded, gray_jpeg, scene
from rechroma import cli, hints
from rechroma.batch import Job, Outcome
from rechroma.cli.running import Tally, summary
from rechroma.types import Marks, Point

COMMAND = [sys.executable, "-c", "import sys; from rechroma.__main__ import main; sys.exit(main())"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three pictures, and things that are none."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(gray_jpeg())
    (tmp_path / "in" / "deep" / "b.png").write_bytes(encoded(scene(60, 80), "PNG"))
    (tmp_path / "in" / "notes.txt").write_text("none")
    return tmp_path


def _run(*arguments: object, graph: Path | None = None) -> int:
    method = ["--method", str(graph)] if graph is not None else []
    return cli.main([str(argument) for argument in arguments] + method)


# ── stopped ──


def test_ctrl_c_says_what_is_done_what_is_left_and_how_to_go_on(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("colorize", folder / "in" / "0.jpg", "-o", folder / "out", graph=graph) == 0
    colorize_file = sys.modules["rechroma.batch.job"].colorize_file

    def interrupted_at_the_third(source: Path, *rest: Any, **how: Any) -> Any:
        if source.name == "2.jpg":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        return colorize_file(source, *rest, **how)

    monkeypatch.setattr("rechroma.batch.job.colorize_file", interrupted_at_the_third)
    before = signal.getsignal(signal.SIGTERM)
    capsys.readouterr()
    assert _run("colorize", folder / "in", "-o", folder / "out", graph=graph) == 130
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == (
        "stopped: 1 colored, 1 skipped (already made with these settings), 1 left; the same command goes on from here"
    )
    assert signal.getsignal(signal.SIGTERM) == before
    monkeypatch.undo()
    assert _run("colorize", folder / "in", "-o", folder / "out", graph=graph) == 0
    assert "1 colored, 2 skipped" in capsys.readouterr().err


def test_ctrl_c_that_a_library_swallows_or_turns_into_another_error_ends_the_run_too(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def swallowed(*args: Any, **how: Any) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setattr("rechroma.batch.job.colorize_file", swallowed)
    assert _run("colorize", folder / "in", graph=graph) == 130
    assert "stopped: 0 colored, 3 left" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [0.02, 0.15, 0.4])
def test_ctrl_c_while_the_command_starts_shows_no_traceback(seconds: float, folder: Path) -> None:
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", hearing + COMMAND[-1].replace("sys.exit", "print(flush=True); sys.exit")]
    command += ["colorize", str(folder / "in")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert process.returncode in {130, -signal.SIGINT}


# ── said before any work ──


def test_what_is_left_out_is_counted_and_named_once(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(7):
        (folder / "in" / f"list {number}.txt").touch()
    (folder / "in" / ".hidden.jpg").touch()
    assert _run("colorize", folder / "in", folder / "in", graph=graph) == 0
    said = capsys.readouterr().err
    assert "left out: 1 folder inside, which --recursive searches too: " in said
    assert "left out: 8 files of a kind that is not read: " in said
    assert "list 4.txt and 3 more\n" in said
    assert "left out: 1 entry hidden, or a system's own: " in said
    assert said.count("left out") == 3


def test_another_option_is_refused_once_for_all_with_the_words_to_type(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("colorize", folder / "in", "-o", folder / "out", "--recursive")
    assert _run(*command, graph=graph) == 0
    (folder / "out" / "1.color.jpg").unlink()
    capsys.readouterr()
    assert _run(*command, "--saturation", "2", graph=graph) == 4
    said = capsys.readouterr().err
    refused, _, after = said.partition("3 refused before any work:\n")[2].partition("1 colored, 3 failed\n")
    assert refused.count("\n") == 1
    assert "saturation 1, not 2; --overwrite makes it again" in refused
    assert after == ""
    assert _run(*command, "--saturation", "2", "--overwrite", graph=graph) == 0
    assert "3 colored, 1 skipped (already made with these settings)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["in", "-o", "x.jpg"], 2, "-o x (or make one of this name first: mkdir x.jpg)"),
        (["in/0.jpg", "-o", "x.gif"], 2, "accepted: a name ending in .jpg"),
        (["in", "-o", "in/notes.txt"], 4, "is a file and no folder"),
        (["in", "-o", "in/notes.txt/deeper"], 4, "is no folder, so that no result can go into"),
        (["in/0.jpg", "-o", "in/0.jpg"], 4, "would replace one of the inputs"),
        (["in/0.jpg", "-o", "link.jpg"], 4, "is the picture itself"),
        (["in", "--sheet", "in/0.jpg"], 2, "accepted: a name ending in .html"),
        (["in", "--sheet", "page.html"], 4, "page.html is there and no contact sheet"),
        (["in", "--sheet", "in/notes.txt/page.html"], 4, "is no folder"),
        (["in", "--method", "hintnte"], 5, "no method is called 'hintnte'"),
        (["in", "--reference", "none.jpg"], 3, "none.jpg"),
        (["in", "--log", "none/x.log"], 4, "the log none/x.log cannot be written"),
        ([""], 2, "an argument is empty"),
        (["in", "-o", ""], 2, "-o is empty"),
        (["in", "--out="], 2, "--out= is empty"),
        (["in", "--reference", ""], 2, "--reference is empty"),
    ],
)
def test_what_cannot_be_is_said_before_any_work_with_what_to_type(  # noqa: PLR0917 - three of them a case
    arguments: list[str],
    code: int,
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    Path("link.jpg").symlink_to("in/0.jpg")
    Path("page.html").write_text("<h1>Mine</h1>")
    monkeypatch.setattr("rechroma.pipeline.files.load", lambda options: pytest.fail("work was done"))
    before = sorted(folder.rglob("*"))
    assert _run("colorize", *arguments) == code
    assert told in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


def test_a_sheet_replaces_a_sheet_and_other_pages_when_asked(folder: Path, graph: Path) -> None:
    sheet = folder / "look.html"
    for _ in range(2):
        assert _run("colorize", folder / "in", "--sheet", sheet, graph=graph) == 0
    sheet.write_text("<h1>Mine</h1>")
    assert _run("colorize", folder / "in", "--sheet", sheet, "--overwrite", graph=graph) == 0
    assert sheet.read_text(encoding="utf-8").count("<figure>") == 3


def test_a_picture_that_cannot_be_shown_is_missing_on_the_sheet_only(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = ("colorize", folder / "in", "--no-provenance", "--sheet", folder / "look.html")
    assert _run(*silent, graph=graph) == 0
    (folder / "in" / "1.color.jpg").write_bytes(b"damaged since")
    assert _run(*silent, graph=graph) == 0
    assert "1.jpg is not on the contact sheet" in capsys.readouterr().err
    assert (folder / "look.html").read_text(encoding="utf-8").count("<figure>") == 2


# ── hints ──


def test_hints_beside_pictures_are_used_in_a_batch_and_named(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = hints.to_json(Marks(points=(Point(x=0.5, y=0.5, color="#a33b2e"),)))
    (folder / "in" / "1.hints.json").write_text(marks)
    (folder / "in" / "2.hints.json").write_text("{}")
    assert _run("colorize", folder / "in", graph=graph) == 3
    said = capsys.readouterr().err
    assert f"hints used: {folder / 'in' / '1.hints.json'}\n" in said
    assert "1 refused before any work:\n" in said
    assert "2.jpg: the hints " in said
    assert "2 colored, 1 failed\n" in said
    assert _run("colorize", folder / "in" / "2.jpg", "--hint", "0.5,0.5,#a33b2e", graph=graph) == 0
    assert "2.hints.json beside it was not used" in capsys.readouterr().err


# ── what nobody foresaw, and where it is written ──


def test_a_traceback_goes_to_the_log_and_not_to_the_screen(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    colorize_file = sys.modules["rechroma.batch.job"].colorize_file

    def fails_once(source: Path, *rest: Any, **how: Any) -> Any:
        if source.name == "1.jpg":
            raise ZeroDivisionError("of all things")
        return colorize_file(source, *rest, **how)

    monkeypatch.setattr("rechroma.batch.job.colorize_file", fails_once)
    for log in ([], ["--log", folder / "run.log"]):
        assert _run("colorize", folder / "in", *log, graph=graph) == 1
        said = capsys.readouterr().err
        assert (
            "1.jpg: an error of Rechroma, ZeroDivisionError: of all things; please report it, --log" in said
        )
        assert "Traceback" not in said
    written = (folder / "run.log").read_text()
    assert f"{folder / 'in' / '1.jpg'}\nTraceback" in written and "fails_once" in written
    assert logging.getLogger("rechroma").handlers == []


# ── nobody listens ──


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
@pytest.mark.parametrize(
    "arguments", ["colorize -", "colorize in --json", "models list", "--help", "--version"]
)
def test_a_full_standard_output_is_an_error_that_says_so(arguments: str, folder: Path) -> None:
    with Path("/dev/full").open("wb") as full, (folder / "in" / "0.jpg").open("rb") as picture:
        done = subprocess.run(
            [*COMMAND, *arguments.split()],
            check=False,
            stdin=picture,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == "rechroma: cannot write to stdout: No space left on device"
    assert "Traceback" not in done.stderr


def test_a_reader_that_went_away_is_an_error_without_a_traceback(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "colorize", str(folder / "in" / "0.jpg"), "-o", "-"],
        check=False,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (
        4,
        "rechroma: cannot write to stdout: nobody reads it any more\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_pictures_are_colored_where_nobody_can_hear_of_it(folder: Path, graph: Path) -> None:
    command = [*COMMAND, "colorize", str(folder / "in"), "--method", str(graph)]
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run(command, check=False, stderr=full).returncode == 0
    assert len(list((folder / "in").glob("*.color.jpg"))) == 3


def test_names_cannot_move_the_cursor(folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in" / "\x1b[2J\nfake.jpg").write_bytes(b"no picture")
    assert _run("colorize", folder / "in", graph=graph) == 3
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert r"\x1b[2J\nfake.jpg" in said


def test_a_name_of_252_bytes_is_colored(folder: Path, graph: Path) -> None:
    (folder / "in" / ("m" * 248 + ".jpg")).write_bytes(gray_jpeg())
    assert _run("colorize", folder / "in", "-o", folder / "out", graph=graph) == 0
    assert len(list((folder / "out").iterdir())) == 4
    assert _run("colorize", folder / "in", "-o", folder / "out", graph=graph) == 0
    assert len(list((folder / "out").iterdir())) == 4


# ── many ──


def test_of_a_picture_that_there_is_nothing_to_tell_of_only_the_count_is_kept(folder: Path) -> None:
    job = Job(source=folder / "a.jpg", target=folder / "a.color.jpg")
    outcomes = [
        Outcome(job=job, status="done"),
        Outcome(job=job, status="skipped", message="already there"),
        Outcome(job=job, status="failed", message="no picture"),
        Outcome(job=job, status="done", warnings=("damaged",)),
    ]
    for keep, kept in ((False, outcomes[2:]), (True, outcomes)):
        tally = Tally(keep=keep, waiting=5)
        for outcome in outcomes:
            tally.add(outcome)
        assert tally.outcomes == kept
        assert summary(tally) == "2 colored, 1 skipped (already there), 1 failed"
        assert tally.waiting == 1
