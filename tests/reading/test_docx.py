"""docx: everything that is text comes back once, with its kind, its place and what hides it."""

import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import docx, vba
from review.types import BlockKind, Cell, GapReason, Limits
from tests.reading import builders_ooxml as build
from tests.reading.builders_ooxml import paragraph, run, table
from tests.reading.shared_files import hidden_strings, unmarked

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)


def read(data: bytes) -> Reading:
    return docx.extract(data, Options())


def texts(reading: Reading, kind: BlockKind | None = None) -> list[str]:
    return [p.text for p in reading.pieces if kind is None or p.kind is kind]


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


def test_runs_of_a_paragraph_are_one_piece_and_deleted_text_stands_apart() -> None:
    body = paragraph(
        "抢险队伍", '<w:del w:author="王某"><w:r><w:delText>二百四十人</w:delText></w:r></w:del>', run("若干")
    )
    reading = read(build.docx(body))
    assert one(reading, "抢险队伍若干").locator == "正文第1段"
    deleted = one(reading, "二百四十人")
    assert (deleted.kind, deleted.locator) == (BlockKind.DELETION, "正文第1段（修订删除，王某）")
    assert deleted.concealed == "修订中已删除的文字"
    assert one(reading, "王某").kind is BlockKind.PROPERTY
    assert reading.remarks == ("文件带有 1 处修订痕迹，公开前应接受或拒绝全部修订。",)


def test_an_inserted_run_is_seen_and_a_wholly_inserted_paragraph_says_so() -> None:
    inserted = '<w:ins w:author="李某">' + run("新增") + "</w:ins>"
    reading = read(build.docx(paragraph("原有", inserted) + paragraph(inserted)))
    assert one(reading, "原有新增").kind is BlockKind.PARAGRAPH
    piece = one(reading, "新增")
    assert (piece.kind, piece.concealed) == (BlockKind.INSERTION, "")
    assert piece.locator == "正文第2段（修订插入，李某）"


def test_moved_text_is_a_deletion_where_it_was() -> None:
    moved = '<w:moveFrom w:author="王某">' + run("油库坐标") + "</w:moveFrom>"
    assert one(read(build.docx(paragraph("见", moved))), "油库坐标").concealed == "修订中已移走的文字"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("<w:vanish/>", "隐藏文字"),
        ('<w:vanish w:val="0"/>', ""),
        ('<w:color w:val="FFFFFF"/>', "白色文字"),
        ('<w:color w:val="FF0000" w:themeColor="background1"/>', "白色文字"),
        ('<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/>', ""),
        ('<w:color w:val="FFFFFF"/><w:highlight w:val="blue"/>', ""),
        ('<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>', "文字与底色相同"),
        ('<w:sz w:val="2"/>', "微小字号"),
        ('<w:w w:val="1"/><w:sz w:val="32"/>', "微小字号"),
        ('<w:sz w:val="32"/><w:color w:val="000000"/>', ""),
        ("<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>", ""),
    ],
)
def test_what_a_reader_does_not_see_says_why(properties: str, reason: str) -> None:
    reading = read(build.docx(paragraph("看得见", run("内容", properties))))
    if reason:
        piece = one(reading, "内容")
        assert (piece.kind, piece.concealed) == (BlockKind.HIDDEN, reason)
    else:
        assert texts(reading) == ["看得见内容"]


def test_hidden_text_through_a_style_and_its_base_is_found() -> None:
    styles = build.styles(
        '<w:style w:type="character" w:styleId="b"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="c"><w:basedOn w:val="b"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="p"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="h"><w:name w:val="heading 1"/></w:style>'
    )
    body = paragraph(run("一", '<w:rStyle w:val="c"/>')) + paragraph("二", properties='<w:pStyle w:val="p"/>')
    body += paragraph("三", properties='<w:pStyle w:val="h"/>')
    reading = read(build.docx(body, {"word/styles.xml": styles}, [("r1", "styles", "styles.xml")]))
    assert [(p.text, p.kind, p.concealed) for p in reading.pieces] == [
        ("一", BlockKind.HIDDEN, "隐藏文字"),
        ("二", BlockKind.HIDDEN, "白色文字"),
        ("三", BlockKind.HEADING, ""),
    ]


def test_styles_that_are_based_on_each_other_end() -> None:
    styles = build.styles(
        '<w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style>'
    )
    body = paragraph("字", properties='<w:pStyle w:val="a"/>')
    assert texts(read(build.docx(body, {"word/styles.xml": styles}, [("r1", "styles", "styles.xml")]))) == ["字"]


