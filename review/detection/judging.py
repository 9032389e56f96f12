"""What a match is worth: validators, contexts and zones give its severity; overlapping values of several rules become one."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from review.detection.leaves import LAYER_BITS, RISKY_BITS, Leaves
from review.detection.matching import Source, Table
from review.detection.places import ZONE_BITS, ZONE_ORDER, Places, first_zone, unseen_name
from review.detection.text import LAYER_NAMES
from review.detection.validators import CONTEXT_TYPES, VALIDATORS, Outcome, check_in_context
from review.types import Context, Document, Rule, RuleStatus, Severity, Span

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LABEL = 12
_HEAD_TEXT = 60
_OUTCOME_RANK = {Outcome.VALID: 2, Outcome.UNKNOWN: 1, Outcome.INVALID: 0}
#: A match is a value (and competes with others for its place) when it holds so many digits and little else.
_VALUE_DIGITS = 6
_DIGIT = re.compile("[0-9]")
#: From so many matches on it pays to have the whole view as one string.
_MANY = 300
_NOTE_UNKNOWN = "号码的校验无法确认，可能是录入错误或者别的编号，请核对"
_NOTE_INVALID = "号码没有通过校验，可能是录入错误或者别的编号，请核对"


class Candidate(NamedTuple):
    """One match that counts; offsets are those of the document."""

    rule: int
    start: int
    end: int
    severity: Severity
    zones: int
    block: int
    hidden: bool
    layers: int
    notes: tuple[str, ...]
    outcome: Outcome | None
    value: str
    leaf: int
    kind: int  # equal for matches of a rule that differ in nothing but value and place


@dataclass(frozen=True, slots=True)
class RuleView:
    """A document with its views and places, as the judging of one rule needs them."""

    document: Document
    source: Source
    places: Places

    def blocks(self, table: Table) -> Ints:
        return self.places.index(self.source.to_text(table.start))

    def masks(self, table: Table) -> Ints:
        return self.places.masks(self.blocks(table))

    def beside(self, table: Table) -> dict[int, tuple[Span, ...]]:
        """By number of match: ranges (base view) of the row and the column heads of its cell."""
        found = {}
        for index, block in enumerate(self.blocks(table).tolist()):
            spans = self.places.neighbours(block)
            if spans:
                found[index] = tuple(self.source.from_text(span) for span in spans)
        return found

    def head(self, block: int) -> str:
        """The text of the column heads over a table cell."""
        spans = self.places.neighbours(block)[1:]
        return " ".join(self.document.text[span.start : span.end] for span in spans)[:_HEAD_TEXT]

    def label(self, start: int) -> str:
        """The text before a match, on its own line."""
        return self.source.base.text(max(0, start - _LABEL), start).rpartition("\n")[2]


def judge_matches(
    index: int, rule: Rule, leaves: Leaves, table: Table, cues: list[tuple[Context, Bools]], view: RuleView
) -> list[Candidate]:
    """The matches of one rule with their severity; those its validators refuse are gone, and of two readings of the same
    place (as written, through a layer) the better one stays."""
    if not len(table):
        return []
    severities: dict[int, Severity] = {}
    blocks, masks = view.blocks(table), view.masks(table)
    starts, ends = view.source.to_text(table.start).tolist(), view.source.ends_in_text(table.end).tolist()
    arrays = (table.start, table.layers, table.view, table.at, table.to, table.leaf, blocks, masks)
    columns = zip(*(array.tolist() for array in arrays), strict=True)
    found: list[Candidate] = []
    known: dict[tuple[int, int, int, Outcome | None, tuple[int, ...]], tuple[Severity, tuple[str, ...], int]] = {}
    kinds: dict[tuple[object, ...], int] = {}
    strings = [v.string() for v in view.source.views] if len(table) > _MANY else []
    for number, (start, layers, which, at, to, leaf, block, mask) in enumerate(columns):
        raw = strings[which][at:to] if strings else view.source.views[which].text(at, to)
        value = "".join(raw.split())
        outcome = _outcome(rule, value, view, start, block) if rule.validators else None
        if _is_dropped(rule, outcome):
            continue
        holding = tuple(which for which, (_, holds) in enumerate(cues) if holds[number])
        unseen = block if view.places.is_unseen(block) else -1
        key = (mask, layers, unseen, outcome, holding)
        if key not in known:
            contexts = [cues[which][0] for which in holding]
            base = severities.get(mask) or _of_mask(severities, rule, mask)
            severity = _severity(rule, base, outcome, contexts, layers)
            notes = _notes(rule, outcome, contexts, layers, view, unseen)
            told = (severity, notes, first_zone(mask), unseen >= 0, layers)
            known[key] = (severity, notes, kinds.setdefault(told, len(kinds)))
        severity, notes, kind = known[key]
        found.append(
            Candidate(
                index,
                starts[number],
                ends[number],
                severity,
                mask,
                block,
                unseen >= 0,
                layers,
                notes,
                outcome,
                value,
                leaf,
                kind,
            )
        )
    return _best_readings(found, bool(rule.validators)) if int(table.view.max()) or int(table.layers.max()) else found


def _of_mask(known: dict[int, Severity], rule: Rule, mask: int) -> Severity:
    by_zone = dict(rule.zone_severity)
    first = next((zone for zone in ZONE_ORDER if mask & ZONE_BITS[zone] and zone in by_zone), None)
    known[mask] = by_zone[first] if first is not None else rule.severity
    return known[mask]


def _outcome(rule: Rule, value: str, view: RuleView, start: int, block: int) -> Outcome:
    outcomes = []
    for name in rule.validators:
        if name in CONTEXT_TYPES:
            outcomes.append(check_in_context(name, value, view.label(start), view.head(block)))
        else:
            outcomes.append(VALIDATORS[name](value))
    return max(outcomes, key=lambda outcome: _OUTCOME_RANK[outcome])


def _is_dropped(rule: Rule, outcome: Outcome | None) -> bool:
    refused = outcome is Outcome.INVALID and rule.on_invalid == "drop"
    return refused or outcome is Outcome.UNKNOWN and rule.on_unknown == "drop"


def _severity(rule: Rule, base: Severity, outcome: Outcome | None, contexts: list[Context], layers: int) -> Severity:
    severity = base
    if (
        outcome is Outcome.INVALID
        and rule.on_invalid == "lower"
        or outcome is Outcome.UNKNOWN
        and rule.on_unknown == "lower"
    ):
        severity = step(severity, -1)
    for context in contexts:
        severity = _shifted(severity, context)
    return step(severity, -1) if layers & RISKY_BITS else severity


def _shifted(severity: Severity, context: Context) -> Severity:
    if context.effect == "lower":
        target = context.to or step(severity, -1)
        return target if target.rank < severity.rank else severity
    target = context.to or step(severity, 1)
    return target if target.rank > severity.rank else severity


def step(severity: Severity, by: int) -> Severity:
    """One severity up or down; never up to STOP, which only a rule's own words give."""
    order = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH)
    if severity is Severity.STOP:
        return Severity.STOP if by > 0 else Severity.HIGH
    return order[min(max(severity.rank + by, 0), len(order) - 1)]


