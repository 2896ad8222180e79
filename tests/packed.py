"""A few made photographs, packed for training."""

from pathlib import Path

import numpy as np
from PIL import Image

from rechroma_train.config import PackOptions
from rechroma_train.data import pack


def packed(folder: Path, *, count: int) -> Path:
    """Make colored noise of 80 x 64 pixels in a folder and pack it; gives the packed folder."""
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for i in range(count):
        small = rng.integers(0, 255, (4, 5, 3), np.uint8)
        Image.fromarray(small).resize((80, 64)).save(folder / "pictures" / f"{i}.png")
    pack(PackOptions(sources=[folder / "pictures"], out=folder / "packed", short_side=64, jobs=1))
    return folder / "packed"
