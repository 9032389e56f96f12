"""The characters of one PDF page, its lines and their boxes; pdfium through its raw interface, one bulk call per page.

Offsets here are pdfium's character indices of the page. Boxes leave this file in points with a top-left origin.
"""

import ctypes
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pypdfium2.raw as pdfium

from review.reading.formats import pdf_calls as calls
from review.reading.formats.page_lines import Line, Stretch, union
from review.types import BBox

#: pdfium ends every line it saw with these generated characters.
_LINE_ENDS = re.compile(r"[\r\n]+")
#: What pdfium puts for a hyphen at a line end, for characters without a meaning and for NUL.
_ODD = {0x02: "-", 0xFFFE: "-", 0x00: "\ufffd", 0x0B: " ", 0x0C: " ", 0x85: " ", 0x2028: " ", 0x2029: " "}
_WORDS = re.compile(r"\S+")
_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff\x01-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a page is shown: the crop box in PDF units and its quarter turns; maps to the top-left origin."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int

    @property
    def width(self) -> float:
        return self.top - self.bottom if self.turns % 2 else self.right - self.left

    @property
    def height(self) -> float:
        return self.right - self.left if self.turns % 2 else self.top - self.bottom

    def box(self, left: float, bottom: float, right: float, top: float) -> BBox:
        """A rectangle of PDF space as a person sees it."""
        if self.turns == 0:
            return BBox(left - self.left, self.top - top, right - self.left, self.top - bottom)
        if self.turns == 1:
            return BBox(bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        if self.turns == 2:
            return BBox(self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        return BBox(self.top - top, self.right - right, self.top - bottom, self.right - left)

    def unbox(self, box: BBox) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in PDF space of a box a person sees."""
        if self.turns == 0:
            return box.x0 + self.left, self.top - box.bottom, box.x1 + self.left, self.top - box.top
        if self.turns == 1:
            return box.top + self.left, box.x0 + self.bottom, box.bottom + self.left, box.x1 + self.bottom
        if self.turns == 2:
            return self.right - box.x1, box.top + self.bottom, self.right - box.x0, box.bottom + self.bottom
        return self.right - box.bottom, self.top - box.x1, self.right - box.top, self.top - box.x0


def frame_of(page: ctypes.c_void_p) -> Frame:
    """The visible frame of a loaded page."""
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box)) or box.right <= box.left:
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        return Frame(0.0, 0.0, width, height, 0)
    return Frame(box.left, box.bottom, box.right, box.top, pdfium.FPDFPage_GetRotation(page) % 4)


def characters_of(text_page: ctypes.c_void_p) -> str:
    """The characters of the page, exactly one per pdfium index (``\\r\\n`` at line ends)."""
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (2 * count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: max(written - 1, 0) * 2].decode("utf-16-le", "replace")
    if len(text) != count:
        # characters without Unicode are left out of the bulk text and would shift every offset behind them
        get = pdfium.FPDFText_GetUnicode
        text = "".join(_character(get(text_page, index)) for index in range(count))
    return text.translate(_ODD)


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def lines_of(
    text_page: ctypes.c_void_p, characters: str, frame: Frame, reasons: Mapping[int, str] | None = None
) -> list[Line]:
    """The lines in pdfium's reading order, each with its box; lines of blanks are left out.

    ``reasons`` says which characters are not seen and why: a line is cut where that changes.
    """
    lines = []
    box = _Box(text_page, frame)
    for start, end, concealed in _line_ranges(characters, reasons or {}):
        text = characters[start:end]
        if not text.strip():
            continue
        stretches = box.stretches(text, start)
        if not stretches:
            # no box, but text: a place is less important than the words
            stretches = (Stretch(start, end, BBox(0.0, 0.0, 0.0, 0.0)),)
        lines.append(Line(start, end, text, union([stretch.bbox for stretch in stretches]), stretches, concealed))
    return lines


def unknown_share(text: str) -> float:
    """The share of characters whose font does not say what they mean; 0 for an empty text."""
    solid = sum(not c.isspace() for c in text)
    return len(_UNKNOWN.findall(text)) / solid if solid else 0.0


def _line_ranges(characters: str, reasons: Mapping[int, str]) -> Iterator[tuple[int, int, str]]:
    start = 0
    for match in _LINE_ENDS.finditer(characters + "\n"):
        if match.start() > start:
            if reasons:
                yield from _cut_by_reason(characters, start, match.start(), reasons)
            else:
                yield start, match.start(), ""
        start = match.end()


def _cut_by_reason(characters: str, start: int, end: int, reasons: Mapping[int, str]) -> Iterator[tuple[int, int, str]]:
    """The line in stretches of one reason; blanks go with what stands before them."""
    begin, current = start, None
    for index in range(start, end):
        if characters[index].isspace():
            continue
        reason = reasons.get(index, "")
        if current is not None and reason != current:
            yield begin, index, current
            begin = index
        current = reason
    yield begin, end, current or ""


class _Box:
    """Asks pdfium for the boxes of characters; holds the numbers that it writes into."""

    def __init__(self, text_page: ctypes.c_void_p, frame: Frame) -> None:
        self._page, self._frame = calls.address_of(text_page), frame
        self._loose = pdfium.FS_RECTF()
        self._to_loose = ctypes.addressof(self._loose)
        self._sides = (ctypes.c_double * 4)()
        self._to_sides = calls.addresses(self._sides)

    def stretches(self, text: str, start: int) -> tuple[Stretch, ...]:
        """The boxes of a line, cut where the gap between two words is wider than two characters are high.

        Two calls per word: its first and its last character say where it stands.
        """
        found: list[Stretch] = []
        begin, end, current = start, start, None
        for word in _WORDS.finditer(text):
            first, last = start + word.start(), start + word.end() - 1
            box = self.loose(first)
            if last > first:
                box = _join(box, self.loose(last))
            if box is None:
                continue
            if current is not None and _is_apart(current, box):
                found.append(Stretch(begin, end, self._frame.box(*current)))
                begin, current = first, None
            current = _join(current, box)
            end = last + 1
        if current is not None:
            found.append(Stretch(begin, end, self._frame.box(*current)))
        return tuple(found)

    def loose(self, index: int) -> "_Rectangle | None":
        """The box of a character by the measures of its font (a 一 is as high as a 口)."""
        if not calls.loose_box(self._page, index, self._to_loose):
            return None
        box = self._loose
        x0, y0, x1, y1 = box.left, box.bottom, box.right, box.top
        if x1 <= x0 or y1 <= y0 or not math.isfinite(x0 + x1 + y0 + y1):
            return self.tight(index)
        return x0, y0, x1, y1

    def tight(self, index: int) -> "_Rectangle | None":
        """The box of a character's ink."""
        if not calls.tight_box(self._page, index, *self._to_sides):
            return None
        x0, x1, y0, y1 = self._sides
        return (x0, y0, x1, y1) if math.isfinite(x0 + x1 + y0 + y1) else None


#: left, bottom, right, top in PDF space.
_Rectangle = tuple[float, float, float, float]


def character_boxes(text_page: ctypes.c_void_p, start: int, end: int) -> list[_Rectangle | None]:
    """(left, bottom, right, top) of each character in PDF space; None where pdfium has none."""
    box = _Box(text_page, Frame(0, 0, 0, 0, 0))
    return [box.loose(index) for index in range(start, end)]


def _is_apart(left: _Rectangle, right: _Rectangle) -> bool:
    high = max(min(left[3] - left[1], right[3] - right[1]), 1.0)
    return max(right[0] - left[2], left[0] - right[2]) > 2 * high


def _join(one: _Rectangle | None, other: _Rectangle | None) -> _Rectangle | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
