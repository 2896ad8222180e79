"""Color a picture that never touches the disk: what a web service would do."""

import sys
from pathlib import Path

import rechroma

photograph, folder = Path(sys.argv[1]), Path(sys.argv[2])

upload = photograph.read_bytes()
answer = rechroma.colorize(upload, rechroma.ColorizeOptions(format="png"))
(folder / "answer.png").write_bytes(answer)
