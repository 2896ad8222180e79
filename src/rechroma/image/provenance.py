"""Says in a picture's XMP that its colors were made by a trained model; all else in the packet stays.

Properties: `Iptc4xmpExt:DigitalSourceType` (IPTC's term for a photograph to which a trained model added), IPTC's
`AISystemUsed` and `AISystemVersionUsed` (Photo Metadata Standard 2025.1), `xmp:CreatorTool` where there is none
yet, and tool, version, model and hash one by one under `urn:rechroma:provenance:1:`.
"""

import re
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

from rechroma import notes

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_META = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_OURS = "urn:rechroma:provenance:1:"
_PREFIXES = {"x": _META, "rdf": _RDF, "Iptc4xmpExt": _IPTC_EXT, "xmp": _XMP, "tiff": _TIFF, "rechroma": _OURS}
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'
_DECLARATION = re.compile(rb"""xmlns:([A-Za-z_][\w.-]*)\s*=\s*["']([^"']+)["']""")


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

    def properties(self) -> dict[str, str]:
        """Return qualified XMP names and values."""
        version = f"sha256:{self.sha256}" if self.sha256 else self.version
        named = {
            f"{{{_IPTC_EXT}}}DigitalSourceType": SOURCE_TYPE,
            f"{{{_IPTC_EXT}}}AISystemUsed": self.model,
            f"{{{_IPTC_EXT}}}AISystemVersionUsed": version,
            f"{{{_OURS}}}Tool": self.tool,
            f"{{{_OURS}}}Version": self.version,
            f"{{{_OURS}}}Model": self.model,
            f"{{{_OURS}}}ModelSHA256": self.sha256,
        }
        return {name: value for name, value in named.items() if value}


def merged_xmp(packet: bytes, provenance: Provenance | None, *, upright: bool) -> bytes:
    """Return an XMP packet with the provenance added, and orientation 1 where the picture was made `upright`.

    A packet to which there is nothing to do comes back as it was; one that is no XML is replaced, with a warning.
    """
    if provenance is None and not (upright and b"Orientation" in packet):
        return packet
    root = _root(packet)
    if upright:
        _set(root, f"{{{_TIFF}}}Orientation", "1", only_where_found=True)
    if provenance is not None:
        for name, value in provenance.properties().items():
            _set(root, name, value)
        if not _found(root, f"{{{_XMP}}}CreatorTool"):
            _set(root, f"{{{_XMP}}}CreatorTool", f"{provenance.tool} {provenance.version}")
    return (_HEAD + _text(root, packet) + _TAIL).encode("utf-8")


def _root(packet: bytes) -> ElementTree.Element:
    """Return the x:xmpmeta element of a packet, a new one where there is none."""
    if packet.strip(b"\x00 \r\n\t"):
        try:
            found = ElementTree.fromstring(packet.strip(b"\x00 \r\n\t"))
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            notes.note(f"the XMP packet is no XML and was left out: {error}")
        else:
            if found.find(f".//{{{_RDF}}}RDF") is not None:
                return found
            if found.tag == f"{{{_RDF}}}RDF":
                meta = ElementTree.Element(f"{{{_META}}}xmpmeta")
                meta.append(found)
                return meta
    meta = ElementTree.Element(f"{{{_META}}}xmpmeta")
    ElementTree.SubElement(meta, f"{{{_RDF}}}RDF")
    return meta


def _descriptions(root: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the top-level rdf:Description elements."""
    rdf = root.find(f".//{{{_RDF}}}RDF")
    return [] if rdf is None else rdf.findall(f"{{{_RDF}}}Description")


def _found(root: ElementTree.Element, name: str) -> bool:
    """Say whether a property is there, as an attribute or as an element."""
    return any(name in part.attrib or part.find(name) is not None for part in _descriptions(root))


def _set(root: ElementTree.Element, name: str, value: str, *, only_where_found: bool = False) -> None:
    """Give a simple property one value, wherever it stood before."""
    if only_where_found and not _found(root, name):
        return
    for part in _descriptions(root):
        part.attrib.pop(name, None)
        for child in part.findall(name):
            part.remove(child)
    parts = _descriptions(root)
    if not parts:
        rdf = root.find(f".//{{{_RDF}}}RDF")
        parent = root if rdf is None else rdf
        parts = [ElementTree.SubElement(parent, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})]
    parts[0].set(name, value)


def _text(root: ElementTree.Element, packet: bytes) -> str:
    """Return the XML with the namespace prefixes that the packet had."""
    prefixes = {uri: prefix for prefix, uri in _PREFIXES.items()}
    for prefix, uri in _DECLARATION.findall(packet):
        name = prefix.decode("ascii", "replace")
        if name not in prefixes.values():
            prefixes.setdefault(uri.decode("utf-8", "replace"), name)
    prefixes["http://www.w3.org/XML/1998/namespace"] = "xml"
    for uri in sorted(uri for part in root.iter() for uri in _uris(part)):
        prefixes.setdefault(uri, f"ns{len(prefixes)}")
    used = {uri for part in root.iter() for uri in _uris(part)}
    declared = {f"xmlns:{prefixes[uri]}": uri for uri in sorted(used) if prefixes[uri] != "xml"}
    return _element(root, prefixes, declared)


def _uris(part: ElementTree.Element) -> list[str]:
    """Return the namespaces of an element's name and attributes."""
    return [name[1:].partition("}")[0] for name in (part.tag, *part.attrib) if name.startswith("{")]


def _element(part: ElementTree.Element, prefixes: dict[str, str], declared: dict[str, str]) -> str:
    """Return an element as text; `declared` are more attributes, already under their final names."""
    name = _qualified(part.tag, prefixes)
    pairs = {**declared, **{_qualified(key, prefixes): value for key, value in part.attrib.items()}}
    start = name + "".join(f" {key}={_quoted(value)}" for key, value in pairs.items())
    inside = escape(part.text or "", quote=False) + "".join(
        _element(child, prefixes, {}) + escape(child.tail or "", quote=False) for child in part
    )
    return f"<{start}>{inside}</{name}>" if inside else f"<{start}/>"


def _qualified(name: str, prefixes: dict[str, str]) -> str:
    """Return a name as prefix:local."""
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    return f"{prefixes[uri]}:{local}"


def _quoted(value: str) -> str:
    """Return an attribute's value in quotes. Not by xml.sax.saxutils, whose import costs 20 ms."""
    text = escape(value)
    for character in "\n\r\t":
        text = text.replace(character, f"&#{ord(character)};")
    return f'"{text}"'
