"""What a PNG carries beside its samples, chunk by chunk (PNG, third edition, 2025): read with care, carried over.

Only what the samples are made of goes to the decoder (`bare`), so that damaged, repeated and huge chunks of metadata
cost nobody the picture.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rechroma import notes
from rechroma.image import color_tags, exif
from rechroma.image.metadata import Metadata
from rechroma.jpeg import resources

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"

_OF_SAMPLES = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_CLEAR = {0: (2,), 2: (6,), 3: range(1, 257)}
"""Lengths that the chunk tRNS may have, by color type; with alpha there is none."""
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_CARRIED = _TEXTS | {b"tIME", b"sCAL"}
"""Chunks that stay true of a result."""
_MOST_TEXT = 16 << 20
"""Bytes of one unpacked text or profile."""
_MOST_PACKED = 1 << 20
"""Bytes of a text that goes into a result packed; Pillow opens no PNG with longer ones, unpacked they may be longer."""
_MOST_CARRIED = 64 << 20
"""Bytes of chunks that are carried over as they are."""
_RAW_PROFILE = b"Raw profile type "
"""Keyword by which ImageMagick and others hide metadata in texts, as hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a PNG tells of itself."""

    metadata: Metadata
    """EXIF, XMP, IPTC, resolution, and the chunks that another PNG can carry as they are."""
    icc: bytes
    """Profile of the samples; empty: sRGB."""
    frames: int
    """Pictures in it: more than one in an animation."""


def chunks(file: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of every whole chunk through IEND, and where it starts and ends, length and checksum included."""
    at, name = len(SIGNATURE), b""
    while name != b"IEND" and at + 12 <= len(file):
        end = at + 12 + int.from_bytes(file[at : at + 4], "big")
        name = file[at + 4 : at + 8]
        if end <= len(file):
            yield name, at, end
        at = end


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk with length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def bare(file: bytes) -> bytes:
    """Return a PNG without all that its samples are not made of; what follows its last whole chunk stays."""
    kept, color_type, end = [SIGNATURE], -1, len(SIGNATURE)
    clear = b""
    for name, start, end in chunks(file):
        if name == b"IHDR":
            color_type = file[start + 17] if end - start == 25 else -1
        if name == b"tRNS" and not clear and end - start - 12 in _CLEAR.get(color_type, ()):
            clear = chunk(name, file[start + 8 : end - 4])
            kept.append(clear)
        elif name in _OF_SAMPLES:
            kept.append(file[start:end])
    return b"".join((*kept, file[end:]))


def xmp_of(file: bytes) -> bytes:
    """Return the XMP packet of a PNG; empty without one."""
    for name, start, end in chunks(file):
        if name == b"iTXt" and file[start + 8 : start + 26] == XMP_KEYWORD + b"\x00":
            return _text(name, file[start + 8 : end - 4]) or b""
    return b""


def read(file: bytes) -> Told:
    """Return what a PNG tells of itself; what is damaged is left out."""
    found: dict[bytes, bytes] = {}
    kept: list[bytes] = []
    for name, start, end in chunks(file):
        body = file[start + 8 : end - 4]
        if name in _TEXTS and (inside := _inside(name, body)) is not None:
            found.setdefault(*inside)
        elif name in _TEXTS and not _is_sound(name, body):
            notes.note("a damaged text of this PNG was left out: other programs refuse the whole file for it")
        elif name in _CARRIED:
            kept.append(_carried(name, body))
        else:
            found.setdefault(name, body)
    block = (found.get(b"eXIf") or found.get(b"exif", b"")).removeprefix(b"Exif\x00\x00")
    frames = found.get(b"acTL", b"").ljust(4, b"\x00")
    return Told(
        metadata=Metadata(
            exif=block,
            xmp=found.get(b"xmp", b""),
            iptc=found.get(b"iptc", b"") or exif.iptc(block),
            dpi=_dpi(found.get(b"pHYs", b"")) or exif.dots_per_inch(block),
            chunks=_within(kept),
        ),
        icc=_profile(found),
        frames=int.from_bytes(frames[:4], "big"),
    )


def encoded(blocks: Metadata, icc: bytes) -> list[bytes]:
    """Return the chunks that stand between header and samples."""
    parts = [chunk(b"iCCP", b"ICC\x00\x00" + zlib.compress(icc, 9))]
    if blocks.dpi is not None:
        across, down = (round(value / 0.0254) for value in blocks.dpi)
        if 0 < across < 1 << 31 and 0 < down < 1 << 31:
            parts.append(chunk(b"pHYs", struct.pack(">IIB", across, down, 1)))
    if blocks.exif:
        parts.append(chunk(b"eXIf", blocks.exif))
    if blocks.xmp:
        parts.append(chunk(b"iTXt", XMP_KEYWORD + b"\x00\x00\x00\x00\x00" + blocks.xmp))
    for comment in blocks.comments:
        try:
            chunk_of = chunk(b"iTXt", b"Comment\x00\x00\x00\x00\x00" + comment.decode("utf-8").encode())
        except UnicodeDecodeError:  # taken for Latin-1, which is what a tEXt is
            chunk_of = chunk(b"tEXt", b"Comment\x00" + comment.replace(b"\x00", b""))
        parts.append(chunk_of)
    return [*parts, *blocks.chunks]


def time_of(carried: Iterable[bytes]) -> str:
    """Return the time of the chunk tIME among some as XMP writes it; empty without one, or where it is none."""
    for each in carried:
        if each[4:8] == b"tIME" and len(each) == 12 + 7:
            year, month, day, hour, minute, second = struct.unpack(">H5B", each[8:-4])
            try:
                time = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
                return time.isoformat().replace("+00:00", "Z")
            except ValueError:
                return ""
    return ""


