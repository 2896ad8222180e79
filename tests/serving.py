"""A server for tests: the real one, in a thread, on a free port of this machine."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from rechroma.server.listen import Server, listener
from rechroma.server.options import ServeOptions
from rechroma.server.service import Service

FOREIGN = (
    "Input should|[Ff]ield required|Extra inputs|Value error|String should|List should|unable to|"
    "Not Found|Not Allowed|parsing the body|Invalid multipart|Too many f|exceeded maximum"
)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that answers."""

    client: httpx.Client
    service: Service
    address: str


@contextmanager
def running(options: ServeOptions) -> Iterator[Running]:
    """Serve while the context lasts; what was stored is gone after it."""
    up = threading.Event()
    with listener(options) as bound:
        addresses: list[str] = []

        def started(address: str) -> None:
            addresses.append(address)
            up.set()

        server = Server(options, bound, started)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            assert up.wait(20)
            base = addresses[0].partition("?")[0]
            with httpx.Client(base_url=base, timeout=30) as client:
                yield Running(client=client, service=server.service, address=addresses[0])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def foreign(message: str) -> bool:
    """Tell whether words of pydantic, FastAPI or Starlette are in a message."""
    return re.search(FOREIGN, message) is not None
