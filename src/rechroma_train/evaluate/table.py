"""The table: one row a variant, as CSV and as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rechroma_train import tables
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
    return tables.to_csv([_settings(row.variant) | _digits(row.figures()) for row in rows])


def by_picture(names: Sequence[str], measured: Mapping[Variant, Sequence[Measured]]) -> str:
    """Write every figure of every picture as CSV, a line for each variant and picture."""
    return tables.to_csv(
        [
            {"picture": name} | _settings(variant) | _digits(asdict(one.scores))
            for variant, ones in measured.items()
            for name, one in zip(names, ones, strict=True)
        ]
    )


def to_markdown(rows: Sequence[Row]) -> str:
    """Write the table for people."""
    return tables.to_markdown([_line(row) for row in rows])


def _line(row: Row) -> dict[str, str]:
    settings = _settings(row.variant)
    asked = {"v": settings["vividness"], "T": settings["temperature"], "hints": settings["hints"]}
    figures = {COLUMNS[name][0]: f"{value:.{COLUMNS[name][1]}f}" for name, value in row.figures().items()}
    return {"method": _label(row.variant)} | {name: s or "–" for name, s in asked.items()} | figures


def about_frechet(rows: Sequence[Row], pictures: int) -> str:
    """Say in a sentence what the Fréchet column is, or that there is none."""
    if rows[0].frechet is None:
        return "Fréchet distance: not measured, as no features were given (`--features`).\n"
    return (
        "Fréchet: distance between the pool features that MobileNetV2 has of the results and of the same "
        f"{pictures} photographs. **Not FID**: another network, fewer pictures, on which the value depends; "
        "comparable within one table only.\n"
    )


def _settings(variant: Variant) -> dict[str, str]:
    """Say what was scored."""
    asked = {"vividness": variant.options.vividness, "temperature": variant.options.temperature}
    given = {name: "" if value is None else f"{value:g}" for name, value in asked.items()}
    return {"method": variant.method, **given, "hints": str(variant.hints)}


def _digits(figures: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{value:.4f}" for name, value in figures.items()}


def _label(variant: Variant) -> str:
    ours = variant.method not in {TRUTH, GRAY, MEAN}
    return f"**{variant.method}**, default" if ours and variant.is_default else variant.method
