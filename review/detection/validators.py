"""Is a matched value really what its rule looks for? One function per type, all of one shape, in one written-out table.

A validator takes the matched text as it stands in the document (separators, full-width forms and labels are dealt with
here), never raises, keeps no state and looks at nothing but the value:

- ``VALID``: shape, ranges and check digit are right;
- ``UNKNOWN``: the shape is right but nothing confirms it (wrong check digit that may be a typing error, no check digit
  at all): the engine shows it one severity lower;
- ``INVALID``: it cannot be this type: the engine drops it.

What stands around a value is judged by ``check_in_context``.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from review.detection.identifiers import (
    MAX_VALUE,
    PROVINCES,
    NumberKind,
    classify_number,
    compact,
    is_digits,
    is_luhn,
    parse_date,
    parse_resident_id,
    parse_resident_id_15,
    resident_check_digit,
    uscc_check_character,
)


class Outcome(StrEnum):
    """What a validator says about one value."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


Validator = Callable[[str], Outcome]


# -------------------------------------------------------------------------------------------------- identity documents


def check_resident_id(value: str) -> Outcome:
    """Resident ID of 18 characters (GB 11643-1999); a wrong check digit is UNKNOWN, a wrong province or date INVALID."""
    identity = parse_resident_id(value)
    if identity is None:
        return Outcome.INVALID
    return Outcome.VALID if identity.has_check else Outcome.UNKNOWN


def check_resident_id_15(value: str) -> Outcome:
    """Resident ID of 15 digits: never more than UNKNOWN, it has no check digit; rules require a label for it."""
    return Outcome.UNKNOWN if parse_resident_id_15(value) else Outcome.INVALID


def check_disability_card(value: str) -> Outcome:
    """残疾人证: resident ID, category 1–7, grade 1–4, after a loss B and the number of the re-issue."""
    digits = compact(value)
    tail = digits[18:]
    if len(tail) not in (2, 3, 4) or tail[0] not in "1234567" or tail[1] not in "1234":
        return Outcome.INVALID
    if len(tail) > 2 and (tail[2] != "B" or not tail[3:].isdigit() and len(tail) == 4):
        return Outcome.INVALID
    return check_resident_id(digits[:18])


def check_student_number(value: str) -> Outcome:
    """全国学籍号: G, L or J and a resident ID (L and J: provisional numbers, their inner number need not be an ID)."""
    digits = compact(value)
    return check_resident_id(digits[1:]) if len(digits) == 19 and digits[0] in "GLJ" else Outcome.INVALID


def check_resident_id_truncated(value: str) -> Outcome:
    """Resident ID that a spreadsheet rounded to 15 digits: tail 000, or a power of ten as in 3.41802199003075E+17.

    VALID when region, birth date and tail fit; UNKNOWN when only the region is left (3.41802E+17).
    """
    text = compact(value).replace("+", "")
    scientific = re.fullmatch(r"([1-8])\.(\d{1,16})E17", text)
    digits = (scientific.group(1) + scientific.group(2)).ljust(18, "0") if scientific else text
    if len(digits) != 18 or not is_digits(digits):
        return Outcome.INVALID
    if scientific and len(scientific.group(2)) < 13:
        return Outcome.UNKNOWN if digits[:2] in _REGIONS_IN_FLOATS else Outcome.INVALID
    if not digits.endswith("000") or parse_resident_id(digits) is None:
        return Outcome.INVALID
    return Outcome.VALID if scientific or resident_check_digit(digits[:17]) != "0" else Outcome.UNKNOWN


_REGIONS_IN_FLOATS = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65".split()
)


_MISREAD = str.maketrans("OQDIL|", "000111")
_LETTERS_BEFORE = re.compile(r"[A-Z]{2,12}[.:#]?")


def check_resident_id_misread(value: str) -> Outcome:
    """Resident ID with letters that OCR or a typist put for digits (O for 0, l for 1); one of digits only is INVALID here."""
    text = compact(value)
    digits = text.translate(_MISREAD)
    return Outcome.INVALID if digits == text else check_resident_id(digits)


def check_resident_id_in_token(value: str) -> Outcome:
    """Resident ID glued to letters before it: ID341802…, SFZ341802…."""
    text = compact(value)
    letters = _LETTERS_BEFORE.match(text)
    return check_resident_id(text[letters.end() :]) if letters else Outcome.INVALID


