"""Tables of a binary Word document: cells are gathered row by row, their columns told by the edges the rows declare."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from review.reading.assembly import Piece
from review.reading.formats.ooxml_common import letters
from review.types import BlockKind, Cell

#: Twentieths of a point; edges nearer than this are one edge.
_TOLERANCE = 30
_MAX_COLUMNS = 64  # of one row, as Word allows


@dataclass
class Table:
    """A table while it is open; a cell is a list of pieces whose locators are only what follows the place of the cell."""

    index: int
    cell: list[Piece] = field(default_factory=list)
    cells: list[list[Piece]] = field(default_factory=list)
    rows: list[tuple[tuple[int, ...], list[list[Piece]]]] = field(default_factory=list)

    def end_cell(self) -> None:
        """The mark of a cell."""
        self.cells.append(self.cell)
        self.cell = []

    def end_row(self, edges: tuple[int, ...]) -> None:
        """The mark of a row, which declares the edges of its cells."""
        if self.cell:
            self.end_cell()
        self.rows.append((edges, self.cells))
        self.cells = []

    def pieces(self, prefix: str) -> list[Piece]:
        """All cells with their places."""
        if self.cell or self.cells:
            self.end_row(())
        grid = _grid([edges for edges, cells in self.rows if len(edges) == len(cells) + 1])
        found: list[Piece] = []
        for row, (edges, cells) in enumerate(self.rows):
            for number, cell in enumerate(cells):
                column, span = _place(grid, edges, cells, number)
                where = f"{prefix}表{self.index + 1} 第{row + 1}行 {letters(column)}列"
                place = Cell(self.index, row, column, 1, span)
                found += [_placed(piece, place, where) for piece in cell]
        return found


def _grid(rows: list[tuple[int, ...]]) -> list[int]:
    """The edges of all rows in order, those that are nearly the same once."""
    grid: list[int] = []
    for edge in sorted({edge for edges in rows for edge in edges}):
        if not grid or edge - grid[-1] > _TOLERANCE:
            grid.append(edge)
    return grid


def _place(grid: list[int], edges: tuple[int, ...], cells: list[list[Piece]], number: int) -> tuple[int, int]:
    """Column and span of a cell on the grid; its number in the row where the row declares no fitting edges."""
    if len(edges) != len(cells) + 1 or len(cells) > _MAX_COLUMNS:
        return number, 1
    left, right = _at(grid, edges[number]), _at(grid, edges[number + 1])
    return left, max(1, right - left)


def _at(grid: list[int], edge: int) -> int:
    return max(bisect_right(grid, edge) - 1, 0)


def _placed(piece: Piece, place: Cell, where: str) -> Piece:
    if piece.cell is not None:
        return piece  # of a table inside the cell
    kind = BlockKind.CELL if piece.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING) else piece.kind
    return replace(piece, kind=kind, cell=place, locator=where + piece.locator)