def test_merged_and_nested_cells_have_their_place_in_the_grid() -> None:
    wide = '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>' + paragraph("宽")
    start = '<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>' + paragraph("高")
    more = "<w:tcPr><w:vMerge/></w:tcPr>" + paragraph("")
    inner = paragraph("外") + table([["内"]]) + paragraph("后")
    reading = read(build.docx(table([[wide, "右"], [start, "乙", inner], [more, "丙", "丁"]])))
    cells = {p.text: (p.cell, p.locator) for p in reading.pieces}
    assert cells["宽"] == (Cell(0, 0, 0, 1, 2), "表1 第1行 A列")
    assert cells["右"][0] == Cell(0, 0, 2)
    assert cells["高"][0] == Cell(0, 1, 0, 2, 1)
    assert cells["内"] == (Cell(1, 0, 0), "表2 第1行 A列")
    assert cells["丙"] == (Cell(0, 2, 1), "表1 第3行 B列")
    assert texts(reading) == ["宽", "右", "高", "乙", "外", "内", "后", "丙", "丁"]
    assert all(p.kind is BlockKind.CELL for p in reading.pieces)


def test_a_cell_of_two_paragraphs_is_one_piece() -> None:
    reading = read(build.docx(table([[paragraph("甲") + paragraph("乙")]])))
    assert texts(reading) == ["甲\n乙"]


def test_a_text_box_in_two_forms_is_read_once() -> None:
    def box(text: str) -> str:
        return f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"

    drawing = (
        f"<w:drawing><wp:anchor><wps:wsp><wps:txbx>{box('机密★10年')}</wps:txbx></wps:wsp></wp:anchor></w:drawing>"
    )
    both = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{drawing}</mc:Choice><mc:Fallback><w:pict><v:shape>'
        f"<v:textbox>{box('机密★10年')}{box('旧版才有')}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    reading = read(build.docx(paragraph("标题", both)))
    piece = one(reading, "机密★10年")
    assert (piece.kind, piece.locator, piece.top_of_first_page) == (BlockKind.TEXT_BOX, "文本框1（正文第1段）", True)
    assert one(reading, "旧版才有").concealed.startswith("备用内容")
    assert one(reading, "标题").kind is BlockKind.PARAGRAPH


def test_headers_footers_notes_and_comments_are_what_they_are() -> None:
    reference = '<w:footnoteReference w:id="2"/><w:commentReference w:id="0"/>'
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="h1"/><w:headerReference w:type="first" r:id="h2"/>'
        '<w:footerReference w:type="default" r:id="f1"/></w:sectPr>'
    )
    parts = {
        "word/header1.xml": build.story("hdr", paragraph("普通页眉")),
        "word/header2.xml": build.story("hdr", paragraph("首页页眉")),
        "word/header3.xml": build.story("hdr", paragraph("无人引用")),
        "word/footer1.xml": build.story("ftr", paragraph("页脚文字")),
        "word/footnotes.xml": build.story("footnotes", f'<w:footnote w:id="2">{paragraph("脚注文字")}</w:footnote>'),
        "word/comments.xml": build.story(
            "comments", f'<w:comment w:id="0" w:author="王某">{paragraph("此处请删")}</w:comment>'
        ),
    }
    arrows = [
        ("h1", "header", "header1.xml"),
        ("h2", "header", "header2.xml"),
        ("h3", "header", "header3.xml"),
        ("f1", "footer", "footer1.xml"),
        ("n1", "footnotes", "footnotes.xml"),
        ("c1", "comments", "comments.xml"),
    ]
    reading = read(build.docx(paragraph("正文", f"<w:r>{reference}</w:r>") + section, parts, arrows))
    assert (one(reading, "普通页眉").kind, one(reading, "普通页眉").top_of_first_page) == (BlockKind.HEADER, True)
    assert one(reading, "首页页眉").concealed == "未启用的页眉"
    assert one(reading, "无人引用").concealed == "未启用的页眉"
    assert one(reading, "页脚文字").kind is BlockKind.FOOTER
    assert one(reading, "脚注文字").locator == "脚注1，见正文第1段"
    comment = one(reading, "此处请删")
    assert (comment.kind, comment.locator) == (BlockKind.COMMENT, "批注1（王某），见正文第1段")


