"""操作留痕: the audit chain and whether it holds, what happened, and the stop events."""

import html
from datetime import date, datetime, time, timedelta

import streamlit as st

from review.casework import audit, queries, workflow
from review.casework.audit import ACTIONS
from review.casework.releases import list_open_stops
from review.errors import AuditChainBroken
from review.types import Actor, Role
from review.ui.clock import CHINA, local_time, now, today
from review.ui.house import House, open_house
from review.ui.session import attempt, current_actor, say

_LINES = 200
_CHAIN = "trail.chain"
_ALL = "全部操作"
_EVENTS, _STOPS = "操作记录", "疑似涉密停止处理"
_SPANS = {"今天": 0, "近 7 天": 6, "近 30 天": 29, "全部": None}
#: Payload keys of ``audit.ACTIONS`` as a person reads them.
_FACTS = {
    "account": "账号",
    "roles": "角色",
    "client": "终端",
    "login": "登录名校验值",
    "failures": "失败次数",
    "draft": "稿次",
    "sha256": "文件校验值",
    "size": "字节数",
    "ruleset": "规则库",
    "model": "模型",
    "check": "检查结果校验值",
    "findings": "问题",
    "finding": "问题",
    "gaps": "未能检查",
    "carried": "沿用处置",
    "version": "版本",
    "reviewer": "审查人",
    "code": "处置",
    "count": "处数",
    "outcome": "结论",
    "reason": "理由",
    "opinion": "意见校验值",
    "until": "日期",
    "redacted": "脱敏稿校验值",
    "number": "事件编号",
    "rules": "规则",
    "suffix": "后缀",
    "name": "文件名校验值",
    "files": "文件数",
    "head": "链头",
    "basis": "核实依据校验值",
}
#: Keyed hashes of whole rows: for ``audit.verify``, not for reading.
_SEALS = frozenset({"record", "words", "particulars", "stops", "password", "carried_record", "carried_words"})
_STOP_ACTIONS = {"refused": "未存储", "purged": "已清除存稿"}


def draw() -> None:
    actor, house = current_actor(), open_house()
    st.html('<div class="pt"><h1>操作留痕</h1><span>只追加，不含文稿内容</span></div>')
    _draw_chain(house)
    _warn_of_stops(house, actor)
    is_officer = actor.has_role(Role.SECRECY)
    events, stops = st.tabs([_EVENTS, _STOPS], default=_STOPS if is_officer else _EVENTS)
    with events:
        _draw_events(house, actor)
    with stops:
        _draw_stops(house, actor)


def _warn_of_stops(house: House, actor: Actor) -> None:
    """The 24 hours of 实施条例第六十一条 run from the discovery: who must report is told at once."""
    recent = [stop for stop in queries.list_stops(house.store, actor) if now() - stop.at < timedelta(hours=24)]
    if recent and actor.has_role(Role.SECRECY, Role.LEAD):
        latest = html.escape("、".join(stop.number for stop in recent[:5]))
        st.html(
            f'<div class="chain bad" role="alert"><b>24小时内有 {len(recent)} 起疑似涉密停止处理：{latest}</b>　'
            "单位应当在24小时内向同级保密行政管理部门和上级主管部门报告（保守国家秘密法实施条例第六十一条）。</div>"
        )


def _draw_chain(house: House) -> None:
    """The state of the chain, verified when the page is entered and on demand: a long chain takes its time."""
    left, right = st.columns([9, 1.2], vertical_alignment="center")
    if right.button("重新核验", key="trail.verify") or _CHAIN not in st.session_state:
        st.session_state[_CHAIN] = _verify(house)
    left.html(st.session_state[_CHAIN])


def _verify(house: House) -> str:
    at = local_time(now())
    try:
        state = audit.verify(house.store)
    except AuditChainBroken as error:
        return (
            f'<div class="chain bad" role="alert"><b>{html.escape(error.message_zh)}</b> '
            f"{html.escape(error.remedy_zh)}（{at} 核验）</div>"
        )
    return (
        f'<div class="chain"><b>审计链完整</b>　共 {state.events} 条，链头 <code>{state.head[:32]}…</code>，'
        f"{at} 核验。可与审查表上打印的校验值核对。</div>"
    )


