"""Words that people type: titles, numbers, notes, opinions. The rules that stop a draft stop them too (domain.md §8.4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from review.casework.calendar import local_day
from review.detection.engine import Engine, compile_rules
from review.detection.policy_values import fill_policy
from review.detection.rules import load_policy, load_rules
from review.settings import Settings
from review.types import Block, BlockKind, Document, Finding, Policy, Rule, RuleSet, Severity, Span, Zone


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed into one field; ``name`` as the person reads it.

    ``zone``: first_page_top for a title or a 文号, which end up at the head of a form, file_name for a name, else body.
    """

    name: str
    text: str = field(repr=False)
    zone: Zone = Zone.BODY


class Wording:
    """The rules about formal state-secret marks, for words; loaded at the first use of a day."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find_marks(self, words: Words) -> tuple[Finding, ...]:
        """The findings that stop these words; empty for words that may be stored. RuleError when rules are unusable."""
        if not words.text.strip():
            return ()
        engine, policy = _stopping(self._settings.rules, self._settings.cache, local_day(datetime.now(UTC)))
        found = engine.find(_document_of(words), policy)
        return tuple(finding for finding in found if finding.severity is Severity.STOP and not finding.trial)

    def first_marked(self, fields: Iterable[Words]) -> tuple[Words, tuple[Finding, ...]] | None:
        """The first field that is stopped, with what stops it."""
        return next(((words, found) for words in fields if (found := self.find_marks(words))), None)


@lru_cache(maxsize=2)
def _stopping(rules: Path, cache: Path, day: date) -> tuple[Engine, Policy]:
    policy = load_policy(rules)
    filled = fill_policy(load_rules(rules), policy)
    chosen = tuple(rule for rule in filled.rules if _may_stop(rule))
    return compile_rules(RuleSet(chosen, filled.sha256, filled.words), day, cache), policy


def _may_stop(rule: Rule) -> bool:
    reached = {rule.severity, *(s for _, s in rule.zone_severity), *(cue.to for cue in rule.context)}
    is_raised = rule.severity is Severity.HIGH and any(cue.effect == "raise" for cue in rule.context)
    return Severity.STOP in reached or is_raised


def _document_of(words: Words) -> Document:
    if words.zone is Zone.FILE_NAME:
        return Document("", words.text, "words", 0, "", ())
    blocks, at = [], 0
    for line in words.text.split("\n"):
        if line:
            is_top = words.zone is Zone.FIRST_PAGE_TOP
            blocks.append(Block(Span(at, at + len(line)), BlockKind.PARAGRAPH, "", top_of_first_page=is_top))
        at += len(line) + 1
    return Document("", "", "words", 0, words.text, tuple(blocks))
