"""ppt: slides in order, hidden ones, notes, comments, texts of old saves, and files that do not hold together."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ppt as ppt_format
from review.reading.nesting import read_document
from review.types import BlockKind, Cell, GapReason
from tests.reading.builders_ole import atom, chars, comment, container, doc, ppt, summary

SAMPLES = Path(__file__).parent / "samples"
WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸★0123456789ABC\U00020000", min_size=1, max_size=12)


def read(data: bytes) -> Reading:
    return ppt_format.extract(data, Options(format="ppt"))


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_slides_come_back_in_order(slides) -> None:
    reading = read(ppt([(False, b"".join(map(chars, texts))) for texts in slides]))
    expected = [(text, page) for page, texts in enumerate(slides, 1) for text in texts]
    assert [(p.text, p.page) for p in reading.pieces] == expected
    assert {p.kind for p in reading.pieces} == {BlockKind.PARAGRAPH}
    assert reading.gaps == ()


def test_hidden_slides_comments_and_old_saves_are_marked() -> None:
    slides = [(False, chars("看得见") + comment("王审核", "此页涉密")), (True, chars("不放映"))]
    reading = read(ppt(slides, old=[chars("从前的口径"), chars("看得见")]))
    assert one(reading, "看得见").top_of_first_page
    assert (one(reading, "不放映").concealed, one(reading, "不放映").locator) == (
        "隐藏的幻灯片",
        "第2张幻灯片(未列入放映)",
    )
    assert (one(reading, "此页涉密").kind, one(reading, "此页涉密").locator) == (
        BlockKind.COMMENT,
        "第1张幻灯片 批注（王审核）",
    )
    assert (one(reading, "从前的口径").kind, one(reading, "从前的口径").concealed) == (
        BlockKind.HIDDEN,
        "旧版本残留（增量保存）",
    )


def test_single_byte_text_and_properties_are_read() -> None:
    extra = {"\x05SummaryInformation": summary({4: "孙汇报"})}
    reading = read(ppt([(False, atom(4008, b"Report 2026\rline"))], extra=extra))
    assert one(reading, "Report 2026\nline")
    assert one(reading, "孙汇报").kind is BlockKind.PROPERTY


def test_an_object_inside_is_read_as_a_part() -> None:
    inner = doc([("里面的手机号 13800138000\r", b"")])
    packed = len(inner).to_bytes(4, "little") + zlib.compress(inner)
    data = ppt([(False, chars("外面"))], objects=[atom(4113, packed, 1)])
    document = read_document(data, Options(name="外.ppt"))
    assert "13800138000" in document.text
    assert [p.format for p in document.parts] == ["doc"]


def test_encrypted_and_broken_presentations_are_said() -> None:
    with pytest.raises(Unreadable) as caught:
        read(ppt([(False, chars("密"))], token=0xF3D1C4DF))
    assert caught.value.reason is GapReason.ENCRYPTED
    broken = read(ppt([(False, chars("找得回来"))], extra={"Current User": b""}))
    assert one(broken, "找得回来")
    assert [g.reason for g in broken.gaps] == [GapReason.CORRUPT]


def test_a_presentation_of_an_office_program_comes_back_whole() -> None:
    """samples/sample.ppt, made by samples/make_samples.py."""
    reading = read((SAMPLES / "sample.ppt").read_bytes())
    found = {p.text: (p.kind, p.page, p.concealed) for p in reading.pieces}
    assert found == {
        "工作汇报": (BlockKind.PARAGRAPH, 1, ""),
        "画布外": (BlockKind.PARAGRAPH, 1, "幻灯片画布之外"),
        "备注口径": (BlockKind.NOTE, 1, ""),
        "隐藏页内容": (BlockKind.PARAGRAPH, 2, "隐藏的幻灯片"),
        "张起草": (BlockKind.PROPERTY, None, ""),
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=40))
def test_damaged_presentations_never_crash_the_reader(at: int, junk: bytes) -> None:
    data = bytearray((SAMPLES / "sample.ppt").read_bytes())
    at = 512 + at % (len(data) - 512)
    data[at : at + len(junk)] = junk
    document = read_document(bytes(data), Options(name="坏.ppt"))
    assert document.text or document.gaps


def test_boxes_of_a_table_are_cells() -> None:
    def box(left: int, top: int, right: int, bottom: int, text: str) -> bytes:
        return container(0xF004, atom(0xF00F, struct.pack("<4i", left, top, right, bottom)), chars(text))

    mark = struct.pack("<HHI", 1 << 4 | 3, 0xF122, 6) + struct.pack("<HI", 0x039F, 1)
    cells = [box(0, 0, 20, 10, "并"), box(20, 0, 30, 10, "丙"), box(0, 10, 10, 20, "丁"), box(20, 10, 30, 20, "己")]
    reading = read(ppt([(False, container(0xF003, container(0xF004, mark), *cells) + container(0xF004, chars("外")))]))
    assert one(reading, "并").cell == Cell(0, 0, 0, 1, 2)
    assert one(reading, "己").cell == Cell(0, 1, 2)
    assert (one(reading, "丙").kind, one(reading, "丙").locator) == (BlockKind.CELL, "第1张幻灯片 表1 第1行 C列")
    assert (one(reading, "外").kind, one(reading, "外").cell) == (BlockKind.PARAGRAPH, None)
