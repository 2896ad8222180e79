"""The most similar pictures of a folder: references that need no choosing."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from rechroma import color, image, notes
from rechroma.errors import InputError, MissingExtra
from rechroma.hints.features import describe
from rechroma.hints.matching import has_color
from rechroma.naming import BECOME_JPEG, BECOME_PNG, SUFFIXES
from rechroma.tiling import ONE_THREAD_PRODUCT, resize, work_shape
from rechroma.types import Array, Lightness

WORK_SIZE = 128
"""Root of the area, in pixels, at which the pictures of a folder are looked at."""
CELLS = 8
"""Cells a side, by whose likeness whole pictures are compared."""
KEPT = 20_000
"""Pictures that a process remembers: 12 kB each."""

_MULTIPLE_OF = 16


def similar(
    lightness: Lightness, library: Path, count: int = 3, *, max_megapixels: float = 400.0
) -> list[Path]:
    """Choose the color pictures of a folder that look most like a picture, the most similar first.

    The folder is searched to the bottom for files that Rechroma reads; hidden ones are passed over. Gray and
    toned pictures and files that cannot be read are skipped, with a UserWarning that counts them. A process
    remembers what it has looked at while the file stays as it is.

    Args:
        lightness: (H, W) L* 0 to 100, any size; not modified.
        library: A folder.
        count: How many at most.
        max_megapixels: Larger pictures count as unreadable.

    Raises:
        InputError: There is no such folder, or no color picture in it.
    """
    if not library.is_dir():
        raise InputError(
            f"the reference library {library} is no folder; accepted: a folder of color pictures"
        )
    looks: list[tuple[Path, Array]] = []
    gray = unreadable = 0
    for path in files(library):
        try:
            stat = path.stat()
            look = _look(path, stat.st_mtime_ns, stat.st_size, max_megapixels)
        except (InputError, MissingExtra, OSError):
            unreadable += 1
            continue
        if look is None:
            gray += 1
        else:
            looks.append((path, look))
    if gray or unreadable:
        notes.note(
            f"reference library {library}: {gray} pictures without color and {unreadable} unreadable files "
            "were skipped"
        )
    if not looks:
        raise InputError(f"the reference library {library} has no color picture that can be read")
    likeness = _likeness(_pooled(lightness), [look for _, look in looks])
    order = np.argsort(-likeness, kind="stable")[:count]
    return [looks[i][0] for i in order]


def files(folder: Path) -> Iterator[Path]:
    """Give the picture files of a folder and of those in it, in the order of their names."""
    known = SUFFIXES.keys() | BECOME_JPEG | BECOME_PNG
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(top, name)
            if not name.startswith(".") and path.suffix.lower() in known:
                yield path


@lru_cache(maxsize=KEPT)
def _look(path: Path, _mtime_ns: int, _size: int, max_megapixels: float) -> Array | None:
    """Describe a color picture; None for one without color."""
    with notes.collected():  # slight damage is not told: nothing is made of this picture yet
        picture = image.read(path, max_megapixels=max_megapixels)
        lab = color.rgb_to_lab(image.small_rgb(picture, work_shape(*picture.size, WORK_SIZE, _MULTIPLE_OF)))
    return _pooled(lab[..., 0]).astype(np.float16) if has_color(lab) else None


def _pooled(lightness: Lightness) -> Array:
    """Describe a whole picture by its cells, brought to one number: (CELLS², C) float32, each of length 1."""
    cells = resize(
        describe(np.ascontiguousarray(lightness), work_size=WORK_SIZE), (CELLS, CELLS), kernel="area"
    )
    flat = cells.reshape(CELLS * CELLS, -1)
    pooled: Array = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), np.float32(1e-6))
    return pooled


def _likeness(query: Array, looks: list[Array]) -> Array:
    """Give for each picture how like it is: the mean, over the query's cells, of the best likeness of a cell of it."""
    found = np.empty(len(looks), np.float32)
    step = max(ONE_THREAD_PRODUCT // query.size, CELLS * CELLS) // (CELLS * CELLS)
    for start in range(0, len(looks), step):
        several = np.stack(looks[start : start + step]).astype(np.float32)
        products = several.reshape(-1, query.shape[1]) @ query.T
        found[start : start + step] = products.reshape(len(several), -1, len(query)).max(axis=1).mean(axis=1)
    return found
