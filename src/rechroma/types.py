"""Array names with their shape and range, what a person marks, and the options that every shell maps to.

Arrays are C-contiguous float32 unless said otherwise; rows first, RGB order, a*b* unscaled.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from rechroma import limits
from rechroma.errors import OptionError
from rechroma.limits import choice, number

Array: TypeAlias = NDArray[np.float32]
"""float32, any shape."""
RGB: TypeAlias = NDArray[np.float32]
"""(..., 3) float32, sRGB-encoded, 0 to 1."""
RGB8: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) uint8, sRGB-encoded."""
Lab: TypeAlias = NDArray[np.float32]
"""(..., 3) float32: L* 0 to 100, a* and b* about -110 to 110 (D65, 2 degrees)."""
Lightness: TypeAlias = NDArray[np.float32]
"""(H, W) float32: L* 0 to 100."""
AB: TypeAlias = NDArray[np.float32]
"""(..., 2) float32: a*, b* about -110 to 110."""
Logits: TypeAlias = NDArray[np.float32]
"""(H, W, Q) float32: scores over the Q ab bins."""

Format: TypeAlias = Literal["same", "jpeg", "png", "tiff", "webp"]
Device: TypeAlias = Literal["auto", "cpu", "cuda", "coreml", "directml", "openvino"]

Input: TypeAlias = Literal["hints", "references", "vividness", "temperature"]
"""What a method may be given beside the lightness."""

FORMATS: tuple[Format, ...] = get_args(Format)
Refinement: TypeAlias = Literal["none", "bilateral", "guided", "tv", "segments", "crf"]

DEVICES: tuple[Device, ...] = get_args(Device)
REFINEMENTS: tuple[Refinement, ...] = get_args(Refinement)

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def _check_color(color: str | None) -> None:
    if color is not None and not _COLOR.fullmatch(color):
        raise OptionError(f"a color is {color!r}; accepted: #rrggbb, such as #a33b2e, or gray (null in JSON)")


