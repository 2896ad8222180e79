"""Where each result goes, and what lies beside it; only `names_a_file` looks at what is there."""

import os
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rechroma.batch.find import Anew, Found, Unread, place
from rechroma.batch.job import Job, Outcome
from rechroma.errors import InputError, OptionError, OutputError
from rechroma.naming import NEVER_WRITTEN, SUFFIXES, folded, target_name
from rechroma.types import Format

WRITTEN = ", ".join(dict.fromkeys(SUFFIXES))


class Jobs:
    """The jobs of a plan, in the order of the inputs; made anew each time that they are gone through."""

    def __init__(self, make: Callable[[], Iterable[Job | Outcome]], count: int) -> None:
        self._make = make
        self._count = count

    def __len__(self) -> int:
        """Count the jobs that there were when the plan was made."""
        return self._count

    def __iter__(self) -> Iterator[Job]:
        """Make the jobs."""
        return (item for item in self._make() if isinstance(item, Job))


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a run, and what gets none: a file would be written twice or an input replaced, a folder is closed."""

    jobs: Jobs
    refused: tuple[Outcome, ...]
    """Failed outcomes, one for each picture that gets no job, and for each folder that cannot be read."""


def plan(
    found: Sequence[Found] | Anew[Found],
    *,
    unread: Sequence[Unread] = (),
    out: Path | None = None,
    to_file: bool = False,
    format: Format = "same",  # noqa: A002 - the option's name
    proposals: int = 1,
    uncertainty: bool = False,
) -> Plan:
    """Give each picture its target.

    Without `out` a result lies beside its picture; with it, under `out`, where pictures found in a folder keep
    that folder's tree. With `to_file`, `out` is the only result itself. What a job writes beside its target is held to
    the same: no file is written twice, no input replaced.

    Of each file eight bytes are held, and its name only where another's may be the same. Pictures that arrive later are
    left to the next plan.
    """
    among = len(found) > 1

    def job_of(item: Found) -> Job:
        return Job(
            source=item.path,
            target=out if to_file and out is not None else _target(item, out, format),
            proposals=proposals,
            uncertainty=uncertainty,
            hints=item.hints,
            among_others=item.root is not None or among,
        )

    known = np.sort(
        np.fromiter(
            (
                digest
                for item in found
                for digest in (_digest(item.path), *map(_digest, job_of(item).files()))
            ),
            np.int64,
        )
    )
    suspects = frozenset(known[1:][known[1:] == known[:-1]].tolist())
    sources = {place(item.path) for item in found if suspects and _digest(item.path) in suspects}

    def made() -> Iterator[Job | Outcome]:
        jobs = (job_of(item) for item in found if _is_known(item.path, known))
        return _without_collisions(jobs, suspects, sources) if suspects else jobs

    refused = [_unreadable(folder, out) for folder in unread]
    if suspects:
        refused += [item for item in made() if isinstance(item, Outcome)]
    return Plan(Jobs(made, len(found) - len(refused) + len(unread)), tuple(refused))


def _without_collisions(
    jobs: Iterable[Job], suspects: Container[int], sources: set[str]
) -> Iterator[Job | Outcome]:
    """Yield each job that may write all its files, and a failed outcome for each other.

    `suspects` are the digests of places that come twice, and only those are held and compared; `sources` are the inputs
    among them.
    """
    owners: dict[str, Path] = {}
    targets: dict[str, Path] = {}
    for job in jobs:
        places = {place(path): path for path in job.files() if _digest(path) in suspects}
        reason = _obstacle(job, places, sources, owners)
        if reason is not None:
            yield Outcome(job=job, status="failed", error=OutputError.__name__, message=reason)
            continue
        owners |= dict.fromkeys(places, job.source)
        if place(job.target) in places:
            alike = targets.setdefault(folded(place(job.target)), job.target)
            yield job if alike == job.target else replace(job, alike=alike)
        else:
            yield job


def _digest(path: Path) -> int:
    """Give 63 bits that are the same for all paths that some disk takes for one."""
    return hash(folded(place(path))) >> 1


def _is_known(path: Path, known: NDArray[np.int64]) -> bool:
    """Say whether a path's digest is one of the sorted ones."""
    digest = _digest(path)
    at = int(np.searchsorted(known, digest))
    return at < len(known) and int(known[at]) == digest


def names_a_file(out: Path | None, found: Sequence[Found] | Anew[Found]) -> bool:
    """Say whether `out` means one result's file rather than the folder of the results.

    Raises:
        OptionError: it is named like a file that no result can be, or like one for several.
        OutputError: it is a file where a folder is needed.
    """
    if out is None or out.is_dir():
        return False
    suffix = out.suffix.lower()
    alone = len(found) == 1 and next(iter(found)).root is None
    if suffix in SUFFIXES and alone:
        return True
    if suffix in NEVER_WRITTEN and alone:
        raise OptionError(
            f"-o {out} would be a {suffix} file, which is not written; accepted: a name ending in {WRITTEN}, "
            "or a folder"
        )
    if suffix in SUFFIXES or suffix in NEVER_WRITTEN:
        raise OptionError(
            f"-o {out} names one file, and there may be several results; give a folder, such as "
            f"-o {out.with_suffix('')} (or make one of this name first: mkdir {out})"
        )
    if os.path.lexists(out):
        raise OutputError(
            f"-o {out} is a file and no folder; give another name, or one ending in {WRITTEN} for one picture"
        )
    return False


def _obstacle(job: Job, places: dict[str, Path], sources: set[str], owners: dict[str, Path]) -> str | None:
    """Say why a job must not write to the places of its files; None where it may."""
    advice = f"give it a folder of its own: rechroma colorize {shlex.quote(str(job.source))} -o FOLDER"
    for where, path in places.items():
        if where in sources:
            return f"the result {path} would replace one of the inputs; {advice}"
        if where in owners:
            return f"the result {path} would be that of {owners[where]} too; {advice}"
    return None


def _unreadable(folder: Unread, out: Path | None) -> Outcome:
    return Outcome(
        job=Job(source=folder.path, target=out or folder.path),
        status="failed",
        error=InputError.__name__,
        message=f"the folder cannot be read: {folder.reason}",
    )


def _target(item: Found, out: Path | None, format: Format) -> Path:  # noqa: A002
    name = target_name(item.path.name, format)
    if out is None:
        return item.path.with_name(name)
    inside = item.path.relative_to(item.root).parent if item.root is not None else Path()
    return out / inside / name
