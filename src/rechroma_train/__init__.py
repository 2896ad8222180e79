"""The workshop: nets, training, export and evaluation (PyTorch + Lightning)."""
