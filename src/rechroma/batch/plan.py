"""Where each result goes; pure: touches no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rechroma.batch.find import Found
from rechroma.batch.job import Job, Outcome
from rechroma.naming import target_name
from rechroma.types import Format


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a run, and the pictures that get none because two would write the same file."""

    jobs: tuple[Job, ...]
    """In the order of the inputs."""
    refused: tuple[Outcome, ...]
    """Failed outcomes, one for each picture whose target another picture has already taken."""


def plan(
    found: Sequence[Found], *, out: Path | None = None, to_file: bool = False, format: Format = "same"
) -> Plan:  # noqa: A002
    """Give each picture its target.

    Without `out` a result lies beside its picture; with it, under `out`, where pictures found in a folder keep
    that folder's tree. With `to_file`, `out` is the only result itself.
    """
    jobs: dict[Path, Job] = {}
    refused: list[Outcome] = []
    for item in found:
        target = out if to_file and out is not None else _target(item, out, format)
        job = Job(source=item.path, target=target)
        first = jobs.setdefault(target, job)
        if first is not job:
            refused.append(
                Outcome(
                    job=job,
                    status="failed",
                    error="OutputError",
                    message=f"{item.path} and {first.source} would both be written to {target}; "
                    "rename one of them or color them into different folders",
                )
            )
    return Plan(tuple(jobs.values()), tuple(refused))


def _target(item: Found, out: Path | None, format: Format) -> Path:  # noqa: A002
    name = target_name(item.path.name, format)
    if out is None:
        return item.path.with_name(name)
    inside = item.path.relative_to(item.root).parent if item.root is not None else Path()
    return out / inside / name
