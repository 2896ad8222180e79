"""JPEG files as bytes: what their headers say, color appended to a gray one, metadata; decodes nothing.

inspect(data) -> JpegInfo                  headers of a whole file; UnreadableImage when truncated
splice_obstacle(info) -> str | None        why color cannot be appended losslessly; None when it can
chroma_sampling(info), chroma_shape(info)  what size the chroma planes must have
splice(gray, cb, cr) -> bytes              the luma scan byte for byte, chroma scans appended
read_payloads, with_payloads               EXIF, ICC, XMP, IPTC, density, comments
extended, resources                        long XMP in pieces; Photoshop's image resources
bare(data, info) -> bytes                  what a decoder needs, without metadata and stray bytes
with_size(data, height, width) -> bytes    crop within the last MCU
"""

from rechroma.jpeg import extended, resources
from rechroma.jpeg.bare import bare
from rechroma.jpeg.markers import Component, JpegInfo, Segment, inspect, segments
from rechroma.jpeg.payloads import Payloads, read_payloads, with_payloads, with_size
from rechroma.jpeg.splicing import chroma_sampling, chroma_shape, splice, splice_obstacle

__all__ = [
    "Component",
    "JpegInfo",
    "Payloads",
    "Segment",
    "bare",
    "chroma_sampling",
    "chroma_shape",
    "extended",
    "inspect",
    "read_payloads",
    "resources",
    "segments",
    "splice",
    "splice_obstacle",
    "with_payloads",
    "with_size",
]
