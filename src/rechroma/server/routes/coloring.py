"""One picture in, one picture out, and several proposals for it; nothing is kept."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile

from rechroma import hints, pipeline
from rechroma.errors import OptionError
from rechroma.pipeline import Draft
from rechroma.server.downloads import RESULT, result
from rechroma.server.schemas import PictureForm, ProposalFacts, Proposals, ProposeForm
from rechroma.server.service import Service, TheService, document_of
from rechroma.server.statuses import refusals
from rechroma.server.storage import check_size
from rechroma.types import ColorizeOptions, Layer, Marks

router = APIRouter(prefix="/api", tags=["coloring"])
MULTIPART = "multipart/form-data"


@router.post(
    "/colorize",
    response_class=Response,
    responses=RESULT | refusals(400, 404, 413, 422, 503),
)
async def colorize(
    request: Request, service: TheService, form: Annotated[PictureForm, Form(media_type=MULTIPART)]
) -> Response:
    """Color one picture and give its file, in the picture's own format unless another is asked for."""
    _check(service, form)

    def call() -> bytes:
        return pipeline.colorize_to_bytes(form.picture.file.read(), _asked(service, form))

    data, notes = await service.work(request, call, form.picture.filename or "")
    return result(data, form.picture.filename, notes=notes)


@router.post("/propose", responses=refusals(400, 404, 413, 422, 503))
async def propose(
    request: Request, service: TheService, form: Annotated[ProposeForm, Form(media_type=MULTIPART)]
) -> Proposals:
    """Give several colorings of one picture, the likeliest first, as hints and small pictures."""
    _check(service, form)

    def call() -> Proposals:
        options = _asked(service, form)
        draft = Draft(form.picture.file.read(), max_megapixels=options.max_megapixels)
        return proposals_of(draft, options, count=form.count, side=form.side)

    found, _ = await service.work(request, call, form.picture.filename or "")
    return found


def proposals_of(draft: Draft, options: ColorizeOptions, *, count: int, side: int) -> Proposals:
    """Put a draft's proposals into the form that travels."""
    return Proposals(
        proposals=[
            ProposalFacts(
                likelihood=each.likelihood,
                hints=document_of(each.hints),
                preview=_data_url(draft.preview(replace(options, hints=each.hints), side)),
            )
            for each in draft.propose(count, options)
        ]
    )


def _check(service: Service, form: PictureForm) -> None:
    """Refuse early what needs no look into the files."""
    files: Sequence[UploadFile] = [form.picture, *form.reference, *([form.layer] if form.layer else [])]
    for file in files:
        check_size(file, service.options.max_bytes)
    if len(form.reference) > service.options.references:
        raise OptionError(
            f"there are {len(form.reference)} references; accepted: {service.options.references} at most"
        )
    service.asked(form)


def _asked(service: Service, form: PictureForm) -> ColorizeOptions:
    """Read the files beside the picture; for a worker's thread."""
    marks = hints.from_json(form.hints) if form.hints else Marks()
    if form.layer is not None:
        marks = hints.merge(marks, Marks(layers=(Layer(png=form.layer.file.read()),)))
    return service.asked(form, marks=marks, references=[each.file.read() for each in form.reference])


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode('ascii')}"
