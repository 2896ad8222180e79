"""TIFF of every layout, depth, codec and kind gives the samples that were stored, without imagecodecs."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from conftest import encoded
from rechroma import image
from rechroma.errors import MissingExtra, TooLarge, UnreadableImage
from rechroma.image import exif, profile, tiff
from stored import DEEP, DEEP_ALPHA, DEEP_RGB, GRAY, RGB, expected_lightness, tiff_of

LAYOUTS: dict[str, dict[str, Any]] = {
    "one strip": {},
    "strips": {"rowsperstrip": 5},
    "tiles": {"tile": (16, 32)},
    "predictor": {"rowsperstrip": 8, "predictor": True},
}


def built(data: bytes, shape: tuple[int, int], *, bits: int, order: str = "<", **more: int) -> bytes:
    """Give a TIFF of one strip of gray; `more` are tags by their number, as t262=3."""
    tags = {
        256: shape[1],
        257: shape[0],
        258: bits,
        259: 1,
        262: 1,
        273: 8,
        277: 1,
        278: shape[0],
        279: len(data),
    }
    tags |= {int(name[1:]): value for name, value in more.items()}
    entries = {tag: exif.Entry(tag, 4, 1, struct.pack(f"{order}I", value)) for tag, value in tags.items()}
    data += bytes(len(data) % 2)
    head = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8 + len(data))
    return head + data + exif.pack_directory(entries, 8 + len(data), order)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make imagecodecs missing for the reader, as in a plain install."""
    monkeypatch.setattr(tiff.importlib.util, "find_spec", lambda _: None)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("codec", [None, "lzw", "zlib", "packbits", "zstd", "lzma"])
def test_every_lossless_codec_and_layout_gives_the_stored_samples(codec: str | None, layout: str) -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs, which writes the test files, is not installed")
    how = LAYOUTS[layout]
    if codec is None and "predictor" in how:
        pytest.skip("nothing to predict without a codec")
    for samples in (GRAY, RGB, DEEP, DEEP_RGB):
        kind = "rgb" if samples.ndim == 3 else "minisblack"
        data = tiff_of(samples, photometric=kind, compression=codec, **how)
        assert np.array_equal(image.read(data).samples, samples)
        if samples.ndim == 3:
            planes = tiff_of(
                np.moveaxis(samples, 2, 0),
                photometric="rgb",
                planarconfig="separate",
                compression=codec,
                **how,
            )
            assert np.array_equal(image.read(planes).samples, samples)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [*range(1, 18), 20, 24, 31, 32])
def test_every_depth_is_spread_over_the_whole_range(bits: int, order: str) -> None:
    values = np.linspace(0, (1 << bits) - 1, 11 * 13).astype(np.uint64).reshape(11, 13)
    if bits in {16, 32}:
        data = values.astype(f"{order}u{bits // 8}").tobytes()
    else:
        each = (values[..., None] >> np.arange(bits)[::-1].astype(np.uint64) & 1).astype(np.uint8)
        data = np.packbits(each.reshape(11, -1), axis=1).tobytes()
        if bits == 24 and order == "<":
            data = np.frombuffer(data, np.uint8).reshape(-1, 3)[:, ::-1].tobytes()
    samples = image.read(built(data, (11, 13), bits=bits, order=order)).samples
    assert samples is not None
    assert samples.dtype == (np.uint8 if bits <= 8 else np.uint16)
    top = np.iinfo(samples.dtype).max
    assert np.abs(samples / top - values / ((1 << bits) - 1)).max() < 1.01 / top


def test_a_wrong_count_of_bytes_that_are_not_packed_does_no_harm() -> None:
    assert np.array_equal(image.read(built(GRAY.tobytes(), GRAY.shape, bits=8, t279=7)).samples, GRAY)


def test_bits_in_the_opposite_order_are_turned_round() -> None:
    turned = bytes(int(f"{value:08b}"[::-1], 2) for value in GRAY.tobytes())
    assert np.array_equal(image.read(built(turned, GRAY.shape, bits=8, t266=2)).samples, GRAY)


