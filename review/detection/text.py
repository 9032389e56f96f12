"""The matching view: a document's text in one form, with the exact way back to the original offsets.

``normalise`` gives the *base view*: compatibility forms, case, zero-width characters, traditional characters and HTML
entities folded; offsets stay equal unless something was dropped or expanded. ``join_gaps`` and ``skip_symbols`` give
further views of only those neighbourhoods in which a word may be broken by a space, a line end or inserted symbols, so that
text in normal form pays for them almost nothing. What a match needed is told by ``View.layers_of``. Words are folded by
``fold``, patterns by ``patterns.translate_pattern``: the same table, so that text and rule cannot disagree.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from review.detection.folding import (
    _NEWLINE,
    BRACKET,
    BREAK,
    DIGIT,
    DROP,
    ENTITY,
    EXPAND,
    HAN,
    LETTER,
    MASKED,
    SENTENCE,
    SPACE,
    SYMBOL,
    TRADITIONAL,
    WIDTH,
    Codes,
    Flags,
    fold,
    tables,
)

Ints = npt.NDArray[np.int64]
#: Layer → its name for people. The order is the order in which they are told.
LAYER_NAMES = {
    "width": "统一字形",
    "zero_width": "去零宽字符",
    "traditional": "繁转简",
    "entity": "还原实体",
    "spaces": "去空格",
    "lines": "跨行连接",
    "punctuation": "跳过符号",
    "numbers": "数字写法",
    "pinyin": "拼音谐音",
    "shape": "拆字形近",
    "reversed": "倒序",
}


DEFAULT_LAYERS = ("zero_width", "traditional", "entity", "spaces", "lines", "punctuation")
#: A match that needs one of these is only suspected: one step less severe and never STOP.
RISKY_LAYERS = frozenset({"punctuation", "pinyin", "shape", "reversed"})
#: So many characters on each side of a gap belong to the joined view.
GAP_REACH = 80
SYMBOL_REACH = 24
#: A run of more digits than this is no identifier; its inside is masked so that patterns do not report every offset of it.
LONG_RUN = 100
_KEPT_OF_RUN = 50
#: No identifier has more digits.
_LONGEST_NUMBER = 24
_WHOLE_NUMBER = 11
#: So many gaps between digits are looked at in one step; bounds memory.
_FEW_GAPS = 20_000
#: So few edits are spliced one by one.
_FEW_EDITS = 2_000
#: Where the separators between the pieces of a cropped view come from.
NOWHERE = -(10**12)
_ITEM_START = re.compile(
    r"[（(]?[一二三四五六七八九十百0-9]{1,4}[)）、.．]|第[一二三四五六七八九十百千0-9]{1,6}[条章节编款项]|附件|[★☆●■◆□○-]"
)
#: What ``_ITEM_START`` begins with.
_ITEM_FIRST = np.array([ord(c) for c in "（(一二三四五六七八九十百0123456789第附★☆●■◆□○-"], np.uint32)
_ENTITY = re.compile(r"&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|nbsp|ensp|emsp|lt|gt|amp|quot|middot|shy|zwnj|zwj);")


@dataclass(frozen=True, slots=True)
class Edits:
    """Where the base view differs in length: at view position ``places`` stand ``sizes`` characters for source
    ``starts`` to ``ends``; ``codes`` are all of them in a row."""

    places: Ints
    sizes: Ints
    starts: Ints
    ends: Ints
    codes: Codes

    def lead_back(self, positions: Ints) -> tuple[Ints, Ints]:
        """(start, end) in the source of each character of the view."""
        index = np.searchsorted(self.places, positions, "right") - 1
        at = np.maximum(index, 0)
        offset = positions - self.places[at] - self.sizes[at]
        is_written = (index >= 0) & (offset < 0)
        plain = np.where(index >= 0, self.ends[at] + offset, positions)
        return np.where(is_written, self.starts[at], plain), np.where(is_written, self.ends[at], plain + 1)


def where(flags: Flags, bits: int) -> Ints:
    """Positions of the characters with one of these flags."""
    found = (flags & bits) != 0
    return np.flatnonzero(found) if found.any() else np.zeros(0, np.int64)


class View:
    """Characters to match and where each came from.

    ``codes`` are code points, ``data`` their UTF-8, ``original`` the flags of the source characters. A base view has
    ``edits`` (None: the same offsets as the text); every other view has ``starts`` and ``ends`` in the view it was made from.
    ``changed`` marks characters that a number view wrote anew.
    """

    __slots__ = (
        "_data",
        "_index",
        "changed",
        "codes",
        "edits",
        "ends",
        "kind",
        "kinds",
        "original",
        "present",
        "starts",
    )

    def __init__(
        self,
        codes: Codes,
        original: Flags,
        starts: Ints | None = None,
        ends: Ints | None = None,
        kind: str = "base",
        changed: npt.NDArray[np.bool_] | None = None,
        edits: Edits | None = None,
    ) -> None:
        self.codes = codes
        self.original = original
        self.starts = starts
        self.ends = ends
        self.kind = kind
        self.edits = edits
        self.kinds: Flags | None = None  # class_flags, when first asked for
        self.present: dict[int, Ints] = {}
        self.changed = changed if changed is not None else np.zeros(0, np.bool_)
        self._data: bytes | None = None  # data, when first asked for
        self._index: tuple[npt.NDArray[np.uint64], Ints] | None = None

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = self.string().encode("utf-8", "replace")
        return self._data

    def positions(self, flag: int) -> Ints:
        """Offsets of source characters with this flag (base view)."""
        if flag not in self.present:
            self.present[flag] = where(self.original, flag)
        return self.present[flag]

    def __len__(self) -> int:
        return len(self.codes)

    def text(self, start: int, end: int) -> str:
        return self.codes[start:end].tobytes().decode("utf-32-le", "replace")

    def lead_back(self, positions: Ints) -> tuple[Ints, Ints]:
        """(start, end) where each of these characters came from: in the text, or in the base view for other views."""
        if self.edits is not None:
            return self.edits.lead_back(positions)
        if self.starts is None or self.ends is None:
            return positions, positions + 1
        return self.starts[positions], self.ends[positions]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The original range of view characters ``start`` to ``end``."""
        starts, ends = self.lead_back(np.array([start, end - 1], np.int64))
        return int(starts[0]), int(ends[1])

    def string(self) -> str:
        """The whole view as text."""
        return str(np.ascontiguousarray(self.codes).data, "utf-32-le", "replace")

    def characters(self, offsets: Ints) -> Ints:
        """Character positions of byte positions of ``data``."""
        if len(self.data) == len(self.codes) or not len(offsets):
            return offsets
        if self._index is None:
            self._index = _first_bytes(self.data)
        bits, before = self._index
        word = offsets >> 6
        below = (np.uint64(1) << (offsets & 63).astype(np.uint64)) - np.uint64(1)
        return before[word] + np.bitwise_count(bits[word] & below)


