"""Accounts and sessions. Passwords as argon2id, session tokens only as their hash; every act is audited.

Whether a login exists must not show: unknown and known logins get the same message, the same work and the same lock.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update

from review.casework import audit
from review.casework.evidence import seal
from review.casework.permissions import actor_of, read_actor, require_role, roles_text
from review.casework.records import parse_time, storable, time_text
from review.casework.store import Store, Transaction
from review.casework.tables import accounts, lockouts, sessions
from review.casework.transitions import ROLE_LABELS, SEPARATED
from review.errors import NotAllowed, SignInError, UsageError
from review.types import Actor, Role

#: Who acts when nobody is signed in: the person at the machine, through ``review users``.
OPERATOR = "operator"
MIN_PASSWORD = 10
_MAX_PASSWORD = 200
#: Without letters and digits that look alike when read from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
#: A session's last use is written at most this often.
_TOUCH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session; the token goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    actor: Actor
    expires_at: datetime
    must_change: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as an administrator sees it."""

    id: str
    login: str
    name: str
    department: str
    roles: frozenset[Role]
    is_disabled: bool
    must_change: bool
    created_at: datetime
    signed_in_at: datetime | None


# ------------------------------------------------------------------------------------------------------ administration


def add_account(
    store: Store, actor: Actor | None, login: str, name: str, department: str, roles: Collection[Role]
) -> str:
    """The one-time password of a new account, to be handed over once; it must be changed at the first sign-in.

    ``actor`` None: the person at the machine (``review users add``). UsageError for unusable values, NotAllowed for roles
    that one person may not combine.
    """
    login = _clean_login(login)
    name, department = storable(name).strip(), storable(department).strip()
    if not name or not department or len(name) > 80 or len(department) > 80:
        raise UsageError("姓名和单位不能为空，且不超过80字。", "请填写姓名和单位后重试。")
    check_roles(roles)
    password = _one_time_password()
    hashed = _hash(store, password)
    now = datetime.now(UTC)
    with store.writing() as transaction:
        by = _administrator(transaction.connection, actor)
        if transaction.connection.scalar(select(accounts.c.id).where(accounts.c.login == login)) is not None:
            raise UsageError("已有同名账号。", "请换一个账号名；停用的账号名也不能重复使用。")
        account_id = f"u{secrets.token_hex(8)}"
        values = {
            "id": account_id,
            "login": login,
            "name": name,
            "department": department,
            "roles": roles_text(roles),
            "created_at": time_text(now),
        }
        transaction.connection.execute(
            insert(accounts).values(**values, password_hash=hashed, must_change=1, is_disabled=0)
        )
        audit.append(
            transaction,
            now,
            by,
            "account-added",
            None,
            account=account_id,
            roles=values["roles"],
            record=seal(store.keys, "accounts", [values]),
            password=store.keys.keyed_hash(hashed),
        )
    return password


def check_roles(roles: Collection[Role]) -> None:
    """UsageError for no role, NotAllowed for a combination that breaks the separation of the three officers."""
    if not roles:
        raise UsageError("账号至少要有一个角色。", f"可选角色：{'、'.join(ROLE_LABELS.values())}。")
    for role, others in SEPARATED.items():
        clash = sorted(set(others) & set(roles))
        if role in roles and clash:
            names = "、".join(ROLE_LABELS[other] for other in clash)
            raise NotAllowed(
                f"{ROLE_LABELS[role]}不能兼任{names}。", "系统管理、审查、审计应当由不同的人承担，请分别建立账号。"
            )


def list_accounts(store: Store, actor: Actor | None) -> tuple[Account, ...]:
    """All accounts by department and name, for administrators and auditors."""
    with store.reading() as connection:
        _administrator(connection, actor, Role.AUDITOR)
        rows = connection.execute(select(accounts).order_by(accounts.c.department, accounts.c.name, accounts.c.login))
        return tuple(_account_of(row) for row in rows)


def disable_account(store: Store, actor: Actor | None, login: str) -> None:
    """Ends the account's sessions and lets nobody sign in with it; its past acts keep their name."""
    with store.writing() as transaction:
        by = _administrator(transaction.connection, actor)
        row = _by_login(transaction.connection, login)
        if row.id == by:
            raise NotAllowed("不能停用自己的账号。", "请由另一位系统管理员办理。")
        _set(transaction.connection, row.id, is_disabled=1)
        _end_sessions(transaction.connection, row.id)
        audit.append(transaction, datetime.now(UTC), by, "account-disabled", None, account=row.id)


def enable_account(store: Store, actor: Actor | None, login: str) -> None:
    """Lets a disabled account sign in again with its old password."""
    with store.writing() as transaction:
        by = _administrator(transaction.connection, actor)
        row = _by_login(transaction.connection, login)
        _set(transaction.connection, row.id, is_disabled=0)
        audit.append(transaction, datetime.now(UTC), by, "account-enabled", None, account=row.id)


