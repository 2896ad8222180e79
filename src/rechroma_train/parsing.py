"""A run's options, from a command line and from files: what a net and a task take follows from their names.

Files of before there were groups are read too: an option that stands by itself goes to the group that has it, and so
does one on the command line: `--batch 8` is `--data.batch 8`.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentError, ArgumentParser, set_parsing_settings

from rechroma.errors import OptionError
from rechroma_train.config import DataOptions, OptimizerOptions, RunOptions, TrainOptions
from rechroma_train.nets import NETS
from rechroma_train.tasks import TASKS

_GROUPS: dict[str, type] = {"run": RunOptions, "data": DataOptions, "optimizer": OptimizerOptions}
_TABLES: dict[str, Mapping[str, Any]] = {"net": NETS, "task": TASKS}
_DEFAULTS = {"net": "hintnet", "task": "classify"}


def train_options(arguments: Sequence[str], *, program: str) -> TrainOptions:
    """Parse a command line; --config FILE gives options in YAML, later ones and the command line win.

    Raises:
        OptionError: options do not fit together, or a file is no configuration.
    """
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--config", action="append", type=Path, default=[])
    for group in _TABLES:
        first.add_argument(f"--{group}.name", dest=group)
    known, rest = first.parse_known_args(list(arguments))
    given: dict[str, Any] = {}
    for path in known.config:
        given = _merged(given, grouped(_yaml(path)))
    for group in _TABLES:
        if (name := getattr(known, group)) is not None:
            given = _merged(given, {group: {"name": name}})
    return _parsed(given, rest, program=program)


def read(path: Path) -> TrainOptions:
    """Read the options that a run left in its folder, of whatever age.

    Raises:
        OptionError: the file is no configuration.
    """
    return _parsed(grouped(_yaml(path)), [], program=None)


def grouped(given: Mapping[str, Any]) -> dict[str, Any]:
    """Sort options that stand by themselves into their groups."""
    owner = _owners(_names(given))
    sorted_: dict[str, Any] = {}
    for name, value in given.items():
        if name in _GROUPS or name in _TABLES:
            sorted_ = _merged(sorted_, {name: value or {}})
        else:
            sorted_ = _merged(sorted_, {owner[name]: {name: value}} if name in owner else {name: value})
    net = sorted_.get("net", {})
    if net.pop("stride", None) == 2:  # runs of before the stage had a name
        net["fine"] = True
    return sorted_


def _names(given: Mapping[str, Any]) -> dict[str, str]:
    """The rows that are chosen, by group.

    Raises:
        OptionError: a table has no such row.
    """
    chosen = {group: str((given.get(group) or {}).get("name", name)) for group, name in _DEFAULTS.items()}
    for group, name in chosen.items():
        if name not in _TABLES[group]:
            raise OptionError(f"{group}.name is {name}; accepted: {', '.join(_TABLES[group])}")
    return chosen


def _owners(names: Mapping[str, str]) -> dict[str, str]:
    """The group of each option; where two have the same, the later of task, net, optimizer, data, run."""
    rows = {group: _TABLES[group][name].options for group, name in names.items()}
    order = {"task": rows["task"], "net": rows["net"], **dict(reversed(_GROUPS.items()))}
    return {f.name: group for group, kind in order.items() for f in fields(kind) if f.name != "name"}


def _parsed(given: dict[str, Any], arguments: Sequence[str], *, program: str | None) -> TrainOptions:
    names = _names(given)
    owner = _owners(names)
    given = _merged(given, {group: {"name": name} for group, name in names.items()})
    arguments = [re.sub(r"^--(\w+)", lambda m: f"--{_full(m[1], owner)}", each) for each in arguments]
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    parser = ArgumentParser(prog=program, exit_on_error=program is not None)
    parser.add_argument("--config", action="config", help="YAML file with some of these options")
    for group, kind in _GROUPS.items():
        parser.add_class_arguments(kind, group)
    for group, table in _TABLES.items():
        parser.add_class_arguments(table[names[group]].options, group)
    try:
        parsed = parser.instantiate(parser.parse_args(["--config", json.dumps(given), *arguments]))
    except ArgumentError as error:
        raise OptionError(str(error)) from error
    return TrainOptions(**{group: parsed[group] for group in (*_GROUPS, *_TABLES)})


def _full(name: str, owner: Mapping[str, str]) -> str:
    return f"{owner[name]}.{name}" if name in owner else name


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of options, the other's leaves before the one's."""
    result = dict(one)
    for name, value in other.items():
        old = result.get(name)
        result[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise OptionError(f"{path} is no configuration: {error}") from error
    if not isinstance(found, dict):
        raise OptionError(f"{path} is no configuration; accepted: YAML with names and values")
    return found
