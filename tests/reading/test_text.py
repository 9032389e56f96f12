"""Plain text in every character set an office has used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.reading.extraction import Options
from review.reading.formats import text
from review.types import GapReason

CHINESE = "关于印发实施方案的通知\n各乡镇人民政府：\n\n联系人王某，电话无。"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk"],
)
def test_the_text_comes_back_whatever_the_character_set(encoding: str) -> None:
    assert text.decode(CHINESE.encode(encoding)) == (CHINESE, True)


def test_traditional_big5_is_told_from_gb18030() -> None:
    original = "臺北市政府公告：本府為辦理國民年金保險業務，特訂定本要點。請各機關依規定辦理，並轉知所屬。" * 3
    assert text.decode(original.encode("big5")) == (original, True)


@pytest.mark.parametrize("word", ["秘密", "名单.txt", "王某", "机密★10年", "某县"])
def test_short_gbk_words_are_read(word: str) -> None:
    assert text.decode(word.encode("gb18030")) == (word, True)


def test_bytes_of_no_character_set_are_said() -> None:
    broken = "通知".encode() + b"\xff\xfe\xff" + "正文".encode()
    reading = text.extract(broken, Options())
    assert [gap.reason for gap in reading.gaps] == [GapReason.ENCODING]
    assert "通知" in reading.pieces[0].text


def test_line_numbers_are_those_a_person_counts() -> None:
    pieces = text.lines("甲\n\n\n乙\r\n丙")
    assert [(piece.text.strip(), piece.locator) for piece in pieces] == [
        ("甲", "第1行"),
        ("乙", "第4行"),
        ("丙", "第5行"),
    ]


def test_the_first_lines_with_text_stand_where_a_mark_would() -> None:
    pieces = text.lines("\n\n机密★10年\n" + "\n".join(f"第{n}条" for n in range(40)))
    assert [piece.top_of_first_page for piece in pieces].count(True) == text.TOP_LINES
    assert pieces[0].top_of_first_page


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\ufeff")))
def test_joined_pieces_are_the_file(content: str) -> None:
    joined = "\n".join(piece.text for piece in text.lines(content))
    assert joined.strip("\n") == content.strip("\n")


LONG = CHINESE * 3
JAPANESE = "宣城市の個人情報についてのお知らせです。電話番号は以下のとおり。よろしくお願いいたします。"
KOREAN = "주민등록번호 및 전화번호 안내 드립니다. 연락처는 아래와 같습니다. 감사합니다 여러분 오늘은"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (KOREAN, "euc_kr"),
        (KOREAN, "iso2022_kr"),
        (CHINESE, "hz"),
        (CHINESE, "utf-7"),
        ("关于印发实施方案的通知各乡镇人民政府", "utf-16-le"),
    ],
)
def test_a_character_set_nobody_declares_is_read_and_said(content: str, encoding: str) -> None:
    found, is_whole = text.decode(content.encode(encoding))
    assert found.strip("\n") == content and not is_whole


@pytest.mark.parametrize(
    "data",
    [
        LONG.encode("utf-16") + "机密★5年".encode(),
        LONG.encode("gb18030") + "机密★5年".encode(),
        LONG.encode() + b"\n" + "机密★5年".encode("gb18030"),
        LONG.encode() + b"\xed\xa0\x80" + "机密★5年".encode(),
    ],
)
def test_text_appended_in_another_character_set_is_read_and_said(data: bytes) -> None:
    found, is_whole = text.decode(data)
    assert found.startswith(CHINESE) and found.endswith("机密★5年") and not is_whole


def test_single_nuls_do_not_make_utf16_of_a_utf8_file() -> None:
    assert text.decode(b"a\0b" + LONG.encode() + b"\0c") == ("ab" + LONG + "c", True)


@pytest.mark.parametrize(
    "content", ["tel +8613955512345-, x~{ab~}y, a+b-c", "臺北市政府公告為辦理國民年金", "赵䶮、镕、淼焱"]
)
def test_ordinary_texts_that_look_a_little_like_another_set_stay_whole(content: str) -> None:
    encoding = "utf-8" if content.isascii() else "gb18030"
    assert text.decode(content.encode(encoding)) == (content, True)
