"""A fresh installation for each test, and one person of each role; built once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from review.casework.store import Store, open_store
from review.settings import Settings
from review.types import Role
from tests.casework.case_builders import CHEAP, make_actor

PEOPLE = {
    "clerk": ("青山镇", Role.SUBMITTER),
    "colleague": ("青山镇", Role.SUBMITTER),
    "other_clerk": ("白水镇", Role.SUBMITTER),
    "reviewer": ("信息中心", Role.REVIEWER),
    "second": ("信息中心", Role.REVIEWER),
    "lead": ("信息中心", Role.LEAD),
    "auditor": ("审计室", Role.AUDITOR),
    "admin": ("信息中心", Role.ADMIN),
    "secrecy": ("保密办", Role.SECRECY),
    "rules": ("信息中心", Role.RULES),
}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimpleNamespace]:
    home = tmp_path_factory.mktemp("prepared") / "home"
    store = open_store(Settings(home=home), CHEAP)
    people = {login: make_actor(store, login, department, role) for login, (department, role) in PEOPLE.items()}
    store.close()
    return home, SimpleNamespace(**people)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def people(prepared: tuple[Path, SimpleNamespace]) -> SimpleNamespace:
    return prepared[1]


@pytest.fixture
def store(settings: Settings, prepared: tuple[Path, SimpleNamespace]) -> Iterator[Store]:
    shutil.copytree(prepared[0], settings.home, copy_function=shutil.copy2)
    settings.home.chmod(0o700)
    opened = open_store(settings, CHEAP)
    yield opened
    opened.close()
