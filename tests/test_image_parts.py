"""Parts of a file that no longer fit its pixels do not come along; what is true of any pixels does."""

import struct
from typing import Any

import numpy as np
import pytest
import tifffile

from conftest import encoded, gray_jpeg, scene
from pngs import chunk, png
from rechroma import image, jpeg, notes
from rechroma.image import claims
from rechroma.image.parts import of_file
from rechroma.image.recorded import packet_of
from rechroma.image.xmp import OURS, Packet
from rechroma.jpeg import extended, resources

GRAY = scene(90, 120)
PREVIEW = encoded(scene(12, 16), "JPEG")
MADE = image.Provenance(version="1", model="m", settings='{"a":1}', source_type="humanEdits")
IPTC = b"\x1c\x02\x78\x00\x0bThe harbour"
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(data: bytes, *segments: bytes) -> bytes:
    return data[:20] + b"".join(segments) + data[20:]  # after the JFIF header


def results(data: bytes, *, made: image.Provenance | None = None) -> dict[str, bytes]:
    """Give the results of a gray JPEG in both JPEG ways and in other formats."""
    picture = image.read(data)
    plane = image.luma(picture)
    found = {"planes": image.encode_planes_jpeg(picture, plane, plane, provenance=made)}
    if image.lossless_obstacle(picture) is None:
        found["lossless"] = image.encode_lossless_jpeg(picture, plane, plane, provenance=made)
    for kind in ("png", "tiff", "webp"):
        found[kind] = image.encode_rgb(picture, np.dstack([plane] * 3), kind, provenance=made)  # type: ignore[arg-type]
    return found


