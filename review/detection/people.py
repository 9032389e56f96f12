"""Reads a grid as a list of people: where its header is, what each column holds, which rows are persons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from review.detection.columns import (
    ColumnKind,
    clean_header,
    content_kind,
    header_kind,
    is_identity,
    is_masked,
    is_name,
    is_person,
    number_in,
)
from review.detection.grids import Grid, GridCell, Row
from review.detection.identifiers import NumberKind, classify_number, is_run, parse_inner_id


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows under one header (or under none): kind and header text of each column, and the data rows."""

    kinds: Mapping[int, ColumnKind]
    headers: Mapping[int, str] = field(repr=False)
    rows: Sequence[Row] = field(repr=False)

    def columns(self, *kinds: ColumnKind) -> tuple[int, ...]:
        return tuple(column for column, kind in self.kinds.items() if kind in kinds)

    @property
    def header_text(self) -> str:
        return " ".join(self.headers.values())


#: A header is looked for in so many first rows: titles, units and notes stand above it.
_HEADER_ROWS = 15
_SAMPLE = 60
#: Header words of these kinds make a row a header; 单位, 金额 and 编号 stand in data cells too.
_STRONG = frozenset(ColumnKind) - {
    ColumnKind.OTHER,
    ColumnKind.SERIAL,
    ColumnKind.ORGANISATION,
    ColumnKind.MONEY,
    ColumnKind.VILLAGE,
    ColumnKind.SCHOOL,
    ColumnKind.POST,
    ColumnKind.HEALTH,
    ColumnKind.SPECIAL,
}
#: Columns whose header does not settle what they hold: their cells do.
_OPEN_TO_CONTENT = frozenset(
    {ColumnKind.OTHER, ColumnKind.SERIAL, ColumnKind.ORGANISATION, ColumnKind.POST, ColumnKind.EXAM}
)


def read_segments(grid: Grid) -> tuple[Segment, ...]:
    """The segments of a grid, one per header; without a header one segment whose columns are known by their cells."""
    if grid.labels:
        return (_segment(dict(grid.labels), grid.rows),)
    starts = _find_headers(grid.rows)
    if not starts and _is_transposed(grid.rows):
        return (_segment(*_transposed(grid.rows)),)
    if not starts:
        return (_segment({}, grid.rows),)
    segments: list[Segment] = []
    for (first, end, headers), (following, _, _) in zip(starts, [*starts[1:], (len(grid.rows), 0, {})], strict=True):
        texts = {clean_header(text) for text in headers.values()}
        rows = [row for row in grid.rows[end:following] if not _is_repeated(row, texts)]
        if rows:
            segments.append(_segment(headers, rows))
        elif first + 1 == len(grid.rows):
            segments.append(Segment({}, headers, ()))
    return tuple(segments)


def _is_transposed(rows: Sequence[Row]) -> bool:
    """Whether the first column holds the headers and every other column is a person; forms of one person are not."""
    if not 2 <= len(rows) <= _HEADER_ROWS * 2 or max((len(row) for row in rows), default=0) < 3:
        return False
    heads = [header_kind(row[0].text) for row in rows if 0 in row]
    known = [kind for kind in heads if kind is not None]
    values = [cell.text for row in rows for column, cell in row.items() if column]
    has_other_heads = any(header_kind(text) in _STRONG and not is_name(text) for text in values)
    return len(known) >= 2 and len(known) * 2 > len(heads) and bool(_STRONG & set(known)) and not has_other_heads


def _transposed(rows: Sequence[Row]) -> tuple[dict[int, str], list[Row]]:
    """Headers and rows of a table that lies on its side."""
    headers = {number: row[0].text.strip() for number, row in enumerate(rows) if 0 in row}
    columns = sorted({column for row in rows for column in row if column})
    turned = [{number: row[column] for number, row in enumerate(rows) if column in row} for column in columns]
    return headers, [dict(row) for row in turned]


def _is_repeated(row: Row, texts: set[str]) -> bool:
    """A header printed again on the next page."""
    filled = [cell.text for cell in row.values() if len(cell.text) <= 20][:4]
    return len(filled) >= 2 and all(clean_header(text) in texts for text in filled)


def _find_headers(rows: Sequence[Row]) -> list[tuple[int, int, dict[int, str]]]:
    """(first row, row after the header, header texts by column) of every header that differs from the one before."""
    found: list[tuple[int, int, dict[int, str]]] = []
    index = 0
    while index < len(rows):
        if (found or index < _HEADER_ROWS) and _is_header(rows[index]):
            end, headers = _header_at(rows, index)
            if not found or set(headers.values()) != set(found[-1][2].values()):
                found.append((index, end, headers))
            index = end
        else:
            index += 1
    return found


