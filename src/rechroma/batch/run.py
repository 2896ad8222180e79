"""Do the jobs of a run on one machine, in this process or in several."""

import logging
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from rechroma.batch.job import Job, Outcome, do, settled
from rechroma.batch.pool import run_in_processes
from rechroma.errors import DiskFull
from rechroma.settings import cores, current
from rechroma.types import ColorizeOptions

_log = logging.getLogger(__name__)

MAX_WORKERS = 8
"""Workers at most when the number is left to us: each needs about a quarter of a gigabyte."""
JOBS_PER_WORKER = 8
"""Below this many pictures each, starting another worker costs more than it brings."""


def share_workers(jobs: int, workers: int) -> int:
    """Return how many workers a run gets; `workers` 0 leaves it to the number of cores and of jobs."""
    if workers > 0:
        return max(1, min(workers, jobs))
    return max(1, min(cores(), MAX_WORKERS, jobs // JOBS_PER_WORKER))


def sort_out(
    jobs: Iterable[Job], options: ColorizeOptions, *, overwrite: bool = False
) -> Iterator[Job | Outcome]:
    """Yield each job that there is something to do for, and the outcome of each other: skipped, or refused.

    Nothing is done yet; the pictures themselves are read only where it is in question whether a result is theirs.
    """
    for job in jobs:
        outcome = settled(job, options, overwrite=overwrite)
        if outcome is not None:
            _log_unforeseen(outcome)
        yield job if outcome is None else outcome


def run(
    jobs: Iterable[Job], options: ColorizeOptions, *, workers: int = 1, overwrite: bool = False
) -> Generator[Outcome, None, None]:
    """Yield one outcome a job, in the order in which they end; what is already there and was made so is skipped.

    With one worker the jobs are done in this process; with more, a process that dies costs the one picture it
    had. Where the disk is full, the rest of the jobs is left: no more outcomes come. Close the iterator to stop early:
    nothing half-written is left.

    Raises:
        WorkerDied: worker processes die before they can take a job.
    """
    waiting = deque(jobs)
    workers = min(workers, len(waiting))
    if workers > 1:
        outcomes = run_in_processes(
            waiting, _share_cores(options, workers), workers=workers, overwrite=overwrite
        )
    else:
        outcomes = _run_here(waiting, options, overwrite=overwrite)
    with closing(outcomes):
        for outcome in outcomes:
            _log_unforeseen(outcome)
            if outcome.error == DiskFull.__name__:
                waiting.clear()
            yield outcome


def _run_here(
    waiting: deque[Job], options: ColorizeOptions, *, overwrite: bool
) -> Generator[Outcome, None, None]:
    while waiting:
        yield do(waiting.popleft(), options, overwrite=overwrite)


def _log_unforeseen(outcome: Outcome) -> None:
    if outcome.traceback:
        _log.error("%s\n%s", outcome.job.source, outcome.traceback)


def _share_cores(options: ColorizeOptions, workers: int) -> ColorizeOptions:
    """Give each worker its share of the cores where nobody has said how many threads there should be."""
    if options.threads or current().threads:
        return options
    return replace(options, threads=max(1, cores() // workers))
