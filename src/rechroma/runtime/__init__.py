"""Graphs: checked against the contract (`contract`, `tasks`) and run (`session`). The only door to ONNX Runtime."""

from rechroma.runtime.contract import Contract
from rechroma.runtime.session import AUTO, KEPT_SESSIONS, MAX_AUTO_THREADS, PROVIDERS, Graph, devices, load

__all__ = ["AUTO", "KEPT_SESSIONS", "MAX_AUTO_THREADS", "PROVIDERS", "Contract", "Graph", "devices", "load"]
