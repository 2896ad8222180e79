"""hintnet, the default colorizer: `net` is the whole, the other files are its parts."""

from rechroma_train.nets.hintnet.net import HintNet
from rechroma_train.nets.hintnet.options import HintNetOptions

__all__ = ["HintNet", "HintNetOptions"]
