"""Text → the numbers the classifier weighs, by the same code when it is trained and when it reads a draft.

A text is *shaped* (digits become shape classes, white space and masks drop out), cut into *sentences*, and every sentence
gives its character n-grams (as hash buckets) and its *particulars* (how many amounts, exact times, places, named people).
All of it is whole-array numpy work: a word segmenter in pure Python would be slower than the rest of the check. jieba is
used only when a model is trained (``words_of``), to keep n-grams that are words. Nothing here knows a model or a category.
"""

import functools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

BUCKET_BITS = 22
BUCKETS = 1 << BUCKET_BITS

#: Longest sentence in characters; a longer one (a table row, speech without full stops) is cut at a comma before it.
SENTENCE_LIMIT = 120

#: What counts as a concrete particular; the order is the order of the feature columns.
PARTICULARS = (
    "amount",
    "measure",
    "headcount",
    "clock",
    "date",
    "percent",
    "long_number",
    "decimal",
    "dotted",
    "house_number",
    "role_and_name",
    "speaker",
    "code",
)

#: The kinds in the words of the screen (Finding.notes).
PARTICULARS_ZH = {
    "amount": "金额",
    "measure": "计量数值",
    "headcount": "人数件数",
    "clock": "具体时刻",
    "date": "具体日期",
    "percent": "比例",
    "long_number": "长串号码",
    "decimal": "精确小数",
    "dotted": "网络地址或版本号",
    "house_number": "门牌桩号",
    "role_and_name": "职务加姓名",
    "speaker": "发言人",
    "code": "型号代号",
}

_UNITS = {
    "amount": "元万亿角",
    "measure": "米吨公千克平亩升度伏兆毫厘斤km瓦℃立",
    "headcount": "人名户票辆台支枚件家处个门路次份把只具套座批组队岁张条根顿箱瓶桶袋层排",
    "clock": "时点:分秒天周",
    "date": "年月日",
    "percent": "%‰",
    "house_number": "号栋幢室楼单#+",
}
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
_ROLE_ENDS = "长任记员师授理干警志士工生人者户主"
_ENDS = "。！？!?；;\n"
_COMMAS = "，,、：:　 \t|"

_DROPPED = 0
_DIGIT = ord("0")
_UNKNOWN = 1
#: Shape codes: 1–2 digits, 3–4, 5–8, 9 and more, with one point, with three and more.
_RUN_CODES = np.array([2, 3, 4, 5, 6, 7], dtype=np.uint32)
_SHORT, _MIDDLE, _LONG, _VERY_LONG, _DECIMAL, _DOTTED = _RUN_CODES.tolist()


def _shape_table() -> npt.NDArray[np.uint32]:
    table = np.arange(65536, dtype=np.uint32)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F, dtype=np.uint32)
    for upper in range(ord("A"), ord("Z") + 1):
        table[[upper, upper + 0xFEE0]] = upper + 32
    for digit in range(10):
        table[[_DIGIT + digit, 0xFF10 + digit]] = _DIGIT
    for dropped in " \t\r\n\u3000\u00a0\u200b\u200c\u200d\u2060\ufeff某×*＊○〇□“”\"'‘’":
        table[ord(dropped)] = _DROPPED
    table[:9] = _DROPPED
    for same, as_this in {"．": ".", "，": ",", "：": ":", "；": ";", "（": "(", "）": ")", "﹣": "-"}.items():
        table[ord(same)] = ord(as_this)
    table.setflags(write=False)
    return table


def _membership(characters: str) -> npt.NDArray[np.bool_]:
    table = np.zeros(65536, dtype=bool)
    table[[ord(c) for c in characters]] = True
    table.setflags(write=False)
    return table


_SHAPE = _shape_table()
_UNIT_TABLES = {kind: _membership(characters) for kind, characters in _UNITS.items()}
_IS_SURNAME = _membership(_SURNAMES)
_IS_ROLE_END = _membership(_ROLE_ENDS)
_IS_NUMERAL = _membership("一二三四五六七八九十百千万亿两零〇")
_IS_SINGLE = _membership("二三四五六七八九十两")
_IS_ANY_UNIT = _membership("".join(_UNITS.values()) + "张条根顿箱瓶桶袋升里天周层楼排")
_IS_END = _membership(_ENDS)
_IS_COMMA = _membership(_COMMAS)


