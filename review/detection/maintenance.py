"""What rule maintainers run: examples as tests, variants of every keyword, what a change of rules gains and loses.

Results are plain values; the command line and the tests print or assert the same ones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from review.detection.engine import Engine, compile_rules
from review.detection.rules import rule_set_of
from review.types import (
    Block,
    BlockKind,
    Cell,
    Document,
    Example,
    Finding,
    Policy,
    Rule,
    RuleSet,
    RuleStatus,
    Span,
    Zone,
)

_ALL_STATUSES = frozenset({RuleStatus.DRAFT, RuleStatus.TRIAL, RuleStatus.STABLE})
_ZONE_KINDS = {
    Zone.HEADER: BlockKind.HEADER,
    Zone.FOOTER: BlockKind.FOOTER,
    Zone.TEXT_BOX: BlockKind.TEXT_BOX,
    Zone.PROPERTY: BlockKind.PROPERTY,
    Zone.SHEET_NAME: BlockKind.NAME,
    Zone.COMMENT: BlockKind.COMMENT,
}


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that does not come out as written; ``together``: only when all rules run."""

    rule_id: str
    path: str
    line: int
    message: str
    together: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line} 规则 {self.rule_id} {self.message}"


def example_document(example: Example) -> tuple[Document, tuple[Span, ...]]:
    """The document an example describes, and the spans it marks with ``<<`` and ``>>``."""
    if example.file_name:
        return _document("", (), example.file_name), ()
    if example.table:
        return _table_document(example)
    text, spans = _unmark(example.text)
    blocks = []
    at = 0
    for line in text.split("\n"):
        if line:
            kind = _ZONE_KINDS.get(example.zone, BlockKind.PARAGRAPH)
            cell = Cell(0, 0 if example.zone is Zone.TABLE_HEADER else 1, 0) if "table" in example.zone.value else None
            kind = BlockKind.CELL if cell else kind
            is_top = example.zone is Zone.FIRST_PAGE_TOP
            blocks.append(
                Block(
                    Span(at, at + len(line)),
                    kind,
                    "例子",
                    None,
                    concealed=example.hidden,
                    cell=cell,
                    top_of_first_page=is_top,
                )
            )
        at += len(line) + 1
    return _document(text, tuple(blocks), ""), spans


def _table_document(example: Example) -> tuple[Document, tuple[Span, ...]]:
    text = ""
    blocks: list[Block] = []
    spans: list[Span] = []
    for row, cells in enumerate(example.table):
        for column, marked in enumerate(cells):
            plain, found = _unmark(marked)
            if not plain:
                continue
            at = len(text) + 1 if text else 0
            text = f"{text}\n{plain}" if text else plain
            spans += [Span(at + span.start, at + span.end) for span in found]
            place = Cell(0, row, column)
            blocks.append(
                Block(Span(at, at + len(plain)), BlockKind.CELL, "例子", concealed=example.hidden, cell=place)
            )
    return _document(text, tuple(blocks), ""), tuple(spans)


def _unmark(marked: str) -> tuple[str, tuple[Span, ...]]:
    text = ""
    spans = []
    rest = marked
    while "<<" in rest:
        before, _, rest = rest.partition("<<")
        inside, _, rest = rest.partition(">>")
        text += before
        if inside:
            spans.append(Span(len(text), len(text) + len(inside)))
        text += inside
    return text + rest, tuple(spans)


def _document(text: str, blocks: tuple[Block, ...], name: str) -> Document:
    return Document("", name, "txt", len(text), text, blocks)


# ------------------------------------------------------------------------------------------------------------ examples


def run_rule_examples(rule_set: RuleSet, policy: Policy, today: date, together: bool = True) -> list[ExampleFailure]:
    """Every example that fails: each rule alone, then (``together``) all rules at once.

    Alone, a hit must mark exactly the rule's matches and a miss must have none. Together, a marked value may also be claimed
    by another rule (one value, one type), but a miss still has no match of its rule.
    """
    failures: list[ExampleFailure] = []
    rules = [_always(rule) for rule in rule_set.rules if rule.match is not None and rule.status in _ALL_STATUSES]
    for rule in rules:
        engine = compile_rules(rule_set_of((rule,), rule_set), today, statuses=_ALL_STATUSES)
        failures += _run_alone(engine, rule, policy)
    if together:
        engine = compile_rules(rule_set_of(tuple(rules), rule_set), today, statuses=_ALL_STATUSES)
        for index, rule in enumerate(rules):
            failures += _run_together(engine, index, rule, policy)
    return failures


def _always(rule: Rule) -> Rule:
    return replace(rule, effective_from=None, effective_until=None)


def _run_alone(engine: Engine, rule: Rule, policy: Policy) -> Iterator[ExampleFailure]:
    for example in rule.examples_hit:
        document, marked = example_document(example)
        findings = _findings(engine, rule, document, policy)
        message = _hit_message(example, findings, marked, document.text)
        if message:
            yield ExampleFailure(rule.id, rule.path, example.line, message)
    for example in rule.examples_miss:
        document, _ = example_document(example)
        found = [span for finding in _findings(engine, rule, document, policy) for span in finding.spans or (None,)]
        if found:
            yield ExampleFailure(
                rule.id, rule.path, example.line, f"不应命中的例子命中了{_quote(document.text, found)}"
            )


def _run_together(engine: Engine, index: int, rule: Rule, policy: Policy) -> Iterator[ExampleFailure]:
    for example in rule.examples_hit:
        document, marked = example_document(example)
        covered = [span for finding in engine.find(document, policy) for span in finding.spans or (None,)]
        if not covered or not all(any(s is None or s.is_overlapping(m) for s in covered) for m in marked):
            message = "单独运行时命中，和其他规则一起运行时没有任何规则命中"
            yield ExampleFailure(rule.id, rule.path, example.line, message, True)
    for example in rule.examples_miss:
        document, _ = example_document(example)
        found = [s for f in _findings(engine, rule, document, policy) for s in f.spans or (None,)]
        if found:
            message = f"和其他规则一起运行时，不应命中的例子命中了{_quote(document.text, found)}"
            yield ExampleFailure(rule.id, rule.path, example.line, message, True)


def _findings(engine: Engine, rule: Rule, document: Document, policy: Policy) -> list[Finding]:
    return [finding for finding in engine.find(document, policy) if finding.rule_id == rule.id]


def _hit_message(example: Example, findings: list[Finding], marked: tuple[Span, ...], text: str) -> str:
    found = sorted({span for finding in findings for span in finding.spans})
    if not findings:
        return "应当命中的例子没有命中"
    if not example.file_name and found != sorted(marked):
        return f"标出的是{_quote(text, marked)}，命中的是{_quote(text, found)}"
    severities = {finding.severity for finding in findings}
    if example.severity is not None and severities != {example.severity}:
        got = "、".join(sorted(severity.value for severity in severities))
        return f"例子写的级别是 {example.severity.value}，实际是 {got}"
    return ""


def _quote(text: str, spans: Iterable[Span | None]) -> str:
    # examples are invented, so their text may be shown
    quoted = [f"“{text[span.start : span.end]}”" for span in spans if span is not None]
    return "、".join(quoted) or "文件名"
