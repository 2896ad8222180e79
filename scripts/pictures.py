"""Make the pictures of README and documentation: sample photographs as they were, faithful, default, colorful.

python scripts/pictures.py [--method NAME]      writes docs/pictures/*.jpg
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

import rechroma
from rechroma.demo import write_samples

DOCS = Path(__file__).parents[1] / "docs"
HEIGHT = 240
"""Pixels of a picture in a row."""
GAP = 6
"""White pixels between pictures."""
COLUMNS: dict[str, float | None] = {"faithful": 0.0, "default": None, "colorful": 1.0}
"""Vividness of each column after the gray one; None = the weights' own default."""


def row(photograph: Path, method: str) -> Image.Image:
    """Draw one photograph: gray, then each column."""
    gray = Image.open(photograph).convert("L")
    cells = [gray.convert("RGB")]
    for vividness in COLUMNS.values():
        cells.append(rechroma.colorize(gray, rechroma.ColorizeOptions(method=method, vividness=vividness)))
    width = round(gray.width * HEIGHT / gray.height)
    strip = Image.new("RGB", (len(cells) * (width + GAP) - GAP, HEIGHT), "white")
    for place, cell in enumerate(cells):
        strip.paste(cell.resize((width, HEIGHT), Image.Resampling.LANCZOS), (place * (width + GAP), 0))
    return strip


def made_by(method: str) -> str:
    """Return name and digest of the weights that a picture shows: its comment, which a test looks at."""
    info = rechroma.load(method).info
    return f"{info.name} {info.sha256}"


def main(given: Sequence[str] | None = None) -> None:
    """Write one strip for each sample photograph."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    parser.add_argument("--out", type=Path, default=DOCS / "pictures")
    arguments = parser.parse_args(given)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for photograph in write_samples(Path(folder)):
            strip = row(photograph, arguments.method)
            path = arguments.out / photograph.name
            strip.save(path, quality=86, optimize=True, progressive=True, comment=made_by(arguments.method))
        (arguments.out / "credits.txt").write_bytes(Path(folder, "credits.txt").read_bytes())


if __name__ == "__main__":
    main()
