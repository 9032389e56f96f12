"""The browser components: vanilla JavaScript in ``assets/``, packaged by ``review/pyproject.toml``.

Each function draws one component and returns what the browser said. Text of documents never passes through here.
"""

from collections.abc import Callable, Mapping

import streamlit as st

_WORKBENCH = """<div class="wb"><div class="tb"></div><div class="bd"><nav class="rail" aria-label="页码导航"></nav>
<main class="doc" tabindex="0" aria-label="文稿内容"></main><aside class="pn" aria-label="问题清单"></aside></div>
<div class="live" aria-live="polite"></div></div>"""
_UPLOAD = """<div class="up"><label><input type="checkbox" id="declared"><span>本系统为非涉密系统，严禁上传、处理、存储国家秘密和工作秘密。
我确认所传文件不涉密。</span></label>
<button type="button" class="drop" disabled><b>选择文件，或把文件拖到这里</b>
<span>Word、WPS、Excel、PDF、OFD、图片、压缩包等</span> · <span class="limit"></span></button>
<input type="file" id="file" hidden><progress max="1" value="0" hidden></progress><p class="say" role="status"></p></div>"""


def draw_workbench(key: str, data: Mapping[str, object], on_log: Callable[[], None] | None = None) -> None:
    """The review pane; the numbered events stand in ``st.session_state[key]["log"]`` when ``on_log`` is called."""
    component = st.components.v2.component(
        "review.workbench", html=_WORKBENCH, css="workbench.css", js="workbench.js", isolate_styles=True
    )
    component(key=key, data=dict(data), on_log_change=on_log or _nothing)


def draw_queue(key: str, data: Mapping[str, object]) -> Mapping[str, object] | None:
    """The list of cases; {"kind": "open" | "claim", "ids": [case id, …]} when the person asked for something."""
    component = st.components.v2.component(
        "review.queue", html='<div class="q"></div>', css="queue.css", js="queue.js", isolate_styles=True
    )
    return component(key=key, data=dict(data), on_act_change=_nothing).act


def draw_upload(key: str, url: str, megabytes: int) -> str | None:
    """The upload box; the id of the private check once the file has arrived."""
    component = st.components.v2.component(
        "review.upload", html=_UPLOAD, css="upload.css", js="upload.js", isolate_styles=True
    )
    laid = component(key=key, data={"url": url, "megabytes": megabytes}, on_laid_change=_nothing).laid
    return laid if isinstance(laid, str) else None


def _nothing() -> None:
    """A component asks for a callback for every value it may set."""
