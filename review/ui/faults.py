"""What a person sees when the program itself is wrong: plain Chinese, no traceback, nothing of a draft."""

import logging
import traceback

import streamlit as st

_LOG = logging.getLogger("review.ui")


def log_fault(what: str, error: BaseException) -> None:
    """Logs the kind of error and the place in the code, never the message: it may hold text of a draft."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    _LOG.error("%s failed: %s at %s", what, type(error).__name__, where)


def draw_fault(error: Exception) -> bool:
    """True (handled): says that the page failed; the log gets the kind of error and the place in the code, no message."""
    log_fault("page", error)
    st.error("页面出错，刚才的操作可能没有完成。请刷新页面，在办理记录中核对后再继续；仍然出错时请联系系统管理员。")
    return True
