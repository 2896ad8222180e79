"""ICC profiles of gray and RGB pictures are honored on the way in, and an RGB one is written."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from conftest import encoded, scene
from rechroma import color, image
from rechroma.image import png, profile
from stored import tiff_of

GRAY = scene(60, 80)
RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def icc(space: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    """Give a profile of these tags."""
    at = 132 + 12 * len(tags)
    rows = body = b""
    for name, block in tags.items():
        padded = block + bytes(-len(block) % 4)
        rows += name + struct.pack(">II", at + len(body), len(block))
        body += padded
    head = struct.pack(">I4xI4s4s4s", at + len(body), 0x02400000, kind, space, connection)
    head += (
        struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
        + bytes(28)
        + struct.pack(">iii", 63190, 65536, 54061)
    )
    return head.ljust(128, b"\x00") + struct.pack(">I", len(tags)) + rows + body


def xyz(*values: float) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in values))


def gamma(value: float) -> bytes:
    return struct.pack(">4sIIH", b"curv", 0, 1, round(value * 256))


def table(values: NDArray[np.float64]) -> bytes:
    return struct.pack(">4sII", b"curv", 0, len(values)) + np.round(values * 65535).astype(">u2").tobytes()


def parametric(kind: int, *values: float) -> bytes:
    return struct.pack(
        f">4sIHH{len(values)}i", b"para", 0, kind, 0, *(round(value * 65536) for value in values)
    )


def described(tags: dict[bytes, bytes]) -> dict[bytes, bytes]:
    name = b"test\x00"
    text = struct.pack(">4sII", b"desc", 0, len(name)) + name + bytes(78)
    return {b"desc": text, b"wtpt": xyz(0.9642, 1, 0.8249), **tags}


def gray_profile(curve: bytes, connection: bytes = b"XYZ ") -> bytes:
    return icc(b"GRAY", described({b"kTRC": curve}), connection)


def rgb_profile(curve: bytes, columns: tuple[tuple[float, float, float], ...]) -> bytes:
    names = zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    tags = {name: xyz(*column) for name, column in names} | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return icc(b"RGB ", described(tags))


DOT_GAIN = table(np.linspace(0, 1, 256) ** 1.75)
ADOBE = rgb_profile(
    gamma(563 / 256), ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
)
CURVES = {
    "gamma 2.2": (gamma(2.2), lambda x: x ** (563 / 256)),
    "gamma 1": (gamma(1), lambda x: x),
    "identity": (struct.pack(">4sII", b"curv", 0, 0), lambda x: x),
    "dot gain": (DOT_GAIN, lambda x: x**1.75),
    "parametric 0": (parametric(0, 1.8), lambda x: x**1.8),
    "parametric 3": (
        parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
        lambda x: np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92),
    ),
    "parametric 1": (parametric(1, 2, 1.1, -0.1), lambda x: np.maximum(1.1 * x - 0.1, 0) ** 2),
    "parametric 2": (parametric(2, 2, 0.8, 0.1, 0.05), lambda x: (0.8 * x + 0.1) ** 2 + 0.05),
    "parametric 4": (
        parametric(4, 2, 0.9, 0.05, 0.5, 0.2, 0.03, 0.01),
        lambda x: np.where(x >= 0.2, (0.9 * x + 0.05) ** 2 + 0.03, 0.5 * x + 0.01),
    ),
}


def lightness_of(luminance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give L* by its definition (CIE 15:2004)."""
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)


@pytest.mark.parametrize("name", CURVES)
def test_gray_profiles_of_every_curve_are_honored(name: str) -> None:
    curve, function = CURVES[name]
    picture = image.read(encoded(RAMP, "PNG", icc_profile=gray_profile(curve)))
    truth = lightness_of(np.clip(function(RAMP / 255), 0, 1))
    assert np.abs(image.lightness(picture) - truth).max() < 0.05


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_gray_profiles_are_honored_in_every_format_and_depth(kind: str) -> None:
    gray_icc = gray_profile(DOT_GAIN)
    picture = image.read(
        encoded(RAMP, kind, icc_profile=gray_icc, **({"quality": 100} if kind == "JPEG" else {}))
    )
    truth = lightness_of((RAMP / 255) ** 1.75)
    assert np.abs(image.lightness(picture) - truth).max() < (1.5 if kind == "JPEG" else 0.05)
    assert np.abs(image.small_lightness(picture, (16, 16)) - image.lightness(picture)).max() < 0.01
    if kind != "JPEG":
        deep = image.read(encoded(RAMP.astype(np.uint16) * 257, kind, icc_profile=gray_icc))
        assert deep.bits == 16
        assert np.abs(image.lightness(deep) - truth).max() < 0.05