def _is_header(row: Row) -> bool:
    """Whether most filled cells are header words, one of them of a strong kind, and none is a value."""
    if len(row) < 2:
        return False
    known = strong = filled = 0
    for cell in row.values():
        text = cell.text.strip()
        if not text:
            continue
        filled += 1
        kind = header_kind(text)
        if kind is None:
            # the header of a long list is settled by its first cells: data rows end here quickly
            if filled - known > 2 and not strong:
                return False
            continue
        known += 1
        strong += kind in _STRONG and not (kind is ColumnKind.NAME and is_name(text))
    return known >= 2 and strong >= 1 and known * 2 > filled


def _header_at(rows: Sequence[Row], index: int) -> tuple[int, dict[int, str]]:
    """The header that begins in this row: where it ends and its texts, two lines of a merged head joined."""
    upper = _spread(rows[index])
    headers = {column: cell.text.strip() for column, cell in rows[index].items()}
    below = rows[index + 1] if index + 1 < len(rows) else {}
    if not _is_second_line(rows[index], below):
        return index + 1, headers
    for column, cell in below.items():
        parent = upper.get(column, "")
        own = cell.text.strip()
        headers[column] = own if header_kind(own) or not parent else parent + own
    return index + 2, headers


def _is_second_line(upper: Row, below: Row) -> bool:
    filled = [cell.text.strip() for cell in below.values() if cell.text.strip()]
    if not filled or any(is_name(text) and header_kind(text) is None for text in filled):
        return False
    known = sum(1 for text in filled if header_kind(text) is not None)
    return (
        known * 3 >= len(filled) * 2
        and not any(any(c.isdigit() for c in text) for text in filled)
        and len(below) < len(upper) + 8
    )


def _spread(row: Row) -> dict[int, str]:
    """Texts of merged heads by every column they stand over; a head reaches to the next one."""
    spread: dict[int, str] = {}
    columns = sorted(row)
    for position, column in enumerate(columns):
        end = column + row[column].column_span
        if position + 1 < len(columns):
            end = max(end, columns[position + 1])
        for covered in range(column, min(end, column + 64)):
            spread[covered] = row[column].text.strip()
    return spread


def _segment(headers: Mapping[int, str], rows: Sequence[Row]) -> Segment:
    kinds: dict[int, ColumnKind] = {}
    sample = rows if len(rows) <= _SAMPLE else [rows[len(rows) * step // _SAMPLE] for step in range(_SAMPLE)]
    columns = sorted({column for row in sample for column in row} | set(headers))
    values = {column: [row[column].text for row in sample if column in row] for column in columns}
    has_names = any(header_kind(text) is ColumnKind.NAME for text in headers.values())
    for column in columns:
        header = headers.get(column, "")
        kind = header_kind(header) if header else None
        if kind is ColumnKind.NAME and not _holds_people(values[column]):
            kind = ColumnKind.ORGANISATION
        if kind is None or kind in _OPEN_TO_CONTENT:
            found = content_kind(values[column])
            if found in (ColumnKind.ID, ColumnKind.BANK):
                run = [row[column].text for row in rows[:_SAMPLE] if column in row]
                found = judge_number_column(header, run, has_names)
            kind = found or kind
        if kind is not None:
            kinds[column] = kind
    return Segment(kinds, headers, rows)


def _holds_people(values: Iterable[str]) -> bool:
    filled = [value for value in values if value.strip()]
    return not filled or sum(1 for value in filled if is_person(value)) * 10 >= len(filled) * 4


def judge_number_column(header: str, values: Sequence[str], has_names: bool) -> ColumnKind | None:
    """Whether a column of long numbers holds IDs, accounts or case numbers: one column, one type.

    Case numbers of the form region + date + serial pass the whole ID check in 8.8 % (domain.md §5.1). Against an ID
    speak a serial run, a header like 编号 with filing dates, and few right check digits; for it a name column and
    scattered birth dates.
    """
    values = [number_in(value) for value in values]
    if is_run(values):
        return ColumnKind.SERIAL
    kinds = [classify_number(value, header=header).kind for value in values if value.strip()]
    if not kinds:
        return None
    right = sum(1 for value in values if (identity := parse_inner_id(value)) is not None and identity.has_check)
    if right * 10 >= len(kinds) * 8 and (has_names or len(kinds) >= 3):
        return ColumnKind.ID
    if kinds.count(NumberKind.CASE_NUMBER) * 2 >= len(kinds) or header_kind(header) is ColumnKind.SERIAL:
        return ColumnKind.SERIAL
    if kinds.count(NumberKind.BANK_CARD) * 2 >= len(kinds):
        return ColumnKind.BANK
    return ColumnKind.ID if any(is_identity(value) for value in values) and right * 2 >= len(kinds) else None


def is_anonymous(cell: GridCell | None) -> bool:
    """Whether the name in a cell is missing, masked or 某."""
    return cell is None or is_anonymous_name(cell.text)


def is_anonymous_name(name: str) -> bool:
    """Whether a name is empty, masked or 某."""
    return not name.strip() or is_masked(name) or any(mark in name for mark in "*＊×某○")
