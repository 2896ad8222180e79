"""PNM of every kind gives the stored samples, and none takes long, whatever stands in it."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from rechroma import image
from rechroma.errors import TooLarge, UnreadableImage
from stored import DEEP, DEEP_RGB, GRAY, RGB

BITS = (GRAY > 128).astype(np.uint8)


def plain(kind: int, samples: NDArray[np.integer], top: int) -> bytes:
    """Give a plain PNM with a comment in every row."""
    rows = "\n".join(" ".join(map(str, row.reshape(-1))) + " # 12 and more" for row in samples)
    return f"P{kind} # plain\n{samples.shape[1]} {samples.shape[0]}\n{top}\n{rows}\n".encode("ascii")


def binary(kind: int, samples: NDArray[np.integer], top: int) -> bytes:
    head = f"P{kind}\n# binary\r{samples.shape[1]} {samples.shape[0]}\n{top}\n".encode("ascii")
    return head + samples.astype(">u2" if top > 255 else "u1").tobytes()


@pytest.mark.parametrize("make", [plain, binary])
@pytest.mark.parametrize("top", [1, 15, 100, 255, 256, 1023, 4095, 65535])
@pytest.mark.parametrize("colors", [False, True])
def test_every_largest_value_is_spread_over_the_whole_range(make: object, top: int, *, colors: bool) -> None:
    stored = (DEEP_RGB if colors else DEEP).astype(np.int64) * top // 65535
    kind = (2 if make is plain else 5) + colors
    samples = image.read((plain if make is plain else binary)(kind, stored, top)).samples
    assert samples is not None
    assert samples.dtype == (np.uint8 if top < 256 else np.uint16)
    assert (
        np.abs(samples / np.iinfo(samples.dtype).max - stored / top).max()
        <= 0.501 / np.iinfo(samples.dtype).max
    )


def test_bitmaps_are_read_with_and_without_spaces() -> None:
    shape = b"53 37\n"
    text = "\n".join("".join(map(str, row)) for row in BITS).encode("ascii")
    for data in (
        b"P1 " + shape + text,
        b"P1 " + shape + b" ".join(bytes([each]) for each in text),
        b"P4 " + shape + np.packbits(BITS, axis=1).tobytes(),
    ):
        assert np.array_equal(image.read(data).samples, (1 - BITS) * 255)


@pytest.mark.parametrize("kind", range(1, 7))
def test_a_truncated_or_wrong_pnm_is_refused(kind: int) -> None:
    top = b"" if kind in {1, 4} else b" 255"
    for rest in (b"\n", b"\n1 1 1", b"\n1 2 3 x 99999999"):
        with pytest.raises(UnreadableImage, match=r"PNM is (truncated|damaged)"):
            image.read(b"P%d 100 100%s%s" % (kind, top, rest))
    with pytest.raises(TooLarge):
        image.read(b"P%d 100000 100000%s\n" % (kind, top))
    if top:
        with pytest.raises(UnreadableImage, match="damaged"):
            image.read(b"P%d 1 1 0\n1 1 1" % kind)


@pytest.mark.parametrize(
    "data",
    [b"P6" + b" " * 100_000, b"P6" + b"#\n" * 50_000, b"P6" + b"#" * 100_000, b"P6 " + b"1" * 100_000]
    + [
        b"P6 1 1 " + b"9" * 5000 + b" ",
        b"P6 " + b"1 #" * 30_000,
        b"P5" + b" " * 100_000,
        b"P3 1 #" + b" " * 10**5,
    ]
    + [b"P3 2 2 255 " + part * 100_000 for part in (b" ", b"#\n", b"#", b"1")]
    + [b"P1 999 999 " + b"#\n" * 200_000],
)
def test_neither_header_nor_comments_take_long(data: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(UnreadableImage):
        image.read(data + b"x")
    assert time.perf_counter() - start < 2


def test_eight_bit_files_of_other_programs_are_as_they_were() -> None:
    assert np.array_equal(image.read(binary(5, GRAY, 255)).samples, GRAY)
    assert np.array_equal(image.read(binary(6, RGB, 255)).samples, RGB)
