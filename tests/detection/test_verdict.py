"""The advice: levels as contract.md says, and never clear for what was not read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.detection.verdict import judge
from review.types import Finding, Gap, GapReason, Level, Policy, Severity, Source, Span


def finding(severity: Severity, category: str = "PII.ID", trial: bool = False) -> Finding:
    return Finding("some-rule", 1, category, severity, Source.RULE, Span(0, 1), (Span(0, 1),), trial=trial)


GAP = Gap(GapReason.ENCRYPTED, "", "请解密后重新提交")


@pytest.mark.parametrize(
    ("severities", "gaps", "level"),
    [
        ((), (), Level.CLEAR),
        ((Severity.INFO,), (), Level.CLEAR),
        ((Severity.LOW,), (), Level.REVIEW),
        ((Severity.MEDIUM, Severity.INFO), (), Level.REVIEW),
        ((Severity.HIGH, Severity.LOW), (), Level.BLOCK),
        ((Severity.STOP, Severity.HIGH), (), Level.STOP),
        ((), (GAP,), Level.REVIEW),
        ((Severity.HIGH,), (GAP,), Level.BLOCK),
    ],
)
def test_levels(severities: tuple[Severity, ...], gaps: tuple[Gap, ...], level: Level) -> None:
    verdict = judge([finding(severity) for severity in severities], gaps)
    assert verdict.level is level
    assert verdict.complete is not bool(gaps)
    assert verdict.reasons


@given(st.lists(st.sampled_from(list(Severity)), max_size=5), st.booleans())
def test_incomplete_is_never_clear(severities: list[Severity], is_gap: bool) -> None:
    verdict = judge([finding(severity) for severity in severities], (GAP,) if is_gap else ())
    assert verdict.complete or verdict.level is not Level.CLEAR


def test_trial_findings_are_mentioned_without_weight() -> None:
    verdict = judge([finding(Severity.HIGH, trial=True)], ())
    assert verdict.level is Level.CLEAR
    assert any("试行" in reason for reason in verdict.reasons)


def test_work_secrets_stop_only_where_the_installation_says_so() -> None:
    marked = [finding(Severity.HIGH, "WRK.MARK")]
    assert judge(marked, ()).level is Level.BLOCK
    assert judge(marked, (), Policy(work_secret_mode="stop")).level is Level.STOP
    assert judge([finding(Severity.MEDIUM, "WRK.MARK")], (), Policy(work_secret_mode="stop")).level is Level.REVIEW
