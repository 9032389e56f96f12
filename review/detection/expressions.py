"""Many regular expressions over one view: which match where, each with its start; see ``sequences`` for the how."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from review.detection.scanner import Hits, PatternError, Scan, compile_patterns, join_hits, no_hits
from review.detection.sequences import Gap, Sequence, TooComplex, class_table, has_alphanumeric, longest, split
from review.detection.text import View, crop_ranges, merge_ranges, uncrop

Ints = npt.NDArray[np.int64]

#: Patterns that may be longer than this are always looked for everywhere.
_LOCAL = 64
#: So many characters of gaps are looked at in one step; bounds memory.
_STEP = 400_000


@dataclass(frozen=True, slots=True)
class Pass:
    """Patterns compiled together. ``reach`` > 0: none matches without an ASCII letter or digit, nor is longer than that, so
    that only the neighbourhoods of these characters are looked at."""

    owner: Ints  # expression of each pattern; negative: ~index into sequences
    scan: Scan
    reach: int

    def find(self, view: View, edges: Ints | None) -> Hits:
        """(owner, first, one past last character of the view) of all matches."""
        by_pattern = np.where(self.owner >= 0, edges[np.maximum(self.owner, 0)], 0) if edges is not None else None
        around = self._around(view)
        if not len(around):
            return no_hits()
        cuts = _cuts(view, around) if edges is not None and view.kind == "joined" else None
        hits = to_characters(self.scan(around.data, by_pattern, cuts), around)
        start, end = hits.start, hits.end
        pattern = self.owner[hits.pattern]
        if around is view or not len(hits):
            return Hits(pattern, start, end)
        start, end, is_whole = uncrop(around, start, end)
        return Hits(pattern[is_whole], start[is_whole], end[is_whole])

    def _around(self, view: View) -> View:
        if not self.reach:
            return view
        starts, ends = _alphanumeric_runs(view)
        starts, ends = merge_ranges(starts - self.reach, ends + self.reach)
        # where letters and digits are everywhere, cutting them out costs more than it spares
        return view if int((ends - starts).sum()) * 2 > len(view) else crop_ranges(view, starts, ends)


def _cuts(view: View, around: View) -> Ints:
    """The byte positions in ``around`` (all or some of ``view``) before which the view left something out."""
    assert view.starts is not None and view.ends is not None
    is_cut = np.concatenate(([False], view.starts[1:] != view.ends[:-1], [False]))
    if around is not view:
        assert around.starts is not None
        is_cut = is_cut[np.maximum(around.starts, 0)]
    firsts = np.flatnonzero(np.frombuffer(around.data, np.int8) >= -64)
    return firsts[np.flatnonzero(is_cut)]


def _alphanumeric_runs(view: View) -> tuple[Ints, Ints]:
    codes = view.codes
    ascii_codes = np.minimum(codes, 128).astype(np.uint8)
    is_one = _alphanumeric()[ascii_codes]
    edges = np.flatnonzero(np.diff(is_one, prepend=False, append=False))
    return edges[::2], edges[1::2]


@dataclass(frozen=True, slots=True)
class Expressions:
    """Compiled: whole expressions and one anchor piece per sequence at once; the other pieces when an anchor is found."""

    sequences: tuple[tuple[int, Sequence], ...]  # (expression, sequence)
    reach: Ints  # by sequence: characters before the anchor, characters after it
    passes: tuple[Pass, ...]
    cache: Path | None

    def find(self, view: View, edges: Ints | None = None) -> Hits:
        """(expression, first, one past last *character* of the view) of all matches.

        ``edges`` (by expression) says what the caller will not accept beside a match (``scanner.NO_DIGIT`` …): such matches
        may be left out at once, which spares memory where long numbers are reported at every end.
        """
        hits = join_hits([one.find(view, edges) for one in self.passes])
        if not len(hits):
            return hits
        owner = hits.pattern
        is_whole = owner >= 0
        found = [Hits(owner[is_whole], hits.start[is_whole], hits.end[is_whole])]
        if not is_whole.all():
            rest = Hits(~owner[~is_whole], hits.start[~is_whole], hits.end[~is_whole])
            order = np.argsort(rest.pattern, kind="stable")
            cuts = np.flatnonzero(np.diff(rest.pattern[order], prepend=-1)).tolist()
            for first, last in zip(cuts, [*cuts[1:], len(order)], strict=True):
                rows = order[first:last]
                found.append(self._join(int(rest.pattern[rows[0]]), rest.start[rows], rest.end[rows], view))
        return join_hits(found)

    def _join(self, index: int, anchor_start: Ints, anchor_end: Ints, view: View) -> Hits:
        """The matches of one sequence around its anchors."""
        expression, sequence = self.sequences[index]
        before, after = self.reach[index].tolist()
        pieces: list[tuple[Ints, Ints]] = []
        if len(sequence.pieces) > 1:
            around = crop_ranges(view, anchor_start - before, anchor_end + after)
            hits = to_characters(compile_patterns(sequence.pieces, self.cache)(around.data), around)
            start, end, is_whole = uncrop(around, hits.start, hits.end)
            for number in range(len(sequence.pieces)):
                rows = np.flatnonzero((hits.pattern == number) & is_whole)
                pieces.append((start[rows], end[rows]))
        else:
            pieces.append((anchor_start, anchor_end))
        if not all(len(start) for start, _ in pieces):
            return no_hits()
        start, end = join_pieces(sequence, pieces, view)
        return Hits(np.full(len(start), expression, np.int64), start, end)


@lru_cache(maxsize=32)
def compile_expressions(patterns: tuple[str, ...], cache: Path | None = None) -> Expressions:
    """The expressions compiled together; raises PatternError with the index of the first that cannot be."""
    scanned: list[str] = []
    owner: list[int] = []
    sequences: list[tuple[int, Sequence]] = []
    for index, pattern in enumerate(patterns):
        for sequence in split_or_refuse(index, pattern):
            if len(sequence.pieces) == 1 and sequence.gaps == (None, None):
                scanned.append(sequence.pieces[0])
                owner.append(index)
                continue
            scanned.append(sequence.pieces[sequence.anchor])
            owner.append(~len(sequences))
            sequences.append((index, sequence))
    try:
        passes = tuple(_passes(scanned, np.array(owner, np.int64), cache))
    except PatternError as error:
        raise PatternError(_first_refused(patterns), str(error)) from error
    reach = np.array([sequence.reach for _, sequence in sequences], np.int64).reshape(-1, 2)
    return Expressions(tuple(sequences), reach, passes, cache)


def _passes(patterns: list[str], owner: Ints, cache: Path | None) -> Iterator[Pass]:
    sizes = [longest(pattern) for pattern in patterns]
    is_local = [size <= _LOCAL and has_alphanumeric(pattern) for pattern, size in zip(patterns, sizes, strict=True)]
    for wanted in (False, True):
        rows = [index for index, local in enumerate(is_local) if local is wanted]
        if rows:
            reach = max(sizes[row] for row in rows) + 1 if wanted else 0
            yield Pass(owner[rows], compile_patterns(tuple(patterns[row] for row in rows), cache), reach)


def check_expression(pattern: str) -> None:
    """Raises PatternError when the engine refuses the expression or one of its pieces."""
    for sequence in split_or_refuse(0, pattern):
        compile_patterns(tuple(sequence.pieces))


def split_or_refuse(index: int, pattern: str) -> tuple[Sequence, ...]:
    try:
        return split(pattern)
    except (TooComplex, IndexError, RecursionError) as error:
        raise PatternError(index, "too complex") from error


def _first_refused(patterns: tuple[str, ...]) -> int:
    for index, pattern in enumerate(patterns):
        try:
            check_expression(pattern)
        except PatternError:
            return index
    return -1


def to_characters(hits: Hits, view: View) -> Hits:
    """Byte positions of ``view.data`` as character positions; hits of no length are left out."""
    if not len(hits):
        return no_hits()
    start, end = view.characters(hits.start), view.characters(hits.end)
    kept = start < end
    return Hits(hits.pattern[kept], start[kept], end[kept])


def join_pieces(sequence: Sequence, pieces: list[tuple[Ints, Ints]], view: View) -> tuple[Ints, Ints]:
    """The longest match from every start: pieces joined from the last to the first."""
    starts, ends = _sorted(*pieces[-1])
    best = ends
    if (gap := sequence.gaps[-1]) is not None:
        free = _free_run(view, ends, gap)
        best = np.where(free >= gap.low, ends + free, -1)
    starts, best = starts[best >= 0], best[best >= 0]
    for index in range(len(pieces) - 2, -1, -1):
        left_starts, left_ends = _sorted(*pieces[index])
        gap = sequence.gaps[index + 1] or Gap(".", 0, 0)
        free = _free_run(view, left_ends, gap)
        low = np.searchsorted(starts, left_ends + gap.low)
        high = np.searchsorted(starts, left_ends + free, "right")
        reached = _range_max(best, low, high)
        starts, best = left_starts[reached >= 0], reached[reached >= 0]
    if (gap := sequence.gaps[0]) is not None:
        free = _free_run(view, starts, gap, backwards=True)
        kept = free >= gap.low
        starts, best = (starts - free)[kept], best[kept]
    return starts, best


def _sorted(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


def _range_max(values: Ints, low: Ints, high: Ints) -> Ints:
    """The greatest of ``values[low:high]`` for every pair; -1 where there is none."""
    result = np.full(len(low), -1, np.int64)
    some = np.flatnonzero(high > low)
    if len(some):
        edges = np.stack((low[some], high[some]), 1).ravel()
        result[some] = np.maximum.reduceat(np.append(values, -1), edges)[::2]
    return result


def _free_run(view: View, places: Ints, gap: Gap, backwards: bool = False) -> Ints:
    """How many characters of the gap's class follow (or precede) each place, at most ``gap.high``."""
    if not gap.high:
        return np.zeros(len(places), np.int64)
    table = _table(gap.text)
    steps = np.arange(gap.high)
    out = []
    many = max(1, _STEP // gap.high)
    for begin in range(0, len(places), many):
        rows = places[begin : begin + many, None]
        at = rows - 1 - steps if backwards else rows + steps
        inside = (at >= 0) & (at < len(view))
        is_free = inside & table[view.codes[np.clip(at, 0, len(view) - 1)]]
        out.append(np.where(is_free.all(1), gap.high, np.argmin(is_free, 1)))
    return np.concatenate(out) if out else np.zeros(0, np.int64)


@cache
def _alphanumeric() -> npt.NDArray[np.bool_]:
    return np.array([chr(code).isalnum() and code < 128 for code in range(129)], np.bool_)


@cache
def _table(text: str) -> npt.NDArray[np.bool_]:
    return class_table(text)
