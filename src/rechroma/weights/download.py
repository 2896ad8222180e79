"""Bring a file of known length and SHA-256 here: resumed where it was cut, verified, in place in one step.

What has come so far lies beside the target in `NAME.part`. A lock lets one process or thread at a time write
it; the others wait and find the finished file.
"""

import hashlib
import http.client
import ipaddress
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from rechroma._version import __version__
from rechroma.errors import ChecksumMismatch, OutputError, WeightsError

if TYPE_CHECKING:
    from rechroma.weights.files import Progress

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before the second, third ... attempt; as many attempts as pauses, and one."""
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as cut."""
BLOCK = 1 << 17
"""Bytes read at a time."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that another attempt may cure."""


class _Cut(Exception):  # noqa: N818 - not an error yet: another attempt follows
    """The connection failed or ended early."""


def download(url: str, target: Path, *, sha256: str, size: int, progress: "Progress | None" = None) -> None:
    """Download `url` to `target`, unless the right file lies there once the lock is ours.

    Args:
        url: https, or http to this machine itself.
        target: Where the file goes; its folder is made. A wrong file there is replaced.
        sha256: Hexadecimal SHA-256 that the file must have.
        size: Length in bytes that the file must have.
        progress: Told the bytes at hand and in all, after each block.

    Raises:
        WeightsError: The server refuses, or the connection fails at each attempt; what came is kept for the
            next call.
        ChecksumMismatch: The file that came is another one; it is removed.
        OutputError: The folder cannot be written or the disk is full.
    """
    opener = _opener(url)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.with_name(target.name + ".lock")):
            if target.is_file() and _sha256(target) == sha256:
                return
            _bring(opener, url, part, size, progress)
            if (found := _sha256(part)) != sha256:
                part.unlink()
                raise ChecksumMismatch(
                    f"{url} is not the file that was expected: its SHA-256 is {found}, expected {sha256}. "
                    "The download was removed; update rechroma, or report this."
                )
            part.replace(target)
    except OSError as error:
        raise OutputError(
            f"weights cannot be stored in {target.parent}: {error}. "
            "Free some space there, or set RECHROMA_CACHE to another folder."
        ) from error


def _bring(opener: OpenerDirector, url: str, part: Path, size: int, progress: "Progress | None") -> None:
    for pause in (*PAUSES, None):
        try:
            _append(opener, url, part, size, progress)
        except _Cut as cut:
            if pause is None:
                have = part.stat().st_size if part.exists() else 0
                raise WeightsError(
                    f"download of {url} failed {len(PAUSES) + 1} times: {cut}. "
                    f"{have} of {size} bytes are kept; try again to go on from there."
                ) from cut
            time.sleep(pause)
        else:
            return


def _append(opener: OpenerDirector, url: str, part: Path, size: int, progress: "Progress | None") -> None:
    """Make one attempt to complete `part`, from where it ends."""
    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    if have == size:
        return
    with _opened(opener, url, have, part) as response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink(missing_ok=True)
            raise _Cut(f"asked for bytes from {have} on, got {response.headers.get('Content-Range')}")
        have = have if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            while block := _read(response):
                have += len(block)
                if have > size:
                    break
                file.write(block)
                if progress is not None:
                    progress(have, size)
            file.flush()
            os.fsync(file.fileno())
    if have > size:
        part.unlink()
        raise ChecksumMismatch(f"{url} is longer than the {size} bytes expected. The download was removed.")
    if have < size:
        raise _Cut(f"the connection ended after {have} of {size} bytes")


@contextmanager
def _opened(opener: OpenerDirector, url: str, start: int, part: Path) -> Iterator[http.client.HTTPResponse]:
    request = Request(url, headers={"User-Agent": f"rechroma/{__version__}"})  # noqa: S310 - _opener checked it
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = opener.open(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise _Cut("the server has no bytes from there on") from error
        if error.code in PASSING:
            raise _Cut(f"HTTP {error.code} {error.reason}") from error
        raise WeightsError(f"download of {url} refused: HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(f"{error}") from error
    with response:
        yield response


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(f"{error}") from error


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a redirection only to where a download may go in the first place."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        _is_loopback_or_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> OpenerDirector:
    """Make an opener that goes through the user's proxies, except to this machine itself."""
    if _is_loopback_or_https(url):
        return build_opener(_SafeRedirects, ProxyHandler({}))
    return build_opener(_SafeRedirects)


def _is_loopback_or_https(url: str) -> bool:
    """Tell whether a url leads to this machine. Raises WeightsError where it is neither that nor https."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise WeightsError(
            f"weights may not be downloaded from {url}; accepted: https, or http to this machine"
        )
    return loopback


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the operating system lets go of it when a process dies. The empty file stays."""
    with path.open("ab") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except PermissionError:  # another process holds it
                    time.sleep(0.2)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
