"""A folder that pictures arrive in, such as a scanner's: which of them are there whole, by looking again and again."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rechroma.batch.find import Found, LeftOut, Unread, place

REST = 5.0
"""Seconds for which size and time of a file stay what they are before it is taken for finished."""
EVERY = 1.0
"""Seconds between two looks; more where looking takes long."""
_SHARE = 0.1
"""Of the time that may go into looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What a look found that earlier ones had not."""

    new: tuple[Found, ...] = ()
    """Pictures that have come to rest."""
    changed: tuple[Found, ...] = ()
    """Pictures given before which have another size or time now, or other hints beside them, and are at rest again."""
    left_out: tuple[LeftOut, ...] = ()
    unread: tuple[Unread, ...] = ()
    """Folders that cannot be listed; named again when they could be meanwhile."""


@dataclass(slots=True)
class _Seen:
    """What is known of a picture's file."""

    state: tuple[int, ...]
    since: float
    given: bool = False
    changed: bool = False


def arrivals(
    look: Callable[[], Iterable[Found | LeftOut | Unread]],
    *,
    rest: float = REST,
    every: float = EVERY,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Arrivals]:
    """Look for ever, and yield what is new where anything is; an empty file is never finished.

    Time is taken from our own clock, for that of a network disk may be another.
    """
    pictures: dict[str, _Seen] = {}
    told: set[LeftOut | Unread] = set()
    while True:
        start = clock()
        items = [_gone(item) if isinstance(item, Found) and item.root is None else item for item in look()]
        found = [item for item in items if isinstance(item, Found)]
        beside = {item: None for item in items if not isinstance(item, Found)}
        new, changed = _at_rest(found, pictures, clock(), rest)
        fresh = [item for item in beside if item not in told]
        told = set(beside)
        if new or changed or fresh:
            yield Arrivals(
                new=tuple(new),
                changed=tuple(changed),
                left_out=tuple(item for item in fresh if isinstance(item, LeftOut)),
                unread=tuple(item for item in fresh if isinstance(item, Unread)),
            )
        sleep(max(every, (clock() - start) * (1 / _SHARE - 1)) if not (new or changed) else 0)


def _gone(folder: Found) -> Unread:
    """A name that was a folder's and is no more, which is taken for that of a picture."""
    return Unread(folder.path, "it is not there")


def _at_rest(
    found: Iterable[Found], pictures: dict[str, _Seen], now: float, rest: float
) -> tuple[list[Found], list[Found]]:
    """Sort out what has come to rest: for the first time, and after a change."""
    new: list[Found] = []
    changed: list[Found] = []
    there: set[str] = set()
    for item in found:
        key, state = place(item.path), _state(item)
        if state is None:
            continue
        there.add(key)
        seen = pictures.get(key)
        if seen is None:
            pictures[key] = _Seen(state, now)
        elif seen.state != state:
            pictures[key] = _Seen(state, now, changed=seen.given or seen.changed)
        elif not seen.given and now - seen.since >= rest:
            seen.given = True
            (changed if seen.changed else new).append(item)
    for gone in pictures.keys() - there:
        del pictures[gone]
    return new, changed


def _state(item: Found) -> tuple[int, ...] | None:
    """Give what changes while a file is written; None where it is empty or gone."""
    try:
        picture = item.path.stat()
        hints = item.hints.stat() if item.hints is not None else None
    except OSError:
        return None
    if picture.st_size == 0:
        return None
    return (picture.st_size, picture.st_mtime_ns, *((hints.st_size, hints.st_mtime_ns) if hints else ()))
