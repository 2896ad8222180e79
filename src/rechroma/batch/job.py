"""One picture of a run: the job, how it is done, and what came of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from rechroma import hints, image
from rechroma.drafts import Draft
from rechroma.errors import RechromaError
from rechroma.notes import collected
from rechroma.pipeline import Report, colorize_file
from rechroma.types import ColorizeOptions

_DOUBT_SIDE = 2048
"""Longer side of the picture of doubt, at most."""

Status: TypeAlias = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to color and the file that the result goes to."""

    source: Path
    """The picture's file."""
    target: Path
    """The result's file; its suffix agrees with its format."""
    proposals: int = 1
    """Colorings to make: the second goes beside the target as NAME.2.jpg, with its hints file NAME.2.hints.json."""
    uncertainty: bool = False
    """Whether to write NAME.doubt.png too: where the method is unsure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one job; plain data, so that it travels between processes."""

    job: Job
    """What was asked."""
    status: Status
    """`skipped` = the result was there already."""
    report: Report | None = None
    """What the pipeline did, where it was done."""
    error: str = ""
    """Name of the error's class in `rechroma.errors`, where it failed."""
    message: str = ""
    """The error's words."""
    also: tuple[Path, ...] = ()
    """Files written beside the target: proposals with their hints, the picture of doubt."""
    warnings: tuple[str, ...] = ()
    """What the reader should know of the picture: damaged in places, only the first of several pages."""

    def as_dict(self) -> dict[str, object]:
        """Give the outcome as JSON can hold it: source, target, status, and the report's or the error's fields."""
        facts: dict[str, object] = {
            "source": str(self.job.source),
            "target": str(self.job.target),
            "status": self.status,
        }
        if self.report is not None:
            facts |= asdict(self.report)
        if self.error:
            facts |= {"error": self.error, "message": self.message}
        if self.also:
            facts["also"] = [str(path) for path in self.also]
        if self.warnings:
            facts["warnings"] = list(self.warnings)
        return facts


def do(job: Job, options: ColorizeOptions, *, overwrite: bool = False) -> Outcome:
    """Color one picture; an error that Rechroma raises on purpose becomes a failed outcome."""
    if not overwrite and job.target.exists():
        return Outcome(job=job, status="skipped")
    error = message = ""
    report: Report | None = None
    also: tuple[Path, ...] = ()
    with collected() as notes:
        try:
            report = colorize_file(job.source, job.target, options, overwrite=overwrite)
            also = tuple(_beside(job, options, overwrite=overwrite))
        except RechromaError as problem:
            error, message = type(problem).__name__, str(problem)
    return Outcome(
        job=job,
        status="failed" if error else "done",
        report=report,
        error=error,
        message=message,
        also=also,
        warnings=tuple(notes),
    )


def _beside(job: Job, options: ColorizeOptions, *, overwrite: bool) -> Iterator[Path]:
    """Write what was asked for beside the target, and name each file."""
    if job.proposals == 1 and not job.uncertainty:
        return
    draft = Draft(job.source, max_megapixels=options.max_megapixels)
    if job.uncertainty:
        overlay = draft.doubt(options, side=min(max(draft.size), _DOUBT_SIDE))
        yield _store(job, "doubt.png", overlay, overwrite=overwrite)
    others = draft.propose(job.proposals, options)[1:] if job.proposals > 1 else ()
    for number, proposal in enumerate(others, start=2):
        path = job.target.with_name(f"{job.target.stem}.{number}{job.target.suffix}")
        colorize_file(job.source, path, replace(options, hints=proposal.hints), overwrite=overwrite)
        yield path
        text = hints.to_json(proposal.hints).encode("ascii")
        yield _store(job, f"{number}.hints.json", text, overwrite=overwrite)


def _store(job: Job, ending: str, data: bytes, *, overwrite: bool) -> Path:
    path = job.target.with_name(f"{job.target.stem}.{ending}")
    image.save_atomically(data, path, overwrite=overwrite)
    return path
