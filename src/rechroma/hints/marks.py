"""What a person marked, as text: the hints file, and a place on the command line.

The hints file is JSON, version 1. Places are relative to the picture, upright; sizes to its longer side:

    {"rechroma_hints": 1,
     "points": [{"x": 0.31, "y": 0.42, "color": "#a33b2e", "radius": 0.01, "confidence": 1}],
     "strokes": [{"color": null, "width": 0.02, "places": [[0.1, 0.2], [0.15, 0.22]]}],
     "layers": ["<base64 of a PNG>"],
     "palette": ["#a33b2e"]}

A color of null keeps the place gray. A confidence below 1 is advice; at 1 the place gets this very color. What is
not listed is empty; radius, width and confidence may be left out.
"""

import base64
import binascii
import json
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from rechroma.errors import InputError, OptionError
from rechroma.types import Layer, Marks, Point, Stroke

VERSION = 1
GRAY = "gray"
"""What stands for a color on the command line where a place is to stay gray."""

MOST_PLACES = 200_000
"""Places of all points and strokes together: hours of painting, some seconds of drawing."""
MOST_BYTES = 128_000_000
"""Of a hints file; a painted layer of the most pixels has some 100 MB."""

_ONE_PLACE = f"accepted: x,y,#rrggbb or x,y,{GRAY}, then ,radius if wanted, such as 0.31,0.42,#a33b2e"
_LISTS = ("points", "strokes", "layers", "palette")


def parse_point(text: str) -> Point:
    """Read one place of the command line: x,y,#rrggbb or x,y,gray, with ,radius after it if wanted.

    Raises:
        OptionError: It is something else, or its values are out of range.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in {3, 4}:
        raise OptionError(f"a hint is {text!r}; {_ONE_PLACE}")
    color = None if parts[2] == GRAY else parts[2]
    try:
        x, y, *radius = (float(part) for part in (*parts[:2], *parts[3:]))
    except ValueError as error:
        raise OptionError(f"a hint is {text!r}; {_ONE_PLACE}") from error
    return Point(x=x, y=y, color=color, radius=radius[0]) if radius else Point(x=x, y=y, color=color)


def read(path: Path | str) -> Marks:
    """Read a hints file (.json), or a painted layer: a picture with alpha, opaque where it hints.

    Raises:
        InputError: There is no such file, or it is neither.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"the hints {path} cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise InputError(f"the hints {path} have more than {MOST_BYTES / 1e6:g} MB, which no hints file has")
    if path.suffix.lower() != ".json":
        return Marks(layers=(Layer(png=data),))
    try:
        return from_json(data.decode("utf-8"))
    except (InputError, OptionError, UnicodeDecodeError) as error:
        raise InputError(f"the hints {path}: {error}") from error


