"""What doc, xls, ppt and msg have in common: opening the OLE file with guards, properties, objects inside, macros.

[MS-CFB]. Nothing is followed outside the file; a stream that cannot be read becomes a Gap where it matters.
"""

import io
import re
from collections.abc import Iterable

import olefile

from review.reading.assembly import Embedded, Piece
from review.reading.extraction import Options, Unreadable
from review.reading.formats import office_art, ole_object, ole_properties, text, vba
from review.reading.formats.ole_rebuild import Storage, write
from review.types import BlockKind, Gap, GapReason

BROKEN = "文件结构已损坏或不完整，未能完整读取。请用原程序打开确认，另存后重新提交。"
ENCRYPTED = "文件设有打开密码，无法检查。请去掉密码另存后重新提交。"
_DAMAGED = "文件内部结构有损坏或被截断，可能有内容没有读出。请用原程序打开确认，另存后重新提交。"
_MANY = "文件内部的部分多得异常，已拒绝读取。请用原程序另存后重新提交。"
MACROS = "部分宏代码未能读取。请另存为不含宏的格式后重新提交。"
_OBJECT = "嵌入的对象已损坏，未能读取。请取出后单独提交。"
_PROPERTIES = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")
_MACRO_STORAGES = frozenset({"macros", "_vba_project_cur", "_vba_project"})
_NO_OBJECTS = _MACRO_STORAGES | {"_sx_db_cur", "msodatastore", "_xmlsignatures", "\x06dataspaces"}
_POOL = "objectpool"
_CLIPBOARD_METAFILE, _CLIPBOARD_BITMAP, _CLIPBOARD_ENHANCED = 3, 8, 14
_XML_TEXT = re.compile(r">([^<>]+)<|=\s*\"([^\"<>]*[\u3400-\u9fff][^\"<>]*)\"")
_MAX_DEPTH = 12
_OTHER = "附加数据流中的文字（不显示）"
_LARGEST_UNKNOWN = 1024 * 1024
_WORDS = re.compile(r"[\u4e00-\u9fff]{4,}")


