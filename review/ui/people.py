"""账号管理, for the system administrator: who has an account, new accounts, locked-out people."""

import html

import streamlit as st

from review.casework import accounts
from review.casework.transitions import ROLE_LABELS
from review.types import Role
from review.ui.clock import local_time
from review.ui.house import open_house
from review.ui.session import attempt, current_actor, say

_PASSWORD = "people.password"


def draw() -> None:
    actor, house = current_actor(), open_house()
    st.html('<div class="pt"><h1>账号管理</h1><span>没有默认口令；一次性口令只显示一次</span></div>')
    login, password = st.session_state.pop(_PASSWORD, ("", ""))
    if password:
        st.warning("请当面交给本人，首次登录须修改。离开本页后不再显示。")
        st.code(f"账号 {login}    一次性口令 {password}", language=None)
    people = accounts.list_accounts(house.store, actor)
    _draw_table(people)
    left, right = st.columns(2)
    with left:
        _draw_new()
    with right:
        _draw_change([person.login for person in people])


def _draw_table(people: tuple[accounts.Account, ...]) -> None:
    rows = "".join(
        f"<tr><td>{html.escape(person.login)}</td><td>{html.escape(person.name)}</td><td>{html.escape(person.department)}</td>"
        f"<td>{'、'.join(ROLE_LABELS[role] for role in sorted(person.roles))}</td><td>{_state(person)}</td>"
        f"<td>{local_time(person.signed_in_at) if person.signed_in_at else '—'}</td></tr>"
        for person in people
    )
    head = "<tr><th>账号</th><th>姓名</th><th>单位</th><th>角色</th><th>状态</th><th>最近登录</th></tr>"
    st.html(f'<table class="tb">{head}{rows}</table>')


def _state(person: accounts.Account) -> str:
    return "已停用" if person.is_disabled else "待改一次性口令" if person.must_change else "正常"


def _draw_new() -> None:
    with st.form("people.new", clear_on_submit=True):
        st.html("<b>新增账号</b>")
        login = st.text_input("账号名", key="people.login", max_chars=40)
        name = st.text_input("姓名", key="people.name", max_chars=80)
        department = st.text_input("单位", key="people.department", max_chars=80)
        roles = st.multiselect(
            "角色", list(Role), format_func=lambda role: ROLE_LABELS[role], placeholder="请选择", key="people.roles"
        )
        is_sent = st.form_submit_button("新增", type="primary")
    if is_sent:

        def act() -> None:
            password = accounts.add_account(open_house().store, current_actor(), login, name, department, roles)
            st.session_state[_PASSWORD] = (login, password)

        refusal = attempt(act)
        say(refusal or "账号已建立。", "error" if refusal else "success")
        st.rerun()


def _draw_change(logins: list[str]) -> None:
    with st.form("people.change"):
        st.html("<b>停用、启用、重置口令</b>")
        login = st.selectbox("账号", logins, index=None, placeholder="请选择", key="people.chosen")
        first, second, third = st.columns(3)
        is_reset = first.form_submit_button("重置口令")
        is_off = second.form_submit_button("停用")
        is_on = third.form_submit_button("启用")
    if not (is_reset or is_off or is_on):
        return

    def act() -> None:
        store, actor = open_house().store, current_actor()
        if is_reset:
            st.session_state[_PASSWORD] = (login, accounts.reset_password(store, actor, str(login or "")))
        elif is_off:
            accounts.disable_account(store, actor, str(login or ""))
        else:
            accounts.enable_account(store, actor, str(login or ""))

    refusal = attempt(act)
    say(refusal or "已办理。", "error" if refusal else "success")
    st.rerun()


draw()
