"""Faces and other regions marked on a picture stay on what they mark when it is turned upright."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from conftest import scene
from rechroma import image, notes
from rechroma.image import exif
from rechroma.image.exif_edits import Stored, true_of
from rechroma.image.metadata import xmp_of_result
from rechroma.image.orientation import swaps_sides, upright, upright_place
from rechroma.image.regions import OTHERS_LEFT_OUT
from rechroma.image.xmp import TIFF, Packet
from test_image_exif import block_of, number

STORED = (90, 120)
FACES = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
 xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"><mwg-rs:Regions rdf:parseType="Resource">
<mwg-rs:AppliedToDimensions stDim:w="120" stDim:h="90" stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Anna"><mwg-rs:Area stArea:x="0.25" stArea:y="0.4" stArea:w="0.1" stArea:h="0.2"
 stArea:unit="normalized"/></rdf:Description></rdf:li><rdf:li rdf:parseType="Resource"><mwg-rs:Name>Otto</mwg-rs:Name>
<mwg-rs:Area rdf:parseType="Resource"><stArea:x>0.75</stArea:x><stArea:y>0.5</stArea:y><stArea:w>0.1</stArea:w>
<stArea:h>0.2</stArea:h></mwg-rs:Area></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.2, 0.3, 0.1, 0.2"
 MPReg:PersonDisplayName="Anna"/></rdf:Bag></MPRI:Regions></MP:RegionInfo></rdf:Description></rdf:RDF></x:xmpmeta>"""
AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
SIDES = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"


def field(part, name: str) -> float:  # type: ignore[no-untyped-def]
    found = part.get(name) or part.find(name).text
    return float(found)


def marked(x: float, y: float, w: float, h: float, orientation: int) -> tuple[float, float, float, float]:
    """Give middle and sides of what a rectangle marks once the picture is turned, by turning a picture of it."""
    shown = np.zeros(STORED, np.uint8)
    rows, columns = (
        np.round((np.array([c - s / 2, c + s / 2])) * n).astype(int) for c, s, n in ((y, h, 90), (x, w, 120))
    )
    shown[rows[0] : rows[1], columns[0] : columns[1]] = 1
    turned = upright(shown, orientation)
    found = [np.flatnonzero(turned.any(axis=axis)) for axis in (0, 1)]
    (x0, x1), (y0, y1) = (
        (each[0] / n, (each[-1] + 1) / n) for each, n in zip(found, turned.shape[::-1], strict=True)
    )
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_faces_stay_on_their_faces(orientation: int) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(xmp_of_result(FACES.encode(), None, turned_from=orientation))
    areas = [part for part in root.iter() if part.tag.endswith("regions/}Area")]
    for area, given in zip(areas, [(0.25, 0.4, 0.1, 0.2), (0.75, 0.5, 0.1, 0.2)], strict=True):
        found = [field(area, AREA + name) for name in "xywh"]
        assert found == pytest.approx(marked(*given, orientation), abs=0.01)
    (dimensions,) = [part for part in root.iter() if part.tag.endswith("AppliedToDimensions")]
    sides = [field(dimensions, SIDES + name) for name in "wh"]
    assert sides == ([90, 120] if swaps_sides(orientation) else [120, 90])
    (box,) = [
        text for part in root.iter() for name, text in part.attrib.items() if name.endswith("Rectangle")
    ]
    x, y, w, h = (float(value) for value in box.split(","))
    assert (x + w / 2, y + h / 2, w, h) == pytest.approx(marked(0.25, 0.4, 0.1, 0.2, orientation), abs=0.01)
    names = [text for part in root.iter() for name, text in part.attrib.items() if name.endswith("Name")]
    assert names == ["Anna", "Anna"]


def test_regions_of_other_kinds_are_left_out_with_a_note_where_the_picture_is_turned() -> None:
    packet = FACES.replace(
        "<MP:RegionInfo", '<exif:SubjectArea xmlns:exif="http://ns.adobe.com/exif/1.0/"/><MP:RegionInfo'
    )
    for orientation, expected in ((1, []), (6, [OTHERS_LEFT_OUT])):
        with notes.collected() as found:
            merged = xmp_of_result(packet.encode(), None, turned_from=orientation)
        assert found == expected
        assert (b"SubjectArea" in merged) == (orientation == 1)


