"""JPEG files as bytes: headers, the rule for the lossless way, scans appended, metadata blocks."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import encoded, gray_jpeg, scene
from jpegs import Change, after_soi, segment, without
from rechroma import jpeg
from rechroma.errors import UnreadableImage


def frame_at(data: bytes) -> int:
    """Give the offset of the frame header's payload."""
    return next(seg.payload for seg in jpeg.segments(data) if seg.marker in {0xC0, 0xC1, 0xC2})


def frame_with(offset: int, value: bytes) -> Change:
    def change(data: bytes) -> bytes:
        at = frame_at(data) + offset
        return data[:at] + value + data[at + len(value) :]

    return change


def as_process(marker: int) -> Change:
    def change(data: bytes) -> bytes:
        at = frame_at(data) - 3
        return data[:at] + bytes([marker]) + data[at + 1 :]

    return change


def late_table(data: bytes) -> bytes:
    return data[:-2] + segment(0xDB, bytes([1]) + bytes([9]) * 64) + data[-2:]


def wide_table(data: bytes) -> bytes:
    return after_soi(segment(0xDB, bytes([0x11]) + b"\x00\x09" * 64))(data)


OBSTACLES: dict[str, tuple[Change, str]] = {
    "twelve bits": (frame_with(0, b"\x0c"), "12 bits"),
    "lossless process": (as_process(0xC3), "lossless"),
    "hierarchical": (as_process(0xC5), "hierarchical"),
    "arithmetic coding": (as_process(0xC9), "arithmetic"),
    "arithmetic progressive": (as_process(0xCA), "arithmetic"),
    "height left to DNL": (frame_with(1, b"\x00\x00"), "height"),
    "a DNL segment": (lambda data: data[:-2] + segment(0xDC, b"\x00\x5a") + data[-2:], "height"),
    "subsampled gray": (frame_with(7, b"\x22"), "2x2"),
    "table number 4": (frame_with(8, b"\x04"), "number 4"),
    "a table after the scan": (late_table, "after its first scan"),
    "a 16-bit table": (wide_table, "16-bit"),
    "no Huffman table": (without(0xC4), "no Huffman table"),
    "trailing data": (lambda data: data + b"hello", "5 bytes follow"),
    "a second picture behind": (lambda data: data + data, "follow its end"),
    "three components": (
        lambda data: encoded(Image.open(io.BytesIO(data)).convert("RGB"), "JPEG"),
        "3 components",
    ),
    "four components": (
        lambda data: encoded(Image.open(io.BytesIO(data)).convert("CMYK"), "JPEG"),
        "4 components",
    ),
    "two frames": (
        lambda data: data[:-2] + segment(0xC0, bytes.fromhex("0800010001010111 00")) + data[-2:],
        "2 frames",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_the_rule_names_what_stands_against_the_lossless_way(name: str) -> None:
    change, word = OBSTACLES[name]
    obstacle = jpeg.splice_obstacle(jpeg.inspect(change(gray_jpeg())))
    assert obstacle is not None
    assert word in obstacle


@pytest.mark.parametrize("how", [{}, {"optimize": True}, {"progressive": True}, {"restart_marker_blocks": 5}])
def test_ordinary_gray_files_go_the_lossless_way(how: dict[str, Any]) -> None:
    assert jpeg.splice_obstacle(jpeg.inspect(gray_jpeg(**how))) is None


def test_extended_sequential_files_go_the_lossless_way() -> None:
    extended = as_process(0xC1)(gray_jpeg())
    assert jpeg.inspect(extended).process == "extended"
    assert jpeg.inspect(spliced(extended)).process == "extended"


def test_padding_of_zeros_behind_the_end_is_no_obstacle_and_is_dropped() -> None:
    padded = gray_jpeg() + bytes(2048)
    assert jpeg.splice_obstacle(jpeg.inspect(padded)) is None
    assert spliced(padded) == spliced(gray_jpeg())


def test_inspect_tells_what_the_headers_say() -> None:
    info = jpeg.inspect(gray_jpeg(33, 70, restart_marker_blocks=4))
    assert (info.process, info.precision, info.height, info.width) == ("baseline", 8, 33, 70)
    assert (info.restart_interval, info.frames, info.trailing, info.adobe_transform) == (4, 1, 0, None)
    assert info.components == (jpeg.Component(1, 1, 1, 0),)
    assert jpeg.inspect(gray_jpeg(progressive=True)).process == "progressive"
    color = encoded(Image.fromarray(scene(30, 40)).convert("CMYK"), "JPEG")
    assert jpeg.inspect(color).adobe_transform is not None


def test_a_file_cut_anywhere_is_named_truncated_or_damaged() -> None:
    data = gray_jpeg(24, 24)
    for length in range(len(data)):
        with pytest.raises(UnreadableImage):
            jpeg.inspect(data[:length])


def test_what_is_no_jpeg_is_refused() -> None:
    for data in (
        b"",
        b"\xff",
        b"PNG",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\x00\x00\x00\x00",
        b"\xff\xd8" + bytes(50),
    ):
        with pytest.raises(UnreadableImage):
            jpeg.inspect(data)


def test_random_damage_gives_named_errors_only() -> None:
    rng = np.random.default_rng(7)
    data = np.frombuffer(gray_jpeg(40, 40), np.uint8)
    for _ in range(300):
        damaged = data.copy()
        at = rng.integers(2, len(data), 3)
        damaged[at] = rng.integers(0, 256, 3)
        try:
            info = jpeg.inspect(damaged.tobytes())
            jpeg.read_payloads(damaged.tobytes())
            if jpeg.splice_obstacle(info) is None:
                spliced(damaged.tobytes())
        except (UnreadableImage, ValueError):
            pass


def plane_for(info: jpeg.JpegInfo, value: int, **how: Any) -> bytes:
    shape = jpeg.chroma_shape(info)
    plane = np.full(shape, value, np.uint8)
    return encoded(plane, "JPEG", **({"quality": 90, "progressive": info.process == "progressive"} | how))


def spliced(data: bytes) -> bytes:
    info = jpeg.inspect(data)
    return jpeg.splice(data, plane_for(info, 90), plane_for(info, 160))


def scans(data: bytes) -> list[bytes]:
    return [data[seg.body_end : seg.end] for seg in jpeg.segments(data) if seg.marker == 0xDA]


@pytest.mark.parametrize(
    "how",
    [{}, {"optimize": True}, {"progressive": True}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 2}],
)
@pytest.mark.parametrize("size", [(90, 120), (17, 33), (1, 1), (8, 16)])
def test_the_luma_scans_are_copied_byte_for_byte(how: dict[str, Any], size: tuple[int, int]) -> None:
    gray = gray_jpeg(*size, **how)
    color = spliced(gray)
    own = scans(gray)
    assert scans(color)[: len(own)] == own
    assert len(scans(color)) == 3 * len(own)
    opened = Image.open(io.BytesIO(color))
    opened.draft("YCbCr", opened.size)
    assert np.array_equal(np.asarray(opened)[..., 0], np.asarray(Image.open(io.BytesIO(gray))))
    assert tuple(np.asarray(opened)[0, 0, 1:]) == (90, 160)


def test_all_quantization_tables_stand_before_the_first_scan() -> None:
    for how in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        assert not jpeg.inspect(spliced(gray_jpeg(**how))).late_tables


def test_chroma_is_halved_in_width_or_not_at_all_beside_restart_markers() -> None:
    plain, restarting = (
        jpeg.inspect(gray_jpeg(33, 71)),
        jpeg.inspect(gray_jpeg(33, 71, restart_marker_rows=1)),
    )
    assert (jpeg.chroma_sampling(plain), jpeg.chroma_shape(plain)) == ((2, 1), (33, 36))
    assert (jpeg.chroma_sampling(restarting), jpeg.chroma_shape(restarting)) == ((1, 1), (33, 71))


@pytest.mark.parametrize("number", range(4))
def test_the_chroma_table_never_takes_the_number_of_one_that_is_used(number: int) -> None:
    others = b"".join(bytes([n]) + bytes([200]) * 64 for n in range(4))
    gray = gray_jpeg()
    table = next(gray[seg.payload + 1 : seg.end] for seg in jpeg.segments(gray) if seg.marker == 0xDB)
    gray = after_soi(segment(0xDB, others))(gray)
    at = gray.index(segment(0xDB, b"\x00" + table)) + 4
    gray = frame_with(8, bytes([number]))(gray[:at] + bytes([number]) + gray[at + 1 :])
    opened = Image.open(io.BytesIO(spliced(gray)))
    opened.draft("YCbCr", opened.size)
    assert np.array_equal(np.asarray(opened)[..., 0], np.asarray(Image.open(io.BytesIO(gray_jpeg()))))
    assert tuple(np.asarray(opened)[5, 5, 1:]) == (90, 160)


def test_markers_true_of_gray_only_are_dropped_and_all_else_is_kept() -> None:
    kept = [
        segment(0xFE, b"a comment"),
        segment(0xE5, b"maker"),
        segment(0xE1, b"Exif\x00\x00II*\x00"),
        segment(0xED, b"x"),
    ]
    dropped = [
        segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00"),
        segment(0xE2, b"ICC_PROFILE\x00\x01\x01gray"),
        segment(0xE2, b"MPF\x00 offsets"),
    ]
    color = spliced(after_soi(*kept, *dropped)(gray_jpeg()))
    assert all(part in color for part in kept)
    assert not any(part in color for part in dropped)


def test_restart_markers_of_later_scans_do_not_reach_the_chroma() -> None:
    gray = gray_jpeg(progressive=True, restart_marker_rows=1)
    interval = next(gray[seg.start : seg.end] for seg in jpeg.segments(gray) if seg.marker == 0xDD)
    late = gray.replace(interval, b"", 1)
    scan = late.index(b"\xff\xda")
    late = late[:scan] + interval + late[scan:]
    assert jpeg.inspect(late).restart_interval == jpeg.inspect(gray).restart_interval > 0
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(spliced(late)))), np.asarray(Image.open(io.BytesIO(spliced(gray))))
    )


