"""Decisions: what each outcome needs, and the record of who decided what on which draft."""

import hashlib
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from review.casework import audit
from review.casework.acts import (
    change_case,
    clean_file_name,
    clean_text,
    current_dispositions,
    key_of,
    read_case,
    read_draft,
    require_act,
)
from review.casework.calendar import load_calendar, local_day
from review.casework.evidence import seal, seal_words
from review.casework.readiness import RedactedCopy, require_gaps_seen, require_redacted, require_settled
from review.casework.records import check_json, date_text, time_text
from review.casework.releases import require_released
from review.casework.stops import purge_case, refuse_marks
from review.casework.store import Store, Transaction
from review.casework.tables import acknowledgements, decisions, drafts, redacted_copies
from review.casework.transitions import OUTCOMES, WITHHOLDING_REASONS, Act, Need, OutcomeRule
from review.casework.wording import Words
from review.errors import WorkflowError
from review.types import Actor, Case, CaseState, Decision, Draft, Outcome, Zone

#: Outcomes that can be decided on a draft whose content was purged, here or in another case with the same file.
_WITHOUT_CONTENT = frozenset({Outcome.STOP_SECRET, Outcome.RETURN})


def decide(
    store: Store,
    actor: Actor,
    case_id: int,
    version: int,
    outcome: Outcome | str,
    reason_code: str,
    opinion: str,
    now: datetime,
    *,
    until: date | None = None,
    condition: str = "",
    body: str = "",
    reply_due: date | None = None,
    redacted: RedactedCopy | None = None,
) -> Decision:
    """A person's decision on the newest draft; on a decided case a further one, the correction.

    ``until``: re-review date (WITHHOLD) or end of the delay (DEFER, unless ``condition`` says it); ``body``: who is asked
    (CONSULT_…, REFER), answering by ``reply_due`` or the default days of OUTCOMES; ``redacted``: the checked redacted copy.
    WorkflowError says in Chinese what is still missing; Conflict when the case was changed meanwhile.
    """
    outcome = Outcome(outcome)
    rule = OUTCOMES[outcome]
    opinion = clean_text(opinion, "审查意见", is_needed=Need.OPINION in rule.needs)
    condition, body = clean_text(condition, "暂缓条件"), clean_text(body, "征求意见或提请确定的对象")
    _require_details(rule, reason_code, until, condition, body, local_day(now))
    typed = (Words("审查意见", opinion), Words("暂缓条件", condition), Words("征求意见或提请确定的对象", body))
    named = (Words("脱敏稿文件名", redacted.file_name, Zone.FILE_NAME),) if redacted else ()
    refuse_marks(store, actor, now, *typed, *named)
    if rule.reply_days and reply_due is None:
        reply_due = load_calendar().add(local_day(now), rule.reply_days)
    with store.reading() as connection:
        _require_decision(connection, actor, case_id, version, outcome, opinion)
    copy = redacted if Need.REDACTED in rule.needs else None
    vault_file = store.vault.put(copy.data) if copy else ""
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = _require_decision(connection, actor, case_id, version, outcome, opinion)
        draft = read_draft(connection, case_id, case.drafts)
        _require_readiness(connection, rule, draft, copy)
        decision = Decision(
            id=0,
            case_id=case_id,
            draft=draft.number,
            outcome=outcome,
            reason_code=reason_code,
            opinion=opinion,
            actor_id=actor.id,
            actor_name=actor.name,
            at=now,
            audit_seq=0,
            until=until,
            condition=condition,
            body=body,
            reply_due=reply_due,
        )
        decision = _insert_decision(store, transaction, case, draft, decision, copy)
        if copy:
            _insert_redacted(store, connection, decision, copy, vault_file)
        decided_at = time_text(now) if rule.target is CaseState.DECIDED else None
        change_case(connection, case, now, state=rule.target, decided_at=decided_at)
        if outcome is Outcome.STOP_SECRET:
            purge_case(store, transaction, actor, case, now)
    if outcome is Outcome.STOP_SECRET:
        store.forget()
        return replace(decision, opinion="", condition="", body="")  # as it is on record after the purge
    return decision


def _require_decision(
    connection: Connection, actor: Actor, case_id: int, version: int, outcome: Outcome, opinion: str
) -> tuple[Actor, Case]:
    case = read_case(connection, case_id)
    act = Act.CORRECT if case.state is CaseState.DECIDED else Act.DECIDE
    actor, case = require_act(connection, act, actor, case_id, version)
    if act is Act.CORRECT and not opinion:
        raise WorkflowError("更正结论须写明理由。", "请在审查意见中写明更正的原因和依据。")
    if outcome not in _WITHOUT_CONTENT and not connection.scalar(
        select(drafts.c.original_file).where(drafts.c.case_id == case_id, drafts.c.number == case.drafts)
    ):
        raise WorkflowError("文稿内容已按停止处理清除，不能作这一结论。", "经保密部门核实不涉密的，请退回后重新送审。")
    if act is Act.CORRECT and outcome is not Outcome.STOP_SECRET:
        require_released(connection, case_id)
    return actor, case


