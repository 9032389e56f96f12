"""Drawings in SVG (W3C SVG 1.1 and 2), alone or inside a page or document: texts, descriptions, pictures and files inside.

Outlines are not recognised: a drawing of lines without a text may be writing, and is said not to be read.
"""

import re

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import html, html_data, xml_events
from review.reading.formats.html_page import Page as WebPage
from review.reading.formats.html_page import declarations, hiding
from review.reading.formats.xml_events import Handler, is_wording
from review.types import BlockKind, Gap, GapReason, Page, PageReading

#: Outlines of fewer characters (of path data) are an icon; the shortest mark in outlines takes several times as many.
ICON = 2000
DRAWN = "图形里没有文字，若有字则是画成的线条，无法识别。请导出为图片或 PDF 后提交，或由人工查看。"
_DTD = "图形文件声明了实体，未展开，可能没有读完。请导出为图片或 PDF 后提交。"
_BROKEN = "图形文件结构已损坏，可能没有读完。请导出为图片或 PDF 后提交。"
_ENCODING = "文字编码不明或混用了几种编码，可能漏读或错读。请导出为图片或 PDF 后提交。"
_LARGE = "文件文字过多，未检查。请拆分后提交。"
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,1000}>", re.IGNORECASE)
_TEXTS = frozenset({"text", "flowRoot", "foreignObject"})
_LINES = frozenset({"flowPara", "p", "div", "li", "br"})
_PLAIN_ATTRIBUTES = frozenset("d points style class id transform href viewBox font-family".split())


def extract(data: bytes, options: Options) -> Reading:
    """The texts of the drawing in its order; rasters and other files inside it as ``Embedded``."""
    source, is_whole = html.decode(data)
    gaps = [] if is_whole else [Gap(GapReason.ENCODING, "", _ENCODING)]
    source = _DOCTYPE.sub("", _DECLARATION.sub("", source), count=1)
    try:
        svg, is_complete = xml_events.walk(source.encode("utf-8", "replace"), Svg, options.limits.characters)
    except xml_events.ForbiddenXml:
        page = WebPage()
        html.feed(source, page)
        gap = Gap(GapReason.DANGEROUS, "", _DTD)
        return Reading(tuple(page.pieces), gaps=(*gaps, gap), embedded=tuple(page.embedded))
    except xml_events.TooMuchText as error:
        raise Unreadable(GapReason.TOO_LARGE, _LARGE) from error
    svg.finish()
    if not is_complete:
        gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
    if not svg.has_text and (svg.drawn >= ICON or svg.drawn and not options.is_part or svg.has_foreign_picture):
        gaps.append(Gap(GapReason.NO_TEXT, "", DRAWN))
    pages = () if svg.has_text or gaps else (Page(1, 0, 0, "px", PageReading.BLANK),)  # an icon: looked at, wordless
    options.allowance.small_pictures += bool(pages)
    return Reading(tuple(svg.pieces), pages, gaps=tuple(gaps), embedded=tuple(svg.embedded))


class Svg(Handler):
    """Reads one drawing; ``pieces`` and ``embedded`` are complete after ``finish``."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self.drawn = 0  # characters of path data, and so many per other shape
        self.has_text = False
        self.has_foreign_picture = False
        self._stack: list[tuple[str, str]] = []  # (element, why it is not seen)
        self._inside = 0  # depth of the stack where the open text begins; 0: none is open
        self._kept: list[str] = []
        self._line = ""
        self.text = []
        self.ends = {"*": self._end}

    def any_start(self, name: str, attributes: dict[str, str]) -> None:
        self._flush_rest()
        tag = name.rpartition(":")[2]
        above = self._stack[-1][1] if self._stack else ""
        self._stack.append((tag, above or _why_unseen(attributes)))
        if not self._inside and tag in _TEXTS:
            self._inside, self._kept, self._line = len(self._stack), [], ""
        elif self._inside:
            self._break_line(tag, attributes)
        if tag in ("path", "polygon", "polyline", "glyph"):
            self.drawn += len(attributes.get("d", "")) + len(attributes.get("points", ""))
        elif tag in ("use", "rect", "line", "circle", "ellipse"):
            self.drawn += 40
        self._say_attributes(tag, attributes)

    def _break_line(self, tag: str, attributes: dict[str, str]) -> None:
        """Words on another line of the drawing are another line; characters placed one by one are one word."""
        line = attributes.get("y", "") if "dy" not in attributes else attributes["dy"]
        is_moved = attributes.get("dy", "0").strip("0.empx") != "" or "y" in attributes and line != self._line
        if tag in _LINES or tag == "tspan" and is_moved and self._kept:
            self._kept.append("\n")
        self._line = line or self._line

    def _end(self) -> None:
        self._flush_rest()
        if self._inside and len(self._stack) == self._inside:
            lines = (" ".join(line.split()) for line in "".join(self._kept).split("\n"))
            text = "\n".join(line for line in lines if line)
            self._inside = 0
            if text:
                self.has_text = True
                self._put(text, BlockKind.TEXT_BOX, "文字", self._stack[-1][1])
        if self._stack:
            self._stack.pop()

    def _flush_rest(self) -> None:
        """Character data since the last event, to where it belongs."""
        text = "".join(self.text or ())
        self.text = []
        if self._inside:
            self._kept.append(text)
        elif text.strip():
            tag = self._stack[-1][0] if self._stack else ""
            if tag == "style":
                self._style(text)
            elif tag in ("title", "desc"):
                self._put(text.strip(), BlockKind.ALT_TEXT, "说明文字")
            else:
                self._put(text.strip(), BlockKind.PROPERTY, f"元素 {tag[:40]}")

    def finish(self) -> None:
        """Text a damaged file left open."""
        while self._stack:
            self._end()

    def _put(self, text: str, kind: BlockKind, what: str, concealed: str = "") -> None:
        is_top = kind is BlockKind.TEXT_BOX
        self.pieces.append(Piece(text, kind, f"图形 {what}", concealed=concealed, top_of_first_page=is_top))

    def _style(self, sheet: str) -> None:
        for text in html_data.generated_text(sheet):
            self._put(text, BlockKind.OTHER, "样式生成的文字")
        for uri in html_data.uris_in_style(sheet):
            self._embed(uri)

    def _say_attributes(self, tag: str, attributes: dict[str, str]) -> None:
        for key, value in attributes.items():
            short = key.rpartition(":")[2]
            if short == "href" and value.strip()[:5].lower() == "data:":
                self._embed(value)
            elif short == "href" and not value.strip().startswith("#"):
                self.has_foreign_picture |= tag in ("image", "feImage", "use")
                self._put(value.strip(), BlockKind.LINK, "链接地址")
            elif short == "style":
                self._style(value)
            elif short not in _PLAIN_ATTRIBUTES and is_wording(value):
                self._put(value, BlockKind.ALT_TEXT, f"属性 {short[:40]}")

    def _embed(self, uri: str) -> None:
        found = html_data.data_uri(uri)
        if found is None or not found[1]:
            self.has_foreign_picture = True
            return
        self.embedded.append(Embedded(f"内嵌{len(self.embedded) + 1}.{found[0]}", found[1], "图形内嵌文件"))


def _why_unseen(attributes: dict[str, str]) -> str:
    rules = {key: attributes[key].strip().lower() for key in ("display", "visibility", "opacity") if key in attributes}
    return hiding(rules | declarations(attributes.get("style", "")), True)
