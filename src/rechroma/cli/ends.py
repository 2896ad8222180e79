"""How a command ends: errors to exit codes."""

from rechroma.errors import (
    InputError,
    MissingExtra,
    OptionError,
    OutputError,
    RechromaError,
    UnknownMethod,
    WeightsError,
    WorkerDied,
)

SEVERAL = 1
INTERRUPTED = 130
EXIT_CODES: dict[type[RechromaError], int] = {
    OptionError: 2,
    InputError: 3,
    OutputError: 4,
    WeightsError: 5,
    UnknownMethod: 5,
    MissingExtra: 6,
    WorkerDied: 7,
    RechromaError: SEVERAL,
}
"""The only place where errors become exit codes; the first class that an error is one of counts."""

EPILOG = (
    "Exit codes: 0 all done; 2 wrong option; 3 input that cannot be used; 4 result that cannot be stored; "
    "5 no such method, or weights that cannot be used; 6 an optional library is missing; 7 a worker process died; "
    "130 interrupted; 1 several pictures failed for different reasons, or for one that was not foreseen."
)


def exit_code(error: type[RechromaError]) -> int:
    """Look up the exit code of an error's class."""
    return next(code for kind, code in EXIT_CODES.items() if issubclass(error, kind))
