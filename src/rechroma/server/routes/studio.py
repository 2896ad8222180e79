"""What the studio needs: a picture that stays open while a person works on it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Query, Request, Response

from rechroma.errors import OptionError
from rechroma.pipeline import Draft, color_plane
from rechroma.server.desk import Opened, reference_paths
from rechroma.server.downloads import RESULT, result
from rechroma.server.routes.coloring import MULTIPART, proposals_of
from rechroma.server.schemas import (
    DraftFacts,
    OneFileForm,
    PlaceFacts,
    Proposals,
    ReferenceFacts,
    Share,
    Suggestion,
    Wanted,
    WantedLook,
    WantedPreview,
    WantedProposals,
    WantedUncertainty,
)
from rechroma.server.service import Service, TheService, marks_of
from rechroma.server.statuses import Responses, refusals
from rechroma.server.storage import check_size, new_id, store
from rechroma.tiling import Area
from rechroma.types import ColorizeOptions

T = TypeVar("T")

router = APIRouter(prefix="/api", tags=["studio"])


def _picture(media_type: str, description: str) -> Responses:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


@router.post("/drafts", status_code=201, responses=refusals(400, 413, 422, 429, 503))
async def open_draft(
    request: Request, service: TheService, form: Annotated[OneFileForm, Form(media_type=MULTIPART)]
) -> DraftFacts:
    """Open a picture for work; it stays open until it is closed or makes room for others."""
    check_size(form.picture, service.options.max_bytes)
    name = form.picture.filename or "picture"
    with service.storage.folder_if_kept() as folder:

        def call() -> Draft:
            with folder.working():
                store(form.picture, folder.path / "picture")
                return Draft(folder.path / "picture", max_megapixels=service.options.max_megapixels)

        draft, notes = await service.work(request, call, name)
        opened = Opened(id=new_id(), name=name, bytes=form.picture.size or 0, draft=draft, folder=folder.path)
        service.desk.add(opened)
    height, width = draft.size
    return DraftFacts(
        id=opened.id,
        name=opened.name,
        width=width,
        height=height,
        format=draft.format,
        bytes=opened.bytes,
        notes=notes,
    )


@router.delete("/drafts/{draft_id}", status_code=204, responses=refusals(404, 422))
async def close_draft(draft_id: str, service: TheService) -> None:
    """Close a picture and remove its files."""
    service.desk.close(draft_id)


@router.get(
    "/drafts/{draft_id}/gray",
    response_class=Response,
    responses=_picture("image/jpeg", "The picture without color") | refusals(404, 422, 503),
)
async def gray(
    draft_id: str,
    request: Request,
    service: TheService,
    side: Annotated[int, Query(ge=16, le=8192)] = 1600,
    part: Annotated[
        list[Share],
        Query(min_length=4, max_length=4, description="Left, top, right, bottom of what is shown."),
    ] = [0, 0, 1, 1],  # noqa: B006 - not modified
) -> Response:
    """Show the picture's own lightness, or a part of it as closely as wanted."""
    with service.pool.entered(), service.desk.using(draft_id) as opened:
        data = await _ask(service, request, opened, lambda: opened.draft.gray(side, area_of(part)))
    return Response(data, media_type="image/jpeg")


@router.post(
    "/drafts/{draft_id}/preview",
    response_class=Response,
    responses=_picture("image/jpeg", "The picture in color, small") | refusals(400, 404, 413, 422, 503),
)
async def preview(draft_id: str, wanted: WantedPreview, request: Request, service: TheService) -> Response:
    """Show the picture in color: the colors of the result, at the size of a screen."""
    with service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        data = await _ask(
            service,
            request,
            opened,
            lambda: opened.draft.preview(options, wanted.side, area_of(wanted.part)),
        )
    return Response(data, media_type="image/jpeg")


@router.post("/drafts/{draft_id}/look", responses=refusals(400, 404, 413, 422, 503))
async def look(draft_id: str, wanted: WantedLook, request: Request, service: TheService) -> PlaceFacts:
    """Say what is at a place and what colors it may have, the likeliest first."""
    with service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        place = await _ask(
            service,
            request,
            opened,
            lambda: opened.draft.look(wanted.x, wanted.y, options, count=wanted.count),
        )
    return PlaceFacts(
        lightness=place.lightness,
        color=place.color,
        suggestions=[Suggestion(color=each.color, share=each.share) for each in place.suggestions],
    )


@router.post("/drafts/{draft_id}/proposals", responses=refusals(400, 404, 413, 422, 503))
async def proposals(
    draft_id: str, wanted: WantedProposals, request: Request, service: TheService
) -> Proposals:
    """Give several colorings, the likeliest first; one is taken by coloring with its hints."""
    with service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        return await _ask(
            service,
            request,
            opened,
            lambda: proposals_of(opened.draft, options, count=wanted.count, side=wanted.side),
        )


@router.post(
    "/drafts/{draft_id}/uncertainty",
    response_class=Response,
    responses=_picture("image/png", "Orange where the network is unsure, clear elsewhere")
    | refusals(400, 404, 413, 422, 503),
)
async def uncertainty(
    draft_id: str, wanted: WantedUncertainty, request: Request, service: TheService
) -> Response:
    """Show where the network is unsure: there a person looks first."""
    with service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        data = await _ask(
            service, request, opened, lambda: opened.draft.uncertainty_png(options, wanted.side)
        )
    return Response(data, media_type="image/png")


@router.post("/drafts/{draft_id}/references", status_code=201, responses=refusals(400, 404, 413, 422, 503))
async def add_reference(
    draft_id: str,
    request: Request,
    service: TheService,
    form: Annotated[OneFileForm, Form(media_type=MULTIPART)],
) -> ReferenceFacts:
    """Give a draft a color picture whose colors it may take."""
    check_size(form.picture, service.options.max_bytes)
    name = form.picture.filename or "reference"
    with service.desk.using(draft_id) as opened:
        if len(opened.references) >= service.options.references:
            raise OptionError(
                f"the draft has {len(opened.references)} references; accepted: {service.options.references} at most"
            )
        key = new_id()
        path = opened.folder / key
        opened.references[key] = path
        try:
            await service.work(request, lambda: _checked(service, form, path), name, key=opened.id)
        except BaseException:
            del opened.references[key]
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
    return ReferenceFacts(id=key, name=name)


@router.post(
    "/drafts/{draft_id}/result",
    response_class=Response,
    responses=RESULT | refusals(400, 404, 413, 422, 503),
)
async def full(draft_id: str, wanted: Wanted, request: Request, service: TheService) -> Response:
    """Color the picture in full size and give its file."""
    with service.desk.using(draft_id) as opened:
        options = asked(service, opened, wanted)
        data, notes = await colored(service, request, opened, options)
    return result(data, opened.name, notes=notes)


@router.get(
    "/plane",
    response_class=Response,
    responses=_picture("image/png", "a* to the right, b* up, -110 to 110; clear outside sRGB")
    | refusals(422, 503),
)
async def plane(
    request: Request,
    service: TheService,
    lightness: Annotated[float, Query(ge=0, le=100, allow_inf_nan=False)],
    side: Annotated[int, Query(ge=16, le=512)] = 160,
) -> Response:
    """Show the colors that are possible at a lightness."""
    with service.pool.entered():
        data, _ = await service.work(request, lambda: color_plane(lightness, side))
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


async def colored(
    service: Service, request: Request, opened: Opened, options: ColorizeOptions
) -> tuple[bytes, list[str]]:
    """Color a draft in full size, and tell what to know of it; one at a time of each draft."""
    return await service.work(
        request, lambda: opened.draft.result(options), opened.name, lane="result", key=(opened.id, "result")
    )


async def _ask(service: Service, request: Request, opened: Opened, call: Callable[[], T]) -> T:
    """Ask something about a draft, one thing at a time of each."""
    answer, _ = await service.work(request, call, opened.name, key=opened.id)
    return answer


def area_of(part: Sequence[float]) -> Area:
    """Take four shares for what is shown of a picture."""
    left, top, right, bottom = part
    return Area(left=left, top=top, right=right, bottom=bottom)


def asked(service: Service, opened: Opened, wanted: Wanted) -> ColorizeOptions:
    """Put together how a draft is to be colored; its references are named by their ids."""
    references = reference_paths(opened, wanted.references)
    return service.asked(wanted.options, marks=marks_of(wanted.hints), references=references)


def _checked(service: Service, form: OneFileForm, path: Path) -> None:
    """Store a reference, once it has been opened as a picture."""
    store(form.picture, path)
    Draft(path, max_megapixels=service.options.max_megapixels)
