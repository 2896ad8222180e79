"""A private folder for what is uploaded and for results; every name in it is the server's."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from fastapi import UploadFile

from rechroma.errors import OutputError
from rechroma.server.statuses import BodyTooLarge, ClientLeft


class Folder:
    """A folder of its own for one draft or job, which goes when what it was made for comes to nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._wanted = True

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work in the folder, in a thread; one that nobody waits for any more cleans up behind itself."""
        try:
            yield
        finally:
            if not self._wanted:
                remove_folder(self.path)

    def give_up(self) -> None:
        """Remove the folder, now and after whoever still works in it."""
        self._wanted = False
        remove_folder(self.path)


class Storage:
    """A temporary folder that only this user can read, made when first needed and removed at the end."""

    def __init__(self) -> None:
        self._root: Path | None = None

    def new_folder(self) -> Path:
        """Make a folder of its own for one draft or job.

        Raises:
            OutputError: The disk is full or cannot be written.
        """
        try:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="rechroma-"))
            folder = self._root / new_id()
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise OutputError(f"the server cannot store uploads: {error.strerror or error}") from error
        return folder

    @contextmanager
    def folder_if_kept(self) -> Iterator[Folder]:
        """Make a folder, which stays unless the context ends in an error of any kind.

        Raises:
            OutputError: see `new_folder`.
        """
        folder = Folder(self.new_folder())
        try:
            yield folder
        except BaseException:
            folder.give_up()
            raise

    def remove(self) -> None:
        """Remove everything."""
        if self._root is not None:
            remove_folder(self._root)
            self._root = None


def new_id() -> str:
    """Give an id that nobody can guess."""
    return token_urlsafe(16)


def remove_folder(folder: Path) -> None:
    """Remove a folder with what is in it, as far as it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def check_size(upload: UploadFile, limit: int) -> None:
    """Refuse an upload of more than `limit` bytes.

    Raises:
        BodyTooLarge: It has more.
    """
    if (upload.size or 0) > limit:
        raise BodyTooLarge(
            f"the upload has {(upload.size or 0) / 1e6:.1f} MB; this server takes {limit / 1e6:g} MB a file"
        )


def store(upload: UploadFile, path: Path) -> None:
    """Write an upload to a file of ours.

    Raises:
        OutputError: The disk is full or cannot be written.
        ClientLeft: The request has ended meanwhile.
    """
    try:
        with path.open("xb") as file:
            shutil.copyfileobj(upload.file, file, 1 << 20)
    except OSError as error:
        raise OutputError(f"the server cannot store the upload: {error.strerror or error}") from error
    except ValueError as error:  # it is closed when its request ends
        raise ClientLeft("the client did not wait until its upload was stored") from error
