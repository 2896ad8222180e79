"""A bounded pool of workers: threads, because the network and the codecs let go of Python's lock.

Everything but the work itself happens on the event loop, so that nothing here needs a lock. Who waits, waits
there, in one of three lanes: a person who looks at the screen, a full-size result, a job's picture. One who leaves
gives up the place at once. Results and jobs leave one worker to the screens. Work with a key, such as a draft's, is
done one at a time, so that the others of that key, which would wait for it anyway, hold no worker meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from rechroma.errors import RechromaError
from rechroma.server.statuses import InternalError, QueueFull

T = TypeVar("T")
Lane: TypeAlias = Literal["person", "result", "job"]
LANES: tuple[Lane, ...] = ("person", "result", "job")
"""In the order in which they are served."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Place:
    """One who waits for a worker, or has one."""

    lane: Lane
    key: Hashable
    """None waits for nobody but a worker."""
    turn: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Pool:
    """Workers, those who wait for one, and the count of requests inside."""

    def __init__(self, workers: int, queue: int) -> None:
        self.workers = workers
        self.places = workers + queue
        self.inside = 0
        self._running: list[_Place] = []
        self._waiting: list[_Place] = []
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="rechroma")

    @property
    def waiting(self) -> int:
        """Count the requests inside that no worker has yet."""
        return max(0, self.inside - sum(place.lane != "job" for place in self._running))

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count one request in while it lasts.

        Raises:
            QueueFull: No place is left.
        """
        if self.inside >= self.places:
            raise QueueFull(
                f"the server works on {self.workers} pictures and has {self.places - self.workers} requests "
                "waiting, which is all that it takes; come back in some seconds"
            )
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def do(
        self, call: Callable[[], T], lane: Lane = "person", *, name: str = "", key: Hashable = None
    ) -> T:
        """Have a worker do it, once one is free; cancel to give up the place.

        What has begun cannot be stopped: its worker and its key stay taken until it ends, whoever waits.

        Args:
            call: The work.
            lane: Who waits.
            name: Of the picture that is worked on.
            key: Work with the same one waits for its end.

        Raises:
            RechromaError: The work's own.
            InternalError: It ended in any other exception, which is logged with its traceback.
        """
        place = _Place(lane, key)
        self._waiting.append(place)
        self._begin()
        try:
            await place.turn
            done = self._threads.submit(_do, call, name)
        except BaseException:
            self._leave(place)
            raise
        loop = asyncio.get_running_loop()

        def released(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended before the work
                loop.call_soon_threadsafe(self._leave, place)

        done.add_done_callback(released)
        return await asyncio.shield(asyncio.wrap_future(done))

    async def close(self) -> None:
        """Let what has begun end; nothing more is begun."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    def _may_begin(self, place: _Place) -> bool:
        if len(self._running) >= self.workers:
            return False
        if place.key is not None and any(place.key == each.key for each in self._running):
            return False
        patient = sum(each.lane != "person" for each in self._running)
        return place.lane == "person" or patient < max(1, self.workers - 1)

    def _begin(self) -> None:
        """Give turns to all who may begin, by lanes and in the order of their coming."""
        for lane in LANES:
            for place in [each for each in self._waiting if each.lane == lane]:
                if len(self._running) >= self.workers:
                    return
                if self._may_begin(place) and not place.turn.done():  # done: it has just been canceled
                    self._waiting.remove(place)
                    self._running.append(place)
                    place.turn.set_result(None)

    def _leave(self, place: _Place) -> None:
        (self._running if place in self._running else self._waiting).remove(place)
        self._begin()


def _do(call: Callable[[], T], name: str) -> T:
    try:
        return call()
    except RechromaError:
        raise
    except Exception as error:
        log.exception("work on %r", name)
        raise InternalError(name) from error
