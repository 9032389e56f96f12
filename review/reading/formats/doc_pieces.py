"""The text of a binary Word document: file information block, piece table, stories ([MS-DOC] 2.4.1, 2.5, 2.9.38).

Characters are addressed by CP (position in the document); the piece table says where in the file each stretch stands and
whether it is UTF-16 or 8-bit. The stories (main text, footnotes, headers …) follow one another in CP order.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Indexes of FibRgFcLcb97/2000/2002 (2.5.6–2.5.8).
STYLES, NOTE_REFERENCES, NOTE_TEXTS, COMMENT_REFERENCES, COMMENT_TEXTS, SECTIONS = 1, 2, 3, 4, 5, 6
HEADERS, CHARACTER_RUNS, PARAGRAPH_RUNS, BOOKMARKS, SETTINGS, ASSOCIATIONS, CLX = 11, 12, 13, 21, 31, 32, 33
COMMENT_AUTHORS, END_NOTE_REFERENCES, END_NOTE_TEXTS, DRAWINGS, REVISERS = 36, 46, 47, 50, 51
ANCHORS, BOX_TEXTS, HEADER_BOX_TEXTS, VARIABLES, SAVERS = 40, 56, 58, 60, 71

_TABLE = 0x9A
_OLDEST = 0xC1  # nFib of Word 97
_MAX_PIECES = 400_000
#: The stories in CP order.
STORIES = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header_boxes")
#: 8-bit characters that are not Latin-1 ([MS-DOC] 2.9.73).
_EIGHT_BIT = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


class Damaged(Exception):
    """The structure that finds the text is not there or does not fit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters ``[start, end)`` and where they stand in the file; ``changes`` is the formatting a fast save added."""

    start: int
    end: int
    offset: int
    width: int
    changes: bytes = field(default=b"", repr=False)


class Fib:
    """The file information block."""

    def __init__(self, stream: bytes) -> None:
        if len(stream) < 0x60:
            raise Damaged
        self.stream = stream
        self.identifier, self.version = struct.unpack_from("<HH", stream, 0)
        (self.flags,) = struct.unpack_from("<H", stream, 0x0A)
        self.is_encrypted = bool(self.flags & 0x100)
        self.is_fast_saved = bool(self.flags & 0x4)
        self.table_name = "1Table" if self.flags & 0x200 else "0Table"
        self.first, self.last = struct.unpack_from("<II", stream, 0x18)

    @property
    def is_old(self) -> bool:
        """Whether Word 6 or 95 (or older) wrote it: another structure."""
        return self.version < _OLDEST

    def lengths(self) -> list[int]:
        """Characters of each story."""
        return [max(0, n) for n in struct.unpack_from("<8i", self.stream, 0x4C)] if len(self.stream) >= 0x6C else []

    def part(self, index: int, table: bytes) -> bytes:
        """The structure with this index in the table stream, b"" when there is none."""
        at = _TABLE + 8 * index
        (count,) = struct.unpack_from("<H", self.stream, 0x98) if len(self.stream) >= 0x9A else (0,)
        if index >= count or at + 8 > len(self.stream):
            return b""
        offset, size = struct.unpack_from("<II", self.stream, at)
        return table[offset : offset + size] if offset < len(table) else b""


def read_pieces(fib: Fib, table: bytes) -> list[Piece]:
    """The piece table in CP order; Damaged when it does not hold together."""
    clx = fib.part(CLX, table)
    changes: list[bytes] = []
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        (size,) = struct.unpack_from("<H", clx, at + 1)
        changes.append(clx[at + 3 : at + 3 + size])
        at += 3 + size
    if at + 5 > len(clx) or clx[at] != 2:
        raise Damaged
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    if not 0 < count <= _MAX_PIECES:
        raise Damaged
    bounds = struct.unpack_from(f"<{count + 1}I", plc, 0)
    pieces = []
    for index in range(count):
        _, place, modifier = struct.unpack_from("<HIH", plc, 4 * (count + 1) + 8 * index)
        start, end = bounds[index], bounds[index + 1]
        if end <= start:
            continue
        width = 1 if place & 0x40000000 else 2
        offset = (place & 0x3FFFFFFF) // (2 if width == 1 else 1)
        end = min(end, start + max(0, (len(fib.stream) - offset) // width))
        if end > start:
            pieces.append(Piece(start, end, offset, width, _modification(modifier, changes)))
    if not pieces or sum(piece.end - piece.start for piece in pieces) > 2 * len(fib.stream):
        raise Damaged  # nothing, or one text many times over
    return pieces


#: Formatting a fast save writes into the piece itself: isprm → operation (2.9.214), as far as it hides or shows text.
_SHORT = {0x41: 0x0800, 0x42: 0x0801, 0x5C: 0x083C}


def _modification(modifier: int, changes: list[bytes]) -> bytes:
    if modifier & 1:
        index = modifier >> 1
        return changes[index] if index < len(changes) else b""
    operation = _SHORT.get(modifier >> 1 & 0x7F)
    return struct.pack("<HB", operation, modifier >> 8) if operation else b""


class Text:
    """Characters by CP."""

    def __init__(self, stream: bytes, pieces: list[Piece]) -> None:
        self._stream = stream
        self.pieces = pieces
        self._starts = [piece.start for piece in pieces]

    @property
    def end(self) -> int:
        return max(piece.end for piece in self.pieces)

    def stretches(self, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
        """The pieces that hold ``[start, end)`` with the CPs taken from each."""
        index = max(bisect_right(self._starts, start) - 1, 0)
        while index < len(self.pieces) and self.pieces[index].start < end:
            piece = self.pieces[index]
            low, high = max(start, piece.start), min(end, piece.end)
            if low < high:
                yield piece, low, high
            index += 1

    def characters(self, piece: Piece, start: int, end: int) -> str:
        """The characters ``[start, end)`` of one piece; a pair of surrogates (two CPs) is one character."""
        low = piece.offset + (start - piece.start) * piece.width
        raw = self._stream[low : low + (end - start) * piece.width]
        if piece.width == 1:
            return raw.decode("latin-1").translate(_EIGHT_BIT)
        return raw.decode("utf-16-le", "surrogatepass")


def units(text: str) -> int:
    """CPs that characters take."""
    return len(text) + sum(c > "\uffff" for c in text) if text and max(text) > "\uffff" else len(text)


def positions(plc: bytes, size: int) -> tuple[list[int], list[bytes]]:
    """The CPs and the data of a PLC whose elements have ``size`` bytes (2.2.2)."""
    count = (len(plc) - 4) // (4 + size)
    if count < 0:
        return [], []
    bounds = list(struct.unpack_from(f"<{count + 1}I", plc, 0)) if len(plc) >= 4 * (count + 1) else []
    base = 4 * (count + 1)
    return bounds, [plc[base + size * index : base + size * (index + 1)] for index in range(count)]


def strings(table: bytes, extra_default: int = 0) -> list[str]:
    """The strings of an STTB (2.2.4), Unicode or 8-bit."""
    if len(table) < 4:
        return []
    is_wide = table[:2] == b"\xff\xff"
    at = 2 if is_wide else 0
    count, extra = struct.unpack_from("<HH", table, at) if len(table) >= at + 4 else (0, extra_default)
    at += 4
    found = []
    for _ in range(min(count, 20_000)):
        if at + (2 if is_wide else 1) > len(table):
            break
        length = struct.unpack_from("<H", table, at)[0] if is_wide else table[at]
        at += 2 if is_wide else 1
        size = length * 2 if is_wide else length
        raw = table[at : at + size]
        found.append(raw.decode("utf-16-le" if is_wide else "gb18030", "replace"))
        at += size + extra
    return found


def length_prefixed(table: bytes) -> list[str]:
    """XSTs one after another: the owners of comments (2.9.349)."""
    found = []
    at = 0
    while at + 2 <= len(table):
        (length,) = struct.unpack_from("<H", table, at)
        found.append(table[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace"))
        at += 2 + 2 * length
    return found
