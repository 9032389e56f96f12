"""The stories of a binary Word document as pieces: paragraphs, cells, deleted and hidden text, fields ([MS-DOC] 2.4.2–2.4.3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from review.reading.assembly import Piece
from review.reading.formats.doc_formats import Layout, Look, Runs, Styles, layout, look
from review.reading.formats.doc_pieces import Piece as Stretch
from review.reading.formats.doc_pieces import Text, units, whole
from review.reading.formats.doc_tables import Table
from review.types import BlockKind

#: So many first paragraphs with text stand where a mark would stand (GB/T 9704-2012 §7.2).
TOP_PARAGRAPHS = 15
_CONTROL = re.compile(r"([\x00-\x08\x0b-\x1f])")
_PARAGRAPH, _CELL, _PAGE_BREAK = "\r", "\x07", "\x0c"
_FIELD_BEGIN, _FIELD_RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_SHOWN = {"\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\t": "\t"}
#: Characters of the Wingdings fonts that matter on a page.
_SYMBOLS = {0xAB: "★", 0xAA: "★", 0xB6: "☆", 0xFE: "☑", 0x52: "☑", 0xA8: "□", 0x6F: "□", 0xFC: "√", 0xFB: "×"}
_BORING_FIELD = re.compile(
    r"(?:PAGE|SHAPE|NUMPAGES|SECTIONPAGES|(?:PAGEREF|REF|HYPERLINK \\l) \"?_+(?:Toc|Ref)\w+\"?)?(?: ?\\[*A-Za-z] ?[A-Za-z]*)*",
    re.IGNORECASE,
)
_HYPERLINK = re.compile(r'HYPERLINK\s+(?:\\l\s+)?"([^"]*)"', re.IGNORECASE)
_BORING_LENGTH = 100
_DELETED = "修订中已删除的文字"
_VANISHED, _WHITE, _TINY = "隐藏文字", "白色文字", "微小字号"

#: Kind of text that is not seen, why, and what its locator ends with.
_Key = tuple[BlockKind, str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """What a story is and how its places are named."""

    kind: BlockKind
    name: str = ""  # "" = the body
    concealed: str = ""
    is_top: bool = False


@dataclass
class _Paragraph:
    text: list[str] = field(default_factory=list)
    typed: int = 0
    inserter: int | None = None
    segments: list[tuple[_Key, list[str]]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)


class Reader:
    """Reads stories one after another; counts tables and paragraphs over all of them."""

    def __init__(
        self, text: Text, characters: Runs, paragraphs: Runs, styles: Styles, revisers: Sequence[str], data: bytes
    ) -> None:
        self.changes = 0
        self.top_end = 0  # CP where the mark area of the first page ends
        self._text = text
        self._characters = characters
        self._paragraphs = paragraphs
        self._styles = styles
        self._revisers = revisers
        self._data = data
        self._tables_read = 0
        self._counted = 0
        self._tops = 0
        self._is_past_first_page = False

    def story(self, start: int, end: int, place: Place) -> list[Piece]:
        """The pieces of the characters ``[start, end)``."""
        self._place = place
        self._out: list[Piece] = []
        self._tables: list[Table] = []
        self._open = _Paragraph()
        self._fields: list[list[str] | None] = []
        last = Layout()
        for stretch, low, high in self._text.stretches(start, end):
            at = low
            while at < high:
                at, last = self._segment(stretch, at, high)
        self._end_paragraph("", last)
        self._close_tables(0)
        return self._out

    def _segment(self, stretch: Stretch, at: int, high: int) -> tuple[int, Layout]:
        """Take what has one look; where it ends."""
        offset = stretch.offset + (at - stretch.start) * stretch.width
        changes, limit = self._characters.at(offset)
        paragraph, paragraph_limit = self._paragraphs.at(offset)
        stop = min(high, at + max(1, -(-(min(limit, paragraph_limit) - offset) // stretch.width)))
        found = look(changes + stretch.changes)
        shape = self._layout(paragraph, stretch.changes)
        key = self._key(found, shape)
        text = self._text.characters(stretch, at, stop)
        if "\x00" in text:
            text = text.replace("\x00", "")
        if found.symbol and found.special:
            self._add(
                _SYMBOLS.get(found.symbol & 0xFF, "") if found.symbol >= 0xF000 else chr(found.symbol), key, found
            )
        else:
            self._take(text, key, found, shape, at)
        return stop, shape

    def _layout(self, paragraph: bytes, changes: bytes) -> Layout:
        style = int.from_bytes(paragraph[:2], "little")
        operations = paragraph[2:]
        if operations[:2] in (b"\x45\x66", b"\x46\x66") and len(operations) >= 6:  # sprmPHugePapx
            at = int.from_bytes(operations[2:6], "little")
            size = int.from_bytes(self._data[at : at + 2], "little")
            operations = self._data[at + 2 : at + 2 + size]
        return layout(style, operations + changes)

    def _take(self, text: str, key: _Key | None, found: Look, shape: Layout, at: int) -> None:
        for index, part in enumerate(_CONTROL.split(text)):
            if not index % 2:
                if part:
                    self._add(part, key, found)
            elif part in (_PARAGRAPH, _CELL, _PAGE_BREAK):
                self._end_paragraph(part, shape)
                self._note_top(part, at)
            elif part == _FIELD_BEGIN:
                self._fields.append([])
            elif part == _FIELD_RESULT:
                self._end_instruction()
                if self._fields:
                    self._fields[-1] = None
            elif part == _FIELD_END:
                self._end_instruction()
                if self._fields:
                    self._fields.pop()
            elif part in _SHOWN:
                self._add(_SHOWN[part], key, found)
            at += units(part)

    def _note_top(self, mark: str, at: int) -> None:
        if self._place.kind is not BlockKind.PARAGRAPH or self._is_past_first_page:
            return
        self.top_end = at
        self._is_past_first_page = mark == _PAGE_BREAK or self._tops >= TOP_PARAGRAPHS

    # ------------------------------------------------------------------------------------------------------------ text

    def _key(self, found: Look, shape: Layout) -> _Key | None:
        """The segment text of this look belongs to; None for what a reader sees."""
        if found.deleted:
            return (
                BlockKind.DELETION,
                _DELETED,
                self._by("修订删除", found.deleter if found.deleter >= 0 else found.reviser),
            )
        concealed = self._why_unseen(found, shape)
        return (BlockKind.HIDDEN, concealed, f"（{concealed}）") if concealed else None

    def _why_unseen(self, found: Look, shape: Layout) -> str:
        if self._says(found, shape, "vanish"):
            return _VANISHED
        if self._says(found, shape, "tiny"):
            return _TINY
        # the shading of cells is not known here: white text in a table is mostly a heading on colour
        is_plain = not found.shaded and not shape.shaded and not shape.depth
        return _WHITE if is_plain and self._says(found, shape, "white") else ""

    def _says(self, found: Look, shape: Layout, attribute: str) -> bool:
        value = getattr(found, attribute)
        if value is not None:
            return value
        return self._styles.hides(found.style, attribute) or self._styles.hides(shape.style, attribute)

    def _by(self, what: str, reviser: int) -> str:
        name = self._revisers[reviser] if 0 <= reviser < len(self._revisers) else ""
        return f"（{what}，{name[:60]}）" if name.strip() and name != "Unknown" else f"（{what}）"

    def _add(self, text: str, key: _Key | None, found: Look) -> None:
        paragraph = self._open
        if self._fields and self._fields[-1] is not None:
            self._fields[-1].append(text)
            return
        if key is None:
            paragraph.text.append(text)
            if found.inserted:
                paragraph.inserter = found.reviser
            else:
                paragraph.typed += len(text.strip())
        elif paragraph.segments and paragraph.segments[-1][0] == key:
            paragraph.segments[-1][1].append(text)
        else:
            paragraph.segments.append((key, [text]))

    def _end_instruction(self) -> None:
        parts = self._fields[-1] if self._fields else None
        if parts:
            self._open.fields.append("".join(parts).strip())
            self._fields[-1] = []

    # ------------------------------------------------------------------------------------------------------ paragraphs

    def _end_paragraph(self, mark: str, shape: Layout) -> None:
        depth = max(shape.depth, 1) if mark == _CELL else shape.depth
        self._open_tables(depth)
        self._emit(shape)
        if not self._tables:
            return
        table = self._tables[-1]
        if mark == _CELL and shape.ends_row or shape.ends_inner_row:
            table.end_row(shape.edges)
        elif mark == _CELL or shape.ends_inner_cell and mark:
            table.end_cell()

    def _emit(self, shape: Layout) -> None:
        paragraph, self._open = self._open, _Paragraph()
        place = self._place
        text = whole("".join(paragraph.text))
        has_text = bool(text.strip())
        is_body = place.kind is BlockKind.PARAGRAPH
        is_top = place.is_top or is_body and self._tops < TOP_PARAGRAPHS and not self._is_past_first_page
        where = "" if self._tables else place.name or f"正文第{self._counted + 1}段"
        if has_text:
            kind, suffix = place.kind, ""
            if is_body and self._styles.is_heading(shape.style):
                kind = BlockKind.HEADING
            if paragraph.inserter is not None:
                self.changes += 1
                if not paragraph.typed and is_body:
                    kind, suffix = BlockKind.INSERTION, self._by("修订插入", paragraph.inserter)
            self._put(text, kind, where + suffix, place.concealed, is_top)
            self._tops += is_body
        for (kind, concealed, suffix), parts in paragraph.segments:
            self.changes += kind is BlockKind.DELETION
            self._put(whole("".join(parts)), kind, where + suffix, place.concealed or concealed, is_top)
        for instruction in paragraph.fields:
            self._field(whole(instruction), where, place.concealed)
        self._counted += is_body and not self._tables and bool(has_text or paragraph.segments)

    def _field(self, instruction: str, where: str, concealed: str) -> None:
        if not instruction or len(instruction) <= _BORING_LENGTH and _BORING_FIELD.fullmatch(instruction):
            return
        link = _HYPERLINK.match(instruction)
        if link:
            self._put(link[1], BlockKind.LINK, f"{where} 超链接地址", concealed, False)
        else:
            self._put(instruction, BlockKind.FIELD, f"{where} 域代码", concealed, False)

    def _put(self, text: str, kind: BlockKind, where: str, concealed: str, is_top: bool) -> None:
        if text.strip():
            out = self._tables[-1].cell if self._tables else self._out
            out.append(Piece(text, kind, where, concealed=concealed, top_of_first_page=is_top))

    # ---------------------------------------------------------------------------------------------------------- tables

    def _open_tables(self, depth: int) -> None:
        self._close_tables(depth)
        while len(self._tables) < depth:
            self._tables.append(Table(self._tables_read))
            self._tables_read += 1

    def _close_tables(self, depth: int) -> None:
        prefix = f"{self._place.name} " if self._place.name else ""
        while len(self._tables) > depth:
            pieces = self._tables.pop().pieces(prefix)
            (self._tables[-1].cell if self._tables else self._out).extend(pieces)
