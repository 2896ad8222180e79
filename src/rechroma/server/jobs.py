"""Jobs: many pictures in one order, their progress, and results kept for a while."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias

from rechroma import pipeline
from rechroma.errors import RechromaError
from rechroma.notes import collected
from rechroma.server.pool import Pool
from rechroma.server.schemas import JobFacts, JobFile
from rechroma.server.statuses import NotFound, TooMany
from rechroma.server.storage import new_id, remove_folder
from rechroma.types import ColorizeOptions, Format

FileState: TypeAlias = Literal["queued", "running", "done", "failed", "canceled"]
HEARTBEAT: Final = 15.0
"""Seconds without news after which a stream says that it is still there."""
PACE: Final = 0.2
"""Seconds between two events at least."""


@dataclass(slots=True, kw_only=True, eq=False)
class Picture:
    """One picture of a job."""

    number: int
    name: str
    """As the client called it; it names the download, never a file of ours."""
    source: Path
    result: Path
    format: Format = "same"
    """Of the result, once it is there."""
    state: FileState = "queued"
    message: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """Pictures that are colored alike, one after the other."""

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

    def _state(self, states: list[FileState]) -> Literal["queued", "running", "done", "canceled"]:
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
    """Jobs by id, the oldest first; all calls come from the event loop."""

    def __init__(self, pool: Pool, *, limit: int, keep: float) -> None:
        self._pool = pool
        self._limit = limit
        self._keep = keep
        self._jobs: dict[str, Job] = {}
        self._closing = False

    def make_room(self) -> None:
        """Drop the oldest finished job where all places are taken.

        Raises:
            TooMany: No job has finished.
        """
        if len(self._jobs) >= self._limit:
            oldest = next((job for job in self._jobs.values() if job.ended), None)
            if oldest is None:
                raise TooMany(f"{self._limit} jobs are unfinished; wait for one, or delete one")
            self.delete(oldest.id)

    def start(self, folder: Path, named: Sequence[tuple[str, Path]], options: ColorizeOptions) -> Job:
        """Take on a job; `named` are the pictures' names and the files in `folder` that hold them.

        Raises:
            TooMany: see `make_room`.
        """
        self.make_room()
        pictures = [
            Picture(number=number, name=name, source=path, result=folder / f"{number}.result")
            for number, (name, path) in enumerate(named)
        ]
        job = Job(id=new_id(), folder=folder, options=options, pictures=pictures)
        self._jobs[job.id] = job
        for picture in pictures:
            task = asyncio.create_task(self._color(job, picture))
            job.tasks.add(task)
            task.add_done_callback(partial(self._one_ended, job, picture))
        return job

    def find(self, key: str) -> Job:
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
        job = self.find(key)
        del self._jobs[key]
        job.canceled = not job.ended
        for task in list(job.tasks):
            task.cancel()
        remove_folder(job.folder)
        job.tell()

    def close(self) -> None:
        """End every job and every stream."""
        self.hush()
        for key in list(self._jobs):
            self.delete(key)

    def hush(self) -> None:
        """End every stream: the server is about to stop."""
        self._closing = True
        for job in self._jobs.values():
            job.tell()

    async def events(self, job: Job) -> AsyncIterator[str]:
        """Give the job's facts as server-sent events whenever they change, until it ends."""
        news = asyncio.Event()
        job.listeners.add(news)
        try:
            while True:
                news.clear()
                yield f"event: progress\ndata: {job.facts().model_dump_json()}\n\n"
                if job.ended or job.canceled or self._closing:
                    return
                async for beat in _heartbeats(news):
                    yield beat
                await asyncio.sleep(PACE)
        finally:
            job.listeners.discard(news)

    async def _color(self, job: Job, picture: Picture) -> None:
        loop = asyncio.get_running_loop()

        def begun() -> None:
            picture.state = "running"
            job.tell()

        def call() -> None:
            if job.canceled:
                return
            loop.call_soon_threadsafe(begun)
            try:
                with collected() as notes:
                    report = pipeline.colorize_file(picture.source, picture.result, job.options)
                picture.format = report.format
                picture.message = "; ".join(notes)
            except RechromaError:
                if not job.canceled:  # its folder is gone, as it should be
                    raise
            finally:
                picture.source.unlink(missing_ok=True)
                if job.canceled:
                    remove_folder(job.folder)

        try:
            await self._pool.do(call, "job", name=picture.name)
        except RechromaError as error:
            picture.state, picture.message = "failed", str(error).replace(str(picture.source), picture.name)
        else:
            picture.state = "done"

    def _one_ended(self, job: Job, picture: Picture, task: "asyncio.Task[None]") -> None:
        job.tasks.discard(task)
        if task.cancelled():
            picture.state = "canceled"
        if not job.tasks:
            job.ended = True
            asyncio.get_running_loop().call_later(self._keep, self._expire, job)
        job.tell()

    def _expire(self, job: Job) -> None:
        if self._jobs.get(job.id) is job:
            self.delete(job.id)


async def _heartbeats(news: asyncio.Event) -> AsyncIterator[str]:
    """Wait for news, with a comment now and then that keeps the connection open."""
    while True:
        try:
            await asyncio.wait_for(news.wait(), HEARTBEAT)
        except TimeoutError:
            yield ": still at it\n\n"
        else:
            return
