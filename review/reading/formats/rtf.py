"""Rich Text Format: body, headers, notes, comments, deleted and hidden text, properties, objects (RTF 1.9.1)."""

import binascii
import copy
import re
import struct
from dataclasses import dataclass, field

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import office_art, ole_object
from review.reading.formats import rtf_tokens as rt
from review.reading.formats import rtf_words as rw
from review.reading.formats.doc_tables import MERGE_FIRST, MERGED
from review.reading.formats.paragraphs import (
    DELETED,
    TINY,
    VANISHED,
    WHITE,
    Counts,
    Key,
    Place,
    Writer,
    by,
    hidden,
    whole,
)
from review.reading.formats.rtf_tokens import Token
from review.types import BlockKind, Gap, GapReason

_UNFINISHED = "文件不完整（括号没有闭合），可能有内容没有读出。请用 Word 或 WPS 打开确认，另存后重新提交。"
_DEEP = "文件结构异常（嵌套过深），已拒绝读取。请用 Word 或 WPS 打开确认，另存后重新提交。"
_OBJECT = "嵌入的对象已损坏，未能读取。请取出后单独提交。"
_AFTER_END = "文件结尾之后的内容（不显示）"
_IGNORED = "RTF 程序不显示的内容"
_MAX_DEPTH = 20_000
_TINY_SIZE = 4  # half-points
#: Every section repeats its headers; so many pieces back they are looked for.
_REPEATED = 24

