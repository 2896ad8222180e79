"""Files, folders and globs, as typed on a command line, to the pictures that they mean."""

import glob
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Generic, Literal, TypeAlias, TypeVar

from rechroma.errors import InputError
from rechroma.naming import HINTS, READ, colored_stem, hints_name

T = TypeVar("T")

SYSTEM_FOLDERS = frozenset(
    {"#recycle", "$RECYCLE.BIN", "@eaDir", "System Volume Information", "__MACOSX", "lost+found"}
)
"""Folders that a system or a network disk keeps for itself: thumbnails, and what was thrown away."""

Why: TypeAlias = Literal["kind", "result", "hidden", "folder", "link"]
"""Why something in a folder is no input: not of a kind that is read, named like a result, hidden or a system's own, a
folder in a folder, a link to a folder."""

_FIRST = 10
"""Names that are kept of what is left out for one reason."""
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


class Anew(Generic[T]):
    """What the inputs mean, of one kind; looked for anew each time that it is gone through, so that none is held."""

    def __init__(self, kind: type[T], look: Callable[[], Iterable[object]], count: int) -> None:
        self._kind = kind
        self._look = look
        self._count = count

    def __len__(self) -> int:
        """Count what there was at the first look."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Look again."""
        return (item for item in self._look() if isinstance(item, self._kind))


@dataclass(frozen=True, slots=True)
class Findings:
    """What the inputs mean."""

    pictures: Anew[Found]
    """Each once, folders in the order of their names."""
    left_out: Anew[LeftOut]
    """But for results of the pictures, and their hints, of which nothing need be said."""
    unread: tuple[Unread, ...]


def find(inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None) -> Findings:
    """Look what `inputs` mean; see `scan`. Nothing but folders that cannot be read is held.

    Raises:
        InputError: no picture was found.
    """

    def look() -> Iterator[Found | LeftOut | Unread]:
        return scan(inputs, recursive=recursive, out=out)

    counts: Counter[type] = Counter()
    unread: list[Unread] = []
    for item in look():
        counts[type(item)] += 1
        if isinstance(item, Unread):
            unread.append(item)
    left_out = Anew(LeftOut, look, counts[LeftOut])
    if not counts[Found] and unread:
        raise InputError(f"the folder {unread[0].path} cannot be read: {unread[0].reason}")
    if not counts[Found]:
        beside = [f"; left out: {words}" for words, _, _ in counted(left_out)]
        raise InputError(
            f"no pictures in {', '.join(inputs)} (looked for {' '.join(sorted(READ))}){''.join(beside)}"
        )
    return Findings(Anew(Found, look, counts[Found]), left_out, tuple(unread))


def scan(
    inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None
) -> Iterator[Found | LeftOut | Unread]:
    """Yield the pictures that `inputs` mean, each once, and what lies beside them in folders and is none.

    A name that does not exist is tried as a glob (shells on Windows hand globs on unexpanded) and otherwise
    kept, so that its job fails by itself. A result that is named together with its picture is left out. In folders,
    what is hidden and what has the name of a result is left out, as is `out`; links to folders are not followed, so
    that none is searched twice or for ever.
    """
    seen: set[tuple[type, str]] = set()
    once = len(inputs) == 1 and os.path.isdir(inputs[0])  # noqa: PTH112 - as below
    named = {_stem_there(Path(name)) for name in inputs}
    for name in inputs:
        for item in _expand(name, recursive=recursive, out=out):
            if not once:  # in one folder nothing comes twice, and its names need not be held
                if isinstance(item, Found) and _source_there(item.path) in named:
                    continue  # a shell's *.jpg names a.color.jpg together with a.jpg
                key = (type(item), place(item.path))
                if key in seen:
                    continue
                seen.add(key)
            yield item


def counted(left_out: Iterable[LeftOut]) -> Iterator[tuple[str, list[Path], int]]:
    """Count what is left out by the reason: in words, the first few, and how many there are."""
    counts: Counter[Why] = Counter()
    first: dict[Why, list[Path]] = {}
    for item in left_out:
        counts[item.why] += 1
        if counts[item.why] <= _FIRST:
            first.setdefault(item.why, []).append(item.path)
    for why, paths in first.items():
        one, many, which = _WORDS[why]
        yield f"{counts[why]} {one if counts[why] == 1 else many} {which}", paths, counts[why]


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
    open_folders = [_listed(root, root, recursive=recursive)]
    while open_folders:
        item = next(open_folders[-1], None)
        if item is None:
            open_folders.pop()
        elif not isinstance(item, Path):
            yield item
        elif place(item) != results:
            open_folders.append(_listed(item, root, recursive=recursive))


def _listed(folder: Path, root: Path, *, recursive: bool) -> Iterator[Found | LeftOut | Unread | Path]:
    """Yield what is in a folder in the order of the names; folders that are to be searched come as their paths.

    Of each name in the folder, nothing but itself is held.
    """
    names: list[str] = []
    folders: dict[str, Why | None] = {}
    unfit: set[str] = set()
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                names.append(entry.name)
                if _is_folder(entry):
                    folders[entry.name] = _why_not_search(entry, recursive=recursive)
                elif not _may_be_picture(entry):
                    unfit.add(entry.name)
    except OSError as error:
        yield Unread(folder, error.strerror or str(error))
        return
    names.sort()
    for name in names:
        path = folder / name
        if name in folders:
            why = folders[name]
            yield path if why is None else LeftOut(path, why)
            continue
        why = _why_not(name, is_file=name not in unfit)
        if why is None:
            hints = hints_name(name)
            yield Found(path, root, path.with_name(hints) if _is_among(hints, names) else None)
        elif not _goes_with(name, names):
            yield LeftOut(path, why)


def _is_among(name: str, names: list[str]) -> bool:
    """Look a name up in sorted ones."""
    place = bisect_left(names, name)
    return place < len(names) and names[place] == name


def _has_picture(stem: str | None, names: list[str]) -> bool:
    """Say whether one of the sorted names is a picture's of that stem."""
    if stem is None:
        return False
    for place in range(bisect_left(names, f"{stem}."), len(names)):
        if not names[place].startswith(f"{stem}."):
            return False
        if PurePath(names[place]).stem == stem and _why_not(names[place]) is None:
            return True
    return False


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


def _goes_with(name: str, names: list[str]) -> bool:
    """Say whether a file belongs to a picture beside it (its hints, its results, their hints) or to the system."""
    if name.endswith(HINTS):
        stem = name.removesuffix(HINTS)
        return _has_picture(colored_stem(stem) or stem, names)
    return _has_picture(colored_stem(PurePath(name).stem), names) or (
        name.startswith(".") and PurePath(name).suffix.lower() not in READ
    )
