"""Spellings that only some rules ask for: other forms of numbers, 拼音 and 谐音, 拆字 and 形近, reversed words.

All but the numbers are suspicions: a match through them is one step less severe and never STOP (docs/rules.md, 层).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from review.detection.folding import fold
from review.detection.scanner import compile_words
from review.detection.text import View, crop

Ints = npt.NDArray[np.int64]

VARIANT_LAYERS = ("pinyin", "shape", "reversed")
#: Words of fewer characters have too many homophones.
PINYIN_WORD = 3
_MOST_SHAPES = 64
_NUMBER_REACH = 24

_DIGITS = {
    c: i
    for i, group in enumerate(("〇零○", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for c in group
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000}
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_LONGEST_NUMERAL = 20
_LATIN = re.compile(r"[a-zü\u00e0-\u01dc]+")
_SYLLABLE_BASE = 0xE000


def number_view(base: View, near: list[tuple[int, int]]) -> View | None:
    """What stands near these ranges, with 七三一, 柒叁壹, 二十, vii written as 731, 731, 20, 7; None: no numerals there."""
    runs = _numeral_runs(base, near)
    around = crop(base, [(start - _NUMBER_REACH, end + _NUMBER_REACH) for start, end, _ in runs])
    if around is None or around.starts is None or around.ends is None:
        return None
    codes, starts, ends = around.codes, around.starts, around.ends
    lengths = np.ones(len(codes), np.int64)
    changed = np.zeros(len(codes), np.bool_)
    order = np.flatnonzero(starts >= 0)
    first = order[np.searchsorted(starts[order], np.array([start for start, _, _ in runs], np.int64))]
    written: list[tuple[int, str]] = []
    for at, (start, end, digits) in zip(first.tolist(), runs, strict=True):
        size = end - start
        changed[at : at + size] = True
        if len(digits) == size:
            codes[at : at + size] = [ord(c) for c in digits]
            continue
        lengths[at : at + size] = 0
        lengths[at] = len(digits)
        starts[at], ends[at] = start, end
        written.append((at, digits))
    place = np.cumsum(lengths) - lengths
    codes, starts, ends = np.repeat(codes, lengths), np.repeat(starts, lengths), np.repeat(ends, lengths)
    for at, digits in written:
        codes[place[at] : place[at] + len(digits)] = [ord(c) for c in digits]
    return View(codes, base.original, starts, ends, "numbers", np.repeat(changed, lengths))


_DIGIT_ATOM = re.compile(r"(?:\\d|\[0-9\])(?P<times>\{(?P<low>\d+)(?:,(?P<high>\d+))?\}|\?)?")


def relax_numbers(pattern: str) -> str:
    """An expression that finds at least every place where ``pattern`` may match once numerals are written as digits."""
    numerals = "".join((*_DIGITS, *_UNITS, *_ROMAN))

    def relaxed(match: re.Match[str]) -> str:
        if match["times"] == "?":
            return f"[0-9{numerals}]{{0,5}}"
        low, high = int(match["low"] or 1), int(match["high"] or match["low"] or 1)
        return f"[0-9{numerals}]{{{min(low, 1)},{high * 2 + 4}}}"

    widened = _DIGIT_ATOM.sub(relaxed, pattern)
    # digits inside other classes, and digits that stand as themselves
    widened = re.sub(r"0-9(?!〇)(?=[^\]]*\])", f"0-9{numerals}", widened)
    return re.sub(r"(?<![\\{,\d\-\[])\d+(?![\d,}\-\]])", f"[0-9{numerals}]{{1,24}}", widened)


def _numeral_runs(base: View, near: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """(start, end, digits) of every numeral near these ranges that is not the number of an article (第十二条)."""
    inside = np.zeros(len(base) + 1, np.int32)
    np.add.at(inside, [max(0, start - _NUMBER_REACH) for start, _ in near], 1)
    np.add.at(inside, [min(len(base), end + _NUMBER_REACH) for _, end in near], -1)
    is_numeral = _numeral_table()[np.minimum(base.codes, 0xFFFF)] & (np.cumsum(inside[:-1]) > 0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_numeral, [False]))))
    starts, ends = edges[::2], edges[1::2]
    kept = base.codes[np.maximum(starts - 1, 0)] != ord("第")
    starts, ends = starts[kept], ends[kept]
    before = np.where(starts > 0, base.codes[np.maximum(starts - 1, 0)], 0)
    after = np.where(ends < len(base), base.codes[np.minimum(ends, len(base) - 1)], 0)
    beside_letter = _is_letter(before) | _is_letter(after)
    runs = []
    for start, end, is_beside in zip(starts.tolist(), ends.tolist(), beside_letter.tolist(), strict=True):
        text = base.text(start, end) if end - start <= _LONGEST_NUMERAL else ""
        digits = "" if text.isascii() and is_beside else _known_number(text)
        if digits:
            runs.append((start, end, digits))
    return runs


def _is_letter(codes: Any) -> Any:
    return ((codes >= ord("a")) & (codes <= ord("z"))) | ((codes >= ord("0")) & (codes <= ord("9")))


@cache
def _numeral_table() -> npt.NDArray[np.bool_]:
    table = np.zeros(0x10000, np.bool_)
    table[[ord(c) for c in (*_DIGITS, *_UNITS, *_ROMAN)]] = True
    return table


@lru_cache(maxsize=20_000)
def _known_number(text: str) -> str:
    is_roman = bool(text) and all(c in _ROMAN for c in text)
    is_chinese = bool(text) and not any(c in _ROMAN for c in text)
    return number_text(text) if is_roman or is_chinese else ""


def number_text(numeral: str) -> str:
    """The digits of a Chinese or Roman numeral: 七三一 → 731, 二十 → 20, vii → 7; "" where it is none."""
    if numeral[0] in _ROMAN:
        return _roman(numeral)
    if not any(c in _UNITS for c in numeral):
        return "".join(str(_DIGITS[c]) for c in numeral)
    total = section = number = 0
    for character in numeral:
        if character in _DIGITS:
            number = _DIGITS[character]
        elif _UNITS[character] == 10_000:
            total += (section + number or 1) * 10_000
            section = number = 0
        else:
            section += (number or (1 if character in "十拾" else 0)) * _UNITS[character]
            number = 0
    return str(total + section + number)


def _roman(numeral: str) -> str:
    values = [_ROMAN[c] for c in numeral]
    total = sum(-v if i + 1 < len(values) and v < values[i + 1] else v for i, v in enumerate(values))
    return str(total) if total > 0 else ""


def variant_hits(
    base: View, words: tuple[tuple[str, int], ...], layers: Ints, bits: dict[str, int]
) -> tuple[Ints, Ints, Ints, Ints]:
    """(leaf, start, end, layer bit) of every suspicious spelling of the words; ``words`` are (folded word, leaf)."""
    found = list(_literal_hits(base, words, layers, bits))
    asking = tuple((w, leaf) for w, leaf in words if layers[leaf] & bits["pinyin"] and len(w) >= PINYIN_WORD)
    if asking:
        found += [(leaf, start, end, bits["pinyin"]) for leaf, start, end in _sound_hits(base, asking)]
    table = np.array(found, np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _literal_hits(
    base: View, words: tuple[tuple[str, int], ...], layers: Ints, bits: dict[str, int]
) -> Iterator[tuple[int, int, int, int]]:
    forms: dict[str, list[tuple[int, int]]] = {}
    for word, leaf in words:
        if layers[leaf] & bits["reversed"] and word != word[::-1] and len(word) >= PINYIN_WORD:
            forms.setdefault(word[::-1], []).append((leaf, bits["reversed"]))
        if layers[leaf] & bits["shape"]:
            for form in shape_forms(word):
                forms.setdefault(form, []).append((leaf, bits["shape"]))
    if not forms:
        return
    hits = compile_words(tuple(forms))(base.codes)
    meanings = list(forms.values())
    for pattern, start, end in zip(hits.pattern.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True):
        for leaf, bit in meanings[pattern]:
            yield leaf, start, end, bit


def shape_forms(word: str) -> tuple[str, ...]:
    """The word with characters written apart or mistaken, at most as many as can be told apart quickly; not the word."""
    choices = [(c, *(fold(form) for form in read_shapes().get(c, ()))) for c in word]
    forms: dict[str, None] = {}
    for parts in product(*choices):
        form = "".join(parts)
        if form != word:
            forms[form] = None
        if len(forms) >= _MOST_SHAPES:
            break
    return tuple(forms)


@cache
def read_shapes() -> dict[str, tuple[str, ...]]:
    """汉字 → how it is written apart or mistaken (``shapes.txt``)."""
    lines = (Path(__file__).parent / "shapes.txt").read_text("utf-8").split("\n")
    return {parts[0]: tuple(parts[1:]) for line in lines if not line.startswith("#") and (parts := line.split())}


@cache
def read_syllables() -> dict[str, tuple[int, str]]:
    """汉字 and syllable → (number of the syllable, its letters) (``syllables.txt``)."""
    lines = (Path(__file__).parent / "syllables.txt").read_text("utf-8").split("\n")
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    known: dict[str, tuple[int, str]] = {}
    for number, (letters, characters) in enumerate(rows):
        known[letters] = (number, letters)
        known.update((c, (number, letters)) for c in characters)
    return known


def _sound_hits(base: View, words: tuple[tuple[str, int], ...]) -> Iterator[tuple[int, int, int]]:
    sounds: dict[str, list[tuple[str, int]]] = {}
    for word, leaf in words:
        sounds.setdefault("".join(_sound(c) for c in word), []).append((word, leaf))
    tokens, starts, ends = _phonetic(base)
    hits = compile_words(tuple(sounds))(np.array([ord(t) for t in tokens], np.uint32))
    meanings = list(sounds.values())
    for pattern, at, to in zip(hits.pattern.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True):
        start, end = starts[at], ends[to - 1]
        written = base.text(start, end)
        for word, leaf in meanings[pattern]:
            same = sum(1 for i in range(at, to) if base.text(starts[i], ends[i]) == word[i - at])
            # half of the characters must be the word's own, or homophones of ordinary words would drown the rest
            if written != word and same * 2 >= len(word):
                yield leaf, start, end


def _sound(character: str) -> str:
    known = read_syllables().get(character)
    return chr(_SYLLABLE_BASE + known[0]) if known else character


def _phonetic(base: View) -> tuple[list[str], list[int], list[int]]:
    text = base.text(0, len(base))
    tokens: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in (*_LATIN.finditer(text), None):
        stop = match.start() if match else len(text)
        tokens += [_sound(c) for c in text[at:stop]]
        starts += range(at, stop)
        ends += range(at + 1, stop + 1)
        if match is None:
            break
        at = match.end()
        place = stop
        for letters, sound in _split_syllables(match.group()):
            tokens.append(sound)
            starts.append(place)
            place += letters
            ends.append(place)
    return tokens, starts, ends


def _split_syllables(run: str) -> list[tuple[int, str]]:
    """(letters taken, token) of a run of Latin letters; letters that are no 拼音 stay themselves."""
    known = read_syllables()
    plain = "".join(c for c in unicodedata.normalize("NFD", run.replace("ü", "v")) if not unicodedata.combining(c))
    out: list[tuple[int, str]] = []
    at = 0
    while at < len(plain):
        size = next((n for n in range(min(6, len(plain) - at), 0, -1) if plain[at : at + n] in known), 0)
        if size:
            out.append((size, chr(_SYLLABLE_BASE + known[plain[at : at + size]][0])))
        else:
            out.append((1, plain[at]))
        at += size or 1
    return out
