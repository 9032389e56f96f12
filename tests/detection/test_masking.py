"""Masks: grades, exact numbers of remaining candidates, what a row or another table gives away, painted masks."""

import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from review.detection.candidates import FIRST_BIRTH, LAST_BIRTH, Known, count_candidates
from review.detection.masking import find_masks
from review.detection.masks import Grade, find_masked, grade_id
from review.types import BlockKind, Document, Finding, Policy, Severity
from tests.detection.lists import make_tables, make_text, mobile, name, resident_id, shipped_rules, texts_of

RULES = shipped_rules()
FULL = "341802199003074512"
G3 = "341802********4512"


def masks_of(document: Document, policy: Policy | None = None) -> list[Finding]:
    return list(find_masks(document, RULES, policy or Policy()))


def rules_of(document: Document) -> list[str]:
    return [finding.rule_id for finding in masks_of(document)]


# -------------------------------------------------------------------------- an independent brute force (GB 11643-1999)


def is_right(digits: str) -> bool:
    """The check as the standard writes it: the sum over all 18 positions is 1 modulo 11."""
    values = [10 if character == "X" else int(character) for character in digits]
    return sum(value * pow(2, 17 - position, 11) for position, value in enumerate(values)) % 11 == 1


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def brute_force(head: str, tail: str, first: date, last: date) -> int:
    return sum(1 for day in days(first, last) if is_right(f"{head}{day:%Y%m%d}{tail}"))


@pytest.mark.parametrize(
    ("known", "first", "last", "expected"),
    [
        (Known(1990, 3, 7), date(1990, 3, 7), date(1990, 3, 7), 1),
        (Known(1990, 3), date(1990, 3, 1), date(1990, 3, 31), 4),
        (Known(1990), date(1990, 1, 1), date(1990, 12, 31), 33),
        (Known(), FIRST_BIRTH, LAST_BIRTH, 3317),
    ],
)
def test_first_six_and_last_four_leave_exactly_so_many(known: Known, first: date, last: date, expected: int) -> None:
    assert is_right(FULL)
    assert brute_force("341802", "4512", first, last) == expected
    assert count_candidates(G3, known) == expected


def test_a_visible_birth_date_leaves_what_brute_force_leaves() -> None:
    expected = sum(
        1 for order in range(1000) for check in "0123456789X" if is_right(f"34180219900307{order:03d}{check}")
    )
    assert count_candidates("34180219900307****") == expected == 1000


@pytest.mark.parametrize("is_male", [True, False])
def test_the_sex_halves_a_hidden_order_number(is_male: bool) -> None:
    orders = [order for order in range(1000) if (order % 2 == 1) == is_male]
    expected = sum(1 for order in orders if is_right(f"34180219900307{order:03d}2"))
    assert count_candidates("34180219900307***2", Known(is_male=is_male)) == expected


def test_a_sex_that_contradicts_the_shown_digit_leaves_nothing() -> None:
    assert count_candidates(G3, Known(1990, 3, 7, is_male=False)) == 0


def test_hidden_region_digits_are_counted() -> None:
    expected = sum(1 for region in range(100) if is_right(f"3418{region:02d}199003074512"))
    assert count_candidates("3418**199003074512") == expected


def test_hidden_provinces_are_only_those_that_exist() -> None:
    assert count_candidates("**1802199003074512") < 10


def test_counting_is_fast_enough_for_every_row_of_a_long_list() -> None:
    start = time.process_time()
    for year in range(1950, 2010):
        for month in range(1, 13):
            count_candidates(G3, Known(year, month))
    assert time.process_time() - start < 2


# -------------------------------------------------------------------------------------------------- finding and grades


@pytest.mark.parametrize(
    ("pattern", "grade"),
    [
        ("34180219900307451*", Grade.G1),
        ("341802199003074***", Grade.G1),
        ("34180219900307****", Grade.G2),
        ("341802********4512", Grade.G3),
        ("3418021990******12", Grade.G3),
        ("35*************123", Grade.G4),
        ("3425**********1234", Grade.G4),
        ("******************", Grade.G5),
    ],
)
def test_grades_of_masked_ids(pattern: str, grade: Grade) -> None:
    assert grade_id(pattern) is grade


@pytest.mark.parametrize(
    "text",
    ["341802********4512", "341802××××××××4512", "341802XXXXXXXX4512", "341802xxxxxxxx4512", "341802＊＊＊＊＊＊＊＊4512",
     "341802●●●●●●●●4512", "341802■■■■■■■■4512", "341802########4512", "341802________4512", "３４１８０２********４５１２",
     "341802 **** **** 4512", "341802-********-4512"],
)  # fmt: skip
def test_every_mask_character_is_known(text: str) -> None:
    found = list(find_masked(f"身份证号{text}，男"))
    assert [(number.pattern, number.start) for number in found] == [(G3, 4)]


def test_a_date_glued_to_a_masked_id_is_not_its_tail() -> None:
    assert [number.pattern for number in find_masked("身份证34180219840*******2015年8月14日")] == ["34180219840*******"]


