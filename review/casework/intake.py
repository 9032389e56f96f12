"""Drafts come in: a new case, a further draft. Files are on disk before the transaction that refers to them commits."""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from review.casework import audit
from review.casework.acts import (
    change_case,
    clean_file_name,
    clean_text,
    current_dispositions,
    insert_dispositions,
    key_of,
    read_case,
    read_draft,
    require_act,
)
from review.casework.calendar import load_calendar, local_day
from review.casework.evidence import seal, seal_particulars, seal_words
from review.casework.permissions import read_actor, require_role
from review.casework.readiness import carry_over, count_undisposed
from review.casework.records import check_json, date_text, parts_json, storable, time_text
from review.casework.releases import refuse_stopped, require_released, require_unstopped
from review.casework.stops import refuse_marks
from review.casework.store import Store, next_number
from review.casework.tables import cases, drafts
from review.casework.transitions import Act
from review.casework.wording import Words
from review.errors import StoppedBySecrecyMark, WorkflowError
from review.reading.wire import encode_document
from review.types import Actor, Case, CaseState, Check, Document, Level, Role, Severity, Submission, Zone


@dataclass(frozen=True, slots=True)
class _Upload:
    """What is stored of one upload: the values of its draft's row and the queue's figures."""

    draft: dict[str, object]
    figures: dict[str, object]
    event: dict[str, str | int | None]


def declare(store: Store, actor: Actor, client: str, now: datetime) -> None:
    """Records that this person stated, before an upload, that the file holds no state or work secret (domain.md §8.4)."""
    with store.writing() as transaction:
        actor = read_actor(transaction.connection, actor)
        audit.append(transaction, now, actor.id, "declared", None, client=storable(client)[:80])


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
    refuse_marks(store, actor, now, *_words_of(submission), Words("文件名", file_name, Zone.FILE_NAME))
    _refuse_unfit(data, document, check)
    with store.reading() as connection:
        require_role(read_actor(connection, actor), {Role.SUBMITTER}, "送审")
    refuse_stopped(store, actor, document.sha256, len(data), file_name, now)
    upload = _store_upload(store, data, file_name, document, check)
    with store.writing() as transaction:
        actor = read_actor(transaction.connection, actor)
        require_role(actor, {Role.SUBMITTER}, "送审")
        require_unstopped(store, transaction.connection, document.sha256)
        _keep_files(store, upload, data, document)
        case_id = _insert_case(store, transaction.connection, actor, submission, upload, now)
        seals = _insert_draft(store, transaction.connection, case_id, 1, upload, actor, now)
        audit.append(transaction, now, actor.id, "submitted", case_id, draft=1, **upload.event, **seals)
        return read_case(transaction.connection, case_id)


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
    *,
    submission: Submission | None = None,
) -> Case:
    """The case with a further draft, back in the queue; dispositions of the same matches are carried over.

    ``submission``: corrected particulars (标题、文号、渠道…), None: they stay.
    """
    cleaned = _clean_submission(submission) if submission else None
    words = _words_of(cleaned) if cleaned else ()
    refuse_marks(store, actor, now, *words, Words("文件名", file_name, Zone.FILE_NAME))
    _refuse_unfit(data, document, check)
    corrected = _particulars(store, cleaned) if cleaned else {}
    with store.reading() as connection:
        require_act(connection, Act.RESUBMIT, actor, case_id, version)
        require_released(connection, case_id)
    refuse_stopped(store, actor, document.sha256, len(data), file_name, now)
    upload = _store_upload(store, data, file_name, document, check)
    with store.writing() as transaction:
        connection = transaction.connection
        actor, case = require_act(connection, Act.RESUBMIT, actor, case_id, version)
        require_released(connection, case_id)
        require_unstopped(store, connection, document.sha256)
        _keep_files(store, upload, data, document)
        number = case.drafts + 1
        old = read_draft(connection, case_id, case.drafts)
        carried = carry_over(old, current_dispositions(connection, case_id, case.drafts), check, number)
        carried_record, carried_words = insert_dispositions(connection, store.keys, carried)
        figures = {**upload.figures, "undisposed": count_undisposed(check, {item.finding for item in carried})}
        change_case(connection, case, now, state=CaseState.SUBMITTED, drafts=number, **figures, **corrected)
        seals = _insert_draft(store, connection, case_id, number, upload, actor, now)
        audit.append(
            transaction,
            now,
            actor.id,
            "resubmitted",
            case_id,
            draft=number,
            carried=len(carried),
            carried_record=carried_record,
            carried_words=carried_words,
            **upload.event,
            **seals,
        )
        return read_case(connection, case_id)


