"""After a stop: nothing of the content is left, and only a secrecy officer, a second person, opens the way again."""

import pytest

from review.casework import audit
from review.casework.queries import get_case, list_stops, load_original
from review.casework.releases import list_open_stops
from review.casework.workflow import acknowledge_gaps, claim, decide, dispose, release_stop, resubmit, submit
from review.errors import NotAllowed, StoppedBySecrecyMark, UsageError, WorkflowError
from review.types import DispositionCode, Gap, GapReason, Outcome, Role
from tests.casework.case_builders import (
    NOW,
    make_actor,
    make_case,
    make_check,
    make_document,
    make_finding,
    make_submission,
)


def held(store, people):
    case = make_case(store, people.clerk)
    return claim(store, people.reviewer, case.id, case.version, NOW)


def test_after_a_stop_nothing_of_the_case_is_left_but_the_record_that_it_was_stopped(settings, store, people) -> None:
    text = "白鹭行动 电话13900001553"
    data, document = make_document(text)
    finding = make_finding(fingerprint="fp" * 16, notes=("注记",), layers=("digits",))
    gap = Gap(GapReason.NO_TEXT, "白鹭第2页", "白鹭")
    check = make_check(document, finding, gaps=(gap,))
    submission = make_submission("白鹭标题", channel="白鹭渠道", source="白鹭来源", submitter_note="白鹭说明")
    case = submit(store, people.clerk, submission, data, "白鹭.txt", document, check, NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.DOUBTFUL, "白鹭处置", NOW)
    acknowledge_gaps(store, people.reviewer, case.id, 1, "白鹭已看", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.CONSULT_ORG, "", "白鹭意见", NOW, body="白鹭机关")
    decide(store, people.reviewer, case.id, case.version + 1, Outcome.STOP_SECRET, "", "白鹭停止", NOW)
    traces = ["白鹭", "13900001553", "fp" * 16, "注记", document.sha256, '"characters":19']
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert [trace for trace in traces if trace.encode() in path.read_bytes()] == [], path.name
    record = get_case(store, people.reviewer, case.id)
    assert (record.newest.sha256, record.newest.size, record.case.channel) == ("", 0, "")
    [kept] = record.newest.check.findings
    assert (kept.rule_id, kept.span, kept.spans, kept.fingerprint) == (finding.rule_id, None, (), "")
    assert [decision.outcome for decision in record.decisions] == [Outcome.CONSULT_ORG, Outcome.STOP_SECRET]
    assert audit.verify(store)


def stopped_case(store, people):
    case = held(store, people)
    decide(store, people.reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请保密办认定", NOW)
    return get_case(store, people.lead, case.id).case


def test_a_stop_is_released_by_a_secrecy_officer_only_and_then_a_new_upload_may_come(store, people) -> None:
    case = stopped_case(store, people)
    data, document = make_document("公示正文")
    check = make_check(document)
    with pytest.raises(WorkflowError, match="尚未解除"):
        decide(store, people.lead, case.id, case.version, Outcome.RETURN, "", "核实不涉密", NOW)
    with pytest.raises(StoppedBySecrecyMark, match="尚未解除"):
        submit(store, people.other_clerk, make_submission(), data, "别名.txt", document, check, NOW)
    assert [stop.action for stop in list_stops(store, people.secrecy)] == ["refused", "purged"]
    for who in (people.reviewer, people.lead, people.clerk, people.admin, people.auditor):
        with pytest.raises(NotAllowed):
            release_stop(store, who, case.id, "经核实不属于国家秘密", NOW)
        assert list_open_stops(store, who) == ()
    with pytest.raises(UsageError):
        release_stop(store, people.secrecy, case.id, " ", NOW)
    assert [stop.case_id for stop in list_open_stops(store, people.secrecy)] == [case.id]
    assert release_stop(store, people.secrecy, case.id, "经核实不属于国家秘密，见保密办核实单", NOW)
    assert list_open_stops(store, people.secrecy) == ()
    with pytest.raises(WorkflowError):
        release_stop(store, people.secrecy, case.id, "再次", NOW)
    decide(store, people.lead, case.id, case.version, Outcome.RETURN, "", "保密员已解除", NOW)
    again = resubmit(store, people.clerk, case.id, case.version + 1, data, "名单.txt", document, check, NOW)
    assert again.drafts == 2 and load_original(store, people.clerk, case.id, 2) == data
    assert audit.verify(store)


def test_who_stopped_a_case_does_not_release_it(store, people) -> None:
    both = make_actor(store, "both", "保密办", Role.SECRECY, Role.LEAD)
    case = held(store, people)
    decide(store, both, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", NOW)
    with pytest.raises(NotAllowed, match="自己"):
        release_stop(store, both, case.id, "经核实不属于国家秘密", NOW)
    assert release_stop(store, people.secrecy, case.id, "经核实不属于国家秘密", NOW)


def test_a_case_that_lost_its_content_to_another_stop_takes_no_draft_before_the_release(store, people) -> None:
    other = make_case(store, people.other_clerk)
    case = stopped_case(store, people)
    data, document = make_document("改了一个字")
    with pytest.raises(WorkflowError, match="尚未解除"):
        resubmit(store, people.other_clerk, other.id, other.version, data, "a.txt", document, make_check(document), NOW)
    release_stop(store, people.secrecy, case.id, "经核实不属于国家秘密", NOW)
    assert resubmit(
        store, people.other_clerk, other.id, other.version, data, "a.txt", document, make_check(document), NOW
    )
    assert audit.verify(store)


def test_stopping_two_cases_one_after_the_other_touches_nothing_else(store, people) -> None:
    first, second = stopped_case(store, people), make_case(store, people.clerk, text="第二份")
    second = claim(store, people.reviewer, second.id, second.version, NOW)
    decide(store, people.reviewer, second.id, second.version, Outcome.STOP_SECRET, "", "请认定", NOW)
    events = [event.action for event in get_case(store, people.lead, first.id).events]
    assert events.count("purged") == 1
    decide(store, people.lead, first.id, first.version, Outcome.STOP_SECRET, "", "再次确认", NOW)
    assert [e.action for e in get_case(store, people.lead, second.id).events].count("purged") == 1
    assert audit.verify(store)
