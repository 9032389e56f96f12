"""Leaves of rules × views of a text → hits: where each word or pattern stands, and which layers it needed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from review.detection.expressions import Expressions, compile_expressions, split_or_refuse, to_characters
from review.detection.patterns import translate_pattern
from review.detection.places import Places, zone_mask
from review.detection.scanner import FREE, NO_ALNUM, NO_DIGIT, Hits, PatternError, Scan, compile_words, no_hits
from review.detection.sequences import shortest
from review.detection.text import (
    BREAK,
    DEFAULT_LAYERS,
    DIGIT,
    DROP,
    ENTITY,
    HAN,
    LAYER_NAMES,
    LETTER,
    RISKY_LAYERS,
    SPACE,
    TRADITIONAL,
    WIDTH,
    Edits,
    View,
    class_flags,
    crop_ranges,
    find_soft_breaks,
    fold,
    join_gaps,
    normalise,
    skip_symbols,
    uncrop,
)
from review.detection.variants import VARIANT_LAYERS, number_view, relax_numbers, variant_hits
from review.errors import RuleError
from review.types import Document, Leaf, Match, Rule, RuleSet, Span

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LAYER_BITS = {name: 1 << index for index, name in enumerate(LAYER_NAMES)}
RISKY_BITS = sum(LAYER_BITS[name] for name in RISKY_LAYERS)
_BASE_BITS = ((DROP, "zero_width"), (TRADITIONAL, "traditional"), (ENTITY, "entity"), (WIDTH, "width"))
_NEWLINE = 0x0A
#: Words shorter than this are not looked for through inserted symbols.
SYMBOL_WORD = 3


def layer_bits(names: tuple[str, ...] | None) -> int:
    """The bits of the layers a rule allows; ``width`` is always among them."""
    return sum(LAYER_BITS[name] for name in set(DEFAULT_LAYERS if names is None else names) | {"width"})


def layer_names(bits: int) -> tuple[str, ...]:
    return tuple(name for name in LAYER_NAMES if bits & LAYER_BITS[name])


@dataclass(frozen=True, slots=True)
class Branch:
    """A ``Match`` whose leaves are numbers."""

    mode: str
    within: int
    children: "tuple[int | Branch, ...]"

    def leaves(self) -> tuple[int, ...]:
        return tuple(
            leaf for child in self.children for leaf in (child.leaves() if isinstance(child, Branch) else (child,))
        )


@dataclass(frozen=True, slots=True)
class Deferred:
    """Expressions of an ``all`` that are looked for only within ``reach`` of its rarest part (``anchors``)."""

    anchors: Ints
    reach: int
    leaf: Ints
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaves:
    """All leaves of all rules, compiled. ``word_leaf[word_first[w]:word_first[w+1]]`` are the leaves of word ``w``."""

    trees: tuple[Branch | None, ...]  # by rule
    sources: tuple[Leaf, ...]
    rule: Ints
    boundary: tuple[str, ...]
    zones: Ints
    layers: Ints
    words: tuple[str, ...]
    word_first: Ints
    word_leaf: Ints
    pattern_leaf: Ints
    patterns: tuple[str, ...]
    scan_words: Scan
    expressions: Expressions
    pattern_edges: Ints  # by expression: what must not stand beside its matches
    variant_words: tuple[tuple[str, int], ...]  # folded word, leaf; of leaves with a variant layer
    number_words: Scan | None
    number_patterns: Expressions | None
    number_word_leaf: Ints
    number_pattern_leaf: Ints
    number_gate: Expressions | None  # where a number view is worth making
    deferred: tuple[Deferred, ...] = ()
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Hits as parallel arrays; ``start``/``end`` in the base view, ``at``/``to`` in the view that ``view`` numbers."""

    leaf: Ints
    start: Ints
    end: Ints
    layers: Ints
    view: Ints
    at: Ints
    to: Ints

    def __len__(self) -> int:
        return len(self.leaf)

    def take(self, which: Bools | Ints) -> "Table":
        return Table(*(getattr(self, name)[which] for name in _COLUMNS))


