"""What `rechroma serve` can be asked for."""

from dataclasses import dataclass
from ipaddress import ip_address

from rechroma import limits
from rechroma.errors import OptionError
from rechroma.limits import number
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
    port: int = number(8000, 0, 65535, whole=True, accepted="1 to 65535, or 0 for any that is free")
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
    workers: int = number(0, 0, whole=True, accepted="0 (by cores) or a number of workers")
    """Pictures worked on at the same time; 0 = one more than there are cores."""
    queue: int = number(64, 0, whole=True, accepted="0 (nobody waits) or more")
    """Requests that may wait for a worker; more are told to come back."""
    timeout: float = number(120.0, 0, above=True, accepted="any finite number above 0")
    """Seconds that a request may take once it has arrived whole."""
    max_bytes: int = number(256_000_000, 1, whole=True, accepted="1 or more, whole")
    """Bytes of one upload at most."""
    max_megapixels: float = number(100.0, 0, above=True, accepted="any finite number above 0")
    """Larger pictures are refused before they are decoded."""
    drafts: int = number(16, 1, whole=True, accepted="1 or more, whole")
    """Pictures kept open in the studio; the one unused for longest makes room."""
    drafts_megapixels: float = number(400.0, 0, above=True, accepted="any finite number above 0")
    """Megapixels of these together. One draft always fits."""
    references: int = number(8, 1, whole=True, accepted="1 or more, whole")
    """Reference pictures of one draft or request at most."""
    jobs: int = number(8, 1, whole=True, accepted="1 or more, whole")
    """Jobs kept, with their results; finished ones make room for new ones."""
    job_files: int = number(1000, 1, whole=True, accepted="1 or more, whole")
    """Pictures of one job at most."""
    job_bytes: int = number(2_000_000_000, 1, whole=True, accepted="1 or more, whole")
    """Bytes of one job's upload at most."""
    archive_bytes: int = number(20_000_000_000, 1, whole=True, accepted="1 or more, whole")
    """Bytes of the results in one archive at most; as many archives are kept as jobs, of as many pictures."""
    keep: float = number(3600.0, 0, above=True, accepted="any finite number above 0")
    """Seconds for which the results of a finished job, or an archive that nobody uses, are kept."""

    def __post_init__(self) -> None:
        limits.check(self)
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
