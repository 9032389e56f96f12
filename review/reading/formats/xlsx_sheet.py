"""One worksheet as a stream of cells, and what hides them: hidden rows and columns, filters, formats, white text."""

import re
from dataclasses import replace

from review.reading.assembly import Piece
from review.reading.formats.number_format import digits, hides_text, show
from review.reading.formats.ooxml_common import letters
from review.reading.formats.xlsx_styles import PLAIN, CellFormat, Strings
from review.reading.formats.xml_events import End, Handler, is_wording, number
from review.types import BlockKind, Cell

HIDDEN_ROW = "隐藏行"
FILTERED_ROW = "筛选隐藏的行"
HIDDEN_COLUMN = "隐藏列"
MASKED = "数字格式遮盖"

_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_HEADER_CODE = re.compile(r'&(?:"[^"]{0,200}"|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[0-9]{1,3}|[A-Za-z]|&)')
_BREAKS = frozenset({"&L", "&C", "&R"})
_LAST_COLUMN = 16384
_LAST_ROW = 10_000_000
#: Rows at the top of the first sheet where a mark would stand.
_TOP_ROWS = 8


class Sheet(Handler):
    """Reads one worksheet part; ``pieces`` is complete after ``finish``."""

    def __init__(
        self,
        name: str,
        state: str,
        table: int,
        strings: Strings,
        formats: list[CellFormat],
        is_1904: bool,
        is_first: bool,
    ) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.after: list[Piece] = []  # headers, validations, links
        self.links: list[tuple[str, str]] = []  # (address, relationship id)
        self.rows = self.columns = 0
        self.lost_strings = 0  # cells whose shared string the file does not hold
        self.where = f"工作表“{name[:100]}”" + {"hidden": "(隐藏)", "veryHidden": "(深度隐藏)"}.get(state, "")
        self._concealed = {"hidden": "隐藏工作表", "veryHidden": "深度隐藏工作表"}.get(state, "")
        self._table = table
        self._strings = strings
        self._formats = formats
        self._is_1904 = is_1904
        self._is_first = is_first
        self._hidden_columns: list[tuple[int, int]] = []
        self._hides_rows = False
        self._row = -1
        self._is_row_hidden = False
        self._column = -1
        self._kind = ""
        self._format = PLAIN
        self._address = ""
        self._value: str | None = None
        self._inline: list[str] = []
        self._formula = ""
        self._merges: dict[tuple[int, int], tuple[int, int]] = {}
        self._filter: tuple[int, int] | None = None
        self._is_validation = False
        self.skips = frozenset({"x:rPh", "x:phoneticPr", "x:rPr"})
        self.starts = {
            "x:sheetFormatPr": self._defaults,
            "x:col": self._columns,
            "x:row": self._open_row,
            "x:c": self._open_cell,
            "x:v": self._collect,
            "x:f": self._collect,
            "x:t": self._collect_inline,
            "x:mergeCell": self._merge,
            "x:autoFilter": self._auto_filter,
            "x:dataValidation": self._validation,
            "x14:dataValidation": self._validation,
            "x:formula1": self._collect,
            "x:formula2": self._collect,
            "xm:f": self._collect,
            "x:cfRule": lambda a: self._say(BlockKind.FIELD, a.get("text", ""), "条件格式"),
            "x:hyperlink": self._hyperlink,
            "x:scenario": self._scenario,
            "x:inputCells": lambda a: self._say(BlockKind.OTHER, a.get("val", ""), f"{a.get('r', '')[:40]} 方案的值"),
            "x:protectedRange": lambda a: self._say(BlockKind.NAME, a.get("name", ""), "可编辑区域名称"),
            **{f"x:{name}": self._collect for name in _HEADERS},
        }
        self.ends = {
            "x:c": self._close_cell,
            "x:v": self._take_value,
            "x:f": self._take_formula,
            "x:t": self._stop,
            "x:formula1": self._take_list,
            "x:formula2": self._take_list,
            "xm:f": self._take_list,
            **{f"x:{name}": self._ender(label) for name, label in _HEADERS.items()},
        }

    def stray(self, text: str) -> None:
        """Text in elements no program shows stays in the file all the same."""
        if is_wording(text):
            self._say(BlockKind.HIDDEN, text.strip(), "未知元素", "程序不显示的内容")

    def finish(self) -> None:
        """Spans of merged cells and the rows a filter hid, both said after the cells."""
        if self._merges or self._filter:
            self.pieces = [self._finished(piece) for piece in self.pieces]

    def _finished(self, piece: Piece) -> Piece:
        cell = piece.cell
        if cell is None:
            return piece
        span = self._merges.get((cell.row, cell.column))
        if span:
            piece = replace(piece, cell=replace(cell, row_span=span[0], column_span=span[1]))
        if piece.concealed == HIDDEN_ROW and self._filter and self._filter[0] < cell.row <= self._filter[1]:
            piece = replace(piece, concealed=FILTERED_ROW)
        return piece

    def _say(self, kind: BlockKind, text: str, what: str, concealed: str = "") -> None:
        if text.strip():
            self.after.append(Piece(text, kind, f"{self.where} {what}", concealed=concealed or self._concealed))

    # ----------------------------------------------------------------------------------------------------------- grid

    def _defaults(self, attributes: dict[str, str]) -> None:
        self._hides_rows = attributes.get("zeroHeight") in ("1", "true")

    def _columns(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true") or attributes.get("width", "9").strip("0.") == "":
            self._hidden_columns.append((number(attributes.get("min"), 1) - 1, number(attributes.get("max"), 1) - 1))

    def _open_row(self, attributes: dict[str, str]) -> None:
        self._row = min(max(number(attributes.get("r"), self._row + 2) - 1, 0), _LAST_ROW)
        self._column = -1
        hidden = attributes.get("hidden")
        self._is_row_hidden = hidden in ("1", "true") or (self._hides_rows and hidden is None)
        if attributes.get("customHeight") in ("1", "true") and attributes.get("ht", "9").strip("0.") == "":
            self._is_row_hidden = True

    def _open_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r", "")
        place = position(address)
        if place:
            self._row, self._column = place
            self._address = address
        else:
            self._row, self._column = max(self._row, 0), self._column + 1
            self._address = f"{letters(self._column)}{self._row + 1}"
        self._kind = attributes.get("t", "n")
        index = number(attributes.get("s"), 0)
        self._format = self._formats[index] if 0 <= index < len(self._formats) else PLAIN
        self._value = None
        self._formula = ""

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _collect_inline(self, attributes: dict[str, str]) -> None:
        self.text = self._inline

    def _stop(self) -> None:
        self.text = None

    def _take(self) -> str:
        text = "".join(self.text or ())
        self.text = None
        return text

    def _take_value(self) -> None:
        self._value = self._take()

    def _take_formula(self) -> None:
        self._formula = self._take()

    def _close_cell(self) -> None:
        text, is_masked = self._shown()
        is_telling = '"' in self._formula or "[" in self._formula or not text
        if self._formula and (is_telling or is_masked or self._why_unseen(False)):
            self._say(BlockKind.FIELD, "=" + self._formula, f"{self._address} 公式")
        if text.strip():
            self._put(text, is_masked)

    def _shown(self) -> tuple[str, bool]:
        """The text of the cell and whether its format keeps it from the reader."""
        kind, value = self._kind, self._value
        if self._inline:
            text = "".join(self._inline)
            self._inline = []
        elif value is None:
            return "", False
        elif kind == "s":
            found = self._strings.take(number(value, -1))
            self.lost_strings += found is None
            text = found or ""
        elif kind == "n":
            return self._number(value)
        elif kind == "b":
            text = "TRUE" if value.strip() == "1" else "FALSE"
        else:
            text = value
        return text, self._format.code != "General" and hides_text(self._format.code)

    def _number(self, raw: str) -> tuple[str, bool]:
        raw = raw.strip()
        if self._format.code == "General":
            return digits(raw), False
        shown = show(raw, self._format.code, self._is_1904)
        if not shown.is_masked:
            return shown.text, False
        if any(c.isalnum() for c in shown.text):
            self._put(shown.text, False)
        return digits(raw), True

    def _put(self, text: str, is_masked: bool) -> None:
        row, column = self._row, self._column
        if row >= self.rows:
            self.rows = row + 1
        if column >= self.columns:
            self.columns = column + 1
        code = self._format.code[:255] if self._format.is_custom or is_masked else ""
        self.pieces.append(
            Piece(
                text,
                BlockKind.CELL,
                f"{self.where} {self._address}",
                concealed=self._why_unseen(is_masked),
                cell=Cell(self._table, row, column, number_format=code),
                top_of_first_page=self._is_first and row < _TOP_ROWS,
            )
        )

    def _why_unseen(self, is_masked: bool) -> str:
        if self._concealed:
            return self._concealed
        if self._is_row_hidden:
            return HIDDEN_ROW
        if self._hidden_columns and any(low <= self._column <= high for low, high in self._hidden_columns):
            return HIDDEN_COLUMN
        return MASKED if is_masked else self._format.concealed

    # ------------------------------------------------------------------------------------------- what follows the cells

    def _merge(self, attributes: dict[str, str]) -> None:
        area = corners(attributes.get("ref", ""))
        if area:
            top, left, bottom, right = area
            self._merges[(top, left)] = (bottom - top + 1, right - left + 1)

    def _auto_filter(self, attributes: dict[str, str]) -> None:
        area = corners(attributes.get("ref", ""))
        self._filter = (area[0], area[2]) if area else None

    def _validation(self, attributes: dict[str, str]) -> None:
        where = attributes.get("sqref", "")[:100]
        for name, what in (
            ("promptTitle", "输入提示"),
            ("prompt", "输入提示"),
            ("errorTitle", "出错警告"),
            ("error", "出错警告"),
        ):
            self._say(BlockKind.FIELD, attributes.get(name, ""), f"{where} 数据有效性 {what}".strip())

    def _take_list(self) -> None:
        formula = self._take()
        if '"' in formula or "[" in formula:
            self._say(BlockKind.FIELD, formula.strip('"'), "数据有效性 下拉选项")

    def _scenario(self, attributes: dict[str, str]) -> None:
        self._say(BlockKind.NAME, attributes.get("name", ""), "方案名称")
        self._say(BlockKind.COMMENT, attributes.get("comment", ""), "方案备注")
        self._say(BlockKind.PROPERTY, attributes.get("user", ""), "方案的作者")

    def _hyperlink(self, attributes: dict[str, str]) -> None:
        address = attributes.get("ref", "")[:40]
        self._say(BlockKind.ALT_TEXT, attributes.get("tooltip", ""), f"{address} 超链接提示")
        if attributes.get("r:id"):
            self.links.append((address, attributes["r:id"]))

    def _ender(self, label: str) -> End:
        kind = BlockKind.HEADER if "页眉" in label else BlockKind.FOOTER

        def end() -> None:
            self._say(kind, header_text(self._take()), label)

        return end


_HEADERS = {
    "oddHeader": "页眉",
    "evenHeader": "页眉（偶数页）",
    "firstHeader": "页眉（首页）",
    "oddFooter": "页脚",
    "evenFooter": "页脚（偶数页）",
    "firstFooter": "页脚（首页）",
}


def header_text(codes: str) -> str:
    """The text of a header without its format codes, its parts one per line (ISO/IEC 29500-1 §18.3.1.46)."""

    def plain(match: re.Match[str]) -> str:
        return "&" if match[0] == "&&" else "\n" if match[0] in _BREAKS else ""

    lines = (line.strip() for line in _HEADER_CODE.sub(plain, codes).split("\n"))
    return "\n".join(line for line in lines if line)


def position(address: str) -> tuple[int, int] | None:
    """0-based (row, column) of an address like B7, None when it is none."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    return (row - 1, column - 1) if row and column <= _LAST_COLUMN else None


def corners(area: str) -> tuple[int, int, int, int] | None:
    """0-based (top, left, bottom, right) of A1:C5 or of a single cell."""
    first, _, last = area.partition(":")
    start, end = position(first), position(last or first)
    if start is None or end is None:
        return None
    return min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1])
