"""What of a job is there already, and whether it was made as it is asked for now.

A result's provenance has the recipe that it was made by (`rechroma.pipeline.recipe`). What lies beside it has the same
recipe, and besides which of several colorings it is, or that it shows the uncertainty.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rechroma import image, methods
from rechroma._version import __version__
from rechroma.errors import OutputError
from rechroma.naming import format_of
from rechroma.pipeline import check_folder, is_same_file
from rechroma.pipeline.recipe import recipe
from rechroma.types import ColorizeOptions, Marks

if TYPE_CHECKING:
    from rechroma.batch.job import Job

Part: TypeAlias = Literal["result", "proposals", "uncertainty"]
Recipe: TypeAlias = Mapping[str, Any]

_NOT_ASKED = frozenset({"source", "glance", "made"})
"""What a recipe notes and nobody asks for."""
_ADVICE = "--overwrite makes it again, -o FOLDER leaves it and puts the new one elsewhere"

_NAMES: Mapping[Part, str] = {
    "result": "the result",
    "proposals": "another proposal",
    "uncertainty": "the picture of the uncertainty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is to do."""

    due: frozenset[Part]
    """What is missing, or shall be made again."""
    unsaid: bool = False
    """Whether something was kept that does not say how it was made."""


def look(job: "Job", options: ColorizeOptions, *, overwrite: bool) -> Standing:
    """Find out what there is to do, before any of it is done.

    Raises:
        OutputError: something is there that must not be replaced, or nothing can be written to its folder.
        InputError: the picture or a reference cannot be read.
    """
    if is_same_file(job.target, job.source):
        raise OutputError(
            f"{job.target} is the picture itself, which is never overwritten; choose another -o"
        )
    if job.alike is not None and is_same_file(job.alike, job.target):
        raise OutputError(
            f"the disk takes its result for {job.alike.name}, another picture's; rename it, or choose another -o"
        )
    wanted = asked(options)
    due: set[Part] = set()
    unsaid = False
    for part, path, own in _files(job, wanted):
        if not is_there(path):
            due.add(part)
            continue
        if path.is_dir():
            raise OutputError(f"{path} is a folder, where a result should be; choose another name with -o")
        if own is None:
            continue
        made = image.read_provenance(path)
        reason = _difference(made, path, own, job, options)
        if reason is not None and not overwrite:
            raise OutputError(f"{_NAMES[part]} is there, but {reason}; {_ADVICE}")
        if reason is not None or (overwrite and (made is None or made.version != __version__)):
            due.add(part)
        else:
            unsaid |= not options.provenance
    if due:
        check_folder(job.target.parent)
    return Standing(due=frozenset(due), unsaid=unsaid)


def asked(options: ColorizeOptions) -> Recipe:
    """Return the recipe of what is asked for, without its picture.

    Raises:
        UnknownMethod, WeightsNotFound: there is no such method.
        UnreadableImage: a reference cannot be read.
    """
    of_marks = json.loads(recipe(ColorizeOptions(hints=options.hints), method="", weights="", source=""))
    return {**_asked(replace(options, hints=Marks())), "hints": of_marks["hints"]}


def is_there(path: Path) -> bool:
    """Say whether there is something under a name; an empty file counts as nothing, and a name too long."""
    try:
        return path.lstat().st_size > 0 or not path.is_file()
    except OSError:
        return False


def stands(path: Path, own: Recipe, job: "Job", options: ColorizeOptions) -> bool:
    """Say whether there is a file that was made by a recipe of its own."""
    return is_there(path) and _difference(image.read_provenance(path), path, own, job, options) is None


def for_proposal(wanted: Recipe, number: int, job: "Job") -> Recipe:
    """Return the recipe of one of several proposals; which these are depends on how many are asked for."""
    return {**wanted, "proposal": number, "proposals": job.proposals}


def for_uncertainty(wanted: Recipe) -> Recipe:
    """Return the recipe of a picture of the uncertainty."""
    return {**wanted, "shows": "uncertainty"}


@lru_cache(maxsize=4)
def _asked(options: ColorizeOptions) -> Recipe:
    method, weights = methods.identify(options.method)
    line: Recipe = json.loads(recipe(options, method=method, weights=weights, source=""))
    return line


def _files(job: "Job", wanted: Recipe) -> Iterator[tuple[Part, Path, Recipe | None]]:
    """Yield the files that a job should leave, pictures with their recipe; hints files have none."""
    yield "result", job.target, wanted
    if job.uncertainty:
        yield "uncertainty", job.uncertainty_file, for_uncertainty(wanted)
    if job.proposals > 1:
        made = _recorded(image.read_provenance(job.proposal_file(2))).get("made")
        # There may be fewer than were asked for, where little is uncertain.
        for number in range(2, min(made if isinstance(made, int) else job.proposals, job.proposals) + 1):
            yield "proposals", job.proposal_file(number), for_proposal(wanted, number, job)
            yield "proposals", job.proposal_hints(number), None


def _difference(
    made: image.Provenance | None, path: Path, own: Recipe, job: "Job", options: ColorizeOptions
) -> str | None:
    """Say how a file was made otherwise than it is asked for; None where it was made so."""
    if not options.provenance:
        return None if made is None else "says how it was made, which --no-provenance leaves out"
    if made is None:
        return "does not say how it was made (edited since, or not made by Rechroma)"
    if not made.settings:
        return f"was made by {made.tool} {made.version}, which did not note its settings"
    recorded = _recorded(made)
    told = list(_told(recorded, own, format_of(path.name) or ""))
    if told:
        return f"was made with {', '.join(told)}"
    return (
        None
        if _is_of(recorded, job.source, path)
        else "was made of another picture, or of this one as it was"
    )


def _recorded(made: image.Provenance | None) -> Recipe:
    try:
        settings = json.loads(made.settings) if made is not None else {}
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _told(recorded: Recipe, own: Recipe, file_format: str) -> Iterator[str]:
    """Say in which settings two recipes differ; what one of them does not know has its default there."""
    usual = _asked(ColorizeOptions())
    unimportant = set(_NOT_ASKED)
    if file_format != "jpeg":
        unimportant.add("lossless_luma")
    if file_format not in {"jpeg", "webp"}:
        unimportant.add("quality")
    for name in dict.fromkeys([*own, *recorded]):
        was, now = (each.get(name, usual.get(name)) for each in (recorded, own))
        if was != now and name not in unimportant:
            plain = isinstance(was, float | int | None) and isinstance(now, float | int | None)
            words = name.replace("_", " ")
            yield f"{words} {_shown(was)}, not {_shown(now)}" if plain else f"other {words}"


def _shown(value: float | None) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "as the model has it" if value is None else f"{value:g}"


def _is_of(recorded: Recipe, source: Path, result: Path) -> bool:
    """Say whether a result was made of a picture as it is.

    The picture is read whole only where it is younger than the result; else a piece of it tells it from others.

    Raises:
        UnreadableImage: the picture cannot be read.
    """
    try:
        picture = source.stat()
        older = max(picture.st_mtime_ns, picture.st_ctime_ns) < result.stat().st_mtime_ns
        if older and "glance" in recorded:
            return bool(recorded["glance"] == image.glance_of(source))
    except OSError:
        pass  # what follows says what is wrong with it
    return bool(recorded.get("source") == image.sha256_of(source))


def is_own_result(path: Path) -> bool:
    """Say whether a picture says of itself that it is a result."""
    return image.read_provenance(path) is not None


def is_empty(path: Path) -> bool:
    """Say whether there is a file with nothing in it, which may be replaced."""
    return os.path.lexists(path) and not is_there(path)
