"""A bounded pool of workers: threads, because the network and the codecs let go of Python's lock.

Everything but the work itself happens on the event loop, so that nothing here needs a lock. Who waits, waits
there: one who leaves gives up the place at once. Jobs leave one worker to the requests of people.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Literal, TypeAlias, TypeVar

from rechroma.server.statuses import QueueFull

T = TypeVar("T")
Lane: TypeAlias = Literal["person", "job"]
Waiter: TypeAlias = "asyncio.Future[None]"


class Pool:
    """Workers, those who wait for one, and the count of requests inside."""

    def __init__(self, workers: int, queue: int) -> None:
        self.workers = workers
        self.places = workers + queue
        self.inside = 0
        self._running: dict[Lane, int] = {"person": 0, "job": 0}
        self._waiting: dict[Lane, deque[Waiter]] = {"person": deque(), "job": deque()}
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="rechroma")

    @property
    def waiting(self) -> int:
        """Count the requests inside that no worker has yet."""
        return max(0, self.inside - self._running["person"])

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

    async def do(self, call: Callable[[], T], lane: Lane = "person") -> T:
        """Have a worker do it, once one is free; cancel to give up the place.

        What has begun cannot be stopped: its worker stays taken until it ends, whoever waits.
        """
        await self._take(lane)
        loop = asyncio.get_running_loop()
        try:
            done = self._threads.submit(call)
        except BaseException:
            self._give_back(lane)
            raise

        def released(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended before the work
                loop.call_soon_threadsafe(self._give_back, lane)

        done.add_done_callback(released)
        return await asyncio.shield(asyncio.wrap_future(done))

    async def close(self) -> None:
        """Let what has begun end; nothing more is begun."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    def _is_free(self, lane: Lane) -> bool:
        busy = sum(self._running.values())
        if lane == "job":
            return busy < self.workers and self._running["job"] < max(1, self.workers - 1)
        return busy < self.workers

    async def _take(self, lane: Lane) -> None:
        if self._is_free(lane) and not self._waiting[lane]:
            self._running[lane] += 1
            return
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # the place was given in the same moment
                self._give_back(lane)
            else:
                self._waiting[lane].remove(waiter)
            raise

    def _give_back(self, lane: Lane) -> None:
        self._running[lane] -= 1
        lanes: tuple[Lane, ...] = ("person", "job")
        for each in lanes:
            while self._waiting[each] and self._is_free(each):
                waiter = self._waiting[each].popleft()
                if not waiter.done():
                    self._running[each] += 1
                    waiter.set_result(None)
