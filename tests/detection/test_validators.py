"""Validators say VALID, UNKNOWN or INVALID, never raise, and one value gets one type."""

import gzip
import json
import string
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.detection.identifiers import (
    NumberKind,
    classify_number,
    is_luhn,
    is_run,
    parse_inner_id,
    parse_resident_id,
    parse_resident_id_15,
    resident_check_digit,
    uscc_check_character,
)
from review.detection.validators import VALIDATORS, Outcome, check_in_context

SHARED = Path(__file__).resolve().parent.parent.parent.parent / "shared"
VALID, INVALID, UNKNOWN = Outcome.VALID, Outcome.INVALID, Outcome.UNKNOWN
ID = "341802199003074512"


def outcome(name: str, value: str) -> Outcome:
    return VALIDATORS[name](value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("resident_id", ID, VALID),
        ("resident_id", "342501 19650101 0014", VALID),
        ("resident_id", "3418-0219-8512-0300-2x", VALID),
        ("resident_id", "３４１８０２１９８５１２０３００２Ｘ", VALID),
        ("resident_id", "341802\n199003074512", VALID),
        ("resident_id", "341802199003074513", UNKNOWN),
        ("resident_id", "341802201313011234", INVALID),
        ("resident_id", "341802199002304512", INVALID),
        ("resident_id", "341802189903074512", INVALID),
        ("resident_id", "991802199003074512", INVALID),
        ("resident_id", "34180219900307451", INVALID),
        ("resident_id", "3425**********1234", INVALID),
        ("resident_id", "810000199408230021", VALID),
        ("resident_id", "830000199201300022", VALID),
        ("resident_id_15", "342501650101001", UNKNOWN),
        ("resident_id_15", "341802990007890", INVALID),
        ("resident_id_15", "202311080012345", INVALID),
        ("resident_id_truncated", "341802199003074000", VALID),
        ("resident_id_truncated", "3.41802199003075E+17", VALID),
        ("resident_id_truncated", "3.41802E+17", UNKNOWN),
        ("resident_id_truncated", "9.41802E+17", INVALID),
        ("resident_id_truncated", ID, INVALID),
        ("resident_id_misread", "341802l99OO3O74512", VALID),
        ("resident_id_misread", "34180219900307451O", UNKNOWN),
        ("resident_id_misread", ID, INVALID),
        ("resident_id_misread", "34180219900307451X", INVALID),
        ("resident_id_in_token", "ID341802199003074512", VALID),
        ("resident_id_in_token", "sfz341802199003074512", VALID),
        ("resident_id_in_token", "ID341802199003074513", UNKNOWN),
        ("resident_id_in_token", ID, INVALID),
        ("disability_card", "34180219900307451243", VALID),
        ("disability_card", "34180219900307451243B1", VALID),
        ("disability_card", "34180220231108000199", INVALID),
        ("disability_card", "34180219900307451245", INVALID),
        ("disability_card", "34180219900307451343", UNKNOWN),
        ("student_number", "G341802199003074512", VALID),
        ("student_number", "g341802199003074512", VALID),
        ("student_number", "GB341802", INVALID),
        ("uscc", "91340600MA2PBM9HXD", VALID),
        ("uscc", "91340600MA2PBM9HXE", UNKNOWN),
        ("uscc", "9111000060003IOZSV", INVALID),
        ("uscc", "340104195202055060", INVALID),
        ("bank_card", "6217001234567890122", VALID),
        ("bank_card", "6217 0012 3456 7890 122", VALID),
        ("bank_card", "6217001234567890123", UNKNOWN),
        ("bank_card", "4111111111111111", VALID),
        ("bank_card", "4111111111111112", INVALID),
        ("bank_card", "202311080012345678", INVALID),
        ("bank_card", "0000000000000000", INVALID),
        ("bank_card", ID, INVALID),
        ("passport", "E12345678", VALID),
        ("passport", "EA1234567", VALID),
        ("passport", "EI1234567", INVALID),
        ("passport", "GB12345678", INVALID),
        ("passport", "S3456", INVALID),
        ("hk_macau_permit", "H12345678", VALID),
        ("hk_macau_permit", "C12345678", VALID),
        ("hk_macau_permit", "M1234567890", VALID),
        ("hk_macau_permit", "A12345678", INVALID),
        ("taiwan_permit", "T12345678", VALID),
        ("taiwan_permit", "12345678", UNKNOWN),
        ("taiwan_permit", "123456789", INVALID),
        ("military_id", "军字第12345678号", VALID),
        ("military_id", "军字第 1234567 号", VALID),
        ("military_id", "军字第号", INVALID),
        ("plate", "皖P12345", VALID),
        ("plate", "皖P·D12345", VALID),
        ("plate", "皖PD12345", VALID),
        ("plate", "皖P8888警", VALID),
        ("plate", "京AF12345", VALID),
        ("plate", "皖政办", INVALID),
        ("plate", "皖P公司", INVALID),
        ("plate", "皖PIIIII", INVALID),
        ("mobile", "13856312345", VALID),
        ("mobile", "+86-138 5631 2345", VALID),
        ("mobile", "008613856312345", VALID),
        ("mobile", "15456312345", UNKNOWN),
        ("mobile", "13800000000", UNKNOWN),
        ("mobile", "1.3856312345", INVALID),
        ("mobile", "13856312345678", INVALID),
        ("mobile", "12345", INVALID),
        ("landline", "0563-3011077", VALID),
        ("landline", "（0563）3011077", VALID),
        ("landline", "0563—3011077", VALID),
        ("landline", "010-62345678", VALID),
        ("landline", "3011077", UNKNOWN),
        ("landline", "2011-2012", INVALID),
        ("landline", "2023-1108", INVALID),
        ("email", "dtyz@163.com", VALID),
        ("email", "xxgk@xuanzhou.gov.cn", UNKNOWN),
        ("email", "@全体成员", INVALID),
        ("email", "a..b@163.com", INVALID),
        ("coordinates", "东经118.75812", VALID),
        ("coordinates", "东经118°45′29″", VALID),
        ("coordinates", "118.758123,30.945123", VALID),
        ("coordinates", "30.945123，118.758123", VALID),
        ("coordinates", "北纬30°56′", UNKNOWN),
        ("coordinates", "3425123.456, 475123.789", VALID),
        ("coordinates", "3425123.456 39475123.789", VALID),
        ("coordinates", "X=3425123 Y=39475123", VALID),
        ("coordinates", "东经118度", INVALID),
        ("coordinates", "东经118°75′", INVALID),
        ("coordinates", "全长118.75公里", INVALID),
        ("coordinates", "123.45,678.90", INVALID),
        ("private_ip", "192.168.10.5", VALID),
        ("private_ip", "10.34.1.254", VALID),
        ("private_ip", "172.16.0.0/12", VALID),
        ("private_ip", "172.32.0.1", INVALID),
        ("private_ip", "8.8.8.8", INVALID),
        ("private_ip", "1.10.34.1.254.3", INVALID),
        ("private_ip", "10.2.1", INVALID),
        ("private_ip", "192.168.1.256", INVALID),
        ("credential", "初始密码为Abc@12345", VALID),
        ("credential", "密码：admin123", VALID),
        ("credential", "口令: P@ssw0rd", VALID),
        ("credential", "初始密码为身份证后6位", UNKNOWN),
        ("credential", "密码：××××××", INVALID),
        ("credential", "密码：******", INVALID),
        ("credential", "密码：请输入密码", INVALID),
        ("credential", "密码：由本人设置", INVALID),
        ("credential", "密码学", INVALID),
        ("credential", "password: your_password", INVALID),
        ("foreign_permanent_residence", "CHN110319900307", INVALID),
    ],
)  # fmt: skip
def test_a_value_is_judged_as_written(name: str, value: str, expected: Outcome) -> None:
    assert outcome(name, value) is expected


