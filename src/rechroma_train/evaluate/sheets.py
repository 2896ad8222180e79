"""Contact sheets for looking: each picture as gray, as colored, and as it truly is.

They show photographs that are not ours: they are written where they are asked for and kept out of the repository.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from rechroma import methods
from rechroma.types import RGB8, Colorizer, PredictOptions
from rechroma_train.evaluate import pictures, shipped

MARGIN, CAPTION = 6, 18
"""Pixels between pictures, and above each for its caption."""
BACKGROUND, INK = (32, 32, 32), (210, 210, 210)
PAGE = 25
"""Pictures on one page, so that it is about as high as it is wide and opens anywhere."""
LONGEST = 1024
"""Larger pictures are shrunk to this before they are colored, pixels."""
COLORED = 14.0
"""A picture counts as having true colors, and not a tint, if its most colorful fiftieth has at least this chroma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What stands beside each picture."""

    settings: tuple[PredictOptions, ...] = (PredictOptions(),)
    """One colored version for each of these."""
    tile: int = 224
    """Long side of a picture on the sheet, pixels."""
    across: int = 3
    """How many pictures, each with its versions, stand side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """Draw a contact sheet: gray, colored, and the true colors where there are any."""

    weights: str = "hintnet"
    """Name of weights (a row of weights.toml), or the path of an .onnx file."""
    pictures: Path
    """Folder of photographs."""
    out: Path
    """The PNG file to write."""
    limit: int = 24
    """How many pictures, chosen by the seed; 0 = all, by name."""
    seed: int = 0
    """Chooses the pictures."""
    vividness: list[float] | None = None
    """One colored version for each of these; the weights' default when not given."""
    temperature: float | None = None
    """Annealed-mean temperature; the weights' default when not given."""
    tile: int = 224
    """Long side of a picture on the sheet, pixels."""
    across: int = 3
    """How many pictures, each with its versions, stand side by side."""
    threads: int = 1
    """Threads of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strip:
    """One picture's versions, side by side, as small as they are shown."""

    tiles: list[Image.Image]
    captions: list[str]


def main(options: SheetOptions) -> str:
    """Draw the sheet and write it; gives a line to show."""
    colorizer = methods.load(options.weights, device="cpu", threads=options.threads)
    found = sorted(pictures.chosen(options.pictures, options.limit, options.seed))
    chosen: list[float | None] = [*options.vividness] if options.vividness else [None]
    settings = tuple(PredictOptions(vividness=v, temperature=options.temperature) for v in chosen)
    look = Look(settings=settings, tile=options.tile, across=options.across)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw(colorizer, found, look).save(options.out)
    return f"{options.out}: {len(found)} pictures"


def draw(colorizer: Colorizer, files: Sequence[Path], look: Look) -> Image.Image:
    """Color pictures and lay them out on one sheet."""
    return _lay_out([_strip(colorizer, path, look) for path in files], look)


def draw_pages(colorizer: Colorizer, files: Sequence[Path], look: Look, out: Path) -> None:
    """Draw as many sheets of PAGE pictures as it takes, each written as OUT-1.png, OUT-2.png …; none for no files."""
    for number, first in enumerate(range(0, len(files), PAGE), start=1):
        page = draw(colorizer, files[first : first + PAGE], look)
        page.save(out.with_name(f"{out.name}-{number}.png"))


def _strip(colorizer: Colorizer, path: Path, look: Look) -> _Strip:
    truth = pictures.read(path, longest=LONGEST)
    versions, captions = [np.repeat(truth.gray[..., None], 3, axis=2)], [path.stem]
    for options in look.settings:
        versions.append(shipped.color(colorizer, truth.gray, options=options)[0])
        captions.append(_words(options))
    if np.percentile(np.hypot(truth.lab[..., 1], truth.lab[..., 2]), 98) >= COLORED:
        versions.append(truth.rgb)
        captions.append("as it was")
    return _Strip(tiles=[_small(version, look.tile) for version in versions], captions=captions)


def _small(version: RGB8, tile: int) -> Image.Image:
    image = Image.fromarray(version)
    image.thumbnail((tile, tile), Image.Resampling.LANCZOS)
    return image


def _words(options: PredictOptions) -> str:
    given = {"v": options.vividness, "T": options.temperature}
    return " ".join(f"{name}={value:g}" for name, value in given.items() if value is not None) or "default"


def _lay_out(strips: Sequence[_Strip], look: Look) -> Image.Image:
    columns = max(len(strip.tiles) for strip in strips)
    across = max(1, min(look.across, len(strips)))
    rows = [strips[first : first + across] for first in range(0, len(strips), across)]
    heights = [max(s.tiles[0].height for s in row) + MARGIN + CAPTION for row in rows]
    block = columns * (look.tile + MARGIN) + 2 * MARGIN
    sheet = Image.new("RGB", (across * block, sum(heights) + MARGIN), BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    top = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for place, strip in enumerate(row):
            for column, (tile, caption) in enumerate(zip(strip.tiles, strip.captions, strict=True)):
                left = place * block + column * (look.tile + MARGIN) + MARGIN
                pen.text((left, top), caption[: look.tile // 7], fill=INK, font=font)
                sheet.paste(tile, (left, top + CAPTION))
        top += height
    return sheet
