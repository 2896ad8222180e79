"""What other people's readers see in a picture file, and in what of it two files differ. Nothing of ours reads here.

Pillow reads nearly all; tifffile what Pillow does not of TIFF; OpenCV is asked only whether it opens a file at all.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, IptcImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from rechroma.color import linear_to_srgb, rgb_to_lightness

Facts: TypeAlias = Mapping[str, object]
"""Metadata of one kind by name."""

SIDE = 64
"""Longer side of the small version whose lightness is compared."""
_REDUCED = 512
"""Its longer side, about, when the colors become lightness."""
_LUMA = np.array([29.9, 58.7, 11.4])
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow's, by what a profile is for."""
_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC
_SUBS = (34665, 34853, 40965)
"""EXIF, GPS, interoperability."""
_STORAGE = frozenset(range(254, 260)) | {
    262,
    *range(263, 267),
    273,
    274,
    *range(277, 285),
    292,
    293,
    296,
    297,
}
_STORAGE |= {
    301,
    *range(317, 329),
    *range(330, 334),
    *range(336, 344),
    347,
    *range(512, 522),
    *range(529, 533),
}
_STORAGE |= {32934, *range(32995, 32999), 33000}
_CARRIED_ELSEWHERE = {700, 33723, 34377, 34675, 37724, 20507, 52545, 50341, *_SUBS}
_OF_PIXELS = {37121, 37122, 40961, 40962, 40963, 42240}
PLACES = frozenset({"34665.37396", "34665.41492"})
"""Tags of places in the picture, which turn with it."""
_COLOR_SPACE = "40965.1"
"""Interoperability index: R98 sRGB, R03 Adobe RGB."""
MUST_CHANGE = frozenset(_STORAGE | _CARRIED_ELSEWHERE | _OF_PIXELS)
"""EXIF tags of the storage, of the pixels, and those that stand elsewhere in a result; not compared."""
_OTHER_NAMESPACES = (
    "urn:rechroma:",
    "http://ns.adobe.com/xap/1.0/mm/",
    "http://ns.adobe.com/tiff/1.0/",
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.google.com/photos/1.0/",
    "http://ns.apple.com/HDRGainMap/",
)
_OTHER_PROPERTIES = frozenset(
    (
        "CreatorTool",
        "Thumbnails",
        "HasExtendedXMP",
        "format",
        "ColorMode",
        "ICCProfile",
        "ColorSpace",
        "NativeDigest",
    )
    + ("PixelXDimension", "PixelYDimension", "ComponentsConfiguration", "CompressedBitsPerPixel")
    + ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "ConvertToGrayscale")
)
_NAMES_OF_PACKETS = ("XML:com.adobe.xmp", "xmp")
_TURNED = {2: 0, 4: 0, 3: 0, 5: 1, 6: 1, 7: 1, 8: 1}


class NotSeen(Exception):  # noqa: N818 - what it says
    """None of the readers opens the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a reader sees in a file."""

    kind: str
    """Pillow's name of the format."""
    size: tuple[int, int]
    """(H, W), upright."""
    bits: int
    """Bits of a sample as the file stores it."""
    mode: str
    """Pillow's, as it decodes it."""
    orientation: int
    """Left to do for whoever shows it, 1 to 8."""
    icc: bytes
    """Its profile."""
    tones: NDArray[np.float64] | None
    """L* and luma in percent of a small version, (h, w, 2); None where these readers do not tell them."""
    alpha: NDArray[np.float64] | None
    """(h, w) in [0, 1]; None without."""
    dpi: tuple[float, float] | None
    """Dots per inch, across and down as it is shown."""
    exif: Facts
    """By directory and number of the tag."""
    xmp: Facts
    """By qualified name."""
    iptc: Facts
    """By record and number."""
    texts: Facts
    """A PNG's, and the comment of a JPEG or GIF under "Comment"."""


def openers(path: Path) -> list[str]:
    """Name the readers that open and decode a file."""
    found = []
    for name, reads in _READERS.items():
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if reads(path):
                found.append(name)
    return found


