"""Regular expressions as rule writers write them: what the rule language allows, and how they meet the matching view.

A pattern is written as the text looks; ``translate_pattern`` applies to its literal characters what ``text.py`` applies to
documents (full-width punctuation, capitals, traditional characters), so that writer and view cannot disagree.
"""

import re
from collections.abc import Iterator

from review.detection.folding import fold
from review.detection.sequences import TooComplex, shortest

#: Longest repetition a pattern may ask for; keeps the number of reported ends, and so time and memory, bounded.
MAX_REPEAT = 200

_META = frozenset("\\^$.|?*+()[]{}")
_CLASS_META = frozenset("\\]^-[")
_TOKEN = re.compile(
    r"""(?P<property>\\[pP]\{[^}]*\}) | (?P<hex>\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}) | (?P<escape>\\.)
      | (?P<posix>\[:\^?[a-z]+:\]) | (?P<repeat>\{\d+(?:,\d*)?\}) | (?P<char>.)""",
    re.VERBOSE | re.DOTALL,
)


def check_pattern(pattern: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to write) of a pattern, without asking the engine."""
    if not pattern:
        yield "正则是空的。", "写上要找的式子，或者删去这一行"
        return
    if re.search(r"\(\?<?[=!]", pattern):
        yield "用了环视 (?= (?! (?<= (?<!。", "用 boundary、context 或 exceptions 表达前后的要求"
    elif re.search(r"\(\?(?!:)", pattern):
        yield "用了 (?…) 扩展写法。", "分组只用 (?:…) 或 (…)"
    in_class = False
    for match in _TOKEN.finditer(pattern):
        token, kind = match.group(), match.lastgroup
        if kind == "escape":
            yield from _check_escape(token, in_class)
        elif kind == "property":
            yield f"用了 {token}。", "汉字写 [一-龥]"
        elif kind == "posix" and in_class:
            yield f"用了 {token}。", "写出字符，如 [0-9a-z]"
        elif kind == "char" and token == "[" and not in_class:
            in_class = True
        elif kind == "char" and token == "]" and in_class and pattern[match.start() - 1] != "[":
            in_class = False
        elif kind == "char" and token in "^$" and not in_class:
            yield f"用了 {token}。", "独占一行用 boundary: line，其他前后要求用 context"
        elif not in_class:
            yield from _check_repeat(pattern, match, token, kind or "")
        if kind == "char" and not token.isascii() and fold(token) == "":
            yield "正则里有看不见的字符，匹配前会被去掉。", "删去这个字符"
    try:
        if not shortest(pattern)[1]:
            yield "这个式子能匹配空文字。", "至少要有一个非出现不可的字"
    except (TooComplex, IndexError, RecursionError):
        yield "括号没有配对，或者嵌套太深。", "检查每个 ( 都有 )；作文字的括号写 \\( 和 \\)"


def _check_escape(token: str, in_class: bool) -> Iterator[tuple[str, str]]:
    letter = token[1]
    if letter in "bBwW" and not (in_class and letter == "b"):
        yield f"用了 \\{letter}：汉字算不算单词字符各家不同。", "字符写成 [0-9a-z一-龥]，前后用 boundary"
    elif letter in "123456789":
        yield f"用了反向引用 \\{letter}。", "把要重复的内容照样写出来"
    elif letter in "AzZGKRXCQE":
        yield f"用了 \\{letter}。", "独占一行用 boundary: line"
    elif letter in "SDN" and in_class:
        yield f"字符集里用了 \\{letter}。", "写出要容许的字符"


def _check_repeat(pattern: str, match: re.Match[str], token: str, kind: str) -> Iterator[tuple[str, str]]:
    before = pattern[: match.start()]
    if kind == "char" and token in "*+" and before and not _is_escaped(before):
        yield f"“{token}”没有上限。", f"写明上限，如 {{{1 if token == '+' else 0},20}}（不超过 {MAX_REPEAT}）"
    if kind == "repeat":
        bounds = token.strip("{}").split(",")
        if len(bounds) == 2 and not bounds[1]:
            yield f"“{token}”没有上限。", f"写明上限，如 {{{bounds[0]},30}}"
        elif int(bounds[-1]) > MAX_REPEAT:
            yield f"重复次数超过 {MAX_REPEAT}。", "相距较远的几样用 all 和 within"


def _is_escaped(before: str) -> bool:
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def translate_pattern(pattern: str) -> str:
    """The pattern as it meets the view: literal characters folded and escaped again, ends of ranges left alone."""
    out: list[str] = []
    tokens = [(m.lastgroup or "", m.group()) for m in _TOKEN.finditer(pattern)]
    in_class = False
    first_in_class = False
    for index, (kind, token) in enumerate(tokens):
        if kind == "char" and token == "[" and not in_class:
            in_class, first_in_class = True, True
            out.append(token)
            continue
        if kind == "char" and token == "]" and in_class and not first_in_class:
            in_class = False
            out.append(token)
            continue
        out.append(_translate_token(tokens, index, in_class))
        first_in_class = in_class and first_in_class and token == "^"
    return "".join(out)


def _translate_token(tokens: list[tuple[str, str]], index: int, in_class: bool) -> str:
    kind, token = tokens[index]
    if kind == "escape" and not token[1].isascii():
        return _literal(token[1], in_class)
    if kind == "escape" and token[1].isupper() and token[1] not in "DSNPHVR":
        return token.lower()
    if kind != "char" or token in (_CLASS_META if in_class else _META):
        return token
    if in_class and not token.isascii() and _is_range_end(tokens, index):
        return token
    return _literal(token, in_class)


def _is_range_end(tokens: list[tuple[str, str]], index: int) -> bool:
    before = index > 1 and tokens[index - 1][1] == "-" and tokens[index - 2][1] != "["
    after = index + 2 < len(tokens) and tokens[index + 1][1] == "-" and tokens[index + 2][1] != "]"
    return before or after


def _literal(character: str, in_class: bool) -> str:
    folded = fold(character) or character
    meta = _CLASS_META if in_class else _META
    escaped = "".join(f"\\{c}" if c in meta else c for c in folded)
    return escaped if in_class or len(folded) < 2 else f"(?:{escaped})"
