"""A fresh installation for each test, and one person of each role."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from review.casework.store import Store, open_store
from review.settings import Settings
from review.types import Role
from tests.casework.case_builders import CHEAP, make_actor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings, CHEAP)
    yield opened
    opened.close()


@pytest.fixture
def people(store: Store) -> SimpleNamespace:
    return SimpleNamespace(
        clerk=make_actor(store, "clerk", "青山镇", Role.SUBMITTER),
        colleague=make_actor(store, "colleague", "青山镇", Role.SUBMITTER),
        other_clerk=make_actor(store, "other-clerk", "白水镇", Role.SUBMITTER),
        reviewer=make_actor(store, "reviewer", "信息中心", Role.REVIEWER),
        second=make_actor(store, "second", "信息中心", Role.REVIEWER),
        lead=make_actor(store, "lead", "信息中心", Role.LEAD),
        auditor=make_actor(store, "auditor", "审计室", Role.AUDITOR),
        admin=make_actor(store, "admin", "信息中心", Role.ADMIN),
        secrecy=make_actor(store, "secrecy", "保密办", Role.SECRECY),
        rules=make_actor(store, "rules", "信息中心", Role.RULES),
    )
