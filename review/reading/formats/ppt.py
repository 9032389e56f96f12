"""Binary presentations (ppt, pps, and dps in that form): slides in order, notes, comments, masters, links ([MS-PPT])."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import office_art, ole_common, ole_object, vba
from review.reading.formats import ppt_atoms as pa
from review.reading.formats.ole_common import Compound
from review.reading.formats.ppt_atoms import Canvas, Outline, Record
from review.types import BlockKind, Gap, GapReason

_NO_DOCUMENT = "文件中没有演示文稿，未能读取。请用 PowerPoint 或 WPS 打开确认，另存后重新提交。"
_DAMAGED = "演示文稿结构已损坏，只找回了部分文字。请用 PowerPoint 或 WPS 打开确认，另存后重新提交。"
_OBJECT = "嵌入的对象已损坏或过大，未能读取。请取出后单独提交。"
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_HIDDEN_SLIDE = "隐藏的幻灯片"
_OLD = "旧版本残留（增量保存）"
_MAX_EDITS = 2000
_MAX_ENTRIES = 1_000_000
_MAX_INFLATED = 128 * 1024 * 1024


def extract(data: bytes, options: Options) -> Reading:
    """Everything in the presentation that is text; pictures and objects inside it as ``Embedded``."""
    compound = Compound(data, options)
    stream = compound.read("PowerPoint Document")
    if not stream:
        raise Unreadable(GapReason.CORRUPT, _NO_DOCUMENT)
    show = _Show(compound, stream, options)
    pieces = show.read(compound.read("Current User") or b"")
    more, embedded = compound.everything_else(piece.text for piece in pieces)
    pictures = office_art.pictures(compound.read("Pictures") or b"")
    return Reading(
        (*pieces, *more),
        gaps=tuple(compound.gaps),
        embedded=(*pictures, *show.embedded, *embedded),
        remarks=(*show.remarks, *compound.remarks),
    )


class _Show:
    """One presentation, its parts found over the persist directory."""

    def __init__(self, compound: Compound, stream: bytes, options: Options) -> None:
        self.embedded: list[Embedded] = []
        self.remarks: list[str] = []
        self._compound = compound
        self._stream = stream
        self._options = options
        self._places: dict[int, int] = {}  # persist id → offset of the live record
        self._document = -1
        self._entries = 0  # of all directories

    def read(self, current_user: bytes) -> list[Piece]:
        """Slides with their notes, masters, then what belongs to the whole, then what old saves left."""
        self._follow_edits(current_user)
        top = list(pa.records(self._stream, 0, len(self._stream)))
        by_offset = {record.start - 8: record for record in top}
        document = by_offset.get(self._places.get(self._document, -1))
        if document is None or document.kind != pa.DOCUMENT:
            self._compound.gaps.append(Gap(GapReason.CORRUPT, "", _DAMAGED))
            return self._salvage(top)
        read: set[int] = {document.start}
        pieces = self._slides(document, by_offset, read)
        pieces += self._whole(document)
        live = set(self._places.values())
        for record in top:
            if record.start not in read and record.kind == pa.OBJECT and record.start - 8 in live:
                pieces += self._object(record)
        return pieces + self._old(top, read, live, pieces)

    def _follow_edits(self, current_user: bytes) -> None:
        """The newest place of every persistent object; Unreadable when the presentation is encrypted (2.1.2, 2.3.3)."""
        if len(current_user) < 20:
            return
        token, at = struct.unpack_from("<II", current_user, 12)
        if token == _ENCRYPTED_TOKEN:
            raise Unreadable(GapReason.ENCRYPTED, ole_common.ENCRYPTED)
        seen: set[int] = set()
        while at not in seen and at + 36 <= len(self._stream) and len(seen) < _MAX_EDITS:
            seen.add(at)
            head, kind, size = struct.unpack_from("<HHI", self._stream, at)
            if kind != pa.USER_EDIT:
                return
            _, _, previous, directory, document = struct.unpack_from("<IIIII", self._stream, at + 8)
            if size >= 32:  # a place for the encryption session is there only in encrypted files
                raise Unreadable(GapReason.ENCRYPTED, ole_common.ENCRYPTED)
            if self._document < 0:
                self._document = document
            self._directory(directory)
            if not previous:
                return
            at = previous

    def _directory(self, at: int) -> None:
        if at + 8 > len(self._stream):
            return
        _, kind, size = struct.unpack_from("<HHI", self._stream, at)
        if kind != pa.PERSIST_DIRECTORY:
            return
        end = min(at + 8 + size, len(self._stream))
        at += 8
        while at + 4 <= end:
            (head,) = struct.unpack_from("<I", self._stream, at)
            first, count = head & 0xFFFFF, head >> 20
            at += 4
            self._entries += count
            if self._entries > _MAX_ENTRIES:
                return
            for index in range(min(count, (end - at) // 4)):
                self._places.setdefault(first + index, struct.unpack_from("<I", self._stream, at + 4 * index)[0])
            at += 4 * count

    # ---------------------------------------------------------------------------------------------------------- slides

    def _slides(self, document: Record, by_offset: dict[int, Record], read: set[int]) -> list[Piece]:
        lists = pa.slide_lists(document)
        notes = self._notes(lists.get(2, ()), by_offset, read)
        pieces: list[Piece] = []
        slides = lists.get(0, [])
        size = _slide_size(document)
        tables = 0
        for number, (identifier, outline) in enumerate(slides, 1):
            record = by_offset.get(self._places.get(identifier, -1))
            if record is None or record.start in read:  # not there, or listed twice
                if not self._compound.gaps:
                    self._compound.gaps.append(Gap(GapReason.CORRUPT, f"第{number}张幻灯片", _DAMAGED))
                record = Record(pa.SLIDE, 0, 0, 0, True, b"")
            read.add(record.start)
            concealed = _HIDDEN_SLIDE if _is_hidden(record) else ""
            where = f"第{number}张幻灯片" + ("(未列入放映)" if concealed else "")
            canvas = Canvas(where, number, BlockKind.PARAGRAPH, concealed, number == 1, size, tables)
            pieces += canvas.read(record, outline)
            tables = canvas.tables_read
            pieces += [
                replace(piece, locator=f"{where} 备注", page=number, concealed=piece.concealed or concealed)
                for piece in notes.pop(_notes_id(record), [])
            ]
            self._options.progress(number, len(slides))
        for left in notes.values():
            pieces += left
        for number, (identifier, outline) in enumerate(lists.get(1, ()), 1):
            record = by_offset.get(self._places.get(identifier, -1))
            if record is not None and record.start not in read:
                read.add(record.start)
                pieces += _of_master(Canvas(f"母版{number}", None, BlockKind.OTHER).read(record, outline))
        return pieces

    def _notes(
        self, entries: Iterable[tuple[int, Outline]], by_offset: dict[int, Record], read: set[int]
    ) -> dict[int, list[Piece]]:
        """The notes by the id of the slide they belong to."""
        found: dict[int, list[Piece]] = {}
        for number, (identifier, outline) in enumerate(entries, 1):
            record = by_offset.get(self._places.get(identifier, -1))
            if record is None or record.start in read:
                continue
            read.add(record.start)
            pieces = Canvas(f"备注{number}", None, BlockKind.NOTE).read(record, outline)
            found.setdefault(_atom_number(record, 1009, 0) or -number, []).extend(pieces)
        return found

    # ------------------------------------------------------------------------------------------------------- the whole

    def _whole(self, document: Record) -> list[Piece]:
        """Headers and footers, links, paths of linked objects and media: the containers of the document."""
        pieces: list[Piece] = []
        for record, _ in pa.inside(document):
            if record.kind != pa.STRING:
                continue
            text = pa.text_of(record).strip()
            if not text or text.startswith("___PPT") or text in ("Times New Roman", "Default Design"):
                continue
            is_place = "://" in text or "\\" in text or text.startswith("mailto:") or "@" in text
            kind = BlockKind.LINK if is_place else BlockKind.OTHER
            pieces.append(Piece(text, kind, "演示文稿 链接地址" if is_place else "演示文稿 页眉页脚、名称或标记"))
        return list(dict.fromkeys(pieces))

    def _object(self, record: Record) -> list[Piece]:
        """An embedded object or the macros, mostly compressed (2.10.35)."""
        number = len(self.embedded) + 1
        where = f"嵌入对象{number}"
        content = record.data
        if record.instance == 1:
            try:
                content = zlib.decompressobj().decompress(content[4:], _MAX_INFLATED + 1)
            except zlib.error:
                content = b""
        if not content or len(content) > _MAX_INFLATED:
            self._compound.gaps.append(Gap(GapReason.CORRUPT, where, _OBJECT))
            return []
        modules, is_whole = vba.modules(content) if b"V\0B\0A\0" in content else ([], True)
        if modules or not is_whole:
            self.remarks.append("文件含有宏（VBA 程序）；公开前应另存为不含宏的格式。")
            if not is_whole:
                self._compound.gaps.append(Gap(GapReason.UNSUPPORTED, "宏", ole_common.MACROS))
            return ole_common.macro_pieces(modules)
        unpacked = ole_object.unpack(content)
        if unpacked is not None:
            self.embedded.append(Embedded(unpacked[0], unpacked[1], where))
        named = unpacked is not None and bool(unpacked[0])
        return [Piece(unpacked[0], BlockKind.ATTACHMENT, f"{where} 的原文件名")] if named and unpacked else []

    def _old(self, top: list[Record], read: set[int], live: set[int], said: Iterable[Piece]) -> list[Piece]:
        """Slides and notes that a later save replaced, or that were deleted: still in the file, on no page."""
        known = {piece.text for piece in said}
        pieces: list[Piece] = []
        for record in top:
            if record.start in read or record.kind not in (pa.SLIDE, pa.NOTES, pa.MASTER, pa.HANDOUT, pa.DOCUMENT):
                continue
            is_live = record.start - 8 in live
            outline = _all_outlines(record) if record.kind == pa.DOCUMENT else Outline()
            concealed = "" if is_live and record.kind == pa.HANDOUT else _OLD
            found = Canvas("讲义母版" if record.kind == pa.HANDOUT else _OLD, None, BlockKind.HIDDEN, concealed)
            for piece in found.read(record, outline):
                if piece.text not in known:
                    known.add(piece.text)
                    pieces.append(piece if concealed else replace(piece, kind=BlockKind.OTHER))
        return pieces

    def _salvage(self, top: list[Record]) -> list[Piece]:
        """Every text of a presentation whose directory is broken, in file order."""
        pieces: list[Piece] = []
        for record in top:
            for inner, _ in [(record, 0), *pa.inside(record)] if record.is_container else [(record, 0)]:
                text = pa.text_of(inner).strip()
                if text and text != "*" and inner.kind != pa.STRING:
                    pieces.append(Piece(text, locator="从损坏文件中找回的文字"))
        return pieces


def _all_outlines(document: Record) -> Outline:
    return Outline([text for _, outline in pa.slide_lists(document).get(0, []) for text in outline.texts])


def _is_hidden(slide: Record) -> bool:
    """The flag fHidden of the slide's show information (2.6.6)."""
    for record in pa.records(slide.source, slide.start, slide.end):
        if record.kind == pa.SLIDE_INFO and record.end - record.start >= 12:
            return bool(struct.unpack_from("<H", record.source, record.start + 10)[0] & 4)
    return False


def _slide_size(document: Record) -> tuple[int, int] | None:
    """Width and height in master units (DocumentAtom, 2.4.2)."""
    for record in pa.records(document.source, document.start, document.end):
        if record.kind == 1001 and record.end - record.start >= 8:
            width, height = struct.unpack_from("<ii", record.source, record.start)
            return (width, height) if width > 0 and height > 0 else None
    return None


def _notes_id(slide: Record) -> int:
    return _atom_number(slide, 1007, 16)


def _atom_number(container: Record, kind: int, at: int) -> int:
    """A number of the SlideAtom or NotesAtom, 0 when there is none."""
    for record in pa.records(container.source, container.start, container.end):
        if record.kind == kind and record.end - record.start >= at + 4:
            return struct.unpack_from("<I", record.source, record.start + at)[0]
    return 0


_PROMPTS = ("Click to edit Master", "Click to edit the ", "单击此处编辑母版", "單擊此處編輯母版", "マスタ")


def _of_master(pieces: list[Piece]) -> list[Piece]:
    """Without the prompts every master has."""
    return [piece for piece in pieces if not piece.text.startswith(_PROMPTS)]
