"""All color mathematics: sRGB, CIELAB, encodings of Y'CbCr, CIEDE2000, the gamut, chroma for a luma, the ab bins."""

from rechroma.color.bins import (
    ab_bins,
    annealed_mean,
    rebalancing_weights,
    smooth_prior,
    soft_encode,
    soft_encoding_table,
    softmax,
)
from rechroma.color.chroma import hold_chroma, solve_chroma_for_luma
from rechroma.color.difference import delta_e_2000
from rechroma.color.encoding import BT601_525, BT601_625, BT709, BT2020, JPEG, Encoding
from rechroma.color.gamut import fit_gamut, merge
from rechroma.color.spaces import (
    gray8_lightness_table,
    gray16_lightness_table,
    gray_to_lightness,
    lab_to_rgb,
    lightness_to_gray,
    linear_to_srgb,
    rgb_to_lab,
    rgb_to_lightness,
    srgb_to_linear,
)
from rechroma.color.ycbcr import (
    lightness_of_luma,
    luma_of_lightness,
    rgb_to_ycbcr,
    ycbcr_to_lab,
    ycbcr_to_rgb,
)

__all__ = [
    "BT601_525",
    "BT601_625",
    "BT709",
    "BT2020",
    "JPEG",
    "Encoding",
    "ab_bins",
    "annealed_mean",
    "delta_e_2000",
    "fit_gamut",
    "gray8_lightness_table",
    "gray16_lightness_table",
    "gray_to_lightness",
    "hold_chroma",
    "lab_to_rgb",
    "lightness_of_luma",
    "lightness_to_gray",
    "linear_to_srgb",
    "luma_of_lightness",
    "merge",
    "rebalancing_weights",
    "rgb_to_lab",
    "rgb_to_lightness",
    "rgb_to_ycbcr",
    "smooth_prior",
    "soft_encode",
    "soft_encoding_table",
    "softmax",
    "solve_chroma_for_luma",
    "srgb_to_linear",
    "ycbcr_to_lab",
    "ycbcr_to_rgb",
]
