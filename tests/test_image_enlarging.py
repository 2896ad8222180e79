"""Enlarging by whole factors gives what Pillow's bilinear resampling gives, and keeps samples in their places."""

import numpy as np
import pytest
from PIL import Image

from rechroma.image.enlarging import enlarged, whole_factor
from rechroma.image.planes import resized


@pytest.mark.parametrize("shape", [(40, 60), (80, 60), (160, 120), (320, 480)])
def test_whole_multiples_equal_pillow(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).integers(0, 256, (40, 60)).astype(np.uint8)
    before = plane.copy()
    mine = enlarged(plane, shape)
    reference = np.asarray(Image.fromarray(plane).resize(shape[::-1], Image.Resampling.BILINEAR))
    assert mine is not None
    assert mine.flags.c_contiguous
    assert np.abs(mine.astype(int) - reference).max() <= 1
    assert np.array_equal(plane, before)


@pytest.mark.parametrize("shape", [(157, 239), (158, 238), (159, 237), (1, 1), (1, 7), (4, 2)])
def test_cut_multiples_are_the_beginning_of_whole_ones(shape: tuple[int, int]) -> None:
    height, width = -(-shape[0] // 4), -(-shape[1] // 2)
    plane = np.random.default_rng(2).integers(0, 256, (height, width)).astype(np.uint8)
    mine = enlarged(plane, shape)
    whole = enlarged(plane, (height * 4, width * 2))
    if mine is None or whole is None:
        pytest.skip("the shape is a whole multiple by another factor")
    assert mine.shape == shape
    if (whole_factor(height, shape[0]), whole_factor(width, shape[1])) == (4, 2):
        assert np.array_equal(mine, whole[: shape[0], : shape[1]])


def test_other_factors_are_left_to_pillow() -> None:
    plane = np.zeros((40, 60), np.uint8)
    assert enlarged(plane, (50, 60)) is None
    assert resized(plane, (50, 60)).shape == (50, 60)
    assert enlarged(plane, (20, 30)) is None


def test_flat_planes_stay_flat() -> None:
    for value in (0, 127, 128, 255):
        assert (enlarged(np.full((5, 7), value, np.uint8), (20, 14)) == value).all()
