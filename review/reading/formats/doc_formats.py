"""Formatting of a binary Word document as far as it decides what is seen and what is a table cell ([MS-DOC] 2.6, 2.9.32, 2.9.175).

Runs are kept in pages of 512 bytes (FKP) by file position; each holds a list of operations (sprm).
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from review.reading.formats.doc_pieces import CHARACTER_RUNS, PARAGRAPH_RUNS, STYLES, Fib

_PAGE = 512
_MAX_PAGES = 200_000
_DEPTH = 12
_FIXED = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
#: White in the 16 indexed colours; points below which text is no text for a reader (in half-points).
_WHITE_INDEX, _TINY = 8, 4


@dataclass(frozen=True, slots=True)
class Look:
    """What hides or marks a run; ``None`` means: as inherited."""

    deleted: bool = False
    inserted: bool = False
    vanish: bool | None = None
    white: bool | None = None
    tiny: bool | None = None
    shaded: bool | None = None
    special: bool = False
    style: int | None = None
    reviser: int = -1
    deleter: int = -1
    symbol: int = 0
    picture: int = -1


@dataclass(frozen=True, slots=True)
class Layout:
    """What a paragraph is: its style, depth in tables, and whether its mark ends a cell or a row."""

    style: int = 0
    depth: int = 0
    ends_row: bool = False
    ends_inner_cell: bool = False
    ends_inner_row: bool = False
    edges: tuple[int, ...] = ()
    merges: tuple[int, ...] = ()  # of each cell of the row: how it is merged with those above and below
    shaded: bool = False


def operations(changes: bytes) -> Iterator[tuple[int, bytes]]:
    """(operation, operand) of a grpprl; ends at damage."""
    at = 0
    while at + 2 <= len(changes):
        (code,) = struct.unpack_from("<H", changes, at)
        at += 2
        size = _FIXED.get(code >> 13)
        if size is None:
            if at >= len(changes):
                return
            if code == 0xD608:  # sprmTDefTable
                if at + 2 > len(changes):
                    return
                size = struct.unpack_from("<H", changes, at)[0] - 1
                at += 2
            elif code == 0xC615 and changes[at] == 255:  # sprmPChgTabs
                return
            else:
                size = changes[at]
                at += 1
        operand = changes[at : at + size]
        if len(operand) < size or size < 0:
            return
        yield code, operand
        at += size


@lru_cache(maxsize=20_000)
def look(changes: bytes) -> Look:
    """The look a list of operations gives a run."""
    found = Look()
    for code, operand in operations(changes):
        value = operand[0] if operand else 0
        if code == 0x0800:
            found = replace(found, deleted=bool(value))
        elif code == 0x0801:
            found = replace(found, inserted=bool(value))
        elif code in (0x083C, 0x0818):
            found = replace(found, vanish=_toggled(value))
        elif code == 0x2A42:
            found = replace(found, white=value == _WHITE_INDEX)
        elif code == 0x6870:
            found = replace(found, white=operand[:4] == b"\xff\xff\xff\x00")
        elif code == 0x4A43:
            found = replace(found, tiny=0 < struct.unpack("<H", operand)[0] <= _TINY)
        elif code == 0x2A0C:
            found = replace(found, shaded=value not in (0, _WHITE_INDEX))
        elif code in (0x4866, 0xCA71):
            found = replace(found, shaded=is_painted(code, operand))
        elif code == 0x0855:
            found = replace(found, special=bool(value))
        elif code == 0x4A30:
            found = replace(found, style=struct.unpack("<H", operand)[0])
        elif code == 0x4804:
            found = replace(found, reviser=struct.unpack("<h", operand)[0])
        elif code == 0x4863:
            found = replace(found, deleter=struct.unpack("<h", operand)[0])
        elif code == 0x6A09:
            found = replace(found, symbol=struct.unpack("<HH", operand)[1])
        elif code == 0x6A03:
            found = replace(found, picture=struct.unpack("<i", operand)[0])
    return found


def _toggled(value: int) -> bool | None:
    """0 and 1 set, 0x80 is as the style, 0x81 its opposite (styles that hide are rare: then shown)."""
    return {0: False, 1: True, 0x81: True}.get(value)


def is_painted(code: int, operand: bytes) -> bool:
    """Whether a shading puts a colour behind the text (white text is then seen)."""
    if code == 0x4866:
        (bits,) = struct.unpack("<H", operand)
        return bool(bits >> 10) or bits >> 5 & 31 not in (0, _WHITE_INDEX)
    if len(operand) < 10:
        return False
    ground, pattern = operand[4:8], struct.unpack_from("<H", operand, 8)[0]
    return pattern not in (0, 0xFFFF) or (ground[3] != 0xFF and ground[:3] != b"\xff\xff\xff")


@lru_cache(maxsize=20_000)
def layout(style: int, changes: bytes) -> Layout:
    """The layout a list of operations gives a paragraph."""
    found = Layout(style)
    for code, operand in operations(changes):
        value = operand[0] if operand else 0
        if code == 0x2416:
            found = replace(found, depth=max(found.depth, 1) if value else 0)
        elif code == 0x2417:
            found = replace(found, ends_row=bool(value))
        elif code == 0x6649:
            found = replace(found, depth=max(0, min(struct.unpack("<i", operand)[0], _DEPTH)))
        elif code == 0x244B:
            found = replace(found, ends_inner_cell=bool(value))
        elif code == 0x244C:
            found = replace(found, ends_inner_row=bool(value))
        elif code == 0xD608 and operand:
            count = operand[0]
            if len(operand) >= 1 + 2 * (count + 1):
                edges = struct.unpack_from(f"<{count + 1}h", operand, 1)
                found = replace(found, edges=edges, merges=_merges(operand, count))
        elif code == 0x4600:
            found = replace(found, style=struct.unpack("<H", operand)[0])
        elif code in (0x442D, 0xC64D):
            found = replace(found, shaded=is_painted(0x4866 if code == 0x442D else 0xCA71, operand))
    return found


def _merges(operand: bytes, count: int) -> tuple[int, ...]:
    """The vertical merging of the cells (TC80, 2.9.328), as far as the operand tells it."""
    start = 1 + 2 * (count + 1)
    told = min(count, (len(operand) - start) // 20)
    flags = (struct.unpack_from("<H", operand, start + 20 * index)[0] for index in range(told))
    return tuple(flag >> 5 & 3 for flag in flags) + (0,) * (count - told)


@dataclass
class Runs:
    """Formatting by file position: which bytes of operations hold for the characters from ``starts[i]`` on."""

    starts: list[int] = field(default_factory=list, repr=False)
    ends: list[int] = field(default_factory=list, repr=False)
    changes: list[bytes] = field(default_factory=list, repr=False)

    def at(self, offset: int) -> tuple[bytes, int]:
        """The operations at a file position and where they end."""
        index = bisect_right(self.starts, offset) - 1
        if index >= 0 and offset < self.ends[index]:
            return self.changes[index], self.ends[index]
        after = index + 1
        return b"", self.starts[after] if after < len(self.starts) else 1 << 32


def character_runs(fib: Fib, table: bytes) -> Runs:
    """All character formatting of the file."""
    return _runs(fib, fib.part(CHARACTER_RUNS, table), _character_changes)


def paragraph_runs(fib: Fib, table: bytes) -> Runs:
    """All paragraph formatting: two bytes of style, then operations."""
    return _runs(fib, fib.part(PARAGRAPH_RUNS, table), _paragraph_changes)


def _runs(fib: Fib, plc: bytes, changes_of: Callable[[bytes, int, int], bytes]) -> Runs:
    count = (len(plc) - 4) // 8
    found: list[tuple[int, int, bytes]] = []
    for index in range(min(max(count, 0), _MAX_PAGES)):
        (number,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * index)
        start = (number & 0x3FFFFF) * _PAGE
        page = fib.stream[start : start + _PAGE]
        if len(page) < _PAGE:
            continue
        runs = page[-1]
        if 4 * (runs + 1) > _PAGE - 1:
            continue
        bounds = struct.unpack_from(f"<{runs + 1}I", page, 0)
        for run in range(runs):
            if bounds[run] < bounds[run + 1]:
                found.append((bounds[run], bounds[run + 1], changes_of(page, runs, run)))
    found.sort(key=lambda item: item[:2])
    return Runs([f[0] for f in found], [f[1] for f in found], [f[2] for f in found])


def _character_changes(page: bytes, runs: int, run: int) -> bytes:
    place = 4 * (runs + 1) + run
    at = page[place] * 2 if place < _PAGE else 0
    return page[at + 1 : at + 1 + page[at]] if at else b""


def _paragraph_changes(page: bytes, runs: int, run: int) -> bytes:
    place = 4 * (runs + 1) + 13 * run
    at = page[place] * 2 if place < _PAGE else 0
    if not at:
        return b""
    size = page[at]
    if size:
        return page[at + 1 : at + 2 * size]
    return page[at + 2 : at + 2 + 2 * page[at + 1]] if at + 1 < _PAGE else b""


@dataclass(frozen=True, slots=True)
class Style:
    """One style: what it is based on and the look it gives."""

    base: int
    look: Look
    is_heading: bool = False


class Styles:
    """The style sheet (2.9.271)."""

    def __init__(self, fib: Fib, table: bytes) -> None:
        self._styles: dict[int, Style] = {}
        sheet = fib.part(STYLES, table)
        if len(sheet) < 8:
            return
        (size,) = struct.unpack_from("<H", sheet, 0)
        count, base_size = struct.unpack_from("<HH", sheet, 2)
        at = 2 + size
        for index in range(min(count, 5000)):
            if at + 2 > len(sheet):
                return
            (length,) = struct.unpack_from("<H", sheet, at)
            entry = sheet[at + 2 : at + 2 + length]
            at += 2 + length
            if len(entry) > base_size >= 10:
                self._styles[index] = _style(entry, base_size)

    def is_heading(self, index: int) -> bool:
        """Whether this is one of the nine built-in heading styles or the title."""
        style = self._styles.get(index)
        return bool(style and style.is_heading)

    def hides(self, index: int | None, attribute: str) -> bool:
        """Whether a style or one it is based on says so (``vanish``, ``white``, ``tiny``)."""
        for _ in range(_DEPTH):
            style = self._styles.get(index) if index is not None else None
            if style is None:
                return False
            value = getattr(style.look, attribute)
            if value is not None:
                return value
            index = style.base
        return False


def _style(entry: bytes, base_size: int) -> Style:
    identifier, kinds, parts = struct.unpack_from("<HHH", entry, 0)
    kind, base, count = kinds & 0xF, kinds >> 4, parts & 0xF
    at = base_size
    if at + 2 <= len(entry):
        (length,) = struct.unpack_from("<H", entry, at)
        at += 2 + 2 * length + 2
    changes = b""
    for index in range(count):
        at += at % 2
        if at + 2 > len(entry):
            break
        (size,) = struct.unpack_from("<H", entry, at)
        if kind == 1 and index == 1 or kind == 2 and index == 0:
            changes = entry[at + 2 : at + 2 + size]
        at += 2 + size
    number = identifier & 0xFFF
    return Style(base, look(changes), 1 <= number <= 9 or number == 62)
