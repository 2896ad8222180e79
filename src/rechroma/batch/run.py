"""Do the jobs of a run on one machine, in this process or in several."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rechroma.batch.job import Job, Outcome, do
from rechroma.batch.pool import run_in_processes
from rechroma.settings import cores, current
from rechroma.types import ColorizeOptions

MAX_WORKERS = 8
"""Workers at most when the number is left to us: each needs about a quarter of a gigabyte."""
JOBS_PER_WORKER = 8
"""Below this many pictures each, starting another worker costs more than it brings."""


def share_workers(jobs: int, workers: int) -> int:
    """Return how many workers a run gets; `workers` 0 leaves it to the number of cores and of jobs."""
    if workers > 0:
        return max(1, min(workers, jobs))
    return max(1, min(cores(), MAX_WORKERS, jobs // JOBS_PER_WORKER))


def run(
    jobs: Iterable[Job], options: ColorizeOptions, *, workers: int = 1, overwrite: bool = False
) -> Iterator[Outcome]:
    """Yield one outcome a job, in the order in which they end; existing targets are skipped.

    With one worker the jobs are done in this process; with more, a process that dies costs the one picture it
    had. Close the iterator to stop early: nothing half-written is left.

    Raises:
        WorkerDied: worker processes die before they can take a job.
    """
    waiting: deque[Job] = deque()
    for job in jobs:
        if not overwrite and job.target.exists():
            yield Outcome(job=job, status="skipped")
        else:
            waiting.append(job)
    workers = min(workers, len(waiting))
    if workers > 1:
        yield from run_in_processes(
            waiting, _share_cores(options, workers), workers=workers, overwrite=overwrite
        )
    else:
        for job in waiting:
            yield do(job, options, overwrite=overwrite)


def _share_cores(options: ColorizeOptions, workers: int) -> ColorizeOptions:
    """Give each worker its share of the cores where nobody has said how many threads there should be."""
    if options.threads or current().threads:
        return options
    return replace(options, threads=max(1, cores() // workers))
