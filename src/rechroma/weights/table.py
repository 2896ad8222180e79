"""The rows of weights.toml: what is told of each weight file."""

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rechroma.errors import OptionError, WeightsError, WeightsNotFound
from rechroma.types import PredictOptions

TABLE = Path(__file__).parents[1] / "weights.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One weight file, as weights.toml describes it."""

    name: str
    """`architecture.tag`."""
    file: str = ""
    """File name in rechroma/data, for weights inside the wheel."""
    url: str = ""
    """Where the file is downloaded from, for weights that are not in the wheel."""
    sha256: str
    """SHA-256 of the file, 64 hexadecimal digits."""
    bytes: int
    """Length of the file."""
    task: str
    """What the graph does: "colorize" or "features"."""
    work_size: int
    """Root of the area, in pixels, at which the graph sees a picture."""
    multiple_of: int
    """Both sides given to the graph are multiples of this."""
    tiling: Literal["never", "ok"]
    """Whether a large picture may be given in tiles."""
    license: str
    """SPDX identifier of the weights' license."""
    paper: str
    """What the method comes from: authors, title, year."""
    card: str
    """Model card, a path in the repository."""
    config: str
    """Training configuration, a path in the repository."""
    defaults: PredictOptions = PredictOptions()
    """Vividness and temperature where the user gives none."""
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Measured figures by name."""

    def __post_init__(self) -> None:
        if not (self.file or self.url):
            raise WeightsError(f"weights row {self.name}: neither file nor url is given; one is needed")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise WeightsError(
                f"weights row {self.name}: sha256 is {self.sha256!r}; it has 64 digits 0-9 a-f"
            )
        if self.tiling not in {"never", "ok"}:
            raise WeightsError(f'weights row {self.name}: tiling is {self.tiling!r}; accepted: "never", "ok"')


def parse(text: str) -> tuple[Row, ...]:
    """Read rows from the text of a table.

    Raises:
        WeightsError: A row has an unknown field, lacks one or repeats a name.
    """
    rows = tuple(_row(dict(table)) for table in tomllib.loads(text).get("weights", []))
    names = [row.name for row in rows]
    if twice := {name for name in names if names.count(name) > 1}:
        raise WeightsError(f"weights rows appear twice: {', '.join(sorted(twice))}")
    return rows


def to_toml(row: Row) -> str:
    """Write a row as parse() reads it: the text to paste into weights.toml."""
    lines = ["[[weights]]"]
    for f in fields(Row):
        value = getattr(row, f.name)
        if isinstance(value, PredictOptions):
            value = {
                k: getattr(value, k) for k in ("vividness", "temperature") if getattr(value, k) is not None
            }
        if isinstance(value, Mapping):
            value = ", ".join(f"{json.dumps(k)} = {v!r}" for k, v in value.items())
            lines.append(f"{f.name} = {{ {value} }}" if value else f"{f.name} = {{}}")
        elif value != "":
            lines.append(f"{f.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Give all rows of weights.toml, the default of each architecture first."""
    return parse(TABLE.read_text(encoding="utf-8"))


def find(name: str, among: Sequence[Row] | None = None) -> Row:
    """Give the row of this name; the bare name of an architecture means its first row.

    Raises:
        WeightsNotFound: There is none; the message has the nearest names.
    """
    known = rows() if among is None else among
    for row in known:
        if name in {row.name, row.name.partition(".")[0]}:
            return row
    names = [row.name for row in known]
    near = difflib.get_close_matches(name, names, n=3) or names
    raise WeightsNotFound(f"no weights are called {name!r}; there are: {', '.join(near) or 'none'}")


def _row(table: dict[str, Any]) -> Row:
    name = table.get("name", "without a name")
    known = {f.name for f in fields(Row)}
    needed = {f.name for f in fields(Row) if f.default is MISSING and f.default_factory is MISSING}
    if unknown := table.keys() - known:
        raise WeightsError(f"weights row {name}: unknown field {', '.join(sorted(unknown))}")
    if missing := needed - table.keys():
        raise WeightsError(f"weights row {name}: field {', '.join(sorted(missing))} is missing")
    try:
        return Row(**{**table, "defaults": PredictOptions(**table.get("defaults", {}))})
    except (TypeError, OptionError) as error:
        raise WeightsError(f"weights row {name}: defaults: {error}") from error
