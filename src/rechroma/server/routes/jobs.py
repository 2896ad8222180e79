"""Many pictures: hand them in, follow the progress, fetch the results."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from rechroma.errors import OptionError
from rechroma.server.downloads import RESULT, stored_result
from rechroma.server.jobs import Order
from rechroma.server.routes.coloring import MULTIPART
from rechroma.server.schemas import JobFacts, JobForm, JobStarted
from rechroma.server.service import TheService
from rechroma.server.statuses import Responses, refusals
from rechroma.server.storage import check_size, store

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
EVENTS: Responses = {
    200: {
        "description": "An event `progress` at every change, its data the job's state as GET /api/jobs/{id} gives it"
    }
}


def _found(job_id: str, service: TheService) -> Order:
    """Find the job before an answer begins, so that a job that is not there is refused by its status."""
    return service.jobs.find(job_id)


@router.post("", status_code=202, responses=refusals(400, 404, 413, 422, 429, 503))
async def start(
    request: Request, service: TheService, form: Annotated[JobForm, Form(media_type=MULTIPART)]
) -> JobStarted:
    """Hand in pictures to be colored alike, one after the other."""
    options = service.asked(form)
    if len(form.pictures) > service.options.job_files:
        raise OptionError(
            f"there are {len(form.pictures)} pictures; accepted: {service.options.job_files} at most"
        )
    for picture in form.pictures:
        check_size(picture, service.options.max_bytes)
    service.jobs.make_room()
    with service.storage.folder_if_kept() as folder:

        def keep() -> list[tuple[str, Path]]:
            with folder.working():
                return [_kept(picture, folder.path, number) for number, picture in enumerate(form.pictures)]

        job = service.jobs.start(folder.path, await asyncio.to_thread(keep), options)
    return JobStarted(id=job.id, total=len(job.pictures))


def _kept(picture: UploadFile, folder: Path, number: int) -> tuple[str, Path]:
    """Store a picture; give its name and its file."""
    path = folder / f"{number}.picture"
    store(picture, path)
    return picture.filename or f"picture {number}", path


@router.get("/{job_id}", responses=refusals(404, 422))
async def look(job_id: str, service: TheService) -> JobFacts:
    """Say how far a job is."""
    return service.jobs.find(job_id).facts()


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=EVENTS | refusals(404, 422))
async def follow(
    order: Annotated[Order, Depends(_found)], service: TheService
) -> AsyncIterator[ServerSentEvent]:
    """Follow a job by server-sent events."""
    async for facts in service.jobs.news(order):
        yield ServerSentEvent(event="progress", raw_data=facts.model_dump_json())


@router.get("/{job_id}/files/{number}", response_class=Response, responses=RESULT | refusals(404, 422))
async def fetch(job_id: str, number: int, service: TheService) -> Response:
    """Fetch the result of one picture."""
    picture = service.jobs.result(job_id, number)
    return stored_result(picture.job.target, picture.name, picture.format)


@router.delete("/{job_id}", status_code=204, responses=refusals(404, 422))
async def delete(job_id: str, service: TheService) -> None:
    """Cancel a job, or forget a finished one, and remove its files."""
    service.jobs.delete(job_id)
