"""How fast detection is, side by side in one run: python benchmarks/detection_speed.py [--corpus DIR] [--presidio]

View, engine, all shipped rules and 10,000 further keywords, default layers, one thread, on 10 MB of law text; beside it a plain
Hyperscan pass, a plain ahocorasick_rs pass and, where installed, Presidio's pattern recognisers. Ratios travel between
machines, seconds do not: ``cpu`` is process time, ``wall`` what a clock showed while others used the machine.
"""

import argparse
import gzip
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from review.detection.engine import compile_rules  # noqa: E402
from review.detection.folding import read_pairs  # noqa: E402
from review.detection.rules import load_policy, load_rules  # noqa: E402
from review.detection.scanner import compile_words  # noqa: E402
from review.detection.text import normalise  # noqa: E402
from review.types import Block, BlockKind, Document, Leaf, Match, Policy, RuleSet, RuleStatus, Span  # noqa: E402

TODAY = date(2026, 11, 25)
SEED = 20261123


def law_text(folder: Path, size: int) -> str:
    """About ``size`` bytes of law text, repeated as often as needed; invented text where the corpus is absent."""
    texts = []
    for path in sorted(folder.glob("laws*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
    if not texts:
        texts = ["第一条　为了保障公民、法人和其他组织依法获取政府信息，提高政府工作的透明度，制定本条例。"] * 100
    text = "\n".join(texts)
    while len(text.encode()) < size:
        text += "\n" + text
    return text.encode()[:size].decode("utf-8", "ignore")


def unusual(text: str) -> str:
    """The same text with something to undo in every line: traditional characters, full width, a space, a zero-width."""
    traditional = {simple: old for old, simple in read_pairs().items()}
    table = str.maketrans({**traditional, **{str(i): chr(0xFF10 + i) for i in range(10)}})
    lines = text.translate(table).split("\n")
    return "\n".join(f"{line[:7]} {line[7:11]}\u200b{line[11:]}" if len(line) > 12 else line for line in lines)


def document(text: str) -> Document:
    blocks = []
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            blocks.append(Block(Span(at, at + len(line)), BlockKind.PARAGRAPH, f"第{number}行"))
        at += len(line) + 1
    return Document("0" * 64, "", "txt", len(text), text, tuple(blocks))


def keywords(text: str, count: int) -> tuple[str, ...]:
    """Words as in the peers' table: 20 % rare pieces of the text, 80 % random combinations of its commonest 3,000 characters."""
    source = random.Random(SEED)
    head = text[:1_300_000]
    common = [c for c, _ in Counter(c for c in head if "一" <= c <= "鿿").most_common(3000)]
    often = {size: Counter(head[i : i + size] for i in range(len(head) - size)) for size in range(2, 7)}
    words: dict[str, None] = {}
    while len(words) < count:
        size = source.randint(2, 6)
        if len(words) % 5:
            words["".join(source.choices(common, k=size))] = None
            continue
        at = source.randrange(len(head) - 8)
        piece = head[at : at + size]
        if often[size][piece] <= 2 and all("一" <= c <= "鿿" for c in piece):
            words[piece] = None
    return tuple(words)


def with_keywords(rule_set: RuleSet, words: tuple[str, ...]) -> RuleSet:
    """The rules and one more that looks for all these words."""
    model = next(rule for rule in rule_set.rules if rule.match is not None)
    extra = replace(
        model, id="benchmark-words", match=Match("any", (Leaf(words=words),)), boundary="none", validators=(), context=(),
        exceptions=(), allow=(), layers=None, status=RuleStatus.STABLE, effective_from=None, effective_until=None,
    )  # fmt: skip
    return replace(rule_set, rules=(*rule_set.rules, extra), sha256=f"{rule_set.sha256}+{len(words)}")


def measure(run: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """(least CPU seconds, least wall seconds) of several runs."""
    cpu, wall = [], []
    for _ in range(times):
        started, clock = time.process_time(), time.perf_counter()
        run()
        cpu.append(time.process_time() - started)
        wall.append(time.perf_counter() - clock)
    return min(cpu), min(wall)


def row(name: str, size: int, seconds: tuple[float, float], base: float) -> None:
    cpu, wall = size / 1e6 / seconds[0], size / 1e6 / seconds[1]
    print(f"{name:<54}{cpu:>10.1f}{wall:>10.1f}{cpu / base:>9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared/data/dev")
    parser.add_argument("--presidio", action="store_true", help="also measure Presidio (pip install presidio-analyzer)")
    options = parser.parse_args()
    rule_set, policy = load_rules(ROOT / "rules"), load_policy(ROOT / "rules")
    text = law_text(options.corpus, 10_000_000)
    size = len(text.encode())
    words = keywords(text, 10_000)
    started = time.process_time()
    engine = compile_rules(with_keywords(rule_set, words), TODAY)
    print(f"{len(engine.rules)} rules, {size / 1e6:.1f} MB; compiled in {time.process_time() - started:.2f} s (CPU)\n")
    print(f"{'':<54}{'MB/s cpu':>10}{'MB/s wall':>10}{'ratio':>9}")
    plain, strange = document(text), document(unusual(text))
    own = measure(lambda: engine.find(plain, policy))
    base = size / 1e6 / own[0]
    print(f"{sum(f.count for f in engine.find(plain, policy))} hits")
    row("view + engine + all rules + 10,000 words", size, own, base)
    row(
        "  the same, every line needs normalising",
        len(strange.text.encode()),
        measure(lambda: engine.find(strange, policy)),
        base,
    )
    row("  view alone", size, measure(lambda: normalise(text)), base)
    view = normalise(text)
    row("  Hyperscan alone, words", size, measure(lambda: engine.leaves.scan_words(view.codes)), base)
    row("  Hyperscan alone, expressions", size, measure(lambda: engine.leaves.expressions.find(view)), base)
    peer(words, view.data, size, base)
    if options.presidio:
        presidio(text[:300_000], base)
    many(text, policy, rule_set)
    linear(engine, policy, text)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def peer(words: tuple[str, ...], data: bytes, size: int, base: float) -> None:
    import ahocorasick_rs

    text = data.decode()
    automaton = ahocorasick_rs.AhoCorasick(list(words))
    row(
        "ahocorasick_rs, 10,000 words, no rules, no view",
        size,
        measure(lambda: automaton.find_matches_as_indexes(text, overlapping=True)),
        base,
    )


def presidio(text: str, base: float) -> None:
    import spacy
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def load(self) -> None:
            self.nlp = {"zh": spacy.blank("zh")}

    registry = RecognizerRegistry(supported_languages=["zh"])
    for name, pattern in (("ID", r"\d{17}[\dXx]"), ("PHONE", r"1[3-9]\d{9}"), ("USCC", r"[0-9A-Z]{18}")):
        registry.add_recognizer(
            PatternRecognizer(name, patterns=[Pattern(name, pattern, 0.5)], supported_language="zh")
        )
    nlp = Blank()
    nlp.load()
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["zh"])
    size = len(text.encode())
    row(
        "Presidio, 3 patterns, blank zh",
        size,
        measure(lambda: [analyzer.analyze(text[i : i + 3000], "zh") for i in range(0, len(text), 3000)], 1),
        base,
    )


def many(text: str, policy: Policy, rule_set: RuleSet) -> None:
    words = keywords(text, 100_000)
    compile_words.cache_clear()
    started = time.process_time()
    compile_words(words)
    print(f"\n100,000 words: compiled in {time.process_time() - started:.2f} s (CPU)", end="")
    engine = compile_rules(with_keywords(replace(rule_set, rules=rule_set.rules[:1]), words), TODAY)
    plain = document(text)
    seconds = measure(lambda: engine.find(plain, policy), 2)[0]
    hits = sum(finding.count for finding in engine.find(plain, policy))
    print(f", {hits} hits found at {len(text.encode()) / 1e6 / seconds:.0f} MB/s with view, contexts and findings")


def linear(engine: object, policy: Policy, text: str) -> None:
    small, large = document(text[: len(text) // 10]), document(text)
    one = measure(lambda: engine.find(small, policy), 5)[0]  # type: ignore[attr-defined]
    ten = measure(lambda: engine.find(large, policy))[0]  # type: ignore[attr-defined]
    print(f"10 × the text takes {ten / one:.1f} × the time")


if __name__ == "__main__":
    main()
