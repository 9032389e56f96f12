"""The report of a stopped upload: what the secrecy office needs, nothing of the file."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import docx
import pytest

from review.outputs.stop_report import DUTY, RESIDUE, render_stop_report
from review.types import RuleSet, StopEvent

EVENT = StopEvent(
    number="SJ-2026-0001",
    at=datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
    actor_id="u1",
    actor_name="李某（化名）",
    department="青山镇",
    client="10.0.0.5",
    rules=("secrecy-mark-star",),
    places=("first_page_top", "file_name"),
    suffix=".docx",
    size=12345,
    name_hash="ab" * 32,
    action="refused",
)


def text_of(event: StopEvent) -> str:
    form = docx.Document(io.BytesIO(render_stop_report(event, RuleSet((), ""), "区信息中心", (7, "cd" * 32))))
    lines = [paragraph.text for paragraph in (*form.paragraphs, *form.sections[0].footer.paragraphs)]
    return "\n".join([*lines, *(cell.text for table in form.tables for row in table.rows for cell in row.cells)])


def test_the_report_says_who_when_where_and_what_to_do() -> None:
    text = text_of(EVENT)
    for expected in (
        "SJ-2026-0001",
        "2026-11-23 09:30:00",
        "李某（化名）",
        "青山镇",
        "10.0.0.5",
        "首页上部、文件名",
        "secrecy-mark-star",
        ".docx",
        "12345 字节",
        "abababababababab",
        "未保存文件",
        "24小时内",
        "审计链头：第7条",
        DUTY,
        *RESIDUE,
    ):
        assert expected in text, expected
    assert "★" not in text


@pytest.mark.parametrize("change", [{"rules": (), "places": (), "action": "purged", "client": "", "suffix": ""}])
def test_a_stop_by_a_person_is_reported_as_such(change) -> None:
    text = text_of(replace(EVENT, **change))
    assert "由审查人员人工认定" in text and "已清除" in text
