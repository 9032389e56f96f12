"""xls and et: cells with what hides them, the records beside the cells, and workbooks that do not hold together."""

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import xls as xls_format
from review.reading.nesting import read_document
from review.types import BlockKind, Cell, GapReason, Sheet
from tests.reading.builders_ole import biff, label, number, ole, summary, wide, xls

SAMPLES = Path(__file__).parent / "samples"
WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)
ROWS = st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4)


def read(data: bytes) -> Reading:
    return xls_format.extract(data, Options(format="xls"))


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_cells_come_back_at_their_place(rows) -> None:
    records = b"".join(label(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    reading = read(xls([("名单", 0, records)]))
    expected = [(text, Cell(0, r, c)) for r, row in enumerate(rows) for c, text in enumerate(row)]
    assert [(p.text, p.cell) for p in reading.pieces if p.kind is BlockKind.CELL] == expected
    assert reading.gaps == ()
    assert one(reading, "名单").kind is BlockKind.NAME


@pytest.mark.parametrize(
    ("stored", "text"),
    [(341802198001011e3, "341802198001011000"), (13800138000.0, "13800138000"), (0.1, "0.1"), (-2.5, "-2.5")],
)
def test_numbers_keep_the_digits_they_still_have(stored: float, text: str) -> None:
    assert one(read(xls([("表", 0, number(0, 0, stored))])), text).locator == "工作表“表” A1"


def test_hidden_sheets_say_so() -> None:
    reading = read(xls([("看得见", 0, label(0, 0, "甲")), ("藏", 1, label(0, 0, "乙")), ("深", 2, label(0, 0, "丙"))]))
    assert (one(reading, "甲").concealed, one(reading, "甲").top_of_first_page) == ("", True)
    assert one(reading, "乙").concealed == "隐藏工作表"
    assert (one(reading, "丙").concealed, one(reading, "丙").locator) == ("深度隐藏工作表", "工作表“深”(深度隐藏) A1")
    assert reading.sheets[1] == Sheet("藏", "hidden", 1, 1)


def test_boxes_headers_prompts_links_and_users_are_read() -> None:
    box = biff(0x5D, struct.pack("<HHHHH", 0x15, 18, 6, 1, 0) + bytes(12))
    box += biff(0x1B6, bytes(10) + struct.pack("<HHI", 4, 16, 0)) + biff(0x3C, b"\1" + "框里".encode("utf-16-le"))
    box += biff(0x3C, b"\1" + "的话".encode("utf-16-le")) + biff(0x3C, bytes(16))
    prompt = biff(0x1BE, bytes(4) + b"".join(map(wide, ("题", "错", "输入说明", "出错说明"))) + bytes(8))
    header = biff(0x14, wide('&L&"宋体,加粗"内部&C资料')) + biff(0x15, wide("&R脚注处"))
    sheet = label(0, 0, "甲") + header + prompt + box
    book = biff(0x5C, wide("王某")) + biff(0x1AE, struct.pack("<H", 1) + wide("\x01外部底稿.xls") + wide("底表"))
    reading = read(xls([("表", 0, sheet)], before=book))
    assert one(reading, "框里的话").kind is BlockKind.TEXT_BOX
    assert one(reading, "内部\n资料").kind is BlockKind.HEADER
    assert one(reading, "脚注处").kind is BlockKind.FOOTER
    assert one(reading, "输入说明").locator == "工作表“表” 数据有效性 输入提示"
    assert one(reading, "王某").kind is BlockKind.PROPERTY
    assert one(reading, "外部底稿.xls").kind is BlockKind.LINK


def test_a_record_cut_short_beside_the_cells_is_a_gap() -> None:
    prompt = biff(0x1BE, bytes(4) + wide("题")[:-1])
    reading = read(xls([("表", 0, label(0, 0, "甲") + prompt)]))
    assert one(reading, "甲").cell and [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]


def test_pivot_caches_and_change_logs_are_read_and_marked() -> None:
    cache = biff(0xCD, wide("已删掉的姓名")) + biff(0xC9, struct.pack("<d", 13800138000))
    log = "改单元格：旧的电话".encode("utf-16-le")
    extra = {"_SX_DB_CUR/0001": cache, "Revision Log": log, "\x05SummaryInformation": summary({4: "张起草"})}
    reading = read(xls([("表", 0, label(0, 0, "甲"))], extra=extra))
    assert all(one(reading, text).concealed for text in ("已删掉的姓名", "13800138000", "改单元格：旧的电话"))
    assert one(reading, "张起草").kind is BlockKind.PROPERTY


def test_a_workbook_of_an_office_program_comes_back_whole() -> None:
    """samples/sample.xls, made by samples/make_samples.py."""
    reading = read((SAMPLES / "sample.xls").read_bytes())
    found = {p.text: p.concealed for p in reading.pieces if p.kind is BlockKind.CELL}
    assert found == {
        "低保对象名单": "",
        "张三": "",
        "隐藏列": "隐藏列",
        "341802198001010000": "",
        "隐藏行": "隐藏行",
        "白字": "白色文字",
        "13800138000": "数字格式遮盖",
        "2026-01-05": "",
        "2": "",
        "隐藏表内容": "隐藏工作表",
    }
    assert one(reading, "低保对象名单").cell == Cell(0, 0, 0, 1, 3)
    assert (one(reading, "批注文字").kind, one(reading, "批注文字").locator) == (
        BlockKind.COMMENT,
        "工作表“名单” A2 批注（王审核）",
    )
    assert one(reading, "名称定义").kind is BlockKind.NAME
    assert one(reading, "公式里的口令").kind is BlockKind.FIELD
    assert [(s.name, s.state) for s in reading.sheets] == [("名单", "visible"), ("底表", "hidden")]


def test_a_workbook_with_a_password_is_a_gap() -> None:
    secret = biff(0x2F, struct.pack("<HHH", 0, 1, 2))
    with pytest.raises(Unreadable) as caught:
        read(xls([("表", 0, label(0, 0, "甲"))], before=secret))
    assert caught.value.reason is GapReason.ENCRYPTED


def test_a_damaged_workbook_gives_its_strings_and_a_gap() -> None:
    text = "找得回来的姓名"
    strings = biff(0xFC, struct.pack("<II", 1, 1) + struct.pack("<HB", 7, 1) + text[:4].encode("utf-16-le"))
    strings += biff(0x3C, b"\1" + text[4:].encode("utf-16-le"))
    data = xls([("表", 0, biff(0x203, b"\0"))], before=strings)
    reading = read(data)
    assert one(reading, text)
    assert [g.reason for g in reading.gaps] == [GapReason.CORRUPT]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=40))
