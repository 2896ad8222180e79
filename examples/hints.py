"""Say what you know, or ask for proposals."""

import sys
from pathlib import Path

import rechroma
from rechroma import ColorizeOptions, Marks, Point, Stroke

picture, folder = Path(sys.argv[1]), Path(sys.argv[2])
known = Marks(
    points=(Point(x=0.31, y=0.42, color="#a33b2e"), Point(x=0.9, y=0.1, color=None)),  # None keeps it gray
    strokes=(Stroke(places=((0.2, 0.7), (0.6, 0.75)), color="#3d5a80", width=0.03),),
)
rechroma.colorize(picture, ColorizeOptions(hints=known), target=folder / "hinted.jpg")

for number, proposal in enumerate(rechroma.propose(picture, 3)):
    options = ColorizeOptions(hints=proposal.hints)
    rechroma.colorize(picture, options, target=folder / f"idea {number}.jpg")
