"""Where each result goes; pure: touches no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rechroma.batch.find import Found
from rechroma.batch.job import Job, Outcome
from rechroma.errors import OutputError
from rechroma.naming import target_name
from rechroma.types import Format


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a run, and the pictures that get none because a file would be written twice or an input replaced."""

    jobs: tuple[Job, ...]
    """In the order of the inputs."""
    refused: tuple[Outcome, ...]
    """Failed outcomes, one for each picture whose result would be another picture's, or an input."""


def plan(
    found: Sequence[Found], *, out: Path | None = None, to_file: bool = False, format: Format = "same"
) -> Plan:  # noqa: A002
    """Give each picture its target.

    Without `out` a result lies beside its picture; with it, under `out`, where pictures found in a folder keep
    that folder's tree. With `to_file`, `out` is the only result itself.
    """
    jobs: dict[Path, Job] = {}
    refused: list[Outcome] = []
    sources = {item.path.absolute() for item in found}
    for item in found:
        target = out if to_file and out is not None else _target(item, out, format)
        job = Job(source=item.path, target=target)
        if target.absolute() in sources:
            refused.append(_refused(job, f"the result {target} would replace one of the inputs"))
        elif target in jobs:
            refused.append(_refused(job, f"the result {target} would be that of {jobs[target].source} too"))
        else:
            jobs[target] = job
    return Plan(tuple(jobs.values()), tuple(refused))


def _refused(job: Job, reason: str) -> Outcome:
    advice = "rename the picture or color it into another folder"
    return Outcome(job=job, status="failed", error=OutputError.__name__, message=f"{reason}; {advice}")


def _target(item: Found, out: Path | None, format: Format) -> Path:  # noqa: A002
    name = target_name(item.path.name, format)
    if out is None:
        return item.path.with_name(name)
    inside = item.path.relative_to(item.root).parent if item.root is not None else Path()
    return out / inside / name
