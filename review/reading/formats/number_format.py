"""What a spreadsheet shows for a stored value under a number format, and whether the format hides the value.

ECMA-376 / ISO/IEC 29500-1 §18.8.30 (codes and built-in ids). Numbers keep every digit they still have: an identity number
stored as 3.41802198001011E+17 is written out.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

BUILT_IN: dict[int, str] = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|_.|\*(?P<fill>.)|(?P<general>General|G/通用格式)'
    r"|(?P<ampm>AM/PM|A/P|上午/下午)|(?P<date>y+|m+|d+|h+|s+|e+|aaa+)|(?P<number>[0#?][0#?,. /]*|\.[0#?]+)"
    r"|(?P<exponent>E[+-])|(?P<percent>%)|(?P<text>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WEEKDAYS = "一二三四五六日"
#: What programs accept as a code, and numbers nobody wrote.
_MAX_CODE = 255
_MAX_DIGITS = 40
_MAX_SERIAL = 2_958_466  # 9999-12-31


@dataclass(frozen=True, slots=True)
class Shown:
    """The text a reader sees (may be empty) and whether the format keeps the value from him."""

    text: str
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: tuple[tuple[str, str], ...]
    kind: str  # general | date | number | text | literal | plain (show the digits as they are)


def digits(raw: str) -> str:
    """A stored number with all its digits and without an exponent; the string itself when it is no number."""
    if raw.isdigit():
        return raw
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return raw
    if not value.is_finite() or not -_MAX_DIGITS < value.adjusted() < _MAX_DIGITS:
        return raw
    if len(value.as_tuple().digits) > 15 and value != value.to_integral_value():
        value = Decimal(repr(float(raw)))  # 0.10000000000000001 was typed as 0.1
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def show(raw: str, code: str, is_1904: bool = False) -> Shown:
    """What is shown for a stored number under a format code."""
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return Shown(raw)
    if not value.is_finite() or not -_MAX_DIGITS < value.adjusted() < _MAX_DIGITS:
        return Shown(raw)
    sections = _sections(code[:_MAX_CODE])
    section = _choose(sections, value)
    if section.kind in ("general", "plain"):
        return Shown(digits(raw))
    if section.kind == "literal":
        return Shown("".join(text for kind, text in section.tokens if kind == "literal"), True)
    if section.kind == "date":
        shown = _show_date(value, section, is_1904)
        return Shown(digits(raw) if shown is None else shown)
    if section.kind == "text":
        return Shown("".join(digits(raw) if kind == "text" else text for kind, text in section.tokens))
    return Shown(_show_number(value, section, is_signed=len(sections) == 1 or value >= 0))


def hides_text(code: str) -> bool:
    """Whether a format keeps text from the reader: a fourth section without @, or a literal where text should stand."""
    sections = _sections(code[:_MAX_CODE])
    return len(sections) >= 4 and sections[3].kind != "text" or code.replace(" ", "") in (";;", ";;;")


@lru_cache(maxsize=2048)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "skip"
        text = match[0]
        if kind == "other" and text == ";":
            parts.append([])
        elif kind in ("quoted", "escaped"):
            parts[-1].append(("literal", match[kind]))
        elif kind == "other":
            parts[-1].append(("literal", text))
        elif kind == "bracket":
            parts[-1] += _bracket(match[kind])
        elif kind == "fill":
            parts[-1].append(("fill", match[kind]))
        elif kind != "skip":
            parts[-1].append((kind, text))
    return tuple(_Section(tuple(part), _kind(part)) for part in parts)


def _bracket(inside: str) -> list[tuple[str, str]]:
    """[h] counts hours, [$¥-804] is a currency sign; colours, conditions and locales show nothing."""
    if re.fullmatch(r"h+|m+|s+", inside, re.IGNORECASE):
        return [("elapsed", inside)]
    if inside.startswith("$"):
        return [("literal", inside[1:].partition("-")[0])]
    return []


def _kind(part: list[tuple[str, str]]) -> str:
    kinds = {kind for kind, _ in part}
    if "general" in kinds:
        return "general"
    if kinds & {"date", "elapsed"}:
        return "date"
    if "text" in kinds:
        return "text"
    if "number" in kinds:
        is_odd = "exponent" in kinds or any(kind == "number" and "/" in text for kind, text in part)
        return "plain" if is_odd else "number"
    return "literal"


def _choose(sections: tuple[_Section, ...], value: Decimal) -> _Section:
    if len(sections) >= 3 and value == 0:
        return sections[2]
    if len(sections) >= 2 and value < 0:
        return sections[1]
    return sections[0]


def _show_number(value: Decimal, section: _Section, is_signed: bool) -> str:
    percent = sum(kind == "percent" for kind, _ in section.tokens)
    core = "".join(text for kind, text in section.tokens if kind == "number").replace(" ", "")
    whole, _, fraction = core.partition(".")
    scale = len(whole) - len(whole.rstrip(",")) if not fraction else len(fraction) - len(fraction.rstrip(","))
    places = sum(c in "0#?" for c in fraction)
    least = sum(c == "0" for c in fraction)
    width = whole.count("0")
    amount = abs(value) * 100**percent / 1000**scale
    try:
        text = f"{amount:{',' if ',' in whole.rstrip(',') else ''}.{places}f}"
    except (InvalidOperation, ValueError, OverflowError):
        return digits(str(value))
    if places > least:
        head, _, tail = text.partition(".")
        tail = tail[:least] + tail[least:].rstrip("0")
        text = f"{head}.{tail}" if tail else head
    head, dot, tail = text.partition(".")
    text = head.rjust(width, "0") + dot + tail if width > 1 else text
    sign = "-" if value < 0 and is_signed else ""
    return sign + _with_literals(section, text)


def _with_literals(section: _Section, number: str) -> str:
    shown: list[str] = []
    is_said = False
    for kind, text in section.tokens:
        if kind == "number":
            shown += [] if is_said else [number]
            is_said = True
        elif kind == "percent":
            shown.append("%")
        elif kind == "literal":
            shown.append(text)
    return "".join(shown)


def _show_date(value: Decimal, section: _Section, is_1904: bool) -> str | None:
    """None when the number is no date."""
    if not 0 <= value < _MAX_SERIAL:
        return None
    seconds = round(float(value % 1) * 86400)
    days = int(value) + (1462 if is_1904 else 0)
    if days < 60 and not is_1904:
        days += 1  # the calendar of 1900 has a 29 February
    try:
        moment = datetime(1899, 12, 30) + timedelta(days=days, seconds=seconds)
    except OverflowError:
        return None
    shown = []
    has_half = any(kind == "ampm" for kind, _ in section.tokens)
    for index, (kind, text) in enumerate(section.tokens):
        if kind == "date":
            shown.append(_date_token(text.lower(), section.tokens, index, moment, has_half))
        elif kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[0].lower()]
            shown.append(str(int(float(value) * 86400) // unit))
        elif kind == "ampm":
            shown.append("上午" if moment.hour < 12 else "下午")
        elif kind == "literal":
            shown.append(text)
    return "".join(shown)


def _date_token(token: str, tokens: tuple[tuple[str, str], ...], index: int, moment: datetime, has_half: bool) -> str:
    unit = token[0]
    if unit == "m" and len(token) <= 2 and _is_minute(tokens, index):
        return f"{moment.minute:0{len(token)}d}"
    if unit in "ye":
        return f"{moment.year % 100:02d}" if unit == "y" and len(token) <= 2 else str(moment.year)
    if unit == "m":
        return _MONTHS[moment.month - 1] if len(token) >= 3 else f"{moment.month:0{len(token)}d}"
    if unit == "d":
        return f"{moment.day:0{len(token)}d}" if len(token) <= 2 else f"星期{_WEEKDAYS[moment.weekday()]}"
    if unit == "h":
        return f"{(moment.hour % 12 or 12) if has_half else moment.hour:0{min(len(token), 2)}d}"
    if unit == "s":
        return f"{moment.second:0{min(len(token), 2)}d}"
    return f"{'星期' if len(token) > 3 else ''}{_WEEKDAYS[moment.weekday()]}"


def _is_minute(tokens: tuple[tuple[str, str], ...], index: int) -> bool:
    """An m right after hours or right before seconds is minutes."""
    before = [t for k, t in tokens[:index] if k in ("date", "elapsed")]
    after = [t for k, t in tokens[index + 1 :] if k in ("date", "elapsed")]
    return bool(before and before[-1][0].lower() == "h" or after and after[0][0].lower() == "s")
