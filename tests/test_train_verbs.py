"""The workshop's verbs: options that explain themselves, and errors with their exit codes."""

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from rechroma_train import __main__ as verbs


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
