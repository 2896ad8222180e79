"""Says in a picture's XMP how its colors were made, and reads that back.

Properties: `Iptc4xmpExt:DigitalSourceType`, by IPTC's vocabulary, IPTC's `AISystemUsed` and `AISystemVersionUsed`
(Photo Metadata Standard 2025.1) where a trained model made the colors, `xmp:CreatorTool` where there is none yet, and
tool, version, model, hash and settings one by one under `urn:rechroma:provenance:1:`. A packet with identifiers
(`xmpMM`) gets new ones, derived from the old: the result is another document.
"""

from dataclasses import astuple, dataclass
from typing import Literal, TypeAlias, get_args
from uuid import NAMESPACE_URL, uuid5

from rechroma.image.xmp import EVENT, IPTC_EXT, MM, OURS, REFERENCE, XMP, Packet

SourceType: TypeAlias = Literal[
    "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced", "humanEdits"
]
"""IPTC's words for a photograph to which a trained model, a formula, or a person without one added something."""
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_TRAINED: SourceType = "compositeWithTrainedAlgorithmicMedia"
_OF_REAL_LIFE = frozenset(
    ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "compositeCapture")
    + ("minorHumanEdits", "humanEdits", "algorithmicallyEnhanced")
)
"""Source types of which an untrained method's result remains one; any other says more, and stays."""
_SOURCE_TYPE = f"{{{IPTC_EXT}}}DigitalSourceType"
_SYSTEM, _SYSTEM_VERSION = f"{{{IPTC_EXT}}}AISystemUsed", f"{{{IPTC_EXT}}}AISystemVersionUsed"
_OWN = ("Tool", "Version", "Model", "ModelSHA256", "Settings", "ColorsFrom")
_TOOL, _VERSION, _MODEL, _SHA256, _SETTINGS, _COLORS_FROM = (f"{{{OURS}}}{name}" for name in _OWN)
_BEFORE = f"{{{OURS}}}SourceTypeBefore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """By what the colors were made."""

    tool: str = "Rechroma"
    """Name of the program."""
    version: str
    """Its version."""
    model: str
    """Identifier of the weights, such as `hintnet.small`, or name of the method."""
    sha256: str = ""
    """SHA-256 of the weights, hexadecimal; empty for methods without."""
    settings: str = ""
    """All that was asked for, as one line of JSON (see `rechroma.pipeline.recipe`); empty where it is not known."""
    source_type: SourceType
    """Where the colors come from."""


def add(provenance: Provenance, packet: Packet) -> None:
    """Say in a packet how the colors were made; what an earlier run said of its own is replaced."""
    _add_source(provenance, packet)
    named = {
        _TOOL: provenance.tool,
        _VERSION: provenance.version,
        _MODEL: provenance.model,
        _SHA256: provenance.sha256,
        _SETTINGS: provenance.settings,
        _COLORS_FROM: provenance.source_type,
    }
    packet.remove(named)
    for name, value in named.items():
        if value:
            packet.set(name, value)
    agent = f"{provenance.tool} {provenance.version}"
    if packet.text(f"{{{XMP}}}CreatorTool") is None:
        packet.set(f"{{{XMP}}}CreatorTool", agent)
    _add_lineage(provenance, packet, agent)


def read(packet: bytes) -> Provenance | None:
    """Return what a packet says of how the colors were made; None where it says nothing or is damaged."""
    if OURS.encode("ascii") not in packet:
        return None
    try:
        found = Packet(packet)
    except ValueError:
        return None
    tool, version, model = (found.text(name) for name in (_TOOL, _VERSION, _MODEL))
    if tool is None or version is None or model is None:
        return None
    # Before results said where their colors come from, all of them said that a trained model made them.
    term = found.text(_COLORS_FROM)
    return Provenance(
        tool=tool,
        version=version,
        model=model,
        sha256=found.text(_SHA256) or "",
        settings=found.text(_SETTINGS) or "",
        source_type=next((each for each in get_args(SourceType) if each == term), _TRAINED),
    )


def _add_source(provenance: Provenance, packet: Packet) -> None:
    """Say where the colors come from, and keep what was said of the picture before."""
    again = packet.text(_MODEL) is not None  # a result of ours is colored once more
    before = packet.text(_BEFORE) if again else packet.text(_SOURCE_TYPE)
    packet.remove([_BEFORE])
    if before:
        packet.set(_BEFORE, before)
    trained = provenance.source_type == _TRAINED
    term = (before or "").rpartition("/")[2]
    kept = term == "trainedAlgorithmicMedia" if trained else term not in _OF_REAL_LIFE | {""}
    packet.set(_SOURCE_TYPE, before if kept and before else VOCABULARY + provenance.source_type)
    version = f"sha256:{provenance.sha256}" if provenance.sha256 else provenance.version
    earlier = [packet.text(_MODEL), f"sha256:{packet.text(_SHA256)}"] if again else [None, None]
    for name, value, ours in zip(
        (_SYSTEM, _SYSTEM_VERSION), (provenance.model, version), earlier, strict=True
    ):
        others = [each for each in (packet.text(name) or "").split("; ") if each and each != ours]
        packet.remove([name])
        if values := [*others, value] if trained else others:
            packet.set(name, "; ".join(dict.fromkeys(values)))


def _add_lineage(provenance: Provenance, packet: Packet, agent: str) -> None:
    """Give the result identifiers of its own where the picture has some, and say from what it was derived.

    They depend on the picture's and on how it was made alone, so that the same run gives the same file.
    """
    document, instance = packet.text(f"{{{MM}}}DocumentID"), packet.text(f"{{{MM}}}InstanceID")
    if not (document or instance):
        return
    derived = {"documentID": document, "instanceID": instance}
    packet.set_fields(
        f"{{{MM}}}DerivedFrom", {f"{{{REFERENCE}}}{name}": value for name, value in derived.items() if value}
    )
    if document and packet.text(f"{{{MM}}}OriginalDocumentID") is None:
        packet.set(f"{{{MM}}}OriginalDocumentID", document)
    new = uuid5(NAMESPACE_URL, "\n".join((document or "", instance or "", *astuple(provenance))))
    packet.set(f"{{{MM}}}DocumentID", f"xmp.did:{new}")
    packet.set(f"{{{MM}}}InstanceID", f"xmp.iid:{new}")
    event = {"action": "derived", "parameters": "colors added", "softwareAgent": agent}
    event["instanceID"] = f"xmp.iid:{new}"
    packet.append(f"{{{MM}}}History", {f"{{{EVENT}}}{name}": value for name, value in event.items()})
