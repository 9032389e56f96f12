"""The stories of a binary Word document as pieces: what its characters, looks and layouts mean ([MS-DOC] 2.4.2–2.4.3)."""

import re
from collections.abc import Sequence

from review.reading.assembly import Piece
from review.reading.formats.doc_formats import Layout, Look, Runs, Styles, layout, look
from review.reading.formats.doc_pieces import Piece as Stretch
from review.reading.formats.doc_pieces import Text, units
from review.reading.formats.paragraphs import (
    DELETED,
    SYMBOLS,
    TINY,
    VANISHED,
    WHITE,
    Counts,
    Key,
    Place,
    Writer,
    by,
    hidden,
)
from review.types import BlockKind

_CONTROL = re.compile(r"([\x00-\x08\x0b-\x1f])")
_PARAGRAPH, _CELL, _PAGE_BREAK = "\r", "\x07", "\x0c"
_FIELD_BEGIN, _FIELD_RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_SHOWN = {"\x0b": "\n", "\x0e": "\n", "\x1e": "-"}


class Reader:
    """Reads stories one after another; ``counts`` go on over all of them."""

    def __init__(
        self, text: Text, characters: Runs, paragraphs: Runs, styles: Styles, revisers: Sequence[str], data: bytes
    ) -> None:
        self.counts = Counts()
        self.top_end = 0  # CP where the mark area of the first page ends
        self._text = text
        self._characters = characters
        self._paragraphs = paragraphs
        self._styles = styles
        self._revisers = revisers
        self._data = data

    def story(self, start: int, end: int, place: Place) -> list[Piece]:
        """The pieces of the characters ``[start, end)``."""
        self._writer = Writer(place, self.counts)
        self._is_body = place.kind is BlockKind.PARAGRAPH
        self._fields: list[list[str] | None] = []  # an open instruction collects; None once its result began
        for stretch, low, high in self._text.stretches(start, end):
            at = low
            while at < high:
                at = self._segment(stretch, at, high)
        return self._writer.finish()

    def _segment(self, stretch: Stretch, at: int, high: int) -> int:
        """Take what has one look; where it ends."""
        offset = stretch.offset + (at - stretch.start) * stretch.width
        changes, limit = self._characters.at(offset)
        paragraph, paragraph_limit = self._paragraphs.at(offset)
        stop = min(high, at + max(1, -(-(min(limit, paragraph_limit) - offset) // stretch.width)))
        found = look(changes + stretch.changes)
        shape = self._layout(paragraph, stretch.changes)
        key = self._key(found, shape)
        text = self._text.characters(stretch, at, stop).replace("\x00", "")
        if found.symbol and found.special:
            self._add(SYMBOLS.get(found.symbol & 0xFF, "") if found.symbol >= 0xF000 else chr(found.symbol), key, found)
        else:
            self._take(text, key, found, shape, at)
        return stop

    def _layout(self, paragraph: bytes, changes: bytes) -> Layout:
        style = int.from_bytes(paragraph[:2], "little")
        operations = paragraph[2:]
        if operations[:2] in (b"\x45\x66", b"\x46\x66") and len(operations) >= 6:  # sprmPHugePapx
            at = int.from_bytes(operations[2:6], "little")
            size = int.from_bytes(self._data[at : at + 2], "little")
            operations = self._data[at + 2 : at + 2 + size]
        return layout(style, operations + changes)

    def _take(self, text: str, key: Key | None, found: Look, shape: Layout, at: int) -> None:
        for index, part in enumerate(_CONTROL.split(text)):
            if not index % 2:
                if part:
                    self._add(part, key, found)
            elif part in (_PARAGRAPH, _CELL, _PAGE_BREAK):
                self._end_paragraph(part, shape)
                self._note_top(part, at)
            elif part == _FIELD_BEGIN:
                self._fields.append([])
            elif part in (_FIELD_RESULT, _FIELD_END):
                self._end_instruction(part)
            elif part in _SHOWN:
                self._add(_SHOWN[part], key, found)
            at += units(part)

    def _end_paragraph(self, mark: str, shape: Layout) -> None:
        depth = max(shape.depth, 1) if mark == _CELL else shape.depth
        if depth and (mark == _CELL and shape.ends_row or shape.ends_inner_row):
            self._writer.end_row(depth, shape.edges, shape.merges)
        elif depth and (mark == _CELL or shape.ends_inner_cell):
            self._writer.end_cell(depth)
        else:
            self._writer.end_paragraph(depth, self._styles.is_heading(shape.style))

    def _note_top(self, mark: str, at: int) -> None:
        if self._is_body and self.counts.is_top:
            self.top_end = at
            self.counts.is_past_first_page = mark == _PAGE_BREAK

    # ------------------------------------------------------------------------------------------------------------ text

    def _key(self, found: Look, shape: Layout) -> Key | None:
        """The segment text of this look belongs to; None for what a reader sees."""
        if found.deleted:
            reviser = found.deleter if found.deleter >= 0 else found.reviser
            return BlockKind.DELETION, DELETED, by("修订删除", self._name(reviser))
        concealed = self._why_unseen(found, shape)
        return hidden(concealed) if concealed else None

    def _why_unseen(self, found: Look, shape: Layout) -> str:
        if self._says(found, shape, "vanish"):
            return VANISHED
        if self._says(found, shape, "tiny"):
            return TINY
        # the shading of cells is not known here: white text in a table is mostly a heading on colour
        is_plain = not found.shaded and not shape.shaded and not shape.depth
        return WHITE if is_plain and self._says(found, shape, "white") else ""

    def _says(self, found: Look, shape: Layout, attribute: str) -> bool:
        value = getattr(found, attribute)
        if value is not None:
            return value
        return self._styles.hides(found.style, attribute) or self._styles.hides(shape.style, attribute)

    def _name(self, reviser: int) -> str:
        return self._revisers[reviser] if 0 <= reviser < len(self._revisers) else ""

    def _add(self, text: str, key: Key | None, found: Look) -> None:
        if self._fields and self._fields[-1] is not None:
            self._fields[-1].append(text)
        else:
            self._writer.add(text, key, by("修订插入", self._name(found.reviser)) if found.inserted else "")

    def _end_instruction(self, mark: str) -> None:
        if not self._fields:
            return
        parts = self._fields.pop()
        if parts:
            self._writer.instruction("".join(parts))
        if mark == _FIELD_RESULT:
            self._fields.append(None)
