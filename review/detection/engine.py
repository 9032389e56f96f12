"""RuleSet × Document → Findings, in linear time. Pure: same rules, document, policy and date, same findings, same order.

``compile_rules`` once, ``Engine.find`` per document. How it goes: views of the text (``text``), one pass over each for all
words and one for all patterns (``scanner``, ``matching``), parts to matches (``combining``), what stands around them
(``nearby``), validators and severity (``judging``), one value one type, then equal values to one Finding (``grouping``).
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from review.detection.combining import combine, drop_contained, split_by_leaf
from review.detection.grouping import Overflow, group_findings
from review.detection.hidden import find_hidden
from review.detection.judging import Bools, Candidate, RuleView, judge_matches, resolve_values
from review.detection.leaves import Leaves, compile_leaves
from review.detection.matching import Source, Table, find_hits, prepare
from review.detection.nearby import Around, Nearby, compile_nearby, is_near, look_around
from review.detection.places import ZONE_BITS, Places, places_of
from review.types import Block, BlockKind, Context, Document, Finding, Policy, Rule, RuleSet, RuleStatus, Span, Zone

#: Of one rule so many matches are judged one by one; the rest is counted in one further finding.
MAX_MATCHES = 50_000


@dataclass(frozen=True, slots=True)
class Engine:
    """The compiled rules of one day; ``find`` may be called from several threads."""

    rule_set: RuleSet
    today: date
    rules: tuple[Rule, ...]
    leaves: Leaves
    cache: Path | None = None

    def find(self, document: Document, policy: Policy, key: bytes = b"") -> tuple[Finding, ...]:
        """All findings of YAML rules (and of ``detector: hidden``), by place; texts outside come first."""
        candidates, overflow = self._candidates(document, places_of(document), policy)
        findings = list(group_findings(self.rules, candidates, overflow, key))
        findings += find_hidden(self.rule_set, self.today, document, findings)
        if document.name:
            found, rest = self._candidates(*_name_document(document.name), policy)
            outside = group_findings(self.rules, found, rest, key)
            findings += [replace(f, span=None, spans=(), place=Zone.FILE_NAME, hidden=False) for f in outside]
        return tuple(sorted(findings, key=_order))

    def candidates(self, document: Document, policy: Policy) -> tuple[Candidate, ...]:
        """Every match that counts, before equal values are grouped; for explanations and rule tools."""
        return tuple(self._candidates(document, places_of(document), policy)[0])

    def _candidates(self, document: Document, places: Places, policy: Policy) -> tuple[list[Candidate], list[Overflow]]:
        source = prepare(document, places, self.leaves)
        matches, overflow = self._matches(find_hits(source, self.leaves), source)
        view = RuleView(document, source, places)
        nearby = compile_cues(self.rule_set, self.rules, policy, self.today, self.cache) if matches else None
        around = look_around(nearby, source, _windows(matches, nearby, view)) if nearby is not None else None
        candidates: list[Candidate] = []
        for index, table in matches:
            if nearby is not None and around is not None:
                table, cues = _apply_cues(index, table, nearby, around, view)
                candidates += judge_matches(index, self.rules[index], self.leaves, table, cues, view)
        return resolve_values(self.rules, candidates), overflow

    def _matches(self, hits: Table, source: Source) -> tuple[list[tuple[int, Table]], list[Overflow]]:
        by_leaf = split_by_leaf(hits)
        touched = sorted({int(self.leaves.rule[leaf]) for leaf in by_leaf})
        matches: list[tuple[int, Table]] = []
        overflow: list[Overflow] = []
        for index in touched:
            tree = self.leaves.trees[index]
            table = drop_contained(combine(tree, by_leaf)) if tree is not None else None
            if table is None or not len(table):
                continue
            if len(table) > MAX_MATCHES:
                overflow.append(_overflow(index, table.take(np.arange(MAX_MATCHES, len(table))), source))
                table = table.take(np.arange(MAX_MATCHES))
            matches.append((index, table))
        return matches, overflow


def compile_rules(
    rule_set: RuleSet, today: date, cache: Path | None = None, statuses: frozenset[RuleStatus] | None = None
) -> Engine:
    """The engine of the rules in force on a day; ``cache`` is a folder that keeps compiled databases between processes.

    ``statuses``: which rules run (default trial and stable). Raises RuleError for a pattern the engine refuses.
    """
    wanted = statuses or frozenset({RuleStatus.TRIAL, RuleStatus.STABLE})
    rules = tuple(
        rule for rule in rule_set.rules if rule.match is not None and rule.status in wanted and rule.is_effective(today)
    )
    return Engine(rule_set, today, rules, compile_leaves(rules, rule_set, cache), cache)


def compile_cues(rule_set: RuleSet, rules: tuple[Rule, ...], policy: Policy, today: date, cache: Path | None) -> Nearby:
    """The cues of these rules, compiled once per rule set, policy and day."""
    return _cached_cues(_Same(rule_set, rules), policy, today, cache)


class _Same:
    """Rule sets as a key of the cache: equal content hash and rules, equal cues."""

    __slots__ = ("identity", "rule_set", "rules")

    def __init__(self, rule_set: RuleSet, rules: tuple[Rule, ...]) -> None:
        self.rule_set = rule_set
        self.rules = rules
        self.identity = (rule_set.sha256, tuple((rule.id, rule.version) for rule in rules))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.identity == other.identity and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.identity)


@lru_cache(maxsize=16)
def _cached_cues(same: _Same, policy: Policy, today: date, cache: Path | None) -> Nearby:
    return compile_nearby(same.rules, same.rule_set, policy, today, cache)


def _windows(matches: list[tuple[int, Table]], nearby: Nearby, view: RuleView) -> list[tuple[int, int]]:
    windows: list[tuple[int, int]] = []
    for index, table in matches:
        cues = nearby.cues[index]
        if not cues:
            continue
        # an allowed phrase or an exception that contains the match may reach further than the window
        before = max(cue.before for cue in cues) + 40
        after = max(cue.after for cue in cues) + 40
        windows += zip((table.start - before).tolist(), (table.end + after).tolist(), strict=True)
        for spans in view.beside(table).values():
            windows += [(span.start, span.end) for span in spans]
    return windows


def _apply_cues(
    index: int, table: Table, nearby: Nearby, around: Around, view: RuleView
) -> tuple[Table, list[tuple[Context, Bools]]]:
    """The matches that exceptions leave and required words allow, with the (context, holds) pairs that change severity."""
    cues = nearby.cues[index]
    if not cues:
        return table, []
    masks = view.masks(table)
    beside = view.beside(table)
    keep = np.ones(len(table), np.bool_)
    changing: list[tuple[Context, Bools]] = []
    for cue in cues:
        applies = (masks & cue.zones) != 0
        holds = is_near(cue, around.found(cue), table.start, table.end, beside)
        if cue.effect == "forbid":
            keep &= ~(applies & holds)
        elif cue.effect == "require":
            keep &= ~applies | holds
        elif cue.context is not None:
            changing.append((cue.context, applies & holds))
    return table.take(keep), [(context, holds[keep]) for context, holds in changing]


def _overflow(index: int, table: Table, source: Source) -> Overflow:
    view_masks = source.places.masks(source.places.index(source.to_text(table.start)))
    zones = int(np.bitwise_or.reduce(view_masks)) if len(view_masks) else 0
    first = int(source.to_text(table.start).min())
    last = int(source.ends_in_text(table.end).max())
    return Overflow(index, len(table), zones, Span(first, last))


def _name_document(name: str) -> tuple[Document, Places]:
    """The file name as a text of its own, whose only block stands in the zone ``file_name``."""
    block = Block(Span(0, len(name)), BlockKind.PARAGRAPH, "文件名")
    document = Document("", "", "name", len(name), name, (block,))
    return document, Places((block,), ZONE_BITS[Zone.FILE_NAME])


def _order(finding: Finding) -> tuple[int, int, int, str, str]:
    start = finding.span.start if finding.span else -1
    end = finding.span.end if finding.span else -1
    return (start, -finding.severity.rank, end, finding.rule_id, finding.fingerprint)
