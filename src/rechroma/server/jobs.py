"""Jobs: many pictures in one order, their progress, and results kept for a while.

Each picture is a batch job, done by a worker of the server's pool.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal

from rechroma import batch
from rechroma.batch import Outcome, State
from rechroma.server.pool import Pool
from rechroma.server.schemas import JobFacts, JobFile
from rechroma.server.statuses import InternalError, NotFound, TooMany
from rechroma.server.storage import new_id, remove_folder
from rechroma.types import ColorizeOptions, Format

log = logging.getLogger(__name__)

PACE: Final = 0.2
"""Seconds between two events at least."""


@dataclass(slots=True, kw_only=True, eq=False)
class Picture:
    """One picture of an order, and the job that colors it."""

    number: int
    name: str
    """As the client called it; it names the download, never a file of ours."""
    job: batch.Job
    format: Format = "same"
    """Of the result, once it is there."""
    state: State = "queued"
    message: str = ""

    def came(self, outcome: Outcome | None) -> None:
        """Take what came of the job; None where it was not begun."""
        if outcome is None:
            self.state = "canceled"
            return
        self.state = outcome.status
        if outcome.report is not None:
            self.format = outcome.report.format
        if outcome.traceback:
            log.error("work on %r\n%s", self.name, outcome.traceback)
            self.message = str(InternalError(self.name))
        elif outcome.message:
            self.message = outcome.message
            for path in (self.job.source, self.job.target):  # paths of the server are nobody's business
                self.message = self.message.replace(str(path), self.name)
        else:
            self.message = "; ".join(outcome.warnings)


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """Pictures that are colored alike, one after the other: what the API calls a job."""

    id: str
    folder: Path
    options: ColorizeOptions
    pictures: list[Picture]
    canceled: bool = False
    ended: bool = False
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    listeners: set[asyncio.Event] = field(default_factory=set)

    def facts(self) -> JobFacts:
        """Say how far it is."""
        states = [picture.state for picture in self.pictures]
        return JobFacts(
            id=self.id,
            state=self._state(states),
            total=len(states),
            done=states.count("done"),
            failed=states.count("failed"),
            files=[
                JobFile(
                    number=each.number,
                    name=each.name,
                    state=each.state,
                    message=each.message,
                    url=f"/api/jobs/{self.id}/files/{each.number}" if each.state == "done" else None,
                )
                for each in self.pictures
            ],
        )

    def _state(self, states: list[State]) -> Literal["queued", "running", "done", "canceled"]:
        if self.canceled:
            return "canceled"
        if self.ended:
            return "done"
        return "queued" if set(states) == {"queued"} else "running"

    def tell(self) -> None:
        """Wake everybody who listens."""
        for listener in self.listeners:
            listener.set()


class Jobs:
    """Orders by id, the oldest first; all calls come from the event loop."""

    def __init__(self, pool: Pool, *, limit: int, keep: float) -> None:
        self._pool = pool
        self._limit = limit
        self._keep = keep
        self._jobs: dict[str, Order] = {}
        self._closing = False

    def make_room(self) -> None:
        """Drop the oldest finished job where all places are taken.

        Raises:
            TooMany: No job has finished.
        """
        if len(self._jobs) >= self._limit:
            oldest = next((order for order in self._jobs.values() if order.ended), None)
            if oldest is None:
                raise TooMany(f"{self._limit} jobs are unfinished; wait for one, or delete one")
            self.delete(oldest.id)

    def start(self, folder: Path, named: Sequence[tuple[str, Path]], options: ColorizeOptions) -> Order:
        """Take on a job; `named` are the pictures' names and the files in `folder` that hold them.

        Raises:
            TooMany: see `make_room`.
        """
        self.make_room()
        pictures = [
            Picture(
                number=number,
                name=name,
                job=batch.Job(source=path, target=folder / f"{number}.result"),
            )
            for number, (name, path) in enumerate(named)
        ]
        order = Order(id=new_id(), folder=folder, options=options, pictures=pictures)
        self._jobs[order.id] = order
        for picture in pictures:
            task = asyncio.create_task(self._color(order, picture))
            order.tasks.add(task)
            task.add_done_callback(partial(self._one_ended, order, picture))
        return order

    def find(self, key: str) -> Order:
        """Give a job.

        Raises:
            NotFound: There is none, or no longer.
        """
        if key not in self._jobs:
            raise NotFound(f"there is no job {key[:100]!r}; finished jobs are kept for {self._keep:g} s")
        return self._jobs[key]

    def result(self, key: str, number: int) -> Picture:
        """Give a picture of a job whose result is there.

        Raises:
            NotFound: It is not there, or not yet.
        """
        pictures = self.find(key).pictures
        if not 0 <= number < len(pictures):
            raise NotFound(f"the job has {len(pictures)} pictures, numbered from 0; {number} is none of them")
        picture = pictures[number]
        if picture.state != "done":
            raise NotFound(
                f"picture {number} has no result: it is {picture.state}. {picture.message}".strip()
            )
        return picture

    def delete(self, key: str) -> None:
        """Forget a job; what of it has not begun is not begun, and its files go.

        Raises:
            NotFound: see `find`.
        """
        order = self.find(key)
        del self._jobs[key]
        order.canceled = not order.ended
        for task in list(order.tasks):
            task.cancel()
        remove_folder(order.folder)
        order.tell()

    def close(self) -> None:
        """End every job and every stream."""
        self.hush()
        for key in list(self._jobs):
            self.delete(key)

    def hush(self) -> None:
        """End every stream: the server is about to stop."""
        self._closing = True
        for order in self._jobs.values():
            order.tell()

    async def news(self, order: Order) -> AsyncIterator[JobFacts]:
        """Give the job's facts whenever they change, until it ends."""
        news = asyncio.Event()
        order.listeners.add(news)
        try:
            while True:
                news.clear()
                yield order.facts()
                if order.ended or order.canceled or self._closing:
                    return
                await news.wait()
                await asyncio.sleep(PACE)
        finally:
            order.listeners.discard(news)

    async def _color(self, order: Order, picture: Picture) -> None:
        loop = asyncio.get_running_loop()

        def begun() -> None:
            picture.state = "running"
            order.tell()

        def call() -> Outcome | None:
            if order.canceled:
                return None
            loop.call_soon_threadsafe(begun)
            try:
                return batch.do(picture.job, order.options)
            finally:
                picture.job.source.unlink(missing_ok=True)
                if order.canceled:
                    remove_folder(order.folder)

        try:
            picture.came(await self._pool.do(call, "job", name=picture.name))
        except InternalError as error:
            picture.state, picture.message = "failed", str(error)

    def _one_ended(self, order: Order, picture: Picture, task: "asyncio.Task[None]") -> None:
        order.tasks.discard(task)
        if task.cancelled():
            picture.state = "canceled"
        if not order.tasks:
            order.ended = True
            asyncio.get_running_loop().call_later(self._keep, self._expire, order)
        order.tell()

    def _expire(self, order: Order) -> None:
        if self._jobs.get(order.id) is order:
            self.delete(order.id)