def check_foreign_permanent_residence(value: str) -> Outcome:
    """外国人永久居留身份证: since 2023 18 digits beginning with 9 (GA/T check as resident ID), before 15 characters."""
    digits = compact(value)
    if len(digits) == 15 and digits[:3].isalpha() and is_digits(digits[3:]):
        return Outcome.VALID if parse_date(("19" if digits[7:9] > "30" else "20") + digits[7:13]) else Outcome.INVALID
    if len(digits) != 18 or digits[0] != "9" or not is_digits(digits[:17]) or parse_date(digits[6:14]) is None:
        return Outcome.INVALID
    return Outcome.VALID if resident_check_digit(digits[:17]) == digits[17] else Outcome.UNKNOWN


_PASSPORT = re.compile(r"(?:E[0-9A-HJ-NP-Z]\d{7}|[GDSPH]\d{8}|1[45]\d{7}|[DPS]E\d{7})")


def check_passport(value: str) -> Outcome:
    """Chinese passport: E or E+letter (ordinary), G, 14/15 (old), D, S, P, DE, SE, PE (official), H; no check digit."""
    return Outcome.VALID if _PASSPORT.fullmatch(compact(value)) else Outcome.INVALID


_HK_MACAU = re.compile(r"[CW][0-9A-Z]\d{7}|[HM]\d{8}(?:\d{2})?")


def check_hk_macau_permit(value: str) -> Outcome:
    """往来港澳通行证 C/W+8, 港澳居民来往内地通行证 (回乡证) H/M+8 or +10."""
    return Outcome.VALID if _HK_MACAU.fullmatch(compact(value)) else Outcome.INVALID


_TAIWAN = re.compile(r"[TL]\d{8}|\d{8}(?:\d{2}(?:[A-Z]|\([A-Z]\))?)?")


def check_taiwan_permit(value: str) -> Outcome:
    """大陆居民往来台湾通行证 T/L+8 is VALID; 台胞证 of 8 or 10 digits only UNKNOWN: any number looks like it."""
    text = compact(value)
    if not _TAIWAN.fullmatch(text):
        return Outcome.INVALID
    return Outcome.VALID if text[0] in "TL" else Outcome.UNKNOWN


_MILITARY = re.compile(r".?字第?[0-9]{6,8}号?")
_MILITARY_HEADS = "军士文警学武空海参政后装兰广沈南北济成边消水电交黄森特"


def check_military_id(value: str) -> Outcome:
    """军官证、士兵证、文职干部证、警官证: 军字第…号, 6 to 8 digits."""
    text = compact(value).replace("(", "").replace(")", "")
    if not _MILITARY.fullmatch(text):
        return Outcome.INVALID
    return Outcome.VALID if text[0] in _MILITARY_HEADS else Outcome.UNKNOWN


# ------------------------------------------------------------------------------------------------- organisations, money


#: Province of the registration office, 10 for the national ones; most resident IDs have none here.
_USCC_REGIONS = PROVINCES | {"10"}


def check_uscc(value: str) -> Outcome:
    """统一社会信用代码 (GB 32100-2015), 18 characters, check character mod 31; publishable, it suppresses ID and bank hits."""
    code = compact(value)
    if len(code) != 18 or code[0] not in "123456789ANY" or not is_digits(code[2:8]) or code[2:4] not in _USCC_REGIONS:
        return Outcome.INVALID
    check = uscc_check_character(code[:17])
    if check is None:
        return Outcome.INVALID
    return Outcome.VALID if check == code[17] else Outcome.UNKNOWN


#: Lengths by first digits (ISO/IEC 7812; 62: UnionPay; 9558, 103, 6858, 69: Chinese cards from before UnionPay).
_BINS = (
    ("62", frozenset({16, 17, 18, 19})),
    ("60", frozenset({16, 17, 18, 19})),
    ("81", frozenset({16, 17, 18, 19})),
    ("9", frozenset({16, 18, 19})),
    ("103", frozenset({19})),
    ("685800", frozenset({16})),
    ("69", frozenset({16, 18})),
    ("65", frozenset({16})),
    ("4", frozenset({13, 16, 18, 19})),
    ("5", frozenset({16, 19})),
    # 2221–2720: the second range of MasterCard
    *((str(head), frozenset({16})) for head in (*range(2221, 2230), *range(223, 230), *range(23, 27), 270, 271, 2720)),
    ("34", frozenset({15})),
    ("37", frozenset({15})),
    ("35", frozenset({16})),
    ("36", frozenset({14})),
    ("38", frozenset({14})),
)


