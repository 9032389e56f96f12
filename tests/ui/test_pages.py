"""Every page × every role: who has it sees it without an error, who has not cannot reach it."""

import pytest
from streamlit.testing.v1 import AppTest

from review.casework import workflow
from review.casework.releases import list_open_stops
from review.casework.workflow import submit
from review.types import Outcome, Role
from review.ui.clock import now
from review.ui.navigation import PAGES
from tests.casework.case_builders import make_case, make_check, make_document, make_finding, make_submission
from tests.ui.conftest import PEOPLE, Installation

#: What stands on each page without a case.
HEADINGS = {
    "todo": "待办审查",
    "workbench": "请先从待办审查中打开",
    "precheck": "自查结果只有您自己看得到",
    "submissions": "本单位送审的文稿",
    "trail": "审计链完整",
    "record": "办理记录",
    "people": "账号管理",
    "rulebook": "规则库校验值",
    "figures": "按当前库内全部事项计算",
    "account": "修改口令",
}


def words(at: AppTest) -> str:
    """Everything the page shows outside the browser components."""
    kinds = ("html", "markdown", "info", "warning", "error", "success", "text", "caption")
    shown = [str(element.proto.body) for kind in kinds for element in at.get(kind) if hasattr(element.proto, "body")]
    return "\n".join(shown)


@pytest.mark.parametrize(
    ("who", "page"), [(who, row[0]) for who in PEOPLE for row in PAGES if PEOPLE[who][1] in row[3]]
)
def test_a_page_opens_for_its_roles(who: str, page: str, installation: Installation) -> None:
    at = installation.open_page(who, page)
    assert not at.exception
    assert HEADINGS[page] in words(at)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_of_other_roles_cannot_be_reached(who: str, installation: Installation) -> None:
    at = installation.open_page(who)
    others = [row[0] for row in PAGES if PEOPLE[who][1] not in row[3]]
    assert others
    for page in others:
        with pytest.raises(ValueError):
            at.switch_page(f"{page}.py")


def test_every_role_has_a_start_page() -> None:
    assert all(any(role in row[3] for row in PAGES) for role in Role)


def test_a_case_of_another_department_is_refused_in_words(installation: Installation) -> None:
    case = make_case(installation.store, installation.people["clerk"].actor, make_finding())
    at = installation.open_page("other", "record", case=case.id)
    at.query_params["case"] = str(case.id)
    at.run()
    assert "您不能查看这一事项" in words(at)
    assert case.title not in words(at)


def test_titles_and_departments_are_text_never_markup(installation: Installation) -> None:
    clerk = installation.people["clerk"].actor
    data, document = make_document("公示正文")
    form = make_submission("<img src=x onerror=alert(1)>![](https://example.invalid/x)")
    case = submit(
        installation.store, clerk, form, data, "<b>.txt", document, make_check(document, make_finding()), now()
    )
    at = installation.open_page("reviewer", "workbench", case=case.id)
    at.query_params["case"] = str(case.id)
    at.run()
    assert not at.exception
    assert "<img" not in words(at) and "&lt;img" in words(at)
    assert not any("example.invalid" in element.value for element in at.markdown)


def test_a_secrecy_officer_releases_a_stop_on_the_trail_page(installation: Installation) -> None:
    store, people = installation.store, installation.people
    case = make_case(store, people["clerk"].actor)
    reviewer = people["reviewer"].actor
    case = workflow.claim(store, reviewer, case.id, case.version, now())
    workflow.decide(store, reviewer, case.id, case.version, Outcome.STOP_SECRET, "", "请认定", now())
    assert "trail.release" not in {button.key for button in installation.open_page("lead", "trail").button}
    at = installation.open_page("secrecy", "trail")
    at.text_area(key="trail.release.basis").set_value("县保密局核实不属于国家秘密").run()
    at.button(key="trail.release").click().run()
    assert not at.exception
    assert list_open_stops(store, people["secrecy"].actor) == ()
    assert "审计链完整" in words(installation.open_page("auditor", "trail"))
