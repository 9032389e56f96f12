"""Mail (eml; RFC 5322, 2045–2047, 2231): header fields, bodies, and every attachment as a file inside the file."""

import email
import email.errors
import email.message
import email.policy
import re
import urllib.parse
from dataclasses import dataclass, field, replace

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import html, mail_text
from review.reading.formats import text as plain_text
from review.reading.formats.html_page import Page
from review.types import BlockKind, Gap, GapReason

_ENCODING = "部分字节不属于任何已知的中文编码，已用 � 代替，可能漏读。请另存为 UTF-8 后重新提交。"
_CUT = "邮件中的网页正文结构异常，可能没有读完。请用邮件程序打开后打印为 PDF 提交。"
_MANY = "邮件的部分过多，其余未检查。请拆分后提交。"
_ENCRYPTED = "邮件内容已加密，无法检查。请解密后另存重新提交。"
_DEEP = "邮件层层套转发，里层未检查。请取出后单独提交。"
_EXTERNAL = "邮件的一部分存放在别处或分成多封，不在本文件内，未检查。请取得完整邮件后提交。"
_BROKEN = "邮件的这一部分编码已损坏，未能完整读取。请用邮件程序打开后另存重新提交。"
_ENVELOPED = "邮件用 S/MIME 封装（加密或不透明签名），里面的内容无法检查。请用邮件程序打开后另存重新提交。"
_TRANSFER = "邮件的一部分用了不认识的传输编码，内容未能还原、未检查。请用邮件程序打开后另存重新提交。"
_NO_BOUNDARY = "邮件各部分的分界线缺失或对不上，可能没有读完。请用邮件程序打开后另存重新提交。"
_ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
#: RFC 2045 6.1, and the names uuencode goes by; the parser undoes them all.
_TRANSFERS = frozenset(
    {"", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "uue", "x-uue"}
)
_LOST_BOUNDARIES = (
    email.errors.NoBoundaryInMultipartDefect,
    email.errors.StartBoundaryNotFoundDefect,
    email.errors.MultipartInvariantViolationDefect,
)
_YENC = re.compile(r"(?m)^=ybegin (?:part=\d+ )?(?:total=\d+ )?line=\d")
_BORING = re.compile(r"this is a (?:multi-?part|cryptographically signed) message.*", re.IGNORECASE | re.DOTALL)
_ENCODED_PARAMETER = re.compile(r"\s*([^']*)'[^']*'(.*)", re.DOTALL)


@dataclass
class _Mail:
    """What was found while the parts are walked."""

    plain: list[Piece] = field(default_factory=list)
    pages: list[Piece] = field(default_factory=list)
    names: list[Piece] = field(default_factory=list)
    rest: list[Piece] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    tables: int = 0
    attachments: int = 0
    bodies: int = 0

    def say(self, reason: GapReason, detail: str) -> None:
        """Say once of the whole mail that something was not read."""
        gap = Gap(reason, "", detail)
        if gap not in self.gaps:
            self.gaps.append(gap)


