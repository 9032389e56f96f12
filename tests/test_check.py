"""bytes and a name in, a Check out; the samples give the verdicts they were written for."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import review
from review.check import Detectors, load_detectors, read_and_check
from review.settings import Settings
from review.types import Check, Level, Severity

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
TODAY = date(2026, 11, 25)
MARKED = "机密★5年\n某局关于某事的通知\n银杏树下的三只白鹭。\n".encode()


@pytest.fixture(scope="module")
def detectors() -> Detectors:
    return load_detectors(Settings(), TODAY)


def check_sample(prefix: str, detectors: Detectors) -> Check:
    (path,) = SAMPLES.glob(f"{prefix}_*")
    return read_and_check(path.read_bytes(), path.name, detectors)[1]


@pytest.mark.parametrize(
    ("prefix", "level"), [("1", Level.CLEAR), ("2", Level.BLOCK), ("3", Level.BLOCK), ("4", Level.STOP)]
)
def test_a_sample_gets_the_verdict_it_was_written_for(prefix: str, level: Level, detectors: Detectors) -> None:
    assert check_sample(prefix, detectors).verdict.level is level


def test_the_corrected_list_holds_nothing_at_medium_or_above(detectors: Detectors) -> None:
    check = check_sample("5", detectors)
    assert [f.rule_id for f in check.findings if f.severity.rank >= Severity.MEDIUM.rank] == []


def test_the_list_is_one_finding_with_a_count_not_one_per_cell(detectors: Detectors) -> None:
    check = check_sample("2", detectors)
    lists = [f for f in check.findings if f.category == "PII.LIST"]
    assert len(lists) == 1 and lists[0].count == 12 and lists[0].severity is Severity.HIGH


def test_a_name_in_a_tracked_deletion_is_found_and_said_to_be_hidden(detectors: Detectors) -> None:
    check = check_sample("3", detectors)
    assert any(f.category == "PII.ID" and f.hidden for f in check.findings)


def test_what_is_hidden_is_said_once_and_what_it_is_besides(detectors: Detectors) -> None:
    rules = [f.rule_id for f in check_sample("3", detectors).findings if f.severity is Severity.HIGH]
    assert sorted(rules) == ["hidden-content", "resident-id-number"]


def test_a_stopped_check_holds_nothing_of_the_file(detectors: Detectors) -> None:
    document, check = read_and_check(MARKED, "某局通知.txt", detectors)
    assert document is None and check.verdict.level is Level.STOP
    assert (check.document_sha256, check.characters, check.pages) == (None, None, None)
    assert all(f.span is None and not f.spans and not f.fingerprint for f in check.findings)
    assert not any(word in repr(check) for word in ("某局", "银杏", "白鹭"))


@pytest.mark.parametrize(("mode", "level"), [("flag", Level.BLOCK), ("stop", Level.STOP)])
def test_a_work_secret_mark_stops_only_where_the_installation_says_so(
    mode: str, level: Level, detectors: Detectors
) -> None:
    chosen = replace(detectors, policy=replace(detectors.policy, work_secret_mode=mode))
    document, check = read_and_check("内部资料 注意保存\n某项安排".encode(), "a.txt", chosen)
    assert check.verdict.level is level and (document is None) == (level is Level.STOP)


def test_the_same_bytes_give_the_same_check(detectors: Detectors) -> None:
    first, second = (check_sample("2", detectors) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"%PDF-1.4 broken", bytes(range(256)) * 40])
def test_what_cannot_be_read_is_never_clear(data: bytes, detectors: Detectors) -> None:
    check = read_and_check(data, "draft.docx", detectors)[1]
    assert check.gaps and not check.verdict.complete and check.verdict.level is not Level.CLEAR


def test_the_documented_python_call_takes_bytes_and_a_name() -> None:
    check = review.check("请联系身份证号348899195203176115。".encode(), "a.txt", today=TODAY, model=False)
    assert [f.category for f in check.findings if f.severity is Severity.HIGH] == ["PII.ID"]
