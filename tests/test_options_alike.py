"""An option is declared once, in its dataclass: command, HTTP schema, page and docs have its default and its limits."""

import ast
import dataclasses
import inspect
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

pytest.importorskip("fastapi")

from conftest import gray_jpeg
from rechroma import cli, types
from rechroma.limits import choices_of, limits_of
from rechroma.server import options as server_options
from rechroma.server.options import ServeOptions
from rechroma.server.schemas import Options, PictureForm
from rechroma.types import ColorizeOptions, PredictOptions

ROOT = Path(__file__).parents[1]
FIELDS = {field.name: field for field in dataclasses.fields(ColorizeOptions)}
OWN_SHAPE = {"hints", "references", "reference_library"}
"""What a client of the server gives in another shape than an option, or not at all."""
SERVERS = {"max_megapixels", "device", "threads"}
"""What the server's own options decide."""


def _params(command: str) -> dict[str, Any]:
    commands = get_command(cli.app).commands  # type: ignore[attr-defined]
    return {param.name: param for param in commands[command].params if param.name != "help"}


@pytest.mark.parametrize(("command", "kind"), [("colorize", ColorizeOptions), ("serve", ServeOptions)])
def test_the_options_of_a_command_have_the_types_and_defaults_of_the_fields(command: str, kind: type) -> None:
    params = _params(command)
    taken, declared = (typing.get_type_hints(each) for each in (getattr(cli, command), kind))
    for field in dataclasses.fields(kind):
        if not params[field.name].multiple:
            assert params[field.name].default == field.default, field.name
            assert taken[field.name] == declared[field.name], field.name


def test_every_option_that_is_given_to_the_command_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[ColorizeOptions] = []
    monkeypatch.setattr("rechroma.batch.asked", arrived.append)
    (tmp_path / "a.jpg").write_bytes(gray_jpeg(8, 8))
    arguments = ["colorize", str(tmp_path / "a.jpg"), "-o", str(tmp_path / "out")]
    for name, param in _params("colorize").items():
        if name not in FIELDS:
            continue
        field, flag = FIELDS[name], param.opts[0]
        if isinstance(field.default, bool):
            arguments.append(param.secondary_opts[0] if field.default else flag)
        elif choices := choices_of(field):
            arguments += [flag, choices[1]]
        elif limits := limits_of(field):
            arguments += [flag, "1" if field.default != 1 else "0.5"]
            assert limits.hold(1)
        elif name != "hints":
            arguments += [flag, str(tmp_path)]
    cli.main(arguments)
    [options] = arrived
    same = {name for name, field in FIELDS.items() if getattr(options, name) == field.default}
    assert same == {"hints"}


def test_the_schema_offers_every_field_that_is_a_clients_and_no_other() -> None:
    assert set(Options.model_fields) == set(FIELDS) - OWN_SHAPE - SERVERS


@pytest.mark.parametrize("name", sorted(set(Options.model_fields) - {"method"}))
def test_the_schema_has_the_default_limits_and_choices_of_a_field(name: str) -> None:
    field, shown = FIELDS[name], Options.model_json_schema()["properties"][name]
    assert shown["default"] == field.default
    kinds = shown.get("anyOf", [shown])
    if choices := choices_of(field):
        assert tuple(shown["enum"]) == choices
    if limits := limits_of(field):
        low = "exclusiveMinimum" if limits.above else "minimum"
        assert (kinds[0][low], kinds[0]["maximum"]) == (limits.least, limits.most)
        assert kinds[0]["type"] == ("integer" if limits.whole else "number")


def test_the_pages_controls_have_the_limits_defaults_and_choices_of_the_fields() -> None:
    settings = (ROOT / "src/rechroma/server/page/settings.js").read_text(encoding="utf-8")
    rows = re.findall(r'option: "(\w+)",(.*?)\n  \},', settings, re.DOTALL)
    assert len(rows) >= 7
    for name, row in rows:
        field = FIELDS[name]
        if limits := limits_of(field):
            low, high, step = map(float, re.search(r"range: \[(.*?), (.*?), (.*?)\]", row).groups())  # type: ignore[union-attr]
            assert (low, high) == (limits.least + (step if limits.above else 0), limits.most), name
            [start] = re.findall(r"start: (.*?),", row)
            assert start == (f'"{name}"' if field.default is None else f"{field.default:g}"), name
        else:
            assert tuple(re.findall(r'\["(\w+)", ', row)) == choices_of(field), name


def test_one_name_has_the_same_limits_in_both_kinds_of_options() -> None:
    for field in dataclasses.fields(PredictOptions):
        assert limits_of(field) == limits_of(FIELDS[field.name]) is not None


def test_every_number_and_every_choice_has_its_limits() -> None:
    for kind in (ColorizeOptions, PredictOptions, ServeOptions):
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            kinds = {hints[field.name], *typing.get_args(hints[field.name])}
            literal = typing.get_origin(hints[field.name]) is typing.Literal
            assert (limits_of(field) is not None) == bool(kinds & {int, float}), field.name
            assert bool(choices_of(field)) == literal, field.name


@pytest.mark.parametrize("module", [types, server_options], ids=lambda module: module.__name__)
def test_every_field_of_options_says_what_it_is(module: Any) -> None:
    tree = ast.parse(inspect.getsource(module))
    kinds = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Options")]
    assert kinds
    for kind in kinds:
        for node, after in zip(kind.body, [*kind.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign):
                told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                assert told, f"{kind.name}: no docstring under {ast.unparse(node.target)}"


def test_the_docs_list_every_field_of_a_form() -> None:
    page = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
    table = page[page.index("| field | means |") :].split("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`[,| ]", table)) >= set(PictureForm.model_fields) - {"picture"}