_HREF = re.compile(r"""(?:href|src)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]{2}")


@dataclass(slots=True)
class _Group:
    """What holds inside one pair of braces; copied when the next opens."""

    destination: str = ""
    skipped: bool = False
    is_optional: bool = False  # \\* was read, the next word names the destination
    opens: str = ""  # what must be done when the group closes
    font: int = -1
    skip: int = 1  # \\ucN
    vanish: bool = False
    deleted: bool = False
    inserted: bool = False
    reviser: int = -1
    deleter: int = -1
    size: int = 24
    script: str = ""  # whose associated font and size the next words set
    colour: int = 0
    shaded: bool = False
    is_web_source: bool = False  # \\htmlrtf: the RTF twin of HTML in a mail
    kept: list[str] = field(default_factory=list)  # text of a collected destination


def extract(data: bytes, options: Options) -> Reading:
    """The stories in order, then properties and names; pictures and objects as ``Embedded``."""
    reader = _Reader()
    reader.read(data)
    reader.finish()
    return Reading(
        tuple(reader.pieces),
        gaps=tuple(reader.gaps),
        embedded=tuple(reader.embedded),
        remarks=(f"文件带有 {reader.counts.changes} 处修订痕迹，公开前应接受或拒绝全部修订。",)
        if reader.counts.changes
        else (),
    )


class _Reader:
    """Goes through the tokens once."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self.gaps: list[Gap] = []
        self.counts = Counts()
        self._group = _Group()
        self._stack: list[_Group] = []
        self._writers = [Writer(Place(BlockKind.PARAGRAPH), self.counts)]
        self._beside: list[Piece] = []  # notes, boxes, comments: after the body
        self._after: list[Piece] = []  # properties and names
        self._numbers: dict[str, int] = {}
        self._fonts: dict[int, str] = {}
        self._page = "cp1252"
        self._colours: list[bool] = []  # whether each is white
        self._colour: list[int] = []
        self._revisers: list[str] = []
        self._bytes = bytearray()
        self._ignore = 0  # characters that stand for the last \\u
        self._depth = 0  # of tables, of the open paragraph
        self._depths: list[int] = []  # of the stories around the open one
        self._is_first_section = True
        self._edges: list[int] = []
        self._merges: list[int] = []
        self._merge = 0  # of the cell that is being declared
        self._kept_rows: list[tuple[list[int], list[int]]] = []
        self._hex: list[bytes] = []
        self._picture = ""
        self._shape = ["", ""]
        self._author = ""
        self._is_over = False
        self._words = {
            "par": self._paragraph,
            "sect": self._section,
            "page": self._page_break,
            "cell": self._cell,
            "nestcell": self._cell,
            "row": self._row,
            "nestrow": self._row,
            "u": self._unicode,
            "pard": self._new_paragraph,
            "plain": self._plain,
        }

    def read(self, data: bytes) -> None:
        """Take every token."""
        for token in rt.tokens(data):
            if token.kind == rt.BYTES:
                self._take_bytes(token)
                continue
            if self._bytes and not (token.kind == rt.WORD and token.name == "u"):
                self._flush()
            if token.kind == rt.OPEN:
                self._open()
            elif token.kind == rt.CLOSE:
                self._close()
            elif token.kind == rt.WORD:
                self._word(token)
            elif token.kind == rt.SIGN:
                self._sign(token.name)
            elif token.kind == rt.BINARY and self._group.destination in ("pict", "objdata"):
                self._hex.append(binascii.hexlify(token.raw))
        self._flush()

    def finish(self) -> None:
        """Close what is open and put the stories in order."""
        if self._stack:
            self.gaps.append(Gap(GapReason.CORRUPT, "", _UNFINISHED))
        while self._stack:
            self._close()
        self.pieces += [*self._writers[0].finish(), *self._beside, *self._after]

    # ---------------------------------------------------------------------------------------------------------- groups

    def _open(self) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            raise Unreadable(GapReason.DANGEROUS, _DEEP)
        self._stack.append(self._group)
        self._group = copy.copy(self._group)
        self._group.opens = ""
        self._group.is_optional = False
        self._ignore = 0

    def _close(self) -> None:
        group = self._group
        if not self._stack:
            self._is_over = True
            return
        self._group = self._stack.pop()
        if group.opens:
            self._end_destination(group)
        if not self._stack:
            self._is_over = True

    def _enter(self, name: str) -> bool:
        """Whether this word names a destination; the group then is one."""
        group = self._group
        is_optional, group.is_optional = group.is_optional, False
        if group.skipped:
            return False
        if name in rw.SKIPPED or name == "upr":
            group.skipped = name != "upr"
            group.destination = name
        elif name == "ud":
            group.skipped = False
        elif name in rw.STORIES:
            self._enter_story(name)
        elif name in rw.COLLECTED or name in ("fldinst", "revtbl", "sn", "sv"):
            group.destination, group.opens, group.kept = name, name, []
        elif name in ("fonttbl", "colortbl", "stylesheet"):
            group.destination = name
            group.opens = name
        elif name in ("pict", "objdata"):
            group.destination, group.opens = name, name
            self._hex, self._picture = [], ""
        elif name == "nesttableprops":
            group.opens = name
            self._kept_rows.append((self._edges, self._merges))
        elif name in rw.PASSED:
            return True
        elif is_optional:
            group.destination, group.opens, group.kept = "unknown", "unknown", []
        else:
            return False
        return True

    def _enter_story(self, name: str) -> None:
        kind, label = rw.STORIES[name]
        self._group.destination, self._group.opens = "", name
        if kind in (BlockKind.NOTE, BlockKind.COMMENT, BlockKind.TEXT_BOX):
            self._numbers[name] = self._numbers.get(name, 0) + 1
            label += str(self._numbers[name])
        if name == "annotation" and self._author:
            label += f"（{self._author[:60]}）"
        is_first = kind is BlockKind.HEADER and self._is_first_section
        is_top = is_first or kind is BlockKind.TEXT_BOX and self.counts.is_top
        self._writers.append(Writer(Place(kind, label, is_top=is_top), self.counts))
        self._plain(Token(rt.WORD))
        self._depths.append(self._depth)
        self._depth = 0

    def _end_destination(self, group: _Group) -> None:
        name = group.opens
        text = whole("".join(group.kept)).strip()
        if name in rw.STORIES:
            self._beside += [p for p in self._writers.pop().finish() if p not in self._beside[-_REPEATED:]]
            self._depth = self._depths.pop()
        elif name == "fldinst":
            self._writers[-1].instruction(text)
        elif name == "revtbl":
            self._revisers = [reviser.strip() for reviser in text.split(";")]
            authors = [reviser for reviser in self._revisers if reviser and reviser != "Unknown"]
            self._after += [Piece(author, BlockKind.PROPERTY, "修订和批注的作者") for author in authors]
        elif name == "pict":
            self._end_picture()
        elif name == "objdata":
            self._end_object()
        elif name == "nesttableprops":
            self._edges, self._merges = self._kept_rows.pop() if self._kept_rows else ([], [])
        elif name in ("sn", "sv"):
            self._shape[name == "sv"] = text
            self._end_shape_property(name)
        elif name == "unknown":
            if _HAN.search(text):
                self._after.append(Piece(text, BlockKind.HIDDEN, _IGNORED, concealed=_IGNORED))
        elif name == "htmltag":
            self._after += [Piece(link, BlockKind.LINK, "网页正文 链接") for link in _HREF.findall(text)]
        elif name in rw.COLLECTED and text:
            self._author = text if name == "atnauthor" else self._author
            kind, label = rw.COLLECTED[name]
            if label and not (kind is BlockKind.NAME and text.startswith("_")):
                self._after.append(Piece(text, kind, label))

    def _end_shape_property(self, name: str) -> None:
        found = rw.SHAPE_TEXTS.get(self._shape[0])
        if name == "sv" and found and self._shape[1]:
            self._beside.append(Piece(self._shape[1], found[0], found[1]))

    # ----------------------------------------------------------------------------------------------------------- words

    def _word(self, token: Token) -> None:
        group, name = self._group, token.name
        if group.skipped and name != "ud":
            return
        if self._enter(name):
            return
        action = self._words.get(name)
        if action:
            action(token)
        elif name in rw.CHARACTERS:
            self._add(rw.CHARACTERS[name])
        else:
            self._format(name, token.number)

    def _format(self, name: str, number: int | None) -> None:
        group = self._group
        is_on = number != 0
        if name == "f":
            group.font = number or 0
        elif name == "fcharset" and group.destination == "fonttbl":
            self._fonts[group.font] = rt.codec(number or 0)
        elif name == "ansicpg":
            self._page = rt.page_codec(number or 0)
        elif name == "uc":
            group.skip = max(0, min(number or 0, 16))
        elif name in ("v", "webhidden", "spv"):
            group.vanish = is_on
        elif name == "deleted":
            group.deleted = is_on
        elif name == "revised":
            group.inserted = is_on
        elif name == "revauth":
            group.reviser = number or 0
        elif name == "revauthdel":
            group.deleter = number or 0
        elif name in ("loch", "hich", "dbch", "rtlch", "ltrch"):
            group.script = name
        elif name == "fs" or name == "afs" and group.script == "dbch":
            group.size = number or 24
        elif name == "cf":
            group.colour = number or 0
        elif name in ("highlight", "cb", "chcbpat", "cbpat", "chshdng", "shading"):
            group.shaded = bool(number) and not self._is_white(number or 0)
        elif name in ("red", "green", "blue") and group.destination == "colortbl":
            self._colour.append(number or 0)
        elif name == "htmlrtf":
            group.is_web_source = is_on
        elif name in rw.PICTURES and group.destination == "pict":
            self._picture = rw.PICTURES[name]
        else:
            self._layout(name, number)

    def _layout(self, name: str, number: int | None) -> None:
        if name == "intbl":
            self._depth = max(self._depth, 1)
        elif name == "itap":
            self._depth = max(0, min(number or 0, 12))
        elif name == "trowd":
            self._edges, self._merges, self._merge = [], [], 0
        elif name in ("clvmgf", "clvmrg"):
            self._merge = MERGE_FIRST if name == "clvmgf" else MERGED
        elif name == "cellx" and len(self._edges) < 64:
            self._edges.append(max(-40_000, min(number or 0, 1_000_000)))
            self._merges.append(self._merge)
            self._merge = 0

    def _new_paragraph(self, token: Token) -> None:
        self._depth = 0

    def _plain(self, token: Token) -> None:
        group = self._group
        group.vanish = group.deleted = group.inserted = group.shaded = False
        group.size, group.colour = 24, 0

    def _is_in_story(self) -> bool:
        return not self._group.destination

    def _paragraph(self, token: Token) -> None:
        if self._is_in_story():
            self._writers[-1].end_paragraph(self._depth)

    def _section(self, token: Token) -> None:
        self._page_break(token)
        self._is_first_section = False

    def _page_break(self, token: Token) -> None:
        self._paragraph(token)
        if len(self._writers) == 1:
            self.counts.is_past_first_page = True

    def _cell(self, token: Token) -> None:
        if self._is_in_story():
            self._depth = max(self._depth, 2) if token.name == "nestcell" else 1
            self._writers[-1].end_cell(self._depth)

    def _row(self, token: Token) -> None:
        depth = max(self._depth, 2) if token.name == "nestrow" else 1
        if self._is_in_story() or token.name == "nestrow":
            edges = (min(0, self._edges[0] - 1), *self._edges) if self._edges else ()
            self._writers[-1].end_row(depth, edges, tuple(self._merges))

    # ------------------------------------------------------------------------------------------------------------ text

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._group.is_optional = True
        elif sign in "\\{}":
            self._take_bytes(Token(rt.BYTES, raw=sign.encode("latin-1")))
        elif sign == "~":
            self._add("\u00a0")
        elif sign == "_":
            self._add("-")
        elif sign in "\r\n":
            self._paragraph(Token(rt.WORD, "par"))

    def _take_bytes(self, token: Token) -> None:
        raw = token.raw
        if self._ignore:
            taken = min(self._ignore, len(raw))
            self._ignore -= taken
            raw = raw[taken:]
        destination = self._group.destination
        if destination in ("pict", "objdata") and token.name != "'":
            self._hex.append(raw)
        elif raw:
            self._bytes += raw

    def _flush(self) -> None:
        raw, self._bytes = bytes(self._bytes), bytearray()
        if not raw:
            return
        group = self._group
        if group.destination == "colortbl":
            self._end_colour(raw)
        else:
            self._add(rt.decode(raw, self._fonts.get(group.font, ""), self._page))

    def _unicode(self, token: Token) -> None:
        if self._bytes:
            self._flush()
        number = token.number or 0
        self._add(chr(number & 0xFFFF))
        self._ignore = self._group.skip

    def _add(self, text: str) -> None:
        group = self._group
        if self._is_over:
            if text.strip("\0 \x1a\t\n"):
                self._after.append(Piece(text, BlockKind.HIDDEN, _AFTER_END, concealed=_AFTER_END))
        elif group.skipped or group.is_web_source:
            return
        elif group.destination in ("fonttbl", "stylesheet", "colortbl", "pict", "objdata", "upr"):
            return
        elif group.destination:
            group.kept.append(text)
        else:
            inserted = by("修订插入", self._name(group.reviser)) if group.inserted else ""
            self._writers[-1].add(text, self._key(), inserted)

    def _key(self) -> Key | None:
        group = self._group
        if group.deleted:
            reviser = group.deleter if group.deleter >= 0 else group.reviser
            return BlockKind.DELETION, DELETED, by("修订删除", self._name(reviser))
        if group.vanish:
            return hidden(VANISHED)
        if group.size <= _TINY_SIZE:
            return hidden(TINY)
        is_white = self._is_white(group.colour) and not group.shaded and not self._depth
        return hidden(WHITE) if is_white else None

    def _name(self, reviser: int) -> str:
        return self._revisers[reviser] if 0 <= reviser < len(self._revisers) else ""

    def _is_white(self, colour: int) -> bool:
        return 0 < colour < len(self._colours) and self._colours[colour]

    def _end_colour(self, raw: bytes) -> None:
        for _ in range(min(raw.count(b";"), 1000)):
            self._colours.append(len(self._colour) == 3 and min(self._colour) >= 0xF5)
            self._colour = []

    # --------------------------------------------------------------------------------------------- pictures and objects

    def _binary(self) -> bytes:
        digits = re.sub(rb"[^0-9a-fA-F]", b"", b"".join(self._hex))
        self._hex = []
        return binascii.unhexlify(digits[: len(digits) // 2 * 2])

    def _end_picture(self) -> None:
        content = self._binary()
        if self._picture == "bmp":
            content = office_art.bitmap(content)
        if content and self._picture:
            number = self._number("picture")
            self.embedded.append(Embedded(f"图片{number}.{self._picture}", content, f"图片{number}"))

    def _end_object(self) -> None:
        """An OLE 1 object: class name, then the file inside or the path of the linked one ([MS-OLEDS] 2.2)."""
        content = self._binary()
        if not content:
            return
        where = f"嵌入对象{self._number('object')}"
        try:
            _, form, at = *struct.unpack_from("<II", content, 0), 8
            names = []
            for _ in range(3):
                (size,) = struct.unpack_from("<I", content, at)
                names.append(content[at + 4 : at + 4 + size].rstrip(b"\0").decode("gb18030", "replace"))
                at += 4 + size
            (size,) = struct.unpack_from("<I", content, at)
        except struct.error:
            self.gaps.append(Gap(GapReason.CORRUPT, where, _OBJECT))
            return
        self._beside += [Piece(name, BlockKind.LINK, f"{where} 链接的文件") for name in names[1:] if name.strip()]
        native = content[at + 4 : at + 4 + size]
        if form != 2 or not native:
            return
        is_package = names[0].lower() == "package"
        unpacked = ole_object.native(bytes(4) + native) if is_package else ole_object.unpack(native)
        if unpacked is None:
            return
        if unpacked[0]:
            self._beside.append(Piece(unpacked[0], BlockKind.ATTACHMENT, f"{where} 的原文件名"))
        self.embedded.append(Embedded(unpacked[0], unpacked[1], where))

    def _number(self, what: str) -> int:
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return self._numbers[what]
