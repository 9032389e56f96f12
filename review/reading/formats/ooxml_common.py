"""What docx, xlsx and pptx have in common: properties, charts and diagrams, custom XML, pictures and files inside, macros."""

import posixpath
import re
from collections.abc import Iterable
from functools import partial

from review.reading.assembly import Embedded, Piece
from review.reading.formats import vba
from review.reading.formats.ooxml import Package
from review.reading.formats.ooxml_files import external_targets, files_inside
from review.reading.formats.xml_events import Handler, Start
from review.types import BlockKind, Gap, GapReason

_CORE = {
    "dc:title": "标题",
    "dc:subject": "主题",
    "dc:creator": "作者",
    "cp:keywords": "关键词",
    "dc:description": "备注",
    "cp:lastModifiedBy": "最后修改者",
    "cp:category": "类别",
    "cp:contentStatus": "内容状态",
    "cp:version": "版本",
    "dc:identifier": "标识",
    "dc:language": "语言",
    "cp:revision": "修订次数",
    "cp:lastPrinted": "最后打印时间",
    "dcterms:created": "创建时间",
    "dcterms:modified": "修改时间",
}
_APP = {
    "ep:Company": "单位",
    "ep:Manager": "经理",
    "ep:Template": "模板",
    "ep:HyperlinkBase": "超链接基础",
    "ep:Application": "编辑程序",
}
#: Names a program gives by itself.
BORING_NAME = re.compile(
    r"(?:Picture|Text ?Box|Image|Group|Rectangle|Shape|Object|AutoShape|Line|Oval|Straight Connector|Canvas|Chart|Diagram"
    r"|Title|Subtitle|[A-Za-z ]*Placeholder|Table|图片|图像|文本框|图形|组合|矩形|对象|图表|直接连接符|椭圆"
    r"|直线|画布|自选图形|TextBox|Connector|标题|副标题|[一-龥]*占位符|表格|_x0000_\w+)?[\s_]*\d*",
    re.IGNORECASE,
)
#: Parts whose attributes are layout only; character data in them is text all the same.
_BORING = re.compile(
    r"(?:.*/)?(?:theme/.*|themes/.*|fontTable|webSettings|styles|stylesWithEffects|numbering|viewProps|presProps|tableStyles"
    r"|calcChain|metadata|sharedStrings|\[Content_Types\]|colors\d*|style\d*|quickStyle\d*|layout\d+|itemProps\d*"
    r"|commentsExtended|commentsIds|commentsExtensible|printerSettings\d*|tableSingleCells|volatileDependencies"
    r"|slideUpdateInfo|changesInfo\d*|revisionInfo|webextensions?/.*|ctrlProp\d+|handoutMaster\d*|attachedToolbars)\.xml",
    re.IGNORECASE,
)


