"""The rows that the audit chain vouches for: seals of what an act wrote, and the comparison of all rows with all seals.

A seal is a keyed hash, so that it does not tell what was sealed. Words and fixed columns have separate seals: a purge blanks
the words of a stopped case, and the rest still has to be what it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from review.casework.keys import Keys
from review.casework.records import canonical_json
from review.casework.tables import (
    accounts,
    acknowledgements,
    case_stops,
    cases,
    decisions,
    dispositions,
    drafts,
    redacted_copies,
    stop_events,
    stop_releases,
)
from review.casework.transitions import OUTCOMES
from review.errors import AuditChainBroken
from review.types import CaseState, Outcome

#: Columns of a record that nothing may change; keys that the database draws are left out, the order stands for them.
FIXED: dict[str, tuple[str, ...]] = {
    "drafts": ("case_id", "number", "format", "uploaded_by", "uploaded_at"),
    "dispositions": ("case_id", "draft", "finding", "code", "actor_id", "at", "carried_from"),
    "acknowledgements": ("case_id", "draft", "actor_id", "at"),
    "decisions": (
        "case_id",
        "draft",
        "outcome",
        "reason_code",
        "actor_id",
        "actor_name",
        "at",
        "until",
        "reply_due",
    ),
    "stop_events": tuple(stop_events.c.keys()),
    "case_stops": ("case_id", "number", "content", "actor_id", "at"),
    "stop_releases": tuple(stop_releases.c.keys()),
    "accounts": ("id", "login", "name", "department", "roles", "created_at"),
}
#: Columns that a purge blanks.
WORDS: dict[str, tuple[str, ...]] = {
    "drafts": ("sha256", "file_name", "size", "check_json", "parts_json", "original_file", "document_file"),
    "dispositions": ("note",),
    "acknowledgements": ("note",),
    "decisions": ("opinion", "condition", "body"),
}
_PARTICULARS = (
    "number",
    "title",
    "document_number",
    "department",
    "submitter_id",
    "channel",
    "source",
    "openness",
    "submitter_note",
    "formed_on",
    "due_on",
    "created_at",
)
_MOVES = frozenset({"claimed", "released", "resubmitted", "decided", "withdrawn"})


def seal(keys: Keys, table: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The seal of the fixed columns of these rows, in their order."""
    return _sealed(keys, rows, FIXED[table])


