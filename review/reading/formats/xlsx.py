"""Workbooks (xlsx, xlsm, xltx): every sheet of any state, and everything beside the cells that is text.

ISO/IEC 29500-1 §12 (parts), §18 (SpreadsheetML). Cells are read as a stream (``xlsx_sheet.py``): a single cell in the last
corner of the grid costs one piece.
"""

from collections.abc import Callable
from dataclasses import replace

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ooxml_common
from review.reading.formats.ooxml import Package
from review.reading.formats.ooxml_common import VmlText
from review.reading.formats.xlsx_notes import Caches, Comments, Connections, External, People, Records, Threads
from review.reading.formats.xlsx_sheet import Sheet as SheetReader
from review.reading.formats.xlsx_styles import CellFormat, Strings, Styles
from review.reading.formats.xml_events import Handler
from review.types import BlockKind, Gap, GapReason, Sheet

_NO_BOOK = "文件中没有工作簿部分，未能读取。请用 Excel 或 WPS 打开确认，另存后重新提交。"
_NO_SHEET = "工作簿列出了这个工作表，文件中却没有它的内容，未能读取。请用 Excel 或 WPS 打开确认，另存后重新提交。"
_NO_STRING = "有 {} 个单元格的文字在文件中找不到，未能读取。请用 Excel 或 WPS 打开确认，另存后重新提交。"
_LEFT_OVER = "已删除单元格残留的文字"
#: Parts that hold what a pivot table, a link or a data connection remembers, by a mark in their name.
_CACHES: tuple[tuple[str, Callable[[], Caches | Records | External | Connections]], ...] = (
    ("/pivotcachedefinition", Caches),
    ("/pivotcacherecords", Records),
    ("/externallinks/externallink", External),
    ("/connections.xml", Connections),
)
_STATES = frozenset({"visible", "hidden", "veryHidden"})


def extract(data: bytes, options: Options) -> Reading:
    """Every cell, comment, name, header, validation and cache of the workbook; pictures and objects as ``Embedded``."""
    package = Package(data, options)
    workbook = _Workbook(package, options)
    pieces = workbook.read()
    more, embedded = ooxml_common.everything_else(package, workbook.said_targets)
    return Reading(
        (*pieces, *more),
        sheets=tuple(workbook.sheets),
        gaps=tuple(package.gaps),
        embedded=tuple(embedded),
        remarks=ooxml_common.remarks(package),
    )