def _notes(
    rule: Rule, outcome: Outcome | None, contexts: list[Context], layers: int, view: RuleView, unseen_block: int
) -> tuple[str, ...]:
    notes = [context.note for context in contexts if context.note]
    if outcome is Outcome.UNKNOWN and rule.on_unknown == "lower":
        notes.append(_NOTE_UNKNOWN)
    if outcome is Outcome.INVALID:
        notes.append(_NOTE_INVALID)
    if layers & RISKY_BITS:
        names = "、".join(LAYER_NAMES[name] for name in LAYER_NAMES if layers & RISKY_BITS & LAYER_BITS[name])
        notes.append(f"疑似：经“{names}”才命中")
    if unseen_block >= 0:
        name = unseen_name(view.places.blocks[unseen_block])
        notes.append(f"这段文字在页面上看不见，仍保存在文件里：{name}")
    return tuple(dict.fromkeys(notes))


def _rank(candidate: Candidate) -> tuple[int, bool, int, int, int]:
    outcome = 1 if candidate.outcome is None else _OUTCOME_RANK[candidate.outcome]
    size = candidate.end - candidate.start
    is_plain = not candidate.layers & ~LAYER_BITS["width"]
    return (-outcome, bool(candidate.layers & RISKY_BITS), -int(is_plain), -size, candidate.start)


