"""Words and patterns around matches: contexts, exceptions and allowed phrases, found in one more linear pass.

Only the neighbourhoods of matches are scanned, whatever the number of words; every question afterwards is a binary search.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from review.detection.expressions import Expressions, compile_expressions
from review.detection.leaves import word_forms
from review.detection.matching import Source
from review.detection.patterns import translate_pattern
from review.detection.places import zone_mask
from review.detection.scanner import WordScan, compile_words
from review.detection.text import View, crop_ranges, uncrop
from review.types import Allowance, Context, Exemption, Policy, Rule, RuleSet, Span

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cue:
    """One context, exception or group of allowed phrases of a rule; ``items`` number words and patterns of ``Nearby``."""

    items: tuple[int, ...]
    before: int
    after: int
    zones: int
    context: Context | None = None  # None: an exception
    is_cover: bool = False  # an allowed phrase must cover the match

    @property
    def effect(self) -> str:
        return self.context.effect if self.context else "forbid"


@dataclass(frozen=True, slots=True)
class Nearby:
    """The cues of every rule and one compiled pass over all of their words."""

    cues: tuple[tuple[Cue, ...], ...]  # by rule
    word_item: Ints
    pattern_item: Ints
    scan_words: WordScan
    expressions: Expressions


@dataclass(frozen=True, slots=True)
class Found:
    """Where one cue's words stand: starts in order, the least end from each on, the greatest end up to each."""

    starts: Ints
    least_end: Ints
    greatest_end: Ints

    def is_inside(self, low: Ints, high: Ints) -> Bools:
        """Is one of the words wholly between ``low`` and ``high``."""
        if not len(self.starts):
            return np.zeros(len(low), np.bool_)
        index = np.searchsorted(self.starts, low)
        ends = np.append(self.least_end, np.iinfo(np.int64).max)
        return ends[index] <= high

    def is_touching(self, start: Ints, end: Ints) -> Bools:
        index = np.searchsorted(self.starts, end)
        ends = np.concatenate(([-1], self.greatest_end)) if len(self.starts) else np.array([-1])
        return ends[index] > start

    def is_covering(self, start: Ints, end: Ints) -> Bools:
        index = np.searchsorted(self.starts, start, "right")
        ends = np.concatenate(([-1], self.greatest_end)) if len(self.starts) else np.array([-1])
        return ends[index] >= end


class _Items:
    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.patterns: dict[str, int] = {}
        self.forms: list[tuple[str, int]] = []
        self.count = 0

    def word(self, word: str) -> int:
        if word not in self.words:
            self.words[word] = self.count
            self.forms += [(form, self.count) for form in word_forms(word) if form]
            self.count += 1
        return self.words[word]

    def pattern(self, pattern: str) -> int:
        if pattern not in self.patterns:
            self.patterns[pattern] = self.count
            self.count += 1
        return self.patterns[pattern]


def compile_nearby(
    rules: tuple[Rule, ...], rule_set: RuleSet, policy: Policy, today: date, cache: Path | None = None
) -> Nearby:
    """The cues in force today; expired exceptions and phrases are left out."""
    items = _Items()
    cues = tuple(tuple(_cues(rule, rule_set, policy, today, items)) for rule in rules)
    forms: dict[str, int] = {}
    for form, item in items.forms:
        forms.setdefault(form, item)
    # two words that fold to the same form share its hits through the second mapping below
    same = {item: forms[form] for form, item in items.forms}
    cues = tuple(tuple(_renumber(cue, same) for cue in of_rule) for of_rule in cues)
    return Nearby(
        cues,
        np.array(list(forms.values()), np.int64),
        np.array(list(items.patterns.values()), np.int64),
        compile_words(tuple(forms), cache),
        compile_expressions(tuple(translate_pattern(pattern) for pattern in items.patterns), cache),
    )


def _renumber(cue: Cue, same: dict[int, int]) -> Cue:
    items = tuple(dict.fromkeys((*cue.items, *(same[i] for i in cue.items if i in same))))
    return Cue(items, cue.before, cue.after, cue.zones, cue.context, cue.is_cover)


