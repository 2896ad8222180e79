"""Pictures as they are stored: in folders and in tar files, not yet decoded."""

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

KINDS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""File endings that count as pictures."""


def stored(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Give name and bytes of every picture in folders and tar files, in the order of their paths."""
    for place in places:
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in files:
            if path.suffix == ".tar":
                yield from _members(path)
            elif path.suffix.lower() in KINDS:
                yield path.name, path.read_bytes()


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and Path(member.name).suffix.lower() in KINDS:
                file = tar.extractfile(member)
                if file is not None:
                    yield member.name, file.read()
