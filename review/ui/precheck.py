"""自查送审: check a draft privately, then submit it without a second upload. Nothing is stored before it is submitted.

With ``?case=`` the checked draft becomes the next version of a returned case.
"""

import html
from collections.abc import Callable
from datetime import date
from pathlib import PurePath

import streamlit as st

from review.casework import queries, workflow
from review.casework.readiness import weighty_findings
from review.errors import NotAllowed
from review.types import Actor, Case, Check, Document, Role, Severity, Submission
from review.ui import navigation
from review.ui.clock import now, today
from review.ui.components import draw_upload, draw_workbench
from review.ui.desk import LIFETIME, PrivateCheck, Stage
from review.ui.house import House, open_house
from review.ui.session import PRIVATE_CHECK, attempt, current_actor, forget_private_check, say, tell
from review.wording import LEVEL_NAMES, PLACE_NAMES

CHANNELS = ("政府门户网站", "部门网站", "政务新媒体", "政务公开栏", "村（居）务公开栏", "新闻媒体", "其他")
SOURCES = ("自制", "获取自其他机关", "获取自公民、法人或其他组织", "联合制作", "转载")
OPENNESS = ("主动公开", "依申请公开", "不予公开")
_STATE_SECRET = ("疑似含国家秘密标志", "是否属于国家秘密由有权机关确定。")
_WORK_SECRET = (
    "带有工作秘密或内部标识，按本单位规定",
    "这不是国家秘密标志；是否属于工作秘密由本单位确定，请在本系统之外办理。",
)
_REPORT_DUTY = (
    "<li>单位应当在24小时内向同级保密行政管理部门和上级主管部门报告（保守国家秘密法实施条例第六十一条）。</li>"
)
_STEPS = (Stage.WAITING, Stage.READING, Stage.CHECKING)


def draw() -> None:
    actor, house = current_actor(), open_house()
    case = _returned_case(house, actor)
    check_id = st.session_state.get(PRIVATE_CHECK)
    found = house.desk.look(check_id, actor) if check_id else None
    if found is None:
        if check_id:
            st.session_state.pop(PRIVATE_CHECK)
            st.info("上次自查的结果已清除。需要时请重新上传。")
        _draw_start(house, case)
    elif not found.stage.is_final:
        _title(case)
        _draw_progress(found.id)
    elif found.stage is Stage.STOPPED:
        _draw_stop(house, found)
    elif found.stage is Stage.FAILED:
        _title(case)
        st.error(found.message)
        st.button("重新上传", on_click=forget_private_check, key="precheck.again")
    else:
        _draw_result(house, actor, found, case)


def _returned_case(house: House, actor: Actor) -> Case | None:
    case_id = navigation.number_in_address("case")
    return queries.get_case(house.store, actor, case_id).case if case_id is not None else None


def _title(case: Case | None) -> None:
    if case is None:
        st.html('<div class="pt"><h1>自查送审</h1><span>自查结果只有您自己看得到，不留存、不计入退回次数</span></div>')
    else:
        label = f"{html.escape(case.number)} · {html.escape(case.title)}"
        st.html(f'<div class="pt"><h1>提交修改稿</h1><span>{label}</span></div>')


