"""Every run of a page starts here: session check, pages by role, the one guard that prints refusals.

Which pages a role sees is a convenience; ``casework`` checks every right again.
"""

import html
from pathlib import Path

import streamlit as st

from review.casework import accounts
from review.errors import ReviewError
from review.types import Actor
from review.ui import sign_in
from review.ui.house import open_house
from review.ui.navigation import PRECHECK, pages_for
from review.ui.session import COOKIE, cookie, find_current_actor, forget_private_check, show_notice

_HERE = Path(__file__).resolve().parent


def _draw_person(actor: Actor) -> None:
    st.html(
        f'<div class="who"><span class="dept">{html.escape(actor.department)}</span>'
        f'<span class="nm">{html.escape(actor.name)}</span>'
        '<form method="post" action="/review/sign-out"><button type="submit">退出</button></form></div>'
    )


def _draw_pages(actor: Actor) -> None:
    st.logo((_HERE / "theme" / "logo.svg").read_text("utf-8"), size="large")
    chosen = st.navigation(pages_for(actor), position="top")
    _draw_person(actor)
    if chosen.title != PRECHECK:
        forget_private_check()
    show_notice()
    try:
        chosen.run()
    except ReviewError as error:
        st.error(f"{error.message_zh} {error.remedy_zh}")


def main() -> None:
    st.set_page_config(
        page_title="先审 · 公开前保密审查",
        page_icon=str(_HERE / "theme" / "favicon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.html(_HERE / "theme" / "shell.css")
    try:
        house, actor = open_house(), find_current_actor()
        must_change = actor is not None and accounts.must_change_password(house.store, actor.id)
    except ReviewError as error:
        st.error(f"系统暂时不能使用：{error.message_zh} {error.remedy_zh}")
        return
    if actor is None:
        forget_private_check()
        sign_in.draw_sign_in(house.settings.organisation, has_expired=bool(cookie(COOKIE)))
    elif must_change:
        _draw_person(actor)
        sign_in.draw_first_password(actor)
    else:
        _draw_pages(actor)


main()
