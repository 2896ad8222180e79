"""The luma of a three-component JPEG as a JPEG of its own, coefficient by coefficient: what scanners and phones write.

PyTurboJPEG drops the other components without decoding to samples. It is an extra, and needs libturbojpeg.
"""

from functools import cache
from typing import Any

from rechroma import jpeg
from rechroma.errors import UnreadableImage

_FULL_LUMA = frozenset({(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)})
"""Sampling factors of the luma, beside chroma of 1x1, that every libturbojpeg knows."""


def luma_scan_obstacle(info: jpeg.JpegInfo) -> str | None:
    """Say why the luma of a YCbCr JPEG cannot be had as it is; None when it can."""
    luma, *chroma = [(component.across, component.down) for component in info.components]
    rules = (
        (len(chroma) != 2, f"it has {len(info.components)} components"),
        (
            info.process not in {"baseline", "extended", "progressive"},
            f"its coding process is {info.process}",
        ),
        (
            info.precision != 8 or info.frames != 1,
            f"it has {info.precision} bits a sample, {info.frames} frames",
        ),
        (not info.defined_height, "its height is not in the frame header"),
        (luma not in _FULL_LUMA or set(chroma) != {(1, 1)}, "its sampling is unusual"),
    )
    reason = next((reason for broken, reason in rules if broken), None)
    if reason is None and _turbojpeg() is None:
        return (
            "it has 3 components; pip install 'rechroma[turbo]', with libturbojpeg, keeps their luma as it is"
        )
    return reason


def luma_scan(data: bytes, info: jpeg.JpegInfo) -> bytes:
    """Return the one-component JPEG of another's luma, its coefficients and metadata as they were.

    Raises:
        UnreadableImage: damaged.
    """
    turbo = _turbojpeg()
    try:
        gray: bytes = turbo.crop_multiple(data, [(0, 0, info.width, info.height)], gray=True)[0]
    except (OSError, ValueError, RuntimeError, UserWarning) as error:
        raise UnreadableImage(f"the luma of this JPEG cannot be taken as it is: {error}") from error
    return gray


@cache
def _turbojpeg() -> Any:  # noqa: ANN401 - PyTurboJPEG is not typed
    """Return PyTurboJPEG's interface, None where it or its library is not installed."""
    try:
        from turbojpeg import TurboJPEG

        return TurboJPEG()
    except (ImportError, OSError, RuntimeError):
        return None
