"""Says in a picture's XMP how its colors were made, and reads that back; all else in the packet stays.

Properties: `Iptc4xmpExt:DigitalSourceType` (IPTC's term for a photograph to which a trained model added), IPTC's
`AISystemUsed` and `AISystemVersionUsed` (Photo Metadata Standard 2025.1), `xmp:CreatorTool` where there is none
yet, and tool, version, model, hash and settings one by one under `urn:rechroma:provenance:1:`.
"""

from dataclasses import dataclass

from rechroma import notes
from rechroma.image.xmp import IPTC_EXT, OURS, TIFF, XMP, Packet

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


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
    settings: str = ""
    """All that was asked for, as one line of JSON (see `rechroma.pipeline.recipe`); empty where it is not known."""

    def properties(self) -> dict[str, str]:
        """Return qualified XMP names and values."""
        version = f"sha256:{self.sha256}" if self.sha256 else self.version
        named = {
            f"{{{IPTC_EXT}}}DigitalSourceType": SOURCE_TYPE,
            f"{{{IPTC_EXT}}}AISystemUsed": self.model,
            f"{{{IPTC_EXT}}}AISystemVersionUsed": version,
            f"{{{OURS}}}Tool": self.tool,
            f"{{{OURS}}}Version": self.version,
            f"{{{OURS}}}Model": self.model,
            f"{{{OURS}}}ModelSHA256": self.sha256,
            f"{{{OURS}}}Settings": self.settings,
        }
        return {name: value for name, value in named.items() if value}


_OWN = tuple(f"{{{OURS}}}{name}" for name in ("Tool", "Version", "Model", "ModelSHA256", "Settings"))


def merged_xmp(packet: bytes, provenance: Provenance | None, *, upright: bool) -> bytes:
    """Return an XMP packet with the provenance added, and orientation 1 where the picture was made `upright`.

    A packet to which there is nothing to do comes back as it was; one that is no XMP is replaced, with a warning.
    """
    if provenance is None and not (upright and b"Orientation" in packet):
        return packet
    try:
        read = Packet(packet)
    except ValueError as error:
        notes.note(f"the XMP packet was left out: {error}")
        read = Packet()
    if upright and read.text(f"{{{TIFF}}}Orientation") is not None:
        read.set(f"{{{TIFF}}}Orientation", "1")
    if provenance is not None:
        read.remove(_OWN)
        for name, value in provenance.properties().items():
            read.set(name, value)
        if read.text(f"{{{XMP}}}CreatorTool") is None:
            read.set(f"{{{XMP}}}CreatorTool", f"{provenance.tool} {provenance.version}")
    return read.encoded()


def provenance_of(packet: bytes) -> Provenance | None:
    """Return what a packet says of how the colors were made; None where it says nothing or is damaged."""
    if OURS.encode("ascii") not in packet:
        return None
    try:
        read = Packet(packet)
    except ValueError:
        return None
    tool, version, model, sha256, settings = (read.text(name) or "" for name in _OWN)
    if not (tool and model):
        return None
    return Provenance(tool=tool, version=version, model=model, sha256=sha256, settings=settings)
