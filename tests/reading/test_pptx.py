"""pptx: slides in the order of the show, and everything an audience does not see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import pptx
from review.types import BlockKind, Cell, GapReason
from tests.reading import builders_ooxml as build
from tests.reading.builders_ooxml import NAMES, shape
from tests.reading.shared_files import hidden_strings, unmarked

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)


def read(data: bytes) -> Reading:
    return pptx.extract(data, Options())


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


def test_slides_are_read_in_the_order_of_the_show() -> None:
    reading = read(build.pptx([shape("先存"), shape("后存")], listed=[1, 0]))
    assert [(p.text, p.page) for p in reading.pieces] == [("后存", 1), ("先存", 2)]
    assert one(reading, "后存").top_of_first_page and not one(reading, "先存").top_of_first_page


def test_titles_bodies_and_boxes_have_their_kind() -> None:
    reading = read(build.pptx([shape("题", "title") + shape("文\n字", "body") + shape("框")]))
    assert [(p.text, p.kind, p.locator) for p in reading.pieces] == [
        ("题", BlockKind.HEADING, "第1张幻灯片 标题"),
        ("文\n字", BlockKind.PARAGRAPH, "第1张幻灯片"),
        ("框", BlockKind.TEXT_BOX, "第1张幻灯片 文本框"),
    ]


def test_a_hidden_slide_and_one_outside_the_show_say_so() -> None:
    reading = read(build.pptx([shape("甲"), shape("乙"), shape("丙")], hidden=frozenset({1}), listed=[0, 1]))
    assert one(reading, "甲").concealed == ""
    assert one(reading, "乙").concealed == "隐藏的幻灯片"
    assert one(reading, "丙").concealed == "未列入放映的幻灯片"


def test_shapes_off_the_canvas_or_hidden_say_so() -> None:
    group = (
        '<p:grpSp><p:grpSpPr><a:xfrm><a:off x="5000" y="0"/><a:ext cx="100" cy="100"/><a:chOff x="0" y="0"/>'
        f'<a:chExt cx="100" cy="100"/></a:xfrm></p:grpSpPr>{shape("组内", place=build.placed(10, 10))}</p:grpSp>'
    )
    slide = (
        shape("里面", place=build.placed(10, 10))
        + shape("外面", place=build.placed(-500, 10))
        + shape("隐形", attributes='hidden="1"')
        + group
    )
    reading = read(build.pptx([slide]))
    assert {p.text: p.concealed for p in reading.pieces} == {
        "里面": "",
        "外面": "幻灯片画布之外",
        "隐形": "隐藏的图形",
        "组内": "幻灯片画布之外",
    }


def test_tables_are_cells_with_spans() -> None:
    def cell(text: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    wide, covered = cell("宽", 'gridSpan="2"'), cell("", 'hMerge="1"')
    rows = f"<a:tr>{wide}{covered}</a:tr><a:tr>{cell('左')}{cell('右')}</a:tr>"
    frame = (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    reading = read(build.pptx([frame]))
    assert one(reading, "宽").cell == Cell(0, 0, 0, 1, 2)
    assert (one(reading, "右").cell, one(reading, "右").locator) == (Cell(0, 1, 1), "第1张幻灯片 表1 第2行 B列")


def test_notes_comments_alternative_text_and_layouts_are_read() -> None:
    parts = {
        "ppt/notesSlides/n1.xml": f"<p:notes {NAMES}><p:cSld><p:spTree>{shape('讲话口径', 'body')}</p:spTree></p:cSld></p:notes>",
        "ppt/comments/c1.xml": f'<p:cmLst {NAMES}><p:cm authorId="0"><p:text>此页删去</p:text></p:cm></p:cmLst>',
        "ppt/commentAuthors.xml": f'<p:cmAuthorLst {NAMES}><p:cmAuthor id="0" name="周某"/></p:cmAuthorLst>',
        "ppt/slideMasters/m1.xml": f"<p:sldMaster {NAMES}><p:cSld><p:spTree>{shape('内部资料')}{shape('单击此处编辑母版标题样式', 'title')}"
        "</p:spTree></p:cSld></p:sldMaster>",
    }
    arrows = {
        "ppt/slides/slide0.xml": [
            ("n", "notesSlide", "../notesSlides/n1.xml"),
            ("c", "comments", "../comments/c1.xml"),
        ],
        "ppt/presentation.xml": [("a", "commentAuthors", "commentAuthors.xml")],
    }
    reading = read(build.pptx([shape("文", attributes='descr="替代文字"')], parts=parts, arrows=arrows))
    found = {p.text: (p.kind, p.locator) for p in reading.pieces}
    assert found == {
        "文": (BlockKind.TEXT_BOX, "第1张幻灯片 文本框"),
        "替代文字": (BlockKind.ALT_TEXT, "第1张幻灯片 文本 替代文字"),
        "讲话口径": (BlockKind.NOTE, "第1张幻灯片 备注"),
        "此页删去": (BlockKind.COMMENT, "第1张幻灯片 批注（周某）"),
        "内部资料": (BlockKind.TEXT_BOX, "母版1 文本框"),
        "周某": (BlockKind.PROPERTY, "批注的作者"),
    }


def test_chart_caches_belong_to_their_slide() -> None:
    chart = f"<c:chartSpace {NAMES}><c:ser><c:cat><c:strCache><c:pt><c:v>甲镇</c:v></c:pt><c:pt><c:v>乙镇</c:v></c:pt></c:strCache></c:cat></c:ser></c:chartSpace>"
    reading = read(
        build.pptx(
            [shape("文")],
            parts={"ppt/charts/chart1.xml": chart},
            arrows={"ppt/slides/slide0.xml": [("c", "chart", "../charts/chart1.xml")]},
        )
    )
    assert one(reading, "甲镇\n乙镇").locator == "第1张幻灯片 图表 缓存"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_strings_come_back_in_order_on_their_slide(slides: list[list[str]]) -> None:
    reading = read(build.pptx(["".join(shape(text) for text in slide) for slide in slides]))
    found = [(p.text, p.page, p.kind) for p in reading.pieces]
    assert found == [(text, n + 1, BlockKind.TEXT_BOX) for n, slide in enumerate(slides) for text in slide]


@pytest.mark.shared
def test_every_hiding_place_of_the_shared_sample_is_found_and_says_what_it_is() -> None:
    data, wanted = hidden_strings("generated/hidden/hidden_all.pptx")
    assert len(wanted) == 5
    assert unmarked(read(data), wanted) == []


def test_a_listed_slide_that_is_not_in_the_file_is_a_gap() -> None:
    reading = read(build.pptx([shape("先存")], listed=[0, 7]))
    assert [(gap.reason, gap.locator) for gap in reading.gaps] == [(GapReason.CORRUPT, "第2张幻灯片")]


def test_the_drawn_copy_of_a_diagram_is_read_where_it_says_something_else() -> None:
    def drawn(*texts: str) -> str:
        return f"<x {NAMES}>" + "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts) + "</x>"

    parts: dict[str, str | bytes] = {
        "ppt/diagrams/data1.xml": drawn("组织"),
        "ppt/diagrams/drawing1.xml": drawn("组织", "李某某"),
    }
    reading = read(build.pptx([shape("题")], parts=parts))
    assert [p.text for p in reading.pieces] == ["题", "组织", "李某某"]
