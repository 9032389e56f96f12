"""办理记录 of one case: every step with its audit link; for the submitter also what was found and said of it."""

import html

import streamlit as st

from review.casework import queries, workflow
from review.casework.transitions import OUTCOMES, STATE_LABELS, WITHHOLDING_REASONS, Need
from review.types import Actor, CaseState, Decision
from review.ui import navigation
from review.ui.clock import local_time, now
from review.ui.components import draw_workbench
from review.ui.house import House, open_house
from review.ui.session import attempt, current_actor, say, tell
from review.ui.steps import PURGED, steps_of

_LAST = "record.case"


def draw() -> None:
    actor, house = current_actor(), open_house()
    case_id = navigation.number_in_address("case") or st.session_state.get(_LAST)
    if case_id is None:
        st.html('<div class="pt"><h1>办理记录</h1></div>')
        _draw_search(house, actor)
        return
    st.session_state[_LAST] = case_id
    case_file = queries.get_case(house.store, actor, case_id)
    _draw_head(house, actor, case_file)
    _draw_decision(case_file)
    if case_file.is_purged:
        st.html(PURGED)
    elif workflow.Act.OPEN in workflow.permitted(actor, case_file.case, case_file.uploaders):
        _draw_draft(case_file)
    _draw_steps(case_file)


def _draw_search(house: House, actor: Actor) -> None:
    search = st.text_input("查找", placeholder="标题、文号、编号", key="record.search", label_visibility="collapsed")
    lines = queries.list_queue(house.store, actor, scope="all", search=search[:100], limit=50)
    for line in lines:
        left, right = st.columns([8, 1], vertical_alignment="center")
        case = line.case
        left.text(f"{case.number}　{case.title}　{case.department}　{STATE_LABELS[case.state]}")
        if right.button("查看", key=f"record.open.{case.id}"):
            navigation.go("record", case=case.id)
    if not lines:
        st.info("没有符合条件的事项。")


def _draw_head(house: House, actor: Actor, case_file: queries.CaseFile) -> None:
    case, allowed = case_file.case, workflow.permitted(actor, case_file.case, case_file.uploaders)
    left, right = st.columns([7, 4], vertical_alignment="center")
    parts = [case.number, case.document_number, case.department, f"共 {case.drafts} 稿", f"拟公开：{case.channel}"]
    shown = "<i></i>".join(html.escape(part) for part in [*parts, STATE_LABELS[case.state]] if part)
    left.html(f'<div class="rh"><div><h1>{html.escape(case.title)}</h1><p>{shown}</p></div></div>')
    with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.link_button("下载审查表", f"/review/case/{case.id}/form.docx", icon=":material/download:")
        if "resubmit" in allowed and case.state is CaseState.RETURNED:
            if st.button("重新提交", type="primary", key="record.resubmit"):
                navigation.go("precheck", case=case.id)
        if "withdraw" in allowed and st.button("撤回", key="record.withdraw"):
            _withdraw(case.id, case.version)
        if st.button("其他事项", key="record.other"):
            st.session_state.pop(_LAST, None)
            navigation.go("record")


def _draw_decision(case_file: queries.CaseFile) -> None:
    """The newest decision in full; a returned case shows its reasons first of all."""
    if not case_file.decisions:
        return
    decision = case_file.decisions[-1]
    was_needed = Need.OPINION in OUTCOMES[decision.outcome].needs
    missing = "（意见已随文稿内容清除）" if was_needed else "（未写意见）"
    words = html.escape(decision.opinion) or missing
    st.html(
        f'<div class="card"><h2>{OUTCOMES[decision.outcome].label}<small>{html.escape(decision.actor_name)} · '
        f"{local_time(decision.at)} · 第{decision.draft}稿</small></h2>"
        f'<p style="white-space:pre-wrap;margin:0;line-height:1.7">{words}</p>{_details(decision)}</div>'
    )


def _details(decision: Decision) -> str:
    parts = []
    if decision.reason_code:
        parts.append(f"法定理由：{decision.reason_code}. {WITHHOLDING_REASONS[decision.reason_code]}")
    parts += [f"日期：{decision.until:%Y-%m-%d}"] if decision.until else []
    parts += [f"条件：{decision.condition}"] if decision.condition else []
    parts += [f"对象：{decision.body}"] if decision.body else []
    parts += [f"答复期限：{decision.reply_due:%Y-%m-%d}"] if decision.reply_due else []
    return f'<p style="margin:8px 0 0;color:#5B6675">{html.escape("；".join(parts))}</p>' if parts else ""


def _draw_draft(case_file: queries.CaseFile) -> None:
    """The draft with its findings and what the reviewer said of each; opening it is recorded, so it is asked for."""
    case = case_file.case
    numbers = [draft.number for draft in reversed(case_file.drafts)]
    with st.container(horizontal=True, vertical_alignment="center"):
        is_open = st.toggle("查看文稿和逐处意见", key=f"record.draft.{case.id}")
        chosen = st.selectbox(
            "稿次",
            numbers,
            format_func=lambda n: f"第{n}稿",
            key=f"record.number.{case.id}",
            label_visibility="collapsed",
            width=120,
        )
    if is_open:
        base = f"/review/case/{case.id}/{chosen}"
        data = {
            "key": f"{case.id}-{chosen}",
            "url": f"{base}/model.json",
            "page": f"{base}/page/{{n}}.webp",
            "mode": "read",
            "trim": 300,
        }
        draw_workbench("record", data)


def _draw_steps(case_file: queries.CaseFile) -> None:
    rows = []
    for step in steps_of(case_file):
        text = f"<p>{html.escape(step.text)}</p>" if step.text else ""
        rows.append(
            f'<li class="{"d" if step.is_decision else ""}"><span class="h">{html.escape(step.title)}</span>'
            f'<span class="m">{html.escape(step.who)} · {local_time(step.at)}</span> '
            f'<code title="{step.hash}">#{step.seq} {step.hash[:12]}</code>{text}</li>'
        )
    st.html(
        '<div class="card"><h2>办理经过<small>每一步都记入审计链，序号和校验值可与审查表核对</small></h2>'
        f'<ul class="tl">{"".join(rows)}</ul></div>'
    )


@st.dialog("撤回", width="medium")
def _withdraw(case_id: int, version: int) -> None:
    reason = st.text_area("撤回原因", max_chars=500, key="record.withdraw.reason")
    if st.button("确认撤回", type="primary", key="record.withdraw.confirm", disabled=not reason.strip()):
        refusal = attempt(
            lambda: workflow.withdraw(open_house().store, current_actor(), case_id, version, reason, now())
        )
        if refusal:
            tell(refusal)
        else:
            say("已撤回。")
            st.rerun()


draw()
