"""The ASGI entry: ``uvicorn app:app`` (what ``review serve`` does). Routes and headers of our own around the pages."""

import logging
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from review.errors import SettingsError
from review.ui.faults import draw_fault
from review.ui.headers import Headers
from review.ui.routes import ROUTES, lifespan

_ROOT = Path(__file__).resolve().parent

# As `streamlit run app.py` does: .streamlit/config.toml beside this file is read wherever the server is started from.
config._main_script_path = str(_ROOT / "app.py")
# Streamlit writes the message of an uncaught exception to its log; a message may hold text of a draft.
logging.getLogger("streamlit.error_util").setLevel(logging.CRITICAL + 1)

if st.get_option("browser.gatherUsageStats") or st.get_option("client.showErrorDetails") != "none":
    raise SettingsError("界面的安全配置没有生效。", "请恢复程序目录下的 .streamlit/config.toml，再重新启动。")

app = st.App(
    _ROOT / "review" / "ui" / "main.py",
    routes=ROUTES,
    middleware=[Middleware(Headers)],
    lifespan=lifespan,
    on_script_error=draw_fault,
)
