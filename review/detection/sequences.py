"""Regular expressions taken apart at their wide gaps, so that a multi-pattern engine can report where they start.

Hyperscan refuses or compiles for seconds what Chinese rules say all the time: 甲[^。]{0,30}乙[^。]{0,20}丙. Such an
expression is split into short pieces (甲, 乙, 丙) and the gaps between them. The rarest piece is looked for in the whole text,
the others only in its neighbourhood, and pieces are joined by binary search: the same matches, in linear time, compiled in
milliseconds. An expression without wide gaps stays whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

#: A repeated class is a gap when the length it may take varies by more than this many characters.
_GAP = 8
#: A piece with more positions than this is parted once more.
_HEAVY = 160
_MOST_SEQUENCES = 96
_MOST_REPEATS = 6


class TooComplex(Exception):
    """The expression has more alternatives around its gaps than can be told apart."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Between ``low`` and ``high`` characters, each of the class written ``text``."""

    text: str
    low: int
    high: int


Item = str | Gap


@dataclass(frozen=True, slots=True)
class Sequence:
    """``pieces`` joined by ``gaps``: gap 0 stands before the first piece, the last after the last; None: nothing there."""

    pieces: tuple[str, ...]
    gaps: tuple[Gap | None, ...]
    anchor: int

    @property
    def reach(self) -> tuple[int, int]:
        """So many characters a match may extend to the left of its anchor, and to the right."""
        sizes = [longest(piece) for piece in self.pieces]
        gaps = [gap.high if gap else 0 for gap in self.gaps]
        at = self.anchor
        # the anchor itself counts on both sides: where it is found several times, the pieces may use another of its ends
        return sum(gaps[: at + 1]) + sum(sizes[: at + 1]), sum(gaps[at + 1 :]) + sum(sizes[at:])


# ------------------------------------------------------------------------------------------------------------- parsing


@dataclass(frozen=True, slots=True)
class Atom:
    text: str
    is_class: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    options: "tuple[tuple[Node, ...], ...]"
    text: str


@dataclass(frozen=True, slots=True)
class Repeat:
    node: "Atom | Group"
    low: int
    high: int
    text: str


Node = Atom | Group | Repeat

