"""Which character set are these bytes? A guess is only believed when what comes out looks like text someone wrote.

Every pair of bytes is some character of GB18030 and of UTF-16, so that "it decodes" says little; the share of usual
characters (GB 2312-80, the first level of Big5, kana, Hangul, Latin) does. What had to be rescued is read and said.
"""

import base64
import binascii
import codecs
import re
from collections import Counter
from functools import cache
from itertools import chain

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_GUESSED_BYTES = 20_000
_SAMPLE = 40_000  # characters
#: NULs of a UTF-16 file are at least so large a share of its bytes when the bytes are UTF-8 as well.
_NUL_SHARE = 0.2
#: Among characters beyond ASCII; real Chinese texts stay above 0.97, misread ones below 0.8.
_USUAL_SHARE = 0.85
_SURE_SHARE = 0.9
_RESCUES = ("big5hkscs", "cp932", "euc_jp", "cp949", "utf-16-le", "utf-16-be")
#: The characters that make up a good third of any Chinese text.
_FREQUENT = frozenset(
    "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者"
    "多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从市县区乡镇村部门府政通知关工理各位号第月情况实施管加建设开展"
)
_UTF8_RUN = re.compile(
    rb"(?:[\xe4-\xe9][\x80-\xbf]{2}|\xe3\x80[\x80-\xbf]|\xef\xbc[\x80-\xbf]|\xe2[\x80-\x9f][\x80-\xbf]){3,}[\x00-\x7f]*"
    rb"(?:[\xe3-\xe9][\x80-\xbf]{2})*"
)
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e]){2,}~\}")
_ISO_2022 = re.compile(rb"\x1b\$[@ABC()*+]")
_ISO_2022_CN = re.compile(rb"\x0e((?:[\x21-\x7e]{2})+)\x0f?")
_UTF7 = re.compile(rb"\+([A-Za-z0-9+/]{5,})-?")
_ESCAPE = re.compile(r"\x1b[$(][()*+]?[@-Z]")


def _hanzi(*only: str) -> str:
    """The Chinese characters of GB 2312-80, of GBK's symbols and of the first level of Big5."""
    pairs = chain(
        ((lead, trail, "gb2312") for lead in range(0xB0, 0xF8) for trail in range(0xA1, 0xFF)),
        ((lead, trail, "gbk") for lead in range(0xA1, 0xAA) for trail in range(0x40, 0xFF)),
        ((lead, trail, "big5") for lead in range(0xA4, 0xC7) for trail in range(0x40, 0xFF)),
    )
    found = (bytes((lead, trail)).decode(name, "ignore") for lead, trail, name in pairs if not only or name in only)
    return "".join(
        dict.fromkeys(c for text in found for c in text if "\u3400" <= c <= "\u9fff" or "\u2000" <= c < "\u3400")
    )


_USUAL_RANGES = (
    "\\t\\n\\r\\f\\x1a -~\\xa0-\\u052f\\u2010-\\u2027\\u2030-\\u27bf\\u3000-\\u33ff\\uac00-\\ud7a3\\uff01-\\uff60\\uffe0-\\uffe6"
    "\\U0001f000-\\U0001faff"
)


@cache
def _usual() -> re.Pattern[str]:
    """One usual character; built when first asked for: a UTF-8 file does not pay for it."""
    return re.compile(f"[{_USUAL_RANGES}{_hanzi()}]")


@cache
def _strange_run() -> re.Pattern[str]:
    """Three characters that are not usual, close together."""
    return re.compile(f"(?:[^{_USUAL_RANGES}{_hanzi()}].{{0,2}}){{3}}", re.DOTALL)


@cache
def _simple() -> re.Pattern[str]:
    """A character of a plain Chinese sentence."""
    return re.compile(f"[ -~\\u2010-\\u303f\\uff01-\\uff60{_hanzi('gb2312')}]")


