"""One installation with a person of each role, and pages opened as one of them by a real sign-in token."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from review.casework.accounts import add_account, change_password, sign_in
from review.casework.store import Store, open_store
from review.settings import Settings
from review.types import Actor, Role
from review.ui.house import House, open_house
from tests.casework.case_builders import CHEAP

MAIN = Path(__file__).resolve().parents[2] / "review" / "ui" / "main.py"
PASSWORD = "Qing-Shan-2026"
PEOPLE = {
    "clerk": ("青山镇", Role.SUBMITTER),
    "other": ("白水镇", Role.SUBMITTER),
    "reviewer": ("信息中心", Role.REVIEWER),
    "second": ("信息中心", Role.REVIEWER),
    "lead": ("信息中心", Role.LEAD),
    "rules": ("信息中心", Role.RULES),
    "secrecy": ("保密办", Role.SECRECY),
    "auditor": ("审计室", Role.AUDITOR),
    "admin": ("信息中心", Role.ADMIN),
}


@dataclass(frozen=True)
class Person:
    actor: Actor
    token: str


@dataclass(frozen=True)
class Installation:
    """``people`` by role name; ``open_page`` runs a page as one of them."""

    house: House
    store: Store
    people: dict[str, Person]
    newcomer: Person
    enter: Callable[[str], None]

    def open_page(self, who: str, page: str | None = None, **query: object) -> AppTest:
        self.enter(self.newcomer.token if who == "newcomer" else self.people[who].token)
        at = AppTest.from_file(str(MAIN), default_timeout=30)
        for name, value in query.items():
            at.query_params[name] = str(value)
        at.run()
        return at if page is None else at.switch_page(f"{page}.py").run()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Person], Person]:
    home = tmp_path_factory.mktemp("screens") / "home"
    store = open_store(Settings(home=home), CHEAP)
    people = {}
    for login, (department, role) in PEOPLE.items():
        one_time = add_account(store, None, login, f"{login}（化名）", department, [role])
        first = sign_in(store, login, one_time, "10.0.0.1", datetime.now(UTC))
        change_password(store, first.actor, one_time, PASSWORD, first.token)
        people[login] = Person(first.actor, first.token)
    one_time = add_account(store, None, "newcomer", "newcomer（化名）", "青山镇", [Role.SUBMITTER])
    first = sign_in(store, "newcomer", one_time, "10.0.0.1", datetime.now(UTC))
    store.close()
    return home, people, Person(first.actor, first.token)


@pytest.fixture
def installation(
    prepared: tuple[Path, dict[str, Person], Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    home = tmp_path / "home"
    shutil.copytree(prepared[0], home, copy_function=shutil.copy2)
    home.chmod(0o700)
    monkeypatch.setenv("REVIEW_HOME", str(home))
    monkeypatch.setenv("REVIEW_MODEL", "")
    monkeypatch.setenv("REVIEW_ORGANISATION", "青山县政府信息中心")
    monkeypatch.setenv("REVIEW_SECRECY_CONTACT", "县保密办（示例电话）")
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")

    def enter(token: str) -> None:
        """The browser's cookies, which AppTest cannot set."""
        cookies = SimpleNamespace(cookies={"review_session": token} if token else {})
        monkeypatch.setattr("streamlit.runtime.context._get_client_context", lambda: cookies)

    house = open_house()
    yield Installation(house, house.store, prepared[1], prepared[2], enter)
    house.pool.close()
    house.store.close()
