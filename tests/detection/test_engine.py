"""The engine: what it finds, where, how severe, and that it is the same as looking for everything by hand."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.detection.engine import compile_rules
from review.detection.expressions import compile_expressions
from review.detection.patterns import translate_pattern
from review.detection.scanner import Hits, compile_words
from review.detection.text import normalise
from review.types import Allowance, Block, BlockKind, Cell, Document, Policy, RuleStatus, Severity, Source, Span, Zone
from tests.detection.rule_builders import (
    EXAMPLES,
    TODAY,
    document,
    engine_of,
    findings,
    found,
    load,
    rule_yaml,
    words_engine,
)

ID = "34180219851203002X"
ID_RULE = rule_yaml(
    r"""
    match:
      any:
        - regex: '[1-9]\d{16}[\dx]'
      boundary: alnum
    validators: [resident_id]
"""
    + EXAMPLES,
    "resident-id",
    category="PII.ID",
)


def test_number_glued_to_characters_is_found() -> None:
    engine = engine_of(ID_RULE)
    assert found(engine, f"身份证号{ID}已登记") == [ID]
    assert found(engine, f"A{ID}B") == []


@pytest.mark.parametrize(
    "written", ["342501 19650101 0014", "3425011965\n01010014", "３４２５０１１９６５０１０１００１４"]
)
def test_number_broken_by_spaces_lines_or_width_is_found(written: str) -> None:
    assert found(engine_of(ID_RULE), f"号码为{written}，请核对") == [written]


def test_all_places_of_a_value_are_in_one_finding_and_other_values_in_others() -> None:
    first, second = findings(engine_of(ID_RULE), f"甲{ID}，乙342501196501010014，丙{ID}。")
    assert first.count == 2 and len(first.spans) == 2
    assert second.count == 1


def test_findings_hold_no_text() -> None:
    (finding,) = findings(engine_of(ID_RULE), f"身份证{ID}", key=b"key")
    assert ID not in repr(finding)
    assert re.fullmatch("[0-9a-f]{64}", finding.fingerprint)


def test_fingerprint_depends_on_key_and_value_only() -> None:
    engine = engine_of(ID_RULE)
    plain = findings(engine, f"身份证{ID}", key=b"key")[0].fingerprint
    spaced = findings(engine, "证号 341802 19851203 002X。", key=b"key")[0].fingerprint
    assert plain == spaced
    assert findings(engine, f"身份证{ID}", key=b"other")[0].fingerprint != plain
    assert findings(engine, f"身份证{ID}")[0].fingerprint == ""


def test_wrong_check_digit_is_shown_one_step_lower() -> None:
    (finding,) = findings(engine_of(ID_RULE), "身份证号码：341802198512030021")
    assert finding.severity is Severity.MEDIUM
    assert finding.notes


@pytest.mark.parametrize(
    ("boundary", "text", "hits"),
    [
        ("none", "非内部资料库", ["内部资料"]),
        ("han", "非内部资料库 内部资料 x", ["内部资料"]),
        ("line", "  内部资料  \n内部资料库", ["内部资料"]),
        ("alnum", "a内部资料 内部资料", ["内部资料"]),
        ("digit", "1内部资料a内部资料", ["内部资料"]),
    ],
)
def test_boundaries(boundary: str, text: str, hits: list[str]) -> None:
    assert found(words_engine("内部资料", extra=f"      boundary: {boundary}\n"), text) == hits


def test_mark_alone_on_its_line_is_found_though_spaces_part_it() -> None:
    engine = words_engine("绝密", extra="      boundary: line\n")
    assert found(engine, "000012\n  绝  密  \n特急") == ["绝  密"]


def test_severity_depends_on_the_zone() -> None:
    engine = words_engine(
        "秘密★1年",
        category="SEC.MARK",
        severity="{default: high, first_page_top: stop, header: stop, file_name: stop}",
    )
    assert findings(engine, "秘密★1年")[0].severity is Severity.HIGH
    top = findings(engine, "秘密★1年", top_of_first_page=True)[0]
    assert (top.severity, top.place) == (Severity.STOP, Zone.FIRST_PAGE_TOP)
    header = findings(engine, "秘密★1年", kind=BlockKind.HEADER)[0]
    assert (header.severity, header.place) == (Severity.STOP, Zone.HEADER)
    named = findings(engine, "正文", name="秘密★1年 报告.doc")[0]
    assert (named.severity, named.place, named.span) == (Severity.STOP, Zone.FILE_NAME, None)


def test_rule_looks_only_in_its_zones() -> None:
    engine = words_engine("内部资料", extra="      zones: [header]\n")
    assert found(engine, "内部资料") == []
    assert found(engine, "内部资料", kind=BlockKind.HEADER) == ["内部资料"]


def test_match_does_not_cross_cells_or_paragraphs_that_ended() -> None:
    engine = words_engine("内部资料")
    assert found(engine, "内部\n资料", kind=BlockKind.CELL) == []
    assert found(engine, "单位内部。\n资料") == []


def test_contexts_raise_lower_require_and_forbid() -> None:
    def severity(extra: str, text: str) -> Severity | None:
        engine = words_engine("内部资料", extra=f"    context:\n      - {extra}\n", severity="medium")
        result = findings(engine, text)
        return result[0].severity if result else None

    assert severity("{words: [不得外传], effect: raise}", "内部资料不得外传") is Severity.HIGH
    assert severity("{words: [例如], before: 5, effect: lower}", "例如内部资料") is Severity.LOW
    assert severity("{words: [例如], before: 5, effect: lower}", "内部资料例如") is Severity.MEDIUM
    assert severity("{words: [例如], before: 5, effect: lower, to: info}", "例如内部资料") is Severity.INFO
    assert severity("{words: [密], within: 3, effect: require}", "内部资料") is None
    assert severity("{words: [密], within: 3, effect: require}", "内部资料，密") is Severity.MEDIUM
    assert severity("{words: [公开], within: 3, effect: forbid}", "公开内部资料") is None
    assert severity(r"{regex: '\d{4}年', within: 9, effect: raise}", "内部资料2019年") is Severity.HIGH


def test_raise_never_makes_a_stop() -> None:
    engine = words_engine("内部资料", extra="    context:\n      - {words: [密], effect: raise}\n")
    assert findings(engine, "内部资料密")[0].severity is Severity.HIGH


def test_head_and_row_of_a_table_are_near_its_cells() -> None:
    engine = engine_of(
        rule_yaml(
            r"""
    match:
      any:
        - regex: '\d{15}'
      boundary: alnum
    context:
      - {words: [身份证], within: 5, effect: require}
