"""Lists of people: one finding with a count, graded, located, merged; publishable lists stay silent."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.detection.masking import find_masks
from review.detection.tables import find_lists
from review.types import BlockKind, Document, Finding, Policy, Severity, Source, Span
from tests.detection.lists import (
    engine_finding,
    make_tables,
    make_text,
    mobile,
    name,
    resident_id,
    shipped_rules,
    texts_of,
)

RULES = shipped_rules()
POLICY = Policy()


def lists_of(document: Document, engine: Sequence[Finding] = ()) -> list[Finding]:
    return [finding for finding in find_lists(document, engine, RULES, POLICY) if finding.source is Source.TABLE]


def only(document: Document) -> Finding:
    found = lists_of(document)
    assert len(found) == 1, [finding.rule_id for finding in found]
    return found[0]


def id_rows(count: int) -> list[list[str]]:
    return [["序号", "姓名", "身份证号码"], *([str(n + 1), name(n), resident_id(n)] for n in range(count))]


# ---------------------------------------------------------------------------------------------------------- one finding


def test_a_list_of_500_persons_is_one_finding_with_a_count_and_every_cell() -> None:
    rows = id_rows(500)
    document = make_tables(rows)
    found = only(document)
    assert (found.rule_id, found.count, found.severity) == ("list-resident-id", 500, Severity.HIGH)
    assert texts_of(document, found) == [row[2] for row in rows[1:]]
    assert any("满500人" in note for note in found.notes)


def test_engine_findings_of_the_cells_vanish_into_the_list() -> None:
    rows = id_rows(20)
    document = make_tables(rows)
    engine = [engine_finding(document, row[2]) for row in rows[1:]]
    findings = find_lists(document, engine, RULES, POLICY)
    assert [finding.rule_id for finding in findings] == ["list-resident-id"]


def test_a_stop_or_another_matter_in_a_cell_is_not_absorbed() -> None:
    rows = id_rows(5)
    document = make_tables(rows)
    stop = engine_finding(document, rows[1][2], "SEC.MARK", Severity.STOP)
    other = engine_finding(document, rows[2][2], "INF.NET", Severity.MEDIUM)
    findings = find_lists(document, [stop, other], RULES, POLICY)
    assert stop in findings
    assert other in findings


def test_a_finding_with_places_inside_and_outside_keeps_the_outer_ones() -> None:
    rows = id_rows(3)
    document = make_text("\n".join(",".join(row) for row in rows) + f"\n另见第一人的档案{resident_id(0)}。")
    first = engine_finding(document, rows[1][2])
    outside = document.text.rindex(rows[1][2])
    span = Span(outside, outside + 18)
    both = replace(first, spans=(first.spans[0], span), count=2)
    kept = [f for f in find_lists(document, [both], RULES, POLICY) if f.source is Source.RULE]
    assert [(f.span, f.spans, f.count) for f in kept] == [(span, (span,), 1)]


def test_no_note_holds_a_value_or_a_name() -> None:
    rows = id_rows(12)
    found = only(make_tables(rows))
    assert not any(row[1] in note or row[2] in note for row in rows[1:] for note in found.notes)


def test_the_fingerprint_needs_a_key_and_changes_with_the_values() -> None:
    one, other = make_tables(id_rows(3)), make_tables(id_rows(4))
    prints = {find_lists(document, (), RULES, POLICY, b"k" * 32)[0].fingerprint for document in (one, one, other)}
    assert len(prints) == 2
    assert find_lists(one, (), RULES, POLICY)[0].fingerprint == ""


# ------------------------------------------------------------------------------------------------------ which rule fires

PERSON = [name(1), name(2), name(3), name(4)]


def table(headers: Sequence[str], *columns: Sequence[str]) -> Document:
    return make_tables([list(headers), *(list(row) for row in zip(PERSON, *columns, strict=True))])


@pytest.mark.parametrize(
    ("headers", "columns", "rule", "severity"),
    [
        (["姓名", "开户账号"], [["6217001234567890122", "34101050123456", "6228480331442944897", "62170012345678"]],
         "list-bank-account", Severity.HIGH),
        (["姓名", "残疾类别"], [["肢体二级", "视力一级", "听力三级", "智力二级"]], "list-health", Severity.HIGH),
        (["姓名", "致贫原因"], [["因病", "因残", "缺劳力", "因学"]], "list-special-identity", Severity.HIGH),
        (["姓名", "家庭人均收入"], [["3200", "4100", "2980", "3500"]], "list-income", Severity.HIGH),
        (["户主", "家庭住址"], [["城东村三组12号", "城东村二组7号", "阳光花园3栋2单元501室", "城西村五组1号"]],
         "list-address", Severity.HIGH),
        (["姓名", "手机号"], [[mobile(n) for n in range(4)]], "list-contact", Severity.HIGH),
        (["河长姓名", "职务", "联系电话"], [["镇长", "村书记", "副镇长", "主任"], [mobile(n) for n in range(4)]],
         "list-duty-contact", Severity.MEDIUM),
        (["姓名", "出生日期"], [["1990-03-07", "1985年12月3日", "19780401", "1990.5.6"]], "list-birth", Severity.MEDIUM),
        (["姓名", "年龄"], [["45", "67", "81", "33"]], "list-age", Severity.LOW),
        (["学生姓名", "班级", "监护人电话"], [["三年级1班"] * 4, [mobile(n) for n in range(4)]], "list-minors", Severity.HIGH),
        (["姓名", "年龄", "联系电话"], [["9", "11", "7", "15"], [mobile(n) for n in range(4)]], "list-minors", Severity.HIGH),
        (["姓名", "学籍号"], [["G" + resident_id(n) for n in range(4)]], "list-minors", Severity.HIGH),
        (["姓名", "残疾证号"], [[resident_id(n) + "43" for n in range(4)]], "list-resident-id", Severity.HIGH),
        (["姓名", "身份证号"], [["3.41802199003075E+17", "341802199003074000", resident_id(3), resident_id(4)]],
         "list-resident-id", Severity.HIGH),
        (["车主", "姓名", "车牌号"], [PERSON, ["皖P12345", "皖P8A888", "皖PD12345", "皖P66B66"]], "list-plate", Severity.MEDIUM),
        (["姓名", "电子邮箱"], [[f"abc{n}@163.com" for n in range(4)]], "list-email", Severity.LOW),
    ],
)  # fmt: skip
def test_the_columns_decide_the_rule(
    headers: list[str], columns: list[list[str]], rule: str, severity: Severity
) -> None:
    found = only(table(headers, *columns))
    assert (found.rule_id, found.severity, found.count) == (rule, severity, 4)


def test_name_residence_and_health_together_are_worse_than_each_alone() -> None:
    homes = ["城东村三组12号", "城东村二组7号", "城西村1组3号", "城西村五组1号"]
    illness = ["肺癌", "尿毒症", "精神分裂症", "高血压"]
    both = only(table(["姓名", "家庭住址", "病种"], homes, illness))
    alone = [only(table(["姓名", "家庭住址"], homes)), only(table(["姓名", "病种"], illness))]
    assert both.rule_id == "list-combined"
    assert both.score is not None
    assert all(finding.score is not None and both.score > finding.score for finding in alone)


def test_health_with_only_the_village_is_a_combination_too() -> None:
    found = only(
        table(
            ["姓名", "所在村组", "残疾等级"], ["城东村", "城东村", "城西村", "城西村"], ["一级", "二级", "一级", "三级"]
        )
    )
    assert found.rule_id == "list-combined"


@pytest.mark.parametrize(
    ("rows", "severity"), [(2, Severity.MEDIUM), (9, Severity.MEDIUM), (50, Severity.HIGH), (500, Severity.HIGH)]
)
def test_a_list_of_birth_dates_rises_with_its_rows(rows: int, severity: Severity) -> None:
    document = make_tables(
        [["姓名", "出生日期"], *([name(n), f"19{60 + n % 40}-03-0{n % 9 + 1}"] for n in range(rows))]
    )
    assert only(document).severity is severity


def test_names_of_petitioners_are_a_list_by_themselves() -> None:
    assert only(table(["信访人", "信访事项"], ["征地补偿"] * 4)).rule_id == "list-petitioners"


# --------------------------------------------------------------------------------------------------- publishable lists


@pytest.mark.parametrize(
    ("headers", "columns"),
    [
        (["姓名", "性别", "准考证号", "学历", "报考单位"],
         [["男", "女", "男", "女"], ["34180220251101", "34180220251102", "34180220251103", "34180220251104"], ["本科"] * 4, ["区水利局"] * 4]),
        (["户主姓名", "所在村组", "保障人口", "月补助金额（元）"], [["城东村三组"] * 4, ["2", "1", "3", "1"], ["860", "430", "1200", "430"]]),
        (["专家姓名", "工作单位"], [["某某设计院有限公司", "市水利局", "省建科院", "某某学院"]]),
        (["姓名", "性别", "民族", "出生年月", "学历", "现任职务", "拟任职务"],
         [["男"] * 4, ["汉族"] * 4, ["1980.03", "1985年6月", "1979.11", "1990.01"], ["大学"] * 4, ["副镇长"] * 4, ["镇长"] * 4]),
        (["被处罚人", "违法事实", "处罚结果"], [["无证经营"] * 4, ["罚款500元", "警告", "罚款200元", "罚款1000元"]]),
        (["姓名", "身份证号"], [["35*************123", "34*************456", "34*************017", "35*************22X"]]),
        (["姓名", "联系电话"], [["138****1234", "139****4321", "150****0000", "186****1111"]]),
        (["负责人", "办公电话"], [["0563-3011077", "0563-3011078", "0563-3011079", "0563-3011080"]]),
        (["法定代表人", "统一社会信用代码"], [["91340600MA2PBM9HXD", "91340600MA2PBMA74B", "91340600MA2PBN188W", "91340600MA2PBN831R"]]),
        (["姓名", "院系", "专业", "年级"], [["计算机学院"] * 4, ["软件工程"] * 4, ["2023级"] * 4]),
        (["姓名", "执业证号", "执业机构"], [["13418201910123456", "13418201910123457", "13418201910123458", "13418201910123459"], ["某某律师事务所"] * 4]),
    ],
)  # fmt: skip
def test_lists_that_may_be_published_stay_silent(headers: list[str], columns: list[list[str]]) -> None:
    assert lists_of(table(headers, *columns)) == []


def test_addresses_of_offices_with_their_contacts_stay_silent() -> None:
    text = "采购人：某某海关\n地址：黄浦区淮海中路8号大厦17楼\n联系人：王小明\n代理机构：某某公司\n地址：商城路618号8楼\n联系人：李大兰"
    assert lists_of(make_text(text)) == []


def test_a_plain_address_column_beside_names_is_a_home() -> None:
    found = only(table(["姓名", "地址"], ["城东村三组12号", "城东村二组7号", "城西村1组3号", "城西村五组1号"]))
    assert found.rule_id == "list-address"


def test_statistics_without_persons_stay_silent() -> None:
    document = make_tables(
        [["年龄", "人数", "残疾类别"], ["0-6岁", "12", "肢体"], ["7-14岁", "30", "视力"], ["15岁以上", "9", "听力"]]
    )
    assert lists_of(document) == []


def test_accounts_of_organisations_stay_silent() -> None:
    document = make_tables(
        [["收款单位", "账号"], ["某某区财政局", "34050175860800000123"], ["某某慈善会", "6217001234567890122"]]
    )
    assert lists_of(document) == []


def test_anonymous_patients_stay_silent() -> None:
    assert lists_of(make_tables([["姓名", "病种"], ["张某某", "肺癌"], ["李*", "尿毒症"], ["王某", "糖尿病"]])) == []


def test_a_rule_that_is_not_in_force_finds_nothing() -> None:
    document = make_tables(id_rows(5))
    engine = [engine_finding(document, resident_id(0))]
    without = type(RULES)(tuple(rule for rule in RULES.rules if rule.id != "list-resident-id"), RULES.sha256)
    assert list(find_lists(document, engine, without, POLICY)) == engine


def test_accounts_of_firms_stay_silent_beside_the_names_of_their_heads() -> None:
    document = make_tables(
        [
            ["企业名称", "法定代表人", "账号"],
            ["某某有限公司", "张三", "34050175860800000123"],
            ["某某厂", "李四", "6217001234567890122"],
        ]
    )
    assert lists_of(document) == []


def test_name_and_number_in_one_cell_are_seen() -> None:
    found = only(make_tables([["姓名及身份证号"], *([f"{name(n)} {resident_id(n)}"] for n in range(3))]))
    assert (found.rule_id, found.count) == ("list-resident-id", 3)


# ------------------------------------------------------------------------------------------------------------- headers


def test_a_column_of_valid_ids_needs_no_header() -> None:
    found = only(make_tables([[name(n), "城东村", resident_id(n)] for n in range(6)]))
    assert (found.rule_id, found.count) == ("list-resident-id", 6)


def test_a_header_below_a_title_is_found() -> None:
    rows = [["某某镇2025年危房改造花名册"], ["填报单位：某某镇", "", "单位：元"], ["序号", "姓名", "身份证号"]]
    assert only(make_tables([*rows, *id_rows(4)[1:]])).count == 4


def test_a_header_of_two_lines_with_a_merged_head_is_read() -> None:
    rows = [["序号", "家庭成员", "", "补助"], ["", "姓名", "身份证号码", "金额"]]
    document = make_tables([*rows, *([str(n), name(n), resident_id(n), "500"] for n in range(4))])
    assert only(document).count == 4


def test_a_header_repeated_on_every_page_is_no_row() -> None:
    rows = id_rows(4)
    found = only(make_tables([*rows, rows[0], *id_rows(3)[1:]]))
    assert found.count == 7


def test_a_table_continued_on_the_next_page_is_one_list() -> None:
    rows = id_rows(9)
    found = only(make_tables(rows[:4], rows[4:7], [rows[0], *rows[7:]]))
    assert found.count == 9
    assert any("3个表格" in note for note in found.notes)


def test_lists_of_two_files_in_a_bundle_stay_two() -> None:
    found = lists_of(make_tables(id_rows(4), id_rows(5), parts=(0, 1)))
    assert sorted(finding.count for finding in found) == [4, 5]


def test_a_header_of_spaced_words_is_read() -> None:
    assert (
        only(make_tables([["姓　名", "身份证\n号  码："], *([name(n), resident_id(n)] for n in range(3))])).count == 3
    )


def test_a_table_lying_on_its_side_is_a_list() -> None:
    found = only(make_tables([["姓名", *PERSON], ["身份证号", *(resident_id(n) for n in range(4))]]))
    assert (found.rule_id, found.count) == ("list-resident-id", 4)


def test_two_groups_of_columns_side_by_side_count_both_persons() -> None:
    rows = [[name(n), resident_id(n), name(n + 10), resident_id(n + 10)] for n in range(4)]
    assert only(make_tables([["姓名", "身份证号", "姓名", "身份证号"], *rows])).count == 8


def test_hidden_columns_count_and_are_said() -> None:
    found = only(make_tables(id_rows(6), concealed={2: "隐藏列"}))
    assert found.hidden
    assert any("身份证件号列" in note and "隐藏列" in note and "6格" in note for note in found.notes)


def test_a_mistyped_id_in_an_id_column_is_counted_and_said() -> None:
    rows = id_rows(4)
    rows[2][2] = rows[2][2][:-1] + ("0" if rows[2][2][-1] != "0" else "1")
    found = only(make_tables(rows))
    assert found.count == 4
    assert any("校验位不符" in note for note in found.notes)


def test_a_form_of_one_person_is_no_list() -> None:
    document = make_tables([["姓名", "张三丰", "性别", "男"], ["身份证号", resident_id(1), "电话", mobile(1)]])
    assert lists_of(document) == []


# -------------------------------------------------------------------------------------------- one value gets one type


def case_number(n: int) -> str:
    return f"34180220231108{n:04d}"


def test_case_numbers_in_a_column_are_taken_out_of_the_ids() -> None:
    rows = [["受理编号", "申请人", "事项"], *([case_number(n + 1), name(n), "户籍"] for n in range(12))]
    document = make_tables(rows)
    engine = [engine_finding(document, row[0]) for row in rows[1:4]]
    assert find_lists(document, engine, RULES, POLICY) == ()


def test_a_serial_run_without_header_is_no_list_of_ids() -> None:
    assert lists_of(make_tables([[case_number(n), "户籍迁移", "办结"] for n in range(1, 30)])) == []


def test_ids_under_a_header_that_says_number_are_ids_when_names_stand_beside() -> None:
    found = only(make_tables([["编号", "姓名"], *([resident_id(n), name(n)] for n in range(8))]))
    assert (found.rule_id, found.count) == ("list-resident-id", 8)


# --------------------------------------------------------------------------------------------------------- typed lists


def test_a_comma_separated_file_is_a_list() -> None:
    document = make_text("\n".join(",".join(row) for row in id_rows(10)))
    assert (only(document).rule_id, only(document).count) == ("list-resident-id", 10)


def test_a_tab_separated_file_without_header_is_a_list() -> None:
    document = make_text("\n".join(f"{name(n)}\t{resident_id(n)}\t{mobile(n)}" for n in range(5)))
    assert only(document).count == 5


def test_lines_aligned_with_spaces_are_a_list() -> None:
    lines = ["姓名    身份证号              电话", *(f"{name(n)}   {resident_id(n)}   {mobile(n)}" for n in range(5))]
    assert only(make_text("\n".join(lines))).count == 5


def test_repeated_records_are_a_list() -> None:
    text = "\n".join(f"姓名：{name(n)}  身份证号：{resident_id(n)}\n住址：城东村{n}组{n}号\n" for n in range(1, 5))
    found = only(make_text(text))
    assert (found.count, found.rule_id) == (4, "list-resident-id")


def test_numbered_lines_of_prose_with_ids_are_a_list() -> None:
    text = "\n".join(
        f"{n}. {name(n)}，男，{'家住城东村，' * (n % 3)}{resident_id(n)}，{'已核实' * (n % 2)}" for n in range(1, 6)
    )
    found = only(make_text(text))
    assert found.count == 5


def test_a_paragraph_that_names_many_persons_is_a_list() -> None:
    text = "救助对象：" + "；".join(f"{name(n)}（身份证号{resident_id(n)}）" for n in range(6)) + "。"
    found = only(make_text(text))
    assert (found.count, texts_of(make_text(text), found)[0]) == (6, resident_id(0))


def test_a_column_of_bare_mobile_numbers_is_a_list() -> None:
    found = only(make_text("\n".join(mobile(n) for n in range(1, 30))))
    assert (found.rule_id, found.count, found.severity) == ("list-contact", 29, Severity.HIGH)


def test_prose_with_commas_is_no_list() -> None:
    text = "\n".join(
        [
            "姓名、性别等信息，由各镇、街道核对，确保准确，按时上报。",
            "联系电话应当保持畅通，值班人员，不得离岗，及时处置。",
        ]
        * 10
    )
    assert lists_of(make_text(text)) == []


def test_a_hidden_typed_list_says_so() -> None:
    document = make_text("\n".join(",".join(row) for row in id_rows(4)), BlockKind.HIDDEN, "白色文字")
    assert any("白色文字" in note for note in only(document).notes)


# ----------------------------------------------------------------------------------------------------- any text at all

PIECES = [
    "姓名", "身份证号", "：", ":", ",", "，", "\t", "  ", "|", "\n", "\n\n", "张三", "李小四", resident_id(1), resident_id(2), mobile(1),
    "138****1234", "341802********4512", "***", "xx", "X", "2015年", "出生", "出生日期", "三组12号", "序号", "1", "户主", '"', "\u3000", "某",
    "6217001234567890122", "\ud800", "卡号", "34180219900307****", "(", "·",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_the_text_the_places_lie_in_it_in_order(pieces: list[str]) -> None:
    document = make_text("".join(pieces))
    for find in (
        lambda: find_lists(document, (), RULES, POLICY, b"key"),
        lambda: find_masks(document, RULES, POLICY, b"key"),
    ):
        found = find()
        assert found == find()
        for finding in found:
            assert finding.spans and finding.span == finding.spans[0]
            assert list(finding.spans) == sorted(set(finding.spans))
            assert finding.spans[-1].end <= len(document.text)


@given(st.lists(st.lists(st.sampled_from([*PIECES, ""]), min_size=1, max_size=6), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_whatever_the_table_the_places_are_cells_of_it(rows: list[list[str]]) -> None:
    document = make_tables(rows)
    cells = {block.span for block in document.blocks}
    for finding in find_lists(document, (), RULES, POLICY):
        assert set(finding.spans) <= cells
        assert 1 <= finding.count <= len(cells)
    find_masks(document, RULES, POLICY)


# --------------------------------------------------------------------------------------------------------------- speed


def test_a_sheet_of_20000_rows_is_read_in_seconds() -> None:
    headers = ["序号", "姓名", "性别", "身份证号", "联系电话", "家庭住址", "银行账号", "金额"]
    rows = [
        [str(n), name(n), "男", resident_id(n), mobile(n), f"城东村{n % 9 + 1}组{n % 99 + 1}号", f"6217{n:015d}", "500"]
        for n in range(20_000)
    ]
    document = make_tables([headers, *rows])
    start = time.process_time()
    found = only(document)
    assert time.process_time() - start < 4  # under 2 s on an idle machine
    assert found.count == 20_000
