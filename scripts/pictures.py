"""Make the pictures of README and documentation: sample photographs as they were, faithful, default, colorful.

python scripts/pictures.py [--method NAME]      writes docs/pictures/*.jpg
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image

import rechroma
from rechroma.demo import write_samples

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


def main() -> None:
    """Write one strip for each sample photograph."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "pictures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for photograph in write_samples(Path(folder)):
            strip = row(photograph, arguments.method)
            strip.save(arguments.out / photograph.name, quality=86, optimize=True, progressive=True)
        (arguments.out / "credits.txt").write_bytes(Path(folder, "credits.txt").read_bytes())


if __name__ == "__main__":
    main()
