"""Records of a binary presentation and the text atoms inside them ([MS-PPT] 2.3, 2.9)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from review.reading.assembly import Piece
from review.reading.formats import office_art
from review.reading.formats.ooxml_common import letters
from review.reading.formats.pptx_slide import OFF_CANVAS
from review.types import BlockKind, Cell

DOCUMENT, SLIDE, NOTES, MASTER, HANDOUT = 1000, 1006, 1008, 1016, 4041
SLIDE_LIST, SLIDE_PERSIST, SLIDE_INFO = 4080, 1011, 1017
USER_EDIT, PERSIST_DIRECTORY, CRYPT = 4085, 6002, 12052
TEXT_HEADER, TEXT_CHARS, TEXT_BYTES, STRING, OUTLINE_REFERENCE = 3999, 4000, 4008, 4026, 3998
COMMENT, OBJECT = 12000, 4113
GROUP, SHAPE, ANCHOR, CHILD_ANCHOR = 0xF003, 0xF004, 0xF010, 0xF00F
_TABLE_PROPERTIES = 0x039F
_TAG_DATA = 5003  # holds records though its header does not say so
_MAX_DEPTH = 64
_BODY = frozenset({BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.CELL})
#: Types of TextHeaderAtom that are titles (2.13.33).
_TITLES = frozenset({0, 6})


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its kind, instance, and where its content lies in ``source``."""

    kind: int
    instance: int
    start: int
    end: int
    is_container: bool
    source: bytes = field(repr=False)

    @property
    def data(self) -> bytes:
        return self.source[self.start : self.end]


def records(source: bytes, start: int, end: int) -> Iterator[Record]:
    """The records of one level in order; one that does not fit is cut at the end, and the last."""
    at = start
    while at + 8 <= end:
        head, kind, size = struct.unpack_from("<HHI", source, at)
        stop = min(at + 8 + size, end)
        is_container = head & 0xF == 0xF or kind == _TAG_DATA
        yield Record(kind, head >> 4, at + 8, stop, is_container, source)
        at += 8 + size


def inside(record: Record, depth: int = 0) -> Iterator[tuple[Record, int]]:
    """Every record below a container with its depth, in document order, without recursion."""
    waiting = [(records(record.source, record.start, record.end), depth)]
    while waiting:
        level, depth = waiting[-1]
        found = next(level, None)
        if found is None:
            waiting.pop()
            continue
        yield found, depth
        if found.is_container and depth < _MAX_DEPTH:
            waiting.append((records(found.source, found.start, found.end), depth + 1))