def seal_words(keys: Keys, table: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The seal of the columns of these rows that a purge blanks."""
    return _sealed(keys, rows, WORDS[table])


def seal_particulars(keys: Keys, connection: Connection, case_id: int) -> str:
    """The seal of what stands in the row of a case besides its state."""
    row = connection.execute(select(cases).where(cases.c.id == case_id)).one()
    return _sealed(keys, [row._asdict()], _PARTICULARS)


def seal_drafts(keys: Keys, connection: Connection, case_id: int) -> str:
    """The seal of the blanked words of every draft of a case."""
    rows = connection.execute(select(drafts).where(drafts.c.case_id == case_id).order_by(drafts.c.number))
    return seal_words(keys, "drafts", (row._asdict() for row in rows))


def _sealed(keys: Keys, rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> str:
    return keys.keyed_hash(canonical_json([[row[name] for name in columns] for row in rows]))


# ----------------------------------------------------------------------------------------------------------- comparison


@dataclass(slots=True)
class _Entry:
    """``count`` rows that the event ``seq`` wrote."""

    seq: int
    count: int
    record: str | None
    words: str | None
    facts: Mapping[str, Any]


@dataclass(slots=True)
class _CaseLine:
    """What the events of one case say its row must be."""

    seq: int = 0
    state: str = CaseState.SUBMITTED
    reviewer_id: str | None = None
    drafts: int = 1
    version: int = 1
    particulars: str | None = None
    purged: int = 0
    purged_drafts: str | None = None
    drafts_then: int = 0
    stops: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    redacted: dict[int, str | None] = field(default_factory=dict)
    entries: dict[str, list[_Entry]] = field(default_factory=dict)


@dataclass(slots=True)
class _AccountLine:
    seq: int
    record: str | None
    roles: str
    is_disabled: int = 0
    password: str | None = None


class Expectation:
    """What the rows must be, told event by event; ``compare`` then reads them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cases: dict[int, _CaseLine] = {}
        self._accounts: dict[str, _AccountLine] = {}
        self._stops: dict[str, tuple[int, str | None]] = {}
        self._releases: dict[str, tuple[int, str | None]] = {}
        self._last = 0

    def hear(self, seq: int, action: str, actor_id: str, case_id: int | None, said: Mapping[str, Any]) -> None:
        """One event, in the order of the chain."""
        self._last = seq
        if action.startswith("account-") or action.startswith("password-"):
            self._hear_account(seq, action, said)
        elif action == "stopped":
            self._stops[said["number"]] = (seq, said.get("record"))
        elif action == "stop-released":
            self._releases[said["number"]] = (seq, said.get("record"))
        elif case_id is not None:
            self._hear_case(seq, action, actor_id, case_id, said)

    def _hear_account(self, seq: int, action: str, said: Mapping[str, Any]) -> None:
        if action == "account-added":
            self._accounts[said["account"]] = _AccountLine(seq, said.get("record"), said["roles"])
        line = self._accounts.get(said["account"])
        if line is None:
            raise broken(seq, "所说的账号没有建立过")
        if action in ("account-disabled", "account-enabled"):
            line.seq, line.is_disabled = seq, int(action == "account-disabled")
        if "password" in said:
            line.seq, line.password = seq, said["password"]

    def _hear_case(self, seq: int, action: str, actor_id: str, case_id: int, said: Mapping[str, Any]) -> None:
        line = self._cases.setdefault(case_id, _CaseLine())
        line.seq = seq
        line.version += action in _MOVES
        line.particulars = said.get("particulars", line.particulars)
        if action in ("submitted", "resubmitted"):
            line.state, line.drafts = CaseState.SUBMITTED, said["draft"]
            _add(line, "drafts", _Entry(seq, 1, said.get("record"), said.get("words"), {"number": said["draft"]}))
            if said.get("carried"):
                carried = said.get("carried_record"), said.get("carried_words")
                _add(line, "dispositions", _Entry(seq, said["carried"], *carried, {"draft": said["draft"]}))
        elif action == "claimed":
            line.state, line.reviewer_id = CaseState.IN_REVIEW, actor_id
        elif action == "released":
            line.state, line.reviewer_id = CaseState.SUBMITTED, None
        elif action == "withdrawn":
            line.state = CaseState.WITHDRAWN
        elif action == "disposed":
            facts = {"draft": said["draft"], "code": said["code"], "actor_id": actor_id}
            _add(line, "dispositions", _Entry(seq, said["count"], said.get("record"), said.get("words"), facts))
        elif action == "gaps-acknowledged":
            facts = {"draft": said["draft"], "actor_id": actor_id}
            _add(line, "acknowledgements", _Entry(seq, 1, said.get("record"), said.get("words"), facts))
        elif action == "decided":
            line.state = OUTCOMES[Outcome(said["outcome"])].target
            facts = {name: said[name] for name in ("draft", "outcome")} | {"audit_seq": seq, "actor_id": actor_id}
            facts["reason_code"] = said.get("reason") or ""
            _add(line, "decisions", _Entry(seq, 1, said.get("record"), said.get("words"), facts))
            if said.get("redacted"):
                line.redacted[seq] = said["redacted"]
        elif action == "purged":
            line.purged, line.purged_drafts, line.drafts_then = seq, said.get("record"), line.drafts
            line.stops[said["number"]] = (seq, said.get("stops"))

    def compare(self, connection: Connection) -> None:
        """AuditChainBroken, naming the event, for a row that is not what its event says, is missing, or has no event."""
        self._compare_cases(connection)
        self._compare_accounts(connection)
        self._compare_numbered(connection, stop_events, self._stops, "停止处理的事件")
        self._compare_numbered(connection, stop_releases, self._releases, "解除停止处理的记录")
        for table in (drafts, dispositions, acknowledgements, decisions):
            self._compare_entries(connection, table)
        self._compare_case_stops(connection)
        self._compare_copies(connection)

    def _compare_cases(self, connection: Connection) -> None:
        left = dict(self._cases)
        for row in _stream(connection, cases, cases.c.id):
            line = left.pop(row.id, None)
            if line is None:
                raise broken(self._last, "数据库中有一个事项没有对应的留痕")
            said = (line.state, line.reviewer_id, line.drafts, line.version)
            if said != (row.state, row.reviewer_id, row.drafts, row.version):
                raise broken(line.seq, "事项的状态与留痕不符")
            if line.particulars is not None and line.particulars != _sealed(self._keys, [row._asdict()], _PARTICULARS):
                raise broken(line.seq, "事项的登记内容与留痕不符")
        for line in left.values():
            raise broken(line.seq, "留痕所说的事项已不在数据库中")

    def _compare_accounts(self, connection: Connection) -> None:
        left = dict(self._accounts)
        for row in _stream(connection, accounts, accounts.c.id):
            line = left.pop(row.id, None)
            if line is None:
                raise broken(self._last, "数据库中有一个账号没有对应的留痕")
            is_same = line.record in (None, seal(self._keys, "accounts", [row._asdict()]))
            is_same &= line.password in (None, self._keys.keyed_hash(row.password_hash))
            if not is_same or (line.roles, line.is_disabled) != (row.roles, row.is_disabled):
                raise broken(line.seq, "账号的角色、状态或口令与留痕不符")
        for line in left.values():
            raise broken(line.seq, "留痕所说的账号已不在数据库中")

    def _compare_numbered(
        self, connection: Connection, table: Table, said: Mapping[str, tuple[int, str | None]], what: str
    ) -> None:
        left = dict(said)
        for row in _stream(connection, table, table.c.number):
            seq, record = left.pop(row.number, (0, None))
            if not seq:
                raise broken(self._last, f"数据库中有一条{what}没有对应的留痕")
            if record not in (None, seal(self._keys, table.name, [row._asdict()])):
                raise broken(seq, f"{what}与留痕不符")
        for seq, _ in left.values():
            raise broken(seq, f"{what}已不在数据库中")

    def _compare_entries(self, connection: Connection, table: Table) -> None:
        order = table.c.number if table is drafts else table.c.id
        left = {case_id: line for case_id, line in self._cases.items() if table.name in line.entries}
        for case_id, rows in _by_case(_stream(connection, table, table.c.case_id, order)):
            line = left.pop(case_id, None)
            if line is None:
                raise broken(self._last, "数据库中有一条记录没有对应的留痕")
            at = 0
            for entry in line.entries[table.name]:
                mine = rows[at : at + entry.count]
                at += entry.count
                if len(mine) != entry.count:
                    raise broken(entry.seq, "留痕所说的记录已不在数据库中")
                self._compare_rows(table.name, entry, mine, is_purged=entry.seq < line.purged)
            if at != len(rows):
                raise broken(line.seq, "数据库中有一条记录没有对应的留痕")
            if table is drafts and line.purged_drafts is not None:
                if line.purged_drafts != seal_words(self._keys, "drafts", rows[: line.drafts_then]):
                    raise broken(line.purged, "清除后的记录被改动")
        for line in left.values():
            raise broken(line.entries[table.name][0].seq, "留痕所说的记录已不在数据库中")

    def _compare_rows(self, table: str, entry: _Entry, rows: list[Mapping[str, Any]], *, is_purged: bool) -> None:
        is_same = all(row[name] == value for row in rows for name, value in entry.facts.items())
        is_same &= entry.record in (None, seal(self._keys, table, rows))
        if is_purged and table != "drafts" and entry.record is not None:
            is_same &= not any(row[name] for row in rows for name in WORDS[table])
        elif not is_purged:
            is_same &= entry.words in (None, seal_words(self._keys, table, rows))
        if not is_same:
            raise broken(entry.seq, "记录的内容与留痕不符")

    def _compare_case_stops(self, connection: Connection) -> None:
        found: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
        for row in _stream(connection, case_stops, case_stops.c.id):
            found.setdefault((row.case_id, row.number), []).append(row._asdict())
        for case_id, line in self._cases.items():
            for number, (seq, stops) in line.stops.items():
                rows = found.pop((case_id, number), [])
                if stops not in (None, seal(self._keys, "case_stops", rows)):
                    raise broken(seq, "停止处理的登记与留痕不符")
        if found:
            raise broken(self._last, "数据库中有一条停止处理的登记没有对应的留痕")

    def _compare_copies(self, connection: Connection) -> None:
        joined = select(redacted_copies, decisions.c.audit_seq).outerjoin(
            decisions, decisions.c.id == redacted_copies.c.decision_id
        )
        left = {
            (case_id, seq): (value, line.purged > seq)
            for case_id, line in self._cases.items()
            for seq, value in line.redacted.items()
        }
        for row in connection.execute(joined):
            said, is_purged = left.pop((row.case_id, row.audit_seq), (None, False))
            kept = ("",) if is_purged else (self._keys.keyed_hash(row.sha256),)
            if said is None or (row.sha256 if is_purged else said) not in kept:
                raise broken(row.audit_seq or self._last, "脱敏稿与留痕不符")
        for _, seq in left:
            raise broken(seq, "脱敏稿的记录已不在数据库中")


def _add(line: _CaseLine, table: str, entry: _Entry) -> None:
    line.entries.setdefault(table, []).append(entry)


def _stream(connection: Connection, table: Table, *order: Any) -> Iterator[Row]:
    yield from connection.execution_options(yield_per=500).execute(select(table).order_by(*order))


def _by_case(rows: Iterable[Row]) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    group: list[Mapping[str, Any]] = []
    for row in rows:
        if group and group[0]["case_id"] != row.case_id:
            yield group[0]["case_id"], group
            group = []
        group.append(row._asdict())
    if group:
        yield group[0]["case_id"], group


def broken(seq: int, why: str) -> AuditChainBroken:
    """The error that names the first event which does not hold."""
    return AuditChainBroken(
        f"审计链在第 {seq} 条处不成立：{why}。",
        "请停止使用，保留现场（数据库文件、日志、备份），报告审计员和保密工作机构。",
        seq,
    )