def test_a_gray_profile_connected_by_lightness_is_honored() -> None:
    picture = image.read(encoded(RAMP, "PNG", icc_profile=gray_profile(gamma(1), b"Lab ")))
    assert np.abs(image.lightness(picture) - RAMP / 2.55).max() < 0.01


def test_gray_lightness_agrees_with_littlecms() -> None:
    for curve in (gamma(2.2), DOT_GAIN, CURVES["parametric 3"][0]):
        source = ImageCms.ImageCmsProfile(io.BytesIO(gray_profile(curve)))
        target = ImageCms.createProfile("LAB")
        lab = ImageCms.profileToProfile(
            Image.fromarray(RAMP), source, target, renderingIntent=1, outputMode="LAB"
        )
        assert lab is not None
        seen = np.asarray(lab)[..., 0] / 2.55
        picture = image.read(encoded(RAMP, "PNG", icc_profile=gray_profile(curve)))
        assert np.abs(image.lightness(picture) - seen).max() < 0.6


def test_rgb_profiles_are_honored_at_full_precision() -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    picture = image.read(encoded(rgb, "PNG", icc_profile=ADOBE))
    linear = (rgb / 255) ** (563 / 256)
    truth = lightness_of(linear @ np.array([0.29734, 0.62736, 0.07529]))  # Adobe RGB (1998), section 4.3.5.3
    assert np.abs(image.lightness(picture) - truth).max() < 0.1
    deep = image.read(replace_profile(image.encode_rgb(picture, rgb.astype(np.uint16) * 257, "png"), ADOBE))
    assert np.abs(image.lightness(deep) - truth).max() < 0.1


def replace_profile(data: bytes, icc_profile: bytes) -> bytes:
    from rechroma.image import png

    return png.with_metadata(data, image.Metadata(), icc_profile)


def test_luma_of_another_rgb_space_is_that_of_srgb() -> None:
    gray = np.dstack([GRAY] * 3)
    for kind in ("PNG", "JPEG"):
        picture = image.read(
            encoded(gray, kind, icc_profile=ADOBE, **({"quality": 98} if kind == "JPEG" else {}))
        )
        truth = np.round(color.linear_to_srgb(((GRAY / 255) ** (563 / 256)).astype(np.float32)) * 255)
        assert np.abs(image.luma(picture).astype(int) - truth).mean() < 1
        assert image.luma_profile(picture) == profile.srgb_profile()


def test_srgb_profiles_change_nothing() -> None:
    by_pillow = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for data in (
        encoded(np.dstack([GRAY] * 3), "PNG", icc_profile=by_pillow),
        encoded(GRAY, "PNG", icc_profile=gray_profile(CURVES["parametric 3"][0])),
        encoded(GRAY, "PNG", icc_profile=by_pillow),
    ):
        picture = image.read(data)
        assert picture.tone is None
        assert np.array_equal(image.luma(picture), GRAY)


def test_a_gray_picture_with_an_rgb_profile_has_that_profiles_tone() -> None:
    picture = image.read(encoded(RAMP, "JPEG", quality=100, icc_profile=ADOBE))
    assert np.abs(image.lightness(picture) - lightness_of((RAMP / 255) ** (563 / 256))).max() < 2


