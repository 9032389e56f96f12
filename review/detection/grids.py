"""Everything in a document that is laid out as rows and columns, in one shape: real tables and lists typed as text.

Nothing here knows what a column means; ``tables.py`` and ``masking.py`` read the grids.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from review.detection.columns import ColumnKind, header_kind, is_identity, is_mobile
from review.types import UNSEEN_KINDS, Block, BlockKind, Document


class GridCell(NamedTuple):
    """One filled cell: its place in ``Document.text``, its text, and why a reader does not see it ("" where he does)."""

    start: int
    end: int
    text: str
    concealed: str = ""
    number_format: str = ""
    column_span: int = 1


Row = Mapping[int, GridCell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows in order, each from column to cell. ``labels`` heads the columns of key-value records, else empty.

    ``table`` is the number of the table in the document, -1 for lists typed as text; ``part`` as in ``Block.part``.
    ``is_loose``: lines without regular fields, whose cells may stand in another grid too.
    """

    rows: tuple[Row, ...] = field(repr=False)
    table: int = -1
    part: int | None = None
    labels: Mapping[int, str] = field(default_factory=dict, repr=False)
    is_loose: bool = False

    @property
    def width(self) -> int:
        return max((max(row, default=-1) for row in self.rows), default=-1) + 1


def find_grids(document: Document) -> tuple[Grid, ...]:
    """All tables and typed lists of the document, in the order of their text."""
    return (*_cell_grids(document), *_text_grids(document))


# ------------------------------------------------------------------------------------------------------- real tables


#: What hangs on a cell but is not its content.
_BESIDE_CELLS = UNSEEN_KINDS - {BlockKind.HIDDEN}


def _cell_grids(document: Document) -> Iterator[Grid]:
    tables: dict[int, dict[int, dict[int, GridCell]]] = {}
    parts: dict[int, int | None] = {}
    text = document.text
    for block in document.blocks:
        place = block.cell
        if place is None or block.kind in _BESIDE_CELLS:
            continue
        rows = tables.get(place.table)
        if rows is None:
            rows = tables[place.table] = {}
            parts[place.table] = block.part
        row = rows.get(place.row)
        if row is None:
            row = rows[place.row] = {}
        start, end = block.span.start, block.span.end
        cell = GridCell(start, end, text[start:end], block.concealed, place.number_format, place.column_span)
        before = row.get(place.column)
        row[place.column] = cell if before is None else _joined(before, cell, text)
    for table, rows in tables.items():
        yield Grid(tuple(rows[number] for number in sorted(rows)), table, parts[table])


def _joined(first: GridCell, second: GridCell, text: str) -> GridCell:
    """Two blocks of one cell (paragraphs); a comment on a cell far away stays out of it."""
    if not 0 <= second.start - first.end <= 1:
        return first
    concealed = first.concealed or second.concealed
    return first._replace(end=second.end, text=text[first.start : second.end], concealed=concealed)


# -------------------------------------------------------------------------------------------------- lists typed as text

_TEXT_KINDS = frozenset(
    {BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.OTHER, BlockKind.HIDDEN, BlockKind.IMAGE, BlockKind.TEXT_BOX}
)
_TRIGGERS = ("姓名", "身份证", "户主", "电话", "手机", "账号", "住址", "卡号", "学生", "名单")
_OPENING = re.compile(r"[0-9]{6}|[\t|｜]|" + "|".join(_TRIGGERS))
_LONG_NUMBER = re.compile(r"\d{11}")
_BLANKS = " \u3000\t"
_MAX_LINE = 400
_MAX_FIELDS = 60
_GAPS = re.compile(r"[ \u3000]{2,}|\t")
_ANY_SPACE = re.compile(r"[ \u3000\t]+")
_LONG_RUN = re.compile(r"\d{10,21}[\dXx]")
_LINE_NAME = re.compile(r"[\s\d.、．()（）]{0,8}([\u4e00-\u9fff·]{2,9})")
_PAIR = re.compile(r"([\u4e00-\u9fffA-Za-z]{1,10})\s{0,2}[:：]\s{0,3}([^\s,，;；。|｜:：\t]{1,60})")
#: Records of one list stand at most this many other lines apart.
_RECORD_GAP = 6


class _Line(NamedTuple):
    start: int
    text: str
    concealed: str
    part: int | None


