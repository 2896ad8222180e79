"""Damaged picture files, made by number: small seeds of every container, and damage that knows their structure."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
import tifffile
from PIL import Image, ImageCms

Damage: TypeAlias = Callable[[bytes, random.Random], bytes]

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6">'
    b'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A street</rdf:li></rdf:Alt></dc:title>'
    b'</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_EXTREMES = (0, 1, 2, 7, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)


def make(number: int) -> tuple[str, bytes]:
    """One damaged file: the name of its seed, and its bytes. The same number gives the same file."""
    rng = random.Random(number)
    name = rng.choice(sorted(seeds()))
    data = seeds()[name]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice((*_OF_ANY, *_OF[name.partition(" ")[0]] * 2))(data, rng)
    return name, data


@cache
def seeds() -> dict[str, bytes]:
    """Sound files by name, "CONTAINER kind"; of 57 x 43 pixels."""
    y, x = np.mgrid[0:43, 0:57]
    gray = np.clip(128 + 70 * np.sin(x / 7) + 50 * np.cos(y / 5), 0, 255).astype(np.uint8)
    rgb = np.dstack((gray, np.roll(gray, 9, 1), gray[::-1]))
    deep = gray.astype(np.uint16) * 257
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x010E: "A street", 0x0132: "1931:05:01 10:00:00"})
    exif.get_ifd(0x8769).update({0xA002: 57, 0xA003: 43, 0x9286: b"ASCII\0\0\0seen"})
    known = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "xmp": XMP,
    }

    def saved(pixels: np.ndarray, kind: str, **options: object) -> bytes:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, kind, **options)
        return out.getvalue()

    def tiff(pixels: np.ndarray, **options: object) -> bytes:
        out = io.BytesIO()
        tifffile.imwrite(out, pixels, **options)  # type: ignore[arg-type]
        return out.getvalue()

    out = io.BytesIO()
    Image.fromarray(rgb).quantize(8).save(out, "PNG", transparency=3)
    palette = out.getvalue()
    return {
        "JPEG gray": saved(gray, "JPEG", **known),
        "JPEG color": saved(rgb, "JPEG", **known),
        "JPEG progressive": saved(gray, "JPEG", progressive=True, optimize=True, **known),
        "JPEG restarts": saved(rgb, "JPEG", restart_marker_blocks=2),
        "JPEG two pictures": _two_pictures(gray, known),
        "PNG gray": saved(gray, "PNG", exif=known["exif"], icc_profile=known["icc_profile"]),
        "PNG 16 bits": saved(deep, "PNG"),
        "PNG palette": palette,
        "TIFF gray": saved(gray, "TIFF", **known),
        "TIFF deflate": tiff(deep, compression="zlib", predictor=True, photometric="minisblack"),
        "TIFF float": tiff(gray.astype(np.float32) / 255, photometric="minisblack"),
        "TIFF color": tiff(rgb, photometric="rgb", rowsperstrip=8, planarconfig="contig"),
        "TIFF big": tiff(deep, bigtiff=True, byteorder=">", photometric="minisblack"),
        "TIFF LZW": saved(rgb, "TIFF", compression="tiff_lzw"),
        "WEBP lossy": saved(rgb, "WEBP", **known),
        "WEBP lossless": saved(rgb, "WEBP", lossless=True, **known),
        "OTHER bmp": saved(gray, "BMP"),
        "OTHER pnm": saved(gray, "PPM"),
        "OTHER gif": saved(gray, "GIF"),
        "OTHER jpeg 2000": saved(gray, "JPEG2000"),
    }


def _two_pictures(gray: np.ndarray, known: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(gray).save(
        out, "MPO", save_all=True, append_images=[Image.fromarray(gray[::2])], exif=known["exif"]
    )
    return out.getvalue()


# Damage of any bytes.


def _flip_bits(data: bytes, rng: random.Random) -> bytes:
    result = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 40))):
        if result:
            result[rng.randrange(len(result))] ^= 1 << rng.randrange(8)
    return bytes(result)


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut_out(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 2, 16, 300)) :]


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(data) + 1), rng.choice((2, 4, 8, 64))
    filler = rng.choice((b"\0" * length, b"\xff" * length, rng.randbytes(length)))
    return data[:start] + filler + data[start + length :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    part = data[start : start + rng.choice((4, 64, 1000))]
    return data[:start] + part * rng.choice((2, 50)) + data[start:]


def _set_number(data: bytes, rng: random.Random) -> bytes:
    if len(data) < 4:
        return data
    at = rng.randrange(min(len(data) - 3, 400))
    return data[:at] + struct.pack(rng.choice(("<I", ">I")), rng.choice(_EXTREMES)) + data[at + 4 :]


# Damage of lists of parts: segments and chunks.


def _of_parts(parts: list[bytes], rng: random.Random, first: int) -> list[bytes]:
    """Drop, repeat, swap or move parts; those before `first` stay."""
    if len(parts) <= first + 1:
        return parts
    one, other = rng.randrange(first, len(parts)), rng.randrange(first, len(parts))
    result = list(parts)
    match rng.randrange(4):
        case 0:
            del result[one]
        case 1:
            result[one:one] = [parts[other]] * rng.choice((1, 1, 30))
        case 2:
            result[one], result[other] = result[other], result[one]
        case _:
            result.insert(other, result.pop(one))
    return result


def _jpeg_parts(data: bytes) -> list[bytes]:
    """The segments of a JPEG's head, and the rest."""
    parts, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9, 0x00, 0xFF):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def _shuffle_segments(data: bytes, rng: random.Random) -> bytes:
    return b"".join(_of_parts(_jpeg_parts(data), rng, 1))