@pytest.mark.parametrize(
    "text",
    ["***", "12345", "第____页", "图……所示", "xx镇xx村", "2025年**月", "编号：****", "5****", "A**B", "=====#####"],
)
def test_what_is_no_masked_number_is_none(text: str) -> None:
    assert list(find_masked(text)) == []


def test_a_mask_with_fewer_stars_than_digits_is_stretched_where_a_label_says_id() -> None:
    assert [number.pattern for number in find_masked("身份证号：3418****4512")] == ["3418**********4512"]
    assert list(find_masked("订单3418****4512")) == []


# ------------------------------------------------------------------------------------------------------------ verdicts


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("身份证号34180219900307451*", ["mask-too-little"]),
        ("身份证号3418021990030*****", ["mask-too-little"]),
        ("身份证号34180219900307****", ["mask-too-little"]),
        ("身份证号341802********4512", ["mask-shows-much"]),
        ("身份证号3418021990******12", ["mask-shows-much"]),
        ("身份证号35*************123", []),
        ("身份证号3425**********1234", ["mask-style"]),
        ("电话138****1234", []),
        ("电话13856***234", ["mask-phone"]),
        ("卡号6217************0122", []),
        ("卡号****0122", []),
        ("卡号621700123456789***2", ["mask-too-little"]),
        ("被处罚人张*，住某镇", []),
    ],
)
def test_verdicts_on_single_numbers(text: str, rules: list[str]) -> None:
    assert rules_of(make_text(text)) == rules


@pytest.mark.parametrize(
    ("header", "value", "note"),
    [
        ("出生日期", "1990-03-07", "剩余候选1个"),
        ("出生年月", "1990年3月", "剩余候选4个"),
        ("出生年月", "1990.03", "剩余候选4个"),
        ("出生年份", "1990", "剩余候选33个"),
    ],
)
def test_a_birth_column_on_the_row_gives_the_number_away(header: str, value: str, note: str) -> None:
    document = make_tables([["姓名", "身份证号", header], ["张三", G3, value]])
    (found,) = masks_of(document)
    assert (found.rule_id, found.severity) == ("mask-rebuilt-from-row", Severity.MEDIUM)
    assert any(note in text for text in found.notes)
    assert texts_of(document, found) == [G3]


def test_an_age_column_counts_as_birth_information() -> None:
    (found,) = masks_of(make_tables([["姓名", "身份证号", "年龄"], ["张三", G3, "35"]]))
    assert found.rule_id == "mask-rebuilt-from-row"
    assert "年龄列" in found.notes[0]


def test_without_birth_information_the_commonest_mask_is_low() -> None:
    (found,) = masks_of(make_tables([["姓名", "身份证号"], ["张三", G3]]))
    assert (found.rule_id, found.severity) == ("mask-shows-much", Severity.LOW)
    assert any("3317个" in text for text in found.notes)


def test_the_sex_column_narrows_the_candidates() -> None:
    pattern = "341802********4**2"
    document = make_tables([["姓名", "性别", "身份证号", "出生日期"], ["张三", "男", pattern, "1990-03-07"]])
    expected = count_candidates(pattern, Known(1990, 3, 7, True))
    assert any(f"候选{expected}个" in note for note in masks_of(document)[0].notes)


def test_a_strong_mask_is_rebuilt_when_a_birth_date_leaves_few_candidates() -> None:
    (found,) = masks_of(make_tables([["姓名", "身份证号", "出生日期"], ["张三", "3425**********1234", "1990-03-07"]]))
    assert found.rule_id == "mask-rebuilt-from-row"


def test_a_birth_date_in_the_sentence_counts_too() -> None:
    (found,) = masks_of(make_text("张三，男，1990年3月7日出生，身份证号341802********4512，住某镇"))
    assert found.rule_id == "mask-rebuilt-from-row"
    assert any("候选1个" in note for note in found.notes)


def test_a_birth_date_of_another_table_counts_for_the_same_full_name() -> None:
    first = [["姓名", "身份证号"], ["张三丰", G3], ["李小四", "341802********0017"]]
    second = [["姓名", "出生年月"], ["张三丰", "1990-03"], ["王二小", "1980-01"]]
    found = {finding.rule_id: finding for finding in masks_of(make_tables(first, second))}
    assert set(found) == {"mask-rebuilt-from-row", "mask-shows-much"}
    assert "另一表格" in found["mask-rebuilt-from-row"].notes[0]


def test_a_column_of_masks_is_one_finding_with_the_range_of_candidates() -> None:
    rows = [
        [
            name(n),
            resident_id(n)[:6] + "********" + resident_id(n)[14:],
            f"{resident_id(n)[6:10]}-{resident_id(n)[10:12]}",
        ]
        for n in range(40)
    ]
    (found,) = masks_of(make_tables([["姓名", "身份证号", "出生年月"], *rows]))
    assert found.count == 40
    assert any("候选" in note and "至" in note for note in found.notes)


def test_a_stricter_profile_of_the_site_is_followed() -> None:
    document = make_text("身份证号35*************123")
    assert rules_of(document) == []
    assert [f.rule_id for f in masks_of(document, Policy(id_keep_head=0, id_keep_tail=2))] == ["mask-style"]


