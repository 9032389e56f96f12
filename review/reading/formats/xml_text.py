"""XML files: the text of every element; the XML forms of Word and Excel 2003 as paragraphs and cells."""

import re
from collections.abc import Callable

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import html, xml_events
from review.reading.formats.docx_story import Story
from review.reading.formats.docx_styles import Styles
from review.reading.formats.docx_text import Place
from review.reading.formats.html_page import Page
from review.reading.formats.xml_events import Handler, number
from review.types import BlockKind, Cell, Gap, GapReason, Sheet

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
_DTD = "文件含有 DTD 或实体声明，实体未展开，可能没有读完。请用原程序另存为 .docx、.xlsx 或 PDF 后重新提交。"
_BROKEN = "XML 结构已损坏，只读出了其中一部分。请用原程序打开确认，另存后重新提交。"
_ENCODING = "文字编码不明或混用了几种编码，可能漏读或错读。请核对文字，另存为 UTF-8 后重新提交。"
_LARGE = "文件文字过多，未检查。请拆分后提交。"
_MARKUP = re.compile(r"<[A-Za-z/!]")


def extract(data: bytes, options: Options) -> Reading:
    """The text of the file in order; XML with a document type is read as mere markup, and said so."""
    source, is_whole = html.decode(data)
    gaps = [] if is_whole else [Gap(GapReason.ENCODING, "", _ENCODING)]
    source = _DECLARATION.sub("", source)
    body = source.encode("utf-8", "replace")
    make = _reader(source[:4000])
    try:
        handler, is_complete = xml_events.walk(body, make, options.limits.characters)
    except xml_events.ForbiddenXml:
        page = Page()
        html.feed(source, page)
        return Reading(tuple(page.pieces), gaps=(*gaps, Gap(GapReason.DANGEROUS, "", _DTD)))
    except xml_events.TooMuchText as error:
        raise Unreadable(GapReason.TOO_LARGE, _LARGE) from error
    if not is_complete:
        gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
    handler.finish()
    sheets = tuple(handler.sheets) if isinstance(handler, Workbook2003) else ()
    embedded = tuple(handler.embedded) if isinstance(handler, Tree) else ()
    return Reading(tuple(handler.pieces), sheets=sheets, gaps=tuple(gaps), embedded=embedded)


def _reader(head: str) -> Callable[[], "Story | Tree | Workbook2003"]:
    """What reads a file that begins like this."""
    if "office:spreadsheet" in head:
        return Workbook2003
    return _word if "word/2003/wordml" in head or "xmlPackage" in head else Tree


def _word() -> Story:
    return Story(Place(BlockKind.PARAGRAPH), Styles(), {})


class Tree(Handler):
    """Any XML: one piece per stretch of text, attributes with Chinese text, comments left to the parser."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self._names: list[str] = []
        self._count = 0
        self.text = []
        self.ends = {"*": self._end}

    def any_start(self, name: str, attributes: dict[str, str]) -> None:
        self._flush()
        self._names.append(name.rpartition(":")[2])
        for key, value in attributes.items():
            if xml_events.is_wording(value):
                self.pieces.append(Piece(value, BlockKind.OTHER, f"元素 {self._names[-1][:60]} 的属性 {key[:60]}"))

    def _end(self) -> None:
        self._flush()
        if self._names:
            self._names.pop()

    def _flush(self) -> None:
        text = "".join(self.text or ()).strip()
        self.text = []
        if not text:
            return
        self._count += 1
        name = self._names[-1][:60] if self._names else ""
        where = f"第{self._count}段（元素 {name}）"
        if not _MARKUP.search(text):
            self.pieces.append(Piece(text, BlockKind.PARAGRAPH, where, top_of_first_page=self._count <= 15))
            return
        page = Page(f"{where} ")
        html.feed(text, page)
        self.pieces += page.pieces

    def finish(self) -> None:
        """Text after the last element."""
        self._flush()


class Workbook2003(Handler):
    """XML Spreadsheet 2003, which many programs export under .xls."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.sheets: list[Sheet] = []
        self._name = ""
        self._row = self._column = -1
        self._rows = self._columns = 0
        self._is_hidden = False
        self._is_row_hidden = False
        self._across = self._down = 0
        self.starts = {
            "ss:Worksheet": self._open_sheet,
            "ss:Row": self._open_row,
            "ss:Cell": self._open_cell,
            "ss:Data": self._collect,
            "ss:Comment": lambda a: self._note(BlockKind.PROPERTY, a.get("ss:Author", ""), "批注的作者"),
            "o:Author": self._collect,
            "o:LastAuthor": self._collect,
            "o:Company": self._collect,
            "o:Title": self._collect,
            "ss:NamedRange": lambda a: self._note(BlockKind.NAME, a.get("ss:Name", ""), "定义的名称"),
        }
        self.ends = {
            "ss:Worksheet": self._close_sheet,
            "ss:Data": self._close_data,
            **{f"o:{name}": self._close_property for name in ("Author", "LastAuthor", "Company", "Title")},
        }
        self._is_comment = False
        self.starts["ss:Comment"] = self._open_comment
        self.ends["ss:Comment"] = self._close_comment

    def _note(self, kind: BlockKind, text: str, what: str) -> None:
        if text.strip():
            self.pieces.append(Piece(text, kind, what))

    def _open_sheet(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get("ss:Name", "")
        self._row = self._column = -1
        self._rows = self._columns = 0
        self._note(BlockKind.NAME, self._name, f"第{len(self.sheets) + 1}个工作表的名称")

    def _close_sheet(self) -> None:
        self.sheets.append(Sheet(self._name[:300], "visible", self._rows, self._columns))

    def _open_row(self, attributes: dict[str, str]) -> None:
        self._row = min(max(number(attributes.get("ss:Index"), self._row + 2) - 1, 0), 10_000_000)
        self._column = -1
        self._across = 0
        self._is_row_hidden = attributes.get("ss:Hidden") == "1"

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._column += self._across
        self._column = min(max(number(attributes.get("ss:Index"), self._column + 2) - 1, 0), 100_000)
        self._across = min(max(number(attributes.get("ss:MergeAcross")), 0), 20_000)
        self._down = min(max(number(attributes.get("ss:MergeDown")), 0), 1_000_000)

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _open_comment(self, attributes: dict[str, str]) -> None:
        self._is_comment = True
        self._note(BlockKind.PROPERTY, attributes.get("ss:Author", ""), "批注的作者")

    def _close_comment(self) -> None:
        self._is_comment = False

    def _close_property(self) -> None:
        self._note(BlockKind.PROPERTY, "".join(self.text or ()), "文档属性")
        self.text = None

    def _close_data(self) -> None:
        text = "".join(self.text or ())
        self.text = None
        if not text.strip():
            return
        where = f"工作表“{self._name[:100]}” 第{max(self._row, 0) + 1}行 第{max(self._column, 0) + 1}列"
        if self._is_comment:
            self.pieces.append(Piece(text, BlockKind.COMMENT, f"{where} 批注"))
            return
        cell = Cell(len(self.sheets), max(self._row, 0), max(self._column, 0), self._down + 1, self._across + 1)
        self._rows, self._columns = max(self._rows, cell.row + 1), max(self._columns, cell.column + 1)
        concealed = "隐藏行" if self._is_row_hidden else ""
        is_top = not self.sheets and cell.row < 8
        self.pieces.append(Piece(text, BlockKind.CELL, where, concealed=concealed, cell=cell, top_of_first_page=is_top))

    def finish(self) -> None:
        """Nothing is left open."""