def extract(data: bytes, options: Options) -> Reading:
    """Header fields, then the bodies, then names of attachments; the attachments themselves as ``Embedded``."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    mail = _Mail()
    waiting = [message]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > options.limits.entries:
            mail.gaps.append(Gap(GapReason.TOO_LARGE, "", _MANY))
            break
        waiting += reversed(_read_part(part, mail))
    head = mail_text.fields(message.raw_items())
    plain = mail_text.without_repeated(mail.plain, mail.pages)
    pieces = [*head, *plain, *mail.pages, *mail.names, *mail.rest]
    return Reading(
        tuple(pieces), gaps=tuple(mail.gaps), embedded=tuple(mail.embedded), remarks=tuple(dict.fromkeys(mail.remarks))
    )


def _read_part(part: email.message.Message, mail: _Mail) -> list[email.message.Message]:
    """Take what a part holds; the parts below it that are still to be read."""
    kind = part.get_content_type()
    payload = part.get_payload()
    if kind == "message/rfc822" or kind == "message/global":
        _attach_message(part, mail)
        return []
    if kind in ("message/partial", "message/external-body"):
        mail.say(GapReason.UNSUPPORTED, _EXTERNAL)
    if kind == "multipart/encrypted" or part.get_param("smime-type") == "enveloped-data":
        mail.say(GapReason.ENCRYPTED, _ENCRYPTED)
        return []
    if kind.startswith("multipart/") and any(isinstance(defect, _LOST_BOUNDARIES) for defect in part.defects):
        mail.say(GapReason.CORRUPT, _NO_BOUNDARY)
    if part.is_multipart() and isinstance(payload, list):
        _around(part, mail)
        return [p for p in payload if isinstance(p, email.message.Message)]
    content = _content(part, mail)
    name = file_name(part)
    if kind in _ENVELOPES:
        mail.say(GapReason.ENCRYPTED, _ENVELOPED)
    if name or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        _attach(name, kind, content, mail)
    elif kind == "text/html":
        _add_page(part, content, mail)
    else:
        _add_plain(part, content, mail)
    return []


def _content(part: email.message.Message, mail: _Mail) -> bytes:
    content = part.get_payload(decode=True)
    if str(part.get("content-transfer-encoding", "")).strip().lower() not in _TRANSFERS:
        mail.say(GapReason.UNSUPPORTED, _TRANSFER)
    if any("Base64" in type(defect).__name__ for defect in part.defects):
        mail.gaps.append(Gap(GapReason.CORRUPT, file_name(part)[:200], _BROKEN))
    return content if isinstance(content, bytes) else b""


def _around(part: email.message.Message, mail: _Mail) -> None:
    """Text before and after the parts, which no mail program shows."""
    for value in (part.preamble, part.epilogue):
        value = mail_text.decode_field(value).strip() if value else ""
        if value and not _BORING.fullmatch(value):
            mail.rest.append(Piece(value, BlockKind.HIDDEN, "邮件各部分之外", concealed="邮件程序不显示的文字"))


def _add_page(part: email.message.Message, content: bytes, mail: _Mail) -> None:
    source, is_whole = html.decode(content, str(part.get_content_charset() or ""))
    if not is_whole:
        mail.gaps.append(Gap(GapReason.ENCODING, "", _ENCODING))
    mail.bodies += 1
    page = Page("邮件正文 ", mail.tables)
    if not html.feed(source, page):
        mail.gaps.append(Gap(GapReason.CORRUPT, "", _CUT))
    if page.unread_drawings:
        mail.say(GapReason.NO_TEXT, html.DRAWN)
    mail.tables = page.tables_read
    mail.pages += page.pieces
    mail.embedded += page.embedded


def _add_plain(part: email.message.Message, content: bytes, mail: _Mail) -> None:
    charset = str(part.get_content_charset() or "")
    charset = "gb18030" if charset in ("gb2312", "gbk", "x-gbk") else charset
    found, is_whole = _decode_plain(content, charset)
    if not is_whole:
        mail.gaps.append(Gap(GapReason.ENCODING, "", _ENCODING))
    mail.plain += [replace(piece, locator=f"邮件正文 {piece.locator}") for piece in plain_text.lines(found)]
    if "-----BEGIN PGP MESSAGE-----" in found:
        mail.say(GapReason.ENCRYPTED, _ENCRYPTED)
    if _YENC.search(found):
        mail.say(GapReason.UNSUPPORTED, _TRANSFER)
    for name, unpacked in mail_text.uuencoded(found):
        if unpacked is None:
            mail.gaps.append(Gap(GapReason.CORRUPT, name[:200], _BROKEN))
        else:
            _attach(name, "application/octet-stream", unpacked, mail)


def _decode_plain(content: bytes, charset: str) -> tuple[str, bool]:
    """A declared seven-bit set (ISO-2022, HZ, UTF-7) looks like ASCII and must be followed; else the bytes win."""
    if charset.startswith(("iso-2022", "hz", "utf-7")):
        try:
            return content.decode(charset), True
        except (UnicodeDecodeError, LookupError):
            return content.decode("ascii", "replace"), False
    return plain_text.decode(content, charset)


def _attach_message(part: email.message.Message, mail: _Mail) -> None:
    mail.attachments += 1
    where = f"转发的邮件{mail.attachments}"
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, email.message.Message):
        content = _content(part, mail)
    else:
        try:
            content = inner.as_bytes()
        except RecursionError:
            mail.gaps.append(Gap(GapReason.DANGEROUS, where, _DEEP))
            return
        except (ValueError, LookupError, AttributeError, TypeError):
            mail.gaps.append(Gap(GapReason.CORRUPT, where, _BROKEN))
            return
    name = file_name(part)
    if name:
        mail.names.append(Piece(name, BlockKind.ATTACHMENT, f"{where} 的名称"))
    if content:
        mail.embedded.append(Embedded(name or "邮件.eml", content, where))


def _attach(name: str, kind: str, content: bytes, mail: _Mail) -> None:
    if kind in ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"):
        mail.remarks.append("邮件带有数字签名，其中含签名人信息。")
        return
    mail.attachments += 1
    where = f"邮件附件{mail.attachments}"
    if name:
        mail.names.append(Piece(name, BlockKind.ATTACHMENT, f"{where} 的名称"))
    if content:
        mail.embedded.append(Embedded(name or f"部分{mail.attachments}", content, where))


def file_name(part: email.message.Message) -> str:
    """The attachment's name as a person reads it: RFC 2231, encoded words or raw bytes; "" when it has none."""
    for parameter, header in (("filename", "content-disposition"), ("name", "content-type")):
        try:
            value = part.get_param(parameter, header=header)
        except (ValueError, IndexError, LookupError, TypeError):
            continue
        if isinstance(value, tuple):
            raw = str(value[2]).encode("latin-1", "replace")
            return mail_text.decode_bytes(raw, str(value[0] or "utf-8"))[:300]
        if value:
            return _loose(str(value))[:300]
    return ""


def _loose(value: str) -> str:
    """A name given as ``utf-8''%E5%90%8D`` where only ``name=`` is allowed, or with encoded words inside quotes."""
    match = _ENCODED_PARAMETER.fullmatch(value)
    if match and "%" in match[2]:
        return mail_text.decode_bytes(urllib.parse.unquote_to_bytes(match[2]), match[1] or "utf-8")
    return mail_text.decode_field(value)
