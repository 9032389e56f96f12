"""One worksheet of a binary workbook as pieces: cells with what hides them, comments, links."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import xlrd

from review.reading.assembly import Piece
from review.reading.formats.number_format import digits, hides_text, show
from review.reading.formats.ooxml_common import letters
from review.reading.formats.xlsx_sheet import FILTERED_ROW, HIDDEN_COLUMN, HIDDEN_ROW, MASKED
from review.reading.formats.xlsx_styles import SAME_COLOUR, TINY, WHITE
from review.types import BlockKind, Cell

STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}
CONCEALED = {"visible": "", "hidden": "隐藏工作表", "veryHidden": "深度隐藏工作表"}
_MARKS = {"visible": "", "hidden": "(隐藏)", "veryHidden": "(深度隐藏)"}
#: Rows at the top of the first sheet where a mark would stand.
_TOP_ROWS = 8
#: Twentieths of a point; smaller text is no text for a reader.
_TINY_HEIGHT = 60
_WHITE_COLOUR = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Format:
    """The number format of a cell and why its text is not seen ("" when it is)."""

    code: str = "General"
    is_custom: bool = False
    concealed: str = ""


class SheetReader:
    """Reads one sheet that xlrd has taken apart."""

    def __init__(self, book: Any, sheet: Any, table: int, is_first: bool, filtered: tuple[int, int] = (0, 0)) -> None:
        """``filtered``: the rows ``[first, end)`` of the sheet's filter, its heading first."""
        self.state = STATES.get(sheet.visibility, "hidden")
        self.where = f"工作表“{sheet.name[:100]}”{_MARKS[self.state]}"
        self._concealed = CONCEALED[self.state]
        self._book = book
        self._sheet = sheet
        self._table = table
        self._is_first = is_first
        self._filtered = filtered
        self._formats: dict[int, Format] = {}
        self._spans = {(top, left): (bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells}

    def pieces(self) -> Iterator[Piece]:
        """Cells row by row, then comments and links."""
        sheet = self._sheet
        for row in range(sheet.nrows):
            hidden = self._hidden_row(row)
            types = sheet.row_types(row)
            for column, kind in enumerate(types):
                if kind not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                    yield from self._cell(row, column, kind, hidden)
        yield from self._notes()
        yield from self._links()

    # ----------------------------------------------------------------------------------------------------------- cells

    def _cell(self, row: int, column: int, kind: int, hidden_row: str) -> Iterator[Piece]:
        value = self._sheet.cell_value(row, column)
        form = self._format(row, column)
        is_masked = False
        if kind == xlrd.XL_CELL_TEXT:
            text = str(value)
            is_masked = form.code not in ("General", "@") and hides_text(form.code)
        elif kind == xlrd.XL_CELL_BOOLEAN:
            text = "TRUE" if value else "FALSE"
        elif kind == xlrd.XL_CELL_ERROR:
            text = xlrd.error_text_from_code.get(value, "")
        else:
            shown, text, is_masked = self._number(value, form)
            if shown:
                yield self._piece(shown, row, column, form, hidden_row, False)
        if text.strip():
            yield self._piece(text, row, column, form, hidden_row, is_masked)

    def _number(self, value: float, form: Format) -> tuple[str, str, bool]:
        """(what a mask shows instead, the text, whether the format keeps it from the reader)."""
        raw = repr(float(value))
        if form.code == "General":
            return "", digits(raw), False
        shown = show(raw, form.code, bool(self._book.datemode))
        if not shown.is_masked:
            return "", shown.text, False
        return (shown.text if any(c.isalnum() for c in shown.text) else ""), digits(raw), True

    def _piece(self, text: str, row: int, column: int, form: Format, hidden_row: str, is_masked: bool) -> Piece:
        rows, columns = self._spans.get((row, column), (1, 1))
        code = form.code[:255] if form.is_custom or is_masked else ""
        return Piece(
            text,
            BlockKind.CELL,
            f"{self.where} {letters(column)}{row + 1}",
            concealed=self._why_unseen(column, hidden_row, is_masked, form),
            cell=Cell(self._table, row, column, max(rows, 1), max(columns, 1), code),
            top_of_first_page=self._is_first and row < _TOP_ROWS,
        )

    def _why_unseen(self, column: int, hidden_row: str, is_masked: bool, form: Format) -> str:
        if self._concealed:
            return self._concealed
        if hidden_row:
            return hidden_row
        info = self._sheet.colinfo_map.get(column)
        if info is not None and (info.hidden or info.width == 0):
            return HIDDEN_COLUMN
        return MASKED if is_masked else form.concealed

    def _hidden_row(self, row: int) -> str:
        """Why a whole row is not seen."""
        info = self._sheet.rowinfo_map.get(row)
        if info is None:
            is_hidden = bool(self._sheet.default_row_hidden)
        else:
            is_hidden = bool(info.hidden) or info.height == 0 and not info.has_default_height
        first, end = self._filtered
        return (FILTERED_ROW if first < row < end else HIDDEN_ROW) if is_hidden else ""

    def _format(self, row: int, column: int) -> Format:
        if not self._book.formatting_info:
            return Format()
        index = self._sheet.cell_xf_index(row, column)
        if index not in self._formats:
            self._formats[index] = self._read_format(index)
        return self._formats[index]

    def _read_format(self, index: int) -> Format:
        book = self._book
        if not 0 <= index < len(book.xf_list):
            return Format()
        xf = book.xf_list[index]
        found = book.format_map.get(xf.format_key)
        code = found.format_str if found else "General"
        return Format(code, xf.format_key >= 164 and code != "General", self._hidden_by_look(xf))

    def _hidden_by_look(self, xf: Any) -> str:
        book = self._book
        if not 0 <= xf.font_index < len(book.font_list):
            return ""
        font = book.font_list[xf.font_index]
        if 0 < font.height <= _TINY_HEIGHT:
            return TINY
        colour = book.colour_map.get(font.colour_index)
        is_filled = xf.background.fill_pattern != 0
        ground = book.colour_map.get(xf.background.pattern_colour_index) if xf.background.fill_pattern == 1 else None
        if is_filled and ground is not None and ground != _WHITE_COLOUR:
            return SAME_COLOUR if colour == ground else ""
        return WHITE if colour == _WHITE_COLOUR and (not is_filled or ground == _WHITE_COLOUR) else ""

    # ----------------------------------------------------------------------------------------------- comments and links

    def _notes(self) -> Iterator[Piece]:
        authors: dict[str, None] = {}
        for (row, column), note in sorted(self._sheet.cell_note_map.items()):
            author = (note.author or "").strip()
            by = f"（{author[:60]}）" if author else ""
            where = f"{self.where} {letters(column)}{row + 1} 批注{by}"
            if author:
                authors[author] = None
            if note.text.strip():
                yield Piece(note.text, BlockKind.COMMENT, where, concealed=self._concealed)
        for author in authors:
            yield Piece(author, BlockKind.PROPERTY, f"{self.where} 批注的作者", concealed=self._concealed)

    def _links(self) -> Iterator[Piece]:
        for link in self._sheet.hyperlink_list:
            where = f"{self.where} {letters(link.fcolx or 0)}{(link.frowx or 0) + 1}"
            target = link.url_or_path
            text = target.decode("gb18030", "replace") if isinstance(target, bytes) else target or ""
            if text.strip("\0 "):
                yield Piece(text.strip("\0"), BlockKind.LINK, f"{where} 超链接地址", concealed=self._concealed)
            if link.quicktip and link.quicktip.strip("\0 "):
                yield Piece(
                    link.quicktip.strip("\0"), BlockKind.ALT_TEXT, f"{where} 超链接提示", concealed=self._concealed
                )