def test_the_floats_of_photoshop_with_its_predictor_are_read() -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs, which writes the test files, is not installed")
    for dtype in (np.float32, np.float64, np.float16):
        data = tiff_of((DEEP_RGB / 65535).astype(dtype), photometric="rgb", compression="zlib", predictor=3)
        found = image.read(data).samples
        assert np.abs(found.astype(int) - DEEP_RGB).max() <= (32 if dtype is np.float16 else 1)


@pytest.mark.usefixtures("plain")
def test_what_needs_imagecodecs_names_the_extra(plain: None) -> None:
    for codec, name in ((34887, "LERC"), (50002, "JPEGXL"), (34712, "JPEG2000")):
        with pytest.raises(MissingExtra, match=rf"{name}.*rechroma\[tiff\]"):
            image.read(built(bytes(200), (10, 20), bits=8, t259=codec))
    with pytest.raises(MissingExtra, match=r"JPEG, 12 bits.*rechroma\[tiff\]"):
        image.read(built(bytes(200), (10, 20), bits=12, t259=7))


def test_with_imagecodecs_the_rest_is_read() -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    for samples in (DEEP, DEEP_RGB):
        kind = "rgb" if samples.ndim == 3 else "minisblack"
        for codec in ("lerc", "jpegxl"):
            data = tiff_of(
                samples,
                photometric=kind,
                compression=codec,
                compressionargs={"level": 0} if codec == "lerc" else {"lossless": True},
            )
            assert np.array_equal(image.read(data).samples, samples)


@pytest.mark.parametrize(
    ("kind", "tags"),
    [
        ("complex", {"t339": 6}),
        ("predictor", {"t317": 7}),
        ("kind", {"t262": 32845}),
    ],
)
def test_what_is_no_picture_says_what_it_is(kind: str, tags: dict[str, int]) -> None:
    with pytest.raises(UnreadableImage, match=r"TIFF.*(accepted|predictor|LOGLUV)"):
        image.read(built(GRAY.tobytes() * 2, GRAY.shape, bits=16, **tags))


# ── floats ──


def floats(samples: NDArray[Any], **how: Any) -> bytes:
    return tiff_of(
        samples.astype(np.float32), photometric="rgb" if samples.ndim == 3 else "minisblack", **how
    )


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_a_little_overshoot_is_clipped_with_a_note(white: float) -> None:
    samples = DEEP / 65535 * white
    samples[0, 0], samples[0, 1] = 1.0005 * white, -0.01 * white
    with pytest.warns(UserWarning, match=r"2 of 1961 samples lie outside .* clipped.*tiffset -s 341"):
        found = image.read(floats(samples)).samples
    assert found is not None
    assert (found[0, 0], found[0, 1]) == (65535, 0)
    assert np.abs(found.astype(int) - DEEP)[1:].max() <= 1


def test_a_single_wild_or_missing_sample_changes_nothing_else() -> None:
    for wild in (3e38, np.inf, np.nan):
        samples = DEEP / 65535
        samples[3, 3] = wild
        with pytest.warns(UserWarning, match="samples"):
            found = image.read(floats(samples)).samples
        assert np.abs(found.astype(int) - DEEP)[4:].max() <= 1


@pytest.mark.parametrize(("low", "high"), [(0, 12), (0, 4095), (0, 1e6), (-1, 1), (np.nan, np.nan)])
def test_an_unclear_range_is_refused_with_what_to_type(low: float, high: float) -> None:
    with pytest.raises(UnreadableImage, match=r"range .* not clear.*tiffset -s 341"):
        image.read(floats(low + DEEP / 65535 * (high - low)))


