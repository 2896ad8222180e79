"""Resampling, padding and the work size."""

import numpy as np
import pytest
from PIL import Image

from rechroma import image
from rechroma.errors import OptionError
from rechroma.tiling import SITINGS, WHOLE, Area, chroma_grid, pad_to_multiple, resize, work_shape

PILLOW = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(0, 100, shape).astype(np.float32)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
@pytest.mark.parametrize("old", [(1, 1), (7, 5), (64, 48), (301, 199)])
@pytest.mark.parametrize("new", [(1, 1), (3, 11), (64, 48), (130, 90)])
def test_resize_equals_pillows_float_resize(kernel, old, new):
    plane = noise(*old)
    expected = np.asarray(Image.fromarray(plane).resize(new[::-1], PILLOW[kernel]))
    np.testing.assert_allclose(resize(plane, new, kernel=kernel), expected, atol=2e-3)


def test_area_equals_pillows_box_at_whole_factors():
    plane = noise(60, 84)
    expected = np.asarray(Image.fromarray(plane).resize((21, 12), Image.Resampling.BOX))
    np.testing.assert_allclose(resize(plane, (12, 21), kernel="area"), expected, atol=1e-3)


@pytest.mark.parametrize(("old", "new"), [(10, 7), (301, 13), (5, 8), (1, 4), (1000, 999)])
def test_area_is_the_exact_mean_of_the_footprint(old, new):
    line = noise(old, 1)
    steps = np.repeat(line[:, 0].astype(np.float64), new)  # old * new cells, so that each footprint is whole
    expected = steps.reshape(new, old).mean(axis=1)
    np.testing.assert_allclose(resize(line, (new, 1), kernel="area")[:, 0], expected, atol=1e-3)


