"""One picture of a run: the job, how it is done, and what came of it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rechroma.errors import RechromaError
from rechroma.pipeline import Report, colorize_file
from rechroma.types import ColorizeOptions

Status: TypeAlias = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to color and the file that the result goes to."""

    source: Path
    """The picture's file."""
    target: Path
    """The result's file; its suffix agrees with its format."""


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
        if self.warnings:
            facts["warnings"] = list(self.warnings)
        return facts


def do(job: Job, options: ColorizeOptions, *, overwrite: bool = False) -> Outcome:
    """Color one picture; an error that Rechroma raises on purpose becomes a failed outcome."""
    if not overwrite and job.target.exists():
        return Outcome(job=job, status="skipped")
    error = message = ""
    report: Report | None = None
    with recorded_warnings() as said:
        try:
            report = colorize_file(job.source, job.target, options, overwrite=overwrite)
        except RechromaError as problem:
            error, message = type(problem).__name__, str(problem)
    return Outcome(
        job=job,
        status="failed" if error else "done",
        report=report,
        error=error,
        message=message,
        warnings=tuple(said),
    )


@contextmanager
def recorded_warnings() -> Iterator[list[str]]:
    """Collect the words of warnings that are meant for the user; all others are issued as ever."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield said
    for warning in caught:
        if warning.category is UserWarning:
            said.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
