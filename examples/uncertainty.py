"""Where the model is sure and where it guesses: a map of how many colors it holds for likely."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import rechroma
from rechroma.color import gray_to_lightness

photograph, folder = Path(sys.argv[1]), Path(sys.argv[2])

with Image.open(photograph) as picture:
    gray = np.asarray(picture.convert("L").resize((256, 256)), np.float32)
lightness = gray_to_lightness(gray / np.float32(255))

model = rechroma.load("hintnet")
prediction = model.predict(lightness, with_logits=True)
assert prediction.logits is not None

scores = prediction.logits - prediction.logits.max(axis=-1, keepdims=True)
likely = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
perplexity = np.exp(-(likely * np.log(likely + 1e-9)).sum(axis=-1))  # 1 = one color for sure, 313 = no idea

Image.fromarray(np.clip(perplexity * 3, 0, 255).astype(np.uint8)).save(folder / "uncertainty.png")
print(f"likely colors a pixel: median {np.median(perplexity):.0f}")
