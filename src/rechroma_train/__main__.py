"""The workshop's verbs: python -m rechroma_train {pack,train,export,quantize,evaluate,sheet,prior}.

Each verb is a function that takes one options dataclass; its fields are the arguments, their docstrings the help.
Only the verb that is asked for is imported.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

from rechroma.errors import RechromaError

PROGRAM = "python -m rechroma_train"
VERBS = {
    "pack": ("rechroma_train.data", "pack", "decode photographs once into a packed folder"),
    "prior": ("rechroma_train.prior", "main", "count the colors of training pictures"),
    "train": ("rechroma_train.train", "main", "train a net; goes on from its last checkpoint"),
    "export": (
        "rechroma_train.export.colorizer",
        "main",
        "write a trained net as a graph that rechroma runs",
    ),
    "quantize": ("rechroma_train.export.quantize", "main", "make the 8-bit twin of a graph"),
    "evaluate": ("rechroma_train.evaluate", "main", "measure weights on photographs with known colors"),
    "sheet": ("rechroma_train.evaluate.sheets", "main", "draw a contact sheet of colored photographs"),
}
"""Verb: module, function, help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code: 0 done, 1 a named error, 2 wrong arguments."""
    verb, rest = _verb(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    module, name, _ = VERBS[verb]
    function = getattr(importlib.import_module(module), name)
    try:
        options = parse(function, rest, program=f"{PROGRAM} {verb}")
        told = function(options)
    except RechromaError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if isinstance(told, str):
        sys.stdout.write(told.rstrip("\n") + "\n")
    return 0


def parse(function: Callable[[Any], object], arguments: Sequence[str], *, program: str) -> object:
    """Build the options dataclass that a verb's function takes; --config FILE gives fields in YAML."""
    from jsonargparse import ArgumentParser, set_parsing_settings

    from rechroma_train import parsing
    from rechroma_train.config import TrainOptions

    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    (options_class,) = (kind for name, kind in get_type_hints(function).items() if name != "return")
    if options_class is TrainOptions:
        return parsing.train_options(arguments, program=program)
    parser = ArgumentParser(prog=program)
    parser.add_argument("--config", action="config", help="YAML file with some of these options")
    parser.add_class_arguments(options_class, None)
    fields = parser.instantiate(parser.parse_args(list(arguments))).as_dict()
    del fields["config"]
    return options_class(**fields)


def _verb(arguments: Sequence[str]) -> tuple[str, list[str]]:
    listing = "\n".join(f"  {verb:10}{says}" for verb, (_, _, says) in VERBS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Train, export and measure colorizers.",
        epilog=f"verbs:\n{listing}\n\n{PROGRAM} VERB --help lists the options of one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help="what to do")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…", help="its options")
    given = parser.parse_args(list(arguments))
    return given.verb, given.rest


if __name__ == "__main__":
    sys.exit(main())
