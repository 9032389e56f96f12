"""待办审查: the queue of the reviewers, by deadline."""

from collections.abc import Sequence

import streamlit as st

from review.casework import queries, workflow
from review.types import Actor
from review.ui import navigation
from review.ui.clock import now, spoken_date, today
from review.ui.components import draw_queue
from review.ui.house import House, open_house
from review.ui.lines_of_cases import row_of
from review.ui.session import attempt, current_actor, say

SCOPES = {"待我审查": "todo", "我经手的": "mine", "退回待复核": "returned", "全部": "all", "已办结": "done"}
_LEVELS = {"全部问题级别": "", "含严重": "high", "含较高": "medium", "含一般": "low", "含未能检查": "gaps"}
_ALL_DEPARTMENTS = "全部来文单位"
_LINES = 300


def draw() -> None:
    actor, house = current_actor(), open_house()
    st.html(f'<div class="pt"><h1>待办审查</h1><span>{spoken_date(today())}</span></div>')
    _draw_figures(queries.queue_figures(house.store, actor))
    scope, department, severity, search = _filters(house, actor)
    lines = queries.list_queue(
        house.store, actor, scope=scope, department=department, severity=severity, search=search, limit=_LINES
    )
    _draw_lines(house, actor, scope, lines)


def _draw_figures(figures: queries.QueueFigures) -> None:
    hours = "—" if figures.average_hours is None else f"{figures.average_hours:g}"
    cells = (
        ("待我审查", figures.waiting, "件", False),
        ("今日到期（含超期）", figures.due_today, "件", figures.due_today > 0),
        ("退回待复核", figures.returned, "件", False),
        ("含严重问题", figures.severe, "件", False),
        ("本周平均用时", hours, "小时", False),
    )
    shown = "".join(
        f'<div class="{"w" if is_late else ""}"><span>{label}</span><b>{value}<small>{unit}</small></b></div>'
        for label, value, unit, is_late in cells
    )
    st.html(f'<div class="kp">{shown}</div>')


def _filters(house: House, actor: Actor) -> tuple[str, str, str, str]:
    """(scope, department, severity, search) as chosen above the table."""
    first, second, third, fourth = st.columns([4.6, 2, 1.8, 2.4], vertical_alignment="bottom")
    scope = first.segmented_control(
        "范围", list(SCOPES), default="待我审查", required=True, label_visibility="collapsed", key="todo.scope"
    )
    departments = [_ALL_DEPARTMENTS, *queries.list_departments(house.store, actor)]
    department = second.selectbox("来文单位", departments, label_visibility="collapsed", key="todo.department")
    level = third.selectbox("问题级别", list(_LEVELS), label_visibility="collapsed", key="todo.level")
    search = fourth.text_input(
        "搜索",
        placeholder="搜索标题、文号、编号",
        label_visibility="collapsed",
        icon=":material/search:",
        key="todo.search",
    )
    chosen = "" if department == _ALL_DEPARTMENTS else str(department)
    return SCOPES[str(scope)], chosen, _LEVELS[str(level)], search[:100]


def _draw_lines(house: House, actor: Actor, scope: str, lines: Sequence[queries.CaseSummary]) -> None:
    may_claim = any("claim" in workflow.permitted(actor, line.case) for line in lines)
    rows = [row_of(line) for line in lines]
    asked = draw_queue("todo", {"rows": rows, "claim": may_claim, "empty": "没有符合条件的文稿。"})
    if len(lines) == _LINES:
        st.caption(f"只列出最紧急的 {_LINES} 件，请用上面的条件缩小范围。")
    if not asked:
        return
    ids = {line.case.id: line for line in lines}
    chosen = [ids[i] for i in asked.get("ids", []) if i in ids]  # type: ignore[attr-defined]
    if asked.get("kind") == "open" and chosen:
        navigation.go("workbench", case=chosen[0].case.id)
    if asked.get("kind") == "claim":
        _claim(house, actor, chosen)


def _claim(house: House, actor: Actor, lines: Sequence[queries.CaseSummary]) -> None:
    refusals = [
        (line.case.number, refusal)
        for line in lines
        if (refusal := attempt(lambda c=line.case: workflow.claim(house.store, actor, c.id, c.version, now())))  # type: ignore[misc]
    ]
    done = len(lines) - len(refusals)
    words = "；".join(f"{number}：{refusal}" for number, refusal in refusals)
    say(f"已领取 {done} 件。{words}", "error" if refusals else "success")
    st.rerun()


draw()