def _require_details(
    rule: OutcomeRule, reason_code: str, until: date | None, condition: str, body: str, today: date
) -> None:
    if Need.REASON in rule.needs and reason_code not in WITHHOLDING_REASONS:
        raise WorkflowError(
            "不予公开须选定法定理由。", f"请从八项理由中选择：{'；'.join(WITHHOLDING_REASONS.values())}。"
        )
    if Need.REASON not in rule.needs and reason_code:
        raise WorkflowError(f"“{rule.label}”不需要不予公开的理由。", "请去掉理由，或改选“不予公开”。")
    if until is not None and until <= today:
        raise WorkflowError("日期应当晚于今天。", "请填写今后的日期。")
    if Need.UNTIL in rule.needs and until is None:
        raise WorkflowError("须填写复评日期。", "不予公开的信息应当定期评估（条例第十八条），请填写下次评估日期。")
    if Need.UNTIL_OR_CONDITION in rule.needs and until is None and not condition:
        raise WorkflowError(
            "暂缓公开须写明日期或条件。", "请填写暂缓到哪一天，或在什么条件成就后公开（如开标、公示期满）。"
        )
    if Need.BODY in rule.needs and not body:
        raise WorkflowError("须填写征求意见或提请确定的对象。", "请填写对方机关、单位或第三方的名称。")


def _require_readiness(connection: Connection, rule: OutcomeRule, draft: Draft, redacted: RedactedCopy | None) -> None:
    current = current_dispositions(connection, draft.case_id, draft.number)
    if Need.FINDINGS_SETTLED in rule.needs:
        require_settled(draft.check, current)
    if Need.REDACTED in rule.needs:
        require_redacted(draft, current, redacted)
    if Need.GAPS_SEEN in rule.needs:
        seen = connection.scalar(
            select(acknowledgements.c.id)
            .where(acknowledgements.c.case_id == draft.case_id, acknowledgements.c.draft == draft.number)
            .limit(1)
        )
        require_gaps_seen(draft.check, seen is not None)


def _insert_decision(
    store: Store, transaction: Transaction, case: Case, draft: Draft, decision: Decision, copy: RedactedCopy | None
) -> Decision:
    """The decision with its id and the seq of its audit event, which holds hashes of what was decided on and why."""
    values: dict[str, str | int | None] = {
        "case_id": decision.case_id,
        "draft": decision.draft,
        "outcome": decision.outcome.value,
        "reason_code": decision.reason_code,
        "opinion": decision.opinion,
        "actor_id": decision.actor_id,
        "actor_name": decision.actor_name,
        "at": time_text(decision.at),
        "until": date_text(decision.until),
        "condition": decision.condition,
        "body": decision.body,
        "reply_due": date_text(decision.reply_due),
    }
    event = audit.append(
        transaction,
        decision.at,
        decision.actor_id,
        "decided",
        case.id,
        draft=draft.number,
        outcome=decision.outcome,
        reason=decision.reason_code or None,
        sha256=store.keys.keyed_hash(draft.sha256),
        opinion=store.keys.keyed_hash(decision.opinion),
        until=date_text(decision.until),
        redacted=store.keys.keyed_hash(hashlib.sha256(copy.data).hexdigest()) if copy else None,
        version=case.version + 1,
        record=seal(store.keys, "decisions", [values]),
        words=seal_words(store.keys, "decisions", [values]),
    )
    inserted = transaction.connection.execute(insert(decisions).values(**values, audit_seq=event.seq))
    key = inserted.inserted_primary_key
    return replace(decision, id=key_of(key), audit_seq=event.seq)


def _insert_redacted(
    store: Store, connection: Connection, decision: Decision, copy: RedactedCopy, vault_file: str
) -> None:
    if not store.vault.holds(vault_file):
        store.vault.put(copy.data)
    connection.execute(
        insert(redacted_copies).values(
            decision_id=decision.id,
            case_id=decision.case_id,
            sha256=hashlib.sha256(copy.data).hexdigest(),
            file_name=clean_file_name(copy.file_name),
            size=len(copy.data),
            check_json=check_json(copy.check),
            vault_file=vault_file,
        )
    )
