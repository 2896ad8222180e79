"""How Y', Cb and Cr stand for a color, in a JPEG and in each kind of film: an `Encoding`, and the usual ones by name.

Sources: ITU-R BT.601-7 (sections 2.5 and 3.5), BT.709-6 (items 3.2 to 3.5), BT.2020-2 (tables 3 to 5, non-constant
luminance), ITU-T H.273 section 8 (code points), and H.264 annex E, which prints H.273's equations with numbers: E-28
to E-30 make E'Y, E'PB and E'PR of E'R, E'G and E'B; E-10 to E-12 make whole numbers of limited range of them, E-16
to E-18 of full range. JPEG is JFIF 1.02.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from rechroma.errors import OptionError

Matrix: TypeAlias = Literal["bt601", "bt709", "bt2020"]
Range: TypeAlias = Literal["full", "limited"]
Bits: TypeAlias = Literal[8, 10]
Primaries: TypeAlias = Literal["bt709", "bt601-525", "bt601-625", "bt2020"]
Transfer: TypeAlias = Literal["srgb", "bt1886"]

Codes = TypeVar("Codes", bound=NDArray[np.uint8] | NDArray[np.uint16])
"""Code values, one of a plane's dtypes."""

LUMA_WEIGHTS: Final[dict[Matrix, tuple[float, float]]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}
"""KR and KB: the shares of E'R and E'B in E'Y (H.273, MatrixCoefficients)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How whole numbers Y', Cb and Cr stand for a color."""

    matrix: Matrix
    """Luma weights; H.273 MatrixCoefficients 5 and 6 (bt601), 1 (bt709), 9 (bt2020)."""
    range: Range
    """full: Y' 0 to 255; limited: Y' 16 to 235, Cb and Cr 16 to 240; four times that in 10 bits (full: 0 to 1023)."""
    bits: Bits
    """8: uint8; 10: the low bits of uint16."""
    primaries: Primaries
    """What red, green and blue are; H.273 ColourPrimaries 1, 6 (bt601-525), 5 (bt601-625), 9. White is D65 in all."""
    transfer: Transfer
    """How the signal becomes light; H.273 TransferCharacteristics 13 (srgb), 1, 6, 14 and 15 (bt1886: see `light`)."""

    def __post_init__(self) -> None:
        for name, accepted in (
            ("matrix", Matrix),
            ("range", Range),
            ("bits", Bits),
            ("primaries", Primaries),
            ("transfer", Transfer),
        ):
            if (given := getattr(self, name)) not in get_args(accepted):
                raise OptionError(
                    f"{name} of an encoding is {given!r}; accepted: {', '.join(map(str, get_args(accepted)))}"
                )

    @property
    def dtype(self) -> np.dtype[np.uint8] | np.dtype[np.uint16]:
        """Of planes in this encoding."""
        return np.dtype(np.uint8) if self.bits == 8 else np.dtype(np.uint16)

    @property
    def signed(self) -> np.dtype[np.int16] | np.dtype[np.int32]:
        """Of whole-number arithmetic on such planes."""
        return np.dtype(np.int16) if self.bits == 8 else np.dtype(np.int32)

    @property
    def top(self) -> int:
        """The largest number that the bits hold."""
        return (1 << self.bits) - 1

    @property
    def black(self) -> int:
        """Y' of black."""
        return 0 if self.range == "full" else 16 << (self.bits - 8)

    @property
    def luma_span(self) -> int:
        """Y' of white less Y' of black."""
        return self.top if self.range == "full" else 219 << (self.bits - 8)

    @property
    def neutral(self) -> int:
        """Cb and Cr of gray."""
        return 1 << (self.bits - 1)

    @property
    def chroma_span(self) -> int:
        """Numbers by which Cb of blue differs from Cb of yellow, and Cr of red from Cr of cyan."""
        return self.top if self.range == "full" else 224 << (self.bits - 8)


JPEG: Final = Encoding(matrix="bt601", range="full", bits=8, primaries="bt709", transfer="srgb")
"""JFIF 1.02: BT.601's matrix on sRGB, full range."""
BT601_525: Final = Encoding(matrix="bt601", range="limited", bits=8, primaries="bt601-525", transfer="bt1886")
"""Standard definition of 525 lines (NTSC)."""
BT601_625: Final = replace(BT601_525, primaries="bt601-625")
"""Standard definition of 625 lines (PAL, SECAM)."""
BT709: Final = replace(BT601_525, matrix="bt709", primaries="bt709")
"""High definition."""
BT2020: Final = replace(BT601_525, matrix="bt2020", bits=10, primaries="bt2020")
"""Ultra-high definition of standard dynamic range, non-constant luminance."""
