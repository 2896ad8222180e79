"""Files, folders and globs, as typed on a command line, to the pictures that they mean."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rechroma.errors import InputError
from rechroma.naming import BECOME_JPEG, BECOME_PNG, MARK, SUFFIXES

PICTURE_SUFFIXES = frozenset(SUFFIXES) | BECOME_JPEG | BECOME_PNG
"""What is taken for a picture in a folder; a file that is named outright is tried whatever its suffix."""


@dataclass(frozen=True, slots=True)
class Found:
    """One picture and the folder whose tree its result keeps."""

    path: Path
    """The picture's file; may not exist where it was named outright."""
    root: Path | None = None
    """The folder that was named, where the picture was found inside one."""


def find(inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None) -> list[Found]:
    """List the pictures that `inputs` mean, each once, folders in the order of their names.

    A name that does not exist is tried as a glob (shells on Windows hand globs on unexpanded) and otherwise
    kept, so that its job fails by itself. In folders, results of an earlier run are left out, as is `out`.

    Raises:
        InputError: nothing was found, or a folder cannot be read.
    """
    found: dict[Path, Found] = {}
    for name in inputs:
        for item in _expand(name, recursive=recursive, out=out):
            found.setdefault(item.path.absolute(), item)
    if not found:
        deeper = "" if recursive else "; subfolders are searched with --recursive"
        raise InputError(f"no pictures in {', '.join(inputs)} (looked for {_suffix_list()}{deeper})")
    return list(found.values())


def names_a_file(out: Path | None, found: Sequence[Found]) -> bool:
    """Say whether `out` means one result's file rather than the folder of the results."""
    return (
        out is not None
        and len(found) == 1
        and found[0].root is None
        and out.suffix.lower() in PICTURE_SUFFIXES
        and not out.is_dir()
    )


def _expand(name: str, *, recursive: bool, out: Path | None) -> Iterator[Found]:
    path = Path(name)
    if path.is_dir():
        yield from _inside(path, recursive=recursive, out=out)
    elif path.exists() or not glob.has_magic(name):
        yield Found(path)
    else:
        matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 - takes absolute patterns
        yield from (Found(match) for match in matches if _is_input(match)) if matches else [Found(path)]


def _inside(folder: Path, *, recursive: bool, out: Path | None) -> Iterator[Found]:
    results = out.absolute() if out is not None and folder.absolute() in out.absolute().parents else None
    try:
        paths = sorted(folder.rglob("*") if recursive else folder.iterdir())
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be read: {error.strerror or error}") from error
    for path in paths:
        if _is_input(path) and results not in path.absolute().parents:
            yield Found(path, folder)


def _is_input(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES
        and not path.stem.endswith(MARK)
        and not path.name.startswith(".")
        and path.is_file()
    )


def _suffix_list() -> str:
    return " ".join(sorted(PICTURE_SUFFIXES))
