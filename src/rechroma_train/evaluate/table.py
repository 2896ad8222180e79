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
    "top1": ("top-1", 1),
    "top5": ("top-5", 1),
}
"""Figure: heading, decimals."""


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

    def figures(self) -> dict[str, float]:
        """Give all figures by name, in the order of COLUMNS."""
        known = asdict(self.scores) | {"delta_colorfulness": self.delta_colorfulness}
        return {name: known[name] for name in COLUMNS}


def to_csv(rows: Sequence[Row]) -> str:
    """Write the table with a heading; empty vividness and temperature mean the weights' default."""
    lines = [[*_settings(row.variant), *_digits(row.figures().values())] for row in rows]
    return _csv([[*SETTINGS, *COLUMNS], *lines])


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
    headings = ["method", "v", "T", "hints", *(heading for heading, _ in COLUMNS.values())]
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)]]
    for row in rows:
        _, *settings = _settings(row.variant)
        places = (decimals for _, decimals in COLUMNS.values())
        figures = [f"{v:.{n}f}" for v, n in zip(row.figures().values(), places, strict=True)]
        lines.append([_label(row.variant), *(s or "–" for s in settings), *figures])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


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
