"""One word, many spellings: every row of the variant table (peers.md §4) that a person would call the same word."""

import pytest

from review.types import Severity
from tests.detection.rule_builders import findings, found, words_engine

SECRET = words_engine("绝密文件")
ASKING = words_engine("绝密文件", extra="    layers: [default, numbers, pinyin, shape, reversed]\n")
TROOPS = words_engine("731部队", extra="    layers: [default, numbers]\n")
SEVEN = words_engine("7部队", extra="    layers: [default, numbers]\n")


@pytest.mark.parametrize(
    ("text", "marked", "layers"),
    [
        ("该绝密文件已归档", "绝密文件", ()),
        ("该“绝密文件”已归档", "绝密文件", ()),
        ("该绝 密 文 件已归档", "绝 密 文 件", ("去空格",)),
        ("该绝　密　文　件已归档", "绝　密　文　件", ("去空格",)),
        ("该绝-密*文.件已归档", "绝-密*文.件", ("跳过符号",)),
        ("该绝、密·文￥件已归档", "绝、密·文￥件", ("跳过符号",)),
        ("该绝\u200b密\u200b文件已归档", "绝\u200b密\u200b文件", ("去零宽字符",)),
        ("该绝密\n文件已归档", "绝密\n文件", ("跨行连接",)),
        ("该絕密文件已归档", "絕密文件", ("繁转简",)),
        ("该绝密⽂件已归档", "绝密⽂件", ("统一字形",)),
        ("该&#32477;密文件已归档", "&#32477;密文件", ("还原实体",)),
        ("该&#x7edd;密文件已归档", "&#x7edd;密文件", ("还原实体",)),
        ("该絕 密\u200b文 件已归档", "絕 密\u200b文 件", ("去零宽字符", "繁转简", "去空格")),
    ],
)
def test_word_is_found_where_it_stands_and_says_how(text: str, marked: str, layers: tuple[str, ...]) -> None:
    (finding,) = findings(SECRET, text)
    assert [text[s.start : s.end] for s in finding.spans] == [marked]
    assert finding.layers == layers


@pytest.mark.parametrize(
    ("text", "marked", "layer"),
    [
        ("该juemi文件已归档", "juemi文件", "拼音谐音"),
        ("该jué密文件已归档", "jué密文件", "拼音谐音"),
        ("该决密文件已归档", "决密文件", "拼音谐音"),
        ("该糹色密文件已归档", "糹色密文件", "拆字形近"),
        ("该件文密绝已归档", "件文密绝", "倒序"),
    ],
)
def test_disguise_is_only_suspected(text: str, marked: str, layer: str) -> None:
    (finding,) = findings(ASKING, text)
    assert [text[s.start : s.end] for s in finding.spans] == [marked]
    assert layer in finding.layers
    assert finding.severity is Severity.MEDIUM
    assert any("疑似" in note for note in finding.notes)
    assert findings(SECRET, text) == ()


def test_inserted_symbols_lower_the_severity() -> None:
    assert findings(SECRET, "绝*密*文*件")[0].severity is Severity.MEDIUM


@pytest.mark.parametrize("text", ["ＡＢＣ１２３号", "ⒶⒷⒸ123号", "AbC123号", "ⓐⓑⓒ①②③号"])
def test_width_case_and_circles_never_matter(text: str) -> None:
    assert found(words_engine("abc123号"), f"见{text}。") == [text]


@pytest.mark.parametrize("text", ["七三一部队", "柒叁壹部队", "⑦③①部队", "731部队", "７３１部队"])
def test_number_forms_are_found_where_the_rule_asks(text: str) -> None:
    assert found(TROOPS, f"驻地为{text}。") == [text]


def test_roman_numeral() -> None:
    assert found(SEVEN, "驻地为Ⅶ部队。") == ["Ⅶ部队"]
    assert found(words_engine("20年", extra="    layers: [numbers]\n"), "期限二十年。") == ["二十年"]


def test_number_forms_stay_apart_where_the_rule_does_not_ask() -> None:
    assert found(words_engine("731部队"), "七三一部队") == []


@pytest.mark.parametrize("text", ["绝密，文件另发", "绝密。文件", "绝密《文件》", "绝密\n\n文件", "绝对保密文明文件"])
def test_two_words_are_not_one(text: str) -> None:
    assert found(SECRET, text) == []


def test_space_between_two_words_makes_no_third() -> None:
    assert found(words_engine("机密"), "通知司机 密码已改") == []
    assert found(words_engine("机密"), "标为 机 密 的") == ["机 密"]


def test_allowed_longer_phrase_covers_the_word_in_it() -> None:
    engine = words_engine("口交", extra="    allow: [路口交通]\n")
    assert found(engine, "路口交通管制，口交") == ["口交"]


def test_layers_can_be_switched_off() -> None:
    engine = words_engine("绝密文件", extra="    layers: [none]\n")
    assert found(engine, "绝密文件 絕密文件 绝 密 文 件 绝密\n文件") == ["绝密文件"]
