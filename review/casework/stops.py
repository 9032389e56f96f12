"""Stopped drafts (domain.md §8.4): the content-free event, and the removal of what a person stopped."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from sqlalchemy import Connection, Row, insert, select, update

from review.casework import audit
from review.casework.calendar import local_day
from review.casework.evidence import seal, seal_drafts, seal_particulars
from review.casework.permissions import read_actor
from review.casework.records import check_json, draft_of, parse_check, storable, time_text
from review.casework.store import Store, Transaction, next_number
from review.casework.tables import case_stops, cases, drafts, metadata, redacted_copies, removals, stop_events
from review.casework.triggers import BLANKABLE
from review.casework.wording import Words
from review.errors import StoppedBySecrecyMark, WorkflowError
from review.types import Actor, Case, Check, Finding, Level

_BLANK_CASE: dict[str, object] = {
    "title": "（已停止处理）",
    "document_number": "",
    "channel": "",
    "source": "",
    "openness": "",
    "submitter_note": "",
    "pages": None,
}


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
        found = check.findings
        return insert_stop(store, transaction, actor, found, size, suffix, file_name, client, "refused", None, now)


def refuse_marks(store: Store, actor: Actor, now: datetime, *fields: Words) -> None:
    """StoppedBySecrecyMark, after recording a content-free event, when a field carries a formal state-secret mark.

    Called before the transaction of every act that stores words of a person.
    """
    marked = store.wording.first_marked(fields)
    if marked is None:
        return
    words, found = marked
    with store.writing() as transaction:
        actor = read_actor(transaction.connection, actor)
        number = insert_stop(store, transaction, actor, found, 0, "", "", "", "refused", None, now)
    raise StoppedBySecrecyMark(
        f"所填的“{words.name}”疑似含国家秘密标志，没有保存，已登记事件 {number}。",
        "请立即报告本单位保密工作机构；不要把密级标志和涉密文号写入本系统，可以只写“首页左上角有标志”这样的位置。",
    )


def insert_stop(
    store: Store,
    transaction: Transaction,
    actor: Actor,
    stopping: Sequence[Finding],
    size: int,
    suffix: str,
    file_name: str,
    client: str,
    action: str,
    case_id: int | None,
    now: datetime,
) -> str:
    """``stopping``: what stopped it, all findings of a stopped check; empty for a draft that a person stopped."""
    year = local_day(now).year
    number = f"SJ-{year}-{next_number(transaction.connection, 'stop', year):04d}"
    rules = sorted({finding.rule_id for finding in stopping})
    suffix = suffix.casefold()[:12] if suffix.removeprefix(".").isascii() and suffix.removeprefix(".").isalnum() else ""
    name_hash = store.keys.keyed_hash(file_name)
    row = {
        "number": number,
        "at": time_text(now),
        "actor_id": actor.id,
        "actor_name": actor.name,
        "department": actor.department,
        "client": storable(client)[:80],
        "rules": json.dumps(rules),
        "places": json.dumps(sorted({finding.place.value for finding in stopping})),
        "suffix": suffix,
        "size": size,
        "name_hash": name_hash,
        "action": action,
    }
    transaction.connection.execute(insert(stop_events).values(row))
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
        record=seal(store.keys, "stop_events", [row]),
    )
    return number


def purge_case(store: Store, transaction: Transaction, actor: Actor, case: Case, now: datetime) -> None:
    """Blanks a case that a person stopped and notes its files for ``Store.forget``: nothing of it stays (domain.md §8.4).

    Other cases with the same file lose its content too, keeping their state: what becomes of them is a person's decision.
    Until a secrecy officer releases the stop, neither the cases nor the content take part in the workflow again.
    """
    connection = transaction.connection
    own = connection.execute(select(drafts).where(drafts.c.case_id == case.id).order_by(drafts.c.number)).all()
    newest = own[-1]
    suffix = PurePath(newest.file_name).suffix
    number = insert_stop(
        store, transaction, actor, (), newest.size, suffix, newest.file_name, "", "purged", case.id, now
    )
    is_same = drafts.c.sha256.in_({row.sha256 for row in own} - {""})
    touched = {case.id, *connection.scalars(select(drafts.c.case_id).where(is_same))}
    # all drafts of a touched case are versions of one text
    rows = connection.execute(select(drafts).where(drafts.c.case_id.in_(touched)).order_by(drafts.c.number)).all()
    copied = select(redacted_copies.c.vault_file).where(redacted_copies.c.case_id.in_(touched))
    names = {row.original_file for row in rows} | {row.document_file for row in rows} | set(connection.scalars(copied))
    names = (names - {""}) - _still_needed(connection, touched)
    stops = {case_id: _mark_stopped(store, connection, actor, case_id, number, rows, now) for case_id in touched}
    for row in rows:
        _blank_draft(connection, row)
    _blank_copies(connection, touched)
    connection.execute(update(cases).where(cases.c.id.in_(touched)).values(**_BLANK_CASE))
    known = set(connection.scalars(select(removals.c.vault_file)))
    for name in sorted(names - known):
        connection.execute(insert(removals).values(vault_file=name))
    for case_id in sorted(touched):
        audit.append(
            transaction,
            now,
            actor.id,
            "purged",
            case_id,
            number=number,
            files=len(names),
            record=seal_drafts(store.keys, connection, case_id),
            particulars=seal_particulars(store.keys, connection, case_id),
            stops=stops[case_id],
        )
    for table, (words, _) in BLANKABLE.items():  # after the events: the database lets nobody blank words without one
        rewritten = metadata.tables[table]
        is_touched = rewritten.c.case_id.in_(touched)
        connection.execute(update(rewritten).where(is_touched).values({name: "" for name in words}))


def _mark_stopped(
    store: Store, connection: Connection, actor: Actor, case_id: int, number: str, rows: Sequence[Row], now: datetime
) -> str:
    """The seal of what stands from now on against this case and its contents."""
    contents = [row.sha256 for row in rows if row.case_id == case_id and row.sha256] or [""]
    marks = [
        {
            "case_id": case_id,
            "number": number,
            "content": store.keys.keyed_hash(content) if content else "",
            "actor_id": actor.id,
            "at": time_text(now),
        }
        for content in contents
    ]
    for mark in marks:
        connection.execute(insert(case_stops).values(mark))
    return seal(store.keys, "case_stops", marks)


def _still_needed(connection: Connection, touched: set[int]) -> set[str]:
    """Vault files that drafts of other cases refer to: an earlier version may be somebody else's file."""
    kept: set[str] = set()
    for column, case_id in (
        (drafts.c.original_file, drafts.c.case_id),
        (drafts.c.document_file, drafts.c.case_id),
        (redacted_copies.c.vault_file, redacted_copies.c.case_id),
    ):
        kept.update(connection.scalars(select(column).where(case_id.not_in(touched))))
    return kept


