"""The front between fidelity and color, and what was promised of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rechroma_train.evaluate.sizes import AGAINST
from rechroma_train.evaluate.table import GRAY, MEAN, TRUTH, Row
from rechroma_train.evaluate.variants import TEMPERATURES

FAITHFUL_GAIN = 1.2
"""dB above gray at v = 0, T = 1."""
DEOLDIFY_COLORFULNESS = 21.0
"""DeOldify's published level (DDColor, table 1: 21.29)."""
DEOLDIFY_GAIN = 0.6
"""dB above gray at that level."""
VIVID_SHORTFALL, VIVID_LOSS = 0.25, 0.7
"""At v = 1: colorfulness within this share of the truth's, at no more than so many dB below gray."""
HINT_GAINS = {10: 2.0, 100: 5.0}
"""dB that so many hints add."""
MOVEMENT = 3.0
"""Mean a*b* distance between the colors of one picture at different sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise, measured."""

    promise: str
    """What was promised."""
    measured: str
    """What was found."""
    met: bool
    """Whether that is enough."""


def curve(rows: Sequence[Row], temperature: float) -> list[Row]:
    """Give the rows of one temperature without hints, by rising vividness."""
    own = [r for r in rows if r.variant.hints == 0 and r.variant.options.temperature == temperature]
    return sorted(own, key=lambda row: row.variant.options.vividness or 0.0)


def psnr_at(rows: Sequence[Row], colorfulness: float) -> float | None:
    """Read the front: the best PSNR that a curve of one temperature has at this colorfulness, or None."""
    found: list[float] = []
    for temperature in TEMPERATURES:
        points = [(r.scores.colorfulness, r.scores.psnr) for r in curve(rows, temperature)]
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            if min(x0, x1) <= colorfulness <= max(x0, x1):
                share = 0.0 if x0 == x1 else (colorfulness - x0) / (x1 - x0)
                found.append(y0 + share * (y1 - y0))
    return max(found, default=None)


def of(rows: Sequence[Row], method: str) -> Row:
    """Give the row of a method that has only one."""
    return next(row for row in rows if row.variant.method == method)


def checks(rows: Sequence[Row], movement: Mapping[int, float]) -> list[Check]:
    """Hold the table against the promises; movement is {long side in pixels: a*b* distance}."""
    gray, true_colorfulness = of(rows, GRAY).scores.psnr, of(rows, TRUTH).scores.colorfulness
    net = [row for row in rows if row.variant.method not in {GRAY, MEAN, TRUTH}]
    return [
        _faithful(net, gray),
        _at_deoldify(net, gray),
        _vivid(net, gray, true_colorfulness),
        *_hinted(net),
        *_sizes(movement),
    ]


def to_markdown(found: Sequence[Check]) -> str:
    """Write the promises as a table."""
    lines = ["| promise | measured | met |", "|---|---|---|"]
    lines += [f"| {c.promise} | {c.measured} | {'yes' if c.met else 'no'} |" for c in found]
    return "\n".join(lines) + "\n"


def _faithful(net: Sequence[Row], gray: float) -> Check:
    best = curve(net, 1.0)[0].scores
    gain = best.psnr - gray
    return Check(
        promise=f"v = 0, T = 1: at least {FAITHFUL_GAIN} dB above gray",
        measured=f"{gain:+.2f} dB (colorfulness {best.colorfulness:.1f})",
        met=gain >= FAITHFUL_GAIN,
    )


def _at_deoldify(net: Sequence[Row], gray: float) -> Check:
    psnr = psnr_at(net, DEOLDIFY_COLORFULNESS)
    promise = f"at colorfulness {DEOLDIFY_COLORFULNESS:g}: at least {DEOLDIFY_GAIN} dB above gray"
    if psnr is None:
        return Check(promise=promise, measured="the front does not reach that colorfulness", met=False)
    return Check(promise=promise, measured=f"{psnr - gray:+.2f} dB", met=psnr - gray >= DEOLDIFY_GAIN)


def _vivid(net: Sequence[Row], gray: float, true_colorfulness: float) -> Check:
    vivid = [r.scores for r in net if r.variant.options.vividness == 1 and r.variant.hints == 0]
    best = min(vivid, key=lambda s: abs(s.colorfulness / true_colorfulness - 1))
    off, loss = best.colorfulness / true_colorfulness - 1, gray - best.psnr
    return Check(
        promise=(
            f"v = 1: colorfulness within {VIVID_SHORTFALL:.0%} of the truth, "
            f"at most {VIVID_LOSS} dB below gray"
        ),
        measured=f"{off:+.0%} (of {true_colorfulness:.1f}), {-loss:+.2f} dB",
        met=abs(off) <= VIVID_SHORTFALL and loss <= VIVID_LOSS,
    )


def _hinted(net: Sequence[Row]) -> list[Check]:
    found = []
    for options in dict.fromkeys(row.variant.options for row in net if row.variant.hints):
        plain = next(r for r in net if r.variant.options == options and r.variant.hints == 0)
        where = (
            "default"
            if options.vividness is None
            else f"v = {options.vividness:g}, T = {options.temperature:g}"
        )
        for count, wanted in HINT_GAINS.items():
            row = next(r for r in net if r.variant.options == options and r.variant.hints == count)
            gain = row.scores.psnr - plain.scores.psnr
            found.append(
                Check(
                    promise=f"{count} hints add at least {wanted:g} dB ({where})",
                    measured=f"{gain:+.2f} dB",
                    met=gain >= wanted,
                )
            )
    return found


def _sizes(movement: Mapping[int, float]) -> list[Check]:
    return [
        Check(
            promise=f"{side} px gets the colors of {AGAINST} px: mean a*b* difference at most {MOVEMENT:g}",
            measured=f"{distance:.2f}",
            met=bool(np.isfinite(distance)) and distance <= MOVEMENT,
        )
        for side, distance in movement.items()
        if side != AGAINST
    ]