def _text_grids(document: Document) -> Iterator[Grid]:
    """Delimited lines, key-value records and lines that each hold a number of a person."""
    text = document.text
    if not any(word in text for word in _TRIGGERS) and not _LONG_NUMBER.search(text):
        return
    lines = list(_lines(document))
    hot = _hot_lines(text, [line.start for line in lines])
    yield from _delimited(lines, hot)
    yield from _records(lines)
    yield from _loose(lines, hot)


def _hot_lines(text: str, starts: Sequence[int]) -> list[int]:
    """The numbers of the lines a list can open on: they hold a tab, a long number or a header word; prose seldom does."""
    found: list[int] = []
    following = 0
    for hit in _OPENING.finditer(text):
        if hit.start() < following:
            continue
        number = bisect_right(starts, hit.start()) - 1
        if number < 0:
            continue
        following = starts[number + 1] if number + 1 < len(starts) else len(text)
        found.append(number)
    return found


def _lines(document: Document) -> Iterator[_Line]:
    text = document.text
    for block in document.blocks:
        if block.cell is not None or block.kind not in _TEXT_KINDS:
            continue
        start, end = block.span.start, block.span.end
        yield from _lines_of(text[start:end], start, block)


def _lines_of(text: str, start: int, block: Block) -> Iterator[_Line]:
    for line in text.split("\n"):
        if line:
            yield _Line(start, line, block.concealed, block.part)
        start += len(line) + 1


def _delimiter(line: str) -> str:
    """The character that separates the fields of a line, "" for none; a line of prose has commas too, rows decide."""
    if len(line) > _MAX_LINE:
        return ""
    for character in "\t|｜":
        if character in line:
            return character
    if _GAPS.search(line.strip()):
        return "gap"
    for character in ",，;；":
        if character in line:
            return character
    return " " if " " in line.strip() or "\u3000" in line.strip() else ""


def _fields(line: _Line, delimiter: str) -> dict[int, GridCell]:
    """The fields of a line by position."""
    cells: dict[int, GridCell] = {}
    for position, (start, end) in enumerate(_field_ranges(line.text, delimiter)):
        raw = line.text[start:end]
        body = raw.strip(" \u3000\"'")
        if body:
            left = start + raw.index(body)
            cells[position] = GridCell(line.start + left, line.start + left + len(body), body, line.concealed)
    return cells


