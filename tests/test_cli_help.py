"""Help can be read: whole, on a narrow terminal too."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rechroma import cli


def _commands() -> Iterator[tuple[str, ...]]:
    """Name every command, the groups too."""
    from typer.main import get_command

    waiting: list[tuple[tuple[str, ...], Any]] = [((), get_command(cli.app))]
    while waiting:
        names, command = waiting.pop()
        yield names
        waiting += [((*names, name), each) for name, each in getattr(command, "commands", {}).items()]


@pytest.mark.parametrize("names", sorted(_commands()), ids=" ".join)
def test_help_on_a_terminal_of_80_columns_has_every_option_and_bracket_whole(
    names: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.main import get_command

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert cli.main([*names, "--help"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= (80 if "Examples" not in said else 84)
    command: Any = get_command(cli.app)
    for name in names:
        command = command.commands[name]
    words = " ".join(said.split())
    for param in command.params:
        for option in [*param.opts, *param.secondary_opts] if param.param_type_name == "option" else []:
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", said), option
        for bracketed in re.findall(r"\S*\[\S+\]\S*", getattr(param, "help", None) or ""):
            assert bracketed in words
    for name, each in getattr(command, "commands", {}).items():
        assert f"  {name} " in said
        assert (each.short_help or each.help.splitlines()[0]) in words
    assert "..." not in said.partition("Commands:")[2]


def test_help_of_colorize_has_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["colorize", "--help"]) == 0
    said = capsys.readouterr().out
    assert "Examples:\n" in "\n".join(line.strip() for line in said.splitlines())
    assert "rechroma colorize portrait.jpg" in said
    assert "Exit codes" in said