BOX = (
    b"JP\x00\x01\x00\x00\x00\x01"
    + struct.pack(">I", 40)
    + b"jumb"
    + b"\x00\x00\x00\x20jumdc2pa"
    + b"manifest" * 2
)
STALE = {
    "credentials": (segment(0xEB, BOX), b"manifest"),
    "gain map": (segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\x00gainmap"), b"21496"),
    "pages": (segment(0xE2, b"MPF\x00II*\x00" + b"offsets"), b"offsets"),
    "FlashPix": (segment(0xE2, b"FPXR\x00\x01screennail"), b"screennail"),
    "ratio of HDR": (segment(0xEB, b"HDR_RI ver=11\n~ratio"), b"~ratio"),
    "extension of JFIF": (segment(0xE0, b"JFXX\x00\x10" + PREVIEW), PREVIEW[20:60]),
    "preview in APP4": (segment(0xE4, PREVIEW), PREVIEW[20:60]),
    "preview of Photoshop": (
        segment(0xED, b"Photoshop 3.0\x00" + resources.resource(1036, b"\x00" * 28 + PREVIEW)),
        PREVIEW[20:60],
    ),
    "old preview of Photoshop": (
        segment(0xED, b"Photoshop 3.0\x00" + resources.resource(1033, b"\x00" * 28 + PREVIEW)),
        PREVIEW[20:60],
    ),
    "profile of Photoshop": (
        segment(0xED, b"Photoshop 3.0\x00" + resources.resource(1039, b"graytone")),
        b"graytone",
    ),
    "packet of Photoshop": (
        segment(0xED, b"Photoshop 3.0\x00" + resources.resource(1060, b"<x:old/>")),
        b"x:old",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_segments_that_do_not_fit_the_new_pixels_are_left_out(name: str) -> None:
    stale, inside = STALE[name]
    data = with_segments(gray_jpeg(), stale)
    assert inside in data
    with notes.collected() as found:
        for way, result in results(data).items():
            assert inside not in result, way
            np.testing.assert_array_equal(image.read(result).size, GRAY.shape)
    expected = {
        "credentials": [claims.CREDENTIALS],
        "gain map": [claims.GAIN_MAP],
        "ratio of HDR": [claims.GAIN_MAP],
    }
    assert found == expected.get(name, [])


def test_segments_of_cameras_and_programs_go_from_jpeg_to_jpeg() -> None:
    added = [
        segment(0xE1, b"FLIR\x00heat"),
        segment(0xE5, b"RMETA\x00one"),
        segment(0xEC, b"[picture info]\r\nID=1"),
    ]
    data = with_segments(gray_jpeg(), *added)
    for way in ("planes", "lossless"):
        result = results(data)[way]
        places = [result.find(each) for each in added]
        assert -1 < places[0] < places[1] < places[2], way
        assert all(result.count(each) == 1 for each in added), way


def photoshop(*more: bytes) -> bytes:
    return b"Photoshop 3.0\x00" + b"".join(
        (resources.resource(0x040A, b"\x01"), resources.resource(0x07D0, b"path" * 3), *more)
    )


def test_resources_that_are_true_of_any_pixels_stay() -> None:
    data = with_segments(gray_jpeg(), segment(0xED, photoshop(resources.resource(resources.IPTC, IPTC))))
    for way in ("planes", "lossless", "tiff"):
        again = image.read(results(data)[way]).metadata
        found = {number: body for number, body, _ in resources.resources(again.photoshop)}
        assert found == {0x040A: b"\x01", 0x07D0: b"path" * 3}, way
        assert again.iptc == IPTC


def test_paths_of_a_picture_that_was_turned_are_left_out() -> None:
    assert resources.kept(photoshop()[14:], turned=True) == resources.resource(0x040A, b"\x01")


def test_resources_may_run_on_from_segment_to_segment() -> None:
    long = IPTC + b"\x1c\x02\x78\x00\x05again" * 20_000
    block = resources.resource(resources.IPTC, long)
    parts = [
        segment(0xED, b"Photoshop 3.0\x00" + block[at : at + 60_001]) for at in range(0, len(block), 60_001)
    ]
    data = with_segments(gray_jpeg(), *parts)
    with notes.collected() as found:
        for way, result in results(data).items():
            assert image.read(result).metadata.iptc == long, way
    assert not found


def test_the_resolution_of_photoshops_resources_is_read() -> None:
    info = resources.resource(resources.RESOLUTION, struct.pack(">IHHIHH", 300 << 16, 1, 1, 200 << 16, 1, 1))
    data = with_segments(gray_jpeg(), segment(0xED, b"Photoshop 3.0\x00" + info))
    for way, result in results(data).items():
        assert image.read(result).metadata.dpi == pytest.approx((300, 200), abs=0.01), way


def test_damaged_resources_are_read_as_far_as_they_go() -> None:
    rng = np.random.default_rng(3)
    whole = np.frombuffer(photoshop(resources.resource(resources.IPTC, IPTC)), np.uint8)
    for _ in range(500):
        damaged = whole.copy()
        damaged[rng.integers(14, len(whole), 3)] = rng.integers(0, 256, 3)
        data = with_segments(
            gray_jpeg(8, 8), segment(0xED, damaged.tobytes()[: rng.integers(14, len(whole) + 1)])
        )
        blocks = jpeg.read_payloads(data)
        jpeg.resources.kept(blocks.photoshop or b"", turned=False)
        jpeg.resources.dots_per_inch(blocks.photoshop or b"")


def long_packet(kilobytes: int) -> bytes:
    inside = "".join(f"<rdf:li>history {i:_>990}</rdf:li>" for i in range(kilobytes))
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {DC} xmlns:ps="http://ns.adobe.com/photoshop/1.0/" ps:City="{"P" * 9000}">'
        f"<dc:subject><rdf:Bag><rdf:li>pier</rdf:li></rdf:Bag></dc:subject><ps:DocumentAncestors><rdf:Bag>{inside}"
        "</rdf:Bag></ps:DocumentAncestors></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


@pytest.mark.parametrize("kilobytes", [60, 200, 2000])
def test_a_packet_too_long_for_a_segment_goes_into_several(kilobytes: int) -> None:
    source = png(GRAY, chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + long_packet(kilobytes)))
    picture = image.read(source)
    with notes.collected() as found:
        data = image.encode_planes_jpeg(picture, GRAY, GRAY, provenance=MADE)
    assert not found
    blocks = jpeg.read_payloads(data)
    assert blocks.extended is not None
    assert image.read_provenance(data) == MADE
    for way, result in results(data, made=MADE).items():
        packet = image.read(result).metadata.xmp
        assert packet.count(b"history ") == kilobytes, way
        assert b"P" * 9000 in packet
        assert b">pier<" in packet
        assert b"HasExtended" not in packet
        assert Packet(packet).text(f"{{{OURS}}}Model") == "m"
        if way in {"planes", "lossless"}:
            assert packet_of(result).count(b"HasExtendedXMP=") == 1
            pieces = jpeg.read_payloads(result).extended or ()
            assert len({piece[:32] for piece in pieces}) == 1


def test_pieces_of_a_packet_in_any_order_make_a_whole_and_damaged_ones_a_note() -> None:
    rest = long_packet(150)
    main = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="%s"/></rdf:RDF>'
        b"</x:xmpmeta>" % extended.digest(rest).encode()
    )
    pieces = extended.pieces(rest)
    assert len(pieces) > 2
    whole = jpeg.Payloads(xmp=main, extended=tuple(reversed([b"x" * 50, *pieces])))
    assert image.read(jpeg.with_payloads(gray_jpeg(), whole)).metadata.xmp.count(b"history ") == 150
    damaged = [
        pieces[:-1],
        [pieces[0][:-1], *pieces[1:]],
        [pieces[0][:32].lower() + pieces[0][32:]],
        [b"short"],
    ]
    for some in damaged:
        with notes.collected() as found:
            picture = image.read(
                jpeg.with_payloads(gray_jpeg(), jpeg.Payloads(xmp=main, extended=tuple(some)))
            )
            result = image.encode_planes_jpeg(picture, GRAY, GRAY, provenance=MADE)
        assert len(found) == 1
        assert "not whole" in found[0]
        assert b"HasExtended" not in result


def tiff_with(tag: int) -> bytes:
    from io import BytesIO

    out = BytesIO()
    tifffile.imwrite(out, GRAY, metadata=None, extratags=[(tag, 7, 8, b"manifest", True)])
    return out.getvalue()


def webp_with(name: bytes) -> bytes:
    data = encoded(GRAY, "WEBP", lossless=True, icc_profile=b"")
    body = data[12:] + name + struct.pack("<I", 8) + b"manifest"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


FILES: dict[str, tuple[bytes, str]] = {
    "png": (png(GRAY, chunk(b"caBX", b"manifest")), claims.CREDENTIALS),
    "tiff": (tiff_with(52545), claims.CREDENTIALS),
    "layers": (tiff_with(37724), "layers"),
    "webp": (webp_with(b"C2PA"), claims.CREDENTIALS),
}


@pytest.mark.parametrize("name", FILES)
def test_parts_of_other_files_are_left_out_with_a_note(name: str) -> None:
    data, note = FILES[name]
    picture = image.read(data)
    kind: Any = "tiff" if name == "layers" else name
    with notes.collected() as found:
        result = image.encode_rgb(picture, np.dstack([GRAY] * 3), kind)
    assert len(found) == 1
    assert note in found[0]
    assert b"manifest" not in result


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([box(b"meta", b"infe hvc1"), box(b"mdat", b"tmap")], []),
        ([box(b"meta", b"infe tmap")], [claims.GAIN_MAP]),
        ([box(b"meta", b"auxC urn:com:apple:photo:2020:aux:hdrgainmap\x00")], [claims.GAIN_MAP]),
        ([box(b"meta"), box(b"mdat"), box(b"mpvd", b"video")], [claims.VIDEO]),
        ([box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"))], [claims.CREDENTIALS]),
        ([box(b"free")] * 1000, []),
        ([b"\x00\x00\x00\x02junk"], []),
    ],
)
def test_parts_among_the_boxes_of_an_avif_or_heic_are_named(boxes: list[bytes], expected: list[str]) -> None:
    assert of_file(box(b"ftyp", b"avif") + b"".join(boxes)) == tuple(expected)
