"""Picture in, picture out: the same kind, the same lightness, the same size, and never a half result."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import rechroma
from conftest import encoded, gray_jpeg, opened, scene
from rechroma import color, image
from rechroma.errors import OptionError, OutputError, RechromaError, TooLarge, UnknownMethod, UnreadableImage
from rechroma.types import ColorizeOptions

SIZE = (90, 120)


def _lightness(pixels: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(pixels.dtype).max
    if pixels.ndim == 2:
        return color.gray_to_lightness(pixels.astype(np.float32) / np.float32(top))
    return color.rgb_to_lightness(pixels[..., :3].astype(np.float32) / np.float32(top))


def _ab(pixels: NDArray[Any]) -> NDArray[Any]:
    return color.rgb_to_lab(pixels[..., :3].astype(np.float32) / np.float32(255))[..., 1:]


def _luma_plane(data: bytes) -> NDArray[Any]:
    """Decode the first component of a JPEG as it is stored."""
    jpeg = Image.open(io.BytesIO(data))
    jpeg.draft("YCbCr" if jpeg.mode != "L" else "L", jpeg.size)
    return np.asarray(jpeg if jpeg.mode == "L" else jpeg.getchannel(0))


# ── the same kind comes back ──


def test_a_path_gives_the_path_of_the_result_beside_it(tmp_path: Path, options: ColorizeOptions) -> None:
    source = tmp_path / "grandmother.jpg"
    source.write_bytes(gray_jpeg())
    result = rechroma.colorize(source, options)
    assert result == tmp_path / "grandmother.color.jpg"
    assert opened(result).mode == "RGB"
    assert rechroma.colorize(str(source), options, target=tmp_path / "x.png") == tmp_path / "x.png"
    assert opened(tmp_path / "x.png").format == "PNG"


def test_bytes_give_bytes_of_the_same_format(options: ColorizeOptions) -> None:
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        result = rechroma.colorize(encoded(scene(*SIZE), kind), options)
        assert isinstance(result, bytes)
        assert (opened(result).format, opened(result).size, opened(result).mode) == (kind, SIZE[::-1], "RGB")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_array_gives_an_array_of_its_dtype(dtype: type, channels: int, options: ColorizeOptions) -> None:
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max / 255
    gray = (scene(*SIZE).astype(np.float64) * top / (255 if dtype is np.float32 else 1)).astype(dtype)
    given = gray if channels == 1 else np.dstack([gray] * channels)
    before = given.copy()
    result = rechroma.colorize(given, options)
    assert result.dtype == given.dtype
    assert result.shape == (*SIZE, max(channels, 3))
    assert np.array_equal(given, before)
    if channels == 4:
        assert np.array_equal(result[..., 3], given[..., 3])


def test_a_pillow_image_gives_a_pillow_image(options: ColorizeOptions) -> None:
    result = rechroma.colorize(Image.fromarray(scene(*SIZE)), options)
    assert isinstance(result, Image.Image)
    assert (result.mode, result.size) == ("RGB", SIZE[::-1])


def test_a_target_is_for_paths_only(tmp_path: Path, options: ColorizeOptions) -> None:
    with pytest.raises(OptionError, match="target"):
        rechroma.colorize(gray_jpeg(), options, target=tmp_path / "x.jpg")  # type: ignore[call-overload]


# ── which way ──


@pytest.mark.parametrize(
    ("data", "change", "way"),
    [
        (gray_jpeg(), {}, "lossless"),
        (gray_jpeg(progressive=True), {}, "lossless"),
        (gray_jpeg(), {"lossless_luma": False}, "planes"),
        (encoded(Image.fromarray(scene(*SIZE)).convert("RGB"), "JPEG"), {}, "planes"),
        (encoded(scene(*SIZE), "PNG"), {"format": "jpeg"}, "planes"),
        (gray_jpeg(), {"format": "png"}, "general"),
        (encoded(scene(*SIZE), "TIFF"), {}, "general"),
        (encoded(scene(*SIZE), "WEBP", lossless=True), {}, "general"),
    ],
)
def test_each_picture_goes_the_way_that_keeps_most(
    data: bytes, change: dict[str, Any], way: str, tmp_path: Path, options: ColorizeOptions
) -> None:
    wanted = replace(options, **change)
    report = rechroma.colorize_file(data, tmp_path / "result", wanted)
    assert report.way == way
    assert (report.reason == "") == (way == "lossless")
    assert report.size == SIZE
    assert report.model.name == "test.onnx"
    assert report.bytes == (tmp_path / "result").stat().st_size


# ── lightness is sacred ──


@pytest.mark.parametrize("size", [(90, 120), (91, 121), (1, 1), (1, 40), (33, 8), (17, 33)])
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
def test_the_lossless_way_keeps_the_luma_to_the_bit(
    size: tuple[int, int], how: dict[str, Any], options: ColorizeOptions
) -> None:
    before = gray_jpeg(*size, **how)
    after = rechroma.colorize(before, options)
    assert np.array_equal(_luma_plane(after), _luma_plane(before))


@pytest.mark.parametrize("size", [(90, 120), (91, 121), (1, 1), (17, 33)])
def test_the_planes_way_keeps_the_luma_to_a_recoding(size: tuple[int, int], options: ColorizeOptions) -> None:
    before = gray_jpeg(*size)
    after = rechroma.colorize(before, replace(options, lossless_luma=False))
    error = np.abs(_luma_plane(after).astype(int) - _luma_plane(before))
    assert error.max() <= 4
    assert error.mean() <= 0.5


@pytest.mark.parametrize("change", [{}, {"lossless_luma": False}])
def test_a_gray_conversion_of_a_jpeg_result_gives_the_original_back(
    change: dict[str, Any], options: ColorizeOptions
) -> None:
    """Chroma lies in gamut: nothing is clipped on the way to RGB, which would move the luma."""
    before = gray_jpeg(240, 320)
    after = opened(rechroma.colorize(before, replace(options, **change))).convert("L")
    error = np.abs(np.asarray(after).astype(int) - _luma_plane(before))
    assert error.mean() <= 0.6
    assert np.percentile(error, 99) <= 3


def test_the_general_way_keeps_lightness_in_8_bits(options: ColorizeOptions) -> None:
    given = scene(240, 320)
    result = rechroma.colorize(given, replace(options, saturation=2))
    error = np.abs(_lightness(result) - _lightness(given))
    assert error.max() <= 0.6
    assert error.mean() <= 0.15
    assert np.abs(_ab(result)).mean() > 10


def test_the_general_way_keeps_lightness_in_16_bits(options: ColorizeOptions) -> None:
    given = scene(240, 320).astype(np.uint16) * 257
    result = rechroma.colorize(given, replace(options, saturation=2))
    assert np.abs(_lightness(result) - _lightness(given)).max() <= 0.02


def test_a_colored_picture_is_taken_by_its_lightness(options: ColorizeOptions) -> None:
    gray = scene(*SIZE)
    sepia = np.dstack([gray, gray * 0.8, gray * 0.6]).astype(np.uint8)
    result = rechroma.colorize(sepia, replace(options, saturation=0))
    assert np.abs(_ab(result)).max() <= 1
    assert np.abs(_lightness(result) - _lightness(sepia)).max() <= 0.6


# ── the colors ──


@pytest.mark.parametrize("format", ["jpeg", "png"])
def test_the_same_picture_gets_the_same_colors_at_every_size(format: str, options: ColorizeOptions) -> None:
    wanted = replace(options, format=format)
    small = []
    for scale in (1, 2, 4, 11):
        result = opened(rechroma.colorize(gray_jpeg(120 * scale, 160 * scale, quality=97), wanted))
        small.append(_ab(np.asarray(result.resize((80, 60), Image.Resampling.BOX))))
    for other in small[1:]:
        assert np.abs(other - small[0]).mean() <= 1.5


def test_the_three_ways_give_the_same_colors(options: ColorizeOptions) -> None:
    data = gray_jpeg(240, 320)
    ways = [
        rechroma.colorize(data, replace(options, quality=98)),
        rechroma.colorize(data, replace(options, quality=98, lossless_luma=False)),
        rechroma.colorize(data, replace(options, format="png")),
    ]
    colors = [_ab(np.asarray(opened(way).resize((160, 120), Image.Resampling.BOX))) for way in ways]
    assert np.abs(colors[0] - colors[2]).mean() <= 3
    assert np.abs(colors[1] - colors[2]).mean() <= 3


def test_saturation_scales_the_colors(options: ColorizeOptions) -> None:
    given = np.full((64, 64), 120, np.uint8)
    strength = [
        np.hypot(*np.moveaxis(_ab(rechroma.colorize(given, replace(options, saturation=s))), 2, 0)).mean()
        for s in (0, 0.5, 1)
    ]
    assert strength[0] <= 0.5
    assert strength[1] == pytest.approx(strength[2] / 2, abs=1)


def test_vividness_and_temperature_reach_the_network(options: ColorizeOptions) -> None:
    results = [
        rechroma.colorize(scene(*SIZE), replace(options, vividness=v, temperature=t))
        for v, t in ((0, 1), (1, 1), (1, 0.1))
    ]
    assert not np.array_equal(results[0], results[1])
    assert not np.array_equal(results[1], results[2])


def test_the_same_call_gives_the_same_bytes(options: ColorizeOptions) -> None:
    assert rechroma.colorize(gray_jpeg(), options) == rechroma.colorize(gray_jpeg(), options)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_size_is_kept(size: tuple[int, int], kind: str, options: ColorizeOptions) -> None:
    assert opened(rechroma.colorize(encoded(scene(*size), kind), options)).size == size[::-1]


# ── what the file carries ──


def test_16_bits_stay_16_bits(tmp_path: Path, options: ColorizeOptions) -> None:
    tifffile.imwrite(tmp_path / "scan.tif", scene(*SIZE).astype(np.uint16) * 257)
    result = tifffile.imread(rechroma.colorize(tmp_path / "scan.tif", options))
    assert result.dtype == np.uint16
    assert result.shape == (*SIZE, 3)


def test_transparency_is_untouched(options: ColorizeOptions) -> None:
    alpha = np.arange(90 * 120, dtype=np.uint32).reshape(90, 120).astype(np.uint8)
    given = Image.merge("LA", (Image.fromarray(scene(*SIZE)), Image.fromarray(alpha)))
    result = opened(rechroma.colorize(encoded(given, "PNG"), options))
    assert result.mode == "RGBA"
    assert np.array_equal(np.asarray(result)[..., 3], alpha)


def test_transparency_gives_way_to_white_where_jpeg_is_asked_for(options: ColorizeOptions) -> None:
    clear = Image.merge("LA", (Image.fromarray(scene(*SIZE)), Image.new("L", SIZE[::-1], 0)))
    with pytest.warns(UserWarning, match="holds no transparency"):
        result = opened(rechroma.colorize(encoded(clear, "PNG"), replace(options, format="jpeg")))
    assert np.asarray(result.convert("L")).min() >= 253


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("change", [{}, {"lossless_luma": False}])
def test_camera_place_and_resolution_are_carried_over_and_the_profile_is_for_color(
    kind: str, change: dict[str, Any], options: ColorizeOptions
) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = "Maker", "1931:12:15 10:00:00"
    exif.get_ifd(0x8825)[0x0001] = "N"
    how: dict[str, Any] = {"exif": exif.tobytes()} | ({} if kind == "WEBP" else {"dpi": (300, 300)})
    result = opened(rechroma.colorize(encoded(scene(*SIZE), kind, **how), replace(options, **change)))
    kept = result.getexif()
    assert kept[0x010F].rstrip("\0") == "Maker"
    assert kept[0x0132].startswith("1931:12:15")
    assert kept.get_ifd(0x8825)[0x0001] == "N"
    assert result.info["icc_profile"][16:20] == b"RGB "
    if kind != "WEBP":
        assert [round(float(value)) for value in result.info["dpi"]] == [300, 300]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("change", [{}, {"lossless_luma": False}, {"format": "png"}])
def test_a_turned_picture_is_colored_upright(
    orientation: int, change: dict[str, Any], options: ColorizeOptions
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = opened(rechroma.colorize(gray_jpeg(exif=exif.tobytes()), replace(options, **change)))
    from PIL import ImageOps

    before = np.asarray(ImageOps.exif_transpose(opened(gray_jpeg(exif=exif.tobytes()))))
    after = np.asarray(ImageOps.exif_transpose(turned))
    assert after.shape[:2] == before.shape
    assert np.abs(np.asarray(Image.fromarray(after).convert("L")).astype(int) - before).mean() <= 6
    reference = rechroma.colorize(before, options)
    assert np.abs(_ab(after) - _ab(reference)).mean() <= 6


def test_the_result_says_which_model_made_its_colors(options: ColorizeOptions) -> None:
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        result = rechroma.colorize(encoded(scene(*SIZE), kind), options)
        assert b"test.onnx" in result, kind
        assert b"trainedAlgorithmicMedia" in result or b"TrainedAlgorithmicMedia" in result, kind
        silent = rechroma.colorize(encoded(scene(*SIZE), kind), replace(options, provenance=False))
        assert b"test.onnx" not in silent, kind


# ── failures ──


def test_an_input_is_never_overwritten(tmp_path: Path, options: ColorizeOptions) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(gray_jpeg())
    (tmp_path / "link.jpg").symlink_to(source)
    for target in (source, tmp_path / "link.jpg", tmp_path / "x" / ".." / "a.jpg"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(OutputError, match="never overwritten"):
            rechroma.colorize_file(source, target, options, overwrite=True)
    assert source.read_bytes() == gray_jpeg()


def test_an_existing_target_is_replaced_only_when_asked(tmp_path: Path, options: ColorizeOptions) -> None:
    target = tmp_path / "b.jpg"
    target.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        rechroma.colorize_file(gray_jpeg(), target, options)
    assert target.read_bytes() == b"mine"
    rechroma.colorize_file(gray_jpeg(), target, options, overwrite=True)
    assert opened(target).mode == "RGB"


def test_name_and_format_of_a_target_agree(tmp_path: Path, options: ColorizeOptions) -> None:
    rechroma.colorize_file(gray_jpeg(), tmp_path / "a.png", options)
    assert opened(tmp_path / "a.png").format == "PNG"
    with pytest.raises(OptionError, match=r"png.*jpeg"):
        rechroma.colorize_file(gray_jpeg(), tmp_path / "b.png", replace(options, format="jpeg"))
    with pytest.raises(OptionError, match="not written"):
        rechroma.colorize_file(gray_jpeg(), tmp_path / "b.bmp", options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("data", "change", "error"),
    [
        (b"no picture", {}, UnreadableImage),
        (b"", {}, UnreadableImage),
        (gray_jpeg()[:1500], {}, UnreadableImage),
        (encoded(scene(*SIZE), "PNG")[:800], {}, UnreadableImage),
        (gray_jpeg(), {"max_megapixels": 0.01}, TooLarge),
        (gray_jpeg(), {"method": "hintnte"}, UnknownMethod),
    ],
)
def test_a_failure_has_a_name_and_leaves_nothing(
    data: bytes, change: dict[str, Any], error: type[RechromaError], tmp_path: Path, options: ColorizeOptions
) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(data)
    with pytest.raises(error):
        rechroma.colorize(source, replace(options, **change))
    assert list(tmp_path.iterdir()) == [source]


def test_a_crash_while_encoding_leaves_nothing(
    tmp_path: Path, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **kwargs: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(image, "encode_lossless_jpeg", crash)
    with pytest.raises(MemoryError):
        rechroma.colorize_file(gray_jpeg(), tmp_path / "a.jpg", options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path, options: ColorizeOptions) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="folder"):
        rechroma.colorize_file(gray_jpeg(), tmp_path / "file" / "a.jpg", options)


# ── memory ──


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_12_megapixel_gray_jpeg_needs_at_most_250_megabytes(tmp_path: Path, graph: Path) -> None:
    source = tmp_path / "large.jpg"
    source.write_bytes(gray_jpeg(3000, 4000))
    code = (
        "import sys, rechroma\n"
        "rechroma.colorize(sys.argv[1], rechroma.ColorizeOptions(method=sys.argv[2]))\n"
        "print(open('/proc/self/status').read())"
    )
    command = [sys.executable, "-c", code, str(source), str(graph)]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    assert int(peak[1]) * 1024 <= 250e6
