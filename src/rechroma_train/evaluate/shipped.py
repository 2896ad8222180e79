"""The way of one gray picture through the shipped code, as far as its pixels: what we score is what we ship."""

import numpy as np
from numpy.typing import NDArray

from rechroma import image
from rechroma.color import gray_to_lightness, merge
from rechroma.refine import upsample_ab
from rechroma.tiling import work_shape
from rechroma.types import AB, RGB8, Colorizer, Hints, Lightness, Prediction, PredictOptions



def work_size(colorizer: Colorizer, shape: tuple[int, ...]) -> tuple[int, int]:
    """Give the height and width at which a method sees a picture of this shape (H, W)."""
    info = colorizer.info
    return work_shape(shape[0], shape[1], info.work_size, info.multiple_of)


def predict(
    colorizer: Colorizer,
    picture: NDArray[np.uint8],
    *,
    options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
    hints: Hints | None = None,
    with_logits: bool = False,
) -> Prediction:
    """Predict a*b* for gray (H, W), or the lightness of RGB (H, W, 3); hints have the work size."""
    small = image.small_lightness(image.read(picture), work_size(colorizer, picture.shape))
    return colorizer.predict(small, hints=hints, options=options, with_logits=with_logits)


def finish(gray: NDArray[np.uint8], ab: AB) -> RGB8:
    """Give the picture that a user gets as an array or a PNG: (H, W, 3) uint8; ab (h, w, 2) of any size."""
    lightness = lightness_of(gray)
    return merge(lightness, upsample_ab(ab, lightness, (gray.shape[0], gray.shape[1])))


def lightness_of(gray: NDArray[np.uint8]) -> Lightness:
    """Give L* of a gray picture, (H, W) float32."""
    return gray_to_lightness(gray.astype(np.float32) / np.float32(255))
