"""Web archives (mht, mhtml; RFC 2557): the pages inside, and the pictures as files inside the file."""

import email
import email.errors
import email.message
import email.policy
from collections.abc import Iterator
from dataclasses import replace

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import html, html_data
from review.reading.formats.html_page import Page
from review.types import BlockKind, Gap, GapReason

_HEADERS = {"subject": "主题", "from": "来源", "date": "时间", "snapshot-content-location": "原网址"}
_BROKEN = "网页档案没有可读的网页。请用浏览器打开后打印为 PDF 提交。"
_TRANSFER = "网页档案的一部分用了不认识的传输编码，内容未能还原、未检查。请用浏览器打开后打印为 PDF 提交。"
_TRANSFERS = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_TOO_MANY = "网页档案内的文件过多，其余未检查。请拆分后提交。"
_ENCODING = "文字编码不明或混用了几种编码，可能漏读或错读。请核对文字，另存为 UTF-8 后重新提交。"


def extract(data: bytes, options: Options) -> Reading:
    """The blocks of every page of the archive in order; everything that is no page as ``Embedded``."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    pieces = _headers(message)
    embedded: list[Embedded] = []
    gaps: list[Gap] = []
    pages = tables = 0
    for count, part in enumerate(_leaves(message)):
        if count >= options.limits.entries:
            gaps.append(Gap(GapReason.TOO_LARGE, "", _TOO_MANY))
            break
        content = part.get_payload(decode=True)
        if str(part.get("content-transfer-encoding", "")).strip().lower() not in _TRANSFERS:
            gaps.append(Gap(GapReason.UNSUPPORTED, f"部分{count + 1}", _TRANSFER))
        if not isinstance(content, bytes) or not content:
            continue
        if part.get_content_type() == "text/css":
            style_pieces, style_files = _style(content)
            pieces += style_pieces
            embedded += style_files
            continue
        if part.get_content_type() not in ("text/html", "application/xhtml+xml"):
            embedded += _other(part, content, count)
            continue
        pages += 1
        page, part_gaps = _read_page(content, str(part.get_content_charset() or ""), pages, tables)
        tables = page.tables_read
        pieces += page.pieces if pages == 1 else [replace(p, top_of_first_page=False) for p in page.pieces]
        embedded += page.embedded
        gaps += part_gaps
    if not pages and not embedded:
        raise Unreadable(GapReason.CORRUPT, _BROKEN)
    return Reading(tuple(pieces), gaps=tuple(gaps), embedded=tuple(embedded))


def _read_page(content: bytes, charset: str, number: int, tables: int) -> tuple[Page, list[Gap]]:
    source, is_whole = html.decode(content, charset)
    page = Page("" if number == 1 else f"网页{number} ", tables)
    gaps = [] if is_whole else [Gap(GapReason.ENCODING, "", _ENCODING)]
    if not html.feed(source, page):
        gaps.append(
            Gap(GapReason.CORRUPT, f"网页{number}", "网页结构异常，可能没有读完。请用浏览器打开后打印为 PDF 提交。")
        )
    if page.unread_drawings:
        gaps.append(Gap(GapReason.NO_TEXT, f"网页{number}", html.DRAWN))
    return page, gaps


def _headers(message: email.message.Message) -> list[Piece]:
    found = []
    for name, label in _HEADERS.items():
        value = str(message.get(name, "")).strip()
        if value:
            found.append(Piece(value, BlockKind.PROPERTY, f"网页档案 {label}"))
    return found


def _leaves(message: email.message.Message) -> Iterator[email.message.Message]:
    """The parts that hold content, in order, without recursion."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload()
        if part.is_multipart() and isinstance(payload, list):
            waiting.extend(reversed([p for p in payload if isinstance(p, email.message.Message)]))
        else:
            yield part


def _style(content: bytes) -> tuple[list[Piece], list[Embedded]]:
    """What a style sheet of the archive writes on the pages, and the files inside it."""
    sheet = html.decode(content)[0]
    pieces = [Piece(text, BlockKind.OTHER, "网页样式生成的文字") for text in html_data.generated_text(sheet)]
    found = filter(None, map(html_data.data_uri, html_data.uris_in_style(sheet)))
    return pieces, [Embedded(f"样式内嵌.{suffix}", data, "网页样式内嵌文件") for suffix, data in found if data.strip()]


def _other(part: email.message.Message, content: bytes, count: int) -> list[Embedded]:
    kind = part.get_content_type()
    if kind == "application/x-mso":
        return []
    name = str(part.get("Content-Location") or part.get_filename() or f"部分{count}").rpartition("/")[2]
    return [Embedded(name[:200], content, "网页档案内的文件")]
