"""The contact sheet of a run, from its outcomes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rechroma import image, notes
from rechroma.batch.contact_sheet import GENERATOR, Entry, contact_sheet
from rechroma.batch.job import Outcome
from rechroma.errors import OptionError, OutputError
from rechroma.pipeline import check_folder, make_folder

PREVIEW = 800
"""Long side of the pictures on a sheet in pixels."""
_HEAD = 1000
"""Bytes at the start of a page in which a sheet says what made it."""


def check_sheet(path: Path, *, overwrite: bool = False) -> None:
    """Refuse the name of a sheet, before any work, under which none can be written, or under which something else is.

    Raises:
        OptionError: it is no name of a page.
        OutputError: it is a folder, or in none that can be written to; or there is a page that is no sheet of ours.
    """
    if path.suffix.lower() not in {".html", ".htm"}:
        raise OptionError(f"the contact sheet is {path}; accepted: a name ending in .html")
    check_folder(path.parent)
    if path.is_dir():
        raise OutputError(f"the contact sheet {path} is a folder; choose another name")
    if path.is_file() and not overwrite:
        with path.open("rb") as file:
            if GENERATOR.encode() not in file.read(_HEAD):
                raise OutputError(
                    f"{path} is there and no contact sheet; choose another name, or --overwrite replaces it"
                )


def write_sheet(outcomes: Iterable[Outcome], path: Path, *, title: str = "Colored photographs") -> None:
    """Write a page with every picture whose result exists, before and after; replaces an older page.

    A picture that cannot be shown is left out, with a note.

    Raises:
        OutputError: the page cannot be stored.
    """
    page = contact_sheet(_entries(outcomes), title=title)
    make_folder(path.parent)
    image.save_atomically(page.encode("utf-8", "replace"), path, overwrite=True)


def _entries(outcomes: Iterable[Outcome]) -> Iterator[Entry]:
    for outcome in sorted(outcomes, key=lambda outcome: outcome.job.source):
        if outcome.status == "failed" or not outcome.job.target.is_file():
            continue
        try:
            before, after = (
                image.preview_of(path, PREVIEW) for path in (outcome.job.source, outcome.job.target)
            )
        except Exception as problem:  # one picture must not cost the sheet of all
            notes.note(
                f"{outcome.job.source} is not on the contact sheet: {type(problem).__name__}: {problem}"
            )
            continue
        yield Entry(
            title=outcome.job.source.name,
            caption=_caption(outcome),
            size=after.size,
            before=before.jpeg,
            after=after.jpeg,
        )


def _caption(outcome: Outcome) -> str:
    report = outcome.report
    if report is None:
        return "from an earlier run"
    height, width = report.size
    return f"{width} × {height}, {report.model.name}, {report.way}, {report.seconds:.2f} s"
