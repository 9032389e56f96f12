"""Accounts, passwords, lock-out and sessions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from review.casework import audit
from review.casework.accounts import (
    add_account,
    change_password,
    disable_account,
    enable_account,
    find_actor,
    list_accounts,
    must_change_password,
    reset_password,
    sign_in,
    sign_out,
)
from review.casework.store import open_store
from review.casework.tables import accounts, audit_events, sessions
from review.casework.workflow import claim
from review.errors import NotAllowed, SignInError, UsageError
from review.types import Role
from tests.casework.case_builders import CHEAP, NOW, PASSWORD, make_case


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def actions(store) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(select(audit_events.c.action).order_by(audit_events.c.seq)).scalars())


def test_a_one_time_password_must_be_changed_before_anything_else(store, people) -> None:
    case = make_case(store, people.clerk)
    password = add_account(store, people.admin, "New.Reviewer", "新审查人", "信息中心", {Role.REVIEWER})
    session = sign_in(store, " new.reviewer ", password, "10.0.0.9", NOW)
    assert session.must_change and must_change_password(store, session.actor.id)
    with pytest.raises(NotAllowed, match="修改口令"):
        claim(store, session.actor, case.id, case.version, NOW)
    change_password(store, session.actor, password, PASSWORD, session.token)
    assert not must_change_password(store, session.actor.id)
    assert find_actor(store, session.token, NOW) == session.actor
    assert claim(store, session.actor, case.id, case.version, NOW)
    with pytest.raises(SignInError):
        sign_in(store, "new.reviewer", password, "", NOW)


def test_unknown_account_wrong_password_and_disabled_account_sound_the_same(store, people) -> None:
    disable_account(store, people.admin, "second")
    words = set()
    for login, password in (("nobody", PASSWORD), ("reviewer", "wrong"), ("second", PASSWORD), ("", "")):
        with pytest.raises(SignInError) as caught:
            sign_in(store, login, password, "", NOW)
        words.add((caught.value.message_zh, caught.value.remedy_zh))
    assert len(words) == 1


@pytest.mark.parametrize("login", ["reviewer", "nobody"])
def test_too_many_failures_lock_known_and_unknown_logins_alike(store, people, login) -> None:
    for _ in range(store.settings.lockout_failures):
        with pytest.raises(SignInError, match="不正确"):
            sign_in(store, login, "wrong", "10.0.0.7", NOW)
    with pytest.raises(SignInError, match="锁定") as caught:
        sign_in(store, login, PASSWORD, "10.0.0.7", NOW + minutes(14))
    assert "1分钟" in caught.value.remedy_zh
    assert actions(store)[-1] == "sign-in-locked"
    with pytest.raises(SignInError, match="不正确"):
        sign_in(store, login, "wrong", "10.0.0.7", NOW + minutes(16))
    if login == "reviewer":
        assert sign_in(store, login, PASSWORD, "10.0.0.7", NOW + minutes(16))


def test_a_right_password_forgives_earlier_failures(store, people) -> None:
    for _ in range(3):
        for _ in range(store.settings.lockout_failures - 1):
            with pytest.raises(SignInError, match="不正确"):
                sign_in(store, "reviewer", "wrong", "", NOW)
        assert sign_in(store, "reviewer", PASSWORD, "", NOW)


def test_a_session_ends_idle_or_old_and_slides_in_between(settings, store, people) -> None:
    store.close()
    store = open_store(replace(settings, idle_minutes=60, session_minutes=480), CHEAP)
    session = sign_in(store, "reviewer", PASSWORD, "", NOW)
    assert find_actor(store, session.token, NOW + minutes(59)) == people.reviewer
    assert find_actor(store, session.token, NOW + minutes(118)) == people.reviewer
    assert find_actor(store, session.token, NOW + minutes(118 + 60)) is None
    busy = sign_in(store, "reviewer", PASSWORD, "", NOW)
    for at in range(30, 480, 30):
        assert find_actor(store, busy.token, NOW + minutes(at)) == people.reviewer
    assert find_actor(store, busy.token, NOW + minutes(480)) is None
    assert find_actor(store, "", NOW) is None
    assert find_actor(store, "\ud800", NOW) is None
    store.close()


def test_signing_out_ends_the_session(store, people) -> None:
    session = sign_in(store, "reviewer", PASSWORD, "", NOW)
    sign_out(store, session.token)
    sign_out(store, "unknown")
    assert find_actor(store, session.token, NOW) is None
    assert actions(store)[-1] == "signed-out"


def test_disabling_and_resetting_end_all_sessions(store, people) -> None:
    session = sign_in(store, "reviewer", PASSWORD, "", NOW)
    disable_account(store, people.admin, "reviewer")
    assert find_actor(store, session.token, NOW) is None
    enable_account(store, people.admin, "reviewer")
    session = sign_in(store, "reviewer", PASSWORD, "", NOW)
    password = reset_password(store, people.admin, "reviewer")
    assert find_actor(store, session.token, NOW) is None
    assert sign_in(store, "reviewer", password, "", NOW).must_change
    assert actions(store)[-5:] == ["account-disabled", "account-enabled", "signed-in", "password-reset", "signed-in"]


def test_changing_the_password_ends_the_other_sessions(store, people) -> None:
    here, elsewhere = (sign_in(store, "reviewer", PASSWORD, "", NOW) for _ in range(2))
    with pytest.raises(SignInError, match="原口令"):
        change_password(store, people.reviewer, "wrong", "Bai-Shui-2026", here.token)
    change_password(store, people.reviewer, PASSWORD, "Bai-Shui-2026", here.token)
    assert find_actor(store, here.token, NOW) == people.reviewer
    assert find_actor(store, elsewhere.token, NOW) is None


@pytest.mark.parametrize("weak", ["", "Ab1!", "abcdefghijkl", "abcdefgh1234", PASSWORD, "Reviewer-2026", "A1-" * 100])
def test_a_weak_password_is_refused(store, people, weak) -> None:
    with pytest.raises(UsageError):
        change_password(store, people.reviewer, PASSWORD, weak)


def test_neither_passwords_nor_tokens_are_stored(settings, store, people) -> None:
    session = sign_in(store, "reviewer", PASSWORD, "", NOW)
    with store.reading() as connection:
        hashes = connection.execute(select(accounts.c.password_hash)).scalars().all()
        assert session.token not in connection.execute(select(sessions.c.token_hash)).scalars().all()
    assert all(value.startswith("$argon2id$") for value in hashes)
    store.close()
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()
            assert session.token.encode() not in path.read_bytes()
    assert session.token not in repr(session)


@pytest.mark.parametrize("person", ["clerk", "reviewer", "lead", "auditor", "secrecy", "rules"])
def test_only_administrators_manage_accounts(store, people, person) -> None:
    actor = getattr(people, person)
    with pytest.raises(NotAllowed):
        add_account(store, actor, "someone", "某人", "某单位", {Role.SUBMITTER})
    with pytest.raises(NotAllowed):
        reset_password(store, actor, "clerk")
    with pytest.raises(NotAllowed):
        disable_account(store, actor, "clerk")
    if person != "auditor":
        with pytest.raises(NotAllowed):
            list_accounts(store, actor)


@pytest.mark.parametrize(
    "roles",
    [{Role.ADMIN, Role.REVIEWER}, {Role.ADMIN, Role.AUDITOR}, {Role.AUDITOR, Role.LEAD}, {Role.ADMIN, Role.SECRECY}],
)
def test_the_three_officers_are_separate_people(store, people, roles) -> None:
    with pytest.raises(NotAllowed, match="不能兼任"):
        add_account(store, people.admin, "toomuch", "某人", "某单位", roles)


@pytest.mark.parametrize(
    ("login", "name", "roles"),
    [
        ("clerk", "重名", {Role.SUBMITTER}),
        ("CLERK", "重名", {Role.SUBMITTER}),
        ("x", "太短", {Role.SUBMITTER}),
        ("a b", "空格", {Role.SUBMITTER}),
        ("nobody", "", {Role.SUBMITTER}),
        ("nobody", "无角色", set()),
    ],
)
def test_an_unusable_account_is_refused_with_the_next_step(store, people, login, name, roles) -> None:
    with pytest.raises(UsageError) as caught:
        add_account(store, people.admin, login, name, "某单位", roles)
    assert caught.value.remedy_zh
    assert audit.verify(store)


def test_an_administrator_does_not_lock_out_themselves(store, people) -> None:
    with pytest.raises(NotAllowed):
        disable_account(store, people.admin, "admin")


def test_a_disabled_account_acts_no_more(store, people) -> None:
    case = make_case(store, people.clerk)
    disable_account(store, None, "reviewer")
    with pytest.raises(NotAllowed, match="停用"):
        claim(store, people.reviewer, case.id, case.version, NOW)


def test_broken_text_at_the_door_is_a_wrong_password_and_no_crash(store, people) -> None:
    for login, password in (("\ud800", "x"), ("reviewer", "\udfff"), ("a\0b", "\0")):
        with pytest.raises(SignInError):
            sign_in(store, login, password, "\ud800", NOW)
