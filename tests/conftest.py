"""What many tests share: a small network that keeps the graph contract, and pictures made by code."""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rechroma.image import luma_scan
from rechroma.types import ColorizeOptions

sys.path.insert(0, str(Path(__file__).parent))

import graphs


@pytest.fixture(autouse=True)
def without_turbojpeg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Color JPEGs of three components as a plain install does, whatever is installed, but where that is tested."""
    if request.module.__name__ != "test_luma_scan":
        monkeypatch.setattr(luma_scan, "_turbojpeg", lambda: None)


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a network that makes strong colors, smooth in lightness."""
    return graphs.save(tmp_path_factory.mktemp("graph") / "test.onnx")


@pytest.fixture(scope="session")
def options(graph: Path) -> ColorizeOptions:
    """Color with the small network."""
    return ColorizeOptions(method=str(graph), threads=1)


def scene(height: int, width: int) -> NDArray[np.uint8]:
    """Draw a gray photograph (height, width) uint8: a sky, a round and a square thing, texture, black and white."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = (y + 0.5) / height, (x + 0.5) / width
    light = 90 + 120 * (1 - y) + 20 * np.sin(9 * x) * np.cos(7 * y)
    light = np.where((x - 0.35) ** 2 + (y - 0.55) ** 2 < 0.04, 60 + 90 * x, light)
    light = np.where((abs(x - 0.75) < 0.12) & (abs(y - 0.6) < 0.2), 200 + 30 * np.sin(60 * x), light)
    light = np.where(y > 0.9, 255 * x, light)
    return light.clip(0, 255).astype(np.uint8)


def encoded(picture: NDArray[Any] | Image.Image, kind: str, **how: Any) -> bytes:
    """Give the bytes of an image file as Pillow writes it."""
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, kind, **how)
    return file.getvalue()


def gray_jpeg(height: int = 90, width: int = 120, **how: Any) -> bytes:
    """Give a one-component JPEG of the scene."""
    return encoded(scene(height, width), "JPEG", **({"quality": 92} | how))


def opened(data: bytes | Path) -> Image.Image:
    """Decode an image file whole."""
    image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data)
    image.load()
    return image
