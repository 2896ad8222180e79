"""Every kind of JPEG segment short, twice, missing, huge, of a wrong type or version: colored, or refused by name."""

import io
import struct
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import rechroma
from conftest import encoded, scene
from jpegs import after_soi, before_scan, segment, with_each, without
from rechroma import image, jpeg, notes
from rechroma.errors import UnreadableImage
from rechroma.image.profile import srgb_profile
from rechroma.types import ColorizeOptions

GRAY = scene(45, 70)
RGB = np.dstack([GRAY, np.roll(GRAY, 3, 1), 255 - GRAY])
FILES = {
    "gray": encoded(GRAY, "JPEG", quality=92),
    "gray progressive": encoded(GRAY, "JPEG", quality=92, progressive=True),
    "gray with restarts": encoded(GRAY, "JPEG", quality=92, restart_marker_rows=1),
    "color": encoded(RGB, "JPEG", quality=92),
    "cmyk": encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=92),
}
APP0, APP1, APP2, APP11, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE
BESIDE: dict[str, tuple[int, bytes, bytes]] = {
    "JFIF": (APP0, b"JFIF\x00", b"\x01\x01\x01\x01\x2c\x01\x2c\x00\x00"),
    "JFXX": (APP0, b"JFXX\x00", b"\x13\x02\x02" + bytes(12)),
    "EXIF": (APP1, b"Exif\x00\x00", b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    "XMP": (APP1, b"http://ns.adobe.com/xap/1.0/\x00", b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'),
    "extended XMP": (APP1, b"http://ns.adobe.com/xmp/extension/\x00", bytes(40) + b"<x/>"),
    "ICC": (APP2, b"ICC_PROFILE\x00", b"\x01\x01" + srgb_profile()),
    "MPF": (APP2, b"MPF\x00", b"II*\x00\x08\x00\x00\x00\x01\x00\x01\xb0\x04\x00\x01\x00\x00\x00\x02" + bytes(7)),
    "FlashPix": (APP2, b"FPXR\x00", bytes(20)),
    "JUMBF": (APP11, b"JP\x00\x01", bytes(4) + struct.pack(">I4s", 16, b"jumb") + bytes(8)),
    "Photoshop": (APP13, b"Photoshop 3.0\x00", b"8BIM\x04\x04\x00\x00\x00\x00\x00\x06\x1c\x02\x78\x00\x01A"),
    "Adobe": (APP14, b"Adobe", b"\x00\x64\x00\x00\x00\x00\x01"),
    "comment": (COM, b"", b"a comment"),
    "reserved": (0x05, b"", bytes(6)),
    "of another part of the standard": (0xF3, b"", bytes(6)),
}  # fmt: skip
"""Segments that tell nothing of the samples: marker, name, content."""


def faults(marker: int, name: bytes, content: bytes) -> dict[str, bytes]:
    """Give segments, from their 0xFF on, that have gone wrong each in its way."""
    rng = np.random.default_rng(len(content))
    return {
        "right": segment(marker, name + content),
        "empty": segment(marker, b""),
        "length 0": bytes((0xFF, marker, 0, 0)),
        "one byte": segment(marker, (name + content)[:1]),
        "name without its zero": segment(marker, name[:-1]),
        "name alone": segment(marker, name),
        "one byte of content": segment(marker, name + content[:1]),
        "half": segment(marker, name + content[: len(content) // 2]),
        "twice": 2 * segment(marker, name + content),
        "two that differ": segment(marker, name + content) + segment(marker, name + content[::-1]),
        "huge": segment(marker, (name + content).ljust(65533, b"\x41")),
        "huge, of zeros": segment(marker, name + bytes(65533 - len(name))),
        "other version": segment(marker, name + b"\x63\x09" + content[2:]),
        "random": segment(marker, name + rng.bytes(len(content))),
        "all ones": segment(marker, name + b"\xff" * len(content)),
        "under another marker": segment(marker ^ 0x07, name + content),
    }


def luma_of(data: bytes) -> NDArray[np.int16]:
    opened = Image.open(io.BytesIO(data))
    opened.draft("L", opened.size)
    return np.asarray(opened.convert("L")).astype(np.int16)


def colored(data: bytes, options: ColorizeOptions) -> bytes:
    with notes.collected(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow thinks of the file is not asked
        return rechroma.colorize(data, options)


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize("name", FILES)
def test_segments_beside_the_picture_never_stop_it(name: str, kind: str, options: ColorizeOptions) -> None:
    clean = luma_of(colored(FILES[name], options))
    for fault, bad in faults(*BESIDE[kind]).items():
        if fault == "under another marker" and name == "cmyk" and BESIDE[kind][0] == APP14:
            continue
        result = colored(after_soi(bad)(without(BESIDE[kind][0])(FILES[name])), options)
        assert Image.open(io.BytesIO(result)).mode == "RGB", fault
        if name.startswith("gray"):
            assert np.array_equal(luma_of(result), clean), fault
        elif name == "color" and kind not in {"Adobe", "JFIF"}:  # which tell what the components are
            assert np.abs(luma_of(result) - clean).mean() < 0.5, fault


def halved(raw: bytes) -> bytes:
    body = raw[4:]
    return segment(raw[1], body[: len(body) // 2])


STRUCTURE: dict[str, int] = {"DQT": 0xDB, "DHT": 0xC4, "SOF": 0xC0, "SOS": 0xDA, "DRI": 0xDD, "EOI": 0xD9}
DAMAGES: dict[str, Any] = {
    "missing": lambda raw: b"",
    "empty": lambda raw: segment(raw[1], b""),
    "short": halved,
    "twice": lambda raw: 2 * raw,
    "huge": lambda raw: segment(raw[1], raw[4:].ljust(65533, b"\x41")),
    "all ones": lambda raw: raw[:4] + b"\xff" * len(raw[4:]),
    "all zeros": lambda raw: raw[:4] + bytes(len(raw[4:])),
    "length 0": lambda raw: raw[:2] + b"\x00\x00" + raw[4:],
    "twice, the second all ones": lambda raw: raw + raw[:4] + b"\xff" * len(raw[4:]),
}


@pytest.mark.parametrize("kind", STRUCTURE)
@pytest.mark.parametrize("name", FILES)
def test_segments_of_the_picture_are_read_or_refused_by_name(
    name: str, kind: str, options: ColorizeOptions
) -> None:
    marker = STRUCTURE[kind]
    if "progressive" in name and kind == "SOF":
        marker = 0xC2
    for fault, damage in DAMAGES.items():
        try:
            result = colored(with_each(marker, damage)(FILES[name]), options)
        except UnreadableImage:
            continue
        assert Image.open(io.BytesIO(result)).mode == "RGB", fault


@pytest.mark.parametrize("marker", [*range(0xC0, 0xFF), 0x01, 0x02, 0x05, 0xBF])
def test_a_segment_of_any_marker_may_come_in_between(marker: int, options: ColorizeOptions) -> None:
    for body in (b"", bytes(8), b"\x11\x22\x33\x44"):
        with_it = before_scan(segment(marker, body))(FILES["gray"])
        try:
            result = colored(with_it, options)
        except UnreadableImage:
            continue
        assert Image.open(io.BytesIO(result)).mode == "RGB"


@pytest.mark.parametrize(
    "junk", [bytes(5), b"\x12\x34", b"\xff\x00\xff\x00", b"\xff" * 3 + b"\x00", b"\r\n" * 50]
)
@pytest.mark.parametrize("name", FILES)
def test_stray_bytes_between_segments_are_passed_over_with_a_note(
    name: str, junk: bytes, options: ColorizeOptions
) -> None:
    for change in (after_soi(junk), before_scan(junk), with_each(0xC4, lambda raw: raw + junk)):
        with notes.collected() as told:
            result = rechroma.colorize(change(FILES[name]), options)
        assert any("stray bytes" in note for note in told)
        assert np.array_equal(luma_of(result), luma_of(rechroma.colorize(FILES[name], options)))


def test_fill_bytes_between_segments_are_the_standards_own() -> None:
    with notes.collected() as told:
        image.read(with_each(0xDB, lambda raw: b"\xff" * 9 + raw)(FILES["gray"]))
    assert told == []


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff" * 500_000,
        b"\xff\x00" * 250_000,
        bytes(500_000),
        b"\xff\xd0" * 250_000,
        segment(APP2, b"") * 9000,
    ],
)
def test_long_junk_takes_no_long_time(junk: bytes) -> None:
    with notes.collected():
        assert image.read(after_soi(junk)(FILES["gray"])).size == GRAY.shape


@pytest.mark.parametrize("many", [segment(COM, b""), b"\xff\xfe\x00\x00", segment(0xC4, b"")])
def test_a_file_of_nothing_but_segments_is_refused_soon(many: bytes) -> None:
    with pytest.raises(UnreadableImage, match="more than 20000 segments"):
        image.read(after_soi(many * 2_000_000)(FILES["gray"]))


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [b"\x01"],
        [b"\x01\x01"],
        [b"\x00\x01" + srgb_profile()],
        [b"\x02\x01" + srgb_profile()],
        [b"\x01\x02" + srgb_profile()],
        [b"\x01\x01" + srgb_profile(), b"\x02\x01" + srgb_profile()],
        [b"\x01\x01" + srgb_profile(), b"\x01\x01" + b"other"],
        [b"\x01\x03" + srgb_profile()[:300], b"\x03\x03" + srgb_profile()[300:]],
    ],
)
def test_a_profile_in_wrong_pieces_is_left_out_with_a_note(
    pieces: list[bytes], options: ColorizeOptions
) -> None:
    bad = b"".join(segment(APP2, b"ICC_PROFILE\x00" + piece) for piece in pieces)
    for file in FILES.values():
        with notes.collected() as told:
            rechroma.colorize(after_soi(bad)(file), options)
        assert told == ["the ICC profile is in pieces that do not make a whole, and was left out"]


def test_a_profile_in_pieces_is_whole_in_any_order_and_stored_twice() -> None:
    whole = srgb_profile()
    first, second = (
        segment(APP2, b"ICC_PROFILE\x00" + bytes((number, 2)) + part)
        for number, part in ((1, whole[:700]), (2, whole[700:]))
    )
    for order in (first + second, second + first, first + second + first + second):
        assert jpeg.read_payloads(after_soi(order)(FILES["gray"])).icc == whole


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [20, 128, 200, 400])
def test_a_useless_profile_is_left_out_with_a_note(name: str, size: int, options: ColorizeOptions) -> None:
    space = {"cmyk": b"CMYK", "color": b"RGB "}.get(name, b"GRAY")
    useless = (bytes(16) + space + b"XYZ " + bytes(12) + b"acsp").ljust(size, b"\x00")[:size]
    several = after_soi(
        segment(APP2, b"ICC_PROFILE\x00\x01\x01" + useless),
        segment(*BESIDE["MPF"][:1], b"MPF\x00" + BESIDE["MPF"][2]),
    )
    with notes.collected() as told:
        result = rechroma.colorize(several(FILES[name]) + FILES[name], options)
    assert any("profile is unusable" in note for note in told)
    assert any("the first is taken" in note for note in told)
    assert luma_of(result).shape == GRAY.shape


def test_of_several_pictures_in_a_jpeg_the_first_is_taken_with_a_note() -> None:
    out = io.BytesIO()
    Image.fromarray(RGB).save(out, "MPO", save_all=True, append_images=[Image.fromarray(RGB[::-1].copy())])
    with pytest.warns(UserWarning, match="more than one picture; the first is taken"):
        picture = image.read(out.getvalue())
    assert np.abs(image.luma(picture).astype(int) - luma_of(FILES["color"])).mean() < 2


def test_a_film_behind_a_jpeg_is_left_out_with_a_note() -> None:
    with pytest.warns(UserWarning, match="5000 bytes after the end"):
        image.read(FILES["gray"] + b"ftypmp42".ljust(5000, b"\x01"))
    assert image.read(FILES["gray"] + b"\r\n").size == GRAY.shape


def test_all_comments_come_along(options: ColorizeOptions) -> None:
    for file in FILES.values():
        given = after_soi(segment(COM, b"first"), segment(COM, b""), segment(COM, b"\xe9t\xe9"))(file)
        assert jpeg.read_payloads(rechroma.colorize(given, options)).comments == (b"first", b"\xe9t\xe9")


def test_iptc_may_be_spread_over_segments() -> None:
    whole = BESIDE["Photoshop"][2]
    parts = [segment(APP13, b"Photoshop 3.0\x00" + part) for part in (whole[:9], whole[9:])]
    assert jpeg.read_payloads(after_soi(*parts)(FILES["gray"])).iptc == b"\x1c\x02\x78\x00\x01A"


@pytest.mark.parametrize("kind", ["JFIF", "JFXX"])
def test_thumbnails_of_the_gray_picture_do_not_stay(kind: str, options: ColorizeOptions) -> None:
    marker, name, content = BESIDE[kind]
    thumbnail = content[:-2] + b"\x02\x02" + b"gray" * 3
    given = after_soi(segment(marker, name + thumbnail))(FILES["gray"])
    assert b"graygray" not in rechroma.colorize(given, options)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("gray")])
def test_a_height_that_comes_after_the_scan_is_read(name: str, options: ColorizeOptions) -> None:
    data = with_each(0xC2 if "progressive" in name else 0xC0, lambda raw: raw[:5] + b"\x00\x00" + raw[7:])(
        FILES[name]
    )
    with pytest.raises(UnreadableImage, match="height"):
        image.read(data)
    scan = next(seg.end for seg in jpeg.segments(data) if seg.marker == 0xDA)
    told = data[:scan] + segment(0xDC, struct.pack(">H", 45)) + data[scan:]
    assert np.array_equal(luma_of(rechroma.colorize(told, options)).shape, GRAY.shape)
    assert np.array_equal(image.luma(image.read(told)), luma_of(FILES[name]))