def _draw_start(house: House, case: Case | None) -> None:
    _title(case)
    laid = draw_upload("upload", "/review/upload", house.desk.file_bytes // (1024 * 1024))
    if laid:
        st.session_state[PRIVATE_CHECK] = laid
        st.rerun()
    st.html(
        '<div class="card"><h2>怎么用</h2>上传后逐条检查，告诉您第几页第几行有什么不宜公开、应当怎么改。改好后可以再查，'
        "没有问题再送审。检查结果只在内存中保留，离开本页、退出登录或"
        f"{LIFETIME // 60}分钟不用即清除。机器只提出意见，是否公开由有权的人决定。</div>"
    )


@st.fragment(run_every=0.6)
def _draw_progress(check_id: str) -> None:
    found = open_house().desk.look(check_id, current_actor())
    if found is None or found.stage.is_final:
        st.rerun()
        return
    rows = []
    for stage in _STEPS:
        is_now, is_past = stage is found.stage, _STEPS.index(stage) < _STEPS.index(found.stage)
        detail = ""
        if is_now and stage is Stage.READING and found.pages_total:
            detail = f"第 {found.pages_read} / {found.pages_total} 页"
        mark = "d" if is_past else ""
        state = "完成" if is_past else "进行中" if is_now else ""
        rows.append(
            f'<li class="{mark}"><span class="h">{stage.value}</span><span class="m">{state} {detail}</span></li>'
        )
    st.html(f'<div class="card"><h2>正在检查</h2><ul class="tl">{"".join(rows)}</ul></div>')
    st.button("取消", on_click=forget_private_check, key="precheck.cancel")


def _draw_stop(house: House, found: PrivateCheck) -> None:
    """domain.md §8.4: what to do now; the kind of place, never the text."""
    places = "、".join(dict.fromkeys(PLACE_NAMES[f.place] for f in found.check.findings)) if found.check else ""
    ids = dict.fromkeys(f.rule_id for f in found.check.findings) if found.check else {}
    rules = "、".join(rule.title if (rule := house.detectors.rules.rule(i)) else i for i in ids)
    number = html.escape(found.event_number) or html.escape(found.message)
    contact = html.escape(house.settings.secrecy_contact)
    is_state_secret = found.check is None or any(f.severity is Severity.STOP for f in found.check.findings)
    title, owner = _STATE_SECRET if is_state_secret else _WORK_SECRET
    st.html(
        f'<div class="stop" role="alert"><h1>{title}，已停止处理</h1>'
        '<p class="lead">文件没有写入磁盘或数据库，读取它的程序已结束，本系统不再保留其内容；'
        f"服务器内存、交换分区中可能的残留由系统管理员处理。{owner}</p><ol>"
        "<li>立即停止操作，断开本机网络。</li>"
        "<li>不要再次上传、转发、打印、拍照，不要自行删除源文件。</li>"
        f"<li>立即报告本单位保密工作机构：<b>{contact}</b>。</li>"
        f"{_REPORT_DUTY if is_state_secret else ''}</ol>"
        f"<dl><dt>事件编号</dt><dd>{number}</dd><dt>发现位置</dt><dd>{places}</dd><dt>规则</dt><dd>{html.escape(rules)}</dd></dl>"
        '<a href="/precheck" target="_self">我已知悉</a></div>'
    )


def _draw_result(house: House, actor: Actor, found: PrivateCheck, case: Case | None) -> None:
    assert found.check is not None
    verdict, weighty = found.check.verdict, len(weighty_findings(found.check))
    kind = f"{html.escape(case.number)} 修改稿" if case else "自查"
    st.html(
        f'<div class="rh"><div><h1>{html.escape(found.name)}</h1><p>{kind}<i></i>须处理 {weighty} 处<i></i>'
        f"请留意 {len(found.check.findings) - weighty} 处<i></i>未能检查 {len(found.check.gaps)} 处<i></i>"
        f'<b class="{verdict.level}">{LEVEL_NAMES[verdict.level]}</b></p></div></div>'
    )
    base = f"/review/check/{found.id}"
    data = {
        "key": found.id,
        "url": f"{base}/model.json",
        "page": f"{base}/page/{{n}}.webp",
        "mode": "advice",
        "trim": 208,
    }
    draw_workbench("advice", data)
    with st.bottom:
        left, right = st.columns([5, 6], vertical_alignment="center")
        left.html('<div class="pr"><span>本次自查没有保存任何内容；离开本页即清除。</span></div>')
        with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
            st.button("换一个文件", on_click=forget_private_check, key="precheck.other")
            if case is not None:
                if st.button("重新提交", type="primary", key="precheck.resubmit"):
                    _resubmit(house, found.id, case)
            elif actor.has_role(Role.SUBMITTER):
                if st.button("送审", type="primary", key="precheck.submit"):
                    _submission_dialog(found.id)


def _resubmit(house: House, check_id: str, case: Case) -> None:
    def act(found: PrivateCheck, document: Document, check: Check) -> None:
        actor = current_actor()
        workflow.resubmit(house.store, actor, case.id, case.version, found.data, found.name, document, check, now())

    refusal = _hand_in(house, check_id, act)
    if refusal:
        say(refusal, "error")
        st.rerun()
    forget_private_check()
    say(f"修改稿已提交，编号 {case.number}。")
    navigation.go("record", case=case.id)


def _hand_in(house: House, check_id: str, act: Callable[[PrivateCheck, Document, Check], None]) -> str:
    """ "" when the checked draft was handed in, else why not; a draft is handed in once, however often one clicks."""

    def once() -> None:
        found = house.desk.take(check_id, current_actor())
        try:
            if found.document is None or found.check is None:
                raise NotAllowed("自查没有完成，没有送审。", "请重新上传后再送审。")
            act(found, found.document, found.check)
        except BaseException:
            house.desk.give_back(check_id)
            raise

    return attempt(once)


@st.dialog("送审", width="large")
def _submission_dialog(check_id: str) -> None:
    house = open_house()
    found = house.desk.look(check_id, current_actor())
    if found is None:
        st.error("自查结果已清除。请重新上传后再送审。")
        return
    _warn_of_findings(found)
    title = st.text_input("标题", value=PurePath(found.name).stem[:100], max_chars=300, key="submission.title")
    first, second = st.columns(2)
    number = first.text_input("文号（没有可不填）", max_chars=100, key="submission.number")
    formed_on = second.date_input(
        "成文日期（时限由此起算）", value=today(), max_value=today(), format="YYYY-MM-DD", key="submission.formed"
    )
    third, fourth, fifth = st.columns(3)
    channel = third.selectbox("拟公开渠道", CHANNELS, key="submission.channel")
    source = fourth.selectbox("信息来源", SOURCES, key="submission.source")
    openness = fifth.selectbox("拟公开属性", OPENNESS, key="submission.openness")
    note = st.text_area("送审说明（可不填）", max_chars=1000, height=80, key="submission.note")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("取消", key="submission.cancel"):
            st.rerun()
        if st.button("提交送审", type="primary", key="submission.send"):
            form = Submission(title, number, str(channel), _day(formed_on), str(source), str(openness), note)
            _submit(house, check_id, form)


def _warn_of_findings(found: PrivateCheck) -> None:
    """Said plainly before sending; the person may send a draft with findings, the reviewer decides."""
    assert found.check is not None
    if weighty := weighty_findings(found.check):
        st.warning(f"自查还有 {len(weighty)} 处须处理的问题。可以先修改再送审，也可以直接送审并在说明中写明情况。")
    if found.check.gaps:
        st.warning(f"有 {len(found.check.gaps)} 处未能检查，须由审查人逐页查看。")


def _submit(house: House, check_id: str, form: Submission) -> None:
    made: list[Case] = []

    def act(found: PrivateCheck, document: Document, check: Check) -> None:
        made.append(workflow.submit(house.store, current_actor(), form, found.data, found.name, document, check, now()))

    refusal = _hand_in(house, check_id, act)
    if refusal:
        tell(refusal)
        return
    forget_private_check()
    say(f"已送审，编号 {made[0].number}。")
    navigation.go("submissions")


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


draw()
