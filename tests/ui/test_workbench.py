"""The workbench: what its buttons allow, what blocks approval, and that the browser's events are checked one by one."""

import threading
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from review.casework import queries, workflow
from review.types import Case, DispositionCode, Gap, GapReason, Outcome, Severity
from review.ui.clock import now
from review.ui.house import case_owner
from review.ui.verdicts import answer_of, apply_events
from tests.casework.case_builders import make_case, make_check, make_document, make_finding
from tests.ui.conftest import Installation
from tests.ui.test_desk import finished, lay
from tests.ui.test_pages import words


def claimed(installation: Installation, *findings, gaps: tuple[Gap, ...] = ()) -> Case:
    store, people = installation.store, installation.people
    case = make_case(store, people["clerk"].actor, *findings, gaps=gaps)
    return workflow.claim(store, people["reviewer"].actor, case.id, case.version, now())


def opened(installation: Installation, who: str, case: Case) -> AppTest:
    at = installation.open_page(who, "workbench", case=case.id)
    at.query_params["case"] = str(case.id)
    return at.run()


def _script_of_decision() -> None:
    """The dialog's inside as a page of its own: AppTest closes dialogs with every run."""
    import streamlit as st

    from review.types import Outcome
    from review.ui.decision import draw_form

    draw_form(st.session_state["case"], st.session_state["version"], Outcome(st.session_state["outcome"]))


def _script_of_gaps() -> None:
    import streamlit as st

    from review.ui.decision import draw_gaps_form

    draw_gaps_form(st.session_state["case"], 1)


def dialog(installation: Installation, script: Callable[[], None], case: Case, outcome: str = "") -> AppTest:
    installation.enter(installation.people["reviewer"].token)
    at = AppTest.from_function(script, default_timeout=30)
    at.session_state["case"], at.session_state["version"], at.session_state["outcome"] = case.id, case.version, outcome
    return at.run()


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def test_approval_is_closed_while_a_weighty_finding_is_open(installation: Installation) -> None:
    case = claimed(installation, make_finding(), make_finding(Severity.LOW))
    at = opened(installation, "reviewer", case)
    assert not at.exception
    assert "较高以上问题 1 处未处置，暂不能同意公开" in words(at)
    assert at.button(key=f"decision.{Outcome.PUBLISH}").disabled
    assert not at.button(key=f"decision.{Outcome.RETURN}").disabled


