"""审查工作台: one case under review. The hot loop is in the browser; Python hears numbered events and checks each of them."""

import html

import streamlit as st

from review.casework import queries, workflow
from review.casework.readiness import weighty_findings
from review.casework.transitions import OUTCOMES, STATE_LABELS
from review.types import Actor, CaseState, DispositionCode, Role
from review.ui import decision, navigation
from review.ui.clock import now, today
from review.ui.components import draw_workbench
from review.ui.house import House, open_house
from review.ui.session import attempt, current_actor, find_current_actor, say
from review.ui.steps import PURGED
from review.ui.verdicts import answer_of, apply_events

_LAST = "workbench.case"
_KEY = "workbench"
REASONS = {
    "false_alarm": ["公务联系方式", "已脱敏", "示例或样表", "依法应当公示的内容", "不是个人证件号码"],
    "doubtful": ["需核实来源", "需请业务科室确认", "需请保密部门确认"],
}


def draw() -> None:
    actor, house = current_actor(), open_house()
    case_id = navigation.number_in_address("case") or st.session_state.get(_LAST)
    if case_id is None:
        st.html('<div class="pt"><h1>审查工作台</h1></div>')
        st.info("请先从待办审查中打开一件文稿。")
        if st.button("去待办审查", key="workbench.todo"):
            navigation.go("todo")
        return
    st.session_state[_LAST] = case_id
    case_file = queries.get_case(house.store, actor, case_id)
    _draw_head(case_file)
    if case_file.is_purged:
        st.html(PURGED)
    else:
        _draw_pane(actor, case_file)
    with st.bottom:
        _draw_foot(house, actor, case_file)


def _draw_head(case_file: queries.CaseFile) -> None:
    case = case_file.case
    left, right = st.columns([8.4, 2.4], vertical_alignment="center")
    parts = [case.number, case.document_number, case.department, f"第 {case.drafts} 稿", f"拟公开：{case.channel}"]
    pages = case_file.newest.check.pages
    parts += [f"{pages} 页"] if pages else []
    parts += [STATE_LABELS[case.state]]
    shown = "<i></i>".join(html.escape(part) for part in parts if part)
    due = ""
    if case.due_on and case.state not in (CaseState.DECIDED, CaseState.WITHDRAWN):
        days = (case.due_on - today()).days
        words = "今日到期" if days == 0 else f"已超期（{case.due_on:%m-%d}）" if days < 0 else ""
        due = f"<i></i><b>{words}</b>" if words else f"<i></i>{case.due_on:%m-%d} 到期"
    with left.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("返回", icon=":material/chevron_left:", key="workbench.back"):
            navigation.go("todo")
        st.html(f'<div class="rh"><div><h1>{html.escape(case.title)}</h1><p>{shown}{due}</p></div></div>')
    with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if st.button("办理记录", icon=":material/history:", key="workbench.record"):
            navigation.go("record", case=case.id)


def _draw_pane(actor: Actor, case_file: queries.CaseFile) -> None:
    case = case_file.case
    may_dispose = workflow.Act.DISPOSE in workflow.permitted(actor, case, case_file.uploaders)
    base = f"/review/case/{case.id}/{case.drafts}"
    answer = answer_of(_log(), open_house().ledger, actor)
    data = {
        "key": f"{case.id}-{case.drafts}",
        "url": f"{base}/model.json",
        "page": f"{base}/page/{{n}}.webp",
        "mode": "review" if may_dispose else "read",
        "trim": 200,
        "ack": answer.get("ack"),
        "refused": answer.get("refused", []),
        "reasons": REASONS,
    }
    draw_workbench(_KEY, data, on_log=_on_log)


def _on_log() -> None:
    actor = find_current_actor()
    if actor is not None:
        house = open_house()
        apply_events(_log(), st.session_state.get(_LAST), house.ledger, house.store, actor)


def _log() -> object:
    return (st.session_state.get(_KEY) or {}).get("log")


# ------------------------------------------------------------------------------------------------------------ the foot


