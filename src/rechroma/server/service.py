"""What the routes share: the options, the pool, the desk, the jobs; and how a request becomes work."""

import asyncio
import json
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from rechroma import hints, methods
from rechroma.errors import UnknownMethod
from rechroma.notes import collected
from rechroma.server.archives import Archives
from rechroma.server.desk import Desk
from rechroma.server.jobs import Jobs
from rechroma.server.options import ServeOptions, share_cores
from rechroma.server.pool import Lane, Pool
from rechroma.server.schemas import HintsFile, Options
from rechroma.server.statuses import ClientLeft, TimedOut
from rechroma.server.storage import Storage
from rechroma.types import ColorizeOptions, Marks

T = TypeVar("T")


class Service:
    """The state of one server."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        workers, self.threads = share_cores(options)
        self.pool = Pool(workers, options.queue)
        self.storage = Storage()
        self.desk = Desk(options.drafts, megapixels=options.drafts_megapixels)
        self.archives = Archives(
            self.storage,
            limit=options.jobs,
            files=options.job_files,
            most_bytes=options.archive_bytes,
            keep=options.keep,
        )
        self.jobs = Jobs(self.pool, limit=options.jobs, keep=options.keep)

    async def close(self) -> None:
        """End what is running and remove what was stored."""
        self.jobs.close()
        await self.pool.close()
        self.storage.remove()

    def asked(
        self,
        wanted: Options,
        *,
        marks: Marks = Marks(),  # noqa: B008 - frozen
        references: Sequence[Path | bytes] = (),
    ) -> ColorizeOptions:
        """Put together what a client asked for and what is the server's own.

        Raises:
            UnknownMethod: The method is none of ours.
            OptionError: A value is out of range.
        """
        given = {name: getattr(wanted, name) for name in Options.model_fields}
        return ColorizeOptions(
            **given | {"method": self._method(wanted.method)},
            hints=marks,
            references=tuple(references),
            max_megapixels=self.options.max_megapixels,
            threads=self.threads,
        )

    async def work(
        self,
        request: Request,
        call: Callable[[], T],
        name: str = "",
        *,
        lane: Lane = "person",
        key: Hashable = None,
    ) -> tuple[T, list[str]]:
        """Have a worker do it while the client waits, and no longer than the limit.

        Args:
            request: Of the client.
            call: The work; it goes on in its thread where the client does not wait for its end.
            name: The picture's, as the client called it.
            lane: See `Pool`.
            key: See `Pool.do`.

        Returns:
            What it came to, and what a person should know of the picture.

        Raises:
            TimedOut: It took too long.
            ClientLeft: The client went away.
            RechromaError: see `Pool.do`.
        """

        def noted() -> tuple[T, list[str]]:
            with collected() as notes:
                return call(), notes

        work = asyncio.ensure_future(self.pool.do(noted, lane, name=name, key=key))
        left = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait(
                {work, left}, timeout=self.options.timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if work.done():
                return work.result()
            if left.done():
                raise ClientLeft("the client went away")
            raise TimedOut(
                f"it took more than {self.options.timeout:g} s; try a smaller picture, or come back later"
            )
        finally:
            work.cancel()
            left.cancel()

    def _method(self, name: str | None) -> str:
        """Take a name for a method; a path is no name, whatever lies there."""
        if name is None:
            return self.options.method
        known = [full for full, method in methods.available().items() if method.task == "colorize"]
        if name in known or name in {full.partition(".")[0] for full in known}:
            return name
        raise UnknownMethod(f"no method is called {name!r}; accepted: {', '.join(known)}")


def marks_of(document: HintsFile) -> Marks:
    """Read the marks of a hints file that has passed its schema."""
    return hints.from_json(document.model_dump_json())


def document_of(marks: Marks) -> HintsFile:
    """Write marks as the hints file that a client keeps."""
    return HintsFile.model_validate(json.loads(hints.to_json(marks)))


def service_of(request: Request) -> Service:
    """Give the service of the application that a request came to."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