@pytest.mark.parametrize(("low", "high"), [(0.0, 12.0), (0.0, 4095.0), (-1.0, 1.0), (0.0, 0.25)])
def test_a_stated_range_is_believed(low: float, high: float) -> None:
    tags = [(tag, 11, 1, value, True) for tag, value in ((340, low), (341, high))]
    samples = low + DEEP / 65535 * (high - low)
    found = image.read(floats(samples, extratags=tags if low else tags[1:])).samples
    assert found is not None
    assert np.abs(found.astype(int) - DEEP).max() <= 1
    found = image.read(
        floats(
            np.repeat(samples[..., None], 3, 2),
            extratags=[(341, 11, 3, (high,) * 3, True), (340, 11, 3, (low,) * 3, True)],
        )
    ).samples
    assert np.abs(found[..., 1].astype(int) - DEEP).max() <= 1


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_signed_samples_are_spread_over_the_range_of_their_type(dtype: Any) -> None:
    bits = 8 * np.dtype(dtype).itemsize
    whole = DEEP.astype(np.int64) * ((1 << bits) - 1) // 65535 - (1 << bits - 1)
    whole[0, :2] = -(1 << bits - 1), (1 << bits - 1) - 1
    for codec in (None, "zlib"):
        found = image.read(tiff_of(whole.astype(dtype), photometric="minisblack", compression=codec)).samples
        assert found is not None
        assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
        top = np.iinfo(found.dtype).max
        assert np.abs(found[1:] / top - DEEP[1:] / 65535).max() < 2 / top


def test_unsigned_samples_that_are_called_signed_are_taken_for_what_they_are() -> None:
    for samples in (GRAY, DEEP):
        data = tiff_of(samples.view(f"i{samples.dtype.itemsize}"), photometric="minisblack")
        with pytest.warns(UserWarning, match="taken as unsigned"):
            assert np.array_equal(image.read(data).samples, samples)


