"""The front between fidelity and color, and what was promised of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
AIM_FAITHFUL_GAIN, AIM_DEOLDIFY_GAIN = 2.0, 1.4
"""What the best small colorizer should gain: dB above gray at v = 0, T = 1, and at DeOldify's level."""
AIM_VIVID_SHORTFALL = 0.1
"""With colorfulness within this share of the truth's it should be no lower than gray."""
AIM_FRECHET = 1 / 5
"""The default's Fréchet distance should be below this share of gray's."""
HINT_GAINS = {10: 2.0, 100: 5.0}
"""dB that so many hints add."""
MOVEMENT = 3.0
"""Mean a*b* distance between the colors of one picture at different sizes."""
OUT_OF_REACH = "the front does not reach that colorfulness"


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
        *_aims(net, of(rows, GRAY), true_colorfulness),
    ]


def to_markdown(found: Sequence[Check]) -> str:
    """Write the promises and aims as a table."""
    lines = ["| promise, or aim | measured | met |", "|---|---|---|"]
    lines += [f"| {c.promise} | {c.measured} | {'yes' if c.met else 'no'} |" for c in found]
    return "\n".join(lines) + "\n"


def _aims(net: Sequence[Row], gray: Row, true_colorfulness: float) -> list[Check]:
    """Hold the table against what the best small colorizer should reach; the last one only where it was measured."""
    psnr = gray.scores.psnr
    checks = [
        _faithful(net, psnr, wanted=AIM_FAITHFUL_GAIN),
        _at_deoldify(net, psnr, wanted=AIM_DEOLDIFY_GAIN),
        _as_vivid_as_truth(net, psnr, true_colorfulness),
        *_frechet(net, gray),
    ]
    return [replace(check, promise=f"aim: {check.promise}") for check in checks]


def _faithful(net: Sequence[Row], gray: float, *, wanted: float = FAITHFUL_GAIN) -> Check:
    best = curve(net, 1.0)[0].scores
    gain = best.psnr - gray
    return Check(
        promise=f"v = 0, T = 1: at least {wanted:g} dB above gray",
        measured=f"{gain:+.2f} dB (colorfulness {best.colorfulness:.1f})",
        met=gain >= wanted,
    )


def _at_deoldify(net: Sequence[Row], gray: float, *, wanted: float = DEOLDIFY_GAIN) -> Check:
    psnr = psnr_at(net, DEOLDIFY_COLORFULNESS)
    promise = f"at colorfulness {DEOLDIFY_COLORFULNESS:g}: at least {wanted:g} dB above gray"
    if psnr is None:
        return Check(promise=promise, measured=OUT_OF_REACH, met=False)
    return Check(promise=promise, measured=f"{psnr - gray:+.2f} dB", met=psnr - gray >= wanted)


def _as_vivid_as_truth(net: Sequence[Row], gray: float, true_colorfulness: float) -> Check:
    lowest, highest = ((1 + sign * AIM_VIVID_SHORTFALL) * true_colorfulness for sign in (-1, 1))
    promise = f"colorfulness within {AIM_VIVID_SHORTFALL:.0%} of the truth: no lower than gray"
    inside = [
        r.scores.colorfulness
        for temperature in TEMPERATURES
        for r in curve(net, temperature)
        if lowest < r.scores.colorfulness < highest
    ]
    found = [(psnr, at) for at in (lowest, *inside, highest) if (psnr := psnr_at(net, at)) is not None]
    if not found:
        most = max(r.scores.colorfulness for temperature in TEMPERATURES for r in curve(net, temperature))
        told = f"{OUT_OF_REACH}: it ends at {most:.1f} of at least {lowest:.1f}"
        return Check(promise=promise, measured=told, met=False)
    psnr, at = max(found)
    return Check(promise=promise, measured=f"{psnr - gray:+.2f} dB (colorfulness {at:.1f})", met=psnr >= gray)


def _frechet(net: Sequence[Row], gray: Row) -> list[Check]:
    own = next(row.frechet for row in net if row.variant.is_default)
    if own is None or gray.frechet is None:
        return []
    return [
        Check(
            promise=f"Fréchet distance at the default: below {AIM_FRECHET:g} of gray's",
            measured=f"{own:.2f} of {gray.frechet:.2f}: {own / gray.frechet:.2f}",
            met=own < AIM_FRECHET * gray.frechet,
        )
    ]


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