def test_the_header_of_a_title_page_stands_at_the_top_of_the_first_page() -> None:
    section = '<w:sectPr><w:headerReference w:type="first" r:id="h"/><w:titlePg/></w:sectPr>'
    part = {"word/header1.xml": build.story("hdr", paragraph("绝密★长期"))}
    piece = one(read(build.docx(paragraph("文") + section, part, [("h", "header", "header1.xml")])), "绝密★长期")
    assert (piece.locator, piece.top_of_first_page, piece.concealed) == ("页眉（首页）", True, "")


def test_field_instructions_links_bookmarks_and_controls_are_said() -> None:
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> INCLUDETEXT "底稿.doc" </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("结果")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    simple = f'<w:fldSimple w:instr=" AUTHOR 张某 ">{run("简")}</w:fldSimple>'
    link = f'<w:hyperlink r:id="l">{run("链接")}</w:hyperlink>'
    control = f'<w:sdt><w:sdtPr><w:alias w:val="别名"/><w:tag w:val="标记"/></w:sdtPr><w:sdtContent>{run("值")}</w:sdtContent></w:sdt>'
    mark = '<w:bookmarkStart w:name="涉密段"/><w:bookmarkStart w:name="_Toc1"/>'
    image = '<w:r><w:drawing><wp:docPr name="图片 1" descr="替代文字"/></w:drawing></w:r>'
    body = paragraph(field, simple, link, control, mark, image)
    reading = read(build.docx(body, arrows=[("l", "hyperlink", "http://10.0.0.1/内网")]))
    kinds = {p.text: p.kind for p in reading.pieces}
    assert kinds == {
        "结果简链接值": BlockKind.PARAGRAPH,
        'INCLUDETEXT "底稿.doc"': BlockKind.FIELD,
        "AUTHOR 张某": BlockKind.FIELD,
        "http://10.0.0.1/内网": BlockKind.LINK,
        "别名": BlockKind.NAME,
        "标记": BlockKind.NAME,
        "涉密段": BlockKind.NAME,
        "替代文字": BlockKind.ALT_TEXT,
    }


@pytest.mark.parametrize(
    ("instruction", "is_said"),
    [
        (" PAGE ", False),
        (r" PAGE  \\* MERGEFORMAT ", False),
        (r" PAGEREF _Toc12345 \\h ", False),
        (r' HYPERLINK \\l "_Toc12345" ', False),
        (r' INCLUDETEXT "_Toc1 底稿.doc"', True),
        (" PAGE 王某", True),
        (" " * 300_000 + "x", True),
    ],
)
def test_only_instructions_that_tell_nothing_are_left_out(instruction: str, is_said: bool) -> None:
    field = f"<w:r><w:instrText xml:space='preserve'>{instruction}</w:instrText></w:r>".replace("\\\\", "\\")
    assert (BlockKind.FIELD in {p.kind for p in read(build.docx(paragraph(field))).pieces}) is is_said


def test_properties_custom_xml_and_embedded_files_are_read() -> None:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>张某</dc:creator></cp:coreProperties>'
    )
    custom = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
        ' xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        '<property name="密级"><vt:lpwstr>机密</vt:lpwstr></property></Properties>'
    )
    parts: dict[str, str | bytes] = {
        "docProps/core.xml": core,
        "docProps/custom.xml": custom,
        "customXml/item1.xml": "<a><b>藏在里面</b></a>",
        "word/embeddings/底稿.xlsx": b"PK\x03\x04",
        "word/media/image1.png": b"\x89PNG\r\n\x1a\n",
        "word/vbaProject.bin": b"x",
    }
    reading = read(build.docx(paragraph("文"), parts))
    assert one(reading, "张某").locator == "文档属性 作者"
    assert one(reading, "机密").kind is BlockKind.PROPERTY
    assert one(reading, "藏在里面").kind is BlockKind.OTHER
    assert one(reading, "word/embeddings/底稿.xlsx").kind is BlockKind.ATTACHMENT
    assert [e.name for e in reading.embedded] == ["底稿.xlsx", "image1.png"]
    assert any("宏" in remark for remark in reading.remarks)


def test_page_breaks_give_page_numbers_and_end_the_top_of_the_first_page() -> None:
    body = paragraph("一") + paragraph('<w:r><w:br w:type="page"/></w:r>', run("二"))
    reading = read(build.docx(body + paragraph("三")))
    assert [(p.text, p.page) for p in reading.pieces] == [("一", 1), ("二", 2), ("三", 2)]
    assert [p.top_of_first_page for p in reading.pieces] == [True, False, False]


def test_only_the_first_paragraphs_stand_at_the_top() -> None:
    reading = read(build.docx("".join(paragraph(f"段{i}") for i in range(30))))
    assert [p.top_of_first_page for p in reading.pieces] == [True] * 15 + [False] * 15


