"""Web pages (html, htm), also those Word and Excel save under .doc and .xls."""

import re

from lxml import etree

from review.reading.assembly import Reading
from review.reading.extraction import Options
from review.reading.formats import text as plain_text
from review.reading.formats.html_page import Page
from review.types import Gap, GapReason

_DECLARED = re.compile(
    rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})|encoding\s*=\s*[\"']([A-Za-z0-9_-]{2,40})", re.IGNORECASE
)
#: Only character sets that can fail are worth a hint: Latin-1 fits any bytes.
_HINTS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "euc-jp": "euc_jp",
    "shift_jis": "shift_jis",
    "euc-kr": "euc_kr",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "iso-2022-jp": "iso2022_jp",
}
_ENCODING_GAP = "文字编码不明或混用了几种编码，可能漏读或错读。请核对文字，另存为 UTF-8 后重新提交。"
DRAWN = "网页里有画成线条的图形，若有字则无法识别。请用浏览器打开后打印为 PDF 提交，或由人工查看。"
_CUT_GAP = "网页结构异常（嵌套过深或已损坏），可能没有读完。请用浏览器打开后打印为 PDF 提交。"


def extract(data: bytes, options: Options) -> Reading:
    """The blocks of the page, seen and unseen; pictures inside it (data URIs) as ``Embedded``."""
    source, is_whole = decode(data)
    page = Page()
    gaps = () if is_whole else (Gap(GapReason.ENCODING, "", _ENCODING_GAP),)
    if not feed(source, page):
        gaps = (*gaps, Gap(GapReason.CORRUPT, "", _CUT_GAP))
    if page.unread_drawings:
        gaps = (*gaps, Gap(GapReason.NO_TEXT, "", DRAWN))
    return Reading(tuple(page.pieces), gaps=gaps, embedded=tuple(page.embedded))


def decode(data: bytes, hint: str = "") -> tuple[str, bool]:
    """The page's characters and whether every byte was understood; the bytes win over what the page declares."""
    match = _DECLARED.search(data[:4096])
    declared = (match[1] or match[2]).decode("ascii") if match else hint
    return plain_text.decode(data, _HINTS.get(declared.lower(), ""))


def feed(source: str, page: Page) -> bool:
    """Send the page's events to ``page``; whether the parser came to the end."""
    source = source.replace("\0", "")
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True, no_network=True, recover=True)
    try:
        parser.feed(source.encode("utf-8", "replace"))
        parser.close()
    except etree.XMLSyntaxError:
        page.close()
        return False
    return not any(error.level_name == "FATAL" for error in parser.error_log)
