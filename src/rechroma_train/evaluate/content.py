"""Where colors fail, by content: photographs by their source, and all of their pixels by their true hue.

Photographs are named SOURCE-NUMBER. Of the pixels it is said how much of the true chroma the prediction has in the
true direction ("kept": 1 = all, 0 = gray, below 0 = the opposite color), and how far its hue is off where it has any.
"""

import statistics
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rechroma import metrics
from rechroma.types import AB, Array, Colorizer
from rechroma_train.evaluate.damage import Row, colors, score, summary
from rechroma_train.evaluate.pictures import Truth

HUES = {"red, skin": 30.0, "orange, wood": 65.0, "yellow": 95.0, "green": 135.0, "cyan": 205.0, "blue": 270.0}
"""Hue angles in the a*b* plane, degrees; a pixel belongs to the nearest one, purple being what is left."""
PURPLE = 330.0
COLORED = 12.0
"""From this true chroma on a pixel has a hue; the others are "gray"."""
SURE = 4.0
"""From this chroma on a prediction has one."""


def measure(truths: Sequence[Truth], colorizer: Colorizer, balance: Array) -> dict[str, list[Row]]:
    """Make both tables, by name."""
    seen = [colors(colorizer, truth.lab[..., 0]) for truth in truths]
    return {"old_content": by_source(truths, seen, balance), "old_colors": by_hue(truths, seen)}


def by_source(truths: Sequence[Truth], seen: Sequence[AB], balance: Array) -> list[Row]:
    """Score photographs by the part of their names before the number; all of them in the last row."""
    scored = [score(truth, ab, balance) for truth, ab in zip(truths, seen, strict=True)]
    sources = [truth.name.rsplit("-", 1)[0] for truth in truths]
    true = [metrics.colorfulness(truth.rgb) for truth in truths]
    off = [hue_error(ab, truth.lab[..., 1:]) for truth, ab in zip(truths, seen, strict=True)]
    rows: list[Row] = []
    for name, chosen in _groups(sources):
        means = summary([scored[i] for i in chosen])
        pale = float(str(means["CF"])) / max(statistics.fmean(true[i] for i in chosen), 1e-6)
        hues = [each for i in chosen if (each := off[i]) is not None]
        rows.append(
            {"source": name, "pictures": len(chosen)}
            | means
            | {
                "CF of the true": round(pale, 2),
                "hue off": round(statistics.fmean(hues)) if hues else "–",
                "worse than gray": f"{100 * statistics.fmean(scored[i].gain < 0 for i in chosen):.0f} %",
            }
        )
    return rows


def by_hue(truths: Sequence[Truth], seen: Sequence[AB]) -> list[Row]:
    """Score the pixels of all photographs by their true hue."""
    true = np.concatenate([truth.lab[..., 1:].reshape(-1, 2) for truth in truths]).astype(np.float64)
    ab = np.concatenate([each.reshape(-1, 2) for each in seen]).astype(np.float64)
    chroma = np.hypot(*true.T)
    named = _hue_names(true)
    rows: list[Row] = []
    for name in (*HUES, "purple", "gray"):
        here = named == name
        if not here.any():
            continue
        t, p, c = true[here], ab[here], chroma[here]
        own = np.hypot(*p.T)
        kept = float((t * p).sum() / (t * t).sum()) if name != "gray" else float("nan")
        turned = hue_error(p, t)
        rows.append(
            {
                "true color": name,
                "pixels": f"{100 * here.mean():.0f} %",
                "true chroma": round(float(c.mean()), 1),
                "predicted chroma": round(float(own.mean()), 1),
                "kept": "–" if name == "gray" else round(kept, 2),
                "hue off": "–" if name == "gray" or turned is None else round(turned),
                "ab-RMSE": round(float(np.sqrt(((t - p) ** 2).sum(axis=1).mean())), 1),
            }
        )
    return rows


def hue_error(ab: NDArray[np.floating], true: NDArray[np.floating]) -> float | None:
    """Give the mean angle between predicted and true hue in degrees, where both have one; None where none has."""
    both = (np.hypot(ab[..., 0], ab[..., 1]) >= SURE) & (np.hypot(true[..., 0], true[..., 1]) >= COLORED)
    if not both.any():
        return None
    turn = np.abs(_angle(ab[both]) - _angle(true[both]))
    return float(np.minimum(turn, 360 - turn).mean())


def _hue_names(ab: NDArray[np.floating]) -> NDArray[np.str_]:
    """(n, 2) -> (n,) names."""
    names = np.array([*HUES, "purple"])
    centers = np.array([*HUES.values(), PURPLE])
    turn = np.abs(_angle(ab)[:, None] - centers)
    nearest = names[np.minimum(turn, 360 - turn).argmin(axis=1)]
    return np.where(np.hypot(*ab.T) >= COLORED, nearest, "gray")


def _angle(ab: NDArray[np.floating]) -> NDArray[np.floating]:
    degrees: NDArray[np.floating] = np.degrees(np.arctan2(ab[..., 1], ab[..., 0])) % 360
    return degrees


def _groups(sources: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    for name in sorted(set(sources)):
        yield name, [i for i, each in enumerate(sources) if each == name]
    yield "all", list(range(len(sources)))
