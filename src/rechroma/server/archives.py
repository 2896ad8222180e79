"""Archives: colored pictures and their hints files, gathered one by one and fetched as one ZIP."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from starlette.concurrency import iterate_in_threadpool

from rechroma.errors import OutputError
from rechroma.naming import HINTS, safe_name, target_name
from rechroma.server import zipping
from rechroma.server.statuses import NotFound, TooMany
from rechroma.server.storage import Storage, new_id, remove_folder
from rechroma.server.zipping import Entry
from rechroma.types import Format


@dataclass(slots=True, kw_only=True, eq=False)
class Archive:
    """What was gathered."""

    id: str
    folder: Path
    entries: list[Entry] = field(default_factory=list)
    pictures: int = 0
    bytes: int = 0
    """Of the pictures, those included that are being stored."""
    users: int = 0
    """Requests that add to it or fetch it right now."""
    deleted: bool = False
    expiry: asyncio.TimerHandle | None = None


class Archives:
    """Archives by id, the latest used last; all calls come from the event loop."""

    def __init__(self, storage: Storage, *, limit: int, files: int, most_bytes: int, keep: float) -> None:
        self._storage = storage
        self._limit = limit
        self._files = files
        self._most_bytes = most_bytes
        self._keep = keep
        self._archives: dict[str, Archive] = {}

    def open(self) -> Archive:
        """Begin an archive; the one unused for longest makes room where all places are taken.

        Raises:
            TooMany: All are being used.
            OutputError: The disk cannot be written.
        """
        if len(self._archives) >= self._limit:
            idle = next((each for each in self._archives.values() if each.users == 0), None)
            if idle is None:
                raise TooMany(f"all {self._limit} archives are in use; wait for one, or delete one")
            self.delete(idle.id)
        archive = Archive(id=new_id(), folder=self._storage.new_folder())
        self._archives[archive.id] = archive
        self._arm(archive)
        return archive

    @contextmanager
    def using(self, key: str) -> Iterator[Archive]:
        """Give an archive, whose files stay where they are meanwhile.

        Raises:
            NotFound: It is not there, or no longer.
        """
        archive = self._archives.pop(key, None)
        if archive is None:
            raise NotFound(
                f"there is no archive {key[:100]!r}; it was deleted, made room for another or was unused for "
                f"{self._keep:g} s: begin one with POST /api/archives"
            )
        self._archives[key] = archive
        archive.users += 1
        try:
            yield archive
        finally:
            archive.users -= 1
            self._arm(archive)

    async def add(
        self, archive: Archive, name: str, kind: Format, result: bytes | Path, *, hints: str = ""
    ) -> list[str]:
        """Add a colored picture, and the text of its hints file where there is one.

        Args:
            archive: One that is in use.
            name: The picture's, as the client called it.
            kind: Format of the result.
            result: Its bytes, or the file that has them.
            hints: JSON.

        Returns:
            The names that the files have in the archive.

        Raises:
            TooMany: The archive would have more files or bytes than the limits allow.
            OutputError: The disk cannot be written.
        """
        self._reserve(
            archive, len(hints) + (len(result) if isinstance(result, bytes) else result.stat().st_size)
        )
        try:
            files = await asyncio.to_thread(_stored, archive.folder / new_id(), result, hints)
        except OSError as error:
            raise OutputError(f"the server cannot store the result: {error.strerror or error}") from error
        safe = PurePath(safe_name(name))
        ending = target_name(f"x{safe.suffix}", kind).removeprefix("x")
        endings = [ending, HINTS][: len(files)]
        stem = zipping.unique_name(safe.stem, endings, [entry.name for entry in archive.entries])
        named = [replace(file, name=stem + ending) for file, ending in zip(files, endings, strict=True)]
        archive.entries += named
        return [entry.name for entry in named]

    async def pieces(self, archive: Archive, entries: Sequence[Entry]) -> AsyncIterator[bytes]:
        """Give the ZIP of some entries, which stay where they are until it has been sent or the client has left."""
        with self.using(archive.id):
            async for piece in iterate_in_threadpool(zipping.pieces(entries)):
                yield piece

    def delete(self, key: str) -> None:
        """Forget an archive; its files go when nobody uses it.

        Raises:
            NotFound: see `using`.
        """
        with self.using(key) as archive:
            del self._archives[key]
            archive.deleted = True

    def _reserve(self, archive: Archive, size: int) -> None:
        if archive.pictures >= self._files or archive.bytes + size > self._most_bytes:
            raise TooMany(
                f"the archive has {archive.pictures} pictures of {archive.bytes / 1e6:.0f} MB; accepted: "
                f"{self._files} pictures and {self._most_bytes / 1e6:g} MB at most: fetch it and begin another"
            )
        archive.pictures += 1
        archive.bytes += size

    def _arm(self, archive: Archive) -> None:
        """Begin to count the time for which an archive is kept, or remove one that nobody uses any more."""
        if archive.expiry is not None:
            archive.expiry.cancel()
        if archive.users:
            return
        if archive.deleted:
            remove_folder(archive.folder)
        else:
            archive.expiry = asyncio.get_running_loop().call_later(self._keep, self.delete, archive.id)


def _stored(path: Path, result: bytes | Path, hints: str) -> list[Entry]:
    """Write a result and its hints file, still without names."""
    if isinstance(result, bytes):
        path.write_bytes(result)
    else:
        shutil.copyfile(result, path)
    entries = [zipping.entry_of(path, "")]
    if hints:
        beside = path.with_suffix(HINTS)
        beside.write_text(hints, encoding="utf-8")
        entries.append(zipping.entry_of(beside, ""))
    return entries
