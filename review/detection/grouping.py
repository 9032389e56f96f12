"""Equal values of one rule become one Finding with all their places; a Finding holds no text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_

from review.detection.finding_key import text_fingerprint
from review.detection.judging import Candidate
from review.detection.leaves import layer_names
from review.detection.places import ZONE_BITS, first_zone
from review.detection.text import LAYER_NAMES
from review.types import Finding, Rule, RuleStatus, Severity, Source, Span

#: So many places of one finding are listed; ``count`` says how many there are.
MAX_SPANS = 10_000
#: So many different values of one rule are told apart; the rest share one finding.
MAX_VALUES = 5_000


@dataclass(frozen=True, slots=True)
class Overflow:
    """Matches of a rule that were counted but not judged one by one: how many, in which zones, from where to where."""

    rule: int
    count: int
    zones: int
    span: Span


def group_findings(
    rules: tuple[Rule, ...], candidates: Iterable[Candidate], overflow: Iterable[Overflow], key: bytes
) -> Iterator[Finding]:
    """One finding per rule, value, severity, place and note; the parts of an ``all … within: 0`` are one finding."""
    gathers = [rule.match is not None and rule.match.mode == "all" and rule.match.within == 0 for rule in rules]
    groups: dict[tuple[int, str, int], list[Candidate]] = {}
    values: dict[int, int] = {}
    for candidate in candidates:
        number = candidate.rule
        group = (number, "", 0) if gathers[number] else (number, candidate.value, candidate.kind)
        members = groups.get(group)
        if members is None:
            values[number] = values.get(number, 0) + 1
            if values[number] > MAX_VALUES:
                # "\0" stands in no text
                group = (number, "\0", candidate.severity.rank * 2 + candidate.hidden)
            members = groups.setdefault(group, [])
        members.append(candidate)
    for members in groups.values():
        yield _finding(rules[members[0].rule], members, key)
    for rest in overflow:
        yield _rest(rules[rest.rule], rest)


def _finding(rule: Rule, members: list[Candidate], key: bytes) -> Finding:
    if len(members) > 1:
        members = sorted(members, key=lambda c: (c.start, c.end))
    first = members[0]
    notes = list(dict.fromkeys(note for notes in {c.notes: None for c in members} for note in notes))
    if len(members) > MAX_SPANS:
        notes.append(f"共 {len(members)} 处，只列出前 {MAX_SPANS} 处")
    listed = members[:MAX_SPANS]
    values = dict.fromkeys(c.value for c in listed) if key else {}
    spans = tuple(Span(start, end) for start, end in dict.fromkeys((c.start, c.end) for c in listed))
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=max({c.severity for c in members}, key=lambda severity: severity.rank),
        source=Source.RULE,
        span=spans[0],
        spans=spans,
        place=first_zone(first.zones),
        count=len(members),
        hidden=any(c.hidden for c in members),
        layers=_layer_titles(reduce(or_, {c.layers for c in members})),
        notes=tuple(notes),
        fingerprint=text_fingerprint(key, rule.id, "\0".join(values)),
        trial=rule.status is RuleStatus.TRIAL,
    )


@cache
def _layer_titles(bits: int) -> tuple[str, ...]:
    return tuple(LAYER_NAMES[name] for name in layer_names(bits))


def _rest(rule: Rule, rest: Overflow) -> Finding:
    reachable = [s for zone, s in rule.zone_severity if rest.zones & ZONE_BITS[zone]]
    worst: Severity = max((rule.severity, *reachable), key=lambda severity: severity.rank)
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=worst,
        source=Source.RULE,
        span=rest.span,
        spans=(rest.span,),
        place=first_zone(rest.zones),
        count=rest.count,
        notes=(f"同类命中太多，从这里起还有 {rest.count} 处没有逐一列出",),
        trial=rule.status is RuleStatus.TRIAL,
    )
