"""Identifiers as they really stand in texts, through view, engine, rules and validators; the figures of the issue."""

from datetime import date
from functools import cache

import pytest

from benchmarks.detection_pii import PII, TYPES, Tool, make_document, rows_of, score_rows, type_of
from review.detection.engine import compile_rules
from review.detection.identifiers import resident_check_digit
from review.detection.rules import load_policy, load_rules
from review.detection.tables import find_lists
from review.types import Finding, Severity
from tests.detection.lists import RULES_FOLDER, make_tables, mobile, name, resident_id

ID = "341802199003074512"


@cache
def tool() -> Tool:
    rules = load_rules(RULES_FOLDER)
    return Tool(compile_rules(rules, date(2026, 11, 23)), rules, load_policy(RULES_FOLDER))


def found_in(text: str) -> dict[str, str]:
    """Matched text → rule, of every finding of an identifier."""
    findings: list[Finding] = [
        f for f in tool().find(text) if f.category in ("PII.ID", "PII.CONTACT", "PII.FIN", "PII.TRACK")
    ]
    return {text[span.start : span.end]: finding.rule_id for finding in findings for span in finding.spans}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"张三{ID}已登记", {ID: "resident-id-number"}),
        ("证件号 3418 0219 9003 0745 12 号", {"3418 0219 9003 0745 12": "resident-id-number"}),
        ("身份证3418021990\n03074512", {"3418021990\n03074512": "resident-id-number"}),
        ("身份证３４１８０２１９９００３０７４５１２", {"３４１８０２１９９００３０７４５１２": "resident-id-number"}),
        (f"ID{ID}", {f"ID{ID}": "resident-id-number-after-letters"}),
        ("身份证号341802l99OO3O74512", {"341802l99OO3O74512": "resident-id-number-misread"}),
        ("张三3.41802199003075E+17", {"3.41802199003075E+17": "resident-id-number-scientific"}),
        (f"学籍号G{ID}", {f"G{ID}": "student-number"}),
        (f"残疾人证{ID}43", {f"{ID}43": "disability-card-number"}),
        ("卡号62170012 3456 7890 122", {"62170012 3456 7890 122": "bank-card-number"}),
        ("手机+86 138-5631-2345。", {"+86 138-5631-2345": "mobile-number"}),
        ("电话13856312345、13956312346", {"13856312345": "mobile-number", "13956312346": "mobile-number"}),
        ("受理编号341802202311080012", {}),
        ("项目代码2311-341802-04-01-123456", {}),
        ("不动产单元号341802001001GB00001", {}),
        ("身份证号35*************123，电话138****1234", {}),
        ("产值118.758138563亿元", {}),
    ],
)
def test_a_number_in_a_sentence_gets_its_one_type(text: str, expected: dict[str, str]) -> None:
    assert found_in(text) == expected


def test_a_wrong_check_digit_lowers_the_severity_by_one() -> None:
    right, wrong = (tool().find(f"当事人张三，身份证号{number}，住某镇")[0] for number in (ID, ID[:-1] + "3"))
    assert (right.severity, wrong.severity) == (Severity.HIGH, Severity.MEDIUM)


def test_a_credit_code_is_no_id_and_no_card() -> None:
    document = make_document("统一社会信用代码911522010783762860")
    severities = {f.severity for f in tool().engine.find(document, tool().policy)}
    assert severities <= {Severity.INFO}


N = range(6)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [
                ["姓名", "身份证号", "联系电话", "银行卡号"],
                *([name(n), resident_id(n), mobile(n), "6217001234567890122"] for n in N),
            ],
            [("list-combined", 6)],
        ),
        ([["河长姓名", "职务", "手机号码"], *([name(n), "副镇长", mobile(n)] for n in N)], [("list-duty-contact", 6)]),
        ([["受理编号", "事项"], *([f"34180220231108{n:04d}", "户籍"] for n in range(1, 40))], []),
        ([["业务号", "事项"], *([f"34180220231108{n:04d}", "户籍"] for n in range(1, 40))], []),
        ([["户主姓名", "所在村组", "月补助金额（元）"], *([name(n), "城东村三组", "860"] for n in N)], []),
        ([["姓名", "准考证号", "拟录用单位"], *([name(n), f"34180220251{n:03d}", "区水利局"] for n in N)], []),
    ],
)
def test_a_list_goes_through_as_one_finding(rows: list[list[str]], expected: list[tuple[str, int]]) -> None:
    document = make_tables(rows)
    one = tool()
    findings = find_lists(document, one.engine.find(document, one.policy), one.rules, one.policy)
    assert [(f.rule_id, f.count) for f in findings if f.severity is not Severity.INFO] == expected


needs_data = pytest.mark.skipif(not PII.exists(), reason="needs ../shared")


@pytest.mark.shared
@needs_data
def test_recall_and_precision_of_identifiers_in_real_prose() -> None:
    scores = score_rows(list(rows_of("constructed_in_real_prose")), tool().spans)
    found, missed, wrong = (
        sum(getattr(score, name) for score in scores.values()) for name in ("found", "missed", "wrong")
    )
    assert found / (found + missed) >= 0.995
    assert found / (found + wrong) >= 0.99
    assert all(scores[kind].recall >= 0.99 for kind in TYPES if scores[kind].found + scores[kind].missed)


@pytest.mark.shared
@needs_data
def test_a_corrupted_id_is_still_shown_lower() -> None:
    for row in list(rows_of("constructed_in_real_prose"))[:150]:
        for span in (span for span in row["spans"] if span["type"] == "ID_CARD"):
            number = row["text"][span["start"] : span["end"]]
            wrong = next(digit for digit in "0123456789" if digit != resident_check_digit(number[:17]))
            findings = tool().find(row["text"].replace(number, number[:17] + wrong))
            assert [f.severity for f in findings if type_of(f.rule_id) == "ID_CARD"] == [Severity.MEDIUM]


@pytest.mark.shared
@needs_data
def test_digit_heavy_public_texts_give_at_most_five_false_hits() -> None:
    hits = [
        finding.rule_id
        for row in rows_of("gov_number_negatives")
        for finding in tool().find(row["text"])
        if finding.severity.rank >= Severity.MEDIUM.rank and finding.category.startswith("PII.")
    ]
    assert len(hits) <= 5, hits
    assert not [rule for rule in hits if type_of(rule)]
