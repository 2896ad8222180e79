"""What a command says: text on stderr, results on stdout, the progress of a run."""

import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rechroma.errors import OutputError

if TYPE_CHECKING:
    from rechroma.batch import Outcome

_NAMED = 5
"""Names that are listed of many."""


def say(text: str) -> None:
    """Tell the user something in a line, on stderr; where nobody can hear it, the work goes on."""
    with suppress(OSError):
        typer.echo(_printable(text), err=True)


def tell(text: str) -> None:
    """Print a line of what was asked for, on stdout.

    Raises:
        OutputError: it cannot be written: the disk is full, or nobody reads it any more.
    """
    with writing_to_stdout():
        typer.echo(text)


@contextmanager
def writing_to_stdout() -> Iterator[None]:
    """Turn what goes wrong with stdout into an error of ours.

    Raises:
        OutputError: it cannot be written to.
    """
    try:
        yield
    except OSError as error:
        give_up_stdout()
        gone = error.errno == errno.EPIPE
        reason = "nobody reads it any more" if gone else error.strerror or str(error)
        raise OutputError(f"cannot write to stdout: {reason}") from error


def give_up_stdout() -> None:
    """Send what is still waiting for stdout nowhere, so that Python does not fail over it once more when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def named(paths: Sequence[Path | str], count: int | None = None) -> str:
    """Name the first of some files, and count the others; `count` says how many there are, if more than are given."""
    names = [str(path) for path in paths]
    more = (len(names) if count is None else count) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


@contextmanager
def logged(path: Path | None) -> Iterator[None]:
    """Write what the library logs to a file, or nowhere: a traceback is nothing for the screen.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        handler = logging.NullHandler() if path is None else logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the log {path} cannot be written: {error.strerror or error}") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("rechroma")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt on Ctrl-C, SIGTERM and a closed terminal.

    The event tells of one that was swallowed, as by a module that was being imported; what else came of it, such as
    that module's ImportError, becomes a KeyboardInterrupt again.
    """
    stopped = threading.Event()

    def stop(signum: int, frame: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What is ignored stays so: nohup and a shell's background ask for that.
    heard = [s for s in (getattr(signal, n) for n in names) if signal.getsignal(s) != signal.SIG_IGN]
    before = {each: signal.signal(each, stop) for each in heard}
    try:
        yield stopped
    except BaseException:
        if stopped.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def progress(total: int) -> "Iterator[Callable[[Outcome], None]]":
    """Show a bar with rate and time left on a terminal, nothing elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty() or total < 2:
        yield lambda outcome: None
        return
    from rich import progress as bars
    from rich.console import Console

    class Rate(bars.ProgressColumn):
        def render(self, task: bars.Task) -> str:
            return f"{task.speed:.2f}/s" if task.speed else "-/s"

    columns = (
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        Rate(),
        bars.TimeRemainingColumn(),
        bars.TextColumn("{task.description}", markup=False),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda outcome: bar.update(task, advance=1, description=_printable(outcome.job.source.name))


def _printable(text: str) -> str:
    """Show what would move the cursor or change the colors of a terminal, in a file's name, as an escape."""
    return "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in text)
