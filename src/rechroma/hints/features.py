"""What each place of a picture looks like, as a vector: by the encoder of the default model, or by DAISY.

Two places look alike where the dot product of their vectors is near 1.
"""

from typing import Literal, TypeAlias

import numpy as np

from rechroma import runtime, weights
from rechroma.checks import check_lightness
from rechroma.errors import MissingExtra, OptionError
from rechroma.tiling import resize, work_shape
from rechroma.types import Array, Lightness

Kind: TypeAlias = Literal["network", "daisy"]
"""network: the encoder of the default model, whitened; daisy: Tola, Lepetit & Fua 2010, of scikit-image."""

KINDS: tuple[Kind, ...] = ("network", "daisy")
WEIGHTS = "hintnet_features"
"""Row of weights.toml."""
WORK_SIZE = 256
"""Root of the area, in pixels, at which a picture is looked at where nothing else is said."""
STRIDE = 8
"""Pixels of that to a cell, each way."""

_MULTIPLE_OF = 16
_FLAT = np.float32(1e-3)
"""Length of a DAISY vector below which the place has no structure."""
_DAISY_RADIUS = 16
"""Pixels from the middle of a cell to the outermost ring: two cells, about what the encoder sees."""


def describe(
    lightness: Lightness, *, kind: Kind = "network", work_size: int = WORK_SIZE, threads: int = 0
) -> Array:
    """Describe every cell of a picture.

    Args:
        lightness: (H, W) L* 0 to 100, any size from 1x1; not modified.
        kind: What describes.
        work_size: Root of the area, in pixels, to which the lightness is resized first: 8x8 of these are a cell.
        threads: Threads of the network; 0 = RECHROMA_THREADS, or one per core.

    Returns:
        (h, w, C) float32, each vector of length 1; in a picture without any structure DAISY's are 0.

    Raises:
        InputError: lightness is not (H, W).
        OptionError: There is no such kind.
        MissingExtra: DAISY is asked for and scikit-image is not installed.
        WeightsError: The graph cannot be used.
    """
    check_lightness(lightness)
    if kind not in KINDS:
        raise OptionError(f"features are {kind!r}; accepted: {', '.join(KINDS)}")
    shape = work_shape(lightness.shape[0], lightness.shape[1], work_size, _MULTIPLE_OF)
    seen = np.clip(resize(lightness, shape), 0, 100)
    return _daisy(seen) if kind == "daisy" else _by_graph(seen, threads)


def _by_graph(lightness: Lightness, threads: int) -> Array:
    path = weights.path_of(weights.find(WEIGHTS))
    graph = runtime.load(path, device="cpu", threads=threads, task="features")
    (features,) = graph.run({"lightness": np.ascontiguousarray(lightness[None, None])}, ["features"])
    return np.ascontiguousarray(np.moveaxis(features[0], 0, 2))


def _daisy(lightness: Lightness) -> Array:
    try:
        from skimage.feature import daisy
    except ImportError as error:
        raise MissingExtra("scikit-image", "methods", "matching by DAISY") from error
    around = _DAISY_RADIUS - STRIDE // 2
    padded = np.pad(
        lightness / 100,
        ((around, around + STRIDE),) * 2,
        mode="reflect" if min(lightness.shape) > 32 else "edge",
    )
    found = daisy(padded, step=STRIDE, radius=_DAISY_RADIUS, rings=3, histograms=8, orientations=8)
    rows, columns = (side // STRIDE for side in lightness.shape)
    # Square roots: distances between histograms are then Hellinger's, in which strong edges do not outvote the rest.
    vectors: Array = np.sqrt(np.maximum(found[:rows, :columns], 0)).astype(np.float32)
    vectors -= vectors.mean((0, 1))
    length = np.linalg.norm(vectors, axis=2, keepdims=True)
    return np.where(length > _FLAT, vectors / np.maximum(length, _FLAT), 0).astype(np.float32)
