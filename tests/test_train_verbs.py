"""The workshop's verbs: options that explain themselves, and errors with their exit codes."""

import json
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from rechroma.errors import OptionError
from rechroma_train import __main__ as verbs
from rechroma_train import parsing
from rechroma_train.config import (
    ClassifyOptions,
    DataOptions,
    HintOptions,
    LossOptions,
    OptimizerOptions,
    RunOptions,
    TrainOptions,
)
from rechroma_train.nets.hintnet import HintNetOptions


@pytest.mark.parametrize("verb", verbs.VERBS)
def test_every_verb_takes_one_options_dataclass_and_explains_each_field(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module, name, _ = verbs.VERBS[verb]
    function = getattr(import_module(module), name)
    (options,) = (kind for key, kind in get_type_hints(function).items() if key != "return")
    with pytest.raises(SystemExit) as stop:
        verbs.main([verb, "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    for field in fields(options):
        assert f"--{field.name}" in told


def test_wrong_verbs_and_options_are_refused_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["paint"], ["sheet", "--nonsense", "1"]):
        with pytest.raises(SystemExit) as stop:
            verbs.main(arguments)
        assert stop.value.code == 2
    assert "nonsense" in capsys.readouterr().err


def test_a_named_error_ends_a_verb_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verbs.main(["prior", "--pictures", f"[{tmp_path}]", "--out", str(tmp_path / "p.json")]) == 1
    assert "no pictures" in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()


def options_file(folder: Path, text: str) -> Path:
    (folder / "run.yaml").write_text(text)
    return folder / "run.yaml"


def test_a_run_of_before_there_were_groups_is_the_run_that_it_was(tmp_path: Path) -> None:
    flat = """
    corpora: [packed/train]
    out: runs/old
    backbone: mobilenet.safetensors
    frozen_blocks: 18
    net: {widths: [288, 256, 192], blocks: [2, 3, 3], hints: carried, stride: 2}
    hints: {none: 0.5, cast: 1.0}
    losses: {focal: 1.0, vgg: null}
    regression: 0.25
    sizes: [160]
    size_ends: []
    batch: 8
    ema: 0.5
    """
    found = parsing.read(options_file(tmp_path, flat))
    assert found == TrainOptions(
        run=RunOptions(out=Path("runs/old")),
        data=DataOptions(
            corpora=[Path("packed/train")],
            sizes=[160],
            size_ends=[],
            batch=8,
            hints=HintOptions(none=0.5, cast=1.0),
        ),
        optimizer=OptimizerOptions(ema=0.5),
        net=HintNetOptions(
            backbone=Path("mobilenet.safetensors"),
            frozen_blocks=18,
            widths=(288, 256, 192),
            blocks=(2, 3, 3),
            hints="carried",
            fine=True,
        ),
        task=ClassifyOptions(regression=0.25, losses=LossOptions(focal=1.0)),
    )
    (tmp_path / "again.yaml").write_text(json.dumps(asdict(found), default=str))
    assert parsing.read(tmp_path / "again.yaml") == found


def test_the_command_line_wins_over_files_and_needs_no_groups(tmp_path: Path) -> None:
    path = options_file(tmp_path, "run: {out: runs/a, pictures: 5}\ndata: {corpora: [a], batch: 4}")
    given = ["--config", str(path), "--batch=2", "--corpora", "[b]", "--data.zoom_smallest", "0.7"]
    found = parsing.train_options([*given, "--losses.focal", "2", "--net.fine", "true"], program="train")
    assert (found.data.batch, found.data.corpora, found.run.pictures) == (2, [Path("b")], 5)
    assert (found.data.zoom_smallest, found.net.fine, found.task.losses.focal) == (0.7, True, 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("net: {name: nonet}", "net.name is nonet; accepted: hintnet"),
        ("task: {name: paint}", "task.name is paint; accepted: classify"),
        ("nonsense: 1", "nonsense"),
        ("[1, 2]", "accepted: YAML with names and values"),
        ("a: [", "is no configuration"),
        ("data: {sizes: [32, 64], size_ends: []}", "2 sizes need 1"),
    ],
)
def test_options_that_no_run_has_are_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    path = options_file(tmp_path, text)
    if text.startswith("data"):
        path.write_text("out: a\ncorpora: [b]\n" + text)
    with pytest.raises(OptionError, match=says):
        parsing.read(path)
