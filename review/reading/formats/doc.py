"""Binary Word and WPS documents (doc, dot, wps): every story, everything hidden, every property ([MS-DOC]).

The text comes from the piece table (``doc_pieces.py``), what is seen of it from the formatting (``doc_formats.py``), the
pieces are made in ``doc_story.py``; what all OLE files share is in ``ole_common.py``.
"""

import re
import struct
from collections.abc import Iterable

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import doc_pieces as dp
from review.reading.formats import office_art, ole_common
from review.reading.formats import text as plain_text
from review.reading.formats.doc_formats import Styles, character_runs, operations, paragraph_runs
from review.reading.formats.doc_story import Reader
from review.reading.formats.ole_common import Compound
from review.reading.formats.paragraphs import Place
from review.types import BlockKind, Gap, GapReason

_NO_BODY = "文件中没有正文部分，未能读取。请用 Word 或 WPS 打开确认，另存后重新提交。"
_DAMAGED = "文件结构已损坏，只找回了部分文字。请用 Word 或 WPS 打开确认，另存后重新提交。"
_CUT = "文件不完整，正文后面的部分没有读出。请用 Word 或 WPS 打开确认，另存后重新提交。"
_OLD = "Word 6.0/95 旧格式，只读出了文字，页眉、批注等可能没有读出。请用 Word 或 WPS 另存为 .docx 后重新提交。"
_IDENTIFIERS = frozenset({0xA5EC, 0xA5DC, 0xA59C, 0xA59B, 0xA697, 0xA699})
_FAST_SAVED = "文件以“快速保存”方式保存，可能残留已改掉的文字；公开前应另存为新文件。"
_RESIDUE = "快速保存残留的旧文字"
_HEADER_KINDS = (
    (BlockKind.HEADER, "页眉（偶数页）", "even"),
    (BlockKind.HEADER, "页眉", "odd"),
    (BlockKind.FOOTER, "页脚（偶数页）", "even"),
    (BlockKind.FOOTER, "页脚", "odd"),
    (BlockKind.HEADER, "页眉（首页）", "first"),
    (BlockKind.FOOTER, "页脚（首页）", "first"),
)
_SEPARATORS = 6
_ASSOCIATED = {
    0: "模板",
    2: "标题",
    3: "主题",
    4: "关键词",
    5: "备注",
    6: "作者",
    7: "最后修改者",
    8: "邮件合并数据源",
    9: "邮件合并标头",
}
_BORING_BOOKMARK = re.compile(r"_.*|OLE_LINK\d+|ref_\[.*|sub\d+_\d+|\d{1,2}")
_RUN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uff5e\x20-\x7e★☆]{4,}")


def extract(data: bytes, options: Options) -> Reading:
    """Everything in the document that is text; pictures and objects inside it as ``Embedded``."""
    compound = Compound(data, options)
    stream = compound.read("WordDocument")
    if not stream:
        raise Unreadable(GapReason.CORRUPT, _NO_BODY)
    try:
        fib = dp.Fib(stream)
    except dp.Damaged as error:
        raise Unreadable(GapReason.CORRUPT, _NO_BODY) from error
    if fib.is_encrypted:
        raise Unreadable(GapReason.ENCRYPTED, ole_common.ENCRYPTED)
    document = _Document(compound, fib)
    pieces = document.read()
    more, embedded = compound.everything_else(piece.text for piece in pieces)
    return Reading(
        (*pieces, *more),
        gaps=tuple(compound.gaps),
        embedded=(*document.pictures(), *embedded),
        remarks=(*document.remarks, *compound.remarks),
    )


