"""Color an array: gray (H, W) uint8 in, RGB (H, W, 3) uint8 out."""

import sys
from pathlib import Path

import numpy as np

import rechroma

folder = Path(sys.argv[2])

rows, columns = np.mgrid[:240, :320]
gray = np.clip(255 - rows * 0.6 + 20 * np.sin(columns / 17), 0, 255).astype(np.uint8)  # something like a sky

rgb = rechroma.colorize(gray)
np.save(folder / "colored.npy", rgb)
print(rgb.shape, rgb.dtype)
