"""Outlook messages (msg): fields, bodies (plain, HTML, compressed RTF), recipients, attachments ([MS-OXMSG], [MS-OXRTFCP])."""

import struct
from dataclasses import dataclass, field, replace

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import html, mail_text, ole_object, ole_properties, rtf
from review.reading.formats import text as plain_text
from review.reading.formats.html_page import Page
from review.reading.formats.ole_common import Compound
from review.reading.formats.ole_rebuild import Storage, write
from review.types import BlockKind, Gap, GapReason

_CUT = "邮件中的网页正文结构异常，可能没有读完。请用邮件程序打开后打印为 PDF 提交。"
_ENCODING = "部分字节不属于任何已知的中文编码，已用 � 代替，可能漏读。请另存为 UTF-8 后重新提交。"
_RTF = "邮件的 RTF 正文已损坏，未能读取。请用 Outlook 打开后另存为 HTML 或打印为 PDF 提交。"
_ENCRYPTED = "邮件内容已加密，无法检查。请解密后另存重新提交。"
_EMPTY_ATTACHMENT = "附件的内容不在邮件文件内（只有链接），未检查。请取得附件后单独提交。"

#: Property id → what a person calls it; those a reader of the mail sees come first and in this order ([MS-OXPROPS]).
_SEEN = {0x0037: "主题", 0x0C1A: "发件人", 0x0E04: "收件人", 0x0E03: "抄送"}
_UNSEEN = {
    0x0E02: "密送",
    0x0C1F: "发件人地址",
    0x5D01: "发件人地址",
    0x0042: "代表谁发件",
    0x0065: "代表谁发件的地址",
    0x5D02: "代表谁发件的地址",
    0x0040: "代表谁收件",
    0x0076: "收件地址",
    0x0070: "会话主题",
    0x3FF8: "创建者",
    0x3FFA: "最后修改者",
    0x1035: "邮件编号",
    0x5902: "语言",
}
_BODY, _HTML, _RTF_BODY, _HEADERS = 0x1000, 0x1013, 0x1009, 0x007D
#: Kinds of address, message classes, search keys, structure: no text anyone wrote.
_MACHINE = frozenset({0x001A, 0x0064, 0x0C1E, 0x0075, 0x0077, 0x003D, 0x0E1D, 0x3002, 0x1042, 0x1039, 0x8000})
_RECIPIENT = {0x3001: "收件人", 0x3003: "收件人地址", 0x39FE: "收件人地址", 0x5FF6: "收件人", 0x403D: "收件人账号"}
_FILE_NAMES = (0x3707, 0x3704, 0x3001)
_ATTACHED = 0x3701
_TEXT, _ANSI, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D
_TIMES = {0x0039: "时间", 0x0E06: "收到时间"}
_MAX_RTF = 64 * 1024 * 1024
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)


@dataclass
class _Properties:
    """The variable-length properties of one storage, by id."""

    texts: dict[int, str] = field(default_factory=dict, repr=False)
    binaries: dict[int, bytes] = field(default_factory=dict, repr=False)
    objects: dict[int, Storage] = field(default_factory=dict, repr=False)
    numbers: dict[int, int] = field(default_factory=dict, repr=False)


def extract(data: bytes, options: Options) -> Reading:
    """Fields, bodies, recipients and names of attachments; the attachments themselves as ``Embedded``."""
    compound = Compound(data, options)
    message = _Message(compound.storage(), options)
    message.read()
    compound.say_damage()
    if not message.pieces and not message.embedded and not message.gaps:
        raise Unreadable(GapReason.CORRUPT, "邮件中没有可读的内容。请用 Outlook 打开确认，另存后重新提交。")
    return Reading(tuple(message.pieces), gaps=(*compound.gaps, *message.gaps), embedded=tuple(message.embedded))