@pytest.mark.parametrize("orientation", [3, 6])
def test_the_resolution_that_xmp_tells_turns_too(orientation: int) -> None:
    told = 'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:XResolution="300/1" tiff:YResolution="200/1"'
    packet = FACES.replace('rdf:about="" xmlns:mwg', f'rdf:about="" {told} xmlns:mwg')
    read = Packet(xmp_of_result(packet.encode(), None, turned_from=orientation))
    found = [read.text(f"{{{TIFF}}}{name}Resolution") for name in "XY"]
    assert found == (["200/1", "300/1"] if orientation == 6 else ["300/1", "200/1"])


def test_damaged_regions_are_left_as_they_are() -> None:
    for bad in ("", "left", "nan", "1e999"):
        packet = FACES.replace('stArea:x="0.25"', f'stArea:x="{bad}"').replace("0.2, 0.3,", f"{bad}, 0.3,")
        assert b"Otto" in xmp_of_result(packet.encode(), None, turned_from=6)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("type_", [3, 4])
def test_the_subject_of_exif_stays_where_it_is(orientation: int, order: str, type_: int) -> None:
    letter = {3: "H", 4: "I"}[type_]
    area, place = [30, 40, 10, 6], [30, 40]
    rows = [
        (37396, type_, 4, struct.pack(f"{order}4{letter}", *area)),
        (41492, type_, 2, struct.pack(f"{order}2{letter}", *place)),
    ]
    block = block_of([number(34665, "long", 26, order)], rows, order=order, links=False)
    size = STORED[::-1] if swaps_sides(orientation) else STORED
    done = true_of(block, Stored(orientation=1, size=size, srgb=True, turned_from=orientation))
    tags = exif.parse(done).subs[34665]
    dot = np.zeros(STORED, np.uint8)
    dot[40, 30] = 1
    (y, *_), (x, *_) = np.nonzero(upright(dot, orientation))
    sides = [6, 10] if swaps_sides(orientation) else [10, 6]
    assert list(struct.unpack(f"{order}4{letter}", tags[37396].value)) == [x, y, *sides]
    assert list(struct.unpack(f"{order}2{letter}", tags[41492].value)) == [x, y]


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_faces_in_a_heic_or_avif_turn_with_it(kind: str) -> None:
    block = block_of([number(274, "short", 6)])
    packet = FACES.replace(
        "<MP:RegionInfo",
        '<tiff:Orientation xmlns:tiff="http://ns.adobe.com/tiff/1.0/">6</tiff:Orientation><MP:RegionInfo',
    )
    stored = Image.fromarray(np.dstack([scene(*STORED)] * 3))
    out = io.BytesIO()
    if kind == "heic":
        pillow_heif = pytest.importorskip(
            "pillow_heif", reason="pillow-heif (the extra 'heic') is not installed"
        )
        pillow_heif.from_pillow(stored).save(out, exif=block, xmp=packet.encode())
    else:
        stored.save(out, "AVIF", exif=block, xmp=packet.encode())
    picture = image.read(out.getvalue())
    assert picture.size == STORED[::-1]
    plane = image.luma(picture)
    again = image.read(image.encode_planes_jpeg(picture, plane, plane))
    assert again.size == STORED[::-1]
    assert b'Orientation="1"' in again.metadata.xmp
    assert b'Rectangle="0.5, 0.2, 0.2, 0.1"' in again.metadata.xmp


def test_places_turn_as_pixels_do() -> None:
    for orientation in range(1, 9):
        dot = np.zeros((10, 20), np.uint8)
        dot[2, 5] = 1
        turned = upright(dot, orientation)
        (y,), (x,) = np.nonzero(turned)
        found = upright_place(5.5 / 20, 2.5 / 10, orientation)
        assert found == pytest.approx(((x + 0.5) / turned.shape[1], (y + 0.5) / turned.shape[0]))


def test_a_lossless_result_keeps_its_regions_as_they_were() -> None:
    assert xmp_of_result(FACES.encode(), None) == FACES.encode()
