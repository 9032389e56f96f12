"""我的送审: what the department submitted, returned cases first in sight."""

import streamlit as st

from review.casework import queries
from review.ui import navigation
from review.ui.components import draw_queue
from review.ui.house import open_house
from review.ui.lines_of_cases import row_of
from review.ui.session import current_actor

_SCOPES = {"待我修改": "todo", "全部": "all", "已办结": "done"}


def draw() -> None:
    actor, house = current_actor(), open_house()
    st.html('<div class="pt"><h1>我的送审</h1><span>本单位送审的文稿</span></div>')
    returned = queries.count_queue(house.store, actor, scope="todo")
    if returned:
        st.warning(f"有 {returned} 件被退回，请按审查意见修改后重新提交。")
    first, second = st.columns([5, 2.4], vertical_alignment="bottom")
    scope = first.segmented_control(
        "范围", list(_SCOPES), default="全部", required=True, label_visibility="collapsed", key="submissions.scope"
    )
    search = second.text_input(
        "搜索",
        placeholder="搜索标题、文号、编号",
        label_visibility="collapsed",
        icon=":material/search:",
        key="submissions.search",
    )
    lines = queries.list_queue(house.store, actor, scope=_SCOPES[str(scope)], search=search[:100], limit=300)
    rows = [row_of(line) for line in lines]
    asked = draw_queue(
        "submissions", {"rows": rows, "claim": False, "empty": "没有符合条件的文稿。先到“自查送审”上传。"}
    )
    ids = {line.case.id for line in lines}
    if asked and asked.get("kind") == "open":
        chosen = [i for i in asked.get("ids", []) if i in ids]  # type: ignore[attr-defined]
        if chosen:
            navigation.go("record", case=chosen[0])


draw()