"""
            + EXAMPLES
        )
    )
    cells = [
        ("姓名", 0, 0),
        ("身 份 证 号", 0, 1),
        ("张三", 1, 0),
        ("342501650101001", 1, 1),
        ("李四", 2, 0),
        ("342501650101002", 2, 1),
    ]
    blocks, text = [], ""
    for content, row, column in cells:
        at = len(text) + 1 if text else 0
        text = f"{text}\n{content}" if text else content
        blocks.append(Block(Span(at, at + len(content)), BlockKind.CELL, "", cell=Cell(0, row, column)))
    result = engine.find(Document("", "", "xlsx", 1, text, tuple(blocks)), Policy())
    assert [text[f.span.start : f.span.end] for f in result if f.span] == ["342501650101001", "342501650101002"]


def test_exceptions_hold_until_they_run_out() -> None:
    extra = "    exceptions:\n      - {near: [样例], within: 5, reason: 样例, until: 2026-11-30}\n"
    engine = words_engine("内部资料", extra=extra)
    assert found(engine, "样例：内部资料") == []
    later = replace(engine, today=date(2026, 12, 1))
    assert found(later, "样例：内部资料") == ["内部资料"]


def test_policy_allows_phrases_for_named_rules() -> None:
    engine = words_engine("内部资料")
    assert findings(engine, "内部资料性出版物", Policy(allow=(Allowance("内部资料性出版物"),))) == ()
    assert (
        len(findings(engine, "内部资料性出版物", Policy(allow=(Allowance("内部资料性出版物", rules=("other",)),)))) == 1
    )


def test_all_within_needs_every_part_near() -> None:
    body = """
    match:
      all:
        - words: [部队]
        - words: [坐标]
      within: 20
"""
    engine = engine_of(rule_yaml(body + EXAMPLES))
    assert found(engine, "某部队的坐标是") == ["部队的坐标"]
    assert found(engine, "某部队" + "远" * 30 + "坐标") == []


def test_all_within_zero_gathers_the_whole_document() -> None:
    body = """
    match:
      all:
        - words: [部队]
        - words: [坐标]
        - any:
            - words: [人数]
            - words: [编制]
      within: 0