class _Message:
    """One message."""

    def __init__(self, storage: Storage, options: Options) -> None:
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self.gaps: list[Gap] = []
        self._storage = storage
        self._options = options
        self._page = 0
        self._properties = self._read_properties(storage)

    def read(self) -> None:
        """Everything in the order a person reads it."""
        found = self._properties
        if (
            found.texts.get(0x001A, "").upper().startswith("IPM.NOTE.SMIME")
            and "MULTIPARTSIGNED" not in found.texts[0x001A].upper()
        ):
            self.gaps.append(Gap(GapReason.ENCRYPTED, "", _ENCRYPTED))
        self._fields()
        self._bodies()
        self._recipients()
        self._attachments()
        self._rest()

    # ------------------------------------------------------------------------------------------------------ properties

    def _read_properties(self, storage: Storage) -> _Properties:
        found = _Properties()
        self._fixed(storage.streams.get("__properties_version1.0", b""), found)
        self._page = found.numbers.get(0x3FFD) or found.numbers.get(0x3FDE) or self._page
        for name, content in storage.streams.items():
            tag = _tag(name)
            if tag is None:
                continue
            identifier, kind = tag
            if kind == _TEXT:
                found.texts[identifier] = content.decode("utf-16-le", "replace").rstrip("\0")
            elif kind == _ANSI:
                found.texts.setdefault(identifier, self._decode(content.rstrip(b"\0")))
            elif kind == _BINARY:
                found.binaries[identifier] = content
            elif kind in (0x101F, 0x101E) and "-" in name:
                text = content.decode("utf-16-le", "replace") if kind == 0x101F else self._decode(content)
                found.texts[identifier] = f"{found.texts.get(identifier, '')}\n{text}".strip("\0\n")
        for name, inner in storage.storages.items():
            tag = _tag(name)
            if tag is not None and tag[1] == _OBJECT:
                found.objects[tag[0]] = inner
        return found

    def _fixed(self, stream: bytes, found: _Properties) -> None:
        """Entries of 16 bytes after a header whose size depends on the level (2.4.1)."""
        for start in (32, 24, 8):
            if len(stream) >= start and (len(stream) - start) % 16 == 0:
                for at in range(start, len(stream) - 15, 16):
                    kind, identifier, _, value = struct.unpack_from("<HHIQ", stream, at)
                    if kind in (0x0003, 0x0040):
                        found.numbers.setdefault(identifier, value if kind == 0x0040 else value & 0xFFFFFFFF)
                return

    def _decode(self, content: bytes) -> str:
        encoding = "gb18030" if self._page in (936, 54936) else "utf-8" if self._page == 65001 else f"cp{self._page}"
        try:
            return content.decode(encoding) if self._page else plain_text.decode(content)[0]
        except (UnicodeDecodeError, LookupError):
            return plain_text.decode(content)[0]

    # ---------------------------------------------------------------------------------------------------------- pieces

    def _put(self, text: str, kind: BlockKind, where: str, is_top: bool = False) -> None:
        if text.strip():
            self.pieces.append(Piece(text, kind, where, top_of_first_page=is_top))

    def _fields(self) -> None:
        texts = self._properties.texts
        for identifier, label in _SEEN.items():
            kind = BlockKind.HEADING if identifier == 0x0037 else BlockKind.PARAGRAPH
            self._put(texts.get(identifier, ""), kind, f"邮件{label}", True)
        for identifier, label in _TIMES.items():
            value = self._properties.numbers.get(identifier)
            self._put(ole_properties.moment(value) if value else "", BlockKind.PROPERTY, f"邮件{label}")

    def _bodies(self) -> None:
        found = self._properties
        page = self._html()
        rich = self._rich()
        main = page or rich
        plain = [
            replace(piece, locator=f"邮件正文 {piece.locator}")
            for piece in plain_text.lines(found.texts.get(_BODY, ""))
        ]
        self.pieces += mail_text.without_repeated(plain, main)
        self.pieces += main
        if page:
            self.pieces += mail_text.without_repeated(rich, page)

    def _html(self) -> list[Piece]:
        found = self._properties
        content = found.binaries.get(_HTML) or found.texts.get(_HTML, "").encode("utf-8")
        if not content.strip(b"\0 \r\n"):
            return []
        source, is_whole = html.decode(content, f"cp{self._page}" if self._page else "")
        if not is_whole:
            self.gaps.append(Gap(GapReason.ENCODING, "", _ENCODING))
        page = Page("邮件正文 ")
        if not html.feed(source, page):
            self.gaps.append(Gap(GapReason.CORRUPT, "", _CUT))
        self.embedded += page.embedded
        return list(page.pieces)

    def _rich(self) -> list[Piece]:
        packed = self._properties.binaries.get(_RTF_BODY)
        if not packed:
            return []
        source = decompress(packed)
        if source is None or not source.startswith(b"{\\rtf"):
            self.gaps.append(Gap(GapReason.CORRUPT, "", _RTF))
            return []
        reading = rtf.extract(source, self._options)
        self.gaps += reading.gaps
        self.embedded += reading.embedded
        return [replace(piece, locator=f"邮件正文 {piece.locator}") for piece in reading.pieces]

    def _recipients(self) -> None:
        said = {piece.text for piece in self.pieces}
        for name, storage in self._storage.storages.items():
            if not name.lower().startswith("__recip_version1.0"):
                continue
            texts = self._read_properties(storage).texts
            for identifier, label in _RECIPIENT.items():
                text = texts.get(identifier, "")
                if text and text not in said:
                    said.add(text)
                    self._put(text, BlockKind.PROPERTY, f"邮件{label}")

    def _attachments(self) -> None:
        number = 0
        for name, storage in self._storage.storages.items():
            if not name.lower().startswith("__attach_version1.0"):
                continue
            number += 1
            found = self._read_properties(storage)
            title = next((found.texts[i] for i in _FILE_NAMES if found.texts.get(i, "").strip()), "")
            where = f"邮件附件{number}"
            self._put(title, BlockKind.ATTACHMENT, f"{where} 的名称")
            inner = found.objects.get(_ATTACHED)
            if inner is not None:
                self._object(inner, title, where)
            elif found.binaries.get(_ATTACHED):
                self.embedded.append(Embedded(title[:300], found.binaries[_ATTACHED], where))
            else:
                self.gaps.append(Gap(GapReason.UNSUPPORTED, where, _EMPTY_ATTACHMENT))

    def _object(self, inner: Storage, title: str, where: str) -> None:
        """A message or an object that stands in the file as a storage of its own."""
        content = write(inner)
        if "__properties_version1.0" in inner.streams:
            self.embedded.append(Embedded((title or "邮件")[:290] + ".msg", content, where))
            return
        unpacked = ole_object.unpack(content)
        if unpacked is not None:
            self.embedded.append(Embedded((unpacked[0] or title)[:300], unpacked[1], where))

    def _rest(self) -> None:
        """Transport headers, and every other string of the message: contacts and meetings keep their text in those."""
        said = {piece.text.strip() for piece in self.pieces}
        texts = self._properties.texts
        headers = texts.get(_HEADERS, "")
        if headers.strip():
            lines = [line for line in _unfolded(headers) if ":" in line]
            pairs = [(line.partition(":")[0].strip(), line.partition(":")[2]) for line in lines]
            for piece in mail_text.fields(pairs, "邮件传送标头 "):
                if piece.text not in said:
                    said.add(piece.text)
                    self.pieces.append(replace(piece, kind=BlockKind.PROPERTY, top_of_first_page=False))
        for identifier, text in texts.items():
            if identifier in _SEEN or identifier in _MACHINE or identifier in (_BODY, _HTML, _HEADERS):
                continue
            if text.strip() not in said:
                said.add(text.strip())
                label = _UNSEEN.get(identifier, f"属性 {identifier:04X}")
                self._put(text, BlockKind.PROPERTY, f"邮件{label}")


