"""自查送审: what a person sees at each stage of a private check, and who may submit from it."""

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from review.casework import queries
from review.ui.desk import Stage
from review.ui.house import open_house
from tests.ui.conftest import Installation
from tests.ui.test_pages import words

PLAIN = "关于清洁家园行动的通知\n联系手机13900001553。\n".encode()
STOPPED = "机密★10年\n\n某某工作方案\n".encode()


def page_with(installation: Installation, who: str, data: bytes, name: str = "通知.txt") -> AppTest:
    """The page of a person whose check has ended."""
    at = installation.open_page(who, "precheck")
    actor, desk = installation.people[who].actor, installation.house.desk
    check_id = desk.lay(actor, installation.people[who].token, "10.0.0.9", name, data)
    for _ in range(600):
        found = desk.look(check_id, actor)
        if found is None or found.stage.is_final:
            break
        time.sleep(0.05)
    at.session_state["precheck.id"] = check_id
    return at.run()


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def test_a_clerk_may_submit_what_was_checked_and_the_name_is_text(installation: Installation) -> None:
    at = page_with(installation, "clerk", PLAIN, "<img src=x>.txt")
    assert not at.exception
    assert {"precheck.submit", "precheck.other"} <= keys(at)
    assert "<img" not in words(at) and "&lt;img src=x&gt;.txt" in words(at)
    assert "没有保存任何内容" in words(at)


def test_a_reviewer_may_check_but_not_submit(installation: Installation) -> None:
    at = page_with(installation, "reviewer", PLAIN)
    assert not at.exception
    assert "precheck.submit" not in keys(at) and "precheck.other" in keys(at)


def test_the_stop_screen_says_the_four_steps_the_contact_and_the_number_and_no_text(installation: Installation) -> None:
    at = page_with(installation, "clerk", STOPPED, "某某工作方案.txt")
    shown = words(at)
    assert not at.exception
    for part in ("断开本机网络", "不要自行删除源文件", "县保密办（示例电话）", "24小时内", "SJ-20"):
        assert part in shown
    assert "某某" not in shown
    assert not keys(at)


def test_a_check_that_is_gone_is_said_and_the_upload_is_offered_again(installation: Installation) -> None:
    at = installation.open_page("clerk", "precheck")
    at.session_state["precheck.id"] = "gone"
    at.run()
    assert "上次自查的结果已清除" in words(at)
    assert at.get("bidi_component")


def test_leaving_the_page_forgets_the_check(installation: Installation) -> None:
    at = page_with(installation, "clerk", PLAIN)
    check_id = at.session_state["precheck.id"]
    at.switch_page("submissions.py").run()
    assert installation.house.desk.look(check_id, installation.people["clerk"].actor) is None
    assert "precheck.id" not in at.session_state


def test_another_file_forgets_the_last_one(installation: Installation) -> None:
    at = page_with(installation, "clerk", PLAIN)
    check_id = at.session_state["precheck.id"]
    at.button(key="precheck.other").click().run()
    assert installation.house.desk.look(check_id, installation.people["clerk"].actor) is None


def test_the_stages_are_named_for_people() -> None:
    assert all(ord(stage.value[0]) > 0x4E00 for stage in Stage)


def test_a_work_secret_that_stops_is_not_called_a_state_secret(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEW_WORK_SECRET_MODE", "stop")
    other = open_house()
    try:
        shown = words(page_with(replace(installation, house=other), "clerk", "内部资料 注意保存\n某某方案\n".encode()))
        assert "工作秘密或内部标识" in shown and "这不是国家秘密标志" in shown
        assert "疑似含国家秘密标志" not in shown and "24小时" not in shown
        [stop] = queries.list_stops(other.store, installation.people["secrecy"].actor)
        assert stop.rules and stop.places
    finally:
        other.pool.close()
        other.store.close()
