"""我的账号: who I am here, and a new password."""

import html

import streamlit as st

from review.casework.transitions import ROLE_LABELS
from review.ui.session import current_actor
from review.ui.sign_in import draw_password_form


def draw() -> None:
    actor = current_actor()
    st.html('<div class="pt"><h1>我的账号</h1></div>')
    left, right = st.columns([1, 1])
    roles = "、".join(ROLE_LABELS[role] for role in sorted(actor.roles))
    left.html(
        f'<div class="card"><h2>{html.escape(actor.name)}</h2><p>{html.escape(actor.department)}</p><p>角色：{roles}</p>'
        '<form method="post" action="/review/sign-out"><button type="submit">退出登录</button></form></div>'
    )
    with right:
        st.html('<div class="card"><h2>修改口令<small>修改后其他地方的登录即失效</small></h2></div>')
        draw_password_form(actor)


draw()
