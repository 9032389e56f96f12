"""Ruled tables on a PDF page: from its lines to a grid, from the grid to cells with their text.

The grid is built from what is painted (thin shapes, stroked rectangles and segments), as pdfplumber does it with its
``lines`` strategy, but on pdfium's objects: a page costs milliseconds. Tables without rules stay paragraphs.
"""

import ctypes
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pypdfium2.raw as pdfium

from review.reading.assembly import Piece
from review.reading.formats import page_lines
from review.reading.formats import pdf_calls as calls
from review.reading.formats.page_lines import Line, Stretch, union
from review.reading.formats.pdf_objects import Matrix, Painted, Rectangle, Shape, matrix_of, point_at, times
from review.reading.formats.pdf_text import Frame
from review.types import BBox, BlockKind, Cell

_THIN = 3.0  # points: a line, not an area
_SNAP = 3.0  # lines so near are one
_SHORTEST = 5.0
_MIN_EDGES = 5
_MAX_EDGES = 4000
_MAX_SEGMENTS = 2000
_MAX_GRID = 4000  # units of one table
_SAME_COLUMNS = 4.0


@dataclass(frozen=True, slots=True)
class Edge:
    """A ruling line: its place across (y of a horizontal, x of a vertical one) and its extent along."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: grid lines and, per unit, (row, column, row span, column span) of its cell."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[tuple[tuple[int, int, int, int], ...], ...] = field(repr=False)

    def cell_at(self, x: float, y: float) -> tuple[int, int, int, int] | None:
        """The cell around a point."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= row < len(self.ys) - 1 and 0 <= column < len(self.xs) - 1:
            return self.cells[row][column]
        return None

    def holds(self, box: BBox) -> bool:
        """Whether the middle of a line stands in the table."""
        y = (box.top + box.bottom) / 2
        return self.ys[0] <= y <= self.ys[-1] and box.x1 > self.xs[0] and box.x0 < self.xs[-1]


def grids_of(painted: Painted, frame: Frame) -> list[Grid]:
    """The ruled tables of the page from top to bottom; none on pages with few lines."""
    if len(painted.shapes) < 2:
        return []
    level, upright = _edges(painted, frame)
    if len(level) < 2 or len(upright) < 2 or len(level) + len(upright) < _MIN_EDGES:
        return []
    if len(level) + len(upright) > _MAX_EDGES:
        return []
    grids = [grid for edges in _connected(level, upright) if (grid := _grid(*edges)) is not None]
    return sorted(grids, key=lambda grid: grid.ys[0])


# ---------------------------------------------------------------------------------------------------------------- lines


def _edges(painted: Painted, frame: Frame) -> tuple[list[Edge], list[Edge]]:
    level: list[Edge] = []
    upright: list[Edge] = []
    for shape in painted.shapes:
        if shape.kind != pdfium.FPDF_PAGEOBJ_PATH or not (shape.is_filled or shape.is_stroked):
            continue
        if shape.width <= _THIN or shape.height <= _THIN:
            _add(frame.box(*shape.bounds), level, upright)
        elif shape.is_stroked:
            for piece in _segments(shape):
                _add(frame.box(*piece), level, upright)
        if len(level) + len(upright) > _MAX_EDGES:
            break
    return level, upright


def _add(box: BBox, level: list[Edge], upright: list[Edge]) -> None:
    wide, high = box.x1 - box.x0, box.bottom - box.top
    if high <= _THIN and wide >= _SHORTEST:
        level.append(Edge((box.top + box.bottom) / 2, box.x0, box.x1))
    elif wide <= _THIN and high >= _SHORTEST:
        upright.append(Edge((box.x0 + box.x1) / 2, box.top, box.bottom))