@pytest.mark.parametrize("kernel", ["area", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_resize_takes_integer_planes_and_gives_float32(kernel, dtype):
    plane = noise(33, 21, 2).astype(dtype)
    result = resize(plane, (50, 9), kernel=kernel)
    assert result.dtype == np.float32
    assert result.shape == (50, 9, 2)
    assert result.flags.c_contiguous
    np.testing.assert_allclose(result, resize(plane.astype(np.float32), (50, 9), kernel=kernel), rtol=1e-6)


@pytest.mark.parametrize("kernel", ["area", "bilinear", "bicubic"])
def test_resize_treats_each_channel_like_a_plane(kernel):
    planes = noise(31, 47, 3)
    result = resize(planes, (64, 20), kernel=kernel)
    for channel in range(3):
        alone = resize(np.ascontiguousarray(planes[..., channel]), (64, 20), kernel=kernel)
        np.testing.assert_allclose(result[..., channel], alone, atol=1e-4)


@pytest.mark.parametrize("kernel", ["area", "bilinear", "bicubic"])
def test_resize_keeps_a_constant(kernel):
    np.testing.assert_allclose(
        resize(np.full((37, 53), 41.5, np.float32), (90, 11), kernel=kernel), 41.5, rtol=1e-6
    )


def test_resize_does_not_change_its_input():
    plane = noise(20, 30)
    before = plane.copy()
    resize(plane, (10, 40))
    np.testing.assert_array_equal(plane, before)


def test_resize_takes_arrays_that_are_not_contiguous():
    plane = noise(40, 60)
    np.testing.assert_allclose(resize(plane[::2, ::-3], (9, 9)), resize(plane[::2, ::-3].copy(), (9, 9)))


@pytest.mark.parametrize(
    ("shape", "size", "kernel", "told"),
    [
        ((4,), (2, 2), "area", "shape"),
        ((4, 4), (0, 2), "area", "size"),
        ((4, 4), (2, 2), "lanczos", "bicubic"),
    ],
)
def test_resize_refuses_what_it_cannot_do(shape, size, kernel, told):
    with pytest.raises(OptionError, match=told):
        resize(np.zeros(shape, np.float32), size, kernel=kernel)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
@pytest.mark.parametrize("new", [(3, 11), (64, 48), (130, 90)])
def test_an_area_inside_equals_pillows_box_but_for_what_it_sees_around(kernel, new):
    plane = noise(64, 48)
    box = (12, 16, 36, 40)  # left, top, right, bottom
    area = Area(top=16 / 64, left=12 / 48, bottom=40 / 64, right=36 / 48)
    expected = np.asarray(Image.fromarray(plane).resize(new[::-1], PILLOW[kernel], box=box))
    np.testing.assert_allclose(resize(plane, new, kernel=kernel, area=area), expected, atol=2e-3)


@pytest.mark.parametrize("kernel", ["area", "bilinear", "bicubic"])
def test_beyond_the_array_its_edge_goes_on(kernel):
    area = Area(top=-2, left=-1.7, bottom=3, right=2.9)
    np.testing.assert_allclose(
        resize(np.full((6, 9), 41.5, np.float32), (50, 40), kernel=kernel, area=area), 41.5, rtol=1e-6
    )
    far = resize(noise(6, 9), (50, 40), kernel=kernel, area=area)
    assert np.isfinite(far).all()
    assert np.ptp(far[:10, :10]) < 1e-3


@pytest.mark.parametrize("siting", SITINGS)
@pytest.mark.parametrize("shrink", [(2, 2), (1, 2), (1, 1), (1, 4)])
@pytest.mark.parametrize("size", [(24, 40), (23, 39), (5, 7)])
def test_chroma_samples_show_a_ramp_at_their_sites(size, shrink, siting):
    cells, area = chroma_grid(size, shrink, siting=siting)
    assert cells == (-(-size[0] // shrink[0]), -(-size[1] // shrink[1]))
    ramps = np.stack(np.meshgrid(*(np.arange(side) for side in size), indexing="ij"), axis=-1)
    sampled = resize(ramps.astype(np.float32), cells, kernel="bilinear", area=area)
    for axis in range(2):
        site = np.arange(cells[axis]) * shrink[axis] + SITINGS[siting][axis] * (shrink[axis] - 1)
        inner = slice(1, -1)  # at the edge there is less to weigh
        along = np.moveaxis(sampled[..., axis], axis, 0)[inner]
        np.testing.assert_allclose(along, np.broadcast_to(site[inner, None], along.shape), atol=1e-4)


def test_left_sited_chroma_is_weighed_one_two_one():
    plane = noise(4, 12)
    cells, area = chroma_grid((4, 12), (1, 2), siting="left")
    expected = (plane[:, 1:-2:2] + 2 * plane[:, 2:-1:2] + plane[:, 3::2]) / 4
    np.testing.assert_allclose(resize(plane, cells, kernel="area", area=area)[:, 1:], expected, rtol=1e-5)


@pytest.mark.parametrize("size", [(24, 40), (23, 39), (1, 1)])
def test_chroma_is_between_its_luma_samples_when_nothing_is_said_as_in_a_jpeg(size):
    picture = image.read(np.zeros(size, np.uint8))
    cells, area = chroma_grid(size, (2, 2))
    assert cells == image.luma(picture, shrink=2).shape
    assert area == image.cells_area(picture, 2)
    even = noise(24, 40)
    assert chroma_grid((24, 40), (2, 2))[1] == WHOLE
    np.testing.assert_array_equal(
        resize(even, (12, 20), kernel="area", area=chroma_grid((24, 40), (2, 2))[1]),
        resize(even, (12, 20), kernel="area"),
    )


def test_chroma_of_no_kind_is_refused():
    with pytest.raises(OptionError, match="siting is 'right'; accepted: center, left, topleft"):
        chroma_grid((8, 8), (2, 2), siting="right")
    with pytest.raises(OptionError, match="at least 1"):
        chroma_grid((8, 8), (0, 2))


@pytest.mark.parametrize("shape", [(1, 1), (31, 33), (32, 64), (5, 7, 2)])
def test_padding_repeats_the_edge_up_to_the_multiple(shape):
    array = noise(*shape)
    padded = pad_to_multiple(array, 32)
    assert padded.shape[0] % 32 == 0
    assert padded.shape[1] % 32 == 0
    np.testing.assert_array_equal(padded[: shape[0], : shape[1]], array)
    np.testing.assert_array_equal(
        padded[shape[0] :, : shape[1]], np.broadcast_to(array[-1:], padded[shape[0] :, : shape[1]].shape)
    )
    np.testing.assert_array_equal(padded[:, -1], padded[:, min(shape[1], padded.shape[1]) - 1])


@pytest.mark.parametrize("aspect", [0.3, 0.5, 2 / 3, 0.75, 1, 4 / 3, 1.5, 16 / 9, 2.4, 4])
@pytest.mark.parametrize("scale", [40, 1000, 5000])
def test_work_shape_keeps_area_and_proportions(aspect, scale):
    h, w = work_shape(scale, round(scale * aspect), 256, 32)
    assert h % 32 == 0
    assert w % 32 == 0
    assert h * w == pytest.approx(256**2, rel=0.22)
    assert w / h == pytest.approx(aspect, rel=0.2)


def test_work_shape_does_not_depend_on_resolution():
    assert len({work_shape(3 * k, 4 * k, 256, 32) for k in (32, 64, 128, 512, 1000)}) == 1


def test_work_shape_turns_with_the_picture():
    assert work_shape(3000, 4000, 256, 32) == work_shape(4000, 3000, 256, 32)[::-1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 100_000), (100_000, 1), (3, 2)])
def test_work_shape_stays_bounded_for_extreme_pictures(shape):
    h, w = work_shape(*shape, 256, 32)
    assert min(h, w) >= 32
    assert h * w <= 256**2 * 1.3


def test_work_shape_refuses_nothing_and_less():
    with pytest.raises(OptionError, match="at least 1"):
        work_shape(0, 10, 256, 32)