def check_bank_card(value: str) -> Outcome:
    """Bank card: a known beginning of the right length and Luhn (ISO/IEC 7812-1).

    UnionPay numbers that fail Luhn are UNKNOWN (passbooks, typing errors). A valid resident ID or USCC is INVALID here:
    one value has one type.
    """
    digits = compact(value)
    if not is_digits(digits) or not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return Outcome.INVALID
    if not any(digits.startswith(head) and len(digits) in lengths for head, lengths in _BINS):
        return Outcome.INVALID
    if len(digits) == 18 and Outcome.VALID in (check_resident_id(digits), check_uscc(digits)):
        return Outcome.INVALID
    if is_luhn(digits):
        return Outcome.VALID
    return Outcome.UNKNOWN if digits.startswith("62") else Outcome.INVALID


# -------------------------------------------------------------------------------------------------- contact, vehicles

_PLATE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"[{_PLATE_PROVINCES}][A-HJ-Z]"
    r"(?:[A-HJ-NP-Z0-9]{5}|[DFABCEGHJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[DFABCEGHJK]|[A-HJ-NP-Z0-9]{4}[警学挂港澳试超领])"
)
_PLATE_OTHER = re.compile(r"WJ[0-9]{0,2}[京-龥]?\d{4}[0-9A-Z]|[使]\d{6}|\d{6}使|[VKHBSLJNGCZ][A-Z]\d{5}")
_PLATE_SEPARATOR = str.maketrans("", "", ".·•・˙∙●")


def check_plate(value: str) -> Outcome:
    """Vehicle plate (GA 36-2018): province, letter, 5 characters, 6 for new-energy vehicles; at least one digit."""
    text = compact(compact(value).translate(_PLATE_SEPARATOR))
    if _PLATE.fullmatch(text):
        return Outcome.VALID if any(character.isdigit() for character in text) else Outcome.UNKNOWN
    return Outcome.UNKNOWN if _PLATE_OTHER.fullmatch(text) else Outcome.INVALID


_MOBILE = re.compile(r"(?:\+?(?:00)?86)?(1[3-9]\d{9})")
_MOBILE_HEADS = re.compile(r"13\d|14[014-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9]")
_BRACKETS = str.maketrans("", "", "()[]")


def check_mobile(value: str) -> Outcome:
    """Mobile number, +86 allowed; heads not allocated by the ministry and eleven-digit patterns are UNKNOWN."""
    found = _MOBILE.fullmatch(compact(value).translate(_BRACKETS))
    if found is None:
        return Outcome.INVALID
    digits = found.group(1)
    if len(set(digits[3:])) == 1 or not _MOBILE_HEADS.match(digits):
        return Outcome.UNKNOWN
    return Outcome.VALID


_LANDLINE = re.compile(r"(?:\+?86)?(010|02\d|0[3-9]\d{2})(\d{7,8})(?:[#转*X]\d{1,5})?")

_YEAR_RANGE = re.compile(r"(?:19|20)\d{2}[^0-9]\d{4}$")


def check_landline(value: str) -> Outcome:
    """Landline with area code; without one, or with an impossible first digit, UNKNOWN."""
    text = compact(value).translate(_BRACKETS).replace("/", "")
    found = _LANDLINE.fullmatch(text)
    if found is None and _YEAR_RANGE.match(value):
        return Outcome.INVALID
    if found is None:
        return Outcome.UNKNOWN if is_digits(text) and len(text) in (7, 8) and text[0] in "2345678" else Outcome.INVALID
    area, local = found.groups()
    if len(area) == 3 and len(local) != 8:
        return Outcome.INVALID
    return Outcome.VALID if local[0] in "2345678" else Outcome.UNKNOWN


_EMAIL = re.compile(r"[A-Z0-9][A-Z0-9._%+\-]{0,63}@(?:[A-Z0-9](?:[A-Z0-9\-]{0,62})\.){1,6}[A-Z]{2,18}", re.I)


