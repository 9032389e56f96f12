"""Private checks: in memory, for one person, for a short time; a stopped draft is dropped the moment it is recognised."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from review.casework import queries, workflow
from review.errors import NotAllowed
from review.types import Outcome
from review.ui.clock import now
from review.ui.desk import Desk, PrivateCheck, Stage
from review.ui.house import House
from tests.casework.case_builders import make_case
from tests.ui.conftest import Installation
from tests.ui.test_pages import words

STOPPED = "机密★10年\n\n某某工作方案\n".encode()
PLAIN = "关于清洁家园行动的通知\n联系手机13900001553。\n".encode()


def finished(desk: Desk, check_id: str, installation: Installation) -> PrivateCheck:
    for _ in range(600):
        found = desk.look(check_id, installation.people["clerk"].actor)
        assert found is not None
        if found.stage.is_final:
            return found
        time.sleep(0.05)
    raise AssertionError("the check did not end")


def lay(house: House, installation: Installation, data: bytes, name: str = "通知.txt", session: str = "s1") -> str:
    return house.desk.lay(installation.people["clerk"].actor, session, "10.0.0.9", name, data)


def test_a_plain_draft_is_checked_and_kept_for_its_owner_only(installation: Installation) -> None:
    desk = installation.house.desk
    check_id = lay(installation.house, installation, PLAIN)
    found = finished(desk, check_id, installation)
    assert found.stage is Stage.DONE and found.document is not None and found.check is not None
    assert found.data == PLAIN
    assert desk.look(check_id, installation.people["other"].actor) is None
    assert list((installation.house.settings.home / "files").rglob("*.*")) == []


def test_a_stopped_draft_keeps_no_bytes_and_no_name_and_is_recorded(installation: Installation) -> None:
    check_id = lay(installation.house, installation, STOPPED, "某某工作方案.txt")
    found = finished(installation.house.desk, check_id, installation)
    assert found.stage is Stage.STOPPED
    assert (found.data, found.name, found.document) == (b"", "", None)
    [stop] = queries.list_stops(installation.store, installation.people["secrecy"].actor)
    shown = words(installation.open_page("secrecy"))
    assert f"24小时内有 1 起疑似涉密停止处理：{stop.number}" in shown and "某某" not in shown
    assert (stop.number, stop.client, stop.size, stop.suffix) == (found.event_number, "10.0.0.9", len(STOPPED), ".txt")


def test_a_stop_ends_every_child_that_may_still_hold_the_text(installation: Installation) -> None:
    """A child is reused, and its memory keeps what it read: also one that another thread has meanwhile taken."""
    pool = installation.house.pool
    pool.read(PLAIN, "通知.txt")
    before = children()
    assert before
    finished(installation.house.desk, lay(installation.house, installation, STOPPED), installation)
    assert children() & before == set()
    assert finished(installation.house.desk, lay(installation.house, installation, PLAIN), installation).document


def children() -> set[str]:
    own = str(os.getpid())
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if state[1] == own and b"review.reading.worker" in (folder / "cmdline").read_bytes():
                found.add(folder.name)
    return found


def test_what_a_person_stopped_is_not_even_read_again(installation: Installation) -> None:
    reviewer, clerk = installation.people["reviewer"].actor, installation.people["clerk"].actor
    case = make_case(installation.store, clerk, text="某某公示正文")
    case = workflow.claim(installation.store, reviewer, case.id, case.version, now())
    workflow.decide(installation.store, reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", now())
    found = finished(
        installation.house.desk,
        lay(installation.house, installation, "某某公示正文".encode(), "某某.txt"),
        installation,
    )
    assert (found.stage, found.data, found.name, found.document) == (Stage.FAILED, b"", "", None)
    assert "尚未解除" in found.message
    stops = queries.list_stops(installation.store, installation.people["secrecy"].actor)
    assert [(stop.action, stop.client) for stop in stops] == [("refused", "10.0.0.9"), ("purged", "")]


def test_a_stop_that_cannot_be_recorded_still_stops_and_says_so(installation: Installation) -> None:
    with installation.store.writing() as transaction:
        transaction.connection.exec_driver_sql("ALTER TABLE stop_events RENAME TO stop_events_away")
    found = finished(installation.house.desk, lay(installation.house, installation, STOPPED), installation)
    assert found.stage is Stage.STOPPED and found.data == b""
    assert found.event_number == "" and "没有登记成功" in found.message


def test_leaving_and_signing_out_and_time_forget_it(installation: Installation) -> None:
    house, actor = installation.house, installation.people["clerk"].actor
    first = lay(house, installation, PLAIN, session="a")
    second = lay(house, installation, PLAIN, session="a")
    assert house.desk.look(first, actor) is None, "one private check per sign-in"
    house.desk.wipe_session("a")
    assert house.desk.look(second, actor) is None
    forgotten: list[str] = []
    brief = Desk(house.pool, house.store, lambda: house.detectors, 1000, forgotten.append, lifetime=0.0)
    third = brief.lay(actor, "b", "10.0.0.9", "通知.txt", PLAIN)
    time.sleep(0.01)
    brief.reap()
    assert brief.look(third, actor) is None and forgotten == [third]


def test_a_check_is_handed_in_once_and_again_only_after_a_refusal(installation: Installation) -> None:
    desk, actor = installation.house.desk, installation.people["clerk"].actor
    check_id = lay(installation.house, installation, PLAIN)
    finished(desk, check_id, installation)
    assert desk.take(check_id, actor).id == check_id
    with pytest.raises(NotAllowed):
        desk.take(check_id, actor)
    desk.give_back(check_id)
    assert desk.take(check_id, actor).id == check_id
    with pytest.raises(NotAllowed):
        desk.take(check_id, installation.people["other"].actor)


def test_what_is_waiting_shows_no_text_in_its_repr() -> None:
    shown = repr(PrivateCheck("id", "u1", "token", "某某方案.txt", b"secret"))
    assert "某某" not in shown and "secret" not in shown and "token" not in shown
