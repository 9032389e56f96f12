"""Security headers of every answer, and the paths of Streamlit that this application does not serve.

The policy allows no inline script but the one of Streamlit's own start page, by its hash, and nothing from outside.
"""

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.ui.faults import log_fault

#: Answer without a sign-in, take files past our own upload or describe the application to machines: not served.
_CLOSED = (
    "/_stcore/metrics",
    "/_stcore/agent",
    "/_stcore/script-health-check",
    "/_stcore/upload_file",
    "/component/",
    "/app/static",
    "/auth/",
    "/oauth2callback",
)
#: Their addresses carry no version: after an update the browser must ask again.
_COMPONENTS = "/_stcore/bidi-components/"
_REVALIDATE = (b"cache-control", b"no-cache")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_security_policy() -> str:
    """The policy, with the hashes of the inline scripts of the installed Streamlit's start page."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    digests = (hashlib.sha256(script.encode()).digest() for script in _SCRIPT.findall(page))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; frame-src 'none'; worker-src 'self' blob:; manifest-src 'self'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )


def security_headers() -> list[tuple[bytes, bytes]]:
    """Header pairs for every HTTP answer. ``same-origin`` referrers: browsers send ``Origin: null`` with stricter ones."""
    return [
        (b"content-security-policy", content_security_policy().encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), clipboard-write=(self)"),
    ]


class Headers:
    """Pure ASGI middleware around everything, Streamlit's own routes included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                kept = message["headers"]
                if scope["path"].startswith(_COMPONENTS):
                    kept = [*((name, value) for name, value in kept if name.lower() != b"cache-control"), _REVALIDATE]
                message = {**message, "headers": [*kept, *self._headers]}
            await send(message)

        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the server would log the message, which may hold text of a draft
            log_fault("request", error)
            if not has_begun:
                await Response(status_code=500)(scope, receive, send_with_headers)

    async def _answer(self, scope: Scope, receive: Receive, send_with_headers: Send) -> None:
        if scope["path"].startswith(_CLOSED):
            await Response(status_code=404)(scope, receive, send_with_headers)
        elif "text/html" in _header(scope, b"accept"):
            await self._app(scope, receive, _InChinese(send_with_headers))
        else:
            await self._app(scope, receive, send_with_headers)


class _InChinese:
    """Collects an HTML answer and says it is Chinese: Streamlit's start page says English."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b'<html lang="en">', b'<html lang="zh-CN">').replace(
            b"<title>Streamlit</title>", "<title>先审</title>".encode()
        )
        kept = [(name, value) for name, value in start["headers"] if name not in (b"content-length", b"etag")]
        headers = [*kept, (b"content-length", str(len(body)).encode())]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