def _draw_events(house: House, actor: Actor) -> None:
    first, second, third = st.columns([3, 3, 5], vertical_alignment="bottom")
    labels = {label: action for action, (label, _) in ACTIONS.items()}
    action = first.selectbox("操作", [_ALL, *labels], label_visibility="collapsed", key="trail.action")
    span = second.segmented_control(
        "时间", list(_SPANS), default="近 7 天", required=True, label_visibility="collapsed", key="trail.span"
    )
    search = third.text_input(
        "查找", placeholder="按人员、事项编号查找", label_visibility="collapsed", key="trail.search"
    )
    before = st.session_state.get("trail.before")
    lines = queries.list_events(
        house.store,
        actor,
        action=labels.get(str(action), ""),
        since=_since(_SPANS[str(span)]),
        before=before,
        limit=_LINES,
    )
    shown = [line for line in lines if not search.strip() or search.strip() in f"{line.actor_name} {line.case_number}"]
    rows = "".join(_row(line) for line in shown)
    head = "<tr><th class='n'>序号</th><th>时间</th><th>人员</th><th>操作</th><th>事项</th><th>要素</th><th>校验值</th></tr>"
    st.html(f'<table class="tb">{head}{rows}</table>' if shown else '<div class="card">没有符合条件的记录。</div>')
    with st.container(horizontal=True):
        if before and st.button("回到最新", key="trail.newest"):
            st.session_state.pop("trail.before")
            st.rerun()
        if len(lines) == _LINES and st.button("更早的记录", key="trail.older"):
            st.session_state["trail.before"] = lines[-1].event.seq
            st.rerun()


def _since(days: int | None) -> datetime | None:
    if days is None:
        return None
    start: date = today() - timedelta(days=days)
    return datetime.combine(start, time(), CHINA)


def _row(line: queries.EventLine) -> str:
    event = line.event
    facts = "，".join(
        f"{_FACTS.get(name, name)} {str(value)[:24]}"
        for name, value in event.payload.items()
        if value not in (None, "") and name not in _SEALS
    )
    return (
        f'<tr><td class="n">{event.seq}</td><td class="w">{local_time(event.at)}</td><td class="w">{html.escape(line.actor_name)}</td>'
        f'<td class="w">{line.label}</td><td class="w">'
        f"{html.escape(line.case_number)}</td><td><code>{html.escape(facts)}</code></td>"
        f'<td class="w"><code title="{event.hash}">{event.hash[:12]}</code></td></tr>'
    )


def _draw_stops(house: House, actor: Actor) -> None:
    stops = queries.list_stops(house.store, actor)
    if not stops:
        st.html('<div class="card">没有停止处理的事件。</div>')
        return
    head = "<tr><th>事件编号</th><th>时间</th><th>账号</th><th>单位</th><th>终端</th><th>规则</th><th>位置</th><th>文件</th><th>处理</th></tr>"
    rows = "".join(
        f"<tr><td>{_report_link(stop.number)}</td><td>{local_time(stop.at)}</td><td>{html.escape(stop.actor_name)}</td>"
        f"<td>{html.escape(stop.department)}</td><td>{html.escape(stop.client)}</td>"
        f"<td>{html.escape('、'.join(stop.rules))}</td><td>{html.escape('、'.join(stop.places))}</td>"
        f"<td>{html.escape(stop.suffix)}，{stop.size} 字节</td><td>{_STOP_ACTIONS.get(stop.action, stop.action)}</td></tr>"
        for stop in stops
    )
    st.html(f'<table class="tb">{head}{rows}</table>')
    _draw_releases(house, actor)


def _draw_releases(house: House, actor: Actor) -> None:
    """The record of domain.md §8.4 step 7: who verified, on what basis, when; by a second person."""
    waiting = {stop.case_id: stop for stop in list_open_stops(house.store, actor)}
    if not waiting:
        return
    st.html('<div class="pt"><h2>待解除的停止处理</h2></div>')
    st.caption("经有权机关或保密工作机构核实不属于国家秘密的，登记依据后解除；已清除的内容不恢复，须重新送审。")
    case_id = st.selectbox(
        "事项",
        list(waiting),
        format_func=lambda i: f"{waiting[i].case_number}（{waiting[i].number}）",
        key="trail.release.case",
    )
    basis = st.text_area("核实依据（核实机关、文书和日期，不写涉密内容）", max_chars=1000, key="trail.release.basis")
    if st.button("确认解除", key="trail.release", disabled=not basis.strip()):
        refusal = attempt(lambda: workflow.release_stop(house.store, current_actor(), case_id, basis, now()))
        say(refusal or "已解除，经办单位可以重新送审。", "error" if refusal else "success")
        st.rerun()


def _report_link(number: str) -> str:
    shown = html.escape(number)
    return f'<a href="/review/stop/{shown}/report.docx" title="下载事件报告单">{shown}</a>'


draw()
