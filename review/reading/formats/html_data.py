"""Files and words that hide in the values of markup: ``data:`` URIs (RFC 2397) and what a style sheet writes on the page."""

import base64
import binascii
import re
import urllib.parse

_DATA_URI = re.compile(r"\s*data:([\w./+-]{0,60})((?:;[\w.=+\"'-]{1,60})*),(.*)", re.DOTALL | re.IGNORECASE)
_URL = re.compile(r"url\(\s*(?:\"(data:[^\"]*)\"|'(data:[^']*)'|(data:[^\s)]*))", re.IGNORECASE)
_CONTENT = re.compile(r"(?<![\w-])content\s*:\s*([^;}]{1,4000})", re.IGNORECASE)
_CSS_STRING = re.compile(r'"((?:[^"\\\n]|\\.){1,4000})"|\'((?:[^\'\\\n]|\\.){1,4000})\'', re.DOTALL)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n]?|(.))", re.DOTALL)
_SUFFIXES = {"svg+xml": "svg", "plain": "txt", "": "txt", "jpeg": "jpg"}


def data_uri(uri: str) -> tuple[str, bytes] | None:
    """(suffix, bytes) of a ``data:`` URI in either spelling; None when it is none or is damaged."""
    match = _DATA_URI.match(uri)
    if match is None:
        return None
    kind = match[1].rpartition("/")[2].lower()
    suffix = _SUFFIXES.get(kind, kind[:5])
    raw = urllib.parse.unquote_to_bytes(match[3])
    if ";base64" not in match[2].lower():
        return suffix, raw
    try:
        code = bytes(c for c in raw if c > 32).translate(bytes.maketrans(b"-_", b"+/"))
        return suffix, base64.b64decode(code + b"=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return None


def uris_in_style(sheet: str) -> list[str]:
    """The ``data:`` URIs of a style sheet or a style attribute."""
    return [match[1] or match[2] or match[3] for match in _URL.finditer(sheet)] if "data:" in sheet else []


def generated_text(sheet: str) -> list[str]:
    """The words a style sheet puts on the page (``content:``), escapes undone; icons and punctuation are none."""
    found = []
    for match in _CONTENT.finditer(sheet):
        text = "".join(_plain(part[1] or part[2] or "") for part in _CSS_STRING.finditer(match[1])).strip()
        if any(c.isalnum() for c in text):
            found.append(text)
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if not match[1]:
            return match[2]
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"

    return _CSS_ESCAPE.sub(character, text)
