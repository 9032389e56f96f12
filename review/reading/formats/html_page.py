"""One HTML page as pieces: visible text by blocks, tables as cells, and everything a reader of the page does not see.

Works on the events of lxml's HTML parser with its own stack. Scripts run nowhere and nothing is fetched; style sheets are
only asked what they hide.
"""

import re
from dataclasses import dataclass, field

from review.reading.assembly import Embedded, Piece
from review.reading.formats import html_data
from review.reading.formats.ooxml_common import letters
from review.reading.formats.xml_events import is_wording
from review.types import BlockKind, Cell

#: So many first blocks with text stand where a mark would stand.
TOP_BLOCKS = 15

_BLOCKS = frozenset(
    "address article aside blockquote body br-block caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup option p pre section"
    " select summary table tbody td textarea tfoot th thead title tr ul".split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NO_TEXT = frozenset({"script", "style"})
_UNSHOWN = {"template": "网页模板（不显示）", "noscript": "", "head": "", "datalist": "候选列表"}
_DELETED = frozenset({"del", "strike", "s"})
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])([\w-]+))?", re.IGNORECASE)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){2,4000})"|\'((?:[^\'\\\n]|\\.){2,4000})\'|`([^`]{2,4000})`')
_CONDITION = re.compile(r"\[if[^\]]{0,200}\]>|<!\[endif\]")
_OFFICE_PROPERTY = re.compile(r"<o:(\w{2,30})(?:\s[^>]{0,200})?>([^<]{1,4000})</o:\1>")
_WHITE = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)"})
_ATTRIBUTES = (
    ("alt", BlockKind.ALT_TEXT, "替代文字"),
    ("title", BlockKind.ALT_TEXT, "提示文字"),
    ("aria-label", BlockKind.ALT_TEXT, "无障碍文字"),
    ("summary", BlockKind.ALT_TEXT, "表格说明"),
    ("placeholder", BlockKind.FIELD, "输入提示"),
)
#: Attributes whose value is said elsewhere or is no text.
_SAID_ATTRIBUTES = frozenset(
    "alt title aria-label summary placeholder href src srcdoc class id d points content style face".split()
)
#: Outlines of fewer characters of path data in one inline drawing are icons of the page.
_ICON = 2000
_MAX_SPAN = 1000


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return any("\u3400" <= c <= "\u9fff" for c in text)


@dataclass(slots=True)
class _Element:
    tag: str
    concealed: str
    kind: BlockKind | None
    has_ground: bool


@dataclass(slots=True)
class _Table:
    index: int
    row: int = -1
    column: int = -1
    taken: dict[int, int] = field(default_factory=dict)  # column → rows still covered by a cell above
    cell: Cell | None = None
    lines: list[str] = field(default_factory=list)
    after: list[Piece] = field(default_factory=list)


