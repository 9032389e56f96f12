"""Our own routes beside Streamlit's: sign-in and -out, upload, document model, page picture, form.

Each asks the session table itself and answers 401 without a sign-in, 404 for what this person may not see, so that it does
not tell whether it exists. POSTs must come from our own pages. Nothing may be cached. Errors say nothing of a document.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from urllib.parse import quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from review.casework import accounts, audit, queries, workflow
from review.errors import NotAllowed, ReviewError, UsageError, WorkflowError
from review.outputs import forms
from review.outputs.stop_report import render_stop_report
from review.types import Actor, Role
from review.ui import document_model
from review.ui.clock import now
from review.ui.desk import PrivateCheck
from review.ui.faults import log_fault
from review.ui.house import House, case_owner, open_house
from review.ui.session import COOKIE, NOTICE_COOKIE

_LOG = logging.getLogger("review.ui")
_NO_STORE = {"Cache-Control": "no-store", "Vary": "Cookie"}
_SCALE = 1.6
_REAP_SECONDS = 30
_MAX_NUMBER = 2**31 - 1
_FORM_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_UPLOADERS = (Role.SUBMITTER, Role.REVIEWER, Role.LEAD)

Answer = Callable[[Request], Awaitable[Response]]
ForActor = Callable[[Request, House, Actor], Awaitable[Response]]


def is_from_our_pages(request: Request) -> bool:
    """Whether a POST was sent by a page of this very server: Origin, or Fetch Metadata, must say so."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return site == "same-origin"


def for_actor(answer: ForActor) -> Answer:
    """A route that needs a sign-in; POSTs also need to come from our own pages."""

    @wraps(answer)
    async def checked(request: Request) -> Response:
        if request.method == "POST" and not is_from_our_pages(request):
            return _refusal(403, "请求不是从本系统的页面发出的，没有执行。")
        try:
            house = open_house()
            token = request.cookies.get(COOKIE, "")
            actor = await run_in_threadpool(accounts.find_actor, house.store, token, now()) if token else None
            if actor is None:
                return _refusal(401, "登录已过期，请重新登录。")
            if await run_in_threadpool(accounts.must_change_password, house.store, actor.id):
                return _refusal(401, "请先修改一次性口令。")
            return await answer(request, house, actor)
        except (WorkflowError, UsageError) as error:
            if request.method == "POST":
                return _refusal(403, f"{error.message_zh}{error.remedy_zh}")
            return _refusal(404, "没有这项内容，或者您无权查看。")
        except ReviewError as error:
            return _refusal(409, f"{error.message_zh}{error.remedy_zh}")
        except Exception as error:  # noqa: BLE001 - the server would log the message, which may hold text of a draft
            log_fault("route", error)
            return _refusal(500, "程序出错，没有完成。请重试；仍然出错时请联系系统管理员。")

    return checked


async def sign_in(request: Request) -> Response:
    """303 to the start page, with the session cookie or with a message cookie."""
    if not is_from_our_pages(request):
        return _refusal(403, "请求不是从本系统的页面发出的，没有执行。")
    form = await request.form(max_files=0, max_fields=4)
    login, password = str(form.get("login", ""))[:200], str(form.get("password", ""))[:1000]
    answer = RedirectResponse("/", 303, headers=_NO_STORE)
    is_secure = request.url.scheme == "https"
    client = request.client.host if request.client else ""
    try:
        store = open_house().store
        session = await run_in_threadpool(accounts.sign_in, store, login, password, client, now())
    except ReviewError as error:
        notice = quote(f"{error.message_zh}{error.remedy_zh}")
        answer.set_cookie(NOTICE_COOKIE, notice, max_age=20, httponly=True, samesite="strict", secure=is_secure)
        return answer
    answer.set_cookie(COOKIE, session.token, httponly=True, samesite="strict", secure=is_secure, path="/")
    answer.delete_cookie(NOTICE_COOKIE)
    return answer


async def sign_out(request: Request) -> Response:
    """303 to the start page; the session ends and its private checks are forgotten."""
    if not is_from_our_pages(request):
        return _refusal(403, "请求不是从本系统的页面发出的，没有执行。")
    house, token = open_house(), request.cookies.get(COOKIE, "")
    if token:
        house.desk.wipe_session(token)
        await run_in_threadpool(accounts.sign_out, house.store, token)
    answer = RedirectResponse("/", 303, headers=_NO_STORE)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@for_actor
