"""The `rechroma` command: arguments to options, errors to exit codes, progress to the terminal.

Everything heavy is imported inside the commands, so that `--version` and `--help` answer at once.
"""

import errno
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from rechroma._version import __version__
from rechroma.cli.coloring import COLORIZE_HELP, WATCH_HELP, colorize, demo
from rechroma.cli.describing import info, models_fetch, models_info, models_list
from rechroma.cli.ends import EPILOG, EXIT_CODES, exit_code
from rechroma.cli.serve import SERVE_HELP, serve
from rechroma.cli.terminal import give_up_stdout, say, writing_to_stdout
from rechroma.errors import OptionError, OutputError, RechromaError

__all__ = ["EPILOG", "EXIT_CODES", "app", "colorize", "exit_code", "main", "serve"]

app = typer.Typer(
    name="rechroma",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    rich_markup_mode=None,  # plain text: brackets stay, names of options are not cut
)
app.command(epilog=EPILOG, help=COLORIZE_HELP, short_help="Color pictures, folders of them, or a pipe.")(
    colorize
)
app.command("watch", epilog=EPILOG, help=WATCH_HELP, short_help="Color what arrives in a folder.")(colorize)
app.command(epilog=EPILOG, short_help="Color sample photographs.")(demo)
app.command(help=SERVE_HELP, short_help="Serve the studio, a web page, and an HTTP API.")(serve)
app.command(short_help="Show versions, devices and settings.")(info)

models = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="List, describe and download the models."
)
models.command("list", short_help="List models and methods.")(models_list)
models.command("info", short_help="Describe a model.")(models_info)
models.command("fetch", short_help="Download a model.")(models_fetch)
app.add_typer(models, name="models")


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    try:
        _refuse_empty(arguments)
        code = _run(arguments)
        with writing_to_stdout():
            if sys.stdout is not None:
                sys.stdout.flush()
    except RechromaError as error:
        say(f"rechroma: {error}")
        return exit_code(type(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        give_up_stdout()  # help, which the command-line library prints
        say(f"rechroma: cannot write to stdout: {error.strerror}")
        return exit_code(OutputError)
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        app(list(arguments), prog_name="rechroma")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    return 0


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Refuse what a script's empty variable leaves, which would mean the folder that one is in."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if not argument or re.fullmatch(r"--[a-z-]+=", argument):
            of = argument or (before if before.startswith("-") else "an argument")
            raise OptionError(f"{of} is empty; give a name, or . for the folder that you are in")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rechroma {__version__}")
        raise typer.Exit


@app.callback()
def rechroma(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Believable color for black-and-white photographs, offline, on an ordinary computer."""
