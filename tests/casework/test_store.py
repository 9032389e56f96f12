"""Opening an installation, its files and keys, and what happens when the disk does not play along."""

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text

from review.casework import audit
from review.casework.queries import get_case, list_queue, load_original
from review.casework.store import find_orphans, initialise, open_store, remove_orphans
from review.casework.tables import metadata
from review.errors import StoreError
from review.types import Role, Severity
from tests.casework.case_builders import CHEAP, make_actor, make_case, make_finding


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_initialising_twice_changes_nothing(settings) -> None:
    initialise(settings)
    before = (settings.home / "keys" / "installation.key").read_bytes()
    initialise(settings)
    assert (settings.home / "keys" / "installation.key").read_bytes() == before


def test_initialising_closes_an_open_folder_to_others(settings) -> None:
    settings.home.mkdir(mode=0o755)
    initialise(settings)
    assert mode(settings.home) == 0o700


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "空间已满"), (errno.EROFS, "不可写"), (errno.EACCES, "不可写"), (errno.EIO, "失败")],
)
def test_what_a_disk_says_is_said_in_chinese_with_the_next_step(store, monkeypatch, number, words) -> None:
    def refuse(*_args) -> None:
        raise OSError(number, "words of the system")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError, match=words) as caught:
        store.vault.put(b"anything")
    assert caught.value.remedy_zh and "words" not in str(caught.value)
    assert [path for path in store.vault.folder.rglob("*") if path.is_file()] == []


def test_only_the_owner_may_read_state(settings, store, people) -> None:
    make_case(store, people.clerk)
    assert mode(settings.home) == 0o700
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert {mode(path) for path in files} == {0o600}
    assert any(path.name == "review.sqlite3-wal" for path in files)


def test_migrations_make_exactly_the_tables(store) -> None:
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_a_newer_version_is_refused(settings, store) -> None:
    with store.writing() as transaction:
        transaction.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="更新版本"):
        open_store(settings)


def test_a_missing_key_is_never_replaced(settings, store) -> None:
    (settings.home / "keys" / "installation.key").unlink()
    with pytest.raises(StoreError, match="密钥缺失"):
        open_store(settings)
    assert not (settings.home / "keys" / "installation.key").exists()


def test_the_key_of_another_installation_is_refused(settings, store) -> None:
    (settings.home / "keys" / "installation.key").write_text("ab" * 32 + "\n")
    with pytest.raises(StoreError, match="不匹配"):
        open_store(settings)


def test_a_key_that_others_can_read_is_refused(settings, store) -> None:
    (settings.home / "keys" / "installation.key").chmod(0o644)
    with pytest.raises(StoreError, match="权限") as caught:
        open_store(settings)
    assert "chmod 600" in caught.value.remedy_zh


def test_files_are_encrypted_and_their_names_tell_nothing(settings, store, people) -> None:
    case = make_case(store, people.clerk, text="青山镇救助对象公示")
    sha = get_case(store, people.clerk, case.id).newest.sha256
    blobs = [path for path in (settings.home / "files").rglob("*") if path.is_file()]
    assert len(blobs) == 2
    assert sha not in {path.name for path in blobs}
    assert all("救助对象".encode() not in path.read_bytes() for path in blobs)


def test_a_flipped_byte_in_a_file_is_noticed(settings, store, people) -> None:
    case = make_case(store, people.clerk)
    for path in (settings.home / "files").rglob("??/*"):
        blob = bytearray(path.read_bytes())
        blob[-1] ^= 1
        path.write_bytes(blob)
    with pytest.raises(StoreError, match="损坏"):
        load_original(store, people.clerk, case.id, 1)


def test_the_same_file_twice_is_kept_once(settings, store, people) -> None:
    make_case(store, people.clerk)
    make_case(store, people.other_clerk)
    assert len([p for p in (settings.home / "files").rglob("??/*")]) == 2


