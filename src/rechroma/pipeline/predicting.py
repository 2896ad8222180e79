"""From a picture to its small a*b*: what the method sees, what it is told, and what is done to what it says."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from rechroma import color, hints, image, refine
from rechroma.hints import references
from rechroma.image import Picture
from rechroma.methods import scribble
from rechroma.tiling import WHOLE, Area, Size, resize, work_shape
from rechroma.types import (
    AB,
    ColorizeOptions,
    Colorizer,
    Hints,
    Lab,
    Lightness,
    Marks,
    ModelInfo,
    Prediction,
    PredictOptions,
)

_WARM = (3.0, 14.0)
"""a*b* that a warmth of 1 adds at L* 50; it fades towards black and white, which stay what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that is known about a picture's colors, at the size at which the method sees it."""

    marks: Hints | None = None
    """What a person marked, which has the last word."""
    hints: Hints | None = None
    """That and what was found in references: what the method is told."""
    references: tuple[Lab, ...] = ()
    """Color pictures, for a method that looks at them itself."""


def see(picture: Picture, size: Size, info: ModelInfo, area: Area = WHOLE) -> Lightness:
    """Give what the method sees of a picture of a `size`; the one at hand may be smaller, and cover an `area` of it."""
    return image.small_lightness(picture, work_shape(*size, info.work_size, info.multiple_of), area=area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What references tell about a picture, whatever a person marked."""

    pictures: tuple[Lab, ...] = ()
    """The references, at about the method's size."""
    hints: Hints | None = None
    """Where they match the picture; None for a method that looks at them itself."""


def find(lightness: Lightness, colorizer: Colorizer, options: ColorizeOptions) -> Found:
    """Read the references and match them with a picture.

    Args:
        lightness: (H, W) L*, what the method sees.
        colorizer: the method.
        options: with the references.

    Raises:
        InputError: A reference cannot be used.
    """
    pictures = _references(lightness, colorizer.info, options)
    if not pictures or "references" in colorizer.takes:
        return Found(pictures=pictures)
    return Found(
        pictures=pictures,
        hints=references.reference_hints(lightness, pictures, threads=options.threads),
    )


def know(
    lightness: Lightness,
    size: Size,
    colorizer: Colorizer,
    options: ColorizeOptions,
    *,
    given: Hints | None = None,
    found: Found | None = None,
) -> Known:
    """Turn marks and references into what the method takes.

    Args:
        lightness: (H, W) L*, what the method sees.
        size: of the picture.
        colorizer: the method.
        options: with the marks and the references.
        given: Hints (H, W) that take the place of the marks.
        found: What `find` found, where that is known already.

    Raises:
        InputError: A reference or a layer cannot be used.
    """
    marks = given
    if given is None and options.hints:
        marks = hints.rasterize(options.hints, lightness.shape, picture=size)
    found = find(lightness, colorizer, options) if found is None else found
    if found.hints is None:
        return Known(marks=marks, hints=marks, references=found.pictures)
    return Known(marks=marks, hints=_over(marks, found.hints))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the method predicted."""

    prediction: Prediction
    """With all that is known."""
    unhinted: Prediction | None = None
    """Without hints, where hints shall count near them only."""


def predict(
    lightness: Lightness,
    known: Known,
    colorizer: Colorizer,
    options: ColorizeOptions,
    *,
    with_logits: bool = False,
) -> Said:
    """Ask the method; hints are kept back from one that takes none."""

    def ask(given: Hints | None) -> Prediction:
        return colorizer.predict(
            lightness,
            hints=given,
            references=known.references,
            options=PredictOptions(vividness=options.vividness, temperature=options.temperature),
            with_logits=with_logits,
        )

    given = known.hints if "hints" in colorizer.takes else None
    nearby = given is not None and options.reach < 1 and "hints" not in colorizer.info.needs
    return Said(prediction=ask(given), unhinted=ask(None) if nearby else None)


def finish(
    said: Said, lightness: Lightness, known: Known, colorizer: Colorizer, options: ColorizeOptions
) -> AB:
    """Tidy a prediction, turn its saturation and warmth, and let the hints have the last word.

    Returns:
        a*b* (h, w, 2), of the lightness's size where anything of that was asked for.
    """
    ab = _tidied(said.prediction, lightness, colorizer, options)
    if said.unhinted is not None and known.hints is not None:
        without = refine.upsample_ab(_tidied(said.unhinted, lightness, colorizer, options), lightness)
        share = options.reach + (1 - options.reach) * hints.nearness(lightness, known.hints.weight)
        ab = without + share[..., None] * (refine.upsample_ab(ab, lightness) - without)
    if options.saturation != 1:
        ab = ab * np.float32(options.saturation)
    if options.warmth != 0:
        ab = _warmed(ab, lightness, options.warmth)
    if known.hints is not None and "hints" not in colorizer.takes:
        ab = scribble.propagate(lightness, refine.upsample_ab(ab, lightness), known.hints)
    if known.marks is not None:
        ab = hints.correct(refine.upsample_ab(ab, lightness), lightness, known.marks)
    return ab


def _tidied(
    prediction: Prediction, lightness: Lightness, colorizer: Colorizer, options: ColorizeOptions
) -> AB:
    if options.refine == "none":
        return prediction.ab
    return refine.tidy(options.refine, prediction.ab, lightness, prediction.logits, colorizer.bins)


def _warmed(ab: AB, lightness: Lightness, warmth: float) -> AB:
    light = resize(lightness, (ab.shape[0], ab.shape[1]), kernel="area") / np.float32(100)
    amount = np.float32(4 * warmth) * light * (1 - light)
    warmed: AB = ab + amount[..., None] * np.array(_WARM, np.float32)
    return warmed


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
    """Lay a person's marks over what references say."""
    if marks is None:
        return found
    marked = marks.weight > 0
    return Hints(
        ab=np.where(marked[..., None], marks.ab, found.ab),
        weight=np.where(marked, marks.weight, found.weight),
    )


def sure(marks: Marks) -> Marks:
    """Give the marks that are painted as they are, not only told to the method."""
    return Marks(
        points=tuple(point for point in marks.points if point.confidence == 1),
        strokes=marks.strokes,
        layers=marks.layers,
    )
