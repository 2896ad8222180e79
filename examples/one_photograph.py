"""Color one photograph: file in, file out."""

import sys
from pathlib import Path

import rechroma

photograph, folder = Path(sys.argv[1]), Path(sys.argv[2])

report = rechroma.colorize_file(photograph, folder / f"{photograph.stem}.color.jpg")
print(report)
