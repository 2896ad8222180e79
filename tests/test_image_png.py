"""A PNG's tones are those that its chunks tell, and what its chunks say goes with the picture."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from pngs import chrm, chunk, cicp, gama, packed_text, png, raw_profile, text, wide_text
from rechroma import color, image, jpeg, notes
from rechroma.image import color_tags, exif
from rechroma.image.profile import srgb_profile, tone_of
from rechroma.image.xmp import Packet
from test_image_exif import block_of, number
from test_image_exif import text as ascii_row

GRAY = scene(40, 60)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="album 3"/></rdf:RDF>'
    b"</x:xmpmeta>"
)
IPTC = b"\x1c\x02\x78\x00\x0bThe harbour"
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def lightness_of(light: NDArray[Any]) -> NDArray[Any]:
    return color.gray_to_lightness(color.linear_to_srgb(light.astype(np.float32)))


def shares(samples: NDArray[Any]) -> NDArray[Any]:
    return samples.astype(np.float64) / np.iinfo(samples.dtype).max


DEPTHS = [
    GRAY,
    GRAY.astype(np.uint16) * 257,
    np.dstack([GRAY] * 3),
    np.dstack([GRAY.astype(np.uint16) * 257] * 3),
]
DEPTHS += [np.dstack([GRAY, GRAY]), np.dstack([GRAY] * 4).astype(np.uint16) * 257]


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2, 2.6])
@pytest.mark.parametrize("samples", DEPTHS)
def test_the_gamma_of_a_png_is_its_tone(samples: NDArray[Any], gamma: float) -> None:
    picture = image.read(png(samples, gama(round(100_000 / gamma))))
    one = samples if samples.ndim == 2 else samples[..., 0]
    np.testing.assert_allclose(image.lightness(picture), lightness_of(shares(one) ** gamma), atol=0.15)


def test_a_result_of_linear_samples_looks_as_light_as_they_do() -> None:
    picture = image.read(png(GRAY, gama(100_000)))
    wanted = lightness_of(shares(GRAY))
    plain = np.dstack([np.rint(color.lightness_to_gray(wanted) * 255).astype(np.uint8)] * 3)
    shown = Image.open(io.BytesIO(image.encode_rgb(picture, plain, "png")))
    assert shown.info["icc_profile"] == srgb_profile()
    again = image.read(image.encode_planes_jpeg(picture, GRAY * 0 + 128, GRAY * 0 + 128))
    assert np.abs(image.lightness(again) - wanted).mean() < 0.5
    assert "gamma" not in shown.info


def test_the_primaries_of_a_png_weigh_its_channels() -> None:
    rgb = np.dstack([GRAY, GRAY[::-1], GRAY[:, ::-1]])
    plain, srgb, wide = (
        image.lightness(image.read(png(rgb, *c))) for c in ((), [gama(45455), chrm(*SRGB)], [cicp(12, 13)])
    )
    assert np.abs(srgb - plain).max() < 1.5
    x = np.array(shares(rgb))
    light = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4) @ [0.22897, 0.69174, 0.07929]
    np.testing.assert_allclose(wide, lightness_of(light), atol=0.3)


@pytest.mark.parametrize(
    ("chunks", "power"),
    [
        ([cicp(1, 8), gama(45455)], 1.0),
        ([cicp(1, 4), chunk(b"iCCP", b"x\x00\x00" + zlib.compress(color_tags.of_gamma(1.0, None)))], 2.2),
        ([chunk(b"iCCP", b"x\x00\x00" + zlib.compress(color_tags.of_gamma(1.8, None))), gama(100_000)], 1.8),
        ([raw_profile("icc", color_tags.of_gamma(1.8, None)), gama(100_000)], 1.8),
        ([gama(100_000), gama(45455)], 1.0),
    ],
)
def test_the_weightiest_of_the_color_chunks_counts(chunks: list[bytes], power: float) -> None:
    picture = image.read(png(GRAY, *chunks))
    np.testing.assert_allclose(image.lightness(picture), lightness_of(shares(GRAY) ** power), atol=0.15)


SRGB_TOO = [
    [],
    [chunk(b"sRGB", b"\x00"), gama(100_000)],
    [cicp(1, 13), gama(100_000)],
    [cicp(2, 2)],
    [gama(0)],
    [gama(1)],
    [gama(4_000_000_000)],
    [chunk(b"gAMA", b"\x00\x01")],
    [chunk(b"cHRM", b"\x00" * 31)],
    [chrm(*[0.3] * 8)],
    [chrm(*[0.0] * 8)],
    [chrm(0.3127, 0.329, *[40_000.0] * 6)],
    [chunk(b"cICP", b"\x01\x08")],
    [chunk(b"cICP", b"\x01\x08\x05\x01")],
]


@pytest.mark.parametrize("chunks", SRGB_TOO)
def test_color_chunks_of_srgb_and_those_without_sense_leave_srgb(chunks: list[bytes]) -> None:
    assert image.read(png(GRAY, *chunks)).tone is None


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_taken_for_srgb_with_a_note(transfer: int) -> None:
    with notes.collected() as found:
        assert image.read(png(GRAY, cicp(9, transfer))).tone is None
    assert len(found) == 1
    assert "HDR" in found[0]


def test_a_damaged_profile_gives_way_to_the_next_chunk_with_a_note() -> None:
    for bad in (
        b"x\x00\x00junk",
        b"x\x00\x01" + zlib.compress(srgb_profile()),
        b"x",
        b"x\x00\x00" + zlib.compress(b"no"),
    ):
        with notes.collected() as found:
            picture = image.read(png(GRAY, chunk(b"iCCP", bad), gama(100_000)))
        assert picture.tone is not None
        assert [("profile" in note) for note in found] == [True] * (len(bad) > 1)


def test_code_points_of_an_avif_are_its_tone() -> None:
    file = b"\x00\x00\x00\x1cftypavif" + b"\x00\x00\x00\x13colrnclx" + struct.pack(">HHHB", 1, 8, 0, 128)
    profile = color_tags.of_boxes(file)
    assert tone_of(profile, 1) is not None
    assert color_tags.of_boxes(file[:-9]) == color_tags.of_boxes(b"") == b""
    assert color_tags.of_boxes(file.replace(struct.pack(">HH", 1, 8), struct.pack(">HH", 1, 13))) == b""


TEXTS = {
    "Title": "Grandmother 1931",
    "Author": "A. Nonymous",
    "Description": "at the window <of> the \xe4ldest & best house",
    "Copyright": "City archive",
    "Source": "album 3",
    "Creation Time": "1931-05-01",
    "Comment": "washed out",
}
DC = "http://purl.org/dc/elements/1.1/"


def many_texts(**more: str) -> list[bytes]:
    (*first, last), comment = list((TEXTS | more).items())[:-1], list((TEXTS | more).items())[-1]
    return [
        *(text(*each) for each in first),
        packed_text(last[0], last[1].encode("latin-1")),
        wide_text(comment[0], comment[1].encode()),
    ]


def colored(data: bytes, kind: str) -> bytes:
    picture = image.read(data)
    plane = image.luma(picture)
    if kind == "jpeg":
        return image.encode_planes_jpeg(picture, plane, plane)
    return image.encode_rgb(picture, np.dstack([plane] * 3), kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("deep", [False, True])
def test_texts_go_from_png_to_png_as_they_are(deep: bool) -> None:
    time = chunk(b"tIME", struct.pack(">H5B", 1999, 1, 2, 3, 4, 5))
    given = [*many_texts(), text("Frame", "12"), wide_text("Notiz", "漢字".encode(), packed=True), time]
    picture = image.read(png(GRAY.astype(np.uint16) * 257 if deep else GRAY, *given))
    samples = np.dstack([GRAY] * 3).astype(np.uint16) * 257 if deep else np.dstack([GRAY] * 3)
    data = image.encode_rgb(picture, samples, "png")
    assert all(each in data for each in given)
    opened: Any = Image.open(io.BytesIO(data))
    opened.load()
    assert TEXTS.items() <= opened.text.items()
    assert opened.text["Frame"] == "12"
    assert opened.text["Notiz"] == "漢字"


@pytest.mark.parametrize("kind", ["jpeg", "tiff", "webp"])
def test_texts_of_a_png_go_into_other_formats_as_properties(kind: str) -> None:
    time = chunk(b"tIME", struct.pack(">H5B", 1999, 1, 2, 3, 4, 5))
    with notes.collected() as found:
        again = image.read(colored(png(GRAY, *many_texts(), time), kind)).metadata
    assert not found
    packet = again.xmp.decode()
    for keyword, value in TEXTS.items():
        escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert escaped in packet or (kind == "jpeg" and keyword == "Comment")
    assert again.comments == ((b"washed out",) if kind == "jpeg" else ())
    assert 'ModifyDate="1999-01-02T03:04:05Z"' in packet
    assert packet.count('xml:lang="x-default"') == (3 if kind == "jpeg" else 4)


def test_what_xmp_says_already_stays_and_other_texts_are_named_in_a_note() -> None:
    given = [
        wide_text("XML:com.adobe.xmp", XMP),
        text("title", "a pier"),
        text("Source", "another album"),
        text("Frame", "12"),
    ]
    with notes.collected() as found:
        again = image.read(colored(png(GRAY, *given, text("Creation Time", "in spring")), "jpeg")).metadata
    assert found == ["the texts Creation Time, Frame of this PNG have no place in a jpeg and were left out"]
    assert Packet(again.xmp).text(f"{{{DC}}}source") == "album 3"
    assert b">a pier<" in again.xmp


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_comments_of_a_jpeg_go_into_other_formats(kind: str) -> None:
    data = jpeg.with_payloads(
        gray_jpeg(), jpeg.Payloads(comments=(b"first", "zweites \xfc".encode(), b"\xe4lt"))
    )
    result = colored(data, kind)
    if kind == "png":
        opened: Any = Image.open(io.BytesIO(result))
        opened.load()
        assert result.count(b"Comment\x00") == 3
        assert opened.text["Comment"] == "\xe4lt"
    else:
        assert "first\nzweites \xfc\n\xe4lt" in image.read(result).metadata.xmp.decode()


def test_a_comment_of_a_gif_is_kept() -> None:
    data = encoded(GRAY, "GIF", comment=b"from the attic")
    assert b"Comment\x00\x00\x00\x00\x00from the attic" in colored(data, "png")


@pytest.mark.parametrize("prefix", [b"", b"Exif\x00\x00"])
@pytest.mark.parametrize("hidden", [False, True])
def test_exif_of_a_png_is_found_wherever_programs_put_it(prefix: bytes, hidden: bool) -> None:
    block = prefix + block_of([ascii_row(271, "Kodak"), number(274, "short", 6)])
    chunks = [raw_profile("exif" if prefix else "APP1", block)] if hidden else [chunk(b"eXIf", block)]
    picture = image.read(png(GRAY, *chunks))
    assert picture.size == (60, 40)
    again = image.read(image.encode_rgb(picture, np.dstack([image.luma(picture)] * 3), "png"))
    assert again.size == (60, 40)
    assert exif.parse(again.metadata.exif).main[271].value == b"Kodak\x00"
    assert not again.metadata.chunks


RESOURCES = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(IPTC)) + IPTC + b"\x00" * (len(IPTC) % 2)


@pytest.mark.parametrize(
    "chunks",
    [[raw_profile("iptc", RESOURCES)], [raw_profile("8bim", RESOURCES)], [raw_profile("iptc", IPTC)]],
)
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_iptc_in_a_png_goes_into_every_format(chunks: list[bytes], kind: str) -> None:
    assert image.read(colored(png(GRAY, *chunks), kind)).metadata.iptc == IPTC


PACKETS = [
    wide_text("XML:com.adobe.xmp", XMP),
    wide_text("XML:com.adobe.xmp", XMP, packed=True),
    raw_profile("xmp", XMP),
    raw_profile("APP1", b"http://ns.adobe.com/xap/1.0/\x00" + XMP),
]


@pytest.mark.parametrize("packet", PACKETS)
def test_xmp_of_a_png_is_found_wherever_programs_put_it(packet: bytes) -> None:
    for kind in ("jpeg", "png", "tiff", "webp"):
        again = colored(png(GRAY, packet), kind)
        assert Packet(image.read(again).metadata.xmp).text(f"{{{DC}}}source") == "album 3"
        assert again.count(b"album 3") == 1


def test_long_texts_packets_and_profiles_are_no_reason_to_refuse_a_png() -> None:
    text = "history " * 200_000
    for history in (packed_text("Comment", text.encode()), wide_text("Comment", text.encode(), packed=True)):
        opened = Image.open(
            io.BytesIO(colored(png(GRAY, history), "png"))
        )  # Pillow refuses it while it is packed
        assert opened.info["Comment"] == text
    short = packed_text("Comment", b"history " * 2000)
    assert short in colored(png(GRAY, short), "png")
    long = XMP.replace(b"album 3", b"album " * 300_000)
    for packed in (False, True):
        assert image.read(png(GRAY, wide_text("XML:com.adobe.xmp", long, packed=packed))).metadata.xmp == long
    padded = color_tags.of_gamma(1.8, None).ljust(3_000_000, b"\x00")
    assert image.read(png(GRAY, chunk(b"iCCP", b"x\x00\x00" + zlib.compress(padded)))).tone is not None


def test_bombs_in_chunks_are_left_out() -> None:
    bomb = zlib.compress(bytes(200 << 20), 9)
    given = [
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + bomb),
        chunk(b"iCCP", b"x\x00\x00" + bomb),
    ]
    given += [
        chunk(b"zTXt", b"Title\x00\x00" + bomb),
        chunk(b"zTXt", b"Raw profile type exif\x00\x00" + bomb),
    ]
    with notes.collected() as found:
        again = image.read(colored(png(GRAY, *given), "jpeg"))
    assert len(again.metadata.xmp) < 1000
    assert {"XMP", "ICC"} == {
        word for note in found for word in note.split() if word.isupper() and word != "PNG"
    }


NAMES = (
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"iCCP",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"cICP",
    b"eXIf",
    b"pHYs",
    b"tIME",
    b"sBIT",
    b"bKGD",
)
NAMES += (b"hIST", b"sPLT", b"acTL", b"fcTL", b"caBX", b"sCAL", b"mDCV", b"cLLI", b"tRNS", b"prVt")
BODIES = {
    "empty": b"",
    "one byte": b"\x01",
    "zeros": bytes(40),
    "ones": b"\xff" * 40,
    "huge": b"\x7f" * 300_000,
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", NAMES)
def test_no_damaged_chunk_costs_the_picture(name: bytes, body: str) -> None:
    once = chunk(name, BODIES[body])
    broken = once[:-1] + bytes([once[-1] ^ 1])
    for chunks in ([once], [once, once], [broken]):
        with notes.collected():
            picture = image.read(png(GRAY, *chunks))
            assert picture.size == GRAY.shape
            again = image.read(image.encode_rgb(picture, np.dstack([GRAY] * 3), "png"))
            for kind in ("jpeg", "tiff"):
                colored(png(GRAY, *chunks), kind)
        np.testing.assert_array_equal(again.samples, np.dstack([GRAY] * 3))


def test_an_animated_png_gives_its_first_picture_with_a_note() -> None:
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY[::-1].copy())]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    with notes.collected() as found:
        picture = image.read(data)
    np.testing.assert_array_equal(picture.samples, GRAY)
    assert found == ["this png has 2 pages or frames; the first is taken"]


def test_the_resolution_of_a_png_is_kept() -> None:
    picture = image.read(png(GRAY, chunk(b"pHYs", struct.pack(">IIB", 11811, 7874, 1))))
    assert picture.metadata.dpi == (300, 200)
    ratio = image.read(png(GRAY, chunk(b"pHYs", struct.pack(">IIB", 3, 2, 0))))
    assert ratio.metadata.dpi is None
