"""Leaves of rules × views of a text → hits: where each word or pattern stands, and which layers it needed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from review.detection.expressions import compile_expressions
from review.detection.folding import BREAK, DIGIT, DROP, ENTITY, HAN, LETTER, SPACE, TRADITIONAL, WIDTH
from review.detection.leaves import LAYER_BITS, Ints, Leaves
from review.detection.places import Places, zone_mask
from review.detection.scanner import Hits, no_hits
from review.detection.text import (
    Edits,
    View,
    class_flags,
    crop_ranges,
    find_soft_breaks,
    join_gaps,
    normalise,
    skip_symbols,
    uncrop,
)
from review.detection.variants import number_view, variant_hits
from review.types import Document, Span

Bools = npt.NDArray[np.bool_]
_BASE_BITS = ((DROP, "zero_width"), (TRADITIONAL, "traditional"), (ENTITY, "entity"), (WIDTH, "width"))
_NEWLINE = 0x0A
#: Words shorter than this are not looked for through inserted symbols.
SYMBOL_WORD = 3


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


def prepare(document: Document, places: Places, leaves: Leaves) -> Source:
    """The views of a document that these leaves can need."""
    base = normalise(document.text)

    def is_hard(positions: Ints) -> Bools:
        return places.are_hard_breaks(base.lead_back(positions)[0])

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
            tables.append(_words_table(leaves.scan_words(view.codes), number, leaves))
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
    table = table.take(_in_zone(table, source, leaves)) if len(table) else table
    table = table.take(_within_boundary(table, source, leaves)) if len(table) else table
    if not len(table):
        return table
    table = _with_layers(table, source)
    needed = table.layers & ~LAYER_BITS["width"]
    return table.take((needed & ~leaves.layers[table.leaf]) == 0)


def _edges_in(view: View, leaves: Leaves) -> Ints | None:
    # in the other views it is not known which neighbours in the view are neighbours in the text
    return leaves.pattern_edges if view.kind in ("base", "joined") else None


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
        tables.append(_table(leaves.number_words(view.codes), leaves.number_word_leaf, number))
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
