"""The records of a binary workbook that the cell reader passes over: boxes, headers, prompts, links, users ([MS-XLS] 2.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from review.reading.assembly import Piece
from review.reading.formats.ooxml_common import letters
from review.reading.formats.xlsx_notes import LINKED, PIVOT
from review.reading.formats.xlsx_sheet import header_text
from review.types import BlockKind

FILE_PASS, BOUND_SHEET, CONTINUE, BEGINNING, END = 0x2F, 0x85, 0x3C, 0x809, 0x0A
_HEADER, _FOOTER, _TEXT_OBJECT, _OBJECT, _VALIDATION = 0x14, 0x15, 0x1B6, 0x5D, 0x1BE
_WRITE_ACCESS, _FILE_SHARING, _BOOK, _CACHED_ROW = 0x5C, 0x5B, 0x1AE, 0x5A
_HYPERLINK = 0x1B8
_DRAWING_GROUP, _DRAWING, _SERIES_TEXT, _LABEL, _STRINGS, _TOOLTIP = 0xEB, 0xEC, 0x100D, 0x204, 0xFC, 0x800
_PIVOT_STRING, _PIVOT_NUMBER, _FORMULA = 0xCD, 0xC9, 0x06
#: Bytes after the code of each formula token (2.5.198); 0x17, a string, has its own length.
_TOKEN_SIZES = {
    **dict.fromkeys(range(0x03, 0x17), 0),
    **{0x01: 4, 0x02: 4, 0x19: 3, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 7, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 4},
    **{0x25: 8, 0x26: 6, 0x27: 6, 0x28: 6, 0x29: 2, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x39: 6, 0x3A: 6, 0x3B: 10},
    **{0x3C: 6, 0x3D: 10},
}
_COMMENT_OBJECT = 0x19
_MAX_STRING = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """One record with those that continue it: ``parts[0]`` is its own data."""

    offset: int
    kind: int
    parts: tuple[bytes, ...] = field(repr=False)

    @property
    def data(self) -> bytes:
        return self.parts[0]


def records(stream: bytes) -> Iterator[Record]:
    """The records in order; ends at damage."""
    at = 0
    pending: tuple[int, int, list[bytes]] | None = None
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        data = stream[at + 4 : at + 4 + size]
        if kind == CONTINUE and pending:
            pending[2].append(data)
        else:
            if pending:
                yield Record(pending[0], pending[1], tuple(pending[2]))
            pending = (at, kind, [data])
        at += 4 + size
    if pending:
        yield Record(pending[0], pending[1], tuple(pending[2]))


def is_encrypted(stream: bytes) -> bool:
    """Whether a FilePass record follows the beginning of the workbook."""
    for count, record in enumerate(records(stream)):
        if record.kind == FILE_PASS:
            return True
        if count > 8 or record.kind == BOUND_SHEET:
            return False
    return False


def with_small_links(stream: bytes) -> bytes:
    """The stream with every hyperlink on the first of its cells alone: xlrd keeps one entry per cell of the area."""
    small = bytearray(stream)
    for record in records(stream):
        if record.kind == _HYPERLINK and len(record.data) >= 8:
            row, _, column, _ = struct.unpack_from("<4H", record.data, 0)
            struct.pack_into("<4H", small, record.offset + 4, row, row, column, column)
    return bytes(small)


def string(data: bytes, at: int, wide_length: bool = True) -> tuple[str, int]:
    """The Unicode string at a place (2.5.294) and where it ends; raises struct.error or IndexError at damage."""
    if wide_length:
        (length,) = struct.unpack_from("<H", data, at)
        at += 2
    else:
        length = data[at]
        at += 1
    flags = data[at]
    at += 1
    size = length * 2 if flags & 1 else length
    raw = data[at : at + size]
    return raw.decode("utf-16-le" if flags & 1 else "latin-1", "replace"), at + size


class Extras:
    """Walks a workbook stream once; everything it found is in its lists."""

    def __init__(self, is_old: bool) -> None:
        """``is_old``: BIFF5 or older, whose strings have one byte of length and no flags."""
        self.pieces: list[Piece] = []
        self.drawings: list[bytes] = []
        self.has_macro_sheet = False
        self._is_old = is_old
        self._sheets: dict[int, tuple[str, str]] = {}  # offset → (place, why not seen)
        self._where, self._concealed = "工作簿", ""
        self._object = 0
        self._readers = {
            _HEADER: self._margin,
            _FOOTER: self._margin,
            _TEXT_OBJECT: self._text_object,
            _OBJECT: self._note_object,
            _VALIDATION: self._validation,
            _WRITE_ACCESS: self._user,
            _FILE_SHARING: self._reserver,
            _BOOK: self._external_book,
            _CACHED_ROW: self._cached_row,
            _DRAWING_GROUP: self._drawing,
            _DRAWING: self._drawing,
            _SERIES_TEXT: self._series_text,
            _LABEL: self._chart_label,
            _TOOLTIP: self._tooltip,
            _FORMULA: self._formula,
        }
        self._depth = 0
        self.has_damage = False
        self._is_chart = False
        self._formula_texts: set[tuple[str, str]] = set()

    def walk(self, stream: bytes) -> None:
        """Take every record; ``has_damage`` says that one did not fit and its text is lost."""
        for record in records(stream):
            if record.kind == BEGINNING:
                self._begin(record)
            elif record.kind == END:
                self._depth = max(0, self._depth - 1)
                self._is_chart = False
            elif record.kind == BOUND_SHEET:
                self._sheet(record.data)
            reader = self._readers.get(record.kind)
            if reader is None:
                continue
            try:
                reader(record)
            except (struct.error, IndexError):
                self.has_damage = True

    def _begin(self, record: Record) -> None:
        self._depth += 1
        if record.offset in self._sheets:
            self._where, self._concealed = self._sheets[record.offset]
        self._is_chart = record.data[2:4] == b"\x20\x00"

    def _sheet(self, data: bytes) -> None:
        if len(data) < 8:
            return
        offset, state, kind = struct.unpack_from("<IBB", data, 0)
        try:
            name = data[7 : 7 + data[6]].decode("gb18030", "replace") if self._is_old else string(data, 6, False)[0]
        except IndexError:
            return
        concealed = {1: "隐藏工作表", 2: "深度隐藏工作表"}.get(state & 3, "")
        mark = {1: "(隐藏)", 2: "(深度隐藏)"}.get(state & 3, "")
        self._sheets[offset] = (f"工作表“{name[:100]}”{mark}", concealed)
        self.has_macro_sheet |= kind == 1

    def _say(self, text: str, kind: BlockKind, what: str, concealed: str = "") -> None:
        text = text.replace("\0", "").replace("\r", "\n").strip()
        if text:
            self.pieces.append(Piece(text, kind, f"{self._where} {what}", concealed=concealed or self._concealed))

    def _plain(self, data: bytes, at: int) -> str:
        if self._is_old:
            return data[at + 1 : at + 1 + data[at]].decode("gb18030", "replace")
        return string(data, at)[0]

    # ---------------------------------------------------------------------------------------------------- the records

    def _margin(self, record: Record) -> None:
        if not record.data:
            return
        is_header = record.kind == _HEADER
        kind = BlockKind.HEADER if is_header else BlockKind.FOOTER
        self._say(header_text(self._plain(record.data, 0)), kind, "页眉" if is_header else "页脚")

    def _note_object(self, record: Record) -> None:
        self._object = struct.unpack_from("<H", record.data, 4)[0]

    def _text_object(self, record: Record) -> None:
        if self._object == _COMMENT_OBJECT:
            return  # comments come with their cell and author
        (length,) = struct.unpack_from("<H", record.data, 10)
        text = ""
        for part in record.parts[1:]:
            if len(text) >= length or not part:
                break
            text += part[1:].decode("utf-16-le" if part[0] & 1 else "latin-1", "replace")
        self._say(text[:length], BlockKind.TEXT_BOX, "文本框")

    def _validation(self, record: Record) -> None:
        data, at = record.data, 4
        found = []
        for _ in range(4):
            text, at = string(data, at)
            found.append(text)
        for text, what in zip(found, ("输入提示", "出错警告", "输入提示", "出错警告"), strict=True):
            self._say(text, BlockKind.FIELD, f"数据有效性 {what}")
        (size,) = struct.unpack_from("<H", data, at)
        formula = data[at + 4 : at + 4 + size]
        if formula[:1] == b"\x17":
            self._say(string(formula, 1, False)[0].replace("\0", ","), BlockKind.FIELD, "数据有效性 下拉选项")

    def _user(self, record: Record) -> None:
        self._say(self._plain(record.data, 0), BlockKind.PROPERTY, "最后使用者")

    def _reserver(self, record: Record) -> None:
        if len(record.data) > 5:
            self._say(self._plain(record.data, 4), BlockKind.PROPERTY, "保留写权限者")

    def _external_book(self, record: Record) -> None:
        data = b"".join(record.parts)
        if self._is_old or len(data) <= 4 or data[3] == 0x04 and data[2] == 1:
            return
        path, at = string(data, 2)
        path = "".join("\\" if c == "\x03" else ":\\" if c == "\x01" and i else c for i, c in enumerate(path))
        self._say("".join(c for c in path if c >= " "), BlockKind.LINK, "外部工作簿的路径")
        for _ in range(struct.unpack_from("<H", data, 0)[0]):
            if at >= len(data):
                return
            name, at = string(data, at)
            self._say(name, BlockKind.NAME, "外部工作簿的工作表名")

    def _cached_row(self, record: Record) -> None:
        data, at = record.data, 4
        for _ in range(max(0, data[0] - data[1] + 1)):
            kind = data[at]
            if kind == 2:
                text, at = string(data, at + 1)
                self._say(text, BlockKind.OTHER, LINKED, LINKED)
                continue
            if kind == 1:
                self._say(f"{struct.unpack_from('<d', data, at + 1)[0]:.15g}", BlockKind.OTHER, LINKED, LINKED)
            at += 9

    def _drawing(self, record: Record) -> None:
        self.drawings += record.parts

    def _series_text(self, record: Record) -> None:
        self._say(string(record.data, 2, False)[0], BlockKind.OTHER, "图表")

    def _chart_label(self, record: Record) -> None:
        if self._is_chart and not self._is_old:
            self._say(string(record.data, 6)[0], BlockKind.OTHER, "图表 缓存")

    def _formula(self, record: Record) -> None:
        """Words inside a formula, which its shown result need not hold; each once per sheet."""
        if self._is_old or self._is_chart:
            return
        row, column = struct.unpack_from("<HH", record.data, 0)
        (size,) = struct.unpack_from("<H", record.data, 20)
        for text in formula_strings(record.data[22 : 22 + size]):
            if text.strip() and (self._where, text) not in self._formula_texts:
                self._formula_texts.add((self._where, text))
                self._say(text, BlockKind.FIELD, f"{letters(column)}{row + 1} 公式中的文字")

    def _tooltip(self, record: Record) -> None:
        text = record.data[10:].decode("utf-16-le", "replace").partition("\0")[0]
        self._say(text, BlockKind.ALT_TEXT, "超链接提示")


def formula_strings(tokens: bytes) -> Iterator[str]:
    """The string constants of a parsed formula; ends at a token nobody knows."""
    at = 0
    while at < len(tokens):
        code = tokens[at]
        if code == 0x17:
            text, at = string(tokens, at + 1, False)
            yield text
            continue
        size = _TOKEN_SIZES.get(code if code < 0x40 else code & 0x1F | 0x20)
        if size is None:
            return
        if code == 0x19 and tokens[at + 1] & 4:  # a jump table of CHOOSE
            size += 2 * (struct.unpack_from("<H", tokens, at + 2)[0] + 1)
        at += 1 + size


def pivot_texts(stream: bytes) -> list[Piece]:
    """What a pivot cache keeps of its source, also of a sheet that was deleted since."""
    found: dict[str, None] = {}
    for record in records(stream):
        try:
            if record.kind == _PIVOT_STRING:
                found[string(record.data, 0)[0]] = None
            elif record.kind == _PIVOT_NUMBER:
                found[f"{struct.unpack_from('<d', record.data, 0)[0]:.15g}"] = None
        except (struct.error, IndexError):
            continue
    return [Piece(text, BlockKind.OTHER, "数据透视表缓存", concealed=PIVOT) for text in found if text.strip()]


def shared_strings(stream: bytes) -> list[str]:
    """The string table, for workbooks whose cells cannot be read."""
    found: list[str] = []
    for record in records(stream):
        if record.kind == _STRINGS:
            reader = _Strings(record.parts)
            try:
                for _ in range(struct.unpack_from("<I", record.data, 4)[0]):
                    found.append(reader.next())
            except (struct.error, IndexError):
                continue
    return found


class _Strings:
    """Strings over the borders of records (2.5.293): the flags are repeated where characters go on in the next one."""

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        self._parts = parts
        self._part, self._at = 0, 8

    def _bytes(self, size: int) -> bytes:
        if self._at >= len(self._parts[self._part]):
            self._part, self._at = self._part + 1, 0
        raw = self._parts[self._part][self._at : self._at + size]
        self._at += len(raw)
        return raw if len(raw) == size else raw + self._bytes(size - len(raw))

    def next(self) -> str:
        (length,) = struct.unpack("<H", self._bytes(2))
        flags = self._bytes(1)[0]
        runs = struct.unpack("<H", self._bytes(2))[0] if flags & 8 else 0
        extra = struct.unpack("<I", self._bytes(4))[0] if flags & 4 else 0
        text = ""
        while len(text) < length:
            if self._at >= len(self._parts[self._part]):
                self._part, self._at = self._part + 1, 1
                flags = self._parts[self._part][0]
            width = 2 if flags & 1 else 1
            here = self._parts[self._part]
            take = min((len(here) - self._at) // width, length - len(text))
            if take <= 0:
                raise IndexError
            raw = here[self._at : self._at + take * width]
            text += raw.decode("utf-16-le", "surrogatepass") if width == 2 else raw.decode("latin-1")
            self._at += take * width
        if runs * 4 + extra > 0:
            self._bytes(runs * 4 + extra)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
