"""The 审查表: complete, readable by other programs, and free of marks and of the draft's text."""

import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import docx
import pytest

from review.casework import audit
from review.casework.queries import CaseFile, get_case
from review.casework.store import Store, open_store
from review.casework.workflow import acknowledge_gaps, claim, decide, dispose, resubmit, submit
from review.outputs.forms import SIGNATURES, STATEMENT, TITLE, render_form
from review.outputs.paper import without_marks
from review.settings import Settings
from review.types import (
    DispositionCode,
    Gap,
    GapReason,
    LegalBasis,
    Outcome,
    Part,
    Role,
    Rule,
    RuleSet,
    RuleStatus,
    Severity,
    Span,
    Suggestion,
)
from tests.casework.case_builders import (
    CHEAP,
    NOW,
    make_actor,
    make_check,
    make_document,
    make_finding,
    make_submission,
)

RULE = Rule(
    id="resident-id-number",
    title="居民身份证号码",
    message="公开前应当删除或者遮盖。",
    status=RuleStatus.STABLE,
    version=1,
    owner="信息中心",
    category="PII.ID",
    severity=Severity.HIGH,
    suggest=Suggestion.REDACT,
    legal_basis=(LegalBasis("个人信息保护法", "第二十五条"),),
    match=None,
)
RULES = RuleSet((RULE,), "ab" * 32)
GAP = Gap(GapReason.ENCRYPTED, "附件2.zip › 发放名册.xls", "文件有密码")
HEAD = (42, "c0ffee" + "0" * 58)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(home=tmp_path / "home"), CHEAP)
    yield opened
    opened.close()


@pytest.fixture
def people(store: Store):
    clerk = make_actor(store, "clerk", "青山镇人民政府", Role.SUBMITTER)
    return clerk, make_actor(store, "reviewer", "区信息中心", Role.REVIEWER)


def start(store: Store, people, *findings, title: str = "低保对象公示", name: str = "公示.docx", gaps=(), parts=()):
    clerk, reviewer = people
    data, document = make_document("正文里的秘密话语", gaps=gaps)
    document = replace(document, parts=parts)
    check = make_check(document, *findings, gaps=gaps)
    case = submit(store, clerk, make_submission(title), data, name, document, check, NOW)
    return claim(store, reviewer, case.id, case.version, NOW)


def text_of(form: bytes) -> str:
    """Everything a reader of the form sees, line by line."""
    document = docx.Document(io.BytesIO(form))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*lines, *(paragraph.text for paragraph in document.sections[0].footer.paragraphs)])


def render(store: Store, people, case) -> str:
    return text_of(render_form(get_case(store, people[1], case.id), RULES, "区信息中心", HEAD))


def test_an_undecided_form_has_every_field_and_room_to_sign(store, people) -> None:
    parts = (Part("附件1 › 名单.xlsx", "xlsx", "cd" * 32, 45678, Span(0, 2)), Part("附件2", "xls", "ef" * 32, 1, None))
    case = start(store, people, make_finding(count=126), gaps=(GAP,), parts=parts)
    text = render(store, people, case)
    for expected in (
        TITLE,
        "2026-青山镇人民政府-0001",
        "低保对象公示",
        "青民〔2026〕8号",
        "青山镇人民政府",
        "主动公开",
        "政府门户网站",
        "2026年11月16日",
        "2026年12月7日（目标）",
        "2026年12月14日（法定）",
        "附件1 › 名单.xlsx",
        "cdcdcdcdcdcdcdcd",
        "未读出文字",
        "abababababab",
        "居民身份证号码（resident-id-number 第1版）",
        "共126处",
        "未处置",
        "有密码",
        "尚无人工查看记录",
        "尚未作出结论",
        "☐同意主动公开",
        "审计链头：第42条",
        HEAD[1],
        STATEMENT,
        *SIGNATURES,
    ):
        assert expected in text, expected
    assert "☑" not in text


