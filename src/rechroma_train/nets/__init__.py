"""The nets, one file per idea. A net has `forward` (what the loss wants) and `predict` (the graph contract)."""
