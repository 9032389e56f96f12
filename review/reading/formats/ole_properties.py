"""Document properties of OLE files: author, last editor, company, custom properties, link lists ([MS-OLEPS], [MS-OSHARED] 2.3.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from review.reading.assembly import Piece
from review.reading.formats import text
from review.types import BlockKind

_SUMMARY = {
    2: "标题",
    3: "主题",
    4: "作者",
    5: "关键词",
    6: "备注",
    7: "模板",
    8: "最后修改者",
    9: "修订次数",
    11: "最后打印时间",
    12: "创建时间",
    13: "修改时间",
    18: "编辑程序",
}
_DOCUMENT = {2: "类别", 14: "经理", 15: "单位", 26: "内容类型", 27: "内容状态", 28: "语言", 29: "版本"}
_HEADING_PAIRS, _TITLES_OF_PARTS, _THUMBNAIL = 12, 13, 17
#: Custom properties LibreOffice makes of an Office file's settings.
_BORING = frozenset(
    "AppVersion DocSecurity HyperlinksChanged LinksUpToDate ScaleCrop ShareDoc PresentationFormat Slides Notes "
    "HiddenSlides MMClips Words Paragraphs _PID_GUID".split()
)
_FONTS = ("Font", "字体", "字型", "フォント")
_SUMMARY_ID = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT_ID = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_CODE_PAGES = {936: "gb18030", 950: "cp950", 1200: "utf-16-le", 10008: "gb18030", 65001: "utf-8", 54936: "gb18030"}
_MAX_PROPERTIES = 2000
_MAX_VALUES = 5000
_MAX_STRING = 1 << 20
#: FILETIME counts from 1601 in 100 ns; what is shown lies between these years.
_FIRST_YEAR, _LAST_YEAR = 1980, 2200


@dataclass
class PropertySet:
    """One section: values by id (strings, numbers as strings, lists of strings) and the names custom ids have."""

    identifier: bytes
    values: dict[int, list[str]] = field(default_factory=dict, repr=False)
    names: dict[int, str] = field(default_factory=dict, repr=False)
    thumbnail: tuple[int, bytes] | None = field(default=None, repr=False)


def pieces(stream: bytes, said: frozenset[str] = frozenset()) -> list[Piece]:
    """What a property stream says, each value one piece; titles of parts only where ``said`` does not hold them already."""
    found: list[Piece] = []
    for section in read(stream):
        if section.identifier == _SUMMARY_ID:
            found += _labelled(section, _SUMMARY)
        elif section.identifier == _DOCUMENT_ID:
            found += _labelled(section, _DOCUMENT)
            titles = [title for title in _titles(section) if title.strip() and title.strip() not in said]
            found += [Piece(title, BlockKind.PROPERTY, "文档属性 各部分标题") for title in titles]
        else:
            found += _custom(section)
    return found


def _titles(section: PropertySet) -> list[str]:
    """Titles of sheets and slides, without the fonts a presentation lists among them."""
    titles = section.values.get(_TITLES_OF_PARTS, [])
    pairs = section.values.get(_HEADING_PAIRS, [])
    found: list[str] = []
    at = 0
    for heading, count in zip(pairs[::2], pairs[1::2], strict=False):
        size = int(count) if count.isdigit() else 0
        if not any(word in heading for word in _FONTS):
            found += titles[at : at + size]
        at += size
    return found + titles[at:]


def thumbnail(stream: bytes) -> tuple[int, bytes] | None:
    """(clipboard format, bytes) of the picture of the first page; None without one ([MS-OLEPS] 2.11)."""
    for section in read(stream):
        if section.identifier == _SUMMARY_ID and section.thumbnail:
            return section.thumbnail
    return None


def _labelled(section: PropertySet, labels: dict[int, str]) -> list[Piece]:
    return [
        Piece(value, BlockKind.PROPERTY, f"文档属性 {label}")
        for identifier, label in labels.items()
        for value in section.values.get(identifier, ())
        if value.strip()
    ]


def _custom(section: PropertySet) -> list[Piece]:
    found = []
    for identifier, values in section.values.items():
        name = section.names.get(identifier, "")
        if identifier in (0, 1) or not name or name in _BORING:
            continue
        if name == "_PID_HLINKS":
            found += [Piece(value, BlockKind.LINK, "文档属性 超链接列表") for value in values if value.strip()]
            continue
        where = f"自定义属性 {name[:100]}"
        said = [name] if not name.startswith("_PID") else []
        found += [Piece(value, BlockKind.PROPERTY, where) for value in (*said, *values) if value.strip()]
    return found


def read(stream: bytes) -> list[PropertySet]:
    """The sections of a property stream; what is damaged is left out."""
    if len(stream) < 48 or stream[:2] != b"\xfe\xff":
        return []
    (count,) = struct.unpack_from("<I", stream, 24)
    sections = []
    for index in range(min(count, 8)):
        at = 28 + 20 * index
        if at + 20 > len(stream):
            break
        (offset,) = struct.unpack_from("<I", stream, at + 16)
        section = PropertySet(stream[at : at + 16])
        _fill(section, stream, offset)
        sections.append(section)
    return sections


def _fill(section: PropertySet, stream: bytes, start: int) -> None:
    try:
        _, count = struct.unpack_from("<II", stream, start)
    except struct.error:
        return
    places: dict[int, int] = {}
    for index in range(min(count, _MAX_PROPERTIES)):
        if start + 16 + 8 * index > len(stream):
            break
        identifier, offset = struct.unpack_from("<II", stream, start + 8 + 8 * index)
        places.setdefault(identifier, start + offset)
    code_page = 1252
    if 1 in places and places[1] + 6 <= len(stream):
        (code_page,) = struct.unpack_from("<H", stream, places[1] + 4)
    if 0 in places:
        section.names = _dictionary(stream, places[0], code_page)
    if _THUMBNAIL in places:
        section.thumbnail = _clipboard(stream, places[_THUMBNAIL])
    for identifier, at in places.items():
        if identifier > 1 and identifier != 0x80000000:
            reader = _Reader(stream, at, code_page)
            section.values[identifier] = list(reader.values())


def _clipboard(stream: bytes, at: int) -> tuple[int, bytes] | None:
    if at + 16 > len(stream):
        return None
    kind, size, tag, form = struct.unpack_from("<IIII", stream, at)
    is_windows = kind == 0x47 and tag == 0xFFFFFFFF and size > 8
    return (form, stream[at + 16 : at + 8 + size]) if is_windows else None


def _dictionary(stream: bytes, at: int, code_page: int) -> dict[int, str]:
    names: dict[int, str] = {}
    try:
        (count,) = struct.unpack_from("<I", stream, at)
        at += 4
        for _ in range(min(count, _MAX_PROPERTIES)):
            identifier, length = struct.unpack_from("<II", stream, at)
            at += 8
            size = length * 2 if code_page == 1200 else length
            names[identifier] = _decode(stream[at : at + min(size, _MAX_STRING)], code_page)
            at += size + (-size % 4 if code_page == 1200 else 0)
    except struct.error:
        return names
    return names


class _Reader:
    """Typed values from one place on ([MS-OLEPS] 2.15)."""

    def __init__(self, data: bytes, at: int, code_page: int) -> None:
        self._data = data
        self._at = at
        self._code_page = code_page
        self._left = _MAX_VALUES

    def values(self) -> Iterator[str]:
        """The strings of one typed value; nothing for what is no text, ends at damage."""
        try:
            kind = self._number("<I")
            yield from self._typed(kind & 0xFFFF)
        except (struct.error, RecursionError):
            return

    def _number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _typed(self, kind: int) -> Iterator[str]:
        self._left -= 1
        if self._left < 0:
            return
        if kind & 0x1000:
            for _ in range(min(self._number("<I"), _MAX_VALUES)):
                if self._at >= len(self._data) or self._left < 0:
                    return
                inner = kind & 0xFFF
                yield from self._typed(self._number("<I") & 0xFFFF if inner == 12 else inner)
            return
        if kind == 12:
            yield from self._typed(self._number("<I") & 0xFFFF)
        elif kind in (0x1E, 0x1F, 0x08):
            yield self._string(kind)
        elif kind in (2, 18):
            yield str(self._number("<h"))
            self._at += 2
        elif kind in (3, 22):
            yield str(self._number("<i"))
        elif kind in (19, 23):
            yield str(self._number("<I"))
        elif kind == 20:
            yield str(self._number("<q"))
        elif kind == 5:
            (value,) = struct.unpack_from("<d", self._data, self._at)
            self._at += 8
            yield f"{value:.15g}"
        elif kind == 11:
            yield "是" if self._number("<i") else "否"
        elif kind == 64:
            yield moment(self._number("<Q"))
        elif kind == 65:
            yield from self._links(self._number("<I"))

    def _string(self, kind: int) -> str:
        length = self._number("<I")
        size = length * 2 if kind == 0x1F else length
        raw = self._data[self._at : self._at + min(size, _MAX_STRING)]
        self._at += size + (-size % 4 if kind == 0x1F or self._code_page == 1200 else 0)
        return _decode(raw, 1200 if kind == 0x1F else self._code_page)

    def _links(self, size: int) -> Iterator[str]:
        """A blob that holds a list of links ([MS-OSHARED] 2.3.3.1.21); other blobs hold no text."""
        end = min(self._at + size, len(self._data))
        if size < 12 or size > 1 << 22:
            return
        inner = _Reader(self._data[self._at : end], 4, 1200)
        (count,) = struct.unpack_from("<I", self._data, self._at)
        try:
            for _ in range(min(count, _MAX_VALUES)):
                kind = inner._number("<I") & 0xFFFF
                found = list(inner._typed(kind))
                if kind == 0x1F:
                    yield from found
        except struct.error:
            return


def _decode(raw: bytes, code_page: int) -> str:
    if code_page == 1200:
        found = raw.decode("utf-16-le", "replace")
    else:
        encoding = _CODE_PAGES.get(code_page, f"cp{code_page}")
        try:
            found = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            found = text.decode(raw.partition(b"\0")[0])[0]
    return found.partition("\0")[0]


def moment(ticks: int) -> str:
    """A FILETIME as its UTC date and time; "" for durations and nonsense."""
    try:
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if _FIRST_YEAR <= moment.year < _LAST_YEAR else ""
