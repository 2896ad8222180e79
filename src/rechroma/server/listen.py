"""Listen on a socket and serve until told to stop."""

import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from rechroma.errors import OptionError
from rechroma.server.app import make_app
from rechroma.server.options import ServeOptions
from rechroma.server.service import Service

BACKLOG = 512
"""Connections that may wait to be accepted."""
KEEP_ALIVE = 30
"""Seconds for which a connection may idle: well above Retry-After, so that who comes back finds it open."""
GRACE = 10
"""Seconds for which answers under way are waited for at the end."""


def serve(options: ServeOptions, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; then end what is under way and remove what was stored.

    `ready` is called once with the address to open, which has the token where there is one.

    Raises:
        OptionError: Host and port cannot be listened on.
    """

    def started(address: str) -> None:
        if ready is not None:
            ready(address)
        if options.open:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    with listener(options) as bound:
        try:
            Server(options, bound, started).run(sockets=[bound])
        except KeyboardInterrupt:  # uvicorn raises the signal again once it has stopped, as is polite
            return


class Server(uvicorn.Server):
    """Says when it has started, and ends streams when it is told to stop."""

    def __init__(self, options: ServeOptions, bound: socket.socket, started: Callable[[str], None]) -> None:
        app = make_app(options)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,  # addresses may have the token
                proxy_headers=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=KEEP_ALIVE,
                backlog=BACKLOG,
            )
        )
        self.service: Service = app.state.service
        self._address = _address(options, bound.getsockname()[1])
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        self._started(self._address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, without waiting for streams that would go on."""
        self.service.jobs.hush()
        await super().shutdown(sockets)


def listener(options: ServeOptions) -> socket.socket:
    """Bind the host and the port.

    Raises:
        OptionError: They cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OptionError(
            f"{options.host} port {options.port} cannot be listened on: {error.strerror or error}; "
            "choose another --port, or 0 for any that is free"
        ) from error


def _address(options: ServeOptions, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
        options.host, f"[{options.host}]" if ":" in options.host else options.host
    )
    return f"http://{host}:{port}/" + (f"?token={options.token}" if options.token else "")
