"""A picture opened for work: what was predicted is kept, so that changing one's mind costs little."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rechroma import color, hints, image, proposals, refine
from rechroma.errors import OptionError, UnreadableImage
from rechroma.image.writing import FileFormat
from rechroma.kept import Kept
from rechroma.notes import collected
from rechroma.pipeline import load, predicting, ways
from rechroma.pipeline.closeup import Closeup, closeup
from rechroma.tiling import WHOLE, Area, Size, resize
from rechroma.types import AB, Array, ColorizeOptions, Colorizer, Hints, Lightness, Marks, Prediction

MOST_BYTES = 64_000_000
"""Memory that one draft keeps at most, beside a file that was given as bytes: what is larger, such as the samples of
a PNG of 48 megapixels in color, is made anew when it is needed."""
_PREVIEW_QUALITY = 88
_CLOSE_QUALITY = 94
"""Of a part that is looked at closely: its grain is to be seen."""
_UNSURE = (255, 140, 0)
"""sRGB of the overlay where the method is unsure."""
_CALM, _LOST = 50, 98
"""Percentiles of a picture's entropy at which the overlay begins and is strongest: it says where to look first ..."""
_SPAN = 0.15
"""... and entropies (shares of the largest) that differ by less are not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A color that the method thinks likely at a place."""

    color: str
    """#rrggbb at the place's own lightness."""
    share: float
    """How likely, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of a picture."""

    lightness: float
    """Its L*, 0 to 100."""
    color: str
    """What is shown there, #rrggbb."""
    suggestions: tuple[Suggestion, ...]
    """Likely colors, the likeliest first; none where the method predicts no distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plausible coloring, which `replace(options, hints=proposal.hints)` gives."""

    hints: Marks
    """The marks that were given, and those that make this coloring."""
    likelihood: float
    """Natural logarithm of how likely it is against the first, averaged over the picture; 0 for the first."""


