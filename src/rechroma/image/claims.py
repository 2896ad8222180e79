"""What a picture's XMP must no longer say once the pixels are others: previews, parts that stay behind, storage.

Names are those of the XMP specifications of Adobe, of Google's camera formats and of C2PA.
"""

from rechroma import notes
from rechroma.image.xmp import NOTE, TIFF, XMP, Packet

VIDEO = "the video of this motion photo was left out: the result is a still"
GAIN_MAP = "the HDR gain map of this picture was left out: it fits the original's pixels"
OTHER_PARTS = "the depth map, picture or sound inside this picture was left out"
CREDENTIALS = (
    "the Content Credentials (C2PA) were left out: they vouch for the original's pixels, not for these"
)


def _names(namespace: str, *locals_: str) -> frozenset[str]:
    """Return properties by their full names; all of the namespace where none is named."""
    return frozenset(f"{{{namespace}}}{name}" for name in locals_ or ("",))


_LEFT_BEHIND = {
    VIDEO: _names(
        "http://ns.google.com/photos/1.0/camera/",
        "MicroVideo",
        "MicroVideoOffset",
        "MicroVideoPresentationTimestampUs",
        "MicroVideoVersion",
        "MotionPhoto",
        "MotionPhotoPresentationTimestampUs",
        "MotionPhotoVersion",
    ),
    GAIN_MAP: _names("http://ns.adobe.com/hdr-gain-map/1.0/")
    | _names("http://ns.apple.com/HDRGainMap/1.0/")
    | _names("http://ns.apple.com/pixeldatainfo/1.0/"),
    OTHER_PARTS: _names("http://ns.google.com/photos/1.0/audio/")
    | _names("http://ns.google.com/photos/1.0/depthmap/")
    | _names("http://ns.google.com/photos/1.0/image/")
    | _names("http://ns.google.com/photos/dd/1.0/device/")
    | _names("http://ns.xdm.org/photos/1.0/device/"),
    CREDENTIALS: _names("http://purl.org/dc/terms/", "provenance"),
}
"""Properties of parts of a file that a result does not have, by the note that says so."""

_STORAGE = (
    _names("http://ns.google.com/photos/1.0/container/")
    | _names(XMP, "Thumbnails")
    | _names(NOTE, "HasExtendedXMP")
    | _names("http://purl.org/dc/elements/1.1/", "format")
    | _names("http://ns.adobe.com/photoshop/1.0/", "ColorMode", "ICCProfile")
    | _names("http://ns.adobe.com/camera-raw-settings/1.0/", "ConvertToGrayscale")
    | _names(TIFF, "BitsPerSample", "Compression", "ImageLength", "ImageWidth", "NativeDigest")
    | _names(TIFF, "PhotometricInterpretation", "PlanarConfiguration", "PrimaryChromaticities")
    | _names(TIFF, "ReferenceBlackWhite", "SamplesPerPixel", "TransferFunction", "WhitePoint")
    | _names(TIFF, "YCbCrCoefficients", "YCbCrPositioning", "YCbCrSubSampling")
    | _names("http://ns.adobe.com/exif/1.0/", "ColorSpace", "ComponentsConfiguration")
    | _names("http://ns.adobe.com/exif/1.0/", "CompressedBitsPerPixel", "Gamma", "NativeDigest")
    | _names("http://ns.adobe.com/exif/1.0/", "PixelXDimension", "PixelYDimension")
)
"""Properties of how the original was stored, which a result's own headers tell, and of its gray previews."""


def drop(packet: Packet) -> None:
    """Remove from a packet what is not true of a result, with a note for every part that stays behind."""
    for note, names in _LEFT_BEHIND.items():
        if packet.remove(names):
            notes.note(note)
    packet.remove(_STORAGE)
