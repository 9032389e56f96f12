"""rtf: what stands on the page, what does not, and the characters its bytes stand for."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import rtf
from review.reading.nesting import read_document
from review.types import BlockKind, Cell, GapReason

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸★0123456789ABC\U00020000", min_size=1, max_size=12)
HEAD = r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fnil\fcharset134 SimSun;}}{\colortbl;\red255\green255\blue255;}"


def read(body: str) -> Reading:
    return rtf.extract((HEAD + body + "}").encode("gb18030"), Options(format="rtf"))


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


def written(text: str) -> str:
    """As \\u with a replacement character, in UTF-16 units."""
    units = text.encode("utf-16-le")
    numbers = [int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2)]
    return "".join(rf"\u{number}?" for number in numbers)


def escaped(text: str) -> str:
    return "".join(rf"\'{byte:02x}" for byte in text.encode("gb18030"))


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from([written, escaped, str]))
def test_paragraphs_come_back_in_every_spelling(words, spell) -> None:
    reading = read("".join(rf"\pard\plain {spell(word)}\par" + "\n" for word in words))
    assert [p.text for p in reading.pieces] == words
    assert {p.kind for p in reading.pieces} == {BlockKind.PARAGRAPH}
    assert all(p.top_of_first_page for p in reading.pieces)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_cells_come_back_at_their_place(rows) -> None:
    body = ""
    for row in rows:
        edges = "".join(rf"\cellx{2000 * (n + 1)}" for n in range(len(row)))
        body += rf"\trowd{edges}" + "".join(rf"\pard\intbl {written(cell)}\cell" for cell in row) + r"\row "
    reading = read(body + r"\pard after\par")
    expected = [(cell, Cell(0, r, c)) for r, row in enumerate(rows) for c, cell in enumerate(row)]
    assert [(p.text, p.cell) for p in reading.pieces if p.kind is BlockKind.CELL] == expected
    assert one(reading, "after").kind is BlockKind.PARAGRAPH


def test_a_merged_cell_keeps_the_columns_of_the_other_rows() -> None:
    reading = read(
        r"\trowd\cellx2000\cellx4000\cellx6000\pard\intbl a\cell b\cell c\cell\row"
        r"\trowd\cellx4000\cellx6000\pard\intbl d\cell e\cell\row"
    )
    assert one(reading, "d").cell == Cell(0, 1, 0, 1, 2)
    assert one(reading, "e").cell == Cell(0, 1, 2)
    assert one(reading, "e").locator == "表1 第2行 C列"


def test_a_cell_merged_downwards_covers_its_rows() -> None:
    reading = read(
        r"\trowd\clvmgf\cellx2000\cellx4000\pard\intbl a\cell b\cell\row"
        r"\trowd\clvmrg\cellx2000\cellx4000\pard\intbl\cell c\cell\row"
        r"\trowd\clvmrg\cellx2000\cellx4000\pard\intbl\cell d\cell\row"
        r"\trowd\cellx2000\cellx4000\pard\intbl e\cell f\cell\row"
    )
    assert one(reading, "a").cell == Cell(0, 0, 0, 3)
    assert one(reading, "e").cell == Cell(0, 3, 0)


@pytest.mark.parametrize(
    ("marked", "kind", "concealed"),
    [
        (r"{\v 藏}", BlockKind.HIDDEN, "隐藏文字"),
        (r"{\cf1 藏}", BlockKind.HIDDEN, "白色文字"),
        (r"{\fs2 藏}", BlockKind.HIDDEN, "微小字号"),
        (r"{\deleted 藏}", BlockKind.DELETION, "修订中已删除的文字"),
    ],
)
def test_what_a_reader_does_not_see_says_why(marked: str, kind: BlockKind, concealed: str) -> None:
    reading = read(rf"\pard 看{marked}见\par")
    assert one(reading, "看见").concealed == ""
    assert (one(reading, "藏").kind, one(reading, "藏").concealed) == (kind, concealed)


def test_changes_name_their_author() -> None:
    reading = read(
        r"{\*\revtbl{Unknown;}{张三;}}\pard 留{\revised\revauth1 添}{\deleted\revauthdel1 删}\par{\revised\revauth1 新\par}"
    )
    assert one(reading, "删").locator == "正文第1段（修订删除，张三）"
    assert (one(reading, "新").kind, one(reading, "新").locator) == (BlockKind.INSERTION, "正文第2段（修订插入，张三）")
    assert one(reading, "张三").kind is BlockKind.PROPERTY
    assert reading.remarks


def test_every_story_has_its_kind() -> None:
    reading = read(
        r"{\header 眉\par}{\footer 脚\par}\pard 正{\footnote 注}{\*\atnauthor 李四}{\*\annotation 批}"
        r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv 替}}{\shptxt 框\par}}}\par"
        r"{\info{\author 王五}{\title 题}}{\*\userprops{\propname 密级}{\staticval 秘密}}{\*\bkmkstart 签}"
    )
    kinds = {p.text: p.kind for p in reading.pieces}
    assert kinds == {
        "眉": BlockKind.HEADER,
        "脚": BlockKind.FOOTER,
        "正": BlockKind.PARAGRAPH,
        "注": BlockKind.NOTE,
        "李四": BlockKind.PROPERTY,
        "批": BlockKind.COMMENT,
        "替": BlockKind.ALT_TEXT,
        "框": BlockKind.TEXT_BOX,
        "王五": BlockKind.PROPERTY,
        "题": BlockKind.PROPERTY,
        "密级": BlockKind.PROPERTY,
        "秘密": BlockKind.PROPERTY,
        "签": BlockKind.NAME,
    }
    assert one(reading, "批").locator == "批注1（李四）"


def test_fields_give_their_result_and_their_target() -> None:
    reading = read(
        r'{\field{\*\fldinst HYPERLINK "http://example.cn/a"}{\fldrslt 点此}}\par{\field{\*\fldinst PAGE}{\fldrslt 1}}\par'
    )
    assert one(reading, "点此").kind is BlockKind.PARAGRAPH
    assert one(reading, "http://example.cn/a").kind is BlockKind.LINK
    assert not [p for p in reading.pieces if "PAGE" in p.text]


def test_text_no_program_shows_is_read_and_marked() -> None:
    reading = rtf.extract((HEAD + r"{\*\nonsense 藏在里面}正文\par}藏在后面").encode("gb18030"), Options())
    assert one(reading, "藏在里面").concealed == "RTF 程序不显示的内容"
    assert one(reading, "藏在后面").concealed == "文件结尾之后的内容（不显示）"


def test_pictures_and_objects_are_handed_on() -> None:
    path = "C:\\a\\名单.txt".encode("gb18030") + b"\0"
    name = "名单.txt".encode("gb18030") + b"\0"
    content = "张三 13800138000".encode()
    native = b"\2\0" + name + path + bytes(4) + len(path).to_bytes(4, "little") + path
    native += len(content).to_bytes(4, "little") + content
    data = b"\1\5\0\0\2\0\0\0\x08\0\0\0Package\0" + bytes(8) + len(native).to_bytes(4, "little") + native
    reading = read(
        rf"{{\object\objemb{{\*\objclass Package}}{{\*\objdata {data.hex()}}}}}{{\pict\pngblip 89504e47}}x\par"
    )
    assert [(e.name, e.data) for e in reading.embedded] == [("名单.txt", content), ("图片1.png", b"\x89PNG")]
    document = read_document((HEAD + rf"{{\object{{\*\objdata {data.hex()}}}}}x\par}}").encode(), Options(name="a.rtf"))
    assert "13800138000" in document.text


def test_chinese_bytes_under_a_latin_font_are_chinese() -> None:
    head = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}}"
    reading = rtf.extract((head + rf"\f0 {escaped('关于报送名单')}\par Moli\'e8re\par}}").encode(), Options())
    assert [p.text for p in reading.pieces] == ["关于报送名单", "Molière"]


def test_cut_off_deep_and_large_files_end_soon_and_say_so() -> None:
    assert [g.reason for g in rtf.extract(HEAD.encode() + b"abc", Options()).gaps] == [GapReason.CORRUPT]
    started = time.process_time()
    with pytest.raises(Unreadable) as caught:
        rtf.extract(b"{\\rtf1" + b"{" * 300_000, Options())
    assert caught.value.reason is GapReason.DANGEROUS
    rtf.extract(b"{\\rtf1 " + b"\\bin99999999999 x" * 20_000 + b"\\intbl\\cell" * 20_000 + b"}", Options())
    assert time.process_time() - started < 5
