"""What a classifier sees in a result, as one vector a picture: sets of them are compared by their distributions.

Not FID: another network (MobileNetV2 and not Inception-v3), and a distance that depends on how many pictures there
are. Compare it only within one table.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from rechroma import weights
from rechroma.errors import InputError
from rechroma.types import RGB8, Array
from rechroma_train.nets.parts import mobilenet

INPUT = "stretched to 224x224 by Pillow's antialiased bilinear filter, uint8, then RGB / 127.5 - 1"
"""How a picture is fed to the network."""
BATCH = 4
"""Pictures that the network sees at once: few enough to stay in a processor's cache."""


def describe(path: Path) -> dict[str, object]:
    """Say which features these are, ready for JSON.

    Raises:
        InputError: There is no such file.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file; give MobileNetV2's weights as .safetensors")
    return {
        "network": "MobileNetV2 1.0, global mean of the last ReLU6 (1280); TensorFlow's SAME padding",
        "input": INPUT,
        "sha256": weights.digest(path),
    }


def pool(path: Path, pictures: Sequence[RGB8], *, threads: int = 1) -> Array:
    """Give what the network of `path` sees in pictures, each (H, W, 3) uint8 -> (N, 1280) float32."""
    net = _load(path)
    batch = torch.from_numpy(np.stack([_fit(picture) for picture in pictures]))
    batch = batch.to(memory_format=torch.channels_last)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            parts = [net(batch[first : first + BATCH]) for first in range(0, len(batch), BATCH)]
    finally:
        torch.set_num_threads(before)
    found: Array = torch.cat(parts).numpy()
    return found


def _fit(picture: RGB8) -> Array:
    """(H, W, 3) uint8 -> (3, 224, 224) float32, -1 to 1."""
    side = mobilenet.SIDE
    small = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR), np.float32)
    fitted: Array = np.ascontiguousarray(np.moveaxis(small / np.float32(127.5) - np.float32(1), -1, 0))
    return fitted


@lru_cache(maxsize=1)
def _load(path: Path) -> mobilenet.MobileNet:
    net = mobilenet.load(path)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU
    return net