# ------------------------------------------------------------------------------------------------------------ splicing


def test_head_here_and_tail_there_of_one_person_can_be_spliced() -> None:
    first = [["姓名", "身份证号"], ["张三丰", "34180219900*******"]]
    second = [["姓名", "身份证号"], ["张三丰", "***********3074512"]]
    found = masks_of(make_tables(first, second))
    assert {finding.rule_id for finding in found} == {"mask-spliced"}
    assert found[0].severity is Severity.MEDIUM


def test_different_persons_of_one_name_are_not_spliced() -> None:
    first = [["姓名", "身份证号"], ["张三丰", "34180219900307****"]]
    second = [["姓名", "身份证号"], ["张三丰", "35**************12"]]
    assert "mask-spliced" not in rules_of(make_tables(first, second))


def test_a_masked_name_needs_shared_digits_to_be_spliced() -> None:
    first = [["姓名", "身份证号"], ["张*", "341802**********12"]]
    same = [["姓名", "身份证号"], ["张*", "**********03074512"]]
    other = [["姓名", "身份证号"], ["张*", "**********030745**"]]
    assert "mask-spliced" in rules_of(make_tables(first, same))
    assert "mask-spliced" not in rules_of(make_tables(first, other))


def test_a_full_number_of_the_same_person_elsewhere_makes_the_mask_useless() -> None:
    first = [["姓名", "身份证号"], ["张三丰", "3418***********512"]]
    second = [["姓名", "身份证号"], ["张三丰", FULL]]
    (found,) = masks_of(make_tables(first, second))
    assert found.rule_id == "mask-spliced"
    assert "完整号码" in found.notes[0]


# ------------------------------------------------------------------------------------------------------- painted masks


@pytest.mark.parametrize("code", ['"****"', '000000"********"0000', "**;**;**", ";;;", r"\*\*\*\*", '"×××××"@'])
def test_a_number_format_that_masks_is_only_paint(code: str) -> None:
    document = make_tables([["姓名", "身份证号"], ["张三", FULL]], number_formats={1: code})
    found = [finding for finding in masks_of(document) if finding.rule_id == "mask-painted"]
    assert [(finding.severity, texts_of(document, finding)) for finding in found] == [(Severity.HIGH, [FULL])]
    assert "数字格式" in found[0].notes[0]


@pytest.mark.parametrize(
    "code", ["", "General", "0.00", "@", "_ * #,##0.00_ ;_ * -#,##0.00_ ", 'yyyy"年"m"月"', "0.00;;"]
)
def test_an_ordinary_number_format_is_none(code: str) -> None:
    assert masks_of(make_tables([["姓名", "身份证号"], ["张三", FULL]], number_formats={1: code})) == []


@pytest.mark.parametrize("reason", ["白色文字", "隐藏列", "被色块遮盖", "文字与底色相同", "深度隐藏工作表"])
def test_a_number_that_is_only_invisible_is_found_with_the_trick_named(reason: str) -> None:
    (found,) = masks_of(make_text(f"申请人身份证号{FULL}电话{mobile(3)}", BlockKind.HIDDEN, reason))
    assert (found.rule_id, found.hidden) == ("mask-painted", True)
    assert reason in found.notes[0]


def test_any_text_below_a_black_box_had_to_be_hidden() -> None:
    assert rules_of(make_text("某某镇某某村张三丰", BlockKind.HIDDEN, "被色块遮盖")) == ["mask-painted"]
    assert rules_of(make_text("某某镇某某村张三丰", BlockKind.HIDDEN, "白色文字")) == []


@pytest.mark.parametrize("kind", [BlockKind.COMMENT, BlockKind.DELETION, BlockKind.PROPERTY])
def test_numbers_in_comments_and_tracked_deletions_are_still_there(kind: BlockKind) -> None:
    assert rules_of(make_text(f"原号码{FULL}", kind)) == ["mask-painted"]


def test_no_note_holds_shown_digits_or_names() -> None:
    for finding in masks_of(make_tables([["姓名", "身份证号", "出生日期"], ["张三丰", G3, "1990-03-07"]])):
        assert not any(part in note for note in finding.notes for part in ("341802", "4512", "1990", "张三丰"))


# --------------------------------------------------------------------------------------------------------------- speed


def test_a_masked_sheet_of_20000_rows_is_read_in_seconds() -> None:
    ids = [resident_id(n) for n in range(20_000)]
    rows = [
        [name(n), number[:6] + "********" + number[14:], f"{number[6:10]}-{number[10:12]}", "男"]
        for n, number in enumerate(ids)
    ]
    document = make_tables([["姓名", "身份证号", "出生年月", "性别"], *rows])
    start = time.process_time()
    masks_of(document)
    assert time.process_time() - start < 4  # under 2 s on an idle machine


def test_prose_without_masks_costs_next_to_nothing() -> None:
    document = make_text("依照本条例的规定，行政机关应当及时、准确地公开政府信息。\n" * 20_000)
    start = time.process_time()
    assert masks_of(document) == []
    assert time.process_time() - start < 1
