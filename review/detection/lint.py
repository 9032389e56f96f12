"""What is wrong with a rules folder, all problems at once, each with file, line and what to write.

Loading already refuses what cannot be read (``rules``); here are the checks that need the engine or judge good practice. A
check is one small function in ``CHECKS``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from review.detection.engine import compile_rules
from review.detection.expressions import check_expression
from review.detection.folding import fold
from review.detection.maintenance import run_rule_examples
from review.detection.patterns import translate_pattern
from review.detection.rules import Loaded, load_folder, rule_leaves, rule_set_of
from review.detection.scanner import PatternError
from review.detection.yaml_source import Problem
from review.types import Block, BlockKind, Document, Policy, Rule, RuleStatus, Span

#: Exceptions that run out within so many days are mentioned.
_SOON = timedelta(days=30)
_VAGUE = ("可能涉密", "疑似敏感", "敏感信息")


@dataclass(frozen=True, slots=True)
class Folder:
    """What the checks look at."""

    path: Path
    loaded: Loaded
    today: date


def lint_rules(folder: Path, today: date, examples: bool = True) -> list[Problem]:
    """Every problem of a rules folder by file and line; ``is_warning`` ones do not hinder loading.

    ``examples``: also run the examples (only when nothing worse is wrong).
    """
    loaded = load_folder(folder)
    problems = list(loaded.problems)
    state = Folder(folder, loaded, today)
    for check in CHECKS:
        problems += check(state)
    if examples and not any(not problem.is_warning for problem in problems):
        problems += check_examples(state)
    return sorted(set(problems))


def check_patterns_compile(state: Folder) -> Iterator[Problem]:
    """Expressions that the linear engine refuses."""
    for rule in state.loaded.rules:
        for pattern, line in rule_patterns(rule):
            try:
                check_expression(translate_pattern(pattern))
            except PatternError:
                message = f"规则 {rule.id} 的正则不能用于线性时间的引擎。"
                yield Problem(rule.path, line, message, "把式子拆成几项，减少 | 和 {m,n}；检查括号是否配对")


def rule_patterns(rule: Rule) -> Iterator[tuple[str, int]]:
    """(expression, line) of everything in a rule that is one."""
    for leaf in rule_leaves(rule.match):
        if leaf.regex:
            yield leaf.regex, leaf.line
    cues = [*(context.regex for context in rule.context), *(exemption.regex for exemption in rule.exceptions)]
    yield from ((pattern, rule.line) for pattern in cues if pattern)


def check_expiry(state: Folder) -> Iterator[Problem]:
    """Exceptions and allowed phrases that have run out or soon will."""
    for rule in state.loaded.rules:
        for until in (*(e.until for e in rule.exceptions), *(a.until for a in rule.allow)):
            if until is not None and until <= state.today + _SOON:
                word = "已经到期" if until < state.today else "快要到期"
                message = f"规则 {rule.id} 的一条例外或放行{word}（{until}）。"
                yield Problem(rule.path, rule.line, message, "确认是否还需要，改日期或删去", is_warning=True)


def check_allowed_phrases(state: Folder) -> Iterator[Problem]:
    """Allowed phrases that cover no word of their rule and so can never matter."""
    for rule in state.loaded.rules:
        leaves = list(rule_leaves(rule.match))
        if any(leaf.regex or leaf.words_from for leaf in leaves):
            continue
        words = [fold(word) for leaf in leaves for word in leaf.words]
        for allowance in rule.allow:
            if not any(word in fold(allowance.phrase) for word in words):
                message = f"规则 {rule.id} 的放行短语“{allowance.phrase}”里没有本规则的词，不会起作用。"
                yield Problem(rule.path, allowance.line or rule.line, message, "删去或改正", is_warning=True)


def check_policy_phrases(state: Folder) -> Iterator[Problem]:
    """Global allowed phrases in which a rule that stops finds something: they would never take effect there."""
    if not state.loaded.policy.allow:
        return
    stopping = tuple(rule for rule in state.loaded.rules if rule.can_stop)
    engine = compile_rules(rule_set_of(stopping, state.loaded.rule_set()), state.today, None, frozenset(RuleStatus))
    for allowance in state.loaded.policy.allow:
        if any(engine.find(document, Policy()) for document in _everywhere(allowance.phrase)):
            message = f"放行短语“{allowance.phrase}”里有国家秘密标志，会停止处理的规则不受放行影响。"
            yield Problem("policy.yaml", allowance.line, message, "删去；核实不属于国家秘密的，由保密员登记解除")


def _everywhere(phrase: str) -> Iterator[Document]:
    """The phrase in the body, at the top of the first page and as a file name."""
    for is_top in (False, True):
        block = Block(Span(0, len(phrase)), BlockKind.PARAGRAPH, "", top_of_first_page=is_top)
        yield Document("", phrase, "txt", len(phrase), phrase, (block,))


def check_repeated_words(state: Folder) -> Iterator[Problem]:
    """The same word twice in one rule, also when only the spelling differs."""
    for rule in state.loaded.rules:
        seen: dict[tuple[str, str, tuple[object, ...]], str] = {}
        for leaf in rule_leaves(rule.match):
            for word in leaf.words:
                key = (fold(word), leaf.boundary, leaf.zones)
                if key in seen:
                    message = f"规则 {rule.id} 里“{word}”和“{seen[key]}”是同一个词。"
                    yield Problem(rule.path, leaf.line, message, "删去一个", is_warning=True)
                seen[key] = word


def check_wording(state: Folder) -> Iterator[Problem]:
    """Messages that say nothing a person can act on."""
    for rule in state.loaded.rules:
        if any(word in rule.message for word in _VAGUE) and not rule.remedy:
            message = f"规则 {rule.id} 的 message 太空泛。"
            yield Problem(rule.path, rule.line, message, "写明出现了什么、为什么不能公开、怎么处理", is_warning=True)


def check_effective(state: Folder) -> Iterator[Problem]:
    """Rules that will never run again and are not marked as retired."""
    for rule in state.loaded.rules:
        if rule.effective_until and rule.effective_until < state.today and rule.status is not RuleStatus.RETIRED:
            message = f"规则 {rule.id} 已过有效期（{rule.effective_until}）。"
            yield Problem(rule.path, rule.line, message, "把 status 改成 retired，或者延长 until", is_warning=True)


def check_examples(state: Folder) -> Iterator[Problem]:
    """Examples that do not come out as written."""
    for failure in run_rule_examples(state.loaded.rule_set(), state.loaded.policy, state.today):
        message = f"规则 {failure.rule_id} {failure.message}。"
        yield Problem(failure.path, failure.line, message, "改正则、词或例子，使两者一致")


#: Every check. Add one: one function above, one line here.
CHECKS: tuple[Callable[[Folder], Iterator[Problem]], ...] = (
    check_patterns_compile,
    check_expiry,
    check_allowed_phrases,
    check_policy_phrases,
    check_repeated_words,
    check_wording,
    check_effective,
)
