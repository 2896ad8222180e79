"""The studio and its API over HTTP: the only place with fastapi, pydantic and uvicorn."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rechroma.errors import MissingExtra
from rechroma.server.options import ServeOptions

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["ServeOptions", "make_app", "serve"]


def make_app(options: ServeOptions) -> "FastAPI":
    """Make the ASGI application, for a server of your own; what it stored is removed when its lifespan ends.

    Raises:
        MissingExtra: fastapi is not installed.
    """
    _check_installed()
    from rechroma.server import app

    return app.make_app(options)


def serve(options: ServeOptions, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; `ready` is called once with the address to open.

    Raises:
        MissingExtra: fastapi or uvicorn is not installed.
        OptionError: Host and port cannot be listened on.
    """
    _check_installed()
    from rechroma.server import listen

    listen.serve(options, ready=ready)


def _check_installed() -> None:
    from importlib.util import find_spec

    for library in ("fastapi", "uvicorn", "multipart"):
        if find_spec(library) is None:
            raise MissingExtra(library, "server", "the studio")
