"""Encodings and the sites of chroma samples against FFmpeg's own conversions (libswscale, through PyAV)."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rechroma import color
from rechroma.color import JPEG, Encoding
from rechroma.color.light import CURVES, rgb_to_xyz
from rechroma.tiling import SITINGS, chroma_grid, resize

av = pytest.importorskip("av", reason="PyAV (the extra 'decoders') is not installed")

SIDE = 256
TOLERANCE = {8: 0.6, 10: 3.6}
"""Largest difference in code values: half a step of rounding in 8 bits (of chroma made at full range a whole one: see
below). In 10 bits libswscale takes four times 255, 1020, for white in RGB where it converts ranges: 3 of 1023."""
SPACES = {"bt601": "ITU601", "bt709": "ITU709", "bt2020": "BT2020"}
LAYOUTS = [
    replace(JPEG, matrix=matrix, range=reach, bits=bits)
    for matrix in SPACES
    for reach in ("full", "limited")
    for bits in (8, 10)
]
layouts = pytest.mark.parametrize(
    "layout", LAYOUTS, ids=lambda layout: f"{layout.matrix}-{layout.range}-{layout.bits}"
)


def frame_of(pixels: np.ndarray, kind: str) -> "av.VideoFrame":
    """Put (SIDE, SIDE, 3) samples into a planar frame: RGB in its order G, B, R."""
    frame = av.VideoFrame(SIDE, SIDE, kind)
    order = (1, 2, 0) if kind.startswith("gbr") else (0, 1, 2)
    for plane, channel in zip(frame.planes, order, strict=True):
        rows = np.zeros((SIDE, plane.line_size // pixels.itemsize), pixels.dtype)
        rows[:, :SIDE] = pixels[..., channel]
        plane.update(rows)
    return frame


def pixels_of(frame: "av.VideoFrame", dtype: np.dtype) -> np.ndarray:
    """Take the samples out again, RGB or Y'CbCr."""
    planes = [np.frombuffer(plane, dtype).reshape(SIDE, -1)[:, :SIDE] for plane in frame.planes]
    order = (2, 0, 1) if frame.format.name.startswith("gbr") else (0, 1, 2)
    return np.stack([planes[channel] for channel in order], axis=-1)


def converted(pixels: np.ndarray, layout: Encoding, *, to_rgb: bool) -> np.ndarray:
    """Let libswscale convert between full-range RGB and Y'CbCr 4:4:4 of a layout, as exactly as it can."""
    from av.video.reformatter import ColorRange, Colorspace, Interpolation

    deep = "" if layout.bits == 8 else f"{layout.bits}le"
    rgb, yuv = f"gbrp{deep}", f"yuv444p{deep}"
    ranges = ColorRange.JPEG if layout.range == "full" else ColorRange.MPEG, ColorRange.JPEG
    space = Colorspace[SPACES[layout.matrix]]
    result = frame_of(pixels, yuv if to_rgb else rgb).reformat(
        format=rgb if to_rgb else yuv,
        src_colorspace=space,
        dst_colorspace=space,
        src_color_range=ranges[0 if to_rgb else 1],
        dst_color_range=ranges[1 if to_rgb else 0],
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
        threads=1,
    )
    return pixels_of(result, layout.dtype)


