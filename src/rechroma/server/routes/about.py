"""What the server is and can do, and the pages: the studio, and the documentation of the API."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from rechroma import methods, weights
from rechroma._version import __version__
from rechroma.server.options import ServeOptions
from rechroma.server.schemas import Health, Limits, ModelFacts, ServerFacts
from rechroma.server.service import TheService
from rechroma.server.statuses import refusals

router = APIRouter(tags=["server"])
PAGE = Path(__file__).parents[1] / "page"
"""The studio's own files."""
API_PAGE = Path(__file__).parents[1] / "api"
"""The files of the page about the API."""


@router.get("/healthz", responses={403: refusals()[403]})
async def health(service: TheService) -> Health:
    """Say that the server answers; needs no token."""
    return Health(status="ok", version=__version__, waiting=service.pool.waiting)


@router.get("/api/models", responses=refusals())
async def models(service: TheService) -> list[ModelFacts]:
    """List the ways to color, by the names that `method` takes."""
    return model_facts(service.options)


@router.get("/api/server", responses={403: refusals()[403]})
async def server(service: TheService) -> ServerFacts:
    """Say what the server takes and whether it wants a token; needs none itself."""
    options = service.options
    return ServerFacts(
        version=__version__,
        limits=Limits(
            bytes=options.max_bytes,
            megapixels=options.max_megapixels,
            queue=options.queue,
            seconds=options.timeout,
            drafts=options.drafts,
            references=options.references,
            jobs=options.jobs,
            job_files=options.job_files,
            job_bytes=options.job_bytes,
            archive_bytes=options.archive_bytes,
        ),
        models=model_facts(options),
        token_required=options.token is not None,
    )


def model_facts(options: ServeOptions) -> list[ModelFacts]:
    """Describe every method that colors."""
    rows = {row.name: row for row in weights.rows()}
    facts: list[ModelFacts] = []
    for name, method in methods.available().items():
        if method.task != "colorize":
            continue
        row = rows.get(name)
        facts.append(
            ModelFacts(
                name=name,
                default=options.method in {name, name.partition(".")[0]}
                and not any(f.default for f in facts),
                needs=list(method.needs),
                paper=method.paper,
                license=row.license if row else "",
                bytes=row.bytes if row else 0,
                vividness=row.defaults.vividness if row else None,
                temperature=row.defaults.temperature if row else None,
            )
        )
    return facts


def add_pages(app: FastAPI, options: ServeOptions) -> None:
    """Serve the page about the API and, unless it is not wanted, the studio."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(API_PAGE / "index.html")

    app.mount("/docs", StaticFiles(directory=API_PAGE))
    if not options.ui:
        return

    @app.get("/", include_in_schema=False)
    async def studio() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/static", StaticFiles(directory=PAGE))
