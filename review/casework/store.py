"""The store: database, file vault and keys of one installation, and its transactions. The only door to the database.

Every write is one transaction that holds the installation's write lock from its first statement on (``BEGIN IMMEDIATE``,
on PostgreSQL an advisory lock), so that the audit chain has one head. What a database driver says never reaches a user or
a log: it may quote a title.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from review.casework import tables
from review.casework.anchor import Anchor
from review.casework.keys import KEY_FILE, Keys, create_keys, load_keys
from review.casework.triggers import GENESIS
from review.casework.vault import Vault
from review.casework.wording import Wording
from review.errors import StoreError
from review.settings import Settings

#: Any number will do; it has to be the same in every process of this program.
_ADVISORY_LOCK = 0x58_53
_BUSY_SECONDS = 15
_WRITES = "review_writes"
#: Each hash takes its own memory (Hashing.memory_kib): a crowd of guessers must not take all of it.
_HASHING_AT_ONCE = 2
#: An orphan this old belongs to no running transaction.
ORPHAN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Hashing:
    """argon2id's cost (RFC 9106, second recommended option with one pass more per core of a small machine)."""

    time_cost: int = 3
    memory_kib: int = 65536
    parallelism: int = 2


class Transaction:
    """One act: its connection, and the head of the audit chain it leaves behind."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.head: tuple[int, str] | None = None


class Store:
    """An open installation; may be used from several threads."""

    def __init__(self, settings: Settings, engine: Engine, keys: Keys, hashing: Hashing) -> None:
        self.settings = settings
        self.keys = keys
        self.hashing = hashing
        self.wording = Wording(settings)
        self.hashing_slots = threading.BoundedSemaphore(_HASHING_AT_ONCE)
        self.vault = Vault(settings.home / "files", keys)
        self.anchor = Anchor(settings.home / "audit-head.json", keys.audit)
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})

    @property
    def key(self) -> bytes:
        """The key of the fingerprints (HMAC-SHA-256)."""
        return self.keys.fingerprints

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the database; StoreError when it cannot be read."""
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise store_error(error) from None

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction under the write lock, committed at the end; StoreError, and nothing changed, when it cannot be."""
        try:
            with self._writer.connect() as connection, connection.begin():
                transaction = Transaction(connection)
                yield transaction
                is_fitting = transaction.head is not None and self._is_anchored(connection)
        except SQLAlchemyError as error:
            raise store_error(error) from None
        if is_fitting and transaction.head is not None:
            self.anchor.advance(*transaction.head)

    def forget(self) -> None:
        """Removes the files that committed acts promised to remove, and what SQLite's journal still holds of blanked rows.

        Unless both succeed the promise stays in the database and is kept at the next start.
        """
        with self.writing() as transaction:
            names = transaction.connection.scalars(select(tables.removals.c.vault_file)).all()
            for name in names:
                self.vault.remove(name)
        if self._is_journal_empty():
            with self.writing() as transaction:
                done = tables.removals.c.vault_file.in_(names)
                transaction.connection.execute(delete(tables.removals).where(done))

    def _is_journal_empty(self) -> bool:
        """Writes SQLite's journal back and truncates it; False while somebody reads an older state."""
        if self._engine.dialect.name != "sqlite":
            return True
        try:
            with closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                row = cursor.fetchone()
        except sqlite3.Error:
            return False
        return row is not None and row[0] == 0

    def close(self) -> None:
        self._engine.dispose()

    def _is_anchored(self, connection: Connection) -> bool:
        """Whether the recorded head still is in the chain. If not, it stays as it is: it is the evidence."""
        known = self.anchor.read()
        if known is None:
            return False
        seq, link = known
        events = tables.audit_events.c
        return seq == 0 or connection.scalar(select(events.hash).where(events.seq == seq)) == link


def open_store(settings: Settings, hashing: Hashing = Hashing()) -> Store:
    """The store of this installation, created or migrated if need be; StoreError in plain Chinese when that cannot be done."""
    _make_home(settings.home)
    engine = _make_engine(settings)
    keys = load_keys(settings.home)
    try:
        if keys is None:
            if _is_in_use(engine):
                raise StoreError(
                    "安装密钥缺失，已存的文稿无法解密。",
                    f"请从备份恢复 {settings.home / KEY_FILE}；程序不会另外生成密钥。",
                )
            keys = create_keys(settings.home)
        store = Store(settings, engine, keys, hashing)
        with store.writing() as transaction:
            _migrate(transaction.connection)
            _check_key(transaction.connection, keys)
            _create_anchor(transaction.connection, store.anchor)
            is_forgetting = transaction.connection.scalar(select(tables.removals.c.vault_file).limit(1)) is not None
        if is_forgetting:
            store.forget()
    except SQLAlchemyError as error:
        engine.dispose()
        raise store_error(error) from None
    except StoreError:
        engine.dispose()
        raise
    return store


def initialise(settings: Settings) -> None:
    """Makes the home folder, the installation key and the database; what is already there stays, closed to other accounts."""
    open_store(settings).close()
    try:
        settings.home.chmod(0o700)
    except OSError:
        raise StoreError("无法设置数据目录的权限。", f"请确认 {settings.home} 属于运行本程序的账号。") from None


def find_orphans(store: Store, older_than: float = ORPHAN_SECONDS) -> tuple[str, ...]:
    """Names of vault files to which no record refers: leftovers of interrupted submissions."""
    with store.reading() as connection:
        return _orphans(store, connection, older_than)


