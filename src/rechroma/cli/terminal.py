"""A run on the terminal: its progress, and what is said at its end."""

import json as json_format
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rechroma import errors
from rechroma.cli.ends import SEVERAL, exit_code

if TYPE_CHECKING:
    from rechroma.batch import Outcome, Plan
    from rechroma.types import ColorizeOptions


def run(
    plan: "Plan", options: "ColorizeOptions", *, workers: int, overwrite: bool, json: bool
) -> "list[Outcome]":
    """Do the jobs, show the progress and return every outcome."""
    from rechroma import batch

    workers = batch.share_workers(len(plan.jobs), workers)
    outcomes: list[Outcome] = []
    signal.signal(signal.SIGTERM, _interrupt)
    running = batch.run(plan.jobs, options, workers=workers, overwrite=overwrite)
    with _progress(len(plan.refused) + len(plan.jobs)) as advance:
        for outcome in chain(plan.refused, running):
            outcomes.append(outcome)
            advance(outcome)
            if json:
                typer.echo(json_format.dumps(outcome.as_dict()))
    return outcomes


def _interrupt(signum: int, frame: object) -> None:
    """End like Ctrl-C on SIGTERM, so that nothing half-written stays."""
    raise KeyboardInterrupt


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[Outcome], None]]":
    """Show a bar with rate and time left on a terminal, nothing elsewhere; skipped pictures do not count."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda outcome: None
        return
    from rich import progress
    from rich.console import Console

    class Rate(progress.ProgressColumn):
        def render(self, task: progress.Task) -> str:
            return f"{task.speed:.2f}/s" if task.speed else "-/s"

    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        Rate(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(outcome: "Outcome") -> None:
            if outcome.status == "skipped":
                bar.update(task, total=(bar.tasks[0].total or 1) - 1)
            else:
                bar.update(task, advance=1, description=outcome.job.source.name)

        yield advance


def finish(outcomes: "list[Outcome]", sheet: Path | None) -> None:
    """Write the sheet, say what came of the run, list the failures and leave with their exit code."""
    from rechroma import batch

    if sheet is not None:
        batch.write_sheet(outcomes, sheet)
        say(f"contact sheet: {sheet}")
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    done, skipped = (sum(outcome.status == status for outcome in outcomes) for status in ("done", "skipped"))
    if len(outcomes) == 1 and done:
        say(f"{outcomes[0].job.target}")
    else:
        there = f", {skipped} skipped (the result exists; --overwrite replaces it)" if skipped else ""
        say(f"{done} colored{there}{f', {len(failed)} failed:' if failed else ''}")
    for outcome in failed:
        say(f"  {outcome.job.source}: {outcome.message}")
    for outcome in outcomes:
        for path in outcome.also:
            say(f"  also: {path}")
        for words in outcome.warnings:
            say(f"warning: {outcome.job.source}: {words}")
    codes = {exit_code(getattr(errors, outcome.error)) for outcome in failed}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else SEVERAL)


def say(text: str) -> None:
    """Tell the user something, on stderr."""
    typer.echo(text, err=True)
