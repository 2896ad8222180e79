"""Array names with their shape and range, hints, and the options that every shell maps to.

Arrays are C-contiguous float32 unless said otherwise; rows first, RGB order, a*b* unscaled.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import OptionError

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

FORMATS: tuple[Format, ...] = ("same", "jpeg", "png", "tiff", "webp")
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda", "coreml", "directml", "openvino")


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

    vividness: float | None = None
    """1 = class rebalancing as trained (colorful), 0 = undone (faithful); 0 to 1."""
    temperature: float | None = None
    """Annealed-mean temperature: 1 = mean of the distribution, towards 0 = its mode; above 0, to 1."""

    def __post_init__(self) -> None:
        if self.vividness is not None and not 0 <= self.vividness <= 1:
            raise OptionError(f"vividness is {self.vividness}; accepted: 0 (faithful) to 1 (colorful)")
        if self.temperature is not None and not 0 < self.temperature <= 1:
            raise OptionError(f"temperature is {self.temperature}; accepted: above 0 (mode) to 1 (mean)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorizeOptions:
    """Everything that colorize() can be asked for; CLI, server and batch map to these fields."""

    method: str = "hintnet"
    """Name of a method or of weights (see `rechroma models list`), or the path of an .onnx file."""
    vividness: float | None = None
    """1 = colorful, 0 = faithful; the weights' own default when not given."""
    temperature: float | None = None
    """Annealed-mean temperature, above 0 to 1; the weights' own default when not given."""
    saturation: float = 1.0
    """Factor on the predicted chroma, 0 (gray) to 2; 1 = as predicted."""
    format: Format = "same"
    """File format of the result; "same" keeps the input's where it can hold color."""
    quality: int = 92
    """JPEG and WebP quality, 1 to 100."""
    provenance: bool = True
    """Write into the XMP metadata that the color was added, by what tool and model."""
    lossless_luma: bool = True
    """For a one-component gray JPEG: keep its luma scan byte for byte and append chroma."""
    max_megapixels: float = 400.0
    """Pictures above this many megapixels are refused before they are decoded."""
    device: Device = "auto"
    """Where the network runs."""
    threads: int = 0
    """Threads of the network; 0 = all cores (or RECHROMA_THREADS)."""

    def __post_init__(self) -> None:
        PredictOptions(vividness=self.vividness, temperature=self.temperature)
        if not 0 <= self.saturation <= 2:
            raise OptionError(f"saturation is {self.saturation}; accepted: 0 (gray) to 2, 1 = as predicted")
        if self.format not in FORMATS:
            raise OptionError(f"format is {self.format!r}; accepted: {', '.join(FORMATS)}")
        if not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality}; accepted: 1 to 100")
        if self.max_megapixels <= 0:
            raise OptionError(f"max_megapixels is {self.max_megapixels}; accepted: any number above 0")
        if self.device not in DEVICES:
            raise OptionError(f"device is {self.device!r}; accepted: {', '.join(DEVICES)}")
        if self.threads < 0:
            raise OptionError(f"threads is {self.threads}; accepted: 0 (all cores) or a number of threads")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """Which weights colored a picture: goes into its provenance."""

    name: str
    """`architecture.tag`, or the file name of a user's own graph."""
    sha256: str
    """SHA-256 of the graph file, hexadecimal; empty for methods without weights."""
    work_size: int
    """Root of the area, in pixels, to which lightness is resized for the method, in its own proportions."""
    multiple_of: int
    """Both sides given to the method are multiples of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a method says about one picture."""

    ab: AB
    """(h, w, 2) float32 a*b*, usually smaller than the lightness it was predicted from."""
    logits: Logits | None = None
    """(h, w, Q) float32 scores over the ab bins, where asked for and where the method has them."""


class Colorizer(Protocol):
    """A way to predict color: lightness, and perhaps hints, to a*b*."""

    @property
    def info(self) -> ModelInfo:
        """Which weights these are and what sizes they want."""
        ...

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Predict a*b* for lightness (H, W), any size from 1x1; hints, where given, have the same size."""
        ...