class Page:
    """A target of lxml's HTML parser; ``pieces`` and ``embedded`` are complete after ``close``."""

    def __init__(self, prefix: str = "", first_table: int = 0) -> None:
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self.tables_read = first_table
        self._prefix = prefix
        self._stack: list[_Element] = []
        self._tables: list[_Table] = []
        self._hiding: dict[str, str] = {}  # ".class", "#id", "tag" → reason
        self._text: list[str] = []
        self._segments: list[tuple[BlockKind, str, list[str]]] = []
        self._last: tuple[BlockKind, str] | None = None
        self._after: list[Piece] = []
        self._special: list[str] | None = None  # text of a script, style or title
        self._blocks = 0
        self._kind = BlockKind.PARAGRAPH
        self._pre = 0
        self.unread_drawings = 0  # inline drawings of many lines and no text: they may be writing
        self._drawn = 0

    # --------------------------------------------------------------------------------------------------------- events

    def start(self, tag: object, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = str(tag).lower().rpartition("}")[2]
        above = self._stack[-1] if self._stack else _Element("", "", None, False)
        concealed, has_ground = self._look(name, attributes, above)
        kind = BlockKind.DELETION if name == "del" or "mso-deleted" in attributes.get("style", "") else above.kind
        self._stack.append(_Element(name, concealed, kind, has_ground))
        if name in _BLOCKS:
            self._flush()
            self._kind = BlockKind.HEADING if name in _HEADINGS else BlockKind.PARAGRAPH
        if name in _NO_TEXT or name == "title":
            self._special = []
        elif name == "br":
            self._add("\n")
        elif name in ("pre", "textarea"):
            self._pre += 1
        elif name in ("table", "tr", "td", "th"):
            self._open_grid(name, attributes)
        elif name == "meta":
            self._meta(attributes)
        elif name == "svg":
            self._drawn = 0
        self._drawn += len(attributes.get("d", "")) + len(attributes.get("points", ""))
        self._say_attributes(name, attributes)

    def end(self, tag: object) -> None:
        """An element ends."""
        name = str(tag).lower().rpartition("}")[2]
        if name in _BLOCKS:
            self._flush()
            self._kind = BlockKind.PARAGRAPH
        if name in _NO_TEXT or name == "title":
            self._close_special(name)
        elif name in ("pre", "textarea"):
            self._pre = max(self._pre - 1, 0)
        elif name in ("td", "th"):
            self._close_cell()
        elif name == "svg":
            self.unread_drawings += self._drawn >= _ICON
        elif name == "table" and self._tables:
            self._close_cell()
            self._tables.pop()
        for index in range(len(self._stack) - 1, max(len(self._stack) - 50, 0) - 1, -1):
            if self._stack[index].tag == name:
                del self._stack[index:]
                break

    def data(self, text: str) -> None:
        """Character data."""
        self._drawn = 0 if self._drawn and text.strip() else self._drawn
        if self._special is not None:
            self._special.append(text)
        else:
            self._add(text if self._pre else _SPACES.sub(" ", text))

    def comment(self, text: str) -> None:
        """A comment: notes of the author, or what Word keeps for itself."""
        if text.lstrip().startswith("[if"):
            for name, value in _OFFICE_PROPERTY.findall(text):
                if value.strip():
                    self._note(value.strip(), BlockKind.PROPERTY, f"Office 属性 {name}")
            text = without_tags(_CONDITION.sub("", _OFFICE_PROPERTY.sub("", text)))
        text = text.strip()
        if text and not text.startswith("[endif"):
            self._note(text, BlockKind.HIDDEN, "网页注释", "网页注释")

    def close(self) -> None:
        """End of the page."""
        self._flush()
        while self._tables:
            self._close_cell()
            self._tables.pop()

    # ---------------------------------------------------------------------------------------------------------- text

    def _add(self, text: str) -> None:
        if not text:
            return
        element = self._stack[-1] if self._stack else None
        kind = element.kind if element else None
        concealed = element.concealed if element else ""
        if not kind and not concealed:
            self._text.append(text)
            if text.strip():
                self._last = None
            return
        key = (kind or BlockKind.HIDDEN, concealed or "已删除的文字")
        if key == self._last:
            self._segments[-1][2].append(text)
        else:
            self._segments.append((*key, [text]))
            self._last = key

    def _flush(self) -> None:
        """The block that was collected so far becomes a piece, or a line of the open cell."""
        text = _tidy("".join(self._text), bool(self._pre))
        segments, after = self._segments, self._after
        self._text, self._segments, self._after, self._last = [], [], [], None
        if not (text or segments or after):
            return
        table = self._tables[-1] if self._tables and self._tables[-1].cell else None
        where = self._where()
        pieces = []
        if text and table:
            table.lines.append(text)
        elif text:
            self._blocks += 1
            is_top = self._blocks <= TOP_BLOCKS
            pieces.append(Piece(text, self._kind, where, top_of_first_page=is_top))
        for kind, concealed, parts in segments:
            hidden = _tidy("".join(parts), bool(self._pre))
            if hidden:
                cell = table.cell if table else None
                pieces.append(Piece(hidden, kind, f"{where}（{concealed}）", concealed=concealed, cell=cell))
        pieces += after
        (table.after if table else self.pieces).extend(pieces)

    def _where(self) -> str:
        table = self._tables[-1] if self._tables else None
        if table and table.cell:
            where = f"表{table.index + 1} 第{table.cell.row + 1}行 {letters(table.cell.column)}列"
        else:
            where = f"第{self._blocks + 1}段"
        return f"{self._prefix}{where}"

    def _note(self, text: str, kind: BlockKind, what: str, concealed: str = "") -> None:
        """Text that stands beside what the page shows."""
        concealed = concealed or (self._stack[-1].concealed if self._stack else "")
        self._after.append(Piece(text, kind, f"{self._where()} {what}", concealed=concealed))

    # ---------------------------------------------------------------------------------------------------------- tables

    def _open_grid(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            if self._tables:
                self._flush_cell(self._tables[-1])
            self._tables.append(_Table(self.tables_read))
            self.tables_read += 1
            return
        if not self._tables:
            return
        table = self._tables[-1]
        self._close_cell()
        if name == "tr":
            table.row += 1
            table.column = -1
            table.taken = {column: rows - 1 for column, rows in table.taken.items() if rows > 1}
            return
        table.row = max(table.row, 0)
        column = table.column + 1
        while table.taken.get(column, 0) > 0 and column in table.taken and self._is_covered(table, column):
            column += 1
        across, down = _span(attributes, "colspan"), _span(attributes, "rowspan")
        table.cell = Cell(table.index, table.row, column, down, across)
        table.column = column + across - 1
        if down > 1:
            for covered in range(column, column + across):
                table.taken[covered] = down

    def _is_covered(self, table: _Table, column: int) -> bool:
        return table.taken[column] > 0

    def _flush_cell(self, table: _Table) -> None:
        self._flush()
        if table.cell is None:
            return
        text = "\n".join(table.lines)
        if text:
            self._blocks += 1
            is_top = self._blocks <= TOP_BLOCKS
            self.pieces.append(Piece(text, BlockKind.CELL, self._where(), cell=table.cell, top_of_first_page=is_top))
        self.pieces += table.after
        table.lines, table.after = [], []

    def _close_cell(self) -> None:
        if self._tables:
            table = self._tables[-1]
            self._flush_cell(table)
            table.cell = None

    # ---------------------------------------------------------------------------------------- what is hidden, and where

    def _look(self, name: str, attributes: dict[str, str], above: _Element) -> tuple[str, bool]:
        """Why the text of an element is not seen, and whether it stands on something that is not white."""
        style = attributes.get("style", "")
        ground = attributes.get("bgcolor", "") or attributes.get("background", "")
        concealed = above.concealed or _UNSHOWN.get(name, "")
        if "hidden" in attributes and attributes["hidden"] != "until-found":
            concealed = concealed or "网页隐藏元素"
        if self._hiding and not concealed:
            keys = [name, *(f".{c}" for c in attributes.get("class", "").split()[:20]), f"#{attributes.get('id', '')}"]
            keys += [name + key for key in keys[1:]]
            concealed = next((self._hiding[key] for key in keys if key in self._hiding), "")
        has_ground = above.has_ground or bool(ground and ground.lower() not in _WHITE)
        if style:
            rules = declarations(style)
            ground = rules.get("background", "") or rules.get("background-color", "")
            has_ground = has_ground or bool(
                ground and not any(w in ground for w in ("white", "#fff", "transparent", "none"))
            )
            concealed = concealed or hiding(rules, has_ground)
        colour = attributes.get("color", "").lower().replace(" ", "")
        if name == "font" and colour in _WHITE and not has_ground:
            concealed = concealed or "白色文字"
        return concealed, has_ground

    def _say_attributes(self, name: str, attributes: dict[str, str]) -> None:
        for key, kind, what in _ATTRIBUTES:
            if attributes.get(key, "").strip():
                self._note(attributes[key].strip(), kind, what)
        if name == "input" and attributes.get("value", "").strip():
            is_hidden = attributes.get("type", "").lower() == "hidden"
            self._note(attributes["value"], BlockKind.FIELD, "表单域", "隐藏的表单域" if is_hidden else "")
        if name in ("a", "area", "link", "base") and (target := _target(attributes.get("href", ""))):
            self._note(target, BlockKind.LINK, "链接地址")
        if attributes.get("srcdoc", "").strip():
            self.embedded.append(Embedded("srcdoc.html", attributes["srcdoc"].encode("utf-8"), "内嵌网页"))
        for key, value in attributes.items():
            if key == "style":
                self._style(value)
            elif value.lstrip()[:5].lower() == "data:":
                self._embed(value)
            elif key == "srcset" and "data:" in value:
                for part in value.split(" "):
                    self._embed(part.strip(", "))
            elif key not in _SAID_ATTRIBUTES and is_wording(value) and (name, key) != ("input", "value"):
                self._note(value, BlockKind.HIDDEN, f"属性 {key[:40]}", "网页隐藏属性")

    def _style(self, sheet: str) -> None:
        """Words and files that a style sheet carries."""
        for text in html_data.generated_text(sheet):
            self._note(text, BlockKind.OTHER, "样式生成的文字")
        for uri in html_data.uris_in_style(sheet):
            self._embed(uri)

    def _embed(self, uri: str) -> None:
        found = html_data.data_uri(uri)
        if found and found[1].strip():
            name = f"内嵌{len(self.embedded) + 1}.{found[0]}"
            self.embedded.append(Embedded(name, found[1], f"{self._prefix}内嵌文件"))

    def _meta(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
        content = attributes.get("content", "").strip()
        if content and name and name.lower() not in ("viewport", "robots", "progid", "generator", "renderer"):
            self._note(content, BlockKind.PROPERTY, f"网页属性 {name[:60]}")

    def _close_special(self, name: str) -> None:
        text = "".join(self._special or ())
        self._special = None
        if name == "title" and text.strip():
            self._note(_SPACES.sub(" ", text).strip(), BlockKind.PROPERTY, "网页标题")
        elif name == "style":
            self._learn(text)
            self._style(without_comments(text))
        elif name == "script":
            for match in _STRING.finditer(text):
                string = match[1] or match[2] or match[3] or ""
                if has_han(string):
                    self._note(string, BlockKind.HIDDEN, "网页脚本", "网页脚本中的文字")

    def _learn(self, sheet: str) -> None:
        """Which simple selectors of a style sheet hide what they select."""
        for rule in without_comments(sheet).split("}"):
            selectors, _, body = rule.rpartition("{")
            selectors = selectors.rpartition("{")[2][-400:]
            reason = hiding(declarations(body), True)
            if not reason:
                continue
            for selector in selectors.split(","):
                match = _SELECTOR.fullmatch(selector.strip().removeprefix("<!--").strip())
                if match and match[0]:
                    tag = (match[1] or "").lower()
                    self._hiding[f"{tag}{match[2] or ''}{match[3] or ''}"] = reason


def without_tags(markup: str) -> str:
    """The text of markup in a comment, without style sheets and Office settings; in one pass, whatever is left open."""
    parts = []
    at = 0
    unclosed: set[str] = set()
    lower = markup.lower()
    while (start := markup.find("<", at)) >= 0 and (end := markup.find(">", start)) >= 0:
        parts.append(markup[at:start])
        at = end + 1
        for name in ("style", "xml"):
            if lower.startswith(name, start + 1) and name not in unclosed:
                close = lower.find(f"</{name}", at)
                unclosed |= {name} if close < 0 else set()
                at = max(close, at)
    parts.append(markup[at:])
    return "\n".join(part for part in parts if part.strip())


def without_comments(sheet: str) -> str:
    """A style sheet without its comments."""
    parts = sheet.split("/*")
    return parts[0] + "".join(part.partition("*/")[2] for part in parts[1:])


def declarations(style: str) -> dict[str, str]:
    """The declarations of a style attribute, in lower case without white space."""
    rules = {}
    for declaration in style[:20_000].split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            rules[name.strip().lower()] = value.replace(" ", "").replace("\n", "").lower().removesuffix("!important")
    return rules


def hiding(rules: dict[str, str], has_ground: bool) -> str:
    """Why these declarations keep text from a reader, "" when they do not."""
    if rules.get("display") == "none":
        return "网页隐藏元素"
    if rules.get("visibility") in ("hidden", "collapse") or rules.get("opacity") in ("0", "0.0", "0%"):
        return "网页隐藏元素"
    if rules.get("mso-hide") == "all":
        return "隐藏文字"
    size = re.fullmatch(r"([0-9.]{1,10})(px|pt|em|rem|%)?", rules.get("font-size", ""))
    if size and _is_tiny(size[1], size[2] or "px"):
        return "微小字号"
    if not has_ground and rules.get("color") in _WHITE:
        return "白色文字"
    offset = re.fullmatch(
        r"-([0-9]{3,6})(?:\.[0-9]*)?(?:px|pt|em)?", rules.get("text-indent", "") or rules.get("left", "")
    )
    return "移到页面之外" if offset and int(offset[1]) >= 900 else ""


def _is_tiny(amount: str, unit: str) -> bool:
    try:
        value = float(amount)
    except ValueError:
        return False
    return value <= {"px": 4, "pt": 3, "em": 0.25, "rem": 0.25, "%": 25}[unit]


def _tidy(text: str, is_pre: bool) -> str:
    if is_pre:
        return text.strip("\n")
    lines = (_SPACES.sub(" ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line.strip())


def _target(href: str) -> str:
    href = href.strip()
    return (
        "" if not href or href.startswith("#") or href[:11].lower() in ("javascript:",) or href[:5] == "data:" else href
    )


def _span(attributes: dict[str, str], name: str) -> int:
    value = attributes.get(name, "1").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() and len(value) < 9 else 1
