"""What a person should know of a picture, such as that only its first page is read: notes, thread by thread.

Whoever runs a job collects them; where nobody does, as in a program that calls `rechroma.colorize`, they are Python
warnings. Python's own way to catch warnings changes the whole process, so that two threads would collect one another's.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collector: ContextVar[list[str] | None] = ContextVar("rechroma_notes", default=None)


def note(message: str) -> None:
    """Add a note to those that this thread or task collects; a UserWarning where it collects none."""
    notes = _collector.get()
    if notes is None:
        warnings.warn(message, UserWarning, stacklevel=3)
    elif message not in notes:
        notes.append(message)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the notes of this thread or task while the context lasts, each once, in the order of their coming."""
    notes: list[str] = []
    token = _collector.set(notes)
    try:
        yield notes
    finally:
        _collector.reset(token)