def _cues(rule: Rule, rule_set: RuleSet, policy: Policy, today: date, items: _Items) -> Iterable[Cue]:
    for context in rule.context:
        words = (*context.words, *rule_set.words.get(context.words_from, ()))
        yield Cue(
            _numbers(items, words, context.regex), context.before, context.after, zone_mask(context.zones), context
        )
    for exemption in rule.exceptions:
        if _is_in_force(exemption, today):
            numbers = _numbers(items, exemption.near, exemption.regex)
            yield Cue(numbers, exemption.before, exemption.after, zone_mask(exemption.zones))
    if rule.can_stop:
        return  # no phrase switches off a mark of a state secret
    allowed = [a for a in policy.allow if not a.rules or rule.id in a.rules]
    phrases = [a.phrase for a in (*rule.allow, *allowed) if _is_in_force(a, today)]
    if phrases:
        yield Cue(_numbers(items, phrases, ""), 0, 0, zone_mask(()), is_cover=True)


def _is_in_force(entry: Exemption | Allowance, today: date) -> bool:
    return entry.until is None or today <= entry.until


def _numbers(items: _Items, words: Iterable[str], pattern: str) -> tuple[int, ...]:
    numbers = [items.word(word) for word in words]
    return tuple([*numbers, items.pattern(pattern)] if pattern else numbers)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the matches of a document."""

    starts: tuple[Ints, ...]  # by item
    ends: tuple[Ints, ...]

    def found(self, cue: Cue) -> Found:
        starts = np.concatenate([self.starts[item] for item in cue.items]) if cue.items else np.zeros(0, np.int64)
        ends = np.concatenate([self.ends[item] for item in cue.items]) if cue.items else np.zeros(0, np.int64)
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], ends[order]
        least = np.minimum.accumulate(ends[::-1])[::-1] if len(ends) else ends
        return Found(starts, least, np.maximum.accumulate(ends) if len(ends) else ends)


def look_around(nearby: Nearby, source: Source, windows: list[tuple[int, int]]) -> Around:
    """Every cue word within the windows (base view), also where spaces or a line end break it."""
    ranges = np.array(windows, np.int64).reshape(-1, 2)
    found = list(_scan(nearby, source.base, ranges[:, 0], ranges[:, 1]))
    for view in source.views[1:]:
        if view.kind == "joined" and view.starts is not None:
            low, high = np.searchsorted(view.starts, ranges[:, 0]), np.searchsorted(view.starts, ranges[:, 1])
            for items, start, end in _scan(nearby, view, low, high):
                found.append((items, view.starts[start], view.lead_back(end - 1)[1]))
    count = int(max([-1, *nearby.word_item.tolist(), *nearby.pattern_item.tolist()])) + 1
    if not found:
        empty = np.zeros(0, np.int64)
        return Around((empty,) * count, (empty,) * count)
    item = np.concatenate([table[0] for table in found])
    start = np.concatenate([table[1] for table in found])
    end = np.concatenate([table[2] for table in found])
    order = np.argsort(item, kind="stable")
    edges = np.searchsorted(item[order], np.arange(count + 1))
    slices = [order[edges[i] : edges[i + 1]] for i in range(count)]
    return Around(tuple(start[s] for s in slices), tuple(end[s] for s in slices))


def _scan(nearby: Nearby, view: View, low: Ints, high: Ints) -> Iterable[tuple[Ints, Ints, Ints]]:
    """(item, start, end) in the view of every cue within these ranges of it."""
    around = crop_ranges(view, low, high)
    if not len(around):
        return
    words = nearby.scan_words(around.codes)
    for hits, items in ((words, nearby.word_item), (nearby.expressions.find(around), nearby.pattern_item)):
        if len(hits):
            start, end, is_whole = uncrop(around, hits.start, hits.end)
            yield items[hits.pattern[is_whole]], start[is_whole], end[is_whole]


def is_near(cue: Cue, found: Found, start: Ints, end: Ints, beside: dict[int, tuple[Span, ...]]) -> Bools:
    """For each match: does the cue hold. ``beside`` are further ranges that count as near, by number of match."""
    if cue.is_cover:
        return found.is_covering(start, end)
    result = found.is_inside(start - cue.before, end + cue.after) | found.is_touching(start, end)
    for index, spans in beside.items():
        if not result[index]:
            low = np.array([span.start for span in spans], np.int64)
            high = np.array([span.end for span in spans], np.int64)
            result[index] = bool(found.is_inside(low, high).any())
    return result