def test_damaged_workbooks_never_crash_the_reader(at: int, junk: bytes) -> None:
    data = bytearray((SAMPLES / "sample.xls").read_bytes())
    at = 512 + at % (len(data) - 512)
    data[at : at + len(junk)] = junk
    document = read_document(bytes(data), Options(name="坏.xls"))
    assert document.text or document.gaps


def test_a_link_over_a_whole_sheet_costs_no_more_than_one() -> None:
    address = "http://example.cn/a".encode("utf-16-le") + b"\0\0"
    moniker = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + struct.pack("<I", len(address)) + address
    standard = bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
    link = struct.pack("<4H", 0, 65535, 0, 255) + standard + struct.pack("<II", 2, 3) + moniker
    started = time.process_time()
    reading = read(xls([("表", 0, label(0, 0, "甲") + biff(0x1B8, link) * 50)]))
    assert {p.text for p in reading.pieces if p.kind is BlockKind.LINK} == {"http://example.cn/a"}
    assert time.process_time() - started < 2


@pytest.mark.parametrize("code_page", [936, 1252, 0])
def test_old_workbooks_are_chinese_whatever_code_page_they_name(code_page: int) -> None:
    def old_label(row: int, text: str) -> bytes:
        raw = text.encode("gb18030")
        return biff(0x204, struct.pack("<HHHH", row, 0, 0, len(raw)) + raw)

    page = biff(0x42, struct.pack("<H", code_page)) if code_page else b""
    name = "名单".encode("gb18030")
    head = biff(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + page
    at = len(head) + 4 + 7 + len(name) + 4
    head += biff(0x85, struct.pack("<IBBB", at, 0, 0, len(name)) + name) + biff(0x0A, b"")
    sheet = biff(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + old_label(0, "低保对象张三") + biff(0x0A, b"")
    reading = read(ole({"Book": head + sheet}))
    assert one(reading, "低保对象张三").locator == "工作表“名单” A1"
    assert reading.gaps == ()
