"""Working days: weekdays without public holidays, plus the weekends worked in exchange (调休), from ``calendars/<year>.toml``.

A year without a file counts Monday to Friday and says so: a wrong clock must not look like a right one.
"""

import tomllib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from review.errors import SettingsError

FOLDER = Path(__file__).resolve().parent / "calendars"
#: China has one time zone without daylight saving; a fixed offset needs no zone database.
LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
MISSING = "工作日历缺失"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of the years that have a file. Both tuples are sorted."""

    years: frozenset[int]
    weekdays_off: tuple[date, ...]
    weekends_worked: tuple[date, ...]

    def is_workday(self, day: date) -> bool:
        if day.weekday() < 5:
            return not _holds(self.weekdays_off, day)
        return _holds(self.weekends_worked, day)

    def count(self, after: date, until: date) -> int:
        """Working days in (after, until]; negative, counting back, when ``until`` lies before ``after``."""
        if until < after:
            return -self.count(until, after)
        off = _between(self.weekdays_off, after, until)
        return _weekdays(until) - _weekdays(after) - off + _between(self.weekends_worked, after, until)

    def add(self, start: date, days: int) -> date:
        """The ``days``-th working day after ``start``; the day itself does not count (民法典第二百零一条)."""
        day, left = start, days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_workday(day)
        return day

    def warning(self, *days: date) -> str:
        """ "工作日历缺失（2027年）…" when a year of the range spanned by ``days`` has no file, else ""."""
        if not days:
            return ""
        missing = [str(y) for y in range(min(days).year, max(days).year + 1) if y not in self.years]
        return f"{MISSING}（{'、'.join(missing)}年），暂按周一至周五计算。" if missing else ""


def load_calendar(folder: Path = FOLDER) -> Calendar:
    """The calendar of all year files in a folder; SettingsError, with the file, for one that cannot be used."""
    years: set[int] = set()
    off: list[date] = []
    worked: list[date] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
            year = int(table["year"])
            holidays, workdays = table["holidays"], table["workdays"]
            if any(type(day) is not date or day.year != year for day in (*holidays, *workdays)):
                raise ValueError("dates of another year")
        except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError):
            raise SettingsError(
                f"工作日历 {path.name} 无法使用。",
                "请检查：year、holidays、workdays 三项齐全，日期写作 2026-01-01 且属于该年。",
            ) from None
        years.add(year)
        off += [day for day in holidays if day.weekday() < 5]
        worked += [day for day in workdays if day.weekday() >= 5]
    return Calendar(frozenset(years), tuple(sorted(off)), tuple(sorted(worked)))


def local_day(at: datetime) -> date:
    """The calendar day in China of an instant."""
    return at.astimezone(LOCAL).date()


def _holds(days: tuple[date, ...], day: date) -> bool:
    at = bisect_left(days, day)
    return at < len(days) and days[at] == day


def _between(days: tuple[date, ...], after: date, until: date) -> int:
    return bisect_right(days, until) - bisect_right(days, after)


def _weekdays(day: date) -> int:
    """Mondays to Fridays from the first Monday of the calendar to ``day``, both included."""
    weeks, rest = divmod(day.toordinal(), 7)  # ordinal 1 is a Monday
    return weeks * 5 + min(rest, 5)
