"""Paragraphs, cells and what is not seen of them, for the binary and RTF documents; one writer per story.

What a reader sees of one paragraph is one piece; deleted and hidden text and field instructions follow it as pieces of
their own. A cell's pieces get their place when its table ends (``doc_tables.py``).
"""

import re
from dataclasses import dataclass, field

from review.reading.assembly import Piece
from review.reading.formats.doc_tables import Table
from review.types import BlockKind

#: So many first paragraphs with text stand where a mark would stand (GB/T 9704-2012 §7.2).
TOP_PARAGRAPHS = 15
DELETED, VANISHED, WHITE, TINY = "修订中已删除的文字", "隐藏文字", "白色文字", "微小字号"
_BORING_FIELD = re.compile(
    r"(?:PAGE|SHAPE|NUMPAGES|SECTIONPAGES|(?:PAGEREF|REF|HYPERLINK \\l) \"?_+(?:Toc|Ref)\w+\"?)?"
    r"(?: ?\\[*A-Za-z] ?[A-Za-z]*)*",
    re.IGNORECASE,
)
_HYPERLINK = re.compile(r'HYPERLINK\s+(?:\\l\s+)?"([^"]*)"', re.IGNORECASE)
_BORING_LENGTH = 100
#: Characters of the Wingdings fonts that matter on a page.
SYMBOLS = {0xAB: "★", 0xAA: "★", 0xB6: "☆", 0xFE: "☑", 0x52: "☑", 0xA8: "□", 0x6F: "□", 0xFC: "√", 0xFB: "×"}

#: Kind of text that is not seen, why, and what its locator ends with.
Key = tuple[BlockKind, str, str]


def hidden(concealed: str) -> Key:
    """The key of text a reader does not see."""
    return BlockKind.HIDDEN, concealed, f"（{concealed}）"


def by(what: str, author: str) -> str:
    """（修订删除，author） or （修订删除）."""
    return f"（{what}，{author[:60]}）" if author.strip() and author != "Unknown" else f"（{what}）"


def whole(text: str) -> str:
    """Text that was put together from stretches: halves of a pair become one character, single halves a replacement."""
    if not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Place:
    """What a story is and how its places are named."""

    kind: BlockKind
    name: str = ""  # "" = the body
    concealed: str = ""
    is_top: bool = False


@dataclass
class Counts:
    """What is counted over all stories of a document."""

    tables: int = 0
    paragraphs: int = 0
    tops: int = 0
    changes: int = 0
    is_past_first_page: bool = False

    @property
    def is_top(self) -> bool:
        """Whether the body is still where a mark would stand."""
        return self.tops < TOP_PARAGRAPHS and not self.is_past_first_page


@dataclass
class _Paragraph:
    text: list[str] = field(default_factory=list)
    typed: int = 0  # characters that are no tracked insertion
    inserted: str = ""  # what the locator of an inserted paragraph ends with
    segments: list[tuple[Key, list[str]]] = field(default_factory=list)
    last: Key | None = None  # of the segment that still goes on
    instructions: list[str] = field(default_factory=list)


class Writer:
    """Takes the text of one story; ``finish`` gives its pieces."""

    def __init__(self, place: Place, counts: Counts) -> None:
        self.place = place
        self._counts = counts
        self._out: list[Piece] = []
        self._tables: list[Table] = []
        self._open = _Paragraph()

    def add(self, text: str, key: Key | None = None, inserted: str = "") -> None:
        """Text of the open paragraph; ``key`` where it is not seen, ``inserted`` where it is a tracked insertion."""
        paragraph = self._open
        if key is None:
            paragraph.text.append(text)
            paragraph.inserted = inserted or paragraph.inserted
            paragraph.typed += 0 if inserted else len(text.strip())
            paragraph.last = None if text.strip() else paragraph.last
        elif paragraph.last == key:
            paragraph.segments[-1][1].append(text)
        else:
            paragraph.segments.append((key, [text]))
            paragraph.last = key

    def instruction(self, text: str) -> None:
        """The instruction of a field in the open paragraph."""
        if text.strip():
            self._open.instructions.append(text.strip())

    def end_paragraph(self, depth: int = 0, is_heading: bool = False) -> None:
        """The mark of a paragraph that stands ``depth`` tables deep."""
        self._open_tables(depth)
        self._emit(is_heading)

    def end_cell(self, depth: int) -> None:
        """The mark of a cell (which also ends its last paragraph)."""
        self.end_paragraph(depth)
        self._tables[-1].end_cell()

    def end_row(self, depth: int, edges: tuple[int, ...], merges: tuple[int, ...] = ()) -> None:
        """The mark of a row; ``edges`` and ``merges`` are those of its cells from left to right, if they are known."""
        self.end_paragraph(depth)
        self._tables[-1].end_row(edges, merges)

    def finish(self) -> list[Piece]:
        """All pieces in order."""
        self._emit(False)
        self._close_tables(0)
        return self._out

    def _emit(self, is_heading: bool) -> None:
        paragraph, self._open = self._open, _Paragraph()
        place, counts = self.place, self._counts
        text = whole("".join(paragraph.text))
        has_text = bool(text.strip())
        is_body = place.kind is BlockKind.PARAGRAPH
        is_top = place.is_top or is_body and counts.is_top
        where = "" if self._tables else place.name or f"正文第{counts.paragraphs + 1}段"
        if has_text:
            kind = BlockKind.HEADING if is_body and is_heading else place.kind
            suffix = ""
            counts.changes += bool(paragraph.inserted)
            if paragraph.inserted and not paragraph.typed and is_body:
                kind, suffix = BlockKind.INSERTION, paragraph.inserted
            self._put(text, kind, where + suffix, place.concealed, is_top)
            counts.tops += is_body
        for (kind, concealed, suffix), parts in paragraph.segments:
            counts.changes += kind is BlockKind.DELETION
            self._put(whole("".join(parts)), kind, where + suffix, place.concealed or concealed, is_top)
        for instruction in paragraph.instructions:
            self._instruction(whole(instruction), where)
        counts.paragraphs += is_body and not self._tables and bool(has_text or paragraph.segments)

    def _instruction(self, text: str, where: str) -> None:
        if len(text) <= _BORING_LENGTH and _BORING_FIELD.fullmatch(text):
            return
        link = _HYPERLINK.match(text)
        if link:
            self._put(link[1], BlockKind.LINK, f"{where} 超链接地址", self.place.concealed, False)
        else:
            self._put(text, BlockKind.FIELD, f"{where} 域代码", self.place.concealed, False)

    def _put(self, text: str, kind: BlockKind, where: str, concealed: str, is_top: bool) -> None:
        if text.strip():
            out = self._tables[-1].cell if self._tables else self._out
            out.append(Piece(text, kind, where, concealed=concealed, top_of_first_page=is_top))

    def _open_tables(self, depth: int) -> None:
        self._close_tables(depth)
        while len(self._tables) < depth:
            self._tables.append(Table(self._counts.tables))
            self._counts.tables += 1

    def _close_tables(self, depth: int) -> None:
        prefix = f"{self.place.name} " if self.place.name else ""
        while len(self._tables) > depth:
            pieces = self._tables.pop().pieces(prefix)
            (self._tables[-1].cell if self._tables else self._out).extend(pieces)
