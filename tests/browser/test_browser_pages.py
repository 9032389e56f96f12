"""The review pane with page pictures: the same finding in text and on the page, found by key and by search."""

import re

import pytest

from tests.browser.conftest import Server, upload

pytestmark = pytest.mark.browser
NUMBER = "341802199003074512"
BODY = "<p>各村应当在月底前完成沟渠清淤，逐项登记。</p>" * 20


@pytest.fixture(scope="module")
def pdf(chromium) -> bytes:
    page = chromium.new_page()
    page.set_content(
        f"<meta charset=utf-8><style>p{{font:16pt/28pt serif}}</style>{BODY}<p>经办人沈某，身份证号{NUMBER}，已核对。</p>{BODY}"
    )
    made = page.pdf(format="A4")
    page.close()
    return made


def test_a_finding_is_shown_on_its_page_picture_and_in_the_text(server: Server, visit, pdf: bytes) -> None:
    page = visit("clerk")
    upload(page, name="通知.pdf", data=pdf)
    page.locator(".it", has_text="居民身份证").first.wait_for()
    assert re.search(r"第2页第\d+行", page.locator(".it", has_text="居民身份证").first.inner_text())
    with page.expect_response(re.compile(r"/page/\d+\.webp")) as picture:
        page.get_by_role("button", name="版面").click()
    assert picture.value.status == 200 and picture.value.headers["content-type"] == "image/webp"
    assert picture.value.headers["cache-control"] == "no-store"
    page.keyboard.press("j")
    box = page.locator(".bx.on").first
    box.wait_for()
    pane, place = page.locator(".doc").bounding_box(), box.bounding_box()
    assert pane["y"] < place["y"] < pane["y"] + pane["height"], "the finding was scrolled into sight"
    assert 100 < place["width"] < 260, "the box covers the number, not the line"

    page.get_by_placeholder("文内查找").fill(NUMBER)
    page.get_by_text("1 / 1", exact=True).wait_for()
    page.get_by_placeholder("文内查找").press("Enter")
    page.locator(".pg.tx mark", has_text=NUMBER).first.wait_for()
