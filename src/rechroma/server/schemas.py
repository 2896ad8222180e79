"""What travels over HTTP, as pydantic sees it."""

from dataclasses import fields
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from rechroma import hints
from rechroma.batch import State
from rechroma.errors import InputError
from rechroma.limits import limits_of
from rechroma.server.complaints import SENTENCE
from rechroma.types import ColorizeOptions, Format, Refinement

Share: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Size: TypeAlias = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Color: TypeAlias = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#a33b2e"])]
ArchiveId: TypeAlias = Annotated[str, Field(max_length=100, description="As POST /api/archives gave it.")]
Side: TypeAlias = Annotated[int, Field(ge=16, le=4096, description="Longer side at most, in pixels.")]


Part: TypeAlias = Annotated[
    tuple[Share, Share, Share, Share],
    Field(description="Left, top, right, bottom of what is shown, as shares of width and height."),
]


class Closed(BaseModel):
    """A mistyped field fails."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def check_names(cls, given: object) -> object:
        """Refuse fields that there are none of, by name."""
        unknown = sorted(given.keys() - cls.model_fields.keys()) if isinstance(given, dict) else []
        if unknown:
            accepted = ", ".join(cls.model_fields)
            raise PydanticCustomError(
                SENTENCE,
                "there is no field {unknown}; accepted: {accepted}",
                {"unknown": ", ".join(repr(name[:100]) for name in unknown[:10]), "accepted": accepted},
            )
        return given


class Problem(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="Name of the error's class, for programs.", examples=["UnreadableImage"])
    message: str = Field(description="What was given, what is accepted, what to do; for people.")


def _option(name: str, description: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    """Make a field of the one that `ColorizeOptions` declares: its default and its limits."""
    [declared] = [each for each in fields(ColorizeOptions) if each.name == name]
    limits = limits_of(declared)
    if limits is None:
        return Field(default=declared.default, description=description)
    return Field(
        default=declared.default,
        gt=limits.least if limits.above else None,
        ge=None if limits.above else limits.least,
        le=limits.most,
        allow_inf_nan=False,
        description=description,
    )


class Options(Closed):
    """How to color: those fields of `rechroma.ColorizeOptions` that a client may set."""

    method: Annotated[
        str | None, Field(max_length=100, description="A name of /api/models; the server's own if not given.")
    ] = None
    vividness: float | None = _option("vividness", "1 = colorful, 0 = faithful.")
    temperature: float | None = _option(
        "temperature", "Annealed-mean temperature: 1 = mean, towards 0 = mode."
    )
    saturation: float = _option("saturation", "Factor on the chroma; 1 = as predicted.")
    warmth: float = _option("warmth", "-1 = bluer, 1 = more amber.")
    reach: float = _option("reach", "How far hints count: 1 = wherever the model sees fit, 0 = nearby.")
    refine: Refinement = _option("refine", "How the small prediction is tidied.")
    format: Format = _option("format", 'File format of the result; "same" keeps the input\'s.')
    quality: int = _option("quality", "JPEG and WebP quality.")
    provenance: bool = _option("provenance", "Write into the metadata that color was added.")
    lossless_luma: bool = _option("lossless_luma", "Keep the luma scan of a gray JPEG byte for byte.")


class HintPoint(Closed):
    """A disc of a known color."""

    x: Annotated[Share, Field(description="Of the width, from the left.")]
    y: Annotated[Share, Field(description="Of the height, from the top.")]
    color: Annotated[Color | None, Field(description="null keeps the place gray.")]
    radius: Annotated[Size, Field(description="Of the longer side.")] = 0.01
    confidence: Annotated[Size, Field(description="1 = this very color; less is advice to the method.")] = 1.0


class HintStroke(Closed):
    """A line of a known color."""

    places: Annotated[list[tuple[Share, Share]], Field(min_length=1, max_length=100_000)]
    color: Annotated[Color | None, Field(description="null keeps the line gray.")]
    width: Annotated[Size, Field(description="Of the longer side.")] = 0.02


class HintsFile(Closed):
    """A hints file, version 1: what a person marked, relative to the picture."""

    rechroma_hints: Literal[1] = 1
    points: Annotated[list[HintPoint], Field(max_length=10_000)] = []
    strokes: Annotated[list[HintStroke], Field(max_length=10_000)] = []
    layers: Annotated[
        list[Annotated[str, Field(description="base64 of a PNG with alpha.")]], Field(max_length=16)
    ] = []
    palette: Annotated[list[Color], Field(max_length=1000)] = []

    @model_validator(mode="before")
    @classmethod
    def check_places(cls, given: object) -> object:
        """Refuse more places than are drawn before each becomes an object."""
        if isinstance(given, dict):
            try:
                hints.check_places(given)
            except InputError as error:
                raise PydanticCustomError(SENTENCE, "{sentence}", {"sentence": str(error)}) from error
        return given


class PictureForm(Options):
    """A picture and how to color it."""

    picture: Annotated[UploadFile, Field(description="An image file.")]
    hints: Annotated[str | None, Field(description="The text of a hints file (JSON).")] = None
    layer: Annotated[UploadFile | None, Field(description="A painted layer: PNG with alpha.")] = None
    reference: Annotated[list[UploadFile], Field(description="Color pictures whose colors are taken.")] = []


class ProposeForm(PictureForm):
    """A picture that several colorings are wanted of."""

    count: Annotated[int, Field(ge=1, le=12)] = 4
    side: Side = 256


class JobForm(Options):
    """Pictures, and how to color all of them."""

    pictures: Annotated[list[UploadFile], Field(min_length=1, description="Image files.")]


class OneFileForm(Closed):
    """A picture alone."""

    picture: Annotated[UploadFile, Field(description="An image file.")]


class Wanted(Closed):
    """How a draft is to be colored now."""

    options: Options = Options()
    hints: HintsFile = HintsFile()
    references: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(max_length=100, description="Ids of the draft's references."),
    ] = []


class WantedPreview(Wanted):
    """A small picture of it, or a part as closely as wanted."""

    side: Side = 1024
    part: Part = (0, 0, 1, 1)


class WantedUncertainty(Wanted):
    """A map of where the network is unsure."""

    side: Side = 512


class WantedProposals(Wanted):
    """Several colorings of it."""

    count: Annotated[int, Field(ge=1, le=12)] = 4
    side: Side = 256


class WantedPack(Wanted):
    """How a draft is to be colored for an archive."""

    archive: ArchiveId


class WantedJobPack(Closed):
    """Which results of a job go into an archive."""

    archive: ArchiveId
    numbers: Annotated[
        list[Annotated[int, Field(ge=0)]],
        Field(min_length=1, max_length=100_000, description="Of the job's pictures; all must be done."),
    ]


class WantedLook(Wanted):
    """What could be at one place."""

    x: Share
    y: Share
    count: Annotated[int, Field(ge=1, le=24, description="Suggestions at most.")] = 6


class Suggestion(BaseModel):
    """A color that a place may have."""

    color: Color
    share: Annotated[float, Field(description="Of the predicted distribution, 0 to 1.")]


class PlaceFacts(BaseModel):
    """What is at one place, and what could be."""

    lightness: Annotated[float, Field(description="L*, 0 to 100.")]
    color: Annotated[Color, Field(description="Shown there now.")]
    suggestions: list[Suggestion]


class ProposalFacts(BaseModel):
    """One of several colorings."""

    likelihood: Annotated[float, Field(description="Logarithm, relative to the likeliest: 0 or less.")]
    hints: Annotated[HintsFile, Field(description="Color with these, and the proposal is what comes out.")]
    preview: Annotated[str, Field(description="A JPEG as a data: URL.")]


class Proposals(BaseModel):
    """Several colorings, the likeliest first."""

    proposals: list[ProposalFacts]


class DraftFacts(BaseModel):
    """A picture opened for work."""

    id: str
    name: str
    width: int
    height: int
    format: Annotated[str, Field(description="File format of the result where none is asked for.")]
    bytes: int
    notes: Annotated[list[str], Field(description="What to know of it: that only its first page is read.")]


class ReferenceFacts(BaseModel):
    """A reference picture of a draft."""

    id: str
    name: str


class JobStarted(BaseModel):
    """A job that was taken on."""

    id: str
    total: int


class JobFile(BaseModel):
    """One picture of a job."""

    number: int
    name: str
    state: State
    message: Annotated[str, Field(description="Why it failed, or what to know of it; else empty.")]
    url: Annotated[str | None, Field(description="Where its result is, once it is done.")]


class JobFacts(BaseModel):
    """How far a job is."""

    id: str
    state: Literal["queued", "running", "done", "canceled"]
    total: int
    done: int
    failed: int
    files: list[JobFile]


class ArchiveStarted(BaseModel):
    """An archive that was begun, still empty."""

    id: str
    url: Annotated[str, Field(description="Where its ZIP is: all that was packed until it is fetched.")]


class Packed(BaseModel):
    """What was put into an archive."""

    files: Annotated[list[str], Field(description="Names in the archive: pictures, and their hints files.")]
    notes: Annotated[list[str], Field(description="What to know of the picture.")] = []


class ModelFacts(BaseModel):
    """A way to color."""

    name: str
    default: bool
    needs: Annotated[list[str], Field(description="What must be given beside the picture.")]
    paper: str
    license: Annotated[str, Field(description="Of the weights; empty where there are none.")]
    bytes: Annotated[int, Field(description="Of the weights; 0 where there are none.")]
    vividness: Annotated[float | None, Field(description="Used where none is asked for.")]
    temperature: Annotated[float | None, Field(description="Used where none is asked for.")]


class Limits(BaseModel):
    """How much the server takes on."""

    bytes: Annotated[int, Field(description="Of one upload.")]
    megapixels: Annotated[float, Field(description="Of one picture.")]
    queue: Annotated[int, Field(description="Requests that may wait.")]
    seconds: Annotated[float, Field(description="That one request may take.")]
    drafts: Annotated[int, Field(description="Pictures kept open.")]
    references: Annotated[int, Field(description="Of one draft or request.")]
    jobs: Annotated[int, Field(description="Kept with their results.")]
    job_files: Annotated[int, Field(description="Pictures of one job.")]
    job_bytes: Annotated[int, Field(description="Of one job's upload.")]
    archive_bytes: Annotated[int, Field(description="Of the results in one archive.")]


class ServerFacts(BaseModel):
    """What this server is."""

    version: str
    limits: Limits
    models: list[ModelFacts]
    token_required: bool


class Health(BaseModel):
    """That the server answers."""

    status: Literal["ok"]
    version: str
    waiting: Annotated[int, Field(description="Requests inside, beyond those being worked on.")]
