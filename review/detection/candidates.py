"""How many resident IDs a masked one can still be: exact, from what is shown, what the row adds, and the check digit.

A pattern is 18 characters, digits (the last one also X) where shown and ``*`` where hidden. Counting is by residues
modulo 11: the positions outside the birth date are folded into a table of 11 numbers, the possible birth dates into
another, and the check digit (GB 11643-1999) says which pairs of residues fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from review.detection.identifiers import PROVINCES

HIDDEN = "*"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

#: A hidden birth year is one of these hundred; with nothing known that gives about 3,300 candidates for first 6 + last 4.
FIRST_BIRTH, LAST_BIRTH = date(1926, 1, 1), date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Known:
    """What else is told about the person: parts of the birth date, the years an age allows, the sex."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    is_male: bool | None = None

    @property
    def has_birth(self) -> bool:
        return self.year is not None or self.month is not None


NOTHING = Known()


def count_candidates(pattern: str, known: Known = NOTHING) -> int:
    """The number of different IDs with a right check digit that fit the pattern and what is known; 0 if nothing fits."""
    if len(pattern) != 18:
        raise ValueError("a pattern has 18 characters")
    rest = _rest_residues(pattern[:6], pattern[14:17], known.is_male)
    dates = _date_residues(pattern[6:14], known.year, known.month, known.day)
    wanted = _wanted_residues(pattern[17])
    return sum(rest[left] * dates[right] for left in range(11) for right in range(11) if (left + right) % 11 in wanted)


def _wanted_residues(check: str) -> frozenset[int]:
    return frozenset(range(11)) if check == HIDDEN else frozenset({_CHECK_DIGITS.index(check)})


@lru_cache(maxsize=4096)
def _rest_residues(region: str, order: str, is_male: bool | None) -> tuple[int, ...]:
    """How many fillings of region and order number give each residue; the province must exist, the sex must fit."""
    table = [0] * 11
    for province in PROVINCES:
        if all(shown in (HIDDEN, digit) for shown, digit in zip(region[:2], province, strict=True)):
            table[(int(province[0]) * _WEIGHTS[0] + int(province[1]) * _WEIGHTS[1]) % 11] += 1
    for position in (2, 3, 4, 5):
        table = _folded(table, _digits(region[position]), _WEIGHTS[position])
    for position in (14, 15):
        table = _folded(table, _digits(order[position - 14]), _WEIGHTS[position])
    sexes = [digit for digit in _digits(order[2]) if is_male is None or (digit % 2 == 1) == is_male]
    return tuple(_folded(table, sexes, _WEIGHTS[16]))


def _digits(shown: str) -> Sequence[int]:
    return range(10) if shown == HIDDEN else (int(shown),)


def _folded(table: Sequence[int], digits: Sequence[int], weight: int) -> list[int]:
    folded = [0] * 11
    for residue, count in enumerate(table):
        if count:
            for digit in digits:
                folded[(residue + digit * weight) % 11] += count
    return folded


@lru_cache(maxsize=4096)
def _date_residues(shown: str, year: int | None, month: int | None, day: int | None) -> tuple[int, ...]:
    """How many birth dates that fit give each residue."""
    table = [0] * 11
    for birth in _possible_dates(shown, year, month, day):
        digits = f"{birth:%Y%m%d}"
        table[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS[6:14], strict=True)) % 11] += 1
    return tuple(table)


def _possible_dates(shown: str, year: int | None, month: int | None, day: int | None) -> Iterator[date]:
    years = [number for number in _possible_years(shown[:4]) if year is None or number == year]
    months = [number for number in range(1, 13) if _fits(shown[4:6], f"{number:02d}") and month in (None, number)]
    for one_year in years:
        for one_month in months:
            for birth in _days_of(one_year, one_month):
                if _fits(shown[6:], f"{birth.day:02d}") and day in (None, birth.day):
                    yield birth


def _possible_years(shown: str) -> Iterator[int]:
    if HIDDEN not in shown:
        yield int(shown)
        return
    for number in range(FIRST_BIRTH.year, LAST_BIRTH.year + 1):
        if _fits(shown, str(number)):
            yield number


def _days_of(year: int, month: int) -> Iterator[date]:
    if not 1900 <= year <= 2100:
        return
    birth = date(year, month, 1)
    while birth.month == month:
        yield birth
        birth += timedelta(days=1)


def _fits(shown: str, digits: str) -> bool:
    return all(left in (HIDDEN, right) for left, right in zip(shown, digits, strict=True))
