"""The words and expressions of all rules, numbered as leaves and compiled together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from review.detection.expressions import Expressions, compile_expressions, split_or_refuse
from review.detection.folding import fold
from review.detection.patterns import translate_pattern
from review.detection.places import zone_mask
from review.detection.scanner import FREE, NO_ALNUM, NO_DIGIT, PatternError, WordScan, compile_words
from review.detection.sequences import shortest
from review.detection.text import DEFAULT_LAYERS, LAYER_NAMES, RISKY_LAYERS
from review.detection.variants import VARIANT_LAYERS, relax_numbers
from review.errors import RuleError
from review.types import Leaf, Match, Rule, RuleSet

Ints = npt.NDArray[np.int64]
LAYER_BITS = {name: 1 << index for index, name in enumerate(LAYER_NAMES)}
RISKY_BITS = sum(LAYER_BITS[name] for name in RISKY_LAYERS)


def layer_bits(names: tuple[str, ...] | None) -> int:
    """The bits of the layers a rule allows; ``width`` is always among them."""
    return sum(LAYER_BITS[name] for name in set(DEFAULT_LAYERS if names is None else names) | {"width"})


def layer_names(bits: int) -> tuple[str, ...]:
    return tuple(name for name in LAYER_NAMES if bits & LAYER_BITS[name])


@dataclass(frozen=True, slots=True)
class Branch:
    """A ``Match`` whose leaves are numbers."""

    mode: str
    within: int
    children: "tuple[int | Branch, ...]"

    def leaves(self) -> tuple[int, ...]:
        return tuple(
            leaf for child in self.children for leaf in (child.leaves() if isinstance(child, Branch) else (child,))
        )


@dataclass(frozen=True, slots=True)
class Deferred:
    """Expressions of an ``all`` that are looked for only within ``reach`` of its rarest part (``anchors``)."""

    anchors: Ints
    reach: int
    leaf: Ints
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaves:
    """All leaves of all rules, compiled. ``word_leaf[word_first[w]:word_first[w+1]]`` are the leaves of word ``w``."""

    trees: tuple[Branch | None, ...]  # by rule
    sources: tuple[Leaf, ...]
    rule: Ints
    boundary: tuple[str, ...]
    zones: Ints
    layers: Ints
    words: tuple[str, ...]
    word_first: Ints
    word_leaf: Ints
    pattern_leaf: Ints
    patterns: tuple[str, ...]
    scan_words: WordScan
    expressions: Expressions
    pattern_edges: Ints  # by expression: what must not stand beside its matches
    variant_words: tuple[tuple[str, int], ...]  # folded word, leaf; of leaves with a variant layer
    number_words: WordScan | None
    number_patterns: Expressions | None
    number_word_leaf: Ints
    number_pattern_leaf: Ints
    number_gate: Expressions | None  # where a number view is worth making
    deferred: tuple[Deferred, ...] = ()
    cache: Path | None = None


def compile_leaves(rules: tuple[Rule, ...], rule_set: RuleSet, cache: Path | None = None) -> Leaves:
    """Leaves of these rules; raises RuleError for a pattern the engine refuses."""
    builder = _Builder(rule_set)
    trees = tuple(builder.tree(index, rule) for index, rule in enumerate(rules))
    deferred = tuple(found for tree in trees if tree is not None for found in builder.defer(tree, rules))
    patterns = tuple(pattern for _, pattern in builder.patterns)
    words = tuple(builder.words)
    try:
        expressions = compile_expressions(patterns, cache)
    except PatternError as error:
        raise _refused(error, builder, rules) from error
    first = np.cumsum([0, *(len(leaves) for leaves in builder.words.values())])
    word_leaf = np.array([leaf for leaves in builder.words.values() for leaf in leaves], np.int64)
    layers = np.array([layer_bits(rules[r].layers) for r in builder.rule], np.int64)
    numbers = [w for w, leaves in builder.words.items() if any(layers[i] & LAYER_BITS["numbers"] for i in leaves)]
    number_patterns = [(i, p) for i, p in builder.patterns if layers[i] & LAYER_BITS["numbers"]]
    pairs = [(w, leaf) for w in numbers for leaf in builder.words[w] if layers[leaf] & LAYER_BITS["numbers"]]
    variant_bits = sum(LAYER_BITS[name] for name in VARIANT_LAYERS)
    return Leaves(
        trees=trees,
        sources=tuple(builder.sources),
        rule=np.array(builder.rule, np.int64),
        boundary=tuple(builder.boundary),
        zones=np.array(builder.zones, np.int64),
        layers=layers,
        words=words,
        word_first=first.astype(np.int64),
        word_leaf=word_leaf,
        pattern_leaf=np.array([leaf for leaf, _ in builder.patterns], np.int64),
        patterns=patterns,
        scan_words=compile_words(words, cache),
        expressions=expressions,
        pattern_edges=np.array([_EDGES.get(builder.boundary[leaf], FREE) for leaf, _ in builder.patterns], np.int64),
        variant_words=tuple((w, i) for w, leaves in builder.words.items() for i in leaves if layers[i] & variant_bits),
        number_words=compile_words(tuple(w for w, _ in pairs), cache) if pairs else None,
        number_patterns=compile_expressions(tuple(p for _, p in number_patterns), cache) if number_patterns else None,
        number_word_leaf=np.array([leaf for _, leaf in pairs], np.int64),
        number_pattern_leaf=np.array([leaf for leaf, _ in number_patterns], np.int64),
        deferred=deferred,
        cache=cache,
        number_gate=_gate([w for w, _ in pairs], [p for _, p in number_patterns], cache),
    )


def _gate(words: list[str], patterns: list[str], cache: Path | None) -> Expressions | None:
    relaxed = [relax_numbers(pattern) for pattern in (*(re.escape(word) for word in words), *patterns)]
    return compile_expressions(tuple(dict.fromkeys(relaxed)), cache) if relaxed else None


def _refused(error: PatternError, builder: "_Builder", rules: tuple[Rule, ...]) -> RuleError:
    leaf = builder.patterns[error.index][0] if error.index >= 0 else 0
    rule = rules[builder.rule[leaf]]
    line = builder.sources[leaf].line or rule.line
    return RuleError(
        f"{rule.path}:{line} 规则 {rule.id} 的正则不能用于线性时间的引擎。",
        "把式子拆成几项，缩小重复次数；运行 review rules lint 看说明。",
        rule.path,
        line,
    )


class _Builder:
    """Numbers leaves in the order of the rules and gathers their words and patterns."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.lists = rule_set.words
        self.sources: list[Leaf] = []
        self.rule: list[int] = []
        self.boundary: list[str] = []
        self.zones: list[int] = []
        self.words: dict[str, list[int]] = {}
        self.patterns: list[tuple[int, str]] = []

    def tree(self, index: int, rule: Rule) -> Branch | None:
        return self._branch(index, rule, rule.match) if rule.match is not None else None

    def _branch(self, index: int, rule: Rule, match: Match) -> Branch:
        children = tuple(
            self._branch(index, rule, clause) if isinstance(clause, Match) else self._leaf(index, rule, clause)
            for clause in match.clauses
        )
        return Branch(match.mode, match.within, children)

    def defer(self, tree: Branch, rules: tuple[Rule, ...]) -> Iterator[Deferred]:
        """Takes the expressions of all but the rarest part of every ``all … within`` out of the pass over the whole text."""
        if tree.mode == "all" and tree.within:
            found = self._defer_all(tree, rules)
            yield from [found] if found is not None else []
            return
        for child in tree.children:
            if isinstance(child, Branch):
                yield from self.defer(child, rules)

    def _defer_all(self, tree: Branch, rules: tuple[Rule, ...]) -> Deferred | None:
        parts = [child.leaves() if isinstance(child, Branch) else (child,) for child in tree.children]
        if "numbers" in (rules[self.rule[parts[0][0]]].layers or ()):
            return None
        anchor = max(range(len(parts)), key=lambda i: min(map(self._rarity, parts[i])))
        others = {leaf for i, part in enumerate(parts) if i != anchor for leaf in part}
        taken = [(leaf, pattern) for leaf, pattern in self.patterns if leaf in others]
        if not taken:
            return None
        for _, pattern in taken:
            try:
                split_or_refuse(0, pattern)
            except PatternError:
                return None
        self.patterns = [entry for entry in self.patterns if entry[0] not in others]
        leaf = np.array([number for number, _ in taken], np.int64)
        return Deferred(np.array(parts[anchor], np.int64), tree.within, leaf, tuple(pattern for _, pattern in taken))

    def _rarity(self, leaf: int) -> tuple[int, int]:
        source = self.sources[leaf]
        if source.regex:
            return shortest(translate_pattern(source.regex))
        size = min((len(word) for word in (*source.words, *self.lists.get(source.words_from, ()))), default=0)
        return size, size

    def _leaf(self, index: int, rule: Rule, leaf: Leaf) -> int:
        number = len(self.sources)
        self.sources.append(leaf)
        self.rule.append(index)
        self.boundary.append(leaf.boundary or rule.boundary)
        self.zones.append(zone_mask(leaf.zones or rule.zones))
        if leaf.regex:
            self.patterns.append((number, translate_pattern(leaf.regex)))
        listed = self.lists.get(leaf.words_from, ()) if leaf.words_from else ()
        for word in (*leaf.words, *listed):
            for form in word_forms(word):
                leaves = self.words.setdefault(form, [])
                if number not in leaves:
                    leaves.append(number)
        return number


def word_forms(word: str) -> tuple[str, ...]:
    """A word as the views may show it: folded, and without its inner spaces."""
    folded = " ".join(fold(word).split())
    return (folded,) if " " not in folded else (folded, folded.replace(" ", ""))


_EDGES = {"digit": NO_DIGIT, "alnum": NO_ALNUM | NO_DIGIT}
