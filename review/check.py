"""The heart: bytes → reading → detection → Check. Pure but for the reading child; knows no user and no database.

The same functions serve the command line, the screens and whoever calls ``review.check`` from Python.
"""

import sys
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import ModuleType

from review import __version__
from review.detection.classifier import Classifier, load_model
from review.detection.engine import Engine, compile_rules
from review.detection.masking import find_masks
from review.detection.model_files import current_name
from review.detection.policy_values import fill_policy
from review.detection.rules import load_policy, load_rules
from review.detection.tables import find_lists
from review.detection.verdict import judge
from review.reading import sandbox
from review.settings import Settings
from review.types import Check, Document, Finding, Gap, Level, Limits, Policy, RuleSet, Source, Span

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Detectors:
    """Everything a check depends on besides the document, loaded once per process."""

    rules: RuleSet
    policy: Policy
    engine: Engine
    model: Classifier | None
    today: date


def load_detectors(settings: Settings, today: date, with_model: bool = True) -> Detectors:
    """The detectors of this installation; RuleError with all problems, ModelError when the model is missing or altered."""
    rules = load_rules(settings.rules)
    policy = load_policy(settings.rules)
    if settings.work_secret_mode:
        policy = replace(policy, work_secret_mode=settings.work_secret_mode)
    rules = fill_policy(rules, policy)
    model = None
    if with_model and settings.model:
        model = load_model(settings.models / current_name(settings.models, settings.model))
    return Detectors(rules, policy, compile_rules(rules, today, settings.cache), model, today)


def check_document(document: Document, detectors: Detectors, key: bytes = b"") -> Check:
    """Everything the machine has to say about one document. Same arguments, same Check, same order.

    ``key`` is the installation's fingerprint key; without it findings carry no fingerprint. The check of a document with a
    STOP finding holds nothing that came from the document (domain.md §8.4).
    """
    found = detectors.engine.find(document, detectors.policy, key)
    stopping = tuple(f for f in found if judge((f,), (), detectors.policy).level is Level.STOP)
    if stopping:
        return _stopped(document, stopping, detectors)
    found = find_lists(document, found, detectors.rules, detectors.policy, key)
    masks = find_masks(document, detectors.rules, detectors.policy, key)
    found = (*found, *_beyond_hidden(masks, found, detectors.rules))
    if detectors.model is not None:
        found = (*found, *_outside_lists(detectors.model.find_hints(document, detectors.rules, key), found))
    ordered = tuple(sorted(found, key=_reading_order))
    return Check(
        document_sha256=document.sha256,
        document_format=document.format,
        characters=len(document.text),
        pages=len(document.pages) or None,
        findings=ordered,
        gaps=document.gaps,
        verdict=judge(ordered, document.gaps, detectors.policy),
        ruleset_sha256=detectors.rules.sha256,
        model_id=detectors.model.id if detectors.model is not None else None,
        tool_version=__version__,
        checked_on=detectors.today,
    )


def read_and_check(
    data: bytes,
    name: str,
    detectors: Detectors,
    *,
    pool: sandbox.Pool | None = None,
    limits: Limits | None = None,
    ocr: str = "auto",
    key: bytes = b"",
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> tuple[Document | None, Check]:
    """The document and its check; the document is None when a state-secret mark stopped it: nothing of it may be kept.

    ``pool`` reuses sandboxed children between files; without one a fresh child is started with ``limits`` and ``ocr``.
    """
    if pool is not None:
        document = pool.read(data, name, progress, cancel)
    else:
        document = sandbox.read(data, name, limits, ocr, progress, cancel)
    result = check_document(document, detectors, key)
    return (None if result.verdict.level is Level.STOP else document), result


def check(data: bytes, name: str, rules: Path | None = None, today: date | None = None, model: bool = True) -> Check:
    """The Check of one file given as bytes and a name: the documented Python call of this project.

    ``rules`` is a folder of rule files (default: the shipped ones); ``today`` selects the rules in effect (default: the
    calendar date); ``model=False`` leaves out the classifier. Raises RuleError, ModelError; a file that cannot be read is
    no error, its Check has gaps.
    """
    settings = Settings() if rules is None else Settings(rules=rules)
    detectors = load_detectors(settings, today or date.today(), with_model=model)
    return read_and_check(data, name, detectors)[1]


def _stopped(document: Document, stopping: Iterable[Finding], detectors: Detectors) -> Check:
    """Only what stopped it and the kind of place; no hash, no length, no offsets, no names."""
    kept = tuple(replace(f, span=None, spans=(), count=1, notes=(), fingerprint="") for f in stopping)
    gaps = tuple(Gap(gap.reason, "", "") for gap in document.gaps)
    return Check(
        document_sha256=None,
        document_format=document.format,
        characters=None,
        pages=None,
        findings=kept,
        gaps=gaps,
        verdict=judge(kept, gaps, detectors.policy),
        ruleset_sha256=detectors.rules.sha256,
        model_id=detectors.model.id if detectors.model is not None else None,
        tool_version=__version__,
        checked_on=detectors.today,
    )


def _beyond_hidden(masks: Iterable[Finding], found: Iterable[Finding], rules: RuleSet) -> tuple[Finding, ...]:
    """The masks that say more than an equally serious finding of unseen text in the same place: still in the file."""
    hidden = [f for f in found if (rule := rules.rule(f.rule_id)) and rule.detector == "hidden"]
    return tuple(mask for mask in masks if not (mask.hidden and _is_covered(mask, hidden)))


def _is_covered(mask: Finding, hidden: Iterable[Finding]) -> bool:
    unseen = sorted(span for f in hidden if f.severity.rank >= mask.severity.rank for span in f.spans)
    starts = [span.start for span in unseen]

    def is_unseen(span: Span) -> bool:
        at = bisect_right(starts, span.start) - 1
        return at >= 0 and span.end <= unseen[at].end

    return bool(mask.spans) and all(map(is_unseen, mask.spans))


def _outside_lists(hints: Iterable[Finding], found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The hints that do not stand in a list of people: there the table's own finding says it better, and once."""
    listed = [
        Span(min(s.start for s in finding.spans), max(s.end for s in finding.spans))
        for finding in found
        if finding.source is Source.TABLE and finding.spans
    ]
    return tuple(h for h in hints if h.span is None or not any(h.span.is_overlapping(span) for span in listed))


def _reading_order(finding: Finding) -> tuple[int, int, int, str]:
    span = finding.span
    return (
        (-1, -1, -finding.severity.rank, finding.rule_id)
        if span is None
        else (
            span.start,
            span.end,
            -finding.severity.rank,
            finding.rule_id,
        )
    )


class _CallableModule(ModuleType):
    """``review.check`` names both this module and the documented call; both work."""

    def __call__(self, *arguments: object, **options: object) -> Check:
        return check(*arguments, **options)  # type: ignore[arg-type]


sys.modules[__name__].__class__ = _CallableModule
