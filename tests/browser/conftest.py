"""A real server on a free port with a temporary installation, and a real Chromium that reports what it must not do."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from review.casework.accounts import add_account, change_password, sign_in
from review.casework.store import open_store
from review.settings import Settings
from review.types import Role
from tests.casework.case_builders import CHEAP

playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
PASSWORD = "Qing-Shan-2026"
PEOPLE = {
    "clerk": ("青山镇", Role.SUBMITTER),
    "other": ("白水镇", Role.SUBMITTER),
    "reviewer": ("信息中心", Role.REVIEWER),
    "auditor": ("审计室", Role.AUDITOR),
}
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_START_SECONDS = 60


@dataclass
class Server:
    """A running installation; ``one_time`` are passwords of accounts that were never used."""

    url: str
    home: Path
    scratch: Path
    log: Path
    one_time: dict[str, str]

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home)


@dataclass
class Watch:
    """What the pages of one test did that they must not do."""

    server: Server
    outside: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)

    def see(self, page) -> None:
        own = (self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else self.outside.append(r.url))
        page.on(
            "response",
            lambda r: self.media.append(r.url) if "/media/" in r.url.removeprefix(self.server.url)[:8] else None,
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)[:200]))
        page.on("dialog", lambda dialog: (self.errors.append("dialog"), dialog.dismiss()))
        page.on("console", lambda m: self.violations.append(m.text) if "Content Security Policy" in m.text else None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("browser")
    home, scratch, log = base / "home", base / "tmp", base / "server.log"
    scratch.mkdir()
    one_time = _people(home)
    (home / "cache").mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "REVIEW_HOME": str(home),
        "REVIEW_MODEL": "",
        "REVIEW_ORGANISATION": "青山县政府信息中心",
        "REVIEW_SECRECY_CONTACT": "县保密办（示例电话）",
        "TMPDIR": str(scratch),
    }
    command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(ROOT), "--port", str(port)]
    with log.open("wb") as sink:
        # started from elsewhere: the configuration beside app.py must hold all the same
        process = subprocess.Popen(command, cwd=base, env=environment, stdout=sink, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            yield Server(url, home, scratch, log, one_time)
        finally:
            process.terminate()
            process.wait(20)


def _people(home: Path) -> dict[str, str]:
    store = open_store(Settings(home=home), CHEAP)
    for login, (department, role) in PEOPLE.items():
        one_time = add_account(store, None, login, f"{login}（化名）", department, [role])
        session = sign_in(store, login, one_time, "10.0.0.1", datetime.now(UTC))
        change_password(store, session.actor, one_time, PASSWORD)
    new = {"newcomer": add_account(store, None, "newcomer", "newcomer（化名）", "青山镇", [Role.SUBMITTER])}
    store.close()
    return new


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    if _CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    seen = Watch(server)
    yield seen
    assert seen.outside == [], "a request left the machine"
    assert seen.violations == [], "the content security policy was violated"
    assert seen.errors == [], "a script failed or a dialog opened"
    assert not [url for url in seen.media if not url.endswith(".png")], "a draft went through /media"


@pytest.fixture
def visit(server: Server, chromium, watch: Watch):
    """Opens a page of its own, signed in as somebody."""
    contexts = []

    def start(login: str = "", password: str = PASSWORD):
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        watch.see(page)
        page.goto(server.url)
        if login:
            page.get_by_label("账号").fill(login)
            page.get_by_label("口令").fill(password)
            page.get_by_role("button", name="登录").click()
            page.locator(".who").wait_for()
        return page

    yield start
    for context in contexts:
        context.close()


def upload(page, path: Path | None = None, name: str = "", data: bytes = b"") -> None:
    """Tick the declaration and hand over one file."""
    page.get_by_role("checkbox").first.check()
    page.locator(".drop:enabled").wait_for()
    files = str(path) if path else {"name": name, "mimeType": "text/plain", "buffer": data}
    page.locator("#file").set_input_files(files)
