"""doc and wps: the piece table, what hides text, stories, properties, and files that do not hold together."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import doc as doc_format
from review.reading.formats.ole_rebuild import Storage, write
from review.reading.nesting import read_document
from review.types import BlockKind, Cell, GapReason
from tests.reading.builders_ole import doc, document_summary, ole, streams_of, summary

SAMPLES = Path(__file__).parent / "samples"
WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸★0123456789ABC\U00020000", min_size=1, max_size=12)
DELETED, INSERTED, HIDDEN, WHITE, TINY = (
    b"\x00\x08\x01",
    b"\x01\x08\x01",
    b"\x3c\x08\x01",
    b"\x42\x2a\x08",
    b"\x43\x4a\x02\x00",
)


def read(data: bytes) -> Reading:
    return doc_format.extract(data, Options(format="doc"))


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_paragraphs_come_back_in_order(words) -> None:
    reading = read(doc([(word + "\r", b"") for word in words]))
    assert [p.text for p in reading.pieces] == words
    assert [p.locator for p in reading.pieces] == [f"正文第{n}段" for n in range(1, len(words) + 1)]
    assert all(p.top_of_first_page for p in reading.pieces)
    assert reading.gaps == ()


@pytest.mark.parametrize(
    ("changes", "kind", "concealed"),
    [
        (DELETED, BlockKind.DELETION, "修订中已删除的文字"),
        (HIDDEN, BlockKind.HIDDEN, "隐藏文字"),
        (WHITE, BlockKind.HIDDEN, "白色文字"),
        (TINY, BlockKind.HIDDEN, "微小字号"),
    ],
)
def test_what_a_reader_does_not_see_says_why(changes: bytes, kind: BlockKind, concealed: str) -> None:
    reading = read(doc([("看", b""), ("藏起来", changes), ("见\r", b"")]))
    assert one(reading, "看见").concealed == ""
    assert (one(reading, "藏起来").kind, one(reading, "藏起来").concealed) == (kind, concealed)


def test_formatting_of_a_quick_save_counts_too() -> None:
    reading = read(doc([("看", b""), ("删掉", b""), ("见\r", b"")], fast=[b"", DELETED, b""]))
    assert one(reading, "看见")
    assert one(reading, "删掉").kind is BlockKind.DELETION


def test_text_an_earlier_quick_save_left_is_read_and_marked() -> None:
    data = doc([("现在的正文\r", b""), ("从前的兵力部署", b"")])
    piece = struct.pack("<HIH", 0, 0x800, 0)
    shorter = data.replace(struct.pack("<II", 0, 13) + piece, struct.pack("<II", 0, 6) + piece)
    shorter = shorter.replace(struct.pack("<i", 13) + bytes(4), struct.pack("<i", 6) + bytes(4), 1)
    reading = read(shorter)
    assert one(reading, "现在的正文").kind is BlockKind.PARAGRAPH
    assert (one(reading, "从前的兵力部署").kind, one(reading, "从前的兵力部署").concealed) == (
        BlockKind.HIDDEN,
        "快速保存残留的旧文字",
    )


def test_fields_give_their_result_and_their_target() -> None:
    reading = read(doc([('\x13 HYPERLINK "http://example.cn/a" \x14点此\x15打开\r\x13 PAGE \x141\x15\r', b"")]))
    assert one(reading, "点此打开").kind is BlockKind.PARAGRAPH
    assert one(reading, "http://example.cn/a").kind is BlockKind.LINK
    assert not [p for p in reading.pieces if "PAGE" in p.text]


@pytest.mark.parametrize("code_page", [936, 1200, 65001 - 65536])
def test_properties_are_read_in_their_code_page(code_page: int) -> None:
    page = code_page % 65536
    extra = {"\x05SummaryInformation": summary({4: "张起草", 8: "李修改", 14: 3}, page)} if page != 65001 else {}
    extra["\x05DocumentSummaryInformation"] = document_summary({15: "某单位"}, {"密级": "机密级"})
    reading = read(doc([("正文\r", b"")], extra=extra))
    for text in ("某单位", "机密级", "密级", *(["张起草", "李修改"] if page != 65001 else [])):
        assert one(reading, text).kind is BlockKind.PROPERTY
    assert one(reading, "机密级").locator == "自定义属性 密级"


def test_an_object_inside_is_read_as_a_part() -> None:
    streams = streams_of(doc([("里面的手机号 13800138000\r", b"")]))
    root = Storage(streams_of(doc([("外面\r", b"")])))
    root.storages["ObjectPool"] = Storage(storages={"_1": Storage(streams), "_2": Storage({"\x01Ole": b"\0" * 20})})
    document = read_document(write(root), Options(name="外.doc"))
    assert "13800138000" in document.text
    assert [p.format for p in document.parts] == ["doc"]


def test_encrypted_old_and_broken_documents_are_said() -> None:
    with pytest.raises(Unreadable) as caught:
        read(doc([("密\r", b"")], flags=0x100))
    assert caught.value.reason is GapReason.ENCRYPTED
    old = bytearray(0x400) + "旧格式的正文".encode("gb18030")
    struct.pack_into("<HH", old, 0, 0xA5DC, 101)
    struct.pack_into("<II", old, 0x18, 0x400, len(old))
    reading = read(ole({"WordDocument": bytes(old)}))
    assert one(reading, "旧格式的正文")
    assert [g.reason for g in reading.gaps] == [GapReason.UNSUPPORTED]
    broken = read(doc([("找得回来的正文\r", b"")]).replace(b"\2\x10\0\0\0", b"\7\x10\0\0\0"))
    assert one(broken, "找得回来的正文")
    assert [g.reason for g in broken.gaps] == [GapReason.CORRUPT]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=40))
def test_damaged_documents_never_crash_the_reader(at: int, junk: bytes) -> None:
    data = bytearray(
        doc([("正文\r", b""), ("藏", HIDDEN), ("尾\r", b"")], extra={"\x05SummaryInformation": summary({4: "某"})})
    )
    at = 512 + at % (len(data) - 512)
    data[at : at + len(junk)] = junk
    document = read_document(bytes(data), Options(name="坏.doc"))
    assert document.text or document.gaps


def test_a_document_of_an_office_program_comes_back_whole() -> None:
    """samples/sample.doc, made by samples/make_samples.py."""
    reading = read((SAMPLES / "sample.doc").read_bytes())
    kinds = {p.text.strip(): (p.kind, bool(p.concealed)) for p in reading.pieces}
    expected = {
        "关于防汛工作的通知": (BlockKind.HEADING, False),
        "各镇人民政府：队伍若干。": (BlockKind.PARAGRAPH, False),
        "兵力二百四十人": (BlockKind.DELETION, True),
        "隐藏的依据": (BlockKind.HIDDEN, True),
        "白色的密码": (BlockKind.HIDDEN, True),
        "页眉文字": (BlockKind.HEADER, False),
        "页脚文字": (BlockKind.FOOTER, False),
        "脚注文字": (BlockKind.NOTE, False),
        "尾注文字": (BlockKind.NOTE, False),
        "批注文字": (BlockKind.COMMENT, False),
        "文本框文字": (BlockKind.TEXT_BOX, False),
        "张起草": (BlockKind.PROPERTY, False),
        "王审核": (BlockKind.PROPERTY, False),
    }
    assert {text: kinds.get(text) for text in expected} == expected
    assert one(reading, "甲").cell == Cell(0, 0, 0, 1, 2)
    assert one(reading, "戊").cell == Cell(0, 1, 2)
    assert one(reading, "丙").cell == Cell(0, 1, 0, 2)
    assert one(reading, "己").cell == Cell(0, 2, 1)
    assert one(reading, "里").cell == Cell(1, 0, 0)
    assert one(reading, "兵力二百四十人").locator == "正文第2段（修订删除，王审核）"
    assert reading.gaps == ()