@pytest.mark.parametrize("name", CURVES)
def test_a_gray_profile_gives_way_to_an_rgb_one_under_which_gray_looks_the_same(name: str) -> None:
    curve, _ = CURVES[name]
    for connection in (b"XYZ ", b"Lab "):
        gray_jpeg = encoded(GRAY, "JPEG", quality=95, icc_profile=gray_profile(curve, connection))
        picture = image.read(gray_jpeg)
        neutral = np.full((8, 8), 128, np.uint8)
        for data in (
            image.encode_lossless_jpeg(picture, neutral, neutral),
            image.encode_planes_jpeg(picture, neutral, neutral, quality=98),
        ):
            again = image.read(data)
            assert again.icc[16:20] == b"RGB "
            assert data.count(b"ICC_PROFILE") == 1
            moved = np.abs(image.lightness(again) - image.lightness(picture))
            assert moved.mean() < 0.8


def test_an_rgb_result_of_a_gray_profile_has_the_lightness_of_the_original() -> None:
    picture = image.read(encoded(GRAY, "PNG", icc_profile=gray_profile(DOT_GAIN)))
    rgb = color.merge(image.lightness(picture), np.full((*GRAY.shape, 2), 20, np.float32), depth=8)
    again = image.read(image.encode_rgb(picture, rgb, "png"))
    moved = np.abs(image.lightness(again) - image.lightness(picture))
    assert moved.max() <= 0.6
    assert moved.mean() <= 0.15


def test_our_srgb_profile_is_srgb_to_littlecms() -> None:
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    ours = ImageCms.ImageCmsProfile(io.BytesIO(profile.srgb_profile()))
    there = ImageCms.profileToProfile(rgb, ours, ImageCms.createProfile("sRGB"), renderingIntent=1)
    assert np.abs(np.asarray(there).astype(int) - np.asarray(rgb)).max() <= 1
    assert ImageCms.getProfileDescription(ours).strip() == "sRGB"


def test_a_cmyk_profile_is_used() -> None:
    cmyk = Image.fromarray(
        np.dstack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8), 128, np.uint8)]), mode=None
    )
    cmyk = Image.merge("CMYK", cmyk.split())
    plain = image.read(encoded(cmyk, "TIFF"))
    with pytest.warns(UserWarning, match="ICC profile is unusable"):
        broken = image.read(encoded(cmyk, "TIFF", icc_profile=icc(b"CMYK", described({}), kind=b"prtr")))
    assert np.array_equal(plain.samples, broken.samples)


@pytest.mark.parametrize("cut", [0, 3, 40, 131, 140, 200])
def test_damaged_profiles_are_passed_over(cut: int) -> None:
    whole = gray_profile(DOT_GAIN)
    with pytest.warns(UserWarning, match="ICC profile is unusable"):
        picture = image.read(encoded(GRAY, "JPEG", quality=95, icc_profile=whole[:cut] or b"x"))
    assert picture.tone is None


def test_random_damage_to_a_profile_does_no_harm() -> None:
    rng = np.random.default_rng(9)
    usable = 0
    for whole in (gray_profile(CURVES["parametric 4"][0]), ADOBE):
        for _ in range(400):
            damaged = np.frombuffer(whole, np.uint8).copy()
            damaged[rng.integers(36, len(whole), 4)] = rng.integers(0, 256, 4)
            for channels in (1, 3):
                tone = profile.tone_of(damaged.tobytes(), channels)
                if tone is not None:
                    usable += 1
                    samples = GRAY if channels == 1 else np.dstack([GRAY] * 3)
                    found = profile.tone_lightness(tone, samples)
                    assert found.shape == GRAY.shape
                    assert np.isfinite(found).all()
                    if channels == 1:
                        assert profile.tone_of(profile.rgb_profile_of(tone), 3) is not None
    assert usable > 100


def test_float_samples_go_by_the_profile_too() -> None:
    picture = image.read(encoded(RAMP, "PNG", icc_profile=gray_profile(DOT_GAIN)))
    as_float = replace(picture, samples=(RAMP / 255).astype(np.float32))
    assert np.abs(image.lightness(as_float) - image.lightness(picture)).max() < 0.01