@dataclass(frozen=True, slots=True)
class Shaped:
    """The shaped characters of a text and where each stands: ``codes[i]`` comes from ``text[origins[i]]``."""

    codes: npt.NDArray[np.uint32]
    origins: Ints


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The code points of the text; those beyond the basic plane count as one unknown character."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return np.where(codes < 65536, codes, _UNKNOWN).astype(np.uint32)


def shape(text: str) -> Shaped:
    """The text with numbers as shape classes, full width as half width, lower case, without white space and masks."""
    raw = _SHAPE[code_points(text)]
    if not len(raw):
        return Shaped(raw, np.zeros(0, dtype=np.int64))
    is_digit = raw == _DIGIT
    is_point = (raw == ord(".")) | (raw == ord(","))
    inner = np.zeros_like(is_digit)
    inner[1:-1] = is_point[1:-1] & is_digit[:-2] & is_digit[2:]
    member = is_digit | inner
    edges = np.diff(np.concatenate(([0], member.view(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    points = np.concatenate(([0], np.cumsum(inner & (raw == ord(".")))))
    dots = points[ends] - points[starts]
    length = ends - starts
    kind = np.select([dots >= 3, dots >= 1, length <= 2, length <= 4, length <= 8], [5, 4, 0, 1, 2], default=3)
    shaped = raw.copy()
    shaped[member] = _DROPPED
    shaped[starts] = _RUN_CODES[kind]
    _shape_numerals(raw, shaped)
    kept = np.flatnonzero(shaped)
    return Shaped(shaped[kept], kept)


def _shape_numerals(raw: npt.NDArray[np.uint32], shaped: npt.NDArray[np.uint32]) -> None:
    """Writes 三十一票, 四百万元, 八张 as the same shapes as 31票, 400万元, 8张; 第三条, 一致, 三农 stay words.

    Two numerals and more are a number; a single one only before a unit, and never 一 (一个, 一家 count nothing).
    """
    member = _IS_NUMERAL[raw]
    edges = np.diff(np.concatenate(([0], member.view(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    following = np.concatenate((raw, [0]))[ends]
    before = np.concatenate(([0], raw))[starts]
    length = ends - starts
    counts = (length >= 2) | (_IS_SINGLE[raw[starts]] & _IS_ANY_UNIT[following])
    counts &= before != ord("第")
    for start, end in zip(starts[counts].tolist(), ends[counts].tolist(), strict=True):
        keeps_unit = end - start >= 2 and raw[end - 1] in (ord("万"), ord("亿"))
        last = end - 1 if keeps_unit else end
        shaped[start:last] = _DROPPED
        shaped[start] = _SHORT if last - start <= 3 else _MIDDLE


def cut_sentences(text: str, units: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    """(starts of sentences, index of the unit of each) for non-overlapping, ordered ``units`` of the text.

    A sentence ends at ``。！？；`` or a line end, at the end of its unit, and at ``SENTENCE_LIMIT`` characters.
    """
    codes = code_points(text)
    ends = np.flatnonzero(_IS_END[codes]) + 1
    commas = np.flatnonzero(_IS_COMMA[codes]) + 1
    starts: list[int] = []
    owners: list[int] = []
    for owner, (first, last) in enumerate(units):
        inside = ends[np.searchsorted(ends, first, "right") : np.searchsorted(ends, last, "left")].tolist()
        position = first
        for end in [*inside, last]:
            while end - position > SENTENCE_LIMIT:
                low, high = np.searchsorted(
                    commas, (position + SENTENCE_LIMIT // 2, position + SENTENCE_LIMIT), "right"
                )
                cut = int(commas[high - 1]) if high > low else position + SENTENCE_LIMIT
                starts.append(position)
                owners.append(owner)
                position = cut
            if end > position:
                starts.append(position)
                owners.append(owner)
            position = end
    return np.array(starts, dtype=np.int64), np.array(owners, dtype=np.int64)


def sentence_of(shaped: Shaped, starts: Ints) -> Ints:
    """The sentence (index into ``starts``) of every shaped character; -1 before the first."""
    return np.searchsorted(starts, shaped.origins, "right") - 1


def bucket_ngrams(shaped: Shaped, sentences: Ints, size: int) -> tuple[Ints, Ints]:
    """(position of the first shaped character, hash bucket) of every n-gram that stays inside one sentence."""
    count = len(shaped.codes) - size + 1
    if count <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    value = np.full(count, 0x9E3779B1 * size, dtype=np.uint64)
    for offset in range(size):
        value = (value ^ shaped.codes[offset : offset + count]) * np.uint64(0x100000001B3)
        value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    whole = (sentences[:count] == sentences[size - 1 :]) & (sentences[:count] >= 0)
    positions = np.flatnonzero(whole)
    return positions, (value[positions] >> np.uint64(64 - BUCKET_BITS)).astype(np.int64)


def find_particulars(shaped: Shaped, sentences: Ints) -> tuple[Ints, Ints]:
    """(position of the shaped character, kind as index into PARTICULARS) of every particular."""
    codes = shaped.codes
    following = np.concatenate((codes[1:], [0]))[: len(codes)].astype(np.int64)
    after_next = np.concatenate((codes[2:], [0, 0]))[: len(codes)].astype(np.int64)
    third = np.concatenate((codes[3:], [0, 0, 0]))[: len(codes)].astype(np.int64)
    is_number = (codes >= _SHORT) & (codes <= _DOTTED)
    is_letter = (codes >= ord("a")) & (codes <= ord("z"))
    first = np.concatenate(([True], sentences[1:] != sentences[:-1]))[: len(codes)]
    surname_next = _IS_SURNAME[following]
    colon = (after_next == ord(":")) | (third == ord(":"))
    masks = {kind: is_number & table[following] for kind, table in _UNIT_TABLES.items()}
    masks |= {
        "long_number": (codes == _VERY_LONG) | (codes == _LONG),
        "decimal": codes == _DECIMAL,
        "dotted": codes == _DOTTED,
        "role_and_name": _IS_ROLE_END[codes] & surname_next,
        "speaker": first & _IS_SURNAME[codes] & colon,
        "code": is_letter & (following >= _SHORT) & (following <= _DOTTED),
    }
    positions = [np.flatnonzero(masks[kind]) for kind in PARTICULARS]
    kinds = np.repeat(np.arange(len(PARTICULARS)), [len(p) for p in positions])
    return np.concatenate(positions), kinds


def count_particulars(shaped: Shaped, sentences: Ints, total: int) -> Floats:
    """How many particulars of every kind stand in each of the ``total`` sentences: (total, len(PARTICULARS))."""
    positions, kinds = find_particulars(shaped, sentences)
    owners = sentences[positions]
    inside = owners >= 0
    flat = np.bincount(owners[inside] * len(PARTICULARS) + kinds[inside], minlength=total * len(PARTICULARS))
    return flat.reshape(total, len(PARTICULARS)).astype(np.float32)


def squash(particulars: Floats) -> Floats:
    """Counts as the model weighs them: a second amount says less than the first, a tenth nothing."""
    return np.log1p(np.minimum(particulars, 4.0)).astype(np.float32)


@functools.cache
def _segmenter() -> "object":
    import jieba  # half a second to load, needed only when a model is trained

    jieba.setLogLevel(logging.WARNING)
    return jieba


def words_of(texts: Iterable[str]) -> dict[str, int]:
    """Every word of two to four characters jieba finds in the texts, with the number of texts it stands in."""
    found: dict[str, int] = {}
    segment = _segmenter()
    for text in texts:
        for word in {w for w in segment.cut(text, HMM=False) if 2 <= len(w) <= 4}:  # type: ignore[attr-defined]
            found[word] = found.get(word, 0) + 1
    return found
