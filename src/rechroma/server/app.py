"""The application: routes, guard, handlers and state put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from rechroma._version import __version__
from rechroma.server.guard import Guard
from rechroma.server.options import FIELD_BYTES, MAX_FIELDS, ServeOptions
from rechroma.server.routes import about, archives, coloring, jobs, studio
from rechroma.server.service import Service
from rechroma.server.statuses import add_handlers

DESCRIPTION = """\
Believable color for black-and-white photographs. The colors are invented by a model, not recovered: they are likely
ones, not the true ones. Refusals have the form {"error": "...", "message": "..."}.
"""


def make_app(options: ServeOptions) -> FastAPI:
    """Make the ASGI application of one server; what it stored is removed when its lifespan ends."""
    service = Service(options)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = FastAPI(
        title="Rechroma",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        form_limits={
            "max_files": options.job_files,
            "max_fields": MAX_FIELDS,
            "max_part_size": FIELD_BYTES,
        },
    )
    app.state.service = service
    app.add_middleware(Guard, options=options, pool=service.pool)
    add_handlers(app)
    for routes in (coloring, jobs, studio, archives, about):
        app.include_router(routes.router)
    about.add_pages(app, options)
    return app