_COLUMNS = ("leaf", "start", "end", "layers", "view", "at", "to")


def join_tables(tables: list[Table]) -> Table:
    empty = np.zeros(0, np.int64)
    if not tables:
        return Table(*(empty for _ in _COLUMNS))
    return Table(*(np.concatenate([getattr(table, name) for table in tables]) for name in _COLUMNS))


@dataclass(frozen=True, slots=True)
class Source:
    """A text made ready: its views, its places; ``soft`` are line ends (base view) inside paragraphs."""

    base: View
    views: tuple[View, ...]  # views[0] is base
    places: Places
    newlines: Ints

    def to_text(self, starts: Ints) -> Ints:
        """Offsets in the document of these first characters of the base view."""
        return self.base.lead_back(starts)[0]

    def ends_in_text(self, ends: Ints) -> Ints:
        """Offsets in the document of these one-past-last characters of the base view."""
        return self.base.lead_back(ends - 1)[1]

    def from_text(self, span: Span) -> Span:
        """The range of the base view that shows a range of the document."""
        edits = self.base.edits
        if edits is None:
            return span
        start, end = (self._place(edits, offset) for offset in (span.start, span.end))
        return Span(start, max(start + 1, end))

    def _place(self, edits: Edits, offset: int) -> int:
        index = int(np.searchsorted(edits.ends, offset, "right")) - 1
        if index < 0:
            return min(offset, len(self.base))
        return min(int(edits.places[index] + edits.sizes[index] + offset - edits.ends[index]), len(self.base))


# ------------------------------------------------------------------------------------------------------------- compile


def compile_leaves(rules: tuple[Rule, ...], rule_set: RuleSet, cache: Path | None = None) -> Leaves:
    """Leaves of these rules; raises RuleError for a pattern the engine refuses."""
    builder = _Builder(rule_set)
    trees = tuple(builder.tree(index, rule) for index, rule in enumerate(rules))
    deferred = tuple(found for tree in trees if tree is not None for found in builder.defer(tree, rules))
    patterns = tuple(pattern for _, pattern in builder.patterns)
    words = tuple(builder.words)
    try:
        expressions = compile_expressions(patterns, cache)
    except PatternError as error:
        raise _refused(error, builder, rules) from error
    first = np.cumsum([0, *(len(leaves) for leaves in builder.words.values())])
    word_leaf = np.array([leaf for leaves in builder.words.values() for leaf in leaves], np.int64)
    layers = np.array([layer_bits(rules[r].layers) for r in builder.rule], np.int64)
    numbers = [w for w, leaves in builder.words.items() if any(layers[i] & LAYER_BITS["numbers"] for i in leaves)]
    number_patterns = [(i, p) for i, p in builder.patterns if layers[i] & LAYER_BITS["numbers"]]
    pairs = [(w, leaf) for w in numbers for leaf in builder.words[w] if layers[leaf] & LAYER_BITS["numbers"]]
    variant_bits = sum(LAYER_BITS[name] for name in VARIANT_LAYERS)
    return Leaves(
        trees=trees,
        sources=tuple(builder.sources),
        rule=np.array(builder.rule, np.int64),
        boundary=tuple(builder.boundary),
        zones=np.array(builder.zones, np.int64),
        layers=layers,
        words=words,
        word_first=first.astype(np.int64),
        word_leaf=word_leaf,
        pattern_leaf=np.array([leaf for leaf, _ in builder.patterns], np.int64),
        patterns=patterns,
        scan_words=compile_words(words, cache),
        expressions=expressions,
        pattern_edges=np.array([_EDGES.get(builder.boundary[leaf], FREE) for leaf, _ in builder.patterns], np.int64),
        variant_words=tuple((w, i) for w, leaves in builder.words.items() for i in leaves if layers[i] & variant_bits),
        number_words=compile_words(tuple(w for w, _ in pairs), cache) if pairs else None,
        number_patterns=compile_expressions(tuple(p for _, p in number_patterns), cache) if number_patterns else None,
        number_word_leaf=np.array([leaf for _, leaf in pairs], np.int64),
        number_pattern_leaf=np.array([leaf for leaf, _ in number_patterns], np.int64),
        deferred=deferred,
        cache=cache,
        number_gate=_gate([w for w, _ in pairs], [p for _, p in number_patterns], cache),
    )


