"""Every role × state × act: what is written in TRANSITIONS is what happens, and nothing else."""

from datetime import date

import pytest
from sqlalchemy import update

from review.casework import workflow
from review.casework.queries import get_case
from review.casework.tables import cases
from review.casework.transitions import OUTCOMES, REVIEWING, TRANSITIONS, Act, Need
from review.errors import NotAllowed, WorkflowError, WrongState
from review.types import CaseState, DispositionCode, Gap, GapReason, Outcome, Role
from tests.casework.case_builders import NOW, make_case, make_check, make_document, make_finding

GAP = Gap(GapReason.NO_OCR, "第1页", "扫描页")
LATER = date(2027, 11, 23)
PERSON = {
    Role.SUBMITTER: "clerk",
    Role.REVIEWER: "reviewer",
    Role.LEAD: "lead",
    Role.AUDITOR: "auditor",
    Role.ADMIN: "admin",
    Role.SECRECY: "secrecy",
    Role.RULES: "rules",
}


def put(store, case, state: CaseState, reviewer) -> None:
    """A case in any state without walking there: this test is about the next step only."""
    with store.writing() as transaction:
        transaction.connection.execute(
            update(cases).where(cases.c.id == case.id).values(state=state, reviewer_id=reviewer.id)
        )


def do(store, act: Act, actor, case) -> object:
    data, document = make_document("修改后的公示")
    calls = {
        Act.RESUBMIT: lambda: workflow.resubmit(
            store, actor, case.id, case.version, data, "a.txt", document, make_check(document), NOW
        ),
        Act.WITHDRAW: lambda: workflow.withdraw(store, actor, case.id, case.version, "标题有误", NOW),
        Act.CLAIM: lambda: workflow.claim(store, actor, case.id, case.version, NOW),
        Act.RELEASE: lambda: workflow.release(store, actor, case.id, case.version, NOW),
        Act.DISPOSE: lambda: workflow.dispose(store, actor, case.id, 1, 0, DispositionCode.REDACT, "", NOW),
        Act.ACKNOWLEDGE: lambda: workflow.acknowledge_gaps(store, actor, case.id, 1, "已看", NOW),
        Act.DECIDE: lambda: workflow.decide(store, actor, case.id, case.version, Outcome.ON_REQUEST, "", "依申请", NOW),
        Act.CORRECT: lambda: workflow.decide(
            store, actor, case.id, case.version, Outcome.ON_REQUEST, "", "更正：依申请", NOW
        ),
        Act.OPEN: lambda: workflow.open_draft(store, actor, case.id, 1, NOW),
    }
    return calls[act]()


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("role", Role)
def test_each_role_does_in_each_state_what_the_table_says(store, people, role, state) -> None:
    actor = getattr(people, PERSON[role])
    for act in Act:
        case = make_case(store, people.clerk, make_finding(), gaps=(GAP,))
        put(store, case, state, people.reviewer)
        case = get_case(store, people.lead, case.id).case
        transition = TRANSITIONS[act]
        shown = act in workflow.permitted(actor, case)
        # deciding a decided case is a correction, so the table's CORRECT speaks for DECIDE there and the reverse
        real = act
        if act in (Act.DECIDE, Act.CORRECT):
            real = Act.CORRECT if state is CaseState.DECIDED else Act.DECIDE
        expected = role in TRANSITIONS[real].roles and state in TRANSITIONS[real].states
        assert shown == (role in transition.roles and state in transition.states), (act, role, state)
        if not expected:
            with pytest.raises(NotAllowed if role not in TRANSITIONS[real].roles else WrongState):
                do(store, act, actor, case)
            assert get_case(store, people.lead, case.id).case == case
            continue
        do(store, act, actor, case)
        after = get_case(store, people.lead, case.id).case.state
        target = OUTCOMES[Outcome.ON_REQUEST].target if real in (Act.DECIDE, Act.CORRECT) else transition.target
        assert after is (target or state), (act, role, state)


