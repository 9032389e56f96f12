"""Signing in and the forced change of a one-time password. The sign-in form posts to our own route."""

import html
from urllib.parse import unquote

import streamlit as st

from review.casework import accounts
from review.types import Actor
from review.ui.house import open_house
from review.ui.session import COOKIE, NOTICE_COOKIE, attempt, cookie, say, show_notice

BANNER = "本系统为非涉密系统，严禁上传、处理、存储国家秘密和工作秘密。"
_FORM = """<div class="sg"><div class="ban" role="alert">{banner}</div><div class="box"><h1>公开前保密审查</h1>
<p class="org">{organisation}</p>{message}<form method="post" action="/review/sign-in">
<label>账号<input name="login" autocomplete="username" required maxlength="80"></label>
<label>口令<input type="password" name="password" autocomplete="current-password" required maxlength="200"></label>
<button type="submit">登录</button></form>
<p class="hint">账号由系统管理员开通，首次登录须修改一次性口令。登录即表示知悉上述要求。</p></div></div>"""


def draw_sign_in(organisation: str, has_expired: bool) -> None:
    """The sign-in form with what happened before: a refused attempt, an expired session."""
    message = unquote(cookie(NOTICE_COOKIE)) or ("登录已过期或已退出，请重新登录。" if has_expired else "")
    shown = f'<div class="msg" role="alert">{html.escape(message)}</div>' if message else ""
    st.html(_FORM.format(banner=BANNER, organisation=html.escape(organisation), message=shown))


def draw_first_password(actor: Actor) -> None:
    """Nothing else can be done before the one-time password is changed."""
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        st.html('<div class="pt"><h1>请修改一次性口令</h1></div>')
        show_notice()
        draw_password_form(actor)


def draw_password_form(actor: Actor) -> None:
    """Old password, new password twice; the values are cleared with every attempt."""
    with st.form("password", clear_on_submit=True):
        old = st.text_input(
            "原口令（首次登录为一次性口令）", type="password", autocomplete="current-password", key="password.old"
        )
        new = st.text_input("新口令", type="password", autocomplete="new-password", key="password.new")
        again = st.text_input("再输入一次新口令", type="password", autocomplete="new-password", key="password.again")
        st.caption(f"至少{accounts.MIN_PASSWORD}位，包含大写字母、小写字母、数字、符号中的三种。")
        is_sent = st.form_submit_button("修改口令", type="primary")
    if not is_sent:
        return
    if new != again:
        say("两次输入的新口令不一致。请重新输入。", "error")
    else:
        refusal = attempt(lambda: accounts.change_password(open_house().store, actor, old, new, cookie(COOKIE)))
        say(refusal or "口令已修改。", "error" if refusal else "success")
    st.rerun()