def test_a_document_type_is_refused_and_said() -> None:
    head = '<!DOCTYPE x [<!ENTITY a "甲"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    reading = read(build.docx("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", head=head))
    assert reading.pieces == ()
    assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]


def test_a_part_that_is_not_well_formed_is_mended_and_said() -> None:
    data = build.docx(paragraph("前面"), head="")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content = content.replace(b"</w:body>", paragraph("后面").encode() + b"</w:wrong></w:body>")
            target.writestr(name, content)
    reading = read(buffer.getvalue())
    assert texts(reading) == ["前面", "后面"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]


def test_a_bomb_is_refused_in_no_time() -> None:
    parts = {"word/styles.xml": b"<a>" + b" " * 60_000_000 + b"</a>"}
    data = build.docx(paragraph("文"), parts, [("r1", "styles", "styles.xml")])
    started = time.monotonic()
    reading = read(data)
    assert time.monotonic() - started < 2
    assert texts(reading) == ["文"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]


def test_too_many_entries_are_refused() -> None:
    data = build.docx(paragraph("文"), {f"word/x{i}.bin": b"" for i in range(50)})
    with pytest.raises(Unreadable) as caught:
        docx.extract(data, Options(Limits(entries=20)))
    assert caught.value.reason is GapReason.DANGEROUS


def test_deep_nesting_costs_no_recursion() -> None:
    depth = 3000
    body = "<w:tbl><w:tr><w:tc>" * depth + paragraph("底") + "</w:tc></w:tr></w:tbl>" * depth
    assert one(read(build.docx(body)), "底").cell == Cell(depth - 1, 0, 0)


def test_what_is_whole_of_a_truncated_file_is_read_and_the_rest_is_a_gap() -> None:
    data = build.docx("".join(paragraph(f"机密★{i}年") for i in range(400)))
    reading = read(data[:-60])
    assert len(reading.pieces) == 400
    assert [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]
    assert 0 < len(read(data[: len(data) - 1200]).pieces) < 400


def test_a_file_without_a_directory_and_without_a_part_is_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b"PK\x03\x04" + b"x" * 100)
    assert caught.value.reason is GapReason.CORRUPT


def test_a_compressed_macro_module_is_decompressed() -> None:
    # the example of [MS-OVBA] 3.2.2
    container = bytes.fromhex(
        "01 2F B0 00 23 61 61 61 62 63 64 65 82 66 00 70 61 67 68 69 6A 01 38 08 61 6B 6C 00 30 6D"
    )
    container += bytes.fromhex("6E 6F 70 06 71 02 70 04 10 72 73 74 75 76 10 77 78 79 7A 00 3C")
    assert vba.decompress(container, 0) == b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
    assert vba.decompress(b"\x02abc", 0) is None


def test_a_macro_project_that_cannot_be_read_is_a_gap() -> None:
    reading = read(build.docx(paragraph("文"), {"word/vbaProject.bin": b"damaged"}))
    assert [gap.locator for gap in reading.gaps] == ["宏"]
    assert any("宏" in remark for remark in reading.remarks)


def test_a_file_of_any_kind_inside_is_handed_on() -> None:
    parts = {"word/afchunk1.mht": b"x", "word/media/film.mp4": b"y", "word/activeX/a.bin": b"z"}
    assert [e.name for e in read(build.docx(paragraph("文"), parts)).embedded] == ["afchunk1.mht", "film.mp4"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("paragraph"), st.lists(WORDS, min_size=1, max_size=4)),
            st.tuples(st.just("table"), st.lists(WORDS, min_size=1, max_size=4)),
            st.tuples(st.just("deletion"), st.lists(WORDS, min_size=1, max_size=1)),
        ),
        max_size=8,
    )
)
def test_strings_come_back_in_order_with_their_kind(items: list[tuple[str, list[str]]]) -> None:
    body, expected = "", []
    for what, words in items:
        if what == "paragraph":
            body += paragraph(*words)
            expected.append((BlockKind.PARAGRAPH, "".join(words)))
        elif what == "table":
            body += table([words])
            expected += [(BlockKind.CELL, word) for word in words]
        else:
            body += paragraph(f"<w:del><w:r><w:delText>{words[0]}</w:delText></w:r></w:del>")
            expected.append((BlockKind.DELETION, words[0]))
    assert [(p.kind, p.text) for p in read(build.docx(body)).pieces] == expected


