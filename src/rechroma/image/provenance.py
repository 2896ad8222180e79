"""Says in a picture's XMP that its colors were made by a trained model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """By what the colors were made."""

    tool: str = "Rechroma"
    """Name of the program."""
    version: str
    """Its version."""
    model: str
    """Identifier of the weights, such as `hintnet.small`."""
    sha256: str = ""
    """SHA-256 of the weights, hexadecimal; empty for methods without."""
