"""Our own routes, asked as the server asks them: nothing of a stopped draft, no impossible number, no message in a log."""

import asyncio
import io
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pikepdf
import pytest
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from review.casework import queries, workflow
from review.types import Case, Outcome
from review.ui import routes
from review.ui.clock import now
from review.ui.desk import Stage
from review.ui.headers import Headers
from review.ui.house import case_owner
from tests.casework.case_builders import make_case
from tests.ui.conftest import Installation
from tests.ui.test_desk import PLAIN, finished, lay


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


def _awaited(answer: Coroutine[None, None, Answer]) -> Answer:
    """Run in a thread of its own: a browser test of the same run may have left a running loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer).result()


def ask(installation: Installation, who: str, path: str) -> Answer:
    return _awaited(_ask(path, installation.people[who].token))


async def _ask(path: str, token: str, app: Starlette | None = None) -> Answer:
    app = app or Starlette(routes=routes.ROUTES, middleware=[Middleware(Headers)])
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"review_session={token}".encode())],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    sent: list = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))


def stop(installation: Installation, case: Case) -> None:
    """As another process would: this one's caches hear nothing of it."""
    reviewer = installation.people["reviewer"].actor
    case = workflow.claim(installation.store, reviewer, case.id, case.version, now())
    workflow.decide(installation.store, reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", now())


def test_the_pages_of_a_stopped_file_are_gone_in_every_case(installation: Installation) -> None:
    own = make_case(installation.store, installation.people["clerk"].actor)
    other = make_case(installation.store, installation.people["other"].actor)
    pictures = installation.house.pictures
    for case in (own, other):
        pictures.put(case_owner(case.id, 1), 1, b"page")
    path = f"/review/case/{other.id}/1/page/1.webp"
    assert ask(installation, "other", path) == Answer(200, b"page")
    stop(installation, own)
    assert ask(installation, "other", path).status == 404
    assert pictures.get(case_owner(other.id, 1), 1) is None


def test_the_form_of_a_stopped_case_can_be_printed(installation: Installation) -> None:
    case = make_case(installation.store, installation.people["clerk"].actor)
    stop(installation, case)
    answer = ask(installation, "reviewer", f"/review/case/{case.id}/form.docx")
    assert answer.status == 200 and answer.body.startswith(b"PK")


def test_a_page_drawn_while_its_draft_is_stopped_is_neither_shown_nor_kept(installation: Installation) -> None:
    house, clerk = installation.house, installation.people["clerk"].actor
    case = make_case(installation.store, clerk)
    file = io.BytesIO()
    with pikepdf.new() as blank:
        blank.add_blank_page()
        blank.save(file)

    def load() -> tuple[bytes, str]:
        stop(installation, case)
        house.forget_stopped()
        return file.getvalue(), "页面.pdf"

    def require() -> None:
        queries.require_content(installation.store, clerk, case.id, 1)

    with pytest.raises(routes.UsageError):
        routes._draw(house, case_owner(case.id, 1), 1, require, load)
    assert house.pictures.get(case_owner(case.id, 1), 1) is None


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_an_impossible_number_in_an_address_is_not_found(installation: Installation, number: int) -> None:
    for path in ("{0}/1/model.json", "1/{0}/model.json", "{0}/form.docx", "1/1/page/{0}.webp", "{0}/1/page/1.webp"):
        assert ask(installation, "reviewer", f"/review/case/{path.format(number)}").status == 404, path


def test_the_log_holds_the_kind_and_the_place_of_a_fault_but_no_message(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise SQLAlchemyError("某某方案的正文")

    caplog.set_level(logging.DEBUG)
    case = make_case(installation.store, installation.people["clerk"].actor)
    monkeypatch.setattr(routes, "_case_model", broken)
    answer = ask(installation, "clerk", f"/review/case/{case.id}/1/model.json")
    assert answer.status == 500 and "某某" not in answer.body.decode()
    assert "SQLAlchemyError at" in caplog.text and "某某" not in caplog.text
    monkeypatch.setattr(routes, "open_house", broken)
    assert ask(installation, "clerk", f"/review/case/{case.id}/form.docx").status == 500
    assert "某某" not in caplog.text


def test_a_fault_outside_our_routes_is_logged_without_its_message_too(caplog: pytest.LogCaptureFixture) -> None:
    async def page(_: Request) -> Response:
        raise ValueError("某某方案的正文")

    app = Starlette(routes=[Route("/page", page)], middleware=[Middleware(Headers)])
    assert _awaited(_ask("/page", "", app)) == Answer(500, b"")
    assert "request failed: ValueError at" in caplog.text and "某某" not in caplog.text


def test_a_private_page_is_gone_with_its_check(installation: Installation) -> None:
    house = installation.house
    check_id = lay(house, installation, PLAIN)
    assert finished(house.desk, check_id, installation).stage is Stage.DONE
    house.pictures.put(check_id, 1, b"page")
    assert ask(installation, "clerk", f"/review/check/{check_id}/page/1.webp") == Answer(200, b"page")
    house.desk.wipe(check_id)
    assert ask(installation, "clerk", f"/review/check/{check_id}/page/1.webp").status == 404
    assert house.pictures.get(check_id, 1) is None
