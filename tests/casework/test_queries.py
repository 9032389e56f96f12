"""Who sees what, and that a long queue stays quick."""

import time
from datetime import date, timedelta

import pytest
from sqlalchemy import event, insert, select

from review.casework.accounts import disable_account
from review.casework.queries import (
    SCOPES,
    count_queue,
    get_case,
    list_departments,
    list_events,
    list_queue,
    list_stops,
    load_document,
    load_original,
    queue_figures,
)
from review.casework.tables import cases
from review.casework.workflow import claim, decide, dispose, record_stop
from review.errors import NotAllowed, UsageError
from review.types import DispositionCode, Outcome, Severity
from tests.casework.case_builders import NOW, make_case, make_check, make_finding

TODAY = date(2026, 11, 23)
SEES_ALL = ("reviewer", "second", "lead", "auditor")
SEES_OWN = ("clerk", "colleague")
SEES_NONE = ("other_clerk", "admin", "secrecy", "rules")


@pytest.mark.parametrize("person", SEES_ALL + SEES_OWN)
def test_who_may_see_a_case_sees_it_everywhere(store, people, person) -> None:
    actor = getattr(people, person)
    case = make_case(store, people.clerk, make_finding())
    assert get_case(store, actor, case.id).case == case
    assert [line.case for line in list_queue(store, actor, scope="all")] == [case]
    assert count_queue(store, actor, scope="all") == 1
    assert list_departments(store, actor) == ("青山镇",)
    assert list_events(store, actor, case_id=case.id)[0].label == "送审"


@pytest.mark.parametrize("person", SEES_NONE)
def test_who_may_not_see_a_case_sees_it_nowhere(store, people, person) -> None:
    actor = getattr(people, person)
    case = make_case(store, people.clerk, make_finding())
    with pytest.raises(NotAllowed):
        get_case(store, actor, case.id)
    for load in (load_document, load_original):
        with pytest.raises(NotAllowed):
            load(store, actor, case.id, 1)
    assert list_queue(store, actor, scope="all") == ()
    assert list_departments(store, actor) == ()
    if person != "secrecy":
        assert list_events(store, actor, case_id=case.id) == ()


def test_an_auditor_follows_the_steps_without_the_text(store, people) -> None:
    case = make_case(store, people.clerk)
    for load in (load_document, load_original):
        with pytest.raises(NotAllowed, match="不能打开"):
            load(store, people.auditor, case.id, 1)


def test_a_disabled_account_reads_no_more(store, people) -> None:
    case = make_case(store, people.clerk)
    disable_account(store, None, "reviewer")
    with pytest.raises(NotAllowed):
        get_case(store, people.reviewer, case.id)
    with pytest.raises(NotAllowed):
        list_queue(store, people.reviewer)


def test_a_case_or_draft_that_is_none_is_named(store, people) -> None:
    with pytest.raises(UsageError, match="事项"):
        get_case(store, people.reviewer, 99)
    case = make_case(store, people.clerk)
    with pytest.raises(UsageError, match="这一稿"):
        load_document(store, people.reviewer, case.id, 2)


def test_the_tabs_of_the_queue(store, people) -> None:
    waiting = make_case(store, people.clerk)
    mine = claim(store, people.reviewer, (c := make_case(store, people.clerk)).id, c.version, NOW)
    theirs = claim(store, people.second, (c := make_case(store, people.other_clerk)).id, c.version, NOW)
    back = claim(store, people.reviewer, (c := make_case(store, people.clerk)).id, c.version, NOW)
    decide(store, people.reviewer, back.id, back.version, Outcome.RETURN, "", "请修改", NOW)
    done = claim(store, people.reviewer, (c := make_case(store, people.clerk)).id, c.version, NOW)
    decide(store, people.reviewer, done.id, done.version, Outcome.PUBLISH, "", "", NOW)

    def tab(actor, scope: str, **more) -> set[int]:
        lines = list_queue(store, actor, scope=scope, **more)
        assert count_queue(store, actor, scope=scope, **more) == len(lines)
        return {line.case.id for line in lines}

    assert tab(people.reviewer, "todo") == {waiting.id, mine.id}
    assert tab(people.reviewer, "mine") == {mine.id, back.id}
    assert tab(people.reviewer, "done") == tab(people.clerk, "done") == {done.id}
    assert tab(people.reviewer, "all", department="白水镇") == {theirs.id}
    assert tab(people.clerk, "todo") == tab(people.clerk, "returned") == {back.id}
    assert tab(people.clerk, "all") == {waiting.id, mine.id, back.id, done.id}


