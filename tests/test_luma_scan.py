"""Of a three-component JPEG the luma is kept as it is coded, where the extra `turbo` is installed."""

import io
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

import rechroma
from conftest import encoded, scene
from jpegs import after_soi, segment
from rechroma import image, jpeg, notes
from rechroma.image import luma_scan
from rechroma.image.orientation import as_stored
from rechroma.pipeline import Draft
from rechroma.types import ColorizeOptions

installed = pytest.mark.skipif(
    luma_scan._turbojpeg() is None, reason="PyTurboJPEG (the extra 'turbo') or libturbojpeg is not installed"
)
GRAY = scene(93, 121)
RGB = np.dstack([GRAY, np.roll(GRAY, 9, 1), 255 - GRAY])
HOWS: dict[str, dict[str, Any]] = {
    "4:2:0": {"subsampling": "4:2:0"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:4:4": {"subsampling": "4:4:4"},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
}


def three(pixels: NDArray[np.uint8], **how: Any) -> bytes:
    """Give a three-component JPEG, of gray pixels too."""
    return encoded(Image.fromarray(pixels).convert("RGB"), "JPEG", **({"quality": 90} | how))


def luma_of(data: bytes) -> NDArray[np.uint8]:
    opened = Image.open(io.BytesIO(data))
    opened.draft("L", opened.size)
    return np.asarray(opened)


@installed
@pytest.mark.parametrize("size", [(93, 121), (48, 64), (1, 1), (17, 33)])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("colorful", [False, True])
def test_the_luma_of_three_components_is_kept_to_the_bit(
    how: str, size: tuple[int, int], colorful: bool, options: ColorizeOptions
) -> None:
    data = three((RGB if colorful else GRAY)[: size[0], : size[1]], **HOWS[how])
    made = Draft(data).encoded("jpeg", rechroma.load(options.method), options)
    assert (made.way, made.reason) == ("lossless", "")
    assert np.array_equal(luma_of(made.data), luma_of(data))
    assert len(jpeg.inspect(made.data).components) == 3


@installed
@pytest.mark.parametrize("orientation", range(1, 9))
def test_its_colors_are_those_of_the_gray_twin(orientation: int, options: ColorizeOptions) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = np.ascontiguousarray(as_stored(GRAY, orientation))
    twin = encoded(stored, "JPEG", quality=90, exif=exif)
    one, other = (rechroma.colorize(data, options) for data in (twin, three(stored, exif=exif)))
    shown = [np.asarray(Image.open(io.BytesIO(data))).astype(int) for data in (one, other)]
    assert shown[0].shape == shown[1].shape
    assert np.abs(shown[0] - shown[1]).mean() < 0.3


@installed
def test_metadata_come_along_as_on_a_gray_file(options: ColorizeOptions) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    comments = after_soi(segment(0xFE, b"first"), segment(0xFE, b"second"))
    data = comments(three(GRAY, exif=exif, dpi=(300, 300)))
    found = image.read(rechroma.colorize(data, options)).metadata
    assert b"Maker" in found.exif
    assert (found.comments, found.dpi) == ((b"first", b"second"), (300, 300))


@installed
def test_a_damaged_scan_is_coded_anew(options: ColorizeOptions) -> None:
    data = bytearray(three(scene(200, 300), restart_marker_rows=1))
    at = data.index(b"\xff\xd3") + 10
    data[at : at + 6] = b"\x12\x34\x56\x78\x9a\xbc"
    with notes.collected() as told:
        made = Draft(bytes(data)).encoded("jpeg", rechroma.load(options.method), options)
    assert made.way == "planes"
    assert "damaged" in made.reason
    assert any("damaged in places" in note for note in told)


@installed
def test_what_has_no_luma_of_its_own_is_coded_anew(options: ColorizeOptions) -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    reasons = {
        "4 components": encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
        "3 components": three(RGB, keep_rgb=True),
    }
    for reason, data in reasons.items():
        assert reason in str(image.lossless_obstacle(image.read(data)))
    with notes.collected():
        profiled = image.read(three(RGB, icc_profile=wide))
    assert image.lossless_obstacle(profiled) is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"process": "arithmetic"}, "arithmetic"),
        ({"precision": 12}, "12 bits"),
        ({"frames": 2}, "2 frames"),
        ({"defined_height": False}, "height"),
        ({"components": tuple(jpeg.Component(n, 1 + (n == 2), 1, 0) for n in (1, 2, 3))}, "sampling"),
        ({"components": (jpeg.Component(1, 1, 1, 0), jpeg.Component(2, 1, 1, 0))}, "2 components"),
    ],
)
def test_the_rule_names_what_stands_against_it(change: dict[str, Any], reason: str) -> None:
    info = replace(jpeg.inspect(three(GRAY)), **change)
    assert reason in str(luma_scan.luma_scan_obstacle(info))


def test_without_the_extra_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(luma_scan, "_turbojpeg", lambda: None)
    assert "rechroma[turbo]" in str(image.lossless_obstacle(image.read(three(GRAY))))


@pytest.mark.parametrize("fault", [ImportError, OSError, RuntimeError])
def test_a_library_that_does_not_load_is_as_none(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Module:
        @property
        def TurboJPEG(self) -> None:  # noqa: N802 - its name
            raise fault("no library")

    monkeypatch.setitem(sys.modules, "turbojpeg", Module())  # type: ignore[arg-type]
    assert luma_scan._turbojpeg.__wrapped__() is None
