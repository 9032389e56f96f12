"""What is stored comes back the same."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.casework.records import check_json, parse_check, parse_parts, parse_time, parts_json, time_text
from review.types import Check, Finding, Gap, GapReason, Level, Part, Severity, Source, Span, Verdict, Zone

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
SPANS = st.builds(lambda start, size: Span(start, start + size), st.integers(0, 10**6), st.integers(1, 100))
FINDINGS = st.builds(
    Finding,
    rule_id=TEXT,
    rule_version=st.integers(1, 99),
    category=TEXT,
    severity=st.sampled_from(Severity),
    source=st.sampled_from(Source),
    span=st.none() | SPANS,
    spans=st.lists(SPANS, max_size=3).map(tuple),
    place=st.sampled_from(Zone),
    count=st.integers(1, 999),
    score=st.none() | st.floats(0, 1),
    hidden=st.booleans(),
    layers=st.lists(TEXT, max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    fingerprint=TEXT,
    trial=st.booleans(),
)
CHECKS = st.builds(
    Check,
    document_sha256=st.none() | TEXT,
    document_format=TEXT,
    characters=st.none() | st.integers(0, 10**7),
    pages=st.none() | st.integers(1, 3000),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    gaps=st.lists(st.builds(Gap, st.sampled_from(GapReason), TEXT, TEXT), max_size=2).map(tuple),
    verdict=st.builds(Verdict, st.sampled_from(Level), st.booleans(), st.lists(TEXT, max_size=2).map(tuple)),
    ruleset_sha256=TEXT,
    model_id=st.none() | TEXT,
    tool_version=TEXT,
    checked_on=st.dates(date(2000, 1, 1)),
)


@given(CHECKS)
def test_a_check_comes_back_the_same(check) -> None:
    assert parse_check(check_json(check)) == check


@given(st.lists(st.builds(Part, TEXT, TEXT, TEXT, st.integers(0, 9), st.none() | SPANS, st.none() | st.integers(0, 9))))
def test_parts_come_back_the_same(parts) -> None:
    assert parse_parts(parts_json(parts)) == tuple(parts)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))
)
def test_times_come_back_the_same_and_sort_as_text(first, second) -> None:
    first, second = first.replace(tzinfo=UTC), second.replace(tzinfo=UTC)
    assert parse_time(time_text(first)) == first
    assert (time_text(first) < time_text(second)) == (first < second)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError):
        time_text(datetime(2026, 1, 1))