class Compound:
    """One OLE file: its streams by path, whatever the case of the names."""

    def __init__(self, data: bytes, options: Options) -> None:
        """Unreadable when it cannot be opened."""
        self.data = data
        self.gaps: list[Gap] = []
        self.remarks: list[str] = []
        self._known: set[str] = set()  # top streams that were read
        self._left = options.limits.expanded_bytes
        try:
            self._ole = olefile.OleFileIO(io.BytesIO(data))
            self.paths = [tuple(path) for path in self._ole.listdir(streams=True, storages=False)]
        except RecursionError:
            raise
        except Exception as error:
            raise Unreadable(GapReason.CORRUPT, BROKEN) from error
        if len(self.paths) > max(20_000, options.limits.entries):
            raise Unreadable(GapReason.DANGEROUS, _MANY)

    def read(self, *path: str) -> bytes | None:
        """The bytes of a stream (as many as can be read), None when there is none."""
        if not self._ole.exists(list(path)):
            return None
        self._known.add(path[0])
        try:
            with self._ole.openstream(list(path)) as stream:
                size = stream.size if hasattr(stream, "size") else len(stream.getbuffer())
                if size > self._left:
                    raise Unreadable(GapReason.TOO_LARGE, "文件展开后过大，未检查。请拆分后提交。")
                self._left -= size
                return stream.read()
        except OSError:
            self.gaps.append(Gap(GapReason.CORRUPT, "", BROKEN))
            return None

    def storage(self, *path: str) -> Storage:
        """A storage with everything below it."""
        root = Storage()
        depth = len(path)
        for found in self.paths:
            if found[:depth] != path or not depth < len(found) <= depth + _MAX_DEPTH:
                continue
            folder = root
            for name in found[depth:-1]:
                folder = folder.storages.setdefault(name, Storage())
            content = self.read(*found)
            if content is not None and found[-1] not in folder.storages:
                folder.streams[found[-1]] = content
        return root

    # ------------------------------------------------------------------------------------- what every such file may hold

    def everything_else(self, said: Iterable[str] = ()) -> tuple[list[Piece], list[Embedded]]:
        """Properties, objects with their names, custom XML, macros; what ``said`` holds is not repeated as a title."""
        known = frozenset(value.strip() for value in said)
        pieces: list[Piece] = []
        for name in _PROPERTIES:
            pieces += ole_properties.pieces(self.read(name) or b"", known)
        names, embedded = self._objects()
        embedded += self._thumbnail()
        pieces += [*names, *self._custom_xml(), *self._macros(), *self._other_streams()]
        self.say_damage()
        return pieces, embedded

    def say_damage(self) -> None:
        """A Gap where the file's own structure did not hold: sectors behind its end, entries that point nowhere."""
        if self._ole.parsing_issues and not self.gaps:
            self.gaps.append(Gap(GapReason.CORRUPT, "", _DAMAGED))

    def _thumbnail(self) -> list[Embedded]:
        """The picture of the first page as it was at some saving."""
        found = ole_properties.thumbnail(self.read(_PROPERTIES[0]) or b"")
        if found is None:
            return []
        form, content = found
        if form == _CLIPBOARD_BITMAP:
            return [Embedded("缩略图.bmp", office_art.bitmap(content), "缩略图")]
        if form == _CLIPBOARD_METAFILE:
            return [Embedded("缩略图.wmf", content[8:], "缩略图")]
        return [Embedded("缩略图.emf", content, "缩略图")] if form == _CLIPBOARD_ENHANCED else []

    def _objects(self) -> tuple[list[Piece], list[Embedded]]:
        pieces: list[Piece] = []
        found: list[Embedded] = []
        for number, path in enumerate(self._object_paths(), 1):
            where = f"嵌入对象{number}"
            storage = self.storage(*path)
            names = {name.lower() for name in storage.streams}
            if names & {"\x03ocxname", "\x03ocxdata"} or names == {"contents", "\x01compobj"}:
                pieces += _control(storage, where)
                continue
            if not names - {
                "\x01ole",
                "\x01compobj",
                "\x03objinfo",
                "\x03linkinfo",
                "\x03print",
                "\x03eprint",
                "\x03pic",
            }:
                pieces += _links(storage, where)
                continue
            try:
                unpacked = ole_object.unpack(write(storage))
            except (ValueError, OSError, OverflowError):
                self.gaps.append(Gap(GapReason.CORRUPT, where, _OBJECT))
                continue
            if unpacked is None:
                continue
            if unpacked[0]:
                pieces.append(Piece(unpacked[0], BlockKind.ATTACHMENT, f"{where} 的原文件名"))
            found.append(Embedded(unpacked[0], unpacked[1], where))
        return pieces, found

    def _object_paths(self) -> list[tuple[str, ...]]:
        """Storages that are embedded objects: the children of ObjectPool, else every top storage that is nothing else."""
        paths: dict[tuple[str, ...], None] = {}
        for path in self.paths:
            top = path[0].lower()
            if top == _POOL and len(path) > 2:
                paths[path[:2]] = None
            elif len(path) > 1 and top not in _NO_OBJECTS and top != _POOL and not top.startswith("__"):
                paths[path[:1]] = None
        return list(paths)

    def _custom_xml(self) -> list[Piece]:
        pieces: list[Piece] = []
        for path in self.paths:
            if path[0].lower() == "_xmlsignatures" or path[-1].lower() == "_signatures":
                remark = "文件带有数字签名，其中含签名人信息。"
                self.remarks += [] if remark in self.remarks else [remark]
            if path[0].lower() != "msodatastore" or path[-1].lower() != "item":
                continue
            source = text.decode(self.read(*path) or b"")[0]
            words = [a or b for a, b in _XML_TEXT.findall(source)]
            pieces += [Piece(word.strip(), BlockKind.OTHER, "自定义 XML") for word in words if word.strip()]
        return pieces

    def _other_streams(self) -> list[Piece]:
        """Chinese words in streams nothing here knows: what an add-in kept for itself."""
        pieces: list[Piece] = []
        for path in self.paths:
            if len(path) > 1 or path[0] in self._known or path[0].startswith(("\x01", "\x02", "\x03", "\x05", "\x06")):
                continue
            content = self.read(*path) or b""
            words = _hidden_words(content) if len(content) <= _LARGEST_UNKNOWN else []
            pieces += [Piece(word, BlockKind.HIDDEN, _OTHER, concealed=_OTHER) for word in words]
        return pieces

    def _macros(self) -> list[Piece]:
        if not any(set(map(str.lower, path)) & (_MACRO_STORAGES | {"vba"}) for path in self.paths):
            return []
        self.remarks.append("文件含有宏（VBA 程序）；公开前应另存为不含宏的格式。")
        found, is_whole = vba.modules(self.data)
        if not is_whole:
            self.gaps.append(Gap(GapReason.UNSUPPORTED, "宏", MACROS))
        return macro_pieces(found)