def test_confirmed_findings_still_in_the_draft_block_approval_in_words(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    reviewer = installation.people["reviewer"].actor
    workflow.dispose(installation.store, reviewer, case.id, 1, 0, DispositionCode.REDACT, "", now())
    assert "1 处应处理的内容仍在文稿中，不能同意公开" in words(opened(installation, "reviewer", case))


def test_unread_parts_must_be_looked_at_by_a_person_first(installation: Installation) -> None:
    case = claimed(installation, gaps=(Gap(GapReason.NO_TEXT, "第2页", "扫描件"),))
    at = opened(installation, "reviewer", case)
    assert "1 处未能检查，须先人工查看" in words(at)
    assert "workbench.gaps" in keys(at)
    form = dialog(installation, _script_of_gaps, case)
    form.button(key="gaps.confirm").click().run()
    assert "查看说明不能为空" in words(form)
    form.text_area(key="gaps.note").set_value("第2页为扫描件，已看").run()
    form.button(key="gaps.confirm").click().run()
    assert queries.get_case(installation.store, installation.people["reviewer"].actor, case.id).acknowledgements


def test_nobody_decides_on_a_case_that_another_reviewer_holds(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    at = opened(installation, "second", case)
    assert not any(key.startswith("decision.") for key in keys(at))
    assert "本件由reviewer（化名）办理" in words(at)


def test_a_return_needs_an_opinion_and_reaches_the_submitter(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    at = dialog(installation, _script_of_decision, case, Outcome.RETURN)
    assert at.button(key="decision.send").disabled
    at.text_area(key=f"decision.opinion.{Outcome.RETURN}.{case.id}").set_value("请把身份证号脱敏").run()
    at.button(key="decision.send").click().run()
    assert not at.exception
    clerk = installation.people["clerk"].actor
    assert queries.get_case(installation.store, clerk, case.id).decisions[-1].outcome is Outcome.RETURN
    record = installation.open_page("clerk", "record", case=case.id)
    record.query_params["case"] = str(case.id)
    record.run()
    assert "请把身份证号脱敏" in words(record)
    assert "record.resubmit" in keys(record)


def test_an_opinion_with_a_mark_closes_the_dialog_and_is_stored_nowhere(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    at = dialog(installation, _script_of_decision, case, Outcome.RETURN)
    at.text_area(key=f"decision.opinion.{Outcome.RETURN}.{case.id}").set_value("机密★5年 白鹭方案").run()
    at.button(key="decision.send").click().run()
    assert not at.exception
    kind, said = at.session_state["session.notice"]
    assert kind == "error" and "没有保存" in said and "白鹭" not in said
    assert queries.get_case(installation.store, installation.people["reviewer"].actor, case.id).decisions == ()
    for path in installation.house.settings.home.rglob("*"):
        assert not path.is_file() or "白鹭".encode() not in path.read_bytes(), path.name


def test_a_released_case_with_a_new_draft_is_shown_again(installation: Installation) -> None:
    store, people = installation.store, installation.people
    case, reviewer, clerk = claimed(installation), people["reviewer"].actor, people["clerk"].actor
    workflow.decide(store, reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", now())
    assert "存储的文稿内容已清除" in words(opened(installation, "reviewer", case))
    workflow.release_stop(store, people["secrecy"].actor, case.id, "县保密局核实不属于国家秘密", now())
    workflow.decide(store, reviewer, case.id, case.version + 1, Outcome.RETURN, "", "已解除", now())
    data, document = make_document("新的一稿")
    check = make_check(document)
    workflow.resubmit(store, clerk, case.id, case.version + 2, data, "b.txt", document, check, now())
    at = opened(installation, "reviewer", case)
    assert "存储的文稿内容已清除" not in words(at) and at.get("bidi_component")


def test_withholding_without_a_ground_is_refused_in_the_dialog(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    at = dialog(installation, _script_of_decision, case, Outcome.WITHHOLD)
    at.text_area(key=f"decision.opinion.{Outcome.WITHHOLD}.{case.id}").set_value("含他人信息").run()
    at.button(key="decision.send").click().run()
    assert "不予公开须选定法定理由" in words(at)
    assert queries.get_case(installation.store, installation.people["reviewer"].actor, case.id).decisions == ()


def test_who_decides_on_an_old_page_is_told_that_somebody_else_acted(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    at = dialog(installation, _script_of_decision, case, Outcome.RETURN)
    at.text_area(key=f"decision.opinion.{Outcome.RETURN}.{case.id}").set_value("请脱敏").run()
    lead = installation.people["lead"].actor
    workflow.decide(installation.store, lead, case.id, case.version, Outcome.ON_REQUEST, "", "可依申请", now())
    at.button(key="decision.send").click().run()
    assert not at.exception
    decisions = queries.get_case(installation.store, lead, case.id).decisions
    assert [decision.outcome for decision in decisions] == [Outcome.ON_REQUEST]
    assert any(word in words(at) for word in ("刷新", "改动", "变"))


def test_a_draft_stopped_by_the_reviewer_is_gone_from_the_screen_and_from_memory(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    pictures = installation.house.pictures
    pictures.put(case_owner(case.id, 1), 1, b"page")
    same = lay(installation.house, installation, "公示正文".encode())
    finished(installation.house.desk, same, installation)
    form = dialog(installation, _script_of_decision, case, Outcome.STOP_SECRET)
    form.text_area(key=f"decision.opinion.{Outcome.STOP_SECRET}.{case.id}").set_value("首页有标志").run()
    form.button(key="decision.send").click().run()
    assert not form.exception
    assert pictures.get(case_owner(case.id, 1), 1) is None
    assert installation.house.desk.look(same, installation.people["clerk"].actor) is None
    at = opened(installation, "reviewer", case)
    assert "存储的文稿内容已清除" in words(at)
    assert not at.get("bidi_component")


def applied(installation: Installation, case: Case, *logs: object) -> dict:
    """The answer to the last log after all of them were applied."""
    house, reviewer = installation.house, installation.people["reviewer"].actor
    for log in logs:
        apply_events(log, case.id, house.ledger, house.store, reviewer)
    return answer_of(logs[-1], house.ledger, reviewer)


def event(number: int, code: str, note: str = "", ids: object = (0,)) -> dict[str, object]:
    return {"n": number, "ids": list(ids) if isinstance(ids, tuple) else ids, "code": code, "note": note}


def test_an_event_sent_twice_is_stored_once(installation: Installation) -> None:
    case = claimed(installation, make_finding(), make_finding(Severity.MEDIUM))
    first, second = event(1, "confirmed"), event(2, "redact", ids=(1,))
    log = {"run": "a", "key": f"{case.id}-1", "events": [first]}
    answer = applied(installation, case, log, {**log, "events": [first, second]})
    assert answer["ack"] == {"run": "a", "n": 2} and answer["refused"] == []
    reviewer = installation.people["reviewer"].actor
    events = queries.get_case(installation.store, reviewer, case.id).events
    assert sum(item.action == "disposed" for item in events) == 2


def test_two_runs_of_one_page_at_the_same_time_store_every_verdict_once(installation: Installation) -> None:
    case = claimed(installation, *(make_finding(fingerprint=str(n)) for n in range(8)))
    log = {"run": "a", "key": f"{case.id}-1", "events": [event(n + 1, "confirmed", ids=(n,)) for n in range(8)]}
    threads = [threading.Thread(target=applied, args=(installation, case, log)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reviewer = installation.people["reviewer"].actor
    events = queries.get_case(installation.store, reviewer, case.id).events
    assert [item.payload["findings"] for item in events if item.action == "disposed"] == [str(n) for n in range(8)]


def test_a_false_alarm_without_a_note_comes_back_with_the_reason(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    answer = applied(installation, case, {"run": "a", "key": f"{case.id}-1", "events": [event(1, "false_alarm")]})
    assert answer["ack"]["n"] == 1
    assert answer["refused"][0]["n"] == 1 and "处置说明" in answer["refused"][0]["text"]


def test_nonsense_from_the_browser_changes_nothing(installation: Installation) -> None:
    case = claimed(installation, make_finding())
    nonsense = [event(1, "approve"), event(2, "confirmed", ids=(99,)), event(3, "confirmed", ids="0"), {"n": "4"}, 5]
    applied(
        installation,
        case,
        {"run": "a", "key": f"{case.id}-1", "events": nonsense},
        {"run": "b", "key": "77-1", "events": [event(1, "confirmed")]},
        {"run": "c", "key": f"{case.id}-x", "events": [event(1, "confirmed")]},
        ["no", "log"],
    )
    reviewer = installation.people["reviewer"].actor
    assert queries.get_case(installation.store, reviewer, case.id).dispositions == ()
