"""The way from a row to its verified file: in the wheel, or downloaded into the user's cache folder when first used."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from rechroma import settings
from rechroma.errors import ChecksumMismatch, Offline, WeightsError, WeightsNotFound
from rechroma.weights.table import Row

DATA = Path(__file__).parents[1] / "data"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes at hand and the bytes in all while a file is downloaded."""


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
