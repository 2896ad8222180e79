"""Every color that is possible at a lightness, to choose one from."""

import numpy as np

from rechroma import color, image
from rechroma.errors import OptionError


def color_plane(lightness: float, side: int = 160) -> bytes:
    """Draw every color that is possible at a lightness: a PNG file, transparent where sRGB ends.

    a* goes from -110 at the left to 110 at the right, b* from 110 at the top to -110 at the bottom.

    Raises:
        OptionError: L* is not 0 to 100, or the side not 1 to 1024 pixels.
    """
    if not 0 <= lightness <= 100 or not 1 <= side <= 1024:
        raise OptionError(
            f"lightness is {lightness:g}, side {side}; accepted: 0 to 100, and 1 to 1024 pixels"
        )
    axis = ((np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) * 2 - 1) * np.float32(
        110
    )
    lab = np.empty((side, side, 3), np.float32)
    lab[..., 0], lab[..., 1], lab[..., 2] = lightness, axis, -axis[:, None]
    rgb = color.lab_to_rgb(lab)
    inside = ((rgb >= 0) & (rgb <= 1)).all(axis=-1)
    pixels = np.dstack([np.rint(np.clip(rgb, 0, 1) * 255), inside * np.float32(255)])
    return image.screen_png(pixels.astype(np.uint8))
