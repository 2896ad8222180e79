"""Measurements of the library and of its training: `python -m benchmarks NAME`."""
