"""Where the model is sure and where it guesses: the entropy of the colors that it holds for likely."""

import sys
from pathlib import Path

import rechroma

photograph, folder = Path(sys.argv[1]), Path(sys.argv[2])
draft = rechroma.Draft(photograph)
entropy = draft.uncertainty()  # (h, w) float32: 0 = one color for sure, 1 = no idea
(folder / "uncertainty.png").write_bytes(draft.uncertainty_png(side=1024))  # to lay over the picture

height, width = entropy.shape
row, column = divmod(int(entropy.argmax()), width)
place = draft.look((column + 0.5) / width, (row + 0.5) / height)
print(f"least sure at {column / width:.2f},{row / height:.2f}; likely there:")
for suggestion in place.suggestions:
    print(f"  {suggestion.color} {suggestion.share:.0%}")