def check_email(value: str) -> Outcome:
    """E-mail address; a gov.cn mailbox is UNKNOWN: an office, publishable (domain.md §5.3)."""
    text = unicodedata.normalize("NFKC", value.strip()) if len(value) <= MAX_VALUE else ""
    if not _EMAIL.fullmatch(text) or ".." in text or ".@" in text or "-." in text:
        return Outcome.INVALID
    return Outcome.UNKNOWN if text.lower().endswith(".gov.cn") or text.lower().endswith("@gov.cn") else Outcome.VALID


# ------------------------------------------------------------------------------------------------------ places, systems

_DMS = re.compile(r"(\d{1,3})[°度](?:(\d{1,2})['′’分](?:(\d{1,2}(?:\.\d{1,6})?)(?:\"|″|”|''|′′|秒)?)?)?")
_DECIMAL = re.compile(r"\d{1,3}\.\d{1,10}")
_DIRECTION = re.compile("[东西南北经纬EN]|(?i:lon|lat|lng)")
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,10})?")


def check_coordinates(value: str) -> Outcome:
    """Coordinates inside China: degrees (decimal or DMS), or a projected pair (CGCS2000, 西安80, 北京54) with or without zone.

    VALID from about 100 m on (three decimals, seconds, or metres); coarser values UNKNOWN, whole degrees INVALID.
    """
    text = unicodedata.normalize("NFKC", value) if len(value) <= MAX_VALUE else ""
    angles = list(_DMS.finditer(text))
    if angles:
        return _check_dms(angles)
    numbers = _NUMBER.findall(text)
    if len(numbers) >= 2 and _is_projected(numbers[0], numbers[1]):
        return Outcome.VALID
    decimals = [number for number in _DECIMAL.findall(text) if _is_in_china(float(number))]
    if not decimals or len(decimals) != len(numbers):
        return Outcome.INVALID
    if len(decimals) == 1 and not _DIRECTION.search(text):
        return Outcome.INVALID
    is_pair = (
        len(decimals) == 1 or any(float(number) >= 73 for number in decimals) and any(float(n) < 54 for n in decimals)
    )
    precision = min(len(number.partition(".")[2]) for number in decimals)
    if not is_pair or precision < 2:
        return Outcome.INVALID
    return Outcome.VALID if precision >= 3 else Outcome.UNKNOWN


def _check_dms(angles: list[re.Match[str]]) -> Outcome:
    for angle in angles:
        degrees, minutes, seconds = angle.groups()
        if not _is_in_china(float(degrees)) or float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
            return Outcome.INVALID
    if any(angle.group(3) for angle in angles):
        return Outcome.VALID
    return Outcome.UNKNOWN if any(angle.group(2) for angle in angles) else Outcome.INVALID


def _is_in_china(degrees: float) -> bool:
    return 3 <= degrees <= 54 or 73 <= degrees <= 136


def _is_projected(first: str, second: str) -> bool:
    """Whether two numbers are northing and easting in metres of a Gauss-Krüger zone of China, in either order."""
    return _is_northing(first) and _is_easting(second) or _is_easting(first) and _is_northing(second)


def _is_northing(number: str) -> bool:
    return len(number.partition(".")[0]) == 7 and 1_900_000 <= float(number) <= 5_990_000


def _is_easting(number: str) -> bool:
    whole = number.partition(".")[0]
    if len(whole) == 8:
        return 13 <= int(whole[:2]) <= 45 and 160_000 <= int(whole[2:]) <= 840_000
    return len(whole) == 6 and 160_000 <= int(whole) <= 840_000


def check_private_ip(value: str) -> Outcome:
    """IPv4 address of a private network (RFC 1918, RFC 6598); a public address is INVALID, a network as such UNKNOWN."""
    address, _, mask = value.strip().partition("/")
    parts = address.split(".")
    if len(parts) != 4 or not all(is_digits(part) and len(part) <= 3 and int(part) <= 255 for part in parts):
        return Outcome.INVALID
    if any(len(part) > 1 and part[0] == "0" for part in parts) or mask and not (is_digits(mask) and int(mask) <= 32):
        return Outcome.INVALID
    first, second = int(parts[0]), int(parts[1])
    is_private = first == 10 or (first, second) == (192, 168) or first == 172 and 16 <= second <= 31
    if not (is_private or first == 100 and 64 <= second <= 127):
        return Outcome.INVALID
    return Outcome.UNKNOWN if parts[3] == "0" and not mask else Outcome.VALID


