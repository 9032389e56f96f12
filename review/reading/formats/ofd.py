"""OFD (GB/T 33190-2016): pages with boxes, page templates, annotations, attachments, properties, signatures, custom tags.

An own reader of the XML; no Python library is usable (files.md §2). Every document body and every part that holds text is
read; what the format leaves unshown is text like any other, marked as hidden.
"""

import io
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree
from PIL import Image

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ofd_page, page_lines
from review.reading.formats.ofd_page import POINTS, Area, Drawn, local, numbers
from review.reading.formats.ooxml import Package
from review.reading.ocr_ink import is_text_like
from review.reading.ocr_text import Placing, read_picture
from review.types import BBox, BlockKind, Gap, GapReason, Page, PageReading

_BROKEN = "OFD 文件结构损坏，未能完整读取。请用原程序重新导出后提交，或由人工查看。"
_DANGEROUS = "OFD 文件含有 DTD 或实体声明（正常文件没有），已拒绝读取。请用原程序重新导出后提交。"
_MISSING = "这一页的内容在文件中找不到，未能读取。请用原程序重新导出后提交。"
_OUTLINES = "这一页有画成图形的内容（文字可能已转成曲线），未能读取。请导出为 PDF 后提交，或由人工查看。"
_LOST = "这一页有图片在文件中找不到，未检查。请用原程序重新导出后提交，或由人工查看。"
_DEEP = "这一页的内容过多或层层嵌套过深，有一部分没有读取。请用原程序重新导出后提交，或由人工查看。"
_PICTURE = "这一页的图片格式（如 JBIG2）无法读取，未检查。请导出为 PDF 后提交，或由人工查看。"
_INFO = {
    "Title": "标题",
    "Author": "作者",
    "Subject": "主题",
    "Abstract": "摘要",
    "CreationDate": "创建时间",
    "ModDate": "修改时间",
    "Creator": "创建程序",
    "CreatorVersion": "程序版本",
    "Keyword": "关键词",
    "DocUsage": "用途",
}
_ANNOTATIONS = {"Stamp": "签章", "Watermark": "水印", "Link": "链接", "Path": "图形批注", "Highlight": "高亮批注"}
_MIN_WIDE, _MIN_HIGH = 60.0, 18.0  # points, as for PDF
_MAX_TEMPLATES = 100


