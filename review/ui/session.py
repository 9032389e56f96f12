"""Who is at the screen: the cookie's token looked up in the session table on every run and for every event."""

from collections.abc import Callable

import streamlit as st

from review.casework import accounts
from review.errors import ReviewError, SignInError, StoppedBySecrecyMark
from review.types import Actor
from review.ui.clock import now
from review.ui.house import open_house

COOKIE = "review_session"
#: Carries a sign-in message to the next page once; HttpOnly, seconds of life, never a secret.
NOTICE_COOKIE = "review_notice"
_NOTICE = "session.notice"
#: The private check of this browser tab.
PRIVATE_CHECK = "precheck.id"


def cookie(name: str) -> str:
    """The cookie of the browser that opened this page, "" without one."""
    value = st.context.cookies.get(name)
    return value if isinstance(value, str) else ""


def find_current_actor() -> Actor | None:
    """Whoever is signed in right now; None after sign-out and expiry, also on a page that is still open."""
    token = cookie(COOKIE)
    return accounts.find_actor(open_house().store, token, now()) if token else None


def current_actor() -> Actor:
    """As ``find_current_actor``; SignInError when nobody is signed in any more."""
    actor = find_current_actor()
    if actor is None:
        raise SignInError("登录已过期，刚才的操作没有执行。", "请刷新页面重新登录后再做一次。")
    return actor


class Stopped(str):
    """A refusal of words that carry a state-secret mark: they must not stay in the form."""


def attempt(act: Callable[[], object]) -> str:
    """ "" when the act was done, else in Chinese why it was refused and what to do; nothing has changed then."""
    try:
        act()
    except StoppedBySecrecyMark as error:
        return Stopped(f"{error.message_zh} {error.remedy_zh}")
    except ReviewError as error:
        return f"{error.message_zh} {error.remedy_zh}"
    return ""


def tell(refusal: str) -> None:
    """Says it in the open dialog, whose words stay; after a stop the dialog is closed, and its words go with it."""
    if isinstance(refusal, Stopped):
        say(refusal, "error")
        st.rerun()
    st.error(refusal)


def forget_private_check() -> None:
    """Wipe the private check of this browser tab, if there is one."""
    check_id = st.session_state.pop(PRIVATE_CHECK, None)
    if check_id:
        open_house().desk.wipe(check_id)


def say(message: str, kind: str = "success") -> None:
    """Keep one sentence for the top of the next run; ``kind``: success, info, error. Never document text."""
    st.session_state[_NOTICE] = (kind, message)


def show_notice() -> None:
    """Draw what ``say`` kept, once: a refusal stays above the page, the rest is a passing note."""
    kind, message = st.session_state.pop(_NOTICE, ("", ""))
    if kind == "error":
        st.error(message)
    elif message:
        st.toast(message, icon=":material/check_circle:" if kind == "success" else ":material/info:")