def text_of(record: Record) -> str:
    """The characters of a text or string atom, paragraphs by line ends; "" for other records."""
    if record.kind in (TEXT_CHARS, STRING):
        raw = record.data
        text = raw[: len(raw) // 2 * 2].decode("utf-16-le", "replace")
    elif record.kind == TEXT_BYTES:
        text = record.data.decode("latin-1")
    else:
        return ""
    return "".join(_SHOWN.get(c, c) for c in text if c >= " " or c in _SHOWN)


_SHOWN = {"\r": "\n", "\x0b": "\n", "\t": "\t", "\n": "\n"}


@dataclass
class Outline:
    """Texts of one slide that stand in the document's list instead of in the slide (2.4.14.3)."""

    texts: list[tuple[int, str]] = field(default_factory=list, repr=False)


def slide_lists(document: Record) -> dict[int, list[tuple[int, Outline]]]:
    """For slides (0), masters (1) and notes (2): their persist ids in order, with their outline texts."""
    lists: dict[int, list[tuple[int, Outline]]] = {}
    for record in records(document.source, document.start, document.end):
        if record.kind != SLIDE_LIST:
            continue
        entries = lists.setdefault(record.instance, [])
        kind = -1
        for atom in records(record.source, record.start, record.end):
            if atom.kind == SLIDE_PERSIST and atom.end - atom.start >= 4:
                entries.append((struct.unpack_from("<I", atom.source, atom.start)[0], Outline()))
            elif atom.kind == TEXT_HEADER and atom.end - atom.start >= 4:
                (kind,) = struct.unpack_from("<I", atom.source, atom.start)
            elif atom.kind in (TEXT_CHARS, TEXT_BYTES) and entries:
                entries[-1][1].texts.append((kind, text_of(atom)))
    return lists


class Grid:
    """The cells of a table: a group whose boxes stand in rows and columns (tableProperties, [MS-ODRAW] 2.3.4.36)."""

    def __init__(self, group: Record, depth: int, index: int) -> None:
        self.depth = depth
        self._index = index
        boxes = [_box(r) for r, _ in inside(group) if r.kind == CHILD_ANCHOR and r.end - r.start >= 16]
        self._columns = sorted({box[0] for box in boxes} | {box[2] for box in boxes})
        self._rows = sorted({box[1] for box in boxes} | {box[3] for box in boxes})

    def cell(self, anchor: Record) -> Cell | None:
        """The place of the box with this anchor."""
        if anchor.end - anchor.start < 16:
            return None
        left, top, right, bottom = _box(anchor)
        row, column = self._rows.index(top), self._columns.index(left)
        down, across = self._rows.index(bottom) - row, self._columns.index(right) - column
        return Cell(self._index, row, column, max(down, 1), max(across, 1))


def _box(anchor: Record) -> tuple[int, int, int, int]:
    return struct.unpack_from("<4i", anchor.source, anchor.start)


def _is_table(group: Record) -> bool:
    first = next(records(group.source, group.start, group.end), None)
    return first is not None and office_art.has_property(first.data, _TABLE_PROPERTIES)


class Canvas:
    """Reads the texts of one slide, notes page or master into pieces."""

    def __init__(
        self,
        where: str,
        page: int | None,
        kind: BlockKind,
        concealed: str = "",
        is_first: bool = False,
        size: tuple[int, int] | None = None,
        first_table: int = 0,
    ) -> None:
        """``size`` is that of the slide in master units; boxes outside it are not seen."""
        self.tables_read = first_table
        self.pieces: list[Piece] = []
        self._where = where
        self._page = page
        self._kind = kind
        self._concealed = concealed
        self._is_first = is_first
        self._size = size
        self._outside = ""
        self._grid: Grid | None = None
        self._cell: Cell | None = None

    def read(self, container: Record, outline: Outline) -> list[Piece]:
        """The texts in the order of the drawing, then those of the outline that no box shows, comments, names."""
        shown: set[int] = set()
        header = -1
        comment = -1
        for record, depth in inside(container):
            if comment >= 0 and depth <= comment:
                comment = -1
            if record.kind == COMMENT and record.is_container:
                self._comment(record)
                comment = depth
            elif comment >= 0:
                continue
            elif record.kind in (GROUP, SHAPE, CHILD_ANCHOR):
                self._enter(record, depth)
            elif record.kind == ANCHOR:
                self._outside = self._position(record)
            elif record.kind == TEXT_HEADER and record.end - record.start >= 4:
                (header,) = struct.unpack_from("<I", record.source, record.start)
            elif record.kind in (TEXT_CHARS, TEXT_BYTES):
                self._say(text_of(record), header)
            elif record.kind == OUTLINE_REFERENCE and record.end - record.start >= 4:
                (index,) = struct.unpack_from("<I", record.source, record.start)
                if index < len(outline.texts) and index not in shown:
                    shown.add(index)
                    self._say(outline.texts[index][1], outline.texts[index][0])
            elif record.kind == STRING:
                self._string(record, depth)
        for index, (kind, text) in enumerate(outline.texts):
            if index not in shown:
                self._say(text, kind)
        self.pieces += self._drawn(container)
        return self.pieces

    def _enter(self, record: Record, depth: int) -> None:
        """A group, a shape or its place in the group: whether it is the cell of a table."""
        if self._grid is not None and depth <= self._grid.depth:
            self._grid = None
        if record.kind == GROUP and self._grid is None and _is_table(record):
            self._grid = Grid(record, depth, self.tables_read)
            self.tables_read += 1
        elif record.kind == SHAPE:
            self._outside, self._cell = "", None
        elif record.kind == CHILD_ANCHOR and self._grid is not None:
            self._cell = self._grid.cell(record)

    def _say(self, text: str, header: int) -> None:
        text = text.strip("\n")
        if not text.strip() or text.strip() == "*":
            return
        kind, where = self._kind, self._where
        if self._cell is not None:
            cell = self._cell
            where = f"{where} 表{cell.table + 1} 第{cell.row + 1}行 {letters(cell.column)}列"
            kind = BlockKind.CELL if kind is BlockKind.PARAGRAPH else kind
        elif header in _TITLES and kind is BlockKind.PARAGRAPH:
            kind = BlockKind.HEADING
        self._put(text, kind, where, self._concealed or self._outside, self._cell)

    def _position(self, anchor: Record) -> str:
        """Why a box is not seen: it lies beside the slide (2.7.1: top, left, right, bottom)."""
        if self._size is None or anchor.end - anchor.start < 8:
            return ""
        top, left, right, bottom = struct.unpack_from("<4h", anchor.source, anchor.start)
        is_beside = right <= 0 or bottom <= 0 or left >= self._size[0] or top >= self._size[1]
        return OFF_CANVAS if is_beside else ""

    def _put(self, text: str, kind: BlockKind, where: str, concealed: str, cell: Cell | None = None) -> None:
        is_top = self._is_first and kind in _BODY
        self.pieces.append(
            Piece(text, kind, where, self._page, concealed=concealed, cell=cell, top_of_first_page=is_top)
        )

    def _comment(self, container: Record) -> None:
        """Author, text and initials of a comment (2.5.19–2.5.22)."""
        strings = {
            r.instance: text_of(r)
            for r in records(container.source, container.start, container.end)
            if r.kind == STRING
        }
        author = strings.get(0, "").strip()
        where = f"{self._where} 批注" + (f"（{author[:60]}）" if author else "")
        if strings.get(1, "").strip():
            self._put(strings[1], BlockKind.COMMENT, where, self._concealed)
        if author:
            self._put(author, BlockKind.PROPERTY, f"{self._where} 批注的作者", self._concealed)

    def _string(self, record: Record, depth: int) -> None:
        """Names of slides, header and footer texts, names of programmable tags."""
        text = text_of(record)
        if not text.strip() or text.startswith("___PPT"):
            return
        if depth == 0:
            self._put(text, BlockKind.NAME, f"{self._where} 名称", self._concealed)
        else:
            self._put(text, BlockKind.OTHER, f"{self._where} 页眉页脚或标记", self._concealed)

    def _drawn(self, container: Record) -> list[Piece]:
        return [
            Piece(p.text, p.kind, p.locator, self._page, concealed=self._concealed)
            for p in office_art.texts(container.data, self._where)
        ]