def _damage_segment(data: bytes, rng: random.Random) -> bytes:
    """A segment whose length is right: short, empty, damaged inside, or with another marker."""
    parts = _jpeg_parts(data)
    if len(parts) < 3:
        return data
    at = rng.randrange(1, len(parts) - 1)
    marker, body = parts[at][1], parts[at][4:]
    match rng.randrange(4):
        case 0:
            body = body[: rng.randrange(len(body) + 1)]
        case 1:
            body = _flip_bits(body, rng)
        case 2:
            marker = rng.choice((0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE, 0xDB, 0xC4, 0xC0, 0xC2, 0xDD))
        case _:
            body = _overwrite(body, rng)
    parts[at] = _segment(marker, body)
    return b"".join(parts)


def _add_segment(data: bytes, rng: random.Random) -> bytes:
    """A segment of a kind that means something, made badly."""
    head = rng.choice(
        (
            (0xE2, b"ICC_PROFILE\0"), (0xE1, b"Exif\0\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
            (0xE1, b"http://ns.adobe.com/xmp/extension/\0"), (0xED, b"Photoshop 3.0\0"), (0xEB, b"JP\0\1"),
            (0xE2, b"MPF\0"), (0xE0, b"JFIF\0"), (0xE0, b"JFXX\0"), (0xEE, b"Adobe"), (0xFE, b""), (0xDD, b""),
        )
    )  # fmt: skip
    body = head[1] + rng.choice((b"", b"\1", b"\1\1", b"\2\1", b"\0\0", XMP, _nested(), rng.randbytes(40)))
    return data[:2] + _segment(head[0], body[:65000]) * rng.choice((1, 1, 2)) + data[2:]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _nested() -> bytes:
    return b"<a>" * 5000 + b"</a>" * 5000


def _add_scans(data: bytes, rng: random.Random) -> bytes:
    at = data.find(b"\xff\xda")
    return data if at < 0 else data[:-2] + data[at:-2] * rng.choice((1, 3, 60)) + data[-2:]


def _png_parts(data: bytes) -> list[bytes]:
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return parts


def _shuffle_chunks(data: bytes, rng: random.Random) -> bytes:
    return b"".join(_of_parts(_png_parts(data), rng, 1))


def _damage_chunk(data: bytes, rng: random.Random) -> bytes:
    """A chunk whose check sum is right and whose content is not."""
    parts = _png_parts(data)
    if len(parts) < 2:
        return data
    at = rng.randrange(1, len(parts))
    name, body = parts[at][4:8], parts[at][8:-4]
    body = rng.choice((_flip_bits, _truncate, _overwrite, _set_number))(body, rng)
    if rng.random() < 0.2:
        name = rng.choice(
            (b"iCCP", b"eXIf", b"iTXt", b"zTXt", b"tEXt", b"gAMA", b"cHRM", b"tRNS", b"PLTE", b"caBX")
        )
    parts[at] = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return b"".join(parts)


def _damage_entry(data: bytes, rng: random.Random) -> bytes:
    """An entry of a TIFF directory, in a TIFF or in EXIF: another tag, type, count or value; or one that loops."""
    base = 0 if data[:2] in (b"II", b"MM") else data.find(b"Exif\0\0") + 6
    order = {b"II": "<", b"MM": ">"}.get(data[base : base + 2])
    if order is None or len(data) < base + 10 or data[base + 2 : base + 4] not in (b"*\0", b"\0*"):
        return _set_number(data, rng)
    start = base + int(struct.unpack_from(f"{order}I", data, base + 4)[0])
    if start + 2 > len(data):
        return data
    count = int(struct.unpack_from(f"{order}H", data, start)[0])
    entry = start + 2 + 12 * rng.randrange(min(count, 60) or 1)
    result = bytearray(data)
    at, form, value = rng.choice(
        (
            (0, "H", rng.choice((256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 282, 317, 339, 34665))),
            (2, "H", rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 16, 99))),
            (4, "I", rng.choice(_EXTREMES)),
            (8, "I", rng.choice((*_EXTREMES, start - base, len(data) - base))),
            (8, "H", rng.choice((0, 1, 2, 3, 5, 8, 16, 32, 64, 32773, 34712, 65535))),
        )
    )  # fmt: skip
    if entry + at + 4 <= len(result):
        struct.pack_into(f"{order}{form}", result, entry + at, value)
    if rng.random() < 0.1 and start + 2 + 12 * count + 4 <= len(result):
        struct.pack_into(f"{order}I", result, start + 2 + 12 * count, start - base)
    return bytes(result)


