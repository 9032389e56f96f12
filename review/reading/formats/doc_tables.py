"""Tables of a binary Word document: cells are gathered row by row, their columns told by the edges the rows declare."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from review.reading.assembly import Piece
from review.reading.formats.ooxml_common import letters
from review.types import BlockKind, Cell

#: Twentieths of a point; edges nearer than this are one edge.
_TOLERANCE = 30
#: Vertical merging ([MS-DOC] 2.9.347): a cell that goes on from above, the first of such cells.
MERGED, MERGE_FIRST = 1, 3
_MAX_COLUMNS = 64  # of one row, as Word allows


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, the edges it declares for them, and how they are merged with those above and below."""

    edges: tuple[int, ...]
    merges: tuple[int, ...]
    cells: list[list[Piece]] = field(repr=False)


@dataclass
class Table:
    """A table while it is open; a cell is a list of pieces whose locators are only what follows the place of the cell."""

    index: int
    cell: list[Piece] = field(default_factory=list)
    cells: list[list[Piece]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def end_cell(self) -> None:
        """The mark of a cell."""
        self.cells.append(self.cell)
        self.cell = []

    def end_row(self, edges: tuple[int, ...], merges: tuple[int, ...] = ()) -> None:
        """The mark of a row, which declares the edges of its cells and how they are merged."""
        if self.cell:
            self.end_cell()
        self.rows.append(Row(edges, merges, self.cells))
        self.cells = []

    def pieces(self, prefix: str) -> list[Piece]:
        """All cells with their places."""
        if self.cell or self.cells:
            self.end_row(())
        grid = _grid([row.edges for row in self.rows if len(row.edges) == len(row.cells) + 1])
        places = [[_place(grid, row, number) for number in range(len(row.cells))] for row in self.rows]
        below = self._merged_below(places)
        found: list[Piece] = []
        for index, row in enumerate(self.rows):
            for (column, span), cell in zip(places[index], row.cells, strict=True):
                where = f"{prefix}表{self.index + 1} 第{index + 1}行 {letters(column)}列"
                place = Cell(self.index, index, column, below.get((index, column), 1), span)
                found += [_placed(piece, place, where) for piece in cell]
        return found

    def _merged_below(self, places: list[list[tuple[int, int]]]) -> dict[tuple[int, int], int]:
        """(row, column) of the first of cells merged downwards → how many rows they cover."""
        rows: dict[tuple[int, int], int] = {}
        open_cells: dict[int, int] = {}  # column → row of the cell that goes on
        for index, row in enumerate(self.rows):
            going_on: dict[int, int] = {}
            for (column, _), merge in zip(places[index], row.merges, strict=False):
                if merge == MERGE_FIRST:
                    going_on[column] = index
                elif merge == MERGED and column in open_cells:
                    going_on[column] = open_cells[column]
                    rows[open_cells[column], column] = index - open_cells[column] + 1
            open_cells = going_on
        return rows


def _grid(rows: list[tuple[int, ...]]) -> list[int]:
    """The edges of all rows in order, those that are nearly the same once."""
    grid: list[int] = []
    for edge in sorted({edge for edges in rows for edge in edges}):
        if not grid or edge - grid[-1] > _TOLERANCE:
            grid.append(edge)
    return grid


def _place(grid: list[int], row: Row, number: int) -> tuple[int, int]:
    """Column and span of a cell on the grid; its number in the row where the row declares no fitting edges."""
    if len(row.edges) != len(row.cells) + 1 or len(row.cells) > _MAX_COLUMNS:
        return number, 1
    left, right = _at(grid, row.edges[number]), _at(grid, row.edges[number + 1])
    return left, max(1, right - left)


def _at(grid: list[int], edge: int) -> int:
    return max(bisect_right(grid, edge) - 1, 0)


def _placed(piece: Piece, place: Cell, where: str) -> Piece:
    if piece.cell is not None:
        return piece  # of a table inside the cell
    kind = BlockKind.CELL if piece.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING) else piece.kind
    return replace(piece, kind=kind, cell=place, locator=where + piece.locator)