def _first_bytes(data: bytes) -> tuple[npt.NDArray[np.uint64], Ints]:
    """One bit for each byte that begins a character, in words of 64, and the number of characters before each word."""
    is_first = np.zeros((len(data) // 64 + 1) * 64, np.bool_)
    np.greater_equal(np.frombuffer(data, np.int8), -64, out=is_first[: len(data)])
    bits = np.packbits(is_first, bitorder="little").view(np.uint64)
    counts = np.bitwise_count(bits).astype(np.int64)
    return bits, np.cumsum(counts) - counts


def normalise(text: str) -> View:
    """The base view of a text: width, case, zero-width, traditional, entities folded; spaces and line ends kept."""
    known = tables()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    # one conversion for both look-ups: indexing with anything but intp converts each time
    places = codes.astype(np.intp)
    original, folded = known.flags.take(places), known.folded.take(places)
    edits = _find_edits(text, codes, original)
    if edits is None:
        _mask_long_runs(folded, original)
        return View(folded, original)
    out = _apply_edits(folded, edits)
    view = View(out, original, edits=edits)
    _mask_long_runs(out, class_flags(view))
    return view


def _find_edits(text: str, codes: Codes, original: Flags) -> Edits | None:
    """Where the view is shorter or longer than the text; None: nowhere."""
    known = tables()
    entities = list(_ENTITY.finditer(text)) if "&" in text else []
    special = where(original, DROP | EXPAND)
    if not entities and not len(special):
        return None
    drops = special[(original[special] & EXPAND) == 0]
    written = [
        (int(i), int(i) + 1, known.expansions[int(codes[i])]) for i in special[(original[special] & EXPAND) != 0]
    ]
    for match in entities:
        original[match.start() : match.end()] |= ENTITY
        written.append((match.start(), match.end(), fold(html.unescape(match.group()))))
    written.sort()
    starts = np.concatenate((drops, np.array([start for start, _, _ in written], np.int64)))
    ends = np.concatenate((drops + 1, np.array([end for _, end, _ in written], np.int64)))
    sizes = np.concatenate((np.zeros(len(drops), np.int64), np.array([len(t) for _, _, t in written], np.int64)))
    order = np.argsort(starts, kind="stable")
    starts, ends, sizes = starts[order], ends[order], sizes[order]
    out = np.array([ord(c) for _, _, replacement in written for c in replacement], np.uint32)
    gained = sizes - (ends - starts)
    places = starts + np.cumsum(gained) - gained
    return Edits(places, sizes, starts, ends, out)


def _apply_edits(folded: Codes, edits: Edits) -> Codes:
    if len(edits.starts) < _FEW_EDITS:
        return _spliced(folded, edits)
    gone = np.zeros(len(folded) + 1, np.int8)
    np.add.at(gone, edits.starts, 1)
    np.add.at(gone, edits.ends, -1)
    kept = folded[np.cumsum(gone[:-1], dtype=np.int8) == 0]
    if not len(edits.codes):
        return kept
    removed = np.cumsum(edits.ends - edits.starts) - (edits.ends - edits.starts)
    return np.insert(kept, np.repeat(edits.starts - removed, edits.sizes), edits.codes)


def _spliced(folded: Codes, edits: Edits) -> Codes:
    parts = []
    at = written = 0
    for start, end, size in zip(edits.starts.tolist(), edits.ends.tolist(), edits.sizes.tolist(), strict=True):
        parts += [folded[at : max(at, start)], edits.codes[written : written + size]]
        at, written = max(at, end), written + size
    return np.concatenate([*parts, folded[at:]])


def _mask_long_runs(folded: Codes, flags: Flags) -> None:
    is_digit = (flags & DIGIT) != 0
    if int(np.count_nonzero(is_digit)) <= LONG_RUN:
        return
    padded = np.concatenate(([False], is_digit, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    begins, stops = edges[::2], edges[1::2]
    for begin, stop in zip(
        begins[stops - begins > LONG_RUN].tolist(), stops[stops - begins > LONG_RUN].tolist(), strict=True
    ):
        folded[begin + _KEPT_OF_RUN : stop - _KEPT_OF_RUN] = MASKED


def class_flags(view: View) -> Flags:
    """What each character of a view is (HAN, DIGIT, SPACE, …)."""
    if view.kinds is None:
        view.kinds = tables().flags.take(view.codes.astype(np.intp))
    return view.kinds


def join_gaps(base: View, soft_breaks: Ints) -> View | None:
    """The view of every neighbourhood with a space inside a word or number, or a line end inside a paragraph; None: none.

    ``soft_breaks`` are the positions (in the base view) of line ends that continue a paragraph. ``starts`` and ``ends`` of
    the result lead to the base view, not to the text.
    """
    starts, ends = _space_runs(base, class_flags(base))
    # indentation or spaces around a soft break vanish with it
    starts, ends = merge_ranges(np.concatenate((starts, soft_breaks)), np.concatenate((ends, soft_breaks + 1)))
    return _neighbourhoods(base, starts, ends, GAP_REACH, "joined")


def skip_symbols(base: View) -> View | None:
    """The view of every neighbourhood in which symbols stand between 汉字 as nobody writes them; None: there is none."""
    flags = class_flags(base)
    if len(flags) < 5:
        flags = np.concatenate((flags, np.zeros(5, np.uint16)))
    is_han = (flags & HAN) != 0
    skippable = ((flags & (SYMBOL | SPACE)) != 0) & ((flags & BRACKET) == 0)
    at = np.flatnonzero(skippable[1:-1] & is_han[:-2] & (is_han[2:] | skippable[2:])) + 1
    # a sentence mark only counts as inserted where it cuts off a single 汉字: 绝、密、文件, not 绝密，文件
    is_lone_before = (at < 2) | ~is_han[np.maximum(at - 2, 0)]
    is_lone_after = ~is_han[np.minimum(at + 2, len(flags) - 1)]
    at = at[is_lone_before | is_lone_after | ((flags[at] & SENTENCE) == 0)]
    is_single = is_han[np.minimum(at + 1, len(flags) - 1)]
    runs = [(start, start + 1) for start in at[is_single & ((flags[at] & SPACE) == 0)].tolist()]
    for start in at[~is_single].tolist():
        stop = start + 1
        while stop < len(flags) and stop - start < 3 and skippable[stop]:
            stop += 1
        if stop < len(flags) and is_han[stop] and _is_inserted(flags, is_han, start, stop):
            runs.append((start, stop))
    table = np.array(runs, np.int64).reshape(-1, 2)
    starts, ends = merge_ranges(table[:, 0], table[:, 1])
    return _neighbourhoods(base, starts, ends, SYMBOL_REACH, "symbols")


def _is_inserted(flags: Flags, is_han: Any, start: int, stop: int) -> bool:
    marks = [int(flag) for flag in flags[start:stop] if flag & SYMBOL]
    if not marks:
        return False
    if not any(flag & SENTENCE for flag in marks):
        return True
    is_lone_before = start < 2 or not is_han[start - 2]
    is_lone_after = stop + 1 >= len(is_han) or not is_han[stop + 1]
    return bool(is_lone_before or is_lone_after)


def _space_runs(base: View, flags: Flags) -> tuple[Ints, Ints]:
    at = where(flags, SPACE)
    if not len(at):
        return at, at
    breaks = np.flatnonzero(np.diff(at) > 1)
    firsts = at[np.concatenate(([0], breaks + 1))]
    lasts = at[np.concatenate((breaks, [len(at) - 1]))]
    inside = (firsts > 0) & (lasts < len(flags) - 1) & (lasts - firsts < 6)
    firsts, lasts = firsts[inside], lasts[inside]
    before, after = flags[firsts - 1], flags[lasts + 1]
    solid = ((before & (BREAK | LETTER)) == 0) & ((after & (BREAK | LETTER)) == 0)
    one_han = ((before & HAN) != 0) ^ ((after & HAN) != 0)
    number = ((before & DIGIT) != 0) & ((after & DIGIT) != 0)
    both = ((before & HAN) != 0) & ((after & HAN) != 0)
    symbol = ((before | after) & SYMBOL) != 0
    keep = solid & (both | number | one_han | symbol)
    keep &= ~_after_article(base, firsts)
    keep[number & keep] = ~_parts_numbers(flags, firsts[number & keep], lasts[number & keep])
    return firsts[keep], lasts[keep] + 1


def _parts_numbers(flags: Flags, firsts: Ints, lasts: Ints) -> Any:
    # two numbers in a list: together they have more digits than any identifier, or each as many as a telephone number
    steps = np.arange(1, _LONGEST_NUMBER + 1)
    found = np.zeros(len(firsts), np.bool_)
    for begin in range(0, len(firsts), _FEW_GAPS):
        rows = slice(begin, begin + _FEW_GAPS)
        before, after = firsts[rows, None] - steps, lasts[rows, None] + steps
        left = (flags[np.maximum(before, 0)] & DIGIT != 0) & (before >= 0)
        right = (flags[np.minimum(after, len(flags) - 1)] & DIGIT != 0) & (after < len(flags))
        digits_left = np.logical_and.accumulate(left, 1).sum(1)
        digits_right = np.logical_and.accumulate(right, 1).sum(1)
        is_long = digits_left + digits_right > _LONGEST_NUMBER
        found[rows] = is_long | (np.minimum(digits_left, digits_right) >= _WHOLE_NUMBER)
    return found


def _after_article(base: View, firsts: Ints) -> Any:
    # 第十二条　为了…: the space after an article number is how laws are set, not a gap inside a word
    before = base.codes[firsts - 1]
    result = np.isin(before, np.array([ord(c) for c in "条章节编款项"], np.uint32))
    for index in np.flatnonzero(result).tolist():
        head = base.text(max(0, int(firsts[index]) - 12), int(firsts[index]))
        result[index] = "第" in head
    return result


def find_soft_breaks(base: View, is_hard: Callable[[Ints], npt.NDArray[np.bool_]]) -> Ints:
    """Positions of line ends inside a paragraph: no closing mark before, no indentation or item number after.

    ``is_hard(positions)`` says which line ends separate things that never belong together (cells, headings, parts).
    """
    flags = class_flags(base)
    at = np.flatnonzero(base.codes == _NEWLINE)
    at = at[(at > 0) & (at < len(flags) - 1)]
    wordlike = HAN | DIGIT | LETTER
    before, after = flags[at - 1], flags[at + 1]
    solid = ((before & wordlike) != 0) & ((after & wordlike) != 0)
    same_kind = ((before & DIGIT) != 0) == ((after & DIGIT) != 0)
    at = at[solid & (same_kind | ((before | after) & HAN != 0))]
    at = at[~is_hard(at)]
    return at[_continue(base, flags, at)]


def _continue(base: View, flags: Flags, at: Ints) -> npt.NDArray[np.bool_]:
    result = np.ones(len(at), np.bool_)
    between_digits = (flags[at - 1] & flags[at + 1] & DIGIT) != 0
    may_start_item = np.isin(base.codes[at + 1], _ITEM_FIRST)
    for index in np.flatnonzero(between_digits | may_start_item).tolist():
        result[index] = _continues(base, flags, int(at[index]))
    return result


def _continues(base: View, flags: Flags, at: int) -> bool:
    if flags[at - 1] & DIGIT and flags[at + 1] & DIGIT:
        # a long number runs on
        return not _is_own_line(base, flags, at)
    return not _ITEM_START.match(base.text(at + 1, at + 12))


def _is_own_line(base: View, flags: Flags, at: int) -> bool:
    # two numbers on lines of their own are two numbers
    left = at - 1
    while left >= 0 and at - left < 40 and flags[left] & DIGIT:
        left -= 1
    right = at + 1
    while right < len(flags) and right - at < 40 and flags[right] & DIGIT:
        right += 1
    starts_line = left < 0 or base.codes[left] == _NEWLINE
    ends_line = right >= len(flags) or base.codes[right] == _NEWLINE
    return bool(starts_line and ends_line) or bool(starts_line and at - left > 10)


def _neighbourhoods(base: View, cut_starts: Ints, cut_ends: Ints, reach: int, kind: str) -> View | None:
    """Base view without the cuts (in order, apart), only as far as ``reach`` around each; neighbourhoods are separated by
    line ends."""
    if not len(cut_starts):
        return None
    flags = class_flags(base)
    starts, ends = merge_ranges(np.maximum(cut_starts - reach, 0), np.minimum(cut_ends + reach, len(flags)))
    # every neighbourhood falls into the pieces between its cuts; only after its last piece something ends
    owner = np.searchsorted(starts, cut_starts, "right") - 1
    piece_starts = np.concatenate((starts, cut_ends))
    piece_ends = np.concatenate((ends, ends[owner]))
    order = np.argsort(piece_starts, kind="stable")
    piece_starts, piece_ends = piece_starts[order], piece_ends[order]
    following = np.searchsorted(cut_starts, piece_starts)
    next_cut = np.append(cut_starts, np.iinfo(np.int64).max)[following]
    is_last = next_cut >= piece_ends
    piece_ends = np.minimum(piece_ends, next_cut)
    sizes = piece_ends - piece_starts + is_last
    first = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) - np.repeat(first - piece_starts, sizes)
    closing = (first + sizes - 1)[is_last]
    codes = base.codes[np.minimum(places, len(base) - 1)]
    codes[closing] = _NEWLINE
    places[closing] = np.maximum(places[closing] - 1, 0)
    return View(codes, flags, places, places + 1, kind)


def crop(base: View, intervals: list[tuple[int, int]]) -> View | None:
    """The view of only these (start, end) ranges of the base view, apart from each other; None where there are none."""
    ranges = np.array(intervals, np.int64).reshape(-1, 2)
    view = crop_ranges(base, ranges[:, 0], ranges[:, 1])
    return view if len(view) else None


def crop_ranges(base: View, starts: Ints, ends: Ints) -> View:
    """``crop`` for arrays."""
    starts, ends = merge_ranges(np.maximum(starts, 0), np.minimum(ends, len(base)))
    sizes = ends - starts + 1
    first = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) - np.repeat(first - starts, sizes)
    codes = base.codes[np.minimum(places, len(base) - 1)]
    codes[first + sizes - 1] = _NEWLINE
    places[first + sizes - 1] = NOWHERE
    return View(codes, base.original, places, places + 1, "crop")


def merge_ranges(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Ranges in order, overlapping and touching ones joined, empty ones left out."""
    some = ends > starts
    order = np.argsort(starts[some], kind="stable")
    starts, ends = starts[some][order], np.maximum.accumulate(ends[some][order])
    if len(starts) < 2:
        return starts, ends
    is_first = np.concatenate(([True], starts[1:] > ends[:-1]))
    is_last = np.concatenate((is_first[1:], [True]))
    return starts[is_first], ends[is_last]


def uncrop(view: View, start: Ints, end: Ints) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """(start, end) of ranges of a cropped view in the view it was cut from, and which of them lie in one piece of it."""
    assert view.starts is not None and view.ends is not None
    first, last = view.starts[start], view.ends[end - 1]
    return first, last, (last - first == end - start) & (first >= 0)


def layers_of(flags: int) -> tuple[str, ...]:
    """The names of the base layers that these flags of original characters stand for."""
    known = ((WIDTH, "width"), (DROP, "zero_width"), (TRADITIONAL, "traditional"), (ENTITY, "entity"))
    return tuple(name for bit, name in known if flags & bit)
