"""What the parts of a number say: birth date, sex, region, check digit; and which of several types one value is.

Only single values are looked at here, never a text: every function is a pure look at one short string. Patterns have no
nested repetition and run on values of at most ``MAX_VALUE`` characters.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: Longest value that is looked at; anything longer is no identifier.
MAX_VALUE = 200

#: First two digits of a resident ID (GB/T 2260; 83: 台湾居民居住证). Historic county codes stay valid, so no county list.
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

#: What people put between the groups of a number: spaces, hyphens, dashes, points in the middle, line ends.
_SEPARATORS = dict.fromkeys(map(ord, " \t\r\n-‐‑‒–—―−·•_ \u00a0\u3000\u200b\u200c\u200d\ufeff"))

USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {character: number for number, character in enumerate(USCC_CHARACTERS)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def compact(value: str) -> str:
    """The value in half-width upper case without separators; "" where it is longer than ``MAX_VALUE``."""
    if len(value) > MAX_VALUE:
        return ""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return value.translate(_SEPARATORS).upper()


def is_digits(value: str) -> bool:
    """Whether the value is made of 0–9 only (``str.isdigit`` also takes ², 一 in other scripts)."""
    return value.isascii() and value.isdigit()


# ------------------------------------------------------------------------------------------------------- resident ID


@dataclass(frozen=True, slots=True)
class ResidentId:
    """The parts of an 18- or 15-digit resident ID (GB 11643-1999); ``has_check`` says whether the check digit is right."""

    region: str
    birth: date
    is_male: bool
    has_check: bool


def resident_check_digit(first17: str) -> str:
    """The 18th character for 17 digits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def parse_date(digits: str) -> date | None:
    """The date of eight digits yyyymmdd between 1900 and 2100, ``None`` for no such day."""
    if len(digits) != 8 or not is_digits(digits) or not "1900" <= digits[:4] <= "2100":
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def parse_resident_id(value: str) -> ResidentId | None:
    """The parts of an 18-digit resident ID with a possible province and birth date, whatever its check digit."""
    digits = compact(value)
    if len(digits) != 18 or not is_digits(digits[:17]) or not (digits[17].isdigit() or digits[17] == "X"):
        return None
    birth = parse_date(digits[6:14])
    if birth is None or digits[:2] not in PROVINCES or digits[2:6] == "0000" and digits[:1] != "8":
        return None
    has_check = resident_check_digit(digits[:17]) == digits[17]
    return ResidentId(digits[:6], birth, int(digits[16]) % 2 == 1, has_check)


def parse_resident_id_15(value: str) -> ResidentId | None:
    """The parts of a 15-digit resident ID as issued until 1999; it has no check digit, ``has_check`` is false."""
    digits = compact(value)
    if len(digits) != 15 or not is_digits(digits) or digits[:2] not in PROVINCES:
        return None
    birth = parse_date("19" + digits[6:12])
    return ResidentId(digits[:6], birth, int(digits[14]) % 2 == 1, False) if birth else None


def parse_inner_id(value: str) -> ResidentId | None:
    """The resident ID inside a longer number: 残疾人证 (20–22 characters), 学籍号 (G, L or J before it), tax numbers (+2)."""
    digits = compact(value)
    if len(digits) == 18:
        return parse_resident_id(digits)
    if len(digits) == 19 and digits[0] in "GLJ":
        return parse_resident_id(digits[1:])
    return parse_resident_id(digits[:18]) if 20 <= len(digits) <= 22 else None


def uscc_check_character(first17: str) -> str | None:
    """The 18th character of a unified social credit code (GB 32100-2015), ``None`` for a character it cannot hold."""
    total = 0
    for character, weight in zip(first17, _USCC_WEIGHTS, strict=True):
        number = _USCC_VALUE.get(character)
        if number is None:
            return None
        total += number * weight
    return USCC_CHARACTERS[(31 - total % 31) % 31]


def is_luhn(digits: str) -> bool:
    """Whether the digits satisfy the Luhn formula (ISO/IEC 7812-1)."""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(digit * 2 - 9 if digit > 4 else digit * 2 for digit in map(int, digits[-2::-2]))
    return (odd + even) % 10 == 0


# ----------------------------------------------------------------------------------------------- one value, one type


class NumberKind(StrEnum):
    """The one type a long number is."""

    RESIDENT_ID = "resident_id"
    SUSPECT_ID = "suspect_id"  # ID shape with a wrong check digit: typed wrong, or something else
    BANK_CARD = "bank_card"
    USCC = "uscc"
    CASE_NUMBER = "case_number"  # 受理号、案号、项目代码、流水号 …
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Classified:
    """The type of a number and, in plain Chinese and without any digit of it, why."""

    kind: NumberKind
    reasons: tuple[str, ...] = ()


