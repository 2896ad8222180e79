"""EXIF of every legal and illegal kind is read as far as it goes, and true of the result afterwards."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from rechroma import image, jpeg
from rechroma.image import exif
from rechroma.image.exif_edits import Stored, true_of, upright
from rechroma.image.profile import srgb_profile

STORED = Stored(orientation=1, size=(90, 120), srgb=True)
Row = tuple[int, int, int, bytes]
"""Tag, type, count, value."""

NUMBERS = {
    "byte": (1, "B"),
    "short": (3, "H"),
    "long": (4, "I"),
    "rational": (5, "II"),
    "signed byte": (6, "b"),
    "signed short": (8, "h"),
    "signed long": (9, "i"),
    "signed rational": (10, "ii"),
    "float": (11, "f"),
    "double": (12, "d"),
}


def number(tag: int, kind: str, value: int, order: str = "<") -> Row:
    type_, letters = NUMBERS[kind]
    return tag, type_, 1, struct.pack(f"{order}{letters}", *((value, 1) if len(letters) == 2 else (value,)))


def text(tag: int, value: str) -> Row:
    return tag, 2, len(value) + 1, value.encode() + b"\x00"


def block_of(*directories: list[Row], order: str = "<", links: bool = True) -> bytes:
    """Give a block of directories one after another, as they are listed; values that need it follow each."""
    out = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(f"{order}I", 8)
    for i, rows in enumerate(directories):
        at, values = len(out) + 2 + 12 * len(rows) + 4, b""
        out += struct.pack(f"{order}H", len(rows))
        for tag, type_, count, value in rows:
            out += struct.pack(f"{order}HHI", tag, type_, count)
            if len(value) <= 4:
                out += value.ljust(4, b"\x00")
            else:
                out += struct.pack(f"{order}I", at + len(values))
                values += value + b"\x00" * (len(value) % 2)
        following = at + len(values) if links and i + 1 < len(directories) else 0
        out += struct.pack(f"{order}I", following) + values
    return out


def with_exif(block: bytes, *, color: bool = False) -> bytes:
    gray = scene(90, 120)
    data = encoded(np.dstack([gray] * 3), "JPEG") if color else gray_jpeg()
    return jpeg.with_payloads(data, jpeg.Payloads(exif=block))


def results(picture: image.Picture) -> dict[str, bytes]:
    """Give a picture's result in every format, the lossless one among them where it can be."""
    plane = image.luma(picture)
    rgb = np.dstack([plane] * 3)
    made: dict[str, bytes] = {kind: image.encode_rgb(picture, rgb, kind) for kind in ("png", "tiff", "webp")}  # type: ignore[arg-type]
    made["planes"] = image.encode_planes_jpeg(picture, plane, plane)
    if image.lossless_obstacle(picture) is None:
        made["lossless"] = image.encode_lossless_jpeg(picture, plane, plane)
    return made


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("color", [False, True])
def test_an_orientation_of_any_numeric_type_is_applied_once(kind: str, order: str, color: bool) -> None:
    block = block_of([text(271, "Kodak"), number(274, kind, 6, order)], order=order)
    picture = image.read(with_exif(block, color=color))
    assert picture.size == (120, 90)
    for way, data in results(picture).items():
        opened = Image.open(io.BytesIO(data))
        stays = way == "lossless"
        assert opened.size == ((120, 90) if stays else (90, 120)), way
        assert opened.getexif().get(274, 1) == (6 if stays else 1), way
        tag = exif.parse(image.read(data).metadata.exif).main.get(274)
        assert tag is None or (tag.type, tag.count) == (3, 1), way


def test_every_copy_of_the_orientation_is_set() -> None:
    twice = [text(271, "Kodak"), number(274, "short", 6), number(274, "short", 8)]
    block = block_of(twice)
    assert exif.orientation(block) == 6
    done = true_of(block, STORED)
    assert done.count(struct.pack("<HHIHH", 274, 3, 1, 1, 0)) == 2
    assert upright(block).count(struct.pack("<HHIHH", 274, 3, 1, 1, 0)) == 2


