"""JPEGs of every sampling, depth, coding and number of scans are read, or refused by name."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import rechroma
from conftest import encoded
from jpegs import after_soi, segment
from rechroma import image, jpeg
from rechroma.errors import UnreadableImage
from rechroma.image import jpeg_samples
from rechroma.types import ColorizeOptions
from test_jpeg_oddities import APP1, BESIDE, FILES, GRAY, RGB, luma_of

SAMPLINGS = [
    "4x2",
    "2x4",
    "4x1",
    "1x4",
    "2x2,1x2,2x1",
    "1x1,2x2,1x1",
    "3x1",
    "1x1,1x1,2x1",
    "2x2,2x1,2x1",
    "1x2",
]


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_any_legal_sampling_is_read(sampling: str, options: ColorizeOptions) -> None:
    data = sampled(sampling)
    truth = luma_of(data)
    for shrink in (1, 2, 4, 8):
        luma = image.luma(image.read(data), shrink=shrink)
        assert luma.shape == (-(-45 // shrink), -(-70 // shrink))
        assert abs(float(luma.mean()) - truth.mean()) < 3
    assert np.abs(luma_of(rechroma.colorize(data, options)) - truth).mean() < 1.5


def sampled(sampling: str) -> bytes:
    """Give a color JPEG whose components have these sampling factors, each a flat color in its blocks."""
    factors = [tuple(map(int, one.split("x"))) for one in sampling.split(",")]
    factors += [(1, 1)] * (3 - len(factors))
    wide, tall = (max(factor[axis] for factor in factors) for axis in (0, 1))
    planes = [GRAY, np.full_like(GRAY, 110), np.full_like(GRAY, 150)]
    scans, frame = [], b""
    for number, ((across, down), plane) in enumerate(zip(factors, planes, strict=True), start=1):
        width, height = -(-70 * across // wide), -(-45 * down // tall)
        small = Image.fromarray(plane).resize((width, height), Image.Resampling.BOX)
        own = encoded(small, "JPEG", quality=92)
        frame += bytes((number, across << 4 | down, 0))
        scans += [
            own[seg.start : seg.payload + 1] + bytes([number]) + own[seg.payload + 2 : seg.end]
            for seg in jpeg.segments(own)
            if seg.marker == 0xDA
        ]
    tables = b"".join(own[seg.start : seg.end] for seg in jpeg.segments(own) if seg.marker in {0xDB, 0xC4})
    head = segment(0xC0, struct.pack(">BHHB", 8, 45, 70, 3) + frame)
    return b"".join(
        (
            b"\xff\xd8",
            segment(*BESIDE["JFIF"][:1], BESIDE["JFIF"][1] + BESIDE["JFIF"][2]),
            tables,
            head,
            *scans,
            b"\xff\xd9",
        )
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("colors", [1, 3])
def test_depths_and_lossless_coding_are_read_or_refused_by_name(
    bits: int, lossless: bool, colors: int, options: ColorizeOptions
) -> None:
    imagecodecs = pytest.importorskip(
        "imagecodecs", reason="imagecodecs, which writes the test file, is not installed"
    )
    if bits == 16 and not lossless:
        return  # there is no such file
    samples = (GRAY if colors == 1 else RGB).astype(np.uint32) * ((1 << bits) - 1) // 255
    data = imagecodecs.jpeg_encode(
        samples.astype(np.uint8 if bits == 8 else np.uint16), level=98, bitspersample=bits, lossless=lossless
    )
    if bits == 16 or (bits == 12 and colors == 3):
        with pytest.raises(
            UnreadableImage, match=f"{bits} bits a sample.*accepted: 8 bits, or 12 bits of gray"
        ):
            image.read(data)
        return
    picture = image.read(data)
    assert picture.bits == (8 if bits == 8 else 16)
    assert (image.lossless_obstacle(picture) is None) == (bits == 8 and not lossless and colors == 1)
    truth = image.lightness(image.read(GRAY if colors == 1 else RGB))
    assert np.abs(image.lightness(picture) - truth).mean() < (0.2 if lossless else 0.6)
    for shrink in (1, 2, 4, 8):
        assert image.luma(picture, shrink=shrink).shape == (-(-45 // shrink), -(-70 // shrink))
    assert image.small_lightness(picture, (5, 7)).shape == (5, 7)
    result = rechroma.colorize(data, options)
    assert np.abs(luma_of(result) - image.luma(picture)).mean() < 1


def test_12_bits_keep_their_steps_and_their_orientation() -> None:
    imagecodecs = pytest.importorskip(
        "imagecodecs", reason="imagecodecs, which writes the test file, is not installed"
    )
    ramp = np.tile(np.arange(0, 4096, 64, np.uint16) + 7, (32, 1))
    data = imagecodecs.jpeg_encode(ramp, bitspersample=12, lossless=True)
    turned = Image.Exif()
    turned[274] = 6
    picture = image.read(after_soi(segment(APP1, turned.tobytes()))(data))
    assert picture.samples is not None
    assert np.abs(np.rot90(picture.samples) - ramp * (65535 / 4095)).max() < 1


@pytest.mark.parametrize(("name", "colors"), [("gray progressive", 1), ("color", 3)])
def test_a_jpeg_of_hundreds_of_scans_is_refused_by_their_number(name: str, colors: int) -> None:
    data = FILES[name]
    scans = [data[seg.start : seg.end] for seg in jpeg.segments(data) if seg.marker == 0xDA]
    most = jpeg_samples.MOST_SCANS * colors
    assert len(scans) < most / 3
    for count, refused in ((most, False), (most + 1, True), (900, True)):
        many = data[:-2] + scans[-1] * (count - len(scans)) + data[-2:]
        if refused:
            with pytest.raises(UnreadableImage, match=f"{count} scans; accepted: 32 a component"):
                image.read(many)
        else:
            assert image.read(many).size == GRAY.shape


def test_own_results_have_few_scans() -> None:
    for name, file in FILES.items():
        if not name.startswith("gray"):
            continue
        picture = image.read(file)
        plane = np.full(image.chroma_shape(picture, lossless=True), 128, np.uint8)
        assert jpeg.inspect(image.encode_lossless_jpeg(picture, plane, plane)).scans <= 30


@pytest.mark.filterwarnings("ignore:this JPEG is damaged")
@pytest.mark.parametrize("pixels", [GRAY, RGB], ids=["gray", "color"])
def test_a_reserved_marker_within_a_scan_costs_no_more_than_it_costs_decoders(
    pixels: NDArray[np.uint8], options: ColorizeOptions
) -> None:
    data = bytearray(encoded(pixels, "JPEG", quality=92, restart_marker_blocks=2))
    at = data.index(b"\xff\xd3") + 2
    data[at : at + 4] = b"\xff\x9f\x40\x00"  # as if a segment of 16 KB began there
    truth = luma_of(bytes(data))
    picture = image.read(bytes(data))
    assert np.abs(image.luma(picture).astype(int) - truth).mean() < 0.5
    assert np.abs(luma_of(rechroma.colorize(bytes(data), options)) - truth).mean() < 1.5
