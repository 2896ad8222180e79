"""XMP packets (ISO 16684-1): RDF in XML, read with care, changed property by property, written as text.

Packets come from anywhere: document types, and with them entities that grow without end, are refused, and nothing
here calls itself, however deeply a packet is nested.
"""

from collections.abc import Collection, Iterator
from html import escape
from typing import Literal, TypeAlias
from xml.etree import ElementTree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
XMP = "http://ns.adobe.com/xap/1.0/"
MM = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
REFERENCE = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
NOTE = "http://ns.adobe.com/xmp/note/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:rechroma:provenance:1:"

Form: TypeAlias = Literal["Text", "Seq", "Alt"]

LONGEST = 16 << 20
"""Bytes of a packet that is read; the elements of a longer one could take gigabytes."""

_PREFIXES = {
    META: "x",
    RDF: "rdf",
    XMP: "xmp",
    MM: "xmpMM",
    EVENT: "stEvt",
    REFERENCE: "stRef",
    NOTE: "xmpNote",
    TIFF: "tiff",
    IPTC_EXT: "Iptc4xmpExt",
    OURS: "rechroma",
}
_XML = "http://www.w3.org/XML/1998/namespace"
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'


class Packet:
    """A packet that has been read: its elements, and the prefixes that it gave to namespaces.

    A property's name is "{namespace}local".
    """

    def __init__(self, packet: bytes = b"") -> None:
        """Read a packet; of none, an empty one is made.

        Raises:
            ValueError: it is too long, no XML, no XMP, or declares a document type.
        """
        self._builder = _Builder()
        self.changed = False
        """Whether anything was removed or set."""
        self.root = self._read(packet) if packet.strip(b"\x00 \r\n\t") else _empty()

    def _read(self, packet: bytes) -> ElementTree.Element:
        if len(packet) > LONGEST:
            raise ValueError(f"it has {len(packet)} bytes; {LONGEST} are read")
        parser = ElementTree.XMLParser(target=self._builder)
        try:
            parser.feed(_decoded(packet))
            found: ElementTree.Element = parser.close()
        except (ElementTree.ParseError, LookupError) as error:
            raise ValueError(f"it is no XML: {error}") from error
        if found.find(f".//{{{RDF}}}RDF") is not None:
            return found
        if found.tag != f"{{{RDF}}}RDF":
            raise ValueError("it holds no RDF")
        meta = ElementTree.Element(f"{{{META}}}xmpmeta")
        meta.append(found)
        return meta

    def _rdf(self) -> ElementTree.Element:
        found = self.root.find(f".//{{{RDF}}}RDF")
        return self.root if found is None else found

    def descriptions(self) -> list[ElementTree.Element]:
        """Return the elements that hold the properties."""
        return self._rdf().findall(f"{{{RDF}}}Description")

    def text(self, name: str) -> str | None:
        """Return a simple property's value; None where it is not there."""
        for part in self.descriptions():
            if name in part.attrib:
                return part.attrib[name]
            child = part.find(name)
            if child is not None:
                return (child.text or child.get(f"{{{RDF}}}resource") or "").strip()
        return None

    def remove(self, names: Collection[str]) -> list[str]:
        """Remove properties of any form, "{namespace}" all of one; returns the names of those that were there."""

        def unwanted(name: str) -> bool:
            return name in names or name[: name.find("}") + 1] in names

        found = []
        for part in self.descriptions():
            for name in filter(unwanted, tuple(part.attrib)):
                del part.attrib[name]
                found.append(name)
            for child in [child for child in part if unwanted(child.tag)]:
                part.remove(child)
                found.append(child.tag)
        self.changed = self.changed or bool(found)
        return found

    def set(self, name: str, value: str) -> None:
        """Give a simple property one value, wherever it stood before."""
        self.remove([name])
        self._first().set(name, value)

    def has(self, name: str) -> bool:
        """Say whether a property is there, in any form."""
        return any(name in part.attrib or part.find(name) is not None for part in self.descriptions())

    def set_as(self, name: str, form: Form, value: str) -> None:
        """Give a property one value: a text, the only one of an ordered list, or a text in the default language."""
        if form == "Text":
            self.set(name, value)
            return
        self.remove([name])
        holder = ElementTree.SubElement(self._first(), name)
        language = {f"{{{_XML}}}lang": "x-default"} if form == "Alt" else {}
        item = ElementTree.SubElement(
            ElementTree.SubElement(holder, f"{{{RDF}}}{form}"), f"{{{RDF}}}li", language
        )
        item.text = value

    def absorb(self, other: "Packet") -> None:
        """Take over all properties of another packet."""
        self._rdf().extend(other.descriptions())
        self._builder.prefixes = other._builder.prefixes | self._builder.prefixes
        self.changed = True

    def split(self, room: int) -> "Packet":
        """Move properties, the longest first, into another packet, until this one has no more bytes than `room`.

        Our own stay, where a reader of first bytes finds them.
        """

        def stays(name: str) -> bool:
            return name.startswith((f"{{{RDF}}}", f"{{{OURS}}}"))

        other = Packet()
        other._builder.prefixes = self._builder.prefixes
        names = self._names()
        sizes: list[tuple[int, ElementTree.Element, ElementTree.Element | str]] = []
        for part in self.descriptions():
            sizes += [
                (sum(len(piece.encode()) for piece in _pieces(child, names, {})), part, child)
                for child in part
                if not stays(child.tag)
            ]
            sizes += [
                (len(value.encode()), part, name) for name, value in part.attrib.items() if not stays(name)
            ]
        over = len(self.encoded()) - room
        for size, part, what in sorted(sizes, key=lambda each: -each[0]):
            if over <= 0:
                break
            if isinstance(what, str):
                other._first().set(what, part.attrib.pop(what))
            else:
                part.remove(what)
                other._first().append(what)
            over -= size
        return other

    def set_fields(self, name: str, fields: dict[str, str]) -> None:
        """Give a property the fields of a structure, wherever it stood before."""
        self.remove([name])
        ElementTree.SubElement(self._first(), name, fields)

    def append(self, name: str, fields: dict[str, str]) -> None:
        """Append a structure to an ordered list, made where there is none."""
        lists = (part.find(f"{name}/{{{RDF}}}Seq") for part in self.descriptions())
        found = next((each for each in lists if each is not None), None)
        if found is None:
            self.remove([name])
            holder = ElementTree.SubElement(self._first(), name)
            found = ElementTree.SubElement(holder, f"{{{RDF}}}Seq")
        ElementTree.SubElement(found, f"{{{RDF}}}li", fields)
        self.changed = True

    def _first(self) -> ElementTree.Element:
        """Return the first element that holds properties, made where there is none."""
        self.changed = True
        about = {f"{{{RDF}}}about": ""}
        parts = self.descriptions()
        return parts[0] if parts else ElementTree.SubElement(self._rdf(), f"{{{RDF}}}Description", about)

    def encoded(self) -> bytes:
        """Return the packet as UTF-8, with the prefixes that it had."""
        names = self._names()
        used = {uri for part in self.root.iter() for uri in _uris(part)} - {_XML}
        declared = {f"xmlns:{names[uri]}": uri for uri in sorted(used)}
        return (_HEAD + "".join(_pieces(self.root, names, declared)) + _TAIL).encode("utf-8")

    def _names(self) -> dict[str, str]:
        """Return a prefix for every namespace that is used."""
        names = dict(_PREFIXES)
        for uri, prefix in self._builder.prefixes.items():
            if prefix and prefix not in names.values():
                names.setdefault(uri, prefix)
        names[_XML] = "xml"
        for uri in sorted({uri for part in self.root.iter() for uri in _uris(part)} - names.keys()):
            names[uri] = next(name for i in range(len(names) + 1) if (name := f"ns{i}") not in names.values())
        return names


