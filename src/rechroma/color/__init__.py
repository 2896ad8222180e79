"""All color mathematics: sRGB, CIELAB, YCbCr, CIEDE2000, the gamut, chroma for a luma, the ab bins."""

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
    rgb_to_ycbcr,
    rgb_to_ycbcr709,
    ycbcr709_to_rgb,
    ycbcr_to_rgb,
)

__all__ = [
    "ab_bins",
    "annealed_mean",
    "delta_e_2000",
    "fit_gamut",
    "gray8_lightness_table",
    "gray16_lightness_table",
    "gray_to_lightness",
    "hold_chroma",
    "lab_to_rgb",
    "lightness_to_gray",
    "linear_to_srgb",
    "merge",
    "rebalancing_weights",
    "rgb_to_lab",
    "rgb_to_lightness",
    "rgb_to_ycbcr",
    "rgb_to_ycbcr709",
    "smooth_prior",
    "soft_encode",
    "soft_encoding_table",
    "softmax",
    "solve_chroma_for_luma",
    "srgb_to_linear",
    "ycbcr709_to_rgb",
    "ycbcr_to_rgb",
]
