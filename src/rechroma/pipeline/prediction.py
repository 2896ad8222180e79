"""The method is asked under conditions, and what it predicts is decoded to the a*b* that are shown."""

from dataclasses import dataclass

import numpy as np

from rechroma import color, hints, methods, refine
from rechroma.pipeline.conditions import Conditions
from rechroma.tiling import resize
from rechroma.types import AB, ColorizeOptions, Colorizer, Hints, Lightness, Prediction, PredictOptions

_WARM = (3.0, 14.0)
"""a*b* that a warmth of 1 adds at L* 50; it fades towards black and white, which stay what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What the method predicted."""

    prediction: Prediction
    """Under all conditions."""
    unhinted: Prediction | None = None
    """Without hints, where hints shall count near them only."""


def load(options: ColorizeOptions) -> Colorizer:
    """Load the method that the options name."""
    return methods.load(options.method, device=options.device, threads=options.threads)


def predict(
    lightness: Lightness, conditions: Conditions, colorizer: Colorizer, options: ColorizeOptions
) -> Predicted:
    """Ask the method; hints are kept back from one that takes none.

    Where it gives scores, these come along and temperature is left to `decode`: it changes nothing here.
    """
    scored = colorizer.bins is not None
    decoding = PredictOptions(
        vividness=options.vividness, temperature=None if scored else options.temperature
    )

    def ask(given: Hints | None) -> Prediction:
        return colorizer.predict(
            lightness,
            hints=given,
            references=conditions.references,
            options=decoding,
            with_logits=scored or options.refine == "crf",
        )

    given = conditions.hints if "hints" in colorizer.info.takes else None
    nearby = given is not None and options.reach < 1 and "hints" not in colorizer.info.needs
    return Predicted(prediction=ask(given), unhinted=ask(None) if nearby else None)


def decode(
    predicted: Predicted,
    lightness: Lightness,
    conditions: Conditions,
    colorizer: Colorizer,
    options: ColorizeOptions,
) -> AB:
    """Decode a prediction at its temperature, tidy it, set saturation and warmth, and let hints have the last word.

    Returns:
        a*b* (h, w, 2), of the lightness's size where anything of that was asked for.
    """
    ab = _tidied(predicted.prediction, lightness, colorizer, options)
    if predicted.unhinted is not None and conditions.hints is not None:
        without = refine.upsample_ab(_tidied(predicted.unhinted, lightness, colorizer, options), lightness)
        share = options.reach + (1 - options.reach) * hints.nearness(lightness, conditions.hints.weight)
        ab = without + share[..., None] * (refine.upsample_ab(ab, lightness) - without)
    if options.saturation != 1:
        ab = ab * np.float32(options.saturation)
    if options.warmth != 0:
        ab = _warmed(ab, lightness, options.warmth)
    if conditions.hints is not None and "hints" not in colorizer.info.takes:
        ab = hints.propagate(lightness, refine.upsample_ab(ab, lightness), conditions.hints)
    if conditions.marks is not None:
        ab = hints.correct(refine.upsample_ab(ab, lightness), lightness, conditions.marks)
    return ab


def _tidied(
    prediction: Prediction, lightness: Lightness, colorizer: Colorizer, options: ColorizeOptions
) -> AB:
    ab = _annealed(prediction, colorizer, options.temperature)
    if options.refine == "none":
        return ab
    return refine.tidy(options.refine, ab, lightness, prediction.logits, colorizer.bins)


def _annealed(prediction: Prediction, colorizer: Colorizer, temperature: float | None) -> AB:
    """Return the a*b* at a temperature; None leaves it to the weights, as does a method without scores."""
    if temperature is None or prediction.logits is None or colorizer.bins is None:
        return prediction.ab
    return color.annealed_mean(prediction.logits, temperature=temperature, bins=colorizer.bins)


def _warmed(ab: AB, lightness: Lightness, warmth: float) -> AB:
    light = resize(lightness, (ab.shape[0], ab.shape[1]), kernel="area") / np.float32(100)
    amount = np.float32(4 * warmth) * light * (1 - light)
    warmed: AB = ab + amount[..., None] * np.array(_WARM, np.float32)
    return warmed
