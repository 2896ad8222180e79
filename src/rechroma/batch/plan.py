"""Where each result goes, and what lies beside it; only `names_a_file` looks at what is there."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rechroma.batch.find import Found, Unread, place
from rechroma.batch.job import Job, Outcome
from rechroma.errors import InputError, OptionError, OutputError
from rechroma.naming import NEVER_WRITTEN, SUFFIXES, folded, target_name
from rechroma.types import Format

WRITTEN = ", ".join(dict.fromkeys(SUFFIXES))


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a run, and what gets none: a file would be written twice or an input replaced, a folder is closed."""

    jobs: tuple[Job, ...]
    """In the order of the inputs."""
    refused: tuple[Outcome, ...]
    """Failed outcomes, one for each picture that gets no job, and for each folder that cannot be read."""


def plan(
    found: Sequence[Found],
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
    """
    jobs: list[Job] = []
    refused = [_unreadable(folder, out) for folder in unread]
    sources = {place(item.path) for item in found}
    owners: dict[str, Path] = {}
    targets: dict[str, Path] = {}
    for item in found:
        job = Job(
            source=item.path,
            target=out if to_file and out is not None else _target(item, out, format),
            proposals=proposals,
            uncertainty=uncertainty,
            hints=item.hints,
            among_others=item.root is not None or len(found) > 1,
        )
        places = {place(path): path for path in job.files()}
        reason = _obstacle(job, places, sources, owners)
        if reason is None:
            owners |= dict.fromkeys(places, item.path)
            alike = targets.setdefault(folded(next(iter(places))), job.target)
            jobs.append(job if alike == job.target else replace(job, alike=alike))
        else:
            refused.append(Outcome(job=job, status="failed", error=OutputError.__name__, message=reason))
    return Plan(tuple(jobs), tuple(refused))


def names_a_file(out: Path | None, found: Sequence[Found]) -> bool:
    """Say whether `out` means one result's file rather than the folder of the results.

    Raises:
        OptionError: it is named like a file that no result can be, or like one for several.
        OutputError: it is a file where a folder is needed.
    """
    if out is None or out.is_dir():
        return False
    suffix = out.suffix.lower()
    alone = len(found) == 1 and found[0].root is None
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
