"""The steps from a picture to its small a*b*, each made once: changing one's mind costs only what changes."""

import threading
from collections.abc import Callable

import numpy as np

from rechroma import color, hints, image
from rechroma.errors import UnreadableImage
from rechroma.image import FileFormat, Picture
from rechroma.kept import Kept
from rechroma.notes import collected
from rechroma.pipeline import compose
from rechroma.pipeline.closeup import Closeup
from rechroma.pipeline.conditions import Conditions, View, joined, match_references, method_lightness
from rechroma.pipeline.prediction import Predicted, decode, predict
from rechroma.tiling import WHOLE, Area, Size
from rechroma.types import AB, ColorizeOptions, Colorizer, Hints, Lightness, Marks, ModelInfo


class Steps:
    """A picture's way to its colors, kept as far as the memory allows. Safe to use from several threads.

    Saturation, warmth, temperature and refinement are applied to what is kept; only another method, another
    vividness, other hints or references ask the method again, and only other references are matched again.
    """

    def __init__(self, read: Callable[[], Picture], *, most_bytes: int) -> None:
        """Read a picture.

        Args:
            read: Reads it; called again where the picture itself did not fit.
            most_bytes: Memory that is kept at most.
        """
        self._read = read
        self._lock = threading.RLock()
        self._kept = Kept(most_bytes)
        picture = self._kept.get("picture", (), read)
        self.size: Size = picture.size
        """Height and width, upright."""
        self.format: FileFormat = image.output_format(picture, "same")
        """File format of the result where the options leave it."""
        self._sha256 = picture.sha256

    @property
    def bytes(self) -> int:
        """Memory that is kept."""
        with self._lock:
            return self._kept.bytes

    @property
    def picture(self) -> Picture:
        """The picture, read again where it was not kept.

        Raises:
            UnreadableImage: Its file has changed.
        """
        with self._lock:
            return self._kept.get("picture", (), self._read_again)

    def _read_again(self) -> Picture:
        with collected():  # told when it was opened
            picture = self._read()
        if picture.sha256 != self._sha256:
            raise UnreadableImage("this picture's file has changed since it was opened; open it again")
        return picture

    def colors(
        self,
        colorizer: Colorizer,
        options: ColorizeOptions,
        view: View | None = None,
        *,
        given: Hints | None = None,
    ) -> AB:
        """Predict and decode the a*b* (h, w, 2).

        Args:
            colorizer: The method.
            options: What is asked for.
            view: What its lightness is made from; the file where there is none.
            given: Hints of the method's size that take the place of the options' marks.
        """
        conditions, predicted = self.predicted(colorizer, options, view, given=given)
        return decode(predicted, self.lightness(colorizer.info, view), conditions, colorizer, options)

    def predicted(
        self,
        colorizer: Colorizer,
        options: ColorizeOptions,
        view: View | None = None,
        *,
        given: Hints | None = None,
    ) -> tuple[Conditions, Predicted]:
        """Gather the conditions and predict; see `colors`."""
        seen_from = "file" if view is None else view.name
        with self._lock:
            lightness = self.lightness(colorizer.info, view)
            referred = (
                options.method,
                options.references,
                options.reference_library,
                options.device,
                seen_from,
            )
            matches = self._kept.get(
                "matches", referred, lambda: match_references(lightness, colorizer, options)
            )
            marked = self.marked(options.hints, lightness.shape) if given is None else given
            conditions = joined(marked, matches)
            told = (options.hints, given) if "hints" in colorizer.info.takes else None
            scored = colorizer.bins is not None
            asked = (options.vividness, None if scored else options.temperature, options.reach == 1)
            predicted = self._kept.get(
                "predicted",
                (referred, told, asked),
                lambda: predict(lightness, conditions, colorizer, options),
            )
            return conditions, predicted

    def lightness(self, info: ModelInfo, view: View | None = None) -> Lightness:
        """Return what a method sees, (H, W) L*."""
        seen_from = "file" if view is None else view.name

        def make() -> Lightness:
            return method_lightness(view or View(name=seen_from, picture=self.picture), self.size, info)

        with self._lock:
            return self._kept.get("lightness", (info.work_size, info.multiple_of, seen_from), make)

    def marked(self, marks: Marks, shape: Size) -> Hints | None:
        """Draw marks on a grid; None where there are none."""
        if not marks:
            return None
        with self._lock:
            layers = self.layers(marks, shape)
            return self._kept.get(
                "marked",
                (marks, shape),
                lambda: hints.rasterize(marks, shape, picture=self.size, layers=layers),
            )

    def layers(self, marks: Marks, shape: Size, area: Area = WHOLE) -> hints.Layers:
        """Open the layers of marks for a grid, which covers an area of the picture."""
        with self._lock:
            return self._kept.get(
                "layers",
                (marks.layers, shape, area),
                lambda: hints.open_layers(marks, shape, picture=self.size, area=area),
            )

    def screen(self, seen: Closeup) -> Picture:
        """Return a small copy of the lightness of what is seen, as a picture of 8 bits."""

        def make() -> Picture:
            # The whole of a JPEG is decoded only as large as it is needed.
            shown = self.picture if seen.area == WHOLE else image.part(self.picture, *seen.pixels)
            gray = color.lightness_to_gray(image.small_lightness(shown, seen.shape))
            return compose.gray(np.rint(gray * 255).astype(np.uint8))

        with self._lock:
            return self._kept.get("screen", (seen.shape, seen.area), make)
