"""Drawings of the binary Office formats ([MS-ODRAW]): pictures, word art and alternative texts, found by their record headers.

The records stand in other structures per format; their headers are distinctive enough to be looked for directly, which
also finds those of damaged files.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from review.reading.assembly import Embedded, Piece
from review.reading.formats.ooxml_common import BORING_NAME
from review.types import BlockKind

_BLIP = re.compile(rb"[\x1a-\x1f\x29\x2a]\xf0")
_OPTIONS = re.compile(rb"(?:\x0b\xf0|[\x21\x22]\xf1)")
#: Record type → (suffix, instances with one UID, instances with two).
_KINDS = {
    0xF01A: ("emf", {0x3D4}, {0x3D5}),
    0xF01B: ("wmf", {0x216}, {0x217}),
    0xF01C: ("pict", {0x542}, {0x543}),
    0xF01D: ("jpg", {0x46A, 0x6E2}, {0x46B, 0x6E3}),
    0xF01E: ("png", {0x6E0}, {0x6E1}),
    0xF01F: ("bmp", {0x7A8}, {0x7A9}),
    0xF029: ("tif", {0x6E4}, {0x6E5}),
    0xF02A: ("jpg", {0x46A, 0x6E2}, {0x46B, 0x6E3}),
}
_METAFILES = frozenset({"emf", "wmf", "pict"})
_METAFILE_HEADER = 34
_MAX_INFLATED = 64 * 1024 * 1024
_MAX_PROPERTIES = 500
#: Properties that hold text (2.3.22.4, 2.3.4, 2.3.23).
_WORD_ART, _FILE_NAME, _NAME, _DESCRIPTION, _TOOLTIP = 0x00C0, 0x0105, 0x0380, 0x0381, 0x038D


def pictures(data: bytes, where: str = "图片") -> list[Embedded]:
    """Every picture stored in these bytes, in order."""
    found: list[Embedded] = []
    at = 0
    while match := _BLIP.search(data, at):
        at = match.start() + 1
        start = match.start() - 2
        picture = _picture(data, start) if start >= 0 else None
        if picture is None:
            continue
        suffix, content, at = picture
        number = len(found) + 1
        found.append(Embedded(f"图片{number}.{suffix}", content, f"{where}{number}"))
    return found


def _picture(data: bytes, start: int) -> tuple[str, bytes, int] | None:
    """(suffix, bytes, end of the record) of the blip that begins here, None when none does."""
    if start + 8 > len(data):
        return None
    head, kind, length = struct.unpack_from("<HHI", data, start)
    suffix, single, double = _KINDS[kind]
    end = start + 8 + length
    if head & 0xF or head >> 4 not in single | double or not 17 < length or end > len(data):
        return None
    at = start + 8 + (32 if head >> 4 in double else 16)
    if suffix not in _METAFILES:
        content = data[at + 1 : end]
        return suffix, bitmap(content) if suffix == "bmp" else content, end
    content = data[at + _METAFILE_HEADER : end]
    if at + _METAFILE_HEADER <= end and data[at + _METAFILE_HEADER - 2] == 0:
        try:
            content = zlib.decompressobj().decompress(content, _MAX_INFLATED)
        except zlib.error:
            return None
    return suffix, content, end


def bitmap(content: bytes) -> bytes:
    """A device-independent bitmap with the file header it needs to stand alone."""
    if len(content) < 40:
        return content
    size, _, _, _, bits, compression = struct.unpack_from("<IiiHHI", content, 0)
    (used,) = struct.unpack_from("<I", content, 32)
    colours = used or (1 << bits if bits <= 8 else 0)
    masks = 12 if compression == 3 and size == 40 else 0
    return struct.pack("<2sIII", b"BM", 14 + len(content), 0, 14 + size + masks + 4 * min(colours, 256)) + content


def texts(data: bytes, where: str = "图形") -> list[Piece]:
    """Word art (watermarks), alternative texts, names people gave, file names of inserted pictures."""
    pieces: dict[Piece, None] = {}
    for start, count in _option_tables(data):
        for identifier, raw in _complex_values(data, start, count):
            value = raw.decode("utf-16-le", "replace").partition("\0")[0].strip()
            if not value:
                continue
            if identifier == _WORD_ART:
                pieces[Piece(value, BlockKind.TEXT_BOX, f"{where} 艺术字（水印）")] = None
            elif identifier in (_DESCRIPTION, _TOOLTIP):
                pieces[Piece(value, BlockKind.ALT_TEXT, f"{where} 替代文字")] = None
            elif identifier == _NAME and not BORING_NAME.fullmatch(value):
                pieces[Piece(value, BlockKind.NAME, f"{where} 名称")] = None
            elif identifier == _FILE_NAME and not BORING_NAME.fullmatch(value):
                pieces[Piece(value, BlockKind.PROPERTY, f"{where} 原文件名")] = None
    return list(pieces)


def has_property(data: bytes, identifier: int) -> bool:
    """Whether a property table in these bytes sets this property."""
    return any(
        struct.unpack_from("<H", data, start + 6 * index)[0] & 0x3FFF == identifier
        for start, count in _option_tables(data)
        for index in range(count)
    )


def _option_tables(data: bytes) -> Iterator[tuple[int, int]]:
    """(start of the table, number of properties) of every plausible OfficeArtFOPT."""
    for match in _OPTIONS.finditer(data):
        start = match.start() - 2
        if start < 0 or start + 8 > len(data):
            continue
        head, _, length = struct.unpack_from("<HHI", data, start)
        count = head >> 4
        if head & 0xF == 3 and 0 < count <= _MAX_PROPERTIES and 6 * count <= length <= len(data) - start - 8:
            yield start + 8, count


def _complex_values(data: bytes, start: int, count: int) -> Iterator[tuple[int, bytes]]:
    at = start + 6 * count
    for index in range(count):
        identifier, value = struct.unpack_from("<HI", data, start + 6 * index)
        if not identifier & 0x8000:
            continue
        if value > len(data) - at:
            return
        yield identifier & 0x3FFF, data[at : at + value]
        at += value
