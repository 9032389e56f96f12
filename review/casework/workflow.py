"""The acts on a case. Each one: actor re-read, permission, state and version checked, one transaction with its audit event.

A Verdict is the machine's advice; nothing here turns one into a Decision. What the acts need is written in
``transitions.py``. This module is the room's counter: the acts of other modules are named here too.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from review.casework import audit
from review.casework.acts import (
    change_case,
    clean_text,
    current_dispositions,
    insert_dispositions,
    read_case,
    read_draft,
    read_newest_draft,
    require_act,
)
from review.casework.deciding import decide
from review.casework.evidence import seal, seal_particulars, seal_words
from review.casework.intake import declare, resubmit, submit
from review.casework.permissions import may_see, permitted, read_actor
from review.casework.readiness import RedactedCopy, count_undisposed
from review.casework.records import draft_of, time_text
from review.casework.releases import release_stop
from review.casework.stops import record_stop, refuse_marks
from review.casework.store import Store
from review.casework.tables import acknowledgements, cases
from review.casework.transitions import OUTCOMES, TRANSITIONS, WITHHOLDING_REASONS, Act
from review.casework.wording import Words
from review.errors import NotAllowed, UsageError, WorkflowError
from review.types import Actor, Case, CaseState, Disposition, DispositionCode, Draft, Submission

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
    "declare",
    "dispose",
    "issue_form",
    "open_draft",
    "permitted",
    "record_stop",
    "release",
    "release_stop",
    "resubmit",
    "submit",
    "withdraw",
]

_NOTE_CODES = frozenset({DispositionCode.FALSE_ALARM, DispositionCode.DOUBTFUL})


def claim(store: Store, actor: Actor, case_id: int, version: int, now: datetime) -> Case:
    """The case, now in review by the actor; Conflict when somebody else was faster."""
    with store.writing() as transaction:
        actor, case = require_act(transaction.connection, Act.CLAIM, actor, case_id, version)
        change_case(transaction.connection, case, now, state=CaseState.IN_REVIEW, reviewer_id=actor.id)
        audit.append(transaction, now, actor.id, "claimed", case_id, version=case.version + 1)
        return read_case(transaction.connection, case_id)


def release(store: Store, actor: Actor, case_id: int, version: int, now: datetime) -> Case:
    """The case, back in the queue without a reviewer."""
    with store.writing() as transaction:
        actor, case = require_act(transaction.connection, Act.RELEASE, actor, case_id, version)
        change_case(transaction.connection, case, now, state=CaseState.SUBMITTED, reviewer_id=None)
        audit.append(
            transaction, now, actor.id, "released", case_id, version=case.version + 1, reviewer=case.reviewer_id
        )
        return read_case(transaction.connection, case_id)


def withdraw(store: Store, actor: Actor, case_id: int, version: int, reason: str, now: datetime) -> Case:
    """The case, withdrawn by its department; it stays on record and takes no further draft. The reason is audited as hash."""
    reason = clean_text(reason, "撤回原因", is_needed=True)
    refuse_marks(store, actor, now, Words("撤回原因", reason))
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = require_act(connection, Act.WITHDRAW, actor, case_id, version)
        note = connection.scalar(select(cases.c.submitter_note).where(cases.c.id == case_id)) or ""
        note = f"{note}\n撤回原因：{reason}".strip()
        change_case(connection, case, now, state=CaseState.WITHDRAWN, submitter_note=note)
        audit.append(
            transaction,
            now,
            actor.id,
            "withdrawn",
            case_id,
            version=case.version + 1,
            reason=store.keys.keyed_hash(reason),
            particulars=seal_particulars(store.keys, connection, case_id),
        )
        return read_case(connection, case_id)


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
    note = clean_text(note, "处置说明", is_needed=chosen in _NOTE_CODES)
    refuse_marks(store, actor, now, Words("处置说明", note))
    indices = (finding,) if isinstance(finding, int) else tuple(dict.fromkeys(finding))
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = require_act(connection, Act.DISPOSE, actor, case_id)
        row = read_newest_draft(connection, case, draft)
        check = draft_of(row).check
        if not indices or not all(0 <= index < len(check.findings) for index in indices):
            raise UsageError("没有这一处问题。", "请刷新页面后重新处置。")
        made = tuple(Disposition(case_id, draft, index, chosen, note, actor.id, now) for index in indices)
        record, words = insert_dispositions(connection, store.keys, made)
        disposed = {item.finding for item in current_dispositions(connection, case_id, draft)}
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
            record=record,
            words=words,
        )
        return made


def acknowledge_gaps(store: Store, actor: Actor, case_id: int, draft: int, note: str, now: datetime) -> None:
    """Records that a person looked at everything the machine could not read (人工已逐页查看); the note says how."""
    note = clean_text(note, "查看说明", is_needed=True)
    refuse_marks(store, actor, now, Words("查看说明", note))
    with store.writing() as transaction:
        actor, case = require_act(transaction.connection, Act.ACKNOWLEDGE, actor, case_id)
        check = draft_of(read_newest_draft(transaction.connection, case, draft)).check
        if not check.gaps and check.verdict.complete:
            raise WorkflowError("这份文稿没有未能检查的内容，无须确认。", "请直接作出结论。")
        row = {"case_id": case_id, "draft": draft, "note": note, "actor_id": actor.id, "at": time_text(now)}
        transaction.connection.execute(insert(acknowledgements).values(row))
        audit.append(
            transaction,
            now,
            actor.id,
            "gaps-acknowledged",
            case_id,
            draft=draft,
            gaps=len(check.gaps),
            record=seal(store.keys, "acknowledgements", [row]),
            words=seal_words(store.keys, "acknowledgements", [row]),
        )


def open_draft(
    store: Store, actor: Actor, case_id: int, draft: int, now: datetime, *, is_original: bool = False
) -> Draft:
    """The draft, after recording that this person opened it, or took out the original.

    Its text and bytes come from ``queries.load_document`` and ``load_original``.
    """
    with store.writing() as transaction:
        actor, _ = require_act(transaction.connection, Act.OPEN, actor, case_id)
        opened = read_draft(transaction.connection, case_id, draft)
        action = "original-opened" if is_original else "draft-opened"
        audit.append(transaction, now, actor.id, action, case_id, draft=draft)
        return opened


def issue_form(store: Store, actor: Actor, case_id: int, now: datetime) -> tuple[int, str]:
    """(seq, hash) of the event that records the printing of a 审查表, to be printed on it: the chain's anchor on paper."""
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = read_actor(connection, actor), read_case(connection, case_id)
        if not may_see(actor, case):
            raise NotAllowed("您不能输出这一事项的审查表。", "经办人只能输出本单位事项的审查表。")
        event = audit.append(transaction, now, actor.id, "form-printed", case_id, draft=case.drafts)
        return event.seq, event.hash
