"""The shapes of one slide, note page, layout or master as pieces: text, tables, alternative text, what is off the canvas."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from review.reading.assembly import Piece
from review.reading.formats.ooxml import Relationship
from review.reading.formats.ooxml_common import BORING_NAME, letters
from review.reading.formats.xml_events import Handler, Start, is_wording, number
from review.types import BlockKind, Cell

OFF_CANVAS = "幻灯片画布之外"
HIDDEN_SHAPE = "隐藏的图形"
TINY = "微小字号"
SAME_COLOUR = "文字与底色相同"
PROMPT = "占位符提示文字（放映时不显示）"
FALLBACK = "备用内容（只在旧版程序中显示）"

#: Hundredths of a point; smaller text is no text for a reader.
_TINY = 300
_TITLES = frozenset({"title", "ctrTitle"})
_FIELDS = frozenset({"sldNum", "sldImg", "dt"})
#: How the prompts begin that programs put into layouts.
_BOILERPLATE = tuple(
    "单击此处,点击此处,单击图标,Click to edit,Click icon,‹#›,Second level,Third level,Fourth level,Fifth level,"
    "第二级,第三级,第四级,第五级,二级,三级,四级,五级".split(",")
)
_KINDS = {"p:sp": "文本", "p:pic": "图片", "p:graphicFrame": "对象", "p:cxnSp": "连接线", "p:grpSp": "组合"}


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is being read and how its places are named."""

    where: str  # 第3张幻灯片
    kind: BlockKind | None = None  # None: by shape
    page: int | None = None
    concealed: str = ""
    width: int = 0  # EMU; 0: unknown
    height: int = 0
    is_layout: bool = False
    is_first: bool = False
    first_table: int = 0


@dataclass(slots=True)
class _Shape:
    tag: str
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    has_place: bool = False
    scale: tuple[float, float, float, float] = (1, 0, 1, 0)  # outer x = a * x + b, outer y = c * y + d
    child: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])
    name: str = ""
    placeholder: str | None = None
    is_hidden: bool = False
    fill: str = ""
    notes: list[Piece] = field(default_factory=list)


