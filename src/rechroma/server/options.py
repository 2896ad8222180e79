"""What `rechroma serve` can be asked for."""

import math
from dataclasses import dataclass
from ipaddress import ip_address
from numbers import Integral

from rechroma.errors import OptionError
from rechroma.settings import cores, current

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_TOKEN = 16
"""Characters; about what cannot be guessed over a network."""
MAX_WORKERS = 8
"""Workers at most when the number is left to us: each may hold a whole picture."""

FIELD_BYTES = 8_000_000
MAX_FIELDS = 32
"""Of a form beside its files; they are held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Where the server listens, what it offers and how much it takes on."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but this machine itself needs a token."""
    port: int = 8000
    """Port to listen on; 0 = any that is free."""
    token: str | None = None
    """Secret that every request to the API must bring; 16 characters at least."""
    names: tuple[str, ...] = ()
    """Further host names by which browsers reach the server, such as that of a reverse proxy."""
    ui: bool = True
    """Whether the studio is served beside the API."""
    open: bool = False
    """Open the studio in a browser once the server listens."""
    method: str = "hintnet"
    """What colors where a request names no method; may be an .onnx file, which no request can name."""
    workers: int = 0
    """Pictures worked on at the same time; 0 = one more than there are cores."""
    queue: int = 64
    """Requests that may wait for a worker; more are told to come back."""
    timeout: float = 120.0
    """Seconds that a request may take once it has arrived whole."""
    max_bytes: int = 256_000_000
    """Bytes of one upload at most."""
    max_megapixels: float = 100.0
    """Larger pictures are refused before they are decoded."""
    drafts: int = 16
    """Pictures kept open in the studio; the one unused for longest makes room."""
    drafts_megapixels: float = 400.0
    """Megapixels of these together. One draft always fits."""
    references: int = 8
    """Reference pictures of one draft or request at most."""
    jobs: int = 8
    """Jobs kept, with their results; finished ones make room for new ones."""
    job_files: int = 1000
    """Pictures of one job at most."""
    job_bytes: int = 2_000_000_000
    """Bytes of one job's upload at most."""
    archive_bytes: int = 20_000_000_000
    """Bytes of the results in one archive at most; as many archives are kept as jobs, of as many pictures."""
    keep: float = 3600.0
    """Seconds for which the results of a finished job, or an archive that nobody uses, are kept."""

    def __post_init__(self) -> None:
        if not (_whole(self.port, least=0) and self.port <= 65535):
            raise OptionError(f"port is {self.port}; accepted: 1 to 65535, or 0 for any that is free")
        if self.token is None and not is_loopback(self.host):
            raise OptionError(
                f"host is {self.host}, which others can reach, and there is no token; add one: "
                '--token "$(openssl rand -hex 16)", or listen on 127.0.0.1'
            )
        if self.token is not None and not (
            len(self.token) >= SHORTEST_TOKEN and self.token.isascii() and self.token.isprintable()
        ):
            raise OptionError(
                f"the token has {len(self.token)} characters; accepted: {SHORTEST_TOKEN} printable ASCII characters "
                "or more, such as those of `openssl rand -hex 16`"
            )
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not _whole(self.workers, least=0):
            raise OptionError(f"workers is {self.workers}; accepted: 0 (by cores) or a number of workers")
        if not _whole(self.queue, least=0):
            raise OptionError(f"queue is {self.queue}; accepted: 0 (nobody waits) or more")
        for name in ("drafts", "references", "jobs", "job_files", "max_bytes", "job_bytes", "archive_bytes"):
            if not _whole(getattr(self, name), least=1):
                raise OptionError(f"{name} is {getattr(self, name)}; accepted: 1 or more, whole")
        for name in ("timeout", "max_megapixels", "drafts_megapixels", "keep"):
            if not 0 < getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; accepted: any finite number above 0")


def _whole(value: float, *, least: int) -> bool:
    return isinstance(value, Integral) and value >= least


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what listens on `host`."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def share_cores(options: ServeOptions) -> tuple[int, int]:
    """Give the number of workers and of each one's threads."""
    workers = options.workers or min(cores() + 1, MAX_WORKERS)
    return workers, current().threads or max(1, cores() // workers)
