"""xlsx: every cell of every sheet, what hides it, and everything beside the cells."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import number_format, xlsx
from review.reading.formats.xlsx_sheet import header_text
from review.types import BlockKind, Cell, GapReason, Sheet
from tests.reading import builders_ooxml as build
from tests.reading.shared_files import hidden_strings, unmarked

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)
_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"


def read(data: bytes) -> Reading:
    return xlsx.extract(data, Options())


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


def cells(reading: Reading) -> list[str]:
    return [p.text for p in reading.pieces if p.kind is BlockKind.CELL]


def test_sheets_of_any_state_are_read_and_say_so() -> None:
    reading = read(
        build.xlsx(
            [
                ("目录", "visible", build.grid([["公开"]])),
                ("底稿", "hidden", build.grid([["甲"]])),
                ("深", "veryHidden", build.grid([["乙"]])),
            ]
        )
    )
    assert reading.sheets == (
        Sheet("目录", "visible", 1, 1),
        Sheet("底稿", "hidden", 1, 1),
        Sheet("深", "veryHidden", 1, 1),
    )
    assert (one(reading, "公开").locator, one(reading, "公开").concealed) == ("工作表“目录” A1", "")
    assert (one(reading, "甲").locator, one(reading, "甲").concealed) == ("工作表“底稿”(隐藏) A1", "隐藏工作表")
    assert one(reading, "乙").concealed == "深度隐藏工作表"
    assert (one(reading, "底稿").kind, one(reading, "底稿").concealed) == (BlockKind.NAME, "隐藏工作表")


def test_shared_strings_booleans_errors_and_cached_formulas_are_shown() -> None:
    sheet = (
        '<sheetData><row r="2"><c r="B2" t="s"><v>1</v></c><c r="C2" t="b"><v>1</v></c><c r="D2" t="e"><v>#N/A</v></c>'
        '<c r="E2" t="str"><f>B2&amp;"机密"</f><v>李某机密</v></c><c r="F2" t="s"><v>99</v></c></row></sheetData>'
    )
    reading = read(build.xlsx([("表", "visible", sheet)], strings=["张某", "李某"]))
    assert cells(reading) == ["李某", "TRUE", "#N/A", "李某机密"]
    assert one(reading, "李某").cell == Cell(0, 1, 1)
    assert one(reading, '=B2&"机密"').kind is BlockKind.FIELD


def test_hidden_rows_columns_and_filtered_rows_say_why() -> None:
    sheet = (
        '<cols><col min="2" max="3" hidden="1"/></cols><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="2" hidden="1"><c r="A2"><v>3</v></c></row><row r="9" hidden="1"><c r="A9"><v>4</v></c></row></sheetData>'
        '<autoFilter ref="A1:B5"/>'
    )
    reading = read(build.xlsx([("表", "visible", sheet)]))
    assert {p.text: p.concealed for p in reading.pieces if p.cell} == {
        "1": "",
        "2": "隐藏列",
        "3": "筛选隐藏的行",
        "4": "隐藏行",
    }


def test_masking_formats_white_fonts_and_custom_codes() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="&quot;****&quot;"/><numFmt numFmtId="165" formatCode=";;;"/>'
        '<numFmt numFmtId="166" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
        '<fonts><font/><font><color rgb="FFFFFFFF"/></font><font><color theme="0"/></font></fonts>'
        '<fills><fill/><fill><patternFill patternType="solid"><fgColor rgb="FF003366"/></patternFill></fill></fills>'
        '<cellXfs><xf/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf fontId="1"/>'
        '<xf fontId="2"/><xf fontId="1" fillId="1"/></cellXfs>'
    )
    row = "".join(f'<c s="{index}"><v>{value}</v></c>' for index, value in enumerate((10, 11, 12, 45413, 14, 15, 16)))
    text = '<row><c t="inlineStr" s="2"><is><t>藏</t></is></c></row>'
    reading = read(build.xlsx([("表", "visible", f"<sheetData><row>{row}</row>{text}</sheetData>")], styles_xml=styles))
    assert [(p.text, p.concealed) for p in reading.pieces if p.cell] == [
        ("10", ""),
        ("11", "数字格式遮盖"),
        ("12", "数字格式遮盖"),
        ("2024年5月1日", ""),
        ("14", "白色文字"),
        ("15", "白色文字"),
        ("16", ""),
        ("藏", "数字格式遮盖"),
    ]
    masked = one(reading, "11").cell
    assert masked is not None and masked.number_format == '"****"'


@pytest.mark.parametrize(
    ("raw", "code", "shown"),
    [
        ("3.41802198001011E+17", "General", "341802198001011000"),
        ("3.41802198001011E+17", "0.00E+00", "341802198001011000"),
        ("341802198001011000", "0", "341802198001011000"),
        ("0.10000000000000001", "General", "0.1"),
        ("1234567.891", "#,##0.00", "1,234,567.89"),
        ("0.125", "0.0%", "12.5%"),
        ("7", "000", "007"),
        ("12.5", '0.00"元"', "12.50元"),
        ("-5", "0;(0)", "(5)"),
        ("13800000000", "000-0000-0000", "13800000000"),
        ("45413", "yyyy-mm-dd", "2024-05-01"),
        ("45413.75", "yyyy/m/d h:mm", "2024/5/1 18:00"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("0.5", "[h]:mm", "12:00"),
        ("5", "[Red]0.0", "5.0"),
        ("12", "@", "12"),
        ("x", "0", "x"),
    ],
)
def test_numbers_are_shown_as_a_program_shows_them_and_keep_their_digits(raw: str, code: str, shown: str) -> None:
    found = number_format.show(raw, code)
    assert found.text.replace("-", "") == shown.replace("-", "") if code.startswith("000-") else found.text == shown
    assert not found.is_masked


@pytest.mark.parametrize("code", ['"****"', ";;;", '"已隐藏"', "**", '0;;;"x"'])
def test_a_format_without_the_value_masks_it(code: str) -> None:
    assert number_format.show("-5" if code.startswith("0") else "5", code).is_masked or number_format.hides_text(code)


@pytest.mark.parametrize(
    ("raw", "code"),
    [("5", "0" + "%" * 10**6), ("1E+999999", "0.00"), ("5", "0." + "0" * 10**6), ("NaN", "0"), ("1E-999999", "0")],
)
def test_hostile_numbers_and_codes_cost_nothing(raw: str, code: str) -> None:
    started = time.monotonic()
    assert len(number_format.show(raw, code).text) < 2000
    assert time.monotonic() - started < 1


def test_merged_cells_have_their_span() -> None:
    sheet = build.grid([["宽", "", "右"]]) + '<mergeCells><mergeCell ref="A1:B3"/></mergeCells>'
    assert one(read(build.xlsx([("表", "visible", sheet)])), "宽").cell == Cell(0, 0, 0, 3, 2)


def test_comments_names_headers_validations_links_and_threads_are_read() -> None:
    sheet = (
        build.grid([["甲"]])
        + '<dataValidations><dataValidation sqref="B2" prompt="校验提示" errorTitle="错"><formula1>"甲项,乙项"</formula1>'
        '</dataValidation></dataValidations><hyperlinks><hyperlink ref="A1" r:id="l"/></hyperlinks>'
        '<headerFooter><oddHeader>&amp;L&amp;"宋体"秘密&amp;R第&amp;P页</oddHeader></headerFooter>'
    )
    parts = {
        "xl/comments1.xml": f"<comments {build.SHEET_NAMES}><authors><author>王某</author></authors><commentList>"
        '<comment ref="A1" authorId="0"><text><r><t>请</t></r><r><t>核实</t></r></text></comment></commentList></comments>',
        "xl/threadedComments/t1.xml": f'<ThreadedComments xmlns="{_THREADS}"><threadedComment ref="A1" personId="p">'
        "<text>会话内容</text></threadedComment></ThreadedComments>",
        "xl/persons/person.xml": f'<personList xmlns="{_THREADS}"><person displayName="赵某" id="p"/></personList>',
    }
    arrows = {
        "xl/worksheets/sheet0.xml": [
            ("c", "comments", "../comments1.xml"),
            ("t", "threadedComment", "../threadedComments/t1.xml"),
            ("l", "hyperlink", "http://10.0.0.1/x"),
        ],
        "xl/workbook.xml": [("p", "person", "persons/person.xml")],
    }
    book = '<definedNames><definedName name="暗名" hidden="1">"暗值"</definedName></definedNames>'
    reading = read(build.xlsx([("表", "visible", sheet)], parts=parts, arrows=arrows, book=book))
    found = {p.text: (p.kind, p.locator) for p in reading.pieces}
    assert found["请核实"] == (BlockKind.COMMENT, "工作表“表” A1 批注（王某）")
    assert found["会话内容"] == (BlockKind.COMMENT, "工作表“表” A1 会话批注（赵某）")
    assert found["王某"][0] is found["赵某"][0] is BlockKind.PROPERTY
    assert found["校验提示"] == (BlockKind.FIELD, "工作表“表” B2 数据有效性 输入提示")
    assert found["甲项,乙项"][0] is BlockKind.FIELD
    assert found["http://10.0.0.1/x"] == (BlockKind.LINK, "工作表“表” A1 超链接地址")
    assert found["秘密\n第页"] == (BlockKind.HEADER, "工作表“表” 页眉")
    assert one(reading, '"暗值"').concealed == "隐藏的名称"


def test_pivot_and_link_caches_are_read_and_said_to_be_caches() -> None:
    parts = {
        "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition {build.SHEET_NAMES} refreshedBy="孙某"><cacheFields>'
        '<cacheField name="姓名"><sharedItems><s v="钱某"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>',
        "xl/externalLinks/externalLink1.xml": f"<externalLink {build.SHEET_NAMES}><externalBook><sheetDataSet><sheetData>"
        '<row r="1"><cell r="A1"><v>外部值</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>',
    }
    reading = read(build.xlsx([("表", "visible", build.grid([["甲"]]))], parts=parts))
    assert one(reading, "姓名\n钱某").concealed.startswith("数据透视表缓存")
    assert one(reading, "外部值").concealed == "外部工作簿缓存"
    assert one(reading, "孙某").kind is BlockKind.PROPERTY


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    sheet = '<sheetData><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>角</t></is></c></row></sheetData>'
    started = time.monotonic()
    reading = read(build.xlsx([("表", "visible", sheet)]))
    assert time.monotonic() - started < 1
    assert one(reading, "角").cell == Cell(0, 1048575, 16383)


@pytest.mark.parametrize("row", ['<row r="0"><c r="A0"><v>7</v></c></row>', '<row r="-3"><c r="?"><v>7</v></c></row>'])
def test_addresses_that_are_none_do_not_lose_the_cell(row: str) -> None:
    cell = one(read(build.xlsx([("表", "visible", f"<sheetData>{row}</sheetData>")])), "7").cell
    assert cell is not None and cell.row >= 0 and cell.column >= 0


def test_a_document_type_in_the_shared_strings_is_refused() -> None:
    parts = {"xl/sharedStrings.xml": f'<!DOCTYPE a [<!ENTITY b "c">]><sst {build.SHEET_NAMES}/>'}
    reading = read(build.xlsx([("表", "visible", build.grid([["甲"]]))], parts=parts))
    assert cells(reading) == ["甲"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]


def test_header_codes_are_no_text() -> None:
    assert header_text('&L&"宋体,加粗"&12&KFF0000甲&C第 &P 页&R&&乙') == "甲\n第  页\n&乙"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=6))
def test_strings_come_back_in_order_at_their_address(rows: list[list[str]]) -> None:
    found = [(p.text, p.cell) for p in read(build.xlsx([("表", "visible", build.grid(rows))])).pieces if p.cell]
    assert found == [(text, Cell(0, r, c)) for r, row in enumerate(rows) for c, text in enumerate(row)]


@given(st.integers(min_value=0, max_value=10**17))
def test_whole_numbers_keep_all_their_digits(number: int) -> None:
    assert number_format.digits(str(number)) == str(number)
    assert number_format.digits(f"{number}.0") == str(number)


@pytest.mark.shared
def test_every_hiding_place_of_the_shared_sample_is_found_and_says_what_it_is() -> None:
    data, wanted = hidden_strings("generated/hidden/hidden_all.xlsx")
    assert len(wanted) == 13
    assert unmarked(read(data), wanted) == []


def test_a_string_the_table_does_not_hold_is_a_gap_and_not_an_empty_cell() -> None:
    sheet = '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>7</v></c></row></sheetData>'
    reading = read(build.xlsx([("甲", "visible", sheet)], strings=["公开"]))
    assert [(gap.reason, gap.locator) for gap in reading.gaps] == [(GapReason.CORRUPT, "工作表“甲”")]
    assert "1 个单元格" in reading.gaps[0].detail


def test_a_listed_sheet_that_is_not_in_the_file_is_a_gap() -> None:
    data = build.xlsx([("甲", "visible", build.grid([["公开"]]))])
    broken = build.package(
        "xlsx",
        {
            "xl/workbook.xml": f'<workbook {build.SHEET_NAMES}><sheets><sheet name="乙" sheetId="1" r:id="z"/>'
            '<sheet name="丙" sheetId="2" r:id="y"/></sheets></workbook>'
        },
        {"xl/workbook.xml": [("y", "worksheet", "worksheets/gone.xml")]},
    )
    assert read(data).gaps == ()
    assert {g.locator for g in read(broken).gaps if g.reason is GapReason.CORRUPT} >= {"第1个工作表", "第2个工作表"}


def test_strings_of_deleted_cells_are_read_as_hidden_text_once() -> None:
    sheet = '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>'
    reading = read(build.xlsx([("甲", "visible", sheet)], strings=["公开", "李某某", "公开", "李某某"]))
    left = one(reading, "李某某")
    assert (left.kind, left.concealed) == (BlockKind.HIDDEN, "已删除单元格残留的文字")
    assert reading.gaps == ()