def test_signed_samples_without_negative_ones_are_judged_as_floats_are() -> None:
    for values, dtype in ((GRAY, np.int16), (GRAY, np.int32), (DEEP, np.int32), (DEEP // 2, np.int16)):
        found = image.read(tiff_of(values.astype(dtype), photometric="minisblack")).samples
        assert (
            np.abs(found / 65535 - values / (255 if values is GRAY else 65535 >> (dtype is np.int16))).max()
            < 2e-5
        )
    with pytest.raises(UnreadableImage, match=r"range .* not clear.*tiffset -s 341"):
        image.read(tiff_of((DEEP // 16).astype(np.int16), photometric="minisblack"))


# ── kinds ──


def test_a_palette_of_8_bit_values_is_not_black() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint16), (3, 1))
    for colors in (ramp, ramp * 257):
        found = image.read(tiff_of(GRAY, photometric="palette", colormap=colors)).samples
        assert np.array_equal(found, np.repeat(GRAY[..., None], 3, 2))


def test_palettes_of_few_bits_are_read() -> None:
    colors = np.array([0, 20000, 40000, 65535] * 3, "<u2").tobytes()
    indices = np.arange(4 * 8, dtype=np.uint8).reshape(4, 8) % 4
    packed = np.packbits(np.unpackbits(indices[..., None], axis=2)[..., 6:].reshape(4, -1), axis=1).tobytes()
    data = built(packed + colors, (4, 8), bits=2, t262=3, t279=len(packed))
    row = data.index(struct.pack("<HH", 279, 4)) + 12  # the color map's tag goes behind the others
    entry = struct.pack("<HHII", 320, 3, 12, 8 + len(packed))
    data = data[:row] + entry + data[row:]
    at = struct.unpack_from("<I", data, 4)[0]
    data = data[:at] + struct.pack("<H", struct.unpack_from("<H", data, at)[0] + 1) + data[at + 2 :]
    found = image.read(data).samples
    assert np.array_equal(found[..., 0], np.array([0, 78, 156, 255])[indices])


def test_cielab_keeps_its_lightness_in_8_and_in_16_bits() -> None:
    for dtype, kind, a in ((np.uint8, "cielab", 0), (np.uint16, "cielab", 0), (np.uint16, "icclab", 0x8000)):
        top = np.iinfo(dtype).max
        white = 0xFF00 if kind == "icclab" else top
        lightness = np.round(DEEP / 65535 * white).astype(dtype)
        lab = np.dstack([lightness, np.full_like(lightness, a), np.full_like(lightness, a)])
        picture = image.read(tiff_of(lab, photometric=kind))
        assert picture.bits == 8 * np.dtype(dtype).itemsize
        assert np.abs(image.lightness(picture) - lightness * (100 / white)).max() < (
            0.3 if top == 255 else 0.01
        )


def test_cmyk_of_16_bits_keeps_them() -> None:
    shallow = np.dstack([RGB, GRAY // 3])
    picture = image.read(tiff_of(shallow.astype(np.uint16) * 257, photometric="separated"))
    assert picture.bits == 16
    other = image.read(tiff_of(shallow, photometric="separated"))
    assert np.abs(image.lightness(picture) - image.lightness(other)).max() < 0.6


@pytest.mark.parametrize("by", [(1, 1), (2, 1), (2, 2), (4, 2), (1, 2)])
@pytest.mark.parametrize("limited", [False, True])
def test_ycbcr_that_no_jpeg_codec_packed_is_read(by: tuple[int, int], *, limited: bool) -> None:
    across, down = by
    rows, columns = -(-37 // down), -(-53 // across)
    luma = np.pad(GRAY, ((0, rows * down - 37), (0, columns * across - 53)), mode="edge")
    if limited:
        luma = np.round(16 + luma * (219 / 255)).astype(np.uint8)
    squares = luma.reshape(rows, down, columns, across).transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    data = np.concatenate([squares, np.full((rows, columns, 2), 128, np.uint8)], axis=2).tobytes()
    reference = [(532, 3, 6, (16, 235, 128, 240, 128, 240), True)] if limited else []
    how: dict[str, Any] = {"photometric": "minisblack", "rowsperstrip": 64}
    file = tiff_of(GRAY, **how, extratags=[(530, 3, 2, by, True), *reference])
    tags = {tag.code: tag for tag in tifffile.TiffFile(io.BytesIO(file)).pages.first.tags}
    changed = bytearray(file)
    for tag, value in ((262, 6), (277, 3), (273, len(file)), (279, len(data))):
        struct.pack_into("<H" if tags[tag].dtype == 3 else "<I", changed, tags[tag].valueoffset, value)
    picture = image.read(bytes(changed) + data)
    assert picture.samples is not None
    assert np.abs(picture.samples.astype(int) - GRAY[..., None]).max() <= (2 if limited else 1)


def test_where_the_kind_is_missing_the_channels_tell_it() -> None:
    for samples, kind in ((GRAY, "minisblack"), (RGB, "rgb")):
        file = tiff_of(samples, photometric=kind)
        tag = tifffile.TiffFile(io.BytesIO(file)).pages.first.tags[262]
        changed = file[: tag.offset] + struct.pack("<H", 263) + file[tag.offset + 2 :]
        assert np.array_equal(image.read(changed).samples, samples)


@pytest.mark.parametrize("depth", [1, 257])
@pytest.mark.parametrize("kind", ["straight", "premultiplied", "of no meaning"])
def test_a_fourth_channel_is_alpha_where_the_tags_say_so(kind: str, depth: int) -> None:
    alpha = np.maximum(DEEP_ALPHA // 257, 24)
    colors = np.round(RGB * (alpha[..., None] / 255)) if kind == "premultiplied" else RGB
    stored = (np.dstack([colors, alpha]) * depth).astype(np.uint8 if depth == 1 else np.uint16)
    extra = {"straight": 2, "premultiplied": 1}.get(kind, 0)
    picture = image.read(tiff_of(stored, photometric="rgb", extrasamples=[extra]))
    assert np.abs(picture.samples / depth - RGB).max() <= (8 if kind == "premultiplied" else 0)
    assert (picture.alpha is None) == (kind == "of no meaning")


# ── pages, tags, limits ──


def test_the_picture_is_taken_and_not_its_thumbnail() -> None:
    small = RGB[::4, ::4]
    for big in (False, True):
        file = io.BytesIO()
        with tifffile.TiffWriter(file, bigtiff=big) as out:
            out.write(small, subifds=1, subfiletype=1, photometric="rgb", metadata=None, description="old")
            out.write(RGB, photometric="rgb", metadata=None)
        picture = image.read(file.getvalue())
        assert np.array_equal(picture.samples, RGB)
        assert b"old\x00" in picture.metadata.exif
    for compression in (None, "jpeg"):
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as out:
            out.write(small, subfiletype=1, photometric="rgb", metadata=None)
            out.write(RGB, photometric="rgb", metadata=None, compression=compression)
        assert image.read(file.getvalue()).size == RGB.shape[:2]


def test_thumbnails_are_no_pages() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        out.write(RGB, photometric="rgb", metadata=None)
        out.write(RGB[::2, ::2], subfiletype=1, photometric="rgb", metadata=None)
    assert np.array_equal(image.read(file.getvalue()).samples, RGB)  # and no warning


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_bigtiff_keeps_the_tags_and_the_profile_of_a_classic_one(order: str) -> None:
    how: dict[str, Any] = {
        "resolution": (600, 300),
        "resolutionunit": "INCH",
        "description": "Grandmother",
        "datetime": "1931:05:06 00:00:00",
        "iccprofile": profile.srgb_profile(),
        "byteorder": order,
        "extratags": [(700, 1, 12, b"<x:xmpmeta/>", True), (33723, 7, 6, b"\x1c\x02\x78\x00\x01a", True)],
    }
    classic, big = (
        image.read(tiff_of(DEEP, photometric="minisblack", bigtiff=big, **how)) for big in (False, True)
    )
    assert big.metadata == classic.metadata
    assert big.metadata.dpi == (600, 300)
    assert np.array_equal(big.samples, classic.samples)
    assert exif.parse(big.metadata.exif).main[270].value == b"Grandmother\x00"


def test_without_a_resolution_the_result_has_none() -> None:
    for samples in (GRAY, DEEP):
        picture = image.read(encoded(Image.fromarray(samples), "TIFF"))
        assert picture.metadata.dpi is None
        rgb = np.repeat(picture.samples[..., None], 3, 2)
        with tifffile.TiffFile(io.BytesIO(image.encode_rgb(picture, rgb, "tiff"))) as result:
            assert result.pages.first.tags[296].value == 1


@pytest.mark.parametrize("resolution", [(0, 0), (300, 0), (0, 1)])
def test_a_resolution_that_is_no_number_counts_as_none(resolution: tuple[int, int]) -> None:
    for data in (
        tiff_of(GRAY, photometric="minisblack", resolution=(300, 300), resolutionunit="INCH"),
        encoded(GRAY, "TIFF", compression="jpeg", dpi=(300, 300)),
    ):
        changed = bytearray(data)
        for tag in (282, 283):
            at = tifffile.TiffFile(io.BytesIO(data)).pages.first.tags[tag].valueoffset
            struct.pack_into("<II", changed, at, *resolution)
        assert image.read(bytes(changed)).metadata.dpi is None


def test_a_limit_counts_channels_and_bytes() -> None:
    with pytest.raises(UnreadableImage, match="1000 channels"):
        image.read(built(bytes(1000), (10, 10), bits=8, t277=1000))
    data = built(bytes(1000), (400, 500), bits=64, t277=3)
    with pytest.raises(TooLarge, match=r"500x400 pixels of 24 bytes.*max_megapixels"):
        image.read(data, max_megapixels=0.3)
    tiles = tiff_of(GRAY, photometric="minisblack", tile=(2048, 2048))
    with pytest.raises(TooLarge, match="max_megapixels"):
        image.read(tiles, max_megapixels=0.01)


def test_lightness_of_a_deep_color_tiff_is_exact() -> None:
    picture = image.read(tiff_of(DEEP_RGB, photometric="rgb", compression="zlib"))
    assert np.abs(image.lightness(picture) - expected_lightness(DEEP_RGB)).max() < 0.005