def samples(layout: Encoding, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(round(low * layout.top), round(high * layout.top) + 1, (SIDE, SIDE, 3)).astype(
        layout.dtype
    )


@layouts
def test_ycbcr_of_rgb_is_that_of_ffmpeg(layout: Encoding) -> None:
    rgb = samples(layout)
    ours = color.rgb_to_ycbcr(rgb.astype(np.float32) / np.float32(layout.top), layout)
    wrong = np.abs(converted(rgb, layout, to_rgb=False) - ours)
    assert wrong[..., 0].max() < TOLERANCE[layout.bits]
    chroma_step = (
        0.5 if layout.range == "full" else 0
    )  # libswscale makes limited range first and stretches it
    assert wrong[..., 1:].max() < TOLERANCE[layout.bits] + chroma_step


@layouts
def test_rgb_of_ycbcr_is_that_of_ffmpeg(layout: Encoding) -> None:
    ycbcr = np.rint(color.rgb_to_ycbcr(samples(layout) / np.float32(layout.top), layout))
    ycbcr = np.clip(ycbcr, 0, layout.top).astype(layout.dtype)
    ours = np.clip(color.ycbcr_to_rgb(ycbcr.astype(np.float32), layout), 0, 1) * layout.top
    assert np.abs(converted(ycbcr, layout, to_rgb=True) - ours).max() < TOLERANCE[layout.bits]


@layouts
@pytest.mark.parametrize("transfer", ["srgb", "bt1886"])
def test_ffmpeg_shows_the_wanted_colors_of_solved_chroma_and_leaves_luma_alone(
    layout: Encoding, transfer
) -> None:
    primaries = "bt2020" if layout.matrix == "bt2020" else "bt709"
    encoding = replace(layout, primaries=primaries, transfer=transfer)
    truth = color.rgb_to_ycbcr(samples(layout, 0.25, 0.75) / np.float32(layout.top), encoding)
    luma, ab = np.rint(truth[..., 0]).astype(encoding.dtype), color.ycbcr_to_lab(truth, encoding)[..., 1:]
    chroma = [np.rint(plane) for plane in color.solve_chroma_for_luma(luma, ab, encoding)]
    planes = np.stack([luma, *chroma], axis=-1).astype(encoding.dtype)
    shown = converted(planes, layout, to_rgb=True)
    linear = CURVES[transfer].to_linear(shown.reshape(-1, 3).T.astype(np.float32) / np.float32(layout.top))
    lab = color.spaces.linear_to_lab(linear, rgb_to_xyz(primaries)).T.reshape(shown.shape)
    wrong = np.hypot(*np.moveaxis(lab[..., 1:] - ab, -1, 0))
    assert wrong.mean() < {8: 0.8, 10: 0.3}[layout.bits]  # rounding to 8 or 10 bits, twice
    assert np.percentile(wrong, 99) < {8: 2.0, 10: 0.8}[layout.bits]
    again = converted(shown, layout, to_rgb=False)[..., 0].astype(np.int32)
    assert np.abs(again - luma).max() <= {8: 1, 10: 4}[layout.bits]


@pytest.mark.parametrize("siting", SITINGS)
@pytest.mark.parametrize(("kind", "shrink"), [("yuv420p", (2, 2)), ("yuv422p", (1, 2))])
def test_sited_chroma_is_that_of_ffmpeg(kind: str, shrink: tuple[int, int], siting) -> None:
    planes = samples(replace(JPEG, range="limited"))
    graph = av.filter.Graph()
    steps = [
        graph.add_buffer(
            width=SIDE, height=SIDE, format=av.VideoFormat("yuv444p"), time_base=Fraction(1, 25)
        ),
        graph.add("scale", f"out_chroma_loc={siting}:flags=bilinear+accurate_rnd"),
        graph.add("format", kind),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*steps).configure()
    frame = frame_of(planes, "yuv444p")
    frame.pts = 0
    graph.push(frame)
    size, area = chroma_grid((SIDE, SIDE), shrink, siting=siting)
    for plane, channel in zip(graph.pull().planes[1:], (1, 2), strict=True):
        theirs = np.frombuffer(plane, np.uint8).reshape(size[0], -1)[:, : size[1]]
        ours = resize(np.ascontiguousarray(planes[..., channel]), size, kernel="bilinear", area=area)
        inner = (slice(1, -1), slice(1, -1))  # libswscale repeats the edge, here there is less to weigh
        assert np.abs(theirs - ours)[inner].max() < 1.1  # both axes are rounded
