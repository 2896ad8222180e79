"""Weight files: the rows of weights.toml, and the way from a row to a verified file.

A file lies in the wheel (`rechroma/data`), or in the user's cache folder, where it comes by download when
first used.
"""

import difflib
import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rechroma import settings
from rechroma.errors import ChecksumMismatch, Offline, OptionError, WeightsError, WeightsNotFound
from rechroma.types import PredictOptions

PACKAGE = Path(__file__).parents[1]
TABLE = PACKAGE / "weights.toml"
DATA = PACKAGE / "data"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes at hand and the bytes in all while a file is downloaded."""


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


def local_path(row: Row) -> Path:
    """Give the place where a row's file lies, or would lie once downloaded; touches no file's content."""
    shipped = DATA / row.file
    if row.file and (shipped.is_file() or not row.url):
        return shipped
    # The digest in the name lets two versions of a row live side by side.
    return settings.current().cache_dir / "weights" / f"{row.name}-{row.sha256[:12]}.onnx"


def path_of(row: Row, *, progress: Progress | None = None) -> Path:
    """Give the verified file of a row, after downloading it where it is not on this machine.

    Raises:
        WeightsNotFound: The file is missing from the package and has no url.
        ChecksumMismatch: The file is not the one that the row describes.
        Offline: It would have to be downloaded, and RECHROMA_OFFLINE is set.
        WeightsError: The download failed.
        OutputError: The download cannot be stored.
    """
    path = local_path(row)
    present = path.is_file()
    if present and digest(path) == row.sha256:
        return path
    if not row.url or path.parent == DATA:
        raise _broken_package(row, path, present)
    if settings.current().offline:
        raise _offline(row, path, present)
    from rechroma.weights.download import download  # http and ssl are slow to import, and rarely needed

    download(row.url, path, sha256=row.sha256, size=row.bytes, progress=progress)
    return path


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, hexadecimal; computed once in a process while the file stays as it is."""
    stat = path.stat()
    return _digest(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _digest(path: Path, _mtime_ns: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _broken_package(row: Row, path: Path, present: bool) -> WeightsError:
    if present:
        return ChecksumMismatch(
            f"weights {row.name}: {path} is damaged or changed: its SHA-256 is {digest(path)}, "
            f"expected {row.sha256}. Install rechroma again."
        )
    return WeightsNotFound(f"weights {row.name}: {path} is missing. Install rechroma again.")


def _offline(row: Row, path: Path, present: bool) -> WeightsError:
    if present:
        return ChecksumMismatch(
            f"weights {row.name}: {path} is damaged: its SHA-256 is {digest(path)}, expected {row.sha256}. "
            "It cannot be downloaded again while RECHROMA_OFFLINE is set."
        )
    return Offline(
        f"weights {row.name} are not on this machine and RECHROMA_OFFLINE is set. Unset it to download "
        f"{row.bytes / 1e6:.1f} MB from {row.url}, or put that file at {path}"
    )
