"""What conditions the prediction of a picture: the lightness that the method sees, marks, and references."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from rechroma import color, image
from rechroma.hints import references
from rechroma.image import Picture
from rechroma.tiling import WHOLE, Area, Size, work_shape
from rechroma.types import ColorizeOptions, Colorizer, Hints, Lab, Lightness, Marks, ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A copy of a picture from which the method's lightness is made; it may be smaller than the picture."""

    name: str
    """What it is a copy of; views of one picture and name are the same."""
    picture: Picture
    """The copy."""
    area: Area = WHOLE
    """What it covers of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What references tell about a picture, whatever a person marked."""

    pictures: tuple[Lab, ...] = ()
    """The references, at about the method's size."""
    hints: Hints | None = None
    """Where they match the picture; None for a method that looks at them itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything but lightness that the colors depend on, at the size at which the method sees the picture."""

    marks: Hints | None = None
    """What a person marked, which has the last word."""
    hints: Hints | None = None
    """That and what was found in references: what the method is given."""
    references: tuple[Lab, ...] = ()
    """Color pictures, for a method that looks at them itself."""


def method_lightness(view: View, size: Size, info: ModelInfo) -> Lightness:
    """Return what the method sees of a picture of a `size`: (H, W) L*."""
    shape = work_shape(*size, info.work_size, info.multiple_of)
    return image.small_lightness(view.picture, shape, area=view.area)


def match_references(lightness: Lightness, colorizer: Colorizer, options: ColorizeOptions) -> Matches:
    """Read the references and match them with a picture.

    Args:
        lightness: (H, W) L*, what the method sees.
        colorizer: the method.
        options: with the references.

    Raises:
        InputError: A reference cannot be used.
    """
    pictures = _references(lightness, colorizer.info, options)
    if not pictures or "references" in colorizer.info.takes:
        return Matches(pictures=pictures)
    return Matches(
        pictures=pictures,
        hints=references.reference_hints(lightness, pictures, threads=options.threads),
    )


def joined(marks: Hints | None, matches: Matches) -> Conditions:
    """Join what a person marked, drawn at the method's size, with what references tell."""
    if matches.hints is None:
        return Conditions(marks=marks, hints=marks, references=matches.pictures)
    return Conditions(marks=marks, hints=_over(marks, matches.hints))


def certain(marks: Marks) -> Marks:
    """Return the marks that are painted as they are, not only given to the method."""
    return Marks(
        points=tuple(point for point in marks.points if point.confidence == 1),
        strokes=marks.strokes,
        layers=marks.layers,
    )


def _references(lightness: Lightness, info: ModelInfo, options: ColorizeOptions) -> tuple[Lab, ...]:
    """Read the references, and those that the library has for this picture, at about the method's size."""
    found: list[Path] = []
    if options.reference_library is not None:
        found = references.similar(
            lightness, options.reference_library, max_megapixels=options.max_megapixels
        )
    return tuple(
        _small_lab(image.read(each, max_megapixels=options.max_megapixels), info)
        for each in chain(options.references, found)
    )


def _small_lab(picture: Picture, info: ModelInfo) -> Lab:
    rgb = image.small_rgb(picture, work_shape(*picture.size, info.work_size, info.multiple_of))
    lab: Lab = color.rgb_to_lab(rgb)
    return lab


def _over(marks: Hints | None, found: Hints) -> Hints:
    """Lay a person's marks over what references tell."""
    if marks is None:
        return found
    marked = marks.weight > 0
    return Hints(
        ab=np.where(marked[..., None], marks.ab, found.ab),
        weight=np.where(marked, marks.weight, found.weight),
    )
