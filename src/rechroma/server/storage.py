"""A private folder for what is uploaded and for results; every name in it is the server's."""

import shutil
import tempfile
from pathlib import Path
from secrets import token_urlsafe

from fastapi import UploadFile

from rechroma.errors import OutputError
from rechroma.server.statuses import BodyTooLarge


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
    """
    try:
        with path.open("xb") as file:
            shutil.copyfileobj(upload.file, file, 1 << 20)
    except OSError as error:
        raise OutputError(f"the server cannot store the upload: {error.strerror or error}") from error
