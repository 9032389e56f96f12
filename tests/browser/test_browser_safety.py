"""What must never happen, in a real Chromium: leaks, injected markup, lost verdicts, keys that fire while typing."""

import http.client
import json
import re

import pytest

from review.casework import queries
from review.casework.accounts import sign_in
from review.casework.store import open_store
from review.ui.clock import now
from tests.browser.conftest import PASSWORD, SAMPLES, Server, upload

pytestmark = pytest.mark.browser
MARKER = "青石板桥上的七只白鹭"
STOPPED = f"机密★10年\n\n{MARKER}工作方案\n\n正文：{MARKER}。\n"
PAYLOAD = (
    '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script><b>粗</b>![](https://example.invalid/p.png)'
)


def ask(server: Server, method: str, path: str, token: str = "", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
    sent = {"Cookie": f"review_session={token}"} if token else {}
    connection.request(
        method, path, headers={**sent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )
    answer = connection.getresponse()
    answer.read()
    return answer


def token_of(server: Server, login: str) -> str:
    store = open_store(server.settings)
    session = sign_in(store, login, PASSWORD, "10.0.0.1", now())
    store.close()
    return session.token


def submit_text(page, name: str, text: str, title: str) -> None:
    page.get_by_text("自查结果只有您自己看得到").wait_for()
    upload(page, name=name, data=text.encode())
    page.get_by_role("button", name="送审", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标题").fill(title)
    dialog.get_by_label("标题").press("Tab")
    dialog.get_by_role("button", name="提交送审").click()
    page.get_by_text("已送审，编号").wait_for()


def case_of(server: Server, title: str) -> queries.CaseFile:
    store = open_store(server.settings)
    reviewer = sign_in(store, "reviewer", PASSWORD, "10.0.0.1", now()).actor
    line = next(line for line in queries.list_queue(store, reviewer, scope="all") if line.case.title == title)
    found = queries.get_case(store, reviewer, line.case.id)
    store.close()
    return found


def test_a_stopped_draft_leaves_no_byte_anywhere(server: Server, visit) -> None:
    page = visit("clerk")
    upload(page, name=f"{MARKER}.txt", data=STOPPED.encode())
    page.get_by_text("疑似含国家秘密标志，已停止处理").wait_for()
    assert page.get_by_text("县保密办（示例电话）").count() == 1
    number = re.search(r"SJ-\d{4}-\d{4}", page.locator(".stop").inner_text())
    assert number
    report = f"/review/stop/{number.group()}/report.docx"
    assert ask(server, "GET", report, token_of(server, "clerk")).status == 200
    assert ask(server, "GET", report, token_of(server, "other")).status == 404
    assert MARKER not in page.content()
    page.get_by_role("link", name="我已知悉").click()
    page.get_by_text("自查结果只有您自己看得到").wait_for()
    traces = [MARKER.encode(code) for code in ("utf-8", "utf-16-le", "gb18030")]
    traces += [json.dumps(MARKER).strip('"').encode()]
    searched = [
        file for root in (server.home, server.scratch, server.log.parent) for file in root.rglob("*") if file.is_file()
    ]
    assert any(file.name == "review.sqlite3" for file in searched)
    assert [file.name for file in searched if any(trace in file.read_bytes() for trace in traces)] == []
    assert list(server.scratch.rglob("*.txt")) == []


def test_no_log_holds_text_of_a_draft(server: Server, visit) -> None:
    page = visit("clerk")
    upload(page, SAMPLES / "2_低保对象公示名单.xlsx")
    page.locator(".it").first.wait_for()
    log = server.log.read_bytes()
    assert log
    for text in ("低保", "公示名单", "枫林", "348899"):
        assert text.encode() not in log


def test_text_and_names_of_a_draft_never_become_markup(server: Server, visit) -> None:
    page = visit("clerk")
    text = f"{PAYLOAD}\n联系人{PAYLOAD}，手机13900001553。\n"
    submit_text(page, "<img src=x onerror=window.pwned=1>.txt", text, PAYLOAD[:200])
    page.locator("tbody tr", has_text="<img src=x").first.click()
    page.get_by_text("办理经过").wait_for()
    page.get_by_text("查看文稿和逐处意见").click()
    page.locator(".pg", has_text="<script>window.pwned=1</script>").first.wait_for()
    assert page.evaluate("() => window.pwned") is None
    assert page.locator("img[src='x']").count() == 0


def test_nothing_is_handed_out_without_a_sign_in(server: Server, visit) -> None:
    page = visit("clerk")
    submit_text(page, "通知.txt", "关于清洁家园行动的通知\n联系手机13900001553。\n", "权限检查用的通知")
    case = case_of(server, "权限检查用的通知").case
    paths = [
        f"/review/case/{case.id}/1/model.json",
        f"/review/case/{case.id}/1/page/1.webp",
        f"/review/case/{case.id}/form.docx",
    ]
    for path in [*paths, "/review/check/abc/model.json"]:
        assert ask(server, "GET", path).status == 401
        assert ask(server, "GET", path, "x" * 43).status == 401
    other, auditor = token_of(server, "other"), token_of(server, "auditor")
    assert [ask(server, "GET", path, other).status for path in paths] == [404, 404, 404]
    assert ask(server, "GET", paths[0], auditor).status == 404, "an auditor does not read drafts"
    own = ask(server, "GET", paths[0], token_of(server, "clerk"))
    assert own.status == 200 and own.getheader("cache-control") == "no-store"
    assert ask(server, "GET", "/_stcore/metrics").status == 404
    assert ask(server, "GET", "/_stcore/agent/openapi.json").status == 404
    assert ask(server, "PUT", "/_stcore/upload_file/a/b").status == 404, "files come only through our own route"


def test_a_post_from_another_site_is_refused(server: Server) -> None:
    token = token_of(server, "clerk")
    for headers in ({"Origin": "http://evil.invalid"}, {"Sec_Fetch_Site": "cross-site"}, {}):
        assert ask(server, "POST", "/review/upload", token, X_Review_Declared="yes", **headers).status == 403
        assert ask(server, "POST", "/review/sign-in", **headers).status == 403
    assert ask(server, "POST", "/review/upload", token, Origin=server.url).status == 400, "the declaration is needed"


def test_the_session_cookie_is_closed_to_scripts_and_survives_a_reload(visit, server: Server) -> None:
    page = visit("clerk")
    cookie = next(item for item in page.context.cookies() if item["name"] == "review_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert cookie["value"] not in page.url
    page.reload()
    page.locator(".who", has_text="clerk（化名）").wait_for()
    assert page.evaluate("() => document.documentElement.lang") == "zh-CN"
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="登录").wait_for()
    assert ask(server, "GET", "/review/check/x/model.json", cookie["value"]).status == 401


def test_wrong_passwords_are_told_and_lock_the_account(visit) -> None:
    page = visit()
    for attempt in range(6):
        page.get_by_label("账号").fill("nobody-here")
        page.get_by_label("口令").fill(f"wrong{attempt}")
        page.get_by_role("button", name="登录").click()
        page.get_by_text("账号或口令不正确" if attempt < 5 else "已暂时锁定").wait_for()


def test_fast_verdicts_are_all_stored_once_and_typing_fires_no_key(server: Server, visit) -> None:
    filler = ("请各村民小组在本月底前完成沟渠清淤。", "村民反映的问题逐项答复。", "本周清理房前屋后杂物。")
    lines = [
        f"{filler[n % 3]}补助拨付至账号62170012345670{n:05d}，由经办银行代发。{filler[(n + 1) % 3]}" for n in range(60)
    ]
    clerk = visit("clerk")
    submit_text(clerk, "补助拨付.txt", "\n\n".join(lines), "关于补助拨付的通知")
    page = visit("reviewer")
    page.locator("tbody tr", has_text="关于补助拨付的通知").click()
    page.get_by_role("button", name="领取并开始审查").click()
    page.locator(".ac").wait_for()
    total = page.locator(".it").count()
    assert total >= 50

    box = page.get_by_placeholder("文内查找")
    box.fill("")
    box.press_sequentially("1j2k")
    assert page.get_by_text(f"已处置 0 / {total}").count() >= 1
    box.press("Escape")

    for _ in range(total):
        page.keyboard.press("1")
    page.locator(".pr", has_text=f"已处置 {total} / {total}").wait_for()
    record = case_of(server, "关于补助拨付的通知")
    assert len(record.dispositions) == total
    assert sum(event.action == "disposed" for event in record.events) == total


def test_a_private_check_is_gone_after_leaving_the_page(server: Server, visit) -> None:
    page = visit("clerk")
    with page.expect_response(re.compile("/review/check/.*/model.json")) as answer:
        upload(page, name="草稿.txt", data="联系手机13900001553。\n".encode())
    path = answer.value.url.removeprefix(server.url)
    token = next(item["value"] for item in page.context.cookies() if item["name"] == "review_session")
    assert ask(server, "GET", path, token).status == 200
    assert ask(server, "GET", path, token_of(server, "reviewer")).status == 404
    page.get_by_role("link", name="我的送审").click()
    page.get_by_text("本单位送审的文稿").wait_for()
    assert ask(server, "GET", path, token).status == 404
    before = {file.name for file in (server.home / "files").rglob("*") if file.is_file()}
    assert not any("草稿" in name for name in before)