def _pillow_reads(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
    return True


_READERS: dict[str, Callable[[Path], object]] = {
    "Pillow": _pillow_reads,
    "tifffile": lambda path: tifffile.imread(path, key=0).size,
    "OpenCV": lambda path: cv2.imread(str(path), cv2.IMREAD_UNCHANGED) is not None,
}


def see(path: Path) -> Seen:
    """Read a file.

    Raises:
        NotSeen: no reader decodes it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _see(path)
        except Exception as error:
            raise NotSeen(f"{type(error).__name__}: {error}") from error


def _see(path: Path) -> Seen:
    data = path.read_bytes()
    if data[:2] not in (b"II", b"MM"):
        with Image.open(io.BytesIO(data)) as image:
            return _of_image(image, data)
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        bits = int(np.max(page.bitspersample))
    try:
        with Image.open(io.BytesIO(data)) as image:
            seen = _of_image(image, data, bits=bits)
        if bits <= 8:
            return seen
    except (OSError, SyntaxError, ValueError):
        seen = None
    return _of_tiff(page, tifffile.imread(path, key=0), data, seen)


def _of_image(image: Image.Image, data: bytes, *, bits: int = 0) -> Seen:
    stored = Image.Exif()
    with suppress(SyntaxError, ValueError):  # a block that is none
        stored = image.getexif()  # before loading: TIFFs are turned by that
    image.load()
    orientation = image.getexif().get(274, 1)
    exif = _exif(stored)
    upright = ImageOps.exif_transpose(image)
    alpha = None
    if upright.has_transparency_data:
        alpha = _small(np.asarray(upright.convert("RGBA").getchannel("A")) / 255)
    turned = orientation if orientation in _TURNED else 1
    dpi = image.info.get("dpi")
    if image.format == "JPEG" and image.info.get("jfif_unit") not in {1, 2}:  # else Pillow guesses
        dpi = _exif_dpi(stored)
    texts = dict(getattr(image, "text", {}))
    if (comment := image.info.get("comment")) and image.format in {"JPEG", "GIF"}:
        texts["Comment"] = comment.decode("latin-1").strip("\0 ") if isinstance(comment, bytes) else comment
    return Seen(
        kind=image.format or "",
        size=(upright.height, upright.width),
        bits=bits or _bits(image, data),
        mode=image.mode,
        orientation=turned,
        icc=image.info.get("icc_profile") or b"",
        tones=_tones(upright, image.info),
        alpha=alpha,
        dpi=_upright(dpi, stored.get(274, 1)),
        exif=exif,
        xmp=_xmp(image.info, stored),
        iptc=_iptc(image, stored),
        texts={name: text for name, text in texts.items() if _is_text(name)},
    )


def _of_tiff(page: tifffile.TiffPage, array: NDArray[Any], data: bytes, by_pillow: Seen | None) -> Seen:
    """See a TIFF of more than 8 bits, or one that Pillow does not open."""
    stored = Image.Exif()
    with suppress(Exception):
        stored.load(data)
    orientation = stored.get(274, 1)
    array = (
        np.asarray(array).reshape(page.shaped[0] * page.shaped[1], *page.shaped[2:])
        if page.ndim < 2
        else array
    )
    if page.ndim == 3 and page.planarconfig == 2:
        array = np.moveaxis(array, 0, -1)
    height, width = array.shape[:2]
    swapped = _TURNED.get(orientation, 0)
    tones = None
    as_stored = orientation == 1 and 1 not in page.extrasamples  # 1: colors are multiplied by alpha
    if page.photometric in {0, 1, 2} and array.dtype.kind == "u" and as_stored:
        share = array / (2 ** int(np.max(page.bitspersample)) - 1)
        gray = page.photometric != 2
        colors = np.repeat(share.reshape(height, width, -1)[..., :1], 3, 2) if gray else share[..., :3]
        tones = _tones(_as_image(1 - colors if page.photometric == 0 else colors), _profile_of(page))
    return Seen(
        kind="TIFF",
        size=(width, height) if swapped else (height, width),
        bits=int(np.max(page.bitspersample)),
        mode=str(page.photometric),
        orientation=orientation if orientation in _TURNED else 1,
        icc=_profile_of(page)["icc_profile"],
        tones=tones,
        alpha=by_pillow.alpha if by_pillow is not None else _alpha_of(page, array),
        dpi=_upright(_exif_dpi(stored), orientation),
        exif=_exif(stored),
        xmp=_xmp({}, stored),
        iptc=_iptc(None, stored),
        texts={},
    )


def _profile_of(page: tifffile.TiffPage) -> dict[str, bytes]:
    return {"icc_profile": bytes(page.iccprofile or b"")}


def _alpha_of(page: tifffile.TiffPage, array: NDArray[Any]) -> NDArray[np.float64] | None:
    if array.ndim < 3 or not any(kind in {1, 2} for kind in page.extrasamples) or array.dtype.kind != "u":
        return None
    at = {1: 1, 0: 1, 2: 3}.get(page.photometric)
    return None if at is None else _small(array[..., at] / (2 ** int(np.max(page.bitspersample)) - 1))


def _as_image(colors: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(np.round(colors * 255), 0, 255).astype(np.uint8))


def _bits(image: Image.Image, data: bytes) -> int:
    if image.format == "PNG":
        return data[24]
    if image.format == "PPM":
        head = re.sub(rb"#[^\n]*", b"", data[:1024]).split()
        return 1 if head[0] in {b"P1", b"P4"} else int(head[3]).bit_length()
    return {"1": 1, "I;16": 16, "I;16B": 16, "I": 16, "F": 32}.get(image.mode, 8)


def _upright(dpi: object, orientation: object) -> tuple[float, float] | None:
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = (float(each) for each in dpi)
    return (
        (down, across)
        if _TURNED.get(orientation if isinstance(orientation, int) else 1, 0)
        else (across, down)
    )


def _exif_dpi(stored: Image.Exif) -> tuple[float, float] | None:
    unit = {2: 1.0, 3: 2.54}.get(stored.get(296, 2), 0.0)
    try:
        across, down = (float(stored.get(tag) or 0) * unit for tag in (282, 283))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if min(across, down) > 0 else None


def _small(plane: NDArray[Any]) -> NDArray[np.float64]:
    height, width = plane.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float64)


def _tones(image: Image.Image, info: Mapping[Any, Any]) -> NDArray[np.float64] | None:
    """See `Seen.tones`; by LittleCMS where there is a profile."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = _as_image(np.repeat(np.asarray(image)[..., None] / 65535, 3, 2))
    if image.mode in {"F", "LAB", "HSV"}:
        return None
    icc = info.get("icc_profile")
    gray = image.mode in {"1", "L", "LA", "La"}
    plain = image if image.mode == "CMYK" else image.convert("L" if gray else "RGB")
    plain = plain.reduce(max(1, max(plain.size) // _REDUCED))
    if icc:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if plain.mode == _MODES.get(profile.profile.xcolor_space.strip()):  # else it is another picture's
                srgb = ImageCms.createProfile("sRGB")
                plain = ImageCms.profileToProfile(plain, profile, srgb, _RELATIVE, "RGB") or plain
    elif image.mode == "CMYK":
        return None  # of which ink, nobody says
    rgb = np.asarray(plain.convert("RGB")).astype(np.float32) / np.float32(255)
    if not icc and "gamma" in info and "srgb" not in info:
        rgb = linear_to_srgb(rgb ** np.float32(1 / max(float(info["gamma"]), 0.01)))
    return np.dstack((_small(rgb_to_lightness(rgb)), _small(rgb @ _LUMA)))


def _exif(stored: Image.Exif) -> dict[str, object]:
    found = {f"{tag}": value for tag, value in stored.items()}
    for sub in _SUBS:
        with suppress(Exception):
            found |= {f"{sub}.{tag}": value for tag, value in stored.get_ifd(sub).items()}
    found.pop(_COLOR_SPACE, None)
    return {name: value for name, value in found.items() if int(name.rpartition(".")[2]) not in MUST_CHANGE}


def _xmp(info: Mapping[Any, Any], stored: Image.Exif) -> dict[str, object]:
    packet = next((info[name] for name in _NAMES_OF_PACKETS if info.get(name)), stored.get(700))
    if isinstance(packet, tuple):
        packet = bytes(packet)
    text = packet.encode() if isinstance(packet, str) else packet
    if not isinstance(text, bytes):
        return {}
    try:
        root = ElementTree.fromstring(text.strip(b"\0 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    found: dict[str, object] = {}
    for part in root.iter(f"{_RDF}Description"):
        found |= {name: value.strip() for name, value in part.attrib.items() if not name.startswith(_RDF)}
        found |= {child.tag: " ".join(_texts(child)) for child in part}
    return {name: value for name, value in found.items() if _stays(name)}


def _texts(part: ElementTree.Element) -> Iterator[str]:
    for each in part.iter():
        yield from (value for value in each.attrib.values())
        if each.text and each.text.strip():
            yield each.text.strip()


def _stays(name: str) -> bool:
    uri, _, local = name[1:].partition("}")
    return not uri.startswith(_OTHER_NAMESPACES) and local not in _OTHER_PROPERTIES


def _iptc(image: Image.Image | None, stored: Image.Exif) -> dict[str, object]:
    found = None
    if isinstance(image, JpegImageFile):
        with suppress(SyntaxError, ValueError, IndexError):
            found = IptcImagePlugin.getiptcinfo(image)
    if found is None and isinstance(block := stored.get(33723), bytes):
        return _records(block)
    return {f"{record}:{number}": value for (record, number), value in (found or {}).items()}


def _records(block: bytes) -> dict[str, object]:
    """Read IPTC records; of several with a number a list, as Pillow gives them."""
    found: dict[str, list[bytes]] = {}
    while block[:1] == b"\x1c" and len(block) >= 5:
        end = 5 + int.from_bytes(block[3:5], "big")
        found.setdefault(f"{block[1]}:{block[2]}", []).append(block[5:end])
        block = block[end:]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _is_text(name: str) -> bool:
    return name not in _NAMES_OF_PACKETS and not name.startswith("Raw profile type")
