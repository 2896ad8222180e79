"""Picture in, picture out: the only place where the steps of coloring are written.

The network sees a small copy of the lightness and says a*b* at a quarter of that. The colors are carried up along
the picture's own edges and put together with its lightness in one of three ways:

- lossless: the luma scan of a gray JPEG stays as it is, byte for byte, and two chroma scans are appended;
- planes: the luma plane stays as it is and is encoded with two chroma planes as a JPEG;
- general: lightness and a*b* become RGB in bands of rows, chroma reduced where sRGB ends.
"""

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from rechroma import color, image, methods, refine
from rechroma._version import __version__
from rechroma.errors import OptionError, OutputError
from rechroma.image import Picture
from rechroma.image.picture import Plane8
from rechroma.image.writing import FileFormat
from rechroma.naming import BECOME_JPEG, BECOME_PNG, SUFFIXES, format_of, target_name
from rechroma.tiling import work_shape
from rechroma.types import AB, ColorizeOptions, Colorizer, Format, ModelInfo, PredictOptions

if TYPE_CHECKING:
    from PIL import Image

Way: TypeAlias = Literal["lossless", "planes", "general"]

SHRINKS = (2, 4, 8)
"""By what a picture can be divided for the size at which Cb and Cr are solved; 2 is that of 4:2:0."""
CHROMA_PIXELS = 1_500_000
"""Pixels at that size, where the picture is not too large even for the last of SHRINKS. At 12 megapixels it costs
half of the time that 2 would, and luma still comes back from RGB within 0.1 of 255 on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done to one picture."""

    way: Way
    """By which of the three ways it was put together."""
    reason: str
    """Why not the lossless way, where it was not."""
    format: FileFormat
    """File format of the result."""
    size: tuple[int, int]
    """Height and width of picture and result, upright."""
    model: ModelInfo
    """What colored it."""
    bytes: int
    """Length of the result's file."""
    seconds: float
    """Time from reading to writing."""


@overload
def colorize(
    source: Path | str,
    options: ColorizeOptions = ...,
    *,
    target: Path | str | None = ...,
    overwrite: bool = ...,
) -> Path: ...
@overload
def colorize(source: bytes, options: ColorizeOptions = ...) -> bytes: ...
@overload
def colorize(source: NDArray[Any], options: ColorizeOptions = ...) -> NDArray[Any]: ...
@overload
def colorize(source: "Image.Image", options: ColorizeOptions = ...) -> "Image.Image": ...


