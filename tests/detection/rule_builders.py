"""Small builders for rules, engines and documents of the detection tests. Everything is invented."""

from datetime import date

from review.detection.engine import Engine, compile_rules
from review.detection.rules import Loaded, parse_rules
from review.types import Block, BlockKind, Document, Finding, Policy, RuleStatus, Span

TODAY = date(2026, 11, 25)
ALL = frozenset(RuleStatus) - {RuleStatus.RETIRED}

HEAD = """
    title: 题目
    message: 说明。
    status: stable
    version: 1
    owner: 规则组
    legal_basis:
      - {law: 保守国家秘密法, article: 第二十二条}
"""


def rule_yaml(body: str, rule_id: str = "some-rule", **head: str) -> str:
    """One rule as YAML; ``body`` holds match and examples, ``head`` replaces category, severity, suggest and the like."""
    fields = {"category": "WRK.MARK", "severity": "high", "suggest": "confirm", **head}
    lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    return f"  - id: {rule_id}{HEAD}{lines}{body.rstrip()}\n"


EXAMPLES = """
    examples:
      hit: ['<<占位>>']
      miss: ['无']
"""


def load(*rules: str) -> Loaded:
    return parse_rules("rules:\n" + "".join(rules))


def engine_of(*rules: str) -> Engine:
    """The engine of these rules; they must load."""
    loaded = load(*rules)
    assert not loaded.problems, [str(problem) for problem in loaded.problems]
    return compile_rules(loaded.rule_set(), TODAY, statuses=ALL)


def words_engine(*words: str, extra: str = "", **head: str) -> Engine:
    listed = ", ".join(f"'{word}'" for word in words)
    return engine_of(rule_yaml(f"    match:\n      any:\n        - words: [{listed}]\n{extra}{EXAMPLES}", **head))


def regex_engine(pattern: str, extra: str = "", **head: str) -> Engine:
    quoted = pattern.replace("'", "''")
    return engine_of(rule_yaml(f"    match:\n      any:\n        - regex: '{quoted}'\n{extra}{EXAMPLES}", **head))


def document(text: str, name: str = "", kind: BlockKind = BlockKind.PARAGRAPH, **fields: object) -> Document:
    """A document whose lines are blocks of one kind."""
    blocks = []
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            blocks.append(Block(Span(at, at + len(line)), kind, f"第{number}行", **fields))  # type: ignore[arg-type]
        at += len(line) + 1
    return Document("0" * 64, name, "txt", len(text), text, tuple(blocks))


def found(engine: Engine, text: str, **fields: object) -> list[str]:
    """The texts of all spans of all findings, in order."""
    spans = {span for finding in findings(engine, text, **fields) for span in finding.spans}
    return [text[span.start : span.end] for span in sorted(spans)]


def findings(
    engine: Engine, text: str, policy: Policy | None = None, key: bytes = b"", **fields: object
) -> tuple[Finding, ...]:
    return engine.find(document(text, **fields), policy or Policy(), key)  # type: ignore[arg-type]