class _Builder(ElementTree.TreeBuilder):
    """Makes elements, remembers prefixes, refuses document types."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes: dict[str, str] = {}

    def start_ns(self, prefix: str, uri: str) -> None:
        self.prefixes.setdefault(uri, prefix)

    def doctype(self, name: str, pubid: str, system: str) -> None:
        raise ValueError(f"it declares a document type ({name}), which XMP does not have")


def _empty() -> ElementTree.Element:
    """Return the elements of a packet without properties."""
    meta = ElementTree.Element(f"{{{META}}}xmpmeta")
    ElementTree.SubElement(meta, f"{{{RDF}}}RDF")
    return meta


def _decoded(packet: bytes) -> bytes | str:
    """Return a packet without padding, as text where it is UTF-16."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if packet.startswith((mark, "<".encode(encoding))):
            return packet.removeprefix(mark).decode(encoding, "replace").strip("\x00 \r\n\t")
    return packet.strip(b"\x00 \r\n\t")


def _uris(part: ElementTree.Element) -> list[str]:
    """Return the namespaces of an element's name and attributes."""
    return [name[1:].partition("}")[0] for name in (part.tag, *part.attrib) if name.startswith("{")]


def _pieces(root: ElementTree.Element, names: dict[str, str], declared: dict[str, str]) -> Iterator[str]:
    """Yield an element as text; `declared` are more attributes of the outermost one, under their final names."""
    waiting: list[ElementTree.Element | str] = [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
            continue
        pairs = {**declared, **{_qualified(key, names): value for key, value in part.attrib.items()}}
        declared = {}
        name = _qualified(part.tag, names)
        yield f"<{name}" + "".join(f" {key}={_quoted(value)}" for key, value in pairs.items())
        if not part.text and not len(part):
            yield "/>"
            continue
        yield f">{escape(part.text or '', quote=False)}"
        waiting.append(f"</{name}>")
        for child in reversed(part):
            waiting += [escape(child.tail or "", quote=False), child]


def _qualified(name: str, names: dict[str, str]) -> str:
    """Return a name as prefix:local."""
    uri, _, local = name[1:].partition("}")
    return f"{names[uri]}:{local}" if name.startswith("{") else name


def _quoted(value: str) -> str:
    """Return an attribute's value in quotes. Not by xml.sax.saxutils, whose import costs 20 ms."""
    text = escape(value)
    for character in "\n\r\t":
        text = text.replace(character, f"&#{ord(character)};")
    return f'"{text}"'
