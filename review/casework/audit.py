"""The audit chain: who did what, when, each event holding the hash of the one before.

Tamper-evident, not tamper-proof: triggers refuse changes through this database, the chain shows those made behind its
back, the head kept elsewhere (``anchor.py``, printed forms) shows a cut tail. A payload says what happened in codes,
numbers and hashes; never in words of a draft.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, insert, select

from review.casework.evidence import Expectation, broken
from review.casework.records import canonical_json, parse_time, time_text
from review.casework.store import Store, Transaction
from review.casework.tables import audit_events
from review.casework.triggers import GENESIS
from review.types import AuditEvent

_SUBMITTED = frozenset(
    {"draft", "sha256", "ruleset", "model", "check", "findings", "gaps", "record", "words", "particulars"}
)
#: Action → what a person reads, and the only payload keys it may have. Free text has no key here.
ACTIONS: dict[str, tuple[str, frozenset[str]]] = {
    "account-added": ("新增账号", frozenset({"account", "roles", "record", "password"})),
    "account-disabled": ("停用账号", frozenset({"account"})),
    "account-enabled": ("启用账号", frozenset({"account"})),
    "password-reset": ("重置口令", frozenset({"account", "password"})),
    "password-changed": ("修改口令", frozenset({"account", "password"})),
    "signed-in": ("登录", frozenset({"account", "client"})),
    "sign-in-failed": ("登录失败", frozenset({"account", "login", "client", "failures"})),
    "sign-in-locked": ("登录锁定", frozenset({"account", "login", "client", "failures"})),
    "signed-out": ("退出登录", frozenset({"account"})),
    "declared": ("声明所传文件不涉密", frozenset({"client"})),
    "submitted": ("送审", _SUBMITTED),
    "resubmitted": ("重新送审", _SUBMITTED | {"carried", "carried_record", "carried_words"}),
    "draft-opened": ("打开文稿", frozenset({"draft"})),
    "original-opened": ("取出原稿", frozenset({"draft"})),
    "claimed": ("领取", frozenset({"version"})),
    "released": ("放回", frozenset({"version", "reviewer"})),
    "disposed": ("处置问题", frozenset({"draft", "findings", "code", "count", "record", "words"})),
    "gaps-acknowledged": ("确认已人工查看", frozenset({"draft", "gaps", "record", "words"})),
    "decided": (
        "作出结论",
        frozenset(
            {"draft", "outcome", "reason", "sha256", "opinion", "until", "redacted", "version", "record", "words"}
        ),
    ),
    "withdrawn": ("撤回", frozenset({"version", "reason", "particulars"})),
    "stopped": ("停止处理", frozenset({"number", "rules", "suffix", "size", "name", "record"})),
    "purged": ("清除文稿内容", frozenset({"number", "files", "record", "particulars", "stops"})),
    "stop-released": ("解除停止处理", frozenset({"number", "basis", "record"})),
    "model-promoted": ("启用线索模型", frozenset({"model", "model_sha256", "previous"})),
    "model-rolled-back": ("退回线索模型", frozenset({"model", "model_sha256", "previous"})),
    "form-printed": ("输出审查表", frozenset({"draft"})),
}

_COLUMNS = ("seq", "at", "actor_id", "action", "case_id", "payload", "previous_hash")
Value = str | int | None


@dataclass(frozen=True, slots=True)
class ChainState:
    """A chain that verifies: its length, the hash of its last event and how far the head kept elsewhere reaches."""

    events: int
    head: str
    anchored: int


def append(
    transaction: Transaction, at: datetime, actor_id: str, action: str, case_id: int | None, **payload: Value
) -> AuditEvent:
    """The next event, written in the act's own transaction, whose lock makes the head it reads the head it follows."""
    unknown = set(payload) - ACTIONS[action][1]
    if unknown:
        raise ValueError(f"{action} has no payload {sorted(unknown)}")
    connection = transaction.connection
    last = connection.execute(
        select(audit_events.c.seq, audit_events.c.hash).order_by(audit_events.c.seq.desc()).limit(1)
    ).first()
    values: dict[str, Value] = {
        "seq": last.seq + 1 if last else 1,
        "at": time_text(at),
        "actor_id": actor_id,
        "action": action,
        "case_id": case_id,
        "payload": canonical_json(payload),
        "previous_hash": last.hash if last else GENESIS,
    }
    values["hash"] = _link([values[name] for name in _COLUMNS])
    connection.execute(insert(audit_events).values(values))
    event = event_of(values)
    transaction.head = (event.seq, event.hash)
    return event


def verify(store: Store) -> ChainState:
    """The state of the chain; AuditChainBroken with the first seq that does not fit, which may be one that is missing.

    A chain that holds is then compared with the rows it vouches for (``evidence``): cases, drafts, dispositions,
    acknowledgements, decisions, accounts, stops and releases.
    """
    anchored = store.anchor.read()
    previous, expected = GENESIS, 1
    expectation = Expectation(store.keys)
    with store.reading() as connection:
        rows = connection.execution_options(yield_per=2000).execute(select(audit_events).order_by(audit_events.c.seq))
        for row in rows:
            if row.seq != expected:
                raise broken(expected, "缺少这一条记录，或顺序被改动")
            if row.previous_hash != previous:
                raise broken(expected, "与前一条记录不衔接")
            if row.hash != _link([getattr(row, name) for name in _COLUMNS]):
                raise broken(expected, "内容与其校验值不符")
            if anchored is not None and anchored[0] == expected and anchored[1] != row.hash:
                raise broken(expected, "与另存的链头不符，整段记录可能被重写")
            expectation.hear(row.seq, row.action, row.actor_id, row.case_id, json.loads(row.payload))
            previous, expected = row.hash, expected + 1
        if anchored is None:
            raise broken(expected, "另存的链头记录缺失或被改动，末尾是否完整无法确认")
        if anchored[0] >= expected:
            raise broken(expected, "末尾的记录被截去")
        expectation.compare(connection)
    return ChainState(expected - 1, previous, anchored[0])


def head(store: Store) -> tuple[int, str]:
    """(seq, hash) of the newest event, to be printed on forms; (0, 64 zeros) for an empty chain."""
    with store.reading() as connection:
        row = connection.execute(
            select(audit_events.c.seq, audit_events.c.hash).order_by(audit_events.c.seq.desc()).limit(1)
        ).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def event_of(row: Row | Mapping) -> AuditEvent:
    """The event in a row of the table."""
    values = row if isinstance(row, Mapping) else row._mapping
    return AuditEvent(
        seq=values["seq"],
        at=parse_time(values["at"]),
        actor_id=values["actor_id"],
        action=values["action"],
        case_id=values["case_id"],
        payload=json.loads(values["payload"]),
        previous_hash=values["previous_hash"],
        hash=values["hash"],
    )


def _link(values: list) -> str:
    return hashlib.sha256(canonical_json(values).encode("ascii")).hexdigest()