@given(st.sampled_from(sorted(VALIDATORS)), st.text(max_size=40) | st.text(string.digits + "Xx*-+E. ", max_size=40))
@settings(max_examples=400, deadline=None)
def test_no_validator_raises_whatever_stands_there(name: str, value: str) -> None:
    assert outcome(name, value) in Outcome


@pytest.mark.parametrize("name", sorted(set(VALIDATORS) - {"credential"}))
@pytest.mark.parametrize("value", ["", "\ud800", "9" * 100_000, "\u0000", "²³¹" * 6, "٣" * 18])
def test_odd_values_are_invalid_not_errors(name: str, value: str) -> None:
    assert outcome(name, value) in (INVALID, UNKNOWN)


@given(st.integers(0, 99_999), st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 999))
def test_every_id_with_its_check_digit_is_valid_and_no_other_digit_is(region: int, birth: date, order: int) -> None:
    digits = f"3{region % 7 + 1}{region % 9000 + 1000:04d}{birth:%Y%m%d}{order:03d}"
    right = resident_check_digit(digits)
    outcomes = {check: outcome("resident_id", digits + check) for check in "0123456789X"}
    assert [check for check, found in outcomes.items() if found is VALID] == [right]
    assert set(outcomes.values()) == {VALID, UNKNOWN}