SRGB_COLUMNS = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def table_profile(space: bytes, tone: float) -> bytes:
    """Give a profile made of a table: linear sRGB, gray or inks after a tone curve."""
    channels = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}[space]
    corners = np.stack(np.meshgrid(*[(0.0, 1.0)] * channels, indexing="ij"), -1).reshape(-1, channels)
    if channels == 4:
        corners = 1 - (corners[:, :3] + corners[:, 3:]) / 2
    xyz_values = (
        np.repeat(corners, 3, 1)[:, :3] @ SRGB_COLUMNS.T if channels == 1 else corners @ SRGB_COLUMNS.T
    )
    x = np.linspace(0, 1, 1024)
    curve = 1 - (1 - x) ** tone if channels == 4 else x**tone
    ramps = np.round(np.tile(curve, channels) * 65535).astype(">u2").tobytes()
    grid = np.clip(np.round(xyz_values * 32768), 0, 65535).astype(">u2").tobytes()
    unit = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    head = b"mft2" + bytes(4) + bytes([channels, 3, 2, 0]) + unit + struct.pack(">HH", 1024, 2)
    block = head + ramps + grid + np.array([0, 65535], ">u2").tobytes() * 3
    return icc(space, described({b"A2B0": block}), kind=b"scnr" if channels < 4 else b"prtr")


def deep_values(channels: int) -> NDArray[np.uint16]:
    """Give a ramp, darkest first, beside random values: (64, 64, channels)."""
    ramp = np.repeat(np.linspace(0, 65535, 2048).astype(np.uint16)[:, None], channels, 1)
    other = np.random.default_rng(4).integers(0, 65536, (2048, channels)).astype(np.uint16)
    return np.concatenate([ramp, other]).reshape(64, 64, channels)


@pytest.mark.parametrize("tone", [1.0, 1.8, 2.6])
@pytest.mark.parametrize("container", ["tiff", "png"])
def test_16_bits_with_a_profile_made_of_a_table_have_its_lightness(container: str, tone: float) -> None:
    samples, made_of = deep_values(3), table_profile(b"RGB ", tone)
    data = (
        tiff_of(samples, photometric="rgb", iccprofile=made_of)
        if container == "tiff"
        else png.encode(samples, image.Metadata(), made_of)
    )
    picture = image.read(data)
    luminance = ((samples / 65535) ** tone @ SRGB_COLUMNS[1]).astype(np.float32)
    error = np.abs(image.lightness(picture) - color.gray_to_lightness(color.linear_to_srgb(luminance)))
    assert picture.bits == 16
    assert error.max() < 0.3
    assert error.mean() < 0.02


def test_gray_with_a_profile_made_of_a_table_has_its_lightness() -> None:
    samples = deep_values(1)[..., 0]
    for space in (b"GRAY", b"RGB "):
        made_of = table_profile(space, 1.4)
        expected = color.gray_to_lightness(
            color.linear_to_srgb(((samples / 65535) ** 1.4).astype(np.float32))
        )
        deep = image.read(tiff_of(samples, photometric="minisblack", iccprofile=made_of))
        assert np.abs(image.lightness(deep) - expected).max() < 0.3
        for kind in ("TIFF", "PNG"):
            shallow = image.read(encoded((samples // 257).astype(np.uint8), kind, icc_profile=made_of))
            assert np.abs(image.lightness(shallow) - expected)[:32].mean() < 0.6


def test_16_bit_inks_with_a_profile_are_evaluated_by_it() -> None:
    samples, made_of = deep_values(4), table_profile(b"CMYK", 2.2)
    inks = 1 - (1 - samples / 65535) ** 2.2
    luminance = (1 - (inks[..., :3] + inks[..., 3:]) / 2) @ SRGB_COLUMNS[1]
    expected = color.gray_to_lightness(color.linear_to_srgb(luminance.astype(np.float32)))
    picture = image.read(tiff_of(samples, photometric="separated", iccprofile=made_of))
    error = np.abs(image.lightness(picture) - expected)
    assert picture.bits == 16
    assert error[expected > 20].max() < 0.5
    assert error.mean() < 0.1


def test_a_table_profile_that_is_damaged_is_left_out_with_a_note() -> None:
    damaged = table_profile(b"RGB ", 1.0)[:300]
    for samples in (deep_values(3), (deep_values(3) // 257).astype(np.uint8)):
        with pytest.warns(UserWarning, match="ICC profile is unusable"):
            picture = image.read(tiff_of(samples, photometric="rgb", iccprofile=damaged))
        assert np.array_equal(picture.samples, samples)