_CREDENTIAL_LABEL = re.compile(
    r"^.{0,40}?(?:密码|口令|密钥|password|passwd|pwd|secret|token|key)\s{0,4}(?:[:=为是]|默认为)\s{0,4}", re.I
)
_PLACEHOLDER = re.compile(
    r"[×xX*＊●?？_.…\-]+|请.*|由.*|自行.*|见.*|另.*|不.*|无|空|保密|略|已.*|未.*|(?:your|change|enter|input|the)?.?(?:password|passwd|pwd)|null|none|true|false",
    re.I,
)
_DESCRIBED = re.compile(r"身份证|手机|证件|学号|工号|生日|后[六6四4八8]位")


def check_credential(value: str) -> Outcome:
    """A password that really stands there: 密码：admin123. A described one (身份证后六位) is UNKNOWN, a placeholder INVALID."""
    text = unicodedata.normalize("NFKC", value) if len(value) <= MAX_VALUE else ""
    secret = _CREDENTIAL_LABEL.sub("", text, count=1).strip(" \"'“”‘’<>《》【】[]()。,，;；")
    if not secret or _PLACEHOLDER.fullmatch(secret) or len(set(secret)) == 1 and not is_digits(secret):
        return Outcome.INVALID
    if _DESCRIBED.search(secret):
        return Outcome.UNKNOWN
    ascii_part = "".join(character for character in secret if character.isascii() and not character.isspace())
    if len(ascii_part) < 4 or len(ascii_part) * 2 < len(secret):
        return Outcome.INVALID
    return Outcome.VALID if any(not character.isalpha() for character in ascii_part) else Outcome.UNKNOWN


#: Every validator a rule can name under ``validators:``. Add one: one function above, one line here.
VALIDATORS: dict[str, Validator] = {
    "resident_id": check_resident_id,
    "resident_id_15": check_resident_id_15,
    "resident_id_truncated": check_resident_id_truncated,
    "resident_id_misread": check_resident_id_misread,
    "resident_id_in_token": check_resident_id_in_token,
    "disability_card": check_disability_card,
    "student_number": check_student_number,
    "uscc": check_uscc,
    "bank_card": check_bank_card,
    "passport": check_passport,
    "hk_macau_permit": check_hk_macau_permit,
    "taiwan_permit": check_taiwan_permit,
    "foreign_permanent_residence": check_foreign_permanent_residence,
    "military_id": check_military_id,
    "plate": check_plate,
    "mobile": check_mobile,
    "landline": check_landline,
    "email": check_email,
    "coordinates": check_coordinates,
    "private_ip": check_private_ip,
    "credential": check_credential,
}

#: Types that numbers with another meaning often pass by chance: case numbers pass the ID check in 8.8 % (domain.md §5.1).
CONTEXT_TYPES = frozenset(
    {"resident_id", "resident_id_15", "resident_id_truncated", "bank_card", "disability_card", "uscc"}
)


def check_in_context(name: str, value: str, label_before: str, header: str = "") -> Outcome:
    """What validator ``name`` says about the value once its label is read: a case number is no ID, a USCC no bank card.

    ``label_before`` is the text before the value (the last eight characters count), ``header`` its column head, if any.
    """
    outcome = VALIDATORS[name](value)
    if outcome is Outcome.INVALID or name not in CONTEXT_TYPES:
        return outcome
    kind = classify_number(value, label_before, header).kind
    if name == "uscc":
        return Outcome.INVALID if kind in (NumberKind.RESIDENT_ID, NumberKind.SUSPECT_ID) else outcome
    if name == "bank_card":
        return outcome if kind in (NumberKind.BANK_CARD, NumberKind.SUSPECT_ID, NumberKind.UNKNOWN) else Outcome.INVALID
    if kind in (NumberKind.CASE_NUMBER, NumberKind.USCC, NumberKind.BANK_CARD):
        return Outcome.INVALID
    return Outcome.UNKNOWN if kind is NumberKind.SUSPECT_ID else outcome
