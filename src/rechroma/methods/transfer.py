"""Color from another picture, place by place: like lightness and like texture have like colors (Welsh et al. 2002).

Welsh, Ashikhmin & Mueller, Transferring color to greyscale images, ACM TOG 21 (2002). The other picture's lightness
is shifted and scaled to the mean and the deviation of the gray one's; about 200 samples are drawn from it on a
jittered grid; each pixel takes the a*b* of the sample nearest in lightness and in deviation of its 5x5 neighborhood,
both counting half. Where the paper works in l-alpha-beta we take CIELAB. More samples, or samples spread evenly over
lightness or texture, were no closer to the truth on halves of photographs colored from their other half.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rechroma.checks import check_decodes_nothing, check_lightness, check_references
from rechroma.errors import MissingHints, OptionError
from rechroma.tiling import ONE_THREAD_PRODUCT
from rechroma.types import (
    AB,
    Array,
    Device,
    Hints,
    Lab,
    Lightness,
    ModelInfo,
    Prediction,
    PredictOptions,
)

WORK_SIZE = 256
"""Root of the area, in pixels, at which pictures are compared."""
SAMPLES = 200
"""Samples of each reference."""
SWATCH_SAMPLES = 50
"""Samples of each swatch."""

_SIDE = 5
"""Side of the neighborhood."""
_SEED = 2002


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of a picture; the picture's own width and height are 1."""

    left: float = 0.0
    """0 to 1 from the left."""
    top: float = 0.0
    """0 to 1 from the top."""
    right: float = 1.0
    """Above left, to 1."""
    bottom: float = 1.0
    """Above top, to 1."""

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise OptionError(
                f"a box is {self.left:g},{self.top:g} to {self.right:g},{self.bottom:g}; "
                "accepted: 0 <= left < right <= 1 and 0 <= top < bottom <= 1"
            )

    def within(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Give its rows and columns, one at least, in a picture (H, W, ...)."""
        height, width = shape[:2]
        top, left = min(round(self.top * height), height - 1), min(round(self.left * width), width - 1)
        bottom, right = max(round(self.bottom * height), top + 1), max(round(self.right * width), left + 1)
        return slice(top, bottom), slice(left, right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """A pair of places that belong together."""

    picture: Box
    """In the picture to color."""
    reference: Box
    """In the reference: where its colors come from."""


@dataclass(frozen=True, slots=True)
class _Samples:
    """What is known about some places: how they look and what color they have."""

    looks: Array
    """(n, k) float32: any numbers by which places are compared."""
    ab: AB
    """(n, 2) a*b*."""


def load(device: Device = "auto", threads: int = 0) -> "Transfer":  # noqa: ARG001 - one signature for all methods
    """Give the method; it has no weights, and runs on the processor, in one thread."""
    return Transfer()


class Transfer:
    """A Colorizer that takes its colors from references. Holds no state; safe to use from several threads."""

    @property
    def info(self) -> ModelInfo:
        """What it is called, what sizes it wants and what it takes."""
        return ModelInfo(
            name="transfer",
            sha256="",
            work_size=WORK_SIZE,
            multiple_of=1,
            trained=False,
            takes=("references",),
            needs=("references",),
        )

    @property
    def bins(self) -> None:
        """None: it has no logits."""
        return

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Give each pixel of lightness (H, W), any size from 1x1, the color of its likest sample.

        Args:
            lightness: L*.
            hints: None; it takes none.
            references: color pictures (h, w, 3) L*a*b*; each is remapped to the lightness and sampled by itself.
            options: nothing of it may be set.
            with_logits: False; it has none.

        Returns:
            ab (H, W, 2).

        Raises:
            InputError: Lightness is not (H, W), or a reference not (h, w, 3).
            MissingHints: There are no references.
            OptionError: It was asked for logits, given hints, vividness or temperature.
        """
        check_lightness(lightness)
        check_references(references)
        check_decodes_nothing("transfer", options, with_logits=with_logits)
        if hints is not None:
            raise OptionError("transfer takes no hints; they correct what it gives")
        if not references:
            raise MissingHints(
                "transfer takes its colors from references and got none; give it a similar color picture"
            )
        samples = [_sample(_remapped(each, lightness), SAMPLES) for each in references]
        return Prediction(ab=_matched(_looks(lightness), _joined(samples)))


def transfer(lightness: Lightness, reference: Lab, *, swatches: Sequence[Swatch] = ()) -> AB:
    """Color a picture by a reference; with swatches, by pairs of places that belong together (section 3.2).

    Each swatch of the picture is colored from its partner as a whole picture is. The rest follows the swatches of
    the picture itself: each pixel takes the color of the place in them whose 5x5 lightnesses are nearest to its own.

    Args:
        lightness: (H, W) L*.
        reference: (h, w, 3) L*a*b*, any size.
        swatches: none colors the picture from the whole reference.

    Returns:
        (H, W, 2) float32.

    Raises:
        InputError: Lightness is not (H, W), or the reference not (h, w, 3).
    """
    check_lightness(lightness)
    check_references([reference])
    if not swatches:
        return _matched(_looks(lightness), _sample(_remapped(reference, lightness), SAMPLES))
    colored: Lab = np.dstack([lightness, np.zeros((*lightness.shape, 2), np.float32)])
    for swatch in swatches:
        place = swatch.picture.within(lightness.shape)
        source = _remapped(reference[swatch.reference.within(reference.shape)], lightness[place])
        colored[place][..., 1:] = _matched(_looks(lightness[place]), _sample(source, SWATCH_SAMPLES))
    neighborhoods = _neighborhoods(lightness)
    samples = []
    for swatch in swatches:
        place = swatch.picture.within(lightness.shape)
        where = _jittered(colored[place].shape, SWATCH_SAMPLES)
        samples.append(_Samples(neighborhoods[place][where], colored[place][where][:, 1:]))
    result = _matched(neighborhoods, _joined(samples))
    for swatch in swatches:
        place = swatch.picture.within(lightness.shape)
        result[place] = colored[place][..., 1:]
    return result


def _remapped(reference: Lab, lightness: Lightness) -> Lab:
    """Shift and scale a reference's L* to the mean and deviation of another's (section 3.1); a*b* stay."""
    plane = reference[..., 0].astype(np.float64)
    deviation = plane.std()
    scale = float(lightness.std(dtype=np.float64)) / deviation if deviation > 1e-6 else 1.0
    result: Lab = reference.astype(np.float32)
    result[..., 0] = (plane - plane.mean()) * scale + lightness.mean(dtype=np.float64)
    return result


def _looks(lightness: Lightness) -> Array:
    """Give what pixels are compared by: L*, and its standard deviation in 5x5.  (H, W) -> (H, W, 2) float32."""
    return np.stack([lightness, _neighborhoods(lightness).std(axis=2)], axis=2)


def _neighborhoods(lightness: Lightness) -> Array:
    """Give each pixel's 5x5 lightnesses, edges repeated.  (H, W) -> (H, W, 25) float32."""
    padded = np.pad(lightness.astype(np.float32), _SIDE // 2, mode="edge")
    return sliding_window_view(padded, (_SIDE, _SIDE)).reshape(*lightness.shape, _SIDE**2)


def _sample(source: Lab, count: int) -> _Samples:
    """Draw about `count` samples of a color picture (h, w, 3)."""
    where = _jittered(source.shape, count)
    return _Samples(_looks(source[..., 0])[where], source[..., 1:][where])


def _joined(samples: Sequence[_Samples]) -> _Samples:
    return _Samples(
        np.concatenate([each.looks for each in samples]), np.concatenate([each.ab for each in samples])
    )


def _jittered(shape: tuple[int, ...], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cut a picture (H, W, ...) into about `count` cells and choose a place in each; the same ones each time."""
    height, width = shape[:2]
    rows = min(max(round(np.sqrt(count * height / width)), 1), height)
    columns = min(max(round(count / rows), 1), width)
    y, x = np.random.default_rng(_SEED).random((2, rows, columns))
    y = (np.arange(rows)[:, None] + y) * height / rows
    x = (np.arange(columns)[None, :] + x) * width / columns
    return y.astype(np.intp).ravel(), x.astype(np.intp).ravel()


def _matched(looks: Array, samples: _Samples) -> AB:
    """Give each place the a*b* of the sample that looks likest.  (H, W, k) -> (H, W, 2) float32, contiguous."""
    flat = looks.reshape(-1, looks.shape[2])
    result: AB = np.empty((len(flat), 2), np.float32)
    center = samples.looks.mean(axis=0)
    known = samples.looks - center
    half_squares = (known**2).sum(axis=1) / 2
    step = max(ONE_THREAD_PRODUCT // known.size, 1)
    for start in range(0, len(flat), step):
        part = slice(start, start + step)
        # |p - s|^2 = |p|^2 - 2 (p s - |s|^2 / 2): the largest of the last parenthesis is the nearest sample.
        likeness = (flat[part] - center) @ known.T - half_squares
        result[part] = samples.ab[likeness.argmax(axis=1)]
    return result.reshape(*looks.shape[:2], 2)
