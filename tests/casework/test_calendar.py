"""Working days: against a count by hand, over holidays, exchanged weekends and years without a file."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.casework.calendar import load_calendar, local_day
from review.errors import SettingsError

CALENDAR = load_calendar()
DAYS = st.dates(date(2024, 6, 1), date(2028, 6, 1))


@given(DAYS, DAYS)
def test_counting_is_the_same_as_looking_at_every_day(first, second) -> None:
    low, high = sorted((first, second))
    days = (low + timedelta(days=n) for n in range(1, (high - low).days + 1))
    expected = sum(CALENDAR.is_workday(day) for day in days)
    assert CALENDAR.count(low, high) == expected
    assert CALENDAR.count(high, low) == -expected


@given(DAYS, st.integers(1, 60))
def test_adding_and_counting_agree(start, days) -> None:
    due = CALENDAR.add(start, days)
    assert CALENDAR.is_workday(due)
    assert CALENDAR.count(start, due) == days


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 11, 16), 15, date(2026, 12, 7)),
        (date(2026, 11, 16), 20, date(2026, 12, 14)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # 10月10日（周六）调休上班
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # 2月14日（周六）调休上班
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
    ],
)
def test_due_dates_over_holidays(start, days, due) -> None:
    assert CALENDAR.add(start, days) == due


def test_a_year_without_a_file_counts_weekdays_and_says_so() -> None:
    assert CALENDAR.add(date(2030, 9, 30), 1) == date(2030, 10, 1)
    assert CALENDAR.warning(date(2026, 12, 20), date(2027, 1, 10)).startswith("工作日历缺失（2027年）")
    assert CALENDAR.warning(date(2025, 12, 20), date(2026, 1, 10)) == ""


@pytest.mark.parametrize(
    "text",
    ["year = 2027", "year = 2027\nholidays = [2026-01-01]\nworkdays = []", "year = 2027\nholidays = ['x']\n", "["],
)
def test_an_unusable_calendar_is_named(tmp_path, text) -> None:
    (tmp_path / "2027.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="2027.toml"):
        load_calendar(tmp_path)


def test_the_day_is_the_day_in_china() -> None:
    assert local_day(datetime(2026, 11, 22, 17, tzinfo=UTC)) == date(2026, 11, 23)
