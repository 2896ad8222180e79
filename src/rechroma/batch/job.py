"""One picture of a run: the job, how it is done, and what came of it."""

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
        return facts


def do(job: Job, options: ColorizeOptions, *, overwrite: bool = False) -> Outcome:
    """Color one picture; an error that Rechroma raises on purpose becomes a failed outcome."""
    if not overwrite and job.target.exists():
        return Outcome(job=job, status="skipped")
    try:
        report = colorize_file(job.source, job.target, options, overwrite=overwrite)
    except RechromaError as error:
        return Outcome(job=job, status="failed", error=type(error).__name__, message=str(error))
    return Outcome(job=job, status="done", report=report)
