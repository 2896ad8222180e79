"""A part of a picture seen closely shows what the result will be there."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from conftest import scene
from rechroma.errors import OptionError
from rechroma.pipeline import Draft
from rechroma.tiling import WHOLE, Area
from rechroma.types import ColorizeOptions, Marks, Point

PART = Area(left=0.25, top=0.4, right=0.55, bottom=0.9)
SIZE = (600, 900)


def _file(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene(*SIZE)).save(file, kind, quality=95)
    return file.getvalue()


def _pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("YCbCr"), np.float32)


def _cut(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    height, width = SIZE
    rows = slice(round(PART.top * height), round(PART.bottom * height))
    return pixels[rows, round(PART.left * width) : round(PART.right * width)]


def test_at_full_size_a_part_has_the_pixels_of_the_result(options: ColorizeOptions) -> None:
    draft = Draft(_file("JPEG"))
    seen = _pixels(draft.preview(options, 4096, PART))
    true = _cut(_pixels(draft.result(options)))
    assert seen.shape == true.shape
    off = abs(seen - true).mean(axis=(0, 1))
    assert off[0] < 1.5 and off[1:].max() < 2.5


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_part_has_the_colors_of_the_whole_preview(kind: str, options: ColorizeOptions) -> None:
    draft = Draft(_file(kind))
    seen = _pixels(draft.preview(options, 4096, PART))
    whole = _cut(_pixels(draft.preview(options, max(SIZE))))
    off = abs(seen - whole).mean(axis=(0, 1))
    assert off[0] < 1 and off[1:].max() < 1.5


def test_the_gray_part_is_the_colored_one_without_color(options: ColorizeOptions) -> None:
    draft = Draft(_file("JPEG"))
    gray, colored = _pixels(draft.gray(4096, PART)), _pixels(draft.preview(options, 4096, PART))
    assert gray.shape == colored.shape
    assert abs(gray[..., 0] - colored[..., 0]).mean() < 1
    assert abs(gray[..., 1:] - 128).max() <= 1


def test_a_part_is_shrunk_to_the_side_and_never_enlarged(options: ColorizeOptions) -> None:
    draft = Draft(_file("JPEG"))
    assert _pixels(draft.preview(options, 150, PART)).shape[:2] == (150, 135)
    assert _pixels(draft.gray(150, PART)).shape[:2] == (150, 135)
    assert _pixels(draft.preview(options, 4096, WHOLE)).shape[:2] == SIZE
    assert _pixels(draft.gray(16, Area(left=0.5, top=0.5, right=0.500001, bottom=0.500001))).shape[:2] == (
        1,
        1,
    )


def test_hints_are_painted_in_their_places(options: ColorizeOptions) -> None:
    marks = Marks(points=(Point(x=0.4, y=0.6, color="#2f5fae", radius=0.03),))
    hinted = replace(options, hints=marks)
    draft = Draft(_file("JPEG"))
    seen = _pixels(draft.preview(hinted, 4096, PART))
    whole = _cut(_pixels(draft.preview(hinted, max(SIZE))))
    row, column = round((0.6 - PART.top) * SIZE[0]), round((0.4 - PART.left) * SIZE[1])
    disc = (slice(row - 40, row + 40), slice(column - 40, column + 40), slice(1, None))
    plain = _pixels(draft.preview(options, 4096, PART))
    assert abs(seen[disc] - whole[disc]).mean() < 2 < abs(seen[disc] - plain[disc]).mean()


@pytest.mark.parametrize("part", [(0.5, 0, 0.5, 1), (0.6, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1)])
def test_a_part_that_is_none_is_refused(
    part: tuple[float, float, float, float], options: ColorizeOptions
) -> None:
    draft, shown = Draft(_file("PNG")), Area(left=part[0], top=part[1], right=part[2], bottom=part[3])
    with pytest.raises(OptionError, match="accepted: left, top, right, bottom from 0 to 1"):
        draft.preview(options, 100, shown)
    with pytest.raises(OptionError, match="part is"):
        draft.gray(100, shown)