@pytest.mark.parametrize(
    "row",
    [
        (274, 3, 0, b""),
        (274, 3, 1, b"\x00\x00"),
        (274, 3, 1, b"\x09\x00"),
        (274, 4, 1, b"\xff\xff\xff\xff"),
        (274, 2, 2, b"6\x00"),
        (274, 7, 1, b"\x06"),
        (274, 5, 1, struct.pack("<II", 6, 0)),
        (274, 5, 1, struct.pack("<II", 13, 2)),
        (274, 11, 1, struct.pack("<f", float("nan"))),
        (274, 12, 1, struct.pack("<d", float("inf"))),
        (274, 99, 1, b"\x06"),
    ],
)
def test_an_orientation_without_sense_counts_as_upright_and_says_so(row: Row) -> None:
    block = block_of([text(271, "Kodak"), row])
    assert exif.orientation(block) == 1
    done = true_of(block, STORED)
    assert exif.number(done, exif.parse(done).main[274]) == 1
    assert Image.open(io.BytesIO(results(image.read(with_exif(block)))["planes"])).getexif()[274] == 1


def test_of_several_values_the_first_counts() -> None:
    block = block_of([(274, 3, 2, struct.pack("<HH", 8, 3))])
    assert exif.orientation(block) == 8
    assert Image.open(io.BytesIO(results(image.read(with_exif(block)))["lossless"])).getexif()[274] == 8


def test_values_that_lie_beyond_the_end_are_left_out() -> None:
    block = bytearray(block_of([text(271, "Eastman Kodak"), text(272, "Brownie")]))
    struct.pack_into("<I", block, 10 + 8, len(block) - 3)
    assert list(exif.parse(bytes(block)).main) == [272]
    assert exif.parse(true_of(bytes(block), STORED)).main[272].value == b"Brownie\x00"