def test_search_and_severity_narrow_the_queue(store, people) -> None:
    high = make_case(store, people.clerk, make_finding(Severity.HIGH))
    make_case(store, people.clerk, make_finding(Severity.LOW))
    assert [line.case.id for line in list_queue(store, people.reviewer, severity="high")] == [high.id]
    assert list_queue(store, people.reviewer, severity="gaps") == ()
    assert len(list_queue(store, people.reviewer, search="救助对象")) == 2
    assert len(list_queue(store, people.reviewer, search="青山镇-0001")) == 1
    assert len(list_queue(store, people.reviewer, search="〔2026〕8号")) == 2
    for trick in ("\ud800", "%", "_", "' OR 1=1 --", "\\"):
        assert list_queue(store, people.reviewer, search=trick) == ()


def test_the_clock_of_a_line(store, people) -> None:
    make_case(store, people.clerk)

    def line(today):
        (only,) = list_queue(store, people.reviewer, today=today)
        return only.working_days_left, only.legal_days_left, only.is_overdue

    assert line(TODAY) == (10, 15, False)
    assert line(date(2026, 12, 7)) == (0, 5, False)
    assert line(date(2026, 12, 8)) == (-1, 4, True)
    assert line(date(2026, 12, 15)) == (-6, -1, True)
    assert list_queue(store, people.reviewer, today=date(2027, 1, 4))[0].calendar_warning.startswith("工作日历缺失")


def test_the_five_figures(store, people) -> None:
    case = make_case(store, people.clerk, make_finding(Severity.HIGH))
    make_case(store, people.clerk)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.FALSE_ALARM, "样表", NOW)
    figures = queue_figures(store, people.reviewer, today=date(2026, 12, 7))
    assert (figures.waiting, figures.due_today, figures.severe, figures.average_hours) == (2, 2, 1, None)
    decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW + timedelta(minutes=90))
    figures = queue_figures(store, people.reviewer, today=TODAY)
    assert (figures.waiting, figures.due_today, figures.severe, figures.average_hours) == (1, 0, 0, 1.5)
    assert queue_figures(store, people.other_clerk, today=TODAY).waiting == 0


def test_administrators_see_account_events_only(store, people) -> None:
    make_case(store, people.clerk)
    check = make_check(None, make_finding(Severity.STOP))
    record_stop(store, people.clerk, check=check, size=1, suffix="", file_name="x", client="", now=NOW)
    actions = {line.event.action for line in list_events(store, people.admin)}
    assert actions == {"account-added", "signed-in", "password-changed"}
    assert {"stopped", "submitted"} <= {line.event.action for line in list_events(store, people.auditor)}
    assert {line.event.actor_id for line in list_events(store, people.rules)} == {people.rules.id}
    assert len(list_stops(store, people.auditor)) == 1


def test_events_are_filtered_and_paged(store, people) -> None:
    for n in range(5):
        make_case(store, people.clerk, text=f"第{n}号")
    first = list_events(store, people.auditor, action="submitted", limit=2)
    rest = list_events(store, people.auditor, action="submitted", before=first[-1].event.seq)
    assert [len(first), len(rest)] == [2, 3]
    assert first[0].event.seq > first[1].event.seq > rest[0].event.seq
    assert list_events(store, people.auditor, action="submitted", since=NOW + timedelta(seconds=1)) == ()
    assert len(list_events(store, people.auditor, actor_id=people.clerk.id, until=NOW, action="submitted")) == 0


def test_ten_thousand_cases_are_listed_quickly_and_in_few_statements(store, people) -> None:
    case = make_case(store, people.clerk, make_finding())
    with store.writing() as transaction:
        row = dict(transaction.connection.execute(select(cases).where(cases.c.id == case.id)).one()._mapping)
        rows = [{**row, "id": n, "number": f"2026-青山镇-{n:05d}"} for n in range(10, 10_010)]
        transaction.connection.execute(insert(cases), rows)
    statements: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    start = time.perf_counter()
    assert len(list_queue(store, people.reviewer, scope="todo", limit=50)) == 50
    queue_figures(store, people.reviewer)
    count_queue(store, people.reviewer, search="不存在")
    quick = time.perf_counter() - start
    assert len(list_queue(store, people.reviewer, scope="all")) == 10_001
    everything = time.perf_counter() - start - quick
    assert len([s for s in statements if s != "BEGIN"]) <= 10
    assert quick < 1.0, quick
    assert everything < 3.0, everything
    for scope in SCOPES:
        count_queue(store, people.clerk, scope=scope)


def test_time_spent_waiting_for_others_is_counted_apart(store, people) -> None:
    case = make_case(store, people.clerk)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.CONSULT_ORG, "", "请确认", NOW, body="区民政局")
    record = get_case(store, people.reviewer, case.id, today=date(2026, 11, 30))
    assert record.referred_days == 5
    assert record.decisions[0].reply_due == date(2026, 12, 14)
    later = NOW + timedelta(days=2)
    decide(store, people.reviewer, case.id, record.case.version, Outcome.PUBLISH, "", "", later)
    assert get_case(store, people.reviewer, case.id, today=date(2026, 11, 30)).referred_days == 2
