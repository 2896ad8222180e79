"""Rechroma: believable colour for black-and-white photographs."""