def _field_ranges(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
    if delimiter in ("gap", " "):
        start, end = len(text) - len(text.lstrip(_BLANKS)), len(text.rstrip(_BLANKS))
        for match in (_GAPS if delimiter == "gap" else _ANY_SPACE).finditer(text, start, end):
            yield start, match.start()
            start = match.end()
        yield start, end
        return
    start = 0
    quoted = '"' in text
    inside = False
    for position, character in enumerate(text):
        if quoted and character == '"':
            inside = not inside
        elif character == delimiter and not inside:
            yield start, position
            start = position + 1
    yield start, len(text)


def _delimited(lines: Sequence[_Line], hot: Sequence[int]) -> Iterator[Grid]:
    """Runs of two or more lines with the same delimiter and nearly the same number of fields."""
    following = 0
    for index in hot:
        if index < following:
            continue
        rows = _run_of_rows(lines, index)
        if len(rows) >= 2:
            yield Grid(tuple(rows), -1, lines[index].part)
        following = index + len(rows)


def _run_of_rows(lines: Sequence[_Line], index: int) -> list[dict[int, GridCell]]:
    first = lines[index]
    delimiter = _delimiter(first.text)
    if not delimiter:
        return []
    rows = [_fields(first, delimiter)]
    if not 2 <= len(rows[0]) <= _MAX_FIELDS:
        return []
    width = max(rows[0]) + 1
    for number in range(index + 1, len(lines)):
        line = lines[number]
        if line.part != first.part or not _may_follow(line.text, delimiter):
            break
        row = _fields(line, delimiter)
        if len(row) < 2 or abs(max(row) + 1 - width) > (2 if delimiter in "\t," else 1):
            break
        rows.append(row)
    return rows


def _may_follow(text: str, delimiter: str) -> bool:
    if len(text) > _MAX_LINE:
        return False
    return bool(_GAPS.search(text.strip())) if delimiter == "gap" else _delimiter(text) == delimiter


def _records(lines: Sequence[_Line]) -> Iterator[Grid]:
    """Records of "姓名：… 身份证号：…": a label seen again opens the next record; two or more records are a list."""
    columns: dict[str, int] = {}
    records: list[dict[int, GridCell]] = []
    last = -1
    for number, line in enumerate(lines):
        if ":" not in line.text and "：" not in line.text or len(line.text) > _MAX_LINE * 3:
            continue
        pairs = [pair for pair in _PAIR.finditer(line.text) if _is_record_label(pair.group(1))]
        if not pairs:
            continue
        if last >= 0 and (number - last > _RECORD_GAP or line.part != lines[last].part):
            yield from _record_grid(columns, records, lines[last].part)
            columns, records = {}, []
        last = number
        for pair in pairs:
            column = columns.setdefault(pair.group(1), len(columns))
            if not records or column in records[-1]:
                records.append({})
            start, end = pair.span(2)
            records[-1][column] = GridCell(line.start + start, line.start + end, pair.group(2), line.concealed)
    if last >= 0:
        yield from _record_grid(columns, records, lines[last].part)


def _is_record_label(label: str) -> bool:
    kind = header_kind(label)
    return kind is not None and kind not in (
        ColumnKind.OTHER,
        ColumnKind.SERIAL,
        ColumnKind.MONEY,
        ColumnKind.ORGANISATION,
    )


def _record_grid(
    columns: Mapping[str, int], records: Sequence[dict[int, GridCell]], part: int | None
) -> Iterator[Grid]:
    if sum(1 for record in records if len(record) >= 2) >= 2:
        yield Grid(tuple(records), -1, part, {column: label for label, column in columns.items()})


#: Columns of loose lines: one per kind of token.
_LOOSE = {"id": 1, "mobile": 2}
#: A line no longer than this is nothing but a number.
_BARE = 16
#: So many long numbers make one paragraph a list of persons.
_PERSONS_OF_A_PARAGRAPH = 5
_SENTENCE_END = re.compile("[；;。\n]")


def _loose(lines: Sequence[_Line], hot: Sequence[int]) -> Iterator[Grid]:
    """Lines that each hold an identity or mobile number but no regular fields: "1. 张三，男，家住…，34…"."""
    rows: list[dict[int, GridCell]] = []
    last = -1
    for number in hot:
        line = lines[number]
        if len(_LONG_NUMBER.findall(line.text)) >= _PERSONS_OF_A_PARAGRAPH:
            yield from _loose_grid([row for part in _sentences(line) if (row := _loose_row(part))])
            continue
        row = {} if len(line.text) > _MAX_LINE else _loose_row(line)
        if row and rows and number - last > 2:
            yield from _loose_grid(rows)
            rows = []
        if row:
            rows.append(row)
            last = number
    yield from _loose_grid(rows)


def _sentences(line: _Line) -> Iterator[_Line]:
    """The pieces of a paragraph that lists persons one after the other."""
    start = 0
    for end in (*(mark.end() for mark in _SENTENCE_END.finditer(line.text)), len(line.text)):
        if start < end:
            yield line._replace(start=line.start + start, text=line.text[start:end])
        start = end


def _loose_grid(rows: list[dict[int, GridCell]]) -> Iterator[Grid]:
    if len(rows) >= 3:
        yield Grid(tuple(rows), is_loose=True)


def _loose_row(line: _Line) -> dict[int, GridCell]:
    if not _LONG_NUMBER.search(line.text):
        return {}
    row: dict[int, GridCell] = {}
    for found in _LONG_RUN.finditer(line.text):
        start, end = found.span()
        cell = GridCell(line.start + start, line.start + end, found.group(), line.concealed)
        if len(cell.text) >= 15 and is_identity(cell.text):
            row.setdefault(_LOOSE["id"], cell)
        elif len(cell.text) == 11 and is_mobile(cell.text):
            row.setdefault(_LOOSE["mobile"], cell)
    head = _LINE_NAME.match(line.text)
    if row and head and len(head.group(1)) <= 4:
        start, end = head.span(1)
        row[0] = GridCell(line.start + start, line.start + end, head.group(1), line.concealed)
    is_bare_number = len(line.text.strip()) <= _BARE
    return row if len(row) >= 2 or _LOOSE["id"] in row or is_bare_number else {}