def _best_readings(found: list[Candidate], is_value: bool) -> list[Candidate]:
    """Of overlapping matches of one rule the best; ``is_value``: any overlap is a quarrel, else only containment."""
    result: list[Candidate] = []
    for cluster in _clusters(sorted(found, key=lambda c: (c.start, c.end))):
        if len(cluster) == 1:
            result += cluster
            continue
        kept: list[Candidate] = []
        for candidate in sorted(cluster, key=_rank):
            if not any(_quarrel(candidate, other, is_value) for other in kept):
                kept.append(candidate)
        result += kept
    return sorted(result, key=lambda c: (c.start, c.end))


def _quarrel(one: Candidate, other: Candidate, is_value: bool) -> bool:
    if not (one.start < other.end and other.start < one.end):
        return False
    contains = one.start <= other.start and other.end <= one.end
    return is_value or contains or (other.start <= one.start and one.end <= other.end)


#: Matches that pile up on one place are looked at in groups no larger than this, which bounds the time of a hostile text.
_MOST_IN_CLUSTER = 200


def _clusters(ordered: list[Candidate]) -> list[list[Candidate]]:
    clusters: list[list[Candidate]] = []
    reach = -1
    for candidate in ordered:
        if candidate.start < reach and len(clusters[-1]) < _MOST_IN_CLUSTER:
            clusters[-1].append(candidate)
        else:
            clusters.append([candidate])
        reach = max(reach, candidate.end)
    return clusters


def resolve_values(rules: tuple[Rule, ...], candidates: list[Candidate]) -> list[Candidate]:
    """One value, one type: of overlapping numbers of several rules only the best stays, and of several rules of one category
    that mark exactly the same words the most severe.

    Better is: confirmed by its validator, then longer, then more severe, then the rule that comes first. Only matches made
    of digits compete, and a trial rule displaces none of a stable rule.
    """
    values: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in candidates:
        (values if _is_value(candidate) else others).append(candidate)
    kept: list[Candidate] = []
    for cluster in _clusters(sorted(values, key=lambda c: (c.start, c.end))):
        if len(cluster) == 1:
            kept += cluster
            continue
        chosen: list[Candidate] = []
        for candidate in sorted(cluster, key=lambda c: _value_rank(rules, c)):
            if not any(_displaces(rules, other, candidate) for other in chosen):
                chosen.append(candidate)
        kept += chosen
    return [*_without_doubles(rules, others), *kept]


def _without_doubles(rules: tuple[Rule, ...], candidates: list[Candidate]) -> list[Candidate]:
    # the parts of a combination say something only together: they neither displace nor go
    plain = {number for number in {c.rule for c in candidates} if not _is_gathering(rules[number])}
    categories = Counter(rules[number].category for number in plain)
    rivals = {number for number in plain if categories[rules[number].category] > 1}
    if not rivals:
        return candidates
    best: dict[tuple[int, int, str], Candidate] = {}
    for candidate in candidates:
        if candidate.rule in rivals:
            key = (candidate.start, candidate.end, rules[candidate.rule].category)
            known = best.setdefault(key, candidate)
            if _weight(rules, candidate) > _weight(rules, known):
                best[key] = candidate
    chosen = {(c.rule, c.start, c.end) for c in best.values()}
    return [c for c in candidates if c.rule not in rivals or (c.rule, c.start, c.end) in chosen]


def _weight(rules: tuple[Rule, ...], candidate: Candidate) -> tuple[bool, int, int]:
    return (rules[candidate.rule].status is not RuleStatus.TRIAL, candidate.severity.rank, -candidate.rule)


def _is_gathering(rule: Rule) -> bool:
    return rule.match is not None and rule.match.mode == "all"


def _is_value(candidate: Candidate) -> bool:
    digits = len(_DIGIT.findall(candidate.value))
    return digits >= _VALUE_DIGITS and digits * 2 > len(candidate.value)


def _value_rank(rules: tuple[Rule, ...], candidate: Candidate) -> tuple[bool, int, int, int, int]:
    outcome = 1 if candidate.outcome is None else _OUTCOME_RANK[candidate.outcome]
    is_trial = rules[candidate.rule].status is RuleStatus.TRIAL
    return (is_trial, -outcome, candidate.start - candidate.end, -candidate.severity.rank, candidate.rule)


def _displaces(rules: tuple[Rule, ...], chosen: Candidate, candidate: Candidate) -> bool:
    if chosen.rule == candidate.rule or not (chosen.start < candidate.end and candidate.start < chosen.end):
        return False
    inside = chosen.start <= candidate.start and candidate.end <= chosen.end
    around = candidate.start <= chosen.start and chosen.end <= candidate.end
    return inside or around or chosen.outcome is Outcome.VALID
