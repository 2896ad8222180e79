"""What comes in as a path, bytes, an array or an image goes out as the same, in color."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from rechroma import image
from rechroma.errors import OptionError, OutputError
from rechroma.image import FileFormat
from rechroma.naming import NEVER_WRITTEN, SUFFIXES, format_of, target_name
from rechroma.pipeline.compose import Way
from rechroma.pipeline.draft import Draft
from rechroma.pipeline.prediction import load
from rechroma.types import ColorizeOptions, Colorizer, Format, Hints, ModelInfo

if TYPE_CHECKING:
    from PIL import Image


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
    draft = _used_once(source, options)
    if draft.picture.source in {"array", "pil"}:
        return draft.pixels(load(options), options)
    return draft.result(options)


def colorize_array(
    source: NDArray[Any],
    colorizer: Colorizer,
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
    *,
    hints: Hints | None = None,
) -> NDArray[Any]:
    """Color an array by a method at hand, whatever `options.method` says; else as `colorize` does.

    Hints, where given, have the size at which the method sees the picture, and take the place of `options.hints`.

    Raises:
        InputError, OptionError: see `colorize`.
    """
    return np.asarray(_used_once(source, options).pixels(colorizer, options, given=hints))


def colorize_file(
    source: Path | str | bytes,
    target: Path | str,
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
    noted: Mapping[str, object] | None = None,
) -> Report:
    """Color an image file, given as a path or as its bytes, write the result to `target` and say what was done.

    The suffix of `target` is the format of the result; with any other suffix it is `options.format`. The folder
    of `target` is made. The result appears under its name when it is complete, or not at all. Its recipe, in the
    provenance, has what is `noted` too.

    Raises:
        InputError, OptionError, UnknownMethod, WeightsError, OutputError: see `colorize`.
    """
    start = time.perf_counter()
    source, target = Path(source) if isinstance(source, str) else source, Path(target)
    wanted = _agreed_format(target, options)
    _check_target(source, target, overwrite=overwrite)
    draft = _used_once(source, options)
    file_format = image.output_format(draft.picture, wanted)
    colorizer = load(options)
    made = draft.encoded(file_format, colorizer, options, noted=noted)
    make_folder(target.parent)
    image.save_atomically(made.data, target, overwrite=overwrite)
    return Report(
        way=made.way,
        reason=made.reason,
        format=file_format,
        size=draft.size,
        model=colorizer.info,
        bytes=len(made.data),
        seconds=time.perf_counter() - start,
    )


def colorize_to_bytes(source: Path | bytes, options: ColorizeOptions = ColorizeOptions()) -> bytes:  # noqa: B008
    """Color an image file, given as a path or as its bytes, and give the bytes of the result's file.

    Raises:
        InputError, OptionError, UnknownMethod, WeightsError: see `colorize`.
    """
    return _used_once(source, options).result(options)


def _used_once(source: "Path | str | bytes | NDArray[Any] | Image.Image", options: ColorizeOptions) -> Draft:
    """Open a picture to color it and be done: nothing is read twice, whatever its size."""
    return Draft(source, max_megapixels=options.max_megapixels, most_bytes=sys.maxsize)


def _agreed_format(target: Path, options: ColorizeOptions) -> Format:
    """Give the format that the target's name and the options agree on; "same" where neither says."""
    if target.suffix.lower() in NEVER_WRITTEN:
        raise OptionError(
            f"the result {target} would be a {target.suffix} file, which is not written; "
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
    if not isinstance(source, bytes) and is_same_file(target, source):
        raise OutputError(f"{target} is the picture itself, which is never overwritten; choose another name")
    if os.path.lexists(target) and not overwrite:
        raise OutputError(f"{target} exists; choose another name or allow overwriting")


def is_same_file(one: Path, other: Path | str) -> bool:
    """Say whether two names are there and mean one file."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or cannot be
        return False


def make_folder(folder: Path) -> None:
    """Make a folder for results, and those above it, where there is none.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made: {error.strerror or error}") from error


def check_folder(folder: Path) -> None:
    """Refuse a folder for results, before any work, to which nothing can be written.

    Raises:
        OutputError: it, or where it is missing the one above it, is a file or closed.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    if not there.is_dir():
        raise OutputError(
            f"{there} is no folder, so that no result can go into {folder}; choose another with -o"
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"the folder {there} may not be written to; choose another with -o")
