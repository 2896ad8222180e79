"""Color from a few strokes alone (Levin, Lischinski & Weiss 2004); `rechroma.hints.propagation` has the equations."""

from collections.abc import Sequence

from rechroma.checks import check_decodes_nothing, check_hints, check_lightness
from rechroma.errors import MissingHints, OptionError
from rechroma.hints import propagation
from rechroma.types import Device, Hints, Lab, Lightness, ModelInfo, Prediction, PredictOptions

WORK_SIZE = 256
"""Root of the area, in pixels, at which the equations are solved."""


def load(device: Device = "auto", threads: int = 0) -> "Scribble":  # noqa: ARG001 - one signature for all methods
    """Give the method; it has no weights, and runs on the processor, in one thread.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    propagation.need_scipy()
    return Scribble()


class Scribble:
    """A Colorizer that spreads hints and invents nothing. Holds no state; safe to use from several threads."""

    @property
    def info(self) -> ModelInfo:
        """What it is called, what sizes it wants and what it takes."""
        return ModelInfo(
            name="scribble",
            sha256="",
            work_size=WORK_SIZE,
            multiple_of=1,
            trained=False,
            takes=("hints",),
            needs=("hints",),
        )

    @property
    def bins(self) -> None:
        """None: it has no logits."""
        return

    def predict(
        self,
        lightness: Lightness,
        *,
        hints: Hints | None = None,
        references: Sequence[Lab] = (),
        options: PredictOptions = PredictOptions(),  # noqa: B008 - frozen
        with_logits: bool = False,
    ) -> Prediction:
        """Spread hints (H, W) over lightness (H, W), any size from 1x1.

        The time grows a little faster than the number of pixels: about half a second for 256x256.

        Returns:
            ab (H, W, 2), each color a mixture of hinted ones.

        Raises:
            InputError: Lightness is not (H, W), or hints have another size.
            MissingHints: There are none, or none with a weight.
            OptionError: It was asked for logits, given references, vividness or temperature.
        """
        check_lightness(lightness)
        check_decodes_nothing("scribble", options, with_logits=with_logits)
        if references:
            raise OptionError("scribble looks at no references itself; give it the hints that they make")
        if hints is None or not hints.weight.any():
            raise MissingHints(
                "scribble colors from hints alone and got none; mark the color of a few places"
            )
        check_hints(hints, lightness)
        return Prediction(ab=propagation.solve(lightness, hints.ab, hints, pull=0))