def _check_places(places: Sequence[tuple[float, float]]) -> None:
    for x, y in places:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise OptionError(
                f"a place is {x:g},{y:g}; accepted: 0 to 1 of the picture's width and of its height, from the top left"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place whose color a person knows: a disc."""

    x: float
    """0 to 1 of the width, from the left."""
    y: float
    """0 to 1 of the height, from the top."""
    color: str | None
    """sRGB as #rrggbb: its a*b* counts, not its lightness. None keeps the place gray."""
    radius: float = 0.01
    """As a share of the picture's longer side, above 0, to 1."""
    confidence: float = 1.0
    """1 = the place gets this very color; less, above 0, is advice to the method."""

    def __post_init__(self) -> None:
        _check_places([(self.x, self.y)])
        _check_color(self.color)
        if not 0 < self.confidence <= 1:
            raise OptionError(
                f"a confidence is {self.confidence:g}; accepted: above 0 (advice) to 1 (certain)"
            )
        if not 0 < self.radius <= 1:
            raise OptionError(
                f"a radius is {self.radius:g}; accepted: above 0 to 1 of the picture's longer side"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line that a person drew in a color they know, with round ends."""

    places: tuple[tuple[float, float], ...]
    """(x, y), each 0 to 1 as for a Point; at least one."""
    color: str | None
    """sRGB as #rrggbb: its a*b* counts, not its lightness. None keeps the line gray."""
    width: float = 0.02
    """As a share of the picture's longer side, above 0, to 1."""

    def __post_init__(self) -> None:
        if not self.places:
            raise OptionError("a stroke has no places; it needs one (x, y) at least")
        _check_places(self.places)
        _check_color(self.color)
        if not 0 < self.width <= 1:
            raise OptionError(
                f"a width is {self.width:g}; accepted: above 0 to 1 of the picture's longer side"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A painted picture of the picture's proportions; where it is opaque, its a*b* is what a person knows."""

    png: bytes
    """A PNG file with alpha."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Everything that a person marked on a picture; what comes later lies on top: layers, strokes, points.

    Places and sizes are relative to the picture, upright, so that marks survive its resizing.
    """

    points: tuple[Point, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    layers: tuple[Layer, ...] = ()
    palette: tuple[str, ...] = ()
    """Colors (#rrggbb) kept at hand for this picture; they mark nothing by themselves."""

    def __post_init__(self) -> None:
        for color in self.palette:
            _check_color(color)

    def __bool__(self) -> bool:
        """Whether anything is marked."""
        return bool(self.points or self.strokes or self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a person or a neighboring frame knows about the colors, as two small arrays of one picture size."""

    ab: AB
    """(H, W, 2) float32 a*b* where hinted, 0 elsewhere."""
    weight: Array
    """(H, W) float32 confidence 0 to 1; 0 = no hint."""

    def __post_init__(self) -> None:
        if self.ab.ndim != 3 or self.ab.shape[2] != 2 or self.ab.shape[:2] != self.weight.shape:
            raise OptionError(
                f"hints have ab {self.ab.shape} and weight {self.weight.shape}; expected (H, W, 2) and (H, W)"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictOptions:
    """How a method decodes its prediction. None leaves the choice to the weights' own default."""

    vividness: float | None = number(None, 0, 1, accepted="0 (faithful) to 1 (colorful)")
    """1 = class rebalancing as trained (colorful), 0 = undone (faithful); 0 to 1."""
    temperature: float | None = number(None, 0, 1, above=True, accepted="above 0 (mode) to 1 (mean)")
    """Annealed-mean temperature: 1 = mean of the distribution, towards 0 = its mode; above 0, to 1."""

    def __post_init__(self) -> None:
        limits.check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorizeOptions:
    """Everything that colorize() can be asked for; CLI, server and batch map to these fields."""

    method: str = "hintnet"
    """Name of a method or of weights (see `rechroma models list`), or the path of an .onnx file."""
    vividness: float | None = number(None, 0, 1, accepted="0 (faithful) to 1 (colorful)")
    """1 = colorful, 0 = faithful; the weights' own default when not given."""
    temperature: float | None = number(None, 0, 1, above=True, accepted="above 0 (mode) to 1 (mean)")
    """Annealed-mean temperature, above 0 to 1; the weights' own default when not given."""
    saturation: float = number(1.0, 0, 2, accepted="0 (gray) to 2, 1 = as predicted")
    """Factor on the predicted chroma, 0 (gray) to 2; 1 = as predicted."""
    warmth: float = number(0.0, -1, 1, accepted="-1 (bluer) to 1 (more amber), 0 = as predicted")
    """-1 shifts all predicted colors towards blue, 1 towards amber; 0 = as predicted."""
    hints: Marks = Marks()
    """What a person marked: wins where it is, and the same object's rest follows."""
    reach: float = number(1.0, 0, 1, accepted="0 (hints count nearby) to 1 (everywhere)")
    """How far hints count, 0 to 1: 1 = wherever the method thinks that they tell something, which is best where they
    are true; 0 = near them only, as far as edges allow."""
    references: tuple[Path | bytes, ...] = ()
    """Color pictures, as paths or as files' bytes, whose colors are taken where they match."""
    reference_library: Path | None = None
    """A folder of color pictures, of which the most similar become references."""
    refine: Refinement = choice("none", REFINEMENTS)
    """How the small prediction is tidied before it is brought to the size of the picture."""
    format: Format = choice("same", FORMATS)
    """File format of the result; "same" keeps the input's where it can hold color."""
    quality: int = number(92, 1, 100, whole=True, accepted="1 to 100, whole")
    """JPEG and WebP quality, 1 to 100."""
    provenance: bool = True
    """Write into the XMP metadata that the color was added, by what tool and model."""
    lossless_luma: bool = True
    """For a one-component gray JPEG: keep its luma scan byte for byte and append chroma."""
    max_megapixels: float = number(400.0, 0, above=True, accepted="any finite number above 0")
    """Pictures above this many megapixels are refused before they are decoded."""
    device: Device = choice("auto", DEVICES)
    """Where the network runs."""
    threads: int = number(0, 0, whole=True, accepted="0 (all cores) or a number of threads")
    """Threads of the network; 0 = all cores (or RECHROMA_THREADS)."""

    def __post_init__(self) -> None:
        limits.check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a method is: what stands in the provenance of its pictures, and what it must be given."""

    name: str
    """`architecture.tag`, or the file name of a user's own graph."""
    sha256: str
    """SHA-256 of the graph file, hexadecimal; empty for methods without weights."""
    work_size: int
    """Root of the area, in pixels, to which lightness is resized for the method, in its own proportions."""
    multiple_of: int
    """Both sides given to the method are multiples of this."""
    trained: bool
    """Its colors come from training on photographs, not from what it is given beside the picture."""
    takes: tuple[Input, ...] = ()
    """What it can use beside the lightness; anything else that it is given is an OptionError."""
    needs: tuple[Input, ...] = ()
    """What it cannot do without, of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a method predicts for one picture."""

    ab: AB
    """(h, w, 2) float32 a*b*, usually smaller than the lightness it was predicted from."""
    logits: Logits | None = None
    """(h, w, Q) float32 scores over the ab bins, where asked for and where the method has them."""


class Colorizer(Protocol):
    """A way to predict color: lightness, and perhaps hints, to a*b*."""

    @property
    def info(self) -> ModelInfo:
        """Which weights these are, what sizes they want and what they take."""
        ...

    @property
    def bins(self) -> AB | None:
        """(Q, 2) a*b* that the logits score, where it has logits."""
        ...

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict a*b* for lightness (H, W), any size from 1x1; hints, where given, have the same size.

        `references` are color pictures (h, w, 3), any sizes, about as large as the lightness.
        """
        ...
