"""What every act needs: the checks before it, reading and changing rows, and clean words. Only for the modules of this room."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from review.casework.evidence import seal, seal_words
from review.casework.keys import Keys
from review.casework.permissions import read_actor, require, require_role
from review.casework.records import case_of, disposition_of, draft_of, storable, time_text
from review.casework.tables import cases, dispositions, drafts
from review.casework.transitions import TRANSITIONS, Act
from review.errors import Conflict, UsageError
from review.types import Actor, Case, Disposition, Draft

#: What a note or an opinion may hold.
MAX_TEXT = 4000


def require_act(
    connection: Connection, act: Act, actor: Actor, case_id: int, version: int | None = None
) -> tuple[Actor, Case]:
    """The actor as the database knows them and the case, once the act is allowed and the version is the current one."""
    actor = read_actor(connection, actor)
    case = read_case(connection, case_id)
    uploaders = set(connection.scalars(select(drafts.c.uploaded_by).where(drafts.c.case_id == case_id)))
    if version is not None and version != case.version:
        # said before the state is: the state changed because somebody else was faster
        require_role(actor, TRANSITIONS[act].roles, "办理这一步")
        raise Conflict("这一事项刚刚被其他人办理过，页面已不是最新。", "请刷新页面，核对最新情况后再办理。")
    require(act, actor, case, uploaders | {case.submitter_id})
    return actor, case


def change_case(connection: Connection, case: Case, now: datetime, **values: object) -> None:
    done = connection.execute(
        update(cases)
        .where(cases.c.id == case.id, cases.c.version == case.version)
        .values(version=case.version + 1, updated_at=time_text(now), **values)
    )
    if done.rowcount != 1:
        raise Conflict("这一事项刚刚被其他人办理过，页面已不是最新。", "请刷新页面，核对最新情况后再办理。")


def read_case(connection: Connection, case_id: int) -> Case:
    row = connection.execute(select(cases).where(cases.c.id == case_id)).first()
    if row is None:
        raise UsageError("没有这一事项。", "请从待办列表重新进入。")
    return case_of(row)


def read_draft_row(connection: Connection, case_id: int, number: int) -> Row:
    row = connection.execute(select(drafts).where(drafts.c.case_id == case_id, drafts.c.number == number)).first()
    if row is None:
        raise UsageError("没有这一稿。", "请从事项页面重新选择。")
    return row


def read_draft(connection: Connection, case_id: int, number: int) -> Draft:
    return draft_of(read_draft_row(connection, case_id, number))


def read_newest_draft(connection: Connection, case: Case, number: int) -> Row:
    if number != case.drafts:
        raise Conflict(f"经办人已提交第{case.drafts}稿，不能再处置第{number}稿。", "请刷新页面，在最新一稿上处置。")
    return read_draft_row(connection, case.id, number)


def current_dispositions(connection: Connection, case_id: int, draft: int) -> tuple[Disposition, ...]:
    """The dispositions that count: the newest of each finding."""
    rows = connection.execute(
        select(dispositions)
        .where(dispositions.c.case_id == case_id, dispositions.c.draft == draft)
        .order_by(dispositions.c.id)
    )
    newest = {row.finding: disposition_of(row) for row in rows}
    return tuple(newest[index] for index in sorted(newest))


def insert_dispositions(connection: Connection, keys: Keys, items: Sequence[Disposition]) -> tuple[str, str]:
    """The seals of the new rows and of their notes, for the audit event of the act."""
    rows = [
        {
            "case_id": item.case_id,
            "draft": item.draft,
            "finding": item.finding,
            "code": item.code.value,
            "note": item.note,
            "actor_id": item.actor_id,
            "at": time_text(item.at),
            "carried_from": item.carried_from,
        }
        for item in items
    ]
    for row in rows:
        connection.execute(insert(dispositions).values(row))
    return seal(keys, "dispositions", rows), seal_words(keys, "dispositions", rows)


def key_of(row: Row | None) -> int:
    if row is None:
        raise UsageError("没有保存记录。", "请重试；仍然失败请联系系统管理员。")
    return int(row[0])


def clean_text(value: str, name: str, *, is_needed: bool = False, limit: int = MAX_TEXT) -> str:
    value = storable(value).strip()
    if is_needed and not value:
        raise UsageError(f"{name}不能为空。", f"请填写{name}。")
    if len(value) > limit:
        raise UsageError(f"{name}过长（{len(value)}字）。", f"请控制在{limit}字以内。")
    return value


def clean_file_name(name: str) -> str:
    """The last component only, at most 255 characters: a browser may send a path."""
    return storable(name).replace("\\", "/").rsplit("/", 1)[-1][:255]
