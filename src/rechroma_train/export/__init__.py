"""From trained nets to graphs that keep the contract: `colorizer` and `features`, and `quantize` to 8 bits."""