def test_orphans_are_found_and_removed_and_nothing_else(store, people) -> None:
    case = make_case(store, people.clerk)
    name = store.vault.put(b"left over")
    assert find_orphans(store) == ()
    assert find_orphans(store, older_than=0) == (name,)
    assert remove_orphans(store, older_than=0) == 1
    assert find_orphans(store, older_than=0) == ()
    assert load_original(store, people.clerk, case.id, 1)


def test_a_full_disk_changes_nothing_and_says_so(store, people) -> None:
    make_case(store, people.clerk)
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._engine.dispose()

    @event.listens_for(store._engine, "connect")
    def limit(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    findings = [make_finding(Severity.MEDIUM, "f" * 64) for _ in range(2000)]
    with pytest.raises(StoreError, match="磁盘空间已满") as caught:
        make_case(store, people.clerk, *findings, text="另一篇")
    assert "公示" not in str(caught.value)
    assert len(list_queue(store, people.clerk, scope="all")) == 1
    assert audit.verify(store)


def test_a_locked_database_changes_nothing_and_says_so(settings, store, people) -> None:
    store._engine.dispose()

    @event.listens_for(store._engine, "connect")
    def impatient(connection, _record) -> None:
        connection.execute("PRAGMA busy_timeout=50").close()

    other = open_store(settings, CHEAP)
    with other.writing():
        with pytest.raises(StoreError, match="正忙"):
            make_case(store, people.clerk)
    other.close()
    assert list_queue(store, people.clerk, scope="all") == ()


def test_a_read_only_database_changes_nothing_and_says_so(store, people) -> None:
    store._engine.dispose()

    @event.listens_for(store._engine, "connect")
    def read_only(connection, _record) -> None:
        connection.execute("PRAGMA query_only=ON").close()

    with pytest.raises(StoreError, match="不可写"):
        make_case(store, people.clerk)
    assert list_queue(store, people.clerk, scope="all") == ()


def test_a_file_store_that_cannot_be_written_changes_nothing(settings, store, people) -> None:
    (settings.home / "files").rmdir()
    (settings.home / "files").write_text("in the way")
    with pytest.raises(StoreError, match="文件库"):
        make_case(store, people.clerk)
    assert list_queue(store, people.clerk, scope="all") == ()


def test_a_file_that_is_no_database_is_refused(settings) -> None:
    initialise(settings)
    settings.sqlite_path.write_bytes(b"not a database at all, but long enough to look" * 100)
    with pytest.raises(StoreError, match="损坏"):
        open_store(settings)


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "postgresql+nodriver://x"])
def test_an_unusable_database_address_is_refused(settings, url) -> None:
    with pytest.raises(StoreError):
        open_store(replace(settings, database_url=url))


_SUBMITTING = """
import sys
from pathlib import Path
from review.casework.accounts import sign_in
from review.casework.store import open_store
from review.settings import Settings
from tests.casework.case_builders import CHEAP, NOW, PASSWORD, make_case
store = open_store(Settings(home=Path(sys.argv[1])), CHEAP)
clerk = sign_in(store, "clerk", PASSWORD, "", NOW).actor
for n in range(100000):
    case = make_case(store, clerk, text=f"公示第{n}号" * 2000)
    print(case.id, flush=True)
"""


def test_a_kill_in_the_middle_of_submitting_loses_nothing_acknowledged(settings) -> None:
    store = open_store(settings, CHEAP)
    clerk = make_actor(store, "clerk", "青山镇", Role.SUBMITTER)
    store.close()
    for delay in (0.02, 0.05):
        child = subprocess.Popen(
            [sys.executable, "-c", _SUBMITTING, str(settings.home)], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
        )
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline())]
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout.read().split("\n")[:-1]]
        child.wait()
        store = open_store(settings, CHEAP)
        for case_id in acknowledged:
            assert load_original(store, clerk, case_id, 1)
        assert audit.verify(store).events >= len(acknowledged)
        assert len(find_orphans(store, older_than=0)) <= 3
        remove_orphans(store, older_than=0)
        assert find_orphans(store, older_than=0) == ()
        store.close()
