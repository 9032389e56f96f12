"""What every character becomes before matching: compatibility forms, case, invisible and traditional characters.

One table for documents, for the words of rules and for the literal characters of patterns, so that they cannot disagree.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.uint16]
# flags of one original character
DROP, EXPAND, TRADITIONAL, WIDTH = 1, 2, 4, 8
SPACE, HAN, DIGIT, LETTER = 16, 32, 64, 128
SYMBOL, ENTITY, BREAK, SENTENCE, BRACKET = 256, 512, 1024, 2048, 4096
MASKED = 0x1F
_NEWLINE, _REPLACEMENT = 0x0A, 0xFFFD
_KEEP_AS_IS = frozenset("…‥⋯℃№™")
_DASHES = frozenset("‐‑‒–−﹣－")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_SENTENCE = frozenset("，。、；：！？,.;:!?")
_BRACKETS = frozenset("《》〈〉“”‘’「」『』()[]【】〔〕{}\"'")


@dataclass(frozen=True, slots=True)
class Tables:
    """For every code point: what it becomes, and what is to be known of it."""

    folded: Codes
    flags: Flags
    expansions: dict[int, str]


@cache
def tables() -> Tables:
    """The folding tables, built once from Python's own Unicode data and ``traditional.txt``."""
    folded = np.arange(0x110000, dtype=np.uint32)
    flags = np.zeros(0x110000, dtype=np.uint16)
    expansions: dict[int, str] = {}
    flags[0x3400:0x4DC0] |= HAN
    flags[0x4E00:0xA000] |= HAN
    flags[0x20000:0x32000] |= HAN
    simplified = read_pairs()
    for code in _folding_codes():
        _enter(code, _fold_character(chr(code)), folded, flags, expansions)
    for traditional, simple in simplified.items():
        folded[ord(traditional)] = ord(simple)
        flags[ord(traditional)] |= TRADITIONAL
    for code, text in list(expansions.items()):
        expansions[code] = "".join(simplified.get(c, c) for c in text)
    narrow = np.arange(0x20, 0x3000)
    flags[MASKED] |= DIGIT
    for code in (*narrow.tolist(), *range(0x3000, 0x3100), *range(0xFE10, 0xFE70), *range(0xFF00, 0xFFF0)):
        flags[code] |= _kind(chr(code))
    flags[0xAC00:0xD7A4] |= LETTER
    flags[_NEWLINE] |= BREAK
    folded[0xD800:0xE000] = _REPLACEMENT
    return Tables(folded, flags, expansions)


def _folding_codes() -> range | list[int]:
    ranges = ((0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x10000), (0x1D400, 0x1D800))
    upper = ((0x1EE00, 0x1EF00), (0x1F100, 0x1F270), (0x1FBF0, 0x1FC00), (0x2F800, 0x2FA20), (0xE0000, 0xE0200))
    return [code for start, end in (*ranges, *upper) for code in range(start, end)]


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or character in _FILLERS or 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character):
        return ""
    if category in ("Mn", "Me"):  # 汉字 and digits carry no accents: a mark put over one is no part of the word
        return ""
    if character in "\n\t" or character in _KEEP_AS_IS:
        return " " if character == "\t" else character
    if character in _DASHES:
        return "-"
    if category == "Cc":
        return "" if character not in "\x0b\x0c\x1c\x1d\x1e\x85\r" else " "
    if category in ("Zs", "Zl", "Zp"):
        return " "
    return unicodedata.normalize("NFKC", character).lower()


def _enter(code: int, text: str, folded: Codes, flags: Flags, expansions: dict[int, str]) -> None:
    character = chr(code)
    if text == character:
        return
    if not text:
        flags[code] |= DROP
    elif len(text) == 1:
        folded[code] = ord(text)
        is_plain = (character.isascii() and character.isalpha()) or text in " -" or not text.isalnum()
        flags[code] |= 0 if is_plain else WIDTH
        flags[code] |= HAN if 0x2E80 <= code < 0x2FE0 or 0xF900 <= code < 0xFB00 or code >= 0x2F800 else 0
    else:
        expansions[code] = text
        flags[code] |= EXPAND | WIDTH


def _kind(character: str) -> int:
    text = _fold_character(character)
    if not text:
        return 0
    first = text[0]
    if first == " ":
        return SPACE
    if first.isdigit() and first.isascii():
        return DIGIT
    if first.isascii() and first.isalpha() or first.isalpha() and ord(first) < 0x2E80:
        return LETTER
    if first == "〇":
        return HAN
    if first.isalnum() or first == "\n":
        return 0
    return SYMBOL | (SENTENCE if first in _SENTENCE else 0) | (BRACKET if first in _BRACKETS else 0)


@cache
def read_pairs() -> dict[str, str]:
    """Traditional → simplified character (``traditional.txt``)."""
    lines = (Path(__file__).parent / "traditional.txt").read_text("utf-8").split("\n")
    return {pair[0]: pair[1] for line in lines if not line.startswith("#") for pair in line.split()}


def fold(text: str) -> str:
    """The text as the base view writes it, without the way back; for words of rules and values to compare."""
    known = tables()
    out = []
    for character in text:
        code = ord(character)
        if known.flags[code] & DROP:
            continue
        out.append(known.expansions.get(code) or chr(int(known.folded[code])))
    return "".join(out)
