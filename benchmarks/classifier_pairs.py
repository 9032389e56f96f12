"""How many disclosures the full check tells from their publishable twins, over pairs written after the model was frozen.

    python benchmarks/classifier_pairs.py [--pairs tests/detection/pairs.jsonl] [--rules rules] [--missed]

A pair counts when the disclosure is flagged (≥ LOW) in the group its author named (``INT`` of ``INT.FLOW``) and its twin is not
flagged in that group by the same source. Three readings: the classifier alone; any source, the twin compared source by
source; and strictly: no finding of any source in that group on the twin.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from review.check import Detectors, check_document, load_detectors
from review.reading.assembly import Reading, assemble
from review.reading.formats.text import lines
from review.settings import Settings
from review.types import Severity, Source

ROOT = Path(__file__).resolve().parent.parent
#: (source, L2 category) of every finding ≥ LOW of one text.
Flags = frozenset[tuple[Source, str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One pair and what the check said about both texts."""

    number: int
    category: str
    disclosure: Flags
    twin: Flags

    @property
    def group(self) -> str:
        return self.category.partition(".")[0]


Counted = Callable[[Measured], bool]


def flags_of(text: str, detectors: Detectors) -> Flags:
    """What the check of a document of this one paragraph says; trial rules and INFO do not count."""
    check = check_document(assemble(text.encode(), "", "txt", Reading(lines(text))), detectors)
    return frozenset(
        (f.source, f.category) for f in check.findings if f.severity.rank >= Severity.LOW.rank and not f.trial
    )


def measure(path: Path, detectors: Detectors) -> tuple[Measured, ...]:
    """Every pair of the file, checked."""
    pairs = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return tuple(
        Measured(p["id"], p["category"], flags_of(p["disclosure"], detectors), flags_of(p["publishable"], detectors))
        for p in pairs
    )


def sources_of(flags: Flags, prefix: str) -> frozenset[Source]:
    """The sources with a finding in the group or category."""
    return frozenset(source for source, category in flags if category == prefix or category.startswith(f"{prefix}."))


def is_found_by_classifier(pair: Measured) -> bool:
    return Source.CLASSIFIER in sources_of(pair.disclosure, pair.group)


def is_told_apart_by_classifier(pair: Measured) -> bool:
    return is_found_by_classifier(pair) and Source.CLASSIFIER not in sources_of(pair.twin, pair.group)


def is_named_by_classifier(pair: Measured) -> bool:
    """Told apart, and one of the hints has the very category."""
    return is_told_apart_by_classifier(pair) and Source.CLASSIFIER in sources_of(pair.disclosure, pair.category)


def is_told_apart(pair: Measured) -> bool:
    """Some source flags the disclosure in the group and not the twin."""
    return bool(sources_of(pair.disclosure, pair.group) - sources_of(pair.twin, pair.group))


def is_named(pair: Measured) -> bool:
    """Told apart by a source that gave the very category."""
    return bool(sources_of(pair.disclosure, pair.category) - sources_of(pair.twin, pair.group))


def is_strictly_told_apart(pair: Measured) -> bool:
    """The disclosure is flagged in the group, the twin by no source at all."""
    return bool(sources_of(pair.disclosure, pair.group)) and not sources_of(pair.twin, pair.group)


#: Title → what is counted, in the order printed.
COUNTS: tuple[tuple[str, Counted], ...] = (
    ("披露被线索指出（大类对）", is_found_by_classifier),
    ("只看线索：成对正确（大类）", is_told_apart_by_classifier),
    ("只看线索：成对正确（小类也对）", is_named_by_classifier),
    ("线索+规则：成对正确（大类）", is_told_apart),
    ("线索+规则：成对正确（小类也对）", is_named),
    ("线索+规则：另一篇任何来源都没有该大类", is_strictly_told_apart),
    ("披露被规则指出（大类对）", lambda p: bool(sources_of(p.disclosure, p.group) - {Source.CLASSIFIER})),
    ("披露有任何线索（不论大类）", lambda p: any(s is Source.CLASSIFIER for s, _ in p.disclosure)),
    ("可公开的一篇有该大类线索", lambda p: Source.CLASSIFIER in sources_of(p.twin, p.group)),
    ("可公开的一篇有任何线索", lambda p: any(s is Source.CLASSIFIER for s, _ in p.twin)),
    ("可公开的一篇有该大类的任何发现", lambda p: bool(sources_of(p.twin, p.group))),
    ("可公开的一篇有任何发现", lambda p: bool(p.twin)),
)


def main() -> int:
    options = _options()
    measured = measure(options.pairs, load_detectors(Settings(rules=options.rules), date.today()))
    _print_totals(measured)
    _print_categories(measured)
    if options.missed:
        _print_missed(measured)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--pairs", type=Path, default=ROOT / "tests" / "detection" / "pairs.jsonl")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    parser.add_argument("--missed", action="store_true", help="print number and findings of every pair not told apart")
    return parser.parse_args()


def _print_totals(measured: Sequence[Measured]) -> None:
    print("| 怎么算 | 对数 | 占比 |\n|---|---|---|")
    for title, counted in COUNTS:
        count = sum(map(counted, measured))
        print(f"| {title} | {count}/{len(measured)} | {count / len(measured):.1%} |")


def _print_categories(measured: Sequence[Measured]) -> None:
    print(
        "\n| 类别 | 对 | 披露有线索（大类） | 成对（线索） | 成对且小类对 | 成对（线索+规则） | 可公开的误报（线索） |"
    )
    print("|---|---|---|---|---|---|---|")
    shown = (
        is_found_by_classifier,
        is_told_apart_by_classifier,
        is_named_by_classifier,
        is_told_apart,
        lambda p: Source.CLASSIFIER in sources_of(p.twin, p.group),
    )
    for category in dict.fromkeys(pair.category for pair in measured):
        pairs = [pair for pair in measured if pair.category == category]
        print(f"| {category} | {len(pairs)} | " + " | ".join(str(sum(map(c, pairs))) for c in shown) + " |")


def _print_missed(measured: Sequence[Measured]) -> None:
    for pair in measured:
        if not is_told_apart_by_classifier(pair):
            said, twin = (
                " ".join(sorted(f"{source}:{category}" for source, category in flags)) or "-"
                for flags in (pair.disclosure, pair.twin)
            )
            print(f"{pair.number:>4} {pair.category:<13} 披露 {said}  可公开 {twin}")


if __name__ == "__main__":
    raise SystemExit(main())
