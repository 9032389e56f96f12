"""Everything in a PDF that is text but no page: annotations, fields, attachments, bookmarks, properties, layers, scripts.

Read with pikepdf. Every loop has an end: references may run in circles.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from review.reading.assembly import Embedded, Piece
from review.reading.formats import pdf_damage, pdf_fonts
from review.reading.formats.xmp import xml_texts
from review.types import BlockKind, Gap, GapReason

_MAX_NODES = 20_000
_MAX_DEPTH = 40
_MAX_PAGES = 3000
_MAX_SCRIPT = 20_000
_MAX_METADATA = 4 * 1024 * 1024
_INFO_NAMES = {
    "/Title": "标题",
    "/Author": "作者",
    "/Subject": "主题",
    "/Keywords": "关键词",
    "/Creator": "创建程序",
    "/Producer": "生成程序",
    "/CreationDate": "创建时间",
    "/ModDate": "修改时间",
    "/Company": "单位",
    "/Manager": "负责人",
    "/Category": "类别",
    "/Comments": "备注",
}
_SIGNATURE_NAMES = {"/Name": "签名人", "/Reason": "签名理由", "/Location": "签名地点", "/ContactInfo": "联系方式"}
_NOTE_NAMES = {
    "/Text": "便签",
    "/FreeText": "文本批注",
    "/Highlight": "高亮批注",
    "/Underline": "下划线批注",
    "/StrikeOut": "删除线批注",
    "/Stamp": "图章",
    "/FileAttachment": "附件批注",
    "/Redact": "密文标记",
    "/Widget": "表单域",
}
_TAGS = re.compile(r"<[^>]*>")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.S)
_ALTERNATIVE = re.compile(rb"/(?:Alt|ActualText)\s*[(<]")
_SCRIPT = "文件含有 JavaScript 脚本，已作为文字读取，未执行"


@dataclass
class Structure:
    """What was found; ``has_layers``: some content may be switched off."""

    pieces: list[Piece] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    has_layers: bool = False
    has_alternatives: bool = False
    keys: list[bytes] = field(default_factory=list)
    doubtful: dict[int, frozenset[Any]] = field(default_factory=dict)  # pages with fonts of unknown characters
    noted: list[int] = field(default_factory=list)  # pages with annotations that paint something themselves

    def add(self, text: str, kind: BlockKind, locator: str, page: int | None = None, concealed: str = "") -> None:
        """One piece, unless it is blank or was just said."""
        text = _clean(text)
        if text:
            self.pieces.append(Piece(text, kind, locator, page, concealed=concealed))


def structure_of(
    data: bytes,
    max_pages: int,
    max_bytes: int,
    with_keys: bool = False,
    is_earlier: bool = False,
    deadline: float = float("inf"),
) -> Structure:
    """What the file holds besides its pages; a Gap where pikepdf cannot open or follow it.

    ``with_keys``: also what tells the contents of its pages apart (``page_keys``). ``is_earlier``: a revision, whose tag
    tree (a copy of the text, node by node) is not worth the time.
    """
    found = Structure()
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True, inherit_page_attributes=False) as pdf:
            found.has_alternatives = not is_earlier and has_alternatives(data)
            if with_keys:
                found.keys = page_keys(pdf, max_pages)
            for reader in (_info, _metadata, _layers, _outline, _attachments, _fields, _scripts, _alternatives):
                _guarded(reader, found, pdf, max_bytes)
            _notes(found, pdf, max_pages, max_bytes)
            if not is_earlier:
                found.gaps += pdf_damage.gaps_of(pdf, max_pages, deadline)
                found.doubtful = pdf_fonts.pages_in_doubt(pdf, max_pages)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pikepdf fails in many ways on damaged files; pages are read by pdfium all the same
        found.gaps.append(_gap("属性、批注、附件"))
    return found


def page_keys(pdf: pikepdf.Pdf, max_pages: int) -> list[bytes]:
    """One hash per page over its raw content and the forms it names: equal keys, equal page."""
    keys: list[bytes] = []
    for page in list(pdf.pages)[:max_pages]:
        digest = hashlib.blake2b(digest_size=16)
        try:
            resources = page.obj.get("/Resources", pikepdf.Dictionary())
            forms: Any = resources.get("/XObject", pikepdf.Dictionary())
            streams = [*items_or_one(page.obj.get("/Contents")), *(forms[name] for name in forms.keys())]
            for stream in streams:
                if isinstance(stream, pikepdf.Stream) and stream.get("/Subtype") != "/Image":
                    digest.update(stream.read_raw_bytes())
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
            digest.update(len(keys).to_bytes(8, "big"))
        keys.append(digest.digest())
    return keys


def _guarded(reader: Any, found: Structure, pdf: pikepdf.Pdf, max_bytes: int) -> None:
    try:
        reader(found, pdf, max_bytes)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one damaged corner must not hide the others
        found.gaps.append(_gap(_CORNERS[reader.__name__]))


_CORNERS = {
    "_info": "文档属性",
    "_metadata": "XMP 元数据",
    "_layers": "图层",
    "_outline": "书签",
    "_attachments": "附件",
    "_fields": "表单域",
    "_scripts": "脚本",
    "_alternatives": "替代文字",
}


def _gap(where: str) -> Gap:
    return Gap(GapReason.CORRUPT, where, "PDF 内部结构损坏，这一部分未能读取。请用原程序重新导出后提交，或由人工查看。")


# --------------------------------------------------------------------------------------------------------- properties


def _info(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    info = pdf.trailer.get("/Info")
    if not isinstance(info, pikepdf.Dictionary):
        return
    for key, value in info.items():
        text = _string(value)
        if text:
            found.add(f"{_INFO_NAMES.get(key, key.lstrip('/'))}：{text}", BlockKind.PROPERTY, "文档属性")


def _metadata(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    stream = pdf.Root.get("/Metadata")
    if isinstance(stream, pikepdf.Stream):
        for text in xml_texts(stream.read_bytes()[:_MAX_METADATA]):
            found.add(text, BlockKind.PROPERTY, "XMP 元数据")


def _layers(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, pikepdf.Dictionary):
        return
    found.has_layers = True
    default = properties.get("/D", pikepdf.Dictionary())
    off = {item.objgen for item in items(default.get("/OFF"))}
    for group in items(properties.get("/OCGs")):
        if isinstance(group, pikepdf.Dictionary):
            is_off = group.objgen in off
            locator = "图层（关闭）" if is_off else "图层"
            found.add(_string(group.get("/Name")), BlockKind.NAME, locator, concealed="关闭的图层" if is_off else "")


def _outline(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    first = pdf.Root.get("/Outlines", pikepdf.Dictionary()).get("/First")
    stack: list[tuple[Any, int]] = [(first, 0)] if first is not None else []
    seen: set[Any] = set()
    while stack and len(seen) < _MAX_NODES:
        item, depth = stack.pop()
        if not isinstance(item, pikepdf.Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else len(seen))
        found.add(_string(item.get("/Title")), BlockKind.NAME, "书签")
        _link(found, item.get("/A"), "书签", None)
        if "/Next" in item:
            stack.append((item.get("/Next"), depth))
        if "/First" in item and depth < _MAX_DEPTH:
            stack.append((item.get("/First"), depth + 1))


# ------------------------------------------------------------------------------------------------ attachments, scripts


def _attachments(found: Structure, pdf: pikepdf.Pdf, max_bytes: int) -> None:
    for name, specification in _name_tree(pdf.Root.get("/Names", pikepdf.Dictionary()).get("/EmbeddedFiles")):
        _attach(found, specification, name, "附件", None, max_bytes)
    for specification in items(pdf.Root.get("/AF")):
        _attach(found, specification, "", "附件", None, max_bytes)


def _attach(found: Structure, specification: Any, name: str, locator: str, page: int | None, max_bytes: int) -> None:
    if not isinstance(specification, pikepdf.Dictionary):
        return
    label = _string(specification.get("/UF")) or _string(specification.get("/F")) or name or "未命名附件"
    found.add(label, BlockKind.ATTACHMENT, locator, page)
    found.add(_string(specification.get("/Desc")), BlockKind.ATTACHMENT, f"{locator}说明", page)
    files = specification.get("/EF")
    if not isinstance(files, pikepdf.Dictionary):
        return
    stream = next((files[key] for key in ("/UF", "/F", "/DOS", "/Unix", "/Mac") if key in files), None)
    if not isinstance(stream, pikepdf.Stream):
        return
    size = int(stream.get("/Params", pikepdf.Dictionary()).get("/Size", 0) or 0)
    if size > max_bytes:
        found.gaps.append(Gap(GapReason.TOO_LARGE, locator, "附件过大，未检查。请取出后单独提交。"))
        return
    content = bounded_bytes(stream, max_bytes)
    if content is None:
        found.gaps.append(Gap(GapReason.TOO_LARGE, locator, "附件过大或无法解压，未检查。请取出后单独提交。"))
    elif not any(content == item.data for item in found.embedded):
        found.embedded.append(Embedded(label, content, locator))


def bounded_bytes(stream: pikepdf.Stream, limit: int) -> bytes | None:
    """The decoded bytes of a stream; None when they pass the limit (a bomb is not unpacked) or cannot be decoded."""
    names = [str(name) for name in items_or_one(stream.get("/Filter"))]
    if names == ["/FlateDecode"] and "/DecodeParms" not in stream:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(stream.read_raw_bytes(), limit + 1)
        except zlib.error:
            return None
        return data if len(data) <= limit else None
    if names.count("/FlateDecode") > 1:
        return None
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return None
    return data if len(data) <= limit else None


def _scripts(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    names = pdf.Root.get("/Names", pikepdf.Dictionary())
    actions = [action for _, action in _name_tree(names.get("/JavaScript"))] + [pdf.Root.get("/OpenAction")]
    extra = pdf.Root.get("/AA")
    if isinstance(extra, pikepdf.Dictionary):
        actions += [action for _, action in extra.items()]
    for action in actions:
        _script(found, action, "文档脚本", None)


def _script(found: Structure, action: Any, locator: str, page: int | None) -> None:
    if not isinstance(action, pikepdf.Dictionary) or "/JS" not in action:
        return
    code = action.get("/JS")
    text = code.read_bytes().decode("utf-8", "replace") if isinstance(code, pikepdf.Stream) else _string(code)
    found.add(text[:_MAX_SCRIPT], BlockKind.FIELD, locator, page)
    if _SCRIPT not in found.remarks:
        found.remarks.append(_SCRIPT)


# --------------------------------------------------------------------------------------------------- fields and notes


def _fields(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return
    stack = [(item, 0) for item in reversed(items(form.get("/Fields")))]
    seen: set[Any] = set()
    while stack and len(seen) < _MAX_NODES:
        item, depth = stack.pop()
        if not isinstance(item, pikepdf.Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else len(seen))
        _field(found, item)
        if depth < _MAX_DEPTH:
            stack += [(kid, depth + 1) for kid in reversed(items(item.get("/Kids")))]
    for page in list(pdf.pages)[:_MAX_PAGES]:
        for note in items(page.obj.get("/Annots")):
            # fields that an editor forgot to list in the form
            if isinstance(note, pikepdf.Dictionary) and "/V" in note and note.is_indirect and note.objgen not in seen:
                seen.add(note.objgen)
                _field(found, note)
    xfa = form.get("/XFA")
    for part in items_or_one(xfa):
        if isinstance(part, pikepdf.Stream):
            for text in xml_texts(part.read_bytes()[:_MAX_METADATA]):
                found.add(text, BlockKind.FIELD, "XFA 表单")


def _field(found: Structure, item: pikepdf.Dictionary) -> None:
    name = _string(item.get("/T"))
    found.add(_string(item.get("/TU")), BlockKind.FIELD, "表单域提示")
    value = item.get("/V")
    if isinstance(value, pikepdf.Dictionary) and not isinstance(value, pikepdf.Stream):
        for key, label in _SIGNATURE_NAMES.items():
            text = _string(value.get(key))
            if text:
                found.add(f"{label}：{text}", BlockKind.PROPERTY, "电子签名")
        return
    values = [_string(v) for v in items_or_one(value)] + [_string(v) for v in items_or_one(item.get("/DV"))]
    options = [_string(leaf) for option in items(item.get("/Opt")) for leaf in items_or_one(option)]
    for text in dict.fromkeys(filter(None, values + options)):
        found.add(f"{name}：{text}" if name else text, BlockKind.FIELD, "表单域")
    if name and not any(values):
        found.add(name, BlockKind.FIELD, "表单域名称")


def _notes(found: Structure, pdf: pikepdf.Pdf, max_pages: int, max_bytes: int) -> None:
    links: set[str] = set()
    for index, page in enumerate(pdf.pages):
        if index >= max_pages:
            break
        notes = page.obj.get("/Annots")
        if notes is None:
            continue
        number = index + 1
        try:
            for note in items(notes):
                if isinstance(note, pikepdf.Dictionary):
                    if "/AP" in note and number not in found.noted[-1:]:
                        found.noted.append(number)
                    _note(found, note, number, links, max_bytes)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a damaged annotation is said; the next page is still read
            found.gaps.append(_gap(f"第{number}页批注"))


def _note(found: Structure, note: pikepdf.Dictionary, number: int, links: set[str], max_bytes: int) -> None:
    kind = str(note.get("/Subtype", ""))
    if kind == "/Link":
        _link(found, note.get("/A"), f"第{number}页", number, links)
        found.add(_string(note.get("/Contents")), BlockKind.ALT_TEXT, f"第{number}页 链接说明", number)
        return
    if kind == "/Widget":
        _link(found, note.get("/A"), f"第{number}页 表单域", number, links)
        for _, action in note.get("/AA", pikepdf.Dictionary()).items():
            _script(found, action, f"第{number}页 表单域脚本", number)
        caption = note.get("/MK", pikepdf.Dictionary()).get("/CA")
        found.add(_string(caption), BlockKind.FIELD, f"第{number}页 表单域标题", number)
        return
    flags = int(note.get("/F", 0) or 0)
    concealed = "隐藏的批注" if flags & 0b100010 else ""
    locator = f"第{number}页 {note_name(note)}"
    author = _string(note.get("/T"))
    body = _string(note.get("/Contents"))
    rich = note.get("/RC")
    rich_text = rich.read_bytes().decode("utf-8", "replace") if isinstance(rich, pikepdf.Stream) else _string(rich)
    rich_text = _clean(_TAGS.sub("", rich_text))
    parts = [f"{author}：{body}" if author and body else body or author]
    if rich_text and rich_text not in body:
        parts.append(rich_text)
    parts += [_string(note.get(key)) for key in ("/Subj", "/OverlayText")]
    found.add("\n".join(filter(None, parts)), BlockKind.COMMENT, locator, number, concealed)
    if kind == "/FileAttachment":
        _attach(found, note.get("/FS"), "", f"第{number}页附件", number, max_bytes)
    _link(found, note.get("/A"), locator, number, links)


def _link(found: Structure, action: Any, locator: str, page: int | None, links: set[str] | None = None) -> None:
    if not isinstance(action, pikepdf.Dictionary):
        return
    _script(found, action, f"{locator} 脚本", page)
    target = _string(action.get("/URI"))
    file = action.get("/F")
    if not target and file is not None:
        target = _string(file.get("/UF") or file.get("/F")) if isinstance(file, pikepdf.Dictionary) else _string(file)
    if target and (links is None or target not in links):
        found.add(target, BlockKind.LINK, f"{locator} 链接", page)
        if links is not None:
            links.add(target)


# ------------------------------------------------------------------------------------------------------- tagged content


def has_alternatives(data: bytes) -> bool:
    """Whether alternative texts occur anywhere, also in object streams; a whole tag tree is only walked for them."""
    if _ALTERNATIVE.search(data):
        return True
    for match in _OBJECT_STREAM.finditer(data):
        unpacker = zlib.decompressobj()
        try:
            if _ALTERNATIVE.search(unpacker.decompress(data[match.end() : match.end() + (1 << 20)], 1 << 22)):
                return True
        except zlib.error:
            continue
    return False


def _alternatives(found: Structure, pdf: pikepdf.Pdf, _: int) -> None:
    root = pdf.Root.get("/StructTreeRoot")
    if not found.has_alternatives or not isinstance(root, pikepdf.Dictionary):
        return
    stack = [root]
    seen: set[Any] = set()
    while stack and len(seen) < _MAX_NODES:
        item = stack.pop()
        if not isinstance(item, pikepdf.Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else len(seen) + _MAX_NODES)
        for key in ("/Alt", "/ActualText"):
            if key in item:
                found.add(_string(item.get(key)), BlockKind.ALT_TEXT, "替代文字")
        stack += reversed(items_or_one(item.get("/K")))


# ------------------------------------------------------------------------------------------------------- small look-ups


def _name_tree(root: Any) -> Iterator[tuple[str, Any]]:
    stack, count = [root], 0
    while stack and count < _MAX_NODES:
        node = stack.pop()
        count += 1
        if not isinstance(node, pikepdf.Dictionary):
            continue
        names = items(node.get("/Names"))
        for index in range(0, len(names) - 1, 2):
            count += 1
            yield _string(names[index]), names[index + 1]
        stack += reversed(items(node.get("/Kids")))


def note_name(note: pikepdf.Dictionary) -> str:
    """What a person calls this annotation."""
    return _NOTE_NAMES.get(str(note.get("/Subtype", "")), "批注")


def items(value: Any) -> list[Any]:
    """The members of an array, [] for anything else; never more than 20,000."""
    return list(value)[:_MAX_NODES] if isinstance(value, pikepdf.Array) else []


def items_or_one(value: Any) -> list[Any]:
    """The members of an array, or the value itself."""
    if value is None:
        return []
    return items(value) if isinstance(value, pikepdf.Array) else [value]


def _string(value: Any) -> str:
    if isinstance(value, pikepdf.String):
        text = str(value)
        return _gb_text(bytes(value), text)
    if isinstance(value, pikepdf.Name):
        return str(value).lstrip("/")
    return "" if value is None or isinstance(value, pikepdf.Object | bool) else str(value)


def _gb_text(raw: bytes, text: str) -> str:
    """Old Chinese programs write GBK where PDF wants UTF-16 or PDFDocEncoding."""
    if raw.startswith((b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")) or raw.isascii():
        return text
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
