"""Paragraphs, runs, tracked changes and fields of a docx as pieces in reading order.

Driven by events with its own stacks: depth costs no recursion. What a reader sees of one paragraph is one piece; deleted,
moved and hidden text and field instructions are pieces of their own right after it. Tables and text boxes are added by
``docx_story.py``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from review.reading.assembly import Piece
from review.reading.formats.docx_styles import Look, Properties, Styles, is_painted, merged, reason
from review.reading.formats.ooxml import Relationship
from review.reading.formats.xml_events import is_on, number
from review.types import BlockKind, Cell

#: So many first paragraphs with text stand where a mark would stand (GB/T 9704-2012 §7.2).
TOP_PARAGRAPHS = 15

#: Page numbers and arrows inside the document; longer instructions are never boring.
_BORING_FIELD = re.compile(
    r"(?:PAGE|NUMPAGES|SECTIONPAGES|(?:PAGEREF|REF|HYPERLINK \\l) \"?_(?:Toc|Ref)\d+\"?)?(?: ?\\[*A-Za-z] ?[A-Za-z]*)*"
)
_BORING_LENGTH = 100
_BORING_BOOKMARK = re.compile(r"^_|^OLE_LINK\d+$")
_WINGDINGS = {0xAB: "★", 0xAA: "★", 0xB6: "☆", 0xFE: "☑", 0x52: "☑", 0xA8: "□", 0x6F: "□", 0xFC: "√", 0xFB: "×"}

#: Kind of text that is not seen, why, and where it stands: one segment of a paragraph.
_Key = tuple[BlockKind, str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """What a story is, how its places are named, and what is known of it beforehand."""

    kind: BlockKind
    name: str = ""  # "" = the body
    concealed: str = ""
    is_top: bool = False  # all of it stands at the top of the first page
    first_table: int = 0
    has_rendered_breaks: bool = False
    has_breaks: bool = False


@dataclass(slots=True)
class Paragraph:
    """A paragraph while it is open."""

    locator: str
    page: int | None
    is_top: bool
    style: str = ""
    text: list[str] = field(default_factory=list)
    typed: int = 0  # characters that are no tracked insertion
    inserter: str | None = None
    segments: list[tuple[_Key, list[str]]] = field(default_factory=list)
    last: _Key | None = None
    after: list[Piece] = field(default_factory=list)
    has_ground: bool = False


class Text(Properties):
    """The part of a story's reader that knows paragraphs; ``pieces`` is complete after ``finish``."""

    def __init__(self, place: Place, styles: Styles, relations: Mapping[str, Relationship]) -> None:
        super().__init__()
        self.place = place
        self.pieces: list[Piece] = []
        self.authors: dict[str, None] = {}  # of tracked changes and comments, in order
        self.anchors: dict[str, str] = {}  # "comment:3" → locator of the text it belongs to
        self.used: set[str] = set()  # ids of relationships whose target was said
        self.changes = 0
        self._styles = styles
        self._relations = relations
        self._outs: list[list[Piece]] = [self.pieces]
        self._paragraph: Paragraph | None = None
        self._run: Look | None = None
        self._run_style = ""
        self._concealed: str | None = None  # of the open run; None = not yet known
        self._fields: list[list[str] | None] = []  # an open instruction collects; None once its result began
        self._deleters: list[str] = []
        self._movers: list[str] = []
        self._inserters: list[str] = []
        self._paragraphs = 0
        self._tops = 0
        self._page = 1
        self._ruby = 0
        self._unseen = ""  # why nothing of what is being read is shown (fallback content, hidden shapes)
        self.skips = frozenset(
            {
                "w:rPrChange",
                "w:pPrChange",
                "w:tblPrChange",
                "w:trPrChange",
                "w:tcPrChange",
                "w:sectPrChange",
                "w:tblGrid",
            }
        )
        self.starts |= {
            "w:p": self._open_paragraph,
            "w:pStyle": self._paragraph_style,
            "w:r": self._open_run,
            "w:rPr": self._open_look,
            "w:rStyle": self._character_style,
            "w:t": self._open_text,
            "w:delText": self._open_text,
            "m:t": self._open_text,
            "w:instrText": self._open_text,
            "w:delInstrText": self._open_text,
            "w:tab": self._tab,
            "w:ptab": self._tab,
            "w:br": self._break,
            "w:cr": self._new_line,
            "w:noBreakHyphen": self._hyphen,
            "w:sym": self._symbol,
            "w:lastRenderedPageBreak": self._rendered_break,
            "w:pageBreakBefore": self._break_before,
            "w:del": self._open_deletion,
            "w:moveFrom": self._open_move,
            "w:ins": self._open_insertion,
            "w:moveTo": self._open_insertion,
            "w:rt": self._open_ruby,
            "w:fldChar": self._field_character,
            "w:fldSimple": self._simple_field,
            "w:bookmarkStart": self._bookmark,
            "w:hyperlink": self._hyperlink,
        }
        self.ends |= {
            "w:p": self._close_paragraph,
            "w:r": self._close_run,
            "w:rPr": self._close_look,
            "w:t": self._close_text,
            "w:delText": self._close_deleted_text,
            "m:t": self._close_text,
            "w:instrText": self._close_instruction,
            "w:delInstrText": self._close_instruction,
            "w:del": lambda: _leave(self._deleters),
            "w:moveFrom": lambda: _leave(self._movers),
            "w:ins": lambda: _leave(self._inserters),
            "w:moveTo": lambda: _leave(self._inserters),
            "w:rt": self._close_ruby,
        }

    def finish(self) -> None:
        """Close what a damaged story left open, so that no text is lost."""
        while self._fields:
            self._close_field()
        if self._paragraph:
            self._close_paragraph()

    # ------------------------------------------------------------------------------------------- what a subclass knows

    def locator(self) -> str:
        """The place of what is read now, as a person would say it."""
        return f"{self.place.name}第{self._paragraphs + 1}段" if self.place.name else f"正文第{self._paragraphs + 1}段"

    def cell(self) -> Cell | None:
        """The table cell of what is read now."""
        return None

    def has_ground(self) -> bool:
        """Whether something that is not white lies under the text."""
        return False

    def kind(self, style: str) -> BlockKind:
        """The kind of seen text."""
        if self.place.kind is BlockKind.PARAGRAPH and self._styles.is_heading(style):
            return BlockKind.HEADING
        return self.place.kind

    def put(self, text: str, paragraph: Paragraph, kind: BlockKind) -> None:
        """Take the seen text of a finished paragraph."""
        self.emit(text, kind, paragraph.locator, paragraph.page, paragraph.is_top)

    # --------------------------------------------------------------------------------------------------------- output

    def emit(
        self, text: str, kind: BlockKind, locator: str, page: int | None, is_top: bool = False, concealed: str = ""
    ) -> None:
        """One piece to the innermost list that is open."""
        concealed = concealed or self._unseen or self.place.concealed
        self._outs[-1].append(
            Piece(text, kind, locator, page, concealed=concealed, cell=self.cell(), top_of_first_page=is_top)
        )

    def say(self, kind: BlockKind, text: str, what: str) -> None:
        """Text that stands in an attribute, with what it is."""
        if text.strip():
            paragraph = self._paragraph
            where = paragraph.locator if paragraph else self.locator()
            self.emit(text, kind, f"{where} {what}", paragraph.page if paragraph else self.page())

    def page(self) -> int | None:
        """The page as far as the file tells."""
        return self._page if self.place.has_breaks and self.place.kind is BlockKind.PARAGRAPH else None

    def is_top(self) -> bool:
        """Whether what is read now stands where a mark stands."""
        return self.place.is_top or (
            self.place.kind is BlockKind.PARAGRAPH and self._page == 1 and self._tops < TOP_PARAGRAPHS
        )

    # ----------------------------------------------------------------------------------------------------- paragraphs

    def _open_paragraph(self, attributes: dict[str, str]) -> None:
        if self._paragraph:
            self._close_paragraph()  # not well nested: keep both
        self._paragraph = Paragraph(self.locator(), self.page(), self.is_top())
        self._outs.append(self._paragraph.after)
        self._run = self._concealed = None

    def _paragraph_style(self, attributes: dict[str, str]) -> None:
        if self._paragraph:
            self._paragraph.style = attributes.get("w:val", "")

    def _close_paragraph(self) -> None:
        paragraph = self._paragraph
        if paragraph is None:
            return
        self._outs.pop()
        self._paragraph = None
        text = "".join(paragraph.text)
        if text.strip():
            kind = self.kind(paragraph.style)
            if paragraph.inserter is not None and not paragraph.typed and kind is BlockKind.PARAGRAPH:
                kind = BlockKind.INSERTION
                paragraph.locator += _by("（修订插入", paragraph.inserter)
            self.put(text, paragraph, kind)
            self._tops += self.place.kind is BlockKind.PARAGRAPH
        for (kind, concealed, suffix), parts in paragraph.segments:
            segment = "".join(parts)
            if segment.strip():
                where = paragraph.locator + suffix
                self.emit(segment, kind, where, paragraph.page, paragraph.is_top, concealed)
        self._outs[-1].extend(paragraph.after)
        self.count(bool(text.strip() or paragraph.segments))

    def count(self, has_text: bool) -> None:
        """Paragraphs are counted as a person counts them: those with text."""
        self._paragraphs += has_text

    # ----------------------------------------------------------------------------------------------------------- runs

    def _open_run(self, attributes: dict[str, str]) -> None:
        self._run = Look()
        self._run_style = ""
        self._concealed = None

    def _close_run(self) -> None:
        self._run = self.look = self._concealed = None
        self._run_style = ""

    def _open_look(self, attributes: dict[str, str]) -> None:
        self.look = self._run  # the mark of a paragraph has a look too, and no run

    def _close_look(self) -> None:
        self.look = None

    def _character_style(self, attributes: dict[str, str]) -> None:
        if self._run:
            self._run_style = attributes.get("w:val", "")

    def _shading(self, attributes: dict[str, str]) -> None:
        if self.look:
            super()._shading(attributes)
        elif self._paragraph and not self._run:
            ground = Look()
            self.look = ground
            super()._shading(attributes)
            self.look = None
            self._paragraph.has_ground = is_painted(ground.ground)

    def _why_unseen(self) -> str:
        """Why the open run is not seen; worked out once per run."""
        if self._concealed is None:
            style = self._paragraph.style if self._paragraph else ""
            inherited = self._styles.look_of(style, self._run_style)
            look = merged([self._run, inherited]) if self._run else inherited
            ground = self.has_ground() or bool(self._paragraph and self._paragraph.has_ground)
            self._concealed = reason(look, ground)
        return self._concealed

    def _open_text(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _close_text(self) -> None:
        text = "".join(self.text or ())
        self.text = None
        if text:
            self._add(text)

    def _close_deleted_text(self) -> None:
        text = "".join(self.text or ())
        self.text = None
        if self._deleters or self._movers:
            self._add(text)
        elif text:
            self._add(text, (BlockKind.DELETION, "修订中已删除的文字", "（修订删除）"))

    def _add(self, text: str, key: _Key | None = None) -> None:
        """Text of the open run, to where it belongs."""
        if self._paragraph is None:
            self._open_paragraph({})
        paragraph = self._paragraph
        assert paragraph is not None
        key = key or self._key()
        if self._fields and self._fields[-1] is not None and key is None:
            self._fields[-1].append(text)
            return
        if key is None:
            paragraph.text.append(text)
            if self._inserters:
                paragraph.inserter = self._inserters[-1]
            else:
                paragraph.typed += len(text.strip())
            paragraph.last = None if text.strip() else paragraph.last
        elif paragraph.last == key:
            paragraph.segments[-1][1].append(text)
        else:
            paragraph.segments.append((key, [text]))
            paragraph.last = key

    def _key(self) -> _Key | None:
        """The segment the open run belongs to; None for what a reader sees."""
        if self._deleters:
            return BlockKind.DELETION, "修订中已删除的文字", _by("（修订删除", self._deleters[-1])
        if self._movers:
            return BlockKind.DELETION, "修订中已移走的文字", _by("（修订移走", self._movers[-1])
        if self._ruby:
            return BlockKind.OTHER, "", "（拼音注音）"
        concealed = self._why_unseen()
        if concealed:
            return BlockKind.HIDDEN, concealed, f"（{concealed}）"
        return None

    def _tab(self, attributes: dict[str, str]) -> None:
        if self._run:
            self._add("\t")

    def _hyphen(self, attributes: dict[str, str]) -> None:
        self._add("-")

    def _new_line(self, attributes: dict[str, str]) -> None:
        self._add("\n")

    def _break(self, attributes: dict[str, str]) -> None:
        if attributes.get("w:type") != "page":
            self._add("\n")
            return
        paragraph = self._paragraph
        if not self.place.has_rendered_breaks:
            self._page += 1
        if paragraph and paragraph.text:
            self._add("\n")
        elif paragraph:
            self._move_to_page(paragraph)

    def _move_to_page(self, paragraph: Paragraph) -> None:
        """A paragraph whose text begins after a page break stands on the page after it."""
        paragraph.page = self.page()
        paragraph.is_top = self.is_top()

    def _rendered_break(self, attributes: dict[str, str]) -> None:
        self._page += 1
        if self._paragraph and not self._paragraph.text:
            self._move_to_page(self._paragraph)

    def _break_before(self, attributes: dict[str, str]) -> None:
        if is_on(attributes) and self._paragraph and not self.place.has_rendered_breaks and self._paragraphs:
            self._page += 1
            self._move_to_page(self._paragraph)

    def _symbol(self, attributes: dict[str, str]) -> None:
        try:
            code = int(attributes.get("w:char", ""), 16)
        except ValueError:
            return
        if 0xF000 <= code <= 0xF0FF:
            self._add(_WINGDINGS.get(code - 0xF000, "□"))
        elif 0 < code < 0x110000 and not 0xD800 <= code < 0xE000:
            self._add(chr(code))

    def _open_ruby(self, attributes: dict[str, str]) -> None:
        self._ruby += 1

    def _close_ruby(self) -> None:
        self._ruby = max(self._ruby - 1, 0)

    # -------------------------------------------------------------------------------------------------------- changes

    def _open_deletion(self, attributes: dict[str, str]) -> None:
        self._deleters.append(self._author(attributes))

    def _open_move(self, attributes: dict[str, str]) -> None:
        self._movers.append(self._author(attributes))

    def _open_insertion(self, attributes: dict[str, str]) -> None:
        self._inserters.append(self._author(attributes))

    def _author(self, attributes: dict[str, str]) -> str:
        self.changes += 1
        author = attributes.get("w:author", "")
        if author.strip():
            self.authors[author] = None
        return author

    # --------------------------------------------------------------------------------------------------- fields, links

    def _field_character(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("w:fldCharType")
        if kind == "begin":
            self._fields.append([])
        elif kind == "separate" and self._fields:
            self._end_instruction()
        elif kind == "end" and self._fields:
            self._close_field()

    def _end_instruction(self) -> None:
        instruction = self._fields[-1]
        self._fields[-1] = None
        if instruction is not None:
            self._say_field("".join(instruction))

    def _close_field(self) -> None:
        self._end_instruction()
        self._fields.pop()

    def _close_instruction(self) -> None:
        text = "".join(self.text or ())
        self.text = None
        if self._fields and self._fields[-1] is not None:
            self._fields[-1].append(text)
        else:
            self._say_field(text)

    def _simple_field(self, attributes: dict[str, str]) -> None:
        self._say_field(attributes.get("w:instr", ""))

    def _say_field(self, instruction: str) -> None:
        instruction = instruction.strip()
        words = " ".join(instruction.split()) if len(instruction) <= _BORING_LENGTH else instruction
        if len(words) > _BORING_LENGTH or not _BORING_FIELD.fullmatch(words):
            self.say(BlockKind.FIELD, instruction, "域代码")

    def _bookmark(self, attributes: dict[str, str]) -> None:
        name = attributes.get("w:name", "")
        if not _BORING_BOOKMARK.match(name):
            self.say(BlockKind.NAME, name, "书签名称")

    def _hyperlink(self, attributes: dict[str, str]) -> None:
        identifier = attributes.get("r:id", "")
        relation = self._relations.get(identifier)
        if relation and relation.is_external:
            self.used.add(identifier)
            self.say(BlockKind.LINK, relation.target, "超链接地址")
        self.say(BlockKind.ALT_TEXT, attributes.get("w:tooltip", ""), "超链接提示")


def _leave(stack: list[str]) -> None:
    if stack:
        stack.pop()


def _by(what: str, author: str) -> str:
    return f"{what}，{author[:60]}）" if author.strip() else f"{what}）"


def whole(attributes: dict[str, str], low: int = 0, high: int = 1000) -> int:
    """``w:val`` as a number between two bounds."""
    return min(max(number(attributes.get("w:val"), low), low), high)
