"""Tokens of Rich Text Format and the characters its bytes stand for (RTF 1.9.1, "Basic entities", "Character set")."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,64})(-?[0-9]{1,10})? ?|((?:\\'[0-9a-fA-F]{2})+)|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+",
    re.DOTALL,
)
OPEN, CLOSE, WORD, BYTES, SIGN, BINARY = "{", "}", "word", "bytes", "sign", "binary"
#: fcharset → codec.
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
_EAST_ASIAN = frozenset({"gb18030", "cp950", "cp932", "cp949", "johab"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``name`` and ``number`` of a control word, or ``raw`` bytes."""

    kind: str
    name: str = ""
    number: int | None = None
    raw: bytes = b""


def tokens(data: bytes) -> Iterator[Token]:
    """All tokens; the bytes after ``\\bin`` are one token."""
    at = 0
    while at < len(data):
        match = _TOKEN.match(data, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        word, number, hexed, sign, brace, raw = match.groups()
        if word is not None:
            name = word.decode("ascii")
            value = int(number) if number is not None else None
            if name == "bin" and value is not None and value > 0:
                yield Token(BINARY, raw=data[at : at + value])
                at += value
            else:
                yield Token(WORD, name, value)
        elif hexed is not None:
            yield Token(BYTES, "'", raw=binascii.unhexlify(hexed.replace(b"\\'", b"")))
        elif sign is not None:
            yield Token(SIGN, sign.decode("latin-1"))
        elif brace is not None:
            yield Token(brace.decode("ascii"))
        elif raw is not None:
            yield Token(BYTES, raw=raw)


def codec(charset: int) -> str:
    """The codec of a font's character set; "" where the document's own holds."""
    return _CHARSETS.get(charset, "")


def page_codec(number: int) -> str:
    """The codec of ``\\ansicpg``."""
    if number in (936, 54936):
        return "gb18030"
    return {65001: "utf-8", 10000: "mac_roman", 0: "cp1252"}.get(number, f"cp{number}")


def decode(raw: bytes, font: str, page: str) -> str:
    """The characters of bytes under a font and the document's code page; Chinese bytes under a Latin font are Chinese."""
    if raw.isascii():
        return raw.decode("ascii")
    encoding = font or page
    if encoding not in _EAST_ASIAN and encoding != "utf-8":
        if page in _EAST_ASIAN and _fits(raw, page):
            encoding = page
        elif _is_gb2312(raw):
            encoding = "gb18030"
    try:
        return raw.decode(encoding, "replace") if _fits(raw, encoding) else raw.decode(_other(raw, encoding), "replace")
    except LookupError:
        return raw.decode("gb18030", "replace")


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _other(raw: bytes, encoding: str) -> str:
    return next((name for name in ("gb18030", "cp1252") if name != encoding and _fits(raw, name)), encoding)


def _is_gb2312(raw: bytes) -> bool:
    """Whether every byte above 127 belongs to a pair of GB 2312: no word of a Latin script does that for long."""
    high = [byte for byte in raw if byte >= 0x80]
    if len(high) < 4 or len(high) % 2:
        return False
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True