class Draft:
    """A picture opened for work. Safe to use from several threads.

    It keeps what the method sees, what references tell and the last predictions, as far as MOST_BYTES allow.
    Saturation, warmth, temperature and refinement are applied to these; only another method, another vividness, other
    hints or references ask the method again, and only other references are matched again. A file that was given by
    its path has to stay where it is.
    """

    def __init__(self, source: bytes | Path | str, *, max_megapixels: float = 400.0) -> None:
        """Open an image file, given as its bytes or its path.

        Raises:
            InputError: It cannot be read or is too large.
        """
        self._source = source
        self._max_megapixels = max_megapixels
        self._lock = threading.RLock()
        self._kept = Kept(MOST_BYTES)
        picture = self._kept.get("picture", (), lambda: image.read(source, max_megapixels=max_megapixels))
        self.size: tuple[int, int] = picture.size
        """Height and width, upright."""
        self.format: FileFormat = image.output_format(picture, "same")
        """File format of the result where the options leave it."""
        self._sha256 = picture.sha256

    @property
    def kept_bytes(self) -> int:
        """Memory that it keeps, beside a file that was given as bytes."""
        with self._lock:
            return self._kept.bytes

    @property
    def _picture(self) -> image.Picture:
        with self._lock:
            return self._kept.get("picture", (), self._read_again)

    def _read_again(self) -> image.Picture:
        with collected():  # told when it was opened
            picture = image.read(self._source, max_megapixels=self._max_megapixels)
        if picture.sha256 != self._sha256:
            raise UnreadableImage("this picture's file has changed since it was opened; open it again")
        return picture

    def gray(self, side: int = 1024, part: Area = WHOLE) -> bytes:
        """Give the picture's own lightness as a JPEG file.

        Args:
            side: Pixels of the longer side at most; nothing is enlarged.
            part: What is shown of the picture.

        Raises:
            OptionError: The part is empty or goes beyond the picture.
        """
        seen = closeup(part, size=self.size, grid=self.size, side=side)
        plane = image.luma(self._screen(seen))[seen.inner]
        neutral = np.full((-(-plane.shape[0] // 2), -(-plane.shape[1] // 2)), 128, np.uint8)
        return image.encode_planes_jpeg(
            ways.gray(plane), neutral, neutral, luma=plane, quality=_quality(part)
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
        ab = self._ab(load(options), options)
        seen = closeup(part, size=self.size, grid=(ab.shape[0], ab.shape[1]), side=side)
        screen = self._screen(seen)
        # Chroma at half size for the whole; in a part, which may begin between two of its pixels, at full size.
        shrink = 2 if part == WHOLE else 1
        luma, area = image.luma(screen, shrink=shrink), image.cells_area(screen, shrink)
        layers = self._layers(options.hints, luma.shape, seen.area.inner(area))
        cb, cr = ways.chroma(
            ab[seen.cells], luma, options.hints, self.size, area=area, part=seen.area, layers=layers
        )
        if part == WHOLE:
            return image.encode_planes_jpeg(screen, cb, cr, luma=image.luma(screen), quality=_PREVIEW_QUALITY)
        shown = ways.gray(luma[seen.inner])
        return image.encode_planes_jpeg(
            shown, cb[seen.inner], cr[seen.inner], luma=luma[seen.inner], quality=_CLOSE_QUALITY
        )

    def result(self, options: ColorizeOptions = ColorizeOptions()) -> bytes:  # noqa: B008 - frozen
        """Color the whole picture: the bytes of the file that `rechroma.colorize` gives for it."""
        picture = self._picture
        return ways.encoded(
            picture, image.output_format(picture, options.format), load(options), options
        ).data

    def uncertainty(self, options: ColorizeOptions = ColorizeOptions()) -> Array:  # noqa: B008 - frozen
        """Give the entropy of the predicted distribution: (h, w) float32, 0 sure to 1 no idea; 0 where marked.

        Raises:
            OptionError: The method predicts no distribution.
        """
        entropy = proposals.doubt(self._scores(load(options), options)[0])
        marked = self._marked(predicting.sure(options.hints), entropy.shape)
        return entropy if marked is None else entropy * (1 - marked.weight)

    def doubt(self, options: ColorizeOptions = ColorizeOptions(), side: int = 512) -> bytes:  # noqa: B008
        """Give the uncertainty as a PNG file to lay over the picture: orange where least sure, clear where sure."""
        entropy = self.uncertainty(options)
        scale = side / max(self.size)
        shape = (max(round(self.size[0] * scale), 1), max(round(self.size[1] * scale), 1))
        calm, lost = np.percentile(entropy, (_CALM, _LOST))
        share = np.clip((resize(entropy, shape) - calm) / max(lost - calm, _SPAN), 0, 1)
        overlay = np.empty((*shape, 4), np.uint8)
        overlay[..., :3] = _UNSURE
        overlay[..., 3] = np.rint(share * 200)
        return image.screen_png(overlay)

    def look(
        self,
        x: float,
        y: float,
        options: ColorizeOptions = ColorizeOptions(),  # noqa: B008 - frozen
        *,
        count: int = 6,
    ) -> Place:
        """Say what is at a place, and which colors are likely there.

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
        seen = self._lightness(colorizer)
        lightness = float(seen[_cell(x, y, seen)])
        ab = refine.upsample_ab(self._ab(colorizer, options), seen)
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

        Others give whole regions another likely color. There are fewer than `count` where little is in doubt.

        Raises:
            OptionError: `count` is below 1, or the method predicts no distribution or takes no hints.
        """
        if count < 1:
            raise OptionError(f"count of proposals is {count}; accepted: 1 or more")
        colorizer = load(options)
        if "hints" not in colorizer.takes:
            raise OptionError(
                f"{colorizer.info.name} takes no hints, which proposals are made of; hintnet does"
            )
        logits, bins = self._scores(colorizer, options)
        others = proposals.changes(logits, bins, self._lightness(colorizer), count=count - 1)
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
        prediction = self._predict(colorizer, options)[1].prediction
        if prediction.logits is None or colorizer.bins is None:
            raise OptionError(
                f"{colorizer.info.name} predicts colors, not how likely they are; accepted: a method with a "
                "distribution, such as hintnet"
            )
        return prediction.logits, colorizer.bins

    def _ab(self, colorizer: Colorizer, options: ColorizeOptions) -> AB:
        known, said = self._predict(colorizer, options)
        if options.temperature is not None:
            said = replace(
                said,
                prediction=_at(options.temperature, said.prediction, colorizer),
                unhinted=said.unhinted and _at(options.temperature, said.unhinted, colorizer),
            )
        return predicting.finish(said, self._lightness(colorizer), known, colorizer, options)

    def _predict(
        self, colorizer: Colorizer, options: ColorizeOptions
    ) -> tuple[predicting.Known, predicting.Said]:
        """Ask the method, or remember what it said; where it has scores, they are decoded for a temperature later."""
        scored = colorizer.bins is not None
        with self._lock:
            seen = self._lightness(colorizer)
            referred = (options.method, options.references, options.reference_library, options.device)
            found = self._kept.get("found", referred, lambda: predicting.find(seen, colorizer, options))
            marked = self._marked(options.hints, seen.shape)
            known = predicting.know(seen, self.size, colorizer, options, given=marked, found=found)
            asked = replace(options, temperature=None if scored else options.temperature)
            told = options.hints if "hints" in colorizer.takes else None
            decides = (referred, told, asked.vividness, asked.temperature, options.reach == 1)
            said = self._kept.get(
                "said",
                decides,
                lambda: predicting.predict(seen, known, colorizer, asked, with_logits=scored),
            )
            return known, said

    def _lightness(self, colorizer: Colorizer) -> Lightness:
        sizes = (colorizer.info.work_size, colorizer.info.multiple_of)
        with self._lock:
            return self._kept.get(
                "lightness", sizes, lambda: predicting.see(self._picture, self.size, colorizer.info)
            )

    def _marked(self, marks: Marks, shape: Size) -> Hints | None:
        """Draw marks on a grid; None where there are none."""
        if not marks:
            return None
        with self._lock:
            layers = self._layers(marks, shape)
            return self._kept.get(
                "marked",
                (marks, shape),
                lambda: hints.rasterize(marks, shape, picture=self.size, layers=layers),
            )

    def _layers(self, marks: Marks, shape: Size, area: Area = WHOLE) -> hints.Layers:
        with self._lock:
            return self._kept.get(
                "layers",
                (marks.layers, shape, area),
                lambda: hints.open_layers(marks, shape, picture=self.size, area=area),
            )

    def _screen(self, seen: Closeup) -> image.Picture:
        """Give a small copy of the lightness of what is seen, as a picture of 8 bits."""

        def make() -> image.Picture:
            # The whole of a JPEG is decoded only as large as it is needed.
            shown = self._picture if seen.area == WHOLE else image.part(self._picture, *seen.pixels)
            gray = color.lightness_to_gray(image.small_lightness(shown, seen.shape))
            return ways.gray(np.rint(gray * 255).astype(np.uint8))

        with self._lock:
            return self._kept.get("screen", (seen.shape, seen.area), make)


def _quality(part: Area) -> int:
    return _PREVIEW_QUALITY if part == WHOLE else _CLOSE_QUALITY


def _at(temperature: float, prediction: Prediction, colorizer: Colorizer) -> Prediction:
    """Decode a prediction for another temperature, where it has scores."""
    if prediction.logits is None:
        return prediction
    ab = color.annealed_mean(prediction.logits, temperature=temperature, bins=colorizer.bins)
    return replace(prediction, ab=ab)


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


def plane(lightness: float, side: int = 160) -> bytes:
    """Draw every color that is possible at a lightness: a PNG file, transparent where sRGB ends.

    a* goes from -110 at the left to 110 at the right, b* from 110 at the top to -110 at the bottom.

    Raises:
        OptionError: L* is not 0 to 100, or the side not 1 to 1024 pixels.
    """
    if not 0 <= lightness <= 100 or not 1 <= side <= 1024:
        raise OptionError(
            f"lightness is {lightness:g}, side {side}; accepted: 0 to 100, and 1 to 1024 pixels"
        )
    axis = ((np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) * 2 - 1) * np.float32(
        110
    )
    lab = np.empty((side, side, 3), np.float32)
    lab[..., 0], lab[..., 1], lab[..., 2] = lightness, axis, -axis[:, None]
    rgb = color.lab_to_rgb(lab)
    inside = ((rgb >= 0) & (rgb <= 1)).all(axis=-1)
    pixels = np.dstack([np.rint(np.clip(rgb, 0, 1) * 255), inside * np.float32(255)])
    return image.screen_png(pixels.astype(np.uint8))


def _cell(x: float, y: float, grid: Array) -> tuple[int, int]:
    """Give the row and column of a grid (h, w, ...) where a place of the picture is."""
    return min(int(y * grid.shape[0]), grid.shape[0] - 1), min(int(x * grid.shape[1]), grid.shape[1] - 1)