def _blank_draft(connection: Connection, row: Row) -> None:
    connection.execute(
        update(drafts)
        .where(drafts.c.case_id == row.case_id, drafts.c.number == row.number)
        .values(
            sha256="",
            file_name="",
            size=0,
            parts_json="[]",
            original_file="",
            document_file="",
            check_json=check_json(_emptied(draft_of(row).check)),
        )
    )


def _blank_copies(connection: Connection, touched: set[int]) -> None:
    rows = connection.execute(select(redacted_copies).where(redacted_copies.c.case_id.in_(touched))).all()
    for row in rows:
        emptied = check_json(_emptied(parse_check(row.check_json)))
        connection.execute(
            update(redacted_copies)
            .where(redacted_copies.c.decision_id == row.decision_id)
            .values(sha256="", file_name="", size=0, vault_file="", check_json=emptied)
        )


def _emptied(check: Check) -> Check:
    """As the check of a stopped upload: rules and kinds of place, in their order because dispositions refer to it."""
    findings = tuple(
        replace(finding, span=None, spans=(), count=1, score=None, hidden=False, layers=(), notes=(), fingerprint="")
        for finding in check.findings
    )
    gaps = tuple(replace(gap, locator="", detail="") for gap in check.gaps)
    return replace(check, document_sha256=None, characters=None, pages=None, findings=findings, gaps=gaps)
