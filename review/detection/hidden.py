"""Text that a reader of the page does not see: what kinds of it there are, and whether something of weight stands in it.

The rule with ``detector: hidden`` gives title, message and severity; findings of personal information, secrecy or work
secrets in such text raise it to HIGH (domain.md §9, QLT.HIDDEN). Document properties alone are no finding.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from review.detection.places import unseen_name
from review.types import BlockKind, Document, Finding, Rule, RuleSet, RuleStatus, Severity, Source, Span, Zone

#: Kinds that every file has (properties, links, names) are told only with a finding in them.
_TOLD = frozenset({BlockKind.COMMENT, BlockKind.DELETION, BlockKind.HIDDEN})
_WEIGHTY = ("PII.", "SEC.", "WRK.", "INF.")
_MAX_SPANS = 10_000


def find_hidden(rule_set: RuleSet, today: date, document: Document, findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per kind of unseen text, for every rule in force with ``detector: hidden``."""
    rules = [
        rule
        for rule in rule_set.rules
        if rule.detector == "hidden"
        and rule.status in (RuleStatus.STABLE, RuleStatus.TRIAL)
        and rule.is_effective(today)
    ]
    if not rules:
        return
    kinds: dict[str, list[Span]] = {}
    for block in document.blocks:
        if block.concealed or block.kind in _TOLD:
            kinds.setdefault(unseen_name(block), []).append(block.span)
    weighty = [
        finding
        for finding in findings
        if finding.hidden and finding.category.startswith(_WEIGHTY) and finding.severity.rank >= Severity.MEDIUM.rank
    ]
    for rule in rules:
        for name, spans in sorted(kinds.items()):
            yield _finding(rule, name, spans, weighty)


def _finding(rule: Rule, name: str, spans: list[Span], weighty: list[Finding]) -> Finding:
    inside = sum(
        1
        for finding in weighty
        for span in finding.spans[:1]
        if any(span.is_overlapping(s) for s in spans[:_MAX_SPANS])
    )
    severity = Severity.HIGH if inside and rule.severity.rank < Severity.HIGH.rank else rule.severity
    notes = [f"{name}：{len(spans)} 处"]
    if inside:
        notes.append(f"其中有 {inside} 项需要处理的内容，删去可见文字并不能删去它")
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=severity,
        source=Source.RULE,
        span=spans[0],
        spans=tuple(spans[:_MAX_SPANS]),
        place=Zone.BODY,
        count=len(spans),
        hidden=True,
        notes=tuple(notes),
        trial=rule.status is RuleStatus.TRIAL,
    )