def _tag(name: str) -> tuple[int, int] | None:
    """Property id and type out of ``__substg1.0_0037001F``."""
    if not name.lower().startswith("__substg1.0_") or len(name) < 20:
        return None
    try:
        return int(name[12:16], 16), int(name[16:20], 16)
    except ValueError:
        return None


def _unfolded(headers: str) -> list[str]:
    lines: list[str] = []
    for line in headers.replace("\r", "").split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def decompress(packed: bytes) -> bytes | None:
    """The RTF in a compressed body ([MS-OXRTFCP] 2.2, 3.1); None when it is none."""
    if len(packed) < 16:
        return None
    _, size, kind = struct.unpack_from("<III", packed, 0)
    if kind == 0x414C454D:  # MELA: stored
        return packed[16 : 16 + size]
    if kind != 0x75465A4C or size > _MAX_RTF:
        return None
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write_at = len(_DICTIONARY)
    out = bytearray()
    at = 16
    while at < len(packed) and len(out) < size:
        flags = packed[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 2 > len(packed):
                    return bytes(out)
                (token,) = struct.unpack_from(">H", packed, at)
                at += 2
                source = token >> 4
                if source == write_at:
                    return bytes(out)
                chosen = [(source + step) & 0xFFF for step in range((token & 0xF) + 2)]
            else:
                if at >= len(packed):
                    return bytes(out)
                window[write_at] = packed[at]
                chosen = [write_at]
                at += 1
            for place in chosen:
                byte = window[place]
                out.append(byte)
                window[write_at] = byte
                write_at = (write_at + 1) & 0xFFF
    return bytes(out[:size])