def colorize(
    source: "Path | str | bytes | NDArray[Any] | Image.Image",
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
    *,
    target: Path | str | None = None,
    overwrite: bool = False,
) -> "Path | bytes | NDArray[Any] | Image.Image":
    """Color a picture and give it back as the kind of thing that it came as.

    Args:
        source: A path: the result is written to `target`, by default beside the picture (portrait.jpg ->
            portrait.color.jpg), and its path is returned. The bytes of an image file: the bytes of the result's
            file. An array, (H, W) gray or (H, W, 3) RGB or (H, W, 4) RGBA, uint8, uint16 or float32 in [0, 1],
            sRGB-encoded: RGB or RGBA of that dtype. A Pillow image: an RGB or RGBA one.
        options: What is asked for; format, quality and provenance count only where a file is made.
        target: Where the result of a path goes; its suffix is its format.
        overwrite: Whether an existing target is replaced. The source itself never is.

    Raises:
        InputError: The picture cannot be read or is too large.
        OptionError: The options contradict each other or the picture.
        UnknownMethod: There is no such method.
        WeightsError: The method's weights cannot be used.
        OutputError: The result cannot be stored; nothing is left behind.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        place = path.with_name(target_name(path.name, options.format)) if target is None else Path(target)
        colorize_file(path, place, options, overwrite=overwrite)
        return place
    if target is not None:
        raise OptionError(f"target is {target}; it is for a path: bytes, arrays and images are returned")
    picture = image.read(source, max_megapixels=options.max_megapixels)
    if picture.source in {"array", "pil"}:
        return image.give_back(picture, _painted(picture, _load(options), options))
    return _encoded(picture, image.output_format(picture, options.format), options)[0]


def colorize_array(
    source: NDArray[Any],
    colorizer: Colorizer,
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
) -> NDArray[Any]:
    """Color an array by a method at hand, whatever `options.method` says; else as `colorize` does.

    Raises:
        InputError, OptionError: see `colorize`.
    """
    picture = image.read(source, max_megapixels=options.max_megapixels)
    return np.asarray(image.give_back(picture, _painted(picture, colorizer, options)))


def colorize_file(
    source: Path | str | bytes,
    target: Path | str,
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
) -> Report:
    """Color an image file, given as a path or as its bytes, write the result to `target` and say what was done.

    The suffix of `target` is the format of the result; with any other suffix it is `options.format`. The folder
    of `target` is made. The result appears under its name when it is complete, or not at all.

    Raises:
        InputError, OptionError, UnknownMethod, WeightsError, OutputError: see `colorize`.
    """
    start = time.perf_counter()
    source, target = Path(source) if isinstance(source, str) else source, Path(target)
    wanted = _agreed_format(target, options)
    _check_target(source, target, overwrite=overwrite)
    picture = image.read(source, max_megapixels=options.max_megapixels)
    file_format = image.output_format(picture, wanted)
    data, model, way, reason = _encoded(picture, file_format, options)
    make_folder(target.parent)
    image.save_atomically(data, target, overwrite=overwrite)
    return Report(
        way=way,
        reason=reason,
        format=file_format,
        size=picture.size,
        model=model,
        bytes=len(data),
        seconds=time.perf_counter() - start,
    )


def colorize_to_bytes(source: Path | bytes, options: ColorizeOptions = ColorizeOptions()) -> bytes:  # noqa: B008
    """Color an image file, given as a path or as its bytes, and give the bytes of the result's file.

    Raises:
        InputError, OptionError, UnknownMethod, WeightsError: see `colorize`.
    """
    picture = image.read(source, max_megapixels=options.max_megapixels)
    return _encoded(picture, image.output_format(picture, options.format), options)[0]


def _load(options: ColorizeOptions) -> Colorizer:
    return methods.load(options.method, device=options.device, threads=options.threads)


def _encoded(
    picture: Picture, file_format: FileFormat, options: ColorizeOptions
) -> tuple[bytes, ModelInfo, Way, str]:
    """Color a picture and give its file, what colored it, the way it went and why not the lossless one."""
    colorizer = _load(options)
    way, reason = _choose_way(picture, file_format, options)
    provenance = (
        image.Provenance(version=__version__, model=colorizer.info.name, sha256=colorizer.info.sha256)
        if options.provenance
        else None
    )
    if way == "general":
        rgb = _painted(picture, colorizer, options)
        data = image.encode_rgb(picture, rgb, file_format, quality=options.quality, provenance=provenance)
    elif way == "lossless":
        small = image.luma(picture, shrink=_chroma_shrink(picture.size))
        cb, cr = _chroma(picture, small, colorizer, options)
        data = image.encode_lossless_jpeg(picture, cb, cr, quality=options.quality, provenance=provenance)
    else:
        luma = image.luma(picture)
        small = image.luma(_gray(luma), shrink=_chroma_shrink(picture.size))
        cb, cr = _chroma(picture, small, colorizer, options)
        data = image.encode_planes_jpeg(
            picture, cb, cr, luma=luma, quality=options.quality, provenance=provenance
        )
    return data, colorizer.info, way, reason


def _choose_way(picture: Picture, file_format: FileFormat, options: ColorizeOptions) -> tuple[Way, str]:
    """Choose how the result is put together, and say why not losslessly."""
    if file_format != "jpeg":
        return "general", f"the result is {file_format}, not JPEG"
    if not options.lossless_luma:
        return "planes", "lossless_luma is off"
    obstacle = image.lossless_obstacle(picture)
    return ("lossless", "") if obstacle is None else ("planes", obstacle)


def _predict(picture: Picture, seen: Picture, colorizer: Colorizer, options: ColorizeOptions) -> AB:
    """Predict a*b* (h, w, 2) for a picture, as the network sees it: `seen` may be smaller."""
    info = colorizer.info
    shape = work_shape(*picture.size, info.work_size, info.multiple_of)
    wanted = PredictOptions(vividness=options.vividness, temperature=options.temperature)
    ab = colorizer.predict(image.small_lightness(seen, shape), options=wanted).ab
    return ab if options.saturation == 1 else ab * np.float32(options.saturation)


def _chroma(
    picture: Picture, luma: Plane8, colorizer: Colorizer, options: ColorizeOptions
) -> tuple[Plane8, Plane8]:
    """Predict the colors, and solve the Cb and Cr that show them at the picture's own luma, in the size of `luma`."""
    # In a gray picture the luma is all there is to see: one decoding serves the eyes and the edges.
    one_channel = len(picture.header.components) == 1 if picture.header else _channels(picture) == 1
    seen = replace(_gray(luma), tone=picture.tone) if one_channel else picture
    return refine.chroma_planes(_predict(picture, seen, colorizer, options), luma)


