"""A picture opened for work: what was predicted is kept, so that changing one's mind costs little."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rechroma import color, hints, image, refine
from rechroma.errors import OptionError
from rechroma.image import FileFormat
from rechroma.pipeline import compose, proposals
from rechroma.pipeline.closeup import closeup
from rechroma.pipeline.conditions import certain
from rechroma.pipeline.entropy import entropy_of, overlay
from rechroma.pipeline.prediction import load
from rechroma.pipeline.proposals import Place, Proposal, Suggestion
from rechroma.pipeline.steps import Steps
from rechroma.tiling import WHOLE, Area
from rechroma.types import AB, Array, ColorizeOptions, Colorizer, Hints, Marks

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 64_000_000
"""Memory that one draft keeps at most, beside a file that was given as bytes: what is larger, such as the samples of
a PNG of 48 megapixels in color, is made anew when it is needed."""
_PREVIEW_QUALITY = 88
_CLOSE_QUALITY = 94
"""Of a part that is looked at closely: its grain is to be seen."""


class Draft:
    """A picture opened for work or used once: the one way to its colors. Safe to use from several threads.

    It keeps what the method sees, what references tell and the last predictions, as far as the memory allows.
    Saturation, warmth, temperature and refinement are applied to these; only another method, another vividness, other
    hints or references ask the method again, and only other references are matched again. A file that was given by
    its path has to stay where it is.
    """

    def __init__(
        self,
        source: "bytes | Path | str | NDArray[Any] | Image.Image",
        *,
        max_megapixels: float = 400.0,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Open a picture: an image file, given as its bytes or its path, or pixels as `rechroma.colorize` takes them.

        Args:
            source: The picture.
            max_megapixels: Larger ones are refused.
            most_bytes: Memory that is kept at most, beside a source that is no path.

        Raises:
            InputError: It cannot be read or is too large.
        """
        read = partial(image.read, source, max_megapixels=max_megapixels)
        self._steps = Steps(read, most_bytes=most_bytes)
        self.size: tuple[int, int] = self._steps.size
        """Height and width, upright."""
        self.format: FileFormat = self._steps.format
        """File format of the result where the options leave it."""

    @property
    def kept_bytes(self) -> int:
        """Memory that it keeps, beside a source that is no path."""
        return self._steps.bytes

    @property
    def picture(self) -> image.Picture:
        """The picture, read again where it was not kept."""
        return self._steps.picture

    def gray(self, side: int = 1024, part: Area = WHOLE) -> bytes:
        """Give the picture's own lightness as a JPEG file.

        Args:
            side: Pixels of the longer side at most; nothing is enlarged.
            part: What is shown of the picture.

        Raises:
            OptionError: The part is empty or goes beyond the picture.
        """
        seen = closeup(part, size=self.size, grid=self.size, side=side)
        plane = image.luma(self._steps.screen(seen))[seen.inner]
        neutral = np.full((-(-plane.shape[0] // 2), -(-plane.shape[1] // 2)), 128, np.uint8)
        return image.encode_planes_jpeg(
            compose.gray(plane), neutral, neutral, luma=plane, quality=_quality(part)
        )

    def preview(
        self,
        options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
        side: int = 1024,
        part: Area = WHOLE,
    ) -> bytes:
        """Color what `gray` shows, a JPEG file; the colors are those of `result`.

        Raises:
            OptionError, InputError, UnknownMethod, WeightsError: see `gray` and `rechroma.colorize`.
        """
        ab = self._steps.colors(load(options), options)
        seen = closeup(part, size=self.size, grid=(ab.shape[0], ab.shape[1]), side=side)
        screen = self._steps.screen(seen)
        # Chroma at half size for the whole; in a part, which may begin between two of its pixels, at full size.
        shrink = 2 if part == WHOLE else 1
        luma, area = image.luma(screen, shrink=shrink), image.cells_area(screen, shrink)
        layers = self._steps.layers(options.hints, luma.shape, seen.area.inner(area))
        cb, cr = compose.chroma(
            ab[seen.cells], luma, options.hints, self.size, area=area, part=seen.area, layers=layers
        )
        if part == WHOLE:
            return image.encode_planes_jpeg(screen, cb, cr, luma=image.luma(screen), quality=_PREVIEW_QUALITY)
        shown = compose.gray(luma[seen.inner])
        return image.encode_planes_jpeg(
            shown, cb[seen.inner], cr[seen.inner], luma=luma[seen.inner], quality=_CLOSE_QUALITY
        )

    def result(self, options: ColorizeOptions = ColorizeOptions()) -> bytes:  # noqa: B008 - frozen
        """Color the whole picture: the bytes of the file that `rechroma.colorize` gives for it."""
        file_format = image.output_format(self.picture, options.format)
        return self.encoded(file_format, load(options), options).data

    def encoded(
        self,
        file_format: FileFormat,
        colorizer: Colorizer,
        options: ColorizeOptions,
        *,
        noted: Mapping[str, object] | None = None,
    ) -> compose.Made:
        """Make the file of the whole picture by a method at hand; its recipe has what is `noted` too."""
        colors = partial(self._steps.colors, colorizer, options)
        return compose.encoded(self.picture, file_format, colors, colorizer.info, options, noted=noted)

    def pixels(
        self, colorizer: Colorizer, options: ColorizeOptions, *, given: Hints | None = None
    ) -> "NDArray[Any] | Image.Image":
        """Color the whole picture by a method at hand, as an array, or as a Pillow image where that was given.

        Hints that are `given` take the place of the options' marks; they have the size at which the method sees it.
        """
        colors = partial(self._steps.colors, colorizer, options, given=given)
        return image.give_back(self.picture, compose.painted(self.picture, colors, options))

    def uncertainty(self, options: ColorizeOptions = ColorizeOptions()) -> Array:  # noqa: B008 - frozen
        """Compute the entropy of the predicted distribution: (h, w) float32, 0 sure to 1 no idea; 0 where marked.

        Raises:
            OptionError: The method predicts no distribution.
        """
        entropy = entropy_of(self._scores(load(options), options)[0])
        marked = self._steps.marked(certain(options.hints), entropy.shape)
        return entropy if marked is None else entropy * (1 - marked.weight)

    def uncertainty_png(self, options: ColorizeOptions = ColorizeOptions(), side: int = 512) -> bytes:  # noqa: B008
        """Draw the uncertainty as a PNG file to lay over the picture: orange where least sure, clear where sure."""
        scale = side / max(self.size)
        shape = (max(round(self.size[0] * scale), 1), max(round(self.size[1] * scale), 1))
        return overlay(self.uncertainty(options), shape)

    def look(
        self,
        x: float,
        y: float,
        options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
        *,
        count: int = 6,
    ) -> Place:
        """Return what is at a place, and which colors are likely there.

        Args:
            x: 0 to 1 of the width.
            y: 0 to 1 of the height.
            options: as for `preview`.
            count: of suggestions, at most.

        Raises:
            OptionError: The place is outside of the picture.
        """
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise OptionError(f"the place is {x:g},{y:g}; accepted: 0 to 1 of the width and of the height")
        colorizer = load(options)
        seen = self._steps.lightness(colorizer.info)
        lightness = float(seen[_cell(x, y, seen)])
        ab = refine.upsample_ab(self._steps.colors(colorizer, options), seen)
        suggestions: tuple[Suggestion, ...] = ()
        if colorizer.bins is not None:
            # Without the person's own marks: beside them there would be nothing to suggest but themselves.
            logits, bins = self._scores(colorizer, replace(options, hints=Marks()))
            row, column = _cell(x, y, logits)
            around = logits[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            mass = color.softmax(around).mean(axis=(0, 1))
            suggestions = tuple(
                Suggestion(color=proposals.to_hex(lightness, each.ab), share=each.share)
                for each in proposals.likely_colors(mass, bins, count=count)
            )
        shown = proposals.to_hex(lightness, ab[_cell(x, y, seen)])
        return Place(lightness=lightness, color=shown, suggestions=suggestions)

    def propose(
        self,
        count: int = 4,
        options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
    ) -> tuple[Proposal, ...]:
        """Give several plausible colorings, the likeliest first: that is the prediction itself.

        Others give whole regions another likely color. There are fewer than `count` where little is uncertain.

        Raises:
            OptionError: `count` is below 1, or the method predicts no distribution or takes no hints.
        """
        if count < 1:
            raise OptionError(f"count of proposals is {count}; accepted: 1 or more")
        colorizer = load(options)
        if "hints" not in colorizer.info.takes:
            raise OptionError(
                f"{colorizer.info.name} takes no hints, which proposals are made of; hintnet does"
            )
        logits, bins = self._scores(colorizer, options)
        others = proposals.changes(logits, bins, self._steps.lightness(colorizer.info), count=count - 1)
        return (
            Proposal(hints=options.hints, likelihood=0.0),
            *(
                # What a person marked lies on top of what is proposed.
                Proposal(hints=hints.merge(other.marks, options.hints), likelihood=other.likelihood)
                for other in others
            ),
        )

    def _scores(self, colorizer: Colorizer, options: ColorizeOptions) -> tuple[Array, AB]:
        """Give the predicted scores (h, w, Q) and the bins (Q, 2)."""
        prediction = self._steps.predicted(colorizer, options)[1].prediction
        if prediction.logits is None or colorizer.bins is None:
            raise OptionError(
                f"{colorizer.info.name} predicts colors, not how likely they are; accepted: a method with a "
                "distribution, such as hintnet"
            )
        return prediction.logits, colorizer.bins


def propose(
    source: bytes | Path | str,
    count: int = 4,
    options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
) -> tuple[Proposal, ...]:
    """Give several plausible colorings of an image file, the likeliest first; see `Draft.propose`."""
    return Draft(source, max_megapixels=options.max_megapixels).propose(count, options)


def uncertainty(source: bytes | Path | str, options: ColorizeOptions = ColorizeOptions()) -> Array:  # noqa: B008
    """Give where the method is unsure of an image file's colors: (h, w) float32, 0 to 1; see `Draft.uncertainty`."""
    return Draft(source, max_megapixels=options.max_megapixels).uncertainty(options)


def _cell(x: float, y: float, grid: Array) -> tuple[int, int]:
    """Give the row and column of a grid (h, w, ...) where a place of the picture is."""
    return min(int(y * grid.shape[0]), grid.shape[0] - 1), min(int(x * grid.shape[1]), grid.shape[1] - 1)


def _quality(part: Area) -> int:
    return _PREVIEW_QUALITY if part == WHOLE else _CLOSE_QUALITY
