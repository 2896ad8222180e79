"""Picture in, picture out: the only place where the steps of coloring are written.

The network sees a small copy of the lightness, and as hints whatever a person or another picture knows
(`predicting`). The colors that it says are carried up along the picture's own edges and put together with its
lightness in one of three ways (`ways`):

- lossless: the luma scan of a gray JPEG stays as it is, byte for byte, and two chroma scans are appended;
- planes: the luma plane stays as it is and is encoded with two chroma planes as a JPEG;
- general: lightness and a*b* become RGB in bands of rows, chroma reduced where sRGB ends.
"""

from rechroma.pipeline.files import (
    Report,
    check_folder,
    colorize,
    colorize_array,
    colorize_file,
    colorize_to_bytes,
    is_same_file,
    load,
    make_folder,
)

__all__ = [
    "Report",
    "check_folder",
    "colorize",
    "colorize_array",
    "colorize_file",
    "colorize_to_bytes",
    "is_same_file",
    "load",
    "make_folder",
]
