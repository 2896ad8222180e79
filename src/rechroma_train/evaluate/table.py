"""The table: one row a variant, as CSV and as Markdown."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO

from rechroma_train.evaluate.scores import Scores
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
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method", "vividness", "temperature", "hints", *COLUMNS])
    for row in rows:
        options = row.variant.options
        settings = ["" if v is None else f"{v:g}" for v in (options.vividness, options.temperature)]
        figures = [f"{value:.4f}" for value in row.figures().values()]
        writer.writerow([row.variant.method, *settings, row.variant.hints, *figures])
    return text.getvalue()


def to_markdown(rows: Sequence[Row]) -> str:
    """Write the table for people."""
    headings = ["method", "v", "T", "hints", *(heading for heading, _ in COLUMNS.values())]
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)]]
    for row in rows:
        options = row.variant.options
        settings = ["–" if v is None else f"{v:g}" for v in (options.vividness, options.temperature)]
        places = (decimals for _, decimals in COLUMNS.values())
        figures = [f"{v:.{n}f}" for v, n in zip(row.figures().values(), places, strict=True)]
        lines.append([_label(row.variant), *settings, str(row.variant.hints), *figures])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _label(variant: Variant) -> str:
    return f"**{variant.method}** (default)" if variant.is_default and "." in variant.method else variant.method


