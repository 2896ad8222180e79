"""What a field of options accepts, declared once beside its default; the one check of it, and the words of refusal.

CLI, HTTP schema, page and docs have the same limits: `tests/test_options.py` holds them to these.
"""

import dataclasses
import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeVar

from rechroma.errors import OptionError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which numbers a field takes; never one that is not finite."""

    least: float
    most: float = math.inf
    above: bool = False
    """Whether it is above `least` only."""
    whole: bool = False
    accepted: str
    """The same in words, for the error."""

    def hold(self, value: float) -> bool:
        """Say whether a number is within."""
        if self.whole and not isinstance(value, Integral):
            return False
        low = value > self.least if self.above else value >= self.least
        return low and value <= self.most and value < math.inf


def number(  # noqa: PLR0913 - a declaration
    default: T,
    least: float,
    most: float = math.inf,
    *,
    above: bool = False,
    whole: bool = False,
    accepted: str,
) -> T:
    """Declare a field that takes the numbers from `least` to `most`; with the default None that too."""
    limits = Limits(least=least, most=most, above=above, whole=whole, accepted=accepted)
    made: T = dataclasses.field(default=default, metadata={"limits": limits})
    return made


def choice(default: T, values: tuple[T, ...]) -> T:
    """Declare a field that takes one of several values."""
    made: T = dataclasses.field(default=default, metadata={"choices": values})
    return made


def check(options: Any) -> None:  # noqa: ANN401 - any dataclass
    """Hold every field of a dataclass to its declaration.

    Raises:
        OptionError: a value is not accepted.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        limits, choices = limits_of(field), choices_of(field)
        unset = value is None and field.default is None
        if limits is not None and not unset and not limits.hold(value):
            raise OptionError(f"{field.name} is {value}; accepted: {limits.accepted}")
        if choices and value not in choices:
            raise OptionError(f"{field.name} is {value!r}; accepted: {', '.join(choices)}")


def limits_of(field: "dataclasses.Field[Any]") -> Limits | None:
    """Return the numbers that a field takes, where they are declared."""
    return field.metadata.get("limits")


def choices_of(field: "dataclasses.Field[Any]") -> tuple[str, ...]:
    """Return the values that a field takes, where they are declared; else none."""
    values: tuple[str, ...] = field.metadata.get("choices", ())
    return values