def test_a_file_without_a_jfif_header_gets_one_first() -> None:
    gray = gray_jpeg()
    bare = gray[:2] + gray[2 + 18 :]
    assert b"JFIF" not in bare
    assert spliced(bare)[2:11] == b"\xff\xe0\x00\x10JFIF\x00"
    assert spliced(gray).count(b"JFIF") == 1


def test_planes_that_do_not_fit_are_refused() -> None:
    gray = gray_jpeg(40, 40)
    info = jpeg.inspect(gray)
    good = plane_for(info, 90)
    wrong_size = encoded(np.zeros((40, 40), np.uint8), "JPEG")
    for bad in (
        wrong_size,
        plane_for(info, 90, progressive=True),
        plane_for(info, 90, quality=40),
        plane_for(info, 90, restart_marker_rows=1),
        encoded(Image.new("RGB", (20, 40)), "JPEG"),
    ):
        with pytest.raises(ValueError, match="plane"):
            jpeg.splice(gray, good, bad)
    with pytest.raises(ValueError, match="components"):
        jpeg.splice(encoded(Image.new("RGB", (40, 40)), "JPEG"), good, good)


def test_payloads_come_back_as_they_were_given() -> None:
    given = jpeg.Payloads(
        exif=b"II*\x00 exif", icc=bytes(range(256)) * 600, xmp=b"<x/>", iptc=b"\x1c\x02\x78\x00\x01A", dpi=(300, 150),
        comments=(b"hello", b"again"),
    )  # fmt: skip
    data = jpeg.with_payloads(gray_jpeg(), given)
    assert jpeg.read_payloads(data) == given
    assert jpeg.with_payloads(data, given) == data
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(data))), np.asarray(Image.open(io.BytesIO(gray_jpeg())))
    )
    pillow = Image.open(io.BytesIO(data)).info
    assert (pillow["icc_profile"], pillow["dpi"], pillow["comment"]) == (given.icc, (300, 150), b"again")