def reset_password(store: Store, actor: Actor | None, login: str) -> str:
    """A new one-time password; ends the account's sessions and its lock."""
    password = _one_time_password()
    hashed = _hash(store, password)
    with store.writing() as transaction:
        by = _administrator(transaction.connection, actor)
        row = _by_login(transaction.connection, login)
        _set(transaction.connection, row.id, password_hash=hashed, must_change=1)
        _end_sessions(transaction.connection, row.id)
        key = lockouts.c.login_hash == store.keys.keyed_hash(row.login)
        transaction.connection.execute(delete(lockouts).where(key))
        audit.append(
            transaction,
            datetime.now(UTC),
            by,
            "password-reset",
            None,
            account=row.id,
            password=store.keys.keyed_hash(hashed),
        )
    return password


# ------------------------------------------------------------------------------------------------------------ sessions


def sign_in(store: Store, login: str, password: str, client: str, now: datetime) -> Session:
    """A new session; SignInError, the same for an unknown login and a wrong password, after some failures for a while.

    The slow hash is computed before the write lock is taken: a guesser must not hold up those who work.
    """
    login, client = storable(login).strip().casefold()[:200], storable(client)[:80]
    login_hash = store.keys.keyed_hash(login)
    with store.reading() as connection:
        row = connection.execute(select(accounts).where(accounts.c.login == login)).first()
        _refuse_locked(connection, login_hash, now)
    is_right = _is_password(store, row.password_hash if row else None, password)
    with store.writing() as transaction:
        _refuse_locked(transaction.connection, login_hash, now)
        if row is not None and is_right:
            # between the check and the lock the account may have been disabled or its password reset
            unchanged = (accounts.c.id == row.id, accounts.c.password_hash == row.password_hash)
            current = transaction.connection.execute(select(accounts).where(*unchanged)).first()
            if current is not None and not current.is_disabled:
                return _begin_session(store, transaction, current, login_hash, client, now)
        _count_failure(store, transaction, row.id if row else None, login_hash, client, now)
    raise SignInError("账号或口令不正确。", "请核对后重试；忘记口令请系统管理员重置。")


def find_actor(store: Store, token: str, now: datetime) -> Actor | None:
    """Who a token belongs to, None when it is unknown, idle for too long, too old or its account is disabled."""
    token_hash = _token_hash(token)
    with store.reading() as connection:
        row = connection.execute(
            select(accounts, sessions.c.seen_at, sessions.c.expires_at)
            .join(sessions, sessions.c.account_id == accounts.c.id)
            .where(sessions.c.token_hash == token_hash)
        ).first()
    if row is None or row.is_disabled:
        return None
    seen = parse_time(row.seen_at)
    idle = timedelta(minutes=store.settings.idle_minutes)
    if now >= parse_time(row.expires_at) or now - seen >= idle:
        return None
    if now - seen >= min(_TOUCH, idle / 4):
        with store.writing() as transaction:
            transaction.connection.execute(
                update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=time_text(now))
            )
    return actor_of(row)


def sign_out(store: Store, token: str) -> None:
    """Ends a session; an unknown token changes nothing."""
    with store.writing() as transaction:
        where = sessions.c.token_hash == _token_hash(token)
        account = transaction.connection.scalar(select(sessions.c.account_id).where(where))
        if account is not None:
            transaction.connection.execute(delete(sessions).where(where))
            audit.append(transaction, datetime.now(UTC), account, "signed-out", None, account=account)


def must_change_password(store: Store, actor_id: str) -> bool:
    """Whether the account still has its one-time password."""
    with store.reading() as connection:
        return bool(connection.scalar(select(accounts.c.must_change).where(accounts.c.id == actor_id)))


def change_password(store: Store, actor: Actor, old: str, new: str, keep_token: str = "") -> None:
    """Sets a new password and ends the account's other sessions; SignInError for a wrong old one, UsageError for a weak one.

    ``keep_token``: the session that stays, usually the one in which the change is made.
    """
    with store.reading() as connection:
        row = connection.execute(select(accounts).where(accounts.c.id == actor.id)).first()
    if row is None or row.is_disabled:
        raise SignInError("账号已停用或不存在。", "请联系系统管理员。")
    if not _is_password(store, row.password_hash, old):
        raise SignInError("原口令不正确。", "请核对后重试。")
    _check_password(new, old, row.login)
    hashed = _hash(store, new)
    with store.writing() as transaction:
        _set(transaction.connection, actor.id, password_hash=hashed, must_change=0)
        transaction.connection.execute(
            delete(sessions).where(
                sessions.c.account_id == actor.id, sessions.c.token_hash != _token_hash(keep_token or "")
            )
        )
        sealed = store.keys.keyed_hash(hashed)
        audit.append(
            transaction, datetime.now(UTC), actor.id, "password-changed", None, account=actor.id, password=sealed
        )


# --------------------------------------------------------------------------------------------------------------- parts


