"""What a picture carries goes with it into every format, and says that its colors are made."""

import io
import struct
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from rechroma import image, jpeg
from rechroma.image import exif
from rechroma.image.metadata import within_segments, xmp_of_result

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
PROVENANCE = image.Provenance(
    version="1.2",
    model="hintnet.small",
    sha256="ab" * 32,
    source_type="compositeWithTrainedAlgorithmicMedia",
)
IPTC = b"\x1c\x02\x78\x00\x0bThe harbour\x1c\x02\x5a\x00\x05Paris"
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" lr:private="yes"><dc:title><rdf:Alt>
<rdf:li xml:lang="x-default">Caf\xc3\xa9 &amp; ns0: &lt;harbour&gt;</rdf:li></rdf:Alt></dc:title></rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


def ascii_entry(tag: int, text: str) -> exif.Entry:
    value = text.encode() + b"\x00"
    return exif.Entry(tag, 2, len(value), value)


def short(tag: int, value: int, order: str) -> exif.Entry:
    return exif.Entry(tag, 3, 1, struct.pack(f"{order}H", value))


def exif_block(order: str = "<", orientation: int = 6) -> bytes:
    """Give an EXIF block with make, date, artist, lens, exposure, maker note and a place."""
    ratio = struct.pack(f"{order}II", 1, 60)
    place = struct.pack(f"{order}6I", 48, 1, 51, 1, 296, 10)
    sub = [
        ascii_entry(0x9003, "1950:05:05 10:00:00"),
        ascii_entry(0xA434, "Ektar 127mm"),
        exif.Entry(0x829A, 5, 1, ratio),
        exif.Entry(0x927C, 7, 12, b"maker's note"),
        short(40962, 120, order),
        short(40963, 90, order),
    ]
    gps = [ascii_entry(1, "N"), exif.Entry(2, 5, 3, place)]
    main = [
        ascii_entry(271, "Kodak"),
        ascii_entry(306, "1999:01:02 03:04:05"),
        ascii_entry(315, "A. Nonymous"),
    ]
    main.append(short(274, orientation, order))
    tags = {entry.tag: entry for entry in main}
    subs = {34665: {entry.tag: entry for entry in sub}, 34853: {entry.tag: entry for entry in gps}}
    return exif.build(exif.Directories(order=order, main=tags, subs=subs))


def source(kind: str, order: str = "<", orientation: int = 6) -> bytes:
    """Give a gray picture with all kinds of metadata, in a format."""
    block = exif_block(order, orientation)
    gray = scene(90, 120)
    if kind == "jpeg":
        blocks = jpeg.Payloads(exif=block, xmp=XMP, iptc=IPTC, dpi=(300, 200), comments=(b"hello", b"again"))
        return jpeg.with_payloads(encoded(gray, "JPEG"), blocks)
    picture = image.read(np.dstack([gray] * 3))
    metadata = image.Metadata(exif=block, xmp=XMP, iptc=IPTC, dpi=(300, 200))
    rgb = np.dstack([gray] * 3)
    return image.encode_rgb(replace(picture, metadata=metadata), rgb, kind)  # type: ignore[arg-type]


def result(picture: image.Picture, kind: str, provenance: image.Provenance | None = PROVENANCE) -> bytes:
    gray = image.luma(picture)
    if kind == "lossless jpeg":
        return image.encode_lossless_jpeg(picture, gray, gray, provenance=provenance)
    if kind == "planes jpeg":
        return image.encode_planes_jpeg(picture, gray, gray, provenance=provenance)
    name, _, depth = kind.partition(" ")
    rgb = np.dstack([gray] * 3)
    rgb = rgb.astype(np.uint16) * 257 if depth == "16" else rgb
    return image.encode_rgb(picture, rgb, name, provenance=provenance)  # type: ignore[arg-type]


def description(packet: bytes) -> ElementTree.Element:
    found = ElementTree.fromstring(packet).find(f".//{RDF}Description")
    assert found is not None
    return found


RESULTS = ["lossless jpeg", "planes jpeg", "png", "png 16", "tiff", "tiff 16", "webp"]


PAIRS = [(kind, to) for kind in ("jpeg", "png", "tiff", "webp") for to in RESULTS]
PAIRS = [(kind, to) for kind, to in PAIRS if to != "lossless jpeg" or kind == "jpeg"]


