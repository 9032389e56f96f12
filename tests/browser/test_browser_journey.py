"""The main job in a real Chromium, from the first sign-in to the auditor's look at every step."""

import re
from pathlib import Path

import pytest

from review.casework import audit
from review.casework.store import open_store
from tests.browser.conftest import PASSWORD, SAMPLES, Server, upload

pytestmark = pytest.mark.browser
TITLE = "关于最低生活保障对象名单的公示"


def change_one_time_password(page, one_time: str) -> None:
    page.get_by_text("请修改一次性口令").wait_for()
    page.get_by_label("原口令").fill(one_time)
    page.get_by_label("新口令", exact=True).fill(PASSWORD)
    page.get_by_label("再输入一次新口令").fill(PASSWORD)
    page.get_by_role("button", name="修改口令").click()


def check_and_submit(page) -> None:
    page.get_by_text("自查结果只有您自己看得到").wait_for()
    upload(page, SAMPLES / "2_低保对象公示名单.xlsx")
    page.locator(".it").first.wait_for()
    assert page.get_by_text("暂不能公开").count()
    page.get_by_role("button", name="送审", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标题").fill(TITLE)
    dialog.get_by_label("标题").press("Tab")
    dialog.get_by_role("button", name="提交送审").click()
    page.get_by_text("已送审，编号").wait_for()
    page.locator("tbody tr", has_text=TITLE).wait_for()


def claim(page) -> None:
    page.locator("tbody tr", has_text=TITLE).click()
    page.get_by_role("button", name="领取并开始审查").click()
    page.get_by_role("button", name="退回修改").wait_for()


def dispose_all(page) -> None:
    page.locator(".ac").wait_for()
    total = page.locator(".it").count()
    for number in range(total):
        page.keyboard.press("1" if number % 2 else "2")
        page.get_by_text(re.compile(rf"已处置 {number + 1} / {total}")).first.wait_for()
    page.locator(".pr", has_text=f"已处置 {total} / {total}").wait_for()


def decide(page, button: str, opinion: str) -> None:
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("审查意见").fill(opinion)
    dialog.get_by_label("审查意见").press("Tab")
    dialog.get_by_role("button", name="提交结论").click()
    page.get_by_text("已作出结论").wait_for()


def resubmit(page) -> None:
    page.get_by_role("link", name="我的送审").click()
    page.locator("tbody tr", has_text=TITLE).click()
    page.get_by_text("证件号码请删去").first.wait_for()
    page.get_by_text("查看文稿和逐处意见").click()
    page.locator(".it.done").first.wait_for()
    page.get_by_role("button", name="重新提交").click()
    page.get_by_text("提交修改稿").wait_for()
    upload(page, SAMPLES / "5_低保对象公示名单_已处理.xlsx")
    page.get_by_role("button", name="重新提交").click()
    page.get_by_text("修改稿已提交").wait_for()


def test_a_list_goes_from_the_township_to_a_decision(server: Server, visit, tmp_path: Path) -> None:
    clerk = visit("newcomer", server.one_time["newcomer"])
    change_one_time_password(clerk, server.one_time["newcomer"])
    check_and_submit(clerk)

    reviewer = visit("reviewer")
    reviewer.get_by_text("待我审查").first.wait_for()
    claim(reviewer)
    assert reviewer.get_by_role("button", name="同意公开").is_disabled()
    dispose_all(reviewer)
    decide(reviewer, "退回修改", "证件号码请删去，住址只留到村。")

    resubmit(clerk)

    reviewer.get_by_role("link", name="待办审查").click()
    claim(reviewer)
    reviewer.get_by_text("没有妨碍公开的问题").wait_for()
    decide(reviewer, "同意公开", "修改稿可以公开。")
    reviewer.get_by_role("button", name="办理记录").click()
    with reviewer.expect_download() as download:
        reviewer.get_by_role("link", name="下载审查表").click()
    form = tmp_path / "form.docx"
    download.value.save_as(form)
    assert form.read_bytes()[:2] == b"PK" and form.stat().st_size > 5000

    auditor = visit("auditor")
    auditor.get_by_text("审计链完整").wait_for()
    auditor.get_by_role("link", name="办理记录").click()
    auditor.get_by_role("button", name="查看").first.click()
    auditor.get_by_text("办理经过").wait_for()
    steps = auditor.locator(".tl li .h").all_inner_texts()
    for expected in (
        "送审 第1稿",
        "领取",
        "作出结论：退回修改",
        "重新送审 第2稿",
        "作出结论：同意主动公开",
        "输出审查表 第2稿",
    ):
        assert any(expected in step for step in steps), (expected, steps)
    assert auditor.get_by_text("查看文稿和逐处意见").count() == 0, "an auditor follows the steps without the text"

    store = open_store(server.settings)
    assert audit.verify(store).events > 15
    store.close()
