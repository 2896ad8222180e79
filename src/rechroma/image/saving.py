"""Puts a finished file in its place, or leaves nothing."""

import contextlib
import errno
import glob
import os
import secrets
from pathlib import Path

from rechroma.errors import DiskFull, OutputError

_SUFFIX = ".part"
_RANDOM = 8
"""Letters drawn by chance between prefix and suffix."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NAME = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG})
"""What a disk says of a name that it cannot hold, such as one with a colon on a stick formatted by Windows."""


def save_atomically(data: bytes, target: Path, *, overwrite: bool = False) -> None:
    """Write bytes under a temporary name in the target's folder, then rename.

    Raises:
        OutputError: the target exists, the folder is missing or read-only, the disk is full. Nothing is left.
    """
    if os.path.lexists(target) and not overwrite:
        raise OutputError(f"{target} exists; choose another name or allow overwriting")
    temporary = target.parent / f"{_prefix(target)}{secrets.token_hex(_RANDOM // 2)}{_SUFFIX}"
    try:
        with temporary.open("xb") as file:  # with the rights that the user's file mode mask leaves
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _rename(temporary, target, overwrite=overwrite)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and not isinstance(error, OutputError):
            kind = DiskFull if error.errno in _FULL else OutputError
            advice = "; the disk takes no such name: rename the picture" if error.errno in _NAME else ""
            raise kind(f"cannot write {target}: {error.strerror or error}{advice}") from error
        raise


def remove_leftovers(target: Path) -> None:
    """Remove what a process that was killed in the middle of writing `target` has left under a temporary name."""
    for path in target.parent.glob(f"{glob.escape(_prefix(target))}{'?' * _RANDOM}{_SUFFIX}"):
        with contextlib.suppress(OSError):
            path.unlink()


def _prefix(target: Path) -> str:
    """Begin the temporary name of a target; file systems hold names of 255 bytes."""
    return "." + target.name.encode("utf-8", "surrogateescape")[:200].decode("utf-8", "ignore") + "."


def _rename(temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Give the finished file its name; without `overwrite`, never in place of one that appeared meanwhile."""
    if overwrite:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise OutputError(f"{target} exists; choose another name or allow overwriting") from error
    except OSError as error:  # a file system without hard links
        if os.path.lexists(target):  # on Windows and on such file systems too
            raise OutputError(f"{target} exists; choose another name or allow overwriting") from error
        temporary.rename(target)
    else:
        temporary.unlink()