_CLASS = re.compile(r"\[\^?(?:\\.|[^\\])(?:\\.|[^\\\]])*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"([?*+]|\{\d+(?:,\d*)?\})\??")
_MOST = 1_000_000


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def options(self) -> tuple[tuple[Node, ...], ...]:
        found: list[tuple[Node, ...]] = []
        nodes: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                found.append(tuple(nodes))
                nodes = []
            else:
                nodes.append(self._repeated())
        return (*found, tuple(nodes))

    def _repeated(self) -> Node:
        start = self.at
        node = self._atom()
        match = _QUANTIFIER.match(self.pattern, self.at)
        if not match:
            return node
        self.at = match.end()
        low, high = _bounds(match.group(1))
        return Repeat(node, low, high, self.pattern[start : self.at])

    def _atom(self) -> Atom | Group:
        start, pattern = self.at, self.pattern
        character = pattern[start]
        if character == "(":
            self.at += 3 if pattern.startswith("(?:", start) else 1
            options = self.options()
            if self.at >= len(pattern):
                raise TooComplex
            self.at += 1
            return Group(options, pattern[start : self.at])
        if character == "[" and (match := _CLASS.match(pattern, start)):
            self.at = match.end()
            return Atom(match.group(), True)
        if character == "\\":
            hexadecimal = re.compile(r"\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})").match(pattern, start)
            self.at = hexadecimal.end() if hexadecimal else start + 2
            return Atom(pattern[start : self.at], pattern[start + 1 : start + 2] in "dDsSwW")
        self.at += 1
        return Atom(character, character == ".")


def _bounds(quantifier: str) -> tuple[int, int]:
    if quantifier in "?*+":
        return {"?": (0, 1), "*": (0, _MOST), "+": (1, _MOST)}[quantifier]
    low, _, high = quantifier.strip("{}").partition(",")
    if "," not in quantifier:
        return int(low), int(low)
    return int(low), int(high) if high else _MOST


@lru_cache(maxsize=10_000)
def parse(pattern: str) -> tuple[tuple[Node, ...], ...]:
    """The alternatives of an expression as lists of nodes; raises TooComplex where brackets do not pair."""
    parser = _Parser(pattern)
    options = parser.options()
    if parser.at != len(pattern):
        raise TooComplex
    return options


def longest(pattern: str) -> int:
    """The most characters a match of this expression can have."""
    return max((sum(_longest(node) for node in option) for option in parse(pattern)), default=0)


def _longest(node: Node) -> int:
    if isinstance(node, Atom):
        return 1
    if isinstance(node, Repeat):
        return min(_MOST, node.high * _longest(node.node))
    return max(sum(_longest(child) for child in option) for option in node.options)


@lru_cache(maxsize=10_000)
def shortest(pattern: str) -> tuple[int, int]:
    """The least 汉字 and the least characters a match must have: how rare it is."""
    found = [
        (sum(a for a, _ in rows), sum(b for _, b in rows)) for o in parse(pattern) if (rows := [_least(n) for n in o])
    ]
    return min(found, default=(0, 0))


def _least(node: Node) -> tuple[int, int]:
    if isinstance(node, Atom):
        return (0 if node.is_class or node.text.isascii() else 1), 1
    if isinstance(node, Repeat):
        han, size = _least(node.node)
        return node.low * han, node.low * size
    rows = [[_least(child) for child in option] for option in node.options]
    return min(((sum(a for a, _ in row), sum(b for _, b in row)) for row in rows), default=(0, 0))


@lru_cache(maxsize=10_000)
def has_alphanumeric(pattern: str) -> bool:
    """Whether every match holds an ASCII letter or digit."""
    return _always_alphanumeric(parse(pattern))


def _always_alphanumeric(options: tuple[tuple[Node, ...], ...]) -> bool:
    return all(any(_is_alphanumeric(node) for node in option) for option in options)


def _is_alphanumeric(node: Node) -> bool:
    if isinstance(node, Repeat):
        return node.low > 0 and _is_alphanumeric(node.node)
    if isinstance(node, Group):
        return _always_alphanumeric(node.options)
    if not node.is_class:
        return node.text.isascii() and node.text.isalnum()
    return node.text == "\\d" or bool(_ALPHANUMERIC_CLASS.fullmatch(node.text))


_ALPHANUMERIC_CLASS = re.compile(r"\[(?:[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]|\\d|[0-9A-Za-z])+\]")


# ----------------------------------------------------------------------------------------------------------- splitting


def split(pattern: str) -> tuple[Sequence, ...]:
    """The sequences whose matches together are those of the expression; raises TooComplex."""
    options = parse(pattern)
    if not any(_has_gap(node) for option in options for node in option) and _weight(pattern) <= _HEAVY:
        return (Sequence((pattern,), (None, None), 0),)
    found: dict[Sequence, None] = {}
    for option in options:
        for items in _expand_all(option):
            for flat in _without_empty(items):
                found.update((sequence, None) for sequence in _sequences(flat))
    if len(found) > _MOST_SEQUENCES:
        raise TooComplex
    return tuple(found)


def _has_gap(node: Node) -> bool:
    if isinstance(node, Repeat):
        return _is_gap(node) or _has_gap(node.node)
    return isinstance(node, Group) and any(_has_gap(child) for option in node.options for child in option)


def _is_gap(node: Repeat) -> bool:
    if not isinstance(node.node, Atom) or not node.node.is_class or node.low == node.high:
        return False
    return node.high - node.low > _GAP


def _expand_all(nodes: tuple[Node, ...]) -> Iterator[tuple[Item, ...]]:
    parts = [list(_expand(node)) for node in nodes]
    size = 1
    for part in parts:
        size *= len(part)
        if size > _MOST_SEQUENCES * 8:
            raise TooComplex
    for choice in product(*parts):
        yield tuple(item for items in choice for item in items)


def _expand(node: Node) -> Iterator[tuple[Item, ...]]:
    if not _has_gap(node):
        yield (node.text,)
    elif isinstance(node, Group):
        plain = [option for option in node.options if not any(_has_gap(child) for child in option)]
        if plain:
            yield ("(?:" + "|".join("".join(child.text for child in option) for option in plain) + ")",)
        for option in node.options:
            if option not in plain:
                yield from _expand_all(option)
    elif isinstance(node, Repeat) and _is_gap(node):
        yield (Gap(node.node.text, node.low, node.high),)
    elif isinstance(node, Repeat):
        if node.high > _MOST_REPEATS:
            raise TooComplex
        for times in range(node.low, node.high + 1):
            yield from _expand_all((node.node,) * times)


def _without_empty(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """Strings between gaps joined and, where they could be empty, told apart into nothing and something."""
    joined: list[Item] = []
    for item in items:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] += item
        else:
            joined.append(item)
    choices: list[list[tuple[Item, ...]]] = []
    for item in joined:
        if isinstance(item, Gap):
            choices.append([(item,)])
        else:
            choices.append([parted for form in _forms(item) for parted in _part_heavy(form)])
    for choice in product(*choices):
        yield tuple(item for part in choice for item in part)


def _forms(text: str) -> list[str]:
    """The expression itself, or for one that can be empty: nothing, and each way in which it is not."""
    if shortest(text)[1]:
        return [text]
    options = parse(text)
    if len(options) > 1:
        return ["", *(form for option in options for form in _forms("".join(n.text for n in option)) if form)]
    forms = [""]
    for index, node in enumerate(options[0]):
        rest = "".join(child.text for child in options[0][index + 1 :])
        if isinstance(node, Repeat) and shortest(node.node.text)[1]:
            times = "" if node.high == 1 else f"{{1,{node.high}}}"
            forms.append(f"{node.node.text}{times}{rest}")
        elif isinstance(node, Group):
            forms += [
                form + rest for option in node.options for form in _forms("".join(n.text for n in option)) if form
            ]
    return forms


def _part_heavy(text: str) -> list[tuple[Item, ...]]:
    """A piece the engine finds too large, cut where its parts are never empty; each cut is a gap of no length."""
    options = parse(text)
    if not text:
        return [()]
    if _weight(text) <= _HEAVY or len(options) > 1 or len(options[0]) < 2:
        return [(text,)]
    nodes = options[0]
    weights = [_weight(node.text) for node in nodes]
    cut = min(range(1, len(nodes)), key=lambda i: abs(sum(weights[:i]) - sum(weights[i:])))
    left, right = "".join(n.text for n in nodes[:cut]), "".join(n.text for n in nodes[cut:])
    found: list[tuple[Item, ...]] = []
    for first, second in product(_forms(left), _forms(right)):
        for one, two in product(_part_heavy(first), _part_heavy(second)):
            found.append((*one, *((Gap(".", 0, 0),) if one and two else ()), *two))
    return [items for items in found if items] or [(text,)]


def _weight(text: str) -> int:
    return max((sum(_positions(node) for node in option) for option in parse(text)), default=0)


def _positions(node: Node) -> int:
    if isinstance(node, Atom):
        return 1
    if isinstance(node, Repeat):
        return _positions(node.node) * max(1, min(node.high, 60))
    return sum(_positions(child) for option in node.options for child in option)


def _sequences(items: tuple[Item, ...]) -> Iterator[Sequence]:
    """Adjacent gaps parted by one character of the second; a sequence of one cheap gap is left as it was written."""
    for flat in _part_gaps(items):
        pieces: list[str] = []
        gaps: list[Gap | None] = [None]
        for item in flat:
            if isinstance(item, Gap):
                gaps[-1] = item
            else:
                pieces.append(item)
                gaps.append(None)
        if pieces:
            yield Sequence(tuple(pieces), tuple(gaps), _rarest(pieces))


def _part_gaps(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    has_piece = any(isinstance(item, str) for item in items)
    if len(items) == 1 and isinstance(items[0], Gap) and items[0].low and items[0].text.isascii():
        yield (f"{items[0].text}{{{items[0].low},{items[0].high}}}",)
        return
    for index, item in enumerate(items):
        if not isinstance(item, Gap):
            continue
        follows_gap = index > 0 and isinstance(items[index - 1], Gap)
        if not follows_gap and has_piece:
            continue
        rest = Gap(item.text, max(item.low - 1, 0), item.high - 1)
        if item.low == 0:
            yield from _part_gaps(items[:index] + items[index + 1 :])
        yield from _part_gaps((*items[:index], item.text, rest, *items[index + 1 :]))
        return
    yield items


def _rarest(pieces: list[str]) -> int:
    return max(range(len(pieces)), key=lambda i: (*shortest(pieces[i]), -pieces[i].count("|")))


# ------------------------------------------------------------------------------------------------------------- joining


def class_table(text: str) -> npt.NDArray[np.bool_]:
    """For every code point whether it is in the class; written as in a pattern: ``.``, ``\\d``, ``[^。\\n]``."""
    table = np.zeros(0x110000, np.bool_)
    if text == ".":
        table[:] = True
        table[10] = False
        return table
    is_negated = text.startswith("[^")
    inner = text[2 if is_negated else 1 : -1] if text.startswith("[") else text
    for first, last in _ranges(inner):
        table[first : last + 1] = True
    if text.startswith("\\") and text[1] in "DS":
        is_negated = True
    return ~table if is_negated else table


_KNOWN = {"d": [(48, 57)], "s": [(9, 13), (32, 32)], "D": [(48, 57)], "S": [(9, 13), (32, 32)]}
_ESCAPES = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11}


def _ranges(inner: str) -> Iterator[tuple[int, int]]:
    tokens = re.findall(r"\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\.|.", inner, re.DOTALL)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.startswith("\\") and token[1] in _KNOWN:
            yield from _KNOWN[token[1]]
            index += 1
        elif index + 2 < len(tokens) and tokens[index + 1] == "-":
            yield _code(token), _code(tokens[index + 2])
            index += 3
        else:
            yield _code(token), _code(token)
            index += 1


def _code(token: str) -> int:
    if token.startswith("\\x"):
        return int(token[2:].strip("{}"), 16)
    if token.startswith("\\"):
        return _ESCAPES.get(token[1], ord(token[1]))
    return ord(token)
