"""What may not happen to a case: publishing too early, by the wrong person, twice, or after a stop."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, insert, select, text

from review.casework import audit
from review.casework.queries import get_case, list_stops, load_document, load_original, load_redacted
from review.casework.store import open_store
from review.casework.tables import removals
from review.casework.workflow import (
    RedactedCopy,
    acknowledge_gaps,
    claim,
    decide,
    declare,
    dispose,
    issue_form,
    open_draft,
    record_stop,
    release,
    resubmit,
    submit,
    withdraw,
)
from review.errors import Conflict, NotAllowed, StoppedBySecrecyMark, UsageError, WorkflowError, WrongState
from review.types import CaseState, DispositionCode, Gap, GapReason, Outcome, Role, Severity, Zone
from tests.casework.case_builders import (
    CHEAP,
    NOW,
    make_actor,
    make_case,
    make_check,
    make_document,
    make_finding,
    make_submission,
)

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
GAP = Gap(GapReason.ENCRYPTED, "附件2.zip › 名单.xls", "有密码")
FALSE_ALARM, DOUBTFUL = DispositionCode.FALSE_ALARM, DispositionCode.DOUBTFUL
CONFIRMED, REDACT = DispositionCode.CONFIRMED, DispositionCode.REDACT


def held(store, people, *findings, gaps=()):
    case = make_case(store, people.clerk, *findings, gaps=gaps)
    return claim(store, people.reviewer, case.id, case.version, NOW)


def publish(store, people, case, **more):
    return decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW, **more)


# --------------------------------------------------------------------------------------------------------- publication


@pytest.mark.parametrize("severity", [MEDIUM, HIGH])
def test_nothing_is_published_with_an_undisposed_finding(store, people, severity) -> None:
    case = held(store, people, make_finding(severity), make_finding(LOW), make_finding(HIGH, trial=True))
    with pytest.raises(WorkflowError, match="还有 1 处问题未处置"):
        publish(store, people, case)
    dispose(store, people.reviewer, case.id, 1, 0, FALSE_ALARM, "办公电话", NOW)
    assert publish(store, people, case).outcome is Outcome.PUBLISH


@pytest.mark.parametrize("code", [CONFIRMED, REDACT, DOUBTFUL])
def test_nothing_is_published_that_must_still_be_dealt_with(store, people, code) -> None:
    case = held(store, people, make_finding(HIGH))
    dispose(store, people.reviewer, case.id, 1, 0, code, "说明", NOW)
    with pytest.raises(WorkflowError, match="不能同意公开"):
        publish(store, people, case)
    with pytest.raises(WorkflowError, match="不能公开"):
        decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH_REDACTED, "", "区分处理", NOW)


@pytest.mark.parametrize("outcome", [Outcome.PUBLISH, Outcome.PUBLISH_REDACTED])
def test_nothing_is_published_that_nobody_looked_at(store, people, outcome) -> None:
    case = held(store, people, gaps=(GAP,))
    with pytest.raises(WorkflowError, match="未能检查"):
        decide(store, people.reviewer, case.id, case.version, outcome, "", "公开", NOW)
    acknowledge_gaps(store, people.reviewer, case.id, 1, "索取密码后逐页查看", NOW)
    assert decide(store, people.reviewer, case.id, case.version, outcome, "", "公开", NOW)


def test_an_incomplete_check_without_a_named_gap_blocks_too(store, people) -> None:
    data, document = make_document("公示")
    check = make_check(document)
    check = replace(check, verdict=replace(check.verdict, complete=False))
    case = submit(store, people.clerk, make_submission(), data, "a.txt", document, check, NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    with pytest.raises(WorkflowError, match="未能检查"):
        publish(store, people, case)


def test_there_is_nothing_to_acknowledge_in_a_complete_check(store, people) -> None:
    case = held(store, people)
    with pytest.raises(WorkflowError, match="无须确认"):
        acknowledge_gaps(store, people.reviewer, case.id, 1, "已看", NOW)


def test_nobody_reviews_what_they_submitted(store, people) -> None:
    both = make_actor(store, "both", "青山镇", Role.SUBMITTER, Role.REVIEWER, Role.LEAD)
    own = make_case(store, both)
    with pytest.raises(NotAllowed, match="自己送审"):
        claim(store, both, own.id, own.version, NOW)
    case = held(store, people)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请修改", NOW)
    data, document = make_document("第二稿")
    case = get_case(store, both, case.id).case
    case = resubmit(store, both, case.id, case.version, data, "b.txt", document, make_check(document), NOW)
    with pytest.raises(NotAllowed, match="自己送审"):
        claim(store, both, case.id, case.version, NOW)


# ------------------------------------------------------------------------------------------------------- redacted copies


def redacted_copy(*findings, text="公示（已遮盖）", gaps=()) -> RedactedCopy:
    data, document = make_document(text, gaps=gaps)
    return RedactedCopy(data, "公示（脱敏）.txt", document, make_check(document, *findings, gaps=gaps))


def test_a_checked_redacted_copy_is_approved_and_kept(store, people) -> None:
    case = held(store, people, make_finding(HIGH, "id"), make_finding(MEDIUM, "office"))
    dispose(store, people.reviewer, case.id, 1, 0, REDACT, "", NOW)
    dispose(store, people.reviewer, case.id, 1, 1, FALSE_ALARM, "办公电话", NOW)
    copy = redacted_copy(make_finding(MEDIUM, "office"))
    decision = decide(
        store, people.reviewer, case.id, case.version, Outcome.PUBLISH_REDACTED, "", "遮盖号码", NOW, redacted=copy
    )
    assert load_redacted(store, people.clerk, case.id, decision.id) == ("公示（脱敏）.txt", copy.data)
    assert load_original(store, people.clerk, case.id, 1) != copy.data


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        (redacted_copy(make_finding(HIGH, "id")), "仍有 1 处"),
        (redacted_copy(make_finding(MEDIUM, "")), "仍有 1 处"),
        (redacted_copy(gaps=(GAP,)), "未能完整检查"),
        (replace(redacted_copy(), data=b"other bytes"), "不对应"),
    ],
)
def test_a_leaking_redacted_copy_is_refused(store, people, copy, words) -> None:
    case = held(store, people, make_finding(HIGH, "id"))
    dispose(store, people.reviewer, case.id, 1, 0, REDACT, "", NOW)
    with pytest.raises(WorkflowError, match=words):
        decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH_REDACTED, "", "遮盖", NOW, redacted=copy)
    assert get_case(store, people.reviewer, case.id).decisions == ()


# ---------------------------------------------------------------------------------------------------------- dispositions


@pytest.mark.parametrize("code", [FALSE_ALARM, DOUBTFUL])
def test_a_false_alarm_and_a_doubt_need_a_note(store, people, code) -> None:
    case = held(store, people, make_finding())
    with pytest.raises(UsageError, match="处置说明"):
        dispose(store, people.reviewer, case.id, 1, 0, code, " ", NOW)


@pytest.mark.parametrize("finding", [1, -1, (), (0, 5)])
def test_a_finding_that_is_none_cannot_be_disposed(store, people, finding) -> None:
    case = held(store, people, make_finding())
    with pytest.raises(UsageError):
        dispose(store, people.reviewer, case.id, 1, finding, CONFIRMED, "", NOW)
    assert get_case(store, people.reviewer, case.id).dispositions == ()


def test_many_findings_are_disposed_at_once_and_the_newest_word_counts(store, people) -> None:
    case = held(store, people, *(make_finding(MEDIUM) for _ in range(5)))
    assert len(dispose(store, people.reviewer, case.id, 1, range(5), FALSE_ALARM, "样表号码", NOW)) == 5
    dispose(store, people.reviewer, case.id, 1, 3, CONFIRMED, "", NOW)
    record = get_case(store, people.reviewer, case.id)
    assert [record.dispositions_of(1)[n].code for n in (2, 3)] == [FALSE_ALARM, CONFIRMED]
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM dispositions")).scalar() == 6


def test_an_older_draft_is_not_disposed_any_more(store, people) -> None:
    case = held(store, people, make_finding())
    release(store, people.reviewer, case.id, case.version, NOW)
    data, document = make_document("第二稿")
    case = get_case(store, people.clerk, case.id).case
    case = resubmit(store, people.clerk, case.id, case.version, data, "b.txt", document, make_check(document), NOW)
    claim(store, people.reviewer, case.id, case.version, NOW)
    with pytest.raises(Conflict, match="第2稿"):
        dispose(store, people.reviewer, case.id, 1, 0, CONFIRMED, "", NOW)


@pytest.mark.parametrize(
    ("old", "new", "is_carried"),
    [
        ((make_finding(HIGH, "a"),), make_finding(HIGH, "a"), True),
        ((make_finding(HIGH, "a"),), make_finding(MEDIUM, "a"), True),
        ((make_finding(HIGH, "a"),), make_finding(HIGH, "b"), False),
        ((make_finding(HIGH, ""),), make_finding(HIGH, ""), False),
        ((make_finding(MEDIUM, "a"),), make_finding(HIGH, "a"), False),
        ((make_finding(HIGH, "a"),), make_finding(HIGH, "a", hidden=True), False),
        ((make_finding(HIGH, "a"),), make_finding(HIGH, "a", rule_id="mobile-number"), False),
        ((make_finding(HIGH, "a", count=2),), make_finding(HIGH, "a", count=3), False),
    ],
)
def test_a_disposition_is_carried_over_to_the_same_match_only(store, people, old, new, is_carried) -> None:
    case = held(store, people, *old)
    dispose(store, people.reviewer, case.id, 1, range(len(old)), FALSE_ALARM, "办公电话", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请修改", NOW)
    case = get_case(store, people.clerk, case.id).case
    data, document = make_document("第二稿")
    resubmit(store, people.clerk, case.id, case.version, data, "b.txt", document, make_check(document, new), NOW)
    carried = get_case(store, people.clerk, case.id).dispositions_of(2)
    assert (0 in carried) == is_carried
    if is_carried:
        assert (carried[0].carried_from, carried[0].actor_id) == (1, people.reviewer.id)


def test_contradicting_dispositions_are_not_carried_over(store, people) -> None:
    case = held(store, people, make_finding(HIGH, "a"), make_finding(HIGH, "a"))
    dispose(store, people.reviewer, case.id, 1, 0, FALSE_ALARM, "办公电话", NOW)
    dispose(store, people.reviewer, case.id, 1, 1, CONFIRMED, "", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请修改", NOW)
    case = get_case(store, people.clerk, case.id).case
    data, document = make_document("第二稿")
    check = make_check(document, make_finding(HIGH, "a"))
    resubmit(store, people.clerk, case.id, case.version, data, "b.txt", document, check, NOW)
    assert get_case(store, people.clerk, case.id).dispositions_of(2) == {}


# ------------------------------------------------------------------------------------------------------------ collisions


def test_of_two_reviewers_at_once_one_gets_a_conflict(store, people) -> None:
    case = make_case(store, people.clerk)
    results: list[str] = []
    gate = threading.Barrier(2)

    def work(actor) -> None:
        gate.wait()
        try:
            claim(store, actor, case.id, case.version, NOW)
            results.append(actor.id)
        except Conflict:
            results.append("conflict")

    threads = [threading.Thread(target=work, args=(actor,)) for actor in (people.reviewer, people.second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=lambda r: r == "conflict")[1] == "conflict"
    assert get_case(store, people.lead, case.id).case.reviewer_id == min(results, key=lambda r: r == "conflict")
    audit.verify(store)


def test_a_decision_on_a_stale_page_is_a_conflict(store, people) -> None:
    case = held(store, people)
    decide(store, people.lead, case.id, case.version, Outcome.ON_REQUEST, "", "依申请公开", NOW)
    with pytest.raises(Conflict) as caught:
        publish(store, people, case)
    assert "刷新" in caught.value.remedy_zh
    assert len(get_case(store, people.lead, case.id).decisions) == 1


def test_a_correction_is_a_further_decision_and_needs_a_reason(store, people) -> None:
    case = held(store, people)
    first = publish(store, people, case)
    case = get_case(store, people.reviewer, case.id).case
    with pytest.raises(WorkflowError, match="更正"):
        publish(store, people, case)
    second = decide(
        store, people.reviewer, case.id, case.version, Outcome.DEFER, "", "公示期未到", NOW, until=date(2026, 12, 31)
    )
    assert get_case(store, people.reviewer, case.id).decisions == (first, second)


# ------------------------------------------------------------------------------------------------------------ submitting


@pytest.mark.parametrize(
    ("change", "words"),
    [({"title": " "}, "标题"), ({"channel": ""}, "渠道"), ({"title": "长" * 301}, "过长")],
)
def test_an_incomplete_submission_is_refused(store, people, change, words) -> None:
    data, document = make_document("公示")
    submission = replace(make_submission(), **change)
    with pytest.raises(UsageError, match=words):
        submit(store, people.clerk, submission, data, "a.txt", document, make_check(document), NOW)


def test_a_check_of_another_file_is_refused(store, people) -> None:
    _, document = make_document("公示")
    with pytest.raises(WorkflowError, match="不对应"):
        submit(store, people.clerk, make_submission(), b"other", "a.txt", document, make_check(document), NOW)


def test_only_the_last_part_of_a_file_name_is_kept(store, people) -> None:
    data, document = make_document("公示")
    names = {"C:\\用户\\王\\名单.docx": "名单.docx", "../../etc/名单.docx": "名单.docx", "a\0b.docx": "ab.docx"}
    for given, kept in names.items():
        case = submit(store, people.clerk, make_submission(), data, given, document, make_check(document), NOW)
        assert get_case(store, people.clerk, case.id).newest.file_name == kept


def test_case_numbers_run_by_department_and_year(store, people) -> None:
    numbers = [make_case(store, actor).number for actor in (people.clerk, people.other_clerk, people.colleague)]
    assert numbers == ["2026-青山镇-0001", "2026-白水镇-0001", "2026-青山镇-0002"]
    data, document = make_document("公示")
    later = NOW + timedelta(days=60)
    case = submit(store, people.clerk, make_submission(), data, "a.txt", document, make_check(document), later)
    assert case.number == "2027-青山镇-0001"


def test_without_a_date_of_formation_no_clock_runs(store, people) -> None:
    data, document = make_document("公示")
    submission = make_submission(formed_on=None)
    case = submit(store, people.clerk, submission, data, "a.txt", document, make_check(document), NOW)
    assert case.due_on is None


def test_particulars_are_corrected_with_a_further_draft(store, people) -> None:
    case = held(store, people)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请补文号、更正成文日期", NOW)
    case = get_case(store, people.clerk, case.id).case
    data, document = make_document("第二稿")
    corrected = make_submission("更正后的标题", document_number="青民〔2026〕9号", formed_on=date(2026, 11, 20))
    check = make_check(document)
    arguments = (store, people.clerk, case.id, case.version, data, "b.txt", document, check, NOW)
    with pytest.raises(UsageError, match="标题"):
        resubmit(*arguments, submission=replace(corrected, title=""))
    case = resubmit(*arguments, submission=corrected)
    assert (case.title, case.document_number, case.due_on) == ("更正后的标题", "青民〔2026〕9号", date(2026, 12, 11))
    assert case.number == "2026-青山镇-0001"


def test_a_withdrawn_case_takes_no_further_step(store, people) -> None:
    case = make_case(store, people.clerk)
    with pytest.raises(UsageError, match="撤回原因"):
        withdraw(store, people.clerk, case.id, case.version, "", NOW)
    case = withdraw(store, people.colleague, case.id, case.version, "标题有误", NOW)
    assert case.state is CaseState.WITHDRAWN
    with pytest.raises(WrongState):
        claim(store, people.reviewer, case.id, case.version, NOW)


def test_a_case_that_is_none_is_named(store, people) -> None:
    with pytest.raises(UsageError, match="没有这一事项"):
        claim(store, people.reviewer, 4711, 1, NOW)


# -------------------------------------------------------------------------------------------------------------- stopping


def test_a_stopped_upload_leaves_an_event_without_content(settings, store, people) -> None:
    data, document = make_document("不应保存的内容")
    check = make_check(document, make_finding(Severity.STOP))
    with pytest.raises(StoppedBySecrecyMark):
        submit(store, people.clerk, make_submission(), data, "不应保存的名字.docx", document, check, NOW)
    check = make_check(None, make_finding(Severity.STOP), make_finding(Severity.STOP, place=Zone.FILE_NAME))
    number = record_stop(
        store,
        people.clerk,
        check=check,
        size=len(data),
        suffix=".DOCX",
        file_name="不应保存的名字.docx",
        client="10.0.0.5",
        now=NOW,
    )
    assert number == "SJ-2026-0001"
    (event,) = list_stops(store, people.secrecy)
    assert (event.suffix, event.size, event.action) == (".docx", len(data), "refused")
    assert set(event.places) == {"first_page_top", "file_name"}
    assert list_stops(store, people.other_clerk) == ()
    store.close()
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert "不应保存".encode() not in path.read_bytes()


@pytest.mark.parametrize("suffix", [".机密文件", "." + "x" * 40, "../..", ""])
def test_a_suffix_that_could_be_words_is_not_kept(store, people, suffix) -> None:
    check = make_check(None, make_finding(Severity.STOP))
    record_stop(store, people.clerk, check=check, size=1, suffix=suffix, file_name="x", client="", now=NOW)
    kept = list_stops(store, people.clerk)[0].suffix
    assert kept.isascii() and len(kept) <= 12 and "/" not in kept


def test_stopping_is_recorded_only_for_a_stop(store, people) -> None:
    _, document = make_document("公示")
    with pytest.raises(WorkflowError):
        record_stop(
            store, people.clerk, check=make_check(document), size=1, suffix="", file_name="x", client="", now=NOW
        )


def test_a_case_stopped_by_a_person_keeps_its_record_and_loses_its_content(settings, store, people) -> None:
    data, document = make_document("留不得的正文", gaps=(replace(GAP, locator="留不得的附件.zip"),))
    submission = make_submission("留不得的标题", submitter_note="留不得的说明")
    check = make_check(document, gaps=document.gaps)
    case = submit(store, people.clerk, submission, data, "留不得的名字.txt", document, check, NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请保密办认定", NOW)
    record = get_case(store, people.reviewer, case.id)
    assert (record.case.state, record.newest.file_name) == (CaseState.DECIDED, "")
    assert list_stops(store, people.secrecy)[0].action == "purged"
    for load in (load_document, load_original):
        with pytest.raises(UsageError, match="清除"):
            load(store, people.reviewer, case.id, 1)
    with pytest.raises(WorkflowError, match="清除"):
        decide(store, people.lead, case.id, record.case.version, Outcome.PUBLISH, "", "更正", NOW)
    audit.verify(store)
    assert [p for p in (settings.home / "files").rglob("*") if p.is_file()] == []
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert "留不得".encode() not in path.read_bytes(), path.name


def test_stopping_a_case_takes_the_same_file_out_of_every_case(store, people) -> None:
    other = make_case(store, people.other_clerk)
    unrelated = make_case(store, people.clerk, text="另一份文稿")
    case = held(store, people)
    decide(store, people.reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请保密办认定", NOW)
    with pytest.raises(UsageError, match="清除"):
        load_original(store, people.other_clerk, other.id, 1)
    other = claim(store, people.reviewer, other.id, other.version, NOW)
    with pytest.raises(WorkflowError, match="清除"):
        publish(store, people, other)
    assert decide(store, people.reviewer, other.id, other.version, Outcome.RETURN, "", "请报告保密办", NOW)
    assert load_original(store, people.clerk, unrelated.id, 1)
    assert [e.action for e in get_case(store, people.lead, other.id).events].count("purged") == 1


def test_what_a_reader_keeps_in_the_journal_is_removed_at_the_next_start(settings, store, people) -> None:
    data, document = make_document("正文")
    submission = make_submission("留不得的标题")
    case = submit(store, people.clerk, submission, data, "a.txt", document, make_check(document), NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    store._engine.dispose()
    event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    with store.reading() as connection:
        connection.execute(select(removals)).all()
        decide(store, people.reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请保密办认定", NOW)
    open_store(settings, CHEAP).close()
    store.close()
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert "留不得".encode() not in path.read_bytes(), path.name


def test_a_removal_that_a_crash_cut_off_is_made_up_for_at_the_next_start(settings, store) -> None:
    name = store.vault.put(b"of a stopped case")
    with store.writing() as transaction:
        transaction.connection.execute(insert(removals).values(vault_file=name))
    open_store(settings, CHEAP).close()
    assert not store.vault.holds(name)


# --------------------------------------------------------------------------------------------------------------- opening


def test_opening_a_draft_and_printing_a_form_are_recorded(store, people) -> None:
    case = make_case(store, people.clerk)
    open_draft(store, people.reviewer, case.id, 1, NOW)
    open_draft(store, people.reviewer, case.id, 1, NOW, is_original=True)
    head = issue_form(store, people.auditor, case.id, NOW)
    events = get_case(store, people.auditor, case.id).events
    assert [event.action for event in events[1:]] == ["draft-opened", "original-opened", "form-printed"]
    assert head == audit.head(store) == (events[-1].seq, events[-1].hash)
    with pytest.raises(NotAllowed):
        issue_form(store, people.other_clerk, case.id, NOW)
    with pytest.raises(UsageError, match="这一稿"):
        open_draft(store, people.reviewer, case.id, 9, NOW)


def test_the_declaration_before_an_upload_is_on_record_and_says_who(store, people) -> None:
    declare(store, people.clerk, "10.0.0.7", NOW)
    with store.reading() as connection:
        row = connection.exec_driver_sql("select actor_id, action, payload from audit_events order by seq desc").first()
    assert row is not None and (row.actor_id, row.action) == (people.clerk.id, "declared")
    assert row.payload == '{"client":"10.0.0.7"}'
