"""The table: one row a variant, as CSV and as Markdown."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from io import StringIO

from rechroma_train.evaluate.scores import Measured, Scores
from rechroma_train.evaluate.variants import Variant

GRAY = "gray"
MEAN = "mean by lightness"
TRUTH = "truth"
COLUMNS = {
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 4),
    "ab_rmse": ("ab-RMSE", 2),
    "auc": ("AuC", 2),
    "auc_balanced": ("AuC bal.", 2),
    "delta_e": ("ΔE00", 2),
    "colorfulness": ("CF", 2),
    "colorfulness_signed": ("CF signed", 2),
    "delta_colorfulness": ("ΔCF a", 2),
    "delta_colorfulness_each": ("ΔCF b", 2),
    "frechet": ("Fréchet", 2),
    "top1": ("top-1", 1),
    "top5": ("top-5", 1),
}
"""Figure: heading, decimals. "frechet" is a column only where it was measured."""


SETTINGS = ("method", "vividness", "temperature", "hints")
"""Columns that say what was scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variant, measured."""

    variant: Variant
    """What was scored."""
    scores: Scores
    """Means over the pictures."""
    delta_colorfulness: float
    """Absolute difference between the mean colorfulness and the truth's."""

    frechet: float | None = None
    """Fréchet distance between what a classifier sees in the results and in the photographs; None = not measured.

    Not FID: MobileNetV2's pool features, of as many pictures as the table has; comparable within one table only.
    """

    def figures(self) -> dict[str, float]:
        """Give the measured figures by name, in the order of COLUMNS."""
        known = asdict(self.scores) | {"delta_colorfulness": self.delta_colorfulness}
        if self.frechet is not None:
            known["frechet"] = self.frechet
        return {name: known[name] for name in COLUMNS if name in known}


def to_csv(rows: Sequence[Row]) -> str:
    """Write the table with a heading; empty vividness and temperature mean the weights' default."""
    lines = [[*_settings(row.variant), *_digits(row.figures().values())] for row in rows]
    return _csv([[*SETTINGS, *rows[0].figures()], *lines])


def by_picture(names: Sequence[str], measured: Mapping[Variant, Sequence[Measured]]) -> str:
    """Write every figure of every picture as CSV, a line for each variant and picture."""
    lines = [
        [name, *_settings(variant), *_digits(asdict(one.scores).values())]
        for variant, ones in measured.items()
        for name, one in zip(names, ones, strict=True)
    ]
    return _csv([["picture", *SETTINGS, *(f.name for f in fields(Scores))], *lines])


def to_markdown(rows: Sequence[Row]) -> str:
    """Write the table for people."""
    columns = [COLUMNS[name] for name in rows[0].figures()]
    headings = ["method", "v", "T", "hints", *(heading for heading, _ in columns)]
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)]]
    for row in rows:
        _, *settings = _settings(row.variant)
        figures = [f"{v:.{n}f}" for v, (_, n) in zip(row.figures().values(), columns, strict=True)]
        lines.append([_label(row.variant), *(s or "–" for s in settings), *figures])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def about_frechet(rows: Sequence[Row], pictures: int) -> str:
    """Say in a sentence what the Fréchet column is, or that there is none."""
    if rows[0].frechet is None:
        return "Fréchet distance: not measured, as no features were given (`--features`).\n"
    return (
        "Fréchet: distance between the pool features that MobileNetV2 has of the results and of the same "
        f"{pictures} photographs. **Not FID**: another network, fewer pictures, on which the value depends; "
        "comparable within one table only.\n"
    )


def _settings(variant: Variant) -> list[str]:
    given = (variant.options.vividness, variant.options.temperature)
    return [variant.method, *("" if v is None else f"{v:g}" for v in given), str(variant.hints)]


def _digits(values: Iterable[float]) -> list[str]:
    return [f"{value:.4f}" for value in values]


def _csv(lines: Iterable[Sequence[str]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _label(variant: Variant) -> str:
    ours = variant.method not in {TRUTH, GRAY, MEAN}
    return f"**{variant.method}**, default" if ours and variant.is_default else variant.method
