"""Everything that is read for screens and outputs. Each query takes the actor and shows what their roles may see.

Nothing here writes: opening a draft is recorded by ``workflow.open_draft`` before its text is asked for here.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, func, or_, select, true

from review.casework.audit import ACTIONS, event_of
from review.casework.calendar import LOCAL, Calendar, load_calendar, local_day
from review.casework.permissions import may_open, may_see, read_actor
from review.casework.records import (
    acknowledgement_of,
    case_of,
    decision_of,
    disposition_of,
    draft_of,
    parse_parts,
    stop_event_of,
    storable,
    submission_of,
    time_text,
)
from review.casework.store import Store
from review.casework.tables import (
    accounts,
    acknowledgements,
    audit_events,
    cases,
    decisions,
    dispositions,
    drafts,
    redacted_copies,
    stop_events,
)
from review.casework.transitions import OUTCOMES
from review.errors import NotAllowed, StoreError, UsageError
from review.reading.wire import WireError, decode_document
from review.types import (
    Acknowledgement,
    Actor,
    AuditEvent,
    Case,
    CaseState,
    Decision,
    Disposition,
    Document,
    Draft,
    Part,
    Role,
    Severity,
    StopEvent,
    Submission,
)

#: Tabs of the queue.
SCOPES = ("mine", "todo", "returned", "done", "all")
_CLOSED = (CaseState.DECIDED, CaseState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of the queue. ``counts`` are those of the newest draft, trial rules apart.

    ``working_days_left`` counts to the local target (``case.due_on``), 0 on the last day, negative afterwards; None for a
    closed case or without a date of formation. ``legal_days_left`` counts to the limit of 条例第二十六条.
    """

    case: Case
    counts: Mapping[Severity, int]
    gaps: int
    pages: int | None
    undisposed: int
    reviewer_name: str
    submitter_name: str
    working_days_left: int | None
    legal_days_left: int | None
    is_overdue: bool
    calendar_warning: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The whole record of one case. ``dispositions`` are the ones that count, of every draft; ``names`` by account id."""

    case: Case
    submission: Submission
    drafts: tuple[Draft, ...]
    parts: Mapping[int, tuple[Part, ...]] = field(repr=False)
    dispositions: tuple[Disposition, ...]
    decisions: tuple[Decision, ...]
    acknowledgements: tuple[Acknowledgement, ...]
    events: tuple[AuditEvent, ...]
    names: Mapping[str, str]
    legal_due_on: date | None
    referred_days: int  # working days spent waiting for others so far; they count towards the limit (条例第二十六条)
    calendar_warning: str

    @property
    def newest(self) -> Draft:
        return self.drafts[-1]

    @property
    def is_purged(self) -> bool:
        """Whether the content of the newest draft was removed because a person stopped it, in this case or in another."""
        return not self.newest.file_name

    @property
    def uploaders(self) -> frozenset[str]:
        """Who may not review this case."""
        return frozenset({self.case.submitter_id, *(draft.uploaded_by for draft in self.drafts)})

    def dispositions_of(self, draft: int) -> Mapping[int, Disposition]:
        """The dispositions of one draft by finding."""
        return {item.finding: item for item in self.dispositions if item.draft == draft}


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The five figures above the queue."""

    waiting: int  # 待我审查；经办人：待我修改
    due_today: int  # 今日到期（含已超期）
    returned: int  # 退回待复核；经办人：审查中
    severe: int  # 含严重问题
    average_hours: float | None  # 本周平均用时，送审至结论，小时


@dataclass(frozen=True, slots=True)
class EventLine:
    """One audit event as a person reads it."""

    event: AuditEvent
    label: str
    actor_name: str
    case_number: str


# ------------------------------------------------------------------------------------------------------------ the queue


def list_queue(
    store: Store,
    actor: Actor,
    *,
    scope: str = "todo",
    department: str = "",
    severity: str = "",
    search: str = "",
    limit: int | None = None,
    offset: int = 0,
    today: date | None = None,
) -> tuple[CaseSummary, ...]:
    """The lines of the queue, the most urgent first.

    ``scope``: see SCOPES; ``severity``: cases with at least one finding of it, or "gaps"; ``search``: part of a title,
    文号 or case number.
    """
    day = today or local_day(datetime.now(UTC))
    reviewer, submitter = accounts.alias("reviewer"), accounts.alias("submitter")
    statement = (
        select(cases, reviewer.c.name.label("reviewer_name"), submitter.c.name.label("submitter_name"))
        .join(submitter, submitter.c.id == cases.c.submitter_id)
        .outerjoin(reviewer, reviewer.c.id == cases.c.reviewer_id)
    )
    calendar = load_calendar()
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        statement = _filtered(statement, actor, scope, department, severity, search)
        order = (
            (cases.c.decided_at.desc(), cases.c.id.desc()) if scope == "done" else (cases.c.due_on.asc().nulls_last(),)
        )
        rows = connection.execute(statement.order_by(*order, cases.c.id).limit(limit).offset(offset)).all()
    legal = store.settings.legal_working_days
    return tuple(_summary(row, calendar, day, legal) for row in rows)