def _draw_foot(house: House, actor: Actor, case_file: queries.CaseFile) -> None:
    case = case_file.case
    allowed = workflow.permitted(actor, case, case_file.uploaders)
    left, right = st.columns([4.4, 6.6], vertical_alignment="center")
    left.html(_progress(case_file))
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        if "claim" in allowed:
            st.button(
                "领取并开始审查", type="primary", key="workbench.claim", on_click=_claim, args=(case.id, case.version)
            )
        if "acknowledge_gaps" in allowed and _gaps_unseen(case_file):
            if st.button("人工已逐页查看", key="workbench.gaps"):
                _gaps_dialog(case.id, case.drafts)
        if "release" in allowed:
            st.button("放回待办", key="workbench.release", on_click=_release, args=(case.id, case.version))
        if "decide" in allowed or "correct" in allowed:
            decision.draw_buttons(house, actor, case_file)
        if not allowed & {"claim", "decide", "correct"}:
            st.html(f'<div class="pr"><span>{html.escape(_why_not(actor, case_file))}</span></div>', width="content")
            if st.button("下一件待办", key="workbench.next"):
                _go_on(house, actor, case.id)


def _go_on(house: House, actor: Actor, case_id: int) -> None:
    """To the most urgent case that waits for this person."""
    lines = queries.list_queue(house.store, actor, scope="todo", limit=2)
    following = next((line.case.id for line in lines if line.case.id != case_id), None)
    if following is None:
        navigation.go("todo")
    else:
        navigation.go("workbench", case=following)


def _why_not(actor: Actor, case_file: queries.CaseFile) -> str:
    """Why this person sees no buttons."""
    case = case_file.case
    if actor.id in case_file.uploaders:
        return "您是送审人，本件须由其他审查人办理。"
    if case.state in (CaseState.IN_REVIEW, CaseState.REFERRED) and not actor.has_role(Role.LEAD):
        return f"本件由{case_file.names.get(case.reviewer_id or '', '其他审查人')}办理。"
    return f"本件{STATE_LABELS[case.state]}，只能查看。"


def _gaps_unseen(case_file: queries.CaseFile) -> bool:
    check = case_file.newest.check
    is_seen = any(item.draft == case_file.newest.number for item in case_file.acknowledgements)
    return bool(check.gaps or not check.verdict.complete) and not is_seen


def _progress(case_file: queries.CaseFile) -> str:
    check, marks = case_file.newest.check, case_file.dispositions_of(case_file.newest.number)
    total, done = len(check.findings), len(marks)
    share = 100 * done / total if total else 100
    blocking = blocking_reason(case_file)
    if case_file.case.state in (CaseState.DECIDED, CaseState.RETURNED, CaseState.WITHDRAWN):
        words = OUTCOMES[case_file.decisions[-1].outcome].label if case_file.decisions else "经办人已撤回"
        state = f'<span class="c">{words}</span>'
    elif blocking:
        state = f'<span class="c no">{blocking}</span>'
    else:
        state = '<span class="c ok">没有妨碍公开的问题</span>'
    return (
        f'<div class="pr"><div class="tr"><i style="width:{share:.0f}%"></i></div>'
        f"<span>已处置 <b>{done}</b> / {total}</span>{state}</div>"
    )


def blocking_reason(case_file: queries.CaseFile) -> str:
    """In one short sentence what stands between this draft and 同意公开; "" when nothing does."""
    check, marks = case_file.newest.check, case_file.dispositions_of(case_file.newest.number)
    weighty = weighty_findings(check)
    if undisposed := sum(index not in marks for index in weighty):
        return f"较高以上问题 {undisposed} 处未处置，暂不能同意公开"
    codes = [marks[index].code for index in weighty]
    if unsolved := sum(code in (DispositionCode.CONFIRMED, DispositionCode.REDACT) for code in codes):
        return f"{unsolved} 处应处理的内容仍在文稿中，不能同意公开"
    if doubtful := sum(code is DispositionCode.DOUBTFUL for code in codes):
        return f"{doubtful} 处存疑，不能同意公开"
    return f"{max(1, len(check.gaps))} 处未能检查，须先人工查看" if _gaps_unseen(case_file) else ""


def _claim(case_id: int, version: int) -> None:
    refusal = attempt(lambda: workflow.claim(open_house().store, current_actor(), case_id, version, now()))
    say(refusal or "已领取，可以开始处置。", "error" if refusal else "success")


def _release(case_id: int, version: int) -> None:
    refusal = attempt(lambda: workflow.release(open_house().store, current_actor(), case_id, version, now()))
    say(refusal or "已放回待办。", "error" if refusal else "success")


@st.dialog("人工已逐页查看", width="medium")
def _gaps_dialog(case_id: int, draft: int) -> None:
    decision.draw_gaps_form(case_id, draft)


draw()