def texts(carried: Iterable[bytes]) -> list[tuple[str, str]]:
    """Return keyword and text of the text chunks among some; those that are damaged or too long are left out."""
    found = []
    for each in carried:
        name, body = each[4:8], each[8:-4]
        value = _text(name, body) if name in _TEXTS else None
        if value is not None:
            coded = value.decode("utf-8" if name == b"iTXt" else "latin-1", "replace")
            found.append((body.partition(b"\x00")[0].decode("latin-1"), coded))
    return found


def _carried(name: bytes, body: bytes) -> bytes:
    """Return a chunk as a result holds it: as it was, but for packed texts that are too long for other readers."""
    keyword, _, rest = body.partition(b"\x00")
    packed = name == b"zTXt" or (name == b"iTXt" and rest[:1] == b"\x01")
    text = (_text(name, body) or b"") if packed else b""
    if len(text) <= _MOST_PACKED:
        return chunk(name, body)
    if name == b"zTXt":
        return chunk(b"tEXt", keyword + b"\x00" + text)
    language, translated = rest[2:].split(b"\x00")[:2]
    return chunk(name, b"\x00".join((keyword, b"\x00", language, translated, text)))


def _within(kept: list[bytes]) -> tuple[bytes, ...]:
    """Return the chunks that are carried over, with a note where they are too long in all."""
    if sum(map(len, kept)) <= _MOST_CARRIED:
        return tuple(kept)
    notes.note(f"the texts of this PNG were left out: they have more than {_MOST_CARRIED >> 20} MB")
    return ()


def _is_sound(name: bytes, body: bytes) -> bool:
    """Say whether a text chunk has a keyword, and a text that can be read and is not too long."""
    return 0 < len(body.partition(b"\x00")[0]) < 80 and _text(name, body) is not None


def _text(name: bytes, body: bytes) -> bytes | None:
    """Return the text of a tEXt, zTXt or iTXt chunk; None where it is damaged or too long."""
    value = body.partition(b"\x00")[2]
    if name == b"zTXt":
        return _unpacked(value[1:]) if value[:1] == b"\x00" else None
    if name == b"tEXt":
        return value
    packed, method = value[:1] == b"\x01", value[1:2]
    value = value[2:].partition(b"\x00")[2].partition(b"\x00")[2]
    if packed:
        return _unpacked(value) if method == b"\x00" else None
    return value


def _unpacked(data: bytes) -> bytes | None:
    """Return deflated bytes as they were; None where they are damaged or too many."""
    unpack = zlib.decompressobj()
    try:
        value = unpack.decompress(data, _MOST_TEXT)
    except zlib.error:
        return None
    return value if unpack.eof else None


def _inside(name: bytes, body: bytes) -> tuple[bytes, bytes] | None:
    """Return the metadata that a text holds (EXIF, XMP, IPTC, profile), under a name of ours; None for plain texts."""
    keyword = body.partition(b"\x00")[0]
    if keyword == XMP_KEYWORD:
        packet = _text(name, body)
        if packet is None:
            notes.note("the XMP packet of this PNG is damaged or too long and was left out")
        return b"xmp", packet or b""
    if not keyword.startswith(_RAW_PROFILE):
        return None
    kind = keyword[len(_RAW_PROFILE) :].lower()
    data = _from_digits(_text(name, body) or b"")
    if kind in {b"exif", b"app1"} and not data.startswith(b"http"):
        return b"exif", data
    if kind in {b"xmp", b"app1"}:
        return b"xmp", data.partition(b"\x00")[2] if data.startswith(b"http") else data
    if kind in {b"iptc", b"8bim"}:
        return b"iptc", resources.first(data, resources.IPTC) or (data if data[:1] == b"\x1c" else b"")
    return (b"icc", data) if kind in {b"icc", b"icm"} else None


def _from_digits(text: bytes) -> bytes:
    """Return the bytes of a raw profile: a name, a length, and hexadecimal digits in lines."""
    try:
        return bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except ValueError:
        return b""


def _dpi(body: bytes) -> tuple[float, float] | None:
    """Return dots per inch of a pHYs chunk; None where it gives only a ratio, or nothing."""
    if len(body) < 9 or body[8] != 1:
        return None
    across, down = (round(value * 0.0254, 2) for value in struct.unpack(">II", body[:8]))
    return (across, down) if across and down else None


def _profile(found: dict[bytes, bytes]) -> bytes:
    """Return the profile that the chunks tell of, the weightiest first: cICP, iCCP, sRGB, gAMA with cHRM."""
    points = found.get(b"cICP", b"")
    if len(points) >= 4 and points[2] == 0 and points[3] == 1:
        return color_tags.of_code_points(points[0], points[1])
    stored = found.get(b"iCCP", b"").partition(b"\x00")[2]
    icc = (_unpacked(stored[1:]) if stored[:1] == b"\x00" else None) or found.get(b"icc", b"")
    if icc[36:40] == b"acsp":
        return icc
    if stored or icc:
        notes.note("the ICC profile of this PNG is damaged and was left out")
    if b"sRGB" in found:
        return b""
    gamma, places = found.get(b"gAMA", b""), found.get(b"cHRM", b"")
    value = int.from_bytes(gamma[:4], "big") if len(gamma) >= 4 else 0
    rows = struct.unpack(">8I", places[:32]) if len(places) >= 32 else None
    x = [row / 100_000 for row in rows] if rows else None
    return color_tags.of_gamma(100_000 / value if value else None, _eight(x) if x else None)


def _eight(values: list[float]) -> color_tags.Chromaticities:
    """Return a list of eight as a tuple."""
    a, b, c, d, e, f, g, h = values
    return a, b, c, d, e, f, g, h
