"""The three ways to put a picture's own lightness and the predicted colors together.

- lossless: the luma scan of a gray JPEG stays as it is, byte for byte, and two chroma scans are appended;
- planes: the luma plane stays as it is and is encoded with two chroma planes as a JPEG;
- general: lightness and a*b* become RGB in bands of rows, chroma reduced where sRGB ends.
"""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rechroma import color, hints, image, refine
from rechroma._version import __version__
from rechroma.errors import UnreadableImage
from rechroma.image import FileFormat, Picture, Plane8
from rechroma.pipeline.conditions import View, certain
from rechroma.pipeline.recipe import recipe
from rechroma.tiling import WHOLE, Area, Size, reframe
from rechroma.types import AB, ColorizeOptions, Hints, Marks, ModelInfo

Way: TypeAlias = Literal["lossless", "planes", "general"]
Colors: TypeAlias = Callable[[View], AB]
"""Predicts the a*b* (h, w, 2) of what a view covers."""

SHRINKS = (2, 4, 8)
"""By what a picture can be divided for the size at which Cb and Cr are solved; 2 is that of 4:2:0."""
CHROMA_PIXELS = 1_500_000
"""Pixels at that size, where the picture is not too large even for the last of SHRINKS. At 12 megapixels it costs
half of the time that 2 would, and luma still comes back from RGB within 0.1 of 255 on average."""
_BAND = 64
"""Rows that are painted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The file of a colored picture."""

    data: bytes
    """The file."""
    way: Way
    """How it was put together."""
    reason: str
    """Why not losslessly; empty where it was."""


def encoded(
    picture: Picture,
    file_format: FileFormat,
    colors: Colors,
    info: ModelInfo,
    options: ColorizeOptions,
    *,
    noted: Mapping[str, object] | None = None,
) -> Made:
    """Make the file of a picture in the colors that a method predicts; its recipe has what is `noted` too."""
    provenance = _provenance(picture, info, options, noted) if options.provenance else None
    if file_format != "jpeg":
        rgb = painted(picture, colors, options)
        data = image.encode_rgb(picture, rgb, file_format, quality=options.quality, provenance=provenance)
        return Made(data=data, way="general", reason=f"the result is {file_format}, not JPEG")
    obstacle = image.lossless_obstacle(picture) if options.lossless_luma else "lossless_luma is off"
    if obstacle is None:
        made = _encoded_lossless(picture, colors, options, provenance)
        if isinstance(made, Made):
            return made
        obstacle = made
    luma = image.luma(picture)
    one_channel = len(picture.header.components) == 1 if picture.header else _channels(picture) == 1
    cb, cr = _chroma(picture, gray(luma), colors, options, lambda: one_channel)
    data = image.encode_planes_jpeg(
        picture, cb, cr, luma=luma, quality=options.quality, provenance=provenance
    )
    return Made(data=data, way="planes", reason=obstacle)


def _encoded_lossless(
    picture: Picture, colors: Colors, options: ColorizeOptions, provenance: image.Provenance | None
) -> Made | str:
    """Make the file with the luma as it is coded; tell why not, where the picture turns out to be damaged."""
    with ThreadPoolExecutor(1) as aside:  # codecs release the interpreter's lock
        neutral = aside.submit(copy_context().run, image.is_neutral, picture)  # their notes are this thread's
        alone = aside.submit(copy_context().run, image.luma_alone, picture)
        cb, cr = _chroma(picture, picture, colors, options, neutral.result)
        if picture.damage:
            # Other programs may refuse the very scan that ours passes over.
            return f"its scan is damaged: {picture.damage[0]}"
        try:
            light = alone.result()
        except UnreadableImage as error:
            return str(error)
    data = image.encode_lossless_jpeg(light, cb, cr, quality=options.quality, provenance=provenance)
    return Made(data=data, way="lossless", reason="")


def _provenance(
    picture: Picture, info: ModelInfo, options: ColorizeOptions, noted: Mapping[str, object] | None
) -> image.Provenance:
    """Return what the result's file says of how it was made."""
    told = {"glance": picture.glance, **(noted or {})}
    settings = recipe(options, method=info.name, weights=info.sha256, source=picture.sha256, noted=told)
    return image.Provenance(
        version=__version__,
        model=info.name,
        sha256=info.sha256,
        settings=settings,
        source_type=_source_type(info, options),
    )


def _source_type(info: ModelInfo, options: ColorizeOptions) -> image.SourceType:
    """Return IPTC's word for where the colors come from: training, a person's hand, or other pictures by a formula."""
    if info.trained:
        return "compositeWithTrainedAlgorithmicMedia"
    by_hand = "hints" in info.needs and not options.references and options.reference_library is None
    return "humanEdits" if by_hand else "algorithmicallyEnhanced"