def test_payloads_not_given_stay_and_empty_ones_go() -> None:
    data = jpeg.with_payloads(gray_jpeg(), jpeg.Payloads(exif=b"II*\x00 exif", xmp=b"<x/>"))
    assert jpeg.read_payloads(jpeg.with_payloads(data, jpeg.Payloads(xmp=b""))).exif == b"II*\x00 exif"
    assert jpeg.read_payloads(jpeg.with_payloads(data, jpeg.Payloads(xmp=b""))).xmp is None


def test_density_in_centimeters_is_told_in_inches() -> None:
    data = bytearray(gray_jpeg())
    data[13:18] = struct.pack(">BHH", 2, 100, 200)
    assert jpeg.read_payloads(bytes(data)).dpi == pytest.approx((254, 508))
    data[13:18] = struct.pack(">BHH", 0, 1, 1)
    assert jpeg.read_payloads(bytes(data)).dpi is None


def test_too_long_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        jpeg.with_payloads(gray_jpeg(), jpeg.Payloads(xmp=bytes(70000)))


def test_size_can_be_cut_within_the_last_block() -> None:
    data = jpeg.with_size(gray_jpeg(48, 64), 47, 63)
    whole = np.asarray(Image.open(io.BytesIO(gray_jpeg(48, 64))))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), whole[:47, :63])
