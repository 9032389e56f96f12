"""Before and around a sign-in: banner, expired sessions, the forced change of a one-time password."""

from datetime import UTC, datetime

from review.casework import accounts
from tests.ui.conftest import PASSWORD, Installation
from tests.ui.test_pages import words


def test_without_a_session_only_the_sign_in_form_is_shown(installation: Installation) -> None:
    installation.people["nobody"] = type(installation.newcomer)(installation.newcomer.actor, "")
    at = installation.open_page("nobody")
    del installation.people["nobody"]
    assert not at.exception
    assert "本系统为非涉密系统，严禁上传、处理、存储国家秘密和工作秘密" in words(at)
    assert 'action="/review/sign-in"' in words(at)
    assert "登录已过期" not in words(at)


def test_an_ended_session_is_told_apart_and_shows_nothing_else(installation: Installation) -> None:
    accounts.sign_out(installation.store, installation.people["reviewer"].token)
    at = installation.open_page("reviewer")
    assert "登录已过期或已退出" in words(at)
    assert "待办审查" not in words(at)


def test_a_one_time_password_must_be_changed_before_anything_else(installation: Installation) -> None:
    at = installation.open_page("newcomer")
    assert "请修改一次性口令" in words(at)
    assert "自查" not in words(at)
    for key, value in (("password.old", "wrong"), ("password.new", PASSWORD), ("password.again", PASSWORD)):
        at.text_input(key=key).set_value(value)
    at.button[0].click().run()
    assert "原口令不正确" in words(at)


def test_two_different_new_passwords_are_refused(installation: Installation) -> None:
    at = installation.open_page("clerk", "account")
    for key, value in (("password.old", PASSWORD), ("password.new", "Qing-Shan-2027"), ("password.again", "x")):
        at.text_input(key=key).set_value(value)
    at.button[0].click().run()
    assert "两次输入的新口令不一致" in words(at)
    assert accounts.sign_in(installation.store, "clerk", PASSWORD, "10.0.0.1", datetime.now(UTC)).token


def test_a_changed_password_holds(installation: Installation) -> None:
    at = installation.open_page("clerk", "account")
    for key, value in (
        ("password.old", PASSWORD),
        ("password.new", "Qing-Shan-2027"),
        ("password.again", "Qing-Shan-2027"),
    ):
        at.text_input(key=key).set_value(value)
    at.button[0].click().run()
    assert not at.exception
    assert accounts.sign_in(installation.store, "clerk", "Qing-Shan-2027", "10.0.0.1", datetime.now(UTC)).token


def test_a_database_that_cannot_be_read_is_said_in_chinese(installation: Installation) -> None:
    installation.store.close()
    installation.store.settings.sqlite_path.write_bytes(b"not a database at all" * 200)
    for name in ("review.sqlite3-wal", "review.sqlite3-shm"):
        (installation.store.settings.home / name).unlink(missing_ok=True)
    at = installation.open_page("reviewer")
    assert not at.exception
    assert "系统暂时不能使用" in words(at)
