"""The same photograph with the same weights, from faithful to colorful."""

import sys
from pathlib import Path

import rechroma

photograph, folder = Path(sys.argv[1]), Path(sys.argv[2])

for percent in (0, 25, 50, 75, 100):
    options = rechroma.ColorizeOptions(vividness=percent / 100)
    rechroma.colorize_file(photograph, folder / f"{photograph.stem}.v{percent:03}.jpg", options)