@pytest.mark.parametrize(("kind", "to"), PAIRS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_metadata_goes_from_every_format_into_every_format(kind: str, order: str, to: str) -> None:
    picture = image.read(source(kind, order, orientation=1))
    data = result(picture, to)
    again = image.read(data)
    assert again.metadata.dpi == pytest.approx((300, 200), abs=0.01)
    assert again.metadata.iptc == IPTC
    assert "Caf\u00e9 & ns0: <harbour>" in "".join(description(again.metadata.xmp).itertext())
    tags = exif.parse(again.metadata.exif)
    assert tags.main[271].value == b"Kodak\x00"
    assert tags.main[315].value == b"A. Nonymous\x00"
    assert tags.subs[34665][0xA434].value == b"Ektar 127mm\x00"
    assert tags.subs[34665][0x927C].value == b"maker's note"
    assert struct.unpack(f"{tags.order}II", tags.subs[34665][0x829A].value) == (1, 60)
    assert struct.unpack(f"{tags.order}6I", tags.subs[34853][2].value) == (48, 1, 51, 1, 296, 10)
    if "jpeg" in to and kind == "jpeg":
        assert again.metadata.comments == (b"hello", b"again")


@pytest.mark.parametrize("to", RESULTS)
def test_another_reader_finds_the_tags(to: str) -> None:
    opened = Image.open(io.BytesIO(result(image.read(source("jpeg", orientation=1)), to)))
    tags = opened.getexif()
    assert (tags[271], tags[306], tags[315]) == ("Kodak", "1999:01:02 03:04:05", "A. Nonymous")
    assert tags.get_ifd(34665)[0x9003] == "1950:05:05 10:00:00"
    assert tags.get_ifd(34665)[0xA434] == "Ektar 127mm"
    assert tags.get_ifd(34853)[2] == (48.0, 51.0, 29.6)
    assert b"Caf\xc3\xa9" in opened.info["xmp"]


@pytest.mark.parametrize("to", [name for name in RESULTS if name != "lossless jpeg"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_an_upright_result_says_that_it_is_upright(to: str, orientation: int) -> None:
    picture = image.read(source("jpeg", orientation=orientation))
    again = image.read(result(picture, to))
    turned = orientation in {6, 8}
    assert again.size == picture.size == ((120, 90) if turned else (90, 120))
    assert again.orientation == 1
    assert again.metadata.dpi == pytest.approx((200, 300) if turned else (300, 200), abs=0.01)
    assert b"Orientation" in XMP
    assert description(again.metadata.xmp).attrib["{http://ns.adobe.com/tiff/1.0/}Orientation"] == "1"
    sub = exif.parse(again.metadata.exif).subs[34665]
    sides = [exif.number(again.metadata.exif, sub[tag]) for tag in (40962, 40963)]
    assert sides == ([90, 120] if turned else [120, 90])


def test_a_lossless_result_stays_turned_as_it_was_stored() -> None:
    picture = image.read(source("jpeg", orientation=6))
    again = image.read(result(picture, "lossless jpeg"))
    assert again.orientation == 6
    assert again.metadata.dpi == (300, 200)
    assert description(again.metadata.xmp).attrib["{http://ns.adobe.com/tiff/1.0/}Orientation"] == "6"


def test_tiff_tags_of_a_deep_tiff_are_carried_over() -> None:
    file = io.BytesIO()
    gray = scene(30, 40).astype(np.uint16) * 257
    tags = [(271, 2, 6, "Kodak", True), (270, 2, 8, "a pier\x00", True), (305, 2, 5, "Scan", True)]
    tifffile.imwrite(
        file,
        gray,
        metadata=None,
        resolution=(600, 600),
        resolutionunit="inch",
        extratags=tags,
        software=False,
    )
    picture = image.read(file.getvalue())
    for to in ("png 16", "tiff 16", "planes jpeg"):
        again = image.read(result(picture, to))
        assert exif.parse(again.metadata.exif).main[271].value.rstrip(b"\x00") == b"Kodak"
        assert again.metadata.dpi == pytest.approx((600, 600), abs=0.01)


@pytest.mark.parametrize("to", RESULTS)
def test_a_result_says_that_a_trained_model_made_its_colors(to: str) -> None:
    for data in (gray_jpeg(), source("jpeg", orientation=1)):
        found = description(image.read(result(image.read(data), to)).metadata.xmp)
        assert found.attrib[f"{IPTC_EXT}DigitalSourceType"] == SOURCE_TYPE

        assert found.attrib[f"{IPTC_EXT}AISystemUsed"] == "hintnet.small"
        assert found.attrib["{urn:rechroma:provenance:1:}ModelSHA256"] == "ab" * 32
        assert found.attrib["{urn:rechroma:provenance:1:}Version"] == "1.2"
        assert found.attrib["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == "Rechroma 1.2"


@pytest.mark.parametrize("to", RESULTS)
def test_without_provenance_nothing_of_the_sort_is_written(to: str) -> None:
    data = result(image.read(gray_jpeg()), to, provenance=None)
    assert image.read(data).metadata.xmp == b""
    assert b"AlgorithmicMedia" not in data
    silent = image.read(source("jpeg", orientation=1))
    silent = replace(silent, metadata=replace(silent.metadata, comments=()))
    assert image.read(result(silent, to, None)).metadata.xmp == XMP


def test_provenance_replaces_an_older_one_and_keeps_the_creator_tool() -> None:
    scanned = b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Scan 3"'
    packet = XMP.replace(b'lr:private="yes"', scanned)
    older = xmp_of_result(packet, replace(PROVENANCE, model="old", sha256="cd" * 32))
    newer = xmp_of_result(older, replace(PROVENANCE, sha256=""))
    found = description(newer)
    assert found.attrib[f"{IPTC_EXT}AISystemUsed"] == "hintnet.small"
    assert newer.count(b"DigitalSourceType=") == 1
    assert found.attrib["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == "Scan 3"


def test_properties_written_as_elements_are_found_too() -> None:
    packet = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Description rdf:about="">
        <e:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm</e:DigitalSourceType>
        </rdf:Description></rdf:RDF>"""
    merged = xmp_of_result(packet, PROVENANCE)
    assert merged.count(b"negativeFilm") == 1
    assert description(merged).attrib[f"{IPTC_EXT}DigitalSourceType"] == SOURCE_TYPE


def test_an_xmp_packet_that_is_no_xml_is_left_out_with_a_warning() -> None:
    for packet in (b"<x", b"\xff\xfe junk", b"<a/><b/>"):
        with pytest.warns(UserWarning, match="XMP"):
            merged = xmp_of_result(packet, PROVENANCE)
        assert description(merged).attrib[f"{IPTC_EXT}DigitalSourceType"] == SOURCE_TYPE


def test_namespaces_keep_their_prefixes() -> None:
    merged = xmp_of_result(XMP, PROVENANCE, turned_from=6)
    assert b"lr:private" in merged
    assert b"dc:title" in merged
    assert merged.startswith(b"<?xpacket begin=")
    assert merged.endswith(b'<?xpacket end="w"?>')


def test_exif_too_long_for_a_jpeg_is_left_out_with_a_note() -> None:
    blocks = image.Metadata(exif=exif_block() + bytes(70000), iptc=IPTC)
    with pytest.warns(UserWarning, match="the EXIF block of"):
        left = within_segments(blocks, b"")
    assert (left.exif, left.iptc) == (b"", IPTC)
    longest = exif_block().ljust(65_527, b"\x00")  # of what came out of a segment, nothing is lost
    assert within_segments(image.Metadata(exif=longest), b"").exif == longest
    jpeg.with_payloads(gray_jpeg(), jpeg.Payloads(exif=longest))


def test_iptc_stored_as_integers_is_put_in_order() -> None:
    padded = IPTC.ljust(28, b"\x00")
    swapped = struct.pack("<7I", *struct.unpack(">7I", padded))
    for value in (padded, swapped):
        block = exif.build(exif.Directories(order="<", main={33723: exif.Entry(33723, 4, 7, value)}, subs={}))
        assert exif.iptc(block) == padded


def test_pillow_images_carry_their_metadata_to_and_fro() -> None:
    given = Image.open(io.BytesIO(source("jpeg", orientation=6)))
    picture = image.read(given)
    assert picture.size == (120, 90)
    back = image.give_back(picture, np.dstack([image.luma(picture)] * 3))
    assert isinstance(back, Image.Image)
    assert back.size == (90, 120)
    assert back.getexif()[271] == "Kodak"
    assert exif.orientation(back.info["exif"]) == 1
    assert back.info["dpi"] == (200, 300)
    assert b"Caf\xc3\xa9" in back.info["xmp"]
