"""Every numeric option refuses what is no number, has no end, or is not whole where it counts things."""

import math
import typing
from dataclasses import fields
from typing import Any

import pytest

from rechroma import types
from rechroma.errors import OptionError
from rechroma.server.options import ServeOptions

GIVEN: dict[type, dict[str, Any]] = {
    types.ColorizeOptions: {},
    types.PredictOptions: {},
    types.Point: {"x": 0.5, "y": 0.5, "color": None},
    types.Stroke: {"places": ((0.5, 0.5),), "color": None},
    ServeOptions: {},
}
"""What each kind of options needs to be made."""


def numeric(kind: type) -> dict[str, bool]:
    """Give the numeric fields of options, and whether they count something."""
    hints = typing.get_type_hints(kind)
    allowed = {field.name: {hints[field.name], *typing.get_args(hints[field.name])} for field in fields(kind)}
    return {name: float not in kinds for name, kinds in allowed.items() if kinds & {int, float}}


CASES = [(kind, name, whole) for kind in GIVEN for name, whole in numeric(kind).items()]


@pytest.mark.parametrize(("kind", "name", "whole"), CASES, ids=[f"{k.__name__}.{n}" for k, n, _ in CASES])
def test_a_number_without_sense_is_refused_by_its_name(kind: type, name: str, whole: bool) -> None:
    kind(**GIVEN[kind])
    shown = {"x": "place", "y": "place"}.get(name, name)
    for value in (math.nan, math.inf, -math.inf, -1e300, *((0.5, 1.5) if whole else ())):
        with pytest.raises(OptionError, match=shown):
            kind(**(GIVEN[kind] | {name: value}))


def test_places_of_a_stroke_are_numbers() -> None:
    for value in (math.nan, math.inf, -math.inf):
        for place in ((value, 0.5), (0.5, value)):
            with pytest.raises(OptionError, match="place"):
                types.Stroke(places=((0.1, 0.1), place), color=None)


def test_the_fields_of_every_kind_of_options_are_tried() -> None:
    tried = {(kind.__name__, name) for kind, name, _ in CASES}
    assert {
        ("ColorizeOptions", "max_megapixels"),
        ("ColorizeOptions", "threads"),
        ("Point", "radius"),
    } <= tried
    assert len(tried) > 25
