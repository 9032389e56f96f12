"""Header fields of mail as text, and what eml and msg have in common: which fields are said, bodies without repetition."""

import binascii
import email.errors
import email.header
import re
import unicodedata
from collections.abc import Iterable, Iterator

from review.reading.assembly import Piece
from review.reading.formats import text
from review.types import BlockKind

#: Fields a reader of the mail sees, in the order they are said.
SEEN = {"subject": "主题", "from": "发件人", "to": "收件人", "cc": "抄送", "date": "时间"}
#: Fields only the source shows, but which say who, where from and with what.
UNSEEN = {
    "bcc": "密送",
    "sender": "实际发件人",
    "reply-to": "回复地址",
    "return-path": "退信地址",
    "delivered-to": "投递地址",
    "organization": "单位",
    "comments": "备注",
    "keywords": "关键词",
    "received": "传送记录",
    "x-originating-ip": "发件 IP 地址",
    "x-originating-email": "发件账号",
    "x-mailer": "发件程序",
    "user-agent": "发件程序",
    "message-id": "邮件编号",
    "thread-topic": "会话主题",
    "resent-from": "转发人",
    "resent-to": "转发给",
}
#: What mail programs write for each other: signatures, routing verdicts, structure.
_MACHINE = re.compile(
    r"content-.*|mime-version|dkim-.*|domainkey-.*|arc-.*|authentication-results|received-spf|x-google-.*|x-gm-.*"
    r"|x-received|x-ms-.*|x-microsoft-.*|x-forefront-.*|x-qq-.*|x-cm-.*|x-coremail-.*|x-spam.*|x-virus.*|references"
    r"|in-reply-to|thread-index|x-priority|importance|list-.*|precedence|x-aliyun-.*|x-alimail-.*|auto-submitted",
    re.IGNORECASE,
)
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "unknown-8bit": ""}
_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (.{1,300})")
_MAX_VALUE = 20_000
_MAX_COMPARED = 1_000_000_000
#: What mail programs put before the items of a list in the plain body.
_BULLETS = "*•·-o"


def decode_field(raw: str) -> str:
    """A header field's value with encoded words and raw 8-bit bytes decoded, unfolded (RFC 2047, RFC 5322 2.2.3)."""
    raw = re.sub(r"[\r\n]+[ \t]*", " ", raw[:_MAX_VALUE])
    try:
        found = email.header.decode_header(_bytes_as_characters(raw))
    except (email.errors.HeaderParseError, binascii.Error, ValueError):
        return _bytes_as_characters(raw).strip()
    return "".join(decode_bytes(part, charset or "") for part, charset in found).strip()


def decode_bytes(part: bytes | str, charset: str) -> str:
    """Text of a part in its declared character set, if that fits, else by what the bytes are."""
    if isinstance(part, str):
        return part
    declared = _CHARSETS.get(charset.lower(), charset.lower())
    try:
        if declared:
            return part.decode(declared)
    except (UnicodeDecodeError, LookupError):
        return text.decode(part)[0]
    try:
        return part.decode("ascii")
    except UnicodeDecodeError:  # what decode_header leaves between encoded words is raw-unicode-escape
        return part.decode("raw-unicode-escape", "replace")


def _bytes_as_characters(raw: str) -> str:
    """Raw 8-bit bytes (kept as surrogates by the parser) in the character set they are in."""
    try:
        raw.encode("utf-8")
        return raw
    except UnicodeEncodeError:
        return text.decode(raw.encode("utf-8", "surrogateescape"))[0]


def fields(items: Iterable[tuple[str, str]], where: str = "邮件") -> list[Piece]:
    """Header fields as pieces: those a reader sees first, then the rest but for what is only for machines."""
    seen: dict[str, list[str]] = {}
    rest: list[Piece] = []
    for name, raw in items:
        lower = name.lower()
        if _MACHINE.fullmatch(lower):
            continue
        value = decode_field(str(raw))
        if not value:
            continue
        if lower in SEEN:
            seen.setdefault(lower, []).append(value)
        else:
            label = UNSEEN.get(lower, f"标头 {name[:40]}")
            rest.append(Piece(value, BlockKind.PROPERTY, f"{where}{label}"))
    shown = []
    for lower, label in SEEN.items():
        kind = BlockKind.HEADING if lower == "subject" else BlockKind.PARAGRAPH
        shown += [Piece(v, kind, f"{where}{label}", top_of_first_page=True) for v in seen.get(lower, ())]
    return [*shown, *rest]


def uuencoded(body: str) -> Iterator[tuple[str, bytes | None]]:
    """(name, content) of the files a plain body carries in uuencode (POSIX.1); None for one that is cut off or damaged."""
    lines = iter(body.replace("\r\n", "\n").split("\n"))
    for line in lines:
        match = _UU_BEGIN.fullmatch(line)
        if match is None:
            continue
        content = bytearray()
        is_whole = False
        for coded in lines:
            is_whole = coded.rstrip() == "end"
            try:
                if is_whole:
                    break
                content += binascii.a2b_uu(coded or " ")
            except (binascii.Error, ValueError):
                break
        yield match[1].strip(), bytes(content) if is_whole else None


def without_repeated(plain: Iterable[Piece], page: Iterable[Piece]) -> list[Piece]:
    """The plain body's pieces that the page of the same mail does not say as well."""
    shown = [_folded(piece.text) for piece in page if not piece.concealed]
    blocks, whole = set(shown), "".join(shown)
    left = []
    work = _MAX_COMPARED
    for piece in plain:
        wanted = _folded(piece.text).lstrip(_BULLETS)
        if wanted in blocks:
            continue
        work -= len(whole)
        if work < 0 or wanted not in whole:  # said twice rather than not at all
            left.append(piece)
    return left


def _folded(value: str) -> str:
    return "".join(unicodedata.normalize("NFKC", value).split())
