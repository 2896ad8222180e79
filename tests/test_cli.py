"""The command: options, exit codes, pipes, JSON, and what it says."""

import dataclasses
import inspect
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import rechroma
from conftest import encoded, gray_jpeg, opened, scene
from rechroma import cli, errors, hints
from rechroma.errors import RechromaError
from rechroma.methods import METHODS
from rechroma.types import ColorizeOptions, Marks, Point


class _Pipe(io.TextIOWrapper):
    """A stdin or stdout that is no terminal and has a buffer of bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data))

    def content(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


class _Screen(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a gray JPEG and a PNG in a folder."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jpg").write_bytes(gray_jpeg())
    (tmp_path / "in" / "deep" / "b.png").write_bytes(encoded(scene(60, 80), "PNG"))
    return tmp_path


def _run(*arguments: object, graph: Path | None = None) -> int:
    method = ["--method", str(graph)] if graph is not None else []
    return cli.main([str(argument) for argument in arguments] + method)


# ── options ──


def test_options_have_the_defaults_of_the_dataclass() -> None:
    parameters = inspect.signature(cli.colorize).parameters
    for field in dataclasses.fields(ColorizeOptions):
        said = parameters[field.name].default
        assert said == field.default or (said == [] and not field.default), field.name


def test_every_option_reaches_its_field(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    seen: list[ColorizeOptions] = []
    wanted = ColorizeOptions(
        method="scribble",
        vividness=0.25,
        temperature=0.5,
        saturation=1.5,
        warmth=-0.5,
        hints=Marks(
            points=(Point(x=0.25, y=0.5, color="#a33b2e"), Point(x=0.5, y=1, color=None, radius=0.1))
        ),
        reach=0.5,
        references=(folder / "in" / "a.jpg",),
        reference_library=folder,
        refine="tv",
        format="png",
        quality=77,
        provenance=False,
        lossless_luma=False,
        max_megapixels=12,
        device="cpu",
        threads=3,
    )

    def look(jobs: Any, options: ColorizeOptions, **how: Any) -> Any:
        seen.append(options)
        yield from ()

    monkeypatch.setattr("rechroma.batch.run", look)
    (folder / "first.json").write_text(hints.to_json(Marks(points=wanted.hints.points[:1])))
    arguments: list[object] = ["--hints", folder / "first.json", "--hint", "0.5,1,gray,0.1"]
    arguments += ["--reference", wanted.references[0]]
    for field in dataclasses.fields(ColorizeOptions):
        if field.name in {"hints", "references"}:
            continue
        value, name = getattr(wanted, field.name), field.name.replace("_", "-")
        arguments += [f"--no-{name}"] if value is False else [f"--{name}", value]
    assert _run("colorize", folder / "in", *arguments) == 0
    assert seen == [wanted]
    assert all(getattr(wanted, f.name) != f.default for f in dataclasses.fields(ColorizeOptions))


# ── files and folders ──


def test_a_picture_is_colored_beside_itself(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("colorize", folder / "in" / "a.jpg", graph=graph) == 0
    assert opened(folder / "in" / "a.color.jpg").mode == "RGB"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip() == str(folder / "in" / "a.color.jpg")


def test_a_folder_keeps_its_tree_and_a_second_run_skips(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("colorize", folder / "in", "-o", folder / "out", "--recursive")
    assert _run(*command, graph=graph) == 0
    results = sorted(path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.*"))
    assert results == ["a.color.jpg", "deep/b.color.png"]
    assert _run(*command, graph=graph) == 0
    assert "2 skipped" in capsys.readouterr().err


def test_out_may_be_a_file_for_one_picture(folder: Path, graph: Path) -> None:
    assert _run("colorize", folder / "in" / "a.jpg", "-o", folder / "new.png", graph=graph) == 0
    assert opened(folder / "new.png").format == "PNG"


def test_a_sheet_is_written_where_it_is_asked_for(folder: Path, graph: Path) -> None:
    sheet = folder / "look.html"
    assert _run("colorize", folder / "in", "-r", "--sheet", sheet, graph=graph) == 0
    assert sheet.read_text(encoding="utf-8").count("<figure>") == 2


def test_json_is_an_object_a_line_for_each_picture(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "in" / "broken.jpg").write_bytes(b"no picture")
    assert _run("colorize", folder / "in", "-r", "--json", graph=graph) == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {Path(line["source"]).name: line["status"] for line in lines} == {
        "a.jpg": "done",
        "b.png": "done",
        "broken.jpg": "failed",
    }
    [failed] = [line for line in lines if line["status"] == "failed"]
    assert failed["error"] == "UnreadableImage" and failed["message"]


# ── pipes ──


def test_stdin_goes_to_stdout(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = _Pipe()
    monkeypatch.setattr(sys, "stdin", _Pipe(gray_jpeg()))
    monkeypatch.setattr(sys, "stdout", stdout)
    assert _run("colorize", "-", graph=graph) == 0
    assert opened(stdout.content()).mode == "RGB"


def test_stdin_goes_to_a_file_and_a_file_to_stdout(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdout = _Pipe()
    monkeypatch.setattr(sys, "stdin", _Pipe(gray_jpeg()))
    monkeypatch.setattr(sys, "stdout", stdout)
    assert _run("colorize", "-", "-o", folder / "new.jpg", graph=graph) == 0
    assert opened(folder / "new.jpg").mode == "RGB"
    assert stdout.content() == b""
    assert _run("colorize", folder / "in" / "a.jpg", "-o", "-", "--format", "png", graph=graph) == 0
    assert opened(stdout.content()).format == "PNG"


def test_a_pipe_takes_one_picture_and_prints_nothing_else(folder: Path, graph: Path) -> None:
    for more in ([folder / "in" / "a.jpg"], ["--json"], ["--sheet", folder / "x.html"]):
        assert _run("colorize", "-", *more, graph=graph) == 2


# ── failures ──


def test_every_error_has_an_exit_code_and_success_has_none() -> None:
    kinds = {each for each in vars(errors).values() if inspect.isclass(each)} - {RechromaError}
    assert len(kinds) > 10
    assert {kind for kind in kinds if cli.exit_code(kind) in {0, cli.exit_code(RechromaError)}} == set()
    for code in set(cli.EXIT_CODES.values()):
        assert f"{code} " in cli.EPILOG


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--saturation", "5"], 2),
        (["--format", "gif"], 2),
        (["--nonsense"], 2),
        (["--max-megapixels", "0.001"], 3),
        (["--method", "hintnte"], 5),
        (["--method", "missing.onnx"], 5),
    ],
)
def test_a_failure_has_its_exit_code_and_its_reason(
    arguments: list[str], code: int, folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method = None if "--method" in arguments else graph
    assert _run("colorize", folder / "in" / "a.jpg", *arguments, graph=method) == code
    said = capsys.readouterr().err
    assert said and "Traceback" not in said
    assert not (folder / "in" / "a.color.jpg").exists()


def test_warnings_of_the_reader_are_shown(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = folder / "scan.tif"
    tifffile.imwrite(scan, np.zeros((3, 40, 50), np.uint8), photometric="minisblack")
    assert _run("colorize", scan, graph=graph) == 0
    assert f"warning: {scan}: " in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", _Pipe())
    assert _run("colorize", scan, "-o", "-", graph=graph) == 0
    assert "first" in capsys.readouterr().err


def test_a_terminal_shows_progress_with_rate_and_time_left(
    folder: Path, graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("b.jpg", "c.jpg"):
        (folder / "in" / name).write_bytes(gray_jpeg())
    assert _run("colorize", folder / "in", graph=graph) == 0
    assert "3/3" in screen.getvalue()
    assert "/s" in screen.getvalue() and "0:00:00" in screen.getvalue()
    for name in ("b.color.jpg", "c.color.jpg"):
        (folder / "in" / name).unlink()
    assert _run("colorize", folder / "in", graph=graph) == 0
    assert "2/2" in screen.getvalue()


def test_failures_are_listed_at_the_end(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "in" / "broken.jpg").write_bytes(b"no picture")
    (folder / "in" / "deep" / "b.jpg").write_bytes(b"")
    assert _run("colorize", folder / "in", folder / "missing.jpg", "-r", graph=graph) == 3
    said = capsys.readouterr().err
    assert "2 colored, 3 failed:" in said
    for name in ("broken.jpg", "b.jpg", "missing.jpg"):
        assert name in said


def test_different_failures_give_the_common_exit_code(folder: Path, graph: Path) -> None:
    (folder / "in" / "broken.jpg").write_bytes(b"no picture")
    (folder / "in" / "c.bmp").write_bytes(encoded(scene(8, 8), "BMP"))
    (folder / "in" / "c.png").write_bytes(encoded(scene(8, 8), "PNG"))
    assert _run("colorize", folder / "in", graph=graph) == 1
    assert (folder / "in" / "c.color.png").exists()


def test_nothing_to_do_is_an_input_error(tmp_path: Path) -> None:
    assert _run("colorize", tmp_path) == 3


# ── the other commands ──


def test_the_demo_leaves_before_after_and_a_sheet(tmp_path: Path, graph: Path) -> None:
    assert _run("demo", "-o", tmp_path / "demo", graph=graph) == 0
    assert _run("demo", "-o", tmp_path / "demo", graph=graph) == 0
    before = sorted((tmp_path / "demo" / "before").glob("*.jpg"))
    after = sorted((tmp_path / "demo" / "after").iterdir())
    assert len(before) == len(after) >= 5
    assert all(opened(path).mode == "L" for path in before)
    credits = (tmp_path / "demo" / "before" / "credits.txt").read_text(encoding="utf-8")
    assert all(path.name in credits for path in before)
    assert all(opened(path).mode == "RGB" for path in after)
    assert (tmp_path / "demo" / "index.html").read_text(encoding="utf-8").count("<figure>") == len(before)


def test_the_demo_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rechroma.demo.find_spec", lambda name: None)
    assert _run("demo", "-o", tmp_path) == 6
    assert "rechroma[demo]" in capsys.readouterr().err


def test_info_shows_versions_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rechroma"] == rechroma.__version__
    assert "cpu" in facts["devices"]
    assert _run("info") == 0
    assert "onnxruntime" in capsys.readouterr().out


def test_models_are_listed_and_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("models", "list", "--json") == 0
    names = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert set(METHODS) < set(names)
    for name in names:
        assert _run("models", "info", name) == _run("models", "info", name, "--json") == 0
        assert _run("models", "fetch", name) == (5 if name in METHODS else 0)
    capsys.readouterr()
    assert _run("models", "list") == 0
    shown = capsys.readouterr().out
    assert [name for name in names if name not in shown] == []
    assert _run("models", "info", "nonsense") == 5


@pytest.mark.parametrize(
    "start", [["-m", "rechroma"], ["-c", "import sys; from rechroma.__main__ import main; sys.exit(main())"]]
)
def test_version_loads_nothing_heavy(start: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", *start, "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == f"rechroma {rechroma.__version__}"
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"numpy", "onnxruntime", "PIL", "rich", "rechroma.types"}


def test_the_shell_can_complete_commands() -> None:
    command = [sys.executable, "-m", "rechroma", "--show-completion", "bash"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "_RECHROMA_COMPLETE" in done.stdout


# ── hints, proposals, uncertainty ──


def test_proposals_and_uncertainty_lie_beside_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(gray_jpeg())
    assert (
        _run("colorize", tmp_path / "a.jpg", "--proposals", "3", "--uncertainty", "--json", "--threads", "1")
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    files = {path.name for path in tmp_path.iterdir()}
    assert {Path(path).name for path in told["also"]} == files - {"a.jpg", "a.color.jpg"}
    assert "a.color.uncertainty.png" in files
    for number in (2, 3):
        colored, hinted = f"a.color.{number}.jpg", f"a.color.{number}.hints.json"
        assert (colored in files) == (hinted in files)
        if colored in files:
            again = tmp_path / f"again {number}.jpg"
            assert (
                _run(
                    "colorize", tmp_path / "a.jpg", "-o", again, "--hints", tmp_path / hinted, "--threads", 1
                )
                == 0
            )
            assert opened(again).tobytes() == opened(tmp_path / colored).tobytes()


def test_a_wrong_hint_is_refused_before_anything_is_written(
    folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("colorize", folder / "in", "-o", folder / "out", "--hint", "2,0,#a33b2e", graph=graph) == 2
    assert "0 to 1" in capsys.readouterr().err
    assert (
        _run("colorize", folder / "in", "-o", folder / "out", "--hints", folder / "no.json", graph=graph) == 3
    )
    assert not (folder / "out").exists()


def test_hints_are_for_one_picture(folder: Path, graph: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = ("colorize", folder / "in", "-r", "-o", folder / "out")
    assert _run(*everything, "--hint", "0.5,0.5,#a33b2e", graph=graph) == 2
    assert "2 pictures were given" in capsys.readouterr().err
    assert not (folder / "out").exists()