async def upload(request: Request, house: House, actor: Actor) -> Response:
    """{"id": …} of a new private check. The body is the file itself: a form parser would write it to a temporary file."""
    if not actor.has_role(*_UPLOADERS):
        raise NotAllowed("您的角色不能上传文稿。", "请由经办人或审查人员上传。")
    if request.headers.get("x-review-declared") != "yes":
        return _refusal(400, "请先勾选确认：所传文件不涉密。")
    name = unquote(request.headers.get("x-review-name", ""))[:255].replace("/", "_").replace("\\", "_") or "未命名"
    limit = house.desk.file_bytes
    too_large = _refusal(413, f"文件超过 {limit // (1024 * 1024)} MB 的上限，没有接收。请拆分后再上传。")
    if int(request.headers.get("content-length") or 0) > limit:
        return too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            body.clear()
            return too_large
    client = request.client.host if request.client else ""
    await run_in_threadpool(workflow.declare, house.store, actor, client, now())
    check_id = house.desk.lay(actor, request.cookies.get(COOKIE, ""), client, name, bytes(body))
    body.clear()
    return JSONResponse({"id": check_id}, headers=_NO_STORE)


@for_actor
async def private_model(request: Request, house: House, actor: Actor) -> Response:
    """The document model of a private check that is done."""
    found = _private(request, house, actor)
    assert found.document is not None and found.check is not None
    rules, policy = house.detectors.rules, house.detectors.policy
    body = await run_in_threadpool(document_model.build_json, found.document, found.check, rules, (), policy)
    return Response(body, media_type="application/json", headers=_NO_STORE)


@for_actor
async def private_page(request: Request, house: House, actor: Actor) -> Response:
    """One page of a private check as WebP."""
    found = _private(request, house, actor)

    def require() -> None:
        _private(request, house, actor)

    return await _picture(house, found.id, _number(request, "page"), require, lambda: (found.data, found.name))


@for_actor
async def case_model(request: Request, house: House, actor: Actor) -> Response:
    """The document model of one draft, with the dispositions made so far."""
    case_id, draft = _number(request, "case"), _number(request, "draft")
    body = await run_in_threadpool(_case_model, house, actor, case_id, draft)
    return Response(body, media_type="application/json", headers=_NO_STORE)


def _case_model(house: House, actor: Actor, case_id: int, draft: int) -> bytes:
    """Handing out the text is what "opening" means: it is recorded here, whatever page asks."""
    workflow.open_draft(house.store, actor, case_id, draft, now())
    case_file = queries.get_case(house.store, actor, case_id)
    document = queries.load_document(house.store, actor, case_id, draft)
    check = next(item.check for item in case_file.drafts if item.number == draft)
    marks = [item for item in case_file.dispositions if item.draft == draft]
    return document_model.build_json(document, check, house.detectors.rules, marks, house.detectors.policy)


def _has_opened(case_file: queries.CaseFile, actor: Actor, draft: int) -> bool:
    return any(
        event.action == "draft-opened" and event.actor_id == actor.id and event.payload.get("draft") == draft
        for event in case_file.events
    )


@for_actor
async def case_page(request: Request, house: House, actor: Actor) -> Response:
    """One page of a stored draft as WebP."""
    case_id, draft = _number(request, "case"), _number(request, "draft")
    case_file = await run_in_threadpool(queries.get_case, house.store, actor, case_id)
    found = next((item for item in case_file.drafts if item.number == draft), None)
    if found is None:
        return _refusal(404, "没有这一稿。")

    if not _has_opened(case_file, actor, draft):
        await run_in_threadpool(workflow.open_draft, house.store, actor, case_id, draft, now())

    def load() -> tuple[bytes, str]:
        return queries.load_original(house.store, actor, case_id, draft), found.file_name

    def require() -> None:
        queries.require_content(house.store, actor, case_id, draft)

    return await _picture(house, case_owner(case_id, draft), _number(request, "page"), require, load)


@for_actor
async def case_form(request: Request, house: House, actor: Actor) -> Response:
    """The 审查表 of a case as docx."""
    body, number = await run_in_threadpool(_form, house, actor, _number(request, "case"))
    return _download(body, f"审查表-{number}.docx")


