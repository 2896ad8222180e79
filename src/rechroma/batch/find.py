"""Files, folders and globs, as typed on a command line, to the pictures that they mean."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from rechroma.errors import InputError
from rechroma.naming import HINTS, READ, colored_stem, hints_name

SYSTEM_FOLDERS = frozenset(
    {"#recycle", "$RECYCLE.BIN", "@eaDir", "System Volume Information", "__MACOSX", "lost+found"}
)
"""Folders that a system or a network disk keeps for itself: thumbnails, and what was thrown away."""

Why: TypeAlias = Literal["kind", "result", "hidden", "folder", "link"]
"""Why something in a folder is no input: not of a kind that is read, named like a result, hidden or a system's own, a
folder in a folder, a link to a folder."""

_WORDS: dict[Why, tuple[str, str, str]] = {
    "kind": ("file", "files", "of a kind that is not read"),
    "result": ("picture", "pictures", "named like a result, and colored again when named alone"),
    "hidden": ("entry", "entries", "hidden, or a system's own"),
    "folder": ("folder", "folders", "inside, which --recursive searches too"),
    "link": ("link", "links", "to a folder, which is searched when named outright"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One picture and the folder whose tree its result keeps."""

    path: Path
    """The picture's file; may not exist where it was named outright."""
    root: Path | None = None
    """The folder that was named, where the picture was found inside one."""
    hints: Path | None = None
    """The hints file that lies beside it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What lies in a folder that was named and is no input."""

    path: Path
    why: Why


@dataclass(frozen=True, slots=True)
class Unread:
    """A folder that cannot be listed, or vanished."""

    path: Path
    reason: str
    """In the system's words."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the inputs mean."""

    pictures: tuple[Found, ...]
    """Each once, folders in the order of their names."""
    left_out: tuple[LeftOut, ...] = ()
    """But for results of the pictures, and their hints, of which nothing need be said."""
    unread: tuple[Unread, ...] = ()


def find(inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None) -> Findings:
    """List the pictures that `inputs` mean; see `scan`.

    Raises:
        InputError: no picture was found.
    """
    pictures: list[Found] = []
    left_out: dict[LeftOut, None] = {}
    unread: dict[Unread, None] = {}
    for item in scan(inputs, recursive=recursive, out=out):
        if isinstance(item, Found):
            pictures.append(item)
        elif isinstance(item, LeftOut):
            left_out[item] = None
        else:
            unread[item] = None
    if not pictures and unread:
        folder = next(iter(unread))
        raise InputError(f"the folder {folder.path} cannot be read: {folder.reason}")
    if not pictures:
        beside = [f"; left out: {words}" for words, _ in counted(left_out)]
        raise InputError(
            f"no pictures in {', '.join(inputs)} (looked for {' '.join(sorted(READ))}){''.join(beside)}"
        )
    return Findings(tuple(pictures), tuple(left_out), tuple(unread))


def scan(
    inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None
) -> Iterator[Found | LeftOut | Unread]:
    """Yield the pictures that `inputs` mean, each once, and what lies beside them in folders and is none.

    A name that does not exist is tried as a glob (shells on Windows hand globs on unexpanded) and otherwise
    kept, so that its job fails by itself. A result that is named together with its picture is left out. In folders,
    what is hidden and what has the name of a result is left out, as is `out`; links to folders are not followed, so
    that none is searched twice or for ever.
    """
    seen: set[str] = set()
    named = {_stem_there(Path(name)) for name in inputs}
    for name in inputs:
        for item in _expand(name, recursive=recursive, out=out):
            if isinstance(item, Found):
                if _source_there(item.path) in named:
                    continue  # a shell's *.jpg names a.color.jpg together with a.jpg
                if place(item.path) in seen:
                    continue
                seen.add(place(item.path))
            yield item


def counted(left_out: Iterable[LeftOut]) -> Iterator[tuple[str, list[Path]]]:
    """Count what is left out by the reason, in words, and list it."""
    groups: dict[Why, list[Path]] = {}
    for item in left_out:
        groups.setdefault(item.why, []).append(item.path)
    for why, paths in groups.items():
        one, many, which = _WORDS[why]
        yield f"{len(paths)} {one if len(paths) == 1 else many} {which}", paths