@pytest.mark.parametrize("act", sorted(REVIEWING - {Act.CLAIM}))
def test_another_reviewers_case_is_left_alone_except_by_a_lead(store, people, act) -> None:
    state = CaseState.DECIDED if act is Act.CORRECT else CaseState.IN_REVIEW
    case = make_case(store, people.clerk, make_finding(), gaps=(GAP,))
    put(store, case, state, people.reviewer)
    with pytest.raises(NotAllowed, match="其他审查人"):
        do(store, act, people.second, case)
    assert act not in workflow.permitted(people.second, get_case(store, people.second, case.id).case)
    do(store, act, people.lead, case)


@pytest.mark.parametrize("act", [Act.RESUBMIT, Act.WITHDRAW, Act.OPEN])
def test_another_departments_case_is_left_alone(store, people, act) -> None:
    case = make_case(store, people.clerk, make_finding())
    with pytest.raises(NotAllowed, match="其他单位"):
        do(store, act, people.other_clerk, case)
    do(store, act, people.colleague, case)


DETAILS = {
    Need.UNTIL: {"until": LATER},
    Need.UNTIL_OR_CONDITION: {"condition": "开标以后"},
    Need.BODY: {"body": "区民政局"},
}
MISSING = {
    Need.OPINION: "审查意见",
    Need.REASON: "法定理由",
    Need.UNTIL: "复评日期",
    Need.UNTIL_OR_CONDITION: "日期或条件",
    Need.BODY: "对象",
}


def arguments(outcome: Outcome, without: Need | None = None) -> dict:
    needs = OUTCOMES[outcome].needs - {without}
    values: dict = {
        "reason_code": "4" if Need.REASON in needs else "",
        "opinion": "同意" if Need.OPINION in needs else "",
    }
    for need in needs & set(DETAILS):
        values.update(DETAILS[need])
    return values


def held(store, people, *findings, gaps=()):
    case = make_case(store, people.clerk, *findings, gaps=gaps)
    return workflow.claim(store, people.reviewer, case.id, case.version, NOW)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_with_all_it_needs_is_recorded(store, people, outcome) -> None:
    case = held(store, people)
    values = arguments(outcome)
    decision = workflow.decide(
        store,
        people.reviewer,
        case.id,
        case.version,
        outcome,
        values.pop("reason_code"),
        values.pop("opinion"),
        NOW,
        **values,
    )
    record = get_case(store, people.reviewer, case.id)
    assert record.decisions == (decision,)
    assert record.case.state is OUTCOMES[outcome].target
    assert (decision.reply_due is not None) == (OUTCOMES[outcome].reply_days > 0)


@pytest.mark.parametrize(
    ("outcome", "need"), [(o, n) for o in Outcome for n in sorted(OUTCOMES[o].needs) if n in MISSING]
)
def test_each_outcome_without_something_it_needs_is_refused(store, people, outcome, need) -> None:
    case = held(store, people)
    values = arguments(outcome, without=need)
    with pytest.raises(Exception, match=MISSING[need]) as caught:
        workflow.decide(
            store,
            people.reviewer,
            case.id,
            case.version,
            outcome,
            values.pop("reason_code"),
            values.pop("opinion"),
            NOW,
            **values,
        )
    assert caught.value.remedy_zh
    assert get_case(store, people.reviewer, case.id).decisions == ()


def test_a_ground_belongs_to_withholding_only(store, people) -> None:
    case = held(store, people)
    with pytest.raises(WorkflowError, match="不需要"):
        workflow.decide(store, people.reviewer, case.id, case.version, Outcome.ON_REQUEST, "4", "依申请", NOW)


def test_a_date_in_the_past_is_refused(store, people) -> None:
    case = held(store, people)
    with pytest.raises(WorkflowError, match="晚于今天"):
        workflow.decide(
            store, people.reviewer, case.id, case.version, Outcome.DEFER, "", "暂缓", NOW, until=date(2026, 11, 23)
        )


def test_an_unknown_outcome_is_no_outcome(store, people) -> None:
    case = held(store, people)
    with pytest.raises(ValueError):
        workflow.decide(store, people.reviewer, case.id, case.version, "APPROVE", "", "", NOW)
