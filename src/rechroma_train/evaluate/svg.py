"""The few shapes that the drawings of measurements are made of (SVG)."""

from collections.abc import Sequence
from html import escape


def drawing(parts: Sequence[str], width: int, height: int) -> str:
    """Put shapes on a white page of a size in pixels."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def line(spots: Sequence[tuple[float, float]], color: str, *, dashed: bool = False) -> str:
    """Draw a line through points (x, y), pixels."""
    path = " ".join(f"{cx:.1f},{cy:.1f}" for cx, cy in spots)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"{dash}/>'


def text(cx: float, cy: float, words: str, *, anchor: str = "start", color: str = "#333") -> str:
    """Write words at a point, pixels; anchor as in SVG: start, middle, end."""
    return f'<text x="{cx:.1f}" y="{cy:.1f}" text-anchor="{anchor}" fill="{color}">{escape(words)}</text>'