def count_queue(
    store: Store, actor: Actor, *, scope: str = "todo", department: str = "", severity: str = "", search: str = ""
) -> int:
    """How many lines ``list_queue`` has without a limit."""
    statement = select(func.count()).select_from(cases)
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        return connection.scalar(_filtered(statement, actor, scope, department, severity, search)) or 0


def list_departments(store: Store, actor: Actor) -> tuple[str, ...]:
    """Departments with cases that this actor may see."""
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        statement = select(cases.c.department).where(_visible(actor)).distinct().order_by(cases.c.department)
        return tuple(connection.scalars(statement))


def queue_figures(store: Store, actor: Actor, *, today: date | None = None) -> QueueFigures:
    """The five figures, in two queries."""
    day = today or local_day(datetime.now(UTC))
    monday = datetime.combine(day - timedelta(days=day.weekday()), time(), LOCAL)
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        is_reviewing = actor.has_role(Role.REVIEWER, Role.LEAD, Role.AUDITOR)
        todo = _scope("todo", actor)
        waiting = cases.c.state.not_in(_CLOSED)
        back = _scope("returned", actor) if is_reviewing else cases.c.state == CaseState.IN_REVIEW
        row = connection.execute(
            select(
                func.count().filter(todo),
                func.count().filter(and_(waiting, cases.c.due_on <= day.isoformat())),
                func.count().filter(back),
                func.count().filter(and_(waiting, cases.c.high > 0)),
            )
            .select_from(cases)
            .where(_visible(actor), waiting)
        ).one()
        done = connection.execute(
            select(cases.c.created_at, cases.c.decided_at).where(
                _visible(actor), cases.c.state == CaseState.DECIDED, cases.c.decided_at >= time_text(monday)
            )
        ).all()
    hours = [_hours(start, end) for start, end in done]
    return QueueFigures(row[0], row[1], row[2], row[3], round(sum(hours) / len(hours), 1) if hours else None)


# --------------------------------------------------------------------------------------------------------------- a case


def get_case(store: Store, actor: Actor, case_id: int, *, today: date | None = None) -> CaseFile:
    """The whole record of a case; NotAllowed when it is another department's, UsageError when there is none."""
    with store.reading() as connection:
        row = _visible_case(connection, actor, case_id)
        case = case_of(row)
        draft_rows = connection.execute(
            select(drafts).where(drafts.c.case_id == case_id).order_by(drafts.c.number)
        ).all()
        newest: dict[tuple[int, int], Disposition] = {}
        said = select(dispositions).where(dispositions.c.case_id == case_id).order_by(dispositions.c.id)
        for item in connection.execute(said):
            newest[item.draft, item.finding] = disposition_of(item)
        decided_rows = select(decisions).where(decisions.c.case_id == case_id).order_by(decisions.c.id)
        seen = select(acknowledgements).where(acknowledgements.c.case_id == case_id).order_by(acknowledgements.c.id)
        happened = select(audit_events).where(audit_events.c.case_id == case_id).order_by(audit_events.c.seq)
        events = tuple(event_of(item) for item in connection.execute(happened))
        ids = {case.submitter_id, case.reviewer_id or "", *(event.actor_id for event in events)}
        names = connection.execute(select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(ids)))
        calendar = load_calendar()
        legal_due = calendar.add(case.formed_on, store.settings.legal_working_days) if case.formed_on else None
        decided = tuple(decision_of(item) for item in connection.execute(decided_rows))
        return CaseFile(
            case=case,
            submission=submission_of(row),
            drafts=tuple(draft_of(item) for item in draft_rows),
            parts={item.number: parse_parts(item.parts_json) for item in draft_rows},
            dispositions=tuple(newest[key] for key in sorted(newest)),
            decisions=decided,
            acknowledgements=tuple(acknowledgement_of(item) for item in connection.execute(seen)),
            events=events,
            names={account_id: name for account_id, name in names},
            legal_due_on=legal_due,
            referred_days=_referred_days(decided, calendar, today or local_day(datetime.now(UTC))),
            calendar_warning=calendar.warning(case.formed_on, legal_due) if case.formed_on and legal_due else "",
        )


