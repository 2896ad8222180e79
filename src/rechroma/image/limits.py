"""How much a picture may take, checked before anything is decoded."""

from rechroma.errors import TooLarge

MOST_BYTES = 8
"""Bytes of samples a pixel that a limit of pixels allows for: four channels of 16 bits."""


def check_size(height: int, width: int, max_megapixels: float, *, bytes_a_pixel: float = 4) -> None:
    """Refuse a picture with too many pixels, or with more bytes than pictures of so many pixels have.

    Raises:
        TooLarge: more than `max_megapixels`, or more than MOST_BYTES for each of them.
    """
    pixels = height * width
    if pixels > max_megapixels * 1e6:
        raise TooLarge(
            f"this picture has {width}x{height} = {pixels / 1e6:.1f} megapixels; "
            f"the limit is {max_megapixels:g}; raise max_megapixels to read it"
        )
    if pixels * bytes_a_pixel > max_megapixels * 1e6 * MOST_BYTES:
        raise TooLarge(
            f"this picture has {width}x{height} pixels of {bytes_a_pixel:.0f} bytes, "
            f"{pixels * bytes_a_pixel / 1e6:.0f} MB; the limit of {max_megapixels:g} megapixels allows for "
            f"{MOST_BYTES} bytes each; raise max_megapixels to read it"
        )
