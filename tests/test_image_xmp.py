"""XMP packets of any kind are read safely, changed where asked and nowhere else."""

import time

import pytest

from rechroma import notes
from rechroma.image import Provenance, provenance
from rechroma.image.metadata import xmp_of_result
from rechroma.image.xmp import LONGEST, TIFF, XMP, Packet

MADE = Provenance(
    version="1.2", model="hintnet.small", sha256="ab" * 32, settings='{"a":1}', source_type="humanEdits"
)
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def packet(inside: str, *, declared: str = "", attributes: str = "") -> bytes:
    """Give a packet with properties as elements and as attributes."""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}><rdf:Description rdf:about="" {declared} {attributes}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def deep(levels: int) -> bytes:
    nested = "<rdf:li><rdf:Bag>" * levels + "bottom" + "</rdf:Bag></rdf:li>" * levels
    return packet(f"<dc:subject><rdf:Bag>{nested}</rdf:Bag></dc:subject>", declared=DC)


@pytest.mark.parametrize("levels", [10, 3_000, 50_000])
def test_a_deeply_nested_packet_keeps_all_that_it_says(levels: int) -> None:
    merged = xmp_of_result(deep(levels), MADE, turned_from=6)
    assert merged.count(b"<rdf:li>") == merged.count(b"</rdf:li>") == levels
    assert b">bottom<" in merged
    assert provenance.read(merged) == MADE


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_packet_with_a_document_type_is_left_out_with_a_note(declaration: str, encoding: str) -> None:
    bomb = f"{declaration}{packet('<dc:title>&b;</dc:title>', declared=DC).decode()}".encode(encoding)
    with notes.collected() as found:
        merged = xmp_of_result(bomb, MADE)
    assert len(found) == 1
    assert "document type" in found[0]
    assert b"title" not in merged
    assert provenance.read(merged) == MADE
    assert provenance.read(bomb) is None


def test_a_bomb_of_entities_costs_no_time() -> None:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(30))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><x>&e30;</x>'.encode()
    start = time.perf_counter()
    with pytest.raises(ValueError, match="document type"):
        Packet(bomb)
    assert time.perf_counter() - start < 1


def test_a_packet_too_long_to_be_read_is_left_out_with_a_note() -> None:
    with notes.collected() as found:
        merged = xmp_of_result(packet(" " * LONGEST), MADE)
    assert provenance.read(merged) == MADE
    assert f"{LONGEST} are read" in found[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_packet_in_utf_16_is_read(encoding: str) -> None:
    merged = xmp_of_result(packet("<dc:title>Grüße</dc:title>", declared=DC).decode().encode(encoding), MADE)
    assert "Grüße".encode() in merged


def test_padding_and_processing_instructions_around_a_packet_do_no_harm() -> None:
    padded = (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        + packet("")
        + b"\n" * 2000
        + b'<?xpacket end="w"?>\x00\x00'
    )
    with notes.collected() as found:
        assert provenance.read(xmp_of_result(padded, MADE)) == MADE
    assert not found


def test_every_form_of_a_simple_property_is_found_and_replaced() -> None:
    name = f"{{{TIFF}}}Orientation"
    forms = [
        packet("", declared=f'xmlns:t="{TIFF}"', attributes='t:Orientation="6"'),
        packet("<t:Orientation> 6 </t:Orientation>", declared=f'xmlns:t="{TIFF}"'),
        packet('<t:Orientation rdf:resource="6"/>', declared=f'xmlns:t="{TIFF}"'),
        packet(f'</rdf:Description><rdf:Description xmlns:t="{TIFF}"><t:Orientation>6</t:Orientation>'),
    ]
    for form in forms:
        read = Packet(form)
        assert read.text(name) == "6"
        read.set(name, "1")
        again = Packet(read.encoded())
        assert again.text(name) == "1"
        assert again.encoded().count(b"Orientation") == 1
        assert again.remove([name]) == [name]
        assert again.text(name) is None


def test_prefixes_that_clash_stay_apart() -> None:
    clash = packet(
        '<xmp:a/><b xmlns="urn:none"/><ns0:c xmlns:ns0="urn:zero"/>', declared='xmlns:xmp="urn:other"'
    )
    merged = xmp_of_result(clash, MADE)
    read = Packet(merged)
    names = {child.tag for part in read.descriptions() for child in part}
    assert names == {"{urn:other}a", "{urn:none}b", "{urn:zero}c"}
    assert read.text(f"{{{XMP}}}CreatorTool") == "Rechroma 1.2"


def test_characters_that_mean_something_in_xml_come_back_as_they_were() -> None:
    odd = "a < b & \"c\" > 'd'\n\tä 漢 😀"
    read = Packet()
    read.set(f"{{{XMP}}}Label", odd)
    assert Packet(read.encoded()).text(f"{{{XMP}}}Label") == odd
