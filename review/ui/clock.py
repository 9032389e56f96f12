"""The time as the screens use it: aware UTC inside, Asia/Shanghai on the page."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_WEEKDAYS = "一二三四五六日"


def now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The local calendar date."""
    return datetime.now(CHINA).date()


def spoken_date(day: date) -> str:
    """2026年11月23日 星期一"""
    return f"{day.year}年{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"


def local_time(moment: datetime) -> str:
    """2026-11-23 17:30 in local time."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
