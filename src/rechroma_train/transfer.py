"""Small arrays on their way to an accelerator, which is never waited for."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def send(values: "NDArray[np.generic] | Tensor", device: torch.device) -> Tensor:
    """Copy an array of the host to a device, in its dtype.

    A plain `.to(device)` waits until the device has done all that it was given before; a copy out of pinned memory
    queues up behind it. PyTorch reuses the pinned memory only when the copy is done.
    """
    tensor = values if isinstance(values, Tensor) else torch.from_numpy(np.ascontiguousarray(values))
    if device.type == "cpu" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
