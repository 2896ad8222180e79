"""Regions that XMP marks on a picture, such as faces with names, turned with it; and what it tells of two sides.

By the Metadata Working Group (guidelines 2.0, section 5.9: relative to the picture as stored, a middle and two sides)
and by Microsoft (a corner and two sides); of others' a turned picture no longer tells.
"""

from xml.etree import ElementTree

from rechroma import notes
from rechroma.image.orientation import swaps_sides, upright_place
from rechroma.image.xmp import IPTC_EXT, TIFF, Packet

_AREA = "http://ns.adobe.com/xmp/sType/Area#"
_SIDES = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_RECTANGLE = "{http://ns.microsoft.com/photo/1.2/t/Region#}Rectangle"
_OTHERS = frozenset(
    {
        f"{{{IPTC_EXT}}}ImageRegion",
        "{http://ns.adobe.com/exif/1.0/}SubjectArea",
        "{http://ns.adobe.com/exif/1.0/}SubjectLocation",
    }
)
_PAIRS = ((_SIDES, "w", "h"), (_AREA, "w", "h"), (TIFF, "XResolution", "YResolution"))
"""Fields that change places where rows become columns."""
OTHERS_LEFT_OUT = "regions marked on this picture were left out: the result is turned upright"


def turn(packet: Packet, orientation: int) -> None:
    """Turn the regions of a packet as its picture was turned upright from an EXIF orientation."""
    if packet.remove(_OTHERS):
        notes.note(OTHERS_LEFT_OUT)
    for part in packet.root.iter():
        done = [_turn_middle(part, orientation), _turn_rectangle(part, orientation)]
        if swaps_sides(orientation):
            done += [_swap(part, f"{{{space}}}{one}", f"{{{space}}}{other}") for space, one, other in _PAIRS]
        packet.changed = packet.changed or any(done)


def _turn_middle(part: ElementTree.Element, orientation: int) -> bool:
    """Turn the middle of an area whose fields are an element's, and say whether it has one."""
    names = (f"{{{_AREA}}}x", f"{{{_AREA}}}y")
    middle = _numbers([_get(part, name) or "" for name in names])
    if len(middle) != 2:
        return False
    for name, value in zip(names, upright_place(middle[0], middle[1], orientation), strict=True):
        _set(part, name, f"{value:.6g}")
    return True


def _turn_rectangle(part: ElementTree.Element, orientation: int) -> bool:
    """Turn a rectangle that is a field of an element, and say whether it has one."""
    corner = _numbers((_get(part, _RECTANGLE) or "").split(","))
    if len(corner) != 4:
        return False
    _set(part, _RECTANGLE, ", ".join(f"{value:.6g}" for value in _turned(corner, orientation)))
    return True


def _turned(corner: list[float], orientation: int) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a rectangle that was turned."""
    x, y, w, h = corner
    (x0, y0), (x1, y1) = upright_place(x, y, orientation), upright_place(x + w, y + h, orientation)
    return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)


def _numbers(texts: list[str]) -> list[float]:
    """Return numbers; none where one of them is no number."""
    try:
        return [float(text) for text in texts]
    except ValueError:
        return []


def _get(part: ElementTree.Element, name: str) -> str | None:
    """Return a field of a structure, written as an attribute or as an element."""
    child = part.find(name)
    return part.get(name) if child is None else child.text


def _set(part: ElementTree.Element, name: str, value: str) -> None:
    """Set a field of a structure where it is written."""
    child = part.find(name)
    if child is None:
        part.set(name, value)
    else:
        child.text = value


def _swap(part: ElementTree.Element, one: str, other: str) -> bool:
    """Exchange two fields of a structure, and say whether it has both."""
    values = _get(part, one), _get(part, other)
    if values[0] is None or values[1] is None:
        return False
    _set(part, one, values[1])
    _set(part, other, values[0])
    return True
