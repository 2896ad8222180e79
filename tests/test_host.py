"""The program that uses the library finds its process as it was: nothing global is changed, not even for a moment."""

import logging
import os
import struct
import subprocess
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

import rechroma
from conftest import encoded, gray_jpeg
from rechroma import image
from rechroma.errors import TooLarge
from rechroma.types import ColorizeOptions
from stored import DEEP_RGB, GRAY, RGB, tiff_of

KINDS = {
    "jpeg": gray_jpeg(),
    "jpeg cmyk": encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
    "jpeg color": encoded(RGB, "JPEG"),
    "png": encoded(GRAY, "PNG"),
    "tiff": encoded(GRAY, "TIFF"),
    "tiff lzw": encoded(GRAY, "TIFF", compression="tiff_lzw"),
    "tiff 16": tiff_of(DEEP_RGB, photometric="rgb"),
    "webp": encoded(RGB, "WEBP", lossless=True),
    "webp with alpha": encoded(Image.fromarray(RGB).convert("RGBA"), "WEBP", lossless=True),
    "bmp": encoded(GRAY, "BMP"),
    "ppm": encoded(GRAY, "PPM"),
    "avif": encoded(RGB, "AVIF"),
    "gif": encoded(GRAY, "GIF"),
    "jpeg 2000": encoded(RGB, "JPEG2000"),
}
THREADS = 4


class Watched(types.ModuleType):
    """A module of which no global may be set."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AssertionError(f"{self.__name__}.{name} was set to {value!r}")


@pytest.fixture
def pillow_watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pillow with a limit of 100 pixels that nobody may change."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.preinit()
    Image.init()  # what it sets itself, once, is its own
    for module in (Image, ImageFile):
        module.__class__ = Watched
    yield
    for module in (Image, ImageFile):
        object.__setattr__(module, "__class__", types.ModuleType)


@pytest.mark.usefixtures("pillow_watched")
@pytest.mark.parametrize("kind", KINDS)
def test_pillows_limit_neither_stops_nor_warns_and_is_never_set(kind: str, options: ColorizeOptions) -> None:
    assert image.read(rechroma.colorize(KINDS[kind], options)).size == image.read(KINDS[kind]).size
    assert Image.MAX_IMAGE_PIXELS == 100


def test_where_pillows_limit_is_asked_all_the_same_its_error_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    beyond_its_screen = KINDS["gif"][:6] + b"\x02\x00\x02\x00" + KINDS["gif"][10:]
    with pytest.raises(TooLarge, match="limit of 200"):
        image.read(beyond_its_screen)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"jpeg", "jpeg color", "tiff 16"}])
def test_threads_decode_side_by_side(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(THREADS, timeout=30)
    load = ImageFile.ImageFile.load_prepare

    def load_together(self: ImageFile.ImageFile) -> None:
        meeting.wait()  # goes on when all of them decode at once
        load(self)

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", load_together)
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda _: image.lightness(image.read(KINDS[kind])), range(THREADS)))
    assert all(np.array_equal(one, found[0]) for one in found)


def state() -> dict[str, object]:
    """What a program can set of its process and would not like to see changed."""
    loggers = {
        name: (logger.level, logger.disabled, logger.propagate, tuple(logger.handlers), tuple(logger.filters))
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    return {
        "environment": dict(os.environ),
        "loggers": loggers,
        "root logger": (logging.root.level, tuple(logging.root.handlers), logging.root.manager.disable),
        "warnings": (tuple(warnings.filters), warnings.showwarning, warnings.formatwarning),
        "signals": sys.getswitchinterval(),
        "truncated": ImageFile.LOAD_TRUNCATED_IMAGES,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_coloring_changes_nothing_of_the_process(kind: str, options: ColorizeOptions, tmp_path: Path) -> None:
    rechroma.colorize(KINDS[kind], options)  # what libraries set when they are first used is theirs
    before = state()
    source = tmp_path / "a.picture"
    source.write_bytes(KINDS[kind])
    rechroma.colorize(source, options, target=tmp_path / "a.jpg")
    assert state() == before


def test_the_command_itself_keeps_its_libraries_quiet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = encoded(GRAY, "TIFF", description="a scene " * 8, compression="jpeg")
    damaged = damaged.replace(struct.pack("<HHI", 270, 2, 65), struct.pack("<HHI", 270, 2, 9999999))
    with pytest.warns(UserWarning, match="larger than file"):  # as Pillow says in a program of somebody else
        image.read(damaged)
    assert "tifffile" in [record.name for record in caplog.records]
    source = tmp_path / "a.tif"
    source.write_bytes(damaged)
    command = [sys.executable, "-m", "rechroma", "colorize", str(source), "-o", str(tmp_path / "b.tif")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Warning" not in done.stderr
    assert "TiffTag" not in done.stderr
