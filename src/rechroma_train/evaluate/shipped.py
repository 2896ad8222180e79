"""The way of one picture through the shipped code: what we score is what we ship."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rechroma import pipeline
from rechroma.errors import InputError
from rechroma.tiling import work_shape
from rechroma.types import (
    AB,
    RGB8,
    ColorizeOptions,
    Colorizer,
    Hints,
    Lab,
    Lightness,
    ModelInfo,
    Prediction,
    PredictOptions,
)


@dataclass(slots=True)
class Watched:
    """A colorizer that asks for scores and remembers what it said."""

    inner: Colorizer
    """Who does the work."""
    with_logits: bool = True
    """Whether to ask for scores."""
    said: list[Prediction] = field(default_factory=list)
    """What it predicted, the last one last."""

    @property
    def info(self) -> ModelInfo:
        """As the inner one."""
        return self.inner.info

    @property
    def bins(self) -> AB | None:
        """As of the inner one."""
        return self.inner.bins

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict as the inner one does."""
        prediction = self.inner.predict(
            lightness,
            hints=hints,
            references=references,
            options=options,
            with_logits=with_logits or self.with_logits,
        )
        self.said.append(prediction)
        return prediction


def work_size(colorizer: Colorizer, shape: tuple[int, ...]) -> tuple[int, int]:
    """Give the height and width at which a method sees a picture of this shape (H, W)."""
    info = colorizer.info
    return work_shape(shape[0], shape[1], info.work_size, info.multiple_of)


def color(
    colorizer: Colorizer,
    picture: NDArray[np.uint8],
    *,
    options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
    hints: Hints | None = None,
    with_logits: bool = False,
) -> tuple[RGB8, Prediction]:
    """Color a picture as `rechroma.colorize` does.

    Args:
        colorizer: the method.
        picture: (H, W) gray or (H, W, 3) RGB, of which only the lightness counts; uint8, sRGB-encoded.
        options: how the method decodes.
        hints: at the work size.
        with_logits: whether to ask for scores.

    Returns:
        (H, W, 3) uint8: what a user gets as an array or a PNG; and what the method predicted for it.
    """
    watched = Watched(colorizer, with_logits)
    wanted = ColorizeOptions(vividness=options.vividness, temperature=options.temperature)
    rgb = pipeline.colorize_array(picture, watched, wanted, hints=hints)
    if len(watched.said) != 1:
        raise InputError(
            f"{colorizer.info.name} was asked {len(watched.said)} times for one picture, not once"
        )
    return rgb, watched.said[0]
