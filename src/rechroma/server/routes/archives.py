"""Many results as one file: an archive is begun, results are put into it one by one, and it is fetched as a ZIP."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from rechroma import hints
from rechroma.server import zipping
from rechroma.server.downloads import attachment, format_of_result
from rechroma.server.routes.studio import asked, colored
from rechroma.server.schemas import ArchiveStarted, Packed, WantedJobPack, WantedPack
from rechroma.server.service import TheService, marks_of
from rechroma.server.statuses import Responses, refusals

router = APIRouter(prefix="/api", tags=["archives"])
NAME = "rechroma.zip"
ZIP: Responses = {
    200: {
        "description": "A ZIP of everything that was packed, stored as it is; its length is known",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/archives", status_code=201, responses=refusals(429, 503))
async def begin(service: TheService) -> ArchiveStarted:
    """Begin an archive; it is kept until it is deleted, goes unused for long or makes room for another."""
    archive = service.archives.open()
    return ArchiveStarted(id=archive.id, url=f"/api/archives/{archive.id}")


@router.post("/drafts/{draft_id}/pack", status_code=201, responses=refusals(400, 404, 413, 422, 429, 503))
async def pack_draft(draft_id: str, wanted: WantedPack, request: Request, service: TheService) -> Packed:
    """Color a draft in full size and put the file into an archive, with a hints file where there are hints."""
    with service.archives.using(wanted.archive) as archive, service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        data, notes = await colored(service, request, opened, options)
        marks = marks_of(wanted.hints)
        files = await service.archives.add(
            archive,
            opened.name,
            format_of_result(data),
            data,
            hints=hints.to_json(marks) if marks else "",
        )
    return Packed(files=files, notes=notes)


@router.post("/jobs/{job_id}/pack", status_code=201, responses=refusals(400, 404, 413, 422, 429, 503))
async def pack_job(job_id: str, wanted: WantedJobPack, service: TheService) -> Packed:
    """Put results of a job into an archive."""
    files: list[str] = []
    pictures = [service.jobs.result(job_id, number) for number in wanted.numbers]
    with service.archives.using(wanted.archive) as archive:
        for picture in pictures:
            files += await service.archives.add(archive, picture.name, picture.format, picture.job.target)
    return Packed(files=files)


@router.get("/archives/{archive_id}", response_class=Response, responses=ZIP | refusals(404, 422))
async def fetch(archive_id: str, service: TheService) -> Response:
    """Fetch an archive as a ZIP, piece by piece; what is packed meanwhile is not in it."""
    with service.archives.using(archive_id) as archive:
        entries = tuple(archive.entries)
        return StreamingResponse(
            service.archives.pieces(archive, entries),
            media_type="application/zip",
            headers={
                "Content-Disposition": attachment(NAME),
                "Content-Length": str(zipping.length(entries)),
            },
        )


@router.delete("/archives/{archive_id}", status_code=204, responses=refusals(404, 422))
async def delete(archive_id: str, service: TheService) -> None:
    """Forget an archive and remove its files."""
    service.archives.delete(archive_id)
