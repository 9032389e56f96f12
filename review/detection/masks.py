"""Finds masked numbers in a text and says how much of them is still shown (grades of domain.md §5.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from review.detection.candidates import HIDDEN
from review.detection.columns import MASK_CHARACTERS
from review.detection.identifiers import PROVINCES


class MaskedKind(StrEnum):
    """What number is masked; the value is what notes call it."""

    ID = "身份证号"
    PHONE = "手机号"
    BANK = "银行账号"


class Grade(StrEnum):
    """How much of a masked ID is shown."""

    G1 = "只遮了三位以内"
    G2 = "出生日期可见"  # also with only the last digit of the day hidden
    G3 = "露出前六后四一类"
    G4 = "中间遮住十位以上"
    G5 = "全部遮住"


@dataclass(frozen=True, slots=True)
class MaskedNumber:
    """A masked number: its place, and its characters with ``*`` for every hidden one (18 of them for an ID)."""

    start: int
    end: int
    kind: MaskedKind
    pattern: str = field(repr=False)

    @property
    def hidden(self) -> int:
        return self.pattern.count(HIDDEN)

    @property
    def head(self) -> int:
        """Number of characters shown before the first hidden one."""
        return self.pattern.index(HIDDEN)

    @property
    def tail(self) -> int:
        """Number of characters shown after the last hidden one."""
        return len(self.pattern) - 1 - self.pattern.rindex(HIDDEN)


_CLASS = f"[{re.escape(MASK_CHARACTERS)}]"
_RUN = re.compile(rf"[0-9]?{_CLASS}{{2,}}|[0-9]{_CLASS}")
#: A single hidden character counts in a long number only.
_LONG_NUMBER = 15
_MASKS = frozenset(MASK_CHARACTERS)
_BODY = frozenset("0123456789０１２３４５６７８９" + MASK_CHARACTERS)
_JOINTS = frozenset(" -\u3000")
_MAX_TOKEN = 32
_ID_LABEL = re.compile("身份|证件|残疾证|学籍|公民")
_BANK_LABEL = re.compile("卡号|账号|帐号|一卡通|存折|账户|银行")
_PHONE_LABEL = re.compile("电话|手机|联系方式")
_LABEL_REACH = 12
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def find_masked(text: str, start: int = 0, end: int | None = None, header: str = "") -> Iterator[MaskedNumber]:
    """The masked IDs, phones and accounts of ``text[start:end]``; ``header`` is the head of the column it stands in."""
    stop = len(text) if end is None else end
    reached = start
    for run in _RUN.finditer(text, start, stop):
        if run.start() < reached or run.end() - run.start() > _MAX_TOKEN:
            continue
        left, right = _widened(text, run.start(), run.end(), max(reached, start), stop)
        reached = right
        if (
            run.end() - run.start() == 2
            and sum(map(str.isdigit, text[left:right])) < _LONG_NUMBER
            and text[run.start()].isdigit()
        ):
            continue
        label = header or text[max(start, left - _LABEL_REACH) : left]
        right = _without_glued_date(text, left, right)
        found = _recognised(text[left:right], label)
        if found is not None:
            yield MaskedNumber(left, right, *found)


def _without_glued_date(text: str, left: int, right: int) -> int:
    """The end of a token whose first 18 characters are a whole masked ID and whose rest is a year: …*******2015年."""
    is_glued = right - left == 22 and text[left + 17] in _MASKS and text[right - 4 : right - 2] in ("19", "20")
    return right - 4 if is_glued else right


def _widened(text: str, left: int, right: int, low: int, high: int) -> tuple[int, int]:
    """The whole token around a run of mask characters: digits and masks, single joints between them."""
    low, high = max(low, left - _MAX_TOKEN), min(high, right + _MAX_TOKEN)
    while left > low:
        if text[left - 1] in _BODY:
            left -= 1
        elif text[left - 1] in _JOINTS and left - 1 > low and text[left - 2] in _BODY:
            left -= 2
        else:
            break
    while right < high:
        if text[right] in _BODY:
            right += 1
        elif text[right] in _JOINTS and right + 1 < high and text[right + 1] in _BODY:
            right += 2
        else:
            break
    return left, right


def _recognised(token: str, label: str) -> tuple[MaskedKind, str] | None:
    body = "".join(character for character in token if character not in _JOINTS).translate(_FULL_WIDTH)
    pattern = "".join(HIDDEN if character in _MASKS else character for character in body)
    if len(body) > 1 and body[-1] in "Xx" and body[-2].isdigit():
        pattern = pattern[:-1] + "X"
    shown = len(pattern) - pattern.count(HIDDEN)
    if not shown or HIDDEN not in pattern or "X" in pattern[:-1]:
        return None
    if _is_phone(pattern, label):
        return MaskedKind.PHONE, pattern
    if _BANK_LABEL.search(label) and 10 <= len(pattern) <= 24:
        return MaskedKind.BANK, pattern
    says_id = bool(_ID_LABEL.search(label))
    if len(pattern) == 18 and _may_begin_id(pattern) and (says_id or shown >= 4):
        return MaskedKind.ID, pattern
    if says_id:
        contracted = _contracted(pattern)
        return (MaskedKind.ID, contracted) if contracted else None
    if 16 <= len(pattern) <= 19 and pattern.startswith("62"):
        return MaskedKind.BANK, pattern
    return None


def _is_phone(pattern: str, label: str) -> bool:
    if len(pattern) == 11 and pattern[0] == "1" and pattern[1] in "3456789*":
        return True
    return bool(_PHONE_LABEL.search(label)) and len(pattern) == 11


_FIRST_TWO = frozenset(
    shown for province in PROVINCES for shown in (province, province[0] + HIDDEN, HIDDEN + province[1], HIDDEN * 2)
)


def _may_begin_id(pattern: str) -> bool:
    return pattern[:2] in _FIRST_TWO


def _contracted(pattern: str) -> str:
    """An ID whose masks are fewer or more than the digits they stand for (341802****4512), stretched to 18; "" for none."""
    head, tail = pattern.index(HIDDEN), len(pattern) - 1 - pattern.rindex(HIDDEN)
    middle = pattern[head : len(pattern) - tail]
    if head < 2 or len(middle) < 3:
        return ""
    if (
        middle.strip(HIDDEN)
        or head + tail > 17
        or head + tail < 2
        or "X" in pattern[:-1]
        or not _may_begin_id(pattern[:head].ljust(2, HIDDEN))
    ):
        return ""
    return pattern[:head] + HIDDEN * (18 - head - tail) + pattern[len(pattern) - tail :]


#: A mask that hides at least so many digits and shows at most so many in front and behind passes.
_PASSING_HIDDEN, _PASSING_HEAD, _PASSING_TAIL, _PASSING_SHOWN = 10, 6, 4, 8


def grade_id(pattern: str) -> Grade:
    """The grade of a masked ID of 18 characters."""
    hidden = pattern.count(HIDDEN)
    if hidden == len(pattern):
        return Grade.G5
    if hidden <= 3:
        return Grade.G1
    if HIDDEN not in pattern[6:13]:
        return Grade.G2
    head, tail = pattern.index(HIDDEN), len(pattern) - 1 - pattern.rindex(HIDDEN)
    is_middle_hidden = head + tail + hidden == len(pattern)
    if (
        is_middle_hidden
        and hidden >= _PASSING_HIDDEN
        and head <= _PASSING_HEAD
        and tail <= _PASSING_TAIL
        and head + tail <= _PASSING_SHOWN
    ):
        return Grade.G4
    return Grade.G3
