"""The `rechroma` command: arguments to options, errors to exit codes, progress to the terminal.

Everything heavy is imported inside the commands, so that `--version` and `--help` answer at once.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from rechroma._version import __version__
from rechroma.cli.coloring import COLORIZE_HELP, colorize, demo
from rechroma.cli.describing import info, models_fetch, models_info, models_list
from rechroma.cli.ends import EPILOG, EXIT_CODES, exit_code
from rechroma.cli.serve import SERVE_HELP, serve
from rechroma.cli.terminal import say
from rechroma.errors import RechromaError

__all__ = ["EPILOG", "EXIT_CODES", "app", "colorize", "exit_code", "main", "serve"]

app = typer.Typer(name="rechroma", no_args_is_help=True, pretty_exceptions_enable=False, epilog=EPILOG)
app.command(epilog=EPILOG, help=COLORIZE_HELP)(colorize)
app.command(epilog=EPILOG)(demo)
app.command(help=SERVE_HELP)(serve)
app.command()(info)

models = typer.Typer(no_args_is_help=True, help="List, describe and download the models.")
models.command("list")(models_list)
models.command("info")(models_info)
models.command("fetch")(models_fetch)
app.add_typer(models, name="models")


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    try:
        app(list(arguments), prog_name="rechroma")
    except RechromaError as error:
        say(f"rechroma: {error}")
        return exit_code(type(error))
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    return 0


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
