"""Words typed by hand are checked like a draft: a formal mark is refused before anything is stored, and recorded."""

from dataclasses import replace

import pytest

from review.casework import audit
from review.casework.queries import get_case, list_queue, list_stops
from review.casework.workflow import acknowledge_gaps, claim, decide, dispose, record_stop, resubmit, submit, withdraw
from review.errors import StoppedBySecrecyMark
from review.types import DispositionCode, Gap, GapReason, Level, Outcome, Severity, Verdict
from tests.casework.case_builders import NOW, make_case, make_check, make_document, make_finding, make_submission

MARK = "机密★5年 某某白鹭方案"
GAP = Gap(GapReason.NO_TEXT, "第2页")


def assert_nothing_is_kept(store, people, *, of: str = "白鹭") -> None:
    for path in store.settings.home.rglob("*"):
        assert not path.is_file() or of.encode() not in path.read_bytes(), path.name
    [stop] = list_stops(store, people.secrecy)
    assert (stop.action, stop.suffix, stop.size) == ("refused", "", 0)
    assert stop.rules == ("secret-mark-star",) and len(stop.places) == 1
    audit.verify(store)


@pytest.mark.parametrize("field", ["title", "document_number", "channel", "source", "openness", "submitter_note"])
def test_a_mark_in_any_field_of_a_submission_is_refused_and_recorded(store, people, field) -> None:
    data, document = make_document("公示正文")
    more = {field: MARK[:30]}
    submission = make_submission(**more) if field == "title" else make_submission("公示", **more)
    with pytest.raises(StoppedBySecrecyMark, match="没有保存，已登记事件 SJ-2026-0001") as caught:
        submit(store, people.clerk, submission, data, "名单.txt", document, make_check(document), NOW)
    assert "白鹭" not in f"{caught.value.message_zh}{caught.value.remedy_zh}{caught.value}"
    assert list_queue(store, people.clerk, scope="all") == ()
    assert_nothing_is_kept(store, people)


def test_a_mark_in_a_file_name_or_a_number_of_a_secret_series_is_refused(store, people) -> None:
    data, document = make_document("公示正文")
    check = make_check(document)
    with pytest.raises(StoppedBySecrecyMark, match="文件名"):
        submit(store, people.clerk, make_submission(), data, "机密★5年白鹭.txt", document, check, NOW)
    with pytest.raises(StoppedBySecrecyMark, match="文号"):
        submission = make_submission(document_number="青密发〔2026〕3号")
        submit(store, people.clerk, submission, data, "名单.txt", document, check, NOW)
    assert list_queue(store, people.clerk, scope="all") == ()


def test_a_mark_in_a_corrected_title_is_refused(store, people) -> None:
    case = make_case(store, people.clerk)
    data, document = make_document("改后")
    with pytest.raises(StoppedBySecrecyMark):
        resubmit(
            store,
            people.clerk,
            case.id,
            case.version,
            data,
            "名单.txt",
            document,
            make_check(document),
            NOW,
            submission=make_submission(MARK),
        )
    assert get_case(store, people.clerk, case.id).case.drafts == 1
    assert_nothing_is_kept(store, people)


@pytest.mark.parametrize("act", ["opinion", "condition", "body", "note", "gaps", "withdrawal"])
def test_a_mark_in_the_words_of_a_reviewer_or_a_clerk_is_refused(store, people, act) -> None:
    case = make_case(store, people.clerk, make_finding(), gaps=(GAP,))
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    who, at = people.reviewer, (case.id, case.version)
    acts = {
        "opinion": lambda: decide(store, who, *at, Outcome.RETURN, "", MARK, NOW),
        "condition": lambda: decide(store, who, *at, Outcome.DEFER, "", "暂缓", NOW, condition=MARK),
        "body": lambda: decide(store, who, *at, Outcome.REFER, "", "请定", NOW, body=MARK),
        "note": lambda: dispose(store, who, case.id, 1, 0, DispositionCode.DOUBTFUL, MARK, NOW),
        "gaps": lambda: acknowledge_gaps(store, who, case.id, 1, MARK, NOW),
        "withdrawal": lambda: withdraw(store, people.clerk, *at, MARK, NOW),
    }
    with pytest.raises(StoppedBySecrecyMark):
        acts[act]()
    record = get_case(store, people.lead, case.id)
    assert (record.case.version, record.decisions, record.dispositions) == (case.version, (), ())
    assert_nothing_is_kept(store, people)


@pytest.mark.parametrize(
    "opinion",
    [
        "首页左上角有密级标志，请保密办认定。",
        "文中引用了涉密文件的文号，请删除后重报。",
        "不属于国家秘密，保密期限已满，同意公开。",
        "请按《保密法》核实，密级字段为空。",
    ],
)
def test_ordinary_words_about_secrecy_are_stored(store, people, opinion) -> None:
    case = make_case(store, people.clerk)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    assert decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", opinion, NOW).opinion == opinion


def test_a_work_secret_that_stops_names_its_rule_and_place(store, people) -> None:
    finding = make_finding(Severity.HIGH, rule_id="work-secret-mark", category="WRK.MARK", span=None, spans=())
    check = make_check(None, finding)
    check = replace(check, verdict=Verdict(Level.STOP, True))
    record_stop(store, people.clerk, check=check, size=1, suffix=".txt", file_name="x", client="", now=NOW)
    [stop] = list_stops(store, people.secrecy)
    assert (stop.rules, stop.places) == (("work-secret-mark",), ("body",))


def test_a_mark_that_only_a_trial_rule_sees_stops_nothing(store, people) -> None:
    data, document = make_document("公示正文")
    check = make_check(document)
    check = replace(check, findings=(make_finding(Severity.STOP, trial=True),))
    case = submit(store, people.clerk, make_submission(), data, "名单.txt", document, check, NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    assert decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW)
