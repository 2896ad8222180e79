"""The PSNR-colorfulness front as a drawing (SVG)."""

from collections.abc import Callable, Sequence

from rechroma_train.evaluate.svg import drawing, line, text
from rechroma_train.evaluate.table import GRAY, MEAN, TRUTH, Row
from rechroma_train.evaluate.targets import (
    AIM_DEOLDIFY_GAIN,
    DEOLDIFY_COLORFULNESS,
    DEOLDIFY_GAIN,
    curve,
    of,
)
from rechroma_train.evaluate.variants import TEMPERATURES

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 28, 52
COLORS = ("#c2410c", "#1d4ed8")
"""One for each temperature."""

_Scale = Callable[[float], float]


def draw(rows: Sequence[Row]) -> str:
    """Draw the rows without hints: a curve a temperature, its points named by vividness; gray, mean, truth."""
    gray, true_colorfulness = of(rows, GRAY).scores.psnr, of(rows, TRUTH).scores.colorfulness
    rows = [row for row in rows if row.variant.hints == 0 and row.variant.method != TRUTH]
    points = [(row.scores.colorfulness, row.scores.psnr) for row in rows]
    lowest = min(y for _, y in points)
    highest = max(*(y for _, y in points), gray + AIM_DEOLDIFY_GAIN)
    right = max(*(x for x, _ in points), true_colorfulness, DEOLDIFY_COLORFULNESS)
    x = _scale(0, right * 1.04, LEFT, WIDTH - RIGHT)
    y = _scale(lowest - 0.15, highest + 0.2, HEIGHT - BOTTOM, TOP)
    parts = [
        *_axes(x, y, right * 1.04, (lowest - 0.15, highest + 0.2)),
        line([(x(0), y(gray)), (x(right * 1.04), y(gray))], "#777", dashed=True),
        line([(x(true_colorfulness), TOP), (x(true_colorfulness), HEIGHT - BOTTOM)], "#777", dashed=True),
        text(x(true_colorfulness) - 6, TOP + 12, "truth", anchor="end"),
        _cross(x(DEOLDIFY_COLORFULNESS), y(gray + DEOLDIFY_GAIN), "promised"),
        _cross(x(DEOLDIFY_COLORFULNESS), y(gray + AIM_DEOLDIFY_GAIN), "aim"),
    ]
    for row in rows:
        if row.variant.method in {GRAY, MEAN}:
            parts += _point(x(row.scores.colorfulness), y(row.scores.psnr), "#333", row.variant.method)
        elif row.variant.is_default:
            spot = x(row.scores.colorfulness), y(row.scores.psnr)
            parts.append(f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="9" fill="none" stroke="#111"/>')
    for number, (temperature, color) in enumerate(zip(TEMPERATURES, COLORS, strict=True)):
        parts += _curve(curve(rows, temperature), x, y, color)
        label = f"T = {temperature:g}, points named by vividness"
        parts.append(text(LEFT + 14, HEIGHT - BOTTOM - 14 - 18 * number, label, color=color))
    parts.append(text(LEFT + 14, HEIGHT - BOTTOM - 14 - 18 * len(COLORS), "○ default"))
    return drawing(parts, WIDTH, HEIGHT)


def _scale(low: float, high: float, start: float, stop: float) -> _Scale:
    return lambda value: start + (value - low) / (high - low) * (stop - start)


def _axes(x: _Scale, y: _Scale, right: float, psnr: tuple[float, float]) -> list[str]:
    parts = [line([(LEFT, TOP), (LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM)], "#333")]
    for tick in range(0, int(right) + 1, 5):
        parts.append(text(x(tick), HEIGHT - BOTTOM + 18, str(tick), anchor="middle"))
    step = 0.5 if psnr[1] - psnr[0] < 6 else 2.0
    first = int(psnr[0] / step) + 1
    for number in range(first, int(psnr[1] / step) + 1):
        value = number * step
        parts.append(line([(LEFT, y(value)), (WIDTH - RIGHT, y(value))], "#e5e5e5"))
        parts.append(text(LEFT - 8, y(value) + 4, f"{value:g}", anchor="end"))
    parts.append(
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "colorfulness (absolute variant)", anchor="middle")
    )
    parts.append(text(LEFT, TOP - 10, "PSNR, dB", anchor="middle"))
    return parts


def _curve(rows: Sequence[Row], x: _Scale, y: _Scale, color: str) -> list[str]:
    spots = [(x(row.scores.colorfulness), y(row.scores.psnr)) for row in rows]
    parts = [line(spots, color)]
    for row, (cx, cy) in zip(rows, spots, strict=True):
        parts += _point(cx, cy, color, f"{row.variant.options.vividness:g}")
    return parts


def _point(cx: float, cy: float, color: str, label: str) -> list[str]:
    return [
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="4" fill="{color}"/>',
        text(cx + 7, cy - 6, label, color=color),
    ]


def _cross(cx: float, cy: float, label: str) -> str:
    arms = f"M{cx - 6:.1f} {cy:.1f}h12M{cx:.1f} {cy - 6:.1f}v12"
    return f'<path d="{arms}" stroke="#15803d" stroke-width="2"/>' + text(
        cx + 8, cy + 14, label, color="#15803d"
    )