def _insert_case(
    store: Store, connection: Connection, actor: Actor, submission: Submission, upload: _Upload, now: datetime
) -> int:
    year = local_day(now).year
    serial = next_number(connection, f"case:{actor.department}", year)
    key = connection.execute(
        insert(cases).values(
            number=f"{year}-{actor.department}-{serial:04d}",
            department=actor.department,
            submitter_id=actor.id,
            state=CaseState.SUBMITTED,
            reviewer_id=None,
            drafts=1,
            version=1,
            created_at=time_text(now),
            updated_at=time_text(now),
            **_particulars(store, submission),
            **upload.figures,
        )
    ).inserted_primary_key
    return key_of(key)


def _particulars(store: Store, submission: Submission) -> dict[str, object]:
    """The columns of a case that its submitter fills; the local target counts from the date of formation (domain.md §7.1)."""
    due = None
    if submission.formed_on is not None:
        due = load_calendar().add(submission.formed_on, store.settings.target_working_days)
    return {
        "title": submission.title,
        "document_number": submission.document_number,
        "channel": submission.channel,
        "source": submission.source,
        "openness": submission.openness,
        "submitter_note": submission.submitter_note,
        "formed_on": date_text(submission.formed_on),
        "due_on": date_text(due),
    }


def _insert_draft(
    store: Store, connection: Connection, case_id: int, number: int, upload: _Upload, actor: Actor, now: datetime
) -> dict[str, str]:
    """The seals of the new draft and of the case as it stands now, for the audit event."""
    by = {"case_id": case_id, "number": number, "uploaded_by": actor.id, "uploaded_at": time_text(now)}
    row = {**upload.draft, **by}
    connection.execute(insert(drafts).values(row))
    return {
        "record": seal(store.keys, "drafts", [row]),
        "words": seal_words(store.keys, "drafts", [row]),
        "particulars": seal_particulars(store.keys, connection, case_id),
    }


def _store_upload(store: Store, data: bytes, file_name: str, document: Document, check: Check) -> _Upload:
    """Writes both files, before the transaction: what it refers to is on disk when it commits."""
    text = check_json(check)
    counts = {severity: 0 for severity in Severity}
    for finding in check.findings:
        if not finding.trial:
            counts[finding.severity] += 1
    draft: dict[str, object] = {
        "sha256": document.sha256,
        "file_name": clean_file_name(file_name),
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
        "sha256": store.keys.keyed_hash(document.sha256),
        "ruleset": check.ruleset_sha256,
        "model": check.model_id,
        "check": store.keys.keyed_hash(text),
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
    if check.verdict.level is Level.STOP or any(f.severity is Severity.STOP and not f.trial for f in check.findings):
        raise StoppedBySecrecyMark(
            "疑似含国家秘密标志，已停止处理，没有保存任何内容。", "请立即报告本单位保密工作机构，不要再次上传。"
        )
    if not hashlib.sha256(data).hexdigest() == document.sha256 == check.document_sha256:
        raise WorkflowError("检查结果与文件不对应，没有保存。", "请重新选择文件并检查后再送审。")


def _words_of(submission: Submission) -> tuple[Words, ...]:
    return (
        Words("标题", submission.title, Zone.FIRST_PAGE_TOP),
        Words("文号", submission.document_number, Zone.FIRST_PAGE_TOP),
        Words("拟公开渠道", submission.channel),
        Words("来源", submission.source),
        Words("拟公开属性", submission.openness),
        Words("送审说明", submission.submitter_note),
    )


def _clean_submission(submission: Submission) -> Submission:
    return Submission(
        title=clean_text(submission.title, "标题", is_needed=True, limit=300),
        document_number=clean_text(submission.document_number, "文号", limit=100),
        channel=clean_text(submission.channel, "拟公开渠道", is_needed=True, limit=200),
        formed_on=submission.formed_on,
        source=clean_text(submission.source, "来源", limit=200),
        openness=clean_text(submission.openness, "拟公开属性", limit=40),
        submitter_note=clean_text(submission.submitter_note, "送审说明"),
    )
