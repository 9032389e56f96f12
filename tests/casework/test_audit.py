"""The chain sees every change, has one head, and says nothing of a draft."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from review.casework import audit
from review.casework.store import open_store
from review.casework.tables import audit_events
from review.casework.triggers import GENESIS
from review.casework.workflow import acknowledge_gaps, claim, decide, dispose, record_stop, resubmit, withdraw
from review.errors import AuditChainBroken, StoreError
from review.types import DispositionCode, Gap, GapReason, Outcome, Severity
from tests.casework.case_builders import CHEAP, NOW, make_case, make_check, make_document, make_finding

COLUMNS = {
    "at": "2026-11-23T01:30:00.000001Z",
    "actor_id": "u0",
    "action": "signed-out",
    "case_id": 99,
    "payload": "{}",
    "previous_hash": "1" * 64,
    "hash": "2" * 64,
    "seq": 1000,
}


def tamper(store, statement: str, **values) -> None:
    """What somebody does who has the database file and knows how to drop triggers."""
    with store._engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement), values)
        connection.commit()


def test_a_change_of_any_column_is_named(store, people) -> None:
    """Every column, one at a time, each put back afterwards."""
    make_case(store, people.clerk)
    with store.reading() as connection:
        rows = connection.execute(select(audit_events).order_by(audit_events.c.seq)).all()
    tamper(store, "SELECT 1")
    for row in (*rows[::5], rows[-1]):
        for column, value in COLUMNS.items():
            change = f"UPDATE audit_events SET {column} = :value WHERE seq = :seq"
            tamper(store, change, value=value, seq=row.seq)
            with pytest.raises(AuditChainBroken) as caught:
                audit.verify(store)
            assert caught.value.seq == row.seq, column
            assert f"第 {row.seq} 条" in caught.value.message_zh
            tamper(store, change, value=getattr(row, column), seq=value if column == "seq" else row.seq)
    audit.verify(store)


def test_a_missing_event_is_named(store) -> None:
    tamper(store, "DELETE FROM audit_events WHERE seq = 7")
    with pytest.raises(AuditChainBroken) as caught:
        audit.verify(store)
    assert caught.value.seq == 7


def test_swapped_events_are_named(store) -> None:
    tamper(store, "UPDATE audit_events SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 END WHERE seq IN (3, 4)")
    tamper(store, "UPDATE audit_events SET seq = -seq WHERE seq < 0")
    with pytest.raises(AuditChainBroken) as caught:
        audit.verify(store)
    assert caught.value.seq == 3


def test_a_cut_tail_is_named_by_the_head_kept_elsewhere(store) -> None:
    seq, _ = audit.head(store)
    tamper(store, "DELETE FROM audit_events WHERE seq > :seq", seq=seq - 2)
    with pytest.raises(AuditChainBroken, match="截去") as caught:
        audit.verify(store)
    assert caught.value.seq == seq - 1


def test_a_cut_tail_stays_visible_after_further_acts(store, people) -> None:
    seq, _ = audit.head(store)
    tamper(store, "DELETE FROM audit_events WHERE seq > :seq", seq=seq - 2)
    for n in range(4):
        make_case(store, people.clerk, text=f"第{n}号")
    with pytest.raises(AuditChainBroken, match="重写") as caught:
        audit.verify(store)
    assert caught.value.seq == seq


def test_a_rewritten_chain_is_named_by_the_head_kept_elsewhere(store) -> None:
    with store.reading() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(audit_events).order_by(audit_events.c.seq))]
    previous = GENESIS
    tamper(store, "DELETE FROM audit_events")
    with store._engine.connect() as connection:
        for row in rows:
            row["actor_id"], row["previous_hash"] = "u-forged", previous
            row["hash"] = previous = audit._link([row[name] for name in audit._COLUMNS])
            connection.execute(insert(audit_events).values(row))
        connection.commit()
    with pytest.raises(AuditChainBroken, match="重写"):
        audit.verify(store)


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_a_damaged_head_record_is_reported_and_never_repaired(settings, store, people, damage) -> None:
    path = settings.home / "audit-head.json"
    if damage == "missing":
        path.unlink()
    else:
        path.write_text(path.read_text().replace('"seq": ', '"seq": 1'))
    make_case(store, people.clerk)
    open_store(settings, CHEAP).close()
    with pytest.raises(AuditChainBroken, match="链头记录"):
        audit.verify(store)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor_id = 'x' WHERE seq = 1",
        "DELETE FROM audit_events WHERE seq = 1",
        "INSERT OR REPLACE INTO audit_events SELECT seq, at, 'x', action, case_id, payload, previous_hash, hash"
        " FROM audit_events WHERE seq = 1",
        "INSERT INTO audit_events SELECT seq + 1000, at, 'x', action, case_id, payload, previous_hash, 'h'"
        " FROM audit_events WHERE seq = 1",
        "UPDATE decisions SET outcome = 'WITHHOLD'",
        "UPDATE decisions SET opinion = ''",
        "UPDATE dispositions SET note = ''",
        "DELETE FROM decisions",
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
        "UPDATE stop_events SET rules = '[]'",
        "DELETE FROM dispositions",
    ],
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_database_refuses_to_forget(store, people, statement, recursive) -> None:
    case = make_case(store, people.clerk, make_finding())
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.FALSE_ALARM, "公务电话", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW)
    check = make_check(None, make_finding(Severity.STOP))
    record_stop(store, people.clerk, check=check, size=1, suffix=".txt", file_name="x", client="", now=NOW)
    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA recursive_triggers={recursive}")
        with pytest.raises(SQLAlchemyError, match="append-only"):
            connection.execute(text(statement))
    audit.verify(store)


def test_threads_do_not_fork_the_chain(store, people) -> None:
    before = audit.verify(store).events

    def work(n: int) -> None:
        for i in range(5):
            make_case(store, people.clerk, text=f"第{n}-{i}号")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify(store).events == before + 30


_WORK = """
import sys
from pathlib import Path
from review.casework.accounts import sign_in
from review.casework.store import open_store
from review.settings import Settings
from tests.casework.case_builders import CHEAP, NOW, PASSWORD, make_case
store = open_store(Settings(home=Path(sys.argv[1])), CHEAP)
clerk = sign_in(store, "clerk", PASSWORD, "", NOW).actor
for i in range(15):
    make_case(store, clerk, text=f"{sys.argv[2]}-{i}")