class Slide(Handler):
    """Reads one part with shapes; ``pieces`` in document order."""

    def __init__(self, canvas: Canvas, relations: Mapping[str, Relationship]) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.is_hidden = False
        self.tables_read = 0
        self.used: set[str] = set()
        self._canvas = canvas
        self._relations = relations
        self._shapes: list[_Shape] = []
        self._lines: list[str] = []
        self._hidden: list[tuple[str, str]] = []  # (reason, text)
        self._text_open = False
        self._reason = ""
        self._is_in_run = False
        self._is_in_shape_fill = False
        self._row = self._column = -1
        self._cell: Cell | None = None
        self._table = 0
        self._alternatives: list[tuple[int, int, set[str]]] = []
        self.starts = {
            "p:sld": self._slide,
            **{tag: self._opener(tag) for tag in _KINDS},
            "p:cNvPr": self._named,
            "p:ph": self._placeholder,
            "a:off": self._offset,
            "a:ext": self._extent,
            "p:xfrm": lambda _: None,
            "a:chOff": self._child_offset,
            "a:chExt": self._child_extent,
            "p:spPr": lambda _: self._set_fill(True),
            "a:ln": lambda _: self.skip(),
            "a:srgbClr": self._colour,
            "a:p": self._open_paragraph,
            "a:r": self._open_run,
            "a:fld": self._open_run,
            "a:rPr": self._run_properties,
            "a:t": self._collect,
            "a:br": self._break,
            "a:tbl": self._open_table,
            "a:tr": self._open_row,
            "a:tc": self._open_cell,
            "a:hlinkClick": self._link,
            "a:hlinkHover": self._link,
            "mc:AlternateContent": lambda _: self._alternatives.append((len(self.pieces), len(self._lines), set())),
            "mc:Fallback": self._open_fallback,
        }
        self.ends = {
            **{tag: self._close_shape for tag in _KINDS},
            "p:spPr": lambda: self._set_fill(False),
            "p:txBody": self._close_text,
            "a:txBody": lambda: None,
            "a:p": self._close_paragraph,
            "a:r": self._close_run,
            "a:fld": self._close_run,
            "a:t": self._take,
            "a:tc": self._close_cell,
            "mc:Choice": self._close_choice,
            "mc:Fallback": self._close_fallback,
            "mc:AlternateContent": self._close_alternative,
        }

    # ---------------------------------------------------------------------------------------------------------- shapes

    def _slide(self, attributes: dict[str, str]) -> None:
        self.is_hidden = attributes.get("show") in ("0", "false")

    def _opener(self, tag: str) -> Start:
        def start(_: dict[str, str]) -> None:
            self._shapes.append(_Shape(tag))

        return start

    def _named(self, attributes: dict[str, str]) -> None:
        if not self._shapes:
            return
        shape = self._shapes[-1]
        shape.name = attributes.get("name", "")
        shape.is_hidden = attributes.get("hidden") in ("1", "true")
        for key, what in (("descr", "替代文字"), ("title", "标题")):
            self._note(BlockKind.ALT_TEXT, attributes.get(key, ""), what)
        if not BORING_NAME.fullmatch(shape.name) and not self._canvas.is_layout:
            self._note(BlockKind.NAME, shape.name, "图形名称")

    def _placeholder(self, attributes: dict[str, str]) -> None:
        if self._shapes:
            self._shapes[-1].placeholder = attributes.get("type", "body")

    def _offset(self, attributes: dict[str, str]) -> None:
        if self._shapes and not self._shapes[-1].has_place:
            self._shapes[-1].x, self._shapes[-1].y = number(attributes.get("x")), number(attributes.get("y"))

    def _extent(self, attributes: dict[str, str]) -> None:
        if self._shapes and "cx" in attributes and not self._shapes[-1].has_place:
            shape = self._shapes[-1]
            shape.width, shape.height = number(attributes.get("cx")), number(attributes.get("cy"))
            shape.has_place = True

    def _child_offset(self, attributes: dict[str, str]) -> None:
        if self._shapes:
            self._shapes[-1].child[:2] = [number(attributes.get("x")), number(attributes.get("y"))]

    def _child_extent(self, attributes: dict[str, str]) -> None:
        if self._shapes:
            shape = self._shapes[-1]
            shape.child[2:] = [number(attributes.get("cx")), number(attributes.get("cy"))]
            a = shape.width / shape.child[2] if shape.child[2] else 1.0
            c = shape.height / shape.child[3] if shape.child[3] else 1.0
            shape.scale = (a, shape.x - a * shape.child[0], c, shape.y - c * shape.child[1])

    def _close_shape(self) -> None:
        if self._shapes:
            self._close_text()
            shape = self._shapes[-1]
            self.pieces += [replace(p, concealed=p.concealed or self._why_unseen()) for p in shape.notes]
            self._shapes.pop()

    def _why_unseen(self) -> str:
        if self._canvas.concealed:
            return self._canvas.concealed
        if any(shape.is_hidden for shape in self._shapes):
            return HIDDEN_SHAPE
        shape = self._shapes[-1] if self._shapes else None
        if shape is None:
            return ""
        if self._canvas.is_layout and shape.placeholder is not None and shape.placeholder not in ("ftr", "hdr", "dt"):
            return PROMPT
        return OFF_CANVAS if self._is_off_canvas(shape) else ""

    def _is_off_canvas(self, shape: _Shape) -> bool:
        if not shape.has_place or not self._canvas.width:
            return False
        left, top, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
        for group in reversed(self._shapes[:-1]):
            a, b, c, d = group.scale
            left, right, top, bottom = a * left + b, a * right + b, c * top + d, c * bottom + d
        return right <= 0 or bottom <= 0 or left >= self._canvas.width or top >= self._canvas.height

    def _set_fill(self, is_open: bool) -> None:
        self._is_in_shape_fill = is_open

    def _colour(self, attributes: dict[str, str]) -> None:
        value = attributes.get("val", "").upper()
        if self._is_in_shape_fill and self._shapes:
            self._shapes[-1].fill = value
        elif self._is_in_run and self._shapes and value and value == self._shapes[-1].fill:
            self._reason = self._reason or SAME_COLOUR

    # ------------------------------------------------------------------------------------------------------------ text

    def _open_paragraph(self, attributes: dict[str, str]) -> None:
        if self._lines and not self._lines[-1].endswith("\n"):
            self._lines.append("\n")

    def _close_paragraph(self) -> None:
        self._reason = ""

    def _open_run(self, attributes: dict[str, str]) -> None:
        self._is_in_run = True
        self._reason = ""

    def _close_run(self) -> None:
        self._is_in_run = False
        self._reason = ""

    def _run_properties(self, attributes: dict[str, str]) -> None:
        if self._is_in_run and 0 < number(attributes.get("sz"), 1800) <= _TINY:
            self._reason = TINY

    def _break(self, attributes: dict[str, str]) -> None:
        self._lines.append("\n")

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _take(self) -> None:
        text = "".join(self.text or ())
        self.text = None
        if self._reason:
            self._hidden.append((self._reason, text))
        elif text:
            self._lines.append(text)

    def _close_text(self) -> None:
        """The text collected so far becomes the piece of the open shape or cell."""
        text = "".join(self._lines).strip("\n")
        hidden, self._lines, self._hidden = self._hidden, [], []
        shape = self._shapes[-1] if self._shapes else None
        if self._canvas.is_layout and shape and shape.placeholder in _FIELDS and _has_no_han(text):
            return
        where = self._where(shape)
        if text.strip() and not (self._canvas.is_layout and _is_boilerplate(text)):
            self._put(text, self._kind(shape), where, self._why_unseen())
        for reason, part in hidden:
            if part.strip():
                self._put(part, BlockKind.HIDDEN, f"{where}（{reason}）", reason)

    def _kind(self, shape: _Shape | None) -> BlockKind:
        if self._canvas.kind is not None:
            return self._canvas.kind
        if self._cell is not None:
            return BlockKind.CELL
        if shape is not None and shape.placeholder in _TITLES:
            return BlockKind.HEADING
        return BlockKind.PARAGRAPH if shape is not None and shape.placeholder else BlockKind.TEXT_BOX

    def _where(self, shape: _Shape | None) -> str:
        if self._cell is not None:
            place = f"表{self._table + 1} 第{self._cell.row + 1}行 {letters(self._cell.column)}列"
            return f"{self._canvas.where} {place}"
        if shape is not None and shape.placeholder in _TITLES:
            return f"{self._canvas.where} 标题"
        return f"{self._canvas.where} 文本框" if shape is not None and not shape.placeholder else self._canvas.where

    def stray(self, text: str) -> None:
        """Text in elements no program shows stays in the file all the same."""
        if is_wording(text):
            self._put(text.strip(), BlockKind.HIDDEN, f"{self._canvas.where} 未知元素", "程序不显示的内容")

    def _put(self, text: str, kind: BlockKind, where: str, concealed: str) -> None:
        canvas = self._canvas
        self.pieces.append(
            Piece(
                text, kind, where, canvas.page, concealed=concealed, cell=self._cell, top_of_first_page=canvas.is_first
            )
        )

    def _note(self, kind: BlockKind, text: str, what: str) -> None:
        if text.strip() and self._shapes:
            where = f"{self._canvas.where} {_KINDS[self._shapes[-1].tag]} {what}"
            self._shapes[-1].notes.append(Piece(text, kind, where, self._canvas.page))

    def _link(self, attributes: dict[str, str]) -> None:
        identifier = attributes.get("r:id", "")
        relation = self._relations.get(identifier)
        if relation and relation.is_external:
            self.used.add(identifier)
            self._note(BlockKind.LINK, relation.target, "超链接地址")
        self._note(BlockKind.ALT_TEXT, attributes.get("tooltip", ""), "超链接提示")

    # ---------------------------------------------------------------------------------------------------------- tables

    def _open_table(self, attributes: dict[str, str]) -> None:
        self._table = self._canvas.first_table + self.tables_read
        self.tables_read += 1
        self._row = -1

    def _open_row(self, attributes: dict[str, str]) -> None:
        self._row += 1
        self._column = -1

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._column += 1
        down = min(max(number(attributes.get("rowSpan"), 1), 1), 10_000)
        across = min(max(number(attributes.get("gridSpan"), 1), 1), 10_000)
        self._cell = Cell(self._table, max(self._row, 0), self._column, down, across)
        self._lines, self._hidden = [], []

    def _close_cell(self) -> None:
        self._close_text()
        self._cell = None

    # ---------------------------------------------------------------------------------------------- one of two forms

    def _close_choice(self) -> None:
        if self._alternatives:
            pieces, lines, said = self._alternatives[-1]
            said |= {"".join(piece.text.split()) for piece in self.pieces[pieces:]}
            said.add("".join("".join(self._lines[lines:]).split()))
            said.discard("")
            self._alternatives[-1] = (len(self.pieces), len(self._lines), said)

    def _close_alternative(self) -> None:
        if self._alternatives:
            self._alternatives.pop()

    def _open_fallback(self, attributes: dict[str, str]) -> None:
        if self._alternatives and self._alternatives[-1][2] and len(self._lines):
            self.skip()

    def _close_fallback(self) -> None:
        if not self._alternatives or not self._alternatives[-1][2]:
            return
        start, _, said = self._alternatives[-1]
        more = [p for p in self.pieces[start:] if "".join(p.text.split()) not in said]
        self.pieces[start:] = [replace(p, concealed=p.concealed or FALLBACK) for p in more]


def _is_boilerplate(text: str) -> bool:
    return all(
        not line.strip() or line.strip().startswith(_BOILERPLATE) or len(line.strip()) < 4 for line in text.split("\n")
    )


def _has_no_han(text: str) -> bool:
    return not any("\u3400" <= c <= "\u9fff" for c in text)