def letters(column: int) -> str:
    """The letters of a 0-based column: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


class _Values(Handler):
    """The text of known elements, in order."""

    def __init__(self, labels: dict[str, str], where: str) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._label = ""
        for name, label in labels.items():
            self.starts[name] = self._starter(label)
            self.ends[name] = self._stop

    def _starter(self, label: str) -> Start:
        def start(_: dict[str, str]) -> None:
            self._label = label
            self.text = []

        return start

    def _stop(self) -> None:
        text = "".join(self.text or ()).strip()
        self.text = None
        if text:
            self.pieces.append(Piece(text, BlockKind.PROPERTY, f"{self._where} {self._label}"))


class _Custom(Handler):
    """Custom properties: name and value."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._name = ""
        self.starts = {"op:property": self._start}
        self.ends = {"op:property": self._stop}

    def _start(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name", "")
        self.text = []

    def _stop(self) -> None:
        value = "".join(self.text or ()).strip()
        self.text = None
        where = f"自定义属性 {self._name[:100]}（docProps/custom.xml）"
        self.pieces += [Piece(part, BlockKind.PROPERTY, where) for part in (self._name, value) if part.strip()]


def properties(package: Package) -> list[Piece]:
    """Author, last editor, company, template, title, keywords, custom properties … (ISO/IEC 29500-2 §11, -1 §22.2)."""
    pieces: list[Piece] = []
    for name in _parts(package, "core-properties", "docProps/core.xml"):
        core = package.walk(name, lambda: _Values(_CORE, "文档属性"))
        pieces += core.pieces if core else []
    for name in _parts(package, "extended-properties", "docProps/app.xml"):
        app = package.walk(name, lambda: _Values(_APP, "文档属性"))
        pieces += app.pieces if app else []
    for name in _parts(package, "custom-properties", "docProps/custom.xml"):
        custom = package.walk(name, _Custom)
        pieces += custom.pieces if custom else []
    return pieces


def _parts(package: Package, kind: str, usual: str) -> list[str]:
    found = package.targets("", kind)
    return list(dict.fromkeys([*found, usual])) if usual in package else found


class _Drawing(Handler):
    """DrawingML text anywhere (charts, diagrams): paragraphs, cached values, alternative text."""

    def __init__(self, where: str, kind: BlockKind) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._kind = kind
        self._lines: list[str] = []
        self.starts = {
            "a:p": self._open,
            "a:t": self._collect,
            "a:br": lambda _: self._lines.append("\n"),
            "c:v": self._collect,
            "c:strCache": self._open,
            "c:numCache": self._open,
            "c:strLit": self._open,
            "c:numLit": self._open,
            "c:cat": self._open,
            "c:f": self._collect,
            "xdr:cNvPr": self._alternative,
            "wps:cNvPr": self._alternative,
            "a:cNvPr": self._alternative,
        }
        self.ends = {
            "a:p": lambda: self._close("", self._kind),
            "a:t": self._take,
            "c:v": self._take_value,
            "c:f": self._take_formula,
            "c:strCache": lambda: self._close("缓存", self._kind),
            "c:numCache": lambda: self._close("缓存", self._kind),
            "c:strLit": lambda: self._close("", self._kind),
            "c:numLit": lambda: self._close("", self._kind),
        }

    def _open(self, attributes: dict[str, str]) -> None:
        self._lines = []

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _take(self) -> None:
        self._lines += self.text or ()
        self.text = None

    def _take_value(self) -> None:
        value = "".join(self.text or ())
        self.text = None
        if self._lines:
            self._lines.append("\n")
        self._lines.append(value)

    def _take_formula(self) -> None:
        formula = "".join(self.text or ())
        self.text = None
        if "[" in formula:
            self.pieces.append(Piece(formula, BlockKind.LINK, f"{self._where} 引用的外部工作簿"))

    def _close(self, what: str, kind: BlockKind) -> None:
        text = "".join(self._lines)
        self._lines = []
        if text.strip():
            self.pieces.append(Piece(text, kind, f"{self._where} {what}".strip()))

    def _alternative(self, attributes: dict[str, str]) -> None:
        for name in ("descr", "title"):
            if attributes.get(name, "").strip():
                self.pieces.append(Piece(attributes[name], BlockKind.ALT_TEXT, f"{self._where} 替代文字"))


class _AnyText(Handler):
    """All character data of a part nobody knows, one piece per element that has some."""

    def __init__(self, where: str, is_layout: bool = False) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._is_layout = is_layout
        self.text = []
        self.ends = {"*": self._flush}

    def any_start(self, name: str, attributes: dict[str, str]) -> None:
        self._flush()
        if self._is_layout:
            return
        for key, value in attributes.items():
            if _is_wording(value) and not key.startswith(("xml:", "mc:")):
                self.pieces.append(Piece(value, BlockKind.OTHER, self._where))

    def _flush(self) -> None:
        text = "".join(self.text or ()).strip()
        self.text = []
        if text:
            self.pieces.append(Piece(text, BlockKind.OTHER, self._where))


def _is_wording(value: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" for c in value)


def drawings(package: Package) -> list[Piece]:
    """Charts with their cached values, SmartArt diagrams."""
    pieces: list[Piece] = []
    charts = diagrams = 0
    drawn: list[str] = []
    for name in package.names:
        lower = name.lower()
        if not lower.endswith(".xml") or lower in package.seen:
            continue
        if "/charts/chart" in lower or "/chartex" in lower or "/drawings/drawing" in lower and "/charts/" in lower:
            charts += 1
            where, kind = f"图表{charts}", BlockKind.OTHER
        elif "/diagrams/data" in lower:
            diagrams += 1
            where, kind = f"SmartArt 图示{diagrams}", BlockKind.TEXT_BOX
        elif "/diagrams/drawing" in lower:
            drawn.append(name)
            continue
        else:
            continue
        pieces += drawing(package, name, where, kind)
    said = {piece.text.strip() for piece in pieces}
    for number, name in enumerate(drawn, 1):  # what programs show; as a rule a copy of the data
        shown = drawing(package, name, f"SmartArt 图示{number} 图形", BlockKind.TEXT_BOX)
        pieces += [piece for piece in shown if piece.text.strip() not in said]
    return pieces


def drawing(package: Package, name: str, where: str, kind: BlockKind) -> list[Piece]:
    """The text of one DrawingML part."""
    found = package.walk(name, lambda: _Drawing(where, kind))
    return found.pieces if found else []


class VmlText(Handler):
    """Text in the boxes of an old (VML) drawing: form controls, watermarks, labels."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self.starts = {"v:textbox": self._open, "v:textpath": self._path, "v:shape": self._shape}
        self.ends = {"v:textbox": self._close}

    def _open(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _close(self) -> None:
        text = "".join(self.text or ()).strip()
        self.text = None
        if text:
            self.pieces.append(Piece(text, BlockKind.TEXT_BOX, f"{self._where} 图形"))

    def _path(self, attributes: dict[str, str]) -> None:
        if attributes.get("string", "").strip():
            self.pieces.append(Piece(attributes["string"], BlockKind.TEXT_BOX, f"{self._where} 艺术字（水印）"))

    def _shape(self, attributes: dict[str, str]) -> None:
        if attributes.get("alt", "").strip():
            self.pieces.append(Piece(attributes["alt"], BlockKind.ALT_TEXT, f"{self._where} 图形替代文字"))


def leftovers(package: Package) -> list[Piece]:
    """The text of every XML part that nothing has read yet (custom XML, unknown extensions)."""
    pieces: list[Piece] = []
    for name in package.names:
        lower = name.lower()
        if lower in package.seen:
            continue
        if lower.endswith(".vml"):
            old = package.walk(name, lambda: VmlText("旧式图形"))
            pieces += old.pieces if old else []
        if not lower.endswith(".xml"):
            continue
        where = f"自定义 XML（{posixpath.basename(name)[:80]}）"
        is_layout = _BORING.fullmatch(name) is not None
        found = package.walk(name, partial(_AnyText, where, is_layout))
        pieces += found.pieces if found else []
    return pieces


def macros(package: Package) -> list[Piece]:
    """The source of macros; a Gap where it cannot be read."""
    pieces: list[Piece] = []
    for name in package.names:
        if not name.lower().endswith("vbaproject.bin"):
            continue
        found, is_whole = vba.modules(package.read(name) or b"")
        if not is_whole:
            package.gaps.append(
                Gap(GapReason.UNSUPPORTED, "宏", "部分宏代码未能读取。请另存为不含宏的格式后重新提交。")
            )
        for module, source in found:
            pieces.append(Piece(source, BlockKind.OTHER, f"宏模块 {module[:60]}", concealed="宏代码"))
    return pieces


def everything_else(
    package: Package, said_targets: Iterable[str], chunks: Iterable[str] = ()
) -> tuple[list[Piece], list[Embedded]]:
    """What every Office file may hold beside its own stories, sheets or slides, in this order.

    ``chunks`` are the parts the document imports as text, whatever they are called.
    """
    pieces = drawings(package)
    pieces += properties(package)
    pieces += external_targets(package, said_targets)
    names, embedded = files_inside(package, chunks)
    return [*pieces, *names, *macros(package), *leftovers(package)], embedded


def remarks(package: Package) -> tuple[str, ...]:
    """Macros and signatures, said to people."""
    names = [name.lower() for name in package.names]
    said = []
    if any(name.endswith("vbaproject.bin") for name in names):
        said.append("文件含有宏（VBA 程序）；公开前应另存为不含宏的格式。")
    if any("/activex/" in name for name in names):
        said.append("文件含有 ActiveX 控件；公开前应删除。")
    if any(name.startswith("_xmlsignatures/") for name in names):
        said.append("文件带有数字签名，其中含签名人信息。")
    return tuple(said)