def place(path: Path) -> str:
    """Give the absolute path without dots, by which names of one place are known; links stay what they are."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow links


def _expand(name: str, *, recursive: bool, out: Path | None) -> Iterator[Found | LeftOut | Unread]:
    path = Path(name)
    if os.path.isdir(path):  # noqa: PTH112 - says no of a name that is too long, where Path raises
        yield from _inside(path, recursive=recursive, out=out)
    elif os.path.lexists(path) or not glob.has_magic(name):
        yield _named(path)
    else:
        matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 - takes absolute patterns
        if not matches:
            yield Found(path)
        for match in matches:
            if match.is_dir():
                yield from _inside(match, recursive=recursive, out=out)
                continue
            why = _why_not(match.name, is_file=match.is_file() or match.is_symlink())
            yield _named(match) if why is None else LeftOut(match, why)


def _stem_there(path: Path) -> tuple[Path, str]:
    return path.parent, path.stem


def _source_there(path: Path) -> tuple[Path, str | None]:
    """Give where the picture lies that a result is named after, as `_stem_there` gives it."""
    return path.parent, colored_stem(path.stem)


def _named(path: Path) -> Found:
    hints = path.with_name(hints_name(path.name)) if path.name else path
    return Found(path, hints=hints if os.path.isfile(hints) else None)  # noqa: PTH113 - as above


def _inside(root: Path, *, recursive: bool, out: Path | None) -> Iterator[Found | LeftOut | Unread]:
    results = None if out is None else place(out)
    waiting: list[Found | LeftOut | Unread | Path] = [root]  # the next one last
    while waiting:
        item = waiting.pop()
        if not isinstance(item, Path):
            yield item
        elif item == root or place(item) != results:
            waiting.extend(reversed(_listed(item, root, recursive=recursive)))


def _listed(folder: Path, root: Path, *, recursive: bool) -> list[Found | LeftOut | Unread | Path]:
    """List a folder in the order of the names; folders that are to be searched come as their paths."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        return [Unread(folder, error.strerror or str(error))]
    names = {entry.name for entry in entries}
    stems = {PurePath(name).stem for name in names if _why_not(name) is None}
    found: list[Found | LeftOut | Unread | Path] = []
    for entry in entries:
        path = folder / entry.name
        if _is_folder(entry):
            why: Why | None = _why_not_search(entry, recursive=recursive)
            found.append(path if why is None else LeftOut(path, why))
            continue
        why = _why_not(entry.name, is_file=_may_be_picture(entry))
        if why is None:
            hints = hints_name(entry.name)
            found.append(Found(path, root, path.with_name(hints) if hints in names else None))
        elif not _goes_with(entry.name, stems):
            found.append(LeftOut(path, why))
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle
        return False


def _may_be_picture(entry: os.DirEntry[str]) -> bool:
    """Say whether there is a file to read, and no pipe to wait for; a link to nothing is tried and fails by itself."""
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))  # noqa: PTH110 - see above
    except OSError:  # links in a circle
        return True


def _why_not(name: str, *, is_file: bool = True) -> Why | None:
    """Say why a file of this name is no input; None where it may be one."""
    if not is_file or PurePath(name).suffix.lower() not in READ:
        return "kind"
    if _is_hidden(name):
        return "hidden"
    return None if colored_stem(PurePath(name).stem) is None else "result"


def _why_not_search(entry: os.DirEntry[str], *, recursive: bool) -> Why | None:
    """Say why a folder in a folder is not searched; None where it is."""
    if _is_hidden(entry.name):
        return "hidden"
    if entry.is_symlink():
        return "link"
    return None if recursive else "folder"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in SYSTEM_FOLDERS


def _goes_with(name: str, stems: set[str]) -> bool:
    """Say whether a file belongs to a picture beside it (its hints, its results, their hints) or to the system."""
    if name.endswith(HINTS):
        stem = name.removesuffix(HINTS)
        return (colored_stem(stem) or stem) in stems
    return colored_stem(PurePath(name).stem) in stems or (
        name.startswith(".") and PurePath(name).suffix.lower() not in READ
    )