def load_document(store: Store, actor: Actor, case_id: int, draft: int) -> Document:
    """What was read of a draft when it was checked; StoreError when the stored copy is damaged."""
    return unpacked(store, _openable_draft(store, actor, case_id, draft))


def unpacked(store: Store, row: Row) -> Document:
    """The Document kept beside a draft; StoreError when the stored copy is damaged."""
    try:
        payload = zlib.decompress(store.vault.get(row.document_file))
        return decode_document(payload, row.sha256, row.file_name, row.size)
    except (zlib.error, WireError):
        raise StoreError("文稿的已读内容已损坏，不能使用。", "请从备份恢复 files 目录；原稿仍可单独下载。") from None


def load_original(store: Store, actor: Actor, case_id: int, draft: int) -> bytes:
    """The bytes of a draft as uploaded."""
    return store.vault.get(_openable_draft(store, actor, case_id, draft).original_file)


def require_content(store: Store, actor: Actor, case_id: int, draft: int) -> None:
    """UsageError once the content of a draft was purged, NotAllowed for who may not open it: asked before anything cached."""
    _openable_draft(store, actor, case_id, draft)


def load_redacted(store: Store, actor: Actor, case_id: int, decision_id: int) -> tuple[str, bytes]:
    """(file name, bytes) of the redacted copy that a decision approved."""
    with store.reading() as connection:
        _require_openable(connection, actor, case_id)
        row = connection.execute(
            select(redacted_copies).where(
                redacted_copies.c.decision_id == decision_id, redacted_copies.c.case_id == case_id
            )
        ).first()
    if row is None or not row.vault_file:
        raise UsageError("这次结论没有脱敏稿。", "请从事项页面重新选择。")
    return row.file_name, store.vault.get(row.vault_file)


# -------------------------------------------------------------------------------------------------------------- records


def list_events(
    store: Store,
    actor: Actor,
    *,
    case_id: int | None = None,
    actor_id: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 200,
) -> tuple[EventLine, ...]:
    """Audit events, the newest first, ``before`` a seq for the next page.

    Auditors, leads and secrecy officers see all of them, administrators those about accounts, everybody else those of the
    cases they may see.
    """
    event = audit_events.c
    statement = (
        select(audit_events, accounts.c.name.label("actor_name"), cases.c.number.label("case_number"))
        .outerjoin(accounts, accounts.c.id == event.actor_id)
        .outerjoin(cases, cases.c.id == event.case_id)
        .order_by(event.seq.desc())
        .limit(limit)
    )
    wanted = (
        (case_id is not None, event.case_id == case_id),
        (actor_id, event.actor_id == actor_id),
        (action, event.action == action),
        (since is not None, event.at >= time_text(since) if since else true()),
        (until is not None, event.at < time_text(until) if until else true()),
        (before is not None, event.seq < before if before is not None else true()),
    )
    for is_asked, condition in wanted:
        if is_asked:
            statement = statement.where(condition)
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        rows = connection.execute(statement.where(_visible_events(actor))).all()
    return tuple(
        EventLine(event_of(row), ACTIONS[row.action][0], row.actor_name or "本机操作员", row.case_number or "")
        for row in rows
    )


def list_stops(store: Store, actor: Actor, *, limit: int = 200) -> tuple[StopEvent, ...]:
    """Stop events, the newest first: all for secrecy officers, leads and auditors, otherwise one's own."""
    statement = select(stop_events).order_by(stop_events.c.at.desc(), stop_events.c.number.desc()).limit(limit)
    with store.reading() as connection:
        actor = read_actor(connection, actor)
        if not actor.has_role(Role.SECRECY, Role.LEAD, Role.AUDITOR):
            statement = statement.where(stop_events.c.actor_id == actor.id)
        return tuple(stop_event_of(row) for row in connection.execute(statement))


# ---------------------------------------------------------------------------------------------------------------- parts


def _visible(actor: Actor) -> ColumnElement[bool]:
    """``permissions.may_see`` as a condition."""
    if actor.has_role(Role.REVIEWER, Role.LEAD, Role.AUDITOR):
        return true()
    return cases.c.department == actor.department if actor.has_role(Role.SUBMITTER) else false()


def _visible_events(actor: Actor) -> ColumnElement[bool]:
    if actor.has_role(Role.AUDITOR, Role.LEAD, Role.SECRECY):
        return true()
    of_cases = and_(audit_events.c.case_id.is_not(None), _visible(actor))
    if actor.has_role(Role.ADMIN):
        return or_(audit_events.c.case_id.is_(None) & (audit_events.c.action != "stopped"), of_cases)
    return or_(of_cases, audit_events.c.actor_id == actor.id)


