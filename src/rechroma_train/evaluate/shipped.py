"""The way of one gray picture through the shipped code, as far as its pixels: what we score is what we ship."""

from rechroma.color import merge
from rechroma.refine import upsample_ab
from rechroma.tiling import resize, work_shape
from rechroma.types import RGB8, Colorizer, Hints, Lightness, Prediction, PredictOptions


def work_size(colorizer: Colorizer, lightness: Lightness) -> tuple[int, int]:
    """Give the height and width at which a method sees a picture."""
    info = colorizer.info
    return work_shape(*lightness.shape, info.work_size, info.multiple_of)


def predict(
    colorizer: Colorizer,
    lightness: Lightness,
    *,
    options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
    hints: Hints | None = None,
) -> Prediction:
    """Predict a*b* for a lightness (H, W); hints have the work size."""
    small = resize(lightness, work_size(colorizer, lightness), kernel="area")
    return colorizer.predict(small, hints=hints, options=options, with_logits=True)


def finish(lightness: Lightness, prediction: Prediction) -> RGB8:
    """Give the picture that a user gets as an array or a PNG: (H, W, 3) uint8."""
    return merge(lightness, upsample_ab(prediction.ab, lightness, lightness.shape))