def decode(data: bytes, hint: str = "") -> tuple[str, bool]:
    """The text of these bytes and whether every byte was understood without a doubt.

    In this order: BOM, the NUL pattern of UTF-16, strict UTF-8 (with the 7-bit character sets hidden in ASCII), ``hint`` (a
    declared charset, only where it fits), then GB18030 or Big5 as chardet tells them apart, then what else fits.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(data[len(bom) :], encoding)
    encoding = _wide_encoding(data)
    if encoding:
        return _checked(data, encoding)
    try:
        return _seven_bit(data, data.decode("utf-8"), hint)
    except UnicodeDecodeError:
        pass
    for encoding in (hint, *_chinese_encodings(data)):
        try:
            text = data.decode(encoding) if encoding else ""
        except (UnicodeDecodeError, LookupError):
            continue
        if text and _is_credible(text) and not _UTF8_RUN.search(data) and not _foreign(data, text):
            return text, True
    return _rescued(data), False


def _checked(data: bytes, encoding: str) -> tuple[str, bool]:
    """Text whose character set is known, up to where something else was appended."""
    try:
        text, is_whole = data.decode(encoding), True
    except UnicodeDecodeError:
        text, is_whole = data.decode(encoding, "replace"), False
    strange = _strange_run().search(text) if encoding in _WIDE else None
    if strange is None:
        return text.replace("\0", ""), is_whole
    kept = text[: strange.start()]
    return kept + _rescued(data[len(kept.encode(encoding, "replace")) :]), False


def _wide_encoding(data: bytes) -> str:
    """utf-16-le or -be without a BOM, by where the NULs of line ends, digits and spaces stand; else ""."""
    head = data[:4096]
    nuls = head.count(0)
    if len(head) < 2 or not nuls:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    encoding = "utf-16-le" if odd > 10 * even else "utf-16-be" if even > 10 * odd else ""
    if encoding and nuls < len(head) * _NUL_SHARE and _is_utf8(data):
        return ""  # a few NULs in a file that is UTF-8
    return encoding


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _seven_bit(data: bytes, text: str, hint: str) -> tuple[str, bool]:
    """UTF-8 text, unless its ASCII carries Chinese in HZ (RFC 1843), ISO-2022 (RFC 1468, 1557, 1922) or UTF-7 (RFC 2152)."""
    for found in (_iso_2022(data), _hz(data), _utf7(data)) if data.isascii() else ():
        if found:
            return found, hint != "" and not _ESCAPE.search(found)
    return text.replace("\0", ""), True


def _iso_2022(data: bytes) -> str:
    if not _ISO_2022.search(data):
        return ""
    encodings = (
        ("iso2022_kr",) if b"\x1b$)C" in data else () if b"\x1b$)A" in data else ("iso2022_jp_ext", "iso2022_jp_2")
    )
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    shifted = _ISO_2022_CN.sub(lambda match: bytes(byte | 0x80 for byte in match[1]), data)
    return _ESCAPE.sub("", shifted.decode("gb18030", "replace"))


def _hz(data: bytes) -> str:
    if not _HZ.search(data):
        return ""
    # piece by piece, since a tilde elsewhere would stop the decoder of the standard library
    parts = _HZ.sub(lambda match: bytes(byte | 0x80 for byte in match[0][2:-2]), data)
    text = parts.decode("gb18030", "replace")
    return text if _is_credible(text) else ""


def _utf7(data: bytes) -> str:
    is_any = False

    def plain(match: re.Match[bytes]) -> bytes:
        nonlocal is_any
        code = match[1]
        try:
            units = base64.b64decode(code + b"A" * (-len(code) % 4))[: len(code) * 6 // 16 * 2]
            text = units.decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return match[0]
        han = sum("\u4e00" <= c <= "\u9fff" for c in text)
        if han < 2 or code.isdigit() or not all(map(_simple().match, text)):
            return match[0]
        is_any = True
        return text.encode("utf-8")

    found = _UTF7.sub(plain, data)
    if not is_any:
        return ""
    try:
        return data.decode("utf-7")  # now single characters too
    except UnicodeDecodeError:
        return found.decode("utf-8", "replace")


def _share(text: str) -> tuple[float, int]:
    """The share of usual characters among those beyond ASCII in a sample of the text, and how many are not."""
    sample = text if len(text) <= 2 * _SAMPLE else text[:_SAMPLE] + text[-_SAMPLE:]
    counts = Counter(sample)
    beyond = sum(n for c, n in counts.items() if c > "~" or c < " ")
    is_usual = _usual().match
    usual = sum(n for c, n in counts.items() if (c > "~" or c < " ") and is_usual(c))
    return (usual / beyond if beyond else 1.0), beyond - usual


def _is_credible(text: str) -> bool:
    share, strange = _share(text)
    return share >= _USUAL_SHARE or strange < 3 and share >= 0.5


def _foreign(data: bytes, chinese: str) -> str:
    """cp949 or euc_jp where that fits and the Chinese reading is nothing anyone wrote, else "": they share the same bytes."""
    beyond = [c for c in chinese[:_SAMPLE] if c > "~"]
    if len(beyond) < 12:
        return ""
    if sum("\u3041" <= c <= "\u309f" for c in beyond) >= len(beyond) * 0.3:
        return "euc_jp"
    if sum(c in _FREQUENT for c in beyond) >= len(beyond) * 0.1:
        return ""
    korean = [c for c in data[: 2 * _SAMPLE].decode("euc_kr", "replace") if c > "~"]
    return "cp949" if sum("\uac00" <= c <= "\ud7a3" for c in korean) >= len(korean) * 0.85 else ""


def _rescued(data: bytes) -> str:
    """The most credible reading of bytes that fit no character set as a whole."""
    mended = data.decode("utf-8", "replace")
    is_mostly_utf8 = sum("\u3400" <= c <= "\u9fff" for c in mended) >= 3 * mended.count("\ufffd")
    if not is_mostly_utf8 and not _UTF8_RUN.search(data):
        found = [(share, text) for share, text in map(_shared, _candidates(data)) if share >= _SURE_SHARE]
        if found:
            return max(found, key=lambda item: item[0])[1]
    return "\n".join(_line(line) for line in data.split(b"\n"))


def _shared(text: str) -> tuple[float, str]:
    return _share(text)[0], text


def _candidates(data: bytes) -> list[str]:
    found = []
    first = _foreign(data, data.decode("gb18030", "replace")) or "gb18030"
    for encoding in (first, *_RESCUES):
        try:
            found.append(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return found


def _line(line: bytes) -> str:
    """One line of a file whose lines, or parts of one line, have different character sets."""
    runs = list(_UTF8_RUN.finditer(line))
    if runs and not _is_utf8(line):
        ends = [0, *(at for run in runs for at in run.span()), len(line)]
        parts = [line[a:b] for a, b in zip(ends, ends[1:], strict=False)]
        return "".join(p.decode(("gb18030", "utf-8")[i % 2], "replace") for i, p in enumerate(parts)).replace("\0", "")
    readings = (line.decode("utf-8", "replace"), line.decode("gb18030", "replace"))
    return min(readings, key=lambda text: text.count("\ufffd")).replace("\0", "")


def _chinese_encodings(data: bytes) -> tuple[str, ...]:
    import chardet  # 40 ms that a UTF-8 file does not pay

    try:
        guess = chardet.detect(data[:_GUESSED_BYTES]).get("encoding") or ""
    except (ValueError, IndexError):
        guess = ""
    return ("big5", "gb18030") if guess.lower().startswith(("big5", "cp950")) else ("gb18030", "big5")
