"""A run of jobs as the user sees it: what is refused before any work, what came of the others, what is left."""

import json as json_format
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rechroma import errors
from rechroma.cli.ends import INTERRUPTED, SEVERAL, exit_code
from rechroma.cli.terminal import named, progress, say, stopped_by_signals, tell
from rechroma.notes import collected

if TYPE_CHECKING:
    from rechroma.batch import LeftOut, Outcome, Plan, Status
    from rechroma.types import ColorizeOptions


@dataclass(slots=True)
class Tally:
    """What came of the pictures so far."""

    keep: bool = False
    """Whether every outcome is kept, as a contact sheet needs; else those that there is something to tell of."""
    outcomes: "list[Outcome]" = field(default_factory=list)
    counts: "Counter[Status]" = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why pictures were skipped."""
    last: "Outcome | None" = None
    waiting: int = 0
    """Pictures that nothing has come of yet."""
    told: int = 0
    """Failures that the user has been told of."""

    def add(self, outcome: "Outcome") -> None:
        """Count what came of a picture."""
        self.waiting -= 1
        self.counts[outcome.status] += 1
        self.last = outcome
        if outcome.status == "skipped":
            self.reasons[outcome.message] += 1
        to_tell = outcome.status == "failed" or outcome.hints or outcome.also or outcome.warnings
        if self.keep or to_tell:
            self.outcomes.append(outcome)

    @property
    def failed(self) -> "list[Outcome]":
        """The failures, in the order of their coming."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]


def work(
    tally: Tally, plan: "Plan", options: "ColorizeOptions", *, workers: int, overwrite: bool, json: bool
) -> None:
    """Do the jobs of a plan; first of all the user is told which are refused.

    Raises:
        KeyboardInterrupt: Ctrl-C; the tally says how far it came.
    """
    from rechroma import batch

    def came(outcome: "Outcome") -> None:
        tally.add(outcome)
        if json:
            tell(json_format.dumps(outcome.as_dict()))

    before = tally.waiting
    tally.waiting += len(plan.refused) + len(plan.jobs)
    with stopped_by_signals() as stopped:
        for outcome in plan.refused:
            came(outcome)
        jobs = []
        for item in batch.sort_out(plan.jobs, options, overwrite=overwrite):
            if isinstance(item, batch.Job):
                jobs.append(item)
            else:
                came(item)
        tally.waiting = before + len(jobs)  # pictures may have come or gone since the plan was made
        if jobs and len(tally.failed) > tally.told:
            say(f"{len(tally.failed) - tally.told} refused before any work:")
            tell_failures(tally)
        running = batch.run(
            jobs, options, workers=batch.share_workers(len(jobs), workers), overwrite=overwrite
        )
        with closing(running), progress(len(jobs)) as advance:
            for outcome in running:
                if stopped.is_set() and outcome.status == "failed":  # by that
                    raise KeyboardInterrupt
                came(outcome)
                advance(outcome)
                if stopped.is_set():
                    raise KeyboardInterrupt


@contextmanager
def stoppable(tally: Tally) -> Iterator[None]:
    """Let Ctrl-C end a run with a line that says what is done, what is left and how to go on.

    Raises:
        typer.Exit: it was stopped.
    """
    try:
        with stopped_by_signals():
            yield
    except KeyboardInterrupt:
        far = f": {summary(tally)}, {tally.waiting} left" if tally.counts or tally.waiting else ""
        say(f"stopped{far}; the same command goes on from here")
        raise typer.Exit(INTERRUPTED) from None


def finish(tally: Tally, sheet: Path | None) -> None:
    """Write the sheet, say what came of the run, list the failures and leave with their exit code."""
    if tally.waiting:
        say(
            f"stopped: the disk is full, {tally.waiting} left; make room, then the same command goes on from here"
        )
    if sheet is not None:
        with stoppable(tally):
            _write_sheet(tally, sheet)
    done = [outcome for outcome in tally.outcomes if outcome.status == "done"]
    if tally.last is not None and tally.counts == {"done": 1}:
        say(f"{tally.last.job.target}")
    else:
        say(summary(tally) + (":" if len(tally.failed) > tally.told else ""))
    tell_failures(tally)
    tell_more(done)
    codes = {exit_code(getattr(errors, outcome.error, errors.RechromaError)) for outcome in tally.failed}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else SEVERAL)


def summary(tally: Tally) -> str:
    """Count what came of the pictures, in words."""
    parts = [f"{tally.counts['done']} colored"]
    parts += [f"{count} skipped ({reason})" for reason, count in tally.reasons.items()]
    if tally.failed:
        parts.append(f"{len(tally.failed)} failed")
    return ", ".join(parts)


def tell_failures(tally: Tally) -> None:
    """List the failures that the user has not been told of; many with the same reason in one line."""
    groups: dict[str, list[Path]] = {}
    for outcome in tally.failed[tally.told :]:
        groups.setdefault(outcome.message, []).append(outcome.job.source)
    for message, sources in groups.items():
        say(f"  {named(sources)}: {message}")
    tally.told = len(tally.failed)


def tell_more(outcomes: "Sequence[Outcome]") -> None:
    """Name what was written beside the results, and which hints files were used; say what to know of the pictures."""
    hinted = [outcome.hints for outcome in outcomes if outcome.hints is not None]
    if hinted:
        say(f"hints used: {named(hinted)}")
    also = [path for outcome in outcomes for path in outcome.also]
    if also:
        say(f"also: {named(also)}")
    for outcome in outcomes:
        for words in outcome.warnings:
            say(f"warning: {outcome.job.source}: {words}")


def tell_left_out(left_out: "Iterable[LeftOut]") -> None:
    """Count and name what lies in the folders and is no input."""
    from rechroma import batch

    for words, paths, count in batch.counted(left_out):
        say(f"left out: {words}: {named(paths, count)}")


def _write_sheet(tally: Tally, sheet: Path) -> None:
    from rechroma import batch

    with collected() as notes:
        batch.write_sheet(tally.outcomes, sheet)
    say(f"contact sheet: {sheet}")
    for words in notes:
        say(f"warning: {words}")
