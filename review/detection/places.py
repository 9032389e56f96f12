"""Where in a document a match stands: its zones, whether a reader sees it, and which line ends belong to a paragraph."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from review.types import UNSEEN_KINDS, Block, BlockKind, Document, Span, Zone

Ints = npt.NDArray[np.int64]

#: From the most to the least specific: a match in several zones is told by the first.
ZONE_ORDER = (
    Zone.FILE_NAME,
    Zone.FIRST_PAGE_TOP,
    Zone.HEADER,
    Zone.FOOTER,
    Zone.TEXT_BOX,
    Zone.PROPERTY,
    Zone.SHEET_NAME,
    Zone.TABLE_HEADER,
    Zone.TABLE,
    Zone.COMMENT,
    Zone.BODY,
)
ZONE_BITS = {zone: 1 << index for index, zone in enumerate(ZONE_ORDER)}
#: Where marks stand (domain.md §4.1 zone A); everything else is body.
MARK_ZONES = frozenset(
    {Zone.FILE_NAME, Zone.FIRST_PAGE_TOP, Zone.HEADER, Zone.FOOTER, Zone.TEXT_BOX, Zone.PROPERTY, Zone.SHEET_NAME}
)
_KIND_ZONES = {
    BlockKind.HEADER: Zone.HEADER,
    BlockKind.FOOTER: Zone.FOOTER,
    BlockKind.TEXT_BOX: Zone.TEXT_BOX,
    BlockKind.PROPERTY: Zone.PROPERTY,
    BlockKind.NAME: Zone.SHEET_NAME,
    BlockKind.COMMENT: Zone.COMMENT,
}
_UNSEEN_NAMES = {
    BlockKind.COMMENT: "批注",
    BlockKind.DELETION: "修订中删除的文字",
    BlockKind.HIDDEN: "隐藏文字",
    BlockKind.PROPERTY: "文档属性",
    BlockKind.FIELD: "域或表单",
    BlockKind.ALT_TEXT: "图片的替代文字",
    BlockKind.LINK: "链接地址",
    BlockKind.NAME: "工作表名或书签",
}
_PROSE = frozenset(
    {BlockKind.PARAGRAPH, BlockKind.OTHER, BlockKind.NOTE, BlockKind.IMAGE, BlockKind.TEXT_BOX, BlockKind.ATTACHMENT}
)


def zone_mask(zones: tuple[Zone, ...]) -> int:
    """The bits of these zones; ``any`` is all of them."""
    if Zone.ANY in zones or not zones:
        return (1 << len(ZONE_ORDER)) - 1
    return sum(ZONE_BITS[zone] for zone in set(zones))


def zones_of(block: Block) -> int:
    """The bits of the zones a block stands in."""
    found = {_KIND_ZONES[block.kind]} if block.kind in _KIND_ZONES else set()
    if block.top_of_first_page:
        found.add(Zone.FIRST_PAGE_TOP)
    if block.cell is not None or block.kind is BlockKind.CELL:
        found.add(Zone.TABLE)
        if block.cell is not None and block.cell.row == 0:
            found.add(Zone.TABLE_HEADER)
    if not found & MARK_ZONES:
        found.add(Zone.BODY)
    return sum(ZONE_BITS[zone] for zone in found)


def first_zone(mask: int) -> Zone:
    return next((zone for zone in ZONE_ORDER if mask & ZONE_BITS[zone]), Zone.BODY)


def unseen_name(block: Block) -> str:
    """Why a reader does not see a block, in Chinese; "" where it is seen."""
    return block.concealed or (_UNSEEN_NAMES[block.kind] if block.kind in UNSEEN_KINDS else "")


@dataclass(frozen=True, slots=True)
class Places:
    """Blocks as arrays: where each begins, its zone bits, whether it is seen."""

    blocks: tuple[Block, ...]
    starts: Ints
    masks: Ints
    unseen: npt.NDArray[np.bool_]
    header_cells: dict[tuple[int, int], tuple[Span, ...]]
    rows: dict[tuple[int, int], Span]

    def index(self, positions: Ints) -> Ints:
        """The block of each position; positions between blocks belong to the one before."""
        return np.maximum(np.searchsorted(self.starts, positions, "right") - 1, 0)

    def neighbours(self, block_index: int) -> tuple[Span, ...]:
        """The row and the column heads of a table cell: as near as the words beside it."""
        cell = self.blocks[block_index].cell if self.blocks else None
        if cell is None:
            return ()
        heads = tuple(s for s in self.header_cells.get((cell.table, cell.column), ()) if cell.row > 0)
        row = self.rows.get((cell.table, cell.row))
        return (row, *heads) if row else heads


#: A table's head may take several rows (a merged title above the names of the columns).
_HEAD_ROWS = 3


def places_of(document: Document) -> Places:
    """The arrays for all blocks of a document; a document without blocks is one paragraph."""
    blocks = document.blocks
    if not blocks and document.text:
        blocks = (Block(Span(0, len(document.text)), BlockKind.PARAGRAPH, ""),)
    heads: dict[tuple[int, int], list[Span]] = {}
    rows: dict[tuple[int, int], Span] = {}
    for block in blocks:
        cell = block.cell
        if cell is None:
            continue
        if cell.row < _HEAD_ROWS:
            for column in range(cell.column, cell.column + max(1, cell.column_span)):
                heads.setdefault((cell.table, column), []).append(block.span)
        known = rows.get((cell.table, cell.row))
        first, last = block.span.start, block.span.end
        rows[cell.table, cell.row] = Span(min(known.start, first), max(known.end, last)) if known else block.span
    return Places(
        blocks,
        np.fromiter((block.span.start for block in blocks), np.int64, len(blocks)),
        np.fromiter((zones_of(block) for block in blocks), np.int64, len(blocks)),
        np.fromiter((block.is_unseen for block in blocks), np.bool_, len(blocks)),
        {key: tuple(spans) for key, spans in heads.items()},
        rows,
    )


def is_hard_break(places: Places, position: int) -> bool:
    """Whether the line end at this position of the text separates what never belongs together."""
    starts = places.starts
    after = (
        bisect_right(starts, position + 1) - 1
        if len(starts) < 64
        else int(np.searchsorted(starts, position + 1, "right")) - 1
    )
    if after < 0 or starts[after] != position + 1:
        return False
    if after == 0:
        return False
    left, right = places.blocks[after - 1], places.blocks[after]
    if left.span.end != position or left.part != right.part or left.kind is not right.kind or left.kind not in _PROSE:
        return True
    return left.concealed != right.concealed or left.cell is not None or right.cell is not None