class _Book(Handler):
    """``workbook.xml``: sheets, defined names, who saved it."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, str]] = []  # (name, state, relationship id)
        self.pieces: list[Piece] = []
        self.is_1904 = False
        self._name = ""
        self._is_name_hidden = False
        self.starts = {
            "x:sheet": self._sheet,
            "x:workbookPr": self._properties,
            "x:definedName": self._open_name,
            "x:fileSharing": lambda a: self._say(BlockKind.PROPERTY, a.get("userName", ""), "保留写权限的用户"),
        }
        self.ends = {"x:definedName": self._close_name}

    def _say(self, kind: BlockKind, text: str, where: str, concealed: str = "") -> None:
        if text.strip():
            self.pieces.append(Piece(text, kind, where, concealed=concealed))

    def _sheet(self, attributes: dict[str, str]) -> None:
        state = attributes.get("state", "visible")
        state = state if state in _STATES else "hidden"
        self.sheets.append((attributes.get("name", ""), state, attributes.get("r:id", "")))

    def _properties(self, attributes: dict[str, str]) -> None:
        self.is_1904 = attributes.get("date1904") in ("1", "true")

    def _open_name(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name", "")
        self._is_name_hidden = attributes.get("hidden") in ("1", "true")
        self._say(BlockKind.NAME, attributes.get("comment", ""), f"名称“{self._name[:80]}”的备注")
        self.text = []

    def _close_name(self) -> None:
        value = "".join(self.text or ())
        self.text = None
        concealed = "隐藏的名称" if self._is_name_hidden else ""
        if not self._name.startswith("_xlnm."):
            self._say(BlockKind.NAME, self._name, "定义的名称", concealed)
        self._say(BlockKind.NAME, value, f"名称“{self._name[:80]}”的值", concealed)


class _Workbook:
    """The sheets of one workbook, read in order, and what belongs to each."""

    def __init__(self, package: Package, options: Options) -> None:
        self.sheets: list[Sheet] = []
        self.said_targets: set[str] = set()
        self._package = package
        self._options = options
        self._main = package.main_part("xl/workbook.xml")
        self._people: dict[str, str] = {}

    def read(self) -> list[Piece]:
        package = self._package
        book = package.walk(self._main, _Book)
        if book is None:
            gap = package.gaps[0] if package.gaps else None
            raise Unreadable(gap.reason if gap else GapReason.CORRUPT, gap.detail if gap else _NO_BOOK)
        self._strings = package.walk(self._part("sharedStrings"), Strings) or Strings()
        self._formats: list[CellFormat] = (package.walk(self._part("styles"), Styles) or Styles()).formats
        for part in package.targets(self._main, "person"):
            people = package.walk(part, People)
            self._people |= people.found if people else {}
        pieces: list[Piece] = []
        relations = package.relationships(self._main)
        first = next((i for i, (_, state, _) in enumerate(book.sheets) if state == "visible"), 0)
        for index, (name, state, identifier) in enumerate(book.sheets):
            kind = "" if state == "visible" else {"hidden": "隐藏工作表", "veryHidden": "深度隐藏工作表"}[state]
            pieces.append(Piece(name, BlockKind.NAME, f"第{index + 1}个工作表的名称", concealed=kind))
            relation = relations.get(identifier)
            if relation is not None and not relation.is_external and relation.target in package:
                pieces += self._sheet(relation.target, name, state, index, book.is_1904, index == first)
            else:
                self._lose(f"第{index + 1}个工作表", _NO_SHEET)
            self._options.progress(index + 1, len(book.sheets))
        pieces += book.pieces
        pieces += [
            Piece(text, BlockKind.HIDDEN, f"字符串表中残留的文字{index}", concealed=_LEFT_OVER)
            for index, text in enumerate(self._strings.left_over(), 1)
        ]
        pieces += [Piece(name, BlockKind.PROPERTY, "批注的作者") for name in dict.fromkeys(self._people.values())]
        return pieces + self._caches()

    def _lose(self, where: str, detail: str) -> None:
        gap = Gap(GapReason.CORRUPT, where, detail)
        if gap not in self._package.gaps:
            self._package.gaps.append(gap)

    def _part(self, kind: str) -> str:
        return next(iter(self._package.targets(self._main, kind)), f"xl/{kind}.xml")

    def _sheet(self, part: str, name: str, state: str, index: int, is_1904: bool, is_first: bool) -> list[Piece]:
        def make() -> SheetReader:
            return SheetReader(name, state, index, self._strings, self._formats, is_1904, is_first)

        reader = self._package.walk(part, make)
        if reader is None:
            self.sheets.append(Sheet(name[:300], state, 0, 0))
            return []
        reader.finish()
        if reader.lost_strings:
            self._lose(reader.where, _NO_STRING.format(reader.lost_strings))
        self.sheets.append(Sheet(name[:300], state, reader.rows, reader.columns))
        concealed = "" if state == "visible" else "隐藏工作表"
        return [*reader.pieces, *reader.after, *self._links(part, reader), *self._beside(part, reader.where, concealed)]

    def _links(self, part: str, reader: SheetReader) -> list[Piece]:
        relations = self._package.relationships(part)
        found = []
        for address, identifier in reader.links:
            relation = relations.get(identifier)
            if relation and relation.is_external and relation.target:
                self.said_targets.add(relation.target)
                found.append(Piece(relation.target, BlockKind.LINK, f"{reader.where} {address} 超链接地址"))
        return found

    def _beside(self, part: str, where: str, concealed: str) -> list[Piece]:
        """Comments, threads, drawings and old drawings of one sheet."""
        package = self._package
        pieces: list[Piece] = []
        makers: tuple[tuple[str, Callable[[], Comments | Threads | VmlText]], ...] = (
            ("comments", lambda: Comments(where)),
            ("threadedComment", lambda: Threads(where, self._people)),
            ("vmlDrawing", lambda: VmlText(where)),
        )
        for kind, make in makers:
            for target in package.targets(part, kind):
                reader = package.walk(target, make)
                pieces += reader.pieces if reader else []
        for target in package.targets(part, "drawing"):
            pieces += ooxml_common.drawing(package, target, f"{where} 图形", BlockKind.TEXT_BOX)
        return [replace(p, concealed=p.concealed or concealed) for p in pieces] if concealed else pieces

    def _caches(self) -> list[Piece]:
        """What a pivot table, a link to another workbook or a data connection still holds."""
        pieces: list[Piece] = []
        for name in self._package.names:
            lower = name.lower()
            for mark, make in _CACHES:
                if mark in lower and lower.endswith(".xml"):
                    reader = self._package.walk(name, make)
                    pieces += reader.pieces if reader else []
        return pieces
