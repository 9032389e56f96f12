"""The matching view: what it folds, and the exact way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.detection.folding import fold
from review.detection.text import class_flags, crop, find_soft_breaks, join_gaps, normalise, skip_symbols, uncrop
from review.detection.variants import number_text


def nothing_hard(positions: np.ndarray) -> np.ndarray:
    return np.zeros(len(positions), np.bool_)


CHARACTERS = st.sampled_from("绝密文件機關AaＺ１①⑩㎡\u200b\u3000 \n，。-*&#;第条一二三7731\U0002f800\ud800é\t")
TEXTS = st.text(CHARACTERS, max_size=60)


def shown(text: str) -> str:
    view = normalise(text)
    return view.text(0, len(view))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("⽂件", "文件"),
        ("機密祕書", "机密秘书"),
        ("ＡＢＣ", "abc"),
        ("①⑩", "110"),
        ("\ufeff绝\u200b密\u00ad", "绝密"),
        ("：，（）", ":,()"),
        ("〔2019〕", "〔2019〕"),
        ("&#32477;&nbsp;密&lt;", "绝 密<"),
        ("一\u3000二\t三\u00a0四", "一 二 三 四"),
        ("三—四–五", "三—四-五"),
        ("…", "…"),
        ("行\n行", "行\n行"),
    ],
)
def test_what_the_base_view_writes(text: str, expected: str) -> None:
    assert shown(text) == expected
    if "&" not in text:
        assert fold(text) == expected


def test_text_in_normal_form_keeps_its_offsets() -> None:
    view = normalise("政府信息公开，自2019年5月15日起施行。\n第二条")
    assert view.edits is None
    assert view.source(2, 6) == (2, 6)


def test_lone_surrogates_do_not_crash() -> None:
    assert shown("密\ud800码") == "密\ufffd码"


@given(TEXTS)
def test_every_view_character_leads_back_to_where_it_came_from(text: str) -> None:
    view = normalise(text)
    at = 0
    for index in range(len(view)):
        start, end = view.source(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert start >= at
        at = start
        if "&" not in text:
            assert view.text(index, index + 1) in fold(text[start:end])


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    plain = text.replace("&", "")
    assert fold(fold(plain)) == fold(plain)


@given(TEXTS)
def test_joined_and_skipped_views_hold_only_characters_of_the_base(text: str) -> None:
    base = normalise(text)
    if not len(base):
        return
    for view in (join_gaps(base, find_soft_breaks(base, nothing_hard)), skip_symbols(base)):
        if view is None or view.starts is None:
            continue
        for index in range(len(view)):
            place = int(view.starts[index])
            assert view.codes[index] in (base.codes[place], 10)


@given(TEXTS)
def test_byte_positions_become_character_positions(text: str) -> None:
    view = normalise(text)
    plain = view.text(0, len(view))
    offsets = [len(plain[:i].encode()) for i in range(len(plain) + 1)]
    assert view.characters(np.array(offsets, np.int64)).tolist() == list(range(len(plain) + 1))


@given(TEXTS, st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
def test_cropping_keeps_each_piece_apart(text: str, intervals: list[tuple[int, int]]) -> None:
    base = normalise(text)
    view = crop(base, intervals) if len(base) else None
    if view is None:
        return
    every = np.arange(len(view))
    start, end, is_whole = uncrop(view, every, every + 1)
    for index in np.flatnonzero(is_whole).tolist():
        assert base.codes[start[index]] == view.codes[index]


def test_a_line_end_inside_a_paragraph_is_soft_and_one_after_a_full_stop_is_not() -> None:
    base = normalise("涉及机\n密文件。\n第二段\n\n第三段\n（一）其他")
    assert find_soft_breaks(base, nothing_hard).tolist() == [3]


def test_two_numbers_on_lines_of_their_own_stay_two() -> None:
    base = normalise("6217001234\n5678901234\n号码为34180219\n851203002X，")
    breaks = find_soft_breaks(base, nothing_hard).tolist()
    assert 10 not in breaks
    assert 33 in breaks


def test_very_long_digits_are_masked_inside_so_that_patterns_stay_quiet() -> None:
    view = normalise("1" * 5000)
    assert view.codes[0] == ord("1") and view.codes[-1] == ord("1")
    assert view.codes[2500] == 0x1F
    assert len(view) == 5000


@pytest.mark.parametrize(
    ("numeral", "digits"),
    [
        ("七三一", "731"),
        ("二十", "20"),
        ("十", "10"),
        ("一百零三", "103"),
        ("三千", "3000"),
        ("一万二千", "12000"),
        ("vii", "7"),
        ("iv", "4"),
    ],
)
def test_numerals(numeral: str, digits: str) -> None:
    assert number_text(numeral) == digits


def test_flags_do_not_depend_on_the_view() -> None:
    view = normalise("汉1a ，")
    assert len(class_flags(view)) == 5


@pytest.mark.parametrize(
    ("text", "joined"),
    [("6222 0212 3456 789", "622202123456789"), ("341802 19851203 0021", "341802198512030021")],
)
def test_number_set_in_groups_is_joined(text: str, joined: str) -> None:
    view = join_gaps(normalise(text), np.zeros(0, np.int64))
    assert view is not None and joined in view.string()


def test_two_whole_numbers_of_a_list_are_not_joined() -> None:
    assert join_gaps(normalise("341802198512030021 13800001111"), np.zeros(0, np.int64)) is None


@given(TEXTS)
def test_byte_places_lead_to_their_characters(text: str) -> None:
    view = normalise(text)
    offsets = np.cumsum([0, *(len(c.encode("utf-8", "replace")) for c in view.string())])
    assert view.characters(offsets).tolist() == list(range(len(view) + 1))


def test_two_telephone_numbers_of_a_list_are_not_joined() -> None:
    assert join_gaps(normalise("13800001111 13900002222"), np.zeros(0, np.int64)) is None
