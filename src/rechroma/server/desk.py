"""The drafts that are open, as many as fit: the one unused for longest makes room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rechroma.errors import OptionError
from rechroma.pipeline import Draft
from rechroma.server.statuses import NotFound, TooMany
from rechroma.server.storage import remove_folder


@dataclass(slots=True, kw_only=True, eq=False)
class Opened:
    """A draft with what belongs to it."""

    id: str
    name: str
    """As the client called the picture; it names downloads, never a file of ours."""
    bytes: int
    """Length of the picture's file."""
    draft: Draft
    folder: Path
    """Holds the picture's file and the references'."""
    references: dict[str, Path] = field(default_factory=dict)
    """Files by id."""
    users: int = 0
    """Requests that use it right now."""

    @property
    def megapixels(self) -> float:
        """Its size, which its share of the memory goes with."""
        height, width = self.draft.size
        return height * width / 1e6


class Desk:
    """Drafts by id, the latest used last; all calls come from the event loop."""

    def __init__(self, limit: int, *, megapixels: float) -> None:
        self._limit = limit
        self._megapixels = megapixels
        self._drafts: dict[str, Opened] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def add(self, opened: Opened) -> None:
        """Put a draft on the desk; another one makes room where the desk is full.

        Raises:
            TooMany: Every draft is being worked on.
        """
        while self._drafts and not self._fits(opened):
            idle = next((each for each in self._drafts.values() if each.users == 0), None)
            if idle is None:
                raise TooMany(
                    f"all of the {len(self._drafts)} drafts that fit are being worked on; close one, or wait"
                )
            self.close(idle.id)
        self._drafts[opened.id] = opened

    def _fits(self, opened: Opened) -> bool:
        megapixels = sum(each.megapixels for each in (*self._drafts.values(), opened))
        return len(self._drafts) < self._limit and megapixels <= self._megapixels

    @contextmanager
    def using(self, key: str) -> Iterator[Opened]:
        """Give a draft, which stays on the desk meanwhile.

        Raises:
            NotFound: It is not there, or no longer.
        """
        opened = self._drafts.pop(key, None)
        if opened is None:
            raise NotFound(
                f"there is no draft {key[:100]!r}; it was closed, or made room for another: open the picture again"
            )
        self._drafts[key] = opened
        opened.users += 1
        try:
            yield opened
        finally:
            opened.users -= 1
            if opened.users == 0 and self._drafts.get(key) is not opened:
                remove_folder(opened.folder)

    def close(self, key: str) -> None:
        """Take a draft off the desk; its files go when nobody uses it.

        Raises:
            NotFound: It is not there.
        """
        with self.using(key):
            del self._drafts[key]


def reference_paths(opened: Opened, ids: list[str]) -> tuple[Path, ...]:
    """Give the files of a draft's references.

    Raises:
        OptionError: An id is not one of them.
    """
    if unknown := [each for each in ids if each not in opened.references]:
        raise OptionError(
            f"references has {unknown[0]!r}; accepted: ids that POST /api/drafts/{opened.id}/references gave"
        )
    return tuple(opened.references[each] for each in ids)
