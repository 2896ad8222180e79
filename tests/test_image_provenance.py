"""What a result says of itself is true of its pixels: who made the colors, and nothing of parts that it lacks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rechroma
from conftest import encoded, gray_jpeg, scene
from rechroma import image, notes
from rechroma.image import claims
from rechroma.image.metadata import xmp_of_result
from rechroma.image.recorded import packet_of
from rechroma.image.xmp import IPTC_EXT, MM, OURS, Packet
from rechroma.types import ColorizeOptions, Marks, Point

TRAINED, FORMULA, BY_HAND = "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced", "humanEdits"
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPE, SYSTEM, SYSTEM_VERSION = (
    f"{{{IPTC_EXT}}}{name}" for name in ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed")
)
MARKED = Marks(points=(Point(x=0.5, y=0.5, color="#aa2200", radius=0.2),))
COLORFUL = encoded(np.dstack([scene(40, 50), scene(40, 50)[::-1], scene(40, 50)[:, ::-1]]), "PNG")
NET = image.Provenance(version="1.2", model="hintnet.small", sha256="ab" * 32, source_type=TRAINED)  # type: ignore[arg-type]
PENCIL = image.Provenance(version="1.2", model="scribble", source_type=BY_HAND)  # type: ignore[arg-type]


def packet(attributes: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:ext="{IPTC_EXT}" xmlns:m="{MM}" {attributes}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def said(before: bytes, *made: image.Provenance) -> Packet:
    """Give what a picture says after coming through our hands once or several times."""
    for each in made:
        before = xmp_of_result(before, each)
    return Packet(before)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, TRAINED),
        ({"method": "hintnet"}, TRAINED),
        ({"hints": MARKED}, TRAINED),
        ({"references": (COLORFUL,)}, TRAINED),
        ({"method": "scribble", "hints": MARKED}, BY_HAND),
        ({"method": "scribble", "hints": MARKED, "references": (COLORFUL,)}, FORMULA),
        ({"method": "transfer", "references": (COLORFUL,)}, FORMULA),
        ({"method": "transfer", "references": (COLORFUL,), "hints": MARKED}, FORMULA),
    ],
)
def test_a_result_says_by_what_kind_of_method_its_colors_were_made(
    asked: dict[str, object], expected: str, options: ColorizeOptions
) -> None:
    result = rechroma.colorize(gray_jpeg(40, 50), replace(options, **asked))  # type: ignore[arg-type]
    found = Packet(packet_of(result))
    assert found.text(SOURCE_TYPE) == VOCABULARY + expected
    assert (
        (found.text(SYSTEM) is not None) == (found.text(SYSTEM_VERSION) is not None) == (expected == TRAINED)
    )
    made = image.read_provenance(result)
    assert made is not None
    assert made.source_type == expected


def test_a_graph_of_the_users_own_is_a_trained_model(options: ColorizeOptions, graph: Path) -> None:
    assert options.method == str(graph)
    assert rechroma.load(graph).info.trained


@pytest.mark.parametrize("before", ["negativeFilm", "print", "digitalCapture", "computationalCapture"])
def test_what_a_picture_was_digitized_from_is_kept_beside(before: str) -> None:
    given = packet(f'ext:DigitalSourceType="{VOCABULARY}{before}"')
    for made in (NET, PENCIL):
        found = said(given, made, made)
        assert found.text(SOURCE_TYPE) == VOCABULARY + made.source_type
        assert found.text(f"{{{OURS}}}SourceTypeBefore") == VOCABULARY + before


@pytest.mark.parametrize(
    ("before", "made", "after"),
    [
        ("trainedAlgorithmicMedia", NET, "trainedAlgorithmicMedia"),
        ("trainedAlgorithmicMedia", PENCIL, "trainedAlgorithmicMedia"),
        ("compositeWithTrainedAlgorithmicMedia", PENCIL, "compositeWithTrainedAlgorithmicMedia"),
        ("compositeSynthetic", PENCIL, "compositeSynthetic"),
        ("compositeSynthetic", NET, TRAINED),
        ("algorithmicMedia", PENCIL, "algorithmicMedia"),
        ("someFutureTerm", PENCIL, "someFutureTerm"),
    ],
)
def test_a_picture_that_was_never_real_is_not_made_real(
    before: str, made: image.Provenance, after: str
) -> None:
    assert (
        said(packet(f'ext:DigitalSourceType="{VOCABULARY}{before}"'), made).text(SOURCE_TYPE)
        == VOCABULARY + after
    )


def test_colors_of_another_method_replace_what_was_said_of_the_first() -> None:
    found = said(b"", NET, PENCIL)
    assert found.text(SOURCE_TYPE) == VOCABULARY + BY_HAND
    assert found.text(SYSTEM) is found.text(SYSTEM_VERSION) is None
    again = said(b"", PENCIL, NET)
    assert (again.text(SYSTEM), again.text(SYSTEM_VERSION)) == ("hintnet.small", f"sha256:{'ab' * 32}")


def test_another_model_that_had_a_part_in_a_picture_stays_named() -> None:
    given = packet('ext:AISystemUsed="Upscaler" ext:AISystemVersionUsed="3"')
    for made in ([NET], [NET, NET], [PENCIL, NET], [replace(NET, model="older", sha256="cd" * 32), NET]):
        found = said(given, *made)
        assert found.text(SYSTEM) == "Upscaler; hintnet.small"
        assert found.text(SYSTEM_VERSION) == f"3; sha256:{'ab' * 32}"
    assert said(given, NET, PENCIL).text(SYSTEM) == "Upscaler"


def test_a_result_is_another_document_than_its_picture() -> None:
    given = packet('m:DocumentID="xmp.did:1" m:InstanceID="xmp.iid:2"')
    data = xmp_of_result(given, NET)
    found = Packet(data)
    new = found.text(f"{{{MM}}}DocumentID")
    assert new not in {None, "xmp.did:1"}
    assert found.text(f"{{{MM}}}OriginalDocumentID") == "xmp.did:1"
    assert b'<xmpMM:DerivedFrom stRef:documentID="xmp.did:1" stRef:instanceID="xmp.iid:2"' in data
    assert data.count(b'stEvt:action="derived"') == 1
    assert xmp_of_result(given, NET) == data
    again = said(data, PENCIL)
    assert again.text(f"{{{MM}}}DocumentID") not in {None, "xmp.did:1", new}
    assert again.text(f"{{{MM}}}OriginalDocumentID") == "xmp.did:1"
    assert again.encoded().count(b'stEvt:action="derived"') == 2
    assert said(b"", NET).text(f"{{{MM}}}DocumentID") is None


CAMERA = 'xmlns:c="http://ns.google.com/photos/1.0/camera/"'
LEFT = {
    claims.VIDEO: (
        f'{CAMERA} c:MotionPhoto="1" c:MotionPhotoVersion="1" c:MicroVideo="1" c:MicroVideoOffset="5000"',
        ["Motion", "MicroVideo"],
    ),
    claims.GAIN_MAP: (
        'xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1.0" h:GainMapMax="3"',
        ["gain-map", "GainMapMax"],
    ),
    claims.OTHER_PARTS: (
        'xmlns:d="http://ns.google.com/photos/1.0/depthmap/" d:Mime="image/jpeg" d:Data="AAAA"',
        ["depthmap", "AAAA"],
    ),
    claims.CREDENTIALS: (
        'xmlns:t="http://purl.org/dc/terms/" t:provenance="https://a.example/manifest.c2pa"',
        ["manifest"],
    ),
}


@pytest.mark.parametrize("note", LEFT)
@pytest.mark.parametrize("made", [NET, None])
def test_parts_that_a_result_lacks_are_no_longer_told_of(note: str, made: image.Provenance | None) -> None:
    attributes, gone = LEFT[note]
    with notes.collected() as found:
        merged = xmp_of_result(packet(f'{attributes} {CAMERA.replace(":c", ":k")} k:Kept="yes"'), made)
    assert found == [note]
    assert not any(each.encode() in merged for each in gone)
    assert b'"yes"' in merged


def test_how_the_original_was_stored_is_no_longer_told_and_what_it_shows_still_is() -> None:
    stored = (
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:ps="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'tiff:PhotometricInterpretation="1" tiff:SamplesPerPixel="1" exif:ColorSpace="65535" ps:ColorMode="1" '
        'ps:ICCProfile="Dot Gain 20%" dc:format="image/tiff" '
    )
    kept = 'tiff:Make="Kodak" exif:FNumber="8/1" ps:City="Paris" dc:source="album 3"'
    with notes.collected() as found:
        merged = xmp_of_result(packet(stored + kept), None)
    assert not found
    for gone in (b"Photometric", b"SamplesPer", b"ColorSpace", b"ColorMode", b"Dot Gain", b"image/tiff"):
        assert gone not in merged
    for there in (b'"Kodak"', b'"8/1"', b'"Paris"', b'"album 3"'):
        assert there in merged


def test_thumbnails_in_the_packet_are_dropped() -> None:
    inside = (
        b'<xmp:Thumbnails xmlns:xmp="http://ns.adobe.com/xap/1.0/"><rdf:Alt><rdf:li rdf:parseType="Resource">'
        b'<g:image xmlns:g="http://ns.adobe.com/xap/1.0/g/img/">/9j/4AAQ</g:image></rdf:li></rdf:Alt></xmp:Thumbnails>'
    )
    given = packet("").replace(b"/></rdf:RDF>", b">" + inside + b"</rdf:Description></rdf:RDF>")
    assert b"/9j/4AAQ" in given
    assert b"/9j/4AAQ" not in xmp_of_result(given, NET)


def test_a_packet_that_is_true_already_comes_back_as_it_was() -> None:
    given = packet('m:DocumentID="xmp.did:1"')
    assert xmp_of_result(given, None, turned_from=6) == given
