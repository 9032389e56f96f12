"""Where in a document a match stands: its zones, whether a reader sees it, and which line ends belong to a paragraph."""

from bisect import bisect_right
from functools import cache, cached_property
from operator import attrgetter

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
    BlockKind.ATTACHMENT: Zone.FILE_NAME,  # the names of what is packed in or attached
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
_PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.OTHER, BlockKind.NOTE, BlockKind.IMAGE, BlockKind.TEXT_BOX})


def zone_mask(zones: tuple[Zone, ...]) -> int:
    """The bits of these zones; ``any`` is all of them."""
    if Zone.ANY in zones or not zones:
        return (1 << len(ZONE_ORDER)) - 1
    return sum(ZONE_BITS[zone] for zone in set(zones))


def zones_of(block: Block) -> int:
    """The bits of the zones a block stands in."""
    cell = block.cell
    row = -1 if cell is None else cell.row
    return _zone_bits(block.kind, block.top_of_first_page, cell is not None or block.kind is BlockKind.CELL, row == 0)


@cache
def _zone_bits(kind: BlockKind, is_top: bool, is_cell: bool, is_head: bool) -> int:
    found = {_KIND_ZONES[kind]} if kind in _KIND_ZONES else set()
    found |= {Zone.FIRST_PAGE_TOP} if is_top else set()
    found |= {Zone.TABLE} if is_cell else set()
    found |= {Zone.TABLE_HEADER} if is_head else set()
    if not found & MARK_ZONES:
        found.add(Zone.BODY)
    return sum(ZONE_BITS[zone] for zone in found)


@cache
def first_zone(mask: int) -> Zone:
    """The most specific of these zones."""
    return next((zone for zone in ZONE_ORDER if mask & ZONE_BITS[zone]), Zone.BODY)


def unseen_name(block: Block) -> str:
    """Why a reader does not see a block, in Chinese; "" where it is seen."""
    return block.concealed or (_UNSEEN_NAMES[block.kind] if block.kind in UNSEEN_KINDS else "")


class Places:
    """The blocks of a document and what is asked of them; arrays over all blocks are made only when many are asked for."""

    def __init__(self, blocks: tuple[Block, ...], mask: int | None = None) -> None:
        self.blocks = blocks
        self.mask = mask  # the zones of every block; None: as the block says

    def index(self, positions: Ints) -> Ints:
        """The block of each position; positions between blocks belong to the one before."""
        if len(positions) * _FEW < len(self.blocks):
            found = [bisect_right(self.blocks, position, key=_start) - 1 for position in positions.tolist()]
            return np.maximum(np.array(found, np.int64), 0)
        return np.maximum(np.searchsorted(self._starts, positions, "right") - 1, 0)

    def masks(self, blocks: Ints) -> Ints:
        """The zone bits of these blocks."""
        if not self.blocks:
            return np.full(len(blocks), ZONE_BITS[Zone.BODY], np.int64)
        unique, inverse = np.unique(blocks, return_inverse=True)
        known = [zones_of(self.blocks[i]) if self.mask is None else self.mask for i in unique.tolist()]
        return np.array(known, np.int64)[inverse]

    def is_unseen(self, block: int) -> bool:
        return bool(self.blocks) and self.mask is None and self.blocks[block].is_unseen

    def are_hard_breaks(self, positions: Ints) -> npt.NDArray[np.bool_]:
        """Whether the line end at each of these positions of the text separates what never belongs together."""
        after = self.index(positions + 1).tolist()
        pairs = zip(after, positions.tolist(), strict=True)
        return np.fromiter((self._is_hard_break(index, at) for index, at in pairs), np.bool_, len(after))

    def _is_hard_break(self, after: int, position: int) -> bool:
        if after <= 0 or self.blocks[after].span.start != position + 1:
            return False
        left, right = self.blocks[after - 1], self.blocks[after]
        if (
            left.span.end != position
            or left.part != right.part
            or left.kind is not right.kind
            or left.kind not in _PROSE
        ):
            return True
        return left.concealed != right.concealed or left.cell is not None or right.cell is not None

    def neighbours(self, block_index: int) -> tuple[Span, ...]:
        """The row and the column heads of a table cell: as near as the words beside it."""
        cell = self.blocks[block_index].cell if self.blocks else None
        if cell is None:
            return ()
        heads, rows = self._cells
        above = heads.get((cell.table, cell.column), ()) if cell.row > 0 else ()
        return (rows[cell.table, cell.row], *above)

    @cached_property
    def _starts(self) -> Ints:
        return np.fromiter(map(attrgetter("span.start"), self.blocks), np.int64, len(self.blocks))

    @cached_property
    def _cells(self) -> tuple[dict[tuple[int, int], tuple[Span, ...]], dict[tuple[int, int], Span]]:
        heads: dict[tuple[int, int], tuple[Span, ...]] = {}
        rows: dict[tuple[int, int], Span] = {}
        for block in self.blocks:
            cell = block.cell
            if cell is None:
                continue
            if cell.row < _HEAD_ROWS:
                for column in range(cell.column, cell.column + max(1, cell.column_span)):
                    heads[cell.table, column] = (*heads.get((cell.table, column), ()), block.span)
            known = rows.get((cell.table, cell.row), block.span)
            first, last = block.span.start, block.span.end
            rows[cell.table, cell.row] = Span(min(known.start, first), max(known.end, last))
        return heads, rows


#: A table's head may take several rows (a merged title above the names of the columns).
_HEAD_ROWS = 3
#: Fewer positions than blocks by this factor are looked up one by one.
_FEW = 16


def _start(block: Block) -> int:
    return block.span.start


def places_of(document: Document) -> Places:
    """The places of a document; a text without blocks is one paragraph."""
    blocks = document.blocks
    if not blocks and document.text:
        blocks = (Block(Span(0, len(document.text)), BlockKind.PARAGRAPH, ""),)
    return Places(blocks)
