"""What a person should know of a picture, such as that only its first page is read: warnings, thread by thread.

Python's own way to catch warnings changes the whole process, so that two threads would hear one another's.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect the words of warnings for the user that this thread issues, where the process listens to them."""
    said: list[str] = []
    token = _said.set(said)
    try:
        yield said
    finally:
        _said.reset(token)


@contextmanager
def listening() -> Iterator[None]:
    """Listen to warnings in this process while the context lasts; those that nobody collects are shown as ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        shown = warnings.showwarning

        def show(  # noqa: PLR0917 - the signature of warnings.showwarning
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            said = _said.get()
            if said is not None and category is UserWarning:
                said.append(str(message))
            else:
                shown(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield
