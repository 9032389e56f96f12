"""One story of a docx (body, header, notes, comments …): tables, text boxes, shapes and sections around ``docx_text``."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from review.reading.assembly import Piece
from review.reading.formats.docx_styles import Look, Styles, is_painted, shading
from review.reading.formats.docx_text import Paragraph, Place, Text, whole
from review.reading.formats.ooxml import Relationship
from review.reading.formats.ooxml_common import BORING_NAME, letters
from review.reading.formats.xml_events import is_on, is_wording
from review.types import BlockKind, Cell

_FALLBACK = "备用内容（只在旧版程序中显示）"
_HIDDEN_SHAPE = "隐藏的图形"
_UNKNOWN = "程序不显示的内容"
_HIDDEN_ROW = "隐藏的表格行"


@dataclass(slots=True)
class _Table:
    index: int
    row: int = -1
    column: int = 0
    is_shaded: bool = False
    is_row_hidden: bool = False
    merges: dict[int, int] = field(default_factory=dict)  # column → row where its vertical merge began
    cell: "_Cell | None" = None


@dataclass(slots=True)
class _Cell:
    row: int
    column: int
    span: int = 1
    has_ground: bool = False
    lines: list[str] = field(default_factory=list)
    first: Paragraph | None = None
    after: list[Piece] = field(default_factory=list)  # what its open paragraphs carry along
    done: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class _Outside:
    """What is set aside while a text box is read."""

    paragraph: Paragraph | None
    run: Look | None
    run_style: str
    concealed: str | None
    tables: list[_Table]
    fields: list[list[str] | None]
    box: str
    is_filled: bool
    paragraphs: int


@dataclass(slots=True)
class _Alternative:
    """An ``mc:AlternateContent``: what its choice said, and the list its fallback is collected in."""

    said: set[str] = field(default_factory=set)
    choice: list[Piece] | None = None
    fallback: list[Piece] | None = None
    text_at: int = 0
    unseen: str = ""


class Story(Text):
    """Reads one story; ``pieces`` is complete after ``finish``."""

    def __init__(self, place: Place, styles: Styles, relations: Mapping[str, Relationship]) -> None:
        super().__init__(place, styles, relations)
        self.sections: list[tuple[dict[str, str], bool]] = []  # ({"header:first": r:id}, has a title page)
        self.tables_read = 0
        self.chunks: list[str] = []  # parts imported as text
        self.opened: set[str] = set()  # "comment:3": the notes this story holds
        self.lost: list[str] = []  # where something was referenced that the file does not hold
        self._tables: list[_Table] = []
        self._outside: list[_Outside] = []
        self._boxes = 0
        self._box = ""
        self._is_filled = False
        self._is_in_properties = False
        self._is_page_painted = False
        self._note = ""
        self._notes = 0
        self._alternatives: list[_Alternative] = []
        self._spans: dict[tuple[int, int, int], int] = {}
        self._section: dict[str, str] = {}
        self._has_title_page = False
        self._add_tables()
        self._add_shapes()
        self._add_the_rest()

    def _add_tables(self) -> None:
        self.starts |= {
            "w:tbl": self._open_table,
            "w:tblStyle": self._table_style,
            "w:tblCaption": lambda a: self.say(BlockKind.ALT_TEXT, a.get("w:val", ""), "表格替代文字"),
            "w:tblDescription": lambda a: self.say(BlockKind.ALT_TEXT, a.get("w:val", ""), "表格替代文字"),
            "w:tr": self._open_row,
            "w:gridBefore": self._grid_before,
            "w:hidden": self._hidden_row,
            "w:tc": self._open_cell,
            "w:gridSpan": self._grid_span,
            "w:vMerge": self._vertical_merge,
        }
        self.ends |= {"w:tbl": self._close_table, "w:tc": self._close_cell}

    def _add_shapes(self) -> None:
        self.starts |= {
            "w:txbxContent": self._open_box,
            "mc:AlternateContent": lambda _: self._alternatives.append(_Alternative()),
            "mc:Choice": self._open_choice,
            "mc:Fallback": self._open_fallback,
            "wps:wsp": self._open_shape,
            "wps:spPr": self._open_shape_properties,
            "a:ln": lambda _: self.skip(),
            "a:solidFill": self._fill,
            "a:gradFill": self._fill,
            "a:blipFill": self._fill,
            "a:pattFill": self._fill,
            "v:shape": self._vml_shape,
            "v:rect": self._vml_shape,
            "v:roundrect": self._vml_shape,
            "v:textpath": lambda a: self.say(BlockKind.TEXT_BOX, a.get("string", ""), "艺术字（水印）"),
            "wp:docPr": self._drawing_frame,
            "pic:cNvPr": self._drawing,
            "wps:cNvPr": self._drawing,
            "w:background": self._background,
            "a:blip": self._picture,
            "v:imagedata": self._old_picture,
            "w:altChunk": self._chunk,
        }
        self.ends |= {
            "w:txbxContent": self._close_box,
            "mc:AlternateContent": self._close_alternative,
            "mc:Choice": self._close_choice,
            "mc:Fallback": self._close_fallback,
            "wps:spPr": self._close_shape_properties,
            "w:drawing": self._show_again,
            "w:pict": self._show_again,
        }

    def _add_the_rest(self) -> None:
        self.starts |= {
            "w:comment": self._open_comment,
            "w:footnote": lambda a: self._open_note(a, "脚注"),
            "w:endnote": lambda a: self._open_note(a, "尾注"),
            "w:commentReference": lambda a: self._anchor("comment", a),
            "w:footnoteReference": lambda a: self._anchor("footnote", a),
            "w:endnoteReference": lambda a: self._anchor("endnote", a),
            "w:headerReference": lambda a: self._refer("header", a),
            "w:footerReference": lambda a: self._refer("footer", a),
            "w:titlePg": self._title_page,
            "w:helpText": lambda a: self.say(BlockKind.FIELD, a.get("w:val", ""), "表单域帮助"),
            "w:statusText": lambda a: self.say(BlockKind.FIELD, a.get("w:val", ""), "表单域提示"),
            "w:default": self._default,
            "w:listEntry": lambda a: self.say(BlockKind.FIELD, a.get("w:val", ""), "下拉选项"),
            "w:listItem": self._list_item,
            "w:attr": lambda a: self.say(BlockKind.FIELD, a.get("w:val", ""), "智能标记的值"),
            "w:alias": lambda a: self.say(BlockKind.NAME, a.get("w:val", ""), "内容控件标题"),
            "w:tag": lambda a: self.say(BlockKind.NAME, a.get("w:val", ""), "内容控件标记"),
        }
        self.ends |= {
            "w:comment": self._close_note,
            "w:footnote": self._close_note,
            "w:endnote": self._close_note,
            "w:sectPr": self._close_section,
        }

    def stray(self, text: str) -> None:
        """Text in elements no program shows stays in the file all the same."""
        if is_wording(text):
            where = self._paragraph.locator if self._paragraph else self.locator()
            self.emit(text.strip(), BlockKind.HIDDEN, f"{where} 未知元素", self.page(), concealed=_UNKNOWN)

    def finish(self) -> None:
        super().finish()
        while self._outside or self._tables:
            if self._tables:
                self._close_table()
            else:
                self._close_box()
        if self._spans:
            self.pieces = [self._spanned(piece) for piece in self.pieces]

    def _spanned(self, piece: Piece) -> Piece:
        cell = piece.cell
        rows = self._spans.get((cell.table, cell.row, cell.column)) if cell else None
        return replace(piece, cell=replace(cell, row_span=rows)) if cell and rows else piece

    # ---------------------------------------------------------------------------------------------------------- places

    def locator(self) -> str:
        """正文第12段, 表2 第5行 C列, 文本框1（正文第3段）, 页眉 …"""
        if self._tables and self._tables[-1].cell:
            table = self._tables[-1]
            where = f"表{table.index + 1} 第{table.row + 1}行 {letters(table.column)}列"
            prefix = self._box or self._note or self.place.name
            return f"{prefix} {where}" if prefix else where
        return self._box or self._note or self.place.name or f"正文第{self._paragraphs + 1}段"

    def cell(self) -> Cell | None:
        if not self._tables or not self._tables[-1].cell:
            return None
        cell = self._tables[-1].cell
        return Cell(self._tables[-1].index, cell.row, cell.column, 1, cell.span)

    def has_ground(self) -> bool:
        if self._is_page_painted or self._is_filled and self._box:
            return True
        return any(table.is_shaded or (table.cell and table.cell.has_ground) for table in self._tables)

    def kind(self, style: str) -> BlockKind:
        if self.place.kind is BlockKind.PARAGRAPH:
            if self._tables:
                return BlockKind.CELL
            if self._box:
                return BlockKind.TEXT_BOX
        return super().kind(style)

    def put(self, text: str, paragraph: Paragraph, kind: BlockKind) -> None:
        cell = self._tables[-1].cell if self._tables else None
        if cell is None:
            super().put(text, paragraph, kind)
            return
        cell.first = cell.first or paragraph
        cell.lines.append(text)

    def count(self, has_text: bool) -> None:
        if not self._tables and not self._box:
            self._paragraphs += has_text

    # ---------------------------------------------------------------------------------------------------------- tables

    def _open_table(self, attributes: dict[str, str]) -> None:
        if self._tables:
            self._flush_cell()
        self._tables.append(_Table(self.place.first_table + self.tables_read))
        self.tables_read += 1

    def _table_style(self, attributes: dict[str, str]) -> None:
        if self._tables:
            self._tables[-1].is_shaded = self._styles.is_table_shaded(attributes.get("w:val", ""))

    def _open_row(self, attributes: dict[str, str]) -> None:
        if self._tables:
            table = self._tables[-1]
            table.row += 1
            table.column = 0
            table.is_row_hidden = False

    def _grid_before(self, attributes: dict[str, str]) -> None:
        if self._tables:
            self._tables[-1].column += whole(attributes)

    def _hidden_row(self, attributes: dict[str, str]) -> None:
        if self._tables:
            self._tables[-1].is_row_hidden = is_on(attributes)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        if self._tables:
            table = self._tables[-1]
            if table.cell:
                self._close_cell()
            table.row = max(table.row, 0)
            table.cell = _Cell(table.row, table.column)
            self._outs.append(table.cell.after)

    def _grid_span(self, attributes: dict[str, str]) -> None:
        if self._tables and self._tables[-1].cell:
            self._tables[-1].cell.span = whole(attributes, 1)

    def _vertical_merge(self, attributes: dict[str, str]) -> None:
        table = self._tables[-1] if self._tables else None
        if table is None or table.cell is None:
            return
        column = table.cell.column
        if attributes.get("w:val") == "restart":
            table.merges[column] = table.row
        elif column in table.merges:
            first = table.merges[column]
            self._spans[(table.index, first, column)] = table.row - first + 1

    def _shading(self, attributes: dict[str, str]) -> None:
        if self._tables and self._tables[-1].cell and not self._paragraph:
            self._tables[-1].cell.has_ground = is_painted(shading(attributes))
        else:
            super()._shading(attributes)

    def _flush_cell(self) -> None:
        """Emit what the open cell holds so far; the cell stays open."""
        table = self._tables[-1]
        cell = table.cell
        if cell is None:
            return
        lines, first, after = cell.lines, cell.first, list(cell.after)
        cell.lines, cell.first = [], None
        cell.after.clear()
        kind = BlockKind.CELL if self.place.kind is BlockKind.PARAGRAPH else self.place.kind
        if lines and first:
            concealed = _HIDDEN_ROW if table.is_row_hidden else ""
            self.emit("\n".join(lines), kind, self.locator(), first.page, first.is_top, concealed)
        # the piece stands before what its paragraphs carried along
        cell.done += [*cell.after, *after]
        cell.after.clear()

    def _close_cell(self) -> None:
        table = self._tables[-1] if self._tables else None
        if table is None or table.cell is None:
            return
        if self._paragraph:
            self._close_paragraph()
        self._flush_cell()
        self._outs.pop()
        self._outs[-1].extend(table.cell.done)
        table.column = min(table.column + table.cell.span, 100_000)
        table.cell = None

    def _close_table(self) -> None:
        if self._tables:
            if self._tables[-1].cell:
                self._close_cell()
            self._tables.pop()
        if self._tables:
            self._flush_cell()  # the table inside stands before the text that follows it

    # ------------------------------------------------------------------------------------------------ boxes and shapes

    def _open_box(self, attributes: dict[str, str]) -> None:
        self._outside.append(
            _Outside(
                self._paragraph,
                self._run,
                self._run_style,
                self._concealed,
                self._tables,
                self._fields,
                self._box,
                self._is_filled,
                self._paragraphs,
            )
        )
        self._boxes += 1
        where = self._paragraph.locator if self._paragraph else self.locator()
        self._box = f"文本框{self._boxes}（{where.removeprefix('文本框')[:120]}）"
        self._paragraph = self._run = self._concealed = self.look = None
        self._tables, self._fields = [], []

    def _close_box(self) -> None:
        if not self._outside:
            return
        while self._fields:
            self._close_field()
        if self._paragraph:
            self._close_paragraph()
        while self._tables:
            self._close_table()
        outside = self._outside.pop()
        self._paragraph, self._run, self._run_style = outside.paragraph, outside.run, outside.run_style
        self._concealed, self._tables, self._fields = outside.concealed, outside.tables, outside.fields
        self._box, self._is_filled = outside.box, outside.is_filled

    def _open_shape(self, attributes: dict[str, str]) -> None:
        self._is_filled = False

    def _open_shape_properties(self, attributes: dict[str, str]) -> None:
        self._is_in_properties = True

    def _close_shape_properties(self) -> None:
        self._is_in_properties = False

    def _fill(self, attributes: dict[str, str]) -> None:
        self._is_filled = self._is_filled or self._is_in_properties

    def _vml_shape(self, attributes: dict[str, str]) -> None:
        self._is_filled = attributes.get("fillcolor", "white").lower() not in ("white", "#ffffff", "window", "#fff")
        self._is_filled = self._is_filled and attributes.get("filled", "t") not in ("f", "false")
        if "visibility:hidden" in attributes.get("style", "").replace(" ", ""):
            self._unseen = self._unseen or _HIDDEN_SHAPE
        self.say(BlockKind.ALT_TEXT, attributes.get("alt", ""), "图形替代文字")
        self.say(BlockKind.ALT_TEXT, attributes.get("title", ""), "图形标题")

    def _drawing_frame(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true"):
            self._unseen = self._unseen or _HIDDEN_SHAPE
        self._drawing(attributes)

    def _show_again(self) -> None:
        if self._unseen == _HIDDEN_SHAPE:
            self._unseen = ""

    def _drawing(self, attributes: dict[str, str]) -> None:
        self.say(BlockKind.ALT_TEXT, attributes.get("descr", ""), "图片替代文字")
        self.say(BlockKind.ALT_TEXT, attributes.get("title", ""), "图片标题")
        self._name(attributes.get("name", ""))

    def _picture(self, attributes: dict[str, str]) -> None:
        self._need(attributes.get("r:embed", ""), "图片")

    def _old_picture(self, attributes: dict[str, str]) -> None:
        self._name(attributes.get("o:title", ""))
        self._need(attributes.get("r:id", ""), "图片")

    def _chunk(self, attributes: dict[str, str]) -> None:
        relation = self._need(attributes.get("r:id", ""), "导入的文件")
        if relation and not relation.is_external:
            self.chunks.append(relation.target)

    def _need(self, identifier: str, what: str) -> Relationship | None:
        """The arrow of an element; one without its arrow is said to be lost."""
        relation = self._relations.get(identifier)
        if identifier and relation is None:
            self.lost.append(f"{self.locator()} {what}")
        return relation

    def _name(self, name: str) -> None:
        if not BORING_NAME.fullmatch(name):
            self.say(BlockKind.NAME, name, "图形名称")

    def _background(self, attributes: dict[str, str]) -> None:
        self._is_page_painted = attributes.get("w:color", "FFFFFF").upper() not in ("FFFFFF", "AUTO")

    # ------------------------------------------------------------------------------------------------ one of two forms

    def _open_choice(self, attributes: dict[str, str]) -> None:
        if self._alternatives:
            alternative = self._alternatives[-1]
            alternative.choice = []
            alternative.text_at = len(self._paragraph.text) if self._paragraph else 0
            self._outs.append(alternative.choice)

    def _close_choice(self) -> None:
        alternative = self._alternatives[-1] if self._alternatives else None
        if alternative is None or alternative.choice is None:
            return
        collected = self._take(alternative.choice)
        alternative.said |= {"".join(piece.text.split()) for piece in collected}
        if self._paragraph:
            alternative.said.add("".join("".join(self._paragraph.text[alternative.text_at :]).split()))
        alternative.said.discard("")
        alternative.choice = None
        self._outs[-1].extend(collected)

    def _open_fallback(self, attributes: dict[str, str]) -> None:
        if self._alternatives:
            alternative = self._alternatives[-1]
            alternative.fallback = []
            alternative.unseen = self._unseen
            alternative.text_at = len(self._paragraph.text) if self._paragraph else 0
            self._outs.append(alternative.fallback)
            if alternative.said:
                self._unseen = _FALLBACK

    def _close_fallback(self) -> None:
        alternative = self._alternatives[-1] if self._alternatives else None
        if alternative is None or alternative.fallback is None:
            return
        self._unseen = alternative.unseen
        collected = self._take(alternative.fallback)
        self._outs[-1].extend(p for p in collected if "".join(p.text.split()) not in alternative.said)
        alternative.fallback = None
        if alternative.said and self._paragraph:
            direct = "".join(self._paragraph.text[alternative.text_at :])
            del self._paragraph.text[alternative.text_at :]
            if direct.strip() and "".join(direct.split()) not in alternative.said:
                self._paragraph.segments.append(((BlockKind.HIDDEN, _FALLBACK, f"（{_FALLBACK}）"), [direct]))
                self._paragraph.last = None

    def _take(self, collected: list[Piece]) -> list[Piece]:
        """The list, no longer open for output."""
        if self._outs[-1] is not collected and self._paragraph:
            self._close_paragraph()  # text without a paragraph of its own
        if self._outs[-1] is collected:
            self._outs.pop()
        return collected

    def _close_alternative(self) -> None:
        if self._alternatives:
            self._alternatives.pop()

    # ------------------------------------------------------------------------------------- notes, sections, form fields

    def _open_comment(self, attributes: dict[str, str]) -> None:
        self._notes += 1
        self.opened.add(f"comment:{attributes.get('w:id', '')}")
        author = attributes.get("w:author", "")
        if author.strip():
            self.authors[author] = None
        self._note = f"批注{self._notes}" + (f"（{author[:60]}）" if author.strip() else "")
        self._note += self.place_of("comment", attributes)

    def _open_note(self, attributes: dict[str, str], what: str) -> None:
        if attributes.get("w:type", "normal") == "normal":
            self._notes += 1
        tag = "footnote" if what == "脚注" else "endnote"
        self.opened.add(f"{tag}:{attributes.get('w:id', '')}")
        self._note = f"{what}{self._notes}" + self.place_of(tag, attributes)

    def place_of(self, what: str, attributes: dict[str, str]) -> str:
        """Where the note is anchored, as far as the body said."""
        where = self.anchors.get(f"{what}:{attributes.get('w:id', '')}")
        return f"，见{where}" if where else ""

    def _close_note(self) -> None:
        if self._paragraph:
            self._close_paragraph()
        self._note = ""

    def _anchor(self, what: str, attributes: dict[str, str]) -> None:
        where = self._paragraph.locator if self._paragraph else self.locator()
        self.anchors.setdefault(f"{what}:{attributes.get('w:id', '')}", where)

    def _refer(self, what: str, attributes: dict[str, str]) -> None:
        self._section[f"{what}:{attributes.get('w:type', 'default')}"] = attributes.get("r:id", "")

    def _title_page(self, attributes: dict[str, str]) -> None:
        self._has_title_page = is_on(attributes)

    def _close_section(self) -> None:
        self.sections.append((self._section, self._has_title_page))
        self._section, self._has_title_page = {}, False

    def _default(self, attributes: dict[str, str]) -> None:
        if attributes.get("w:val", "") not in ("0", "1", "true", "false", ""):
            self.say(BlockKind.FIELD, attributes["w:val"], "表单域默认值")

    def _list_item(self, attributes: dict[str, str]) -> None:
        shown = attributes.get("w:displayText", "")
        value = attributes.get("w:value", "")
        self.say(BlockKind.FIELD, shown, "下拉选项")
        if value != shown:
            self.say(BlockKind.FIELD, value, "下拉选项的值")
