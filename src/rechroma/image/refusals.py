"""Files that are pictures to their owners and not to us: what they are, and what to do with them."""

RAW = (
    "this is a camera's raw file, which has to be developed before it is a picture: export a TIFF or JPEG from the "
    "camera maker's program, darktable or RawTherapee (darktable-cli FILE photograph.tif)"
)
_PDF = (
    "this is a PDF, which holds pages and not one picture: take the scans out of it (pdfimages -all FILE page) or "
    "draw its pages (pdftoppm -r 300 -tiff FILE page), then color those files"
)
_BY_START = {
    b"%PDF": _PDF,
    b"II*\x00\x10\x00\x00\x00CR": RAW,  # Canon CR2
    b"IIU\x00": RAW,  # Panasonic
    b"IIRO": RAW,  # Olympus
    b"IIRS": RAW,
    b"MMOR": RAW,
    b"FUJIFILMCCD-RAW": RAW,
    b"FOVb": RAW,  # Sigma
    b"\x00MRM": RAW,  # Minolta
    b"II\x1a\x00\x00\x00HEAPCCDR": RAW,  # Canon CRW
    b"8BPS": "this is a Photoshop file: save it as TIFF first (magick 'FILE[0]' picture.tif)",
    b"\xff\x0a": "this is a JPEG XL file: decode it first (djxl FILE picture.png)",
    b"\x00\x00\x00\x0cJXL \r\n\x87\n": "this is a JPEG XL file: decode it first (djxl FILE picture.png)",
    b"AT&TFORM": "this is a DjVu file: draw its pages first (ddjvu -format=tiff FILE pages.tif)",
    b"v/1\x01": "this is an OpenEXR file: save it as TIFF first (magick FILE picture.tif)",
    b"P7\n": "this is a PAM: convert it first (magick FILE picture.png)",
    b"PF\n": "this is a PFM, floats in color: convert it first (magick FILE picture.tif)",
    b"%!PS": "this is a PostScript file: draw its pages first (gs -sDEVICE=tiffgray -r300 -o page-%d.tif FILE)",
    b"\xc5\xd0\xd3\xc6": "this is an EPS file: draw it first (gs -sDEVICE=tiffgray -r300 -o page-%d.tif FILE)",
    b"<svg": "this is a drawing (SVG) and no photograph: export a PNG of it first",
}
"""What a file is, by its first bytes."""
_RAW_BRAND = b"ftypcrx "
"""At byte 4 of Canon's CR3."""


def advice(data: bytes) -> str | None:
    """Return what to do with a file that is no picture of a known kind; None where nothing is known of it."""
    if data[4:12] == _RAW_BRAND:
        return RAW
    return next((text for start, text in _BY_START.items() if data.startswith(start)), None)