def macro_pieces(found: Iterable[tuple[str, str]]) -> list[Piece]:
    """The source of macro modules."""
    return [Piece(source, BlockKind.OTHER, f"宏模块 {module[:60]}", concealed="宏代码") for module, source in found]


def _control(storage: Storage, where: str) -> list[Piece]:
    """Captions and values of a form control, as far as they are characters in its stream."""
    pieces = []
    for name, content in storage.streams.items():
        if name.lower() in ("contents", "\x03ocxdata", "\x03ocxname"):
            pieces += [Piece(words, BlockKind.FIELD, f"{where} 控件") for words in wording(content)]
    return pieces


def _links(storage: Storage, where: str) -> list[Piece]:
    """Paths of linked files in the \\x01Ole and \\x03LinkInfo streams ([MS-OLEDS] 2.3.3)."""
    pieces = []
    for name, content in storage.streams.items():
        if name.lower() in ("\x01ole", "\x03linkinfo"):
            found = [words for words in wording(content) if "\\" in words or "/" in words]
            pieces += [Piece(words, BlockKind.LINK, f"{where} 链接的文件") for words in found]
    return pieces


def wording(content: bytes) -> list[str]:
    """Runs of UTF-16 or ASCII characters that read like words, out of a binary stream."""
    found: dict[str, None] = {}
    for start in (0, 1):
        decoded = content[start : len(content) - (len(content) - start) % 2].decode("utf-16-le", "replace")
        for run in re.findall(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uff5e\x20-\x7e]{2,}", decoded):
            if is_wording(run):
                found[run.strip()] = None
    for raw in re.findall(rb"[\x20-\x7e]{4,}", content):
        found[raw.decode("ascii").strip()] = None
    return [run for run in found if run]


def _hidden_words(content: bytes) -> list[str]:
    found: dict[str, None] = {}
    for start in (0, 1):
        end = len(content) - (len(content) - start) % 2
        for run in _WORDS.findall(content[start:end].decode("utf-16-le", "replace")):
            if is_likely_wording(run):
                found[run] = None
    return list(found)


def is_wording(run: str) -> bool:
    """Whether characters found in binary data are words: common Han (GB 2312) or plain ASCII, not chance."""
    han = [c for c in run if "\u4e00" <= c <= "\u9fff"]
    if not han:
        return len(run.strip()) >= 4
    try:
        "".join(han).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def is_likely_wording(run: str) -> bool:
    """``is_wording`` for bytes that are mostly no text: several different Han, mostly frequent ones (GB 2312 level 1)."""
    han = {c for c in run if "\u4e00" <= c <= "\u9fff"}
    if len(han) < 2 or not is_wording(run):
        return False
    frequent = sum(0xB0 <= c.encode("gb2312")[0] <= 0xD7 for c in han)
    digits = sum(c.isdigit() for c in run)
    return frequent * 4 >= len(han) * 3 and (len(han) >= 4 or digits >= 6)
