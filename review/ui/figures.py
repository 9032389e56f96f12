"""统计: plain counts of what is in the database now. Nothing is estimated; what is not counted is not shown."""

import html
from collections import Counter
from collections.abc import Mapping

import streamlit as st

from review.casework import queries
from review.casework.transitions import STATE_LABELS
from review.types import CaseState, Severity
from review.ui.document_model import SEVERITY_CLASSES
from review.ui.house import open_house
from review.ui.session import current_actor
from review.wording import SEVERITY_NAMES

_LEVELS = (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)


def draw() -> None:
    actor, house = current_actor(), open_house()
    lines = queries.list_queue(house.store, actor, scope="all")
    st.html('<div class="pt"><h1>统计</h1><span>按当前库内全部事项计算</span></div>')
    decided = sum(line.case.state is CaseState.DECIDED for line in lines)
    returned = sum(line.case.drafts > 1 or line.case.state is CaseState.RETURNED for line in lines)
    overdue = sum(line.is_overdue for line in lines)
    gaps = sum(line.gaps > 0 for line in lines)
    cells = (
        ("送审", len(lines)),
        ("已办结", decided),
        ("退回过", returned),
        ("超过目标期限未办结", overdue),
        ("含未能检查", gaps),
    )
    st.html(
        '<div class="kp">'
        + "".join(f"<div><span>{n}</span><b>{v}<small>件</small></b></div>" for n, v in cells)
        + "</div>"
    )
    states = Counter(line.case.state for line in lines)
    levels = Counter({level: sum(line.counts[level] for line in lines) for level in _LEVELS})
    left, right = st.columns(2)
    left.html(_bars("事项状态", "件", {STATE_LABELS[s]: (states[s], "") for s in CaseState if states[s]}))
    right.html(
        _bars(
            "问题级别",
            "处，按最新一稿",
            {SEVERITY_NAMES[level]: (levels[level], SEVERITY_CLASSES[level]) for level in _LEVELS},
        )
    )
    _draw_departments(lines)


def _bars(title: str, unit: str, values: Mapping[str, tuple[int, str]]) -> str:
    most = max((count for count, _ in values.values()), default=0) or 1
    rows = "".join(
        f'<span>{html.escape(name)}</span><i class="{cls}" style="width:{100 * count / most:.0f}%"></i><b>{count}</b>'
        for name, (count, cls) in values.items()
    )
    return f'<div class="card"><h2>{title}<small>{unit}</small></h2><div class="bars">{rows or "暂无"}</div></div>'


def _draw_departments(lines: tuple[queries.CaseSummary, ...]) -> None:
    names = sorted({line.case.department for line in lines})
    rows = []
    for name in names:
        own = [line for line in lines if line.case.department == name]
        severe = sum(line.counts[Severity.HIGH] for line in own)
        returned = sum(line.case.drafts > 1 or line.case.state is CaseState.RETURNED for line in own)
        done = sum(line.case.state is CaseState.DECIDED for line in own)
        late = sum(line.is_overdue for line in own)
        cells = "".join(f'<td class="n">{value}</td>' for value in (len(own), done, returned, late, severe))
        rows.append(f"<tr><td>{html.escape(name)}</td>{cells}</tr>")
    head = (
        "<tr><th>单位</th>"
        + "".join(f'<th class="n">{name}</th>' for name in ("送审件数", "已办结", "退回过", "超期", "最新一稿严重问题"))
        + "</tr>"
    )
    st.html(f'<div class="card"><h2>各单位</h2><table class="tb">{head}{"".join(rows)}</table></div>')


draw()