def _administrator(connection: Connection, actor: Actor | None, *also: Role) -> str:
    if actor is None:
        return OPERATOR
    current = read_actor(connection, actor)
    require_role(current, {Role.ADMIN, *also}, "管理账号")
    return current.id


def _clean_login(login: str) -> str:
    login = login.strip().casefold()
    if not (2 <= len(login) <= 40) or not all(c.isalnum() or c in "._-" for c in login):
        raise UsageError("账号名不能使用。", "账号名为2到40个字母、数字、汉字或 . _ - ，不含空格。")
    return login


def _by_login(connection: Connection, login: str) -> Row:
    row = connection.execute(select(accounts).where(accounts.c.login == storable(login).strip().casefold())).first()
    if row is None:
        raise UsageError("没有这个账号。", "请用 review users list 查看现有账号。")
    return row


def _set(connection: Connection, account_id: str, **values: object) -> None:
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def _end_sessions(connection: Connection, account_id: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.account_id == account_id))


def _account_of(row: Row) -> Account:
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        department=row.department,
        roles=actor_of(row).roles,
        is_disabled=bool(row.is_disabled),
        must_change=bool(row.must_change),
        created_at=parse_time(row.created_at),
        signed_in_at=parse_time(row.signed_in_at) if row.signed_in_at else None,
    )


def _one_time_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def _hasher(store: Store) -> PasswordHasher:
    cost = store.hashing
    return PasswordHasher(cost.time_cost, cost.memory_kib, cost.parallelism, type=Type.ID)


def _hash(store: Store, password: str) -> str:
    with store.hashing_slots:
        return _hasher(store).hash(password.encode("utf-8", "surrogatepass"))


def _is_password(store: Store, hashed: str | None, password: str) -> bool:
    """Whether the password fits; without an account the same work is done for nothing."""
    if hashed is None or len(password) > _MAX_PASSWORD:
        _hash(store, "no such account")
        return False
    try:
        with store.hashing_slots:
            return _hasher(store).verify(hashed, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _check_password(new: str, old: str, login: str) -> None:
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    variety = sum(any(kind(c) for c in new) for kind in kinds)
    if not MIN_PASSWORD <= len(new) <= _MAX_PASSWORD or variety < 3:
        raise UsageError(
            "新口令不符合要求。", f"口令至少{MIN_PASSWORD}位，并包含大写字母、小写字母、数字、符号中的三种。"
        )
    if new == old or login in new.casefold():
        raise UsageError("新口令不能与原口令相同，也不能包含账号名。", "请换一个口令。")


def _refuse_locked(connection: Connection, login_hash: str, now: datetime) -> None:
    until = connection.scalar(select(lockouts.c.locked_until).where(lockouts.c.login_hash == login_hash))
    if until is not None and now < parse_time(until):
        minutes = max(1, -int(-(parse_time(until) - now).total_seconds() // 60))
        raise SignInError("登录失败次数过多，已暂时锁定。", f"请在{minutes}分钟后重试，或联系系统管理员重置口令。")


def _count_failure(
    store: Store, transaction: Transaction, account: str | None, login_hash: str, client: str, now: datetime
) -> None:
    connection = transaction.connection
    window = timedelta(minutes=store.settings.lockout_minutes)
    connection.execute(delete(lockouts).where(lockouts.c.last_at < time_text(now - window)))
    key = lockouts.c.login_hash == login_hash
    failures = (connection.scalar(select(lockouts.c.failures).where(key)) or 0) + 1
    is_locked = failures >= store.settings.lockout_failures
    values = {
        "failures": failures,
        "last_at": time_text(now),
        "locked_until": time_text(now + window) if is_locked else None,
    }
    if failures == 1:
        connection.execute(insert(lockouts).values(login_hash=login_hash, **values))
    else:
        connection.execute(update(lockouts).where(key).values(**values))
    audit.append(
        transaction,
        now,
        account or "",
        "sign-in-locked" if is_locked else "sign-in-failed",
        None,
        account=account,
        login=login_hash[:16],
        client=client,
        failures=failures,
    )


def _begin_session(
    store: Store, transaction: Transaction, row: Row, login_hash: str, client: str, now: datetime
) -> Session:
    connection = transaction.connection
    token = secrets.token_urlsafe(32)
    expires = now + timedelta(minutes=store.settings.session_minutes)
    connection.execute(delete(sessions).where(sessions.c.expires_at < time_text(now)))
    connection.execute(delete(lockouts).where(lockouts.c.login_hash == login_hash))
    connection.execute(
        insert(sessions).values(
            token_hash=_token_hash(token),
            account_id=row.id,
            client=client,
            created_at=time_text(now),
            seen_at=time_text(now),
            expires_at=time_text(expires),
        )
    )
    _set(connection, row.id, signed_in_at=time_text(now))
    audit.append(transaction, now, row.id, "signed-in", None, account=row.id, client=client)
    return Session(token, actor_of(row), expires, bool(row.must_change))


def _token_hash(token: str) -> str:
    """A plain hash is enough: a token has 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