def _riff_parts(data: bytes) -> list[bytes]:
    parts, at = [data[:12]], 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        parts.append(data[at:end])
        at = end
    return parts


def _shuffle_riff(data: bytes, rng: random.Random) -> bytes:
    body = b"".join(_of_parts(_riff_parts(data), rng, 1)[1:])
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _damage_xml(data: bytes, rng: random.Random) -> bytes:
    """XMP in place, its length kept: other words, other brackets, an entity, nesting."""
    start, end = data.find(b"<x:xmpmeta"), data.find(b"</x:xmpmeta>")
    if start < 0 or end < start:
        return _flip_bits(data, rng)
    room = end - start
    packet = data[start:end]
    match rng.randrange(4):
        case 0:
            packet = packet.replace(rng.choice((b"rdf:", b"<", b">", b'"', b"=", b"tiff:")), b"", 1)
        case 1:
            packet = (b'<!DOCTYPE a [<!ENTITY b "bb">]>' + packet)[:room]
        case 2:
            packet = (b"<a>" * room)[:room]
        case _:
            packet = _flip_bits(packet, rng)
    return data[:start] + packet.ljust(room)[:room] + data[end:]


def _damage_profile(data: bytes, rng: random.Random) -> bytes:
    """Bytes of an ICC profile that lies as it is in the file: its head, its table of tags, its curves."""
    at = data.find(b"acsp") - 36
    if at < 0:
        return _overwrite(data, rng)
    place = at + rng.choice((0, 12, 16, 20, 36, 128, rng.randrange(132, 250), rng.randrange(132, 900)))
    return data[:place] + struct.pack(">I", rng.choice(_EXTREMES)) + data[place + 4 :]


_OF_ANY: tuple[Damage, ...] = (_flip_bits, _truncate, _cut_out, _overwrite, _repeat, _set_number)
_METADATA: tuple[Damage, ...] = (_damage_entry, _damage_xml, _damage_profile)
_OF: dict[str, tuple[Damage, ...]] = {
    "JPEG": (_shuffle_segments, _damage_segment, _add_segment, _add_scans, *_METADATA),
    "PNG": (_shuffle_chunks, _damage_chunk, _damage_chunk),
    "TIFF": (_damage_entry, _damage_entry, _damage_entry, *_METADATA),
    "WEBP": (_shuffle_riff, *_METADATA),
    "OTHER": _OF_ANY,
}
