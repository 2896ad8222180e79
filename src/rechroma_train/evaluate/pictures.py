"""The pictures that are scored: what they truly look like, and the gray picture that a model is given of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rechroma import image
from rechroma.color import lightness_to_gray, rgb_to_lab
from rechroma.errors import InputError, UnreadableImage
from rechroma.types import RGB8, Lab
from rechroma_train.stored import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One color photograph and the gray made of it."""

    name: str
    """File name."""
    sha256: str
    """SHA-256 of the file, hexadecimal."""
    rgb: RGB8
    """(H, W, 3) uint8: the photograph, not cropped, not resized."""
    lab: Lab
    """(H, W, 3) float32: the same in CIELAB."""
    gray: NDArray[np.uint8]
    """(H, W) uint8 sRGB-encoded gray with the photograph's L*: all that a model is given."""

    def random(self, seed: int) -> np.random.Generator:
        """Give the random numbers of this picture: the same in whatever set it is scored."""
        return np.random.default_rng([seed, int(self.sha256[:8], 16)])


def paths(folder: Path, limit: int = 0) -> list[Path]:
    """List a folder's pictures by name, the first `limit` of them (0 = all).

    Raises:
        InputError: There is no such folder, or no picture in it.
    """
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in KINDS)
    if not found:
        raise InputError(f"{folder} has no pictures; give a folder with {', '.join(sorted(KINDS))} files")
    return found[:limit] if limit else found


def chosen(folder: Path, count: int, seed: int) -> list[Path]:
    """Draw `count` of a folder's pictures by a seed (0 = all), in the order in which they are drawn.

    Raises:
        InputError: There is no such folder, or no picture in it.
    """
    found = paths(folder)
    order: NDArray[np.intp] = np.random.default_rng(seed).permutation(len(found))
    return [found[i] for i in (order[:count] if count else order)]


def spread(folder: Path, count: int) -> list[Path]:
    """Take about `count` of a folder's pictures, evenly by name (0 = all).

    Raises:
        InputError: There is no such folder, or no picture in it.
    """
    found = paths(folder)
    return found[:: max(len(found) // count, 1)] if count else found


def read(path: Path, *, longest: int = 0) -> Truth:
    """Read a color photograph, shrunk where its long side exceeds `longest` pixels (0 = never).

    Raises:
        UnreadableImage: It cannot be decoded.
    """
    try:
        picture = image.read(path)
        rgb = image.screen_pixels(picture, longest) if longest else image.srgb_pixels(picture)
    except UnreadableImage as error:
        raise UnreadableImage(f"{path}: {error}") from error
    return truth_of(rgb, name=path.name, sha256=picture.sha256)


def truth_of(rgb: RGB8, *, name: str, sha256: str) -> Truth:
    """Make the gray picture of a photograph (H, W, 3) uint8."""
    lab = rgb_to_lab(rgb.astype(np.float32) / np.float32(255))
    gray = np.rint(np.clip(lightness_to_gray(lab[..., 0]), 0, 1) * np.float32(255)).astype(np.uint8)
    return Truth(name=name, sha256=sha256, rgb=rgb, lab=lab, gray=gray)
