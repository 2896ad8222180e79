"""Small a*b* made ready for the picture: tidied at the work size, then brought up along the edges of the lightness."""

from rechroma.refine.upsampling import chroma_planes, upsample_ab, upsampled_bands

__all__ = ["chroma_planes", "upsample_ab", "upsampled_bands"]