@given(st.integers(0, 10**15 - 1))
def test_exactly_one_last_digit_satisfies_luhn(number: int) -> None:
    assert sum(is_luhn(f"{number:015d}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize("name", sorted(VALIDATORS))
def test_a_hundred_thousand_values_a_second(name: str) -> None:
    values = [ID, "6217001234567890122", "13856312345", "东经118°45′29″", "密码：admin123", "皖P12345"] * 200
    check = VALIDATORS[name]
    start = time.process_time()
    for value in values:
        check(value)
    assert len(values) / (time.process_time() - start) > 30_000  # 300,000 and more on an idle machine


# --------------------------------------------------------------------------------------------------------------- parts


def test_the_parts_of_an_id_are_told() -> None:
    identity = parse_resident_id(ID)
    assert identity is not None
    assert (identity.region, identity.birth, identity.is_male, identity.has_check) == (
        "341802",
        date(1990, 3, 7),
        True,
        True,
    )


def test_the_parts_of_an_old_id_are_told() -> None:
    identity = parse_resident_id_15("342501650101002")
    assert identity is not None
    assert (identity.birth, identity.is_male) == (date(1965, 1, 1), False)


@pytest.mark.parametrize("value", [ID, f"G{ID}", f"{ID}43", f"{ID}43B1"])
def test_the_id_inside_a_longer_number_is_seen(value: str) -> None:
    identity = parse_inner_id(value)
    assert identity is not None
    assert identity.has_check


def test_a_credit_code_with_a_forbidden_letter_has_no_check_character() -> None:
    assert uscc_check_character("9134060IMA2PBM9HX") is None


# ------------------------------------------------------------------------------------------------- one value, one type

CASE = "341802202311080010"


@pytest.mark.parametrize(
    ("value", "label", "header", "kind"),
    [
        (ID, "身份证号：", "", NumberKind.RESIDENT_ID),
        (ID, "", "", NumberKind.RESIDENT_ID),
        (ID, "", "证件号码", NumberKind.RESIDENT_ID),
        ("341802199003074513", "身份证号", "", NumberKind.SUSPECT_ID),
        ("341802202311080012", "受理编号：", "", NumberKind.CASE_NUMBER),
        ("341802202311080012", "", "办件编号", NumberKind.CASE_NUMBER),
        ("341802199003074513", "案号", "", NumberKind.CASE_NUMBER),
        (ID, "编号", "", NumberKind.SUSPECT_ID),
        (ID, "身份证编号", "", NumberKind.RESIDENT_ID),
        ("91340600MA2PBM9HXD", "", "", NumberKind.USCC),
        ("911522010783762860", "代码", "", NumberKind.USCC),
        ("6217001234567890122", "卡号", "", NumberKind.BANK_CARD),
        ("6217001234567890122", "", "", NumberKind.BANK_CARD),
        ("6217001234567890123", "一卡通账号", "", NumberKind.BANK_CARD),
        ("6217001234567890122", "订单编号", "", NumberKind.CASE_NUMBER),
        ("123456", "", "", NumberKind.UNKNOWN),
    ],
)
def test_a_number_gets_one_type(value: str, label: str, header: str, kind: NumberKind) -> None:
    assert classify_number(value, label, header).kind is kind


def test_nobody_is_born_after_today() -> None:
    number = "341802203011080" + "01"
    number += resident_check_digit(number)
    assert classify_number(number, today=date(2026, 11, 23)).kind is NumberKind.CASE_NUMBER


def test_a_serial_run_is_no_column_of_ids() -> None:
    run = [f"34180220231108{n:04d}" for n in range(1, 20)]
    assert is_run(run)
    assert classify_number(run[5], run=run).kind is NumberKind.CASE_NUMBER


def test_ids_of_one_village_are_no_serial_run() -> None:
    assert not is_run(["341802199003074512", "341802196501010014", "341802198512030022", "341802200102030014"])


@pytest.mark.parametrize(
    ("name", "value", "label", "expected"),
    [
        ("resident_id", ID, "身份证", VALID),
        ("resident_id", ID, "", VALID),
        ("resident_id", ID, "编号", UNKNOWN),
        ("resident_id", "341802202311080012", "办件编号", INVALID),
        ("bank_card", "6217001234567890122", "卡号", VALID),
        ("bank_card", "6217001234567890122", "订单号", INVALID),
        ("mobile", "13856312345", "编号", VALID),
        ("uscc", "91340600MA2PBM9HXD", "统一社会信用代码", VALID),
        ("uscc", "91340600MA2PBM9HXD", "", VALID),
        ("uscc", "911522010783762860", "编号", VALID),
    ],
)
def test_the_label_counts_in_context(name: str, value: str, label: str, expected: Outcome) -> None:
    assert check_in_context(name, value, label) is expected


# -------------------------------------------------------------------------------------------------------- shared vectors

_NAMES = {
    "id18": "resident_id", "id15": "resident_id_15", "disab20": "disability_card", "student_g": "student_number",
    "mobile": "mobile", "landline": "landline", "bank": "bank_card", "passport": "passport", "hkm": "hk_macau_permit",
    "officer": "military_id", "plate": "plate", "email": "email", "cred": "credential", "ip_priv": "private_ip",
    "lonlat": "coordinates", "cgcs": "coordinates",
}  # fmt: skip


@pytest.mark.shared
def test_the_shared_pattern_vectors_hold() -> None:
    path = SHARED / "design" / "pattern_vectors.json"
    if not path.exists():
        pytest.skip("needs ../shared")
    vectors = json.loads(path.read_text("utf-8"))
    for group, name in _NAMES.items():
        for value in vectors[group]["hit"]:
            assert outcome(name, value.removeprefix("身份证号")) is not INVALID, (name, value)
        for value in vectors[group]["miss"]:
            assert outcome(name, value) is INVALID, (name, value)


@pytest.mark.shared
def test_the_shared_numbers_are_judged_as_their_source_says() -> None:
    path = SHARED / "data" / "pii" / "id_numbers.jsonl.gz"
    if not path.exists():
        pytest.skip("needs ../shared")
    rows = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]
    for row in rows:
        number = row["number"]
        name = "uscc" if row["ntype"] == "USCC" else "resident_id_15" if len(number) == 15 else "resident_id"
        found = outcome(name, number)
        assert (found is not INVALID) if row["valid"] else found in (INVALID, UNKNOWN), number
