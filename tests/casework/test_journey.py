"""One draft from upload to decision, and what everyone sees of it."""

from datetime import timedelta

from review.casework import audit
from review.casework.queries import get_case, list_events, list_queue, load_document, load_original, queue_figures
from review.casework.workflow import claim, decide, dispose, open_draft, resubmit
from review.types import CaseState, DispositionCode, Outcome, Severity
from tests.casework.case_builders import NOW, make_case, make_check, make_document, make_finding


def test_a_list_is_returned_resubmitted_and_approved(store, people) -> None:
    case = make_case(store, people.clerk, make_finding(fingerprint="f1"), make_finding(Severity.MEDIUM, "f2"))
    assert case.number == "2026-青山镇-0001"
    assert case.due_on.isoformat() == "2026-12-07"
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    open_draft(store, people.reviewer, case.id, 1, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.CONFIRMED, "", NOW)
    dispose(store, people.reviewer, case.id, 1, 1, DispositionCode.FALSE_ALARM, "办公电话", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请遮盖证件号码", NOW)
    returned = list_queue(store, people.clerk, scope="todo")[0].case
    assert returned.state is CaseState.RETURNED

    data, document = make_document("公示正文（已处理）")
    check = make_check(document, make_finding(Severity.MEDIUM, "f2"))
    case = resubmit(store, people.clerk, case.id, returned.version, data, "名单2.txt", document, check, NOW)
    line = list_queue(store, people.reviewer)[0]
    assert (line.case.drafts, line.undisposed, line.counts[Severity.MEDIUM]) == (2, 0, 1)
    assert queue_figures(store, people.reviewer, today=NOW.date()).returned == 1
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    later = NOW + timedelta(hours=3)
    decision = decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", later)

    record = get_case(store, people.auditor, case.id)
    assert record.case.state is CaseState.DECIDED
    assert [d.outcome for d in record.decisions] == [Outcome.RETURN, Outcome.PUBLISH]
    assert record.dispositions_of(2)[0].carried_from == 1
    assert record.events[-1].seq == decision.audit_seq == audit.head(store)[0]
    assert load_document(store, people.reviewer, case.id, 2) == document.__class__(
        **{**{f: getattr(document, f) for f in document.__slots__}, "name": "名单2.txt"}
    )
    assert load_original(store, people.clerk, case.id, 1) == "公示正文".encode()
    assert audit.verify(store).events == len(list_events(store, people.auditor))
    assert queue_figures(store, people.reviewer, today=NOW.date()).average_hours == 3.0