def test_a_decided_form_shows_who_decided_what_and_why(store, people) -> None:
    clerk, reviewer = people
    case = start(store, people, make_finding(fingerprint="a"), make_finding(Severity.MEDIUM, "b"), gaps=(GAP,))
    dispose(store, reviewer, case.id, 1, 0, DispositionCode.CONFIRMED, "", NOW)
    dispose(store, reviewer, case.id, 1, 1, DispositionCode.FALSE_ALARM, "办公电话", NOW)
    acknowledge_gaps(store, reviewer, case.id, 1, "索取密码后逐页查看", NOW)
    until = date(2027, 11, 23)
    decision = decide(store, reviewer, case.id, case.version, Outcome.WITHHOLD, "4", "损害第三方权益", NOW, until=until)
    text = render(store, people, case)
    for expected in (
        "☑不予公开",
        "☑4.保护第三方合法权益",
        "损害第三方权益",
        "政府信息公开条例第十五条；个人信息保护法第二十五条",
        "复评日期：2027年11月23日",
        f"（审计第{decision.audit_seq}条）",
        "人工已逐页查看：reviewer（化名），2026-11-23 09:30。索取密码后逐页查看",
        "应处理",
        "误报",
        "办公电话",
    ):
        assert expected in text, expected
    assert text.count("☑") == 2


def test_a_second_draft_shows_the_history_and_no_old_conclusion(store, people) -> None:
    clerk, reviewer = people
    case = start(store, people, make_finding(fingerprint="a"))
    dispose(store, reviewer, case.id, 1, 0, DispositionCode.FALSE_ALARM, "样表号码", NOW)
    decide(store, reviewer, case.id, case.version, Outcome.RETURN, "", "请补文号", NOW)
    data, document = make_document("第二稿")
    check = make_check(document, make_finding(fingerprint="a"))
    case = get_case(store, clerk, case.id).case
    later = NOW + timedelta(hours=5)
    case = resubmit(store, clerk, case.id, case.version, data, "公示2.docx", document, check, later)
    text = render(store, people, case)
    for expected in ("第2稿", "六、办理经过", "请补文号", "沿用第1稿的处置。样表号码", "公示2.docx"):
        assert expected in text, expected
    assert "☑" not in text


@pytest.mark.parametrize(
    "text",
    ["机密★1年", "机 密 ★ 长期", "绝密★", "秘密☆", "秘密★10年", "机密·长期", "绝密：20年", "★", "机密*3年", "秘密 5年"],
)
def test_no_mark_is_ever_printed(store, people, text) -> None:
    """Words with a mark are refused before they are stored; the form hides them all the same, should a rule miss one."""
    file = get_case(store, people[1], start(store, people).id)
    title, draft = f"某公示（{text}）", replace(file.drafts[0], file_name=f"{text}.docx")
    file = replace(
        file,
        case=replace(file.case, title=title),
        submission=replace(file.submission, title=title),
        drafts=(draft, *file.drafts[1:]),
    )
    printed = text_of(render_form(file, RULES, "区信息中心", HEAD))
    assert text not in printed
    assert not set("★☆") & set(printed)
    assert without_marks(text) in ("〔标志略〕", "")


@pytest.mark.parametrize("text", ["保密审查办法", "国家秘密", "商业秘密三年规划", "秘密级以上", "保守秘密"])
def test_words_that_are_no_mark_stay(text) -> None:
    assert without_marks(text) == text


def test_the_form_of_a_stopped_case_says_nothing_of_its_content(store, people) -> None:
    case = start(store, people, make_finding(), title="某某公示", name="某某.docx")
    decide(store, people[1], case.id, case.version, Outcome.STOP_SECRET, "", "某某意见", NOW)
    printed = render(store, people, case)
    assert "某某" not in printed and case.number in printed


def test_hostile_titles_and_names_do_not_break_the_form(store, people) -> None:
    case = start(store, people, title="<w:p>&\x07\ud800\uffff{{x}}", name='a"><script>.docx')
    printed = render(store, people, case)
    assert "<w:p>&" in printed and "<script>" in printed


def test_the_form_holds_nothing_of_the_draft_and_no_author(store, people) -> None:
    case = start(store, people, make_finding())
    form = render_form(get_case(store, people[1], case.id), RULES, "区信息中心", HEAD)
    with zipfile.ZipFile(io.BytesIO(form)) as package:
        everything = b"".join(package.read(name) for name in package.namelist()).decode("utf-8", "ignore")
    assert "正文里" not in everything
    assert "python-docx" not in everything


def test_a_form_of_five_hundred_findings_is_made_quickly(store, people) -> None:

    case = start(store, people, *(make_finding() for _ in range(500)))
    case_file: CaseFile = get_case(store, people[1], case.id)
    start_at = time.perf_counter()
    form = render_form(case_file, RULES, "区信息中心", audit.head(store))
    assert time.perf_counter() - start_at < 10
    assert "500" in text_of(form)
