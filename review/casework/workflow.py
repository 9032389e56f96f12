"""The acts on a case. Each one: actor re-read, permission, state and version checked, one transaction with its audit event.

A Verdict is the machine's advice; nothing here turns one into a Decision. What the acts need is written in
``transitions.py``; what a decision needs of the findings is in ``readiness.py``.
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import PurePath

from sqlalchemy import Connection, Row, insert, select, update

from review.casework import audit
from review.casework.calendar import load_calendar, local_day
from review.casework.permissions import permitted, read_actor, require, require_role
from review.casework.readiness import (
    RedactedCopy,
    carry_over,
    count_undisposed,
    require_gaps_seen,
    require_redacted,
    require_settled,
)
from review.casework.records import (
    case_of,
    check_json,
    date_text,
    disposition_of,
    draft_of,
    parts_json,
    time_text,
)
from review.casework.store import Store, Transaction, next_number
from review.casework.tables import (
    acknowledgements,
    cases,
    decisions,
    dispositions,
    drafts,
    redacted_copies,
    stop_events,
)
from review.casework.transitions import (
    OUTCOMES,
    TRANSITIONS,
    WITHHOLDING_REASONS,
    Act,
    Need,
    OutcomeRule,
)
from review.errors import Conflict, StoppedBySecrecyMark, UsageError, WorkflowError
from review.reading.wire import encode_document
from review.types import (
    Actor,
    Case,
    CaseState,
    Check,
    Decision,
    Disposition,
    DispositionCode,
    Document,
    Draft,
    Level,
    Outcome,
    Role,
    Severity,
    Submission,
)

__all__ = [
    "OUTCOMES",
    "TRANSITIONS",
    "WITHHOLDING_REASONS",
    "Act",
    "RedactedCopy",
    "Submission",
    "acknowledge_gaps",
    "claim",
    "decide",
    "dispose",
    "open_draft",
    "permitted",
    "record_stop",
    "release",
    "resubmit",
    "submit",
    "withdraw",
]

#: Findings may be many, notes and opinions are written by a person.
MAX_TEXT = 4000
_NOTE_CODES = frozenset({DispositionCode.FALSE_ALARM, DispositionCode.DOUBTFUL})


@dataclass(frozen=True, slots=True)
class _Upload:
    """What is stored of one upload: the values of its draft's row and the queue's figures."""

    draft: dict[str, object]
    figures: dict[str, object]
    event: dict[str, str | int | None]


# ------------------------------------------------------------------------------------------------------------ drafts in


def submit(
    store: Store,
    actor: Actor,
    submission: Submission,
    data: bytes,
    file_name: str,
    document: Document,
    check: Check,
    now: datetime,
) -> Case:
    """A new case with its first draft, once the files are on disk and the transaction is committed.

    StoppedBySecrecyMark for a stopped check (call ``record_stop`` instead), UsageError for an incomplete submission.
    """
    submission = _clean_submission(submission)
    _refuse_unfit(data, document, check)
    with store.reading() as connection:
        require_role(read_actor(connection, actor), {Role.SUBMITTER}, "送审")
    upload = _store_upload(store, data, file_name, document, check)
    with store.writing() as transaction:
        actor = read_actor(transaction.connection, actor)
        require_role(actor, {Role.SUBMITTER}, "送审")
        _keep_files(store, upload, data, document)
        case_id = _insert_case(store, transaction.connection, actor, submission, upload, now)
        _insert_draft(transaction.connection, case_id, 1, upload, actor, now)
        audit.append(transaction, now, actor.id, "submitted", case_id, draft=1, **upload.event)
        return _read_case(transaction.connection, case_id)


def resubmit(
    store: Store,
    actor: Actor,
    case_id: int,
    version: int,
    data: bytes,
    file_name: str,
    document: Document,
    check: Check,
    now: datetime,
) -> Case:
    """The case with a further draft, back in the queue; dispositions of the same matches are carried over."""
    _refuse_unfit(data, document, check)
    with store.reading() as connection:
        _require(connection, Act.RESUBMIT, actor, case_id, version)
    upload = _store_upload(store, data, file_name, document, check)
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = _require(connection, Act.RESUBMIT, actor, case_id, version)
        _keep_files(store, upload, data, document)
        number = case.drafts + 1
        old = _read_draft(connection, case_id, case.drafts)
        carried = carry_over(old, _current(connection, case_id, case.drafts), check, number)
        _insert_draft(connection, case_id, number, upload, actor, now)
        for item in carried:
            _insert_disposition(connection, item)
        figures = {**upload.figures, "undisposed": count_undisposed(check, {item.finding for item in carried})}
        _change(connection, case, now, state=CaseState.SUBMITTED, drafts=number, **figures)
        audit.append(
            transaction, now, actor.id, "resubmitted", case_id, draft=number, carried=len(carried), **upload.event
        )
        return _read_case(connection, case_id)


def record_stop(
    store: Store,
    actor: Actor,
    *,
    check: Check,
    size: int,
    suffix: str,
    file_name: str,
    client: str,
    now: datetime,
) -> str:
    """The number of a content-free event for a stopped upload (domain.md §8.4); the file name is kept as keyed hash only."""
    if check.verdict.level is not Level.STOP:
        raise WorkflowError("这次检查没有要求停止处理。", "请按一般送审办理。")
    with store.writing() as transaction:
        actor = read_actor(transaction.connection, actor)
        return _insert_stop(store, transaction, actor, check, size, suffix, file_name, client, "refused", None, now)


# --------------------------------------------------------------------------------------------------------- in the queue


def claim(store: Store, actor: Actor, case_id: int, version: int, now: datetime) -> Case:
    """The case, now in review by the actor; Conflict when somebody else was faster."""
    with store.writing() as transaction:
        actor, case = _require(transaction.connection, Act.CLAIM, actor, case_id, version)
        _change(transaction.connection, case, now, state=CaseState.IN_REVIEW, reviewer_id=actor.id)
        audit.append(transaction, now, actor.id, "claimed", case_id, version=case.version + 1)
        return _read_case(transaction.connection, case_id)


def release(store: Store, actor: Actor, case_id: int, version: int, now: datetime) -> Case:
    """The case, back in the queue without a reviewer."""
    with store.writing() as transaction:
        actor, case = _require(transaction.connection, Act.RELEASE, actor, case_id, version)
        _change(transaction.connection, case, now, state=CaseState.SUBMITTED, reviewer_id=None)
        audit.append(
            transaction, now, actor.id, "released", case_id, version=case.version + 1, reviewer=case.reviewer_id
        )
        return _read_case(transaction.connection, case_id)


def withdraw(store: Store, actor: Actor, case_id: int, version: int, reason: str, now: datetime) -> Case:
    """The case, withdrawn by its department; it stays on record and takes no further draft. The reason is audited as hash."""
    reason = _text(reason, "撤回原因", is_needed=True)
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = _require(connection, Act.WITHDRAW, actor, case_id, version)
        note = connection.scalar(select(cases.c.submitter_note).where(cases.c.id == case_id)) or ""
        note = f"{note}\n撤回原因：{reason}".strip()
        _change(connection, case, now, state=CaseState.WITHDRAWN, submitter_note=note)
        audit.append(transaction, now, actor.id, "withdrawn", case_id, version=case.version + 1, reason=_hash(reason))
        return _read_case(connection, case_id)


# ------------------------------------------------------------------------------------------------------------ in review


def dispose(
    store: Store,
    actor: Actor,
    case_id: int,
    draft: int,
    finding: int | Sequence[int],
    code: DispositionCode | str,
    note: str,
    now: datetime,
) -> tuple[Disposition, ...]:
    """What the reviewer says of one or several findings of the newest draft; 误报 and 存疑 need a note.

    No version is asked for: two dispositions of different findings do not collide, and of one finding the newer counts,
    both being on record. Conflict when the draft is no longer the newest.
    """
    chosen = DispositionCode(code)
    note = _text(note, "处置说明", is_needed=chosen in _NOTE_CODES)
    indices = (finding,) if isinstance(finding, int) else tuple(dict.fromkeys(finding))
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = _require(connection, Act.DISPOSE, actor, case_id)
        row = _newest_draft(connection, case, draft)
        check = draft_of(row).check
        if not indices or not all(0 <= index < len(check.findings) for index in indices):
            raise UsageError("没有这一处问题。", "请刷新页面后重新处置。")
        made = tuple(Disposition(case_id, draft, index, chosen, note, actor.id, now) for index in indices)
        for item in made:
            _insert_disposition(connection, item)
        disposed = {item.finding for item in _current(connection, case_id, draft)}
        connection.execute(
            update(cases).where(cases.c.id == case_id).values(undisposed=count_undisposed(check, disposed))
        )
        audit.append(
            transaction,
            now,
            actor.id,
            "disposed",
            case_id,
            draft=draft,
            findings=",".join(map(str, indices)),
            code=chosen,
            count=len(indices),
        )
        return made


def acknowledge_gaps(store: Store, actor: Actor, case_id: int, draft: int, note: str, now: datetime) -> None:
    """Records that a person looked at everything the machine could not read (人工已逐页查看); the note says how."""
    note = _text(note, "查看说明", is_needed=True)
    with store.writing() as transaction:
        actor, case = _require(transaction.connection, Act.ACKNOWLEDGE, actor, case_id)
        row = _newest_draft(transaction.connection, case, draft)
        check = draft_of(row).check
        if not check.gaps and check.verdict.complete:
            raise WorkflowError("这份文稿没有未能检查的内容，无须确认。", "请直接作出结论。")
        transaction.connection.execute(
            insert(acknowledgements).values(
                case_id=case_id, draft=draft, note=note, actor_id=actor.id, at=time_text(now)
            )
        )
        audit.append(transaction, now, actor.id, "gaps-acknowledged", case_id, draft=draft, gaps=len(check.gaps))


def open_draft(store: Store, actor: Actor, case_id: int, draft: int, now: datetime) -> Draft:
    """The draft, after recording that this person opened it; its text comes from ``queries.load_document``."""
    with store.writing() as transaction:
        actor, _ = _require(transaction.connection, Act.OPEN, actor, case_id)
        opened = _read_draft(transaction.connection, case_id, draft)
        audit.append(transaction, now, actor.id, "draft-opened", case_id, draft=draft)
        return opened


# ------------------------------------------------------------------------------------------------------------ decisions


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
    opinion = _text(opinion, "审查意见", is_needed=Need.OPINION in rule.needs)
    condition, body = _text(condition, "暂缓条件"), _text(body, "征求意见或提请确定的对象")
    _require_details(rule, reason_code, until, condition, body, local_day(now))
    if rule.reply_days and reply_due is None:
        reply_due = load_calendar().add(local_day(now), rule.reply_days)
    vault_file = store.vault.put(redacted.data) if redacted and Need.REDACTED in rule.needs else None
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = _require_decision(connection, actor, case_id, version, opinion)
        row = _read_draft_row(connection, case_id, case.drafts)
        _require_readiness(connection, rule, draft_of(row), redacted)
        event = audit.append(
            transaction,
            now,
            actor.id,
            "decided",
            case_id,
            draft=case.drafts,
            outcome=outcome,
            reason=reason_code or None,
            sha256=row.sha256,
            opinion=_hash(opinion),
            until=date_text(until),
            redacted=hashlib.sha256(redacted.data).hexdigest() if redacted and vault_file else None,
            version=case.version + 1,
        )
        decision = Decision(
            id=0,
            case_id=case_id,
            draft=case.drafts,
            outcome=outcome,
            reason_code=reason_code,
            opinion=opinion,
            actor_id=actor.id,
            actor_name=actor.name,
            at=now,
            audit_seq=event.seq,
            until=until,
            condition=condition,
            body=body,
            reply_due=reply_due,
        )
        decision = _insert_decision(connection, decision)
        if redacted and vault_file:
            _insert_redacted(store, connection, decision, redacted, vault_file)
        decided_at = time_text(now) if rule.target is CaseState.DECIDED else None
        _change(connection, case, now, state=rule.target, decided_at=decided_at)
        doomed = _purge(store, transaction, actor, case, now) if outcome is Outcome.STOP_SECRET else ()
    for name in doomed:
        store.vault.remove(name)
    return decision


def _require_decision(
    connection: Connection, actor: Actor, case_id: int, version: int, opinion: str
) -> tuple[Actor, Case]:
    case = _read_case(connection, case_id)
    act = Act.CORRECT if case.state is CaseState.DECIDED else Act.DECIDE
    actor, case = _require(connection, act, actor, case_id, version)
    if act is Act.CORRECT and not opinion:
        raise WorkflowError("更正结论须写明理由。", "请在审查意见中写明更正的原因和依据。")
    if act is Act.CORRECT and not connection.scalar(
        select(drafts.c.original_file).where(drafts.c.case_id == case_id, drafts.c.number == case.drafts)
    ):
        raise WorkflowError("文稿内容已按停止处理清除，不能再作结论。", "经保密部门核实不涉密的，请重新送审。")
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
    current = _current(connection, draft.case_id, draft.number)
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


def _insert_decision(connection: Connection, decision: Decision) -> Decision:
    values = {
        "case_id": decision.case_id,
        "draft": decision.draft,
        "outcome": decision.outcome,
        "reason_code": decision.reason_code,
        "opinion": decision.opinion,
        "actor_id": decision.actor_id,
        "actor_name": decision.actor_name,
        "at": time_text(decision.at),
        "until": date_text(decision.until),
        "condition": decision.condition,
        "body": decision.body,
        "reply_due": date_text(decision.reply_due),
        "audit_seq": decision.audit_seq,
    }
    key = connection.execute(insert(decisions).values(values)).inserted_primary_key
    return replace(decision, id=_key(key))


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
            file_name=_file_name(copy.file_name),
            size=len(copy.data),
            check_json=check_json(copy.check),
            vault_file=vault_file,
        )
    )


def _purge(store: Store, transaction: Transaction, actor: Actor, case: Case, now: datetime) -> tuple[str, ...]:
    """Vault names to remove once committed. A person stopped the case: nothing of its drafts stays (domain.md §8.4)."""
    connection = transaction.connection
    rows = connection.execute(select(drafts).where(drafts.c.case_id == case.id)).all()
    copies = connection.execute(select(redacted_copies.c.vault_file).where(redacted_copies.c.case_id == case.id))
    names = {row.original_file for row in rows} | {row.document_file for row in rows} | set(copies.scalars())
    newest = draft_of(rows[-1])
    suffix = PurePath(newest.file_name).suffix
    number = _insert_stop(
        store, transaction, actor, newest.check, newest.size, suffix, newest.file_name, "", "purged", case.id, now
    )
    blank = {"file_name": "", "parts_json": "[]", "original_file": "", "document_file": ""}
    connection.execute(update(drafts).where(drafts.c.case_id == case.id).values(**blank))
    connection.execute(
        update(redacted_copies).where(redacted_copies.c.case_id == case.id).values(file_name="", vault_file="")
    )
    connection.execute(
        update(cases).where(cases.c.id == case.id).values(title="（已停止处理）", document_number="", submitter_note="")
    )
    audit.append(transaction, now, actor.id, "purged", case.id, number=number, files=len(names))
    shared = connection.execute(
        select(drafts.c.original_file, drafts.c.document_file).where(
            drafts.c.original_file.in_(names) | drafts.c.document_file.in_(names)
        )
    )
    return tuple(sorted(names - {name for row in shared for name in row} - {""}))


# ---------------------------------------------------------------------------------------------------------------- parts


def _require(
    connection: Connection, act: Act, actor: Actor, case_id: int, version: int | None = None
) -> tuple[Actor, Case]:
    """The actor as the database knows them and the case, once the act is allowed and the version is the current one."""
    actor = read_actor(connection, actor)
    case = _read_case(connection, case_id)
    uploaders = set(connection.scalars(select(drafts.c.uploaded_by).where(drafts.c.case_id == case_id)))
    if version is not None and version != case.version:
        # said before the state is: the state changed because somebody else was faster
        require_role(actor, TRANSITIONS[act].roles, "办理这一步")
        raise Conflict("这一事项刚刚被其他人办理过，页面已不是最新。", "请刷新页面，核对最新情况后再办理。")
    require(act, actor, case, uploaders | {case.submitter_id})
    return actor, case


def _change(connection: Connection, case: Case, now: datetime, **values: object) -> None:
    done = connection.execute(
        update(cases)
        .where(cases.c.id == case.id, cases.c.version == case.version)
        .values(version=case.version + 1, updated_at=time_text(now), **values)
    )
    if done.rowcount != 1:
        raise Conflict("这一事项刚刚被其他人办理过，页面已不是最新。", "请刷新页面，核对最新情况后再办理。")


def _read_case(connection: Connection, case_id: int) -> Case:
    row = connection.execute(select(cases).where(cases.c.id == case_id)).first()
    if row is None:
        raise UsageError("没有这一事项。", "请从待办列表重新进入。")
    return case_of(row)


def _read_draft_row(connection: Connection, case_id: int, number: int) -> Row:
    row = connection.execute(select(drafts).where(drafts.c.case_id == case_id, drafts.c.number == number)).first()
    if row is None:
        raise UsageError("没有这一稿。", "请从事项页面重新选择。")
    return row


def _read_draft(connection: Connection, case_id: int, number: int) -> Draft:
    return draft_of(_read_draft_row(connection, case_id, number))


def _newest_draft(connection: Connection, case: Case, number: int) -> Row:
    if number != case.drafts:
        raise Conflict(f"经办人已提交第{case.drafts}稿，不能再处置第{number}稿。", "请刷新页面，在最新一稿上处置。")
    return _read_draft_row(connection, case.id, number)


def _current(connection: Connection, case_id: int, draft: int) -> tuple[Disposition, ...]:
    """The dispositions that count: the newest of each finding."""
    rows = connection.execute(
        select(dispositions)
        .where(dispositions.c.case_id == case_id, dispositions.c.draft == draft)
        .order_by(dispositions.c.id)
    )
    newest = {row.finding: disposition_of(row) for row in rows}
    return tuple(newest[index] for index in sorted(newest))


def _insert_case(
    store: Store, connection: Connection, actor: Actor, submission: Submission, upload: _Upload, now: datetime
) -> int:
    year = local_day(now).year
    serial = next_number(connection, f"case:{actor.department}", year)
    due = None
    if submission.formed_on is not None:
        due = load_calendar().add(submission.formed_on, store.settings.target_working_days)
    key = connection.execute(
        insert(cases).values(
            number=f"{year}-{actor.department}-{serial:04d}",
            title=submission.title,
            document_number=submission.document_number,
            department=actor.department,
            submitter_id=actor.id,
            channel=submission.channel,
            source=submission.source,
            openness=submission.openness,
            submitter_note=submission.submitter_note,
            formed_on=date_text(submission.formed_on),
            due_on=date_text(due),
            state=CaseState.SUBMITTED,
            reviewer_id=None,
            drafts=1,
            version=1,
            created_at=time_text(now),
            updated_at=time_text(now),
            **upload.figures,
        )
    ).inserted_primary_key
    return _key(key)


def _key(row: Row | None) -> int:
    if row is None:
        raise UsageError("没有保存记录。", "请重试；仍然失败请联系系统管理员。")
    return int(row[0])


def _insert_draft(
    connection: Connection, case_id: int, number: int, upload: _Upload, actor: Actor, now: datetime
) -> None:
    connection.execute(
        insert(drafts).values(
            case_id=case_id, number=number, uploaded_by=actor.id, uploaded_at=time_text(now), **upload.draft
        )
    )


def _insert_disposition(connection: Connection, item: Disposition) -> None:
    connection.execute(
        insert(dispositions).values(
            case_id=item.case_id,
            draft=item.draft,
            finding=item.finding,
            code=item.code,
            note=item.note,
            actor_id=item.actor_id,
            at=time_text(item.at),
            carried_from=item.carried_from,
        )
    )


def _insert_stop(
    store: Store,
    transaction: Transaction,
    actor: Actor,
    check: Check,
    size: int,
    suffix: str,
    file_name: str,
    client: str,
    action: str,
    case_id: int | None,
    now: datetime,
) -> str:
    year = local_day(now).year
    number = f"SJ-{year}-{next_number(transaction.connection, 'stop', year):04d}"
    stopping = [finding for finding in check.findings if finding.severity is Severity.STOP]
    rules = sorted({finding.rule_id for finding in stopping})
    suffix = suffix.casefold()[:12] if suffix.removeprefix(".").isascii() and suffix.removeprefix(".").isalnum() else ""
    name_hash = store.keys.keyed_hash(file_name)
    transaction.connection.execute(
        insert(stop_events).values(
            number=number,
            at=time_text(now),
            actor_id=actor.id,
            actor_name=actor.name,
            department=actor.department,
            client=client[:80],
            rules=json.dumps(rules),
            places=json.dumps(sorted({finding.place.value for finding in stopping})),
            suffix=suffix,
            size=size,
            name_hash=name_hash,
            action=action,
        )
    )
    audit.append(
        transaction,
        now,
        actor.id,
        "stopped",
        case_id,
        number=number,
        rules=",".join(rules),
        suffix=suffix,
        size=size,
        name=name_hash,
    )
    return number


def _store_upload(store: Store, data: bytes, file_name: str, document: Document, check: Check) -> _Upload:
    """Writes both files, before the transaction: what it refers to is on disk when it commits."""
    text = check_json(check)
    counts = {severity: 0 for severity in Severity}
    for finding in check.findings:
        if not finding.trial:
            counts[finding.severity] += 1
    draft: dict[str, object] = {
        "sha256": document.sha256,
        "file_name": _file_name(file_name),
        "format": document.format,
        "size": len(data),
        "check_json": text,
        "parts_json": parts_json(document.parts),
        "original_file": store.vault.put(data),
        "document_file": store.vault.put(_packed(document)),
    }
    figures: dict[str, object] = {
        "pages": check.pages,
        "high": counts[Severity.HIGH],
        "medium": counts[Severity.MEDIUM],
        "low": counts[Severity.LOW],
        "info": counts[Severity.INFO],
        "gaps": len(check.gaps),
        "undisposed": count_undisposed(check, ()),
    }
    event: dict[str, str | int | None] = {
        "sha256": document.sha256,
        "size": len(data),
        "ruleset": check.ruleset_sha256,
        "model": check.model_id,
        "check": _hash(text),
        "findings": len(check.findings),
        "gaps": len(check.gaps),
    }
    return _Upload(draft, figures, event)


def _keep_files(store: Store, upload: _Upload, data: bytes, document: Document) -> None:
    """Under the write lock: a sweep may have taken a file between its writing and the transaction."""
    if not store.vault.holds(str(upload.draft["original_file"])):
        store.vault.put(data)
    if not store.vault.holds(str(upload.draft["document_file"])):
        store.vault.put(_packed(document))


def _packed(document: Document) -> bytes:
    return zlib.compress(encode_document(document), 1)


def _refuse_unfit(data: bytes, document: Document, check: Check) -> None:
    if check.verdict.level is Level.STOP or any(finding.severity is Severity.STOP for finding in check.findings):
        raise StoppedBySecrecyMark(
            "疑似含国家秘密标志，已停止处理，没有保存任何内容。", "请立即报告本单位保密工作机构，不要再次上传。"
        )
    if not hashlib.sha256(data).hexdigest() == document.sha256 == check.document_sha256:
        raise WorkflowError("检查结果与文件不对应，没有保存。", "请重新选择文件并检查后再送审。")


def _clean_submission(submission: Submission) -> Submission:
    return Submission(
        title=_text(submission.title, "标题", is_needed=True, limit=300),
        document_number=_text(submission.document_number, "文号", limit=100),
        channel=_text(submission.channel, "拟公开渠道", is_needed=True, limit=200),
        formed_on=submission.formed_on,
        source=_text(submission.source, "来源", limit=200),
        openness=_text(submission.openness, "拟公开属性", limit=40),
        submitter_note=_text(submission.submitter_note, "送审说明"),
    )


def _text(value: str, name: str, *, is_needed: bool = False, limit: int = MAX_TEXT) -> str:
    value = value.strip().replace("\0", "")
    if is_needed and not value:
        raise UsageError(f"{name}不能为空。", f"请填写{name}。")
    if len(value) > limit:
        raise UsageError(f"{name}过长（{len(value)}字）。", f"请控制在{limit}字以内。")
    return value


def _file_name(name: str) -> str:
    """The last component only, at most 255 characters: a browser may send a path."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "")[:255]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
