"""What an Office package holds beside its XML: pictures, embedded objects, imported chunks, fonts; and where it points.

What a part is follows from the arrow that points at it (ISO/IEC 29500-2 §6.5), its name is only asked where no arrow does:
a chunk of text called ``theme1.xml`` or ``font.ttf`` is opened by Word all the same.
"""

import posixpath
from collections.abc import Iterable, Iterator

from review.reading.assembly import Embedded, Piece
from review.reading.formats import ole_object, zip_regions
from review.reading.formats.ooxml import Package, Relationship
from review.types import BlockKind, GapReason

_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp", ".emf", ".wmf", ".svg")
_XML_SUFFIXES = (".xml", ".rels", ".vml", ".sigs")
_FONT_SUFFIXES = (".odttf", ".fntdata", ".ttf")
_CHUNK = "aFChunk"
_OBJECT_KINDS = frozenset({"oleObject", "package"})
#: Arrows at parts without text, and at places inside the document: what they point at may be missing.
_MAY_BE_MISSING = frozenset(
    "hyperlink styles theme themeOverride fontTable font webSettings stylesWithEffects printerSettings calcChain tableStyles"
    " presProps viewProps thumbnail".split()
)
_MISSING = "文件引用了这一部分，文件中却没有它，未能读取。请用原程序打开确认，另存后重新提交。"
_EMPTY = "文件的这一部分是空的，没有可检查的内容。请用原程序打开确认，另存后重新提交。"
_CONTROL = "文件含有 ActiveX 控件，控件里的文字未检查。请删除控件或打印为 PDF 后重新提交。"

_LABELS = {
    "hyperlink": "超链接地址",
    "image": "链接的图片",
    "attachedTemplate": "附加模板的路径",
    "oleObject": "链接的对象",
    "externalLinkPath": "外部工作簿的路径",
    "externalLink": "外部工作簿的路径",
    "subDocument": "子文档的路径",
    "frame": "框架文件",
}


def _arrows(package: Package) -> Iterator[Relationship]:
    """Every arrow of every part, in file order."""
    for name in package.names:
        folder, base = posixpath.split(name)
        if posixpath.basename(folder) != "_rels" or not base.endswith(".rels"):
            continue
        part = posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
        yield from package.relationships(part).values()


def external_targets(package: Package, said: Iterable[str] = ()) -> list[Piece]:
    """Where the file points to outside itself: hyperlinks, linked pictures, templates, linked objects."""
    seen = set(said)
    pieces = []
    for relation in _arrows(package):
        if relation.is_external and relation.target and relation.target not in seen:
            seen.add(relation.target)
            pieces.append(Piece(relation.target, BlockKind.LINK, _LABELS.get(relation.kind, "外部链接")))
    return pieces


def files_inside(package: Package, chunks: Iterable[str] = ()) -> tuple[list[Piece], list[Embedded]]:
    """The files in the package with their names; ``chunks`` are parts the document imports as text.

    What is referenced and missing, empty, or a control becomes a Gap of the package.
    """
    pieces: list[Piece] = []
    found: list[Embedded] = []
    kinds = _kinds(package) | {chunk.lower(): _CHUNK for chunk in chunks}
    counts = {"嵌入对象": 0, "图片": 0, "缩略图": 0}
    for name in package.names:
        what = _what_inside(name.lower(), kinds.get(name.lower(), ""))
        if what not in counts:
            if what:
                package.lose(GapReason.UNSUPPORTED, name, what)
            continue
        counts[what] += 1
        where = f"{what}{counts[what]}"
        if what == "嵌入对象":
            pieces.append(Piece(name, BlockKind.ATTACHMENT, f"{where} 的名称"))
        names, item = _file(package, name, where)
        pieces += names
        found += [item] if item else []
    limits = package.limits
    return pieces, [*found, *zip_regions.as_files(package.unlisted, limits.entries, limits.expanded_bytes)]


def _kinds(package: Package) -> dict[str, str]:
    """The kind of every part that an arrow points at, by its name in lower case; a missing part becomes a Gap."""
    kinds: dict[str, str] = {}
    for relation in _arrows(package):
        if relation.is_external:
            continue
        if relation.target in package:
            lower = relation.target.lower()
            kinds[lower] = _CHUNK if _CHUNK in (relation.kind, kinds.get(lower)) else relation.kind
        elif relation.kind not in _MAY_BE_MISSING:
            package.lose(GapReason.CORRUPT, relation.target, _MISSING)
    return kinds


def _file(package: Package, name: str, where: str) -> tuple[list[Piece], Embedded | None]:
    """One file, taken out of the OLE object it may be packed in."""
    data = package.read(name)
    if not data:
        if data is not None:
            package.lose(GapReason.EMPTY, name, _EMPTY)
        return [], None
    item = Embedded(posixpath.basename(name), data, where)
    if not name.lower().endswith(".bin"):
        return [], item
    unpacked = ole_object.unpack(data)
    if unpacked is None:
        return [], None
    names = [Piece(unpacked[0], BlockKind.ATTACHMENT, f"{where} 的原文件名")] if unpacked[0] else []
    return names, Embedded(unpacked[0] or item.name, unpacked[1], where)


def _what_inside(lower: str, kind: str) -> str:
    """What a part is: a key of the counts; the words of a Gap; "" for what is read elsewhere or holds no text."""
    if kind == _CHUNK or kind in _OBJECT_KINDS or "/embeddings/" in lower:
        return "嵌入对象"
    if lower.startswith("docprops/thumbnail"):
        return "缩略图"
    if kind == "image" or lower.endswith(_PICTURE_SUFFIXES):
        return "图片"
    if lower.endswith(_XML_SUFFIXES) or lower.endswith("vbaproject.bin"):
        return ""
    if lower.endswith(_FONT_SUFFIXES) and kind in ("font", ""):
        return ""
    if kind == "printerSettings" or not kind and "/printersettings/" in lower:
        return ""
    return _CONTROL if "/activex/" in lower else "嵌入对象"