def _segments(shape: Shape) -> list[Rectangle]:
    """The straight level and upright segments of a stroked path, as thin rectangles in page space."""
    count = calls.path_count(shape.handle)
    if not 1 < count <= _MAX_SEGMENTS:
        return []
    matrix: Matrix = times(matrix_of(shape.handle), shape.matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    to_x, to_y = ctypes.addressof(x), ctypes.addressof(y)
    found: list[Rectangle] = []
    start = last = (0.0, 0.0)
    for index in range(count):
        segment = calls.path_segment(shape.handle, index)
        if not segment or not calls.segment_point(segment, to_x, to_y):
            continue
        point = point_at(x.value, y.value, matrix)
        kind = calls.segment_type(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            found.append(_rectangle(last, point))
        last = point
        if calls.segment_closes(segment):
            found.append(_rectangle(last, start))
            last = start
    return found


def _rectangle(one: tuple[float, float], other: tuple[float, float]) -> Rectangle:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


# ----------------------------------------------------------------------------------------------------------------- grid


def _connected(level: list[Edge], upright: list[Edge]) -> list[tuple[list[Edge], list[Edge]]]:
    """The lines in groups that touch each other: one group per table."""
    parent = list(range(len(level) + len(upright)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    order = sorted(range(len(upright)), key=lambda i: upright[i].at)
    places = [upright[i].at for i in order]
    for index, edge in enumerate(level):
        first, last = bisect_right(places, edge.start - _SNAP), bisect_right(places, edge.end + _SNAP)
        for position in order[first:last]:
            other = upright[position]
            if other.start - _SNAP <= edge.at <= other.end + _SNAP:
                parent[root(len(level) + position)] = root(index)
    groups: dict[int, tuple[list[Edge], list[Edge]]] = {}
    for index, edge in enumerate(level):
        groups.setdefault(root(index), ([], []))[0].append(edge)
    for index, edge in enumerate(upright):
        groups.setdefault(root(len(level) + index), ([], []))[1].append(edge)
    return [group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2]


def _grid(level: list[Edge], upright: list[Edge]) -> Grid | None:
    ys, xs = _snapped(level), _snapped(upright)
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 1 or columns < 1 or rows * columns < 2 or rows * columns > _MAX_GRID:
        return None
    # is there a line above unit (row, column), and left of it
    above = _covered(level, ys, xs)
    left = _covered(upright, xs, ys)
    cells: list[list[tuple[int, int, int, int] | None]] = [[None] * columns for _ in range(rows)]
    count = 0
    for row in range(rows):
        for column in range(columns):
            if cells[row][column] is not None:
                continue
            wide, high = 1, 1
            while column + wide < columns and not left[column + wide][row] and cells[row][column + wide] is None:
                wide += 1
            while row + high < rows and not any(above[row + high][column : column + wide]):
                high += 1
            count += 1
            for r in range(row, row + high):
                for c in range(column, column + wide):
                    cells[r][c] = (row, column, high, wide)
    if count < 2:
        return None
    return Grid(tuple(xs), tuple(ys), tuple(tuple(cell or (0, 0, 1, 1) for cell in line) for line in cells))


def _snapped(edges: Sequence[Edge]) -> list[float]:
    """The places of the lines, near ones made one."""
    places: list[list[float]] = []
    for at in sorted(edge.at for edge in edges):
        if places and at - places[-1][-1] <= _SNAP:
            places[-1].append(at)
        else:
            places.append([at])
    return [sum(group) / len(group) for group in places]


def _covered(edges: Sequence[Edge], lines: Sequence[float], stops: Sequence[float]) -> list[list[bool]]:
    """[line][interval between two stops]: whether an edge on this line runs along the interval's middle."""
    found = [[False] * (len(stops) - 1) for _ in lines]
    middles = [(a + b) / 2 for a, b in zip(stops, stops[1:], strict=False)]
    for edge in edges:
        line = min(range(len(lines)), key=lambda i: abs(lines[i] - edge.at))
        first, last = bisect_right(middles, edge.start), bisect_right(middles, edge.end)
        for interval in range(first, last):
            found[line][interval] = True
    return found


# ---------------------------------------------------------------------------------------------------------------- cells


@dataclass(slots=True)
class Tables:
    """Counts the tables of a document and knows where a table runs on to the next page."""

    count: int = 0
    _xs: tuple[float, ...] = ()
    _rows: int = 0
    _page: int = 0

    def place(self, grid: Grid, page: int, is_first: bool, is_near_top: bool) -> tuple[int, int]:
        """(table, first row) of a grid: a new table, or the last one of the page before continued."""
        runs_on = (
            is_first
            and is_near_top
            and self._page == page - 1
            and len(grid.xs) == len(self._xs)
            and all(abs(a - b) <= _SAME_COLUMNS for a, b in zip(grid.xs, self._xs, strict=True))
        )
        first_row = self._rows if runs_on else 0
        if not runs_on:
            self.count += 1
        self._xs, self._rows, self._page = grid.xs, first_row + len(grid.ys) - 1, page
        return self.count - 1, first_row


def pieces_with_tables(
    lines: Sequence[Line],
    grids: Sequence[Grid],
    tables: Tables,
    boxes_of: Callable[[int, int], list[Rectangle | None]],
    frame: Frame,
    page: int,
) -> list[Piece]:
    """The page's pieces: cells where a table stands, paragraphs elsewhere; no text twice.

    ``boxes_of(start, end)`` gives the boxes of the characters in PDF space.
    """
    owner = [next((i for i, grid in enumerate(grids) if grid.holds(line.bbox)), -1) for line in lines]
    pieces: list[Piece] = []
    outside: list[Line] = []
    done: set[int] = set()

    def flush() -> None:
        pieces.extend(page_lines.paragraphs(outside, page, frame.width, frame.height, first=len(pieces)))
        outside.clear()

    for line, index in zip(lines, owner, strict=True):
        if index < 0:
            outside.append(line)
            continue
        if index in done:
            continue
        done.add(index)
        above = len(outside) if not done - {index} else 99
        flush()
        table, first_row = tables.place(grids[index], page, len(done) == 1, above <= 2)
        members = [other for other, place in zip(lines, owner, strict=True) if place == index]
        pieces += _cells(members, grids[index], table, first_row, boxes_of, frame, page, len(pieces))
    flush()
    return pieces


def _cells(
    lines: Sequence[Line],
    grid: Grid,
    table: int,
    first_row: int,
    boxes_of: Callable[[int, int], list[Rectangle | None]],
    frame: Frame,
    page: int,
    before: int,
) -> list[Piece]:
    content: dict[tuple[int, int, int, int], list[Line]] = {}
    for line in lines:
        for cell, part in _cut(line, grid, boxes_of(line.start, line.end), frame):
            content.setdefault(cell, []).append(part)
    pieces = []
    for order, (cell, parts) in enumerate(sorted(content.items())):
        row, column, row_span, column_span = cell
        locator = f"第{page}页 表{table + 1} 第{first_row + row + 1}行 {letters(column)}列"
        top = page == 1 and before + order < page_lines.TOP_LINES and grid.ys[row] < frame.height * page_lines.TOP_SHARE
        piece = page_lines.joined(parts, page, BlockKind.CELL, is_top=top, locator=locator)
        pieces.append(replace(piece, cell=Cell(table, first_row + row, column, row_span, column_span)))
    return pieces


def _cut(
    line: Line, grid: Grid, boxes: Sequence[Rectangle | None], frame: Frame
) -> list[tuple[tuple[int, int, int, int], Line]]:
    """The line in parts of one cell each; characters without a box go with those before them."""
    parts: list[tuple[tuple[int, int, int, int], int, int, list[BBox]]] = []
    for offset, rectangle in enumerate(boxes):
        index = line.start + offset
        if rectangle is None or line.text[offset].isspace():
            continue
        box = frame.box(*rectangle)
        cell = grid.cell_at((box.x0 + box.x1) / 2, (box.top + box.bottom) / 2)
        if cell is None:
            cell = parts[-1][0] if parts else grid.cells[0][0]
        if parts and parts[-1][0] == cell:
            parts[-1] = (cell, parts[-1][1], index + 1, parts[-1][3])
            parts[-1][3].append(box)
        else:
            parts.append((cell, index, index + 1, [box]))
    found = []
    for cell, start, end, around in parts:
        text = line.text[start - line.start : end - line.start]
        box = union(around)
        found.append((cell, Line(start, end, text, box, (Stretch(start, end, box),))))
    return found


def letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