class _Document:
    """The stories of one document, read in order."""

    def __init__(self, compound: Compound, fib: dp.Fib) -> None:
        self.remarks: list[str] = []
        self._compound = compound
        self._fib = fib
        self._table = compound.read(fib.table_name) or b""
        compound.read("0Table" if fib.table_name == "1Table" else "1Table")  # the other one is not in use
        self._data = compound.read("Data") or b""

    def read(self) -> list[Piece]:
        fib = self._fib
        if fib.identifier not in _IDENTIFIERS or fib.is_old:
            return self._old()
        try:
            text = dp.Text(fib.stream, dp.read_pieces(fib, self._table))
        except (dp.Damaged, struct.error):
            self._gap(GapReason.CORRUPT, _DAMAGED)
            return [Piece(run, locator="从损坏文件中找回的文字") for run in residue(fib.stream[fib.first :])]
        lengths = fib.lengths()
        if text.end < sum(lengths):
            self._gap(GapReason.CORRUPT, _CUT)
        self._revisers = dp.strings(fib.part(dp.REVISERS, self._table))
        self._reader = Reader(
            text,
            character_runs(fib, self._table),
            paragraph_runs(fib, self._table),
            Styles(fib, self._table),
            self._revisers,
            self._data,
        )
        pieces = self._stories(lengths)
        pieces += office_art.texts(fib.part(dp.DRAWINGS, self._table) + self._data)
        if fib.is_fast_saved:
            self.remarks.append(_FAST_SAVED)
        if self._reader.counts.changes:
            self.remarks.append(f"文件带有 {self._reader.counts.changes} 处修订痕迹，公开前应接受或拒绝全部修订。")
        pieces += self._people()
        pieces += self._settings(pieces)
        return pieces + self._old_text(text)

    def pictures(self) -> list[Embedded]:
        """Pictures of the document, wherever its drawings keep them."""
        found = office_art.pictures(self._data + bytes(2) + self._fib.stream)
        return found

    def _gap(self, reason: GapReason, detail: str) -> None:
        self._compound.gaps.append(Gap(reason, "", detail))

    def _old(self) -> list[Piece]:
        """Word 6 and 95 keep their text in one run of 8-bit characters, unless saved in a hurry."""
        fib = self._fib
        self._gap(GapReason.UNSUPPORTED, _OLD)
        raw = fib.stream[fib.first : min(fib.last, len(fib.stream))]
        text = plain_text.decode(raw, "gb18030")[0].replace("\x07", "\n").replace("\x0b", "\n")
        text = re.sub(r"[\x00-\x08\x0c-\x1f]", "\n", text.replace("\r", "\n"))
        return [
            Piece(line, locator=f"正文第{number}段") for number, line in enumerate(text.split("\n"), 1) if line.strip()
        ]

    # --------------------------------------------------------------------------------------------------------- stories

    def _stories(self, lengths: list[int]) -> list[Piece]:
        starts = [sum(lengths[:index]) for index in range(len(lengths))]
        stories = dict(zip(dp.STORIES, zip(starts, lengths, strict=True), strict=True))
        start, length = stories["main"]
        pieces = self._reader.story(start, start + length, Place(BlockKind.PARAGRAPH))
        pieces += self._headers(*stories["headers"])
        pieces += self._notes(stories["footnotes"], dp.NOTE_TEXTS, "脚注")
        pieces += self._notes(stories["endnotes"], dp.END_NOTE_TEXTS, "尾注")
        pieces += self._boxes(stories["boxes"], dp.BOX_TEXTS, "文本框")
        pieces += self._boxes(stories["header_boxes"], dp.HEADER_BOX_TEXTS, "页眉文本框")
        pieces += self._comments(*stories["comments"])
        start, length = stories["macros"]
        return pieces + self._reader.story(start, start + length, Place(BlockKind.OTHER, "宏文字", "宏文字（不显示）"))

    def _split(self, story: tuple[int, int], index: int, size: int) -> list[tuple[int, int]]:
        """The ranges of a story that its PLC tells apart; what the PLC leaves over is one more range."""
        start, length = story
        bounds, _ = dp.positions(self._fib.part(index, self._table), size)
        edges = sorted({min(bound, length) for bound in bounds} | {0, length})
        return [(start + low, start + high) for low, high in zip(edges, edges[1:], strict=False)]

    def _notes(self, story: tuple[int, int], index: int, name: str) -> list[Piece]:
        pieces: list[Piece] = []
        for number, (low, high) in enumerate(self._split(story, index, 0), 1):
            pieces += self._reader.story(low, high, Place(BlockKind.NOTE, f"{name}{number}"))
        return pieces

    def _boxes(self, story: tuple[int, int], index: int, name: str) -> list[Piece]:
        anchors = self._anchors()
        _, boxes = dp.positions(self._fib.part(index, self._table), 22)
        pieces: list[Piece] = []
        count = 1
        for number, (low, high) in enumerate(self._split(story, index, 22)):
            shape = struct.unpack_from("<I", boxes[number], 14)[0] if number < len(boxes) else 0
            is_top = index == dp.HEADER_BOX_TEXTS or anchors.get(shape, 1 << 32) <= self._reader.top_end
            found = self._reader.story(low, high, Place(BlockKind.TEXT_BOX, f"{name}{count}", is_top=is_top))
            count += bool(found)
            pieces += found
        return pieces

    def _anchors(self) -> dict[int, int]:
        """Shape id → CP of the paragraph a shape of the body hangs on."""
        bounds, shapes = dp.positions(self._fib.part(dp.ANCHORS, self._table), 26)
        return {struct.unpack_from("<I", shape, 0)[0]: at for at, shape in zip(bounds, shapes, strict=False)}

    def _comments(self, start: int, length: int) -> list[Piece]:
        owners = dp.length_prefixed(self._fib.part(dp.COMMENT_AUTHORS, self._table))
        _, references = dp.positions(self._fib.part(dp.COMMENT_REFERENCES, self._table), 30)
        pieces: list[Piece] = []
        for number, (low, high) in enumerate(self._split((start, length), dp.COMMENT_TEXTS, 0)):
            owner = struct.unpack_from("<H", references[number], 20)[0] if number < len(references) else 0
            author = owners[owner] if number < len(references) and owner < len(owners) else ""
            where = f"批注{number + 1}" + (f"（{author[:60]}）" if author.strip() else "")
            pieces += self._reader.story(low, high, Place(BlockKind.COMMENT, where))
        return pieces

    def _headers(self, start: int, length: int) -> list[Piece]:
        """Six stories per section after those of the note separators; one that no page shows says so."""
        bounds, _ = dp.positions(self._fib.part(dp.HEADERS, self._table), 0)
        settings = self._fib.part(dp.SETTINGS, self._table)
        has_even = bool(settings and settings[0] & 1)
        titled = self._title_pages()
        pieces: list[Piece] = []
        if bounds != sorted(bounds):  # damaged: ranges that overlap would be read again and again
            bounds = []
        for index, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False)):
            if index < _SEPARATORS or low >= high or high > length:
                continue
            section, which = divmod(index - _SEPARATORS, 6)
            kind, name, pages = _HEADER_KINDS[which]
            has_title = section < len(titled) and titled[section]
            is_shown = {"odd": True, "even": has_even, "first": has_title}[pages]
            is_top = not section and kind is BlockKind.HEADER and (pages == "first" if has_title else pages == "odd")
            where = name if not section else f"第{section + 1}节 {name}"
            concealed = "" if is_shown else f"未启用的{name[:2]}"
            pieces += self._reader.story(start + low, start + high, Place(kind, where, concealed, is_top))
        if bounds and max(bounds) < length - 2 or not bounds and length:
            low = max(bounds, default=0)
            pieces += self._reader.story(start + low, start + length, Place(BlockKind.HEADER, "页眉页脚"))
        return pieces

    def _title_pages(self) -> list[bool]:
        """Whether each section has a first page of its own (sprmSFTitlePage)."""
        _, sections = dp.positions(self._fib.part(dp.SECTIONS, self._table), 12)
        found = []
        for section in sections:
            (at,) = struct.unpack_from("<I", section, 2)
            size = int.from_bytes(self._fib.stream[at : at + 2], "little") if at < len(self._fib.stream) else 0
            changes = self._fib.stream[at + 2 : at + 2 + size]
            found.append(any(code == 0x300A and operand[0] for code, operand in operations(changes)))
        return found

    # ------------------------------------------------------------------------------------------- people, names, old text

    def _people(self) -> list[Piece]:
        names = [*self._revisers, *dp.length_prefixed(self._fib.part(dp.COMMENT_AUTHORS, self._table))]
        pieces = [
            Piece(name, BlockKind.PROPERTY, "修订和批注的作者")
            for name in dict.fromkeys(names)
            if name.strip() and name != "Unknown"
        ]
        saved = dp.strings(self._fib.part(dp.SAVERS, self._table))
        for index, value in enumerate(saved):
            what = "历次保存的路径" if index % 2 else "历次保存者"
            pieces.append(Piece(value, BlockKind.PROPERTY, f"{what}（倒数第{(len(saved) - index + 1) // 2}次）"))
        return pieces

    def _settings(self, said: Iterable[Piece]) -> list[Piece]:
        """Bookmarks, document variables, and what Word keeps beside the properties."""
        pieces = [
            Piece(name, BlockKind.NAME, "书签名")
            for name in dp.strings(self._fib.part(dp.BOOKMARKS, self._table))
            if name.strip() and not _BORING_BOOKMARK.fullmatch(name)
        ]
        for index, value in enumerate(dp.strings(self._fib.part(dp.ASSOCIATIONS, self._table))):
            if value.strip() and index in _ASSOCIATED:
                pieces.append(Piece(value, BlockKind.PROPERTY, f"文档属性 {_ASSOCIATED[index]}（文件内副本）"))
        return pieces + self._variables()

    def _variables(self) -> list[Piece]:
        """Names, each with four bytes of data, then the values (StwUser, 2.9.289)."""
        table = self._fib.part(dp.VARIABLES, self._table)
        names = dp.strings(table)
        if not names or table[:2] != b"\xff\xff":
            return []
        extra = int.from_bytes(table[4:6], "little")
        at = 6 + sum(2 + 2 * dp.units(name) + extra for name in names)
        values = dp.length_prefixed(table[at:])
        pieces = [Piece(name, BlockKind.PROPERTY, "文档变量名") for name in names if name.strip()]
        return pieces + [Piece(value, BlockKind.PROPERTY, "文档变量") for value in values if value.strip()]

    def _old_text(self, text: dp.Text) -> list[Piece]:
        """What earlier quick saves left between the pieces in use: still in the file, on no page."""
        fib = self._fib
        last = min(fib.last, len(fib.stream))
        if not fib.first < last:
            return []
        used = sorted((p.offset, p.offset + (p.end - p.start) * p.width) for p in text.pieces)
        pieces: list[Piece] = []
        at = fib.first
        for low, high in [*used, (last, last)]:
            if low - at >= 8:
                runs = residue(fib.stream[at : min(low, last)])
                pieces += [Piece(run, BlockKind.HIDDEN, _RESIDUE, concealed=_RESIDUE) for run in runs]
            at = max(at, high)
        return pieces


def residue(raw: bytes) -> list[str]:
    """Runs of characters in bytes of unknown use that read like words; chance is kept out by common Han only."""
    found: dict[str, None] = {}
    for start in (0, 1):
        size = (len(raw) - start) // 2 * 2
        for run in _RUN.findall(raw[start : start + size].decode("utf-16-le", "replace")):
            if ole_common.is_likely_wording(run):
                found[run.strip()] = None
    return [run for run in found if run]