#: Labels and column headers of numbers that are no ID (domain.md §5.1).
_CASE_LABEL = re.compile(
    "编号|编码|代码|受理号|受理单|流水|案号|案件号|办件|项目号|工单|订单|采购|批次|发票|快递|运单|宗地|不动产|单元号|"
    "序列号|条码|文号|合同号|凭证|票据|单号|批号|立案号|许可证|登记号|注册号|回执|查询码|防伪码|标识码|图斑"
)
_PERSON_LABEL = re.compile(
    "身份证|身份号|证件号|公民身份|身份编号|身份代码|学籍|残疾|残联|社会保障号|社保号|医保号|户主|本人|(?i:ID)"
)
_BANK_LABEL = re.compile("卡号|账号|帐号|账户|帐户|一卡通|存折|开户|银行")
#: A date in a case number is the day it was filed: since the electronic systems started.
_FIRST_CASE_YEAR, _LAST_CASE_YEAR = 2003, 2035
_LABEL_REACH = 8


def is_run(values: Sequence[str]) -> bool:
    """Whether most neighbours of a column differ by a small step in their last digits: a serial number, no IDs.

    Resident IDs of one village share six digits and differ in the birth date; a serial grows by one to ten from row to
    row with everything before the last four digits alike, or restarts on a new day.
    """
    numbers = [digits for digits in map(compact, values) if is_digits(digits[:-1]) and len(digits) >= 12]
    if len(numbers) < 3:
        return False
    pairs = list(zip(numbers, numbers[1:], strict=False))
    steps = sum(
        1
        for left, right in pairs
        if left[:-4] == right[:-4]
        and left[-4:].isdigit()
        and right[-4:].isdigit()
        and 0 < int(right[-4:]) - int(left[-4:]) <= 10
    )
    return steps >= 2 and steps * 2 >= len(pairs)


def classify_number(
    value: str, label_before: str = "", header: str = "", run: Sequence[str] = (), today: date | None = None
) -> Classified:
    """The one type of a long number from its digits and what stands around it.

    ``label_before`` is the text before the value (the last eight characters count), ``header`` the head of its column,
    ``run`` the values of the same column in order. ``today`` adds the check that nobody is born in the future.
    """
    label = label_before[-_LABEL_REACH:]
    says_person = bool(_PERSON_LABEL.search(label) or _PERSON_LABEL.search(header))
    digits = compact(value)
    identity = parse_inner_id(digits)
    is_code = len(digits) == 18 and digits[0] in "123456789ANY" and uscc_check_character(digits[:17]) == digits[17]
    if is_code and not says_person and (identity is None or "代码" in label + header or not identity.has_check):
        return Classified(NumberKind.USCC, ("校验符合统一社会信用代码",))
    says_case = bool(_CASE_LABEL.search(label) or _CASE_LABEL.search(header)) and not says_person
    if identity is None:
        return _classify_other(digits, says_case, bool(_BANK_LABEL.search(label + header)))
    if today is not None and identity.birth > today:
        return Classified(NumberKind.CASE_NUMBER, ("其中的日期晚于审查当日",))
    if not says_person and is_run(run):
        return Classified(NumberKind.CASE_NUMBER, ("同列号码连续递增",))
    if says_case and (not identity.has_check or _FIRST_CASE_YEAR <= identity.birth.year <= _LAST_CASE_YEAR):
        return Classified(NumberKind.CASE_NUMBER, ("前面的文字表明是业务编号",))
    if says_case:
        return Classified(NumberKind.SUSPECT_ID, ("校验位正确，但前面的文字表明是编号",))
    if not identity.has_check:
        if _BANK_LABEL.search(label + header) and is_luhn(digits):
            return Classified(NumberKind.BANK_CARD, ("前面的文字表明是账号",))
        return Classified(NumberKind.SUSPECT_ID, ("校验位不符，疑似录入错误的身份证号",))
    return Classified(NumberKind.RESIDENT_ID, ("地区、日期、校验位均正确",))


def _classify_other(digits: str, says_case: bool, says_bank: bool) -> Classified:
    if says_case:
        return Classified(NumberKind.CASE_NUMBER, ("前面的文字表明是业务编号",))
    if is_digits(digits) and 13 <= len(digits) <= 19 and (says_bank or digits.startswith("62") and is_luhn(digits)):
        return Classified(NumberKind.BANK_CARD, ("前面的文字或者号码结构表明是账号",))
    return Classified(NumberKind.UNKNOWN)