"""


def test_processes_do_not_fork_the_chain_and_numbers_have_no_gap(settings, store, people) -> None:
    before = audit.verify(store).events
    command = [sys.executable, "-c", _WORK, str(settings.home)]
    children = [subprocess.Popen([*command, str(n)]) for n in range(2)]
    assert [child.wait() for child in children] == [0, 0]
    assert audit.verify(store).events == before + 2 * 16
    with store.reading() as connection:
        numbers = connection.execute(text("SELECT number FROM cases ORDER BY id")).scalars().all()
    assert numbers == [f"2026-青山镇-{n:04d}" for n in range(1, 31)]


def test_payloads_hold_no_words_of_a_draft(store, people) -> None:
    case = make_case(store, people.clerk, make_finding(), text="张某某的身份证")
    withdraw(store, people.clerk, case.id, case.version, "标题有误", NOW + timedelta(minutes=1))
    with store.reading() as connection:
        everything = " ".join(connection.execute(select(audit_events.c.payload)).scalars())
    assert everything.isascii()
    assert "\\u" not in everything
    assert "txt" not in everything


def test_free_text_has_no_place_in_a_payload(store) -> None:
    with pytest.raises(ValueError), store.writing() as transaction:
        audit.append(transaction, NOW, "u", "claimed", None, title="公示")


def test_an_act_that_fails_leaves_no_event(store, people) -> None:
    before = audit.head(store)
    with pytest.raises(StoreError), store.writing() as transaction:
        audit.append(transaction, NOW, "u", "claimed", 1, version=1)
        transaction.connection.execute(text("SELECT * FROM nowhere"))
    assert audit.head(store) == before
    assert audit.verify(store).anchored == before[0]


# --------------------------------------------------------------------------------------------------- rows and the chain


def full_record(store, people) -> int:
    """A case with every kind of record, then the seq of its last event."""
    gap = Gap(GapReason.NO_TEXT, "第2页")
    case = make_case(store, people.clerk, make_finding(fingerprint="f1"), gaps=(gap,))
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.FALSE_ALARM, "公务电话", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.RETURN, "", "请修改", NOW)
    data, document = make_document("改后", gaps=(gap,))
    check = make_check(document, make_finding(fingerprint="f1"), gaps=(gap,))
    case = resubmit(store, people.clerk, case.id, case.version + 1, data, "名单.txt", document, check, NOW)
    case = claim(store, people.reviewer, case.id, case.version, NOW)
    acknowledge_gaps(store, people.reviewer, case.id, 2, "已看", NOW)
    decide(store, people.reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW)
    stopped = make_check(None, make_finding(Severity.STOP))
    record_stop(store, people.clerk, check=stopped, size=1, suffix=".txt", file_name="x", client="", now=NOW)
    return case.id


FORGERIES = [
    ("UPDATE decisions SET outcome = 'WITHHOLD' WHERE id = 2", "decided"),
    ("UPDATE decisions SET opinion = '伪造' WHERE id = 1", "decided"),
    ("UPDATE decisions SET actor_name = '某人' WHERE id = 1", "decided"),
    ("DELETE FROM decisions WHERE id = 2", "decided"),
    ("UPDATE dispositions SET code = 'confirmed' WHERE id = 1", "disposed"),
    ("UPDATE dispositions SET note = '' WHERE id = 1", "disposed"),
    ("UPDATE dispositions SET note = '改' WHERE id = 2", "resubmitted"),
    ("DELETE FROM dispositions WHERE id = 2", "resubmitted"),
    ("UPDATE acknowledgements SET note = '没看'", "gaps-acknowledged"),
    ("DELETE FROM acknowledgements", "gaps-acknowledged"),
    ("UPDATE drafts SET check_json = replace(check_json, 'high', 'info') WHERE number = 2", "resubmitted"),
    ("UPDATE drafts SET sha256 = '0' WHERE number = 1", "submitted"),
    ("UPDATE drafts SET file_name = '' WHERE number = 1", "submitted"),
    ("DELETE FROM drafts WHERE number = 2", "resubmitted"),
    ("UPDATE cases SET state = 'withdrawn'", "decided"),
    ("UPDATE cases SET title = '伪造'", "decided"),
    ("UPDATE cases SET reviewer_id = submitter_id", "decided"),
    ("UPDATE accounts SET roles = 'reviewer,submitter' WHERE login = 'clerk'", None),
    ("UPDATE accounts SET is_disabled = 1 WHERE login = 'clerk'", None),
    ("UPDATE accounts SET password_hash = 'x' WHERE login = 'clerk'", None),
    ("UPDATE accounts SET department = '白水镇' WHERE login = 'clerk'", None),
    ("UPDATE stop_events SET rules = '[]'", "stopped"),
    ("DELETE FROM stop_events", "stopped"),
]


@pytest.mark.parametrize(("statement", "action"), FORGERIES)
def test_a_row_that_is_not_what_its_event_says_is_named(store, people, statement, action) -> None:
    full_record(store, people)
    assert audit.verify(store)
    tamper(store, "PRAGMA foreign_keys=OFF")
    tamper(store, statement)
    with pytest.raises(AuditChainBroken) as caught:
        audit.verify(store)
    with store.reading() as connection:
        found = connection.scalar(select(audit_events.c.action).where(audit_events.c.seq == caught.value.seq))
    assert found == (action or "password-changed")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO dispositions (case_id, draft, finding, code, note, actor_id, at)"
        " SELECT case_id, draft, finding, code, note, actor_id, at FROM dispositions",
        "INSERT INTO decisions (case_id, draft, outcome, reason_code, opinion, actor_id, actor_name, at, condition, body,"
        " audit_seq) SELECT case_id, draft, outcome, reason_code, opinion, actor_id, actor_name, at, condition, body, 999"
        " FROM decisions",
        "INSERT INTO accounts SELECT 'u-new', 'intruder', name, department, roles, password_hash, 0, 0, created_at, NULL"
        " FROM accounts LIMIT 1",
        "INSERT INTO case_stops (case_id, number, content, actor_id, at) VALUES (1, 'SJ', '', 'u', '')",
        "INSERT INTO stop_releases VALUES ('SJ', 1, '', 'u', '', '')",
    ],
)
def test_a_row_without_an_event_is_noticed(store, people, statement) -> None:
    full_record(store, people)
    tamper(store, statement)
    with pytest.raises(AuditChainBroken, match="没有对应的留痕"):
        audit.verify(store)