"""
    engine = engine_of(rule_yaml(body + EXAMPLES))
    text = "某部队。\n" + "远。\n" * 50 + "坐标见表。编制不详。"
    (finding,) = findings(engine, text)
    assert found(engine, text) == ["部队", "坐标", "编制"]
    assert finding.count == 3
    assert findings(engine, "某部队坐标") == ()


def test_one_value_gets_one_type() -> None:
    credit = rule_yaml(
        r"""
    match:
      any:
        - regex: '[0-9a-hj-npqrtuwxy]{18}'
      boundary: alnum
    validators: [uscc]
"""
        + EXAMPLES,
        "uscc",
        category="COM.CUST",
        severity="info",
    )
    bank = rule_yaml(
        r"""
    match:
      any:
        - regex: '\d{16,19}'
      boundary: alnum
"""
        + EXAMPLES,
        "bank",
        category="PII.FIN",
    )
    engine = engine_of(ID_RULE, credit, bank)
    assert [f.rule_id for f in findings(engine, "号码342501196501010014，")] == ["resident-id"]
    assert [f.rule_id for f in findings(engine, "代码91341802MA2T3ER78P，")] == ["uscc"]


def test_the_same_words_are_told_once_per_category_by_the_most_severe_rule() -> None:
    body = f"    match:\n      any:\n        - words: [内部资料]\n{EXAMPLES}"
    mild, strict = rule_yaml(body, "mild", severity="low"), rule_yaml(body, "strict", severity="high")
    other = rule_yaml(body, "other", severity="low", category="INT.FLOW")
    assert [f.rule_id for f in findings(engine_of(mild, strict, other), "内部资料")] == ["strict", "other"]


def test_trial_rules_are_marked_and_drafts_do_not_run() -> None:
    trial = rule_yaml(f"    match:\n      any:\n        - words: [内部资料]\n{EXAMPLES}").replace("stable", "trial")
    assert findings(engine_of(trial), "内部资料")[0].trial
    draft = load(trial.replace("trial", "draft")).rule_set()
    assert compile_rules(draft, TODAY).find(document("内部资料"), Policy()) == ()
    assert len(compile_rules(draft, TODAY, statuses=frozenset({RuleStatus.DRAFT})).rules) == 1


def test_unseen_text_is_matched_and_says_where_it_still_is() -> None:
    (finding,) = findings(engine_of(ID_RULE), f"证号{ID}", concealed="白色文字")
    assert finding.hidden
    assert any("白色文字" in note for note in finding.notes)
    assert findings(engine_of(ID_RULE), f"证号{ID}", kind=BlockKind.COMMENT)[0].hidden


def test_hidden_detector_counts_unseen_text_and_rises_with_what_is_in_it() -> None:
    hidden = rule_yaml("    detector: hidden\n", "hidden-content", category="QLT.HIDDEN", severity="medium")
    engine = engine_of(hidden, ID_RULE)
    plain = [f for f in findings(engine, "没有什么", concealed="隐藏工作表") if f.rule_id == "hidden-content"]
    assert [f.severity for f in plain] == [Severity.MEDIUM]
    full = [f for f in findings(engine, f"证号{ID}", concealed="隐藏工作表") if f.rule_id == "hidden-content"]
    assert [f.severity for f in full] == [Severity.HIGH]
    assert full[0].source is Source.RULE
    assert findings(engine, "正文") == ()


def test_order_is_the_same_every_time() -> None:
    engine = engine_of(ID_RULE, rule_yaml(f"    match:\n      any:\n        - words: [身份证]\n{EXAMPLES}", "word"))
    text = f"身份证{ID}身份证" * 3
    first = findings(engine, text)
    assert all(findings(engine, text) == first for _ in range(3))
    starts = [f.span.start for f in first if f.span]
    assert starts == sorted(starts)


def test_a_million_hits_are_counted_and_their_spans_bounded() -> None:
    result = findings(words_engine("密码"), "密码" * 150_000)
    assert sum(f.count for f in result) == 150_000
    assert sum(len(f.spans) for f in result) < 12_000


@pytest.mark.parametrize(
    "text", ["1" * 200_000, "密" * 200_000, "\n" * 1000, " " * 1000, "\ud800" * 100, "&#" * 1000, ""]
)
def test_degenerate_texts_end(text: str) -> None:
    assert findings(engine_of(ID_RULE), text) == ()


WORDS = ("密文", "文件", "密文件", "a1", "件a", "绝密")
LETTERS = st.text(st.sampled_from("绝密文件a1，"), max_size=30)


@given(LETTERS)
@settings(max_examples=200, deadline=None)
def test_words_are_the_same_as_a_naive_scan(text: str) -> None:
    every = {(i, i + len(w)) for w in WORDS for i in range(len(text)) if text.startswith(w, i)}
    outer = sorted((s, e) for s, e in every if not any((a, b) != (s, e) and a <= s and e <= b for a, b in every))
    engine = words_engine(*WORDS, extra="    layers: [none]\n")
    result = {(s.start, s.end) for f in findings(engine, text) for s in f.spans}
    assert sorted(result) == outer


PATTERNS = (
    "绝[^，]{0,12}件",
    "[密文]{0,20}件a",
    "a(?:文|件[^a]{1,15}密)1",
    "密[^绝]{2,11}",
    "(?:绝|密)[^，]{0,10}(?:文[^a]{0,9}1|件)",
    "文?[密a]{0,14}",
    "绝文?[^1]{0,16}(?:密|a)?件",
    "件{1,3}a?",
)
CLEAN = tuple(p for p in PATTERNS if not re.compile(p).fullmatch(""))


@given(LETTERS)
@settings(max_examples=300, deadline=None)
def test_split_expressions_match_like_the_whole_expression(text: str) -> None:
    translated = tuple(translate_pattern(p) for p in CLEAN)
    view = normalise(text)
    plain = view.text(0, len(view))
    hits = compile_expressions(translated).find(view)
    for index, pattern in enumerate(translated):
        result = {}
        for number, start, end in zip(hits.pattern.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True):
            if number == index:
                result[start] = max(end, result.get(start, 0))
        for start in range(len(plain)):
            ends = [e for e in range(start + 1, len(plain) + 1) if re.compile(pattern).fullmatch(plain, start, e)]
            if start in result:
                assert result[start] == max(ends, default=-1), (pattern, start)
        # leftmost: whatever matches somewhere is inside or begins at a reported match
        for match in re.finditer(pattern, plain):
            assert any(s <= match.start() < e for s, e in result.items()), (pattern, match)


LOCAL = (r"[a-z]{1,3}\d{2,4}", r"用电量\d", r"\d{3}(?:-\d{2})?号", r"密码[:是]?[0-9a-z]{4}")
PIECES = st.sampled_from(["用电量", "密码", "号", "12", "3", "ab", "-", ":", "是", "，", "\n", "汉" * 70])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_expressions_that_need_a_digit_match_as_if_the_whole_text_were_scanned(text: str) -> None:
    view = normalise(text)
    expressions = compile_expressions(LOCAL)
    found = expressions.find(view)
    whole = [replace(one, reach=0).find(view, None) for one in expressions.passes]
    assert [one.reach > 0 for one in expressions.passes] == [True]
    assert _rows(found) == sorted(row for hits in whole for row in _rows(hits))


def _rows(hits: Hits) -> list[tuple[int, int, int]]:
    return sorted(zip(hits.pattern.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True))


SPELLINGS = ("机密", "密", "𠀀机", "机𠀁", "a1", "密码本")


@given(st.lists(st.sampled_from("机密码本𠀀𠀁a1ĀＡ\uffff，"), max_size=40).map("".join))
def test_words_are_found_wherever_they_stand(text: str) -> None:
    hits = compile_words(SPELLINGS)(np.array([ord(c) for c in text], np.uint32))
    by_hand = [
        (index, at, at + len(word))
        for index, word in enumerate(SPELLINGS)
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    assert _rows(hits) == sorted(by_hand)


@given(st.lists(st.sampled_from(["12", "3456", " ", "  ", "a", "号", "，"]), max_size=14).map("".join))
def test_a_number_in_groups_is_refused_beside_a_digit_but_not_beside_a_gap(text: str) -> None:
    engine = engine_of(rule_yaml(NUMBER + EXAMPLES))
    free = replace(engine.leaves, pattern_edges=np.zeros_like(engine.leaves.pattern_edges))
    assert findings(engine, text) == findings(replace(engine, leaves=free), text)


NUMBER = r"""
    match:
      any:
        - regex: '\d{6}(?:\d{2})?'
      boundary: alnum
"""
