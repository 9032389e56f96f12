"""Plain text (txt, csv, md): every line one block; ``Document.text`` is exactly the decoded file with ``\\n`` line ends."""

import codecs

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.types import Gap, GapReason

#: So many first lines with text stand where a mark would stand.
TOP_LINES = 15

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_GUESSED_BYTES = 20_000
_ENCODING_GAP = "部分字节不属于任何已知的中文编码，已用 � 代替，可能漏读。请另存为 UTF-8 后重新提交。"


def extract(data: bytes, options: Options) -> Reading:
    """The lines of the file, numbered as a person counts them; a Gap ENCODING where bytes fit no character set."""
    text, is_whole = decode(data)
    pieces = lines(text)
    gaps = () if is_whole else (Gap(GapReason.ENCODING, "", _ENCODING_GAP),)
    return Reading(pieces, gaps=gaps)


def lines(text: str) -> tuple[Piece, ...]:
    """One piece per line that is not empty; the empty lines after it travel with it, so that joining gives the text back."""
    pieces: list[Piece] = []
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = 0
    top = 0
    while start < len(rows):
        # rows[start] opens a piece; following empty rows (and leading ones, at the very start) belong to it
        end = start + 1
        if start == 0:
            while end < len(rows) and not rows[end - 1]:
                end += 1
        while end < len(rows) and not rows[end]:
            end += 1
        body = "\n".join(rows[start:end])
        if body:
            has_text = bool(body.strip())
            number = start + 1 + len(body) - len(body.lstrip("\n"))
            pieces.append(Piece(body, locator=f"第{number}行", top_of_first_page=has_text and top < TOP_LINES))
            top += has_text
        start = end
    return tuple(pieces)


def decode(data: bytes, hint: str = "") -> tuple[str, bool]:
    """The text of these bytes and whether every byte was understood.

    In this order: BOM, the NUL pattern of UTF-16, strict UTF-8, then GB18030 or Big5 as chardet tells them apart.
    ``hint`` (a declared charset) is only followed when it decodes without an error.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict_or_replaced(data[len(bom) :], encoding)
    encoding = _wide_encoding(data)
    if encoding:
        return _strict_or_replaced(data, encoding)
    for name in ("utf-8", hint):
        try:
            if name:
                return data.decode(name), True
        except (UnicodeDecodeError, LookupError):
            continue
    for encoding in _chinese_encodings(data):
        try:
            return data.decode(encoding), True
        except UnicodeDecodeError:
            continue
    mostly_utf8 = data.decode("utf-8", "replace")
    chinese = data.decode("gb18030", "replace")
    return min(mostly_utf8, chinese, key=lambda text: text.count("\ufffd")), False


def _strict_or_replaced(data: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return data.decode(encoding), True
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), False


def _wide_encoding(data: bytes) -> str:
    """utf-16-le or -be without a BOM, by where the NULs of line ends, digits and spaces stand; else ""."""
    head = data[:4096]
    if len(head) < 2 or 0 not in head:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else ""


def _chinese_encodings(data: bytes) -> tuple[str, ...]:
    import chardet  # 40 ms that a UTF-8 file does not pay

    try:
        guess = chardet.detect(data[:_GUESSED_BYTES]).get("encoding") or ""
    except (ValueError, IndexError):
        guess = ""
    return ("big5", "gb18030") if guess.lower().startswith(("big5", "cp950")) else ("gb18030", "big5")
