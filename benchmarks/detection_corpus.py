"""False alarms of the shipped rules on published text: hits per rule, severity and 10,000 characters.

    python benchmarks/detection_corpus.py --corpus ../shared/data [--show RULE] [--list] [--sets a,b]

Whole documents (``dev/*.doc.jsonl.gz``) are published: STOP must be 0, HIGH in at most 1 % and MEDIUM in at most 5 % of them;
``--list`` prints what remains in the form of ``tests/detection/clean_corpus.yaml``. Paragraph sets are joined to long
documents and reported by density, so that a reviewer does not drown in LOW.
"""

import argparse
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from review.detection.engine import Engine, compile_rules
from review.detection.rules import load_policy, load_rules
from review.reading.assembly import Reading, assemble
from review.reading.formats.text import lines
from review.types import Document, Finding, Policy, Severity

ROOT = Path(__file__).resolve().parent.parent
#: So many paragraphs of a set make one document.
JOINED = 2000


def main() -> int:
    options = _options()
    engine = compile_rules(load_rules(options.rules), date.today())
    policy = load_policy(options.rules)
    started = time.perf_counter()
    report = Report(options.show)
    if not options.sets:
        for name, document in whole_documents(options.corpus / "dev"):
            report.add(name, document, engine.find(document, policy))
        report.print_documents()
        if options.list:
            report.print_list()
    for path in sorted((options.corpus / "dev").glob("*.para.jsonl.gz")):
        name = path.name.removesuffix(".para.jsonl.gz")
        if options.sets and name not in options.sets.split(","):
            continue
        measure_paragraphs(name, path, engine, policy, options.show)
    print(f"\n{time.perf_counter() - started:.1f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    parser.add_argument("--show", default="", help="print the hits of this rule (or severity) with their surroundings")
    parser.add_argument(
        "--list", action="store_true", help="print high and medium findings as clean_corpus.yaml holds them"
    )
    parser.add_argument("--sets", default="", help="only these paragraph sets, separated by commas")
    return parser.parse_args()


def document_of(text: str, name: str = "") -> Document:
    """The text as the text format would read it: every line a block, the first fifteen at the top of the first page."""
    return assemble(text.encode(), name, "txt", Reading(lines(text)))


def whole_documents(folder: Path) -> Iterator[tuple[str, Document]]:
    """(set:number, document) of every whole published document."""
    for path in sorted(folder.glob("*.doc.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file):
                yield f"{path.name.removesuffix('.doc.jsonl.gz')}:{number}", document_of(json.loads(line)["text"])


class Report:
    """Counts over documents; keeps no text but what ``--show`` prints at once."""

    def __init__(self, show: str = "") -> None:
        self.show = show
        self.documents = 0
        self.characters = 0
        self.with_severity: Counter[Severity] = Counter()
        self.by_rule: dict[str, Counter[Severity]] = defaultdict(Counter)
        self.kept: list[tuple[str, str, Severity, int]] = []

    def add(self, name: str, document: Document, findings: tuple[Finding, ...]) -> None:
        self.documents += 1
        self.characters += len(document.text)
        for severity in {finding.severity for finding in findings if not finding.trial}:
            self.with_severity[severity] += 1
        for finding in findings:
            self.by_rule[finding.rule_id][finding.severity] += finding.count
            if finding.severity in (Severity.STOP, Severity.HIGH, Severity.MEDIUM) and not finding.trial:
                self.kept.append((name, finding.rule_id, finding.severity, finding.count))
            if self.show in (finding.rule_id, finding.severity.value):
                _print_hits(name, document, finding)

    def print_documents(self) -> None:
        print(f"\n{self.documents} documents, {self.characters:,} characters")
        for severity in reversed(Severity):
            count = self.with_severity[severity]
            print(f"  {severity.value:7} in {count:4} documents ({count / max(self.documents, 1):6.2%})")
        self.print_rules()

    def print_rules(self) -> None:
        for rule, counts in sorted(self.by_rule.items(), key=lambda item: -sum(item[1].values())):
            listed = " ".join(f"{severity.value}={count}" for severity, count in sorted(counts.items()))
            density = 10_000 * sum(counts.values()) / max(self.characters, 1)
            print(f"    {rule:34} {density:8.3f} per 10,000   {listed}")

    def print_list(self) -> None:
        for name, rule, severity, count in self.kept:
            print(f"  - {{document: '{name}', rule: {rule}, severity: {severity.value}, count: {count}, reason: }}")


def measure_paragraphs(name: str, path: Path, engine: Engine, policy: Policy, show: str) -> None:
    report = Report(show)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    for start in range(0, len(texts), JOINED):
        document = document_of("\n".join(texts[start : start + JOINED]))
        report.add(name, document, engine.find(document, policy))
    print(f"\n{name}: {len(texts)} paragraphs, {report.characters:,} characters")
    report.print_rules()


def _print_hits(name: str, document: Document, finding: Finding) -> None:
    for span in (finding.spans or ((finding.span,) if finding.span else ()))[:5]:
        text = document.text
        around = f"{text[max(0, span.start - 30) : span.start]}<<{text[span.start : span.end]}>>{text[span.end : span.end + 30]}"
        print(f"{name} {finding.rule_id} {finding.severity.value}: {around.replace(chr(10), '⏎')}")


if __name__ == "__main__":
    sys.exit(main())
