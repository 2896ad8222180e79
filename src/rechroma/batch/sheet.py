"""The contact sheet of a run, from its outcomes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rechroma import image
from rechroma.batch.job import Outcome
from rechroma.image.preview import preview
from rechroma.pipeline import make_folder
from rechroma.report import Entry, contact_sheet

PREVIEW = 800
"""Long side of the pictures on a sheet in pixels."""


def write_sheet(outcomes: Iterable[Outcome], path: Path, *, title: str = "Colored photographs") -> None:
    """Write a page with every picture whose result exists, before and after; replaces an older page.

    Raises:
        OutputError: the page cannot be stored.
    """
    page = contact_sheet(_entries(outcomes), title=title)
    make_folder(path.parent)
    image.save_atomically(page.encode("utf-8", "replace"), path, overwrite=True)


def _entries(outcomes: Iterable[Outcome]) -> Iterator[Entry]:
    for outcome in sorted(outcomes, key=lambda outcome: outcome.job.source):
        if outcome.status == "failed":
            continue
        before, after = (preview(path, PREVIEW) for path in (outcome.job.source, outcome.job.target))
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