def remove_orphans(store: Store, older_than: float = ORPHAN_SECONDS) -> int:
    """How many leftovers were removed. Holds the write lock, so that no submission is under way at its last step."""
    with store.writing() as transaction:
        names = _orphans(store, transaction.connection, older_than)
        for name in names:
            store.vault.remove(name)
    return len(names)


def next_number(connection: Connection, series: str, year: int) -> int:
    """The next number, from 1, of a series in a year; gapless, because it is drawn inside the act's transaction."""
    counter = tables.counters
    key = (counter.c.series == series, counter.c.year == year)
    last = connection.scalar(select(counter.c.last).where(*key))
    if last is None:
        connection.execute(insert(counter).values(series=series, year=year, last=1))
        return 1
    connection.execute(update(counter).where(*key).values(last=last + 1))
    return last + 1


def store_error(error: SQLAlchemyError) -> StoreError:
    """What a person should read instead of the driver's words."""
    words = str(error.orig).lower() if isinstance(error, DBAPIError) else ""
    for marks, message, remedy in _DATABASE_ERRORS:
        if any(mark in words for mark in marks):
            return StoreError(message, remedy)
    return StoreError("数据库操作失败，没有改动任何内容。", "请稍后重试；仍然失败请系统管理员检查数据库和磁盘。")


_DATABASE_ERRORS = (
    (("disk is full", "no space left"), "磁盘空间已满，没有改动任何内容。", "请联系系统管理员清理磁盘后重试。"),
    (
        ("readonly", "read-only"),
        "数据库不可写，没有改动任何内容。",
        "请系统管理员检查数据库文件和所在目录的权限、磁盘是否只读。",
    ),
    (
        ("locked", "lock timeout"),
        "数据库正忙，没有改动任何内容。",
        "请稍候重试；如持续出现，请检查是否有备份程序占用数据库。",
    ),
    (("append-only",), "该记录只能追加，不能修改或删除。", "如需更正，请另作一次新的决定。"),
    (("malformed", "not a database", "disk i/o"), "数据库文件已损坏或无法读取。", "请停止使用，从备份恢复数据库。"),
    (
        ("unable to open", "connection", "could not connect", "password authentication"),
        "无法连接数据库。",
        "请检查 REVIEW_HOME、REVIEW_DATABASE_URL 以及数据库服务是否正常。",
    ),
)


# ------------------------------------------------------------------------------------------------------------ opening


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "files").mkdir(mode=0o700, exist_ok=True)
    except OSError:
        raise StoreError("无法建立数据目录。", f"请确认 {home} 可写，或修改 REVIEW_HOME。") from None


def _make_engine(settings: Settings) -> Engine:
    try:
        url = make_url(settings.resolved_database_url)
        if url.get_backend_name() == "sqlite":
            _create_privately(settings.sqlite_path if not settings.database_url else Path(url.database or ""))
            engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        if url.get_backend_name() == "postgresql":
            engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
            event.listen(engine, "begin", _begin_postgresql)
            return engine
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise StoreError(
            "数据库地址无法使用。", "请检查 REVIEW_DATABASE_URL；PostgreSQL 需要安装 postgresql 附加组件。"
        ) from None
    except OSError:
        raise StoreError("数据库文件无法建立。", f"请确认 {settings.home} 可写、磁盘未满。") from None
    raise StoreError("不支持这种数据库。", "请使用默认的 SQLite，或 postgresql+psycopg:// 开头的地址。")


def _create_privately(path: Path) -> None:
    """SQLite gives its journal files the mode of the database file, so it is made before SQLite makes it."""
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by us, not by the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL may lose the newest acknowledged act in a power cut
        "foreign_keys=ON",
        "recursive_triggers=ON",  # without it INSERT OR REPLACE removes rows behind the DELETE triggers
        "trusted_schema=OFF",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _is_in_use(engine: Engine) -> bool:
    with engine.connect() as connection:
        return inspect(connection).has_table(tables.installation.name)


def _migrate(connection: Connection) -> None:
    config = Config()
    folder = Path(__file__).resolve().parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError("数据库由更新版本的程序建立，本版本不能使用。", "请升级程序，或恢复与本版本对应的备份。")
    command.upgrade(config, "head")


def _check_key(connection: Connection, keys: Keys) -> None:
    row = tables.installation
    known = connection.scalar(select(row.c.value).where(row.c.name == "key_check"))
    if known is None:
        connection.execute(insert(row).values(name="key_check", value=keys.check_value))
    elif known != keys.check_value:
        raise StoreError("安装密钥与数据库不匹配。", "请恢复与该数据库同一次备份的密钥文件；程序没有改动任何内容。")


def _create_anchor(connection: Connection, anchor: Anchor) -> None:
    """Only beside an empty chain: for a longer one a missing file is a finding of ``audit verify``."""
    if not connection.scalar(select(func.count()).select_from(tables.audit_events)):
        try:
            anchor.create(0, GENESIS)
        except OSError:
            raise StoreError("无法写入审计链头记录。", f"请确认 {anchor.path.parent} 可写、磁盘未满。") from None


def _orphans(store: Store, connection: Connection, older_than: float) -> tuple[str, ...]:
    known: set[str] = set()
    for column in (
        tables.drafts.c.original_file,
        tables.drafts.c.document_file,
        tables.redacted_copies.c.vault_file,
    ):
        known.update(connection.scalars(select(column)))
    return tuple(name for name in store.vault.names(older_than) if name not in known)