def _gate(words: list[str], patterns: list[str], cache: Path | None) -> Expressions | None:
    relaxed = [relax_numbers(pattern) for pattern in (*(re.escape(word) for word in words), *patterns)]
    return compile_expressions(tuple(dict.fromkeys(relaxed)), cache) if relaxed else None


def _refused(error: PatternError, builder: "_Builder", rules: tuple[Rule, ...]) -> RuleError:
    leaf = builder.patterns[error.index][0] if error.index >= 0 else 0
    rule = rules[builder.rule[leaf]]
    line = builder.sources[leaf].line or rule.line
    return RuleError(
        f"{rule.path}:{line} 规则 {rule.id} 的正则不能用于线性时间的引擎。",
        "把式子拆成几项，缩小重复次数；运行 review rules lint 看说明。",
        rule.path,
        line,
    )


class _Builder:
    """Numbers leaves in the order of the rules and gathers their words and patterns."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.lists = rule_set.words
        self.sources: list[Leaf] = []
        self.rule: list[int] = []
        self.boundary: list[str] = []
        self.zones: list[int] = []
        self.words: dict[str, list[int]] = {}
        self.patterns: list[tuple[int, str]] = []

    def tree(self, index: int, rule: Rule) -> Branch | None:
        return self._branch(index, rule, rule.match) if rule.match is not None else None

    def _branch(self, index: int, rule: Rule, match: Match) -> Branch:
        children = tuple(
            self._branch(index, rule, clause) if isinstance(clause, Match) else self._leaf(index, rule, clause)
            for clause in match.clauses
        )
        return Branch(match.mode, match.within, children)

    def defer(self, tree: Branch, rules: tuple[Rule, ...]) -> Iterator[Deferred]:
        """Takes the expressions of all but the rarest part of every ``all … within`` out of the pass over the whole text."""
        if tree.mode == "all" and tree.within:
            found = self._defer_all(tree, rules)
            yield from [found] if found is not None else []
            return
        for child in tree.children:
            if isinstance(child, Branch):
                yield from self.defer(child, rules)

    def _defer_all(self, tree: Branch, rules: tuple[Rule, ...]) -> Deferred | None:
        parts = [child.leaves() if isinstance(child, Branch) else (child,) for child in tree.children]
        if "numbers" in (rules[self.rule[parts[0][0]]].layers or ()):
            return None
        anchor = max(range(len(parts)), key=lambda i: min(map(self._rarity, parts[i])))
        others = {leaf for i, part in enumerate(parts) if i != anchor for leaf in part}
        taken = [(leaf, pattern) for leaf, pattern in self.patterns if leaf in others]
        if not taken:
            return None
        for _, pattern in taken:
            try:
                split_or_refuse(0, pattern)
            except PatternError:
                return None
        self.patterns = [entry for entry in self.patterns if entry[0] not in others]
        leaf = np.array([number for number, _ in taken], np.int64)
        return Deferred(np.array(parts[anchor], np.int64), tree.within, leaf, tuple(pattern for _, pattern in taken))

    def _rarity(self, leaf: int) -> tuple[int, int]:
        source = self.sources[leaf]
        if source.regex:
            return shortest(translate_pattern(source.regex))
        size = min((len(word) for word in (*source.words, *self.lists.get(source.words_from, ()))), default=0)
        return size, size

    def _leaf(self, index: int, rule: Rule, leaf: Leaf) -> int:
        number = len(self.sources)
        self.sources.append(leaf)
        self.rule.append(index)
        self.boundary.append(leaf.boundary or rule.boundary)
        self.zones.append(zone_mask(leaf.zones or rule.zones))
        if leaf.regex:
            self.patterns.append((number, translate_pattern(leaf.regex)))
        listed = self.lists.get(leaf.words_from, ()) if leaf.words_from else ()
        for word in (*leaf.words, *listed):
            for form in word_forms(word):
                leaves = self.words.setdefault(form, [])
                if number not in leaves:
                    leaves.append(number)
        return number


def word_forms(word: str) -> tuple[str, ...]:
    """A word as the views may show it: folded, and without its inner spaces."""
    folded = " ".join(fold(word).split())
    return (folded,) if " " not in folded else (folded, folded.replace(" ", ""))


# ---------------------------------------------------------------------------------------------------------------- find


def prepare(document: Document, places: Places, leaves: Leaves) -> Source:
    """The views of a document that these leaves can need."""
    base = normalise(document.text)

    def is_hard(position: int) -> bool:
        return places.is_hard_break(base.source(position, position + 1)[0])

    allowed = int(np.bitwise_or.reduce(leaves.layers)) if len(leaves.layers) else 0
    views = [base]
    if allowed & (LAYER_BITS["spaces"] | LAYER_BITS["lines"]):
        joined = join_gaps(base, find_soft_breaks(base, is_hard))
        views += [joined] if joined is not None else []
    if allowed & LAYER_BITS["punctuation"] and leaves.words:
        symbols = skip_symbols(base)
        views += [symbols] if symbols is not None else []
    if leaves.number_gate is not None:
        places_of_numbers = leaves.number_gate.find(base)
        near = list(zip(places_of_numbers.start.tolist(), places_of_numbers.end.tolist(), strict=True))
        numbers = number_view(base, near) if near else None
        views += [numbers] if numbers is not None else []
    return Source(base, tuple(views), places, np.flatnonzero(base.codes == _NEWLINE))


def find_hits(source: Source, leaves: Leaves) -> Table:
    """Every hit of every leaf that boundary, zone and layers allow; overlapping ones of the same leaf are kept."""
    tables = []
    for number, view in enumerate(source.views):
        if view.kind == "numbers":
            tables += _scan_numbers(view, number, leaves)
        else:
            tables.append(_words_table(to_characters(leaves.scan_words(view.data), view), number, leaves))
            if view.kind != "symbols":
                tables.append(
                    _table(leaves.expressions.find(view, _edges_in(view, leaves)), leaves.pattern_leaf, number)
                )
    tables = [_to_base(table, source) for table in tables if len(table)]
    tables += _deferred_tables(join_tables([t for t in tables if len(t)]), source, leaves)
    if leaves.variant_words:
        leaf, start, end, layers = variant_hits(source.base, leaves.variant_words, leaves.layers, LAYER_BITS)
        tables.append(Table(leaf, start, end, layers, np.zeros_like(leaf), start, end))
    table = join_tables([t for t in tables if len(t)])
    table = table.take(_crosses_no_line(table, source))
    table = (
        table.take((leaves.zones[table.leaf] & source.places.masks(_blocks(table, source))) != 0)
        if len(table)
        else table
    )
    table = table.take(_within_boundary(table, source, leaves)) if len(table) else table
    if not len(table):
        return table
    table = _with_layers(table, source)
    needed = table.layers & ~LAYER_BITS["width"]
    return table.take((needed & ~leaves.layers[table.leaf]) == 0)


_EDGES = {"digit": NO_DIGIT, "alnum": NO_ALNUM | NO_DIGIT}


def _edges_in(view: View, leaves: Leaves) -> Ints | None:
    # only in the base view are neighbours in the view neighbours in the text
    return leaves.pattern_edges if view.kind == "base" else None


def _deferred_tables(table: Table, source: Source, leaves: Leaves) -> list[Table]:
    """The deferred expressions around their anchors, in the base view and in the joined one."""
    found = []
    for deferred in leaves.deferred:
        anchors = np.flatnonzero(np.isin(table.leaf, deferred.anchors))
        if not len(anchors):
            continue
        expressions = compile_expressions(deferred.patterns, leaves.cache)
        low, high = table.start[anchors] - deferred.reach, table.end[anchors] + deferred.reach
        for number, view in enumerate(source.views):
            if view.kind == "joined" and view.starts is not None:
                low_in, high_in = np.searchsorted(view.starts, low), np.searchsorted(view.starts, high)
            elif view.kind == "base":
                low_in, high_in = low, high
            else:
                continue
            around = crop_ranges(view, low_in, high_in)
            hits = expressions.find(around) if len(around) else no_hits()
            if len(hits):
                start, end, is_whole = uncrop(around, hits.start, hits.end)
                kept = Hits(hits.pattern[is_whole], start[is_whole], end[is_whole])
                if len(kept):
                    found.append(_to_base(_table(kept, deferred.leaf, number), source))
    return found


def _table(hits: Hits, leaf_of: Ints, number: int) -> Table:
    if not len(hits):
        return join_tables([])
    zeros = np.zeros(len(hits), np.int64)
    return Table(leaf_of[hits.pattern], hits.start, hits.end, zeros, zeros + number, hits.start, hits.end)


def _words_table(hits: Hits, number: int, leaves: Leaves) -> Table:
    if not len(hits):
        return join_tables([])
    counts = leaves.word_first[hits.pattern + 1] - leaves.word_first[hits.pattern]
    which = np.repeat(np.arange(len(hits)), counts)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    leaf_at = leaves.word_first[hits.pattern[which]] + nth
    return _table(Hits(leaf_at, hits.start[which], hits.end[which]), leaves.word_leaf, number)


def _scan_numbers(view: View, number: int, leaves: Leaves) -> list[Table]:
    tables = []
    if leaves.number_words is not None:
        found = to_characters(leaves.number_words(view.data), view)
        tables.append(_table(found, leaves.number_word_leaf, number))
    if leaves.number_patterns is not None:
        tables.append(_table(leaves.number_patterns.find(view), leaves.number_pattern_leaf, number))
    return tables


def _to_base(table: Table, source: Source) -> Table:
    """Offsets of another view led back to the base view; only hits that use what this view changed stay."""
    view = source.views[int(table.view[0])]
    if view.kind == "base" or view.starts is None or view.ends is None:
        return table
    start, end = view.starts[table.at], view.ends[table.to - 1]
    if view.kind == "numbers":
        differs = np.concatenate(([0], np.cumsum(view.changed)))
        uses = differs[table.to] > differs[table.at]
        bits = np.full(len(table), LAYER_BITS["numbers"], np.int64)
    else:
        uses = end - start > table.to - table.at
        uses &= ~_has_newline(view, table)
        bits = np.full(len(table), LAYER_BITS["punctuation" if view.kind == "symbols" else "spaces"], np.int64)
    moved = Table(table.leaf, start, end, bits, table.view, table.at, table.to).take(uses)
    if view.kind == "symbols":
        return moved.take(moved.to - moved.at >= SYMBOL_WORD)
    return _split_gaps(moved, source) if view.kind == "joined" else moved


def _has_newline(view: View, table: Table) -> Bools:
    positions = np.flatnonzero(view.codes == _NEWLINE)
    return np.searchsorted(positions, table.at) != np.searchsorted(positions, table.to)


def _split_gaps(table: Table, source: Source) -> Table:
    """Tells joined lines from dropped spaces, and throws away short words that only a space between two words makes."""
    newlines, base = source.newlines, source.base
    has_line = np.searchsorted(newlines, table.start) != np.searchsorted(newlines, table.end)
    gone = (table.end - table.start) - (table.to - table.at)
    lines = np.searchsorted(newlines, table.end) - np.searchsorted(newlines, table.start)
    bits = has_line * LAYER_BITS["lines"] + (gone > lines) * LAYER_BITS["spaces"]
    # 司机 密码 is not 机密: a two-character word whose halves belong to longer words on both sides
    flags = class_flags(base)
    before = flags[np.maximum(table.start - 1, 0)] & HAN
    after = flags[np.minimum(table.end, len(flags) - 1)] & HAN
    is_glued = (before != 0) & (table.start > 0) & (after != 0) & (table.end < len(flags))
    is_accident = is_glued & (table.to - table.at == 2) & ~has_line
    return Table(table.leaf, table.start, table.end, bits, table.view, table.at, table.to).take(~is_accident)


def _crosses_no_line(table: Table, source: Source) -> Bools:
    if not len(table):
        return np.zeros(0, np.bool_)
    crosses = np.searchsorted(source.newlines, table.start) != np.searchsorted(source.newlines, table.end)
    joined = (table.layers & LAYER_BITS["lines"]) != 0
    return ~crosses | joined


def _in_zone(table: Table, source: Source, leaves: Leaves) -> Bools:
    zones = leaves.zones[table.leaf]
    result = np.ones(len(table), np.bool_)
    choosy = np.flatnonzero(zones != zone_mask(()))
    if len(choosy):
        result[choosy] = (zones[choosy] & source.places.masks(_blocks(table.take(choosy), source))) != 0
    return result


def _blocks(table: Table, source: Source) -> Ints:
    return source.places.index(source.to_text(table.start))


def _within_boundary(table: Table, source: Source, leaves: Leaves) -> Bools:
    flags = class_flags(source.base)
    before = np.where(table.start > 0, flags[np.maximum(table.start - 1, 0)], 0)
    after = np.where(table.end < len(flags), flags[np.minimum(table.end, len(flags) - 1)], 0)
    kinds = np.array([_BOUNDARY_BITS.get(name, 0) for name in leaves.boundary], np.int64)[table.leaf]
    result = ((before | after) & kinds) == 0
    is_line = np.array([name == "line" for name in leaves.boundary], np.bool_)[table.leaf]
    result &= ~is_line | _may_be_alone(table, before, after, flags)
    for index in np.flatnonzero(is_line & result).tolist():
        result[index] = _is_alone(source.base, flags, int(table.start[index]), int(table.end[index]))
    return result


def _may_be_alone(table: Table, before: Ints, after: Ints, flags: npt.NDArray[np.uint16]) -> Bools:
    first = (table.start == 0) | ((before & (BREAK | SPACE)) != 0)
    return first & ((table.end == len(flags)) | ((after & (BREAK | SPACE)) != 0))


_BOUNDARY_BITS = {"digit": DIGIT, "alnum": DIGIT | LETTER, "han": HAN}
#: So many spaces may stand beside a word that is alone on its line.
_LINE_MARGIN = 200


def _is_alone(base: View, flags: npt.NDArray[np.uint16], start: int, end: int) -> bool:
    left, right = start - 1, end
    while left >= 0 and start - left < _LINE_MARGIN and flags[left] & SPACE:
        left -= 1
    while right < len(flags) and right - end < _LINE_MARGIN and flags[right] & SPACE:
        right += 1
    is_first = left < 0 or base.codes[left] == _NEWLINE
    return bool(is_first and (right >= len(flags) or base.codes[right] == _NEWLINE))


def _with_layers(table: Table, source: Source) -> Table:
    base = source.base
    layers = table.layers
    start, end = source.to_text(table.start), source.ends_in_text(table.end)
    for flag, name in _BASE_BITS:
        positions = base.positions(flag)
        if len(positions):
            used = np.searchsorted(positions, end) - np.searchsorted(positions, start)
            layers = layers | (np.minimum(used, 1) * LAYER_BITS[name])
    return Table(table.leaf, table.start, table.end, layers, table.view, table.at, table.to)
