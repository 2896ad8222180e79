"""Where a part of a picture lies that is looked at closely: on the screen, and in the small a*b* that colors it."""

from dataclasses import dataclass

from rechroma.errors import OptionError
from rechroma.tiling import Area, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeup:
    """A part of a picture, grown to whole cells of its a*b* and to their neighbors, which upsampling looks at."""

    cells: tuple[slice, slice]
    """Rows and columns of the a*b*."""
    pixels: tuple[slice, slice]
    """Rows and columns of the picture under them."""
    area: Area
    """The same of the whole picture."""
    shape: Size
    """Height and width that they have on the screen."""
    inner: tuple[slice, slice]
    """Rows and columns of that which are the part itself."""


def closeup(part: Area, *, size: Size, grid: Size, side: int) -> Closeup:
    """Find a part of a picture, whose longer side is shown with at most `side` pixels, and never enlarged.

    Args:
        part: What is shown.
        size: Height and width of the picture.
        grid: Height and width of its a*b*.
        side: In pixels.

    Raises:
        OptionError: The part is empty or goes beyond the picture, or the side is below 1.
    """
    if not (0 <= part.top < part.bottom <= 1 and 0 <= part.left < part.right <= 1):
        raise OptionError(
            f"part is {part.left:g},{part.top:g},{part.right:g},{part.bottom:g}; accepted: left, top, right, bottom "
            "from 0 to 1 of width and height"
        )
    if side < 1:
        raise OptionError(f"side is {side}; accepted: 1 or more pixels")
    ends = [_whole(part.top, part.bottom, size[0]), _whole(part.left, part.right, size[1])]
    scale = min(1.0, side / max(end - begin for begin, end in ends))
    rows, columns = (
        _Span.of(*end, length=length, cells=cells, scale=scale)
        for end, length, cells in zip(ends, size, grid, strict=True)
    )
    return Closeup(
        cells=(rows.cells, columns.cells),
        pixels=(rows.pixels, columns.pixels),
        area=Area(
            top=rows.pixels.start / size[0],
            left=columns.pixels.start / size[1],
            bottom=rows.pixels.stop / size[0],
            right=columns.pixels.stop / size[1],
        ),
        shape=(rows.shown, columns.shown),
        inner=(rows.inner, columns.inner),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """The same along one side."""

    cells: slice
    pixels: slice
    shown: int
    inner: slice

    @classmethod
    def of(cls, begin: int, end: int, *, length: int, cells: int, scale: float) -> "_Span":
        """Grow the pixels begin:end of a side of `length`, under so many cells."""
        first = max(begin * cells // length - 1, 0)
        last = min(-(-end * cells // length) + 1, cells)
        pixels = slice(round(first * length / cells), round(last * length / cells))
        shown = max(round((pixels.stop - pixels.start) * scale), 1)
        start = min(round((begin - pixels.start) * scale), shown - 1)
        wanted = max(round((end - begin) * scale), 1)
        return cls(slice(first, last), pixels, shown, slice(start, min(start + wanted, shown)))


def _whole(begin: float, end: float, length: int) -> tuple[int, int]:
    """Give whole pixels, one at least."""
    first = min(round(begin * length), length - 1)
    return first, max(round(end * length), first + 1)
