"""A table of figures as files: CSV for programs, Markdown for people, and JSON for what the figures depend on."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

Table = Sequence[Mapping[str, object]]
"""Rows; the keys of the first are the columns."""


def to_csv(table: Table) -> str:
    """Write a table with a heading."""
    text = StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def to_markdown(table: Table) -> str:
    """Write a table for people, the first column to the left, the others to the right."""
    headings = list(table[0])
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)]]
    lines += [[str(value) for value in row.values()] for row in table]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def keep(
    name: str, table: Table, folder: Path, *, facts: Mapping[str, object], drawn: str | None = None
) -> str:
    """Write NAME.csv, NAME.json and NAME.md into a folder and return what NAME.md says.

    Args:
        name: of the files, without ending.
        table: the figures.
        folder: made where there is none.
        facts: what the figures depend on: machine, weights, pictures.
        drawn: the table for people, where it is not simply the figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = to_markdown(table) if drawn is None else drawn
    (folder / f"{name}.csv").write_text(to_csv(table), encoding="utf-8")
    (folder / f"{name}.json").write_text(
        json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return text