def _form(house: House, actor: Actor, case_id: int) -> tuple[bytes, str]:
    case_file = queries.get_case(house.store, actor, case_id)
    case = case_file.case
    may_open = workflow.Act.OPEN in workflow.permitted(actor, case, case_file.uploaders) and not case_file.is_purged
    document = queries.load_document(house.store, actor, case_id, case.drafts) if may_open else None
    head = workflow.issue_form(house.store, actor, case_id, now())
    body = forms.render_form(case_file, house.detectors.rules, house.settings.organisation, head, document)
    return body, case_file.case.number


@for_actor
async def stop_report(request: Request, house: House, actor: Actor) -> Response:
    """The 疑似涉密信息上传事件报告单 of a stop event as docx (domain.md §8.4): what happened, nothing of the file."""
    number = str(request.path_params["number"])
    return _download(await run_in_threadpool(_stop_report, house, actor, number), f"事件报告单-{number}.docx")


def _stop_report(house: House, actor: Actor, number: str) -> bytes:
    event = next((stop for stop in queries.list_stops(house.store, actor) if stop.number == number), None)
    if event is None:
        raise NotAllowed("没有这个事件。", "请在操作留痕中查看事件编号。")
    head = audit.head(house.store)
    return render_stop_report(event, house.detectors.rules, house.settings.organisation, head)


def _download(body: bytes, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(body, media_type=_FORM_TYPE, headers={**_NO_STORE, "Content-Disposition": disposition})


def _number(request: Request, name: str) -> int:
    """The number in the address; UsageError (404) beyond what a database or a page counter can hold."""
    number = int(request.path_params[name])
    if number > _MAX_NUMBER:
        raise UsageError("没有这项内容。", "请从待办列表重新进入。")
    return number


def _private(request: Request, house: House, actor: Actor) -> PrivateCheck:
    found = house.desk.look(str(request.path_params["id"]), actor)
    if found is None or found.document is None:
        raise NotAllowed("没有这次自查。", "请重新上传。")
    return found


async def _picture(
    house: House, owner: str, page: int, require: Callable[[], None], load: Callable[[], tuple[bytes, str]]
) -> Response:
    """The picture, unless its draft was stopped before or while it was drawn: ``require`` raises then."""
    picture = await run_in_threadpool(_draw, house, owner, page, require, load)
    return Response(picture, media_type="image/webp", headers=_NO_STORE)


def _draw(
    house: House, owner: str, page: int, require: Callable[[], None], load: Callable[[], tuple[bytes, str]]
) -> bytes:
    try:
        require()
        picture = house.pictures.get(owner, page)
        if picture is None:
            picture = house.pool.render(*load(), page, _SCALE)
            house.pictures.put(owner, page, picture)
            require()  # after the put: a stop that came before it cleared the pictures too early
    except (UsageError, NotAllowed):
        house.pictures.drop(owner)
        house.pool.forget_rendition()
        raise
    return picture


def _refusal(status: int, message: str) -> Response:
    body = json.dumps({"message": message}, ensure_ascii=False)
    return Response(body, status, media_type="application/json", headers=_NO_STORE)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Open the installation before the first visitor; forget abandoned private checks while running.

    What cannot be opened is said in the log, and by every page to whoever comes: a person reads no traceback.
    """
    house = await run_in_threadpool(_warm_up)
    reaper = asyncio.create_task(_reap(house)) if house else None
    try:
        yield
    finally:
        if house and reaper:
            reaper.cancel()
            house.pool.close()


def _warm_up() -> House | None:
    """The installation with everything loaded that a first check needs; None when something cannot be opened."""
    try:
        house = open_house()
        _LOG.info("%d rules in force", len(house.detectors.rules.rules))
    except ReviewError as error:
        _LOG.error("%s%s", error.message_zh, error.remedy_zh)
        return None
    return house


async def _reap(house: House) -> None:
    while True:
        await asyncio.sleep(_REAP_SECONDS)
        house.desk.reap()


ROUTES = [
    Route("/review/sign-in", sign_in, methods=["POST"]),
    Route("/review/sign-out", sign_out, methods=["POST"]),
    Route("/review/upload", upload, methods=["POST"]),
    Route("/review/check/{id:str}/model.json", private_model),
    Route("/review/check/{id:str}/page/{page:int}.webp", private_page),
    Route("/review/case/{case:int}/{draft:int}/model.json", case_model),
    Route("/review/case/{case:int}/{draft:int}/page/{page:int}.webp", case_page),
    Route("/review/case/{case:int}/form.docx", case_form),
    Route("/review/stop/{number:str}/report.docx", stop_report),
]
