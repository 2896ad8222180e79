"""What the environment decides: the only reader of os.environ, and of the cores that there are."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rechroma.errors import OptionError

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})
_TELEMETRY = "ORT_DISABLE_TELEMETRY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where Rechroma keeps its files and what it may use."""

    cache_dir: Path
    """Folder for downloaded weights; made when first needed. RECHROMA_CACHE, or the platform's cache folder."""
    threads: int
    """Threads of a network where the options do not say; 0 = one per core. RECHROMA_THREADS."""
    offline: bool
    """True forbids every download. RECHROMA_OFFLINE."""


def current() -> Settings:
    """Read the environment as it is now.

    Raises:
        OptionError: RECHROMA_THREADS or RECHROMA_OFFLINE has a value that means nothing.
    """
    env = os.environ
    cache = env.get("RECHROMA_CACHE")
    return Settings(
        cache_dir=Path(cache).expanduser() if cache else default_cache_dir(sys.platform, env, Path.home()),
        threads=_threads(env.get("RECHROMA_THREADS", "")),
        offline=_flag("RECHROMA_OFFLINE", env.get("RECHROMA_OFFLINE", "")),
    )


def cores() -> int:
    """Count the processor cores that this process may use: fewer than the machine has, in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def telemetry_forbidden() -> Iterator[None]:
    """Keep ONNX Runtime, imported inside, from reporting to its makers, unless the environment says that it may.

    From version 1.31 its import alone writes an identifier into the user's cache folder and queues events for
    upload; what colors pictures offline must do neither, and ONNX Runtime's own switch comes too late for both. Only
    the variable that it reads at its import tells it in time. os.environ is left alone, and when the import is over
    the process's environment is what it was.
    """
    if _TELEMETRY in os.environ:
        yield
        return
    os.putenv(_TELEMETRY, "1")
    try:
        yield
    finally:
        os.unsetenv(_TELEMETRY)


def hush_libraries() -> None:
    """Keep libraries from saying what is wrong with a file or a form, which our errors say; for our own processes."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"PIL\.")


def default_cache_dir(platform: str, env: Mapping[str, str], home: Path) -> Path:
    """Give the cache folder that a platform expects; `platform` as in sys.platform."""
    if platform == "win32":
        return Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local") / "rechroma" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "rechroma"
    xdg = env.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    return (Path(xdg) if Path(xdg).is_absolute() else home / ".cache") / "rechroma"


def _threads(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise OptionError(
            f"RECHROMA_THREADS is {text!r}; accepted: 0 (one per core) or a number of threads. "
            "Correct it or unset it."
        )
    return int(text)


def _flag(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise OptionError(
        f"{name} is {text!r}; accepted: {', '.join(sorted(YES))} or {', '.join(sorted(NO - {''}))}"
    )
