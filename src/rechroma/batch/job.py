"""One picture of a run: the job, how it is done, and what came of it."""

import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from rechroma import hints, image, notes
from rechroma._version import __version__
from rechroma.batch import standing
from rechroma.batch.standing import Part, Recipe
from rechroma.errors import RechromaError
from rechroma.naming import beside_name
from rechroma.pipeline import Draft, Report, colorize_file
from rechroma.types import ColorizeOptions

T = TypeVar("T")

_UNCERTAINTY_SIDE = 2048
"""Longer side of the picture of the uncertainty, at most."""

Status: TypeAlias = Literal["done", "skipped", "failed"]
"""What came of a job; `skipped` = there was nothing to do."""
State: TypeAlias = Literal["queued", "running", "canceled"] | Status
"""How far a job is, whoever does it: this process, workers, a server."""


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
    """Whether to write NAME.uncertainty.png too: where the method is unsure."""
    hints: Path | None = None
    """A hints file for this picture, which counts where the options have no hints."""
    among_others: bool = False
    """Whether the picture was not named alone: then one that is itself a result is left out, whatever its name."""

    alike: Path | None = None
    """Target of another job, which some disks take for this one's: names that differ in case or the form of accents."""

    @property
    def uncertainty_file(self) -> Path:
        """Where the picture of the uncertainty goes."""
        return self.target.with_name(beside_name(self.target.name, "uncertainty.png"))

    def proposal_file(self, number: int) -> Path:
        """Give the file of a proposal, from 2."""
        return self.target.with_name(beside_name(self.target.name, f"{number}{self.target.suffix}"))

    def proposal_hints(self, number: int) -> Path:
        """Give the hints file of a proposal, from 2."""
        return self.target.with_name(beside_name(self.target.name, f"{number}.hints.json"))

    def files(self) -> Iterator[Path]:
        """Yield every file that the job may write."""
        yield self.target
        if self.uncertainty:
            yield self.uncertainty_file
        for number in range(2, self.proposals + 1):
            yield from (self.proposal_file(number), self.proposal_hints(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one job; plain data, so that it travels between processes."""

    job: Job
    """What was asked."""
    status: Status
    report: Report | None = None
    """What the pipeline did, where it was done."""
    error: str = ""
    """Name of the error's class, where it failed: one of `rechroma.errors`, or of any other that was not foreseen."""
    message: str = ""
    """The error's words, or why it was skipped."""
    traceback: str = ""
    """Where in the program it failed, if that was not foreseen."""
    also: tuple[Path, ...] = ()
    """Files written beside the target: proposals with their hints, the picture of the uncertainty."""
    hints: Path | None = None
    """The hints file beside the picture, where it was used."""
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
        for name in ("error", "message"):
            if getattr(self, name):
                facts[name] = getattr(self, name)
        if self.also:
            facts["also"] = [str(path) for path in self.also]
        if self.hints is not None:
            facts["hints"] = str(self.hints)
        if self.warnings:
            facts["warnings"] = list(self.warnings)
        return facts


def do(job: Job, options: ColorizeOptions, *, overwrite: bool = False) -> Outcome:
    """Color one picture, and make what is missing beside its result; whatever goes wrong becomes a failed outcome."""
    with notes.collected() as said:
        outcome = _attempt(job, lambda: _do(job, options, overwrite=overwrite))
    return replace(outcome, warnings=tuple(said))


def settled(job: Job, options: ColorizeOptions, *, overwrite: bool = False) -> Outcome | None:
    """Give the outcome of a job that needs no work: skipped, or refused; None where there is something to do."""
    with notes.collected():  # what there is to know of the picture is told when it is colored
        due = _attempt(job, lambda: _due(job, _with_hints(job, options), overwrite=overwrite))
    return due if isinstance(due, Outcome) else None


def _attempt(job: Job, work: Callable[[], T]) -> T | Outcome:
    """Do some work for a job; an error becomes a failed outcome, for it must not cost the other pictures."""
    try:
        return work()
    except RechromaError as problem:
        return Outcome(job=job, status="failed", error=type(problem).__name__, message=str(problem))
    except Exception as problem:
        return Outcome(
            job=job,
            status="failed",
            error=type(problem).__name__,
            message=_unforeseen(problem),
            traceback=traceback.format_exc(),
        )


def _unforeseen(problem: Exception) -> str:
    if isinstance(problem, MemoryError):
        return "memory ran out; close other programs, use fewer --workers or refuse large pictures by --max-megapixels"
    return f"an error of Rechroma, {type(problem).__name__}: {problem}; please report it, --log FILE tells where it was"


def _due(job: Job, options: ColorizeOptions, *, overwrite: bool) -> frozenset[Part] | Outcome:
    """Find out what is to be made; an outcome where that is nothing."""
    there = standing.look(job, options, overwrite=overwrite)
    if not there.due:
        how = (
            "already there, its settings are not recorded"
            if there.unsaid
            else "already made with these settings"
        )
        return Outcome(job=job, status="skipped", message=how)
    if job.among_others and standing.is_own_result(job.source):
        return Outcome(job=job, status="skipped", message="itself a result; colored again when named alone")
    return there.due


def _do(job: Job, options: ColorizeOptions, *, overwrite: bool) -> Outcome:
    options, given = _with_hints(job, options), options
    due = _due(job, options, overwrite=overwrite)
    if isinstance(due, Outcome):
        return due
    if job.hints is not None and given.hints:
        notes.note(f"{job.hints.name} beside it was not used, for hints were given outright")
    report = None
    if "result" in due:
        replaces = overwrite or standing.is_empty(job.target)
        report = colorize_file(job.source, job.target, options, overwrite=replaces)
    return Outcome(
        job=job,
        status="done",
        report=report,
        also=tuple(_beside(job, due, options, overwrite=overwrite)),
        hints=None if given.hints else job.hints,
    )


def _with_hints(job: Job, options: ColorizeOptions) -> ColorizeOptions:
    """Take the hints file beside the picture, unless hints were given outright."""
    if job.hints is None or options.hints:
        return options
    return replace(options, hints=hints.read(job.hints))


def _beside(job: Job, due: frozenset[Part], options: ColorizeOptions, *, overwrite: bool) -> Iterator[Path]:
    """Write what is due beside the target, and name each file."""
    if not due & {"proposals", "uncertainty"}:
        return
    draft = Draft(job.source, max_megapixels=options.max_megapixels)
    wanted = standing.asked(options)
    if "uncertainty" in due:
        overlay = draft.uncertainty_png(options, side=min(max(draft.size), _UNCERTAINTY_SIDE))
        if options.provenance:
            overlay = image.labelled_png(overlay, _provenance(job, standing.for_uncertainty(wanted)))
        replaces = overwrite or standing.is_empty(job.uncertainty_file)
        image.save_atomically(overlay, job.uncertainty_file, overwrite=replaces)
        yield job.uncertainty_file
    others = draft.propose(job.proposals, options)[1:] if "proposals" in due else ()
    for number, proposal in enumerate(others, start=2):
        path, own = job.proposal_file(number), standing.for_proposal(wanted, number, job)
        if not standing.stands(path, own, job, options):
            colorize_file(
                job.source,
                path,
                replace(options, hints=proposal.hints),
                overwrite=overwrite or standing.is_empty(path),
                noted={name: own[name] for name in ("hints", "proposal", "proposals")}
                | {"made": len(others) + 1},
            )
            yield path
        text = hints.to_json(proposal.hints).encode("ascii")
        if _store(text, job.proposal_hints(number), overwrite=overwrite):
            yield job.proposal_hints(number)


def _store(data: bytes, path: Path, *, overwrite: bool) -> bool:
    """Store a file unless the very same is there."""
    if standing.is_there(path) and path.read_bytes() == data:
        return False
    image.save_atomically(data, path, overwrite=overwrite or standing.is_empty(path))
    return True


def _provenance(job: Job, own: Recipe) -> image.Provenance:
    settings = {**own, "source": image.sha256_of(job.source), "glance": image.glance_of(job.source)}
    return image.Provenance(
        version=__version__,
        model=own["method"],
        sha256=own["weights"],
        settings=json.dumps(settings, separators=(",", ":")),
        source_type="compositeWithTrainedAlgorithmicMedia",  # none but a trained model says how sure it is
    )
