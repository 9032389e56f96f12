"""What rule maintainers run: examples as tests, variants of every keyword, what a change of rules gains and loses.

Results are plain values; the command line and the tests print or assert the same ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from review.detection.engine import Engine, compile_rules
from review.detection.folding import fold, read_pairs
from review.detection.matching import SYMBOL_WORD
from review.detection.rules import rule_leaves, rule_set_of
from review.detection.text import DEFAULT_LAYERS, normalise
from review.types import (
    Block,
    BlockKind,
    Cell,
    Document,
    Example,
    Finding,
    Leaf,
    Match,
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


# ------------------------------------------------------------------------------------------------------------ variants


@cache
def traditional_of() -> dict[str, str]:
    """Simplified → one traditional character."""
    return {simple: traditional for traditional, simple in reversed(list(read_pairs().items()))}


#: How a word can be written differently, by the layer that undoes it.
VARIANTS: dict[str, Callable[[str], str]] = {
    "width": lambda word: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word),
    "zero_width": "\u200b".join,
    "traditional": lambda word: "".join(traditional_of().get(c, c) for c in word),
    "entity": lambda word: f"&#{ord(word[0])};{word[1:]}",
    "spaces": " ".join,
    "lines": lambda word: f"{word[: len(word) // 2]}\n{word[len(word) // 2 :]}",
    "punctuation": "·".join,
}


@dataclass(frozen=True, slots=True)
class Recall:
    """Of a rule's words written in one way: how many were tried and found."""

    rule_id: str
    layer: str
    tried: int
    found: int
    missed: tuple[str, ...] = ()


def measure_variants(rule_set: RuleSet, policy: Policy, today: date, most_words: int = 200) -> list[Recall]:
    """For every rule with words, how many of them are found in each spelling that the rule's layers promise."""
    results = []
    for rule in rule_set.rules:
        words = [word for leaf in rule_leaves(rule.match) for word in leaf.words][:most_words]
        if not words or rule.status is RuleStatus.RETIRED:
            continue
        bare = _always(replace(rule, context=(), exceptions=(), allow=(), boundary="none", match=_bare(rule.match)))
        engine = compile_rules(rule_set_of((bare,), rule_set), today, statuses=_ALL_STATUSES)
        promised = {"width", *(rule.layers if rule.layers is not None else DEFAULT_LAYERS)}
        for layer, write in VARIANTS.items():
            if layer in promised:
                results.append(_recall(engine, rule, layer, write, words, policy))
    return results


def _bare(match: Match | None) -> Match:
    words = tuple(word for leaf in rule_leaves(match) for word in leaf.words)
    return Match("any", (Leaf(words=words),))


def _recall(
    engine: Engine, rule: Rule, layer: str, write: Callable[[str], str], words: list[str], policy: Policy
) -> Recall:
    tried, missed = 0, []
    for word in dict.fromkeys(words):
        written = write(word)
        if written == word or layer == "punctuation" and len(word) < SYMBOL_WORD:
            continue
        tried += 1
        text = f"，{written}。"
        block = Block(Span(0, len(text)), _zone_kind(rule), "", top_of_first_page=Zone.FIRST_PAGE_TOP in rule.zones)
        if not engine.find(_document(text, (block,), ""), policy):
            missed.append(word)
    return Recall(rule.id, layer, tried, tried - len(missed), tuple(missed))


def _zone_kind(rule: Rule) -> BlockKind:
    return next((_ZONE_KINDS[zone] for zone in rule.zones if zone in _ZONE_KINDS), BlockKind.PARAGRAPH)


# ---------------------------------------------------------------------------------------------------- diff and density


@dataclass(frozen=True, slots=True)
class Change:
    """A match that one rule set has and the other has not; ``excerpt`` is for the maintainer's screen only."""

    gained: bool
    rule_id: str
    severity: str
    document: str = field(repr=False)
    start: int
    end: int
    excerpt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Density:
    """How often a rule matches ordinary public text; ``phrases`` are its most frequent matches with their number."""

    rule_id: str
    severity: str
    hits: int
    documents: int
    per_10000: float
    phrases: tuple[tuple[str, int], ...] = field(repr=False)


def diff_rules(
    old: RuleSet, new: RuleSet, policy: Policy, corpus: Iterable[tuple[str, Document]], today: date
) -> list[Change]:
    """Matches gained and lost over a corpus of (name, document), by document and place."""
    before, after = compile_rules(old, today), compile_rules(new, today)
    changes = []
    for name, document in corpus:
        lost, gained = _matches(before, document, policy), _matches(after, document, policy)
        for is_gain, some, others in ((False, lost, gained), (True, gained, lost)):
            for (rule_id, start, end), severity in sorted(some.items(), key=lambda item: item[0][1:]):
                if others.get((rule_id, start, end)) != severity:
                    excerpt = document.text[max(0, start - 12) : end + 12].replace("\n", "⏎")
                    changes.append(Change(is_gain, rule_id, severity, name, start, end, excerpt))
    return changes


def _matches(engine: Engine, document: Document, policy: Policy) -> dict[tuple[str, int, int], str]:
    return {
        (engine.rules[candidate.rule].id, candidate.start, candidate.end): candidate.severity.value
        for candidate in engine.candidates(document, policy)
    }


def measure_density(
    rule_set: RuleSet, policy: Policy, corpus: Iterable[tuple[str, Document]], today: date, most_phrases: int = 10
) -> list[Density]:
    """Matches per 10,000 characters of a corpus of ordinary text, by rule and severity, the densest first."""
    engine = compile_rules(rule_set, today)
    characters = 0
    phrases: dict[tuple[str, str], Counter[str]] = {}
    documents: Counter[tuple[str, str]] = Counter()
    for _, document in corpus:
        characters += len(document.text)
        seen = set()
        for candidate in engine.candidates(document, policy):
            key = (engine.rules[candidate.rule].id, candidate.severity.value)
            phrases.setdefault(key, Counter())[candidate.value] += 1
            seen.add(key)
        documents.update(seen)
    results = [
        Density(
            rule_id,
            severity,
            counter.total(),
            documents[rule_id, severity],
            counter.total() * 10_000 / max(1, characters),
            tuple(counter.most_common(most_phrases)),
        )
        for (rule_id, severity), counter in phrases.items()
    ]
    return sorted(results, key=lambda result: (-result.hits, result.rule_id, result.severity))


def inert_allowances(
    rule_set: RuleSet, policy: Policy, corpus: Iterable[tuple[str, Document]], today: date
) -> list[tuple[str, str]]:
    """(rule id, phrase) of every allowed phrase without which nothing in the corpus would change; "" for those of the policy."""
    documents = [document for _, document in corpus]
    texts = [normalise(document.text).string() for document in documents]
    inert = [
        ("", allowance.phrase) for allowance in policy.allow if not any(fold(allowance.phrase) in t for t in texts)
    ]
    for rule in rule_set.rules:
        if not rule.allow or rule.match is None or rule.status is RuleStatus.RETIRED:
            continue
        bare = compile_rules(rule_set_of((replace(rule, allow=()),), rule_set), today, statuses=_ALL_STATUSES)
        near = [
            fold(document.text[max(0, c.start - 40) : c.end + 40])
            for document in documents
            for c in bare.candidates(document, Policy())
        ]
        inert += [(rule.id, a.phrase) for a in rule.allow if not any(fold(a.phrase) in text for text in near)]
    return inert
