"""html, mht, xml: what a browser shows, what it does not, and the character set the bytes have."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading import filetypes
from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import html, mht, svg, xml_text
from review.types import BlockKind, Cell, GapReason, Sheet

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)


def read(page: str | bytes) -> Reading:
    return html.extract(page if isinstance(page, bytes) else page.encode("utf-8"), Options())


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


def test_blocks_are_pieces_and_inline_markup_does_not_break_them() -> None:
    reading = read("<h1>通 知</h1><p>机<b>密</b>★<i>10年</i></p><div>一<br>二</div>")
    assert [(p.text, p.kind) for p in reading.pieces] == [
        ("通 知", BlockKind.HEADING),
        ("机密★10年", BlockKind.PARAGRAPH),
        ("一\n二", BlockKind.PARAGRAPH),
    ]
    assert all(p.top_of_first_page for p in reading.pieces)


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ('<span style="display: none">藏</span>', "网页隐藏元素"),
        ('<span style="visibility:hidden">藏</span>', "网页隐藏元素"),
        ("<span hidden>藏</span>", "网页隐藏元素"),
        ('<span class="x">藏</span>', "网页隐藏元素"),
        ('<span style="color:#FFF">藏</span>', "白色文字"),
        ('<font color="white">藏</font>', "白色文字"),
        ('<span style="font-size:1px">藏</span>', "微小字号"),
        ('<span style="mso-hide:all">藏</span>', "隐藏文字"),
        ('<span style="text-indent:-9999px">藏</span>', "移到页面之外"),
        ("<template>藏</template>", "网页模板（不显示）"),
        ("<!-- 藏 -->", "网页注释"),
        ("<script>var a='藏藏';</script>", "网页脚本中的文字"),
    ],
)
def test_what_a_browser_does_not_show_says_why(markup: str, reason: str) -> None:
    reading = read(f"<style>.x {{display:none}}</style><p>见{markup}到</p>")
    assert [p.concealed for p in reading.pieces if "藏" in p.text] == [reason]
    assert "".join(p.text for p in reading.pieces if not p.concealed) == "见到"


def test_white_text_on_a_painted_ground_is_seen() -> None:
    assert one(read('<div style="background:#036"><p style="color:white">看得见</p></div>'), "看得见").concealed == ""


def test_tables_are_cells_of_a_grid_with_spans() -> None:
    reading = read("<table><tr><td rowspan=2>甲<th colspan=2>乙<tr><td>丙<td>丁<table><tr><td>内</table>后</table>")
    assert [(p.text, p.cell) for p in reading.pieces] == [
        ("甲", Cell(0, 0, 0, 2, 1)),
        ("乙", Cell(0, 0, 1, 1, 2)),
        ("丙", Cell(0, 1, 1)),
        ("丁", Cell(0, 1, 2)),
        ("内", Cell(1, 0, 0)),
        ("后", Cell(0, 1, 2)),
    ]
    assert one(reading, "丁").locator == "表1 第2行 C列"


def test_attributes_meta_links_and_office_properties_are_read() -> None:
    reading = read(
        "<title>题</title><meta name=author content=张某><!--[if gte mso 9]><xml><o:DocumentProperties><o:LastAuthor>李某"
        "</o:LastAuthor></o:DocumentProperties></xml><![endif]--><img alt=替代 title=提示><a href='http://10.0.0.1/x'>链</a>"
        "<input type=hidden value=隐值><del>删去</del>"
    )
    assert {p.text: p.kind for p in reading.pieces} == {
        "题": BlockKind.PROPERTY,
        "张某": BlockKind.PROPERTY,
        "李某": BlockKind.PROPERTY,
        "替代": BlockKind.ALT_TEXT,
        "提示": BlockKind.ALT_TEXT,
        "链": BlockKind.PARAGRAPH,
        "http://10.0.0.1/x": BlockKind.LINK,
        "隐值": BlockKind.FIELD,
        "删去": BlockKind.DELETION,
    }


def test_a_picture_inside_the_page_is_a_file_inside_the_file() -> None:
    data = base64.b64encode(b"\x89PNG\r\n\x1a\nxx").decode()
    reading = read(f'<p>图<img src="data:image/png;base64,{data}"></p>')
    assert [(e.name, e.data) for e in reading.embedded] == [("内嵌1.png", b"\x89PNG\r\n\x1a\nxx")]


@pytest.mark.parametrize(
    ("declared", "actual"), [("gb2312", "gb18030"), ("utf-8", "gb18030"), ("iso-8859-1", "gb18030"), ("gbk", "utf-8")]
)
def test_the_bytes_win_over_the_declared_character_set(declared: str, actual: str) -> None:
    page = f'<meta charset="{declared}"><p>关于公布行政处罚结果的公告，请各有关单位遵照执行</p>'
    reading = read(page.encode(actual))
    assert [p.text for p in reading.pieces] == ["关于公布行政处罚结果的公告，请各有关单位遵照执行"]
    assert reading.gaps == ()


def test_bytes_of_no_character_set_are_said() -> None:
    reading = read(b"<p>" + "公告".encode() + b"\xff\xff\xfe\x81" + "公告".encode() + b"</p>")
    assert [gap.reason for gap in reading.gaps] == [GapReason.ENCODING]


def test_deep_nesting_is_read_to_the_ground() -> None:
    assert one(read("<div>" * 5000 + "底" + "</div>" * 5000 + "<p>后</p>"), "底")


def test_a_web_archive_is_its_pages_and_its_pictures() -> None:
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
    page = base64.b64encode("<p>档案正文</p>".encode("gb18030")).decode()
    archive = (
        'From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"\n\n--B\n'
        f"Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: base64\n\n{page}\n--B\n"
        f"Content-Type: image/png\nContent-Location: file:///C:/x/1.png\nContent-Transfer-Encoding: base64\n\n{picture}\n--B--\n"
    )
    reading = mht.extract(archive.encode(), Options())
    assert one(reading, "档案正文").kind is BlockKind.PARAGRAPH
    assert [e.name for e in reading.embedded] == ["1.png"]


def test_xml_is_the_text_of_its_elements() -> None:
    source = '<?xml version="1.0" encoding="gb2312"?><a 注="属性值"><b>甲</b><c><![CDATA[<p>乙<b>丙</b></p>]]></c></a>'
    reading = xml_text.extract(source.encode("gb2312"), Options())
    assert [p.text for p in reading.pieces] == ["属性值", "甲", "乙丙"]
    assert reading.gaps == ()


def test_xml_with_a_document_type_is_read_as_markup_and_said() -> None:
    source = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>甲&b;</a>'
    reading = xml_text.extract(source.encode(), Options())
    assert any("甲" in piece.text for piece in reading.pieces)
    assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]


def test_the_xml_forms_of_word_and_excel_2003_are_paragraphs_and_cells() -> None:
    word = (
        '<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p>'
        "<w:r><w:t>机</w:t></w:r><w:r><w:t>密</w:t></w:r></w:p></w:body></w:wordDocument>"
    )
    assert [p.text for p in xml_text.extract(word.encode(), Options()).pieces] == ["机密"]
    book = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="名单"><Table><Row ss:Index="3"><Cell'
        ' ss:MergeAcross="1"><Data ss:Type="String">甲</Data></Cell><Cell><Data ss:Type="Number">5</Data></Cell></Row></Table>'
        "</Worksheet></Workbook>"
    )
    reading = xml_text.extract(book.encode(), Options())
    assert [(p.text, p.cell) for p in reading.pieces if p.cell] == [("甲", Cell(0, 2, 0, 1, 2)), ("5", Cell(0, 2, 2))]
    assert reading.sheets == (Sheet("名单", "visible", 3, 3),)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["p", "h2", "td", "hidden"]), WORDS), max_size=8))
def test_strings_come_back_in_order_with_their_kind(items: list[tuple[str, str]]) -> None:
    forms = {"p": "<p>{}</p>", "h2": "<h2>{}</h2>", "td": "<table><tr><td>{}</table>", "hidden": "<p hidden>{}</p>"}
    kinds = {"p": BlockKind.PARAGRAPH, "h2": BlockKind.HEADING, "td": BlockKind.CELL, "hidden": BlockKind.HIDDEN}
    reading = read("<body>" + "".join(forms[what].format(text) for what, text in items))
    assert [(p.kind, p.text) for p in reading.pieces] == [(kinds[what], text) for what, text in items]


_NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30


def draw(content: str, head: str = "", **options: bool) -> Reading:
    source = f"{head}<svg {_NS}>{content}</svg>".encode()
    assert filetypes.identify(source) == "svg"
    return svg.extract(source, Options(**options))  # type: ignore[arg-type]


def test_a_drawing_gives_its_texts_and_the_files_inside() -> None:
    picture = base64.b64encode(_PNG).decode()
    reading = draw(
        '<desc>示意图</desc><text x="1"><tspan x="1">机</tspan><tspan x="2">密</tspan>★5年</text><text display="none">旧稿</text>'
        '<text><tspan>第一行</tspan><tspan x="0" dy="12">第二行</tspan></text><path d="M0 0L9 9"/>'
        f'<image xlink:href="data:image/png;base64,{picture}"/><style>a::before{{content:"\\673a密"}}</style>',
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">\n',
    )
    assert one(reading, "机密★5年").top_of_first_page
    assert one(reading, "示意图").kind is BlockKind.ALT_TEXT
    assert one(reading, "旧稿").concealed == "网页隐藏元素"
    assert one(reading, "第一行\n第二行") and one(reading, "机密")
    assert [item.data for item in reading.embedded] == [_PNG]
    assert reading.gaps == ()


def test_a_drawing_of_lines_alone_is_a_gap_and_an_icon_inside_a_file_is_not() -> None:
    assert [gap.reason for gap in draw('<path d="M0 0L9 9"/>').gaps] == [GapReason.NO_TEXT]
    assert [gap.reason for gap in draw('<image href="a.png"/>', is_part=True).gaps] == [GapReason.NO_TEXT]
    assert draw('<path d="M0 0L9 9"/>', is_part=True).gaps == ()
    long = "M0 0" + "L9 9" * 1000
    assert [gap.reason for gap in draw(f'<path d="{long}"/>', is_part=True).gaps] == [GapReason.NO_TEXT]
    assert [gap.reason for gap in read(f"<p>通知</p><svg><path d='{long}'/></svg>").gaps] == [GapReason.NO_TEXT]
    assert read("<p>通知</p><svg><path d='M0 0L9 9'/></svg>").gaps == ()


def test_a_drawing_that_declares_entities_is_said() -> None:
    data = b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;x</text></svg>'
    assert filetypes.identify(data) == "svg"
    assert [gap.reason for gap in svg.extract(data, Options()).gaps] == [GapReason.DANGEROUS]


def test_files_and_words_in_values_of_markup_are_read() -> None:
    plain = "data:text/plain;charset=utf-8,%E6%9D%8E%E6%9F%90"
    reading = read(
        f'<style>p::after{{content:"内部资料"}} i{{background:url("data:text/plain,abc")}}</style><a href="{plain}">x</a>'
        '<p data-id="34250119900307283X" data-n="17">通知</p><p style="background:url(data:text/plain;base64,5byg)">各村</p>'
    )
    assert one(reading, "内部资料").kind is BlockKind.OTHER
    assert one(reading, "34250119900307283X").kind is BlockKind.HIDDEN
    assert [item.data.decode() for item in reading.embedded] == ["abc", "李某", "张"]
    assert not any(p.text == "17" for p in reading.pieces)


def test_many_comments_before_a_drawing_cost_one_pass() -> None:
    assert filetypes.identify(b"<!-- -->" * 400 + b"<svg>") == "svg"
    assert filetypes.identify(b"<!-- -->" * 510) == "txt"
