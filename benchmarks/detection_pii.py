"""Recall and precision by span on identifiers with a format, and false hits on digit-heavy public texts.

Reads ``../shared/data/pii``; prints a table of this tool beside plain regular expressions without validators. Run:
``python benchmarks/detection_pii.py [--show N]``; needs nothing but the project and the data.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from review.detection.engine import Engine, compile_rules
from review.detection.identifiers import resident_check_digit
from review.detection.masking import find_masks
from review.detection.rules import load_policy, load_rules
from review.detection.tables import find_lists
from review.types import Block, BlockKind, Document, Finding, Policy, RuleSet, Severity, Span

ROOT = Path(__file__).resolve().parent.parent
PII = ROOT.parent / "shared" / "data" / "pii"
TYPES = ("ID_CARD", "PHONE", "BANK_CARD", "PLATE", "EMAIL", "PASSPORT", "USCC")

#: Type of the data → rules that stand for it.
RULES_OF_TYPE = {
    "ID_CARD": ("resident-id",),
    "PHONE": ("mobile-number", "home-phone", "office-phone"),
    "BANK_CARD": ("bank-card", "bank-account"),
    "PLATE": ("vehicle-plate",),
    "EMAIL": ("mailbox",),
    "PASSPORT": ("passport", "hk-macau"),
    "USCC": ("company-credit-code",),
}

#: The same types by bare expressions, for comparison: what a keyword tool would do.
NAIVE = {
    "ID_CARD": r"\d{17}[\dXx]",
    "PHONE": r"1[3-9]\d{9}",
    "BANK_CARD": r"\d{16,19}",
    "PLATE": r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}",
    "EMAIL": r"[A-Za-z0-9_.\-]+@[A-Za-z0-9_.\-]+",
    "PASSPORT": r"[A-Z]\d{8}",
    "USCC": r"[0-9A-Z]{18}",
}


@dataclass(slots=True)
class Score:
    found: int = 0
    missed: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.wrong)


@dataclass(frozen=True, slots=True)
class Tool:
    """Everything a check runs on a text, without reading and classifier."""

    engine: Engine
    rules: RuleSet
    policy: Policy

    def find(self, text: str) -> tuple[Finding, ...]:
        document = make_document(text)
        found = find_lists(document, self.engine.find(document, self.policy), self.rules, self.policy)
        return (*found, *find_masks(document, self.rules, self.policy))

    def spans(self, text: str) -> dict[str, set[tuple[int, int]]]:
        by_type: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for finding in self.find(text):
            kind = type_of(finding.rule_id)
            if kind:
                by_type[kind] |= {(span.start, span.end) for span in finding.spans or filter(None, (finding.span,))}
        return by_type


def type_of(rule_id: str) -> str:
    return next((kind for kind, heads in RULES_OF_TYPE.items() if rule_id.startswith(heads)), "")


def make_document(text: str) -> Document:
    blocks, offset = [], 0
    for line in text.split("\n"):
        if line:
            blocks.append(Block(Span(offset, offset + len(line)), BlockKind.PARAGRAPH, ""))
        offset += len(line) + 1
    return Document("0" * 64, "", "txt", len(text), text, tuple(blocks))


def naive_spans(text: str) -> dict[str, set[tuple[int, int]]]:
    return {kind: {found.span() for found in re.finditer(pattern, text)} for kind, pattern in NAIVE.items()}


def rows_of(name: str) -> Iterator[dict]:
    with gzip.open(PII / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def labelled_types(row: dict) -> set[str]:
    return {row["only_type"]} if row.get("only_type") else set(row.get("labelled") or TYPES)


def score_rows(rows: Sequence[dict], find) -> dict[str, Score]:
    """Scores by type; only types a row labels count."""
    scores: dict[str, Score] = defaultdict(Score)
    for row in rows:
        spans = find(row["text"])
        for kind in labelled_types(row) & set(TYPES):
            wanted = {(span["start"], span["end"]) for span in row["spans"] if span["type"] == kind}
            got = spans.get(kind, set())
            score = scores[kind]
            score.found += len(wanted & got)
            score.missed += len(wanted - got)
            score.wrong += len(got - wanted)
            for what, places in (("missed", wanted - got), ("wrong", got - wanted)):
                score.examples += [f"{what}: {around(row['text'], place)}" for place in places]
    return scores


def around(text: str, place: tuple[int, int]) -> str:
    start, end = place
    return f"{text[max(0, start - 12) : start]}<<{text[start:end]}>>{text[end : end + 8]}".replace("\n", "⏎")


def print_scores(title: str, rows: Sequence[dict], tool: Tool, show: int) -> None:
    ours, plain = score_rows(rows, tool.spans), score_rows(rows, naive_spans)
    print(
        f"\n{title} ({len(rows)} rows)\n{'type':<10} {'n':>5} {'recall':>8} {'precision':>10}   plain regex: recall precision"
    )
    for kind in TYPES:
        if kind in ours and ours[kind].found + ours[kind].missed + ours[kind].wrong:
            one, other = ours[kind], plain[kind]
            count = one.found + one.missed
            print(
                f"{kind:<10} {count:>5} {one.recall:>8.2%} {one.precision:>10.2%}   {other.recall:>19.2%} {other.precision:>9.2%}"
            )
    total = Score(*(sum(getattr(score, name) for score in ours.values()) for name in ("found", "missed", "wrong")))
    print(f"{'all':<10} {total.found + total.missed:>5} {total.recall:>8.2%} {total.precision:>10.2%}")
    for kind, score in ours.items():
        for example in score.examples[:show]:
            print(f"   {kind} {example}")


def print_negatives(rows: Iterable[dict], tool: Tool, show: int) -> None:
    by_rule: Counter[str] = Counter()
    examples = []
    for row in rows:
        for finding in tool.find(row["text"]):
            if finding.severity.rank >= Severity.MEDIUM.rank and finding.category.startswith("PII."):
                by_rule[finding.rule_id] += 1
                if finding.span:
                    examples.append(f"{finding.rule_id}: {around(row['text'], (finding.span.start, finding.span.end))}")
    numbers = sum(count for rule, count in by_rule.items() if type_of(rule))
    print(
        f"\nhits at medium or above on digit-heavy public texts: {sum(by_rule.values())}, of these numbers: {numbers}"
    )
    print(f"   {dict(by_rule)}")
    for example in examples[: show * 10]:
        print("   " + example)


def print_corrupted(rows: Sequence[dict], tool: Tool) -> None:
    """IDs whose check digit was changed: they must still be shown, one severity lower."""
    severities: Counter[str] = Counter()
    for row in rows:
        for span in row["spans"]:
            if span["type"] != "ID_CARD":
                continue
            number = row["text"][span["start"] : span["end"]]
            wrong = next(digit for digit in "0123456789" if digit != resident_check_digit(number[:17]))
            text = row["text"][: span["end"] - 1] + wrong + row["text"][span["end"] :]
            found = [
                f
                for f in tool.find(text)
                if type_of(f.rule_id) == "ID_CARD" and f.span and f.span.start == span["start"]
            ]
            severities[found[0].severity.value if found else "not shown"] += 1
    print(f"\nIDs with a wrong check digit, by severity: {dict(severities)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="examples of misses and false hits per type")
    show = parser.parse_args().show
    rules = load_rules(ROOT / "rules")
    tool = Tool(compile_rules(rules, date(2026, 11, 23)), rules, load_policy(ROOT / "rules"))
    constructed = list(rows_of("constructed_in_real_prose"))
    start = time.perf_counter()
    print_scores("constructed_in_real_prose", constructed, tool, show)
    print_scores("unit_cn_pii", list(rows_of("unit_cn_pii")), tool, show)
    print_negatives(rows_of("gov_number_negatives"), tool, show)
    print_corrupted(constructed, tool)
    print(f"\n{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