@dataclass
class _Found:
    """What is collected while reading."""

    pieces: list[Piece] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    remarks: dict[str, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def add(
        self, text: str | None, kind: BlockKind, locator: str, page: int | None = None, concealed: str = ""
    ) -> None:
        text = (text or "").strip()
        if text:
            self.pieces.append(Piece(text, kind, locator, page, concealed=concealed))


def extract(data: bytes, options: Options) -> Reading:
    """Everything in the file; Unreadable when its entry OFD.xml cannot be read."""
    package = Package(data, options)
    found = _Found()
    root = _parse(package, "OFD.xml", found)
    if root is None:
        dangerous = any(gap.reason is GapReason.DANGEROUS for gap in found.gaps)
        raise Unreadable(*((GapReason.DANGEROUS, _DANGEROUS) if dangerous else (GapReason.CORRUPT, _BROKEN)))
    bodies = _children(root, "DocBody")
    readers = [_read_body(package, body, found, options) for body in bodies]
    for reader in filter(None, readers[-1:]):
        reader.read_left_over()
    if not bodies:
        raise Unreadable(GapReason.CORRUPT, _BROKEN)
    _read_versions(package, found)
    gaps = dict.fromkeys([*found.gaps, *package.gaps])
    pieces = page_lines.with_running_titles(found.pieces, found.pages)
    return Reading(tuple(pieces), tuple(found.pages), (), tuple(gaps), tuple(found.embedded), tuple(found.remarks))


# ------------------------------------------------------------------------------------------------------------ documents


def _read_body(package: Package, body: etree._Element, found: _Found, options: Options) -> "_DocumentReader | None":
    reader = None
    place = _text(_child(body, "DocRoot"))
    name = _resolve("OFD.xml", place)
    document = _parse(package, name, found)
    if document is None:
        found.gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
    else:
        reader = _DocumentReader(package, name, document, found, options)
        reader.read()
    info = _child(body, "DocInfo")
    for element in info.iter() if info is not None else ():
        tag = local(element)
        if tag in _INFO:
            value = (element.text or "").strip()
            found.add(f"{_INFO[tag]}：{value}" if value else "", BlockKind.PROPERTY, "文档属性")
        elif tag == "CustomData":
            value = (element.text or "").strip()
            found.add(f"{element.get('Name', '自定义')}：{value}" if value else "", BlockKind.PROPERTY, "自定义属性")
    _read_signatures(package, _resolve("OFD.xml", _text(_child(body, "Signatures"))), found)
    return reader


class _DocumentReader:
    """Reads one document body."""

    def __init__(self, package: Package, name: str, document: etree._Element, found: _Found, options: Options) -> None:
        self._package, self._name, self._document, self._found, self._options = package, name, document, found, options
        self._resources: dict[str, ofd_page.Resource] = {}
        self._templates: dict[str, str] = {}
        self._box = (0.0, 0.0, 210.0, 297.0)
        self._numbers: dict[str, int] = {}
        self._shown: set[str] = set()

    def read(self) -> None:
        """Pages first, then what hangs on them."""
        common = _child(self._document, "CommonData")
        for element in common if common is not None else ():
            tag = local(element)
            if tag in ("PublicRes", "DocumentRes"):
                self._read_resources(_resolve(self._name, _text(element)))
            elif tag == "TemplatePage":
                self._templates[element.get("ID", "")] = _resolve(self._name, element.get("BaseLoc", ""))
            elif tag == "PageArea":
                self._box = _box_of(element) or self._box
        pages = _child(self._document, "Pages")
        listed = _children(pages, "Page") if pages is not None else []
        first = len(self._found.pages)
        for index, element in enumerate(listed):
            number = first + index + 1
            if index >= self._options.limits.pages:
                self._found.gaps.append(
                    Gap(GapReason.TOO_LARGE, f"第{number}页起", "页数超过限制，其余未检查。请拆分后提交。")
                )
                break
            if index % 20 == 0:
                self._options.progress(index, len(listed))
            self._numbers[element.get("ID", "")] = number
            self._read_page(_resolve(self._name, element.get("BaseLoc", "")), number)
        for key, template in self._templates.items():
            if key not in self._shown:
                self._read_unshown(template, "未使用的页面模板")
        self._read_outline()
        for tag, reader in (
            ("Annotations", self._read_annotations),
            ("Attachments", self._read_attachments),
            ("CustomTags", self._read_tags),
            ("Extensions", self._read_extensions),
        ):
            for element in _children(self._document, tag):
                reader(_resolve(self._name, _text(element)))

    def _read_resources(self, name: str) -> None:
        root = _parse(self._package, name, self._found)
        if root is None:
            return
        base = posixpath.join(posixpath.dirname(name), root.get("BaseLoc", ""))
        for element in root.iter():
            tag = local(element)
            if tag == "MultiMedia":
                file = _text(_child(element, "MediaFile"))
                self._resources[element.get("ID", "")] = ofd_page.Resource(_resolve(base + "/x", file), None)
            elif tag == "CompositeGraphicUnit":
                self._resources[element.get("ID", "")] = ofd_page.Resource("", element)

    def _read_page(self, name: str, number: int) -> None:
        found = self._found
        root = _parse(self._package, name, found)
        if root is None:
            found.gaps.append(Gap(GapReason.CORRUPT, f"第{number}页", _MISSING))
            found.pages.append(Page(number, *_points(self._box), "pt", PageReading.UNREAD))
            return
        area = _child(root, "Area")
        box = (_box_of(area) if area is not None else None) or self._box
        drawn = self._template_text(root, box, number)
        own = ofd_page.drawn(_child(root, "Content"), Area(*box), self._resources)
        width, height = _points(box)
        seen = [line for line in own.lines if not line.concealed]
        pieces = page_lines.paragraphs(seen, number, width, height)
        hidden = [line for line in own.lines if line.concealed]
        pieces += [page_lines.joined([line], number, BlockKind.HIDDEN, line.concealed) for line in hidden]
        pictures, gaps, was_read = self._read_pictures(own, number, width, height)
        found.pieces += drawn + pieces + pictures
        found.gaps += gaps
        is_drawing = own.paths > 30 and not seen and not pictures and not drawn
        if is_drawing and not own.outlines:
            found.gaps.append(Gap(GapReason.NO_TEXT, f"第{number}页", _OUTLINES))
        how = PageReading.TEXT
        if pictures:
            how = PageReading.MIXED if seen else PageReading.OCR
        elif not seen and not drawn:
            how = PageReading.UNREAD if is_drawing or not was_read else PageReading.BLANK
        found.pages.append(Page(number, width, height, "pt", how))

    def _template_text(self, page: etree._Element, box: tuple[float, ...], number: int) -> list[Piece]:
        """The text of the page's templates, on the first page that shows them."""
        pieces: list[Piece] = []
        for element in _children(page, "Template")[:_MAX_TEMPLATES]:
            key = element.get("TemplateID", "")
            name = self._templates.get(key)
            if not name or key in self._shown:
                continue
            self._shown.add(key)
            root = _parse(self._package, name, self._found)
            if root is None:
                self._found.gaps.append(Gap(GapReason.CORRUPT, f"第{number}页模板", _MISSING))
                continue
            drawn = ofd_page.drawn(_child(root, "Content"), Area(*box), self._resources)
            width, height = _points(box)
            for line in drawn.lines:
                kind = BlockKind.HIDDEN if line.concealed else BlockKind.PARAGRAPH
                top = number == 1 and not line.concealed and line.bbox.top < height * page_lines.TOP_SHARE
                piece = page_lines.joined([line], number, kind, line.concealed, top, f"第{number}页 页面模板")
                pieces.append(piece)
            pictures, gaps, _ = self._read_pictures(drawn, number, width, height)
            pieces += pictures
            self._found.gaps += gaps
        return pieces

    def _read_pictures(
        self, drawn: Drawn, number: int, width: float, height: float
    ) -> tuple[list[Piece], list[Gap], bool]:
        """The text in the pictures of a page, the Gaps, and whether all of them could be looked at."""
        pieces: list[Piece] = []
        gaps = _losses(drawn, number)
        was_read = drawn.lost == 0
        for index, picture in enumerate(drawn.pictures):
            box = picture.bbox
            key = f"{picture.name}"
            if key in self._found.used:
                continue
            self._found.used.add(key)
            data = self._package.read(picture.name, self._options.limits.file_bytes)
            locator = f"第{number}页 图片{index + 1}"
            if not data:
                gaps.append(Gap(GapReason.CORRUPT, locator, _LOST))
                was_read = False
                continue
            image = _image(data, self._options.limits.image_pixels)
            is_small = box.x1 - box.x0 < _MIN_WIDE or box.bottom - box.top < _MIN_HIGH
            if is_small and (not _is_long(box) if image is None else not is_text_like(image)):
                self._options.allowance.small_pictures += 1
                continue
            if image is None:
                gaps.append(Gap(GapReason.UNSUPPORTED, locator, _PICTURE))
                was_read = False
                continue
            fills = (box.x1 - box.x0) * (box.bottom - box.top) > 0.5 * width * height
            sight = read_picture(
                image,
                Placing(
                    number,
                    f"第{number}页" if fills else locator,
                    (box.x1 - box.x0) / image.width,
                    box.x0,
                    box.top,
                    width,
                    height,
                    BlockKind.PARAGRAPH if fills else BlockKind.IMAGE,
                    has_marks=number == 1,
                ),
                self._options,
            )
            pieces += sight.pieces
            gaps += sight.gaps
            was_read = was_read and sight.was_read
        return pieces, gaps, was_read

    def _read_unshown(self, name: str, reason: str) -> None:
        root = _parse(self._package, name, self._found)
        if root is not None:
            drawn = ofd_page.drawn(_child(root, "Content"), Area(*self._box), self._resources)
            for line in drawn.lines:
                self._found.add(line.text, BlockKind.HIDDEN, reason, concealed=reason)

    def read_left_over(self) -> None:
        """Page parts that no document names any more: pages taken out by an editor that kept their files."""
        for name in self._package.names:
            if name.lower() in self._package.seen or not name.lower().endswith("content.xml"):
                continue
            self._read_unshown(name, "文件中未引用的页面")

    # ------------------------------------------------------------------------------------------- beside the pages

    def _read_outline(self) -> None:
        for element in self._document.iter():
            tag = local(element)
            if tag == "OutlineElem":
                self._found.add(element.get("Title"), BlockKind.NAME, "书签")
            elif tag == "Bookmark":
                self._found.add(element.get("Name"), BlockKind.NAME, "书签")
            elif tag == "URI":
                self._found.add(element.get("URI"), BlockKind.LINK, "链接")

    def _read_annotations(self, name: str) -> None:
        root = _parse(self._package, name, self._found)
        for page in _children(root, "Page") if root is not None else ():
            number = self._numbers.get(page.get("PageID", ""))
            location = _resolve(name, _text(_child(page, "FileLoc")))
            notes = _parse(self._package, location, self._found)
            for note in _children(notes, "Annot") if notes is not None else ():
                self._read_annotation(note, number)

    def _read_annotation(self, note: etree._Element, number: int | None) -> None:
        kind = note.get("Type", "")
        label = _ANNOTATIONS.get(kind, "批注")
        locator = f"第{number}页 {label}" if number else label
        concealed = "隐藏的批注" if note.get("Visible", "true").lower() == "false" else ""
        texts = [note.get("Creator", "")]
        for element in note.iter():
            tag = local(element)
            if tag in ("Remark", "Parameter"):
                value = (element.text or "").strip()
                texts.append(value if tag == "Remark" else f"{element.get('Name', '')}：{value}" if value else "")
            elif tag == "URI":
                self._found.add(element.get("URI"), BlockKind.LINK, f"{locator} 链接", number)
        appearance = _child(note, "Appearance")
        if appearance is not None:
            corner = numbers(appearance.get("Boundary"))[:2] or [0.0, 0.0]
            drawn = ofd_page.drawn(appearance, Area(*self._box), self._resources, tuple(corner))
            texts += [line.text for line in drawn.lines]
            if number:
                width, height = _points(self._box)
                pictures, gaps, _ = self._read_pictures(drawn, number, width, height)
                self._found.pieces += [replace(p, kind=BlockKind.IMAGE, locator=locator) for p in pictures]
                self._found.gaps += gaps
        self._found.add("\n".join(filter(None, texts)), BlockKind.COMMENT, locator, number, concealed)

    def _read_attachments(self, name: str) -> None:
        root = _parse(self._package, name, self._found)
        for element in _children(root, "Attachment") if root is not None else ():
            title = element.get("Name", "") or "未命名附件"
            location = _resolve(name, _text(_child(element, "FileLoc")))
            label = title
            suffix = element.get("Format", "") or posixpath.splitext(location)[1].lstrip(".")
            if suffix and not title.lower().endswith("." + suffix.lower()):
                label = f"{title}.{suffix.lower()}"
            concealed = "隐藏的附件" if element.get("Visible", "true").lower() == "false" else ""
            self._found.add(label, BlockKind.ATTACHMENT, "附件", concealed=concealed)
            data = self._package.read(location, self._options.limits.file_bytes)
            if data:
                self._found.embedded.append(Embedded(label, data, "附件"))
            else:
                detail = "附件在文件中找不到或无法解压，未检查。"
                self._found.gaps.append(Gap(GapReason.CORRUPT, "附件", detail))

    def _read_tags(self, name: str) -> None:
        root = _parse(self._package, name, self._found)
        for element in _children(root, "CustomTag") if root is not None else ():
            self._add_all(_resolve(name, _text(_child(element, "FileLoc"))), "自定义标引")

    def _read_extensions(self, name: str) -> None:
        root = _parse(self._package, name, self._found)
        for element in root.iter() if root is not None else ():
            if local(element) in ("Property", "Data") and (element.text or "").strip():
                self._found.add(element.text, BlockKind.PROPERTY, "扩展信息")
            elif local(element) == "ExtendData":
                self._add_all(_resolve(name, _text(element)), "扩展信息")

    def _add_all(self, name: str, locator: str) -> None:
        root = _parse(self._package, name, self._found)
        for element in root.iter() if root is not None else ():
            value = (element.text or "").strip()
            if value and local(element) != "ObjectRef":
                self._found.add(f"{local(element)}：{value}", BlockKind.PROPERTY, locator)


# ----------------------------------------------------------------------------------------------- signatures, versions


def _read_signatures(package: Package, name: str, found: _Found) -> None:
    root = _parse(package, name, found) if name else None
    for element in _children(root, "Signature") if root is not None else ():
        location = _resolve(name, element.get("BaseLoc", ""))
        signature = _parse(package, location, found)
        if signature is None:
            continue
        found.remarks["文件带有电子签名或签章"] = None
        for part in signature.iter():
            tag = local(part)
            value = (part.text or "").strip()
            if tag == "Provider":
                text = " ".join(filter(None, (part.get("ProviderName"), part.get("Company"), part.get("Version"))))
                found.add(f"签名程序：{text}" if text else "", BlockKind.PROPERTY, "电子签名")
            elif tag in ("SignatureDateTime", "Parameter") and value:
                label = "签名时间" if tag == "SignatureDateTime" else part.get("Name", "参数")
                found.add(f"{label}：{value}", BlockKind.PROPERTY, "电子签名")
            elif tag == "BaseLoc" and value:
                seal = package.read(_resolve(location, value), 16 * 1024 * 1024)
                for text in dict.fromkeys(_utf8_strings(seal or b"")):
                    found.add(text, BlockKind.PROPERTY, "电子印章")


def _utf8_strings(data: bytes) -> Iterator[str]:
    """The UTF8String values (tag 12) of the DER structure of a seal (GB/T 38540): names of seal and owner."""
    stack = [(0, len(data))]
    count = 0
    while stack and count < 20_000:
        at, end = stack.pop()
        while at + 2 <= end and count < 20_000:
            count += 1
            tag, size = data[at], data[at + 1]
            at += 2
            if size & 0x80:
                width = size & 0x7F
                size = int.from_bytes(data[at : at + width], "big")
                at += width
            if at + size > end:
                break
            if tag == 0x0C and 1 < size < 400:
                text = data[at : at + size].decode("utf-8", "ignore").strip()
                if text:
                    yield text
            elif tag & 0x20:
                stack.append((at, at + size))
            at += size


def _read_versions(package: Package, found: _Found) -> None:
    if any("/versions/" in f"/{name.lower()}" for name in package.names):
        found.remarks["文件内保留了版本信息"] = None


# ----------------------------------------------------------------------------------------------------- small look-ups


def _parse(package: Package, name: str, found: _Found) -> etree._Element | None:
    """The root of an XML part; None when there is none or it is refused or broken (a Gap)."""
    if not name:
        return None
    data = package.read(name)
    if data is None:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        found.gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
        return None
    if root.getroottree().docinfo.doctype:
        found.gaps.append(Gap(GapReason.DANGEROUS, "", _DANGEROUS))
        return None
    if any(error.level_name == "FATAL" for error in parser.error_log):
        found.gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
    return root


def _resolve(base: str, location: str) -> str:
    """The name in the package of a location written in the part ``base``."""
    location = location.strip().replace("\\", "/")
    if not location:
        return ""
    joined = location if location.startswith("/") else posixpath.join(posixpath.dirname(base), location)
    return posixpath.normpath("/" + joined).lstrip("/")


def _child(element: etree._Element, tag: str) -> etree._Element | None:
    return next((child for child in element if local(child) == tag), None)


def _children(element: etree._Element, tag: str) -> list[etree._Element]:
    return [child for child in element if local(child) == tag]


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _box_of(area: etree._Element) -> tuple[float, float, float, float] | None:
    for tag in ("PhysicalBox", "ApplicationBox"):
        found = numbers(_text(_child(area, tag)))
        if len(found) == 4 and found[2] > 0 and found[3] > 0:
            return found[0], found[1], found[2], found[3]
    return None


def _points(box: tuple[float, ...]) -> tuple[float, float]:
    return box[2] * POINTS, box[3] * POINTS


def _is_long(box: BBox) -> bool:
    """Whether a picture that cannot be decoded has the shape of a line of text: invoices have square codes in JBIG2."""
    wide, high = box.x1 - box.x0, box.bottom - box.top
    return max(wide, high) >= 1.5 * min(wide, high) and min(wide, high) >= 5


def _losses(drawn: Drawn, number: int) -> list[Gap]:
    """What of a page cannot be looked at, as Gaps."""
    gaps = []
    if drawn.outlines:
        gaps.append(Gap(GapReason.NO_TEXT, f"第{number}页", _OUTLINES))
    if drawn.lost:
        gaps.append(Gap(GapReason.CORRUPT, f"第{number}页", _LOST))
    if drawn.is_cut:
        gaps.append(Gap(GapReason.TOO_LARGE, f"第{number}页", _DEEP))
    return gaps


def _image(data: bytes, max_pixels: int) -> Image.Image | None:
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > max_pixels:
            return None
        if "A" in image.getbands() or "transparency" in image.info:
            layer = image.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer).convert("RGB")
        return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