def painted(picture: Picture, colors: Colors, options: ColorizeOptions) -> NDArray[Any]:
    """Color a picture the general way: (H, W, 3) sRGB, uint8, uint16, or float32 in [0, 1], as the picture is."""
    name = "file" if picture.samples is not None else "decoded"
    picture, dtype = image.decoded(picture), image.rgb_dtype(picture)
    ab = colors(View(name=name, picture=picture))
    lightness, marks = image.lightness(picture), certain(options.hints)
    layers = hints.open_layers(marks, picture.size, picture=picture.size)
    rgb = np.empty((*picture.size, 3), dtype)
    for rows, band in refine.upsampled_bands(ab, lightness):
        if marks:
            _paint(band, hints.rasterize(marks, picture.size, rows=rows, layers=layers))
        if dtype.kind == "f":
            lab = np.concatenate([lightness[rows, :, None], band], axis=2)
            rgb[rows] = np.clip(color.lab_to_rgb(color.fit_gamut(lab)), 0, 1)
        else:
            rgb[rows] = color.merge(lightness[rows], band, depth=16 if dtype == np.uint16 else 8)
    return rgb


def chroma(
    ab: AB,
    luma: Plane8,
    marks: Marks,
    size: Size,
    *,
    area: Area = WHOLE,
    part: Area = WHOLE,
    layers: hints.Layers | None = None,
) -> tuple[Plane8, Plane8]:
    """Solve the Cb and Cr that show a*b* at a luma, in its size, and paint the marks exactly.

    Args:
        ab: (h, w, 2) a*b*.
        luma: (H, W) uint8 Y', in any size.
        marks: What a person marked on the picture.
        size: Height and width of the picture.
        area: What the luma covers of what the a*b* covers.
        part: What the a*b* covers of the picture.
        layers: The marks' layers, opened for `luma`, where they are at hand.
    """
    cb, cr = refine.chroma_planes(reframe(ab, area), luma)
    marks = certain(marks)
    area = part.inner(area)
    layers = layers or hints.open_layers(marks, luma.shape, picture=size, area=area)
    for start in range(0, luma.shape[0], _BAND) if marks else ():
        rows = slice(start, min(start + _BAND, luma.shape[0]))
        drawn = hints.rasterize(marks, luma.shape, picture=size, rows=rows, area=area, layers=layers)
        there = drawn.weight > 0
        if there.any():
            share = drawn.weight[there]
            for plane, asked in zip((cb, cr), _asked(luma[rows][there], drawn.ab[there]), strict=True):
                was = plane[rows][there]
                plane[rows][there] = np.rint(was + share * (asked - was))
    return cb, cr


def gray(luma: Plane8) -> Picture:
    """Take a plane, which has passed the size limit already, for a picture."""
    return image.read(luma, max_megapixels=math.inf)


def _chroma(
    picture: Picture,
    light: Picture,
    colors: Colors,
    options: ColorizeOptions,
    is_gray: Callable[[], bool],
) -> tuple[Plane8, Plane8]:
    """Predict the colors, and solve the Cb and Cr that show them at the luma of `light`, in whole cells of it."""
    shrink = _chroma_shrink(picture.size)
    luma, area = image.luma(light, shrink=shrink), image.cells_area(light, shrink)
    if is_gray():  # then the luma is all there is to see: one decoding serves the eyes and the edges
        name = (
            "coded luma" if light is picture else "luma"
        )  # two ways to divide it, and not the same to the bit
        view = View(name=name, picture=replace(gray(luma), tone=picture.tone), area=area)
    else:
        view = View(name="file", picture=picture)
    return chroma(colors(view), luma, options.hints, picture.size, area=area)


def _chroma_shrink(size: Size) -> int:
    return next((s for s in SHRINKS if size[0] * size[1] <= CHROMA_PIXELS * s * s), SHRINKS[-1])


def _channels(picture: Picture) -> int:
    return 1 if picture.samples is None or picture.samples.ndim == 2 else picture.samples.shape[2]


def _paint(ab: AB, drawn: Hints) -> None:
    """Paint hints over a*b*, in place."""
    ab += drawn.weight[..., None] * (drawn.ab - ab)


def _asked(luma: Plane8, ab: AB) -> NDArray[np.float32]:
    """Solve Cb and Cr (2, n) for a*b* (n, 2) at Y' (n,)."""
    return np.stack(color.solve_chroma_for_luma(luma, ab))