@pytest.mark.shared
def test_every_hiding_place_of_the_shared_sample_is_found_and_says_what_it_is() -> None:
    data, wanted = hidden_strings("generated/hidden/hidden_all.docx")
    assert len(wanted) == 22
    assert unmarked(read(data), wanted) == []


_PAGE = "<html><body>附件：李某某 电话 13955512345</body></html>"


@pytest.mark.parametrize("name", ["chunk.bin", "chunk.ttf", "theme/theme9.xml", "settings9.xml", "vbaProject.bin"])
def test_an_imported_chunk_is_read_whatever_it_is_called(name: str) -> None:
    body = paragraph("通知") + '<w:altChunk r:id="c"/>'
    reading = read(build.docx(body, {f"word/{name}": _PAGE}, [("c", "aFChunk", name)]))
    assert _PAGE.encode() in [item.data for item in reading.embedded]


def test_a_chunk_is_read_even_when_its_arrow_claims_to_be_a_font() -> None:
    body = paragraph("通知") + '<w:altChunk r:id="c"/>'
    reading = read(build.docx(body, {"word/a.odttf": _PAGE}, [("c", "font", "a.odttf")]))
    assert [item.data for item in reading.embedded] == [_PAGE.encode()]


def test_what_is_referenced_and_missing_or_empty_is_a_gap() -> None:
    body = (
        paragraph("通知", '<w:r><w:footnoteReference w:id="5"/></w:r>')
        + '<w:p><w:r><w:drawing><a:blip r:embed="i"/><a:blip r:embed="nowhere"/></w:drawing></w:r></w:p>'
        + '<w:sectPr><w:headerReference w:type="default" r:id="gone"/></w:sectPr>'
    )
    arrows = [("i", "image", "media/gone.png"), ("f", "footer", "footer9.xml"), ("o", "oleObject", "embeddings/o.bin")]
    reading = read(build.docx(body, {"word/embeddings/o.bin": b""}, arrows))
    assert {(gap.reason, gap.locator) for gap in reading.gaps} == {
        (GapReason.CORRUPT, "页眉"),
        (GapReason.CORRUPT, "正文第1段 脚注"),
        (GapReason.CORRUPT, "正文第2段 图片"),
        (GapReason.CORRUPT, "部分 word/media/gone.png"),
        (GapReason.CORRUPT, "部分 word/footer9.xml"),
        (GapReason.EMPTY, "部分 word/embeddings/o.bin"),
    }


def test_a_control_is_a_gap_and_an_ordinary_file_with_layout_parts_has_none() -> None:
    parts: dict[str, str | bytes] = {"word/activeX/activeX1.bin": b"\1\2", "word/theme/theme1.xml": "<a/>"}
    arrows = [("t", "theme", "theme/theme1.xml"), ("x", "control", "activeX/activeX1.bin")]
    reading = read(build.docx(paragraph("通知"), parts, arrows))
    assert [gap.reason for gap in reading.gaps] == [GapReason.UNSUPPORTED]
    plain = read(build.docx(paragraph("通知"), {"word/theme/theme1.xml": "<a/>"}, arrows[:1]))
    assert plain.gaps == () and plain.embedded == ()


def test_words_of_list_labels_are_read_and_plain_numbering_is_not() -> None:
    labels = "".join(
        f'<w:lvl><w:lvlText w:val="{text}"/></w:lvl>' for text in ("机密★5年 ", "%1.", "（%2）", "第%1章", "24.%1", "•")
    )
    numbering = build.story("numbering", f"<w:abstractNum>{labels}</w:abstractNum>")
    reading = read(
        build.docx(paragraph("通知"), {"word/numbering.xml": numbering}, [("n", "numbering", "numbering.xml")])
    )
    assert texts(reading) == ["通知", "机密★5年"]


def test_text_in_elements_no_program_shows_is_read_as_hidden() -> None:
    body = paragraph("通知") + '<w:p><x:foo xmlns:x="urn:x"><x:t>李某某</x:t></x:foo></w:p>'
    found = one(read(build.docx(body)), "李某某")
    assert (found.kind, found.concealed) == (BlockKind.HIDDEN, "程序不显示的内容")
    noted = read(build.docx(paragraph("通知") + "<!-- 张某某 --><?x 王某某?>"))
    assert [p.text for p in noted.pieces if p.kind is BlockKind.HIDDEN] == ["张某某", "王某某"]


def test_data_behind_the_end_of_a_document_is_handed_on_and_said() -> None:
    data = build.docx(paragraph("通知"))
    reading = read(data + "联系人李某某".encode())
    assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]
    assert [item.data for item in reading.embedded] == ["联系人李某某".encode()]