def from_json(text: str) -> Marks:
    """Read the text of a hints file.

    Raises:
        InputError: It is no hints file, or of another version.
        OptionError: A value in it is out of range.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" from character {error.pos} on" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(
            f"the text is no JSON{where}; accepted: a hints file, as `rechroma serve` saves it"
        ) from error
    if not isinstance(document, dict) or "rechroma_hints" not in document:
        raise InputError('not a hints file: it has no "rechroma_hints"; `rechroma serve` saves such files')
    if isinstance(document["rechroma_hints"], bool) or document["rechroma_hints"] != VERSION:
        raise InputError(
            f"a hints file of version {_short(document['rechroma_hints'])}; this Rechroma reads version {VERSION}"
        )
    unknown = sorted(document.keys() - {"rechroma_hints", *_LISTS})
    if unknown:
        raise InputError(
            f"unknown entries {', '.join(map(_short, unknown[:10]))}; accepted: {', '.join(_LISTS)}"
        )
    for name in _LISTS:
        if not isinstance(document.get(name, []), list):
            raise InputError(f"{name} is {_short(document[name])}; accepted: a list")
    check_places(document)
    return Marks(
        points=tuple(_point(each) for each in document.get("points", [])),
        strokes=tuple(_stroke(each) for each in document.get("strokes", [])),
        layers=tuple(_layer(each) for each in document.get("layers", [])),
        palette=tuple(_color(each) or "" for each in document.get("palette", [])),
    )


def check_places(document: dict[str, Any]) -> None:
    """Refuse a document with more places than are drawn, before each becomes an object of its own.

    Raises:
        InputError: it has more.
    """
    strokes = [each.get("places") for each in document.get("strokes") or () if isinstance(each, dict)]
    lists = [each for each in (document.get("points"), *strokes) if isinstance(each, list)]
    count = sum(map(len, lists))
    if count > MOST_PLACES:
        raise InputError(
            f"the hints have {count} places; accepted: {MOST_PLACES} at most: draw fewer strokes, or paint a layer"
        )


def to_json(marks: Marks) -> str:
    """Write marks as the text of a hints file; `from_json` gives the same marks back."""
    document = {
        "rechroma_hints": VERSION,
        "points": [asdict(point) for point in marks.points],
        "strokes": [asdict(stroke) for stroke in marks.strokes],
        "layers": [base64.b64encode(layer.png).decode("ascii") for layer in marks.layers],
        "palette": marks.palette,
    }
    return json.dumps(document)


def merge(*several: Marks) -> Marks:
    """Put marks together; of one kind, later ones lie on top."""
    return Marks(
        points=tuple(chain.from_iterable(marks.points for marks in several)),
        strokes=tuple(chain.from_iterable(marks.strokes for marks in several)),
        layers=tuple(chain.from_iterable(marks.layers for marks in several)),
        palette=tuple(dict.fromkeys(chain.from_iterable(marks.palette for marks in several))),
    )


def _point(given: Any) -> Point:  # noqa: ANN401 - parsed JSON
    fields = _fields(given, "point", needed=("x", "y", "color"), optional=("radius", "confidence"))
    numbers = {name: _number(value, name) for name, value in fields.items() if name != "color"}
    return Point(color=_color(fields["color"]), **numbers)


def _stroke(given: Any) -> Stroke:  # noqa: ANN401 - parsed JSON
    fields = _fields(given, "stroke", needed=("places", "color"), optional=("width",))
    places = fields["places"]
    if not isinstance(places, list) or not all(isinstance(p, list) and len(p) == 2 for p in places):
        raise InputError(f"the places of a stroke are {_short(places)}; accepted: a list of [x, y]")
    width = {"width": _number(fields["width"], "width")} if "width" in fields else {}
    return Stroke(
        places=tuple((_number(x, "x"), _number(y, "y")) for x, y in places),
        color=_color(fields["color"]),
        **width,
    )


def _layer(given: Any) -> Layer:  # noqa: ANN401 - parsed JSON
    try:
        return Layer(png=base64.b64decode(given, validate=True))
    except (TypeError, ValueError, binascii.Error) as error:
        raise InputError(f"a layer is {_short(given)}; accepted: the base64 of a PNG") from error


def _fields(given: Any, what: str, *, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(given, dict) or not set(needed) <= given.keys() <= {*needed, *optional}:
        raise InputError(
            f"a {what} is {_short(given)}; accepted: an object with {', '.join(needed)} and perhaps "
            f"{', '.join(optional)}"
        )
    return given


def _number(given: Any, name: str) -> float:  # noqa: ANN401 - parsed JSON
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InputError(f"{name} is {_short(given)}; accepted: a number")
    try:
        return float(given)
    except OverflowError as error:
        raise InputError(f"{name} is {_short(given)}; accepted: a number of usual size") from error


def _color(given: Any) -> str | None:  # noqa: ANN401 - parsed JSON
    if given is not None and not isinstance(given, str):
        raise InputError(f"a color is {_short(given)}; accepted: #rrggbb, or null to keep the place gray")
    return given


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."