def _chroma_shrink(size: tuple[int, int]) -> int:
    return next((s for s in SHRINKS if size[0] * size[1] <= CHROMA_PIXELS * s * s), SHRINKS[-1])


def _gray(luma: Plane8) -> Picture:
    """Take a plane, which has passed the size limit already, for a picture."""
    return image.read(luma, max_megapixels=math.inf)


def _channels(picture: Picture) -> int:
    return 1 if picture.samples is None or picture.samples.ndim == 2 else picture.samples.shape[2]


def _painted(picture: Picture, colorizer: Colorizer, options: ColorizeOptions) -> NDArray[Any]:
    """Color a picture the general way: (H, W, 3) sRGB, uint8, uint16, or float32 in [0, 1], as the picture is."""
    picture, dtype = image.decoded(picture), image.rgb_dtype(picture)
    ab = _predict(picture, picture, colorizer, options)
    lightness = image.lightness(picture)
    rgb = np.empty((*picture.size, 3), dtype)
    for rows, band in refine.upsampled_bands(ab, lightness):
        if dtype.kind == "f":
            lab = np.concatenate([lightness[rows, :, None], band], axis=2)
            rgb[rows] = np.clip(color.lab_to_rgb(color.fit_gamut(lab)), 0, 1)
        else:
            rgb[rows] = color.merge(lightness[rows], band, depth=16 if dtype == np.uint16 else 8)
    return rgb


def _agreed_format(target: Path, options: ColorizeOptions) -> Format:
    """Give the format that the target's name and the options agree on; "same" where neither says."""
    if target.suffix.lower() in BECOME_JPEG | BECOME_PNG:
        raise OptionError(
            f"the result {target} would be a {target.suffix} file, which is read but not written; "
            f"accepted: {', '.join(SUFFIXES)}"
        )
    named = format_of(target.name)
    if named is not None and options.format not in {"same", named}:
        raise OptionError(
            f"the result {target} would be {named} by its name and {options.format} by its format"
        )
    return named or options.format


def _check_target(source: Path | str | bytes, target: Path, *, overwrite: bool) -> None:
    """Refuse early what would be refused after all the work."""
    if not isinstance(source, bytes) and target.exists() and target.samefile(source):
        raise OutputError(f"{target} is the picture itself, which is never overwritten; choose another name")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists; choose another name or allow overwriting")


def make_folder(folder: Path) -> None:
    """Make a folder for results, and those above it, where there is none.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made: {error.strerror or error}") from error
