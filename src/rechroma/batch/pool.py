"""Worker processes that have one job at a time, so that one that dies costs one picture and not the run.

When a worker dies, its job fails, another worker takes its place and the run goes on. (The standard library's
process pool hands out jobs ahead and loses all of them.)
"""

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from rechroma import settings
from rechroma.batch.job import Job, Outcome, do
from rechroma.errors import WorkerDied
from rechroma.image import remove_leftovers
from rechroma.types import ColorizeOptions

MAX_FALSE_STARTS = 3
"""Workers that may die in a row before they took a job, until the run is given up."""
STOP_SECONDS = 10.0
"""How long an interrupted worker gets to remove the file it is writing, before it is killed."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process, our end of its pipe, and the job it has."""

    process: BaseProcess
    pipe: Connection
    job: Job | None = None


def run_in_processes(
    waiting: deque[Job], options: ColorizeOptions, *, workers: int, overwrite: bool
) -> Generator[Outcome, None, None]:
    """Yield an outcome for each job in `waiting`, which is used up, in the order in which they end.

    Raises:
        WorkerDied: workers die before they can take a job.
    """
    crew: list[_Worker] = []

    def start() -> None:
        crew.append(_start(options, overwrite))

    try:
        for _ in range(workers):
            start()
        yield from _serve(crew, waiting, start)
    finally:
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            _stop(worker)


def _serve(crew: list[_Worker], waiting: deque[Job], start: Callable[[], None]) -> Iterator[Outcome]:
    """Hand out jobs and collect outcomes until there are no jobs and no workers left."""
    false_starts = 0
    while crew:
        speaking = wait([worker.pipe for worker in crew])
        for worker in [worker for worker in crew if worker.pipe in speaking]:
            job, worker.job = worker.job, None
            try:
                outcome: Outcome | None = worker.pipe.recv()
            except (EOFError, OSError):
                crew.remove(worker)
                _stop(worker)
                if job is None:
                    false_starts += 1
                    _check_start(worker, false_starts)
                outcome = _died(worker, job)
                if waiting:
                    start()
            else:
                false_starts = 0
                if waiting:
                    _give(worker, waiting)
                else:
                    crew.remove(worker)
                    _stop(worker)
            if outcome is not None:
                yield outcome


def _start(options: ColorizeOptions, overwrite: bool) -> _Worker:
    context = multiprocessing.get_context("spawn")  # fork is unsafe beside the runtime's threads
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, options, overwrite), daemon=True)
    with _interrupts_blocked():
        process.start()
    theirs.close()  # so that the worker's death ends the pipe
    return _Worker(process, ours)


def _give(worker: _Worker, waiting: deque[Job]) -> None:
    job = waiting.popleft()
    try:
        worker.pipe.send(job)
    except OSError:  # it died idle: the pipe's end is noticed in the next round
        waiting.appendleft(job)
    else:
        worker.job = job


def _stop(worker: _Worker) -> None:
    with suppress(OSError):
        worker.pipe.send(None)
    worker.pipe.close()
    worker.process.join(STOP_SECONDS)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _died(worker: _Worker, job: Job | None) -> Outcome | None:
    if job is None:
        return None
    for path in job.files():
        remove_leftovers(path)
    return Outcome(
        job=job, status="failed", error=WorkerDied.__name__, message=f"the worker process {_end(worker)}"
    )


def _check_start(worker: _Worker, false_starts: int) -> None:
    if false_starts >= MAX_FALSE_STARTS:
        raise WorkerDied(
            f"{false_starts} worker processes in a row ended before they took a picture (the last {_end(worker)}); "
            "run with one worker to see the reason"
        )


def _end(worker: _Worker) -> str:
    code = worker.process.exitcode or 0
    if code < 0:
        return f"was killed by signal {-code}, perhaps because memory ran out"
    return f"ended with exit status {code}"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Let a child inherit that Ctrl-C is not for it; the parent ends its workers itself."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # starting it with the first worker would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, options: ColorizeOptions, overwrite: bool) -> None:
    """Be a worker: say that we are ready, then do jobs until None, the pipe's end or SIGTERM."""
    settings.hush_libraries()
    told_to_leave = False

    def leave(signum: int, frame: object) -> None:
        """Unwind, so that a half-written file is removed on the way out."""
        nonlocal told_to_leave
        told_to_leave = True
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    try:
        pipe.send(None)
        with suppress(EOFError, BrokenPipeError):  # the parent is gone
            while not told_to_leave and (job := pipe.recv()) is not None:
                pipe.send(do(job, options, overwrite=overwrite))
    except BaseException:
        if told_to_leave:  # whatever the unwinding broke, such as a module that was half imported
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