def _filtered(statement: Select, actor: Actor, scope: str, department: str, severity: str, search: str) -> Select:
    statement = statement.where(_visible(actor), _scope(scope, actor))
    if department:
        statement = statement.where(cases.c.department == storable(department))
    if severity:
        column = {"high": cases.c.high, "medium": cases.c.medium, "low": cases.c.low, "info": cases.c.info}
        statement = statement.where(column.get(severity, cases.c.gaps) > 0)
    if search := storable(search).strip():
        columns = (cases.c.title, cases.c.document_number, cases.c.number)
        statement = statement.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return statement


def _scope(scope: str, actor: Actor) -> ColumnElement[bool]:
    state = cases.c.state
    is_reviewing = actor.has_role(Role.REVIEWER, Role.LEAD, Role.AUDITOR)
    mine = or_(cases.c.reviewer_id == actor.id, cases.c.submitter_id == actor.id)
    if scope == "mine":
        return and_(mine, state.not_in(_CLOSED))
    if scope == "todo" and is_reviewing:
        held = and_(cases.c.reviewer_id == actor.id, state.in_((CaseState.IN_REVIEW, CaseState.REFERRED)))
        return or_(state == CaseState.SUBMITTED, held)
    if scope == "todo":
        return state == CaseState.RETURNED
    if scope == "returned":
        again = and_(state == CaseState.SUBMITTED, cases.c.drafts > 1)
        return again if is_reviewing else or_(state == CaseState.RETURNED, again)
    if scope == "done":
        return state.in_(_CLOSED)
    return true()


def _summary(row: Row, calendar: Calendar, today: date, legal_days: int) -> CaseSummary:
    case = case_of(row)
    left = legal_left = None
    if case.due_on and case.formed_on and case.state not in _CLOSED:
        left = calendar.count(today, case.due_on)
        legal_left = legal_days - calendar.count(case.formed_on, today)
    return CaseSummary(
        case=case,
        counts={
            Severity.HIGH: row.high,
            Severity.MEDIUM: row.medium,
            Severity.LOW: row.low,
            Severity.INFO: row.info,
        },
        gaps=row.gaps,
        pages=row.pages,
        undisposed=row.undisposed,
        reviewer_name=row.reviewer_name or "",
        submitter_name=row.submitter_name,
        working_days_left=left,
        legal_days_left=legal_left,
        is_overdue=left is not None and case.due_on is not None and today > case.due_on,
        calendar_warning=calendar.warning(case.formed_on, today, case.due_on) if case.formed_on and case.due_on else "",
    )


def _visible_case(connection: Connection, actor: Actor, case_id: int) -> Row:
    actor = read_actor(connection, actor)
    row = connection.execute(select(cases).where(cases.c.id == case_id)).first()
    if row is None:
        raise UsageError("没有这一事项。", "请从待办列表重新进入。")
    if not may_see(actor, case_of(row)):
        raise NotAllowed("您不能查看这一事项。", "经办人只能查看本单位的事项；如职责有变，请联系系统管理员。")
    return row


def _require_openable(connection: Connection, actor: Actor, case_id: int) -> None:
    row = _visible_case(connection, actor, case_id)
    if not may_open(read_actor(connection, actor), case_of(row)):
        raise NotAllowed("您的账号不能打开文稿。", "文稿由送审单位和审查人查看；审计只查看办理记录。")


def _openable_draft(store: Store, actor: Actor, case_id: int, number: int) -> Row:
    with store.reading() as connection:
        _require_openable(connection, actor, case_id)
        row = connection.execute(select(drafts).where(drafts.c.case_id == case_id, drafts.c.number == number)).first()
    if row is None:
        raise UsageError("没有这一稿。", "请从事项页面重新选择。")
    if not row.original_file:
        raise UsageError("这一稿的内容已按停止处理清除。", "记录仍在；介质的处理由保密部门决定。")
    return row


def _referred_days(decided: tuple[Decision, ...], calendar: Calendar, today: date) -> int:
    ends = [*(local_day(decision.at) for decision in decided[1:]), today]
    waiting = [
        calendar.count(local_day(decision.at), end)
        for decision, end in zip(decided, ends, strict=False)
        if OUTCOMES[decision.outcome].target is CaseState.REFERRED
    ]
    return sum(max(0, days) for days in waiting)


def _hours(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600
