"""The end of a stop (domain.md §8.4 step 7): a secrecy officer states why it is no state secret, then a new upload may come.

Two persons: who stopped a case, or uploaded a draft of it, does not release it. A stopped upload is not remembered at all:
even a keyed hash is derived from its content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from sqlalchemy import ColumnElement, Connection, insert, select

from review.casework import audit
from review.casework.acts import clean_text, read_case
from review.casework.evidence import seal
from review.casework.permissions import read_actor, require_role
from review.casework.records import parse_time, time_text
from review.casework.stops import insert_stop, refuse_marks
from review.casework.store import Store
from review.casework.tables import case_stops, cases, drafts, stop_releases
from review.casework.wording import Words
from review.errors import NotAllowed, StoppedBySecrecyMark, WorkflowError
from review.types import Actor, Role


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A stopped case that nobody has released yet."""

    case_id: int
    case_number: str
    number: str
    at: datetime


def release_stop(store: Store, actor: Actor, case_id: int, basis: str, now: datetime) -> tuple[str, ...]:
    """The numbers of the stop events of a case that end here, with the record of who verified it and on what basis.

    NotAllowed for anyone but a secrecy officer, for who stopped the case and for who uploaded it; WorkflowError when no stop
    is open. The content stays removed: a new upload is needed.
    """
    basis = clean_text(basis, "核实依据", is_needed=True)
    refuse_marks(store, actor, now, Words("核实依据", basis))
    with store.writing() as transaction:
        connection = transaction.connection
        actor = read_actor(connection, actor)
        require_role(actor, {Role.SECRECY}, "解除停止处理")
        read_case(connection, case_id)
        numbers = tuple(sorted(set(connection.scalars(_open(case_stops.c.number, case_stops.c.case_id == case_id)))))
        if not numbers:
            raise WorkflowError("这一事项没有待解除的停止处理。", "请在停止处理事件中核对事项编号。")
        _require_second_person(connection, actor, numbers)
        for number in numbers:
            row = {
                "number": number,
                "case_id": case_id,
                "basis": basis,
                "actor_id": actor.id,
                "actor_name": actor.name,
                "at": time_text(now),
            }
            connection.execute(insert(stop_releases).values(row))
            hashed, record = store.keys.keyed_hash(basis), seal(store.keys, "stop_releases", [row])
            audit.append(
                transaction, now, actor.id, "stop-released", case_id, number=number, basis=hashed, record=record
            )
        return numbers


def list_open_stops(store: Store, actor: Actor) -> tuple[OpenStop, ...]:
    """The stopped cases that wait for a secrecy officer, the oldest first; empty for everybody else."""
    with store.reading() as connection:
        if not read_actor(connection, actor).has_role(Role.SECRECY):
            return ()
        rows = connection.execute(
            select(case_stops.c.case_id, cases.c.number.label("case_number"), case_stops.c.number, case_stops.c.at)
            .join(cases, cases.c.id == case_stops.c.case_id)
            .where(case_stops.c.number.not_in(select(stop_releases.c.number)))
            .distinct()
            .order_by(case_stops.c.at, case_stops.c.case_id)
        ).all()
    return tuple(OpenStop(row.case_id, row.case_number, row.number, parse_time(row.at)) for row in rows)


def require_released(connection: Connection, case_id: int) -> None:
    """WorkflowError while a stop of this case is open."""
    if connection.scalar(_open(case_stops.c.id, case_stops.c.case_id == case_id).limit(1)) is not None:
        raise WorkflowError(
            "本件已按疑似国家秘密停止处理，尚未解除，不能继续办理。",
            "须由保密员核实不属于国家秘密，登记依据后解除，再重新送审。",
        )


def require_unstopped(store: Store, connection: Connection, sha256: str) -> None:
    """StoppedBySecrecyMark for a file that a person stopped, in whichever case, until it is released."""
    content = store.keys.keyed_hash(sha256)
    if connection.scalar(_open(case_stops.c.id, case_stops.c.content == content).limit(1)) is not None:
        raise StoppedBySecrecyMark(
            "这份文件此前已按疑似国家秘密停止处理，尚未解除，没有保存。",
            "请不要再次上传，立即报告本单位保密工作机构；经保密员核实解除后才能重新送审。",
        )


def refuse_stopped(
    store: Store, actor: Actor, sha256: str, size: int, file_name: str, now: datetime, client: str = ""
) -> None:
    """As ``require_unstopped``, and the attempt is recorded as a stop event."""
    try:
        with store.reading() as connection:
            require_unstopped(store, connection, sha256)
    except StoppedBySecrecyMark:
        with store.writing() as transaction:
            actor, suffix = read_actor(transaction.connection, actor), PurePath(file_name).suffix
            insert_stop(store, transaction, actor, (), size, suffix, file_name, client, "refused", None, now)
        raise


def _open(column: ColumnElement, where: ColumnElement[bool]):
    return select(column).where(where, case_stops.c.number.not_in(select(stop_releases.c.number)))


def _require_second_person(connection: Connection, actor: Actor, numbers: Sequence[str]) -> None:
    is_mine = case_stops.c.number.in_(numbers)
    stoppers = set(connection.scalars(select(case_stops.c.actor_id).where(is_mine)))
    touched = select(case_stops.c.case_id).where(is_mine)
    uploaders = set(connection.scalars(select(drafts.c.uploaded_by).where(drafts.c.case_id.in_(touched))))
    if actor.id in stoppers | uploaders:
        raise NotAllowed("停止处理的人和送审的人不能自己解除。", "请由另一位保密员核实并登记依据。")
