"""What a method is given, checked in one way: shapes of arrays, and options that mean nothing to it."""

from collections.abc import Sequence

from rechroma.errors import InputError, OptionError
from rechroma.types import Hints, Lab, Lightness, PredictOptions


def check_lightness(lightness: Lightness) -> None:
    """Refuse anything but (H, W), from 1x1.

    Raises:
        InputError: It has another shape.
    """
    if lightness.ndim != 2 or lightness.size == 0:
        raise InputError(f"lightness has shape {lightness.shape}; accepted: (H, W), both at least 1")


def check_hints(hints: Hints, lightness: Lightness) -> None:
    """Refuse hints of another size than the lightness.

    Raises:
        InputError: They have another one.
    """
    if hints.weight.shape != lightness.shape:
        raise InputError(f"hints have size {hints.weight.shape}; the lightness has {lightness.shape}")


def check_references(references: Sequence[Lab]) -> None:
    """Refuse references that are no color pictures (h, w, 3).

    Raises:
        InputError: One has another shape.
    """
    for number, reference in enumerate(references, start=1):
        if reference.ndim != 3 or reference.shape[2] != 3 or reference.size == 0:
            which = f"reference {number}" if len(references) > 1 else "the reference"
            raise InputError(
                f"{which} has shape {reference.shape}; accepted: (h, w, 3), L*a*b*, both at least 1"
            )


def check_decodes_nothing(name: str, options: PredictOptions, *, with_logits: bool) -> None:
    """Refuse what only a method with a distribution can do.

    Raises:
        OptionError: It was asked for logits, or given vividness or temperature.
    """
    if with_logits:
        raise OptionError(f"{name} gives no logits; it weighs no other colors")
    for field in ("vividness", "temperature"):
        if (given := getattr(options, field)) is not None:
            raise OptionError(f"{field} is {given}; {name} takes none: it decodes nothing")