@pytest.mark.parametrize("kind", ["short", "long", "rational", "float", "double"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_resolution_of_any_numeric_type_is_read(kind: str, order: str) -> None:
    rows = [number(282, kind, 300, order), number(283, kind, 200, order), number(296, "short", 2, order)]
    block = block_of(rows, order=order)
    assert exif.dots_per_inch(block) == (300, 200)
    turned = true_of(block, Stored(orientation=1, size=(120, 90), srgb=True, turned_from=6))
    assert exif.dots_per_inch(turned) == (200, 300)


def test_a_resolution_without_sense_is_none() -> None:
    for value in (struct.pack("<ii", -300, 1), struct.pack("<ii", 300, 0), struct.pack("<ii", 0, 0)):
        assert exif.dots_per_inch(block_of([(282, 10, 1, value), (283, 10, 1, value)])) is None


@pytest.mark.parametrize("kind", ["short", "long"])
@pytest.mark.parametrize("pointer", [34665, 34853])
def test_directories_that_point_to_themselves_end(pointer: int, kind: str) -> None:
    block = block_of([text(271, "Kodak"), number(pointer, kind, 8)])
    assert exif.parse(block).main[271].value == b"Kodak\x00"
    assert exif.parse(true_of(block, STORED)).main[271].value == b"Kodak\x00"


def test_a_chain_of_directories_that_leads_in_circles_ends() -> None:
    rows = [text(271, "Kodak")]
    block = bytearray(block_of(rows, [text(305, "old")], rows))
    last = block.rindex(struct.pack("<I", 0) + b"Kodak")
    struct.pack_into("<I", block, last, 8)
    done = true_of(bytes(block), STORED)
    assert exif.parse(done).main[271].value == b"Kodak\x00"
    assert b"old" not in done


THUMBNAIL = encoded(scene(12, 16), "JPEG")


def with_thumbnail(*, strips: bool = False, order: str = "<") -> tuple[bytes, int]:
    """Give a block whose second directory tells of a preview at its end, and how long it is without both."""
    main = [text(271, "Kodak"), number(34665, "long", 0, order)]
    offset, length = (273, 279) if strips else (513, 514)
    bare = block_of(main, order=order)
    sub = block_of([text(0x9003, "1950:05:05 10:00:00"), (0x927C, 7, 6, b"secret")], order=order)[8:]
    at = len(bare)
    preview = [
        text(305, "Previewer"),
        number(offset, "long", 0, order),
        number(length, "long", len(THUMBNAIL), order),
    ]
    base = at + len(sub)
    second = block_of(preview, order=order)[8:]
    block = bytearray(bare + sub + second)
    moved = {34665: at, offset: len(block)}
    for start in (8, base):
        for row in exif.rows(bytes(block), start):
            tag = struct.unpack_from(f"{order}H", block, row)[0]
            if tag in moved:
                struct.pack_into(f"{order}I", block, row + 8, moved[tag])
            elif block[row + 8 : row + 12] != bytes(4) and tag in {0x9003, 0x927C, 305}:
                old = struct.unpack_from(f"{order}I", block, row + 8)[0]
                struct.pack_into(f"{order}I", block, row + 8, old - 8 + start)
    for row in exif.rows(bytes(block), at):
        old = struct.unpack_from(f"{order}I", block, row + 8)[0]
        struct.pack_into(f"{order}I", block, row + 8, old - 8 + at)
    link = 8 + 2 + 12 * len(main)
    struct.pack_into(f"{order}I", block, link, base)
    return bytes(block) + THUMBNAIL, base


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("strips", [False, True])
def test_the_gray_preview_is_gone_to_its_last_byte(order: str, strips: bool) -> None:
    block, base = with_thumbnail(order=order, strips=strips)
    assert THUMBNAIL in block
    for way, data in results(image.read(with_exif(block))).items():
        assert THUMBNAIL[20:60] not in data, way
        assert b"Previewer" not in data, way
        tags = exif.parse(image.read(data).metadata.exif)
        assert tags.subs[34665][0x9003].value == b"1950:05:05 10:00:00\x00"
        assert tags.subs[34665][0x927C].value == b"secret"
    assert len(true_of(block, STORED)) == base


def test_a_preview_that_tells_of_more_than_it_has_takes_nothing_else_along() -> None:
    block = bytearray(with_thumbnail()[0])
    at = struct.unpack_from("<I", block, 8 + 2 + 24)[0]
    for row in exif.rows(bytes(block), at):
        if struct.unpack_from("<H", block, row)[0] in {513, 514}:
            struct.pack_into("<I", block, row + 8, 0 if block[row] == 1 else 2**31)
    done = true_of(bytes(block), STORED)
    before, after = exif.parse(bytes(block)), exif.parse(done)
    assert THUMBNAIL[20:60] not in done
    assert after.main[271] == before.main[271]
    assert after.subs[34665] == before.subs[34665]


def test_how_the_original_was_stored_is_no_longer_told() -> None:
    stale: list[Row] = [
        number(256, "long", 99),
        number(258, "short", 1),
        number(259, "short", 5),
        number(262, "short", 1),
        text(270, "a pier"),
        number(277, "short", 1),
        (700, 1, 6, b"<x:a/>"),
        (34377, 7, 8, b"8BIMgray"),
        (34675, 7, 8, b"graytone"),
        text(33432, "me"),
    ]
    done = true_of(block_of(stale), STORED)
    assert sorted(exif.parse(done).main) == [270, 33432]
    assert b"8BIM" not in done
    assert b"graytone" not in done


def test_values_that_follow_a_directory_without_a_link_stay() -> None:
    main = [number(34665, "long", 26)]
    sub = [(33434, 5, 1, struct.pack("<II", 1, 30)), (37122, 5, 1, struct.pack("<II", 4, 1))]
    block = bytearray(block_of(main, sub, links=False))
    values = 26 + 2 + 24  # where the link would be
    del block[values : values + 4]
    for row in exif.rows(bytes(block), 26):
        struct.pack_into("<I", block, row + 8, struct.unpack_from("<I", block, row + 8)[0] - 4)
    told = exif.parse(true_of(bytes(block), STORED)).subs[34665]
    assert {tag: entry.value for tag, entry in told.items()} == {33434: struct.pack("<II", 1, 30)}


def test_a_packet_inside_of_exif_is_the_pictures_packet() -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="album 3"/></rdf:RDF>'
        b"</x:xmpmeta>"
    )
    picture = image.read(with_exif(block_of([(700, 1, len(packet), packet)])))
    for way, data in results(picture).items():
        assert data.count(b"album 3") == 1, way
        assert b"album 3" in image.read(data).metadata.xmp, way


def test_iptc_inside_of_exif_goes_into_every_format() -> None:
    records = b"\x1c\x02\x78\x00\x0bThe harbour"
    picture = image.read(with_exif(block_of([(33723, 7, len(records), records)])))
    for way, data in results(picture).items():
        assert image.read(data).metadata.iptc == records, way


@pytest.mark.parametrize("srgb", [True, False])
def test_sides_color_space_and_components_are_those_of_the_result(srgb: bool) -> None:
    main = [number(34665, "long", 26)]
    sub = [
        (37121, 7, 4, b"\x01\x00\x00\x00"),
        number(37122, "rational", 8),
        number(40961, "short", 65535 if srgb else 1),
        number(40962, "short", 7),
        number(40963, "rational", 8),
        number(40965, "long", 0),
    ]
    block = bytearray(block_of(main, sub, [(1, 2, 4, b"R03\x00")], links=False))
    interop = len(block) - 18
    for row in exif.rows(bytes(block), 26):
        if struct.unpack_from("<H", block, row)[0] == 40965:
            struct.pack_into("<I", block, row + 8, interop)
    done = true_of(bytes(block), Stored(orientation=1, size=(90, 120), srgb=srgb))
    tags = exif.parse(done)
    found = {tag: exif.number(done, entry) for tag, entry in tags.subs[34665].items() if tag > 40000}
    assert found == {40961: 1 if srgb else 65535, 40962: 120, 40963: 90}
    assert tags.subs[34665][37121].value == b"\x01\x02\x03\x00"
    assert 37122 not in tags.subs[34665]
    assert tags.subs[40965][1].value == (b"R98\x00" if srgb else b"R03\x00")


def test_a_color_space_of_a_gray_tone_is_uncalibrated() -> None:
    block = block_of([number(34665, "long", 26)], [number(40961, "short", 1)], links=False)
    gamma = image.read(scene(8, 8))
    assert image.luma_profile(gamma) == srgb_profile()
    data = image.encode_planes_jpeg(image.read(with_exif(block)), scene(8, 8), scene(8, 8))
    tags = exif.parse(image.read(data).metadata.exif)
    assert tags.subs[34665][40961].value == b"\x01\x00"


def test_edits_move_nothing() -> None:
    for order in ("<", ">"):
        block, _ = with_thumbnail(order=order)
        before, after = exif.parse(block), exif.parse(true_of(block, STORED))
        assert {tag: entry.at for tag, entry in after.subs[34665].items()} == {
            tag: entry.at for tag, entry in before.subs[34665].items()
        }
        added = exif.parse(exif.with_entries(block, exif.Entry(33432, 2, 3, b"me\x00")))
        assert added.main[33432].value == b"me\x00"
        assert added.subs == before.subs


def test_what_is_no_block_comes_back_as_it_was() -> None:
    for block in (b"", b"II", b"II*\x00\xff\xff\xff\x00", b"MM\x00*\x00\x00\x00\x00", b"text" * 9):
        assert true_of(block, STORED) == block
        assert upright(block) == block


def test_damaged_blocks_are_read_as_far_as_they_go() -> None:
    rng = np.random.default_rng(5)
    whole = np.frombuffer(with_thumbnail()[0], np.uint8)
    turned = Stored(orientation=1, size=(120, 90), srgb=True, turned_from=6)
    for _ in range(2000):
        damaged = whole.copy()
        damaged[rng.integers(0, 200, 4)] = rng.integers(0, 256, 4)
        block: Any = damaged.tobytes()[: rng.integers(0, len(whole) + 1)]
        exif.parse(block)
        assert 1 <= exif.orientation(block) <= 8
        exif.dots_per_inch(block)
        exif.iptc(block)
        assert len(true_of(block, turned)) <= len(block)
        exif.with_entries(block, exif.Entry(33432, 2, 3, b"me\x00"))


def test_a_block_made_to_take_long_does_not() -> None:
    """Half a million strips, and directories at every offset."""
    strips = (4, 500_000, struct.pack("<I", 8) * 500_000)
    block = block_of([text(271, "Kodak")], [(273, *strips), (279, *strips)])
    assert exif.parse(true_of(block, STORED)).main[271].value == b"Kodak\x00"
    dense = b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHI", 0xFFFF, 3, 1) * 8000
    assert len(true_of(dense, STORED)) <= len(dense)


@pytest.mark.parametrize(
    "row",
    [number(274, "long", 6), number(274, "rational", 6), (274, 3, 2, struct.pack("<HH", 6, 3))],
)
@pytest.mark.parametrize("compression", ["group4", "raw"])
def test_a_tiff_is_turned_once_whatever_its_orientation_is_stored_as(row: Row, compression: str) -> None:
    out = io.BytesIO()
    gray = scene(90, 120)
    wedge = np.where(np.arange(120) < 30, 0, 255)[None].repeat(90, 0).astype(np.uint8)
    stored = Image.fromarray(wedge).convert("1") if compression == "group4" else Image.fromarray(gray)
    stored.save(out, format="TIFF", compression=compression, tiffinfo={274: 1})
    file = out.getvalue()
    tags = exif.parse(file).main
    entries = {tag: entry for tag, entry in tags.items() if tag != 274} | {274: exif.Entry(*row)}
    order = exif.byte_order(file) or "<"
    at = len(file) + len(file) % 2
    file = file.ljust(at, b"\x00") + exif.pack_directory(entries, at, order)
    picture = image.read(file[:4] + struct.pack(f"{order}I", at) + file[8:])
    assert picture.size == (120, 90)
    expected = np.rot90(wedge if compression == "group4" else gray, -1)
    np.testing.assert_array_equal(picture.samples, expected)
