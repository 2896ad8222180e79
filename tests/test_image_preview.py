"""Previews look like the pictures that they are of."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from conftest import encoded, gray_jpeg, opened, scene
from rechroma.errors import UnreadableImage
from rechroma.image.preview import gray_jpeg as gray_copy
from rechroma.image.preview import preview_of


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_preview_is_small_and_looks_like_its_picture(mode: str, tmp_path: Path) -> None:
    gray = scene(300, 400)
    picture = (
        Image.fromarray(gray.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(gray).convert(mode)
    )
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture, "PNG"))
    made = preview_of(path, 100)
    shown = opened(made.jpeg)
    assert made.size == (75, 100) == shown.size[::-1]
    reference = np.asarray(Image.fromarray(gray).resize((100, 75), Image.Resampling.BOX)).astype(int)
    error = np.abs(np.asarray(shown.convert("L")) - reference)
    assert error.mean() <= (40 if mode == "1" else 8)


def test_a_preview_of_deep_color_is_a_preview(tmp_path: Path) -> None:
    deep = np.dstack([scene(300, 400).astype(np.uint16) * 257] * 3)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb")
    assert preview_of(tmp_path / "a.tif", 100).size == (75, 100)


def test_a_preview_is_upright_and_never_larger_than_its_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a.jpg").write_bytes(gray_jpeg(90, 120, exif=exif.tobytes()))
    assert preview_of(tmp_path / "a.jpg", 400).size == (120, 90)


def test_what_is_no_picture_has_no_preview(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    for make in (lambda path: preview_of(path, 100), lambda path: gray_copy(path, quality=90)):
        with pytest.raises(UnreadableImage):
            make(tmp_path / "a.jpg")
    with pytest.raises(UnreadableImage):
        preview_of(tmp_path / "missing.jpg", 100)


def test_a_gray_copy_has_one_component_and_no_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    (tmp_path / "a.jpg").write_bytes(
        encoded(Image.fromarray(scene(90, 120)).convert("RGB"), "JPEG", exif=exif.tobytes())
    )
    copy = opened(gray_copy(tmp_path / "a.jpg", quality=90))
    assert copy.mode == "L"
    assert not copy.getexif()
